// SPDX-License-Identifier: BSD-2-Clause
/*
 * sockspec explain: all that the program knows of a check, for a person who
 * has just seen it fail.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/die.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/peers.h"
#include "harness/check.h"
#include "report/layout.h"

#define WIDTH 80

static const struct layout lines = { .prefix = "  ", .width = WIDTH };

static void print_help(void)
{
	printf("Usage: sockspec explain PATTERN...\n"
	       "Say what the checks that match demand, on whose word, why it matters\n"
	       "and how to watch them.\n\n"
	       "  PATTERN          a suite, a check, or a case; shell globs\n"
	       "  --help           this text\n");
}

static const char *force_words(enum force force)
{
	static const char *const words[N_FORCE] = {
		[SHALL] = "SHALL: POSIX demands it; a failure breaks POSIX",
		[SHOULD] = "SHOULD: POSIX recommends it; a failure breaks POSIX",
		[MAY] = "MAY: POSIX permits several answers; one that it does "
			"not permit breaks POSIX",
		[LINUX] = "LINUX: a Linux manual page or kernel document says so; "
			  "a failure breaks documented Linux",
		[ABI] = "ABI: Linux does so and programs rely on it, although no "
			"text promises it; a failure differs from Linux",
		[SERVER] = "SERVER: the users of a server rely on it, although no "
			   "standard speaks of servers; a failure fails them",
	};

	return words[force];
}

/* Paragraphs end at line breaks; the label stands before the first. */
static void add_prose(struct buf *out, const char *label, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		cleanup_buf struct buf paragraph = BUF_NULL;

		buf_add(&paragraph, text, len);
		layout_item(out, &lines, label, paragraph.data);
		label = "";
		text += len + strspn(text + len, "\n");
	}
}

static void add_clauses(struct buf *out, const struct check *check)
{
	for (int i = 0; i < CHECK_MAX_CLAUSES && check->clauses[i]; i++) {
		const struct clause *c = clause_get(check->clauses[i]);
		cleanup_buf struct buf text = BUF_NULL;

		buf_printf(&text, "%s, %s (%s): %s", c->document, c->section,
			   force_name(c->force), c->text);
		layout_item(out, &lines, i ? "" : "clause", text.data);
	}
}

static void add_rows(struct buf *out, const struct check *check)
{
	for (int i = 0; i < CHECK_MAX_ROWS && check->rows[i]; i++) {
		const struct row *row = row_get(check->rows[i]);
		cleanup_buf struct buf text = BUF_NULL;

		buf_printf(&text, "%s (%s; %s", row->id, row->class, row->source);
		if (*row->since)
			buf_printf(&text, "; since %s", row->since);
		if (*row->suites) {
			buf_printf(&text, "; also tested by ");
			peers_say(&text, row->suites);
		}
		buf_printf(&text, "): %s", row->text);
		layout_item(out, &lines, i ? "" : "catalogue", text.data);
	}
}

static void add_needs(struct buf *out, const struct check *check)
{
	static const char *const words[] = {
		"root", "a user namespace", "a network namespace",
		"a mount namespace", "a pid namespace",
		"blocked threads that show in /proc",
		"root that can become another user", "/proc/net/unix",
		"NETLINK_SOCK_DIAG", "an ordinary user", "io_uring",
		"an ordinary user, or root that can become one", "127.0.0.1",
		"::1", "users",
	};
	cleanup_buf struct buf text = BUF_NULL;
	const char *comma = "";

	_Static_assert(sizeof(words) / sizeof(words[0]) == NEED_COUNT,
		       "every need has its words");
	for (unsigned int i = 0; i < NEED_COUNT; i++) {
		if (!(check->needs & (1U << i)))
			continue;
		buf_printf(&text, "%s%s", comma, words[i]);
		comma = ", ";
	}
	if (check->nofile) {
		buf_printf(&text, "%s%u descriptors", comma, check->nofile);
		comma = ", ";
	}
	if (check->exclusive)
		buf_printf(&text, "%sto run alone", comma);
	if (text.len)
		layout_item(out, &lines, "needs", text.data);
}

