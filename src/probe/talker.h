/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client that sends one request after the other, however many answers are
 * due, and reads what comes: a server that first finishes with whoever has
 * something to say is never done with it.
 */
#ifndef SOCKSPEC_PROBE_TALKER_H
#define SOCKSPEC_PROBE_TALKER_H

#include "probe/client.h"

#include <pthread.h>
#include <stdatomic.h>

struct talker {
	int fd;
	struct buf requests;
	_Atomic size_t n_bytes;	/* of answers */
	_Atomic bool stop;
	_Atomic bool ended;	/* by the server, or because it was told to */
	pthread_t thread;
};

/**
 * talker_begin: on fd, which stays the caller's; returns when answers have
 * come, the server has ended it, or the deadline has passed.
 */
void talker_begin(struct talker *talker, struct target *t, int fd,
		  int64_t deadline_ns);

/** talker_end: false when the server had ended the connection. */
bool talker_end(struct talker *talker);

#endif
