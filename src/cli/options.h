/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the subcommands share: the selection of cases, numbers, durations.
 */
#ifndef SOCKSPEC_CLI_OPTIONS_H
#define SOCKSPEC_CLI_OPTIONS_H

#include "harness/deviation.h"
#include "harness/plan.h"
#include "harness/registry.h"
#include "harness/select.h"

#include <stdbool.h>
#include <stdint.h>

/* Values of getopt_long() for the long options of a selection. */
enum {
	OPT_EXCLUDE = 1000,
	OPT_FORCE,
	OPT_PROFILE,
	OPT_SHARD,
	OPT_TAG,
	OPT_OWN,	/* a subcommand's own begin here */
};

#define SELECT_OPTIONS \
	{ "exclude", required_argument, NULL, OPT_EXCLUDE }, \
	{ "force", required_argument, NULL, OPT_FORCE }, \
	{ "profile", required_argument, NULL, OPT_PROFILE }, \
	{ "shard", required_argument, NULL, OPT_SHARD }, \
	{ "tag", required_argument, NULL, OPT_TAG }

#define SELECT_HELP \
	"  PATTERN          a suite, a check, or a case; shell globs\n" \
	"  --exclude PAT    leave out what matches\n" \
	"  --tag WORD       only checks with this tag\n" \
	"  --force LEVEL    judge posix, linux (and posix), or abi (all; default)\n" \
	"  --profile NAME   posix-strict: POSIX alone, without controls\n" \
	"  --shard I/N      the I-th of N parts\n"

/** select_option: take one option of SELECT_OPTIONS; false: not one. */
bool select_option(struct select *select, int option, const char *value);

/** select_patterns: the remaining arguments are patterns. */
void select_patterns(struct select *select, int argc, char **argv);
void select_free(struct select *select);

/** matches_any_case: does the pattern match a case of the plan? */
bool matches_any_case(const char *pattern, const struct plan *plan);

/** require_patterns: EXIT_USAGE when a pattern matches no case. */
void require_patterns(const struct registry *registry,
		      const struct select *select);

/**
 * require_matches: end with EXIT_USAGE when a pattern matches no case of the
 * registry or nothing at all is selected.
 */
void require_matches(const struct registry *registry,
		     const struct select *select, const struct plan *plan);

/** parse_number: a decimal or 0x number of min to max, or EXIT_USAGE. */
uint64_t parse_number(const char *what, const char *text, uint64_t min,
		      uint64_t max);

/** parse_duration_s: "90", "90s", "5m", "2h", in seconds, or EXIT_USAGE. */
unsigned int parse_duration_s(const char *what, const char *text);

/** parse_text_or_json: is the word of --format json (or text), or EXIT_USAGE. */
bool parse_text_or_json(const char *word);

/** bad_option: one line for what getopt_long() refused, and EXIT_USAGE. */
void bad_option(char **argv) __attribute__((noreturn));

#endif
