/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A made-up run for the tests of the reporters: a plan with every outcome and
 * cause, controls, and strings that try to break the formats.
 */
#ifndef SOCKSPEC_TESTS_REPORT_FIXTURE_H
#define SOCKSPEC_TESTS_REPORT_FIXTURE_H

#include "report/report.h"

#include <stddef.h>

/* The run whose reports the golden files hold. */
struct fixture_run {
	struct run_info info;
	struct plan plan;
	const struct case_result *results;
	struct run_totals totals;
};

/** fixture_sample: every outcome once or more; 1 FAIL of each family. */
void fixture_sample(struct fixture_run *run);

/** fixture_hostile: bytes that must not get through to any format. */
void fixture_hostile(struct fixture_run *run);

/** fixture_flood_len: bytes of its longest output; fewer where each is slow. */
size_t fixture_flood_len(void);

/** fixture_one: one case of the sample's plan with this outcome. */
void fixture_one(struct fixture_run *run, struct case_result *result);

/**
 * fixture_report: what the reporter writes for the run, an allocation of the
 * caller's.
 * @stop_after: report this many cases only, interrupted by SIGINT; 0: all
 * @ret_len: length, or NULL
 */
char *fixture_report(const struct reporter_ops *ops, struct fixture_run *run,
		     const struct report_style *style, size_t stop_after,
		     size_t *ret_len);

/** fixture_compare: text is what tests/unit/golden/NAME holds. */
void fixture_compare(const char *name, const char *text);

/** fixture_source: path of a file of the source tree, allocated. */
char *fixture_source(const char *path);

/** fixture_save: write text to a new temporary file; its path, allocated. */
char *fixture_save(const char *text, size_t len);

#endif
