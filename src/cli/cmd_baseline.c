// SPDX-License-Identifier: BSD-2-Clause
/*
 * sockspec baseline: write what fails here as a file of expected failures,
 * or look whether such a file still fits the checks.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/die.h"
#include "cli/baseline_file.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/prepare.h"
#include "harness/check.h"
#include "harness/run.h"

#define MAX_JOBS 64

enum {
	OPT_HELP = OPT_OWN,
	OPT_REASON,
	OPT_REPEAT,
	OPT_SEED,
	OPT_TIMEOUT_SCALE,
	OPT_VOLUME,
};

struct baseline_command {
	struct select select;
	struct run_options options;
	const char *path;	/* NULL: standard output */
	const char *reason;	/* for every line, or NULL */
	uint64_t seed;
	bool have_seed;
	struct baseline_file file;
};

static void print_help(void)
{
	printf("Usage: sockspec baseline create [OPTION]... [PATTERN]...\n"
	       "   or: sockspec baseline check FILE...\n"
	       "Run, and write what fails as a file for 'sockspec run --baseline';\n"
	       "or report what in such files is malformed or matches no case.\n\n"
	       SELECT_HELP
	       "  -o FILE          write FILE (default: standard output)\n"
	       "  --reason TEXT    the reason of every line, instead of what was seen\n"
	       "  -j N             run N cases at once (default 2)\n"
	       "  --repeat N       run everything N times; any failure counts\n"
	       "  --seed N         repeat a run's random choices\n"
	       "  --volume N       make N times the traffic (default 1)\n"
	       "  --timeout-scale N  be N times as patient\n"
	       "  --help           this text\n");
}

static unsigned int small_number(const char *what, uint64_t max)
{
	return (unsigned int)parse_number(what, optarg, 1, max);
}

static void take_option(struct baseline_command *cmd, int option, char **argv)
{
	if (select_option(&cmd->select, option, optarg))
		return;
	switch (option) {
	case 'j':
		cmd->options.jobs = small_number("-j", MAX_JOBS);
		break;
	case 'o':
		cmd->path = strcmp(optarg, "-") == 0 ? NULL : optarg;
		break;
	case OPT_REASON:
		if (!optarg[strspn(optarg, " \t")])
			die(EXIT_USAGE, "--reason takes a text");
		cmd->reason = optarg;
		break;
	case OPT_REPEAT:
		cmd->options.repeat = small_number("--repeat", 1000000000);
		break;
	case OPT_SEED:
		cmd->seed = parse_number("--seed", optarg, 0, UINT64_MAX);
		cmd->have_seed = true;
		break;
	case OPT_TIMEOUT_SCALE:
		cmd->options.timeout_scale = small_number("--timeout-scale", 1000);
		break;
	case OPT_VOLUME:
		cmd->options.volume = small_number("--volume", 1000000);
		break;
	default:
		bad_option(argv);
	}
}

/* False when the options asked for help only. */
static bool parse(struct baseline_command *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		SELECT_OPTIONS,
		{ "help", no_argument, NULL, OPT_HELP },
		{ "jobs", required_argument, NULL, 'j' },
		{ "output", required_argument, NULL, 'o' },
		{ "reason", required_argument, NULL, OPT_REASON },
		{ "repeat", required_argument, NULL, OPT_REPEAT },
		{ "seed", required_argument, NULL, OPT_SEED },
		{ "timeout-scale", required_argument, NULL, OPT_TIMEOUT_SCALE },
		{ "volume", required_argument, NULL, OPT_VOLUME },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "j:o:", options, NULL)) >= 0) {
		if (option == OPT_HELP) {
			print_help();
			return false;
		}
		take_option(cmd, option, argv);
	}
	return true;
}

static void add_header(struct baseline_command *cmd)
{
	baseline_file_comment(&cmd->file, "Failures of this platform that are "
			      "expected: a case, blanks, the reason.");
	baseline_file_comment(&cmd->file, "Written by sockspec %s on %s, as %s, "
			      "seed 0x%llx.", PACKAGE_VERSION, prepare_system(),
			      prepare_user(), (unsigned long long)cmd->seed);
}

