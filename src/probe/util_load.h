/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How busy a server is, and what it has.
 */
#ifndef SOCKSPEC_PROBE_UTIL_LOAD_H
#define SOCKSPEC_PROBE_UTIL_LOAD_H

#include "probe/target.h"

#include <stdbool.h>
#include <stdint.h>

/** load_look: its processes, added up. */
void load_look(struct target *t, struct process_sum *ret);

/* Descriptors, threads, processes or zombies that a pool may grow by. */
#define LOAD_TOLERANCE 10

/** load_is_as_before: no more of each than before, or a few. */
bool load_is_as_before(const struct process_sum *before,
		       const struct process_sum *now);

/** load_grew_by: more than n of one kind: no pool, whatever comes then. */
bool load_grew_by(const struct process_sum *before,
		  const struct process_sum *now, long n);

/**
 * load_await_shrunk: look until it is as before; false when time is up, which
 * is sooner unless this look is the one that counts.
 */
bool load_await_shrunk(struct target *t, const struct process_sum *before,
		       struct process_sum *now, bool last);

/**
 * load_judge_rest: the server waits, it does not run all the time.  Looked at
 * for two seconds: in nine looks of ten one of its threads wants the processor.
 * What it gets is a matter of the machine, so it is watched on until it had
 * enough to show that it does not sleep; where it gets too little the case is
 * skipped.
 * @when: "without clients", for the note
 */
void load_judge_rest(struct target *t, const char *when);

/**
 * load_await_rest: until nobody waits in the queue and the server sleeps, for
 * a second at most: those that left are put away, and no more of its threads
 * are in use at a time than there are clients.
 */
void load_await_rest(struct target *t);

/**
 * load_await_room: room to send on fd; false when none came for a while and the
 * server sleeps: it takes no more.
 */
bool load_await_room(struct target *t, int fd);

/** load_await_read: until the peer has read what was sent on fd. */
void load_await_read(int fd, int64_t deadline_ns);

#endif
