// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "checks/util_moment.h"

#include <time.h>

#include "base/clock.h"
#include "harness/expect.h"

/* The longest that is in use. */
#define TICK_MS 10

static int64_t ticks_ns(void)
{
	struct timespec ts = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

void moment_take(struct moment *moment)
{
	moment->ticks_ns = ticks_ns();
	moment->clock_ns = clock_now_ns();
}

void moment_expect_passed(const struct moment *start, int timeout_ms)
{
	int64_t least = (timeout_ms - TICK_MS) * NS_PER_MS;
	int64_t by_clock = clock_now_ns() - start->clock_ns;
	int64_t late = ticks_ns(), deadline = clock_deadline_ms(2 * TICK_MS);

	/* The ticks that ended the call may not be in the clock yet. */
	while (by_clock < least && ticks_ns() == late &&
	       clock_now_ns() < deadline)
		;
	EXPECT_THAT(by_clock >= least || ticks_ns() - start->ticks_ns >= least,
		    "it comes back when its time is over, not before");
}
