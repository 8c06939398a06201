// SPDX-License-Identifier: BSD-2-Clause
/*
 * sockspec coverage: which behaviours of the catalogue a check asserts, which
 * are left out and why, and what the checks cite.
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
#include "cli/coverage.h"
#include "cli/json_out.h"
#include "cli/options.h"
#include "harness/check.h"

enum {
	OPT_CHECKS = OPT_OWN,
	OPT_CLAUSES,
	OPT_FORMAT,
	OPT_HELP,
	OPT_REQUIRE,
	OPT_ROWS,
};

struct coverage_command {
	int what;	/* OPT_CHECKS, OPT_CLAUSES, OPT_ROWS; 0: the summary */
	bool json;
	bool require;
	struct registry registry;
	struct coverage coverage;
};

static void print_help(void)
{
	printf("Usage: sockspec coverage [OPTION]...\n"
	       "Hold the checks against the catalogue of behaviours.\n\n"
	       "  --rows           each row: its checks, or why there are none\n"
	       "  --checks         each check: the rows that it asserts\n"
	       "  --clauses        each clause: the checks that cite it\n"
	       "  --format NAME    text (default), or json: an object a line\n"
	       "  --require        exit 1 when a row is neither checked nor excluded,\n"
	       "                   or more than 5 %% are excluded\n"
	       "  --help           this text\n");
}

static void parse(struct coverage_command *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "checks", no_argument, NULL, OPT_CHECKS },
		{ "clauses", no_argument, NULL, OPT_CLAUSES },
		{ "format", required_argument, NULL, OPT_FORMAT },
		{ "help", no_argument, NULL, OPT_HELP },
		{ "require", no_argument, NULL, OPT_REQUIRE },
		{ "rows", no_argument, NULL, OPT_ROWS },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (option) {
		case OPT_CHECKS:
		case OPT_CLAUSES:
		case OPT_ROWS:
			if (cmd->what && cmd->what != option)
				die(EXIT_USAGE, "--rows, --checks and --clauses "
				    "exclude each other");
			cmd->what = option;
			break;
		case OPT_FORMAT:
			cmd->json = parse_text_or_json(optarg);
			break;
		case OPT_HELP:
			print_help();
			exit(EXIT_AS_REQUIRED);
		case OPT_REQUIRE:
			cmd->require = true;
			break;
		default:
			bad_option(argv);
		}
	}
	if (optind < argc)
		die(EXIT_USAGE, "coverage takes no pattern: '%s'", argv[optind]);
}

static const char *state_name(enum row_state state)
{
	static const char *const names[N_ROW_STATE] = {
		[ROW_CHECKED] = "checked",
		[ROW_EXCLUDED] = "excluded",
		[ROW_UNCHECKED] = "unchecked",
	};

	return names[state];
}

static bool check_has_row(const struct check *check, int row)
{
	for (int i = 0; i < CHECK_MAX_ROWS && check->rows[i]; i++) {
		if ((int)check->rows[i] == row)
			return true;
	}
	return false;
}

static bool check_cites(const struct check *check, int clause)
{
	for (int i = 0; i < CHECK_MAX_CLAUSES && check->clauses[i]; i++) {
		if ((int)check->clauses[i] == clause)
			return true;
	}
	return false;
}

/* The ids of the checks for which has() holds, each after a blank. */
static void add_checks(struct buf *out, const struct registry *registry,
		       bool (*has)(const struct check *check, int id), int id)
{
	for (size_t i = 0; i < registry->n; i++) {
		const struct check *check = registry->checks[i];

		if (has(check, id))
			buf_printf(out, " %s/%s", check->suite, check->name);
	}
}

static void print_row(const struct coverage_command *cmd, enum row_id id)
{
	const struct row *row = row_get(id);
	enum row_state state = coverage_row_state(&cmd->coverage, id);
	const char *reason = exclusion_reason(id);
	cleanup_buf struct buf checks = BUF_NULL;
	json_t *object;

	add_checks(&checks, &cmd->registry, check_has_row, id);
	if (!cmd->json) {
		if (state == ROW_CHECKED)
			printf("%s  checked by%s\n", row->id, checks.data);
		else
			printf("%s  %s: %s\n", row->id, state_name(state),
			       reason ? reason : row->text);
		if (state == ROW_CHECKED && reason)
			printf("%s  also excluded, which is out of date: %s\n",
			       row->id, reason);
		return;
	}
	object = json_object();
	json_out_text(object, "row", row->id);
	json_out_text(object, "state", state_name(state));
	json_out_text(object, "class", row->class);
	json_out_text(object, "text", row->text);
	json_out_words(object, "checks", checks.data);
	json_out_words(object, "suites", row->suites);
	json_out_text(object, "excluded", reason);
	json_out_print(object);
}

static void print_check(const struct coverage_command *cmd,
			const struct check *check)
{
	cleanup_free char *id = xasprintf("%s/%s", check->suite, check->name);
	cleanup_buf struct buf rows = BUF_NULL;
	json_t *object;

	for (int i = 0; i < CHECK_MAX_ROWS && check->rows[i]; i++)
		buf_printf(&rows, " %s", row_get(check->rows[i])->id);
	if (!cmd->json) {
		printf("%s %s\n", id, rows.len ? rows.data :
		       check->subject == SUBJECT_SERVER ? " about servers" :
							   " no row");
		return;
	}
	object = json_object();
	json_out_text(object, "check", id);
	json_out_words(object, "rows", rows.data);
	json_out_print(object);
}

