// SPDX-License-Identifier: BSD-2-Clause
/* The registry sorts, and refuses what no report could hold. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "harness/check.h"
#include "harness/registry.h"
#include "harness_fixture.h"

#define SOUND \
	.title = "it does what it says", CLAUSES(posix_socket_types), \
	.why = "Users rely on it."

static const struct check bind_b = { .suite = "bind", .name = "b", SOUND };
static const struct check bind_a = { .suite = "bind", .name = "a", SOUND };
static const struct check bind2_a = { .suite = "bind2", .name = "a", SOUND };
static const struct check accept_z = { .suite = "accept", .name = "z", SOUND };

START_TEST(order_is_by_id)
{
	const struct check *const in[] = {
		&bind_b, &bind2_a, &accept_z, &bind_a,
	};
	struct registry r;

	ck_assert_ptr_null(registry_make(&r, in, in + 4));
	ck_assert_uint_eq(r.n, 4);
	ck_assert_ptr_eq(r.checks[0], &accept_z);
	ck_assert_ptr_eq(r.checks[1], &bind_a);
	ck_assert_ptr_eq(r.checks[2], &bind_b);
	ck_assert_ptr_eq(r.checks[3], &bind2_a);
	registry_free(&r);
	ck_assert_uint_eq(r.n, 0);
	ck_assert_ptr_null(r.checks);
}
END_TEST

START_TEST(comparison_is_suite_then_name)
{
	ck_assert_int_lt(check_compare(&bind_a, &bind_b), 0);
	ck_assert_int_gt(check_compare(&bind_b, &bind_a), 0);
	ck_assert_int_eq(check_compare(&bind_a, &bind_a), 0);
	ck_assert_int_lt(check_compare(&bind_b, &bind2_a), 0);
}
END_TEST

START_TEST(empty_refuses)
{
	const struct check *const in[] = { &bind_a };
	struct registry r;

	ck_assert_str_eq(registry_make(&r, in, in),
			 "there are no checks in this program");
	ck_assert_uint_eq(r.n, 0);
}
END_TEST

static void load(const void *arg)
{
	struct registry r;

	(void)arg;
	registry_load(&r);
}

START_TEST(program_without_checks_ends)
{
	char said[200];

	ck_assert_int_eq(fixture_death(load, NULL, said, sizeof(said)), 3);
	ck_assert_str_eq(said,
			 "sockspec: there are no checks in this program\n");
}
END_TEST

#define TEN "ten bytes "
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
	struct check check;
	const char *fault;	/* NULL: sound */
} faults[] = {
	{ { .suite = "s", .name = "n", SOUND }, NULL },
	{ { .suite = "s", .name = "n", SOUND, .types = ANY_TYPE,
	    .addrs = PATH }, NULL },
	{ { .suite = "s", .name = "n", CLAUSES(posix_socket_types),
	    .why = "w" }, "check s/n has no title" },
	{ { .suite = "s", .name = "n", .title = "",
	    CLAUSES(posix_socket_types), .why = "w" },
	  "check s/n has no title" },
	{ { .suite = "s", .name = "n", .title = HUNDRED,
	    CLAUSES(posix_socket_types), .why = "w" }, NULL },
	{ { .suite = "s", .name = "n", .title = HUNDRED ".",
	    CLAUSES(posix_socket_types), .why = "w" },
	  "check s/n has a title that is too long" },
	{ { .suite = "s", .name = "n", .title = "it # skips",
	    CLAUSES(posix_socket_types), .why = "w" },
	  "check s/n has a '#' or a line break in its title" },
	{ { .suite = "s", .name = "n", .title = "two\nlines",
	    CLAUSES(posix_socket_types), .why = "w" },
	  "check s/n has a '#' or a line break in its title" },
	{ { .suite = "s", .name = "n", .title = "t", .why = "w" },
	  "check s/n cites no clause" },
	{ { .suite = "s", .name = "n", .title = "t",
	    CLAUSES(posix_socket_types) },
	  "check s/n does not say why it matters" },
	{ { .suite = "s", .name = "n", SOUND, .addrs = PATH },
	  "check s/n has address kinds but no types" },
};

START_TEST(faulty_check_refuses_all)
{
	const struct check *const in[] = { &bind_a, &faults[_i].check };
	struct registry r;
	const char *fault = registry_make(&r, in, in + 2);

	if (faults[_i].fault) {
		ck_assert_ptr_nonnull(fault);
		ck_assert_str_eq(fault, faults[_i].fault);
		ck_assert_uint_eq(r.n, 0);
		ck_assert_ptr_null(r.checks);
	} else {
		ck_assert_ptr_null(fault);
		ck_assert_uint_eq(r.n, 2);
		registry_free(&r);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("registry");

	tcase_add_test(tc, order_is_by_id);
	tcase_add_test(tc, comparison_is_suite_then_name);
	tcase_add_test(tc, empty_refuses);
	tcase_add_test(tc, program_without_checks_ends);
	tcase_add_loop_test(tc, faulty_check_refuses_all, 0,
			    (int)(sizeof(faults) / sizeof(faults[0])));
	return fixture_run("harness_registry", tc);
}
