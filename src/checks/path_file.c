// SPDX-License-Identifier: BSD-2-Clause
/* The socket as a file: open, truncate, watch, and its times. */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/names.h"
#include "checks/util_reach.h"
#include "harness/check.h"

CHECK(path, mknod_makes_no_server,
      .title = "A socket file made by mknod() has no server: ECONNREFUSED",
      CLAUSES(linux_unix_find_byinode, posix_connect_econnrefused),
      ROWS(PATH_21),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Backups and archives restore socket files; they must not look "
	     "like servers.")
{
	struct addr a = env_addr(env, 0);
	struct stat st = { .st_mode = 0 };

	ASSERT_RET(0, mknod(a.un.sun_path, S_IFSOCK | 0666, 0));
	EXPECT_RET(0, lstat(a.un.sun_path, &st));
	EXPECT_THAT(S_ISSOCK(st.st_mode), "it is a socket file");
	reach_expect_error(env, ECONNREFUSED, &a);
}

static int make_without_rights(struct env *env, void *arg)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { { 0 } };
	struct addr *a = arg;

	(void)env;
	SETUP(syscall(SYS_capset, &head, none));
	EXPECT_RET(0, mknod(a->un.sun_path, S_IFSOCK | 0666, 0));
	return 0;
}

CHECK(path, mknod_needs_no_rights,
      .title = "A socket file can be made by mknod() without CAP_MKNOD",
      CLAUSES(mknod2_eperm),
      ROWS(PATH_100),
      .addrs = PATH, .types = STREAM,
      .why = "An archive with socket files could be unpacked by root alone.",
      .explain = "In a child without any capability, in a directory of its user.")
{
	struct addr a = env_addr(env, 0);
	struct stat st = { .st_mode = 0 };

	EXPECT_EQ(0, env_reap(env, env_fork(env, make_without_rights, &a)));
	EXPECT_RET(0, lstat(a.un.sun_path, &st));
	EXPECT_THAT(S_ISSOCK(st.st_mode), "it is a socket file");
}

CHECK(path, cannot_be_opened,
      .title = "open() of a socket file fails and takes nothing from the server",
      CLAUSES(posix_open_socket, linux_no_open),
      ROWS(PATH_22),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Programs that read whatever they find must not hang or connect.",
      .explain = "Linux and gVisor answer ENXIO, the BSDs and macOS EOPNOTSUPP; "
		 "both are accepted, and the one that came is reported.")
{
	static const int modes[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_RDONLY | O_NONBLOCK,
		O_WRONLY | O_APPEND, O_RDWR | O_CREAT,
	};
	struct addr a = env_addr(env, 0);
	int fd = SETUP(reach_serve(env, &a));

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		CONTEXT("open flags 0%o", (unsigned int)modes[i]);
		EXPECT_ERRNO_IN(open(a.un.sun_path, modes[i] | O_CLOEXEC, 0600),
				ENXIO, EOPNOTSUPP);
	}
	reach_expect_idle(env, fd);
	reach_expect(env, fd, &a);
}

CHECK(path, open_is_enxio,
      .title = "open() of the file of a socket fails with ENXIO, whatever the flags",
      CLAUSES(linux_no_open),
      ROWS(PATH_22),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Scripts tell by it a socket from a file that must not be opened.",
      .explain = "Also of the file of a socket that is gone; with O_DIRECTORY it is "
	      "ENOTDIR, and with O_CREAT | O_EXCL EEXIST.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(reach_serve(env, &a));

	for (int i = 0; i < 2; i++) {
		CONTEXT("%s", i ? "after close()" : "while it is bound");
		EXPECT_ERRNO(ENXIO, open(a.un.sun_path, O_RDONLY));
		EXPECT_ERRNO(ENXIO, open(a.un.sun_path, O_WRONLY | O_TRUNC));
		EXPECT_ERRNO(ENXIO, open(a.un.sun_path, O_RDWR | O_NONBLOCK));
		EXPECT_ERRNO(ENXIO, open(a.un.sun_path, O_RDWR | O_CREAT, 0600));
		EXPECT_ERRNO(ENOTDIR, open(a.un.sun_path, O_RDONLY | O_DIRECTORY));
		EXPECT_ERRNO(EEXIST, open(a.un.sun_path,
					  O_RDWR | O_CREAT | O_EXCL, 0600));
		if (i == 0)
			ASSERT_RET(0, env_close(env, fd));
	}
}

CHECK(path, can_be_opened_as_a_path,
      .title = "open(O_PATH) of a socket file gives a descriptor of the file",
      CLAUSES(open2_o_path),
      ROWS(PATH_23),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "It is how the inode behind a name is held and compared.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(reach_serve(env, &a));
	int file = (int)ASSERT_OK(open(a.un.sun_path, O_PATH | O_CLOEXEC));
	struct stat by_name, by_fd;
	char byte;

	env_own(env, file);
	EXPECT_RET(0, lstat(a.un.sun_path, &by_name));
	EXPECT_RET(0, fstat(file, &by_fd));
	EXPECT_THAT(by_name.st_ino == by_fd.st_ino &&
		    by_name.st_dev == by_fd.st_dev, "it is the same file");
	EXPECT_ERRNO(EBADF, read(file, &byte, 1));
	EXPECT_ERRNO(EBADF, recv(file, &byte, 1, MSG_DONTWAIT));
	reach_expect(env, fd, &a);
}

