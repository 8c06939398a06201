// SPDX-License-Identifier: BSD-2-Clause
/*
 * Blocking calls in threads.  The thread announces itself right before the
 * call and marks itself done right after it: between the two it can sleep
 * nowhere else.
 */
#include "config.h"

#include "harness/call.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/names.h"
#include "harness/blocked.h"
#include "harness/child.h"
#include "harness/env_private.h"
#include "harness/record.h"

/* The very last one is what valgrind keeps to itself. */
#define CANCEL_SIGNAL (SIGRTMAX - 1)

/* Calls started and not yet joined. */
static _Atomic int n_running;
static const char *last_text = "";

static void *run_call(void *arg)
{
	struct call *c = arg;

	atomic_store(&c->tid, (int)syscall(SYS_gettid));
	errno = 0;
	c->ret = c->fn(c);
	c->err = c->ret == -1 ? errno : 0;
	atomic_store(&c->done, true);
	return NULL;
}

static void start(struct call *c, const char *text, long (*fn)(struct call *c))
{
	int err;

	c->fn = fn;
	c->text = text;
	c->ret = 0;
	c->err = 0;
	atomic_store(&c->tid, 0);
	atomic_store(&c->done, false);
	err = pthread_create(&c->thread, NULL, run_call, c);
	if (err)
		BROKEN("cannot start a thread: %s", name_errno(err));
	c->running = true;
	last_text = text;
	atomic_fetch_add(&n_running, 1);
}

void call_start(struct call *c, const char *text, long (*fn)(struct call *c))
{
	c->fd = -1;
	start(c, text, fn);
}

static long do_recv(struct call *c)
{
	return recv(c->fd, c->buf, c->len, c->flags);
}

static long do_send(struct call *c)
{
	return send(c->fd, c->buf, c->len, c->flags);
}

static long do_sendto(struct call *c)
{
	return sendto(c->fd, c->buf, c->len, c->flags, &c->addr->sa,
		      c->addr->len);
}

static long do_recvmsg(struct call *c)
{
	return recvmsg(c->fd, c->msg, c->flags);
}

static long do_sendmsg(struct call *c)
{
	return sendmsg(c->fd, c->msg, c->flags);
}

static long do_connect(struct call *c)
{
	return connect(c->fd, &c->addr->sa, c->addr->len);
}

static long do_accept(struct call *c)
{
	c->name.len = sizeof(c->name.bytes);
	return accept4(c->fd, &c->name.sa, &c->name.len, SOCK_CLOEXEC);
}

static long do_poll(struct call *c)
{
	return poll(c->fds, (nfds_t)c->len, c->flags);
}

void call_recv(struct call *c, int fd, void *buf, size_t len, int flags)
{
	*c = (struct call){ .fd = fd, .buf = buf, .len = len, .flags = flags };
	start(c, "recv() in a thread", do_recv);
}

void call_send(struct call *c, int fd, const void *buf, size_t len, int flags)
{
	*c = (struct call){ .fd = fd, .buf = (void *)buf, .len = len,
			    .flags = flags };
	start(c, "send() in a thread", do_send);
}

void call_sendto(struct call *c, int fd, const void *buf, size_t len, int flags,
		 const struct addr *to)
{
	*c = (struct call){ .fd = fd, .buf = (void *)buf, .len = len,
			    .flags = flags, .addr = to };
	start(c, "sendto() in a thread", do_sendto);
}

void call_recvmsg(struct call *c, int fd, struct msghdr *msg, int flags)
{
	*c = (struct call){ .fd = fd, .msg = msg, .flags = flags };
	start(c, "recvmsg() in a thread", do_recvmsg);
}

void call_sendmsg(struct call *c, int fd, struct msghdr *msg, int flags)
{
	*c = (struct call){ .fd = fd, .msg = msg, .flags = flags };
	start(c, "sendmsg() in a thread", do_sendmsg);
}

void call_connect(struct call *c, int fd, const struct addr *to)
{
	*c = (struct call){ .fd = fd, .addr = to };
	start(c, "connect() in a thread", do_connect);
}

void call_accept(struct call *c, int fd)
{
	*c = (struct call){ .fd = fd };
	start(c, "accept() in a thread", do_accept);
}

void call_poll(struct call *c, struct pollfd *fds, nfds_t n, int timeout_ms)
{
	*c = (struct call){ .fd = -1, .fds = fds, .len = n, .flags = timeout_ms };
	start(c, "poll() in a thread", do_poll);
}

