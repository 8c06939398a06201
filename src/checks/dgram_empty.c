// SPDX-License-Identifier: BSD-2-Clause
/* Datagrams of no bytes, and reads of none. */
#include "config.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_dgram.h"
#include "harness/check.h"

/* A message of nothing, by each of the calls that make one. */
static long send_nothing(int way, int fd)
{
	struct msghdr msg = { .msg_iov = NULL };

	switch (way) {
	case 0:
		return send(fd, "", 0, 0);
	case 1:
		return write(fd, "", 0);
	case 2:
		return sendto(fd, NULL, 0, 0, NULL, 0);
	default:
		return sendmsg(fd, &msg, 0);
	}
}

CHECK(dgram, empty_message_arrives_once,
      .title = "An empty datagram makes the socket readable, is received as 0 and is then gone",
      CLAUSES(linux_dgram_empty, recv2_empty_datagram),
      ROWS(DGR_07, DGR_08, DGR_09, DGR_60),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = UDP,
      PARAMS("send", "write", "sendto", "sendmsg"),
      .why = "Empty messages are sent as signs of life; 0 does not mean the end here.",
      .explain = "Sent by send(), write() of no bytes, sendto() and sendmsg() without "
	      "an iovec.  POLLIN is reported, recv() returns 0 and writes nothing, the "
	      "next finds nothing.")
{
	char in = 'u';
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		EXPECT_POLL(0, fd[1], POLLIN);
		ASSERT_RET(0, send_nothing(env->param, fd[0]));
		dgram_settle(env, fd[1]);
		EXPECT_POLL(POLLIN, fd[1], POLLIN);
		EXPECT_RET(0, recv(fd[1], &in, 1, MSG_DONTWAIT));
		EXPECT_EQ('u', in);
		dgram_expect_empty(fd[1]);
	}
}

CHECK(message_size, empty_is_refused_as_any,
      .title = "An empty send() without a peer, or on a socket that is shut, is refused as any other",
      CLAUSES(linux_dgram_no_peer, linux_stream_empty_send, posix_send_epipe),
      ROWS(DGR_19, SEQ_11),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("no_peer", "own_shut", "peer_shut"),
      .why = "A sign of life that nobody gets must not look as if it had arrived.")
{
	int fd[2];

	if (env->param == 0) {
		fd[0] = SETUP(env_socket(env));
		EXPECT_ERRNO_IN(send(fd[0], "", 0, MSG_NOSIGNAL), DGRAM_NO_PEER);
		return;
	}
	SETUP(env_pair(env, fd));
	SETUP(shutdown(fd[env->param - 1], env->param == 1 ? SHUT_WR : SHUT_RD));
	EXPECT_ERRNO(EPIPE, send(fd[0], "", 0, MSG_NOSIGNAL));
	if (env->type == SOCK_DGRAM)
		dgram_expect_empty(fd[1]);
}

CHECK(dgram, empty_message_keeps_its_place,
      .title = "Empty datagrams among others are received in their places",
      CLAUSES(linux_dgram_empty, unix7_dgram_reliable),
      ROWS(DGR_07),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = UDP,
      .why = "An empty message that is lost or joined shifts all that follow.")
{
	static const char *const text[] = { "", "one", "", "", "two", "" };
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 6; i++) {
		if (*text[i])
			ASSERT_RET(3, send(fd[0], text[i], 3, 0));
		else
			ASSERT_RET(0, send_nothing(i % 4, fd[0]));
	}
	for (int i = 0; i < 6; i++) {
		CONTEXT("message %d", i);
		dgram_settle(env, fd[1]);
		dgram_expect(fd[1], text[i]);
	}
	dgram_expect_empty(fd[1]);
}

CHECK(dgram, read_of_nothing_keeps_the_message,
      .title = "read() of 0 bytes takes no datagram; recv() of 0 bytes takes one",
      CLAUSES(linux_dgram_receive_nothing),
      ROWS(DGR_10, DGR_11, DGR_60),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = NONBLOCK, .controls = UDP,
      .why = "The two calls are taken for the same; here one of them loses a message.",
      .explain = "read(fd, buf, 0) returns 0 at once, also with nothing queued, and the "
	      "message stays; recv(fd, buf, 0), recvfrom() and recvmsg() without an "
	      "iovec return 0 and consume it.")
{
	struct msghdr none = { .msg_iov = NULL };
	char in = 'u';
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, read(fd[1], &in, 0));
	for (int i = 0; i < 4; i++)
		ASSERT_RET(1, send(fd[0], &"1234"[i], 1, 0));
	dgram_settle(env, fd[1]);
	EXPECT_RET(0, read(fd[1], &in, 0));
	EXPECT_RET(0, read(fd[1], NULL, 0));
	dgram_expect(fd[1], "1");
	dgram_settle(env, fd[1]);
	EXPECT_RET(0, recv(fd[1], &in, 0, MSG_DONTWAIT));
	dgram_settle(env, fd[1]);
	EXPECT_RET(0, recvmsg(fd[1], &none, MSG_DONTWAIT));
	EXPECT_MSG_FLAGS(MSG_TRUNC, none.msg_flags);
	dgram_settle(env, fd[1]);
	dgram_expect(fd[1], "4");
	dgram_expect_empty(fd[1]);
	EXPECT_EQ('u', in);
}

CHECK(dgram, receive_of_nothing_waits,
      .title = "recv() of 0 bytes waits for a datagram, and fails with EAGAIN without waiting",
      CLAUSES(linux_dgram_receive_nothing),
      ROWS(DGR_11),
      .types = DGRAM, .addrs = ANY_ADDR, .needs = NEED_BLOCKED,
      .why = "A program that waits this way for a sign must not spin.")
{
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EAGAIN, recv(fd[1], NULL, 0, MSG_DONTWAIT));
	call_recv(&c, fd[1], NULL, 0, 0);
	EXPECT_BLOCKS(&c);
	ASSERT_RET(4, send(fd[0], "wake", 4, 0));
	EXPECT_CALL_RET(0, &c);
	dgram_expect_empty(fd[1]);
}
