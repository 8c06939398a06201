/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What run and probe share: how a plan is run and reported, and the options
 * that say so.
 */
#ifndef SOCKSPEC_CLI_JUDGING_H
#define SOCKSPEC_CLI_JUDGING_H

#include "cli/options.h"
#include "harness/run.h"
#include "report/report.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define MAX_OUTPUTS 8

struct output {
	const struct reporter_ops *ops;
	const char *path;	/* NULL or "-": standard output */
	FILE *file;
};

struct judging {
	struct select select;
	struct run_options options;
	struct deviation_list deviations;
	struct output outputs[MAX_OUTPUTS];
	size_t n_outputs;
	struct report_style style;
	const char *arguments;	/* for "repeat" lines; NULL: "run" */
	uint64_t seed;
	bool have_seed;
	bool dry_run;
	bool no_fork;
	bool progress;		/* a terminal watches */
	struct report_fan fan;
};

#define JUDGING_INIT {							\
	.select = SELECT_NULL,						\
	.options = { .jobs = 2, .volume = 1, .timeout_scale = 1 },	\
}

/* Values of getopt_long(); a subcommand's own begin behind them. */
enum {
	OPT_BASELINE = OPT_OWN,
	OPT_DRY_RUN,
	OPT_DURATION,
	OPT_FORMAT,
	OPT_HELP,
	OPT_ISOLATE,
	OPT_NO_FORK,
	OPT_REPEAT,
	OPT_SEED,
	OPT_SLOWEST,
	OPT_TIMEOUT_SCALE,
	OPT_UNTIL_FAIL,
	OPT_VOLUME,
	OPT_JUDGING_OWN,
};

#define JUDGING_SHORT "j:o:q"
#define JUDGING_OPTIONS \
	SELECT_OPTIONS, \
	{ "baseline", required_argument, NULL, OPT_BASELINE }, \
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN }, \
	{ "duration", required_argument, NULL, OPT_DURATION }, \
	{ "format", required_argument, NULL, OPT_FORMAT }, \
	{ "help", no_argument, NULL, OPT_HELP }, \
	{ "isolate", no_argument, NULL, OPT_ISOLATE }, \
	{ "jobs", required_argument, NULL, 'j' }, \
	{ "no-fork", no_argument, NULL, OPT_NO_FORK }, \
	{ "output", required_argument, NULL, 'o' }, \
	{ "quiet", no_argument, NULL, 'q' }, \
	{ "repeat", required_argument, NULL, OPT_REPEAT }, \
	{ "seed", required_argument, NULL, OPT_SEED }, \
	{ "slowest", required_argument, NULL, OPT_SLOWEST }, \
	{ "timeout-scale", required_argument, NULL, OPT_TIMEOUT_SCALE }, \
	{ "until-fail", no_argument, NULL, OPT_UNTIL_FAIL }, \
	{ "volume", required_argument, NULL, OPT_VOLUME }

#define JUDGING_HELP \
	"  --baseline FILE  failures that are expected here\n" \
	"  -j N             run N cases at once (default 2)\n" \
	"  --repeat N       run everything N times\n" \
	"  --duration T     repeat for a time: 90s, 5m, 2h\n" \
	"  --until-fail     repeat until something is not as required\n" \
	"  --seed N         repeat a run's random choices\n" \
	"  --volume N       make N times the traffic (default 1)\n" \
	"  --timeout-scale N  be N times as patient\n" \
	"  --format NAME    text (default), tap, json or junit\n" \
	"  -o FILE          write the format before it to FILE\n" \
	"  --slowest N      list the N slowest cases (text)\n" \
	"  -q               text: non-passes and the summary only\n" \
	"  --dry-run        print the plan and stop\n" \
	"  --isolate        a process for each case, never for a few of one check\n" \
	"  --no-fork        run one case in this process, for a debugger\n" \
	"  --help           this text\n\n" \
	"Several formats in one run: --format text --format tap -o run.tap\n"

/** judging_option: take one option of JUDGING_OPTIONS; false: not one. */
bool judging_option(struct judging *cmd, int option);

/** judging_finish: after the last option; what was not said is found out. */
void judging_finish(struct judging *cmd);

/** judging_run: run, report, and give the exit status. */
int judging_run(struct judging *cmd, const struct plan *plan);
void judging_free(struct judging *cmd);

#endif
