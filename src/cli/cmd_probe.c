// SPDX-License-Identifier: BSD-2-Clause
/*
 * sockspec probe: judge a server.  What the command line says of it goes into
 * probe_options, which the cases inherit; the rest is as in run.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/die.h"
#include "base/names.h"
#include "cli/cli.h"
#include "cli/judging.h"
#include "cli/target.h"
#include "harness/check.h"
#include "probe/options.h"
#include "probe/process.h"
#include "probe/socket_table.h"

enum {
	OPT_ACTIVATE = OPT_JUDGING_OWN,
	OPT_ASK,
	OPT_ECHO,
	OPT_EXEC,
	OPT_EXPECT,
	OPT_INTRUSIVE,
	OPT_PID,
	OPT_TYPE,
};

struct probe_command {
	struct judging judging;
	const char *type;	/* --type */
	const char *ask;
	const char *expect;
	struct buf arguments;
};

static void print_help(void)
{
	printf("Usage: sockspec probe [OPTION]... PATH|@NAME [PATTERN]...\n"
	       "       sockspec probe [OPTION]... --exec COMMAND [PATTERN]...\n"
	       "Judge a server that listens on a UNIX domain socket.\n\n"
	       "  PATH|@NAME       of a server that runs; only harmless checks\n"
	       "  --exec COMMAND   start, end and restart the server oneself; the\n"
	       "                   shell's COMMAND has {} where the path goes\n"
	       "  --type TYPE      stream, dgram or seqpacket; found out of a server\n"
	       "                   that runs, else stream\n"
	       "  --echo           the server answers with what it gets\n"
	       "  --ask BYTES      a request (\\n \\r \\t \\0 \\\\ \\xNN are bytes) ...\n"
	       "  --expect REGEX   ... and its answer, an extended regular expression\n"
	       "  --activate       with --exec: it takes its listener from LISTEN_FDS\n"
	       "  --pid N          watch this process; else it is looked for\n"
	       "  --intrusive      do to a server that runs what may disturb it\n"
	       SELECT_HELP
	       JUDGING_HELP);
}

static bool take_option(struct probe_command *cmd, int option, char **argv)
{
	struct probe_options *o = &probe_options;

	switch (option) {
	case OPT_ACTIVATE:
		o->activate = true;
		break;
	case OPT_ASK:
		cmd->ask = optarg;
		break;
	case OPT_ECHO:
		o->echo = true;
		break;
	case OPT_EXEC:
		o->command = optarg;
		break;
	case OPT_EXPECT:
		cmd->expect = optarg;
		break;
	case OPT_HELP:
		print_help();
		return false;
	case OPT_INTRUSIVE:
		o->intrusive = true;
		break;
	case OPT_PID:
		o->pid = (pid_t)parse_number("--pid", optarg, 1, INT32_MAX);
		break;
	case OPT_TYPE:
		cmd->type = optarg;
		break;
	default:
		if (!judging_option(&cmd->judging, option))
			bad_option(argv);
	}
	return true;
}

/* Both or none, and not with --echo. */
static void take_answers(const struct probe_command *cmd)
{
	struct probe_options *o = &probe_options;
	char text[200];
	int err;

	if (!cmd->ask != !cmd->expect)
		die(EXIT_USAGE, "--ask and --expect go together");
	if (cmd->ask && o->echo)
		die(EXIT_USAGE, "--echo and --ask exclude each other");
	if (!cmd->ask)
		return;
	if (!probe_unescape(&o->ask, cmd->ask))
		die(EXIT_USAGE, "--ask: bad escape in '%s': \\n \\r \\t \\0 \\\\ and "
		    "\\xNN are known", cmd->ask);
	if (o->ask.len == 0)
		die(EXIT_USAGE, "--ask takes a request that is not empty");
	err = regcomp(&o->expect, cmd->expect, REG_EXTENDED | REG_NEWLINE);
	if (err) {
		regerror(err, &o->expect, text, sizeof(text));
		die(EXIT_USAGE, "--expect '%s': %s", cmd->expect, text);
	}
	if (regexec(&o->expect, "", 0, NULL, 0) == 0)
		die(EXIT_USAGE, "--expect '%s' matches no answer at all",
		    cmd->expect);
	o->has_ask = true;
}

static unsigned int bit_of_type(int type)
{
	return type == SOCK_DGRAM ? DGRAM :
	       type == SOCK_SEQPACKET ? SEQPACKET : STREAM;
}

/* Of a server that runs the kernel knows the type and the process. */
static void look_at_server(struct probe_command *cmd)
{
	struct probe_options *o = &probe_options;
	struct socket_entry e;

	if (socket_at(&o->addr, &e) != 1)
		return;
	if (!cmd->type)
		o->type = e.type;
	if (!o->pid)
		o->pid = process_find_holder(e.inode);
}

/* Relative to where we are, but the cases are somewhere else. */
static void make_absolute(struct probe_options *o, const char *text)
{
	cleanup_free char *path = NULL;

	if (!o->addr.un.sun_path[0] || o->addr.un.sun_path[0] == '/')
		return;
	path = xasprintf("%s/%.108s", o->start_dir, o->addr.un.sun_path);
	if (strlen(path) >= sizeof(o->addr.un.sun_path))
		die(EXIT_USAGE, "the full name of '%s' is too long for an "
		    "address; run this in its directory's parent, or link to it",
		    text);
	o->addr = addr_path(path);
}

