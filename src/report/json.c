// SPDX-License-Identifier: BSD-2-Clause
/*
 * JSON lines: an object an event, the source that every other format can be
 * made from.  doc/results.schema.json is the contract; a change that a reader
 * could trip over raises SCHEMA_VERSION.
 *
 * Seeds are strings in hexadecimal, because 64 bits do not survive in readers
 * whose numbers are doubles.
 */
#include "config.h"

#include "report/report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/die.h"
#include "base/names.h"
#include "harness/check.h"
#include "harness/run.h"
#include "report/sanitize.h"
#include "report/words.h"

#define SCHEMA_VERSION 1

static json_t *need(json_t *value)
{
	if (!value)
		die(EXIT_CHECKER, "out of memory");
	return value;
}

/* Both take over the reference to value. */
static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, need(value)) < 0)
		die(EXIT_CHECKER, "out of memory");
}

static void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, need(value)) < 0)
		die(EXIT_CHECKER, "out of memory");
}

static json_t *text(const char *data, size_t len, enum sanitize_mode mode)
{
	cleanup_buf struct buf clean = BUF_NULL;

	sanitize(&clean, data, len, mode);
	return need(json_stringn(clean.data, clean.len));
}

/* NULL is null. */
static json_t *line(const char *s)
{
	return s ? text(s, strlen(s), SANITIZE_LINE) : json_null();
}

static json_t *number(uint64_t n)
{
	return need(json_integer((json_int_t)(n < INT64_MAX ? n : INT64_MAX)));
}

static json_t *seed_text(uint64_t seed)
{
	char hex[2 + 16 + 1];

	snprintf(hex, sizeof(hex), "0x%" PRIx64, seed);
	return line(hex);
}

static void put(struct reporter *r, json_t *event)
{
	char *s = json_dumps(event, JSON_COMPACT);

	if (!s)
		die(EXIT_CHECKER, "out of memory");
	fprintf(r->out, "%s\n", s);
	free(s);
	json_decref(event);
}

static json_t *event_new(const char *name)
{
	json_t *event = need(json_object());

	set(event, "event", line(name));
	return event;
}

static void json_run_begin(struct reporter *r, const struct run_info *info)
{
	json_t *event = event_new("run_begin");

	set(event, "schema", number(SCHEMA_VERSION));
	set(event, "version", line(info->version));
	set(event, "command", line(info->command));
	set(event, "system", line(info->system));
	set(event, "user", line(info->user));
	set(event, "seed", seed_text(info->seed));
	set(event, "jobs", number(info->jobs));
	set(event, "repeat", number(info->repeat));
	set(event, "volume", number(info->volume));
	set(event, "valgrind", json_boolean(info->valgrind));
	set(event, "planned", number(info->plan->n));
	put(r, event);
}

static json_t *type_text(const struct transport *row)
{
	if (!row)
		return json_null();
	switch (row->type_bit) {
	case STREAM:
		return line("stream");
	case DGRAM:
		return line("dgram");
	case SEQPACKET:
		return line("seqpacket");
	default:
		return json_null();
	}
}

static json_t *address_text(const struct transport *row)
{
	if (!row)
		return json_null();
	switch (row->addr) {
	case PATH:
		return line("path");
	case ABSTRACT:
		return line("abstract");
	case PAIR:
		return line("pair");
	default:
		return json_null();
	}
}

static json_t *clause_list(const struct check *check)
{
	json_t *list = need(json_array());

	for (int i = 0; i < CHECK_MAX_CLAUSES && check->clauses[i]; i++) {
		const struct clause *c = clause_get(check->clauses[i]);
		json_t *o = need(json_object());

		set(o, "id", line(c->id));
		set(o, "document", line(c->document));
		set(o, "section", line(c->section));
		set(o, "force", line(force_name(c->force)));
		set(o, "text", line(c->text));
		append(list, o);
	}
	return list;
}

static json_t *row_list(const struct check *check)
{
	json_t *list = need(json_array());

	for (int i = 0; i < CHECK_MAX_ROWS && check->rows[i]; i++)
		append(list, line(row_get(check->rows[i])->id));
	return list;
}

static json_t *tag_list(const char *tags)
{
	json_t *list = need(json_array());

	while (tags && *tags) {
		size_t n = strcspn(tags, " ");

		if (n > 0)
			append(list, text(tags, n, SANITIZE_LINE));
		tags += n;
		tags += strspn(tags, " ");
	}
	return list;
}

