// SPDX-License-Identifier: BSD-2-Clause
/* TAP, read back line by line and, where it is installed, by prove. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "report/report.h"
#include "report_fixture.h"

static const struct report_style plain = { .width = 80 };

START_TEST(sample_is_golden)
{
	struct fixture_run run;
	cleanup_free char *text = NULL;

	fixture_sample(&run);
	text = fixture_report(&report_tap, &run, &plain, 0, NULL);
	fixture_compare("report.tap", text);
}
END_TEST

/* Nothing but the header, the plan, numbered results and comments. */
static size_t count_results(char *text)
{
	char *save;
	char *s = strtok_r(text, "\n", &save);
	size_t n = 0;

	ck_assert_str_eq(s, "TAP version 13");
	s = strtok_r(NULL, "\n", &save);
	ck_assert_int_eq(strncmp(s, "1..", 3), 0);
	while ((s = strtok_r(NULL, "\n", &save))) {
		char *number;

		if (strncmp(s, "# ", 2) == 0)
			continue;
		if (strncmp(s, "not ", 4) == 0)
			s += 4;
		ck_assert_msg(strncmp(s, "ok ", 3) == 0, "line: %s", s);
		ck_assert_uint_eq(strtoul(s + 3, &number, 10), ++n);
		ck_assert_int_eq(strncmp(number, " - ", 3), 0);
		s = strchr(number, '#');
		if (!s)
			continue;
		ck_assert_ptr_null(strchr(s + 1, '#'));
		ck_assert(strncmp(s, "# SKIP ", 7) == 0 ||
			  strncmp(s, "# TODO ", 7) == 0);
	}
	return n;
}

START_TEST(only_tap_gets_through)
{
	struct fixture_run run;
	cleanup_free char *text = NULL;
	cleanup_free char *hostile = NULL;
	size_t len;

	fixture_sample(&run);
	text = fixture_report(&report_tap, &run, &plain, 0, NULL);
	ck_assert_uint_eq(count_results(text), run.plan.n);
	fixture_hostile(&run);
	hostile = fixture_report(&report_tap, &run, &plain, 0, &len);
	ck_assert_uint_eq(len, strlen(hostile));
	ck_assert_uint_eq(count_results(hostile), run.plan.n);
}
END_TEST

START_TEST(controls_never_count)
{
	struct fixture_run run;
	cleanup_free char *text = NULL;

	fixture_sample(&run);
	text = fixture_report(&report_tap, &run, &plain, 0, NULL);
	ck_assert_ptr_nonnull(strstr(text, "\nok 3 - bind/too_long@tcp4\n"
				     "# control: differs (FAIL)"));
}
END_TEST

START_TEST(only_an_interruption_bails_out)
{
	struct fixture_run run;
	cleanup_free char *whole = NULL;
	cleanup_free char *cut = NULL;

	fixture_hostile(&run);
	whole = fixture_report(&report_tap, &run, &plain, 0, NULL);
	ck_assert_ptr_null(strstr(whole, "\nBail out!"));
	cut = fixture_report(&report_tap, &run, &plain, 2, NULL);
	ck_assert_ptr_nonnull(strstr(cut, "\nBail out! interrupted by SIGINT: "
				     "2 of 6 cases reported\n"));
}
END_TEST

START_TEST(empty_plan_is_a_skip)
{
	struct fixture_run run;
	cleanup_free char *text = NULL;

	fixture_sample(&run);
	run.plan.n = 0;
	text = fixture_report(&report_tap, &run, &plain, 0, NULL);
	ck_assert_ptr_nonnull(strstr(text, "\n1..0 # SKIP no case is"));
}
END_TEST

/* What prove makes of the text: its exit status and, in *out, its words. */
static int prove(const char *text, size_t len, struct buf *out)
{
	cleanup_free char *path = fixture_save(text, len);
	cleanup_free char *command = NULL;
	char part[512];
	FILE *pipe;
	size_t n;
	int status;

	command = xasprintf("prove -e cat -f '%s' 2>&1", path);
	pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	while ((n = fread(part, 1, sizeof(part), pipe)) > 0)
		buf_add(out, part, n);
	status = pclose(pipe);
	unlink(path);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(prove_agrees)
{
	struct fixture_run run;
	struct buf out = BUF_NULL;
	cleanup_free char *text = NULL;
	cleanup_free char *hostile = NULL;
	size_t len;

	if (system("command -v prove >/dev/null") != 0)
		return;
	fixture_sample(&run);
	text = fixture_report(&report_tap, &run, &plain, 0, &len);
	ck_assert_int_ne(prove(text, len, &out), 0);
	ck_assert_msg(strstr(out.data, "Failed tests:  1, 4, 6, 12-13\n") &&
		      strstr(out.data, "TODO passed:   11\n") &&
		      !strstr(out.data, "Parse errors"), "%s", out.data);
	buf_clear(&out);
	fixture_hostile(&run);
	hostile = fixture_report(&report_tap, &run, &plain, 0, &len);
	ck_assert_int_ne(prove(hostile, len, &out), 0);
	ck_assert_msg(strstr(out.data, "Failed test:  2\n") &&
		      strstr(out.data, "TODO passed:   5\n") &&
		      !strstr(out.data, "Parse errors"), "%s", out.data);
	buf_free(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report_tap");
	TCase *tc = tcase_create("tap");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, sample_is_golden);
	tcase_add_test(tc, only_tap_gets_through);
	tcase_add_test(tc, controls_never_count);
	tcase_add_test(tc, only_an_interruption_bails_out);
	tcase_add_test(tc, empty_plan_is_a_skip);
	tcase_add_test(tc, prove_agrees);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
