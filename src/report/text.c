// SPDX-License-Identifier: BSD-2-Clause
/*
 * The report for a person.
 *
 * A line a suite is written as soon as the suite is complete.  What is to be
 * read after all of them is kept rendered until run_end, so that the memory
 * it takes grows with what is not as required, never with the run.  The
 * summary is the last thing written.
 *
 * Colours are added around words and never change them.
 */
#include "config.h"

#include "report/report.h"

#include <string.h>

#include "base/buf.h"
#include "harness/check.h"
#include "report/detail.h"
#include "report/layout.h"
#include "report/sanitize.h"
#include "report/tally.h"
#include "report/words.h"

/* From the least to the most alarming. */
enum colour { PLAIN, GREEN, YELLOW, MAGENTA, RED, BOLD };

struct text_reporter {
	struct reporter base;
	const char *suite;		/* the one under way, or NULL */
	int suite_width;
	size_t counts[N_OUTCOME];	/* of that suite */
	size_t controls[N_OUTCOME];
	enum colour worst;
	struct buf bad;			/* FAIL, XPASS, ERROR */
	struct buf expected;		/* XFAIL */
	struct buf measured;		/* notes of passing measurements */
	struct buf last_notes;		/* of the measurement kept last */
	const struct check *last_check;
	size_t n_alike;			/* rows that gave the same notes */
	struct buf differing;		/* controls that are not PASS or SKIP */
	struct tally skips;
	struct tally control_skips;
	struct slowest slowest;
	bool begun;			/* something was written */
};

static struct text_reporter *text_of(struct reporter *r)
{
	return (struct text_reporter *)r;
}

static struct layout layout_of(const struct reporter *r, const char *prefix)
{
	return (struct layout){ prefix, r->style->width };
}

static void add_painted(struct buf *out, const struct reporter *r,
			enum colour colour, const char *s)
{
	static const char *const sgr[] = {
		[PLAIN] = "",
		[GREEN] = "\033[32m",
		[YELLOW] = "\033[33m",
		[MAGENTA] = "\033[35m",
		[RED] = "\033[31m",
		[BOLD] = "\033[1m",
	};
	bool on = r->style->colour && colour != PLAIN;

	buf_printf(out, "%s%s%s", on ? sgr[colour] : "", s, on ? "\033[m" : "");
}

static void put(struct reporter *r, const struct buf *b)
{
	if (b->len == 0)
		return;
	fwrite(b->data, 1, b->len, r->out);
	text_of(r)->begun = true;
}

static void put_prose(struct reporter *r, const char *prefix, const char *text)
{
	const struct layout l = layout_of(r, prefix);
	cleanup_buf struct buf out = BUF_NULL;

	layout_prose(&out, &l, 2, text);
	put(r, &out);
}

/* Only what contradicts POSIX is red: the rest is for the reader to weigh. */
static enum colour colour_of(const struct plan_case *pc, enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_PASS:
		return GREEN;
	case OUTCOME_FAIL:
		return force_family(pc->force) == BREAKS_POSIX ? RED : YELLOW;
	case OUTCOME_XPASS:
		return YELLOW;
	case OUTCOME_ERROR:
		return MAGENTA;
	default:
		return PLAIN;
	}
}

static void count_case(struct text_reporter *t, const struct plan_case *pc,
		       enum outcome outcome)
{
	enum colour colour = colour_of(pc, outcome);

	if (pc->control) {
		t->controls[outcome]++;
		return;
	}
	t->counts[outcome]++;
	if (colour > t->worst)
		t->worst = colour;
}

/* Wrapped first, as if plain, so that painting the name moves nothing. */
static void put_suite_line(struct text_reporter *t, const char *counts)
{
	struct reporter *r = &t->base;
	const struct layout l = layout_of(r, "");
	cleanup_buf struct buf name = BUF_NULL;
	cleanup_buf struct buf line = BUF_NULL;
	cleanup_buf struct buf wrapped = BUF_NULL;
	cleanup_buf struct buf out = BUF_NULL;

	sanitize_str(&name, t->suite, SANITIZE_LINE);
	buf_printf(&line, "%s%*s  %s", name.data,
		   t->suite_width - (int)layout_columns(name.data), "", counts);
	layout_prose(&wrapped, &l, (unsigned int)t->suite_width + 2, line.data);
	add_painted(&out, r, t->worst, name.data);
	buf_add(&out, wrapped.data + name.len, wrapped.len - name.len);
	put(r, &out);
}

