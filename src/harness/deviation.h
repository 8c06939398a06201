/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expected failures of a platform, kept in a file beside the checks, never in
 * them.  A line is a pattern (the grammar of select.h), blanks, and the
 * reason, with a link where there is one; '#' starts a comment line:
 *
 *	backlog/full_blocks@stream+path   connect never sleeps, gvisor#1234
 *
 * A failure that does not come each time has "[sometimes]" in its reason: the
 * case may pass then.
 */
#ifndef SOCKSPEC_HARNESS_DEVIATION_H
#define SOCKSPEC_HARNESS_DEVIATION_H

#include <stdbool.h>
#include <stddef.h>

struct deviation {
	char *pattern;
	char *reason;
	bool sometimes;	/* it may pass as well */
};

struct deviation_list {
	struct deviation *entries;
	size_t n;
};

/**
 * deviation_load: read path.  Ends the program with EXIT_USAGE and one line
 * that names file and line when it cannot be read or is malformed.
 */
void deviation_load(struct deviation_list *list, const char *path);
void deviation_free(struct deviation_list *list);

/** deviation_find: the first entry that matches, or NULL. */
const struct deviation *deviation_find(const struct deviation_list *list,
				       const char *case_id);

#endif
