/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a thread asleep in a system call?  Seen in /proc, never guessed from
 * the time that has passed.
 */
#ifndef SOCKSPEC_HARNESS_BLOCKED_H
#define SOCKSPEC_HARNESS_BLOCKED_H

#include <sys/types.h>

enum blocked_state {
	BLOCKED_NO,		/* it runs, or sleeps elsewhere */
	BLOCKED_YES,		/* it sleeps in a system call */
	BLOCKED_GONE,		/* there is no such thread */
	BLOCKED_UNSEEN,		/* this system does not show it */
};

/**
 * blocked_look: one look at thread tid of process pid.
 * @fd: the call's first argument must be this; -1: any call
 */
enum blocked_state blocked_look(pid_t pid, pid_t tid, int fd);

/** blocked_pause: let others run for a moment before the next look. */
void blocked_pause(unsigned int round);

#endif
