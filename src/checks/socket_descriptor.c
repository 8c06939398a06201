// SPDX-License-Identifier: BSD-2-Clause
/* The descriptor of a socket: what a file is asked, and what it answers. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_option.h"
#include "harness/check.h"

#define SOCKFS_MAGIC 0x534f434b

static void expect_inode(int fd)
{
	struct stat st = { 0 };

	EXPECT_RET(0, fstat(fd, &st));
	EXPECT_EQ(S_IFSOCK | 0777, st.st_mode);
	EXPECT_EQ(0, st.st_size);
	EXPECT_EQ(1, st.st_nlink);
	EXPECT_EQ(geteuid(), st.st_uid);
	EXPECT_EQ(getegid(), st.st_gid);
}

static int make_as_ordinary(struct env *env, void *arg)
{
	(void)arg;
	SETUP(env_become_ordinary());
	umask(077);
	expect_inode(SETUP(env_own(env, socket(AF_UNIX, env->type, 0))));
	return 0;
}

CHECK(socket, fstat_of_descriptor,
      .title = "fstat() tells a socket of mode 0777 and size 0 that its maker owns",
      CLAUSES(linux_sockfs),
      ROWS(SOCK_12),
      .types = ANY_TYPE, .needs = NEED_ORDINARY,
      .why = "Programs tell by S_ISSOCK() what they were handed, and by the owner whose it is.",
      .explain = "The same whatever the umask, for root and for another user.")
{
	int fd = SETUP(env_socket(env));

	expect_inode(fd);
	EXPECT_EQ(0, env_reap(env, env_fork(env, make_as_ordinary, NULL)));
}

static int own_as_others(struct env *env, void *arg)
{
	struct addr *a = arg;
	int listener = -1, fd;
	struct stat st = { 0 };

	if (env->type != SOCK_DGRAM)
		listener = SETUP(env_listener(env, 2, a));
	for (int i = 0; i < 2; i++) {
		CONTEXT("%s", i ? "the ids for files" : "the effective ids");
		if (i) {
			SETUP(seteuid(0) < 0 ? -1 : setegid(0));
			setfsgid(65534);
			setfsuid(65534);
		} else {
			SETUP(setegid(65534) < 0 ? -1 : seteuid(65534));
		}
		fd = SETUP(env_socket(env));
		EXPECT_RET(0, fstat(fd, &st));
		EXPECT_EQ(65534, st.st_uid);
		EXPECT_EQ(65534, st.st_gid);
		if (listener < 0)
			continue;
		SETUP(connect(fd, &a->sa, a->len));
		fd = SETUP(env_accept(env, listener));
		EXPECT_RET(0, fstat(fd, &st));
		EXPECT_EQ(65534, st.st_uid);
		EXPECT_EQ(65534, st.st_gid);
	}
	return 0;
}

CHECK(socket, owner_of_descriptor,
      .title = "fstat() tells as owner who made or accepted the socket, by the ids for files",
      CLAUSES(linux_sockfs),
      ROWS(SOCK_100),
      .types = ANY_TYPE, .addrs = ABSTRACT, .needs = NEED_OTHER_USER,
      .why = "lsof, and the accounts of a machine, would blame somebody else.",
      .explain = "root acts with the effective ids, then with the ids of setfsuid(), of "
	      "another user, and accepts so from a listener of its own.")
{
	struct addr a = env_addr(env, 0);

	EXPECT_EQ(0, env_reap(env, env_fork(env, own_as_others, &a)));
}

CHECK(socket, file_system_of_descriptor,
      .title = "A socket lies on sockfs and tells the name of its protocol",
      CLAUSES(linux_sockfs),
      ROWS(SOCK_21, SOCK_22),
      .types = ANY_TYPE,
      .why = "lsof and sandboxes tell sockets from other files by it.",
      .explain = "fstatfs() gives the magic number 0x534f434b.  The attribute "
		 "system.sockprotoname is UNIX-STREAM for streams, UNIX for the others, "
		 "with the NUL; before Linux 5.15, where MSG_OOB is not known, UNIX "
		 "for all.")
{
	const char *newer = env->type == SOCK_STREAM ? "UNIX-STREAM" : "UNIX";
	int fd = SETUP(env_socket(env));
	struct statfs fs = { 0 };
	char name[32] = "";
	long len;

	EXPECT_RET(0, fstatfs(fd, &fs));
	EXPECT_EQ(SOCKFS_MAGIC, fs.f_type);
	len = EXPECT_OK(fgetxattr(fd, "system.sockprotoname", name,
				  sizeof(name)));
	EXPECT_EQ(strlen(name) + 1, len);
	EXPECT_RET(len, fgetxattr(fd, "system.sockprotoname", NULL, 0));
	EXPECT_THAT(strcmp(name, newer) == 0 ||
		    (!release_proven(RELEASE_5_15) && strcmp(name, "UNIX") == 0),
		    "the protocol is %s, or UNIX before 5.15; it is %s", newer,
		    name);
	NOTE("the protocol is called %s", name);
	EXPECT_ERRNO(ERANGE, fgetxattr(fd, "system.sockprotoname", name, 1));
}

CHECK(socket, proc_link,
      .title = "/proc/self/fd/N of a socket reads socket:[INODE] and cannot be opened: ENXIO",
      CLAUSES(proc5_fd_link, linux_sockfs_no_open),
      ROWS(SOCK_13, SOCK_14),
      .types = ANY_TYPE,
      .why = "ss and lsof find the processes of a socket by it, and /dev/stdin does not "
	     "work where stdin is a socket.")
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	int fd = SETUP(env_socket(env));
	char path[64], target[64] = "", want[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (access("/proc/self/fd", F_OK) < 0)
		SKIP_CASE("/proc is not mounted");
	ASSERT_RET(0, fstat(fd, &st));
	snprintf(want, sizeof(want), "socket:[%llu]",
		 (unsigned long long)st.st_ino);
	EXPECT_RET(strlen(want), readlink(path, target, sizeof(target) - 1));
	EXPECT_THAT(strcmp(want, target) == 0, "the link reads %s, not %s", want,
		    target);
	for (int i = 0; i < 3; i++)
		EXPECT_ERRNO(ENXIO, open(path, modes[i] | O_CLOEXEC));
}

CHECK(socket, cannot_seek,
      .title = "lseek(), pread() and pwrite() on a socket fail with ESPIPE, and nothing is moved",
      CLAUSES(posix_lseek_espipe, posix_pread_espipe),
      ROWS(SOCK_15),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "It is how programs find out that their input has no positions.")
{
	static const int whence[] = { SEEK_SET, SEEK_CUR, SEEK_END };
	int fd[2];
	char got = 0;

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, send(fd[1], "s", 1, MSG_NOSIGNAL));
	for (int i = 0; i < 3; i++)
		EXPECT_ERRNO(ESPIPE, lseek(fd[0], 0, whence[i]));
	EXPECT_ERRNO(ESPIPE, pread(fd[0], &got, 1, 0));
	EXPECT_ERRNO(ESPIPE, pwrite(fd[0], "x", 1, 0));
	data_expect_empty(fd[1]);
	EXPECT_RET(1, recv(fd[0], &got, 1, MSG_DONTWAIT));
	EXPECT_EQ('s', got);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(socket, cannot_sync,
      .title = "fsync() and fdatasync() on a socket fail with EINVAL",
      CLAUSES(posix_fsync_einval, posix_fdatasync_einval),
      ROWS(SOCK_17, SOCK_28),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Success would say that the peer has what was written.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EINVAL, fsync(fd[0]));
	EXPECT_ERRNO(EINVAL, fdatasync(fd[0]));
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(socket, cannot_resize,
      .title = "ftruncate() and fallocate() on a socket fail and change nothing",
      CLAUSES(truncate2_einval, fallocate2_enodev),
      ROWS(SOCK_16, SOCK_25),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A socket has no size; what waits in it must not be lost.",
      .explain = "EINVAL from ftruncate(); ENODEV from fallocate().")
{
	int fd[2];
	char got = 0;

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, send(fd[1], "t", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EINVAL, ftruncate(fd[0], 0));
	EXPECT_ERRNO(EINVAL, ftruncate(fd[0], 100));
	EXPECT_ERRNO(ENODEV, fallocate(fd[0], 0, 0, 100));
	EXPECT_RET(1, recv(fd[0], &got, 1, MSG_DONTWAIT));
	EXPECT_EQ('t', got);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(socket, has_no_contents,
      .title = "A socket can neither be mapped nor read ahead, and is no directory and no pipe",
      CLAUSES(posix_mmap_enodev, linux_sock_no_mmap, linux_getdents,
	      fcntl2_pipe_size),
      ROWS(SOCK_18, SOCK_26, SOCK_27, SOCK_29),
      .types = ANY_TYPE,
      .why = "Programs that map their input fall back to reading by these errors.",
      .explain = "mmap() ENODEV, readahead() EINVAL, getdents64() and fchdir() ENOTDIR, "
		 "F_SETPIPE_SZ and F_GETPIPE_SZ EBADF.")
{
	int fd = SETUP(env_socket(env));
	size_t page = data_page();
	_Alignas(struct dirent64) char entries[512];

	EXPECT_ERRNO(ENODEV, (intptr_t)mmap(NULL, page, PROT_READ, MAP_SHARED,
					    fd, 0));
	EXPECT_ERRNO(ENODEV, (intptr_t)mmap(NULL, page, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE, fd, 0));
	EXPECT_ERRNO(EINVAL, readahead(fd, 0, page));
	EXPECT_ERRNO(ENOTDIR,
		     getdents64(fd, (void *)entries, sizeof(entries)));
	EXPECT_ERRNO(ENOTDIR, fchdir(fd));
	EXPECT_ERRNO(EBADF, fcntl(fd, F_SETPIPE_SZ, (int)page));
	EXPECT_ERRNO(EBADF, fcntl(fd, F_GETPIPE_SZ));
}

CHECK(socket, fchown_is_the_descriptors,
      .title = "fchown() changes the owner that fstat() tells, and not that of the socket file",
      CLAUSES(linux_sockfs_setattr),
      ROWS(SOCK_23, SOCK_131),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_OTHER_USER,
      .why = "A server that wants to give its socket file away must chown() the name.",
      .explain = "The owner of the socket's inode also decides who passes in "
		 "/proc/net/unix and netfilter's owner match.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a));
	struct stat st;

	EXPECT_RET(0, fchown(fd, 65534, 65533));
	EXPECT_RET(0, fstat(fd, &st));
	EXPECT_EQ(65534, st.st_uid);
	EXPECT_EQ(65533, st.st_gid);
	EXPECT_EQ(S_IFSOCK | 0777, st.st_mode);
	/* Who acts on files as somebody else may not, root or not. */
	setfsuid(65532);
	EXPECT_ERRNO(EPERM, fchown(fd, 65532, (gid_t)-1));
	setfsuid(geteuid());
	EXPECT_RET(0, fstat(fd, &st));
	EXPECT_EQ(65534, st.st_uid);
	EXPECT_RET(0, stat(a.un.sun_path, &st));
	EXPECT_EQ(geteuid(), st.st_uid);
	EXPECT_RET(0, chown(a.un.sun_path, 65533, (gid_t)-1));
	EXPECT_RET(0, fstat(fd, &st));
	EXPECT_EQ(65534, st.st_uid);
}

