// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "checks/util_race.h"

#include <sched.h>

/* The longest delay of the body, in turns of an empty loop. */
#define DELAY 2048

unsigned int race_rounds(const struct env *env, unsigned int n)
{
	return env->valgrind ? 4 : n * env->volume;
}

static long run_acts(struct call *c)
{
	struct race *r = c->arg;
	unsigned int done = 0;

	for (;;) {
		while (atomic_load(&r->asked) == done) {
			if (atomic_load(&r->over))
				return 0;
			sched_yield();
		}
		atomic_store(&r->begun, done + 1);
		r->act(r->arg);
		atomic_store(&r->done, ++done);
	}
}

void race_start(struct race *r, struct env *env, void (*act)(void *arg),
		void *arg)
{
	*r = (struct race){ .env = env, .act = act, .arg = arg };
	r->call.arg = r;
	call_start(&r->call, "the other thread's act", run_acts);
}

void race_go(struct race *r)
{
	unsigned int round = atomic_fetch_add(&r->asked, 1) + 1;
	uint64_t chance = env_random(r->env);

	/* Three times of four the thread is surely running by then. */
	while (chance % 4 && atomic_load(&r->begun) != round)
		sched_yield();
	for (uint64_t i = chance / 4 % DELAY; i > 0; i--)
		atomic_signal_fence(memory_order_seq_cst);
}

int race_wait(struct race *r)
{
	while (atomic_load(&r->done) != atomic_load(&r->asked))
		sched_yield();
	return 0;
}

void race_end(struct race *r)
{
	atomic_store(&r->over, true);
	EXPECT_CALL_RET(0, &r->call);
}
