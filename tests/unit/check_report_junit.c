// SPDX-License-Identifier: BSD-2-Clause
/* JUnit XML, read back with mxml and, where it is installed, by xmllint. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "report/report.h"
#include "report/xml.h"
#include "report_fixture.h"

#if MXML_MAJOR_VERSION < 4
#define MXML_DESCEND_ALL MXML_DESCEND
#endif

static const struct report_style plain = { .width = 80 };

static mxml_node_t *parse(const char *text)
{
	mxml_node_t *document = xml_load(text);

	ck_assert_ptr_nonnull(document);
	return document;
}

static mxml_node_t *testcase(mxml_node_t *document, const char *name)
{
	mxml_node_t *node = mxmlFindElement(document, document, "testcase",
					    "name", name, MXML_DESCEND_ALL);

	ck_assert_msg(node != NULL, "no test case %s", name);
	return node;
}

static mxml_node_t *child(mxml_node_t *node, const char *name)
{
	return mxmlFindElement(node, node, name, NULL, NULL,
			       MXML_DESCEND_FIRST);
}

static const char *attr(mxml_node_t *node, const char *name)
{
	const char *value = mxmlElementGetAttr(node, name);

	ck_assert_msg(value != NULL, "no attribute %s", name);
	return value;
}

/* As mxml 3 writes it but for <empty />, where mxml 4 has neither. */
static void as_one_writer(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (strncmp(from, "&apos;", 6) == 0) {
			*to++ = '\'';
			from += 5;
		} else if (strncmp(from, " />", 3) != 0) {
			*to++ = *from;
		}
	}
	*to = '\0';
}

START_TEST(sample_is_golden)
{
	struct fixture_run run;
	cleanup_free char *text = NULL;

	fixture_sample(&run);
	text = fixture_report(&report_junit, &run, &plain, 0, NULL);
	as_one_writer(text);
	fixture_compare("report.xml", text);
}
END_TEST

START_TEST(totals_are_of_the_cases)
{
	struct fixture_run run;
	cleanup_free char *text = NULL;
	mxml_node_t *document;
	mxml_node_t *root;

	fixture_sample(&run);
	text = fixture_report(&report_junit, &run, &plain, 0, NULL);
	document = parse(text);
	root = child(document, "testsuites");
	ck_assert_str_eq(attr(root, "tests"), "13");
	ck_assert_str_eq(attr(root, "failures"), "4");
	ck_assert_str_eq(attr(root, "errors"), "2");
	ck_assert_str_eq(attr(root, "skipped"), "4");
	ck_assert_str_eq(attr(root, "time"), "2.345678");
	mxmlDelete(document);
}
END_TEST

START_TEST(outcomes_are_elements)
{
	struct fixture_run run;
	cleanup_free char *text = NULL;
	mxml_node_t *document;
	mxml_node_t *node;

	fixture_sample(&run);
	text = fixture_report(&report_junit, &run, &plain, 0, NULL);
	document = parse(text);

	node = testcase(document, "too_long@stream+path");
	ck_assert_str_eq(attr(child(node, "failure"), "type"), "breaks POSIX");
	ck_assert_str_eq(attr(child(node, "failure"), "message"),
			 "bind(fd, &a.sa, a.len): expected -1 EINVAL, got 0");
	ck_assert_str_eq(mxmlGetOpaque(child(node, "system-out")),
			 "line one\nline two\n");
	node = testcase(document, "too_long@dgram+abstract");
	ck_assert_ptr_null(child(node, "failure"));
	node = testcase(document, "too_long@tcp4");
	ck_assert_str_eq(attr(node, "classname"), "bind.control");
	ck_assert_ptr_null(child(node, "failure"));
	ck_assert_ptr_nonnull(strstr(mxmlGetOpaque(child(node, "system-out")),
				     "control: differs (FAIL)"));
	node = testcase(document, "plain@seqpacket+pair");
	ck_assert_str_eq(attr(child(node, "skipped"), "message"),
			 "known since 2.0");
	node = testcase(document, "plain:x");
	ck_assert_str_eq(attr(child(node, "failure"), "type"), "XPASS");
	node = testcase(document, "plain:y");
	ck_assert_str_eq(attr(child(node, "error"), "type"), "timeout");
	mxmlDelete(document);
}
END_TEST

START_TEST(interruption_is_an_error)
{
	struct fixture_run run;
	cleanup_free char *text = NULL;
	mxml_node_t *document;
	mxml_node_t *node;

	fixture_sample(&run);
	text = fixture_report(&report_junit, &run, &plain, 2, NULL);
	document = parse(text);
	node = testcase(document, "run");
	ck_assert_str_eq(attr(child(node, "error"), "message"),
			 "interrupted by SIGINT: 2 of 13 cases reported");
	mxmlDelete(document);
}
END_TEST

/* Text comes back as it was once sanitized, neither wrapped nor trimmed. */
START_TEST(text_is_not_altered)
{
	static const char output[] =
		"  two blanks first\n\n\tand a tab, then a line that goes on "
		"well beyond the column at which a writer might like to wrap "
		"it, &amp; <tags> ]]> \"quoted\"  \n\n";
	struct case_result result = {
		.outcome = OUTCOME_PASS, .reason = "", .runs = 1,
		.output = output, .output_len = sizeof(output) - 1,
	};
	struct fixture_run run;
	cleanup_free char *text = NULL;
	mxml_node_t *document;
	mxml_node_t *node;

	fixture_one(&run, &result);
	text = fixture_report(&report_junit, &run, &plain, 0, NULL);
	document = parse(text);
	node = child(testcase(document, "too_long@stream+path"), "system-out");
	ck_assert_str_eq(mxmlGetOpaque(node), output);
	mxmlDelete(document);
}
END_TEST

static void lint(const char *text, size_t len)
{
	cleanup_free char *path = fixture_save(text, len);
	cleanup_free char *command = NULL;
	int status;

	command = xasprintf("xmllint --noout '%s'", path);
	status = system(command);
	unlink(path);
	ck_assert_int_eq(status, 0);
}

START_TEST(hostile_bytes_are_well_formed)
{
	struct fixture_run run;
	cleanup_free char *text = NULL;
	mxml_node_t *document;
	size_t len, i = 0;

	fixture_hostile(&run);
	text = fixture_report(&report_junit, &run, &plain, 0, &len);
	ck_assert_uint_eq(len, strlen(text));
	ck_assert_uint_lt(len, 1024 * 1024);
	while (i < len && (text[i] >= ' ' || text[i] == '\n' ||
			   text[i] == '\t'))
		i++;
	ck_assert_msg(i == len, "byte %#x at %zu", (unsigned char)text[i], i);
	document = parse(text);
	mxmlDelete(document);
	if (system("command -v xmllint >/dev/null") == 0)
		lint(text, len);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report_junit");
	TCase *tc = tcase_create("junit");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, sample_is_golden);
	tcase_add_test(tc, totals_are_of_the_cases);
	tcase_add_test(tc, outcomes_are_elements);
	tcase_add_test(tc, interruption_is_an_error);
	tcase_add_test(tc, text_is_not_altered);
	tcase_add_test(tc, hostile_bytes_are_well_formed);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
