// SPDX-License-Identifier: BSD-2-Clause
/*
 * The program: find the subcommand and hand over.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "cli/cli.h"

static const struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "run", cmd_run, "judge the socket layer of this machine" },
	{ "probe", cmd_probe, "judge a server on a UNIX domain socket" },
	{ "list", cmd_list, "list the checks and cases" },
	{ "explain", cmd_explain, "say what a check demands, and why" },
	{ "coverage", cmd_coverage, "hold the checks against the catalogue" },
	{ "platform", cmd_platform, "show what this socket layer offers" },
	{ "baseline", cmd_baseline, "write a file of expected failures" },
	{ "serve", cmd_serve, "answer clients on a UNIX domain socket" },
	{ "send", cmd_send, "send messages to a server and print its answers" },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(void)
{
	printf("Usage: sockspec COMMAND [OPTION]...\n"
	       "Check what a socket layer promises about UNIX domain sockets.\n\n"
	       "Commands:\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].summary);
	printf("\n"
	       "  --help     this text; COMMAND --help tells its options\n"
	       "  --version  the version\n\n"
	       "Exit status: 0 all as required, 1 something is not, 2 usage,\n"
	       "3 the checker failed, 77 nothing could run, 128+N interrupted.\n"
	       "\nReport bugs to: <%s>\n", PACKAGE_BUGREPORT);
}

static void print_version(void)
{
	printf("sockspec %s\n"
	       "Copyright (C) 2026 the sockspec authors\n"
	       "Licence BSD-2-Clause; there is NO WARRANTY.\n",
	       PACKAGE_VERSION);
}

/* Descriptors 0 to 2 exist from here on: nothing of ours may become them. */
static void hold_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* What was printed must have arrived, or the exit status lies. */
static int finish_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	complain("cannot write standard output: %s", strerror(errno));
	return EXIT_CHECKER;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	hold_standard_fds();
	/* Ignored by whoever started us, it lets no child be waited for. */
	signal(SIGCHLD, SIG_DFL);
	if (!word) {
		complain("no command given; see 'sockspec --help'");
		return EXIT_USAGE;
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "help") == 0) {
		print_help();
		return finish_output(EXIT_AS_REQUIRED);
	}
	if (strcmp(word, "--version") == 0) {
		print_version();
		return finish_output(EXIT_AS_REQUIRED);
	}
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(word, commands[i].name) == 0)
			return finish_output(commands[i].main(argc - 1, argv + 1));
	}
	complain("unknown command '%s'; see 'sockspec --help'", word);
	return EXIT_USAGE;
}
