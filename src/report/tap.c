// SPDX-License-Identifier: BSD-2-Clause
/*
 * TAP version 13, for prove and for automake's tap-driver.sh: the plan first,
 * numbers in plan order, nothing but comments besides the test lines.
 *
 *	PASS	ok N - ID
 *	FAIL	not ok N - ID
 *	ERROR	not ok N - ID			a comment names the cause
 *	SKIP	ok N - ID # SKIP reason
 *	XFAIL	not ok N - ID # TODO reason
 *	XPASS	ok N - ID # TODO reason		automake: XPASS, a failure;
 *						prove: counted as passed, so
 *						heed the exit status
 *	control	ok N - ID			whatever it gave, because it
 *						never counts; a comment says
 *						when it was not PASS
 *
 * '#' comes out as \x23 in names and reasons: both readers look for
 * directives anywhere in a line.  Every other line starts with "# ", so that
 * nothing a case prints can be read as a result or as "Bail out!".
 */
#include "config.h"

#include "report/report.h"

#include "base/buf.h"
#include "report/detail.h"
#include "report/sanitize.h"
#include "report/words.h"

struct tap_reporter {
	struct reporter base;
	size_t n;	/* of the last test line */
};

static const struct layout comment = { "# ", 0 };

static void put(struct reporter *r, const struct buf *b)
{
	if (b->len > 0)
		fwrite(b->data, 1, b->len, r->out);
}

static void tap_run_begin(struct reporter *r, const struct run_info *info)
{
	cleanup_buf struct buf line = BUF_NULL;
	cleanup_buf struct buf out = BUF_NULL;

	fprintf(r->out, "TAP version 13\n1..%zu%s\n", info->plan->n,
		info->plan->n ? "" : " # SKIP no case is selected");
	words_run(&line, info);
	layout_prose(&out, &comment, 0, line.data);
	put(r, &out);
}

/* A directive always has a reason, also where the case gave none. */
static void add_directive(struct buf *out, const char *directive,
			  const char *reason)
{
	buf_printf(out, " # %s ", directive);
	sanitize_str(out, reason[0] ? reason : "no reason given", SANITIZE_TAP);
}

static void put_test_line(struct tap_reporter *t, const struct plan_case *pc,
			  const struct case_result *result)
{
	enum outcome outcome = result->outcome;
	bool ok = outcome == OUTCOME_PASS || outcome == OUTCOME_SKIP ||
		  outcome == OUTCOME_XPASS || pc->control;
	cleanup_buf struct buf line = BUF_NULL;

	buf_printf(&line, "%s %zu - ", ok ? "ok" : "not ok", ++t->n);
	sanitize_str(&line, pc->id, SANITIZE_TAP);
	if (outcome == OUTCOME_SKIP)
		add_directive(&line, "SKIP", result->reason);
	else if (!pc->control &&
		 (outcome == OUTCOME_XFAIL || outcome == OUTCOME_XPASS))
		add_directive(&line, "TODO", words_deviation(pc));
	buf_add(&line, "\n", 1);
	put(&t->base, &line);
}

static void tap_case_end(struct reporter *r, const struct plan_case *pc,
			 const struct case_result *result)
{
	struct tap_reporter *t = (struct tap_reporter *)r;
	cleanup_buf struct buf out = BUF_NULL;

	put_test_line(t, pc, result);
	if (result->outcome == OUTCOME_SKIP)
		return;
	if (result->outcome == OUTCOME_PASS) {
		if (case_is_measurement(pc))
			detail_notes(&out, &comment, result);
		put(r, &out);
		return;
	}
	if (pc->control)
		buf_printf(&out, "# control: differs (%s), which does not "
			   "count\n", outcome_name(result->outcome));
	else
		buf_printf(&out, "# %s\n", outcome_name(result->outcome));
	detail_write(&out, &comment, r->info, pc, result, true);
	put(r, &out);
}

static void tap_run_end(struct reporter *r, const struct run_totals *totals)
{
	cleanup_buf struct buf out = BUF_NULL;

	buf_printf(&out, "# ");
	words_exit_status(&out, totals);
	if (totals->interrupted_by) {
		buf_printf(&out, "\nBail out! ");
		words_interrupted(&out, totals);
	}
	buf_add(&out, "\n", 1);
	put(r, &out);
}

const struct reporter_ops report_tap = {
	.name = "tap",
	.run_begin = tap_run_begin,
	.case_end = tap_case_end,
	.run_end = tap_run_end,
	.size = sizeof(struct tap_reporter),
};
