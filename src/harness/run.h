/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run: the plan's cases, once or in many rounds, each case's results put
 * together and released in plan order.
 */
#ifndef SOCKSPEC_HARNESS_RUN_H
#define SOCKSPEC_HARNESS_RUN_H

#include "harness/event.h"

#include <stdbool.h>
#include <stdint.h>

struct run_options {
	unsigned int jobs;
	unsigned int repeat;		/* rounds; 0: until one of the next two */
	unsigned int duration_s;	/* new rounds until so long; 0: no */
	bool until_fail;		/* stop after the first round with one */
	unsigned int volume;
	unsigned int timeout_scale;
	bool valgrind;
	bool isolate;			/* a process for each case */
	const char *base_dir;
};

/* Who wants to hear of it. */
struct run_listener {
	void *arg;
	/* In plan order, when the last round of the case is over. */
	void (*case_end)(void *arg, const struct plan_case *pc,
			 const struct case_result *result);
	/* After each case as it completes; may be NULL. */
	void (*progress)(void *arg, size_t done, size_t total,
			 unsigned int round);
};

/**
 * run_plan: run it, filling *totals.  SIGINT, SIGTERM and SIGHUP end it early
 * with what is there: totals->interrupted_by.
 */
void run_plan(const struct plan *plan, const struct run_options *options,
	      const struct run_listener *listener, struct run_totals *totals);

/** run_exit_status: of a finished run (base/die.h). */
int run_exit_status(const struct run_totals *totals);

#endif
