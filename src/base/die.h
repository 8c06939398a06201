/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exit statuses, and the one line on standard error that goes with them.
 */
#ifndef SOCKSPEC_BASE_DIE_H
#define SOCKSPEC_BASE_DIE_H

enum exit_status {
	EXIT_AS_REQUIRED = 0,	/* everything is as required */
	EXIT_DIFFERS = 1,	/* something is not */
	EXIT_USAGE = 2,		/* bad arguments or input files */
	EXIT_CHECKER = 3,	/* the checker itself failed */
	EXIT_NOTHING_RAN = 77,	/* every selected case was skipped */
	EXIT_SIGNALLED = 128,	/* + the signal that interrupted the run */
};

/** complain: "sockspec: TEXT" and a newline on standard error. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** die: complain, then exit with status. */
void die(int status, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

#endif
