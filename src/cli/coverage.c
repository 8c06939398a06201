// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "cli/coverage.h"

#include <string.h>

#include "base/buf.h"
#include "cli/peers.h"
#include "harness/check.h"
#include "harness/select.h"

#define EXCLUDED_MAX_PERCENT 5

static void take_check(struct coverage *c, const struct check *check)
{
	for (int i = 0; i < CHECK_MAX_CLAUSES && check->clauses[i]; i++)
		c->clause_checks[check->clauses[i]]++;
	for (int i = 0; i < CHECK_MAX_ROWS && check->rows[i]; i++)
		c->row_checks[check->rows[i]]++;
	/* The catalogue is of the socket layer. */
	if (check->subject == SUBJECT_SERVER) {
		c->n_server_checks++;
		return;
	}
	c->n_checks++;
	c->n_rowless += check->rows[0] == ROW_NONE;
}

enum row_state coverage_row_state(const struct coverage *c, enum row_id row)
{
	if (c->row_checks[row])
		return ROW_CHECKED;
	return exclusion_reason(row) ? ROW_EXCLUDED : ROW_UNCHECKED;
}

void coverage_take(struct coverage *c, const struct registry *registry)
{
	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < registry->n; i++)
		take_check(c, registry->checks[i]);
	c->n_rows = N_ROW - ROW_NONE - 1;
	for (enum row_id row = ROW_NONE + 1; row < N_ROW; row++) {
		c->totals[coverage_row_state(c, row)]++;
		c->n_stale += c->row_checks[row] && exclusion_reason(row);
	}
	c->n_clauses = N_CLAUSE - CLAUSE_NONE - 1;
	for (enum clause_id id = CLAUSE_NONE + 1; id < N_CLAUSE; id++)
		c->n_uncited += !c->clause_checks[id];
}

static struct coverage_group *find_section(struct coverage_group **groups,
					   size_t *n, const char *id)
{
	const char *dash = strrchr(id, '-');
	size_t len = dash ? (size_t)(dash - id) : strlen(id);

	for (size_t i = 0; i < *n; i++) {
		if ((*groups)[i].name_len == len &&
		    memcmp((*groups)[i].name, id, len) == 0)
			return &(*groups)[i];
	}
	*groups = xreallocarray(*groups, *n + 1, sizeof(**groups));
	(*groups)[*n] = (struct coverage_group){ .name = id, .name_len = len };
	return &(*groups)[(*n)++];
}

struct coverage_group *coverage_sections(const struct coverage *c,
					 size_t *ret_n)
{
	struct coverage_group *groups = NULL;

	*ret_n = 0;
	for (enum row_id row = ROW_NONE + 1; row < N_ROW; row++)
		find_section(&groups, ret_n, row_get(row)->id)
			->counts[coverage_row_state(c, row)]++;
	return groups;
}

struct coverage_group *coverage_peers(const struct coverage *c, size_t *ret_n)
{
	const struct peer *all = peers(ret_n);
	struct coverage_group *groups = xcalloc(*ret_n, sizeof(*groups));

	for (size_t i = 0; i < *ret_n; i++) {
		groups[i].name = all[i].name;
		groups[i].name_len = strlen(all[i].name);
		for (enum row_id row = ROW_NONE + 1; row < N_ROW; row++) {
			if (words_have(row_get(row)->suites, all[i].letter))
				groups[i].counts[coverage_row_state(c, row)]++;
		}
	}
	return groups;
}

size_t coverage_group_total(const struct coverage_group *group)
{
	size_t total = 0;

	for (int i = 0; i < N_ROW_STATE; i++)
		total += group->counts[i];
	return total;
}

const char *coverage_fault(const struct coverage *c)
{
	if (c->totals[ROW_UNCHECKED])
		return "rows of the catalogue are neither checked nor excluded";
	if (c->totals[ROW_EXCLUDED] * 100 > c->n_rows * EXCLUDED_MAX_PERCENT)
		return "more than 5 % of the catalogue is excluded";
	return NULL;
}
