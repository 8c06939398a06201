// SPDX-License-Identifier: BSD-2-Clause
/* poll(), select() and epoll_wait() that sleep when a signal is caught. */
#include "config.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_poll.h"
#include "checks/util_signal.h"
#include "harness/check.h"

/* Without an end, or with one that never comes while a check runs. */
static const int ends_ms[] = { -1, 600000 };

struct waiter {
	int fd;			/* the socket, or an epoll that it is in */
	int end_ms;
};

static long wait_in_poll(struct call *c)
{
	struct waiter *w = c->arg;
	struct pollfd p = { w->fd, POLLIN, 0 };

	return poll(&p, 1, w->end_ms);
}

static long wait_in_ppoll(struct call *c)
{
	struct waiter *w = c->arg;
	struct pollfd p = { w->fd, POLLIN, 0 };
	struct timespec end = { .tv_sec = w->end_ms / 1000 };

	return ppoll(&p, 1, w->end_ms < 0 ? NULL : &end, NULL);
}

static long wait_in_select(struct call *c)
{
	struct waiter *w = c->arg;
	struct timeval end = { .tv_sec = w->end_ms / 1000 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(w->fd, &set);
	return select(w->fd + 1, &set, NULL, NULL, w->end_ms < 0 ? NULL : &end);
}

static long wait_in_pselect(struct call *c)
{
	struct waiter *w = c->arg;
	struct timespec end = { .tv_sec = w->end_ms / 1000 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(w->fd, &set);
	return pselect(w->fd + 1, &set, NULL, NULL,
		       w->end_ms < 0 ? NULL : &end, NULL);
}

static long wait_in_epoll(struct call *c)
{
	struct waiter *w = c->arg;
	struct epoll_event e;

	return epoll_wait(w->fd, &e, 1, w->end_ms);
}

static long wait_in_epoll_pwait(struct call *c)
{
	struct waiter *w = c->arg;
	struct epoll_event e;

	return epoll_pwait(w->fd, &e, 1, w->end_ms, NULL);
}

CHECK(eintr, waiting_is_never_restarted,
      .title = "poll(), select(), epoll_wait() asleep fail with EINTR in spite of SA_RESTART",
      CLAUSES(signal7_never_restarted),
      ROWS(SIG_30),
      .types = ANY_TYPE, .addrs = PAIR, .controls = TCP,
      PARAMS("poll", "ppoll", "select", "pselect", "epoll_wait",
	     "epoll_pwait"),
      .needs = NEED_BLOCKED,
      .waits = true,
      .why = "An event loop looks for what its handlers have noted when the wait ends.",
      .explain = "Without an end, and with one that is far away.  What arrives then is "
	      "told by the same call.")
{
	static long (*const fn[])(struct call *) = {
		wait_in_poll, wait_in_ppoll, wait_in_select, wait_in_pselect,
		wait_in_epoll, wait_in_epoll_pwait,
	};
	struct epoll_event e = { .events = EPOLLIN };
	int fd[2], epoll = SETUP(poll_epoll(env));

	signal_catch(SA_RESTART);
	SETUP(env_pair(env, fd));
	SETUP(epoll_ctl(epoll, EPOLL_CTL_ADD, fd[0], &e));
	for (int i = 0; i < 2; i++) {
		struct waiter w = { env->param < 4 ? fd[0] : epoll, ends_ms[i] };
		struct call c = { .arg = &w };

		CONTEXT("%s", i ? "with an end" : "without an end");
		call_start(&c, env->param_name, fn[env->param]);
		signal_interrupt(&c);
		EXPECT_CALL_ERRNO(EINTR, &c);
		ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
		call_start(&c, env->param_name, fn[env->param]);
		EXPECT_CALL_RET(1, &c);
		ASSERT_RET(1, recv(fd[0], &(char){ 0 }, 1, 0));
	}
}
