// SPDX-License-Identifier: BSD-2-Clause
/*
 * The roles are turned round: the case stays in the process that was started,
 * where the debugger is, and a small child reads its records and prints them.
 */
#include "config.h"

#include "harness/single.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/die.h"
#include "harness/check.h"
#include "harness/child.h"
#include "harness/plan.h"
#include "harness/record.h"
#include "harness/run.h"
#include "harness/workdir.h"

static void print_record(const struct record *r)
{
	static const char *const kinds[N_RECORD] = {
		[RECORD_FAIL] = "FAIL", [RECORD_NOTE] = "note",
		[RECORD_SKIP] = "SKIP", [RECORD_BROKEN] = "ERROR",
		[RECORD_LEAK] = "leak", [RECORD_DONE] = "done",
	};

	fprintf(stderr, "%s: %s%s%s", kinds[r->kind], r->context,
		*r->context ? ": " : "", r->call);
	if (*r->expected)
		fprintf(stderr, "%s%s", *r->call ? ": expected " : "",
			r->expected);
	if (*r->got)
		fprintf(stderr, ", got %s", r->got);
	if (*r->where)
		fprintf(stderr, " (%s)", r->where);
	fputc('\n', stderr);
}

/* Until every writer is gone; then nothing is left of the directory either. */
static void print_records(int fd, const struct workdir *dir)
{
	struct buf in = BUF_NULL;
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		struct record r;
		long used;

		buf_add(&in, chunk, (size_t)n);
		while ((used = record_parse(in.data, in.len, &r)) > 0) {
			print_record(&r);
			buf_drop(&in, (size_t)used);
		}
	}
	buf_free(&in);
	workdir_remove(dir);
	_exit(0);
}

int run_single(const struct plan *plan, const struct run_options *options)
{
	struct child_config config = {
		.volume = options->volume, .scale = options->timeout_scale,
		.valgrind = options->valgrind,
	};
	struct child_setup setup = { .config = &config, .null_fd = -1,
				     .output_fd = -1 };
	struct workdir dir = WORKDIR_NULL;
	int result[2], err;
	pid_t pid;

	if (plan->n != 1)
		die(EXIT_USAGE, "--no-fork takes one case, not %zu; see "
		    "'sockspec list --cases'", plan->n);
	setup.plan = plan;
	setup.pc = &plan->cases[0];
	err = workdir_make(&dir, options->base_dir);
	if (err)
		die(EXIT_CHECKER, "cannot work in %s: %s", options->base_dir,
		    strerror(err));
	setup.dir_fd = dir.fd;
	setup.page = mmap(NULL, sizeof(*setup.page), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (setup.page == MAP_FAILED || pipe2(result, O_CLOEXEC) < 0)
		die(EXIT_CHECKER, "cannot start a case: %s", strerror(errno));
	setup.result_fd = result[1];
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die(EXIT_CHECKER, "cannot start a process: %s", strerror(errno));
	if (pid == 0) {
		close(result[1]);
		print_records(result[0], &dir);
	}
	child_bequeath();
	child_run(&setup);
}
