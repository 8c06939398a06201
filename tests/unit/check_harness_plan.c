// SPDX-License-Identifier: BSD-2-Clause
/* The plan: which cases a check yields, in which order, with which fate. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "harness/check.h"
#include "harness/deviation.h"
#include "harness/plan.h"
#include "harness/registry.h"
#include "harness/select.h"
#include "harness_fixture.h"

#define SOUND \
	.title = "it does what it says", .why = "Users rely on it."
#define CITES CLAUSES(posix_socket_types)

/* The plan of one check, compared with the ids in order. */
static void assert_ids(const struct check *check, const char *const *ids)
{
	const struct check *checks[] = { check };
	struct registry r = { checks, 1 };
	struct plan plan = PLAN_NULL;
	size_t n = 0;

	plan_make(&plan, &r, NULL, NULL, 1, false);
	while (ids[n]) {
		ck_assert_uint_lt(n, plan.n);
		ck_assert_str_eq(plan.cases[n].id, ids[n]);
		n++;
	}
	ck_assert_uint_eq(plan.n, n);
	plan_free(&plan);
	ck_assert_uint_eq(plan.n, 0);
}

#define IDS(...) (const char *const[]){ __VA_ARGS__, NULL }

START_TEST(without_types_there_is_one_case)
{
	const struct check check = { .suite = "s", .name = "n", SOUND, CITES };

	assert_ids(&check, IDS("s/n"));
}
END_TEST

START_TEST(types_alone_are_bare_rows)
{
	const struct check check = { .suite = "s", .name = "n", SOUND, CITES,
				     .types = MESSAGES };

	assert_ids(&check, IDS("s/n@dgram", "s/n@seqpacket"));
}
END_TEST

START_TEST(types_times_addresses)
{
	const struct check check = { .suite = "s", .name = "n", SOUND, CITES,
				     .types = CONNECTED, .addrs = ANY_ADDR };

	assert_ids(&check, IDS("s/n@stream+path", "s/n@stream+abstract",
			       "s/n@stream+pair", "s/n@seqpacket+path",
			       "s/n@seqpacket+abstract",
			       "s/n@seqpacket+pair"));
}
END_TEST

START_TEST(axes_follow_the_plain_row)
{
	const struct check check = { .suite = "s", .name = "n", SOUND, CITES,
				     .types = STREAM | DGRAM, .addrs = PAIR,
				     .axes = SWAP | NONBLOCK };

	assert_ids(&check, IDS("s/n@stream+pair", "s/n@stream+pair+nonblock",
			       "s/n@stream+pair+swap", "s/n@dgram+pair",
			       "s/n@dgram+pair+nonblock",
			       "s/n@dgram+pair+swap"));
}
END_TEST

START_TEST(controls_come_last_and_plain)
{
	const struct check check = { .suite = "s", .name = "n", SOUND, CITES,
				     .types = STREAM, .addrs = PATH,
				     .axes = SWAP, .controls = TCP | UDP | PIPE };

	/* UDP is not asked of a check of streams. */
	assert_ids(&check, IDS("s/n@stream+path", "s/n@stream+path+swap",
			       "s/n@tcp4", "s/n@tcp6", "s/n@pipe"));
}
END_TEST

START_TEST(seqpacket_has_no_control)
{
	const struct check check = { .suite = "s", .name = "n", SOUND, CITES,
				     .types = SEQPACKET,
				     .controls = TCP | UDP | PIPE };

	assert_ids(&check, IDS("s/n@seqpacket"));
}
END_TEST

START_TEST(parameters_are_cases)
{
	const struct check bare = { .suite = "s", .name = "n", SOUND, CITES,
				    PARAMS("zero", "one") };
	const struct check rows = { .suite = "s", .name = "n", SOUND, CITES,
				    PARAMS("listen", "accept"),
				    .types = STREAM | DGRAM };

	assert_ids(&bare, IDS("s/n:zero", "s/n:one"));
	assert_ids(&rows, IDS("s/n:listen@stream", "s/n:listen@dgram",
			      "s/n:accept@stream", "s/n:accept@dgram"));
}
END_TEST

START_TEST(case_knows_what_it_is)
{
	const struct check check = { .suite = "s", .name = "n", SOUND,
				     CLAUSES(linux_unix_create_proto,
					     posix_socket_types),
				     PARAMS("a", "b"), .types = STREAM,
				     .addrs = PATH, .axes = SWAP | NONBLOCK,
				     .controls = TCP };
	const struct check *checks[] = { &check };
	struct registry r = { checks, 1 };
	struct plan plan = PLAN_NULL;

	plan_make(&plan, &r, NULL, NULL, 1, false);
	ck_assert_uint_eq(plan.n, 10);
	for (size_t i = 0; i < plan.n; i++) {
		const struct plan_case *pc = &plan.cases[i];
		size_t row = i % 5;	/* plain, nonblock, swap, tcp4, tcp6 */

		ck_assert_ptr_eq(pc->check, &check);
		ck_assert_int_eq(pc->param, (int)(i / 5));
		ck_assert_int_eq(pc->nonblock, row == 1);
		ck_assert_int_eq(pc->swap, row == 2);
		ck_assert_int_eq(pc->control, row > 2);
		ck_assert_str_eq(pc->row->name, row < 3 ? "stream+path" :
				 row == 3 ? "tcp4" : "tcp6");
		/* The first clause is the governing one. */
		ck_assert_int_eq((int)pc->force, ABI);
		ck_assert_ptr_null(pc->skip);
		ck_assert_ptr_null(pc->deviation);
	}
	plan_free(&plan);
}
END_TEST

