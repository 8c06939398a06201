// SPDX-License-Identifier: BSD-2-Clause
/* Numbers, times and selections of the command line. */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "cli/options.h"
#include "harness/check.h"
#include "harness_fixture.h"

START_TEST(numbers)
{
	ck_assert_uint_eq(parse_number("-j", "1", 1, 64), 1);
	ck_assert_uint_eq(parse_number("-j", "64", 1, 64), 64);
	ck_assert_uint_eq(parse_number("-j", "007", 1, 64), 7);
	ck_assert_uint_eq(parse_number("-j", "010", 1, 64), 10);
	ck_assert_uint_eq(parse_number("-j", "0x1f", 1, 64), 31);
	ck_assert_uint_eq(parse_number("-j", "0X1F", 1, 64), 31);
	ck_assert_uint_eq(parse_number("--seed", "0", 0, UINT64_MAX), 0);
	ck_assert(parse_number("--seed", "18446744073709551615", 0,
			       UINT64_MAX) == UINT64_MAX);
	ck_assert(parse_number("--seed", "0xffffffffffffffff", 0,
			       UINT64_MAX) == UINT64_MAX);
}
END_TEST

static void take_number(const void *arg)
{
	parse_number("-j", arg, 1, 64);
}

static const char *const bad_numbers[] = {
	"", "0", "65", "-1", "+1", " 1", "1 ", "1x", "x", "0x", "0xg", "1.5",
	"1e3", "18446744073709551616", "99999999999999999999999",
};

START_TEST(bad_number_is_usage)
{
	char said[300], want[300];

	ck_assert_int_eq(fixture_death(take_number, bad_numbers[_i], said,
				       sizeof(said)), EXIT_USAGE);
	snprintf(want, sizeof(want),
		 "sockspec: -j takes a number of 1 to 64, not '%s'\n",
		 bad_numbers[_i]);
	ck_assert_str_eq(said, want);
}
END_TEST

START_TEST(durations)
{
	ck_assert_uint_eq(parse_duration_s("--duration", "90"), 90);
	ck_assert_uint_eq(parse_duration_s("--duration", "90s"), 90);
	ck_assert_uint_eq(parse_duration_s("--duration", "5m"), 300);
	ck_assert_uint_eq(parse_duration_s("--duration", "2h"), 7200);
	ck_assert_uint_eq(parse_duration_s("--duration", "999999h"),
			  999999U * 3600U);
}
END_TEST

static void take_duration(const void *arg)
{
	parse_duration_s("--duration", arg);
}

static const char *const bad_durations[] = {
	"", "0", "0s", "s", "-5s", "5d", "5ms", "5 m", " 5", "1.5h", "1h30m",
	"1000000", "99999999999999999999s",
};

START_TEST(bad_duration_is_usage)
{
	char said[300], want[300];

	ck_assert_int_eq(fixture_death(take_duration, bad_durations[_i], said,
				       sizeof(said)), EXIT_USAGE);
	snprintf(want, sizeof(want), "sockspec: --duration takes a time such as "
		 "90s, 5m or 2h, not '%s'\n", bad_durations[_i]);
	ck_assert_str_eq(said, want);
}
END_TEST

START_TEST(formats)
{
	ck_assert(parse_text_or_json("json"));
	ck_assert(!parse_text_or_json("text"));
}
END_TEST

START_TEST(selection_gathers)
{
	char first[] = "bind", second[] = "listen/*";
	char *argv[] = { first, second };
	struct select s = SELECT_NULL;

	ck_assert(select_option(&s, OPT_EXCLUDE, "a"));
	ck_assert(select_option(&s, OPT_EXCLUDE, "b"));
	ck_assert(select_option(&s, OPT_TAG, "slow"));
	ck_assert(!select_option(&s, OPT_OWN, "c"));
	ck_assert(!select_option(&s, 'j', "c"));
	select_patterns(&s, 2, argv);
	ck_assert_uint_eq(s.n_excludes, 2);
	ck_assert_str_eq(s.excludes[1], "b");
	ck_assert_uint_eq(s.n_tags, 1);
	ck_assert_str_eq(s.tags[0], "slow");
	ck_assert_uint_eq(s.n_patterns, 2);
	ck_assert_str_eq(s.patterns[0], "bind");
	ck_assert_str_eq(s.patterns[1], "listen/*");
	select_free(&s);
	ck_assert_uint_eq(s.n_patterns, 0);
	ck_assert_ptr_null(s.patterns);
}
END_TEST

