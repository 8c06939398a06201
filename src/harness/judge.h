/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From what was seen of a case to its outcome.  A pure function: the same
 * sighting always gets the same judgement.
 */
#ifndef SOCKSPEC_HARNESS_JUDGE_H
#define SOCKSPEC_HARNESS_JUDGE_H

#include "base/buf.h"
#include "harness/event.h"
#include "harness/warden.h"

struct judgement {
	struct case_result result;	/* points into this judgement */
	struct evidence *evidence;
	char *bytes;		/* a copy of the records and the output */
	struct buf reason;
	struct buf extra;	/* text of evidence made here */
};

/**
 * judge_case: fill *j from a sighting; free with judgement_free().
 * @pc: its deviation makes FAIL and ERROR to XFAIL, and PASS to XPASS,
 *	but where it comes sometimes only
 */
void judge_case(struct judgement *j, const struct plan_case *pc,
		const struct sighting *s, const char *records,
		const char *output);
void judgement_free(struct judgement *j);

#endif