static void take_address(struct probe_command *cmd, const char *text)
{
	struct probe_options *o = &probe_options;
	struct uds_address address;

	if (o->command && !strstr(o->command, "{}") && !o->activate)
		die(EXIT_USAGE, "--exec: the command has no {} where the path "
		    "of the socket goes: '%s'", o->command);
	if (o->command && o->pid)
		die(EXIT_USAGE, "--exec and --pid exclude each other");
	if (o->activate && !o->command)
		die(EXIT_USAGE, "--activate goes with --exec");
	o->kind = PATH;
	if (o->command)
		return;
	if (target_parse_address("probe", text, TARGET_ANY, &address))
		exit(EXIT_USAGE);
	o->addr.len = address.len;
	memcpy(o->addr.bytes, address.bytes, sizeof(address.bytes));
	o->kind = uds_address_kind(&address) == UDS_ADDRESS_ABSTRACT ? ABSTRACT :
								      PATH;
	make_absolute(o, text);
	look_at_server(cmd);
	if (o->pid && !process_is_alive(o->pid))
		die(EXIT_USAGE, "--pid %d: there is no such process",
		    (int)o->pid);
}

static void say(struct buf *out, const char *option, const char *value)
{
	if (!value)
		return;
	buf_printf(out, " %s ", option);
	report_shell_word(out, value);
}

/* "probe --exec '...' --echo": what "repeat" lines have before the case. */
static void take_arguments(struct probe_command *cmd, const char *address)
{
	struct probe_options *o = &probe_options;
	struct buf *out = &cmd->arguments;

	buf_printf(out, "probe");
	say(out, "--type", cmd->type);
	if (o->echo)
		buf_printf(out, " --echo");
	say(out, "--ask", cmd->ask);
	say(out, "--expect", cmd->expect);
	if (o->activate)
		buf_printf(out, " --activate");
	if (o->intrusive)
		buf_printf(out, " --intrusive");
	say(out, "--exec", o->command);
	if (!o->command) {
		buf_printf(out, " ");
		report_shell_word(out, address);
	}
	cmd->judging.arguments = out->data;
}

/* False when the options asked for help only. */
static bool parse(struct probe_command *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		JUDGING_OPTIONS,
		{ "activate", no_argument, NULL, OPT_ACTIVATE },
		{ "ask", required_argument, NULL, OPT_ASK },
		{ "echo", no_argument, NULL, OPT_ECHO },
		{ "exec", required_argument, NULL, OPT_EXEC },
		{ "expect", required_argument, NULL, OPT_EXPECT },
		{ "intrusive", no_argument, NULL, OPT_INTRUSIVE },
		{ "pid", required_argument, NULL, OPT_PID },
		{ "type", required_argument, NULL, OPT_TYPE },
		{ NULL, 0, NULL, 0 },
	};
	struct probe_options *o = &probe_options;
	const char *address;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, JUDGING_SHORT, options,
				     NULL)) >= 0) {
		if (!take_option(cmd, option, argv))
			return false;
	}
	o->type = SOCK_STREAM;
	if (cmd->type && target_parse_type("probe", cmd->type, &o->type))
		exit(EXIT_USAGE);
	o->start_dir = getcwd(NULL, 0);
	if (!o->start_dir)
		die(EXIT_CHECKER, "the working directory has no name (%s)",
		    name_errno(errno));
	take_answers(cmd);
	address = o->command || optind == argc ? NULL : argv[optind++];
	take_address(cmd, address);
	take_arguments(cmd, address);
	o->type_bit = bit_of_type(o->type);
	select_patterns(&cmd->judging.select, argc - optind, argv + optind);
	judging_finish(&cmd->judging);
	return true;
}

/* What the command line does not give is skipped, with the way to have it. */
static void skip_cases(struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		if (!plan->cases[i].skip)
			plan->cases[i].skip = probe_missing(plan->cases[i].check);
	}
}

int cmd_probe(int argc, char **argv)
{
	struct probe_command cmd = {
		.judging = JUDGING_INIT, .arguments = BUF_NULL,
	};
	struct judging *judging = &cmd.judging;
	struct registry registry;
	struct plan plan = PLAN_NULL;
	int status;

	if (!parse(&cmd, argc, argv))
		return EXIT_AS_REQUIRED;
	/* The cases of one server would see each other's clients. */
	if (!probe_options.command)
		judging->options.jobs = 1;
	registry_load(&registry);
	registry_keep(&registry, SUBJECT_SERVER);
	require_patterns(&registry, &judging->select);
	judging->select.types = probe_options.type_bit;
	judging->select.addrs = probe_options.kind;
	plan_make(&plan, &registry, &judging->select, &judging->deviations,
		  judging->seed, true);
	if (plan.n == 0)
		die(EXIT_USAGE, "no case is selected for a %s server",
		    target_type_name(probe_options.type));
	skip_cases(&plan);
	status = judging_run(judging, &plan);
	plan_free(&plan);
	registry_free(&registry);
	judging_free(judging);
	buf_free(&cmd.arguments);
	buf_free(&probe_options.ask);
	if (probe_options.has_ask)
		regfree(&probe_options.expect);
	free(probe_options.start_dir);
	return status;
}
