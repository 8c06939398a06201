// SPDX-License-Identifier: BSD-2-Clause
/* JSON lines, read back with jansson and held against the schema. */
#include "config.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "report/report.h"
#include "report_fixture.h"

static const struct report_style plain = { .width = 80 };

/* The n-th line as an object of the caller's. */
static json_t *event_at(const char *text, size_t n)
{
	const char *end;
	json_error_t error;
	json_t *event;

	while (n-- > 0) {
		text = strchr(text, '\n');
		ck_assert_ptr_nonnull(text);
		text++;
	}
	end = strchr(text, '\n');
	ck_assert_ptr_nonnull(end);
	event = json_loadb(text, (size_t)(end - text), JSON_REJECT_DUPLICATES,
			   &error);
	ck_assert_msg(event != NULL, "%s: %.200s", error.text, text);
	return event;
}

static const char *string_at(json_t *event, const char *key)
{
	const char *s = json_string_value(json_object_get(event, key));

	ck_assert_msg(s != NULL, "no string %s", key);
	return s;
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

START_TEST(sample_is_golden)
{
	struct fixture_run run;
	cleanup_free char *text = NULL;

	fixture_sample(&run);
	text = fixture_report(&report_json, &run, &plain, 0, NULL);
	fixture_compare("report.jsonl", text);
}
END_TEST

START_TEST(a_line_an_event)
{
	struct fixture_run run;
	cleanup_free char *text = NULL;
	json_t *event;
	json_t *evidence;

	fixture_sample(&run);
	text = fixture_report(&report_json, &run, &plain, 0, NULL);
	ck_assert_uint_eq(count_lines(text), run.plan.n + 2);

	event = event_at(text, 0);
	ck_assert_str_eq(string_at(event, "event"), "run_begin");
	ck_assert_str_eq(string_at(event, "seed"), "0x5eed");
	json_decref(event);

	event = event_at(text, 1);
	ck_assert_str_eq(string_at(event, "outcome"), "FAIL");
	ck_assert_str_eq(string_at(event, "type"), "stream");
	ck_assert_str_eq(string_at(event, "output"), "line one\nline two\n");
	evidence = json_array_get(json_object_get(event, "evidence"), 1);
	ck_assert_str_eq(string_at(evidence, "call"), "bind(fd, &a.sa, a.len)");
	ck_assert_str_eq(string_at(evidence, "expected"), "-1 EINVAL");
	json_decref(event);

	event = event_at(text, 4);
	ck_assert_str_eq(string_at(event, "param"), "b");
	ck_assert(json_is_null(json_object_get(event, "row")));
	json_decref(event);
}
END_TEST

START_TEST(hostile_bytes_are_escaped)
{
	struct fixture_run run;
	cleanup_free char *text = NULL;
	size_t len;
	json_t *event;

	fixture_hostile(&run);
	text = fixture_report(&report_json, &run, &plain, 0, &len);
	ck_assert_uint_eq(len, strlen(text));
	ck_assert_uint_eq(count_lines(text), run.plan.n + 2);
	for (size_t i = 0; i < run.plan.n + 2; i++)
		json_decref(event_at(text, i));

	event = event_at(text, 0);
	ck_assert_str_eq(string_at(event, "seed"), "0xffffffffffffffff");
	json_decref(event);
	event = event_at(text, 1);
	ck_assert_ptr_nonnull(strstr(string_at(event, "reason"),
				     "<&]]>\"' \\x01\\x7f \\xff\\xfe "));
	ck_assert_ptr_nonnull(strstr(string_at(event, "output"),
				     "a\\x00b \\xff]]><&\\r\n\n# TODO"));
	json_decref(event);
	event = event_at(text, 2);
	ck_assert(json_is_true(json_object_get(event, "output_cut")));
	ck_assert_uint_gt(strlen(string_at(event, "output")),
			  fixture_flood_len());
	json_decref(event);
}
END_TEST

static void validate(struct fixture_run *run, size_t stop_after, int want)
{
	cleanup_free char *script = fixture_source("tests/validate_json.py");
	cleanup_free char *schema = fixture_source("doc/results.schema.json");
	cleanup_free char *text = NULL;
	cleanup_free char *path = NULL;
	cleanup_free char *command = NULL;
	size_t len;
	int status;

	text = fixture_report(&report_json, run, &plain, stop_after, &len);
	path = fixture_save(text, len);
	command = xasprintf("python3 '%s' '%s' '%s'%s", script, schema, path,
			    want ? " >/dev/null" : "");
	status = system(command);
	unlink(path);
	ck_assert(WIFEXITED(status));
	/* 77, 127: no python3-jsonschema or no python3 here */
	if (WEXITSTATUS(status) != 77 && WEXITSTATUS(status) != 127)
		ck_assert_int_eq(WEXITSTATUS(status), want);
}

START_TEST(schema_holds)
{
	struct fixture_run run;

	fixture_sample(&run);
	validate(&run, 0, 0);
	validate(&run, 4, 0);
	fixture_hostile(&run);
	validate(&run, 0, 0);
}
END_TEST

START_TEST(validator_finds_a_double)
{
	struct fixture_run run;

	fixture_sample(&run);
	run.plan.cases[2].id = run.plan.cases[1].id;
	validate(&run, 0, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report_json");
	TCase *tc = tcase_create("json");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, sample_is_golden);
	tcase_add_test(tc, a_line_an_event);
	tcase_add_test(tc, hostile_bytes_are_escaped);
	tcase_add_test(tc, schema_holds);
	tcase_add_test(tc, validator_finds_a_double);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
