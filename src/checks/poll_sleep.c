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
			EXPECT_RET(0, shutdown(listener, SHUT_RDWR));
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
	      "the call sleeps on, and returns 1 when the peer sends.")
{
	struct sleeper s;
	int fd[2];

	SETUP(env_pair(env, fd));
	start(env, &s, fd[1], POLLIN);
	EXPECT_BLOCKS(&s.call);
	EXPECT_RET(0, env_close(env, fd[1]));
	EXPECT_BLOCKS(&s.call);
	EXPECT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_CALL_RET(1, &s.call);
}

CHECK(poll, sleeper_for_one_bit,
      .title = "A poll() asleep for POLLRDNORM, POLLRDHUP, POLLWRNORM or POLLWRBAND alone is woken",
      CLAUSES(linux_poll_connection, posix_poll_pollout),
      ROWS(POLL_34),
      .types = CONNECTED, .addrs = PAIR, .axes = SWAP,
      PARAMS("rdnorm", "rdhup_shut", "rdhup_close", "wrnorm", "wrband",
	     "out_close"),
      .needs = NEED_BLOCKED,
      .why = "A waker that forgets one of the names leaves its sleeper asleep.",
      .explain = "By data, by the peer's SHUT_WR or close(), and on a full socket by room; "
	      "who waits for POLLOUT is woken by the peer's close(), too.")
{
	static const short events[] = {
		POLLRDNORM, POLLRDHUP, POLLRDHUP, POLLWRNORM, POLLWRBAND,
		POLLOUT,
	};
	struct pollfd p = { .events = events[env->param] };
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	p.fd = fd[1];
	if (env->param >= 3)
		fill_up(env, fd[1]);
	call_poll(&c, &p, 1, -1);
	ASSERT_BLOCKS(&c);
	if (env->param == 0)
		EXPECT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	else if (env->param == 1)
		EXPECT_RET(0, shutdown(fd[0], SHUT_WR));
	else if (env->param == 2 || env->param == 5)
		EXPECT_RET(0, env_close(env, fd[0]));
	else
		fill_drain(env, fd[0]);
	EXPECT_CALL_RET(1, &c);
}
