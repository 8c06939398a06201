// SPDX-License-Identifier: BSD-2-Clause
/* The one grammar of patterns, and the selections made of them. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/check.h"
#include "harness/plan.h"
#include "harness/select.h"
#include "harness_fixture.h"

static const struct {
	const char *pattern;
	const char *id;
	bool matches;
} grammar[] = {
	/* a suite is itself with all that is below it */
	{ "bind", "bind/path@stream+path", true },
	{ "bind", "bind/path", true },
	{ "bind", "bind2/path@stream+path", false },
	{ "bind", "rebind/path", false },
	{ "b*", "bind/path", true },
	{ "bind/*", "bind/path@stream", true },
	{ "*", "bind/path@stream", true },
	/* a check is itself with all its rows and parameters */
	{ "bind/path", "bind/path", true },
	{ "bind/path", "bind/path@stream+path+swap", true },
	{ "bind/path", "bind/path:listen", true },
	{ "bind/path", "bind/path:listen@stream", true },
	{ "bind/path", "bind/path_too_long@stream", false },
	{ "bind/path_*", "bind/path_too_long@stream", true },
	{ "bind/pat?", "bind/path@dgram", true },
	{ "*/path", "bind/path@dgram", true },
	{ "path", "bind/path", false },
	/* a case is itself alone */
	{ "bind/path@stream", "bind/path@stream", true },
	{ "bind/path@stream", "bind/path@stream+path", false },
	{ "bind/path@stream*", "bind/path@stream+path", true },
	{ "*@dgram+path", "bind/path@dgram+path", true },
	{ "*@dgram+path", "bind/path@dgram+path+nonblock", false },
	{ "*:listen@*", "errors/ebadf:listen@stream", true },
	{ "errors/ebadf:listen", "errors/ebadf:listen@stream", true },
	{ "errors/ebadf:listen", "errors/ebadf:listen2@stream", false },
	{ "bind/[a-p]ath", "bind/path", true },
	{ "", "bind/path", false },
	{ "BIND", "bind/path", false },
};

START_TEST(pattern_grammar)
{
	ck_assert_msg(pattern_matches(grammar[_i].pattern, grammar[_i].id) ==
		      grammar[_i].matches, "'%s' on '%s'", grammar[_i].pattern,
		      grammar[_i].id);
}
END_TEST

START_TEST(overlong_pattern_matches_nothing)
{
	char pattern[1000];

	memset(pattern, '*', sizeof(pattern) - 1);
	pattern[sizeof(pattern) - 1] = '\0';
	ck_assert(!pattern_matches(pattern, "bind/path"));
}
END_TEST

START_TEST(words_are_whole)
{
	ck_assert(words_have("slow root", "slow"));
	ck_assert(words_have("slow root", "root"));
	ck_assert(words_have("slow  root", "root"));
	ck_assert(!words_have("slow root", "roo"));
	ck_assert(!words_have("slow root", "roots"));
	ck_assert(!words_have("slow root", "slow root"));
	ck_assert(!words_have("", "slow"));
	ck_assert(!words_have(NULL, "slow"));
}
END_TEST

static const struct check tagged = {
	.suite = "bind", .name = "path", .tags = "slow measure",
};
static const struct check plain = { .suite = "bind", .name = "path" };

static struct plan_case make_case(const struct check *check, const char *id,
				  enum force force)
{
	return (struct plan_case){ .check = check, .id = (char *)id,
				   .param = -1, .force = force };
}

START_TEST(nothing_said_selects_all)
{
	struct select s = SELECT_NULL;
	struct plan_case pc = make_case(&plain, "bind/path", ABI);

	ck_assert(select_has(&s, &pc));
	ck_assert(select_has(NULL, &pc));
	pc.control = true;
	ck_assert(select_has(&s, &pc));
}
END_TEST

START_TEST(patterns_add_and_excludes_take_away)
{
	const char *patterns[] = { "listen", "bind/path" };
	const char *excludes[] = { "*@dgram*", "listen/b*" };
	struct select s = {
		.patterns = patterns, .n_patterns = 2,
		.excludes = excludes, .n_excludes = 2,
		.force_max = DIFFERS_FROM_LINUX,
	};
	struct plan_case pc = make_case(&plain, "bind/path@stream", ABI);

	ck_assert(select_has(&s, &pc));
	pc.id = (char *)"bind/path@dgram+path";
	ck_assert(!select_has(&s, &pc));
	pc.id = (char *)"listen/a@stream";
	ck_assert(select_has(&s, &pc));
	pc.id = (char *)"listen/b@stream";
	ck_assert(!select_has(&s, &pc));
	pc.id = (char *)"accept/a@stream";
	ck_assert(!select_has(&s, &pc));
	s.n_patterns = 0;
	ck_assert(select_has(&s, &pc));
}
END_TEST

