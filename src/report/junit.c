// SPDX-License-Identifier: BSD-2-Clause
/*
 * JUnit XML, in the subset that CI systems agree on.
 *
 *	testsuites > testsuite (one a suite) > properties, testcase
 *	testcase: classname "SUITE" or "SUITE.control", name the rest of the
 *	id; together unique, as the id is
 *
 *	FAIL, XPASS	failure
 *	ERROR		error
 *	SKIP, XFAIL	skipped
 *	control		nothing whatever it gave, but skipped when it was;
 *			system-out says when it differs
 *
 * The totals are attributes of the first elements, so the tree is built as
 * cases end and written at run_end.  A run that was interrupted gets a test
 * case of its own with an error: else the file would pass for a whole run.
 *
 * Text is sanitized before it enters the tree, escaped by mxml, and written
 * without added blanks, which would become part of it.
 */
#include "config.h"

#include "report/report.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/die.h"
#include "harness/check.h"
#include "report/detail.h"
#include "report/sanitize.h"
#include "report/words.h"
#include "report/xml.h"

/* Readers refuse files of tens of megabytes. */
#define MAX_OUTPUT (64 * 1024)

struct counts {
	unsigned int tests;
	unsigned int failures;
	unsigned int errors;
	unsigned int skipped;
	uint64_t duration_us;
};

struct junit_reporter {
	struct reporter base;
	mxml_node_t *document;
	mxml_node_t *root;
	struct counts total;
	mxml_node_t *suite;	/* the one under way, or NULL */
	const char *suite_name;
	struct counts counts;	/* of that suite */
};

static const struct layout plain = { "", 0 };

static struct junit_reporter *junit_of(struct reporter *r)
{
	return (struct junit_reporter *)r;
}

static mxml_node_t *element(mxml_node_t *parent, const char *name)
{
	mxml_node_t *node = mxmlNewElement(parent, name);

	if (!node)
		die(EXIT_CHECKER, "out of memory");
	return node;
}

/* mxmlElementSetAttr() does not say whether it had memory. */
static void set_attr(mxml_node_t *node, const char *name, const char *value)
{
	cleanup_buf struct buf clean = BUF_NULL;

	sanitize_str(&clean, value, SANITIZE_LINE);
	mxmlElementSetAttr(node, name, clean.data);
	if (!mxmlElementGetAttr(node, name))
		die(EXIT_CHECKER, "out of memory");
}

static void set_attr_number(mxml_node_t *node, const char *name,
			    unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	set_attr(node, name, text);
}

static void set_attr_time(mxml_node_t *node, uint64_t duration_us)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%06u", duration_us / 1000000,
		 (unsigned int)(duration_us % 1000000));
	set_attr(node, "time", text);
}

/* text is sanitized already. */
static void add_text(mxml_node_t *node, const char *text)
{
	mxml_node_t *child = mxmlNewOpaque(node, text);

	if (!child || !mxmlGetOpaque(child))
		die(EXIT_CHECKER, "out of memory");
}

/* Setting an attribute again keeps its place among the others. */
static void set_counts(mxml_node_t *node, const struct counts *c)
{
	set_attr_number(node, "tests", c->tests);
	set_attr_number(node, "failures", c->failures);
	set_attr_number(node, "errors", c->errors);
	set_attr_number(node, "skipped", c->skipped);
	set_attr_time(node, c->duration_us);
}

static void add_property(mxml_node_t *list, const char *name, const char *value)
{
	mxml_node_t *node = element(list, "property");

	set_attr(node, "name", name);
	set_attr(node, "value", value);
}

static void begin_suite(struct junit_reporter *j, const char *name)
{
	const struct run_info *info = j->base.info;
	mxml_node_t *list;
	char seed[2 + 16 + 1];

	snprintf(seed, sizeof(seed), "0x%" PRIx64, info->seed);
	j->suite_name = name;
	j->suite = element(j->root, "testsuite");
	memset(&j->counts, 0, sizeof(j->counts));
	set_attr(j->suite, "name", name);
	set_counts(j->suite, &j->counts);
	list = element(j->suite, "properties");
	add_property(list, "sockspec", info->version);
	add_property(list, "system", info->system);
	add_property(list, "user", info->user);
	add_property(list, "seed", seed);
}

static void end_suite(struct junit_reporter *j)
{
	if (!j->suite)
		return;
	set_counts(j->suite, &j->counts);
	j->total.tests += j->counts.tests;
	j->total.failures += j->counts.failures;
	j->total.errors += j->counts.errors;
	j->total.skipped += j->counts.skipped;
	j->suite = NULL;
	j->suite_name = NULL;
}

static void junit_run_begin(struct reporter *r, const struct run_info *info)
{
	struct junit_reporter *j = junit_of(r);

	(void)info;
	j->document = mxmlNewXML("1.0");
	if (!j->document)
		die(EXIT_CHECKER, "out of memory");
	j->root = element(j->document, "testsuites");
	set_attr(j->root, "name", "sockspec");
	set_counts(j->root, &j->total);
}

