/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether valgrind or a sanitizer watches this program, and what to tell it;
 * nothing of valgrind where its header was not there at build time.
 */
#ifndef SOCKSPEC_BASE_VALGRIND_H
#define SOCKSPEC_BASE_VALGRIND_H

#include <stdbool.h>

/** valgrind_runs: is this process under valgrind? */
bool valgrind_runs(void);

/** valgrind_errors: how many errors valgrind has found in this process. */
unsigned int valgrind_errors(void);

/**
 * asan_runs: is the program built with AddressSanitizer?  It looks into what
 * a call's arguments point at, and dies of a bad pointer before the kernel can
 * refuse it.
 */
bool asan_runs(void);

/**
 * valgrind_no_leak_check: no search for leaks when this process ends, as for
 * a process that ends by _exit() in the middle of its work; errors are still
 * found.
 */
void valgrind_no_leak_check(void);

#endif
