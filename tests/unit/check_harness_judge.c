// SPDX-License-Identifier: BSD-2-Clause
/* From what was seen to an outcome: each of them, each cause, and the order. */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "harness/check.h"
#include "harness/deviation.h"
#include "harness/expect.h"
#include "harness/judge.h"
#include "harness/record.h"
#include "harness_fixture.h"

/* Wait statuses as waitpid() gives them. */
#define EXITED(status) ((status) << 8)
#define KILLED(sig) (sig)

#define SERIAL 12	/* of the case that is judged */

/* One letter a record, in the order in which they came. */
static void add_record(struct buf *records, char letter)
{
	struct record r = { .serial = SERIAL, .where = "file.c:1" };
	char data[4096];
	int fd[2];
	ssize_t n;

	switch (letter) {
	case 'F':
		r.kind = RECORD_FAIL;
		r.context = "n=1";
		r.call = "send(fd)";
		r.expected = "1";
		r.got = "0";
		break;
	case 'N':
		r.kind = RECORD_NOTE;
		r.expected = "a note";
		break;
	case 'S':
		r.kind = RECORD_SKIP;
		r.expected = "no such thing here";
		break;
	case 'B':
		r.kind = RECORD_BROKEN;
		r.expected = "socket() failed";
		break;
	case 'L':
		r.kind = RECORD_LEAK;
		r.expected = "descriptor 7";
		break;
	case 'D':
		r.kind = RECORD_DONE;
		r.expected = "complete";
		break;
	case 'x':
		/* a failure of the case before this one */
		r.kind = RECORD_FAIL;
		r.serial = SERIAL - 1;
		break;
	case '?':
		buf_add(records, "this is not a record", 20);
		return;
	}
	ck_assert_int_eq(pipe2(fd, O_CLOEXEC), 0);
	ck_assert_int_eq(record_write(fd[1], &r), 0);
	n = read(fd[0], data, sizeof(data));
	buf_add(records, data, (size_t)n);
	close(fd[0]);
	close(fd[1]);
}

static struct judgement judge_it(const char *letters, struct sighting s,
				 const struct plan_case *pc, const char *output)
{
	struct buf records = BUF_NULL;
	struct judgement j;

	buf_add(&records, "", 0);
	for (const char *p = letters; *p; p++)
		add_record(&records, *p);
	s.serial = SERIAL;
	s.rec_len = (uint32_t)records.len;
	s.out_len = (uint32_t)strlen(output);
	judge_case(&j, pc, &s, records.data, output);
	buf_free(&records);
	return j;
}

#define EXPECTING .verb = VERB_EXPECT, .call = "recv(fd)", .where = "file.c:9"
#define ARRANGING .verb = VERB_SETUP, .call = "bind(fd)", .where = "file.c:8"

