// SPDX-License-Identifier: BSD-2-Clause
/* ppoll(), pselect(), epoll_pwait(), epoll_pwait2(): signal mask and time. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "checks/util_poll.h"
#include "harness/check.h"

#define ROUNDS 4
#define TIME_NS 1900000

static _Atomic int n_caught;

static void count(int sig)
{
	(void)sig;
	atomic_fetch_add(&n_caught, 1);
}

enum { PPOLL, PSELECT, EPOLL_PWAIT2, EPOLL_PWAIT };

struct waiter {
	int way;
	int fd;			/* the socket, or an epoll that it is in */
	sigset_t mask;
	struct timespec end;
};

/*
 * By the call itself, as C libraries got it late.  Where a timespec is not two
 * longs it takes another one than the program has.
 */
static long wait_in_epoll_pwait2(struct waiter *w)
{
#if defined(SYS_epoll_pwait2) && LONG_MAX > INT_MAX
	struct epoll_event e;

	return syscall(SYS_epoll_pwait2, w->fd, &e, 1, &w->end, &w->mask,
		       _NSIG / 8);
#else
	(void)w;
	errno = ENOSYS;
	return -1;
#endif
}

static long wait_masked(struct call *c)
{
	struct waiter *w = c->arg;
	struct pollfd p = { w->fd, POLLIN, 0 };
	struct epoll_event e;
	fd_set set;

	if (w->way == PPOLL)
		return ppoll(&p, 1, &w->end, &w->mask);
	if (w->way == EPOLL_PWAIT)
		return epoll_pwait(w->fd, &e, 1, (int)w->end.tv_sec * 1000,
				   &w->mask);
	if (w->way == EPOLL_PWAIT2)
		return wait_in_epoll_pwait2(w);
	FD_ZERO(&set);
	FD_SET(w->fd, &set);
	return pselect(w->fd + 1, &set, NULL, NULL, &w->end, &w->mask);
}

/* A pair, and fd[0] to be waited for; its signal mask has this signal. */
static void prepare(struct env *env, struct waiter *w, int fd[2], bool masked)
{
	struct sigaction sa = { .sa_handler = count, .sa_flags = SA_RESTART };
	struct epoll_event e = { .events = EPOLLIN };
	struct waiter now;

	*w = (struct waiter){ .way = env->param, .end.tv_sec = 600 };
	SETUP(sigemptyset(&w->mask));
	if (masked)
		SETUP(sigaddset(&w->mask, SIGUSR1));
	atomic_store(&n_caught, 0);
	SETUP(sigaction(SIGUSR1, &sa, NULL));
	SETUP(env_pair(env, fd));
	w->fd = fd[0];
	if (env->param < EPOLL_PWAIT2)
		return;
	w->fd = SETUP(poll_epoll(env));
	SETUP(epoll_ctl(w->fd, EPOLL_CTL_ADD, fd[0], &e));
	if (env->param != EPOLL_PWAIT2)
		return;
	if (env->valgrind)
		SKIP_CASE("valgrind does not know epoll_pwait2()");
	now = *w;
	now.end.tv_sec = 0;
	if (wait_in_epoll_pwait2(&now) < 0 && errno == ENOSYS)
		SKIP_CASE("there is no epoll_pwait2() here (since Linux 5.11)");
}

CHECK(wait, mask_lets_signals_in,
      .title = "A signal that is pending ends a wait whose mask lets it in, and that alone",
      CLAUSES(epoll_wait2_pwait, posix_pselect_mask),
      ROWS(SIG_31),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("ppoll", "pselect", "epoll_pwait2", "epoll_pwait"),
      .why = "An event loop that blocks its signals everywhere else never gets them.",
      .explain = "The signal is blocked and raised; the wait with an empty mask fails "
	      "with EINTR when the handler has run, and the signal is blocked again.")
{
	struct waiter w;
	struct call c = { .arg = &w };
	sigset_t block, now;
	int fd[2];

	prepare(env, &w, fd, false);
	w.end.tv_sec = 1;
	SETUP(sigemptyset(&block));
	SETUP(sigaddset(&block, SIGUSR1));
	SETUP(sigprocmask(SIG_BLOCK, &block, NULL));
	for (int i = 1; i <= 2; i++) {
		SETUP(raise(SIGUSR1));
		EXPECT_EQ(i - 1, atomic_load(&n_caught));
		EXPECT_ERRNO(EINTR, wait_masked(&c));
		EXPECT_EQ(i, atomic_load(&n_caught));
		SETUP(sigprocmask(SIG_BLOCK, NULL, &now));
		EXPECT_EQ(1, sigismember(&now, SIGUSR1));
	}
}

CHECK(wait, mask_keeps_signals_out,
      .title = "A signal that the mask of a wait blocks comes after it, and does not end it",
      CLAUSES(epoll_wait2_pwait, posix_pselect_mask),
      ROWS(SIG_32),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("ppoll", "pselect", "epoll_pwait2", "epoll_pwait"),
      .needs = NEED_BLOCKED,
      .why = "A handler runs where the program has excluded it.",
      .explain = "The signal is sent to the thread that waits, which goes on sleeping; a "
	      "message ends the wait with 1, and then the handler runs.")
{
	struct waiter w;
	struct call c = { .arg = &w };
	int fd[2];

	prepare(env, &w, fd, true);
	call_start(&c, env->param_name, wait_masked);
	EXPECT_BLOCKS(&c);
	call_signal(&c, SIGUSR1);
	EXPECT_BLOCKS(&c);
	EXPECT_EQ(0, atomic_load(&n_caught));
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	EXPECT_CALL_RET(1, &c);
	EXPECT_EQ(1, atomic_load(&n_caught));
}

CHECK(wait, time_is_not_cut,
      .title = "ppoll(), pselect(), epoll_pwait2() wait no less than they were told, to the nanosecond",
      CLAUSES(epoll_wait2_pwait2, posix_pselect_time),
      ROWS(SIG_33),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("ppoll", "pselect", "epoll_pwait2"),
      .waits = true,
      .why = "A loop that waits for its next timer comes back too early, again and again.",
      .explain = "1.9 ms, four times, by CLOCK_MONOTONIC.")
{
	struct waiter w;
	struct call c = { .arg = &w };
	int64_t start;
	int fd[2];

	prepare(env, &w, fd, false);
	w.end = (struct timespec){ .tv_nsec = TIME_NS };
	for (int i = 0; i < ROUNDS; i++) {
		start = clock_now_ns();
		EXPECT_RET(0, wait_masked(&c));
		EXPECT_THAT(clock_now_ns() - start >= TIME_NS,
			    "1.9 ms have passed");
	}
}
