// SPDX-License-Identifier: BSD-2-Clause
/* Edge-triggered and one-shot epoll: which events are reported, how often. */
#include "config.h"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/names.h"
#include "checks/util_backlog.h"
#include "checks/util_fill.h"
#include "checks/util_poll.h"
#include "harness/check.h"

/* A pair with fd[0] in an edge-triggered epoll that has told its first state. */
static int edge_pair(struct env *env, int fd[2])
{
	int epoll = SETUP(poll_epoll(env));

	SETUP(env_pair(env, fd));
	ASSERT_RET(0, poll_add(epoll, fd[0], EPOLLET));
	CONTEXT("at registration");
	poll_expect(epoll, POLLOUT);
	poll_expect(epoll, 0);
	CONTEXT("%s", "");
	return epoll;
}

CHECK(epoll, edge_once_an_arrival,
      .title = "Edge-triggered epoll reports each arrival once, also while data is left unread",
      CLAUSES(epoll7_edge, epoll7_edge_chunks),
      ROWS(POLL_01, POLL_02, POLL_03, POLL_08),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A lost edge is a connection that hangs; one too many is a busy loop.",
      .explain = "At registration the writable socket is reported once.  Each message is "
	      "reported once; two messages between two waits are one report.  WSL1 "
	      "loses edges.")
{
	int fd[2], epoll = edge_pair(env, fd);

	for (int i = 0; i < 4; i++) {
		CONTEXT("arrival %d", i);
		for (int k = 0; k < (i == 3 ? 2 : 1); k++)
			ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
		poll_expect(epoll, POLLIN | POLLOUT);
		poll_expect(epoll, 0);
		poll_expect(epoll, 0);
	}
	EXPECT_POLL(POLLIN | POLLOUT, fd[0], POLL_ALL);
}

CHECK(epoll, edge_not_by_reading,
      .title = "Reading a part of what is there, or all, raises no edge at the reader",
      CLAUSES(epoll7_edge, linux_edge_reading),
      ROWS(POLL_04),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Readers must read to EAGAIN; one that stops earlier is not told again.",
      .explain = "Two messages; one byte of the first is read, then the rest: silence, "
	      "though poll() still says POLLIN.  A new message is an edge again.")
{
	int fd[2], epoll = edge_pair(env, fd);
	char buf[8];

	for (int i = 0; i < 2; i++)
		ASSERT_RET(4, send(fd[1], "word", 4, MSG_NOSIGNAL));
	poll_expect(epoll, POLLIN | POLLOUT);
	EXPECT_RET(1, recv(fd[0], buf, 1, 0));
	EXPECT_POLL(POLLIN | POLLOUT, fd[0], POLL_ALL);
	poll_expect(epoll, 0);
	EXPECT_OK(recv(fd[0], buf, sizeof(buf), 0));
	poll_expect(epoll, 0);
	EXPECT_ERRNO(EAGAIN, recv(fd[0], buf, sizeof(buf), MSG_DONTWAIT));
	poll_expect(epoll, 0);
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	poll_expect(epoll, POLLIN | POLLOUT);
}

CHECK(epoll, edge_peer_close,
      .title = "The peer's close() is one edge on a connection, and none on datagram sockets",
      CLAUSES(linux_release_tells_peer, linux_release_dgram, epoll7_edge),
      ROWS(POLL_05, POLL_06),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("empty", "unread_there"),
      .why = "Without it a connection that ended stays in the server for ever.",
      .explain = "Also with something left unread at the peer; on datagram sockets the "
	      "buffer space that comes back is an edge then.")
{
	const unsigned int ended = POLLIN | POLLOUT;
	int got, fd[2], epoll = edge_pair(env, fd);

	if (env->param == 1)
		ASSERT_RET(1, send(fd[0], "u", 1, MSG_NOSIGNAL));
	poll_expect(epoll, 0);
	ASSERT_RET(0, env_close(env, fd[1]));
	if (env->type == SOCK_DGRAM) {
		poll_expect(epoll, env->param ? POLLOUT : 0);
	} else {
		/* shutdown/close_poll and reset/poll_state have the others. */
		got = EXPECT_OK(poll_next(epoll)) & ~(POLLHUP | POLLERR);
		EXPECT_THAT((unsigned int)got == ended,
			    "epoll_wait() reports %s, not %s",
			    name_poll((unsigned int)got), name_poll(ended));
	}
	poll_expect(epoll, 0);
}