/* What the ids of its cases have after the id of the check. */
static void add_cases(struct buf *out, const struct plan_case *first, size_t n)
{
	size_t id_len = strlen(first->check->suite) + 1 +
			strlen(first->check->name);
	cleanup_buf struct buf text = BUF_NULL;

	if (n == 1 && !first->id[id_len]) {
		layout_item(out, &lines, "cases", "one, not tied to a socket type");
		return;
	}
	buf_printf(&text, "%zu:", n);
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, " %s", first[i].id + id_len);
	layout_item(out, &lines, "cases", text.data);
}

static void add_commands(struct buf *out, const struct plan_case *first)
{
	cleanup_buf struct buf text = BUF_NULL;

	if (first->check->subject == SUBJECT_SERVER) {
		buf_printf(&text, "sockspec probe --exec 'COMMAND {}' %s/%s",
			   first->check->suite, first->check->name);
		layout_exact(out, &lines, "run", text.data);
		return;
	}
	buf_printf(&text, "sockspec run %s/%s", first->check->suite,
		   first->check->name);
	layout_exact(out, &lines, "run", text.data);
	buf_clear(&text);
	buf_printf(&text, "strace -f sockspec run --no-fork %s", first->id);
	layout_exact(out, &lines, "watch", text.data);
}

/* From the top of the source tree, wherever that was when it was built. */
static const char *source_path(const char *file)
{
	const char *path = strstr(file, "src/checks/");

	if (!path)
		path = strstr(file, "src/probe/");
	return path ? path : file;
}

/* The n cases from first on are all of one check. */
static void explain(const struct plan_case *first, size_t n)
{
	const struct check *check = first->check;
	cleanup_buf struct buf out = BUF_NULL;

	buf_printf(&out, "%s/%s\n", check->suite, check->name);
	layout_prose(&out, &lines, 0, check->title);
	buf_printf(&out, "\n");
	layout_item(&out, &lines, "force", force_words(check_force(check)));
	add_clauses(&out, check);
	add_rows(&out, check);
	add_prose(&out, "why", check->why);
	if (check->repair)
		add_prose(&out, "repair", check->repair);
	if (check->explain)
		add_prose(&out, "explain", check->explain);
	add_cases(&out, first, n);
	add_needs(&out, check);
	if (check->tags)
		layout_item(&out, &lines, "tags", check->tags);
	layout_item(&out, &lines, "source", source_path(check->file));
	add_commands(&out, first);
	fwrite(out.data, 1, out.len, stdout);
}

static bool is_wanted(const struct select *select,
		      const struct plan_case *first, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (select_has(select, &first[i]))
			return true;
	}
	return false;
}

static void explain_plan(const struct plan *all, const struct select *select)
{
	bool first = true;
	size_t n;

	for (size_t i = 0; i < all->n; i += n) {
		n = 1;
		while (i + n < all->n &&
		       all->cases[i + n].check == all->cases[i].check)
			n++;
		if (!is_wanted(select, &all->cases[i], n))
			continue;
		if (!first)
			putchar('\n');
		first = false;
		explain(&all->cases[i], n);
	}
}

int cmd_explain(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct select select = SELECT_NULL;
	struct registry registry;
	struct plan all = PLAN_NULL;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option != 'h')
			bad_option(argv);
		print_help();
		return EXIT_AS_REQUIRED;
	}
	if (optind == argc)
		die(EXIT_USAGE, "explain takes a check; see 'sockspec list'");
	select_patterns(&select, argc - optind, argv + optind);
	registry_load(&registry);
	plan_make(&all, &registry, NULL, NULL, 0, false);
	require_matches(&registry, &select, &all);
	explain_plan(&all, &select);
	plan_free(&all);
	registry_free(&registry);
	select_free(&select);
	return EXIT_AS_REQUIRED;
}
