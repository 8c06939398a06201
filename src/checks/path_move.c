// SPDX-License-Identifier: BSD-2-Clause
/* Other names of a socket file: renamed, linked, in a moved directory. */
#include "config.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/util_reach.h"
#include "harness/check.h"

static void expect_peer_name(struct env *env, const struct addr *to,
			     const struct addr *want)
{
	struct addr name = { .len = sizeof(name.bytes) };
	int fd = SETUP(env_socket(env));

	EXPECT_RET(0, connect(fd, &to->sa, to->len));
	EXPECT_RET(0, getpeername(fd, &name.sa, &name.len));
	EXPECT_EQ(want->len, name.len);
	EXPECT_MEM(want->bytes, name.bytes, want->len);
}

CHECK(path, rename_moves_the_server,
      .title = "A renamed socket is reached by the new name and not by the old",
      CLAUSES(linux_unix_find_byinode, linux_unix_getname),
      ROWS(PATH_15, PATH_16),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "bind() to a temporary name and rename() into place gives a path "
	     "that is there only when it serves.",
      .explain = "The socket still reports the name it was bound to, to itself "
		 "and to its peers; tools that delete files whose name no "
		 "socket reports delete a live one.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int fd = SETUP(reach_serve(env, &a)), other;

	ASSERT_RET(0, rename(a.un.sun_path, b.un.sun_path));
	reach_expect_error(env, ENOENT, &a);
	reach_expect(env, fd, &b);
	reach_expect_name(fd, &a);
	expect_peer_name(env, &b, &a);
	/* The old name is free. */
	other = (int)ASSERT_OK(reach_serve(env, &a));
	reach_expect(env, other, &a);
	reach_expect_name(other, &a);
}

CHECK(path, hard_link_leads_to_the_server,
      .title = "A hard link reaches the server, also when the first name is gone",
      CLAUSES(linux_unix_find_byinode),
      ROWS(PATH_17),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "A link keeps a way to a server whose path was taken over.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int fd = SETUP(reach_serve(env, &a)), late = SETUP(env_socket(env));

	SETUP(link(a.un.sun_path, b.un.sun_path));
	reach_expect(env, fd, &b);
	reach_expect(env, fd, &a);
	EXPECT_ERRNO(EADDRINUSE, bind(late, &b.sa, b.len));
	ASSERT_RET(0, unlink(a.un.sun_path));
	reach_expect_error(env, ENOENT, &a);
	reach_expect(env, fd, &b);
	expect_peer_name(env, &b, &a);
}

