/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two acts at the same moment, again and again: one in a thread, one in the
 * body.
 *
 *	race_start(&r, close_it, &arg);
 *	for (...) {
 *		race_go(&r);
 *		... the body's own act ...
 *		EXPECT_RET(0, race_wait(&r));
 *	}
 *	race_end(&r);
 *
 * Rounds are counted, never timed.  The thread sleeps nowhere but in its act,
 * so that the two meet also where there is one processor.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_RACE_H
#define SOCKSPEC_CHECKS_UTIL_RACE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "harness/call.h"

struct race {
	struct call call;
	struct env *env;
	void (*act)(void *arg);
	void *arg;
	_Atomic unsigned int asked, begun, done;
	_Atomic bool over;
};

/** race_rounds: n a volume, a few under valgrind. */
unsigned int race_rounds(const struct env *env, unsigned int n);

/** race_start: a thread that is to run act(arg) in each round. */
void race_start(struct race *r, struct env *env, void (*act)(void *arg),
		void *arg);

/**
 * race_go: begin a round; returns at once, or when the thread is about to act
 * and after a little time of chance, so that now the one is first and now the
 * other.
 */
void race_go(struct race *r);

/** race_wait: until the thread's act of this round is over: 0. */
int race_wait(struct race *r);

/** race_end: no further round; the thread ends. */
void race_end(struct race *r);

#endif
