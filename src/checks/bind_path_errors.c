// SPDX-License-Identifier: BSD-2-Clause
/* bind(): pathnames that lead nowhere, and each errno that says so. */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_reach.h"
#include "harness/check.h"

/* Refused with err; afterwards the socket can still be bound. */
static void expect_refused(struct env *env, int err, const char *path)
{
	struct addr bad = addr_path(path), good = env_addr(env, 0);
	int fd = SETUP(env_socket(env));

	CONTEXT("bind to %s", path);
	EXPECT_ERRNO(err, bind(fd, &bad.sa, bad.len));
	reach_expect_binds(env, fd, &good);
	env_close(env, fd);
	unlink(good.un.sun_path);
}

static void make_link(struct env *env, const char *target, const char *path)
{
	SETUP(symlink(target, path));
	env_own_path(env, path);
}

CHECK(bind, directory_missing,
      .title = "bind() below a directory that does not exist fails with ENOENT",
      CLAUSES(posix_bind_enoent, bind2_enoent),
      ROWS(ADDR_26, ADDR_31),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "The first start on a machine without /run/NAME must say so.")
{
	make_link(env, "missing", "dangling");
	expect_refused(env, ENOENT, "missing/s");
	expect_refused(env, ENOENT, "./missing/../s");
	expect_refused(env, ENOENT, "dangling/s");
	EXPECT_ERRNO(ENOENT, access("missing", F_OK));
}

CHECK(bind, not_a_directory,
      .title = "bind() below a file that is no directory fails with ENOTDIR",
      CLAUSES(posix_bind_enotdir, bind2_enotdir),
      ROWS(ADDR_27, ADDR_31),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "A wrong path in a configuration must be told from a missing one.")
{
	struct addr socket = env_addr(env, 1);
	int fd = SETUP(open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));

	env_own(env, fd);
	env_own_path(env, "file");
	SETUP(env_bound(env, &socket));
	expect_refused(env, ENOTDIR, "file/s");
	expect_refused(env, ENOTDIR, "s1/s");
}

CHECK(bind, trailing_slash,
      .title = "bind() to a missing name that ends with a slash is refused",
      CLAUSES(posix_bind_trailing_slash),
      ROWS(ADDR_28, ADDR_31),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "A socket is not a directory; a slash dropped silently gives "
	     "another name than the one in the configuration.",
      .explain = "POSIX permits ENOENT and ENOTDIR; Linux answers ENOENT.")
{
	struct addr bad = addr_path("slash/"), good = env_addr(env, 0);
	int fd = SETUP(env_socket(env));

	EXPECT_ERRNO_IN(bind(fd, &bad.sa, bad.len), ENOENT, ENOTDIR);
	EXPECT_ERRNO(ENOENT, access("slash", F_OK));
	reach_expect_binds(env, fd, &good);
}

CHECK(bind, symlink_loop,
      .title = "bind() through a loop of symbolic links fails with ELOOP",
      CLAUSES(posix_bind_eloop, bind2_eloop),
      ROWS(ADDR_29, ADDR_31),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "A loop must end as an error, not as a hang.")
{
	make_link(env, "self", "self");
	make_link(env, "two", "one");
	make_link(env, "one", "two");
	expect_refused(env, ELOOP, "self/s");
	expect_refused(env, ELOOP, "one/s");
}

CHECK(bind, component_too_long,
      .title = "A component longer than NAME_MAX fails with ENAMETOOLONG",
      CLAUSES(posix_bind_enametoolong, bind2_enametoolong),
      ROWS(ADDR_44, ADDR_31),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "A name cut by the file system would be another server's name.",
      .explain = "sun_path is shorter than NAME_MAX of most file systems, so "
		 "the long component comes in through a symbolic link, which "
		 "the lookup of the address has to follow.")
{
	long name_max = pathconf(".", _PC_NAME_MAX);
	cleanup_free char *target = NULL;

	if (name_max <= 0 || name_max > PATH_MAX - 8)
		SKIP_CASE("the file system names no NAME_MAX to go beyond");
	target = malloc((size_t)name_max + 2);
	if (!target)
		BROKEN("out of memory");
	memset(target, 'n', (size_t)name_max + 1);
	target[name_max + 1] = '\0';
	make_link(env, target, "long");
	expect_refused(env, ENAMETOOLONG, "long/s");
	/* One byte less is a name that merely does not exist. */
	SETUP(unlink("long"));
	target[name_max] = '\0';
	make_link(env, target, "long");
	expect_refused(env, ENOENT, "long/s");
}

static bool is_mounted(const char *path, unsigned long magic)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == magic;
}

CHECK(bind, kernel_file_systems,
      .title = "bind() inside /proc and /sys fails and binds nothing",
      CLAUSES(linux_unix_bind_bsd_mknod),
      ROWS(ADDR_30, ADDR_30b, ADDR_31),
      .types = ANY_TYPE, .addrs = PATH,
      PARAMS("proc", "sys"),
      .why = "File systems that cannot hold a socket must refuse, not take a "
	     "name that nobody can find.")
{
	bool proc = env->param == 0;
	const char *path = proc ? "/proc/sockspec-s" : "/sys/sockspec-s";
	struct addr bad = addr_path(path), good = env_addr(env, 0);
	int fd = SETUP(env_socket(env));

	if (proc ? !is_mounted("/proc", PROC_SUPER_MAGIC) :
		   !is_mounted("/sys", SYSFS_MAGIC))
		SKIP_CASE("%s is not mounted here", proc ? "/proc" : "/sys");
	/* The name cannot be found there, or must not be made here. */
	if (proc)
		EXPECT_ERRNO(ENOENT, bind(fd, &bad.sa, bad.len));
	else
		EXPECT_ERRNO_IN(bind(fd, &bad.sa, bad.len), EACCES, EPERM, EROFS);
	EXPECT_ERRNO(ENOENT, access(path, F_OK));
	reach_expect_binds(env, fd, &good);
}
