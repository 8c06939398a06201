/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The datagram side of a server: answers go to the address a datagram came
 * from, and wait here while the queue of that peer is full.
 */
#ifndef SOCKSPEC_CORE_MAILBOX_H
#define SOCKSPEC_CORE_MAILBOX_H

#include <stddef.h>
#include <stdint.h>

#include "core/answer.h"

struct uds_letter;

/**
 * struct uds_mailbox - answers that wait, oldest first
 * @first: the list, @tail where the next one is hung in
 * @count: how many, at most UDS_LETTERS
 * @retry_ns: not before then are they tried again
 */
struct uds_mailbox {
	struct uds_letter *first;
	struct uds_letter **tail;
	size_t count;
	int64_t retry_ns;
};

/* Bounds of what waits: in all, for one peer, and for how long. */
#define UDS_LETTERS 256
#define UDS_LETTERS_PER_PEER 32
#define UDS_LETTER_MS 5000

/* How often delivery is tried again. */
#define UDS_MAILBOX_RETRY_MS 5

void uds_mailbox_init(struct uds_mailbox *ret_box);
void uds_mailbox_free(struct uds_mailbox *box);

/**
 * uds_mailbox_serve: receive and answer at most limit datagrams.
 *
 * A sender without a name gets no answer.  A peer whose queue is full never
 * holds up the others: its answers wait, in order, within the bounds above;
 * what exceeds them is dropped and counted.  (What the kernel gives no means
 * against: peers that have connected to the server may let it fill its whole
 * send buffer with answers they do not read.)
 *
 * Return: UDS_IDLE, UDS_BUSY, or -errno when the socket is broken.
 */
int uds_mailbox_serve(struct uds_mailbox *box, int fd, int limit,
		      struct uds_answer *answer);

/**
 * uds_mailbox_retry: try again to deliver what waits, if it is time for that.
 * The kernel tells no one when the queue of an unconnected peer has room, so
 * this is for a timer.
 */
void uds_mailbox_retry(struct uds_mailbox *box, int fd,
		       struct uds_answer *answer);

#endif
