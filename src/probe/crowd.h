/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many clients at once, each a thread that waits as a client does.
 */
#ifndef SOCKSPEC_PROBE_CROWD_H
#define SOCKSPEC_PROBE_CROWD_H

#include "probe/client.h"

struct crowd {
	size_t n;
	size_t fates[N_FATE];
	int err;		/* of the first that was not served */
	enum fate first;	/* its fate; FATE_SERVED when all were */
};

/** crowd_begin: n clients connect; those that cannot yet wait. */
void crowd_begin(struct target *t, size_t n);

/** crowd_await_queued: until each has connected, failed or sleeps. */
void crowd_await_queued(struct target *t);

/** crowd_end: until each has met its fate. */
void crowd_end(struct target *t, struct crowd *ret);

/** crowd_judge: all of them were served; did names what they did. */
void crowd_judge(const struct crowd *crowd, const char *did);

#endif
