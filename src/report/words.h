/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Phrases that the formats for people share, so that they say the same.
 */
#ifndef SOCKSPEC_REPORT_WORDS_H
#define SOCKSPEC_REPORT_WORDS_H

#include "harness/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/** words_counts: "48 passed, 2 failed"; what is 0 is left out. */
void words_counts(struct buf *out, const size_t counts[N_OUTCOME]);

/** words_families: "1 breaks POSIX, 2 differ..."; nothing when all are 0. */
void words_families(struct buf *out, const size_t families[N_FORCE_FAMILY]);

/** words_duration: "0.12 s", "2 min 3 s", "1 h 2 min". */
void words_duration(struct buf *out, uint64_t duration_us);

/** words_run: "sockspec 0.1.0 on Linux 6.1, as root, seed 0x1, 2 jobs". */
void words_run(struct buf *out, const struct run_info *info);

/** words_interrupted: "interrupted by SIGINT: 120 of 900 cases reported". */
void words_interrupted(struct buf *out, const struct run_totals *totals);

/** words_exit_status: "exit status 1: something is not as required". */
void words_exit_status(struct buf *out, const struct run_totals *totals);

/** words_deviation: why an XFAIL or XPASS was expected to fail. */
const char *words_deviation(const struct plan_case *pc);

/** words_note: a note with its context in front. */
void words_note(struct buf *out, const struct evidence *e);

/** case_is_measurement: its notes are reported even when it passes. */
bool case_is_measurement(const struct plan_case *pc);

/** counts_sum: the number of cases. */
size_t counts_sum(const size_t counts[N_OUTCOME]);

#endif