START_TEST(force_and_profile_draw_the_line)
{
	struct select s = SELECT_NULL;

	ck_assert_int_eq((int)s.force_max, FAILS_ITS_USERS);
	select_option(&s, OPT_FORCE, "posix");
	ck_assert_int_eq((int)s.force_max, BREAKS_POSIX);
	select_option(&s, OPT_FORCE, "linux");
	ck_assert_int_eq((int)s.force_max, BREAKS_LINUX);
	select_option(&s, OPT_FORCE, "abi");
	ck_assert_int_eq((int)s.force_max, FAILS_ITS_USERS);
	ck_assert(!s.conformance_only);
	select_option(&s, OPT_PROFILE, "posix-strict");
	ck_assert_int_eq((int)s.force_max, BREAKS_POSIX);
	ck_assert(s.conformance_only);
}
END_TEST

START_TEST(shards)
{
	struct select s = SELECT_NULL;

	select_option(&s, OPT_SHARD, "1/1");
	ck_assert_uint_eq(s.shard, 1);
	ck_assert_uint_eq(s.shards, 1);
	select_option(&s, OPT_SHARD, "3/4");
	ck_assert_uint_eq(s.shard, 3);
	ck_assert_uint_eq(s.shards, 4);
}
END_TEST

struct bad_option {
	int option;
	const char *value;
};

static const struct bad_option bad_options[] = {
	{ OPT_FORCE, "shall" },
	{ OPT_FORCE, "" },
	{ OPT_PROFILE, "gentle" },
	{ OPT_SHARD, "1" },
	{ OPT_SHARD, "0/4" },
	{ OPT_SHARD, "5/4" },
	{ OPT_SHARD, "/4" },
	{ OPT_SHARD, "1/" },
	{ OPT_SHARD, "1/0" },
	{ OPT_SHARD, "1/2/3" },
	{ OPT_SHARD, "-1/2" },
};

static void take_bad(const void *arg)
{
	const struct bad_option *bad = arg;
	struct select s = SELECT_NULL;

	select_option(&s, bad->option, bad->value);
}

START_TEST(bad_selection_is_usage)
{
	char said[300];

	ck_assert_int_eq(fixture_death(take_bad, &bad_options[_i], said,
				       sizeof(said)), EXIT_USAGE);
	ck_assert_int_eq(strncmp(said, "sockspec: ", 10), 0);
	/* One line. */
	ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
}
END_TEST

static const struct check check = {
	.suite = "bind", .name = "path", .title = "t", .why = "w",
	CLAUSES(posix_socket_types), .types = STREAM | DGRAM,
};

/* End the program unless the pattern, and then a selection, has a case. */
static void require(const void *arg)
{
	const struct check *checks[] = { &check };
	struct registry r = { checks, 1 };
	const char *patterns[] = { arg };
	const char *excludes[] = { "*@dgram" };
	struct select s = { .patterns = patterns, .n_patterns = 1,
			    .excludes = excludes, .n_excludes = 1,
			    .force_max = DIFFERS_FROM_LINUX };
	struct plan plan = PLAN_NULL;

	plan_make(&plan, &r, &s, NULL, 0, false);
	require_matches(&r, &s, &plan);
	plan_free(&plan);
}

START_TEST(patterns_must_match)
{
	char said[300];

	require("bind");
	ck_assert_int_eq(fixture_death(require, "bend", said, sizeof(said)),
			 EXIT_USAGE);
	ck_assert_str_eq(said, "sockspec: no case matches 'bend'; see "
			 "'sockspec list'\n");
	/* It has a case, which the rest of the selection takes away. */
	ck_assert_int_eq(fixture_death(require, "bind/path@dgram", said,
				       sizeof(said)), EXIT_USAGE);
	ck_assert_str_eq(said, "sockspec: no case is selected\n");
}
END_TEST

static void refuse(const void *arg)
{
	static const struct option none[] = { { NULL, 0, NULL, 0 } };
	char name[] = "list", *argv[] = { name, (char *)arg, NULL };

	opterr = 0;
	optind = 1;
	if (getopt_long(2, argv, "", none, NULL) >= 0)
		bad_option(argv);
}

START_TEST(bad_option_is_named)
{
	char said[300];

	ck_assert_int_eq(fixture_death(refuse, "--bogus", said, sizeof(said)),
			 EXIT_USAGE);
	ck_assert_str_eq(said, "sockspec: list: bad option or missing value "
			 "'--bogus'; see 'sockspec list --help'\n");
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	TCase *tc = tcase_create("options");

	tcase_add_test(tc, numbers);
	tcase_add_loop_test(tc, bad_number_is_usage, 0, COUNT(bad_numbers));
	tcase_add_test(tc, durations);
	tcase_add_loop_test(tc, bad_duration_is_usage, 0, COUNT(bad_durations));
	tcase_add_test(tc, formats);
	tcase_add_test(tc, selection_gathers);
	tcase_add_test(tc, force_and_profile_draw_the_line);
	tcase_add_test(tc, shards);
	tcase_add_loop_test(tc, bad_selection_is_usage, 0, COUNT(bad_options));
	tcase_add_test(tc, patterns_must_match);
	tcase_add_test(tc, bad_option_is_named);
	return fixture_run("cli_options", tc);
}