CHECK(epoll, close_removes,
      .title = "Closing the last descriptor of a socket removes it from epoll, a duplicate keeps it",
      CLAUSES(epoll7_close),
      ROWS(POLL_07, POLL_28),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Events keep coming for a number that is closed, or belongs to somebody else.",
      .explain = "The descriptor that was registered is closed while a duplicate is "
	      "open: events go on, with the data that was registered, and EPOLL_CTL_DEL "
	      "has nothing to name them by.  The duplicate is closed: silence.")
{
	int fd[2], copy, epoll = SETUP(poll_epoll(env));
	struct epoll_event e = { .events = 0 };

	SETUP(env_pair(env, fd));
	copy = SETUP(env_own(env, dup(fd[0])));
	ASSERT_RET(0, poll_add(epoll, fd[0], 0));
	EXPECT_RET(0, env_close(env, fd[0]));
	EXPECT_RET(1, epoll_wait(epoll, &e, 1, 0));
	EXPECT_EQ(fd[0], e.data.fd);
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	poll_expect(epoll, POLLIN | POLLOUT);
	EXPECT_ERRNO(ENOENT, epoll_ctl(epoll, EPOLL_CTL_DEL, copy, NULL));
	EXPECT_ERRNO(EBADF, epoll_ctl(epoll, EPOLL_CTL_DEL, fd[0], NULL));
	EXPECT_RET(0, env_close(env, copy));
	poll_expect(epoll, 0);
}

CHECK(epoll, edge_writable_again,
      .title = "A sender that was full gets one EPOLLOUT edge when its receiver has read enough",
      CLAUSES(epoll7_edge, linux_write_space),
      ROWS(POLL_09),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Writers that wait for the edge would stop for good.",
      .explain = "Filled to EAGAIN: no event.  The peer reads it all: EPOLLOUT, and there "
	      "is room.  Twice.")
{
	int fd[2], epoll = edge_pair(env, fd);

	for (int i = 0; i < 2; i++) {
		CONTEXT("round %d", i);
		ASSERT_THAT(fill_up(env, fd[0]) > 0, "nothing could be sent");
		poll_expect(epoll, 0);
		EXPECT_POLL(0, fd[0], POLL_ALL);
		ASSERT_THAT(fill_drain(env, fd[1]) > 0, "nothing arrived");
		poll_expect(epoll, POLLOUT);
		poll_expect(epoll, 0);
		EXPECT_POLL(POLLOUT, fd[0], POLL_ALL);
	}
}

CHECK(epoll, one_shot,
      .title = "EPOLLONESHOT reports once until EPOLL_CTL_MOD, which reports what is there",
      CLAUSES(epoll_ctl2_oneshot),
      ROWS(POLL_10, POLL_11),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("level", "edge"),
      .why = "Thread pools rely on it that one thread has the connection, and gets it back.",
      .explain = "Nothing is reported after the first, neither new data nor the peer's "
	      "close().")
{
	struct epoll_event e = {
		.events = EPOLLIN | EPOLLONESHOT | (env->param ? EPOLLET : 0)
	};
	int fd[2], epoll = SETUP(poll_epoll(env));

	SETUP(env_pair(env, fd));
	ASSERT_RET(0, epoll_ctl(epoll, EPOLL_CTL_ADD, fd[0], &e));
	poll_expect(epoll, 0);
	for (int i = 0; i < 2; i++) {
		ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
		poll_expect(epoll, POLLIN);
		poll_expect(epoll, 0);
		ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
		poll_expect(epoll, 0);
		ASSERT_RET(0, epoll_ctl(epoll, EPOLL_CTL_MOD, fd[0], &e));
		poll_expect(epoll, POLLIN);
		poll_expect(epoll, 0);
		fill_drain(env, fd[0]);
		ASSERT_RET(0, epoll_ctl(epoll, EPOLL_CTL_MOD, fd[0], &e));
		poll_expect(epoll, 0);
	}
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	poll_expect(epoll, POLLIN);
	ASSERT_RET(0, env_close(env, fd[1]));
	poll_expect(epoll, 0);
}