static const struct {
	const char *records;
	struct sighting s;
	enum outcome outcome;
	enum cause cause;
	const char *reason;
} scenarios[] = {
	/* the plain ends */
	{ "D", { 0 }, OUTCOME_PASS, CAUSE_NONE, "" },
	{ "NND", { 0 }, OUTCOME_PASS, CAUSE_NONE, "" },
	{ "D", { EXPECTING }, OUTCOME_PASS, CAUSE_NONE, "" },
	{ "FD", { 0 }, OUTCOME_FAIL, CAUSE_NONE, "" },
	{ "FFND", { 0 }, OUTCOME_FAIL, CAUSE_NONE, "" },
	{ "SD", { 0 }, OUTCOME_SKIP, CAUSE_NONE, "no such thing here" },
	{ "BD", { 0 }, OUTCOME_ERROR, CAUSE_SETUP, "socket() failed" },
	{ "DL", { 0 }, OUTCOME_ERROR, CAUSE_LEAK, "left behind: descriptor 7" },
	{ "LDLL", { 0 }, OUTCOME_ERROR, CAUSE_LEAK,
	  "left behind: descriptor 7 and 2 more" },
	/* no verdict, or two of them */
	{ "", { 0 }, OUTCOME_ERROR, CAUSE_NO_VERDICT,
	  "ended with status 0 without a verdict" },
	{ "N", { .wait_status = EXITED(5) }, OUTCOME_ERROR, CAUSE_NO_VERDICT,
	  "ended with status 5 without a verdict" },
	{ "D", { .wait_status = EXITED(5) }, OUTCOME_ERROR, CAUSE_NO_VERDICT,
	  "ended with status 5 after its verdict" },
	{ "DD", { 0 }, OUTCOME_ERROR, CAUSE_TWO_VERDICTS,
	  "ended 2 times: a fork of it ran on" },
	{ "DDD", { 0 }, OUTCOME_ERROR, CAUSE_TWO_VERDICTS,
	  "ended 3 times: a fork of it ran on" },
	{ "?", { 0 }, OUTCOME_ERROR, CAUSE_NO_VERDICT,
	  "ended with status 0 without a verdict" },
	{ "D?", { 0 }, OUTCOME_PASS, CAUSE_NONE, "" },
	/* records of another case are not this one's */
	{ "xD", { 0 }, OUTCOME_PASS, CAUSE_NONE, "" },
	{ "Dx", { 0 }, OUTCOME_PASS, CAUSE_NONE, "" },
	{ "xFD", { 0 }, OUTCOME_FAIL, CAUSE_NONE, "" },
	/* time */
	{ "", { .wait_status = KILLED(SIGKILL), .timed_out = 1, EXPECTING },
	  OUTCOME_ERROR, CAUSE_TIMEOUT, "did not end in time, was in recv(fd)" },
	{ "", { .wait_status = KILLED(SIGKILL), .timed_out = 1 },
	  OUTCOME_ERROR, CAUSE_TIMEOUT, "did not end in time, was in no call" },
	{ "", { .wait_status = KILLED(SIGKILL), .call_hung = 1, EXPECTING },
	  OUTCOME_FAIL, CAUSE_NONE, "" },
	{ "", { .wait_status = KILLED(SIGKILL), .call_hung = 1,
		.verb = VERB_ASSERT, .call = "recv(fd)" },
	  OUTCOME_FAIL, CAUSE_NONE, "" },
	{ "", { .wait_status = KILLED(SIGKILL), .call_hung = 1, .timed_out = 1,
		EXPECTING }, OUTCOME_FAIL, CAUSE_NONE, "" },
	{ "", { .wait_status = KILLED(SIGKILL), .call_hung = 1, ARRANGING },
	  OUTCOME_ERROR, CAUSE_TIMEOUT, "did not end in time, was in bind(fd)" },
	/* signals: those of sockets are a wrong answer, others a crash */
	{ "", { .wait_status = KILLED(SIGPIPE), EXPECTING },
	  OUTCOME_FAIL, CAUSE_NONE, "" },
	{ "", { .wait_status = KILLED(SIGIO), EXPECTING },
	  OUTCOME_FAIL, CAUSE_NONE, "" },
	{ "", { .wait_status = KILLED(SIGURG), EXPECTING },
	  OUTCOME_FAIL, CAUSE_NONE, "" },
	{ "", { .wait_status = KILLED(SIGPIPE), ARRANGING },
	  OUTCOME_ERROR, CAUSE_SIGNAL, "killed by SIGPIPE in bind(fd)" },
	{ "", { .wait_status = KILLED(SIGPIPE) },
	  OUTCOME_ERROR, CAUSE_SIGNAL, "killed by SIGPIPE in no call" },
	{ "", { .wait_status = KILLED(SIGSEGV), EXPECTING },
	  OUTCOME_ERROR, CAUSE_SIGNAL, "killed by SIGSEGV in recv(fd)" },
	{ "", { .wait_status = KILLED(SIGKILL) },
	  OUTCOME_ERROR, CAUSE_SIGNAL, "killed by SIGKILL in no call" },
	{ "D", { .wait_status = KILLED(SIGSEGV) },
	  OUTCOME_ERROR, CAUSE_SIGNAL, "killed by SIGSEGV in no call" },
	/* memory */
	{ "D", { .wait_status = EXITED(MEMORY_ERROR_STATUS) },
	  OUTCOME_ERROR, CAUSE_MEMORY, "valgrind or a sanitizer found an error" },
	{ "", { .wait_status = EXITED(MEMORY_ERROR_STATUS) },
	  OUTCOME_ERROR, CAUSE_MEMORY, "valgrind or a sanitizer found an error" },
	/* order: a failed expectation stands whatever came after it */
	{ "F", { .wait_status = KILLED(SIGSEGV), EXPECTING },
	  OUTCOME_FAIL, CAUSE_NONE, "" },
	{ "F", { .wait_status = KILLED(SIGKILL), .timed_out = 1 },
	  OUTCOME_FAIL, CAUSE_NONE, "" },
	{ "F", { .wait_status = EXITED(MEMORY_ERROR_STATUS) },
	  OUTCOME_FAIL, CAUSE_NONE, "" },
	{ "FB", { 0 }, OUTCOME_FAIL, CAUSE_NONE, "" },
	{ "FSD", { 0 }, OUTCOME_FAIL, CAUSE_NONE, "" },
	{ "FDL", { 0 }, OUTCOME_FAIL, CAUSE_NONE, "" },
	{ "F?", { 0 }, OUTCOME_FAIL, CAUSE_NONE, "" },
	/* ... and what failed for want of a set-up, or of a feature, does not */
	{ "BFD", { 0 }, OUTCOME_ERROR, CAUSE_SETUP, "socket() failed" },
	{ "SFD", { 0 }, OUTCOME_SKIP, CAUSE_NONE, "no such thing here" },
	{ "FBFD", { 0 }, OUTCOME_FAIL, CAUSE_NONE, "" },
	/* ... but what ended twice cannot be believed at all */
	{ "FDD", { 0 }, OUTCOME_ERROR, CAUSE_TWO_VERDICTS,
	  "ended 2 times: a fork of it ran on" },
	/* death before what it said; memory before set-up before skip */
	{ "B", { .wait_status = KILLED(SIGSEGV) }, OUTCOME_ERROR, CAUSE_SIGNAL,
	  "killed by SIGSEGV in no call" },
	{ "S", { .wait_status = KILLED(SIGKILL), .timed_out = 1 },
	  OUTCOME_ERROR, CAUSE_TIMEOUT, "did not end in time, was in no call" },
	{ "BD", { .wait_status = EXITED(MEMORY_ERROR_STATUS) },
	  OUTCOME_ERROR, CAUSE_MEMORY, "valgrind or a sanitizer found an error" },
	{ "SBD", { 0 }, OUTCOME_ERROR, CAUSE_SETUP, "socket() failed" },
	{ "SD", { .wait_status = EXITED(MEMORY_ERROR_STATUS) },
	  OUTCOME_ERROR, CAUSE_MEMORY, "valgrind or a sanitizer found an error" },
	/* a skip leaves in the middle of things */
	{ "SDL", { 0 }, OUTCOME_SKIP, CAUSE_NONE, "no such thing here" },
	{ "L", { 0 }, OUTCOME_ERROR, CAUSE_NO_VERDICT,
	  "ended with status 0 without a verdict" },
};