static void print_clause(const struct coverage_command *cmd, enum clause_id id)
{
	const struct clause *clause = clause_get(id);
	cleanup_buf struct buf checks = BUF_NULL;
	json_t *object;

	add_checks(&checks, &cmd->registry, check_cites, id);
	if (!cmd->json) {
		printf("%s  %s%s\n", clause->id,
		       checks.len ? "cited by" : "cited by no check",
		       checks.len ? checks.data : "");
		return;
	}
	object = json_object();
	json_out_text(object, "clause", clause->id);
	json_out_text(object, "document", clause->document);
	json_out_text(object, "section", clause->section);
	json_out_text(object, "force", force_name(clause->force));
	json_out_words(object, "checks", checks.data);
	json_out_print(object);
}

static void print_table(const char *title, const struct coverage_group *groups,
			size_t n)
{
	printf("\n%-14s %5s %8s %9s %10s\n", title, "rows", "checked", "excluded",
	       "unchecked");
	for (size_t i = 0; i < n; i++) {
		const struct coverage_group *g = &groups[i];

		printf("%-14.*s %5zu %8zu %9zu %10zu\n", (int)g->name_len,
		       g->name, coverage_group_total(g), g->counts[ROW_CHECKED],
		       g->counts[ROW_EXCLUDED], g->counts[ROW_UNCHECKED]);
	}
}

static void print_summary(const struct coverage_command *cmd)
{
	const struct coverage *c = &cmd->coverage;
	size_t n_sections, n_peers;
	cleanup_free struct coverage_group *sections =
		coverage_sections(c, &n_sections);
	cleanup_free struct coverage_group *by_peer = coverage_peers(c, &n_peers);

	printf("%zu rows of the catalogue: %zu checked, %zu excluded, %zu neither\n",
	       c->n_rows, c->totals[ROW_CHECKED], c->totals[ROW_EXCLUDED],
	       c->totals[ROW_UNCHECKED]);
	if (c->n_stale)
		printf("%zu rows are excluded although a check asserts them\n",
		       c->n_stale);
	printf("%zu checks, %zu of them without a row\n", c->n_checks,
	       c->n_rowless);
	printf("%zu checks of a server, for which there are no rows\n",
	       c->n_server_checks);
	printf("%zu clauses, %zu of them cited by no check\n", c->n_clauses,
	       c->n_uncited);
	print_table("Section", sections, n_sections);
	print_table("Touched by", by_peer, n_peers);
	printf("\nEach one by name: --rows, --checks, --clauses\n");
}

static json_t *groups_value(const struct coverage_group *groups, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		cleanup_free char *name = xasprintf("%.*s",
						    (int)groups[i].name_len,
						    groups[i].name);
		json_t *object = json_object();

		json_out_text(object, "name", name);
		for (int state = 0; state < N_ROW_STATE; state++)
			json_out_number(object, state_name(state),
					(long long)groups[i].counts[state]);
		json_out_push(array, object);
	}
	return array;
}

static void print_summary_json(const struct coverage_command *cmd)
{
	const struct coverage *c = &cmd->coverage;
	size_t n_sections, n_peers;
	cleanup_free struct coverage_group *sections =
		coverage_sections(c, &n_sections);
	cleanup_free struct coverage_group *by_peer = coverage_peers(c, &n_peers);
	json_t *object = json_object();

	json_out_number(object, "rows", (long long)c->n_rows);
	for (int state = 0; state < N_ROW_STATE; state++)
		json_out_number(object, state_name(state),
				(long long)c->totals[state]);
	json_out_number(object, "stale_exclusions", (long long)c->n_stale);
	json_out_number(object, "checks", (long long)c->n_checks);
	json_out_number(object, "checks_without_row", (long long)c->n_rowless);
	json_out_number(object, "server_checks", (long long)c->n_server_checks);
	json_out_number(object, "clauses", (long long)c->n_clauses);
	json_out_number(object, "clauses_uncited", (long long)c->n_uncited);
	json_out_set(object, "sections", groups_value(sections, n_sections));
	json_out_set(object, "suites", groups_value(by_peer, n_peers));
	json_out_print(object);
}

static void print_coverage(const struct coverage_command *cmd)
{
	switch (cmd->what) {
	case OPT_ROWS:
		for (enum row_id row = ROW_NONE + 1; row < N_ROW; row++)
			print_row(cmd, row);
		break;
	case OPT_CHECKS:
		for (size_t i = 0; i < cmd->registry.n; i++)
			print_check(cmd, cmd->registry.checks[i]);
		break;
	case OPT_CLAUSES:
		for (enum clause_id id = CLAUSE_NONE + 1; id < N_CLAUSE; id++)
			print_clause(cmd, id);
		break;
	default:
		if (cmd->json)
			print_summary_json(cmd);
		else
			print_summary(cmd);
	}
}

int cmd_coverage(int argc, char **argv)
{
	struct coverage_command cmd = { 0 };
	const char *fault;

	parse(&cmd, argc, argv);
	registry_load(&cmd.registry);
	coverage_take(&cmd.coverage, &cmd.registry);
	print_coverage(&cmd);
	registry_free(&cmd.registry);
	fault = coverage_fault(&cmd.coverage);
	if (!cmd.require || !fault)
		return EXIT_AS_REQUIRED;
	complain("%s", fault);
	return EXIT_DIFFERS;
}
