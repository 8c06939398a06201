// SPDX-License-Identifier: BSD-2-Clause
/*
 * sockspec platform: what this socket layer offers, with its limits, each
 * found by using it.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/die.h"
#include "base/names.h"
#include "cli/cli.h"
#include "cli/json_out.h"
#include "cli/options.h"
#include "cli/prepare.h"
#include "platform/probe.h"
#include "report/layout.h"

enum {
	OPT_FORMAT = OPT_OWN,
	OPT_HELP,
};

#define WIDTH 80
#define TITLE_COLUMNS 26

static const struct probe_group *const groups[] = {
	&probe_types, &probe_names, &probe_passing,
	&probe_limits, &probe_system, &probe_controls,
};

static void print_help(void)
{
	printf("Usage: sockspec platform [OPTION]...\n"
	       "Show what the socket layer of this machine offers, found by using it.\n\n"
	       "  --format NAME    text (default), or json: an object a line\n"
	       "  --help           this text\n");
}

static const char *state_word(enum fact_state state)
{
	static const char *const words[] = {
		[FACT_UNKNOWN] = "unknown",
		[FACT_PRESENT] = "yes",
		[FACT_ABSENT] = "no",
	};

	return words[state];
}

/* "yes, socket() and socketpair()"; "no, ENOPROTOOPT"; a number by itself. */
static void say_fact(struct buf *out, const struct fact *fact)
{
	if (!fact->counted)
		buf_printf(out, "%s", state_word(fact->state));
	if (fact->err)
		buf_printf(out, ", %s", name_errno(fact->err));
	if (*fact->value)
		buf_printf(out, "%s%s", fact->counted ? "" :
			   fact->err ? ": " : ", ", fact->value);
}

static void print_text(const struct probe *probe, const struct fact *fact)
{
	static const struct layout lines = { .prefix = "  ", .width = WIDTH };
	cleanup_buf struct buf text = BUF_NULL;
	cleanup_buf struct buf out = BUF_NULL;

	buf_printf(&text, "%-*s ", TITLE_COLUMNS, probe->title);
	say_fact(&text, fact);
	layout_prose(&out, &lines, TITLE_COLUMNS + 1, text.data);
	fwrite(out.data, 1, out.len, stdout);
}

static void print_json(const struct probe_group *group,
		       const struct probe *probe, const struct fact *fact)
{
	json_t *object = json_object();

	json_out_text(object, "name", probe->name);
	json_out_text(object, "group", group->title);
	json_out_text(object, "title", probe->title);
	json_out_set(object, "present", fact->state == FACT_UNKNOWN ?
		     json_null() : json_boolean(fact->state == FACT_PRESENT));
	if (fact->counted)
		json_out_number(object, "number", fact->number);
	json_out_text(object, "errno", fact->err ? name_errno(fact->err) : NULL);
	json_out_text(object, "value", fact->value);
	json_out_print(object);
}

static void print_group(const struct probe_group *group, const char *base_dir,
			bool json)
{
	if (!json)
		printf("\n%s\n", group->title);
	for (size_t i = 0; i < group->n; i++) {
		struct fact fact;
		int err = probe_run(&group->probes[i], base_dir, &fact);

		if (err < 0)
			die(EXIT_CHECKER, "cannot work in %s: %s", base_dir,
			    strerror(-err));
		if (json)
			print_json(group, &group->probes[i], &fact);
		else
			print_text(&group->probes[i], &fact);
	}
}

int cmd_platform(int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, OPT_FORMAT },
		{ "help", no_argument, NULL, OPT_HELP },
		{ NULL, 0, NULL, 0 },
	};
	const char *base_dir;
	bool json = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (option) {
		case OPT_FORMAT:
			json = parse_text_or_json(optarg);
			break;
		case OPT_HELP:
			print_help();
			return EXIT_AS_REQUIRED;
		default:
			bad_option(argv);
		}
	}
	if (optind < argc)
		die(EXIT_USAGE, "platform takes no argument: '%s'", argv[optind]);
	base_dir = prepare_base_dir();
	if (!json)
		printf("%s, as %s\n", prepare_system(), prepare_user());
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		print_group(groups[i], base_dir, json);
	return EXIT_AS_REQUIRED;
}