bool call_join(struct call *c)
{
	int64_t deadline = clock_deadline_ms(child_limit_ms());

	if (!c->running)
		return true;
	for (unsigned int round = 0; !atomic_load(&c->done); round++) {
		if (clock_now_ns() > deadline)
			return false;
		blocked_pause(round);
	}
	pthread_join(c->thread, NULL);
	c->running = false;
	atomic_fetch_sub(&n_running, 1);
	return true;
}

static void ignore_signal(int sig)
{
	(void)sig;
}

void call_cancel(struct call *c)
{
	struct sigaction sa = { .sa_handler = ignore_signal };
	int64_t deadline = clock_deadline_ms(child_limit_ms());
	int64_t gap = NS_PER_MS / 20, next = 0;

	if (!c->running)
		return;
	sigaction(CANCEL_SIGNAL, &sa, NULL);
	/*
	 * Again and again: a signal before the call is entered is lost.  But
	 * ever more seldom: they queue, and a thread that gets them faster
	 * than it can handle them does nothing else.
	 */
	for (unsigned int round = 0; !atomic_load(&c->done); round++) {
		int64_t now = clock_now_ns();

		if (now > deadline)
			return;
		if (now >= next) {
			pthread_kill(c->thread, CANCEL_SIGNAL);
			next = now + gap;
			gap *= 2;
		}
		blocked_pause(round + 20);
	}
	call_join(c);
}

void call_signal(struct call *c, int sig)
{
	pthread_kill(c->thread, sig);
}

/* Until the thread sleeps in the call (1), returned (0), or time is up (-1). */
static int wait_blocked(struct call *c)
{
	int64_t deadline = clock_deadline_ms(child_limit_ms());

	for (unsigned int round = 0;; round++) {
		int tid = atomic_load(&c->tid);

		if (atomic_load(&c->done))
			return 0;
		if (tid) {
			switch (blocked_look(getpid(), tid, c->fd)) {
			case BLOCKED_YES:
				return 1;
			case BLOCKED_UNSEEN:
				SKIP_CASE("a blocked thread cannot be seen: no /proc");
			default:
				break;
			}
		}
		if (clock_now_ns() > deadline)
			return -1;
		blocked_pause(round);
	}
}

bool call_is_blocked(struct call *c)
{
	return wait_blocked(c) == 1;
}

bool await_blocked(pid_t pid, pid_t tid)
{
	int64_t deadline = clock_deadline_ms(child_limit_ms());

	for (unsigned int round = 0;; round++) {
		switch (blocked_look(pid, tid, -1)) {
		case BLOCKED_YES:
			return true;
		case BLOCKED_GONE:
			return false;
		case BLOCKED_UNSEEN:
			SKIP_CASE("a blocked process cannot be seen: no /proc");
		default:
			break;
		}
		if (clock_now_ns() > deadline)
			return false;
		blocked_pause(round);
	}
}

bool call_end_all(void)
{
	if (atomic_load(&n_running) == 0)
		return true;
	child_record(RECORD_FAIL, last_text, "returns before the check ends",
		     "still blocked", "");
	return false;
}

static void describe(const struct call *c, char *text, size_t size)
{
	if (c->ret == -1)
		snprintf(text, size, "-1 %s", name_errno(c->err));
	else
		snprintf(text, size, "%ld", c->ret);
}

bool judge_blocks(struct call *c)
{
	char got[80], what[64];

	switch (wait_blocked(c)) {
	case 1:
		return true;
	case 0:
		describe(c, what, sizeof(what));
		snprintf(got, sizeof(got), "returned %s", what);
		break;
	default:
		snprintf(got, sizeof(got), "neither returned nor slept");
	}
	return judge(false, "it sleeps in the call", got);
}

/* Join and judge: held tells whether the result is the right one. */
static bool judge_call(struct call *c, bool (*held)(const struct call *, long),
		       long want, const char *expected)
{
	char got[64];

	if (!call_join(c))
		return judge(false, expected, "still blocked");
	if (held(c, want))
		return true;
	describe(c, got, sizeof(got));
	return judge(false, expected, got);
}

static bool is_ret(const struct call *c, long want)
{
	return c->ret == want;
}

static bool is_ok(const struct call *c, long want)
{
	(void)want;
	return c->ret != -1;
}

static bool is_errno(const struct call *c, long want)
{
	return c->ret == -1 && c->err == want;
}

bool judge_call_ret(long want, struct call *c)
{
	char expected[32];

	snprintf(expected, sizeof(expected), "%ld", want);
	return judge_call(c, is_ret, want, expected);
}

bool judge_call_ok(struct call *c)
{
	return judge_call(c, is_ok, 0, "success");
}

bool judge_call_errno(int want, struct call *c)
{
	char expected[64];

	snprintf(expected, sizeof(expected), "-1 %s", name_errno(want));
	return judge_call(c, is_errno, want, expected);
}
