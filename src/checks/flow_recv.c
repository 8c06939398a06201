// SPDX-License-Identifier: BSD-2-Clause
/* A recv() that sleeps, and what ends it. */
#include "config.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "checks/util_flow.h"
#include "checks/util_moment.h"
#include "harness/check.h"

#define TIMEOUT_MS 20

CHECK(flow, send_wakes_recv,
      .title = "A blocking recv() sleeps while there is nothing, and is woken by a send()",
      CLAUSES(posix_recv_blocks),
      ROWS(FLOW_36),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .controls = TCP | UDP, .needs = NEED_BLOCKED,
      .why = "Everything that waits for its peer waits here.",
      .explain = "Three times in a row; each gets what was sent, once.")
{
	struct call c;
	char in[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 3; i++) {
		call_recv(&c, fd[1], in, sizeof(in), 0);
		EXPECT_BLOCKS(&c);
		ASSERT_RET(4, send(fd[0], "wake", 4, MSG_NOSIGNAL));
		EXPECT_CALL_RET(4, &c);
		EXPECT_MEM("wake", in, 4);
	}
	dgram_expect_empty(fd[1]);
}

CHECK(flow, peer_shutdown_wakes_recv,
      .title = "A recv() that sleeps is woken by shutdown(SHUT_WR) of the peer and returns 0",
      CLAUSES(posix_recv_end),
      ROWS(FLOW_37),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      .needs = NEED_BLOCKED,
      PARAMS("shutdown", "close"),
      .why = "A reader that is not told of the end hangs for ever.")
{
	struct call c;
	char in = 'u';
	int fd[2];

	SETUP(env_pair(env, fd));
	call_recv(&c, fd[1], &in, 1, 0);
	EXPECT_BLOCKS(&c);
	if (env->param == 0)
		ASSERT_RET(0, shutdown(fd[0], SHUT_WR));
	else
		ASSERT_RET(0, env_close(env, fd[0]));
	EXPECT_CALL_RET(0, &c);
	EXPECT_EQ('u', in);
	EXPECT_RET(0, recv(fd[1], &in, 1, 0));
}

CHECK(flow, own_shutdown_wakes_recv,
      .title = "A recv() that sleeps is woken by shutdown(SHUT_RD) in another thread, returns 0",
      CLAUSES(linux_recv_own_shutdown),
      ROWS(FLOW_38),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP, .needs = NEED_BLOCKED,
      PARAMS("read", "both"),
      .why = "It is how a program gets its readers out; close() does not do it.")
{
	struct call c[2];
	char in = 'u';
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		call_recv(&c[i], fd[1], &in, 1, 0);
		EXPECT_BLOCKS(&c[i]);
	}
	ASSERT_RET(0, shutdown(fd[1], env->param ? SHUT_RDWR : SHUT_RD));
	EXPECT_CALL_RET(0, &c[0]);
	EXPECT_CALL_RET(0, &c[1]);
	EXPECT_EQ('u', in);
}

