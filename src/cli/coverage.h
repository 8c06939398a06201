/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checks held against the catalogue, both ways.
 */
#ifndef SOCKSPEC_CLI_COVERAGE_H
#define SOCKSPEC_CLI_COVERAGE_H

#include "harness/registry.h"
#include "spec/spec.h"

#include <stdbool.h>
#include <stddef.h>

enum row_state {
	ROW_CHECKED,
	ROW_EXCLUDED,	/* no check, and a reason why */
	ROW_UNCHECKED,
	N_ROW_STATE,
};

struct coverage {
	unsigned int row_checks[N_ROW];		/* checks that assert the row */
	unsigned int clause_checks[N_CLAUSE];	/* checks that cite the clause */
	size_t totals[N_ROW_STATE];
	size_t n_rows;
	size_t n_checks;	/* of the platform */
	size_t n_server_checks;
	size_t n_rowless;	/* checks that assert no row */
	size_t n_clauses;
	size_t n_uncited;
	size_t n_stale;		/* rows both excluded and checked */
};

/* Rows counted by some quality that they share. */
struct coverage_group {
	const char *name;
	size_t name_len;
	size_t counts[N_ROW_STATE];
};

void coverage_take(struct coverage *c, const struct registry *registry);

/** coverage_row_state: of a row above ROW_NONE. */
enum row_state coverage_row_state(const struct coverage *c, enum row_id row);

/**
 * coverage_sections: rows by the prefix of their ids ("SOCK" of "SOCK-01"),
 * in the order of the catalogue; an array to be freed.
 */
struct coverage_group *coverage_sections(const struct coverage *c,
					 size_t *ret_n);

/** coverage_peers: rows by the other suites that touch them; to be freed. */
struct coverage_group *coverage_peers(const struct coverage *c, size_t *ret_n);

/** coverage_group_total: rows of the group. */
size_t coverage_group_total(const struct coverage_group *group);

/**
 * coverage_fault: why the catalogue is not covered, or NULL: each row is to
 * be checked or excluded, and of all rows no more than 5 % excluded.
 */
const char *coverage_fault(const struct coverage *c);

#endif
