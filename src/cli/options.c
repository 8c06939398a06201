// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/die.h"

static void append(const char ***list, size_t *n, const char *word)
{
	*list = xreallocarray(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = word;
}

uint64_t parse_number(const char *what, const char *text, uint64_t min,
		      uint64_t max)
{
	/* A leading 0 is a digit, not an octal number. */
	int base = strncasecmp(text, "0x", 2) == 0 ? 16 : 10;
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, base);
	if (!isdigit((unsigned char)*text) || *end || errno || value < min ||
	    value > max)
		die(EXIT_USAGE, "%s takes a number of %llu to %llu, not '%s'",
		    what, (unsigned long long)min, (unsigned long long)max, text);
	return value;
}

unsigned int parse_duration_s(const char *what, const char *text)
{
	static const struct {
		char unit;
		unsigned int seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { '\0', 1 } };
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (isdigit((unsigned char)*text) && !errno && value > 0 &&
	    value < 1000000 && (!*end || !end[1])) {
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
			if (*end == units[i].unit)
				return (unsigned int)value * units[i].seconds;
		}
	}
	die(EXIT_USAGE, "%s takes a time such as 90s, 5m or 2h, not '%s'", what,
	    text);
}

bool parse_text_or_json(const char *word)
{
	if (strcmp(word, "json") == 0)
		return true;
	if (strcmp(word, "text") == 0)
		return false;
	die(EXIT_USAGE, "--format takes text or json, not '%s'", word);
}

static void take_shard(struct select *select, const char *text)
{
	const char *slash = strchr(text, '/');
	cleanup_buf struct buf head = BUF_NULL;

	if (!slash)
		die(EXIT_USAGE, "--shard takes I/N such as 1/4, not '%s'", text);
	buf_add(&head, text, (size_t)(slash - text));
	select->shards = (unsigned int)parse_number("--shard", slash + 1, 1, 10000);
	select->shard = (unsigned int)parse_number("--shard", head.data, 1,
						   select->shards);
}

bool select_option(struct select *select, int option, const char *value)
{
	switch (option) {
	case OPT_EXCLUDE:
		append(&select->excludes, &select->n_excludes, value);
		return true;
	case OPT_TAG:
		append(&select->tags, &select->n_tags, value);
		return true;
	case OPT_FORCE:
		if (strcmp(value, "posix") == 0)
			select->force_max = BREAKS_POSIX;
		else if (strcmp(value, "linux") == 0)
			select->force_max = BREAKS_LINUX;
		else if (strcmp(value, "abi") == 0)
			select->force_max = FAILS_ITS_USERS;
		else
			die(EXIT_USAGE, "--force takes posix, linux or abi, not '%s'",
			    value);
		return true;
	case OPT_PROFILE:
		if (strcmp(value, "posix-strict") != 0)
			die(EXIT_USAGE, "there is no profile '%s'; there is "
			    "posix-strict", value);
		select->force_max = BREAKS_POSIX;
		select->conformance_only = true;
		return true;
	case OPT_SHARD:
		take_shard(select, value);
		return true;
	}
	return false;
}

void select_patterns(struct select *select, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		append(&select->patterns, &select->n_patterns, argv[i]);
}

void select_free(struct select *select)
{
	free(select->patterns);
	free(select->excludes);
	free(select->tags);
	memset(select, 0, sizeof(*select));
}

bool matches_any_case(const char *pattern, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		if (pattern_matches(pattern, plan->cases[i].id))
			return true;
	}
	return false;
}

void require_patterns(const struct registry *registry,
		      const struct select *select)
{
	struct plan all = PLAN_NULL;

	plan_make(&all, registry, NULL, NULL, 0, false);
	for (size_t i = 0; i < select->n_patterns; i++) {
		if (!matches_any_case(select->patterns[i], &all))
			die(EXIT_USAGE, "no case matches '%s'; see 'sockspec list'",
			    select->patterns[i]);
	}
	plan_free(&all);
}

void require_matches(const struct registry *registry,
		     const struct select *select, const struct plan *plan)
{
	require_patterns(registry, select);
	if (plan->n == 0)
		die(EXIT_USAGE, "no case is selected");
}

void bad_option(char **argv)
{
	/* getopt_long() leaves the word it refused right before optind. */
	const char *word = optind > 0 ? argv[optind - 1] : "";

	die(EXIT_USAGE, "%s: bad option or missing value '%s'; see "
	    "'sockspec %s --help'", argv[0], word, argv[0]);
}
