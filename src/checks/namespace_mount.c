// SPDX-License-Identifier: BSD-2-Clause
/*
 * Mounts between a client and the inode of the server.  Everything happens in
 * a mount namespace of a child, on a tmpfs of its own that goes with it.
 */
#include "config.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/util_reach.h"
#include "harness/check.h"
#include "harness/namespace.h"

/* Exit status of a child that found nothing to judge. */
#define CANNOT 77

/* A mount namespace with an empty tmpfs at "d". */
static void enter_mount(void)
{
	if (namespace_enter(CLONE_NEWNS) < 0)
		BROKEN("cannot enter a mount namespace");
	SETUP(mount("none", "d", "tmpfs", 0, "mode=0755"));
}

static void in_mount_namespace(struct env *env,
			       int (*fn)(struct env *env, void *arg),
			       const char *missing)
{
	int status;

	SETUP(mkdir("d", 0700));
	env_own_path(env, "d");
	status = env_reap(env, env_fork(env, fn, NULL));
	if (status == CANNOT)
		SKIP_CASE("%s", missing);
	EXPECT_EQ(0, status);
}

static int use_read_only(struct env *env, void *arg)
{
	struct addr a = addr_path("d/s"), b = addr_path("d/t");
	int fd, late;

	(void)arg;
	enter_mount();
	fd = SETUP(reach_serve(env, &a));
	SETUP(mount("none", "d", "tmpfs", MS_REMOUNT | MS_RDONLY, NULL));
	reach_expect(env, fd, &a);
	late = SETUP(env_socket(env));
	EXPECT_ERRNO(EROFS, bind(late, &b.sa, b.len));
	EXPECT_ERRNO(ENOENT, access("d/t", F_OK));
	EXPECT_ERRNO(EADDRINUSE, bind(late, &a.sa, a.len));
	SETUP(mount("none", "d", "tmpfs", MS_REMOUNT, NULL));
	reach_expect_binds(env, late, &b);
	return 0;
}

CHECK(namespace, read_only_mount,
      .title = "On a read-only mount bind() fails with EROFS and connect() works",
      CLAUSES(posix_bind_erofs, bind2_erofs, linux_unix_find_bsd),
      ROWS(NS_07, NS_08),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_MNTNS,
      .why = "Containers mount host sockets read-only: using them is no write.")
{
	in_mount_namespace(env, use_read_only, "");
}

static int use_bind_mount(struct env *env, void *arg)
{
	struct addr a = addr_path("d/s"), b = addr_path("d/t");
	int fd, other;

	(void)arg;
	enter_mount();
	fd = SETUP(reach_serve(env, &a));
	SETUP(mknod("d/t", S_IFREG | 0600, 0));
	SETUP(mount("d/s", "d/t", "none", MS_BIND, NULL));
	reach_expect(env, fd, &b);
	reach_expect(env, fd, &a);
	/* The mount holds the inode: a new server at the path is not seen. */
	SETUP(unlink("d/s"));
	reach_expect(env, fd, &b);
	other = SETUP(reach_serve(env, &a));
	reach_expect(env, other, &a);
	reach_expect(env, fd, &b);
	SETUP(env_close(env, fd));
	reach_expect_error(env, ECONNREFUSED, &b);
	reach_expect(env, other, &a);
	return 0;
}

CHECK(namespace, bind_mounted_socket,
      .title = "A bind-mounted socket file leads to the server of that inode",
      CLAUSES(linux_unix_find_byinode),
      ROWS(NS_09),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_MNTNS,
      .why = "A container given a single socket file loses its server when the "
	     "server restarts: the mount still holds the old inode.",
      .explain = "A socket file is mounted over another file. The server is "
		 "reached by both names. When a second server takes the path, "
		 "the mount point still leads to the first, and to nobody when "
		 "that one is gone. Mount the directory instead.")
{
	in_mount_namespace(env, use_bind_mount, "");
}

