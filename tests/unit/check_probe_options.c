// SPDX-License-Identifier: BSD-2-Clause
/* What "sockspec probe" makes of its arguments, and what it then leaves out. */
#include "config.h"

#include <string.h>

#include "harness/check.h"
#include "harness_fixture.h"
#include "probe/options.h"

static void expect_command(const char *command, const char *path,
			   const char *want)
{
	cleanup_buf struct buf out = BUF_NULL;

	probe_command(&out, command, path);
	ck_assert_str_eq(out.data, want);
}

START_TEST(path_replaces_each_pair_of_braces)
{
	expect_command("serve {}", "/tmp/s", "serve /tmp/s");
	expect_command("serve --path={} --log={}.log", "/tmp/s",
		       "serve --path=/tmp/s --log=/tmp/s.log");
	expect_command("awk '{ print }'", "/tmp/s", "awk '{ print }'");
	expect_command("{}", "/tmp/a b/s", "'/tmp/a b/s'");
	expect_command("{}", "/tmp/it's", "'/tmp/it'\\''s'");
}
END_TEST

START_TEST(escapes_become_bytes)
{
	cleanup_buf struct buf out = BUF_NULL;

	ck_assert(probe_unescape(&out, "a\\n\\r\\t\\\\\\x7f\\0b"));
	ck_assert_uint_eq(out.len, 8);
	ck_assert_int_eq(memcmp(out.data, "a\n\r\t\\\x7f\0b", 8), 0);
}
END_TEST

START_TEST(other_escapes_are_refused)
{
	static const char *const bad[] = { "\\", "\\q", "\\x", "\\x1", "\\xg0" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cleanup_buf struct buf out = BUF_NULL;

		ck_assert_msg(!probe_unescape(&out, bad[i]), "%s", bad[i]);
	}
}
END_TEST

static bool is_missing(unsigned int wants, const char *intrusive,
		       const char *word)
{
	struct check check = { .wants = wants, .intrusive = intrusive };
	const char *missing = probe_missing(&check);

	return word ? missing && strstr(missing, word) : missing == NULL;
}

START_TEST(a_foreign_server_is_spared)
{
	probe_options = (struct probe_options){ .ask = BUF_NULL };
	ck_assert(is_missing(0, NULL, NULL));
	ck_assert(is_missing(WANTS_START, NULL, "--exec"));
	ck_assert(is_missing(STARTS_ITSELF, NULL, "--exec"));
	ck_assert(is_missing(WANTS_ACTIVATE, NULL, "--exec"));
	ck_assert(is_missing(WANTS_PROCESS, NULL, "--pid"));
	ck_assert(is_missing(WANTS_ANSWER, NULL, "--ask"));
	ck_assert(is_missing(0, "hurt it",
			     "needs --intrusive: it would hurt it"));
	probe_options.intrusive = true;
	probe_options.pid = 1;
	probe_options.has_ask = true;
	ck_assert(is_missing(0, "hurt it", NULL));
	ck_assert(is_missing(WANTS_PROCESS | WANTS_ANSWER, NULL, NULL));
	ck_assert(is_missing(WANTS_ECHO, NULL, "--echo"));
	ck_assert(is_missing(WANTS_START, NULL, "--exec"));
}
END_TEST

START_TEST(an_own_server_is_not)
{
	probe_options = (struct probe_options){ .ask = BUF_NULL,
						.command = "serve {}",
						.echo = true };
	ck_assert(is_missing(WANTS_START | WANTS_PROCESS | WANTS_ECHO |
			     WANTS_ANSWER, "hurt it", NULL));
	ck_assert(is_missing(WANTS_ACTIVATE, NULL, "--activate"));
	probe_options.activate = true;
	ck_assert(is_missing(WANTS_ACTIVATE | STARTS_ITSELF, NULL, NULL));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("options");

	tcase_add_test(tc, path_replaces_each_pair_of_braces);
	tcase_add_test(tc, escapes_become_bytes);
	tcase_add_test(tc, other_escapes_are_refused);
	tcase_add_test(tc, a_foreign_server_is_spared);
	tcase_add_test(tc, an_own_server_is_not);
	return fixture_run("probe_options", tc);
}