CHECK(flow, close_does_not_wake_recv,
      .title = "close() in another thread does not wake recv(), which can still receive",
      CLAUSES(linux_recv_own_close),
      ROWS(FLOW_39),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP, .needs = NEED_BLOCKED,
      .why = "Readers hang although the program has closed; .NET and Rubinius were bitten.",
      .explain = "The call holds the socket until it returns: a message that is sent "
	      "after the close is received.  Only then is the socket gone for its peer.")
{
	struct call c;
	char in[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	call_recv(&c, fd[1], in, sizeof(in), 0);
	EXPECT_BLOCKS(&c);
	ASSERT_RET(0, env_close(env, fd[1]));
	EXPECT_ERRNO(EBADF, recv(fd[1], in, 0, MSG_DONTWAIT));
	EXPECT_BLOCKS(&c);
	EXPECT_RET(4, send(fd[0], "late", 4, MSG_NOSIGNAL));
	EXPECT_CALL_RET(4, &c);
	EXPECT_MEM("late", in, 4);
	if (env->type == SOCK_DGRAM)
		EXPECT_RET(-1, send(fd[0], "x", 1, 0));
	else
		EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
}

CHECK(flow, recv_timeout,
      .title = "SO_RCVTIMEO ends a recv() that finds nothing with EAGAIN when the time is over",
      CLAUSES(posix_so_rcvtimeo, socket7_timeouts),
      ROWS(FLOW_35),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP | UDP,
      .waits = true,
      .why = "The timeout is what saves a program from a peer that hangs.",
      .explain = "Nothing is written to the buffer.  What is there already comes at "
	      "once, with the timeout set; the socket is not disturbed by one that "
	      "passed.")
{
	struct moment start;
	char in = 'u';
	int fd[2];

	SETUP(env_pair(env, fd));
	SETUP(backlog_set_timeout(fd[1], SO_RCVTIMEO, TIMEOUT_MS));
	moment_take(&start);
	EXPECT_ERRNO(EAGAIN, recv(fd[1], &in, 1, 0));
	moment_expect_passed(&start, TIMEOUT_MS);
	EXPECT_EQ('u', in);
	ASSERT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	dgram_settle(env, fd[1]);
	EXPECT_RET(1, recv(fd[1], &in, 1, 0));
	EXPECT_EQ('x', in);
	SETUP(backlog_set_timeout(fd[1], SO_RCVTIMEO, 1));
	EXPECT_ERRNO(EAGAIN, read(fd[1], &in, 1));
}

CHECK(flow, zero_timeout_is_none,
      .title = "A timeout of zero, the default, means no timeout",
      CLAUSES(socket7_timeout_zero, posix_so_rcvtimeo),
      ROWS(FLOW_48),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .needs = NEED_BLOCKED,
      PARAMS("never_set", "set_back"),
      .why = "A zero that ended the call at once would make the loop around it spin.",
      .explain = "getsockopt() reports zero for both timeouts; recv() sleeps, and so "
	      "does send() on a full connection.")
{
	static const int name[] = { SO_RCVTIMEO, SO_SNDTIMEO };
	struct call receiver, sender;
	char in[8];
	int fd[2], n;

	SETUP(flow_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		struct timeval tv = { .tv_sec = 1 };
		socklen_t len = sizeof(tv);

		if (env->param) {
			SETUP(backlog_set_timeout(fd[0], name[i], 10));
			ASSERT_RET(0, backlog_set_timeout(fd[0], name[i], 0));
		}
		EXPECT_RET(0, getsockopt(fd[0], SOL_SOCKET, name[i], &tv, &len));
		EXPECT_EQ(0, tv.tv_sec);
		EXPECT_EQ(0, tv.tv_usec);
	}
	n = flow_fill(fd[0]);
	call_recv(&receiver, fd[0], in, sizeof(in), 0);
	call_send(&sender, fd[0], "late", 4, MSG_NOSIGNAL);
	EXPECT_BLOCKS(&receiver);
	EXPECT_BLOCKS(&sender);
	ASSERT_RET(4, send(fd[1], "wake", 4, MSG_NOSIGNAL));
	EXPECT_CALL_RET(4, &receiver);
	flow_drain(fd[1], 0, n);
	EXPECT_CALL_RET(4, &sender);
	dgram_expect(fd[1], "late");
}

CHECK(flow, negative_timeout_does_not_wait,
      .title = "A timeout with negative seconds is accepted, and the call does not wait: EAGAIN",
      CLAUSES(linux_negative_timeout),
      ROWS(FLOW_49),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      .why = "Deadlines that have passed already come out as negative times.",
      .explain = "recv() finds nothing, send() no room.  What needs no waiting succeeds.")
{
	struct timeval past = { .tv_sec = -1 };
	char in;
	int fd[2], n;

	SETUP(flow_pair(env, fd));
	ASSERT_RET(0, setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &past,
				 sizeof(past)));
	ASSERT_RET(0, setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &past,
				 sizeof(past)));
	EXPECT_ERRNO(EAGAIN, recv(fd[0], &in, 1, 0));
	EXPECT_RET(4, send(fd[0], "send", 4, MSG_NOSIGNAL));
	dgram_expect(fd[1], "send");
	ASSERT_RET(1, send(fd[1], "r", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(fd[0], &in, 1, 0));
	n = flow_fill(fd[0]);
	EXPECT_ERRNO(EAGAIN, send(fd[0], "late", 4, MSG_NOSIGNAL));
	flow_drain(fd[1], 0, n);
	dgram_expect_empty(fd[1]);
}
