/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Monotonic time and deadlines, in nanoseconds and milliseconds.
 */
#ifndef SOCKSPEC_BASE_CLOCK_H
#define SOCKSPEC_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL

/** clock_now_ns: CLOCK_MONOTONIC in nanoseconds. */
int64_t clock_now_ns(void);

/** clock_deadline_ms: the moment timeout_ms from now, in nanoseconds. */
int64_t clock_deadline_ms(int64_t timeout_ms);

/**
 * clock_left_ms: milliseconds until deadline_ns, rounded up, at least 0 and
 * at most INT_MAX, so that it can be handed to poll().
 */
int clock_left_ms(int64_t deadline_ns);

#endif
