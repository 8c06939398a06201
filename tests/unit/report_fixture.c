// SPDX-License-Identifier: BSD-2-Clause
/*
 * Clauses and rows are stand-ins for those of spec.c, so that the golden
 * files do not change with the tables.  With REGENERATE=1 in the environment
 * fixture_compare() writes the golden files instead.
 */
#include "config.h"

#include "report_fixture.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/valgrind.h"
#include "harness/check.h"
#include "harness/deviation.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define FLOOD_MAX (1024 * 1024)

#define CLAUSE_A ((enum clause_id)1)
#define CLAUSE_B ((enum clause_id)2)
#define CLAUSE_C ((enum clause_id)3)

const struct clause *clause_get(enum clause_id id)
{
	static const struct clause clauses[] = {
		[CLAUSE_A] = { "posix_a", "POSIX.1-2024",
			       "bind(), ERRORS, ENAMETOOLONG", SHALL,
			       "bind() shall fail when the pathname does not "
			       "fit, and it shall leave nothing behind." },
		[CLAUSE_B] = { "unix7_b", "unix(7)", "Address format", LINUX,
			       "A pathname has at most 108 bytes." },
		[CLAUSE_C] = { "abi_c", "Linux", "af_unix.c", ABI,
			       "A full queue answers EAGAIN." },
	};

	return &clauses[id];
}

const struct row *row_get(enum row_id id)
{
	static const struct row rows[] = {
		[1] = { "ADDR-01", 0, "POSIX", "", "", "", "" },
		[2] = { "ADDR-02", 0, "LINUX", "", "", "", "" },
	};

	return &rows[id];
}

const char *force_name(enum force force)
{
	static const char *const names[N_FORCE] = {
		"SHALL", "SHOULD", "MAY", "LINUX", "ABI", "SERVER",
	};

	return names[force];
}

enum force_family force_family(enum force force)
{
	return force == SERVER ? FAILS_ITS_USERS :
	       force == ABI ? DIFFERS_FROM_LINUX :
	       force == LINUX ? BREAKS_LINUX : BREAKS_POSIX;
}

const char *force_family_name(enum force_family family)
{
	static const char *const names[N_FORCE_FAMILY] = {
		"breaks POSIX", "breaks documented Linux", "differs from Linux",
		"fails its users",
	};

	return names[family];
}

static const struct transport stream_path = {
	"stream+path", AF_UNIX, SOCK_STREAM, STREAM, PATH, 0,
};
static const struct transport dgram_abstract = {
	"dgram+abstract", AF_UNIX, SOCK_DGRAM, DGRAM, ABSTRACT, 0,
};
static const struct transport seqpacket_pair = {
	"seqpacket+pair", AF_UNIX, SOCK_SEQPACKET, SEQPACKET, PAIR, 0,
};
static const struct transport tcp4 = {
	"tcp4", AF_INET, SOCK_STREAM, STREAM, NO_ADDR, TCP,
};

static const struct check too_long = {
	.suite = "bind", .name = "too_long",
	.title = "bind() refuses a pathname that does not fit",
	CLAUSES(CLAUSE_A, CLAUSE_B), ROWS(1, 2),
	.why = "A silently shortened name is another server's name, and two "
	       "servers whose names differ in the last byte collide.",
	.tags = "paths quick",
};
static const struct check short_name = {
	.suite = "bind", .name = "short_name",
	.title = "A name without a NUL is kept whole",
	CLAUSES(CLAUSE_B), .params = (const char *const[]){ "a", "b", NULL },
};
static const struct check queue = {
	.suite = "listen", .name = "queue",
	.title = "A full queue answers EAGAIN",
	CLAUSES(CLAUSE_C), .tags = "backlog report",
};
static const struct check plain = {
	.suite = "reliability", .name = "plain", .title = "Nothing is lost",
	CLAUSES(CLAUSE_A),
};

static const struct deviation known_fail = {
	.pattern = (char []){ "*" }, .reason = (char []){ "known since 2.0" },
};
static const struct deviation known_pass = {
	.pattern = (char []){ "*" }, .reason = (char []){ "known since 2.1" },
};

