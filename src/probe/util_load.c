// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "probe/util_load.h"

#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "harness/blocked.h"
#include "probe/probe.h"

#define LOOK_MS 2000
#define LOOK_MAX_MS 60000	/* where the machine leaves it little time */
#define PAUSE_MS 10
#define LOOK_ON_MS 100
#define REST_MAX_MS 1000
#define STALL_MS 50		/* nothing was taken for so long */
#define LOOKS_AT_REST 3
#define PLENTY_PERCENT 20	/* of a processor: nobody who waits needs it */
#define LEAST_CPU_MS 200	/* less of it may be the end of some work */

void load_look(struct target *t, struct process_sum *ret)
{
	cleanup_processes struct process_list all = PROCESS_LIST_NULL;

	target_tree(t, &all);
	process_sum(&all, ret);
}

bool load_grew_by(const struct process_sum *before,
		  const struct process_sum *now, long n)
{
	return now->fds > before->fds + n ||
	       now->threads > before->threads + n ||
	       now->processes > before->processes + n ||
	       now->zombies > before->zombies + n;
}

bool load_is_as_before(const struct process_sum *before,
		       const struct process_sum *now)
{
	return !load_grew_by(before, now, LOAD_TOLERANCE);
}

bool load_await_shrunk(struct target *t, const struct process_sum *before,
		       struct process_sum *now, bool last)
{
	int64_t deadline = clock_deadline_ms(probe_limit_ms() / (last ? 1 : 4));

	for (unsigned int round = 0;; round++) {
		load_look(t, now);
		if (load_is_as_before(before, now))
			return true;
		if (clock_now_ns() > deadline)
			return false;
		probe_pause(round);
	}
}

static bool any_runs(const struct process_list *all)
{
	for (size_t i = 0; i < all->n; i++) {
		if (process_is_running(all->pids[i]))
			return true;
	}
	return false;
}

static bool is_busy(int looks, int busy)
{
	return looks >= 10 && busy * 10 >= looks * 9;
}

/* The server at the beginning, and what it has done since. */
struct watch {
	struct process_list all;
	struct process_sum before;
	struct thread_use *threads;
	size_t n_threads;
	int64_t begin_ns;
	long cpu_ms;		/* that it used since */
	long wall_ms;
};

static struct thread_use first_use(const struct watch *w, pid_t tid)
{
	for (size_t i = 0; i < w->n_threads; i++) {
		if (w->threads[i].tid == tid)
			return w->threads[i];
	}
	return (struct thread_use){ .tid = tid };
}

/*
 * A thread that waits for what comes works for much less than a millisecond
 * and sleeps again, however long it has to wait for a processor before.
 */
static bool has_sleepless_thread(const struct watch *w)
{
	cleanup_free struct thread_use *now = NULL;
	size_t n = process_threads(&w->all, &now);

	for (size_t i = 0; i < n; i++) {
		struct thread_use first = first_use(w, now[i].tid);
		long cpu_ms = now[i].cpu_ms - first.cpu_ms;

		if (cpu_ms >= LEAST_CPU_MS &&
		    cpu_ms > now[i].sleeps - first.sleeps)
			return true;
	}
	return false;
}

/* It wants to run all the time: did it get enough to show what it does? */
static bool has_shown(struct watch *w)
{
	struct process_sum now;

	process_sum(&w->all, &now);
	w->cpu_ms = now.cpu_ms - w->before.cpu_ms;
	w->wall_ms = (long)((clock_now_ns() - w->begin_ns) / NS_PER_MS);
	return (w->cpu_ms >= LEAST_CPU_MS &&
		w->cpu_ms * 100 >= w->wall_ms * PLENTY_PERCENT) ||
	       has_sleepless_thread(w);
}

enum rest { WAITS, SPINS, UNSEEN };

static enum rest watch(struct watch *w)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * NS_PER_MS };
	int64_t end = clock_deadline_ms(LOOK_MS);
	int64_t last = clock_deadline_ms(LOOK_MAX_MS);
	int looks = 0, busy = 0;

	for (;;) {
		looks++;
		busy += any_runs(&w->all);
		/* Seen asleep as often, it cannot be called busy any more. */
		if (looks - busy > LOOK_MS / PAUSE_MS / 10)
			return WAITS;
		ppoll(NULL, 0, &pause, NULL);
		if (clock_now_ns() < end)
			continue;
		if (!is_busy(looks, busy))
			return WAITS;
		if (has_shown(w))
			return SPINS;
		if (clock_now_ns() > last)
			return UNSEEN;
		end = clock_deadline_ms(LOOK_ON_MS);
	}
}

void load_judge_rest(struct target *t, const char *when)
{
	struct watch w = { .all = PROCESS_LIST_NULL,
			   .begin_ns = clock_now_ns() };
	enum rest rest;

	target_tree(t, &w.all);
	process_sum(&w.all, &w.before);
	w.n_threads = process_threads(&w.all, &w.threads);
	rest = watch(&w);
	has_shown(&w);		/* for the times */
	process_list_free(&w.all);
	free(w.threads);
	NOTE("%s the server used %ld ms of a processor in %ld ms", when,
	     w.cpu_ms, w.wall_ms);
	if (rest == UNSEEN)
		SKIP_CASE("the machine is too busy to see whether the server "
			  "waits");
	FINDING(rest == WAITS, "look at the server for two seconds",
		"it waits", "it runs whenever it may: %ld ms of a processor in "
		"%ld ms", w.cpu_ms, w.wall_ms);
}

void load_await_rest(struct target *t)
{
	cleanup_processes struct process_list all = PROCESS_LIST_NULL;
	int64_t deadline = clock_deadline_ms(REST_MAX_MS);

	target_tree(t, &all);
	client_taken(t, deadline);
	for (int asleep = 0; asleep < LOOKS_AT_REST &&
	     clock_now_ns() < deadline;) {
		asleep = any_runs(&all) ? 0 : asleep + 1;
		blocked_pause(20);
	}
}

bool load_await_room(struct target *t, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (poll(&p, 1, STALL_MS) != 0)
		return true;
	/* On a busy machine it may not have come to its turn. */
	load_await_rest(t);
	return poll(&p, 1, 0) != 0;
}

void load_await_read(int fd, int64_t deadline_ns)
{
	int unread = 0;

	for (unsigned int round = 0; clock_now_ns() < deadline_ns; round++) {
		if (ioctl(fd, SIOCOUTQ, &unread) < 0 || unread == 0)
			return;
		probe_pause(round);
	}
}
