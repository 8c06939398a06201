/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The collector of sockets in flight runs when some socket is released, on its
 * own time: whoever waits for it has to give it reasons to run.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_GC_H
#define SOCKSPEC_CHECKS_UTIL_GC_H

#include <stdint.h>

/**
 * gc_nudge_until: let unrelated sockets go until fd hangs up, or until the
 * deadline, if it is not 0.  0, or -1.
 */
int gc_nudge_until(int fd, int64_t deadline_ns);

/** gc_nudge_until_hup: the same without a deadline but that of the case. */
int gc_nudge_until_hup(int fd);

#endif
