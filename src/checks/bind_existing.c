// SPDX-License-Identifier: BSD-2-Clause
/* bind(): a name that something already has. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/util_reach.h"
#include "harness/check.h"

enum thing {
	LIVE, STALE, MKNOD, REGULAR, FIFO, DIRECTORY, GOOD_LINK, DANGLING, LOOP,
};

static void touch(struct env *env, const char *path)
{
	int fd = SETUP(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));

	env_own_path(env, path);
	close(fd);
}

static void make_link(struct env *env, const char *target, const char *path)
{
	SETUP(symlink(target, path));
	env_own_path(env, path);
}

/* Puts the thing at path; the server behind it, or -1. */
static int make_thing(struct env *env, enum thing thing, const char *path)
{
	struct addr a = addr_path(path), other = env_addr(env, 5);
	int fd = -1;

	env_own_path(env, path);
	switch (thing) {
	case LIVE:
		return SETUP(reach_serve(env, &a));
	case STALE:
		fd = SETUP(env_bound(env, &a));
		env_close(env, fd);
		return -1;
	case MKNOD:
		SETUP(mknod(path, S_IFSOCK | 0600, 0));
		return -1;
	case REGULAR:
		touch(env, path);
		return -1;
	case FIFO:
		SETUP(mkfifo(path, 0600));
		return -1;
	case DIRECTORY:
		SETUP(mkdir(path, 0700));
		return -1;
	case GOOD_LINK:
		fd = SETUP(reach_serve(env, &other));
		make_link(env, other.un.sun_path, path);
		return fd;
	case DANGLING:
		make_link(env, "missing", path);
		return -1;
	default:
		make_link(env, path, path);
		return -1;
	}
}

CHECK(bind, name_in_use,
      .title = "bind() to a pathname that exists fails with EADDRINUSE",
      CLAUSES(posix_bind_eaddrinuse, posix_bind_symlink, unix7_pathname_exists),
      ROWS(ADDR_22, ADDR_23, ADDR_24, ADDR_31, PATH_08, PATH_24),
      .types = ANY_TYPE, .addrs = PATH,
      PARAMS("live_socket", "stale_socket", "mknod_socket", "file", "fifo",
	     "directory", "symlink", "dangling_symlink", "looping_symlink"),
      .why = "A bind() that replaced what it finds would destroy files and "
	     "steal the clients of a running server.",
      .explain = "Something is put at the name, then bind() is called on it. "
		 "Whatever it is, a live socket or one whose server is gone "
		 "included, bind() fails and leaves it as it was. A symbolic "
		 "link is not followed, so the target of a dangling one is not "
		 "made. The usual remedy, unlink() before bind(), is exactly "
		 "what steals the name of a live server: see "
		 "path/second_server_takes_new_clients.")
{
	struct addr a = env_addr(env, 0), other = env_addr(env, 1);
	int server = make_thing(env, (enum thing)env->param, a.un.sun_path);
	int fd = SETUP(env_socket(env));
	struct stat before, after;

	SETUP(lstat(a.un.sun_path, &before));
	EXPECT_ERRNO(EADDRINUSE, bind(fd, &a.sa, a.len));
	ASSERT_RET(0, lstat(a.un.sun_path, &after));
	EXPECT_THAT(before.st_ino == after.st_ino && before.st_dev == after.st_dev,
		    "it is the same file as before");
	EXPECT_EQ(before.st_mode, after.st_mode);
	EXPECT_EQ(before.st_nlink, after.st_nlink);
	EXPECT_EQ(before.st_size, after.st_size);
	EXPECT_ERRNO(ENOENT, access("missing", F_OK));
	if (server >= 0) {
		CONTEXT("the server that has the name");
		reach_expect_idle(env, server);
		reach_expect(env, server, &a);
	}
	reach_expect_binds(env, fd, &other);
}

CHECK(bind, name_of_a_directory_itself,
      .title = "bind() to /, . or .. fails with EADDRINUSE",
      CLAUSES(linux_unix_bind_bsd_exists, posix_bind_eaddrinuse),
      ROWS(ADDR_25, ADDR_31),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "A name that is only a directory must be an ordinary error.")
{
	static const char *const names[] = { "/", ".", "..", "./", "//", "../" };
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct addr dir = addr_path(names[i]);

		CONTEXT("bind to %s", names[i]);
		EXPECT_ERRNO(EADDRINUSE, bind(fd, &dir.sa, dir.len));
	}
	reach_expect_binds(env, fd, &a);
}

CHECK(bind, reuseaddr_does_not_help,
      .title = "SO_REUSEADDR does not let bind() take a name that is in use",
      CLAUSES(linux_unix_bind_bsd_exists, posix_bind_eaddrinuse),
      ROWS(ADDR_38),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "The option is set by habit from TCP; on UNIX sockets it must not "
	     "take a name from a live server, and does not repair a stale one.")
{
	struct addr a = env_addr(env, 0);
	int server = SETUP(reach_serve(env, &a)), fd, on = 1;

	SETUP(setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	fd = SETUP(env_socket(env));
	SETUP(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	CONTEXT("live server");
	EXPECT_ERRNO(EADDRINUSE, bind(fd, &a.sa, a.len));
	reach_expect(env, server, &a);
	SETUP(env_close(env, server));
	if (env->row->addr == PATH) {
		CONTEXT("its server is gone");
		EXPECT_ERRNO(EADDRINUSE, bind(fd, &a.sa, a.len));
		SETUP(unlink(a.un.sun_path));
	}
	reach_expect_binds(env, fd, &a);
}
