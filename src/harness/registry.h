/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All checks of this program, sorted by id.
 */
#ifndef SOCKSPEC_HARNESS_REGISTRY_H
#define SOCKSPEC_HARNESS_REGISTRY_H

#include <stddef.h>

struct check;

struct registry {
	const struct check **checks;
	size_t n;
};

/**
 * registry_load: the checks that the linker gathered.  An empty registry or
 * an invalid check (no title, no clause, a title that a report cannot hold)
 * ends the program with status 3: nothing it said could be trusted.
 */
void registry_load(struct registry *registry);

/** registry_keep: drop the checks of any other subject (enum subject). */
void registry_keep(struct registry *registry, int subject);

/** registry_make: the same from a list, for tests; NULL or what is wrong. */
const char *registry_make(struct registry *registry,
			  const struct check *const *begin,
			  const struct check *const *end);

void registry_free(struct registry *registry);

/** check_compare: order of two checks: by suite, then by name. */
int check_compare(const struct check *a, const struct check *b);

#endif
