// SPDX-License-Identifier: BSD-2-Clause
/* The names of outcomes and causes, as reports and result files spell them. */
#include "config.h"

#include "harness/event.h"

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[N_OUTCOME] = {
		[OUTCOME_PASS] = "PASS",
		[OUTCOME_FAIL] = "FAIL",
		[OUTCOME_SKIP] = "SKIP",
		[OUTCOME_XFAIL] = "XFAIL",
		[OUTCOME_XPASS] = "XPASS",
		[OUTCOME_ERROR] = "ERROR",
	};

	return names[outcome];
}

const char *cause_name(enum cause cause)
{
	static const char *const names[N_CAUSE] = {
		[CAUSE_NONE] = "none",
		[CAUSE_SETUP] = "set-up",
		[CAUSE_TIMEOUT] = "timeout",
		[CAUSE_SIGNAL] = "signal",
		[CAUSE_NO_VERDICT] = "no-verdict",
		[CAUSE_TWO_VERDICTS] = "two-verdicts",
		[CAUSE_LEAK] = "leak",
		[CAUSE_MEMORY] = "memory",
	};

	return names[cause];
}

bool outcome_is_bad(enum outcome outcome)
{
	return outcome == OUTCOME_FAIL || outcome == OUTCOME_XPASS ||
	       outcome == OUTCOME_ERROR;
}
