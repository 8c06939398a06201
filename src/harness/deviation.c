// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "harness/deviation.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/die.h"
#include "harness/select.h"

#define SOMETIMES "[sometimes]"

static void add_line(struct deviation_list *list, char *line, const char *path,
		     unsigned int number)
{
	char *reason;
	size_t len = strlen(line);

	while (len && isspace((unsigned char)line[len - 1]))
		line[--len] = '\0';
	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return;
	for (const char *p = line; *p; p++) {
		if (iscntrl((unsigned char)*p) && *p != '\t')
			die(EXIT_USAGE, "%s:%u: control character in a deviation",
			    path, number);
	}
	reason = line + strcspn(line, " \t");
	if (*reason == '\0')
		die(EXIT_USAGE, "%s:%u: no reason after the pattern '%s'", path,
		    number, line);
	*reason++ = '\0';
	reason += strspn(reason, " \t");
	list->entries = xreallocarray(list->entries, list->n + 1,
				      sizeof(*list->entries));
	list->entries[list->n].pattern = xstrdup(line);
	list->entries[list->n].reason = xstrdup(reason);
	list->entries[list->n].sometimes = strstr(reason, SOMETIMES) != NULL;
	list->n++;
}

void deviation_load(struct deviation_list *list, const char *path)
{
	cleanup_fclose FILE *f = fopen(path, "re");
	cleanup_free char *line = NULL;
	size_t size = 0;
	ssize_t len;
	unsigned int number = 0;

	if (!f)
		die(EXIT_USAGE, "cannot read %s: %s", path, strerror(errno));
	while (errno = 0, (len = getline(&line, &size, f)) >= 0) {
		number++;
		if (strlen(line) != (size_t)len)
			die(EXIT_USAGE, "%s:%u: NUL byte in a deviation", path,
			    number);
		add_line(list, line, path, number);
	}
	if (ferror(f))
		die(EXIT_USAGE, "cannot read %s: %s", path, strerror(errno));
}

void deviation_free(struct deviation_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->entries[i].pattern);
		free(list->entries[i].reason);
	}
	free(list->entries);
	list->entries = NULL;
	list->n = 0;
}

const struct deviation *deviation_find(const struct deviation_list *list,
				       const char *case_id)
{
	for (size_t i = 0; list && i < list->n; i++) {
		if (pattern_matches(list->entries[i].pattern, case_id))
			return &list->entries[i];
	}
	return NULL;
}