CHECK(path, cannot_be_truncated,
      .title = "Truncating a socket file fails and leaves the server reachable",
      CLAUSES(linux_no_open, truncate2_einval),
      ROWS(PATH_29),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "A shell's redirection into the path must not break the server.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(reach_serve(env, &a));
	struct stat st;

	EXPECT_ERRNO(ENXIO, open(a.un.sun_path,
				 O_WRONLY | O_TRUNC | O_CLOEXEC));
	EXPECT_ERRNO(EINVAL, truncate(a.un.sun_path, 0));
	EXPECT_ERRNO(EINVAL, truncate(a.un.sun_path, 10));
	EXPECT_RET(0, lstat(a.un.sun_path, &st));
	EXPECT_EQ(0, st.st_size);
	reach_expect(env, fd, &a);
}

static int watch(struct env *env)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		SKIP_CASE("no inotify instance is to be had: %s",
			  name_errno(errno));
	return env_own(env, fd);
}

CHECK(path, bind_is_seen_by_inotify,
      .title = "bind() raises IN_CREATE on the directory, with the file's name",
      CLAUSES(linux_unix_bind_bsd_mknod, inotify7_create),
      ROWS(PATH_25),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Clients wait so for a server that is about to start.")
{
	union {
		struct inotify_event event;
		char bytes[sizeof(struct inotify_event) + NAME_MAX + 1];
	} got;
	struct addr a = env_addr(env, 0);
	int seen = watch(env), fd = SETUP(env_socket(env));

	SETUP(inotify_add_watch(seen, ".", IN_ALL_EVENTS));
	ASSERT_RET(0, bind(fd, &a.sa, a.len));
	ASSERT_OK(read(seen, &got, sizeof(got)));
	EXPECT_EQ(IN_CREATE, got.event.mask);
	EXPECT_THAT(strcmp(got.event.name, a.un.sun_path) == 0,
		    "the event names %s", a.un.sun_path);
	EXPECT_ERRNO(EAGAIN, read(seen, &got, sizeof(got)));
}

CHECK(path, use_is_not_seen_by_inotify,
      .title = "connect(), send() and close() raise no inotify event on the file",
      CLAUSES(linux_unix_find_byinode),
      ROWS(PATH_26),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "The end of a server cannot be watched for: its file stays, and "
	     "silently.")
{
	char bytes[sizeof(struct inotify_event) + NAME_MAX + 1];
	struct addr a = env_addr(env, 0);
	int fd = SETUP(reach_serve(env, &a)), seen = watch(env);

	SETUP(inotify_add_watch(seen, ".", IN_ALL_EVENTS));
	SETUP(inotify_add_watch(seen, a.un.sun_path, IN_ALL_EVENTS));
	reach_expect(env, fd, &a);
	EXPECT_ERRNO(EAGAIN, read(seen, bytes, sizeof(bytes)));
	EXPECT_RET(0, env_close(env, fd));
	EXPECT_ERRNO(EAGAIN, read(seen, bytes, sizeof(bytes)));
	reach_expect_error(env, ECONNREFUSED, &a);
	EXPECT_ERRNO(EAGAIN, read(seen, bytes, sizeof(bytes)));
}

#define OLD_ATIME 1000000
#define OLD_MTIME 2000000

static void make_old(const char *path)
{
	const struct timespec times[2] = { { .tv_sec = OLD_ATIME },
					   { .tv_sec = OLD_MTIME } };

	SETUP(utimensat(AT_FDCWD, path, times, 0));
}

/* Whether use refreshes the access time on this mount at all. */
static bool keeps_atime(struct env *env)
{
	struct stat st;
	char byte;
	int fd = SETUP(open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600));

	env_own(env, fd);
	env_own_path(env, "file");
	SETUP(write(fd, "x", 1));
	make_old("file");
	SETUP(pread(fd, &byte, 1, 0));
	SETUP(fstat(fd, &st));
	return st.st_atime != OLD_ATIME;
}

/* The times of the file after a client's call, and old again. */
static void expect_refreshed(const char *path, const char *call)
{
	struct stat st;

	CONTEXT("after %s", call);
	EXPECT_RET(0, lstat(path, &st));
	EXPECT_THAT(st.st_atime > OLD_MTIME, "the access time is new");
	EXPECT_EQ(OLD_MTIME, st.st_mtime);
	make_old(path);
}

CHECK(path, use_refreshes_atime,
      .title = "connect() and sendto() refresh the file's access time alone",
      CLAUSES(linux_unix_find_bsd_atime),
      ROWS(PATH_27, PATH_28),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Cleaners of /tmp go by age: a socket in use must look young.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(reach_serve(env, &a)), client;
	const char *path = a.un.sun_path;

	if (!keeps_atime(env))
		SKIP_CASE("the file system keeps no access times");
	make_old(path);
	reach_expect_idle(env, fd);
	client = SETUP(env_socket(env));
	EXPECT_RET(0, connect(client, &a.sa, a.len));
	expect_refreshed(path, "connect()");
	if (env->type != SOCK_DGRAM)
		return;
	client = SETUP(env_socket(env));
	EXPECT_RET(1, sendto(client, "x", 1, 0, &a.sa, a.len));
	expect_refreshed(path, "sendto()");
}
