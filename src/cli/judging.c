// SPDX-License-Identifier: BSD-2-Clause
/*
 * A plan to the executor, its events to the reporters, their totals to the
 * exit status; and the options that say how.
 */
#include "config.h"

#include "cli/judging.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/die.h"
#include "cli/options.h"
#include "cli/prepare.h"
#include "harness/check.h"
#include "harness/single.h"

#define MAX_JOBS 64

static void add_format(struct judging *cmd, const char *name)
{
	const struct reporter_ops *ops = reporter_find(name);

	if (!ops)
		die(EXIT_USAGE, "--format takes text, tap, json or junit, not '%s'",
		    name);
	if (cmd->n_outputs == MAX_OUTPUTS)
		die(EXIT_USAGE, "too many formats");
	cmd->outputs[cmd->n_outputs++].ops = ops;
}

static void add_file(struct judging *cmd, const char *path)
{
	if (cmd->n_outputs == 0)
		add_format(cmd, "text");
	if (cmd->outputs[cmd->n_outputs - 1].path)
		die(EXIT_USAGE, "-o %s: no --format before it", path);
	cmd->outputs[cmd->n_outputs - 1].path = path;
}

bool judging_option(struct judging *cmd, int option)
{
	struct run_options *o = &cmd->options;

	if (select_option(&cmd->select, option, optarg))
		return true;
	switch (option) {
	case 'j':
		o->jobs = (unsigned int)parse_number("-j", optarg, 1, MAX_JOBS);
		break;
	case 'o':
		add_file(cmd, optarg);
		break;
	case 'q':
		cmd->style.quiet = true;
		break;
	case OPT_BASELINE:
		deviation_load(&cmd->deviations, optarg);
		break;
	case OPT_DRY_RUN:
		cmd->dry_run = true;
		break;
	case OPT_DURATION:
		o->duration_s = parse_duration_s("--duration", optarg);
		break;
	case OPT_FORMAT:
		add_format(cmd, optarg);
		break;
	case OPT_ISOLATE:
		o->isolate = true;
		break;
	case OPT_NO_FORK:
		cmd->no_fork = true;
		break;
	case OPT_REPEAT:
		o->repeat = (unsigned int)parse_number("--repeat", optarg, 1,
						       1000000000);
		break;
	case OPT_SEED:
		cmd->seed = parse_number("--seed", optarg, 0, UINT64_MAX);
		cmd->have_seed = true;
		break;
	case OPT_SLOWEST:
		cmd->style.slowest = (unsigned int)parse_number("--slowest",
							       optarg, 1, 10000);
		break;
	case OPT_TIMEOUT_SCALE:
		o->timeout_scale = (unsigned int)parse_number("--timeout-scale",
							     optarg, 1, 1000);
		break;
	case OPT_UNTIL_FAIL:
		o->until_fail = true;
		break;
	case OPT_VOLUME:
		o->volume = (unsigned int)parse_number("--volume", optarg, 1,
						       1000000);
		break;
	default:
		return false;
	}
	return true;
}

static void find_style(struct judging *cmd)
{
	const char *no_colour = getenv("NO_COLOR");
	struct winsize size;
	bool terminal = isatty(STDOUT_FILENO);

	cmd->style.colour = terminal && (!no_colour || !*no_colour);
	cmd->style.width = 80;
	if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_col > 80)
		cmd->style.width = size.ws_col > 120 ? 120 : size.ws_col;
	cmd->progress = isatty(STDERR_FILENO) && terminal;
}

void judging_finish(struct judging *cmd)
{
	if (cmd->options.duration_s && cmd->options.repeat)
		die(EXIT_USAGE, "--repeat and --duration exclude each other");
	/* One round, unless another end was asked for. */
	if (!cmd->options.repeat && !cmd->options.duration_s &&
	    !cmd->options.until_fail)
		cmd->options.repeat = 1;
	if (cmd->n_outputs == 0)
		add_format(cmd, "text");
	prepare_options(&cmd->options);
	if (!cmd->have_seed)
		cmd->seed = prepare_seed();
	find_style(cmd);
}

