// SPDX-License-Identifier: BSD-2-Clause
/*
 * Rounds and order.  Of each case one judgement is kept: the first that was
 * not as required, else the latest; memory does not grow with the rounds.
 */
#include "config.h"

#include "harness/run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/die.h"
#include "harness/check.h"
#include "harness/executor.h"
#include "harness/judge.h"

struct kept {
	struct judgement judgement;
	bool have;
	unsigned int runs;
	unsigned int bad_runs;
	uint64_t longest_us;
};

struct run {
	const struct plan *plan;
	const struct run_options *options;
	const struct run_listener *listener;
	struct run_totals *totals;
	struct kept *kept;
	bool *wanted;		/* cases that can run */
	size_t n_wanted;
	size_t released;	/* cases told to the listener */
	size_t done_in_round;
	unsigned int round;
	bool last_round;
	bool any_bad;
};

static volatile int stop_signal;

static void on_stop(int sig)
{
	stop_signal = sig;
}

static void count(struct run *run, const struct plan_case *pc,
		  const struct case_result *result)
{
	struct run_totals *t = run->totals;

	t->n_reported++;
	if (pc->control) {
		t->control_outcomes[result->outcome]++;
		return;
	}
	t->outcomes[result->outcome]++;
	if (result->outcome == OUTCOME_FAIL)
		t->families[force_family(pc->force)]++;
}

static void release_one(struct run *run, size_t i)
{
	const struct plan_case *pc = &run->plan->cases[i];
	struct case_result skipped = {
		.outcome = OUTCOME_SKIP, .reason = pc->skip ? pc->skip : "",
		.output = "",
	};
	struct kept *k = &run->kept[i];
	struct case_result *result = pc->skip ? &skipped : &k->judgement.result;

	if (!pc->skip) {
		result->runs = k->runs;
		result->bad_runs = k->bad_runs;
		result->duration_us = k->longest_us;
	}
	count(run, pc, result);
	run->listener->case_end(run->listener->arg, pc, result);
	if (k->have)
		judgement_free(&k->judgement);
	k->have = false;
}

/* Tell of the cases at the head of the plan that are complete. */
static void release(struct run *run, bool all)
{
	while (run->released < run->plan->n) {
		size_t i = run->released;

		if (run->wanted[i] && !run->kept[i].have) {
			if (!all)
				return;
			/* Interrupted before its turn: not reported. */
			run->released++;
			continue;
		}
		release_one(run, i);
		run->released++;
	}
}

static void seen(void *arg, const struct sighting *s, const char *records,
		 const char *output)
{
	struct run *run = arg;
	const struct plan_case *pc = &run->plan->cases[s->index];
	struct kept *k = &run->kept[s->index];
	struct judgement j;
	bool bad;

	judge_case(&j, pc, s, records, output);
	bad = outcome_is_bad(j.result.outcome);
	k->runs++;
	k->bad_runs += bad;
	if (j.result.duration_us > k->longest_us)
		k->longest_us = j.result.duration_us;
	run->any_bad |= bad && !pc->control;
	if (k->have && k->bad_runs > bad) {
		judgement_free(&j);
	} else {
		if (k->have)
			judgement_free(&k->judgement);
		k->judgement = j;
		k->have = true;
	}
	run->done_in_round++;
	if (run->listener->progress)
		run->listener->progress(run->listener->arg, run->done_in_round,
					run->n_wanted, run->round);
	if (run->last_round)
		release(run, false);
}

static void catch_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_stop };
	sigset_t block;

	stop_signal = 0;
	sigemptyset(&block);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		sigaction(sigs[i], &sa, NULL);
		sigaddset(&block, sigs[i]);
	}
	/* They come in while the executor waits, and at no other time. */
	sigprocmask(SIG_BLOCK, &block, NULL);
}

static void run_rounds(struct run *run, struct executor *ex)
{
	const struct run_options *o = run->options;
	int64_t deadline = clock_deadline_ms((int64_t)o->duration_s * 1000);
	bool open_end = o->repeat == 0;

	for (run->round = 1;; run->round++) {
		run->last_round = !open_end && run->round == o->repeat;
		run->done_in_round = 0;
		if (executor_run(ex, run->wanted, seen, run, &stop_signal))
			break;
		run->totals->rounds = run->round;
		if (run->last_round || (o->until_fail && run->any_bad))
			break;
		if (o->duration_s && clock_now_ns() >= deadline)
			break;
	}
}

void run_plan(const struct plan *plan, const struct run_options *options,
	      const struct run_listener *listener, struct run_totals *totals)
{
	struct run run = {
		.plan = plan, .options = options, .listener = listener,
		.totals = totals,
	};
	struct warden_config config = {
		.child = { .volume = options->volume,
			   .scale = options->timeout_scale,
			   .valgrind = options->valgrind,
			   .isolate = options->isolate },
		.plan = plan, .base_dir = options->base_dir,
	};
	int64_t begin = clock_now_ns();

	*totals = (struct run_totals){ .n_planned = plan->n };
	run.kept = xcalloc(plan->n, sizeof(*run.kept));
	run.wanted = xcalloc(plan->n, sizeof(*run.wanted));
	for (size_t i = 0; i < plan->n; i++) {
		run.wanted[i] = !plan->cases[i].skip;
		run.n_wanted += run.wanted[i];
	}
	catch_signals();
	if (run.n_wanted) {
		struct executor *ex = executor_start(&config, options->jobs);

		run_rounds(&run, ex);
		executor_stop(ex);
	}
	release(&run, true);
	totals->interrupted_by = stop_signal;
	totals->duration_us = (uint64_t)(clock_now_ns() - begin) / 1000;
	free(run.kept);
	free(run.wanted);
}

int run_exit_status(const struct run_totals *t)
{
	if (t->interrupted_by)
		return EXIT_SIGNALLED + t->interrupted_by;
	if (t->outcomes[OUTCOME_FAIL] || t->outcomes[OUTCOME_XPASS] ||
	    t->outcomes[OUTCOME_ERROR])
		return EXIT_DIFFERS;
	if (!t->outcomes[OUTCOME_PASS] && !t->outcomes[OUTCOME_XFAIL] &&
	    !t->control_outcomes[OUTCOME_PASS])
		return EXIT_NOTHING_RAN;
	return EXIT_AS_REQUIRED;
}
