// SPDX-License-Identifier: BSD-2-Clause
/*
 * How often epoll tells of the end of a connection, one direction after the
 * other, and that one shot is one shot whatever the event.
 */
#include "config.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_dgram.h"
#include "checks/util_fill.h"
#include "checks/util_poll.h"
#include "harness/check.h"

static int watch(struct env *env, int fd, unsigned int events)
{
	struct epoll_event e = { .events = events };
	int epoll = SETUP(poll_epoll(env));

	ASSERT_RET(0, epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e));
	return epoll;
}

/* Told once, and level-triggered as often as it is asked. */
static void expect_once(int edge, int level, unsigned int bits)
{
	poll_expect(edge, bits);
	for (int i = 0; i < 3; i++)
		poll_expect(edge, 0);
	for (int i = 0; i < 3; i++)
		poll_expect(level, bits);
}

CHECK(epoll, edge_of_each_end,
      .title = "Each step to the end of a connection is one edge, with all that is true by then",
      CLAUSES(epoll7_edge, linux_shutdown_edge, linux_release_tells_peer),
      ROWS(POLL_72),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "An edge that comes again and again is a busy loop.",
      .explain = "EPOLLRDHUP is asked for.  The peer's SHUT_WR, data before it unread or "
	      "none, the own SHUT_WR, and the peer's close(); after each there is silence.")
{
	const unsigned int all = EPOLLIN | EPOLLOUT | EPOLLRDHUP;

	for (int unread = 0; unread < 2; unread++) {
		const char *queue = unread ? "data unread" : "no data";
		int fd[2], edge, level;

		SETUP(env_pair(env, fd));
		if (unread)
			SETUP(send(fd[1], "u", 1, MSG_NOSIGNAL));
		edge = watch(env, fd[0], all | EPOLLET);
		level = watch(env, fd[0], all);
		CONTEXT("%s: at first", queue);
		expect_once(edge, level, unread ? POLLIN | POLLOUT : POLLOUT);
		CONTEXT("%s: the peer's SHUT_WR", queue);
		ASSERT_RET(0, shutdown(fd[1], SHUT_WR));
		expect_once(edge, level, POLLIN | POLLRDHUP | POLLOUT);
		CONTEXT("%s: the own SHUT_WR", queue);
		ASSERT_RET(0, shutdown(fd[0], SHUT_WR));
		expect_once(edge, level, POLLIN | POLLRDHUP | POLLHUP | POLLOUT);
		CONTEXT("%s: the peer's close()", queue);
		ASSERT_RET(0, env_close(env, fd[1]));
		expect_once(edge, level, POLLIN | POLLRDHUP | POLLHUP | POLLOUT);
	}
}

/* What is asked for, and what happens. */
struct shot {
	unsigned int events;
	unsigned int told;
};

static const struct shot shots[] = {
	{ EPOLLIN, POLLIN },
	{ EPOLLOUT, POLLOUT },
	{ EPOLLRDHUP, POLLRDHUP },
	{ 0, POLLHUP },
	{ 0, POLLERR | POLLHUP },
};

static void happen(struct env *env, int fd[2], int which)
{
	switch (which) {
	case 0:
		ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
		break;
	case 1:
		fill_drain(env, fd[1]);
		break;
	case 2:
		if (env->type == SOCK_DGRAM)
			ASSERT_RET(0, shutdown(fd[0], SHUT_RD));
		else
			ASSERT_RET(0, shutdown(fd[1], SHUT_WR));
		break;
	case 3:
		ASSERT_RET(0, shutdown(fd[0], SHUT_RDWR));
		break;
	default:
		ASSERT_RET(1, send(fd[0], "u", 1, MSG_NOSIGNAL));
		if (env->type == SOCK_DGRAM)
			dgram_must_disconnect(fd[1]);
		else
			ASSERT_RET(0, env_close(env, fd[1]));
	}
}

CHECK(epoll, one_shot_is_used_up,
      .title = "EPOLLONESHOT is used up by room, an end, a hangup or an error as it is by data",
      CLAUSES(epoll_ctl2_oneshot, epoll_ctl2_hangup),
      ROWS(POLL_73),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP,
      PARAMS("data", "room", "end", "hangup", "error"),
      .why = "Two threads would have the connection that one of them is about to close.",
      .explain = "Level and edge-triggered; EPOLL_CTL_MOD tells it again, once.  Hangups and "
	      "errors come though nobody asks for them.")
{
	const struct shot *shot = &shots[env->param];
	unsigned int told = shot->told;

	/* A connection ends with its error, a datagram socket does not. */
	if (env->param == 4 && env->type == SOCK_DGRAM)
		told &= ~(unsigned int)POLLHUP;
	for (int i = 0; i < 2; i++) {
		struct epoll_event e = { .events = shot->events | EPOLLONESHOT |
						   (i ? EPOLLET : 0) };
		int fd[2], epoll;

		CONTEXT(i ? "edge-triggered" : "level-triggered");
		SETUP(env_pair(env, fd));
		if (env->param == 1)
			fill_up(env, fd[0]);
		epoll = watch(env, fd[0], e.events);
		poll_expect(epoll, 0);
		happen(env, fd, env->param);
		for (int k = 0; k < 3; k++) {
			poll_expect(epoll, told);
			poll_expect(epoll, 0);
			poll_expect(epoll, 0);
			ASSERT_RET(0, epoll_ctl(epoll, EPOLL_CTL_MOD, fd[0],
						&e));
		}
	}
}
