/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server that stands still when it is about to take away the name of its
 * socket, by unlink() or rename(), until it is let go: the worst moment for
 * another one to start, made certain.
 *
 * The kernel asks us about these calls (seccomp_unotify(2), Linux 5.5).
 */
#ifndef SOCKSPEC_PROBE_GATE_H
#define SOCKSPEC_PROBE_GATE_H

#include "probe/target.h"

#include <stdbool.h>

/**
 * gate_spawn: start the server, which the gate will hold; false when the kernel
 * does not do this, and the server has been started all the same.
 */
bool gate_spawn(struct target *t, struct server *s);

/** gate_holds: does it stand before the name now? */
bool gate_holds(void);

/** gate_open: let it go, and whatever it does later. */
void gate_open(void);

/** gate_end: when the server has ended. */
void gate_end(void);

#endif
