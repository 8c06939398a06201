// SPDX-License-Identifier: BSD-2-Clause
/*
 * SO_INQ: each recvmsg() tells how much is left.  No splice() here: with this
 * option it brought down kernels.
 */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_option.h"
#include "harness/check.h"

#define BULK 100000

static char bulk[BULK];

static void require_inq(int fd)
{
	EXPECT_RET(0, option_try(fd, SO_INQ, 1, "SO_INQ"));
}

/*
 * recvmsg() of at most size bytes gives n of them, and tells left; -1: it
 * tells nothing.
 */
static void expect_left(int fd, size_t size, int flags, long n, int left)
{
	union {
		struct cmsghdr align;
		char bytes[2 * CMSG_SPACE(sizeof(int))];
	} control = { .bytes = "" };
	struct iovec iov = { bulk, size };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *c;
	int value = -1;

	EXPECT_RET(n, recvmsg(fd, &msg, flags));
	EXPECT_MSG_FLAGS(0, msg.msg_flags);
	c = CMSG_FIRSTHDR(&msg);
	if (left < 0) {
		EXPECT_THAT(!c, "no control message");
		return;
	}
	ASSERT_THAT(c != NULL, "a control message of SO_INQ");
	EXPECT_EQ(SOL_SOCKET, c->cmsg_level);
	EXPECT_EQ(SO_INQ, c->cmsg_type);
	ASSERT_EQ(CMSG_LEN(sizeof(int)), c->cmsg_len);
	memcpy(&value, CMSG_DATA(c), sizeof(value));
	EXPECT_EQ(left, value);
	EXPECT_THAT(!CMSG_NXTHDR(&msg, c), "one control message");
}

CHECK(so_inq, tells_what_is_left,
      .title = "With SO_INQ each recvmsg() tells how many bytes are still queued",
      CLAUSES(linux_inq),
      ROWS(INQ_01, INQ_02),
      .types = STREAM, .addrs = PAIR, .axes = NONBLOCK,
      .why = "It saves an ioctl() a read; a wrong 0 leaves data lying.",
      .explain = "Over two writes and a peek, down to 0, at the end of the "
	      "connection as well; and no more once it is off.")
{
	int fd[2], off = 0;

	SETUP(env_pair(env, fd));
	require_inq(fd[1]);
	ASSERT_RET(6, send(fd[0], "abcdef", 6, MSG_NOSIGNAL));
	ASSERT_RET(4, send(fd[0], "ghij", 4, MSG_NOSIGNAL));
	expect_left(fd[1], 2, MSG_PEEK, 2, 10);
	expect_left(fd[1], 2, 0, 2, 8);
	expect_left(fd[1], 5, 0, 5, 3);
	EXPECT_RET(1, recv(fd[1], (char[1]){ 0 }, 1, 0));
	expect_left(fd[1], 2, 0, 2, 0);
	ASSERT_RET(3, send(fd[0], "xyz", 3, MSG_NOSIGNAL));
	expect_left(fd[1], 16, 0, 3, 0);
	EXPECT_RET(0, setsockopt(fd[1], SOL_SOCKET, SO_INQ, &off, sizeof(off)));
	ASSERT_RET(3, send(fd[0], "xyz", 3, MSG_NOSIGNAL));
	expect_left(fd[1], 2, 0, 2, -1);
	require_inq(fd[1]);
	expect_left(fd[1], 2, 0, 1, 0);
	EXPECT_RET(0, env_close(env, fd[0]));
	expect_left(fd[1], 2, 0, 0, 0);
}

CHECK(so_inq, counts_long_writes,
      .title = "With SO_INQ all bytes of long writes are counted, however they are read",
      CLAUSES(linux_inq, linux_unix_inq_len),
      ROWS(INQ_60),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A reader that allocates by it gets a buffer too small, or waits for nothing.",
      .explain = "Two writes of up to 50000 bytes; reads and peeks of 1, 4096, 32768 and "
	      "32769 bytes, and of the rest.")
{
	static const int size[] = { 1, 4096, 32768, 32769 };
	int fd[2], left = 0;

	SETUP(env_pair(env, fd));
	require_inq(fd[1]);
	memset(bulk, 'q', sizeof(bulk));
	for (int i = 0; i < 2; i++) {
		long n = send(fd[0], bulk, BULK / 2,
			      MSG_DONTWAIT | MSG_NOSIGNAL);

		/* A small send buffer may be full after the first. */
		left += n > 0 ? (int)n : 0;
	}
	ASSERT_THAT(left > 0, "something is sent");
	for (size_t i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		if (size[i] >= left)
			break;
		CONTEXT("%d of %d bytes", size[i], left);
		expect_left(fd[1], (size_t)size[i], MSG_PEEK, size[i], left);
		left -= size[i];
		expect_left(fd[1], (size_t)size[i], 0, size[i], left);
	}
	CONTEXT("the last %d bytes", left);
	expect_left(fd[1], BULK, 0, left, 0);
}

CHECK(so_inq, needs_room,
      .title = "With SO_INQ and no room for control messages recvmsg() sets MSG_CTRUNC",
      CLAUSES(linux_inq_room, linux_inq),
      ROWS(INQ_03),
      .types = STREAM, .addrs = PAIR,
      .why = "Code that takes MSG_CTRUNC for lost descriptors breaks when a library sets the option.",
      .explain = "The data come all the same, by recvmsg() as by recv().")
{
	char in[8] = "";
	struct iovec iov = { in, 2 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(5, send(fd[0], "abcde", 5, MSG_NOSIGNAL));
	EXPECT_RET(2, recvmsg(fd[1], &msg, 0));
	EXPECT_MSG_FLAGS(0, msg.msg_flags);
	require_inq(fd[1]);
	EXPECT_RET(2, recvmsg(fd[1], &msg, 0));
	EXPECT_MSG_FLAGS(MSG_CTRUNC, msg.msg_flags);
	EXPECT_MEM("cd", in, 3);
	EXPECT_EQ(0, msg.msg_controllen);
	EXPECT_RET(1, recv(fd[1], in, sizeof(in), 0));
	EXPECT_EQ('e', in[0]);
	data_expect_empty(fd[1]);
}

CHECK(so_inq, not_inherited,
      .title = "SO_INQ of a listener is not passed on to the sockets it accepts",
      CLAUSES(linux_inq_accept),
      ROWS(INQ_04),
      .types = STREAM, .addrs = PATH,
      .why = "A server must set it on each connection, or gets control messages nobody asked for.",
      .explain = "Set before and after the client connected; the client has it off as "
	      "well.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), client, server;

	for (int i = 0; i < 2; i++) {
		if (i == 0)
			require_inq(listener);
		client = SETUP(env_connect(env, &a));
		require_inq(listener);
		server = SETUP(env_accept(env, listener));
		ASSERT_RET(4, send(client, "data", 4, MSG_NOSIGNAL));
		expect_left(server, 2, 0, 2, -1);
		ASSERT_RET(4, send(server, "data", 4, MSG_NOSIGNAL));
		expect_left(client, 2, 0, 2, -1);
		/* Known by now: an accepted socket has it as any other. */
		EXPECT_RET(0, option_set(server, SO_INQ, 1));
		expect_left(server, 1, 0, 1, 1);
	}
}
