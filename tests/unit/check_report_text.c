// SPDX-License-Identifier: BSD-2-Clause
/* The report for a person, the fan and the repeat command. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "report/layout.h"
#include "report/report.h"
#include "report/words.h"
#include "report_fixture.h"

static const struct report_style plain = { .width = 80 };

START_TEST(sample_is_golden)
{
	const struct report_style style = { .width = 80, .slowest = 2 };
	struct fixture_run run;
	cleanup_free char *text = NULL;

	fixture_sample(&run);
	text = fixture_report(&report_text, &run, &style, 0, NULL);
	fixture_compare("report.txt", text);
}
END_TEST

START_TEST(interrupted_is_golden)
{
	const struct report_style style = { .width = 80, .quiet = true };
	struct fixture_run run;
	cleanup_free char *text = NULL;

	fixture_sample(&run);
	text = fixture_report(&report_text, &run, &style, 2, NULL);
	fixture_compare("report-interrupted.txt", text);
}
END_TEST

/* Without its SGR sequences the coloured report is the plain one. */
START_TEST(colour_changes_no_text)
{
	const struct report_style colour = { .width = 80, .colour = true };
	struct fixture_run run;
	cleanup_free char *want = NULL;
	cleanup_free char *got = NULL;
	char *to;

	fixture_sample(&run);
	want = fixture_report(&report_text, &run, &plain, 0, NULL);
	got = fixture_report(&report_text, &run, &colour, 0, NULL);
	ck_assert_ptr_nonnull(strstr(got, "\033[31mFAIL\033[m"));
	ck_assert_ptr_null(strchr(want, '\033'));
	to = got;
	for (const char *from = got; *from; from++) {
		if (*from == '\033')
			from += strcspn(from, "m");
		else
			*to++ = *from;
	}
	*to = '\0';
	ck_assert_str_eq(got, want);
}
END_TEST

START_TEST(lines_fit_the_width)
{
	struct fixture_run run;
	cleanup_free char *text = NULL;
	char *save;

	fixture_sample(&run);
	text = fixture_report(&report_text, &run, &plain, 0, NULL);
	for (char *s = strtok_r(text, "\n", &save); s;
	     s = strtok_r(NULL, "\n", &save)) {
		if (strstr(s, "repeat"))
			continue;
		ck_assert_msg(layout_columns(s) <= 80, "too wide: %s", s);
		ck_assert_msg(s[strlen(s) - 1] != ' ', "ends blank: %s", s);
	}
}
END_TEST

START_TEST(hostile_bytes_stay_out)
{
	struct fixture_run run;
	cleanup_free char *text = NULL;
	size_t len;

	fixture_hostile(&run);
	text = fixture_report(&report_text, &run, &plain, 0, &len);
	ck_assert_uint_eq(len, strlen(text));
	ck_assert_uint_lt(len, 64 * 1024);
	for (size_t i = 0; i < len; i++)
		ck_assert_msg(text[i] == '\n' || text[i] >= ' ',
			      "byte %#x at %zu", (unsigned char)text[i], i);
	ck_assert_ptr_nonnull(strstr(text, "it printed more"));
}
END_TEST

START_TEST(all_skipped_is_not_success)
{
	struct case_result skip = {
		.outcome = OUTCOME_SKIP, .reason = "needs root", .output = "",
	};
	struct fixture_run run;
	cleanup_free char *text = NULL;

	fixture_one(&run, &skip);
	text = fixture_report(&report_text, &run, &plain, 0, NULL);
	ck_assert_ptr_null(strstr(text, "fail"));
	ck_assert_ptr_nonnull(strstr(text, "1 skipped"));
	ck_assert_ptr_nonnull(strstr(text, "exit status 77: nothing ran"));
}
END_TEST

