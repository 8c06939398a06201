/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a ring of io_uring owns besides its queues: a table of files, whose
 * slots stand for descriptors, and buffers that wait for a receive to take
 * them.
 *
 *	uring_table(&ring, 3);
 *	uring_slot(uring_accept(&ring, listener), 1)
 *	uring_recv(&ring, 1, ...)->flags = IOSQE_FIXED_FILE;
 */
#ifndef SOCKSPEC_CHECKS_UTIL_URING_OWN_H
#define SOCKSPEC_CHECKS_UTIL_URING_OWN_H

#include <stdbool.h>
#include <stdint.h>

#include "checks/util_uring.h"

#define URING_ANY_SLOT (~0U)

/* In io_uring_params.features: bundles (Linux 6.10), and since 6.12 buffers
 * that are used up part by part, which have no bit of their own. */
#define URING_BUNDLES (1U << 14)
#define URING_MIN_TIMEOUT (1U << 15)

/* In io_uring_sqe.ioprio of a send or receive. */
#define URING_BUNDLE (1U << 4)

/* In uring_done.flags: there is more room in this buffer. */
#define URING_BUF_MORE (1U << 4)

/** uring_table: a table of n slots, all of them empty. */
void uring_table(struct uring *ring, unsigned int n);

/** uring_table_of: a table whose only slot, 0, is a copy of the descriptor. */
void uring_table_of(struct uring *ring, int fd);

/** uring_slot: the descriptor that sqe makes goes there; or URING_ANY_SLOT. */
struct io_uring_sqe *uring_slot(struct io_uring_sqe *sqe, unsigned int slot);

/** uring_close_slot: IORING_OP_CLOSE; what it gives. */
long uring_close_slot(struct uring *ring, unsigned int slot);

#define URING_POOL_MAX 8

/* Buffers of group 7, numbered from 0, one behind the other in bytes[]. */
struct uring_pool {
	unsigned char *bytes;
	unsigned int len;	/* of each */
	void *shared;		/* the ring of buffers, NULL for provided ones */
	uint16_t tail;
};

enum { POOL_PROVIDED, POOL_SHARED, POOL_BY_PARTS };

/**
 * uring_pool: a pool without a buffer in it, of one of these kinds; the case
 * is skipped where there is no such kind.
 */
void uring_pool(struct uring *ring, struct uring_pool *pool, int kind,
		unsigned int len);

/** uring_give: the n buffers from number first on can be taken, in order. */
void uring_give(struct uring *ring, struct uring_pool *pool,
		unsigned int first, unsigned int n);

/** uring_from: sqe takes its buffer from the pool. */
struct io_uring_sqe *uring_from(struct io_uring_sqe *sqe);

/** uring_buffer: the number of the buffer that was used, or -1. */
int uring_buffer(const struct uring_done *done);

#endif