static int use_chroot(struct env *env, void *arg)
{
	struct addr outside = addr_path("d/s"), inside = addr_path("/s");
	struct addr name = { .len = sizeof(name.bytes) };
	int fd, client;

	(void)arg;
	enter_mount();
	fd = SETUP(reach_serve(env, &outside));
	if (chroot("d") < 0)
		return CANNOT;
	SETUP(chdir("/"));
	reach_expect_error(env, ENOENT, &outside);
	reach_expect(env, fd, &inside);
	client = SETUP(env_socket(env));
	EXPECT_RET(0, connect(client, &inside.sa, inside.len));
	EXPECT_RET(0, getpeername(client, &name.sa, &name.len));
	EXPECT_EQ(outside.len, name.len);
	EXPECT_MEM(outside.bytes, name.bytes, outside.len);
	return 0;
}

CHECK(namespace, name_inside_a_chroot,
      .title = "Inside a chroot a peer still has the name that it was bound with",
      CLAUSES(linux_unix_getname),
      ROWS(NS_06),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_MNTNS,
      .why = "The name tells of the world outside, and leads nowhere inside.")
{
	in_mount_namespace(env, use_chroot, "chroot() is refused");
}

/* Two servers whose files have the same number, each on its own tmpfs. */
static int use_two_file_systems(struct env *env, void *arg)
{
	static const char *const dirs[] = { "d/a", "d/b" };
	struct addr a[] = { addr_path("d/a/s"), addr_path("d/b/s") };
	struct stat st[2];
	int fd[2];

	(void)arg;
	enter_mount();
	for (int i = 0; i < 2; i++) {
		SETUP(mkdir(dirs[i], 0755));
		SETUP(mount("none", dirs[i], "tmpfs", 0, "mode=0755"));
		fd[i] = SETUP(reach_serve(env, &a[i]));
		SETUP(stat(a[i].un.sun_path, &st[i]));
	}
	if (st[0].st_ino != st[1].st_ino || st[0].st_dev == st[1].st_dev)
		return CANNOT;
	for (int i = 0; i < 2; i++) {
		CONTEXT("the server in %s", dirs[i]);
		reach_expect(env, fd[i], &a[i]);
		reach_expect_idle(env, fd[!i]);
	}
	CONTEXT("the other server is gone");
	SETUP(env_close(env, fd[1]));
	reach_expect_error(env, ECONNREFUSED, &a[1]);
	reach_expect_idle(env, fd[0]);
	reach_expect(env, fd[0], &a[0]);
	return 0;
}

CHECK(namespace, same_inode_number,
      .title = "Files of one number on two file systems lead each to its own server",
      CLAUSES(linux_unix_find_byinode),
      ROWS(NS_20),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_MNTNS,
      .why = "The numbers of two containers' /run are the same: clients of the one would "
	     "talk to the servers of the other.",
      .explain = "Servers are bound on two new tmpfs, which number their files from the same "
		 "begin; each is reached by its own path, and when one is closed its path "
		 "is refused and does not lead to the other.")
{
	in_mount_namespace(env, use_two_file_systems,
			   "files on two tmpfs never have the same number here");
}

static int use_until_unmounted(struct env *env, void *arg)
{
	struct addr a = addr_path("d/s"), b = addr_path("d/t");
	int fd, client, late, served;

	(void)arg;
	enter_mount();
	CONTEXT("before anything was bound");
	EXPECT_RET(0, umount("d"));
	SETUP(mount("none", "d", "tmpfs", 0, "mode=0755"));
	/* Two rounds, so that what a bind() or two leave behind is seen. */
	for (int round = 0; round < 2; round++) {
		CONTEXT("round %d, while it is bound", round);
		fd = SETUP(reach_serve(env, &a));
		EXPECT_ERRNO(EINVAL, bind(fd, &b.sa, b.len));
		late = SETUP(env_socket(env));
		EXPECT_ERRNO(EADDRINUSE, bind(late, &a.sa, a.len));
		EXPECT_ERRNO(EBUSY, umount("d"));
		client = SETUP(env_connect(env, &a));
		if (env->type != SOCK_DGRAM) {
			served = SETUP(env_accept(env, fd));
			SETUP(env_connect(env, &a));
			SETUP(env_close(env, fd));
			CONTEXT("round %d, while a connection is open", round);
			EXPECT_ERRNO(EBUSY, umount("d"));
			fd = served;
		}
		SETUP(env_close(env, fd));
		CONTEXT("round %d, after the last close()", round);
		EXPECT_RET(0, umount("d"));
		EXPECT_ERRNO(ENOENT, access("d/s", F_OK));
		SETUP(mount("none", "d", "tmpfs", 0, "mode=0755"));
		SETUP(env_close(env, client));
	}
	return 0;
}

