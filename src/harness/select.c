// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "harness/select.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "harness/check.h"
#include "harness/plan.h"

/* Long enough for every id of ours and every pattern that can match one. */
#define PATTERN_MAX 400

bool pattern_matches(const char *pattern, const char *case_id)
{
	static const char *const tails[] = { "", "@*", ":*", "/*" };
	char whole[PATTERN_MAX];

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		int n = snprintf(whole, sizeof(whole), "%s%s", pattern, tails[i]);

		if (n > 0 && (size_t)n < sizeof(whole) &&
		    fnmatch(whole, case_id, 0) == 0)
			return true;
	}
	return false;
}

bool words_have(const char *words, const char *word)
{
	size_t len = strlen(word);

	while (words && *words) {
		size_t n = strcspn(words, " ");

		if (n == len && memcmp(words, word, n) == 0)
			return true;
		words += n + strspn(words + n, " ");
	}
	return false;
}

static bool any_matches(const char **patterns, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++) {
		if (pattern_matches(patterns[i], id))
			return true;
	}
	return false;
}

static bool has_tag(const struct select *s, const char *words)
{
	for (size_t i = 0; i < s->n_tags; i++) {
		if (words_have(words, s->tags[i]))
			return true;
	}
	return false;
}

static bool has_row(const struct select *s, const struct transport *row)
{
	if (!row)
		return true;
	return (!s->types || (s->types & row->type_bit)) &&
	       (!s->addrs || row->addr == NO_ADDR || (s->addrs & row->addr));
}

bool select_has(const struct select *s, const struct plan_case *pc)
{
	if (!s)
		return true;
	if (s->n_patterns && !any_matches(s->patterns, s->n_patterns, pc->id))
		return false;
	if (any_matches(s->excludes, s->n_excludes, pc->id))
		return false;
	if (s->n_tags && !has_tag(s, pc->check->tags))
		return false;
	if (!has_row(s, pc->row))
		return false;
	if (s->conformance_only && pc->control)
		return false;
	if (force_family(pc->force) > s->force_max)
		return false;
	/*
	 * By the id, so that a new check does not move the others, and without
	 * the row, so that what may run in one process stays together.
	 */
	if (s->shards && hash64(pc->id, strcspn(pc->id, "@"), 0) % s->shards !=
	    s->shard - 1)
		return false;
	return true;
}
