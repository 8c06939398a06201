// SPDX-License-Identifier: BSD-2-Clause
/*
 * sockspec run: judge the socket layer of this machine.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>

#include "base/die.h"
#include "cli/cli.h"
#include "cli/judging.h"
#include "harness/check.h"

static void print_help(void)
{
	printf("Usage: sockspec run [OPTION]... [PATTERN]...\n"
	       "Judge the socket layer of this machine.\n\n"
	       SELECT_HELP
	       JUDGING_HELP);
}

/* False when the options asked for help only. */
static bool parse(struct judging *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		JUDGING_OPTIONS,
		{ NULL, 0, NULL, 0 },
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, JUDGING_SHORT, options,
				     NULL)) >= 0) {
		if (option == OPT_HELP) {
			print_help();
			return false;
		}
		if (!judging_option(cmd, option))
			bad_option(argv);
	}
	select_patterns(&cmd->select, argc - optind, argv + optind);
	judging_finish(cmd);
	return true;
}

int cmd_run(int argc, char **argv)
{
	struct judging cmd = JUDGING_INIT;
	struct registry registry;
	struct plan plan = PLAN_NULL;
	int status;

	if (!parse(&cmd, argc, argv))
		return EXIT_AS_REQUIRED;
	registry_load(&registry);
	registry_keep(&registry, SUBJECT_PLATFORM);
	plan_make(&plan, &registry, &cmd.select, &cmd.deviations, cmd.seed, true);
	require_matches(&registry, &cmd.select, &plan);
	status = judging_run(&cmd, &plan);
	plan_free(&plan);
	registry_free(&registry);
	judging_free(&cmd);
	return status;
}