static void end_suite(struct text_reporter *t)
{
	const struct report_style *style = t->base.style;
	size_t n_controls = counts_sum(t->controls);
	cleanup_buf struct buf line = BUF_NULL;

	if (t->suite && !style->quiet) {
		words_counts(&line, t->counts);
		if (n_controls > 0) {
			buf_printf(&line, "%scontrols: ", line.len ? "; " : "");
			words_counts(&line, t->controls);
		}
		put_suite_line(t, line.data);
	}
	memset(t->counts, 0, sizeof(t->counts));
	memset(t->controls, 0, sizeof(t->controls));
	t->worst = PLAIN;
}

static void keep_bad(struct text_reporter *t, const struct plan_case *pc,
		     const struct case_result *result)
{
	const struct layout l = layout_of(&t->base, "  ");
	cleanup_buf struct buf id = BUF_NULL;

	buf_add(&t->bad, "\n", 1);
	add_painted(&t->bad, &t->base, colour_of(pc, result->outcome),
		    outcome_name(result->outcome));
	sanitize_str(&id, pc->id, SANITIZE_LINE);
	buf_add(&t->bad, " ", 1);
	add_painted(&t->bad, &t->base, BOLD, id.data);
	buf_add(&t->bad, "\n", 1);
	detail_write(&t->bad, &l, t->base.info, pc, result, true);
}

static void keep_line(struct text_reporter *t, struct buf *list,
		      const char *id, const char *text)
{
	const struct layout l = layout_of(&t->base, "  ");
	cleanup_buf struct buf line = BUF_NULL;

	buf_printf(&line, "%s%s%s", id, text[0] ? ": " : "", text);
	layout_prose(list, &l, 2, line.data);
}

static void keep_differing(struct text_reporter *t, const struct plan_case *pc,
			   const struct case_result *result)
{
	cleanup_buf struct buf line = BUF_NULL;

	buf_printf(&line, "%s: ", outcome_name(result->outcome));
	detail_headline(&line, pc, result);
	keep_line(t, &t->differing, pc->id, line.data);
}

/* The measurement kept last stands for so many rows. */
static void close_measured(struct text_reporter *t)
{
	if (t->n_alike > 0)
		buf_printf(&t->measured, "    and the same on %zu more row%s\n",
			   t->n_alike, t->n_alike == 1 ? "" : "s");
	t->n_alike = 0;
}

static void keep_measured(struct text_reporter *t, const struct plan_case *pc,
			  const struct case_result *result)
{
	const struct layout l = layout_of(&t->base, "    ");
	cleanup_buf struct buf notes = BUF_NULL;

	for (size_t i = 0; i < result->n_evidence; i++) {
		cleanup_buf struct buf note = BUF_NULL;

		if (result->evidence[i].kind != EVIDENCE_NOTE)
			continue;
		words_note(&note, &result->evidence[i]);
		layout_prose(&notes, &l, 2, note.data);
	}
	if (notes.len == 0)
		return;
	if (t->last_check == pc->check && t->last_notes.len == notes.len &&
	    memcmp(t->last_notes.data, notes.data, notes.len) == 0) {
		t->n_alike++;
		return;
	}
	close_measured(t);
	keep_line(t, &t->measured, pc->id, pc->control ? "(a control)" : "");
	buf_add(&t->measured, notes.data, notes.len);
	buf_free(&t->last_notes);
	t->last_notes = notes;
	t->last_check = pc->check;
	notes = (struct buf)BUF_NULL;
}

static void text_run_begin(struct reporter *r, const struct run_info *info)
{
	struct text_reporter *t = text_of(r);
	cleanup_buf struct buf line = BUF_NULL;

	slowest_init(&t->slowest, r->style->slowest);
	for (size_t i = 0; i < info->plan->n; i++) {
		const char *suite = info->plan->cases[i].check->suite;
		int width = (int)layout_columns(suite);

		if (width > t->suite_width)
			t->suite_width = width;
	}
	if (r->style->quiet)
		return;
	words_run(&line, info);
	put_prose(r, "", line.data);
	fputc('\n', r->out);
}

static void text_case_end(struct reporter *r, const struct plan_case *pc,
			  const struct case_result *result)
{
	struct text_reporter *t = text_of(r);

	if (!t->suite || strcmp(t->suite, pc->check->suite) != 0) {
		end_suite(t);
		t->suite = pc->check->suite;
	}
	count_case(t, pc, result->outcome);
	slowest_add(&t->slowest, pc->id, result->duration_us);

	if (result->outcome == OUTCOME_SKIP)
		tally_add(pc->control ? &t->control_skips : &t->skips,
			  result->reason, pc->id);
	else if (result->outcome == OUTCOME_PASS && case_is_measurement(pc))
		keep_measured(t, pc, result);
	else if (result->outcome == OUTCOME_PASS)
		return;
	else if (pc->control)
		keep_differing(t, pc, result);
	else if (result->outcome == OUTCOME_XFAIL)
		keep_line(t, &t->expected, pc->id, words_deviation(pc));
	else
		keep_bad(t, pc, result);
}