CHECK(path, symlink_leads_to_the_server,
      .title = "connect() follows symbolic links to the socket file",
      CLAUSES(linux_unix_find_bsd, posix_path_symlink),
      ROWS(PATH_18, PATH_19),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Packages move sockets and leave links at the old places.")
{
	struct addr a = env_addr(env, 0), link = addr_path("link");
	struct addr twice = addr_path("twice");
	int fd = SETUP(reach_serve(env, &a));

	SETUP(symlink(a.un.sun_path, "link"));
	env_own_path(env, "link");
	SETUP(symlink("link", "twice"));
	env_own_path(env, "twice");
	reach_expect(env, fd, &link);
	reach_expect(env, fd, &twice);
	expect_peer_name(env, &twice, &a);
	ASSERT_RET(0, unlink(a.un.sun_path));
	reach_expect_error(env, ENOENT, &link);
}

CHECK(path, directory_renamed,
      .title = "A socket below a renamed directory is reached by the new path",
      CLAUSES(linux_unix_find_byinode),
      ROWS(PATH_30),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "A data directory that is moved takes its sockets along.")
{
	struct addr a = addr_path("d/s"), b = addr_path("e/s");
	int fd;

	SETUP(mkdir("d", 0700));
	env_own_path(env, "d");
	env_own_path(env, "e");
	env_own_path(env, "d/s");
	env_own_path(env, "e/s");
	fd = SETUP(reach_serve(env, &a));
	ASSERT_RET(0, rename("d", "e"));
	reach_expect_error(env, ENOENT, &a);
	reach_expect(env, fd, &b);
	reach_expect_name(fd, &a);
	expect_peer_name(env, &b, &a);
}

CHECK(path, relative_name,
      .title = "A relative pathname means the directory at the time of the call",
      CLAUSES(linux_unix_find_bsd, linux_unix_getname),
      ROWS(ADDR_32, ADDR_33, ADDR_34),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "A daemon that changes its directory tells clients a name that "
	     "they cannot find.",
      .explain = "bind() with a relative name, chdir(): getsockname() still "
		 "gives the name as it was passed, which leads nowhere from "
		 "the new directory; the file is where it was.")
{
	struct addr a = env_addr(env, 0), up;
	char text[64];
	int fd = SETUP(reach_serve(env, &a));

	snprintf(text, sizeof(text), "../%.40s", a.un.sun_path);
	up = addr_path(text);
	reach_expect(env, fd, &a);
	SETUP(mkdir("d", 0700));
	env_own_path(env, "d");
	SETUP(chdir("d"));
	reach_expect_name(fd, &a);
	reach_expect_error(env, ENOENT, &a);
	reach_expect(env, fd, &up);
	SETUP(chdir(".."));
	reach_expect(env, fd, &a);
}

#define LONG_DIR \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void skip_without_proc(void)
{
	if (access("/proc/self/fd", X_OK) < 0)
		SKIP_CASE("there is no /proc/self/fd");
}

CHECK(path, too_long_by_proc_fd,
      .title = "A path too long for sun_path is reached as /proc/self/fd/DIR/NAME",
      CLAUSES(linux_unix_find_bsd, proc5_fd),
      ROWS(ADDR_35),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Deep build trees and long home directories: the only way that "
	     "needs no chdir().")
{
	char text[64];
	struct addr a;
	int dir, fd;

	skip_without_proc();
	SETUP(mkdir(LONG_DIR, 0700));
	env_own_path(env, LONG_DIR);
	env_own_path(env, LONG_DIR "/s");
	dir = env_own(env, SETUP(open(LONG_DIR,
				      O_PATH | O_DIRECTORY | O_CLOEXEC)));
	snprintf(text, sizeof(text), "/proc/self/fd/%d/s", dir);
	a = addr_path(text);
	fd = SETUP(env_socket(env));
	ASSERT_RET(0, bind(fd, &a.sa, a.len));
	EXPECT_RET(0, access(LONG_DIR "/s", F_OK));
	ASSERT_RET(0, reach_open(env, fd));
	reach_expect(env, fd, &a);
	reach_expect_name(fd, &a);
}

CHECK(path, opened_file_leads_to_the_server,
      .title = "An O_PATH descriptor of the file reaches the server, unlinked too",
      CLAUSES(linux_unix_find_byinode, proc5_fd),
      ROWS(ADDR_36, ADDR_37, PATH_23),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "It names the inode and not the path: nobody can slip another "
	     "server in between a check and the connect().")
{
	struct addr a = env_addr(env, 0), by_fd;
	char text[64];
	int fd = SETUP(reach_serve(env, &a)), file, other;

	skip_without_proc();
	file = env_own(env, (int)ASSERT_OK(open(a.un.sun_path,
						O_PATH | O_CLOEXEC)));
	snprintf(text, sizeof(text), "/proc/self/fd/%d", file);
	by_fd = addr_path(text);
	reach_expect(env, fd, &by_fd);
	SETUP(unlink(a.un.sun_path));
	reach_expect_error(env, ENOENT, &a);
	reach_expect(env, fd, &by_fd);
	other = SETUP(reach_serve(env, &a));
	reach_expect(env, fd, &by_fd);
	reach_expect_idle(env, other);
}