static void add_verdict(struct junit_reporter *j, mxml_node_t *node,
			const char *name, const struct plan_case *pc,
			const struct case_result *result)
{
	mxml_node_t *child = element(node, name);
	cleanup_buf struct buf message = BUF_NULL;
	cleanup_buf struct buf body = BUF_NULL;

	if (result->outcome == OUTCOME_XPASS)
		buf_printf(&message, "passes, but was expected to fail: ");
	detail_headline(&message, pc, result);
	if (message.len == 0)
		buf_printf(&message, "%s", outcome_name(result->outcome));
	set_attr(child, "message", message.data);
	if (strcmp(name, "skipped") == 0)
		return;
	if (result->outcome == OUTCOME_FAIL)
		set_attr(child, "type",
			 force_family_name(force_family(pc->force)));
	else if (result->outcome == OUTCOME_ERROR)
		set_attr(child, "type", cause_name(result->cause));
	else
		set_attr(child, "type", outcome_name(result->outcome));
	detail_write(&body, &plain, j->base.info, pc, result, false);
	add_text(child, body.data);
}

static void add_control_remark(struct buf *out, const struct junit_reporter *j,
			       const struct plan_case *pc,
			       const struct case_result *result)
{
	buf_printf(out, "control: differs (%s), which does not count\n",
		   outcome_name(result->outcome));
	detail_write(out, &plain, j->base.info, pc, result, false);
}

/* The first bytes of the output, ending with a whole character. */
static void add_output(struct buf *out, const struct case_result *result)
{
	size_t len = result->output_len;

	if (len > MAX_OUTPUT) {
		len = MAX_OUTPUT;
		while (len > MAX_OUTPUT - 4 &&
		       ((unsigned char)result->output[len] & 0xc0) == 0x80)
			len--;
	}
	sanitize(out, result->output, len, SANITIZE_TEXT);
	if (len < result->output_len || result->output_cut)
		buf_printf(out, "\n... (it printed more)\n");
}

static void junit_case_end(struct reporter *r, const struct plan_case *pc,
			   const struct case_result *result)
{
	struct junit_reporter *j = junit_of(r);
	const char *suite = pc->check->suite;
	size_t skip = strlen(suite);
	bool differs = pc->control && result->outcome != OUTCOME_PASS &&
		       result->outcome != OUTCOME_SKIP;
	cleanup_buf struct buf classname = BUF_NULL;
	cleanup_buf struct buf out = BUF_NULL;
	mxml_node_t *node;

	if (!j->suite || strcmp(j->suite_name, suite) != 0) {
		end_suite(j);
		begin_suite(j, suite);
	}
	node = element(j->suite, "testcase");
	buf_printf(&classname, "%s%s", suite, pc->control ? ".control" : "");
	set_attr(node, "classname", classname.data);
	if (strncmp(pc->id, suite, skip) != 0 || pc->id[skip] != '/')
		set_attr(node, "name", pc->id);
	else
		set_attr(node, "name", pc->id + skip + 1);
	set_attr_time(node, result->duration_us);
	j->counts.tests++;
	j->counts.duration_us += result->duration_us;

	if (differs) {
		add_control_remark(&out, j, pc, result);
	} else if (result->outcome == OUTCOME_ERROR) {
		j->counts.errors++;
		add_verdict(j, node, "error", pc, result);
	} else if (outcome_is_bad(result->outcome)) {
		j->counts.failures++;
		add_verdict(j, node, "failure", pc, result);
	} else if (result->outcome != OUTCOME_PASS) {
		j->counts.skipped++;
		add_verdict(j, node, "skipped", pc, result);
	} else if (case_is_measurement(pc)) {
		detail_notes(&out, &plain, result);
	}
	if (result->output_len > 0)
		add_output(&out, result);
	if (out.len > 0)
		add_text(element(node, "system-out"), out.data);
}

static void add_interruption(struct junit_reporter *j,
			     const struct run_totals *totals)
{
	cleanup_buf struct buf message = BUF_NULL;
	mxml_node_t *node;

	words_interrupted(&message, totals);
	begin_suite(j, "sockspec");
	node = element(j->suite, "testcase");
	set_attr(node, "classname", "sockspec");
	set_attr(node, "name", "run");
	set_attr_time(node, 0);
	node = element(node, "error");
	set_attr(node, "message", message.data);
	set_attr(node, "type", "interrupted");
	j->counts.tests++;
	j->counts.errors++;
	end_suite(j);
}

static void junit_run_end(struct reporter *r, const struct run_totals *totals)
{
	struct junit_reporter *j = junit_of(r);

	end_suite(j);
	if (totals->interrupted_by)
		add_interruption(j, totals);
	j->total.duration_us = totals->duration_us;
	set_counts(j->root, &j->total);
	/* A failure to write is in ferror() as well, which the caller reads. */
	(void)xml_save(j->document, r->out);
	mxmlDelete(j->document);
	j->document = NULL;
}

static void junit_free(struct reporter *r)
{
	struct junit_reporter *j = junit_of(r);

	if (j->document)
		mxmlDelete(j->document);
}

const struct reporter_ops report_junit = {
	.name = "junit",
	.run_begin = junit_run_begin,
	.case_end = junit_case_end,
	.run_end = junit_run_end,
	.free = junit_free,
	.size = sizeof(struct junit_reporter),
};