#define CASE(check_, row_, id_, ...) \
	{ .check = &check_, .row = row_, .param = -1, .id = (char []){ id_ }, \
	  .seed = 0xabc, __VA_ARGS__ }

static struct plan_case sample_cases[] = {
	CASE(too_long, &stream_path, "bind/too_long@stream+path"),
	CASE(too_long, &dgram_abstract, "bind/too_long@dgram+abstract"),
	CASE(too_long, &tcp4, "bind/too_long@tcp4", .control = true),
	{ .check = &short_name, .row = NULL, .param = 1, .force = LINUX,
	  .id = (char []){ "bind/short_name:b" }, .seed = 1 },
	CASE(queue, &stream_path, "listen/queue@stream+path", .force = ABI),
	CASE(queue, &seqpacket_pair, "listen/queue@seqpacket+pair",
	     .force = ABI, .swap = true),
	CASE(queue, &tcp4, "listen/queue@tcp4", .control = true,
	     .force = ABI),
	CASE(plain, &stream_path, "reliability/plain@stream+path"),
	CASE(plain, &dgram_abstract, "reliability/plain@dgram+abstract"),
	CASE(plain, &seqpacket_pair, "reliability/plain@seqpacket+pair",
	     .deviation = &known_fail),
	CASE(plain, NULL, "reliability/plain:x", .deviation = &known_pass),
	CASE(plain, NULL, "reliability/plain:y"),
	CASE(plain, NULL, "reliability/plain:z"),
};

static const struct evidence two_failed[] = {
	{ EVIDENCE_NOTE, "", "", "the name had 111 bytes", "", "" },
	{ EVIDENCE_FAIL, "addrlen=111", "bind(fd, &a.sa, a.len)", "-1 EINVAL",
	  "0", "src/checks/bind.c:41" },
	{ EVIDENCE_FAIL, "", "access(\"s0\", F_OK)", "-1 ENOENT", "0",
	  "src/checks/bind.c:42" },
};
static const struct evidence one_failed[] = {
	{ EVIDENCE_FAIL, "", "name.len", "2", "1", "src/checks/bind.c:60" },
};
static const struct evidence measured[] = {
	{ EVIDENCE_NOTE, "backlog=128", "",
	  "129 connects complete before accept()", "", "" },
	{ EVIDENCE_NOTE, "", "", "somaxconn is 4096", "", "" },
};
static const struct evidence broken[] = {
	{ EVIDENCE_BROKEN, "", "env_socket(env)", "-1 EMFILE", "",
	  "src/checks/plain.c:9" },
};

#define RESULT(outcome_, ...) \
	{ .outcome = outcome_, .reason = "", .output = "", .runs = 1, \
	  .duration_us = 1500, __VA_ARGS__ }
#define EVIDENCE(list) .evidence = list, .n_evidence = COUNT(list)
#define OUTPUT(text) .output = text, .output_len = sizeof(text) - 1

