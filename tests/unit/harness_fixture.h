/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of the harness share: running a suite, and watching a
 * function end the program.
 */
#ifndef SOCKSPEC_TESTS_HARNESS_FIXTURE_H
#define SOCKSPEC_TESTS_HARNESS_FIXTURE_H

#include <check.h>

/** fixture_run: run one test case as a suite, TAP on standard output. */
int fixture_run(const char *name, TCase *tc);

/** fixture_run_apart: the same where a test needs a process of its own. */
int fixture_run_apart(const char *name, TCase *tc);

/**
 * fixture_death: fn(arg) in a child; its exit status, and what it printed on
 * standard error in text (cut, ended by NUL).  -1 when it returned or was
 * killed.
 */
int fixture_death(void (*fn)(const void *arg), const void *arg, char *text,
		  int size);

/** fixture_write: a file of these bytes at path. */
void fixture_write(const char *path, const void *data, unsigned long len);

#endif