#define N_SCENARIO (sizeof(scenarios) / sizeof(scenarios[0]))

static const struct check check;

START_TEST(outcome_cause_reason)
{
	struct plan_case pc = { .check = &check };
	struct judgement j = judge_it(scenarios[_i].records, scenarios[_i].s,
				      &pc, "");
	bool bad = scenarios[_i].outcome == OUTCOME_FAIL ||
		   scenarios[_i].outcome == OUTCOME_ERROR;

	ck_assert_str_eq(outcome_name(j.result.outcome),
			 outcome_name(scenarios[_i].outcome));
	ck_assert_str_eq(cause_name(j.result.cause),
			 cause_name(scenarios[_i].cause));
	ck_assert_str_eq(j.result.reason, scenarios[_i].reason);
	ck_assert_uint_eq(j.result.runs, 1);
	ck_assert_uint_eq(j.result.bad_runs, bad);
	/* A FAIL says what failed. */
	if (scenarios[_i].outcome == OUTCOME_FAIL) {
		ck_assert_uint_ge(j.result.n_evidence, 1);
		ck_assert_int_eq((int)j.result.evidence[0].kind,
				 EVIDENCE_FAIL);
	}
	judgement_free(&j);
}
END_TEST

/* The same under a deviation: failures are expected, a pass is not. */
START_TEST(deviation_turns_the_outcome)
{
	static const enum outcome turned[N_OUTCOME] = {
		[OUTCOME_PASS] = OUTCOME_XPASS,
		[OUTCOME_FAIL] = OUTCOME_XFAIL,
		[OUTCOME_SKIP] = OUTCOME_SKIP,
		[OUTCOME_ERROR] = OUTCOME_XFAIL,
	};
	struct deviation deviation = { .pattern = (char *)"*",
				       .reason = (char *)"known" };
	struct plan_case pc = { .check = &check, .deviation = &deviation };
	struct judgement j = judge_it(scenarios[_i].records, scenarios[_i].s,
				      &pc, "");

	ck_assert_str_eq(outcome_name(j.result.outcome),
			 outcome_name(turned[scenarios[_i].outcome]));
	ck_assert_str_eq(cause_name(j.result.cause),
			 cause_name(scenarios[_i].cause));
	ck_assert_uint_eq(j.result.bad_runs, j.result.outcome == OUTCOME_XPASS);
	judgement_free(&j);
}
END_TEST

