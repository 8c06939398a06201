/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A few clients at a time, in one thread: where the machine is busy the server
 * then serves several of them each time that it runs.
 */
#ifndef SOCKSPEC_PROBE_GROUP_H
#define SOCKSPEC_PROBE_GROUP_H

#include "probe/client.h"

#define GROUP_MAX 32

struct group {
	unsigned int n;		/* clients that came */
	unsigned int served;	/* of these; 0: see what becomes of one alone */
	enum fate fate;		/* of the first that is not forgiven, or SERVED */
	int err;
};

/**
 * group_visit: n clients, or as many as the queue holds, but one at least,
 * come, are served and leave.  Who was refused or dropped is forgiven: a server
 * that is away for a moment, or loses its queue, has checks of its own.
 */
void group_visit(struct target *t, unsigned int n, struct group *ret);

#endif
