// SPDX-License-Identifier: BSD-2-Clause
/* What counts as covered, and when the whole does not. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "cli/coverage.h"
#include "harness/check.h"
#include "harness_fixture.h"

static const struct check first = {
	.suite = "a", .name = "first", .rows = { SOCK_01, SOCK_02 },
	.clauses = { posix_socket_emfile },
};
static const struct check second = {
	.suite = "a", .name = "second", .rows = { SOCK_01, ABS_19 },
};
static const struct check without = {
	.suite = "a", .name = "without",
	.clauses = { posix_socket_emfile, posix_socket_eprototype },
};

START_TEST(checks_are_counted)
{
	const struct check *checks[] = { &first, &second, &without };
	struct registry registry = { checks, 3 };
	struct coverage c;

	coverage_take(&c, &registry);
	ck_assert_uint_eq(c.n_checks, 3);
	ck_assert_uint_eq(c.n_rowless, 1);
	ck_assert_uint_eq(c.row_checks[SOCK_01], 2);
	ck_assert_uint_eq(c.totals[ROW_CHECKED], 3);
	ck_assert_uint_eq(c.n_rows, c.totals[ROW_CHECKED] +
			  c.totals[ROW_EXCLUDED] + c.totals[ROW_UNCHECKED]);
	ck_assert_uint_eq(c.n_uncited, c.n_clauses - 2);
	ck_assert_int_eq(coverage_row_state(&c, SOCK_02), ROW_CHECKED);
	ck_assert_int_eq(coverage_row_state(&c, SOCK_03), ROW_UNCHECKED);
	ck_assert_int_eq(coverage_row_state(&c, NAME_16), ROW_EXCLUDED);
	/* Both excluded and checked. */
	ck_assert_int_eq(coverage_row_state(&c, ABS_19), ROW_CHECKED);
	ck_assert_uint_eq(c.n_stale, 1);
}
END_TEST

static const char *fault_of(size_t checked, size_t excluded, size_t unchecked)
{
	static struct coverage c;

	memset(&c, 0, sizeof(c));
	c.totals[ROW_CHECKED] = checked;
	c.totals[ROW_EXCLUDED] = excluded;
	c.totals[ROW_UNCHECKED] = unchecked;
	c.n_rows = checked + excluded + unchecked;
	return coverage_fault(&c);
}

START_TEST(a_row_without_either_is_a_fault)
{
	ck_assert_ptr_null(fault_of(100, 0, 0));
	ck_assert_str_eq(fault_of(1000, 0, 1),
			 "rows of the catalogue are neither checked nor excluded");
}
END_TEST

START_TEST(more_than_5_percent_is_a_fault)
{
	ck_assert_ptr_null(fault_of(95, 5, 0));
	ck_assert_ptr_null(fault_of(1018, 53, 0));
	ck_assert_str_eq(fault_of(94, 6, 0),
			 "more than 5 % of the catalogue is excluded");
	ck_assert_ptr_nonnull(fault_of(1017, 54, 0));
}
END_TEST

START_TEST(sections_and_peers_have_all_rows)
{
	struct registry registry = { NULL, 0 };
	struct coverage_group *groups;
	struct coverage c;
	size_t n, rows = 0;

	coverage_take(&c, &registry);
	groups = coverage_sections(&c, &n);
	for (size_t i = 0; i < n; i++)
		rows += coverage_group_total(&groups[i]);
	ck_assert_uint_eq(rows, c.n_rows);
	free(groups);
	groups = coverage_peers(&c, &n);
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_ge(coverage_group_total(&groups[i]), 1);
	free(groups);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("coverage");

	tcase_add_test(tc, checks_are_counted);
	tcase_add_test(tc, a_row_without_either_is_a_fault);
	tcase_add_test(tc, more_than_5_percent_is_a_fault);
	tcase_add_test(tc, sections_and_peers_have_all_rows);
	return fixture_run("cli_coverage", tc);
}
