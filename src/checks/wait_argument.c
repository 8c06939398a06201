// SPDX-License-Identifier: BSD-2-Clause
/* What the calls that wait do with their timeouts and with epoll's data. */
#include "config.h"

#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks/util_poll.h"
#include "harness/check.h"

/* Where there are two, the older one takes a pointer to its arguments. */
#ifdef SYS__newselect
#define SELECT SYS__newselect
#elif defined(SYS_select)
#define SELECT SYS_select
#endif

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

CHECK(epoll, data_comes_back,
      .title = "epoll gives back all 64 bits of data, those of the last EPOLL_CTL_MOD",
      CLAUSES(epoll_ctl2_data),
      ROWS(POLL_104),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Programs keep pointers there, and follow what comes back.",
      .explain = "Two sockets in one instance; each comes back with its own.")
{
	static const uint64_t data[] = {
		UINT64_C(0x8123456789abcdef), UINT64_C(0xfedcba9800000001),
		UINT64_C(0x0000000180000000), 0, UINT64_MAX,
	};
	struct epoll_event e[2], got;
	int fd[2], epoll = SETUP(poll_epoll(env));

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		e[i].events = EPOLLIN;
		e[i].data.u64 = UINT64_C(0x5555555500000000) + (uint64_t)i;
		EXPECT_RET(0, epoll_ctl(epoll, EPOLL_CTL_ADD, fd[i], &e[i]));
	}
	for (int i = 0; i < 10; i++) {
		int n = i % 2;

		CONTEXT("change %d", i);
		ASSERT_RET(1, send(fd[!n], "m", 1, MSG_NOSIGNAL));
		for (int k = 0; k < 2; k++) {
			got.data.u64 = ~e[n].data.u64;
			EXPECT_RET(1, epoll_wait(epoll, &got, 1, 0));
			EXPECT_THAT(got.data.u64 == e[n].data.u64,
				    "%#llx is %#llx",
				    (unsigned long long)got.data.u64,
				    (unsigned long long)e[n].data.u64);
			e[n].data.u64 = data[i / 2];
			EXPECT_RET(0, epoll_ctl(epoll, EPOLL_CTL_MOD, fd[n],
						&e[n]));
		}
		ASSERT_RET(1, recv(fd[n], &(char){ 0 }, 1, 0));
	}
}

CHECK(select, time_left_by_the_others,
      .title = "The system's select() and ppoll() take the time that they slept off the timeout, too",
      CLAUSES(select2_timeout),
      ROWS(POLL_105),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("select", "ppoll", "ready_pselect6"),
      .why = "Programs for Linux go on with what is left, and would wait too long.",
      .explain = "By the calls themselves, for C libraries may pass a copy: all of a "
	      "millisecond is used up, and of 600 s nearly all is left where something is "
	      "ready.")
{
	struct pollfd p = { .events = POLLIN };
	long left[2] = { 0, 1000 };
	int fd[2];
	fd_set in;

	SETUP(env_pair(env, fd));
	p.fd = fd[0];
	FD_ZERO(&in);
	FD_SET(fd[0], &in);
	if (env->param == 0) {
#ifdef SELECT
		EXPECT_RET(0, syscall(SELECT, fd[0] + 1, &in, NULL, NULL,
				      left));
#else
		SKIP_CASE("there is no such call on this machine");
#endif
	} else if (env->param == 1) {
#ifdef SYS_ppoll
		left[1] = 1000000;
		EXPECT_RET(0, syscall(SYS_ppoll, &p, 1, left, NULL, 0));
#else
		SKIP_CASE("there is no such call on this machine");
#endif
	} else {
#ifdef SYS_pselect6
		left[0] = 600;
		left[1] = 0;
		ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
		EXPECT_RET(1, syscall(SYS_pselect6, fd[0] + 1, &in, NULL, NULL,
				      left, NULL));
		EXPECT_RANGE(1, 600, left[0]);
		return;
#else
		SKIP_CASE("there is no such call on this machine");
#endif
	}
	EXPECT_EQ(0, left[0]);
	EXPECT_EQ(0, left[1]);
}
