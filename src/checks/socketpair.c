// SPDX-License-Identifier: BSD-2-Clause
/* socketpair(): what it makes, and what it refuses. */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_data.h"
#include "checks/util_option.h"
#include "checks/util_reach.h"
#include "harness/check.h"
#include "harness/namespace.h"

CHECK(socketpair, both_directions,
      .title = "Data goes both ways through a pair, and neither way disturbs the other",
      CLAUSES(posix_socketpair_connected),
      ROWS(PAIR_11),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A parent and its child speak over a pair at the same time.",
      .explain = "Two messages one way and one the other way are queued, and read in "
		 "either order; then one way is empty while the other is not.")
{
	char got[8] = "";
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, send(fd[0], "a", 1, MSG_NOSIGNAL));
	ASSERT_RET(2, send(fd[1], "BC", 2, MSG_NOSIGNAL));
	ASSERT_RET(1, send(fd[0], "d", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(fd[1], got, 1, MSG_DONTWAIT));
	EXPECT_EQ('a', got[0]);
	EXPECT_RET(2, recv(fd[0], got, sizeof(got), MSG_DONTWAIT));
	EXPECT_MEM("BC", got, 2);
	data_expect_empty(fd[0]);
	EXPECT_RET(1, recv(fd[1], got, sizeof(got), MSG_DONTWAIT));
	EXPECT_EQ('d', got[0]);
	data_expect_empty(fd[1]);
}

CHECK(socketpair, flags_on_both,
      .title = "SOCK_CLOEXEC and SOCK_NONBLOCK of socketpair() apply to both ends",
      CLAUSES(posix_socketpair_flags),
      ROWS(PAIR_07),
      .types = ANY_TYPE,
      .why = "One end that leaks into a child keeps the connection open for ever.")
{
	static const int flags[] = {
		0, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_CLOEXEC | SOCK_NONBLOCK,
	};
	int fd[2];

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		ASSERT_RET(0, socketpair(AF_UNIX, env->type | flags[i], 0, fd));
		for (int end = 0; end < 2; end++) {
			CONTEXT("flags %#x, end %d", (unsigned int)flags[i], end);
			EXPECT_EQ(flags[i] & SOCK_CLOEXEC ? FD_CLOEXEC : 0,
				  fcntl(fd[end], F_GETFD));
			EXPECT_EQ(O_RDWR | (flags[i] & SOCK_NONBLOCK ?
					    O_NONBLOCK : 0),
				  fcntl(fd[end], F_GETFL));
			option_expect(fd[end], SO_TYPE, env->type);
			EXPECT_RET(0, close(fd[end]));
		}
	}
}

CHECK(socketpair, lowest_in_order,
      .title = "socketpair() gives the two lowest free descriptors, in ascending order",
      CLAUSES(linux_socketpair_order, posix_descriptor_lowest),
      ROWS(PAIR_08),
      .types = ANY_TYPE,
      .why = "Programs that close and replace 0 and 1 rely on it.")
{
	int pipe_fd[2][2], hole, end, fd[2];

	SETUP(env_pipe(env, pipe_fd[0]));
	SETUP(env_pipe(env, pipe_fd[1]));
	hole = pipe_fd[0][1];
	end = option_lowest();
	SETUP(env_close(env, hole));
	ASSERT_RET(0, socketpair(AF_UNIX, env->type, 0, fd));
	EXPECT_EQ(hole, fd[0]);
	EXPECT_EQ(end, fd[1]);
	EXPECT_RET(0, close(fd[0]));
	EXPECT_RET(0, close(fd[1]));
}

CHECK(socketpair, two_inodes,
      .title = "The ends of a pair are two sockets, with inodes of their own on one device",
      CLAUSES(linux_sockfs_inode),
      ROWS(PAIR_12),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Tools tell the ends apart by their inodes.")
{
	struct stat st[2];
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, fstat(fd[0], &st[0]));
	EXPECT_RET(0, fstat(fd[1], &st[1]));
	EXPECT_THAT(st[0].st_ino != st[1].st_ino,
		    "two inodes; both ends have %llu",
		    (unsigned long long)st[0].st_ino);
	EXPECT_EQ(st[0].st_dev, st[1].st_dev);
}

