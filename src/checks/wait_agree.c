// SPDX-License-Identifier: BSD-2-Clause
/* The calls that wait, from poll() to epoll_pwait(): one state for all. */
#include "config.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>

#include "checks/util_fill.h"
#include "checks/util_poll.h"
#include "harness/check.h"

#define ALL (POLLIN | POLLPRI | POLLOUT | POLLRDHUP)

enum state { IDLE, QUEUED, HALF_CLOSED, CLOSED, FULL };

/* fd[0] gets into this state; what poll() has to show of it at least. */
static unsigned int bring_about(struct env *env, const int fd[2])
{
	switch ((enum state)env->param) {
	case QUEUED:
		ASSERT_RET(1, send(fd[1], "q", 1, MSG_NOSIGNAL));
		return POLLIN;
	case HALF_CLOSED:
		ASSERT_RET(0, shutdown(fd[1], SHUT_WR));
		return env->type == SOCK_DGRAM ? 0 : POLLIN | POLLRDHUP;
	case CLOSED:
		ASSERT_RET(1, send(fd[0], "u", 1, MSG_NOSIGNAL));
		ASSERT_RET(0, env_close(env, fd[1]));
		return env->type == SOCK_DGRAM ? 0 : POLLIN | POLLHUP;
	case FULL:
		fill_up(env, fd[0]);
		return 0;
	default:
		return POLLOUT;
	}
}

/* The sets of select() or pselect() are what these bits say. */
static void judge_select(int fd, unsigned int bits, bool masked)
{
	bool in = bits & (POLLIN | POLLHUP | POLLERR);
	bool out = bits & (POLLOUT | POLLERR), other = bits & POLLPRI;
	struct timespec none = { 0 };
	struct timeval no_time = { 0 };
	fd_set set[3];

	for (int i = 0; i < 3; i++) {
		FD_ZERO(&set[i]);
		FD_SET(fd, &set[i]);
	}
	CONTEXT("by %s", masked ? "pselect()" : "select()");
	EXPECT_RET(in + out + other,
		   masked ? pselect(fd + 1, &set[0], &set[1], &set[2], &none,
				    NULL) :
			    select(fd + 1, &set[0], &set[1], &set[2],
				   &no_time));
	EXPECT_EQ(in, !!FD_ISSET(fd, &set[0]));
	EXPECT_EQ(out, !!FD_ISSET(fd, &set[1]));
	EXPECT_EQ(other, !!FD_ISSET(fd, &set[2]));
}

CHECK(wait, calls_agree,
      .title = "All calls that wait tell the same of the state of a socket",
      CLAUSES(linux_one_poll, posix_ppoll_is_poll, posix_select_is_pselect,
	      posix_select_readable, posix_select_writable),
      ROWS(SIG_34),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      PARAMS("idle", "queued", "half_closed", "closed", "full"),
      .why = "An event loop changes its call, and misses the end or spins.",
      .explain = "What poll() tells, with all bits asked for, is what ppoll(), "
	      "epoll_wait() and epoll_pwait() tell, and what the sets of select() and "
	      "pselect() follow from.")
{
	struct epoll_event e = { .events = ALL }, got;
	struct timespec none = { 0 };
	struct pollfd p = { .events = ALL };
	unsigned int bits, least;
	int fd[2], epoll = SETUP(poll_epoll(env)), n;
	sigset_t mask;

	SETUP(sigemptyset(&mask));
	SETUP(env_pair(env, fd));
	least = bring_about(env, fd);
	p.fd = fd[0];
	n = EXPECT_OK(poll(&p, 1, 0));
	bits = (unsigned short)p.revents;
	EXPECT_EQ(bits != 0, n);
	EXPECT_EQ(least, bits & least);
	for (int i = 0; i < 2; i++) {
		p.revents = -1;
		CONTEXT("by ppoll() %s a mask", i ? "with" : "without");
		EXPECT_RET(n, ppoll(&p, 1, &none, i ? &mask : NULL));
		EXPECT_EQ(bits, (unsigned short)p.revents);
	}
	SETUP(epoll_ctl(epoll, EPOLL_CTL_ADD, fd[0], &e));
	for (int i = 0; i < 2; i++) {
		got.events = 0;
		CONTEXT("by %s", i ? "epoll_pwait()" : "epoll_wait()");
		EXPECT_RET(n, i ? epoll_pwait(epoll, &got, 1, 0, &mask) :
				  epoll_wait(epoll, &got, 1, 0));
		EXPECT_EQ(bits, poll_bits(got.events));
	}
	judge_select(fd[0], bits, false);
	judge_select(fd[0], bits, true);
}
