// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "probe/util_load.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "probe/probe.h"

#define LOOK_MS 2000
#define LOOK_MAX_MS 5000	/* where the machine leaves it little time */
#define PAUSE_MS 10
#define LEAST_CPU_MS 100

void load_look(struct target *t, struct process_sum *ret)
{
	cleanup_processes struct process_list all = PROCESS_LIST_NULL;

	target_tree(t, &all);
	process_sum(&all, ret);
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

bool load_spins(struct target *t, int *ret_percent)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * NS_PER_MS };
	cleanup_processes struct process_list all = PROCESS_LIST_NULL;
	int64_t begin = clock_now_ns(), end = clock_deadline_ms(LOOK_MS);
	int64_t last = clock_deadline_ms(LOOK_MAX_MS);
	struct process_sum before, after;
	int looks = 0, busy = 0;
	long wall_ms;

	target_tree(t, &all);
	process_sum(&all, &before);
	/* Seen asleep as often as this, it cannot be called busy any more. */
	while (clock_now_ns() < end && looks - busy <= LOOK_MS / PAUSE_MS / 10) {
		looks++;
		busy += any_runs(&all);
		ppoll(NULL, 0, &pause, NULL);
		if (clock_now_ns() < end || !is_busy(looks, busy))
			continue;
		/* It wants to run all the time: see what it does when let. */
		process_sum(&all, &after);
		if (after.cpu_ms - before.cpu_ms < LEAST_CPU_MS &&
		    clock_now_ns() < last)
			end = clock_deadline_ms(PAUSE_MS * 10);
	}
	process_sum(&all, &after);
	wall_ms = (long)((clock_now_ns() - begin) / NS_PER_MS);
	*ret_percent = (int)((after.cpu_ms - before.cpu_ms) * 100 / wall_ms);
	return is_busy(looks, busy) &&
	       after.cpu_ms - before.cpu_ms >= LEAST_CPU_MS;
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
