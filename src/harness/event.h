/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens in a run, as typed events: all that reporters know.
 *
 *	run_begin, then for each case in plan order case_end, then run_end
 *
 * The structures belong to the caller and are valid during the call only.
 */
#ifndef SOCKSPEC_HARNESS_EVENT_H
#define SOCKSPEC_HARNESS_EVENT_H

#include "harness/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum outcome {
	OUTCOME_PASS,
	OUTCOME_FAIL,
	OUTCOME_SKIP,
	OUTCOME_XFAIL,		/* failed as a deviation file expects */
	OUTCOME_XPASS,		/* passed although it was expected to fail */
	OUTCOME_ERROR,		/* no judgement: see the cause */
	N_OUTCOME,
};

enum cause {
	CAUSE_NONE,
	CAUSE_SETUP,		/* the arranging of the check failed */
	CAUSE_TIMEOUT,		/* outlived its deadline */
	CAUSE_SIGNAL,		/* killed by a signal */
	CAUSE_NO_VERDICT,	/* ended without saying how */
	CAUSE_TWO_VERDICTS,	/* ended twice: a fork of it ran on */
	CAUSE_LEAK,		/* left a descriptor, process, file or name */
	CAUSE_MEMORY,		/* valgrind or a sanitizer found an error */
	N_CAUSE,
};

/* What a case recorded. */
enum evidence_kind {
	EVIDENCE_FAIL,		/* an expectation that did not hold */
	EVIDENCE_NOTE,		/* a fact */
	EVIDENCE_SKIP,		/* why it left as SKIP */
	EVIDENCE_BROKEN,	/* why it left as ERROR */
};

/* Strings may hold any byte but NUL; none is NULL (empty when unused). */
struct evidence {
	enum evidence_kind kind;
	const char *context;	/* "addrlen=111" */
	const char *call;	/* "bind(fd, &a.sa, a.len)" */
	const char *expected;	/* "-1 EINVAL"; the text of NOTE, SKIP, BROKEN */
	const char *got;	/* "0" */
	const char *where;	/* "src/checks/bind.c:41" */
};

struct case_result {
	enum outcome outcome;
	enum cause cause;	/* of an ERROR */
	const char *reason;	/* SKIP: why; ERROR: what happened; else "" */
	const struct evidence *evidence;
	size_t n_evidence;
	const char *output;	/* what the case printed; any bytes, NUL too */
	size_t output_len;
	bool output_cut;	/* it printed more than was kept */
	uint64_t duration_us;
	unsigned int runs;	/* how often it ran (--repeat) */
	unsigned int bad_runs;	/* how often it was FAIL, XPASS or ERROR */
};

/* Facts about this run that do not change while it goes on. */
struct run_info {
	const char *version;	/* of sockspec */
	const char *command;	/* argv[0], for "repeat:" lines */
	const char *arguments;	/* what follows it, quoted; NULL: "run" */
	const char *system;	/* "Linux 6.18.44 x86_64", a label only */
	const char *user;	/* "root" or "uid 1000" */
	uint64_t seed;
	unsigned int jobs;
	unsigned int repeat;	/* rounds asked for; 0: until a time or failure */
	unsigned int volume;
	bool valgrind;
	const struct plan *plan;
};

struct run_totals {
	size_t outcomes[N_OUTCOME];	/* of conformance cases */
	size_t control_outcomes[N_OUTCOME];
	size_t families[N_FORCE_FAMILY];	/* FAIL, by whom it contradicts */
	size_t n_reported;
	size_t n_planned;
	unsigned int rounds;	/* completed */
	uint64_t duration_us;
	int interrupted_by;	/* signal number, 0 when the run was complete */
};

const char *outcome_name(enum outcome outcome);	/* "PASS" */
const char *cause_name(enum cause cause);	/* "timeout", "two-verdicts" */

/** outcome_is_bad: FAIL, XPASS and ERROR. */
bool outcome_is_bad(enum outcome outcome);

#endif