CHECK(socket, can_be_locked,
      .title = "flock() locks a socket's descriptor: its duplicates share the lock",
      CLAUSES(flock2_exclusive),
      ROWS(SOCK_24),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Programs that share a connection guard it with a lock on itself.",
      .explain = "Each end has a lock of its own; the socket works on.")
{
	int fd[2], copy;

	SETUP(env_pair(env, fd));
	copy = SETUP(env_own(env, dup(fd[0])));
	if (flock(fd[0], LOCK_UN) < 0 && errno == ENOSYS)
		SKIP_CASE("this kernel is built without locks");
	EXPECT_RET(0, flock(fd[0], LOCK_EX | LOCK_NB));
	EXPECT_RET(0, flock(copy, LOCK_EX | LOCK_NB));
	EXPECT_RET(0, flock(fd[1], LOCK_EX | LOCK_NB));
	data_expect_works(env, fd[0], fd[1]);
	EXPECT_RET(0, flock(copy, LOCK_UN));
	EXPECT_RET(0, flock(fd[1], LOCK_UN));
}

CHECK(socket, duplicates_and_close_on_exec,
      .title = "A duplicate of a socket is close-on-exec if the call says so, and not by its original",
      CLAUSES(posix_dup_cloexec, posix_dup_shares),
      ROWS(SOCK_132),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = NONBLOCK,
      .why = "A child is given a duplicate, and finds it closed; or gets what it must not.",
      .explain = "dup(), dup2(), dup3(), F_DUPFD, dup3(O_CLOEXEC) and F_DUPFD_CLOEXEC, of a "
	      "socket with the flag and of one without; dup2() to the same number changes "
	      "nothing, and dup3() to it is EINVAL.")
{
	int fd[2], copy, to, flags;

	SETUP(env_pair(env, fd));
	to = SETUP(fcntl(fd[1], F_DUPFD_CLOEXEC, 0));
	for (int i = 0; i < 12; i++) {
		int set = i % 2 ? FD_CLOEXEC : 0, way = i / 2;

		CONTEXT("way %d, of a socket %s the flag", way,
			set ? "with" : "without");
		SETUP(fcntl(fd[0], F_SETFD, set));
		SETUP(fcntl(to, F_SETFD, set ? 0 : FD_CLOEXEC));
		flags = SETUP(fcntl(fd[0], F_GETFL));
		copy = EXPECT_OK(way == 0 ? dup(fd[0]) :
				 way == 1 ? dup2(fd[0], to) :
				 way == 2 ? dup3(fd[0], to, 0) :
				 way == 3 ? fcntl(fd[0], F_DUPFD, 0) :
				 way == 4 ? dup3(fd[0], to, O_CLOEXEC) :
					    fcntl(fd[0], F_DUPFD_CLOEXEC, 0));
		EXPECT_EQ(way < 4 ? 0 : FD_CLOEXEC, fcntl(copy, F_GETFD));
		EXPECT_EQ(set, fcntl(fd[0], F_GETFD));
		EXPECT_EQ(flags, fcntl(copy, F_GETFL));
		if (copy != to)
			EXPECT_RET(0, close(copy));
		EXPECT_RET(fd[0], dup2(fd[0], fd[0]));
		EXPECT_EQ(set, fcntl(fd[0], F_GETFD));
		EXPECT_ERRNO(EINVAL, dup3(fd[0], fd[0], O_CLOEXEC));
		EXPECT_EQ(set, fcntl(fd[0], F_GETFD));
	}
	env_own(env, to);
	data_expect_works(env, fd[1], to);
}