static json_t *evidence_list(const struct case_result *result)
{
	static const char *const kinds[] = {
		[EVIDENCE_FAIL] = "fail",
		[EVIDENCE_NOTE] = "note",
		[EVIDENCE_SKIP] = "skip",
		[EVIDENCE_BROKEN] = "broken",
	};
	json_t *list = need(json_array());

	for (size_t i = 0; i < result->n_evidence; i++) {
		const struct evidence *e = &result->evidence[i];
		bool failed = e->kind == EVIDENCE_FAIL;
		json_t *o = need(json_object());

		set(o, "kind", line(kinds[e->kind]));
		set(o, "context", line(e->context));
		set(o, "call", line(e->call));
		set(o, failed ? "expected" : "text", line(e->expected));
		set(o, "got", line(e->got));
		set(o, "where", line(e->where));
		append(list, o);
	}
	return list;
}

/* What the case is: the same in every run. */
static void set_identity(json_t *event, const struct plan_case *pc)
{
	const struct check *check = pc->check;
	const struct transport *row = pc->row;

	set(event, "id", line(pc->id));
	set(event, "suite", line(check->suite));
	set(event, "check", line(check->name));
	set(event, "row", line(row ? row->name : NULL));
	set(event, "type", type_text(row));
	set(event, "address", address_text(row));
	set(event, "param", line(pc->param < 0 ? NULL :
						 check->params[pc->param]));
	set(event, "swap", json_boolean(pc->swap));
	set(event, "nonblock", json_boolean(pc->nonblock));
	set(event, "control", json_boolean(pc->control));
	set(event, "title", line(check->title));
	set(event, "force", line(force_name(pc->force)));
	set(event, "family", line(force_family_name(force_family(pc->force))));
	set(event, "clauses", clause_list(check));
	set(event, "rows", row_list(check));
	set(event, "tags", tag_list(check->tags));
	set(event, "why", line(check->why));
	set(event, "repair", line(check->repair));
}

/* An ERROR that was expected is XFAIL, and still has its cause. */
static bool has_cause(const struct case_result *result)
{
	return result->outcome == OUTCOME_ERROR ||
	       (result->outcome == OUTCOME_XFAIL &&
		result->cause != CAUSE_NONE);
}

static bool was_expected_to_fail(const struct case_result *result)
{
	return result->outcome == OUTCOME_XFAIL ||
	       result->outcome == OUTCOME_XPASS;
}

static void json_case_end(struct reporter *r, const struct plan_case *pc,
			  const struct case_result *result)
{
	json_t *event = event_new("case");
	cleanup_buf struct buf repeat = BUF_NULL;

	set_identity(event, pc);
	set(event, "outcome", line(outcome_name(result->outcome)));
	set(event, "cause", line(has_cause(result) ?
					 cause_name(result->cause) : NULL));
	set(event, "reason", line(result->reason));
	set(event, "deviation", line(was_expected_to_fail(result) ?
					     words_deviation(pc) : NULL));
	set(event, "evidence", evidence_list(result));
	set(event, "output", text(result->output, result->output_len,
				  SANITIZE_TEXT));
	set(event, "output_cut", json_boolean(result->output_cut));
	set(event, "duration_us", number(result->duration_us));
	set(event, "runs", number(result->runs));
	set(event, "bad_runs", number(result->bad_runs));
	set(event, "seed", seed_text(pc->seed));
	report_repeat_command(&repeat, r->info, pc);
	set(event, "repeat", line(repeat.data));
	put(r, event);
}

static json_t *outcome_counts(const size_t counts[N_OUTCOME])
{
	json_t *o = need(json_object());

	for (int i = 0; i < N_OUTCOME; i++)
		set(o, outcome_name(i), number(counts[i]));
	return o;
}

static void json_run_end(struct reporter *r, const struct run_totals *totals)
{
	json_t *event = event_new("run_end");
	json_t *families = need(json_object());

	set(event, "outcomes", outcome_counts(totals->outcomes));
	set(event, "control_outcomes",
	    outcome_counts(totals->control_outcomes));
	for (int f = 0; f < N_FORCE_FAMILY; f++)
		set(families, force_family_name(f),
		    number(totals->families[f]));
	set(event, "families", families);
	set(event, "planned", number(totals->n_planned));
	set(event, "reported", number(totals->n_reported));
	set(event, "rounds", number(totals->rounds));
	set(event, "duration_us", number(totals->duration_us));
	set(event, "interrupted_by",
	    line(totals->interrupted_by ? name_signal(totals->interrupted_by) :
					  NULL));
	set(event, "exit_status",
	    number((uint64_t)run_exit_status(totals)));
	put(r, event);
}

const struct reporter_ops report_json = {
	.name = "json",
	.run_begin = json_run_begin,
	.case_end = json_case_end,
	.run_end = json_run_end,
	.size = sizeof(struct reporter),
};
