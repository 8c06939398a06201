// SPDX-License-Identifier: BSD-2-Clause
/* poll(), select() and epoll_wait() that sleep, and what wakes them. */
#include "config.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_fill.h"
#include "checks/util_flow.h"
#include "checks/util_poll.h"
#include "harness/check.h"

/* Of one descriptor, without an end. */
struct sleeper {
	struct call call;
	int param;
	int fd;
	short events;
};

static long sleep_in_poll(struct call *c)
{
	struct sleeper *s = c->arg;
	struct pollfd p = { s->fd, s->events, 0 };

	return poll(&p, 1, -1);
}

static long sleep_in_select(struct call *c)
{
	struct sleeper *s = c->arg;
	bool out = s->events & POLLOUT;
	fd_set set;

	FD_ZERO(&set);
	FD_SET(s->fd, &set);
	return select(s->fd + 1, out ? NULL : &set, out ? &set : NULL, NULL,
		      NULL);
}

/* The descriptor is of epoll, and the socket is in it. */
static long sleep_in_epoll(struct call *c)
{
	struct sleeper *s = c->arg;
	struct epoll_event e;

	return epoll_wait(s->fd, &e, 1, -1);
}

#define SLEEPS PARAMS("poll", "select", "epoll")

static void start(struct env *env, struct sleeper *s, int fd, short events)
{
	static long (*const fn[])(struct call *) = {
		sleep_in_poll, sleep_in_select, sleep_in_epoll,
	};

	*s = (struct sleeper){ .fd = fd, .events = events };
	if (env->param == 2) {
		struct epoll_event e = { .events = (unsigned int)events };

		s->fd = SETUP(poll_epoll(env));
		SETUP(epoll_ctl(s->fd, EPOLL_CTL_ADD, fd, &e));
	}
	s->call.arg = s;
	call_start(&s->call, env->param_name, fn[env->param]);
}

CHECK(poll, sleeper_on_a_connection,
      .title = "Whoever sleeps for a connection is woken by data, end, close() and room",
      CLAUSES(linux_poll_connection, posix_select_readable,
	      posix_select_writable, posix_poll_pollout),
      ROWS(POLL_34),
      .types = CONNECTED, .addrs = PAIR, .controls = TCP,
      SLEEPS, .needs = NEED_BLOCKED,
      .why = "A loop that is not woken for one of these hangs on that connection.",
      .explain = "In poll(), select() and epoll_wait() without an end: for reading, until "
	      "the peer sends, does SHUT_WR or closes; for writing on a full socket, "
	      "until the peer reads.")
{
	static const char *const events[] = { "data", "end", "close", "room" };

	for (int i = 0; i < 4; i++) {
		struct sleeper s;
		int fd[2];

		CONTEXT("until %s", events[i]);
		SETUP(env_pair(env, fd));
		if (i == 3)
			fill_up(env, fd[1]);
		start(env, &s, fd[1], i == 3 ? POLLOUT : POLLIN);
		EXPECT_BLOCKS(&s.call);
		if (i == 0)
			EXPECT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
		else if (i == 1)
			EXPECT_RET(0, shutdown(fd[0], SHUT_WR));
		else if (i == 2)
			EXPECT_RET(0, env_close(env, fd[0]));
		else
			fill_drain(env, fd[0]);
		EXPECT_CALL_RET(1, &s.call);
	}
}

CHECK(poll, sleeper_on_a_listener,
      .title = "Whoever sleeps for a listener is woken by a client, and by its shutdown()",
      CLAUSES(linux_poll_listener, posix_select_listener,
	      linux_listener_shutdown),
      ROWS(POLL_35),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      SLEEPS, .needs = NEED_BLOCKED,
      .why = "shutdown() is how a server's other threads are told to stop.",
      .explain = "In poll(), select() and epoll_wait() for reading: until connect(), and "
	      "until shutdown(SHUT_RDWR) of the listener by another thread.")
{
	for (int i = 0; i < 2; i++) {
		struct addr a = env_addr(env, i);
		int listener = SETUP(env_listener(env, 4, &a));
		struct sleeper s;

		CONTEXT("until %s", i ? "shutdown()" : "connect()");
		start(env, &s, listener, POLLIN);
		EXPECT_BLOCKS(&s.call);
		if (i == 0)
			ASSERT_OK(backlog_connect(env, &a));
		else
			ASSERT_RET(0, shutdown(listener, SHUT_RDWR));
		EXPECT_CALL_RET(1, &s.call);
	}
}