START_TEST(seeds_hang_on_id_and_run_alone)
{
	const struct check one = { .suite = "s", .name = "a", SOUND, CITES,
				   .types = ANY_TYPE };
	const struct check two = { .suite = "s", .name = "b", SOUND, CITES,
				   .types = ANY_TYPE };
	const struct check *checks[] = { &one, &two };
	struct registry both = { checks, 2 }, second = { checks + 1, 1 };
	struct plan a = PLAN_NULL, b = PLAN_NULL, c = PLAN_NULL;

	plan_make(&a, &both, NULL, NULL, 1, false);
	plan_make(&b, &second, NULL, NULL, 1, false);
	plan_make(&c, &both, NULL, NULL, 2, false);
	for (size_t i = 0; i < a.n; i++) {
		ck_assert_uint_ne(a.cases[i].seed, c.cases[i].seed);
		for (size_t j = 0; j < i; j++)
			ck_assert_uint_ne(a.cases[i].seed, a.cases[j].seed);
	}
	for (size_t i = 0; i < b.n; i++) {
		ck_assert_str_eq(b.cases[i].id, a.cases[i + 3].id);
		ck_assert_uint_eq(b.cases[i].seed, a.cases[i + 3].seed);
	}
	plan_free(&a);
	plan_free(&b);
	plan_free(&c);
}
END_TEST

START_TEST(selection_narrows)
{
	const struct check check = { .suite = "s", .name = "n", SOUND, CITES,
				     .types = ANY_TYPE, .addrs = NAMED };
	const struct check *checks[] = { &check };
	const char *patterns[] = { "*+path" };
	struct select select = { .patterns = patterns, .n_patterns = 1,
				 .force_max = DIFFERS_FROM_LINUX };
	struct registry r = { checks, 1 };
	struct plan plan = PLAN_NULL;

	plan_make(&plan, &r, &select, NULL, 1, false);
	ck_assert_uint_eq(plan.n, 3);
	ck_assert_str_eq(plan.cases[2].id, "s/n@seqpacket+path");
	plan_free(&plan);
}
END_TEST

START_TEST(deviations_find_their_cases)
{
	const struct check check = { .suite = "s", .name = "n", SOUND, CITES,
				     .types = STREAM | DGRAM };
	const struct check *checks[] = { &check };
	struct deviation entry = { (char *)"s/n@dgram", (char *)"known" };
	struct deviation_list list = { &entry, 1 };
	struct registry r = { checks, 1 };
	struct plan plan = PLAN_NULL;

	plan_make(&plan, &r, NULL, &list, 1, false);
	ck_assert_ptr_null(plan.cases[0].deviation);
	ck_assert_ptr_eq(plan.cases[1].deviation, &entry);
	plan_free(&plan);
}
END_TEST

/* Nobody is both root and not. */
START_TEST(needs_are_tried_when_asked)
{
	const struct check check = { .suite = "s", .name = "n", SOUND, CITES,
				     .needs = NEED_ROOT | NEED_UNPRIVILEGED };
	const struct check *checks[] = { &check };
	struct registry r = { checks, 1 };
	struct plan plan = PLAN_NULL;

	plan_make(&plan, &r, NULL, NULL, 1, false);
	ck_assert_ptr_null(plan.cases[0].skip);
	plan_free(&plan);
	plan_make(&plan, &r, NULL, NULL, 1, true);
	ck_assert_ptr_nonnull(plan.cases[0].skip);
	plan_free(&plan);
}
END_TEST

START_TEST(descriptors_are_counted_when_asked)
{
	struct check few = { .suite = "s", .name = "few", SOUND, CITES };
	struct check many = { .suite = "s", .name = "many", SOUND, CITES };
	const struct check *checks[] = { &few, &many };
	struct registry r = { checks, 2 };
	struct plan plan = PLAN_NULL;
	struct rlimit limit;

	/* Valgrind lets nobody change the hard limit. */
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	few.nofile = (unsigned int)limit.rlim_max;
	many.nofile = few.nofile + 1;
	plan_make(&plan, &r, NULL, NULL, 1, true);
	ck_assert_ptr_null(plan.cases[0].skip);
	ck_assert_ptr_nonnull(plan.cases[1].skip);
	plan_free(&plan);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("plan");

	tcase_add_test(tc, without_types_there_is_one_case);
	tcase_add_test(tc, types_alone_are_bare_rows);
	tcase_add_test(tc, types_times_addresses);
	tcase_add_test(tc, axes_follow_the_plain_row);
	tcase_add_test(tc, controls_come_last_and_plain);
	tcase_add_test(tc, seqpacket_has_no_control);
	tcase_add_test(tc, parameters_are_cases);
	tcase_add_test(tc, case_knows_what_it_is);
	tcase_add_test(tc, seeds_hang_on_id_and_run_alone);
	tcase_add_test(tc, selection_narrows);
	tcase_add_test(tc, deviations_find_their_cases);
	tcase_add_test(tc, needs_are_tried_when_asked);
	tcase_add_test(tc, descriptors_are_counted_when_asked);
	return fixture_run("harness_plan", tc);
}
