/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What traffic does to a descriptor and a thread while it runs, and undoes;
 * and the one-byte barriers between its parties.
 */
#ifndef SOCKSPEC_CORE_FDMODE_H
#define SOCKSPEC_CORE_FDMODE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>

/*
 * How long a blocking call may last when there is something else to look at
 * (a deadline, the end of the senders), in milliseconds.
 */
#define UDS_TICK_MS 20

/**
 * struct uds_fdmode - what a descriptor was like before
 *
 * Zeroed, it has nothing to put back.
 */
struct uds_fdmode {
	bool flags_set;
	int flags;
	int timeout_option;	/* SO_RCVTIMEO or SO_SNDTIMEO; 0: not changed */
	struct timeval timeout;
};

/**
 * uds_fdmode_enter: set or clear O_NONBLOCK, and with timeout_option (which is
 * SO_RCVTIMEO, SO_SNDTIMEO or 0) let a blocking call end after UDS_TICK_MS.
 *
 * A descriptor without such an option (a pipe) goes without it. Return: 0 or
 * -errno.
 */
int uds_fdmode_enter(struct uds_fdmode *mode, int fd, bool nonblock,
		     int timeout_option);

/** uds_fdmode_leave: as it was. */
void uds_fdmode_leave(const struct uds_fdmode *mode, int fd);

/** struct uds_sigpipe_hold: SIGPIPE of this thread before it was held. */
struct uds_sigpipe_hold {
	sigset_t mask;
	bool was_pending;
};

/** uds_sigpipe_hold: block SIGPIPE in this thread. */
void uds_sigpipe_hold(struct uds_sigpipe_hold *hold);

/** uds_sigpipe_release: drop one that came meanwhile, and unblock. */
void uds_sigpipe_release(const struct uds_sigpipe_hold *hold);

/**
 * uds_gate_wait: wait for one byte from fd; -1 does not wait.
 *
 * Return: 0, -EPIPE at end of file, -ETIMEDOUT, or -errno.
 */
int uds_gate_wait(int fd, int64_t deadline_ns);

/** uds_gate_open: one byte into fd; what goes wrong is the reader's affair. */
void uds_gate_open(int fd);

/** uds_wait_ms: milliseconds until a deadline for poll(); -1 for none. */
int uds_wait_ms(int64_t deadline_ns);

/** uds_deadline_passed: never when there is none. */
bool uds_deadline_passed(int64_t deadline_ns);

#endif
