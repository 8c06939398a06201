/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plan: the cases of a run in order, each with its disposition.  A plain
 * value: list, explain, coverage and --dry-run print it and stop.
 */
#ifndef SOCKSPEC_HARNESS_PLAN_H
#define SOCKSPEC_HARNESS_PLAN_H

#include "harness/transport.h"
#include "spec/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct check;
struct deviation;
struct deviation_list;
struct registry;
struct select;

struct plan_case {
	const struct check *check;
	const struct transport *row;	/* NULL: the check has no types */
	int param;			/* -1: the check has no parameters */
	bool swap;
	bool nonblock;
	char *id;			/* "bind/path_too_long@dgram+path" */
	uint64_t seed;
	enum force force;
	bool control;			/* never counts as conformance */
	const char *skip;		/* why it cannot run here, or NULL */
	const struct deviation *deviation;	/* expected failure, or NULL */
};

struct plan {
	struct plan_case *cases;	/* sorted by suite, check, row */
	size_t n;
};

#define PLAN_NULL { NULL, 0 }

/**
 * plan_make: expand the selected checks of the registry on their rows.
 * @select: which cases; NULL for all
 * @run_seed: the seed that the cases' seeds are derived from
 * @probe: try the needs, filling .skip; false leaves .skip NULL (list)
 */
void plan_make(struct plan *plan, const struct registry *registry,
	       const struct select *select, const struct deviation_list *deviations,
	       uint64_t run_seed, bool probe);
void plan_free(struct plan *plan);

/**
 * plan_same_body: do two cases differ in nothing but their row?  Such may run
 * in one process, one after the other.
 */
bool plan_same_body(const struct plan_case *a, const struct plan_case *b);

/** check_force: the force of the first clause it cites. */
enum force check_force(const struct check *check);

#endif
