// SPDX-License-Identifier: BSD-2-Clause
/*
 * sockspec list: the selected checks, cases or tags, one a line.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/die.h"
#include "cli/cli.h"
#include "cli/json_out.h"
#include "cli/options.h"
#include "harness/check.h"

enum {
	OPT_CASES = OPT_OWN,
	OPT_COUNT,
	OPT_FORMAT,
	OPT_HELP,
	OPT_TAGS,
};

enum list_what { LIST_CHECKS, LIST_CASES, LIST_TAGS };

struct list_command {
	struct select select;
	enum list_what what;
	bool count;
	bool json;
	bool verbose;
};

static void print_help(void)
{
	printf("Usage: sockspec list [OPTION]... [PATTERN]...\n"
	       "List the checks, one a line.\n\n"
	       SELECT_HELP
	       "  --cases          list the cases: a check on one row\n"
	       "  --tags           list the tags that --tag knows\n"
	       "  --count          print only how many there are\n"
	       "  --format NAME    text (default), or json: an object a line\n"
	       "  -v, --verbose    with force and title\n"
	       "  --help           this text\n");
}

static void choose(struct list_command *cmd, enum list_what what)
{
	if (cmd->what != LIST_CHECKS && cmd->what != what)
		die(EXIT_USAGE, "--cases and --tags exclude each other");
	cmd->what = what;
}

static void take_option(struct list_command *cmd, int option, char **argv)
{
	if (select_option(&cmd->select, option, optarg))
		return;
	switch (option) {
	case 'v':
		cmd->verbose = true;
		break;
	case OPT_CASES:
		choose(cmd, LIST_CASES);
		break;
	case OPT_COUNT:
		cmd->count = true;
		break;
	case OPT_FORMAT:
		cmd->json = parse_text_or_json(optarg);
		break;
	case OPT_TAGS:
		choose(cmd, LIST_TAGS);
		break;
	default:
		bad_option(argv);
	}
}

/* False when the options asked for help only. */
static bool parse(struct list_command *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		SELECT_OPTIONS,
		{ "cases", no_argument, NULL, OPT_CASES },
		{ "count", no_argument, NULL, OPT_COUNT },
		{ "format", required_argument, NULL, OPT_FORMAT },
		{ "help", no_argument, NULL, OPT_HELP },
		{ "tags", no_argument, NULL, OPT_TAGS },
		{ "verbose", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "v", options, NULL)) >= 0) {
		if (option == OPT_HELP) {
			print_help();
			return false;
		}
		take_option(cmd, option, argv);
	}
	select_patterns(&cmd->select, argc - optind, argv + optind);
	return true;
}

static json_t *check_object(const struct check *check)
{
	json_t *object = json_object();
	cleanup_free char *id = xasprintf("%s/%s", check->suite, check->name);

	json_out_text(object, "check", id);
	json_out_text(object, "title", check->title);
	json_out_text(object, "force", force_name(check_force(check)));
	json_out_words(object, "tags", check->tags);
	return object;
}

static void print_check(const struct list_command *cmd,
			const struct check *check)
{
	json_t *object;
	json_t *clauses, *rows;

	if (!cmd->json) {
		printf("%s/%s", check->suite, check->name);
		if (cmd->verbose)
			printf("  %s  %s", force_name(check_force(check)),
			       check->title);
		putchar('\n');
		return;
	}
	object = check_object(check);
	clauses = json_array();
	rows = json_array();
	for (int i = 0; i < CHECK_MAX_CLAUSES && check->clauses[i]; i++)
		json_out_append(clauses, clause_get(check->clauses[i])->id);
	for (int i = 0; i < CHECK_MAX_ROWS && check->rows[i]; i++)
		json_out_append(rows, row_get(check->rows[i])->id);
	json_out_set(object, "clauses", clauses);
	json_out_set(object, "rows", rows);
	json_out_print(object);
}

static void print_case(const struct list_command *cmd,
		       const struct plan_case *pc)
{
	json_t *object;

	if (!cmd->json) {
		printf("%s", pc->id);
		if (cmd->verbose)
			printf("  %s  %s", pc->control ? "control" :
						       force_name(pc->force),
			       pc->check->title);
		putchar('\n');
		return;
	}
	object = check_object(pc->check);
	json_out_text(object, "case", pc->id);
	json_out_text(object, "row", pc->row ? pc->row->name : NULL);
	json_out_bool(object, "control", pc->control);
	json_out_print(object);
}

static size_t list_checks(const struct list_command *cmd,
			  const struct plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		if (i && plan->cases[i].check == plan->cases[i - 1].check)
			continue;
		n++;
		if (!cmd->count)
			print_check(cmd, plan->cases[i].check);
	}
	return n;
}

static size_t list_cases(const struct list_command *cmd,
			 const struct plan *plan)
{
	for (size_t i = 0; i < plan->n && !cmd->count; i++)
		print_case(cmd, &plan->cases[i]);
	return plan->n;
}

struct tag {
	char *word;
	size_t checks;
};

static int compare_tags(const void *a, const void *b)
{
	return strcmp(((const struct tag *)a)->word,
		      ((const struct tag *)b)->word);
}

static void count_tag(struct tag **tags, size_t *n, const char *word, size_t len)
{
	for (size_t i = 0; i < *n; i++) {
		if (strlen((*tags)[i].word) == len &&
		    memcmp((*tags)[i].word, word, len) == 0) {
			(*tags)[i].checks++;
			return;
		}
	}
	*tags = xreallocarray(*tags, *n + 1, sizeof(**tags));
	(*tags)[*n].word = xasprintf("%.*s", (int)len, word);
	(*tags)[(*n)++].checks = 1;
}

static void print_tag(const struct list_command *cmd, const struct tag *tag)
{
	if (cmd->json) {
		json_t *object = json_object();

		json_out_text(object, "tag", tag->word);
		json_out_number(object, "checks", (long long)tag->checks);
		json_out_print(object);
	} else if (cmd->verbose) {
		printf("%s  %zu\n", tag->word, tag->checks);
	} else {
		puts(tag->word);
	}
}

static size_t list_tags(const struct list_command *cmd, const struct plan *plan)
{
	struct tag *tags = NULL;
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const char *p = plan->cases[i].check->tags;

		if (i && plan->cases[i].check == plan->cases[i - 1].check)
			continue;
		while (p && *p) {
			size_t len = strcspn(p, " ");

			if (len)
				count_tag(&tags, &n, p, len);
			p += len + strspn(p + len, " ");
		}
	}
	if (n)
		qsort(tags, n, sizeof(*tags), compare_tags);
	for (size_t i = 0; i < n; i++) {
		if (!cmd->count)
			print_tag(cmd, &tags[i]);
		free(tags[i].word);
	}
	free(tags);
	return n;
}

int cmd_list(int argc, char **argv)
{
	struct list_command cmd = { .select = SELECT_NULL };
	struct registry registry;
	struct plan plan = PLAN_NULL;
	size_t n;

	if (!parse(&cmd, argc, argv))
		return EXIT_AS_REQUIRED;
	registry_load(&registry);
	plan_make(&plan, &registry, &cmd.select, NULL, 0, false);
	require_matches(&registry, &cmd.select, &plan);
	if (cmd.what == LIST_CASES)
		n = list_cases(&cmd, &plan);
	else if (cmd.what == LIST_TAGS)
		n = list_tags(&cmd, &plan);
	else
		n = list_checks(&cmd, &plan);
	if (cmd.count)
		printf("%zu\n", n);
	plan_free(&plan);
	registry_free(&registry);
	select_free(&cmd.select);
	return EXIT_AS_REQUIRED;
}