/* Open what is to be written before anything runs. */
static void open_outputs(struct judging *cmd)
{
	bool standard_taken = false;

	for (size_t i = 0; i < cmd->n_outputs; i++) {
		struct output *out = &cmd->outputs[i];

		if (!out->path || strcmp(out->path, "-") == 0) {
			if (standard_taken)
				die(EXIT_USAGE, "two formats for standard output; "
				    "give one of them a file with -o");
			standard_taken = true;
			out->file = stdout;
		} else {
			out->file = fopen(out->path, "we");
			if (!out->file)
				die(EXIT_USAGE, "cannot write %s: %s", out->path,
				    strerror(errno));
		}
		report_fan_add(&cmd->fan,
			       reporter_new(out->ops, out->file, &cmd->style));
	}
	if (fcntl(STDOUT_FILENO, F_GETFL) < 0 ||
	    (standard_taken &&
	     (fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_RDONLY))
		die(EXIT_CHECKER, "standard output is closed");
}

static bool close_outputs(struct judging *cmd)
{
	bool fine = true;

	for (size_t i = 0; i < cmd->n_outputs; i++) {
		struct output *out = &cmd->outputs[i];

		/* main() looks after standard output. */
		if (out->file == stdout)
			continue;
		if (ferror(out->file) | fclose(out->file)) {
			complain("cannot write %s: %s", out->path,
				 strerror(errno));
			fine = false;
		}
	}
	report_fan_free(&cmd->fan);
	return fine;
}

static void on_progress(void *arg, size_t done, size_t total,
			unsigned int round)
{
	static size_t last_percent = 101;
	size_t percent = total ? done * 100 / total : 100;

	(void)arg;
	if (percent == last_percent)
		return;
	last_percent = percent;
	/* The line is wiped again, so that what follows starts on a clean one. */
	fprintf(stderr, "\r\033[K%zu of %zu, round %u\r", done, total, round);
	if (done == total)
		fputs("\033[K", stderr);
}

static void on_case_end(void *arg, const struct plan_case *pc,
			const struct case_result *result)
{
	struct judging *cmd = arg;

	if (cmd->progress)
		fputs("\033[K", stderr);
	report_case_end(&cmd->fan, pc, result);
}

static void print_plan(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		printf("%s", plan->cases[i].id);
		if (plan->cases[i].skip)
			printf("  # SKIP %s", plan->cases[i].skip);
		if (plan->cases[i].deviation)
			printf("  # expected to fail: %s",
			       plan->cases[i].deviation->reason);
		putchar('\n');
	}
}

static int run_and_report(struct judging *cmd, const struct plan *plan)
{
	struct run_info info = {
		.version = PACKAGE_VERSION, .command = "sockspec",
		.arguments = cmd->arguments,
		.system = prepare_system(), .user = prepare_user(),
		.seed = cmd->seed,
		.jobs = cmd->options.jobs, .repeat = cmd->options.repeat,
		.volume = cmd->options.volume, .valgrind = cmd->options.valgrind,
		.plan = plan,
	};
	struct run_listener listener = {
		.arg = cmd, .case_end = on_case_end,
		.progress = cmd->progress ? on_progress : NULL,
	};
	struct run_totals totals;

	open_outputs(cmd);
	report_run_begin(&cmd->fan, &info);
	run_plan(plan, &cmd->options, &listener, &totals);
	report_run_end(&cmd->fan, &totals);
	if (!close_outputs(cmd))
		return EXIT_CHECKER;
	return run_exit_status(&totals);
}

int judging_run(struct judging *cmd, const struct plan *plan)
{
	if (cmd->dry_run) {
		print_plan(plan);
		return EXIT_AS_REQUIRED;
	}
	if (cmd->no_fork)
		return run_single(plan, &cmd->options);
	return run_and_report(cmd, plan);
}

void judging_free(struct judging *cmd)
{
	deviation_free(&cmd->deviations);
	select_free(&cmd->select);
}
