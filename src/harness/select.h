/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which cases a command speaks of.  One grammar everywhere: a pattern is a
 * shell glob that matches a whole case id ("bind/path_too_long@dgram+path"),
 * a check ("bind/path_too_long", "bind/path_*") or a suite ("bind").
 */
#ifndef SOCKSPEC_HARNESS_SELECT_H
#define SOCKSPEC_HARNESS_SELECT_H

#include "spec/spec.h"

#include <stdbool.h>
#include <stddef.h>

struct plan_case;

struct select {
	const char **patterns;	/* any of them; none: everything */
	size_t n_patterns;
	const char **excludes;	/* none of them */
	size_t n_excludes;
	const char **tags;	/* any of them */
	size_t n_tags;
	enum force_family force_max;	/* FAILS_ITS_USERS: all */
	unsigned int shard;	/* 1 to shards; 0: all */
	unsigned int shards;
	bool conformance_only;	/* leave the controls out */
	unsigned int types;	/* STREAM | ..., rows of these alone; 0: all */
	unsigned int addrs;	/* PATH | ..., the same */
};

#define SELECT_NULL { .force_max = FAILS_ITS_USERS }

/** pattern_matches: the grammar above. */
bool pattern_matches(const char *pattern, const char *case_id);

/** select_has: does the case belong to the selection? */
bool select_has(const struct select *select, const struct plan_case *pc);

/** words_have: is word one of the blank-separated words (NULL: none)? */
bool words_have(const char *words, const char *word);

#endif