START_TEST(repeat_is_a_shell_word_each)
{
	struct run_info info = { .command = "src/sockspec", .seed = 31,
				 .volume = 1 };
	struct plan_case pc = { .id = (char []){ "a/b:c@stream+path" } };
	struct buf buf = BUF_NULL;

	report_repeat_command(&buf, &info, &pc);
	ck_assert_str_eq(buf.data,
			 "src/sockspec run a/b:c@stream+path --seed 0x1f");
	buf_clear(&buf);
	info.command = "my 'dir/sockspec";
	info.volume = 3;
	report_repeat_command(&buf, &info, &pc);
	ck_assert_str_eq(buf.data, "'my '\\''dir/sockspec' run "
			 "a/b:c@stream+path --seed 0x1f --volume 3");
	buf_clear(&buf);
	info.command = "";
	report_repeat_command(&buf, &info, &pc);
	ck_assert_int_eq(strncmp(buf.data, "'' run", 6), 0);
	buf_free(&buf);
}
END_TEST

START_TEST(formats_by_name)
{
	ck_assert_ptr_eq(reporter_find("text"), &report_text);
	ck_assert_ptr_eq(reporter_find("tap"), &report_tap);
	ck_assert_ptr_eq(reporter_find("json"), &report_json);
	ck_assert_ptr_eq(reporter_find("junit"), &report_junit);
	ck_assert_ptr_null(reporter_find("TAP"));
	ck_assert_ptr_null(reporter_find(""));
}
END_TEST

/* A child that exits by exit() must not write the parent's text again. */
START_TEST(fan_flushes_after_each_event)
{
	struct report_fan fan = REPORT_FAN_NULL;
	struct fixture_run run;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	fixture_sample(&run);
	run.info.plan = &run.plan;
	report_fan_add(&fan, reporter_new(&report_json, out, &plain));
	report_fan_add(&fan, reporter_new(&report_tap, out, &plain));
	report_run_begin(&fan, &run.info);
	ck_assert_ptr_nonnull(strstr(text, "run_begin"));
	ck_assert_ptr_nonnull(strstr(text, "TAP version 13\n1..13\n"));
	report_case_end(&fan, &run.plan.cases[1], &run.results[1]);
	ck_assert_ptr_nonnull(strstr(text, "ok 1 - bind/too_long@dgram"));
	report_fan_free(&fan);
	report_fan_free(&fan);
	fclose(out);
	free(text);
}
END_TEST

START_TEST(write_errors_are_in_ferror)
{
	const struct reporter_ops *ops[] = {
		&report_text, &report_tap, &report_json, &report_junit,
	};
	struct report_fan fan = REPORT_FAN_NULL;
	struct fixture_run run;
	FILE *out = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(out);
	fixture_sample(&run);
	run.info.plan = &run.plan;
	report_fan_add(&fan, reporter_new(ops[_i], out, &plain));
	report_run_begin(&fan, &run.info);
	report_case_end(&fan, &run.plan.cases[0], &run.results[0]);
	report_run_end(&fan, &run.totals);
	ck_assert_int_ne(ferror(out), 0);
	report_fan_free(&fan);
	fclose(out);
}
END_TEST

START_TEST(durations)
{
	static const struct {
		uint64_t us;
		const char *text;
	} rows[] = {
		{ 0, "0.00 s" }, { 9999, "0.00 s" }, { 1230000, "1.23 s" },
		{ 59999999, "59.99 s" }, { 61000000, "1 min 1 s" },
		{ 3720000000ULL, "1 h 2 min" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf buf = BUF_NULL;

		words_duration(&buf, rows[i].us);
		ck_assert_str_eq(buf.data, rows[i].text);
		buf_free(&buf);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report_text");
	TCase *tc = tcase_create("text");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, sample_is_golden);
	tcase_add_test(tc, interrupted_is_golden);
	tcase_add_test(tc, colour_changes_no_text);
	tcase_add_test(tc, lines_fit_the_width);
	tcase_add_test(tc, hostile_bytes_stay_out);
	tcase_add_test(tc, all_skipped_is_not_success);
	tcase_add_test(tc, repeat_is_a_shell_word_each);
	tcase_add_test(tc, formats_by_name);
	tcase_add_test(tc, fan_flushes_after_each_event);
	tcase_add_loop_test(tc, write_errors_are_in_ferror, 0, 4);
	tcase_add_test(tc, durations);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
