/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything there is to say about one case that needs saying, as labelled
 * lines: what text, TAP and JUnit reports print below the name of a case that
 * is not as required.
 */
#ifndef SOCKSPEC_REPORT_DETAIL_H
#define SOCKSPEC_REPORT_DETAIL_H

#include "harness/event.h"
#include "report/layout.h"

#include <stdbool.h>

struct buf;

/**
 * detail_write: append title, clauses, evidence, reasons and the command that
 * repeats it.
 * @output: also what the case printed, bounded
 */
void detail_write(struct buf *out, const struct layout *l,
		  const struct run_info *info, const struct plan_case *pc,
		  const struct case_result *result, bool output);

/** detail_notes: append its notes, one an item. */
void detail_notes(struct buf *out, const struct layout *l,
		  const struct case_result *result);

/**
 * detail_headline: append the first failed expectation, or the reason, on one
 * line, not sanitized: "bind(fd, ...): expected -1 EINVAL, got 0".  Of an
 * expected failure it is why it was expected.
 */
void detail_headline(struct buf *out, const struct plan_case *pc,
		     const struct case_result *result);

#endif
