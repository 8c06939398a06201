// SPDX-License-Identifier: BSD-2-Clause
/*
 * Check times row, in an order that does not depend on the linker: checks by
 * id, then parameters, then rows as in the transport table, plain before
 * non-blocking before swapped.
 */
#include "config.h"

#include "harness/plan.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/hash.h"
#include "harness/check.h"
#include "harness/deviation.h"
#include "harness/registry.h"
#include "harness/select.h"

struct expansion {
	struct plan *plan;
	size_t size;
	const struct select *select;
	const struct deviation_list *deviations;
	uint64_t run_seed;
	bool probe;
};

bool plan_same_body(const struct plan_case *a, const struct plan_case *b)
{
	return a->check == b->check && a->param == b->param;
}

enum force check_force(const struct check *check)
{
	return clause_get(check->clauses[0])->force;
}

/* Why the machine cannot give the case enough descriptors, or NULL. */
static const char *nofile_missing(unsigned int wanted)
{
	struct rlimit limit;

	if (!wanted || getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_max >= wanted)
		return NULL;
	return "RLIMIT_NOFILE is too low for this many descriptors";
}

/* A control is of use where its loopback is. */
static unsigned int row_needs(const struct transport *row)
{
	switch (row ? row->family : AF_UNSPEC) {
	case AF_INET:
		return NEED_INET;
	case AF_INET6:
		return NEED_INET6;
	default:
		return 0;
	}
}

static void add_case(struct expansion *x, const struct check *check,
		     const struct transport *row, int param, bool swap,
		     bool nonblock)
{
	struct buf id = BUF_NULL;
	struct plan_case pc = {
		.check = check, .row = row, .param = param, .swap = swap,
		.nonblock = nonblock, .force = check_force(check),
		.control = row && row->control,
	};

	buf_printf(&id, "%s/%s", check->suite, check->name);
	if (param >= 0)
		buf_printf(&id, ":%s", check->params[param]);
	if (row)
		buf_printf(&id, "@%s", row->name);
	if (nonblock)
		buf_printf(&id, "+nonblock");
	if (swap)
		buf_printf(&id, "+swap");
	pc.id = buf_take(&id);
	if (!select_has(x->select, &pc)) {
		free(pc.id);
		return;
	}
	pc.seed = hash64(pc.id, strlen(pc.id), x->run_seed);
	if (x->probe) {
		pc.skip = need_missing(check->needs | row_needs(row));
		if (!pc.skip)
			pc.skip = nofile_missing(check->nofile);
	}
	pc.deviation = deviation_find(x->deviations, pc.id);
	if (x->plan->n == x->size) {
		x->size = x->size ? x->size * 2 : 256;
		x->plan->cases = xreallocarray(x->plan->cases, x->size,
					       sizeof(*x->plan->cases));
	}
	x->plan->cases[x->plan->n++] = pc;
}

static bool row_applies(const struct check *check, const struct transport *row)
{
	if (row->control)
		return (check->controls & row->control) &&
		       (check->types & row->type_bit);
	if (!(check->types & row->type_bit))
		return false;
	return check->addrs ? (check->addrs & row->addr) != 0 :
			      row->addr == NO_ADDR;
}

static void add_rows(struct expansion *x, const struct check *check, int param)
{
	size_t n;
	const struct transport *rows = transports(&n);

	if (!check->types) {
		add_case(x, check, NULL, param, false, false);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (!row_applies(check, &rows[i]))
			continue;
		add_case(x, check, &rows[i], param, false, false);
		if (rows[i].control)
			continue;
		if (check->axes & NONBLOCK)
			add_case(x, check, &rows[i], param, false, true);
		if (check->axes & SWAP)
			add_case(x, check, &rows[i], param, true, false);
	}
}

void plan_make(struct plan *plan, const struct registry *registry,
	       const struct select *select,
	       const struct deviation_list *deviations, uint64_t run_seed,
	       bool probe)
{
	struct expansion x = {
		.plan = plan, .select = select, .deviations = deviations,
		.run_seed = run_seed, .probe = probe,
	};

	for (size_t i = 0; i < registry->n; i++) {
		const struct check *check = registry->checks[i];

		if (!check->params) {
			add_rows(&x, check, -1);
			continue;
		}
		for (int p = 0; check->params[p]; p++)
			add_rows(&x, check, p);
	}
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		free(plan->cases[i].id);
	free(plan->cases);
	plan->cases = NULL;
	plan->n = 0;
}