START_TEST(evidence_is_in_order)
{
	struct plan_case pc = { .check = &check };
	struct judgement j = judge_it("NFNBLD", (struct sighting){ 0 }, &pc, "");
	const struct evidence *e = j.result.evidence;

	ck_assert_uint_eq(j.result.n_evidence, 4);
	ck_assert_int_eq((int)e[0].kind, EVIDENCE_NOTE);
	ck_assert_str_eq(e[0].expected, "a note");
	ck_assert_str_eq(e[0].call, "");
	ck_assert_int_eq((int)e[1].kind, EVIDENCE_FAIL);
	ck_assert_str_eq(e[1].context, "n=1");
	ck_assert_str_eq(e[1].call, "send(fd)");
	ck_assert_str_eq(e[1].expected, "1");
	ck_assert_str_eq(e[1].got, "0");
	ck_assert_str_eq(e[1].where, "file.c:1");
	ck_assert_int_eq((int)e[2].kind, EVIDENCE_NOTE);
	ck_assert_int_eq((int)e[3].kind, EVIDENCE_BROKEN);
	judgement_free(&j);
}
END_TEST

START_TEST(hung_call_is_the_evidence)
{
	struct plan_case pc = { .check = &check };
	struct judgement j = judge_it("N", (struct sighting){
		.wait_status = KILLED(SIGKILL), .call_hung = 1, EXPECTING,
	}, &pc, "some output");
	const struct evidence *e = j.result.evidence;

	ck_assert_uint_eq(j.result.n_evidence, 2);
	ck_assert_str_eq(e[1].context, "");
	ck_assert_str_eq(e[1].call, "recv(fd)");
	ck_assert_str_eq(e[1].expected, "it returns");
	ck_assert_str_eq(e[1].got, "it did not return");
	ck_assert_str_eq(e[1].where, "file.c:9");
	judgement_free(&j);
}
END_TEST

START_TEST(deadly_signal_is_the_evidence)
{
	struct plan_case pc = { .check = &check };
	struct judgement j = judge_it("", (struct sighting){
		.wait_status = KILLED(SIGPIPE), EXPECTING,
	}, &pc, "");
	const struct evidence *e = j.result.evidence;

	ck_assert_uint_eq(j.result.n_evidence, 1);
	ck_assert_str_eq(e[0].call, "recv(fd)");
	ck_assert_str_eq(e[0].expected, "no deadly signal");
	ck_assert_str_eq(e[0].got, "killed by SIGPIPE");
	judgement_free(&j);
}
END_TEST

START_TEST(thousands_of_failures_are_bounded)
{
	struct plan_case pc = { .check = &check };
	char letters[2000];
	struct judgement j;

	memset(letters, 'F', sizeof(letters) - 2);
	letters[sizeof(letters) - 2] = 'D';
	letters[sizeof(letters) - 1] = '\0';
	j = judge_it(letters, (struct sighting){ 0 }, &pc, "");
	ck_assert_int_eq((int)j.result.outcome, OUTCOME_FAIL);
	ck_assert_uint_ge(j.result.n_evidence, 10);
	ck_assert_uint_le(j.result.n_evidence, 100);
	judgement_free(&j);
}
END_TEST

START_TEST(output_and_time_are_passed_on)
{
	struct plan_case pc = { .check = &check };
	struct sighting s = { .rec_len = 0, .out_len = 3, .output_cut = 1,
			      .duration_us = 123456 };
	struct judgement j;

	judge_case(&j, &pc, &s, "", "a\0b");
	ck_assert_uint_eq(j.result.output_len, 3);
	ck_assert_mem_eq(j.result.output, "a\0b", 3);
	ck_assert(j.result.output_cut);
	ck_assert_uint_eq(j.result.duration_us, 123456);
	ck_assert_uint_eq(j.result.n_evidence, 0);
	judgement_free(&j);
}
END_TEST

START_TEST(no_string_is_null)
{
	struct plan_case pc = { .check = &check };
	struct judgement j = judge_it("FD", (struct sighting){ 0 }, &pc, "");

	ck_assert_ptr_nonnull(j.result.reason);
	ck_assert_ptr_nonnull(j.result.output);
	ck_assert_ptr_nonnull(j.result.evidence[0].context);
	ck_assert_ptr_nonnull(j.result.evidence[0].call);
	ck_assert_ptr_nonnull(j.result.evidence[0].expected);
	ck_assert_ptr_nonnull(j.result.evidence[0].got);
	ck_assert_ptr_nonnull(j.result.evidence[0].where);
	judgement_free(&j);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("judge");

	tcase_add_loop_test(tc, outcome_cause_reason, 0, N_SCENARIO);
	tcase_add_loop_test(tc, deviation_turns_the_outcome, 0, N_SCENARIO);
	tcase_add_test(tc, evidence_is_in_order);
	tcase_add_test(tc, hung_call_is_the_evidence);
	tcase_add_test(tc, deadly_signal_is_the_evidence);
	tcase_add_test(tc, thousands_of_failures_are_bounded);
	tcase_add_test(tc, output_and_time_are_passed_on);
	tcase_add_test(tc, no_string_is_null);
	return fixture_run("harness_judge", tc);
}
