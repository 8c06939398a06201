/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One case in this very process, for a debugger or strace: no deadline, no
 * audit by a warden, the records in words on standard error.
 */
#ifndef SOCKSPEC_HARNESS_SINGLE_H
#define SOCKSPEC_HARNESS_SINGLE_H

struct plan;
struct run_options;

/**
 * run_single: run the only case of the plan; EXIT_USAGE when it has more than
 * one.  Returns an exit status.
 */
int run_single(const struct plan *plan, const struct run_options *options);

#endif