static void put_heading(struct reporter *r, const char *heading)
{
	cleanup_buf struct buf out = BUF_NULL;

	if (text_of(r)->begun)
		buf_add(&out, "\n", 1);
	add_painted(&out, r, BOLD, heading);
	buf_add(&out, "\n", 1);
	put(r, &out);
}

static void put_section(struct reporter *r, const char *heading,
			const struct buf *text)
{
	if (text->len == 0)
		return;
	put_heading(r, heading);
	put(r, text);
}

static void put_skips(struct reporter *r, const struct tally *skips)
{
	for (size_t i = 0; i < skips->n; i++) {
		const struct tally_entry *e = &skips->entries[i];
		cleanup_buf struct buf line = BUF_NULL;

		buf_printf(&line, "%s: ", e->reason[0] ? e->reason :
							  "no reason given");
		if (e->n > 1)
			buf_printf(&line, "%zu cases, e.g. ", e->n);
		buf_printf(&line, "%s", e->example);
		put_prose(r, "  ", line.data);
	}
}

static void put_slowest(struct reporter *r, const struct slowest *slowest)
{
	if (slowest->n == 0)
		return;
	put_heading(r, "Slowest cases");
	for (size_t i = 0; i < slowest->n; i++) {
		cleanup_buf struct buf line = BUF_NULL;

		words_duration(&line, slowest->cases[i].duration_us);
		buf_printf(&line, "  %s", slowest->cases[i].id);
		put_prose(r, "  ", line.data);
	}
}

static void put_controls(struct text_reporter *t,
			 const struct run_totals *totals)
{
	struct reporter *r = &t->base;
	size_t n = counts_sum(totals->control_outcomes);
	cleanup_buf struct buf line = BUF_NULL;

	if (n == 0 || (r->style->quiet && t->differing.len == 0))
		return;
	put_heading(r, "Controls (other families; they test the checks and "
		       "never count)");
	buf_printf(&line, "%zu control%s: ", n, n == 1 ? "" : "s");
	words_counts(&line, totals->control_outcomes);
	put_prose(r, "  ", line.data);
	put(r, &t->differing);
	put_skips(r, &t->control_skips);
}

static void put_summary(struct reporter *r, const struct run_totals *totals)
{
	size_t n = counts_sum(totals->outcomes);
	cleanup_buf struct buf line = BUF_NULL;

	put_heading(r, "Summary");
	buf_printf(&line, "%zu case%s in ", n, n == 1 ? "" : "s");
	words_duration(&line, totals->duration_us);
	if (totals->rounds > 1)
		buf_printf(&line, ", %u rounds", totals->rounds);
	if (n > 0)
		buf_printf(&line, ": ");
	words_counts(&line, totals->outcomes);
	put_prose(r, "", line.data);

	buf_clear(&line);
	words_families(&line, totals->families);
	if (line.len > 0) {
		cleanup_buf struct buf failures = BUF_NULL;

		buf_printf(&failures, "of the failures, %s", line.data);
		put_prose(r, "", failures.data);
	}
	buf_clear(&line);
	if (totals->interrupted_by) {
		words_interrupted(&line, totals);
		put_prose(r, "", line.data);
		buf_clear(&line);
	}
	words_exit_status(&line, totals);
	put_prose(r, "", line.data);
}

static void text_run_end(struct reporter *r, const struct run_totals *totals)
{
	struct text_reporter *t = text_of(r);

	end_suite(t);
	put_section(r, "Not as required", &t->bad);
	put_section(r, "Failed as expected", &t->expected);
	if (t->skips.n > 0) {
		put_heading(r, "Skipped");
		put_skips(r, &t->skips);
	}
	if (!r->style->quiet) {
		close_measured(t);
		put_section(r, "What was measured", &t->measured);
	}
	put_controls(t, totals);
	put_slowest(r, &t->slowest);
	put_summary(r, totals);
}

static void text_free(struct reporter *r)
{
	struct text_reporter *t = text_of(r);

	buf_free(&t->bad);
	buf_free(&t->expected);
	buf_free(&t->measured);
	buf_free(&t->last_notes);
	buf_free(&t->differing);
	tally_free(&t->skips);
	tally_free(&t->control_skips);
	slowest_free(&t->slowest);
}

const struct reporter_ops report_text = {
	.name = "text",
	.run_begin = text_run_begin,
	.case_end = text_case_end,
	.run_end = text_run_end,
	.free = text_free,
	.size = sizeof(struct text_reporter),
};
