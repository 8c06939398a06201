/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Did a call with a timeout take its time?
 *
 *	moment_take(&start);
 *	EXPECT_ERRNO(EAGAIN, recv(fd, ...));
 *	moment_expect_passed(&start, TIMEOUT_MS);
 *
 * Linux counts the timeouts of sockets in ticks.  Where a processor was held
 * up, as a guest's is, ticks come late and then all at once, so that a call
 * that began before them returns early by the clock.  CLOCK_MONOTONIC_COARSE
 * goes by the same ticks: that it is time by one of the two is enough.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_MOMENT_H
#define SOCKSPEC_CHECKS_UTIL_MOMENT_H

#include <stdint.h>

struct moment {
	int64_t clock_ns;
	int64_t ticks_ns;
};

/** moment_take: now. */
void moment_take(struct moment *moment);

/**
 * moment_expect_passed: judge that at least timeout_ms went by since then,
 * less one tick.
 */
void moment_expect_passed(const struct moment *start, int timeout_ms);

#endif
