// SPDX-License-Identifier: BSD-2-Clause
/*
 * The order of the items is fixed: what is required, by whom, what happened,
 * why it matters, how to see it again.
 */
#include "config.h"

#include "report/detail.h"

#include <string.h>

#include "base/buf.h"
#include "harness/check.h"
#include "report/report.h"
#include "report/words.h"

#define MAX_FAILED 10		/* expectations shown of one case */

static void item(struct buf *out, const struct layout *l, const char *label,
		 const char *text)
{
	if (text && text[0])
		layout_item(out, l, label, text);
}

static void add_error(struct buf *out, const struct case_result *result)
{
	buf_printf(out, "%s%s%s", cause_name(result->cause),
		   result->reason[0] ? ": " : "", result->reason);
}

static void write_verdict(struct buf *out, const struct layout *l,
			  const struct plan_case *pc,
			  const struct case_result *result)
{
	cleanup_buf struct buf text = BUF_NULL;
	const char *label = "verdict";

	switch (result->outcome) {
	case OUTCOME_FAIL:
		buf_printf(&text, "%s", pc->control ?
			   "another family differs, which contradicts nobody" :
			   force_family_name(force_family(pc->force)));
		break;
	case OUTCOME_XFAIL:
		label = "deviation";
		buf_printf(&text, "%s", words_deviation(pc));
		break;
	case OUTCOME_XPASS:
		buf_printf(&text, "passes, but was expected to fail: %s",
			   words_deviation(pc));
		break;
	case OUTCOME_ERROR:
		label = "error";
		add_error(&text, result);
		break;
	default:
		buf_printf(&text, "%s", result->reason);
	}
	item(out, l, label, text.data);
	if (result->outcome == OUTCOME_XFAIL && result->cause != CAUSE_NONE) {
		buf_clear(&text);
		add_error(&text, result);
		item(out, l, "error", text.data);
	}
	if (result->runs > 1 && result->bad_runs > 0) {
		buf_clear(&text);
		buf_printf(&text, "%u of %u were not as required",
			   result->bad_runs, result->runs);
		item(out, l, "runs", text.data);
	}
}

/* Does a clause before the i-th stand in the same section? */
static bool is_cited(const struct check *check, int i)
{
	const struct clause *c = clause_get(check->clauses[i]);

	for (int k = 0; k < i; k++) {
		const struct clause *before = clause_get(check->clauses[k]);

		if (strcmp(before->document, c->document) == 0 &&
		    strcmp(before->section, c->section) == 0)
			return true;
	}
	return false;
}

static void write_clauses(struct buf *out, const struct layout *l,
			  const struct check *check)
{
	for (int i = 0; i < CHECK_MAX_CLAUSES && check->clauses[i]; i++) {
		const struct clause *c = clause_get(check->clauses[i]);
		cleanup_buf struct buf text = BUF_NULL;

		if (is_cited(check, i))
			continue;
		buf_printf(&text, "%s, %s (%s)", c->document, c->section,
			   force_name(c->force));
		if (i == 0)
			buf_printf(&text, ": %s", c->text);
		item(out, l, i == 0 ? "clause" : "also", text.data);
	}
}

static void write_failed(struct buf *out, const struct layout *l,
			 const struct evidence *e)
{
	item(out, l, "call", e->call);
	item(out, l, "expected", e->expected);
	item(out, l, "got", e->got);
	item(out, l, "with", e->context);
	item(out, l, "where", e->where);
}

/* The reason of the verdict is usually made of this: not said twice. */
static void write_broken(struct buf *out, const struct layout *l,
			 const struct case_result *result,
			 const struct evidence *e)
{
	if (!strstr(result->reason, e->expected))
		item(out, l, "broke", e->expected);
	if (!strstr(result->reason, e->call))
		item(out, l, "call", e->call);
	item(out, l, "got", e->got);
	item(out, l, "with", e->context);
	item(out, l, "where", e->where);
}

void detail_notes(struct buf *out, const struct layout *l,
		  const struct case_result *result)
{
	for (size_t i = 0; i < result->n_evidence; i++) {
		const struct evidence *e = &result->evidence[i];
		cleanup_buf struct buf text = BUF_NULL;

		if (e->kind != EVIDENCE_NOTE)
			continue;
		words_note(&text, e);
		item(out, l, "note", text.data);
	}
}

static void write_evidence(struct buf *out, const struct layout *l,
			   const struct case_result *result)
{
	size_t n_failed = 0;

	for (size_t i = 0; i < result->n_evidence; i++) {
		const struct evidence *e = &result->evidence[i];

		if (e->kind == EVIDENCE_FAIL && n_failed++ < MAX_FAILED)
			write_failed(out, l, e);
		else if (e->kind == EVIDENCE_BROKEN)
			write_broken(out, l, result, e);
	}
	if (n_failed > MAX_FAILED) {
		cleanup_buf struct buf text = BUF_NULL;

		buf_printf(&text, "%zu more expectations failed",
			   n_failed - MAX_FAILED);
		item(out, l, "and", text.data);
	}
	detail_notes(out, l, result);
}

void detail_write(struct buf *out, const struct layout *l,
		  const struct run_info *info, const struct plan_case *pc,
		  const struct case_result *result, bool output)
{
	cleanup_buf struct buf command = BUF_NULL;

	item(out, l, "title", pc->check->title);
	write_verdict(out, l, pc, result);
	write_clauses(out, l, pc->check);
	write_evidence(out, l, result);
	item(out, l, "why", pc->check->why);
	item(out, l, "repair", pc->check->repair);
	report_repeat_command(&command, info, pc);
	layout_exact(out, l, "repeat", command.data);
	if (output && result->output_len > 0) {
		layout_item(out, l, "output", "what the case printed:");
		layout_output(out, l, result->output, result->output_len,
			      result->output_cut);
	}
}

void detail_headline(struct buf *out, const struct plan_case *pc,
		     const struct case_result *result)
{
	if (result->outcome == OUTCOME_XFAIL ||
	    result->outcome == OUTCOME_XPASS) {
		buf_printf(out, "%s", words_deviation(pc));
		return;
	}
	for (size_t i = 0; i < result->n_evidence; i++) {
		const struct evidence *e = &result->evidence[i];

		if (e->kind != EVIDENCE_FAIL)
			continue;
		buf_printf(out, "%s: expected %s, got %s", e->call, e->expected,
			   e->got);
		return;
	}
	if (result->outcome == OUTCOME_ERROR)
		add_error(out, result);
	else
		buf_printf(out, "%s", result->reason);
}
