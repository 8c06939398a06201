// SPDX-License-Identifier: BSD-2-Clause
/* The calls that wait, with a negative timeout. */
#include "config.h"

#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "checks/util_poll.h"
#include "harness/check.h"

struct waiter {
	int way;
	int fd;			/* the socket, or an epoll that it is in */
	int timeout_ms;
};

static long wait_for_ever(struct call *c)
{
	struct waiter *w = c->arg;
	struct pollfd p = { w->fd, POLLIN, 0 };
	struct epoll_event e;

	if (w->way == 0)
		return poll(&p, 1, w->timeout_ms);
	if (w->way == 1)
		return epoll_wait(w->fd, &e, 1, w->timeout_ms);
	return epoll_pwait(w->fd, &e, 1, w->timeout_ms, NULL);
}

CHECK(wait, negative_is_for_ever,
      .title = "Any negative timeout of poll() and epoll_wait() waits without an end",
      CLAUSES(poll2_negative),
      ROWS(POLL_103),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("poll", "epoll_wait", "epoll_pwait"),
      .needs = NEED_BLOCKED,
      .why = "Programs compute timeouts; one below -1 fails, or spins.",
      .explain = "-1, -2, -1000 and INT_MIN; a message ends the wait.")
{
	static const int timeout_ms[] = { -1, -2, -1000, INT_MIN };
	struct epoll_event e = { .events = EPOLLIN };
	struct waiter w = { .way = env->param };
	int fd[2];

	SETUP(env_pair(env, fd));
	w.fd = fd[0];
	if (env->param > 0) {
		w.fd = SETUP(poll_epoll(env));
		SETUP(epoll_ctl(w.fd, EPOLL_CTL_ADD, fd[0], &e));
	}
	for (int i = 0; i < 4; i++) {
		struct call c = { .arg = &w };

		w.timeout_ms = timeout_ms[i];
		CONTEXT("timeout %d", w.timeout_ms);
		call_start(&c, env->param_name, wait_for_ever);
		EXPECT_BLOCKS(&c);
		ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
		EXPECT_CALL_RET(1, &c);
		ASSERT_RET(1, recv(fd[0], &(char){ 0 }, 1, 0));
	}
}
