// SPDX-License-Identifier: BSD-2-Clause
/*
 * Timeouts of calls that are woken again and again without getting what they
 * wait for: the time counts from the call, not from the last wake.
 */
#include "config.h"

#include <sys/socket.h>

#include "checks/util_backlog.h"
#include "checks/util_flow.h"
#include "harness/check.h"

#define TIMEOUT_MS 36
#define MANY 65536

/* What is sent the other way wakes who sleeps for room, and makes none. */
static void wake_by_data(struct flow_waker *w)
{
	char byte;

	ASSERT_RET(1, send(w->peer, "w", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
	ASSERT_RET(1, recv(w->fd, &byte, 1, MSG_DONTWAIT));
}

CHECK(flow, send_timeout_is_for_the_whole_call,
      .title = "SO_SNDTIMEO of a send() is for the whole wait, however often it is woken in vain",
      CLAUSES(linux_timeout_whole, socket7_timeouts),
      ROWS(FLOW_70),
      .types = STREAM, .addrs = PAIR, .needs = NEED_BLOCKED,
      .waits = true,
      .why = "A server that talks to a slow client would hang in it for ever.",
      .explain = "The sender is full.  What its peer sends wakes the sleeper, which finds "
	      "no room and sleeps on for what is left of its time.")
{
	struct flow_waker w = { .wake = wake_by_data };
	struct call c;
	int fd[2];

	SETUP(flow_pair(env, fd));
	flow_fill(fd[0]);
	SETUP(backlog_set_timeout(fd[0], SO_SNDTIMEO, TIMEOUT_MS));
	w.fd = fd[0];
	w.peer = fd[1];
	call_send(&c, fd[0], "s", 1, MSG_NOSIGNAL);
	if (flow_wake_till_over(&c, &w, TIMEOUT_MS))
		EXPECT_CALL_ERRNO(EAGAIN, &c);
}

static void wake_by_part(struct flow_waker *w)
{
	ASSERT_RET(1, send(w->peer, "p", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
}

CHECK(flow, part_does_not_renew_the_timeout,
      .title = "SO_RCVTIMEO of a MSG_WAITALL is for the whole wait, however many parts come",
      CLAUSES(linux_timeout_whole, socket7_timeouts),
      ROWS(FLOW_71),
      .types = STREAM, .addrs = PAIR, .needs = NEED_BLOCKED,
      .waits = true,
      .why = "A client that sends a byte now and then would hold a server for ever.",
      .explain = "A byte comes each time the reader sleeps; it returns what has come when "
	      "its time is over.")
{
	static char buf[MANY];
	struct flow_waker w = { .wake = wake_by_part };
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	SETUP(backlog_set_timeout(fd[1], SO_RCVTIMEO, TIMEOUT_MS));
	w.fd = fd[1];
	w.peer = fd[0];
	call_recv(&c, fd[1], buf, sizeof(buf), MSG_WAITALL);
	if (!flow_wake_till_over(&c, &w, TIMEOUT_MS) || !call_join(&c))
		return;
	if (c.ret < 0)
		EXPECT_ERR_EQ(EAGAIN, c.err);
	EXPECT_THAT(c.ret < MANY, "it returns before all came");
}

/* The own SHUT_WR wakes all who sleep on the socket, each time. */
static void wake_by_shutdown(struct flow_waker *w)
{
	ASSERT_RET(0, shutdown(w->fd, SHUT_WR));
}

CHECK(flow, recv_timeout_is_for_the_whole_call,
      .title = "SO_RCVTIMEO of a recv() is for the whole wait, however often it is woken in vain",
      CLAUSES(linux_timeout_whole, socket7_timeouts),
      ROWS(FLOW_72),
      .types = STREAM | DGRAM, .addrs = PAIR, .needs = NEED_BLOCKED,
      .waits = true,
      .why = "A worker that is to end when nothing is to be done would not.",
      .explain = "SHUT_WR of the same socket, again and again, wakes the reader, which finds "
	      "nothing and sleeps on for what is left of its time.")
{
	struct flow_waker w = { .wake = wake_by_shutdown };
	struct call c;
	char buf[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	SETUP(backlog_set_timeout(fd[1], SO_RCVTIMEO, TIMEOUT_MS));
	w.fd = fd[1];
	call_recv(&c, fd[1], buf, sizeof(buf), 0);
	if (flow_wake_till_over(&c, &w, TIMEOUT_MS))
		EXPECT_CALL_ERRNO(EAGAIN, &c);
}

CHECK(flow, accept_timeout_is_for_the_whole_call,
      .title = "SO_RCVTIMEO of an accept() is for the whole wait, however often it is woken in vain",
      CLAUSES(linux_timeout_whole, socket7_timeouts),
      ROWS(FLOW_73),
      .types = STREAM, .addrs = ABSTRACT, .needs = NEED_BLOCKED,
      .waits = true,
      .why = "A worker that is to end when nothing is to be done would not.",
      .explain = "SHUT_WR of the listener, which means nothing, wakes it again and again.")
{
	struct flow_waker w = { .wake = wake_by_shutdown };
	struct addr a = env_addr(env, 0);
	struct call c;

	w.fd = SETUP(env_listener(env, 4, &a));
	if (shutdown(w.fd, SHUT_WR) < 0)
		SKIP_CASE("a listener knows no shutdown() here");
	SETUP(backlog_set_timeout(w.fd, SO_RCVTIMEO, TIMEOUT_MS));
	call_accept(&c, w.fd);
	if (flow_wake_till_over(&c, &w, TIMEOUT_MS))
		EXPECT_CALL_ERRNO(EAGAIN, &c);
}

/* A look at the full queue wakes who waits for room, and makes none. */
static void wake_by_peek(struct flow_waker *w)
{
	char buf[64];

	ASSERT_OK(recv(w->peer, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT));
}

CHECK(flow, queue_timeout_is_for_the_whole_call,
      .title = "SO_SNDTIMEO to a full receiver is for the whole wait, however often it looks",
      CLAUSES(linux_timeout_whole, socket7_timeouts),
      ROWS(FLOW_74),
      .types = DGRAM, .addrs = ABSTRACT, .needs = NEED_BLOCKED,
      .waits = true,
      .why = "On a busy log socket the unlucky sender would never come back.",
      .explain = "The receiver peeks at its queue, which wakes the sender and makes no room.")
{
	struct flow_waker w = { .wake = wake_by_peek };
	int fd = SETUP(env_socket(env));
	struct flow_queue q;
	struct call c;

	flow_full_queue(env, &q);
	SETUP(backlog_set_timeout(fd, SO_SNDTIMEO, TIMEOUT_MS));
	w.peer = q.fd;
	call_sendto(&c, fd, "s", 1, MSG_NOSIGNAL, &q.addr);
	if (flow_wake_till_over(&c, &w, TIMEOUT_MS))
		EXPECT_CALL_ERRNO(EAGAIN, &c);
}
