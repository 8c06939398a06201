// SPDX-License-Identifier: BSD-2-Clause
/*
 * The linker gathers pointers to the checks in a section.  Their order there
 * is the compiler's affair, so they are sorted by id.
 */
#include "config.h"

#include "harness/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/die.h"
#include "harness/check.h"

#define TITLE_MAX 100

extern const struct check *const __start_sockspec_checks[] __attribute__((weak));
extern const struct check *const __stop_sockspec_checks[] __attribute__((weak));

int check_compare(const struct check *a, const struct check *b)
{
	int order = strcmp(a->suite, b->suite);

	return order ? order : strcmp(a->name, b->name);
}

static int compare_entries(const void *a, const void *b)
{
	return check_compare(*(const struct check *const *)a,
			     *(const struct check *const *)b);
}

static const char *find_fault(const struct check *c)
{
	if (!c->title || !*c->title)
		return "has no title";
	if (strlen(c->title) > TITLE_MAX)
		return "has a title that is too long";
	if (strpbrk(c->title, "#\n"))
		return "has a '#' or a line break in its title";
	if (c->clauses[0] == CLAUSE_NONE)
		return "cites no clause";
	if (!c->why || !*c->why)
		return "does not say why it matters";
	if (c->subject == SUBJECT_SERVER && (!c->repair || !*c->repair))
		return "does not say how it is repaired";
	if (c->addrs && !c->types)
		return "has address kinds but no types";
	return NULL;
}

const char *registry_make(struct registry *registry,
			  const struct check *const *begin,
			  const struct check *const *end)
{
	size_t n = (size_t)(end - begin);
	const char *fault = NULL;

	registry->checks = NULL;
	registry->n = 0;
	if (n == 0)
		return "there are no checks in this program";
	registry->checks = xcalloc(n, sizeof(*registry->checks));
	for (const struct check *const *p = begin; p < end; p++) {
		fault = find_fault(*p);
		if (fault) {
			static char text[200];

			snprintf(text, sizeof(text), "check %s/%s %s",
				 (*p)->suite, (*p)->name, fault);
			registry_free(registry);
			return text;
		}
		registry->checks[registry->n++] = *p;
	}
	qsort(registry->checks, n, sizeof(*registry->checks), compare_entries);
	return NULL;
}

void registry_load(struct registry *registry)
{
	const char *fault = registry_make(registry, __start_sockspec_checks,
					  __stop_sockspec_checks);

	if (fault)
		die(EXIT_CHECKER, "%s", fault);
}

void registry_keep(struct registry *registry, int subject)
{
	size_t n = 0;

	for (size_t i = 0; i < registry->n; i++) {
		if ((int)registry->checks[i]->subject == subject)
			registry->checks[n++] = registry->checks[i];
	}
	registry->n = n;
}

void registry_free(struct registry *registry)
{
	free(registry->checks);
	registry->checks = NULL;
	registry->n = 0;
}