/* "expected: recv(fd, ...): expected 1, got -1 EAGAIN" */
static void say_seen(struct buf *out, const struct case_result *result)
{
	if (result->outcome == OUTCOME_ERROR) {
		buf_printf(out, "expected: error (%s): %s",
			   cause_name(result->cause), result->reason);
		return;
	}
	buf_printf(out, "expected: ");
	for (size_t i = 0; i < result->n_evidence; i++) {
		const struct evidence *e = &result->evidence[i];

		if (e->kind != EVIDENCE_FAIL)
			continue;
		if (*e->context)
			buf_printf(out, "%s: ", e->context);
		buf_printf(out, "%s: expected %s, got %s", e->call, e->expected,
			   e->got);
		return;
	}
	buf_printf(out, "fails");
}

static void on_case_end(void *arg, const struct plan_case *pc,
			const struct case_result *result)
{
	struct baseline_command *cmd = arg;
	cleanup_buf struct buf reason = BUF_NULL;

	if (result->outcome != OUTCOME_FAIL && result->outcome != OUTCOME_ERROR)
		return;
	if (cmd->reason)
		buf_printf(&reason, "%s", cmd->reason);
	else
		say_seen(&reason, result);
	baseline_file_add(&cmd->file, pc->id, reason.data);
}

static int write_plan(struct baseline_command *cmd, const struct plan *plan)
{
	struct run_listener listener = { .arg = cmd, .case_end = on_case_end };
	struct run_totals totals;

	baseline_file_prepare(cmd->path);
	add_header(cmd);
	run_plan(plan, &cmd->options, &listener, &totals);
	if (totals.interrupted_by) {
		complain("interrupted; nothing was written");
		return run_exit_status(&totals);
	}
	baseline_file_write(&cmd->file, cmd->path, cmd->options.base_dir);
	if (cmd->path)
		printf("%s: %zu of %zu cases are expected to fail\n", cmd->path,
		       cmd->file.n, totals.n_reported);
	return EXIT_AS_REQUIRED;
}

static int create(int argc, char **argv)
{
	struct baseline_command cmd = {
		.select = SELECT_NULL,
		.options = { .jobs = 2, .volume = 1, .timeout_scale = 1,
			     .repeat = 1 },
	};
	struct registry registry;
	struct plan plan = PLAN_NULL;
	int status;

	if (!parse(&cmd, argc, argv))
		return EXIT_AS_REQUIRED;
	select_patterns(&cmd.select, argc - optind, argv + optind);
	prepare_options(&cmd.options);
	if (!cmd.have_seed)
		cmd.seed = prepare_seed();
	registry_load(&registry);
	registry_keep(&registry, SUBJECT_PLATFORM);
	plan_make(&plan, &registry, &cmd.select, NULL, cmd.seed, true);
	require_matches(&registry, &cmd.select, &plan);
	status = write_plan(&cmd, &plan);
	baseline_file_free(&cmd.file);
	plan_free(&plan);
	registry_free(&registry);
	select_free(&cmd.select);
	return status;
}

/* The number of lines that match no case, each of them reported. */
static size_t check_file(const char *path, const struct plan *all)
{
	struct deviation_list list = { NULL, 0 };
	size_t n_stale = 0;

	deviation_load(&list, path);
	for (size_t i = 0; i < list.n; i++) {
		if (matches_any_case(list.entries[i].pattern, all))
			continue;
		complain("%s: no case matches '%s'", path,
			 list.entries[i].pattern);
		n_stale++;
	}
	if (n_stale == 0)
		printf("%s: %zu lines, each matches a case\n", path, list.n);
	deviation_free(&list);
	return n_stale;
}

static int check(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, OPT_HELP },
		{ NULL, 0, NULL, 0 },
	};
	struct registry registry;
	struct plan all = PLAN_NULL;
	size_t n_stale = 0;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option != OPT_HELP)
			bad_option(argv);
		print_help();
		return EXIT_AS_REQUIRED;
	}
	if (optind == argc)
		die(EXIT_USAGE, "baseline check takes a file");
	registry_load(&registry);
	plan_make(&all, &registry, NULL, NULL, 0, false);
	for (int i = optind; i < argc; i++)
		n_stale += check_file(argv[i], &all);
	plan_free(&all);
	registry_free(&registry);
	return n_stale ? EXIT_DIFFERS : EXIT_AS_REQUIRED;
}

int cmd_baseline(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	bool creates = strcmp(word, "create") == 0;

	if (strcmp(word, "--help") == 0) {
		print_help();
		return EXIT_AS_REQUIRED;
	}
	if (!creates && strcmp(word, "check") != 0)
		die(EXIT_USAGE, "baseline takes create or check, not '%s'", word);
	/* The word is out of the way of getopt_long(); messages name us. */
	argv[1] = argv[0];
	return creates ? create(argc - 1, argv + 1) : check(argc - 1, argv + 1);
}