CHECK(poll, close_leaves_sleeper,
      .title = "close() of a descriptor does not wake those who sleep for it; data does",
      CLAUSES(linux_poll_holds_file),
      ROWS(POLL_36),
      .types = ANY_TYPE, .addrs = PAIR, .controls = TCP | UDP,
      PARAMS("poll", "select"), .needs = NEED_BLOCKED,
      .why = "Who closes to wake a thread waits for it, and the socket stays open.",
      .explain = "A thread sleeps in poll() or select(), another closes the descriptor: "
	      "the call sleeps on, and returns 1 when the peer sends.  select() in Linux "
	      "before 5.17, but for its stable versions of 2022, does not find the file "
	      "any more and sleeps for ever: accepted where nothing newer is known.")
{
	/* Asked before: it makes sockets, which would take the number of fd[1]. */
	bool newer = release_proven(RELEASE_5_19);
	struct sleeper s;
	int fd[2];

	SETUP(env_pair(env, fd));
	start(env, &s, fd[1], POLLIN);
	EXPECT_BLOCKS(&s.call);
	EXPECT_RET(0, env_close(env, fd[1]));
	EXPECT_BLOCKS(&s.call);
	EXPECT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	if (env->param == 1 && !newer && call_is_blocked(&s.call)) {
		NOTE("select() is still asleep after data came");
		call_cancel(&s.call);
		return;
	}
	EXPECT_CALL_RET(1, &s.call);
}

/* Who shuts what down, what is slept for, and what the sleeper is told. */
struct hangup {
	const char *what;
	bool peer;
	int how;
	short events;
	short told;	/* 0: nothing, it sleeps on */
};

static const struct hangup of_connections[] = {
	{ "its own SHUT_RDWR", false, SHUT_RDWR, 0, POLLHUP },
	{ "its own SHUT_RD", false, SHUT_RD, POLLRDHUP, POLLRDHUP },
	{ "the peer's SHUT_RDWR", true, SHUT_RDWR, 0, POLLHUP },
	{ "the peer's SHUT_WR", true, SHUT_WR, POLLRDHUP, POLLRDHUP },
	{ NULL, false, 0, 0, 0 },
};

static const struct hangup of_datagrams[] = {
	{ "its own SHUT_RDWR", false, SHUT_RDWR, 0, POLLHUP },
	{ "its own SHUT_RD", false, SHUT_RD, POLLRDHUP, POLLRDHUP },
	{ "the peer's SHUT_RDWR", true, SHUT_RDWR, 0, 0 },
	{ "the peer's SHUT_WR", true, SHUT_WR, POLLRDHUP, 0 },
	{ NULL, false, 0, 0, 0 },
};

CHECK(poll, sleeper_for_a_hangup,
      .title = "Whoever sleeps for a hang-up alone is woken by shutdown(), of a peer or its own",
      CLAUSES(linux_shutdown_wakes, poll2_pollrdhup,
	      posix_poll_hangup_unasked, linux_shutdown_dgram_silent),
      ROWS(POLL_37),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("poll", "epoll"), .needs = NEED_BLOCKED,
      .why = "Watchers of connections that others read and write hang, and keep them open.",
      .explain = "For POLLRDHUP, or with no events asked for, by poll() and in an epoll "
	      "instance that is polled.  A datagram socket is told of its own shutdown() "
	      "and of no other.")
{
	const struct hangup *h = env->type == SOCK_DGRAM ? of_datagrams :
							  of_connections;

	for (; h->what; h++) {
		struct pollfd p = { .events = h->events };
		struct epoll_event e = { .events = (unsigned int)h->events };
		struct call c;
		int fd[2];

		CONTEXT("%s", h->what);
		SETUP(env_pair(env, fd));
		p.fd = fd[0];
		if (env->param == 1) {
			p.fd = SETUP(poll_epoll(env));
			p.events = POLLIN;
			SETUP(epoll_ctl(p.fd, EPOLL_CTL_ADD, fd[0], &e));
		}
		call_poll(&c, &p, 1, -1);
		EXPECT_BLOCKS(&c);
		EXPECT_RET(0, shutdown(fd[h->peer], h->how));
		if (!h->told) {
			EXPECT_BLOCKS(&c);
			EXPECT_RET(0, shutdown(fd[0], SHUT_RDWR));
		}
		EXPECT_CALL_RET(1, &c);
		if (env->param == 1)
			poll_expect(p.fd, h->told ? h->told :
				    h->events | POLLHUP);
		else
			EXPECT_EQ(h->told ? h->told : h->events | POLLHUP,
				  p.revents);
	}
}

/*
 * The descriptor that a poll() for the bits is to sleep on: the socket, or an
 * epoll instance that has it, which is readable when they are reported.
 */
