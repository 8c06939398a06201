/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals that are caught by threads asleep in a call. */
#ifndef SOCKSPEC_CHECKS_UTIL_SIGNAL_H
#define SOCKSPEC_CHECKS_UTIL_SIGNAL_H

#include "harness/call.h"

/** signal_catch: catch SIGUSR1 from now on, with these flags of sigaction(). */
void signal_catch(int flags);

/**
 * signal_interrupt: judge that the call sleeps, signal its thread, and wait
 * until the handler has run there.
 */
void signal_interrupt(struct call *c);

#endif
