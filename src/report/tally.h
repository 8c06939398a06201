/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two small collections that a report for a person is made of: cases by
 * reason, and the slowest cases.  Both keep copies.
 */
#ifndef SOCKSPEC_REPORT_TALLY_H
#define SOCKSPEC_REPORT_TALLY_H

#include <stddef.h>
#include <stdint.h>

struct tally_entry {
	char *reason;
	char *example;	/* the first case that had it */
	size_t n;
};

struct tally {
	struct tally_entry *entries;	/* in order of first appearance */
	size_t n;
};

void tally_add(struct tally *t, const char *reason, const char *id);
void tally_free(struct tally *t);

struct slow_case {
	char *id;
	uint64_t duration_us;
};

struct slowest {
	struct slow_case *cases;	/* slowest first */
	size_t n;
	size_t max;
};

void slowest_init(struct slowest *s, size_t max);
void slowest_add(struct slowest *s, const char *id, uint64_t duration_us);
void slowest_free(struct slowest *s);

#endif
