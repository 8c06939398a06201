// SPDX-License-Identifier: BSD-2-Clause
/*
 * The order of the questions is the contract: what ended twice cannot be
 * believed; an expectation that did not hold is a FAIL whatever came after
 * it, unless a set-up that broke, or a reason to skip, came before, as when a
 * child of the case cannot begin and its parent waits in vain; a call under EXPECT that did not come back, or a signal that the socket
 * layer sends, is one too; everything else that went wrong is an ERROR with
 * its cause.
 */
#include "config.h"

#include "harness/judge.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/names.h"
#include "harness/deviation.h"
#include "harness/record.h"

#define EVIDENCE_MAX 64	/* kept of one case; a loop may record thousands */

struct tally {
	unsigned int fails;
	unsigned int done;
	const char *broken;
	const char *skip;
	const char *leak;
	unsigned int leaks;
};

static void add_evidence(struct judgement *j, enum evidence_kind kind,
			 const struct record *r)
{
	struct evidence *e;

	if (j->result.n_evidence >= EVIDENCE_MAX)
		return;
	j->evidence = xreallocarray(j->evidence, j->result.n_evidence + 1,
				    sizeof(*j->evidence));
	e = &j->evidence[j->result.n_evidence++];
	*e = (struct evidence){ kind, r->context, r->call, r->expected, r->got,
				r->where };
}

static void read_records(struct judgement *j, const struct sighting *s,
			 struct tally *t)
{
	const char *p = j->bytes;
	size_t left = s->rec_len;
	struct record r;
	long n;

	while (left && (n = record_parse(p, left, &r)) > 0) {
		p += n;
		left -= (size_t)n;
		/* Written late by what an earlier case left running. */
		if (r.serial != s->serial)
			continue;
		switch (r.kind) {
		case RECORD_FAIL:
			t->fails += !t->broken && !t->skip;
			add_evidence(j, EVIDENCE_FAIL, &r);
			break;
		case RECORD_NOTE:
			add_evidence(j, EVIDENCE_NOTE, &r);
			break;
		case RECORD_SKIP:
			t->skip = r.expected;
			break;
		case RECORD_BROKEN:
			t->broken = r.expected;
			add_evidence(j, EVIDENCE_BROKEN, &r);
			break;
		case RECORD_LEAK:
			t->leak = t->leak ? t->leak : r.expected;
			t->leaks++;
			break;
		case RECORD_DONE:
			t->done++;
			break;
		default:
			break;
		}
	}
}

/* Signals that a socket layer sends: one that kills is a wrong one. */
static bool is_socket_signal(int sig)
{
	return sig == SIGPIPE || sig == SIGIO || sig == SIGURG;
}

static void fail_in_call(struct judgement *j, const struct sighting *s,
			 const char *expected, const char *got)
{
	struct record r = {
		.context = "", .call = j->bytes + s->rec_len + s->out_len,
		.expected = expected, .got = got,
	};

	r.where = r.call + sizeof(s->call);
	add_evidence(j, EVIDENCE_FAIL, &r);
	j->result.outcome = OUTCOME_FAIL;
}

static void error(struct judgement *j, enum cause cause)
{
	j->result.outcome = OUTCOME_ERROR;
	j->result.cause = cause;
}

static bool judge_death(struct judgement *j, const struct sighting *s)
{
	int sig = WIFSIGNALED(s->wait_status) ? WTERMSIG(s->wait_status) : 0;
	bool judging = s->verb != VERB_SETUP && s->call[0];

	if (s->call_hung || s->timed_out) {
		if (judging && s->call_hung) {
			fail_in_call(j, s, "it returns", "it did not return");
			return true;
		}
		error(j, CAUSE_TIMEOUT);
		buf_printf(&j->reason, "did not end in time, was in %s",
			   s->call[0] ? s->call : "no call");
		return true;
	}
	if (!sig)
		return false;
	if (judging && is_socket_signal(sig)) {
		buf_printf(&j->extra, "killed by %s", name_signal(sig));
		fail_in_call(j, s, "no deadly signal", j->extra.data);
		return true;
	}
	error(j, CAUSE_SIGNAL);
	buf_printf(&j->reason, "killed by %s in %s", name_signal(sig),
		   s->call[0] ? s->call : "no call");
	return true;
}

static void judge_end(struct judgement *j, const struct sighting *s,
		      const struct tally *t)
{
	int status = WIFEXITED(s->wait_status) ? WEXITSTATUS(s->wait_status) : 0;

	if (t->done > 1) {
		error(j, CAUSE_TWO_VERDICTS);
		buf_printf(&j->reason, "ended %u times: a fork of it ran on",
			   t->done);
	} else if (t->fails) {
		j->result.outcome = OUTCOME_FAIL;
	} else if (judge_death(j, s)) {
		return;
	} else if (status == MEMORY_ERROR_STATUS) {
		error(j, CAUSE_MEMORY);
		buf_printf(&j->reason, "valgrind or a sanitizer found an error");
	} else if (t->broken) {
		error(j, CAUSE_SETUP);
		buf_printf(&j->reason, "%s", t->broken);
	} else if (t->skip) {
		j->result.outcome = OUTCOME_SKIP;
		buf_printf(&j->reason, "%s", t->skip);
	} else if (t->done == 0 || status) {
		error(j, CAUSE_NO_VERDICT);
		buf_printf(&j->reason, "ended with status %d %s", status,
			   t->done ? "after its verdict" : "without a verdict");
	} else if (t->leaks) {
		error(j, CAUSE_LEAK);
		buf_printf(&j->reason, "left behind: %s", t->leak);
		if (t->leaks > 1)
			buf_printf(&j->reason, " and %u more", t->leaks - 1);
	}
}

static void apply_deviation(struct case_result *r, const struct plan_case *pc)
{
	if (!pc->deviation)
		return;
	if (r->outcome == OUTCOME_FAIL || r->outcome == OUTCOME_ERROR)
		r->outcome = OUTCOME_XFAIL;
	else if (r->outcome == OUTCOME_PASS && !pc->deviation->sometimes)
		r->outcome = OUTCOME_XPASS;
}

void judge_case(struct judgement *j, const struct plan_case *pc,
		const struct sighting *s, const char *records,
		const char *output)
{
	struct tally t = { 0 };
	size_t len = s->rec_len + s->out_len;

	*j = (struct judgement){ .reason = BUF_NULL, .extra = BUF_NULL };
	/* Records, output, and the call it was in: evidence points in here. */
	j->bytes = xcalloc(1, len + sizeof(s->call) + sizeof(s->where) + 1);
	memcpy(j->bytes, records, s->rec_len);
	memcpy(j->bytes + s->rec_len, output, s->out_len);
	memcpy(j->bytes + len, s->call, sizeof(s->call));
	memcpy(j->bytes + len + sizeof(s->call), s->where, sizeof(s->where));
	j->result = (struct case_result){
		.outcome = OUTCOME_PASS, .output = j->bytes + s->rec_len,
		.output_len = s->out_len, .output_cut = s->output_cut,
		.duration_us = s->duration_us, .runs = 1,
	};
	read_records(j, s, &t);
	judge_end(j, s, &t);
	apply_deviation(&j->result, pc);
	j->result.evidence = j->evidence;
	j->result.reason = j->reason.data ? j->reason.data : "";
	j->result.bad_runs = outcome_is_bad(j->result.outcome);
}

void judgement_free(struct judgement *j)
{
	free(j->evidence);
	free(j->bytes);
	buf_free(&j->reason);
	buf_free(&j->extra);
	memset(j, 0, sizeof(*j));
}
