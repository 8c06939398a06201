// SPDX-License-Identifier: BSD-2-Clause
/* Counts, times and statuses in words; nothing here is sanitized. */
#include "config.h"

#include "report/words.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/die.h"
#include "base/names.h"
#include "harness/check.h"
#include "harness/deviation.h"
#include "harness/run.h"

static void add_count(struct buf *out, size_t n, const char *words)
{
	if (n == 0)
		return;
	buf_printf(out, "%s%zu %s", out->len ? ", " : "", n, words);
}

void words_counts(struct buf *out, const size_t counts[N_OUTCOME])
{
	cleanup_buf struct buf list = BUF_NULL;

	add_count(&list, counts[OUTCOME_PASS], "passed");
	add_count(&list, counts[OUTCOME_FAIL], "failed");
	add_count(&list, counts[OUTCOME_ERROR],
		  counts[OUTCOME_ERROR] == 1 ? "error" : "errors");
	add_count(&list, counts[OUTCOME_XPASS], "passed unexpectedly");
	add_count(&list, counts[OUTCOME_XFAIL], "failed as expected");
	add_count(&list, counts[OUTCOME_SKIP], "skipped");
	buf_add(out, list.data, list.len);
}

void words_families(struct buf *out, const size_t families[N_FORCE_FAMILY])
{
	static const char *const many[N_FORCE_FAMILY] = {
		[BREAKS_POSIX] = "break POSIX",
		[BREAKS_LINUX] = "break documented Linux",
		[DIFFERS_FROM_LINUX] = "differ from Linux",
		[FAILS_ITS_USERS] = "fail the server's users",
	};
	cleanup_buf struct buf list = BUF_NULL;

	for (int f = 0; f < N_FORCE_FAMILY; f++)
		add_count(&list, families[f],
			  families[f] == 1 ? force_family_name(f) : many[f]);
	buf_add(out, list.data, list.len);
}

void words_duration(struct buf *out, uint64_t duration_us)
{
	uint64_t s = duration_us / 1000000;

	if (s < 60)
		buf_printf(out, "%" PRIu64 ".%02u s", s,
			   (unsigned int)(duration_us % 1000000 / 10000));
	else if (s < 3600)
		buf_printf(out, "%" PRIu64 " min %" PRIu64 " s", s / 60,
			   s % 60);
	else
		buf_printf(out, "%" PRIu64 " h %" PRIu64 " min", s / 3600,
			   s % 3600 / 60);
}

void words_run(struct buf *out, const struct run_info *info)
{
	buf_printf(out, "sockspec %s on %s, as %s, seed 0x%" PRIx64
		   ", %u job%s", info->version, info->system, info->user,
		   info->seed, info->jobs, info->jobs == 1 ? "" : "s");
	if (info->repeat > 1)
		buf_printf(out, ", %u rounds", info->repeat);
	if (info->volume != 1)
		buf_printf(out, ", volume %u", info->volume);
	if (info->valgrind)
		buf_printf(out, ", under valgrind");
}

void words_interrupted(struct buf *out, const struct run_totals *totals)
{
	buf_printf(out, "interrupted by %s: %zu of %zu cases reported",
		   name_signal(totals->interrupted_by), totals->n_reported,
		   totals->n_planned);
}

void words_exit_status(struct buf *out, const struct run_totals *totals)
{
	int status = run_exit_status(totals);
	const char *meaning;

	switch (status) {
	case EXIT_AS_REQUIRED:
		meaning = counts_sum(totals->outcomes) > 0 ?
			"everything that ran is as required" :
			"only controls ran, which never count";
		break;
	case EXIT_DIFFERS:
		meaning = "something is not as required";
		break;
	case EXIT_NOTHING_RAN:
		meaning = "nothing ran that counts";
		break;
	default:
		meaning = "interrupted, this report is partial";
	}
	buf_printf(out, "exit status %d: %s", status, meaning);
}

const char *words_deviation(const struct plan_case *pc)
{
	return pc->deviation ? pc->deviation->reason : "no reason given";
}

void words_note(struct buf *out, const struct evidence *e)
{
	if (e->context[0])
		buf_printf(out, "%s: ", e->context);
	buf_printf(out, "%s", e->expected);
}

bool case_is_measurement(const struct plan_case *pc)
{
	static const char word[] = "report";
	const char *tags = pc->check->tags;

	while (tags && *tags) {
		size_t n = strcspn(tags, " ");

		if (n == strlen(word) && memcmp(tags, word, n) == 0)
			return true;
		tags += n;
		tags += strspn(tags, " ");
	}
	return false;
}

size_t counts_sum(const size_t counts[N_OUTCOME])
{
	size_t n = 0;

	for (int o = 0; o < N_OUTCOME; o++)
		n += counts[o];
	return n;
}