/* RESULT() gives defaults that its arguments replace. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct case_result sample_results[] = {
	RESULT(OUTCOME_FAIL, EVIDENCE(two_failed), .runs = 20, .bad_runs = 3,
	       OUTPUT("line one\nline two\n")),
	RESULT(OUTCOME_PASS, .duration_us = 2000000, OUTPUT("quiet please\n")),
	RESULT(OUTCOME_FAIL, EVIDENCE(one_failed)),
	RESULT(OUTCOME_FAIL, EVIDENCE(one_failed)),
	RESULT(OUTCOME_PASS, EVIDENCE(measured)),
	RESULT(OUTCOME_FAIL, EVIDENCE(one_failed)),
	RESULT(OUTCOME_SKIP, .reason = "tcp4 is not available"),
	RESULT(OUTCOME_SKIP, .reason = "needs root", .duration_us = 0),
	RESULT(OUTCOME_SKIP, .reason = "needs root", .duration_us = 0),
	RESULT(OUTCOME_XFAIL, EVIDENCE(one_failed), .cause = CAUSE_LEAK,
	       .reason = "left behind: fd 7"),
	RESULT(OUTCOME_XPASS),
	RESULT(OUTCOME_ERROR, .cause = CAUSE_TIMEOUT,
	       .reason = "still in recv(fd, buf, 1, 0) after 5000 ms"),
	RESULT(OUTCOME_ERROR, .cause = CAUSE_SETUP, EVIDENCE(broken),
	       .reason = "env_socket(env): -1 EMFILE"),
};

static void add_totals(struct fixture_run *run, size_t n)
{
	struct run_totals *t = &run->totals;

	memset(t, 0, sizeof(*t));
	for (size_t i = 0; i < n; i++) {
		const struct plan_case *pc = &run->plan.cases[i];
		enum outcome outcome = run->results[i].outcome;

		if (pc->control) {
			t->control_outcomes[outcome]++;
			continue;
		}
		t->outcomes[outcome]++;
		if (outcome == OUTCOME_FAIL)
			t->families[force_family(pc->force)]++;
	}
	t->n_planned = run->plan.n;
	t->n_reported = n;
	t->rounds = 1;
	t->duration_us = 2345678;
}

static void set_run(struct fixture_run *run, struct plan_case *cases,
		    const struct case_result *results, size_t n)
{
	*run = (struct fixture_run){
		.info = {
			.version = "0.1.0",
			.command = "sockspec",
			.system = "Linux 6.1.0 x86_64",
			.user = "uid 1000",
			.seed = 0x5eed,
			.jobs = 2,
			.repeat = 1,
			.volume = 1,
		},
		.plan = { cases, n },
		.results = results,
	};
	add_totals(run, n);
}

void fixture_sample(struct fixture_run *run)
{
	set_run(run, sample_cases, sample_results, COUNT(sample_cases));
}

void fixture_one(struct fixture_run *run, struct case_result *result)
{
	set_run(run, sample_cases, result, 1);
}

#define NASTY \
	"<&]]>\"' \x01\x7f \xff\xfe \xc0\xaf \xed\xa0\x80 \xef\xbf\xbe " \
	"\xe2\x80\xae \xc2\x85 # SKIP # TODO\nok 1\nBail out! \033[31m "

static const struct check nasty = {
	.suite = "nasty <&]]>", .name = "na#me\n", .title = NASTY,
	CLAUSES(CLAUSE_A), .why = NASTY, .tags = "report \x01",
	.params = (const char *const[]){ NASTY, NULL },
};
static const struct deviation nasty_deviation = {
	.pattern = (char []){ "*" }, .reason = (char []){ NASTY },
};
static struct plan_case nasty_cases[] = {
	{ .check = &nasty, .id = (char []){ "nasty/1" NASTY } },
	{ .check = &nasty, .id = (char []){ "nasty/2" NASTY } },
	{ .check = &nasty, .id = (char []){ "nasty/3" NASTY } },
	{ .check = &nasty, .id = (char []){ "nasty/4" NASTY },
	  .deviation = &nasty_deviation },
	{ .check = &nasty, .id = (char []){ "nasty/5" NASTY },
	  .deviation = &nasty_deviation },
	{ .check = &nasty, .id = (char []){ "nasty/6" NASTY },
	  .control = true },
};
static const struct evidence nasty_evidence[] = {
	{ EVIDENCE_FAIL, NASTY, NASTY, NASTY, NASTY, NASTY },
	{ EVIDENCE_NOTE, NASTY, NASTY, NASTY, NASTY, NASTY },
	{ EVIDENCE_BROKEN, NASTY, NASTY, NASTY, NASTY, NASTY },
};

size_t fixture_flood_len(void)
{
	return valgrind_runs() ? 64 * 1024 : FLOOD_MAX;
}

void fixture_hostile(struct fixture_run *run)
{
	static struct case_result results[COUNT(nasty_cases)];
	static char flood[FLOOD_MAX];
	static const char lines[] =
		"ok 7\nnot ok 8\n  Bail out! now\n1..3\nTAP version 13\n"
		"a\0b \xff]]><&\r\n\n# TODO";

	for (size_t i = 0; i < sizeof(flood); i++)
		flood[i] = (char)(i * 7 + i / 251);
	for (size_t i = 0; i < COUNT(results); i++)
		results[i] = (struct case_result){
			.outcome = i < N_OUTCOME - 1 ? i : OUTCOME_ERROR,
			.cause = CAUSE_SIGNAL,
			.reason = NASTY,
			.evidence = nasty_evidence,
			.n_evidence = COUNT(nasty_evidence),
			.output = i == 1 ? flood : lines,
			.output_len = i == 1 ? fixture_flood_len() :
					       sizeof(lines) - 1,
			.output_cut = i == 1,
			.duration_us = UINT64_MAX,
			.runs = 3,
			.bad_runs = 1,
		};
	set_run(run, nasty_cases, results, COUNT(nasty_cases));
	run->info.command = "/tmp/a b'" NASTY;
	run->info.system = NASTY;
	run->info.user = NASTY;
	run->info.seed = UINT64_MAX;
	run->totals.duration_us = UINT64_MAX;
}

char *fixture_report(const struct reporter_ops *ops, struct fixture_run *run,
		     const struct report_style *style, size_t stop_after,
		     size_t *ret_len)
{
	struct report_fan fan = REPORT_FAN_NULL;
	size_t n = stop_after ? stop_after : run->plan.n;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	run->info.plan = &run->plan;
	add_totals(run, n);
	run->totals.interrupted_by = stop_after ? SIGINT : 0;
	report_fan_add(&fan, reporter_new(ops, out, style));
	report_run_begin(&fan, &run->info);
	for (size_t i = 0; i < n; i++)
		report_case_end(&fan, &run->plan.cases[i], &run->results[i]);
	report_run_end(&fan, &run->totals);
	report_fan_free(&fan);
	ck_assert_int_eq(ferror(out), 0);
	ck_assert_int_eq(fclose(out), 0);
	if (ret_len)
		*ret_len = len;
	return text;
}

char *fixture_source(const char *path)
{
	const char *srcdir = getenv("srcdir");

	return xasprintf("%s/%s", srcdir ? srcdir : ".", path);
}

static char *read_file(const char *path)
{
	cleanup_fclose FILE *in = fopen(path, "r");
	struct buf text = BUF_NULL;
	char part[4096];
	size_t n;

	ck_assert_msg(in != NULL, "cannot read %s", path);
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		buf_add(&text, part, n);
	return buf_take(&text);
}

/* The number of the first line that differs; *text is moved to it. */
static size_t first_difference(const char *want, const char **text)
{
	size_t line = 1;
	size_t start = 0;

	for (size_t i = 0; want[i] && want[i] == (*text)[i]; i++) {
		if (want[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	*text += start;
	return line;
}

void fixture_compare(const char *name, const char *text)
{
	cleanup_free char *relative = xasprintf("tests/unit/golden/%s", name);
	cleanup_free char *path = fixture_source(relative);
	cleanup_free char *want = NULL;

	if (getenv("REGENERATE")) {
		cleanup_fclose FILE *out = fopen(path, "w");

		ck_assert_msg(out != NULL, "cannot write %s", path);
		fputs(text, out);
		return;
	}
	want = read_file(path);
	if (strcmp(want, text) != 0) {
		size_t line = first_difference(want, &text);

		ck_abort_msg("%s:%zu: got %.*s", path, line,
			     (int)strcspn(text, "\n"), text);
	}
}

char *fixture_save(const char *text, size_t len)
{
	const char *dir = getenv("TMPDIR");
	char *path = xasprintf("%s/sockspec-unit.XXXXXX", dir ? dir : "/tmp");
	cleanup_close int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, text + done, len - done);

		ck_assert_int_gt(n, 0);
		done += (size_t)n;
	}
	return path;
}
