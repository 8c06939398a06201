/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs the cases of a plan through wardens, some at a time.
 */
#ifndef SOCKSPEC_HARNESS_EXECUTOR_H
#define SOCKSPEC_HARNESS_EXECUTOR_H

#include "harness/warden.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct executor;

/** executor_seen: what was seen of one case, in the order of completion. */
typedef void executor_seen(void *arg, const struct sighting *s,
			   const char *records, const char *output);

/**
 * executor_start: start the wardens.  Ends the program with EXIT_CHECKER and
 * one line when none can work (no working directory, no process).
 */
struct executor *executor_start(const struct warden_config *config,
				unsigned int jobs);

/**
 * executor_run: run the cases marked in wanted[] once, exclusive ones one at a
 * time: before all others, or after them where servers are judged.  Returns 0,
 * or the signal that *stop held.
 * @stop: becomes a signal number asynchronously; no case is started then
 */
int executor_run(struct executor *ex, const bool *wanted, executor_seen *seen,
		 void *arg, const volatile int *stop);

/** executor_stop: end the wardens; a case that still runs is killed. */
void executor_stop(struct executor *ex);

#endif
