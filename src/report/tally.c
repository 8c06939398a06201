// SPDX-License-Identifier: BSD-2-Clause
/* Linear searches: distinct reasons are few, and the slowest are a handful. */
#include "config.h"

#include "report/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void tally_add(struct tally *t, const char *reason, const char *id)
{
	struct tally_entry *e;

	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->entries[i].reason, reason) == 0) {
			t->entries[i].n++;
			return;
		}
	}
	t->entries = xreallocarray(t->entries, t->n + 1, sizeof(*e));
	e = &t->entries[t->n++];
	e->reason = xstrdup(reason);
	e->example = xstrdup(id);
	e->n = 1;
}

void tally_free(struct tally *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->entries[i].reason);
		free(t->entries[i].example);
	}
	free(t->entries);
	t->entries = NULL;
	t->n = 0;
}

void slowest_init(struct slowest *s, size_t max)
{
	s->cases = xcalloc(max, sizeof(*s->cases));
	s->n = 0;
	s->max = max;
}

void slowest_add(struct slowest *s, const char *id, uint64_t duration_us)
{
	size_t at = s->n;

	while (at > 0 && s->cases[at - 1].duration_us < duration_us)
		at--;
	if (at == s->max)
		return;
	if (s->n == s->max)
		free(s->cases[--s->n].id);
	memmove(&s->cases[at + 1], &s->cases[at],
		(s->n - at) * sizeof(*s->cases));
	s->cases[at].id = xstrdup(id);
	s->cases[at].duration_us = duration_us;
	s->n++;
}

void slowest_free(struct slowest *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->cases[i].id);
	free(s->cases);
	s->cases = NULL;
	s->n = s->max = 0;
}
