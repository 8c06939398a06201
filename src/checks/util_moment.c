// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "checks/util_moment.h"

#include <time.h>

#include "base/clock.h"
#include "harness/expect.h"

#define TICK_MAX_NS (10 * NS_PER_MS)	/* the longest that is in use */
#define ROUNDING_NS 100000

/* A timeout of n ticks ends at the n-th from now, which may be near. */
static int64_t tick_length_ns(void)
{
	struct timespec ts;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &ts) < 0 || ts.tv_sec ||
	    ts.tv_nsec > TICK_MAX_NS)
		return TICK_MAX_NS;
	return ts.tv_nsec;
}

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
	int64_t least = timeout_ms * NS_PER_MS - tick_length_ns() - ROUNDING_NS;
	int64_t by_clock = clock_now_ns() - start->clock_ns;
	int64_t late = ticks_ns(), deadline = clock_now_ns() + 2 * TICK_MAX_NS;

	/* The ticks that ended the call may not be in the clock yet. */
	while (by_clock < least && ticks_ns() == late &&
	       clock_now_ns() < deadline)
		;
	EXPECT_THAT(by_clock >= least || ticks_ns() - start->ticks_ns >= least,
		    "it comes back when its time is over, not before");
}