CHECK(epoll, edge_on_listener,
      .title = "On a listener each connection is an edge, several are one, and accept() is none",
      CLAUSES(epoll7_edge, linux_edge_reading),
      ROWS(POLL_21),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      .why = "A server that accepts one connection for each event leaves clients waiting.",
      .explain = "Three clients connect: one report.  One is accepted: silence, though "
	      "two wait.  A fourth connects: a report.")
{
	int epoll = SETUP(poll_epoll(env));
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 8, &a));

	backlog_need(8);
	ASSERT_RET(0, poll_add(epoll, listener, EPOLLET));
	poll_expect(epoll, 0);
	for (int i = 0; i < 3; i++)
		ASSERT_OK(backlog_connect(env, &a));
	poll_expect(epoll, POLLIN);
	poll_expect(epoll, 0);
	ASSERT_OK(env_accept(env, listener));
	poll_expect(epoll, 0);
	EXPECT_POLL(POLLIN, listener, POLL_ALL);
	ASSERT_OK(backlog_connect(env, &a));
	poll_expect(epoll, POLLIN);
	poll_expect(epoll, 0);
}

/* How long one that was woken may take to be seen awake. */
#define WAKE_MS 2000

static long do_epoll_wait(struct call *c)
{
	struct epoll_event e;

	return epoll_wait(*(int *)c->arg, &e, 1, -1);
}

CHECK(epoll, exclusive_wakes_one,
      .title = "With EPOLLEXCLUSIVE an arrival wakes at least one of several waiters",
      CLAUSES(epoll_ctl2_exclusive),
      ROWS(POLL_32),
      .types = ANY_TYPE, .addrs = NAMED,
      .needs = NEED_BLOCKED,
      .why = "None would be a client that nobody serves, which is worse than a herd.",
      .explain = "Three threads wait, each in an epoll of its own, for one listener or "
	      "datagram socket.  How many wake is told and not judged.")
{
	struct addr a = env_addr(env, 0);
	struct epoll_event e = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	int client = SETUP(env_socket(env)), server, epoll[3], awake = 0;
	int64_t deadline;
	struct call c[3];

	server = SETUP(env_bound(env, &a));
	if (env->type != SOCK_DGRAM)
		SETUP(listen(server, 4));
	for (int i = 0; i < 3; i++) {
		epoll[i] = SETUP(poll_epoll(env));
		if (epoll_ctl(epoll[i], EPOLL_CTL_ADD, server, &e) < 0 &&
		    errno == EINVAL)
			SKIP_CASE("EPOLLEXCLUSIVE is not known here");
		c[i].arg = &epoll[i];
		call_start(&c[i], "epoll_wait() in a thread", do_epoll_wait);
		EXPECT_BLOCKS(&c[i]);
	}
	if (env->type == SOCK_DGRAM)
		ASSERT_RET(1, sendto(client, "m", 1, 0, &a.sa, a.len));
	else
		ASSERT_OK(backlog_connect(env, &a));
	/* One that was woken may take its time to be seen awake. */
	deadline = clock_deadline_ms(WAKE_MS * (int64_t)env->scale);
	while (call_is_blocked(&c[0]) && call_is_blocked(&c[1]) &&
	       call_is_blocked(&c[2]) && clock_now_ns() < deadline)
		sched_yield();
	for (int i = 0; i < 3; i++) {
		if (call_is_blocked(&c[i])) {
			call_cancel(&c[i]);
			continue;
		}
		EXPECT_CALL_RET(1, &c[i]);
		awake++;
	}
	NOTE("%d of 3 waiters woke", awake);
	EXPECT_RANGE(1, 3, awake);
}

CHECK(epoll, edge_of_an_empty_message,
      .title = "A message of no bytes is an edge, and wakes a sleeping recv(), as any other",
      CLAUSES(linux_dgram_empty, linux_seqpacket_empty, epoll7_edge),
      ROWS(POLL_81, DGR_07, SEQ_07),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = SWAP,
      .needs = NEED_BLOCKED,
      .why = "A sign of life that wakes nobody is none.",
      .explain = "On an empty queue, and beside a message that is unread.")
{
	int fd[2], epoll = edge_pair(env, fd);
	struct call c;
	char in[4];

	for (int i = 0; i < 2; i++) {
		ASSERT_RET(0, send(fd[1], "", 0, MSG_NOSIGNAL));
		poll_expect(epoll, POLLIN | POLLOUT);
		poll_expect(epoll, 0);
	}
	for (int i = 0; i < 2; i++)
		ASSERT_RET(0, recv(fd[0], in, sizeof(in), MSG_DONTWAIT));
	call_recv(&c, fd[0], in, sizeof(in), 0);
	EXPECT_BLOCKS(&c);
	ASSERT_RET(0, send(fd[1], "", 0, MSG_NOSIGNAL));
	EXPECT_CALL_RET(0, &c);
}