static int watch_alone(struct env *env, int fd, short *events)
{
	struct epoll_event e = { .events = (unsigned short)*events };
	int epoll;

	if (env->param == 0)
		return fd;
	epoll = SETUP(poll_epoll(env));
	SETUP(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e));
	*events = POLLIN;
	return epoll;
}

static void sleep_on_full_receiver(struct env *env)
{
	struct flow_queue q;

	flow_full_queue(env, &q);
	for (int i = 0; i < 2; i++) {
		struct pollfd p = { .events = i ? POLLWRBAND : POLLWRNORM };
		int fd = SETUP(env_connect(env, &q.addr));
		struct call c;
		char in[16];

		CONTEXT("%s, at a full receiver", i ? "POLLWRBAND" : "POLLWRNORM");
		p.fd = watch_alone(env, fd, &p.events);
		call_poll(&c, &p, 1, -1);
		EXPECT_BLOCKS(&c);
		EXPECT_OK(recv(q.fd, in, sizeof(in), MSG_DONTWAIT));
		EXPECT_CALL_RET(1, &c);
		EXPECT_EQ(p.events, p.revents);
		EXPECT_RET(1, send(fd, "y", 1, MSG_DONTWAIT));
	}
}

/* One bit asked for alone, and whether room gives it or a message. */
static const struct {
	short bit;
	bool room;
	const char *text;
} second_names[] = {
	{ POLLRDNORM, false, "POLLRDNORM" },
	{ POLLWRNORM, true, "POLLWRNORM" },
	{ POLLWRBAND, true, "POLLWRBAND" },
};

CHECK(poll, sleeper_for_second_name,
      .title = "Whoever sleeps for POLLRDNORM, POLLWRNORM or POLLWRBAND alone is woken, too",
      CLAUSES(linux_poll_wakes_second_names, linux_poll_bits),
      ROWS(POLL_38),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      PARAMS("poll", "epoll"), .needs = NEED_BLOCKED,
      .why = "The bit is reported to who asks, and who sleeps for it is never told.",
      .explain = "A sleeper is passed over when a wake-up does not name its bit.  In poll() "
		 "and epoll_wait(): for POLLRDNORM, until a message comes; for POLLWRNORM "
		 "and POLLWRBAND on a full socket, until the peer has read; on a datagram "
		 "socket also until its full receiver, not connected back, takes one.")
{
	for (size_t i = 0; i < 3; i++) {
		struct pollfd p = { .events = second_names[i].bit };
		struct call c;
		int fd[2];

		CONTEXT("%s", second_names[i].text);
		SETUP(env_pair(env, fd));
		if (second_names[i].room)
			fill_up(env, fd[0]);
		p.fd = watch_alone(env, fd[0], &p.events);
		call_poll(&c, &p, 1, -1);
		EXPECT_BLOCKS(&c);
		if (second_names[i].room)
			fill_drain(env, fd[1]);
		else
			EXPECT_RET(1, send(fd[1], "x", 1, MSG_NOSIGNAL));
		EXPECT_CALL_RET(1, &c);
		EXPECT_EQ(p.events, p.revents);
		SETUP(env_close(env, fd[0]));
		SETUP(env_close(env, fd[1]));
	}
	if (env->type == SOCK_DGRAM && env->row->addr != PAIR)
		sleep_on_full_receiver(env);
}

CHECK(poll, sleeper_for_a_close,
      .title = "Whoever sleeps for POLLRDHUP or POLLOUT alone is woken by the peer's close()",
      CLAUSES(linux_poll_connection, posix_poll_pollout),
      ROWS(POLL_34),
      .types = CONNECTED, .addrs = PAIR, .axes = SWAP,
      PARAMS("rdhup", "out"), .needs = NEED_BLOCKED,
      .why = "A waker that forgets one of the names leaves its sleeper asleep.",
      .explain = "POLLOUT is slept for on a full socket.  The sleeper may be awake before "
	      "what it had sent is thrown away: then it is told the end alone, and the room "
	      "when close() has returned.")
{
	struct pollfd p = { .events = env->param ? POLLOUT : POLLRDHUP };
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	p.fd = fd[1];
	if (p.events == POLLOUT)
		fill_up(env, fd[1]);
	call_poll(&c, &p, 1, -1);
	ASSERT_BLOCKS(&c);
	EXPECT_RET(0, env_close(env, fd[0]));
	EXPECT_CALL_RET(1, &c);
	if (p.events == POLLOUT && !(p.revents & POLLOUT)) {
		EXPECT_EQ(POLLHUP, p.revents & POLLHUP);
		EXPECT_RET(1, poll(&p, 1, 0));
	}
	EXPECT_EQ(p.events, p.events & p.revents);
}