CHECK(namespace, busy_until_closed,
      .title = "A socket keeps the file system of its name busy until it is closed, no longer",
      CLAUSES(linux_unix_release_path),
      ROWS(NS_21),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_MNTNS,
      .why = "One that is held for longer can never be unmounted: a volume, a container.",
      .explain = "umount() is EBUSY while the socket that is bound is open, and on "
		 "connections while one that it accepted is; not for a client, an unaccepted "
		 "connection, or a bind() that failed.")
{
	in_mount_namespace(env, use_until_unmounted, "");
}

/* "d/merged" over "d/lower" and "d/upper"; false where that is refused. */
static bool mount_overlay(void)
{
	const char *options = "lowerdir=d/lower,upperdir=d/upper,workdir=d/work";
	const char *userxattr =
		"lowerdir=d/lower,upperdir=d/upper,workdir=d/work,userxattr";

	return mount("none", "d/merged", "overlay", 0, options) == 0 ||
	       mount("none", "d/merged", "overlay", 0, userxattr) == 0;
}

static void make_layers(void)
{
	static const char *const dirs[] = {
		"d/lower", "d/upper", "d/work", "d/merged",
	};

	enter_mount();
	for (int i = 0; i < 4; i++)
		SETUP(mkdir(dirs[i], 0755));
}

static int use_lower_socket(struct env *env, void *arg)
{
	struct addr lower = addr_path("d/lower/s"), merged;
	int fd;

	(void)arg;
	make_layers();
	merged = addr_path("d/merged/s");
	fd = SETUP(reach_serve(env, &lower));
	if (!mount_overlay())
		return CANNOT;
	EXPECT_RET(0, access("d/merged/s", F_OK));
	reach_expect_error(env, ECONNREFUSED, &merged);
	CONTEXT("after the file was copied up");
	SETUP(chmod("d/merged/s", 0700));
	SETUP(access("d/upper/s", F_OK));
	reach_expect_error(env, ECONNREFUSED, &merged);
	reach_expect(env, fd, &lower);
	return 0;
}

#define NO_OVERLAY "this system mounts no overlay on a tmpfs"

CHECK(namespace, overlay_hides_lower_sockets,
      .title = "A server in the lower layer of an overlay is not reached through it",
      CLAUSES(linux_unix_find_bsd_backing),
      ROWS(NS_15, NS_16),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_MNTNS,
      .why = "Container images on overlays: the socket file is there, and "
	     "connect() says ECONNREFUSED.",
      .explain = "The overlay shows the file under an inode of its own, and the "
		 "server is bound to the inode of the layer. Docker, CoreOS "
		 "and stacked file systems in user space (mergerfs, bindfs) "
		 "met it. Share the directory by a bind mount instead.")
{
	in_mount_namespace(env, use_lower_socket, NO_OVERLAY);
}

static int use_merged_socket(struct env *env, void *arg)
{
	struct addr merged = addr_path("d/merged/s"), upper;
	int fd;

	(void)arg;
	make_layers();
	if (!mount_overlay())
		return CANNOT;
	upper = addr_path("d/upper/s");
	fd = (int)ASSERT_OK(reach_serve(env, &merged));
	reach_expect(env, fd, &merged);
	EXPECT_RET(0, access("d/upper/s", F_OK));
	reach_expect_error(env, ECONNREFUSED, &upper);
	return 0;
}

CHECK(namespace, overlay_serves_its_own_sockets,
      .title = "A server bound through an overlay is reached through it alone",
      CLAUSES(linux_unix_find_bsd_backing),
      ROWS(NS_17),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_MNTNS,
      .why = "Within one container sockets on its root must work; from the "
	     "host, through the upper directory, they do not.")
{
	in_mount_namespace(env, use_merged_socket, NO_OVERLAY);
}
