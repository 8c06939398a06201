/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a process that ran a case may run another.  A fork is most of what
 * a case costs; a process that is again as it was before its case is as good
 * as a new one.  Needs /proc; without it no process is used twice.
 */
#ifndef SOCKSPEC_HARNESS_RENEW_H
#define SOCKSPEC_HARNESS_RENEW_H

#include <stdbool.h>

/**
 * renew_note: take down how this process is before its first case, and make
 * it the reaper of all that its cases start.
 */
void renew_note(void);

/**
 * renew: put back what a case may change without harm (signals, file mode
 * mask), then compare the rest with what was noted: threads, children, ids,
 * capabilities, limits, namespaces, directories, standard descriptors, timer,
 * filters.  False: the process is not as it was, and must end.
 */
bool renew(void);

#endif
