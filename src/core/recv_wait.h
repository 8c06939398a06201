/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which of many descriptors to read next, in each of the three ways to wait.
 */
#ifndef SOCKSPEC_CORE_RECV_WAIT_H
#define SOCKSPEC_CORE_RECV_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/traffic.h"

enum {
	UDS_WAIT_READY,		/* look at ready[] */
	UDS_WAIT_NOTHING,	/* nothing was there */
	UDS_WAIT_OVER,		/* the senders are gone and nothing is left */
};

/**
 * struct uds_recv_wait - the waiting of one receiver
 * @how: from the options; becomes UDS_WAIT_POLL when a single blocking
 *	descriptor is read to its end
 * @n_open: descriptors not removed
 * @peek: look, and do not wait
 * @ticked: a blocking call came back without anything: look at done_fd
 * @ready: indices of descriptors to read
 */
struct uds_recv_wait {
	enum uds_wait how;
	size_t n_open;
	bool peek;
	bool ticked;
	size_t *ready;

	const struct uds_recv_options *options;
	struct pollfd *pollfds;	/* one each, and the last for done_fd */
	int epoll_fd;
	bool done;
};

/** uds_recv_wait_init: 0 or -errno; free it in either case. */
int uds_recv_wait_init(struct uds_recv_wait *wait,
		       const struct uds_recv_options *options);

void uds_recv_wait_free(struct uds_recv_wait *wait);

/** uds_recv_wait_remove: this one has ended. */
void uds_recv_wait_remove(struct uds_recv_wait *wait, size_t i);

/**
 * uds_recv_wait_next: wait as long as the deadline allows.
 *
 * With UDS_WAIT_BLOCK a single descriptor is always ready: the call that reads
 * it does the waiting.
 *
 * Return: UDS_WAIT_READY with *ret_n_ready (0 and more), UDS_WAIT_NOTHING,
 * UDS_WAIT_OVER, or -errno; -EINTR when a signal came.
 */
int uds_recv_wait_next(struct uds_recv_wait *wait, size_t *ret_n_ready);

#endif
