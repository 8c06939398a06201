// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "base/valgrind.h"

#ifdef HAVE_VALGRIND_VALGRIND_H
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_COUNT_ERRORS 0
#endif

/* Options can be changed by the program since valgrind 3.17. */
#ifndef VALGRIND_CLO_CHANGE
#define VALGRIND_CLO_CHANGE(option)
#endif

bool valgrind_runs(void)
{
	return RUNNING_ON_VALGRIND;
}

unsigned int valgrind_errors(void)
{
	return VALGRIND_COUNT_ERRORS;
}

bool asan_runs(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	return true;
#endif
#endif
	return false;
}

void valgrind_no_leak_check(void)
{
	VALGRIND_CLO_CHANGE("--leak-check=no");
}