START_TEST(any_tag_is_enough)
{
	const char *tags[] = { "fast", "measure" };
	struct select s = { .tags = tags, .n_tags = 2,
			    .force_max = DIFFERS_FROM_LINUX };
	struct plan_case with = make_case(&tagged, "bind/path", ABI);
	struct plan_case without = make_case(&plain, "bind/path", ABI);

	ck_assert(select_has(&s, &with));
	ck_assert(!select_has(&s, &without));
	s.n_tags = 1;
	ck_assert(!select_has(&s, &with));
}
END_TEST

START_TEST(force_draws_the_line)
{
	static const bool wanted[N_FORCE_FAMILY][N_FORCE] = {
		[BREAKS_POSIX] = { [SHALL] = true, [SHOULD] = true,
				   [MAY] = true },
		[BREAKS_LINUX] = { [SHALL] = true, [SHOULD] = true,
				   [MAY] = true, [LINUX] = true },
		[DIFFERS_FROM_LINUX] = { [SHALL] = true, [SHOULD] = true,
					 [MAY] = true, [LINUX] = true,
					 [ABI] = true },
		[FAILS_ITS_USERS] = { [SHALL] = true, [SHOULD] = true,
				      [MAY] = true, [LINUX] = true,
				      [ABI] = true, [SERVER] = true },
	};

	for (int max = 0; max < N_FORCE_FAMILY; max++) {
		for (int force = 0; force < N_FORCE; force++) {
			struct select s = { .force_max = (enum force_family)max };
			struct plan_case pc = make_case(&plain, "bind/path",
							(enum force)force);

			ck_assert_int_eq(select_has(&s, &pc),
					 wanted[max][force]);
		}
	}
}
END_TEST

START_TEST(controls_can_be_left_out)
{
	struct select s = { .force_max = DIFFERS_FROM_LINUX,
			    .conformance_only = true };
	struct plan_case pc = make_case(&plain, "bind/path@tcp4", ABI);

	ck_assert(select_has(&s, &pc));
	pc.control = true;
	ck_assert(!select_has(&s, &pc));
}
END_TEST

START_TEST(rows_of_a_check_are_in_one_shard)
{
	static const char *const ids[] = {
		"suite/check:one@stream+path", "suite/check:one@dgram",
		"suite/check:one@seqpacket+pair+swap",
	};
	unsigned int first = 0;

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		struct plan_case pc = make_case(&plain, ids[i], ABI);

		for (unsigned int shard = 1; shard <= 16; shard++) {
			struct select s = { .force_max = DIFFERS_FROM_LINUX,
					    .shard = shard, .shards = 16 };

			if (!select_has(&s, &pc))
				continue;
			if (i == 0)
				first = shard;
			ck_assert_uint_eq(shard, first);
		}
	}
}
END_TEST

START_TEST(each_case_is_in_one_shard)
{
	unsigned int sizes[4] = { 0 };

	for (int i = 0; i < 400; i++) {
		struct plan_case pc;
		char id[40];
		int found = 0;

		snprintf(id, sizeof(id), "suite/check_%d@stream", i);
		pc = make_case(&plain, id, ABI);
		for (unsigned int shard = 1; shard <= 4; shard++) {
			struct select s = { .force_max = DIFFERS_FROM_LINUX,
					    .shard = shard, .shards = 4 };

			if (select_has(&s, &pc)) {
				found++;
				sizes[shard - 1]++;
			}
		}
		ck_assert_int_eq(found, 1);
	}
	for (int i = 0; i < 4; i++)
		ck_assert_uint_gt(sizes[i], 50);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("select");

	tcase_add_loop_test(tc, pattern_grammar, 0,
			    (int)(sizeof(grammar) / sizeof(grammar[0])));
	tcase_add_test(tc, overlong_pattern_matches_nothing);
	tcase_add_test(tc, words_are_whole);
	tcase_add_test(tc, nothing_said_selects_all);
	tcase_add_test(tc, patterns_add_and_excludes_take_away);
	tcase_add_test(tc, any_tag_is_enough);
	tcase_add_test(tc, force_draws_the_line);
	tcase_add_test(tc, controls_can_be_left_out);
	tcase_add_test(tc, rows_of_a_check_are_in_one_shard);
	tcase_add_test(tc, each_case_is_in_one_shard);
	return fixture_run("harness_select", tc);
}
