/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every subcommand that runs cases finds out before it starts.
 */
#ifndef SOCKSPEC_CLI_PREPARE_H
#define SOCKSPEC_CLI_PREPARE_H

#include "harness/run.h"

#include <stdint.h>

/**
 * prepare_options: the directory to work in and whether valgrind watches,
 * after the command line was read.  Ends with EXIT_CHECKER when TMPDIR or
 * RLIMIT_NOFILE leave no room to work in; the soft limit is raised.
 */
void prepare_options(struct run_options *options);

/** prepare_base_dir: TMPDIR, or /tmp; EXIT_CHECKER when it is too long. */
const char *prepare_base_dir(void);

/** prepare_seed: a seed that nobody chose. */
uint64_t prepare_seed(void);

/** prepare_system: "Linux 6.18.44 x86_64"; valid for good. */
const char *prepare_system(void);

/** prepare_user: "root" or "uid 1000"; valid for good. */
const char *prepare_user(void);

#endif
