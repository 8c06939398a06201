/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How busy a server is, and what it has.
 */
#ifndef SOCKSPEC_PROBE_UTIL_LOAD_H
#define SOCKSPEC_PROBE_UTIL_LOAD_H

#include "probe/target.h"

#include <stdbool.h>

/** load_look: its processes, added up. */
void load_look(struct target *t, struct process_sum *ret);

/**
 * load_spins: does the server run all the time?  Looked at for two seconds: in
 * nine looks of ten one of its threads wants the processor, and it got some.
 * A machine that is busy with others makes it no more than that.
 * @ret_percent: of a processor that it used
 */
bool load_spins(struct target *t, int *ret_percent);

/** load_await_read: until the peer has read what was sent on fd. */
void load_await_read(int fd, int64_t deadline_ns);

#endif
