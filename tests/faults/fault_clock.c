// SPDX-License-Identifier: BSD-2-Clause
/*
 * The checker takes seconds to call a call hung.  Its clock is made to run
 * fast, so that a fault that makes calls hang is found in one.
 */
#include "config.h"

#include "fault.h"

#include <dlfcn.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

long fault_hurry = 1;

__attribute__((visibility("default")))
int wrap_clock_gettime(clockid_t id, struct timespec *ts)
	__asm__("clock_gettime");

__attribute__((visibility("default")))
int wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	static int (*_Atomic real)(clockid_t, struct timespec *);
	int64_t ns;
	int ret;

	if (!real)
		real = (__typeof__(&wrap_clock_gettime))dlsym(RTLD_NEXT,
							      "clock_gettime");
	ret = real(id, ts);
	if (ret == 0 && id == CLOCK_MONOTONIC && fault_hurry > 1) {
		ns = (ts->tv_sec * NS_PER_S + ts->tv_nsec) * fault_hurry;
		ts->tv_sec = ns / NS_PER_S;
		ts->tv_nsec = ns % NS_PER_S;
	}
	return ret;
}
