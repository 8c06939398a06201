// SPDX-License-Identifier: BSD-2-Clause
/* The file that bind() makes: its mode, owner, size, and its independence. */
#include "config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/util_reach.h"
#include "harness/check.h"

static void expect_mode(const char *path, mode_t want)
{
	struct stat st = { .st_mode = 0 };

	EXPECT_RET(0, lstat(path, &st));
	EXPECT_THAT((st.st_mode & 07777) == want, "mode 0%o, is 0%o",
		    (unsigned int)want, (unsigned int)st.st_mode & 07777);
}

CHECK(path, mode_by_umask,
      .title = "The file's mode is 0777 without the bits of the umask",
      CLAUSES(unix7_path_umask),
      ROWS(PATH_01),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "The mode at bind() is the only one without a moment in which "
	     "everybody can connect; chmod() comes too late.")
{
	static const mode_t masks[] = { 0, 022, 077, 0177, 0777, 0111, 0222 };
	struct addr a = env_addr(env, 0);

	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		int fd = SETUP(env_socket(env));

		umask(masks[i]);
		CONTEXT("umask 0%03o", (unsigned int)masks[i]);
		EXPECT_RET(0, bind(fd, &a.sa, a.len));
		expect_mode(a.un.sun_path, 0777 & ~masks[i]);
		SETUP(env_close(env, fd));
		SETUP(unlink(a.un.sun_path));
	}
}

CHECK(path, mode_by_fchmod_before_bind,
      .title = "fchmod() before bind() sets the mode, less the umask",
      CLAUSES(linux_unix_bind_bsd_mode),
      ROWS(PATH_02),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "It closes the gap between bind() and chmod() without touching "
	     "the umask, which is one for all threads.")
{
	static const struct {
		mode_t mode, mask, want;
	} t[] = {
		{ 0600, 0, 0600 }, { 0660, 0, 0660 }, { 0666, 022, 0644 },
		{ 0, 0, 0 }, { 0777, 077, 0700 }, { 0640, 0777, 0 },
	};
	struct addr a = env_addr(env, 0);

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		int fd = SETUP(env_socket(env));

		umask(t[i].mask);
		CONTEXT("fchmod 0%03o, umask 0%03o", (unsigned int)t[i].mode,
			(unsigned int)t[i].mask);
		EXPECT_RET(0, fchmod(fd, t[i].mode));
		EXPECT_RET(0, bind(fd, &a.sa, a.len));
		expect_mode(a.un.sun_path, t[i].want);
		SETUP(env_close(env, fd));
		SETUP(unlink(a.un.sun_path));
	}
}

CHECK(path, file_and_socket_are_two,
      .title = "The file and the socket are two inodes with modes of their own",
      CLAUSES(linux_sockfs_inode),
      ROWS(PATH_03, PATH_04, PATH_05),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "fchmod() on the listener looks as if it closed the door, and "
	     "does not; fstat() does not tell whether the path is still ours.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(reach_serve(env, &a));
	struct stat file, sock, later;

	EXPECT_RET(0, lstat(a.un.sun_path, &file));
	EXPECT_RET(0, fstat(fd, &sock));
	EXPECT_THAT(S_ISSOCK(file.st_mode) && S_ISSOCK(sock.st_mode),
		    "both are sockets");
	EXPECT_THAT(file.st_dev != sock.st_dev, "they are on different devices");
	EXPECT_RET(0, fchmod(fd, 0));
	expect_mode(a.un.sun_path, file.st_mode & 07777);
	EXPECT_RET(0, fstat(fd, &sock));
	EXPECT_RET(0, chmod(a.un.sun_path, 0640));
	expect_mode(a.un.sun_path, 0640);
	EXPECT_RET(0, fstat(fd, &later));
	EXPECT_EQ(sock.st_mode, later.st_mode);
	EXPECT_EQ(sock.st_ino, later.st_ino);
}

CHECK(path, file_is_empty,
      .title = "A new socket file is empty and has one name",
      CLAUSES(linux_unix_bind_bsd_mknod),
      ROWS(PATH_06),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Archivers and quota go by size and link count.")
{
	struct addr a = env_addr(env, 0);
	struct stat st = { .st_size = -1 };

	SETUP(reach_serve(env, &a));
	EXPECT_RET(0, lstat(a.un.sun_path, &st));
	EXPECT_EQ(0, st.st_size);
	EXPECT_EQ(1, st.st_nlink);
	EXPECT_THAT(S_ISSOCK(st.st_mode), "it is a socket");
}