CHECK(socketpair, end_can_bind,
      .title = "An end of a pair can be bound, and the other end then sees its name",
      CLAUSES(linux_connect_late_bind),
      ROWS(PAIR_13),
      .types = ANY_TYPE, .addrs = NAMED, .axes = SWAP,
      .why = "A message then tells its sender, and a server may know its peer by name.")
{
	struct addr a = env_addr(env, 0), peer = { .len = sizeof(peer.bytes) };
	int end = env->swap ? 1 : 0, fd[2];

	SETUP(socketpair(AF_UNIX, env->type | SOCK_CLOEXEC, 0, fd));
	env_own(env, fd[0]);
	env_own(env, fd[1]);
	ASSERT_RET(0, bind(fd[end], &a.sa, a.len));
	reach_expect_name(fd[end], &a);
	reach_expect_unbound(fd[!end]);
	EXPECT_RET(0, getpeername(fd[!end], &peer.sa, &peer.len));
	EXPECT_EQ(a.len, peer.len);
	EXPECT_MEM(a.bytes, peer.bytes, a.len);
	data_expect_works(env, fd[0], fd[1]);
	data_expect_works(env, fd[1], fd[0]);
}

CHECK(socketpair, end_takes_no_third,
      .title = "Nobody else connects to a bound end of a pair: EPERM for datagrams, ECONNREFUSED",
      CLAUSES(linux_pair_not_listening, linux_dgram_pair_taken),
      ROWS(PAIR_14, PAIR_15),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "What a pair carries is from its two ends alone.",
      .explain = "connect() of a third socket, sendto() of one for datagrams, and "
		 "connect() of the other end of the connection, which is refused before "
		 "it is told EISCONN.  The pair works on.")
{
	struct addr a = env_addr(env, 0);
	int third = SETUP(env_socket(env)), fd[2];

	SETUP(socketpair(AF_UNIX, env->type | SOCK_CLOEXEC, 0, fd));
	env_own(env, fd[0]);
	env_own(env, fd[1]);
	ASSERT_RET(0, bind(fd[0], &a.sa, a.len));
	if (env->type == SOCK_DGRAM) {
		EXPECT_ERRNO(EPERM, connect(third, &a.sa, a.len));
		EXPECT_ERRNO(EPERM, sendto(third, "t", 1, MSG_NOSIGNAL, &a.sa,
					   a.len));
		EXPECT_RET(0, connect(fd[1], &a.sa, a.len));
	} else {
		EXPECT_ERRNO(ECONNREFUSED, connect(third, &a.sa, a.len));
		EXPECT_ERRNO(ECONNREFUSED, connect(fd[1], &a.sa, a.len));
		EXPECT_ERRNO(ECONNREFUSED, connect(fd[0], &a.sa, a.len));
	}
	data_expect_works(env, fd[0], fd[1]);
	data_expect_works(env, fd[1], fd[0]);
}

static int count_sockets(void)
{
	cleanup_fclose FILE *f = fopen("/proc/self/net/unix", "re");
	int c, lines = 0;

	if (!f)
		SKIP_CASE("/proc/self/net/unix cannot be read");
	while ((c = getc(f)) != EOF)
		lines += c == '\n';
	return lines - 1;
}

static int count_inside(struct env *env, void *arg)
{
	int before, lowest, fd[4][2];

	(void)arg;
	if (namespace_enter(CLONE_NEWNET) < 0)
		BROKEN("cannot enter a network namespace");
	before = count_sockets();
	lowest = option_lowest();
	for (int i = 0; i < 4; i++) {
		CONTEXT("pair %d", i);
		ASSERT_RET(0, socketpair(AF_UNIX, env->type, 0, fd[i]));
		EXPECT_EQ(before + 2 * (i + 1), count_sockets());
		EXPECT_EQ(lowest + 2 * (i + 1), option_lowest());
	}
	for (int i = 0; i < 4; i++) {
		EXPECT_RET(0, close(fd[i][0]));
		EXPECT_EQ(before + 7 - 2 * i, count_sockets());
		EXPECT_RET(0, close(fd[i][1]));
		EXPECT_EQ(before + 6 - 2 * i, count_sockets());
	}
	return 0;
}

CHECK(socketpair, two_objects,
      .title = "A pair takes two descriptors and two sockets, and close() gives each back",
      CLAUSES(linux_unix_seq, linux_unix_release_sock),
      ROWS(PAIR_16),
      .types = ANY_TYPE, .needs = NEED_NETNS | NEED_PROC_NET_UNIX,
      .why = "What is left behind at each pair brings a long-lived server down.",
      .explain = "Counted in /proc/net/unix of a network namespace of its own.")
{
	EXPECT_EQ(0, env_reap(env, env_fork(env, count_inside, NULL)));
}
