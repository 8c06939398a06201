/* SPDX-License-Identifier: BSD-2-Clause */
/* Several messages in one call: sendmmsg() and recvmmsg(). */
#ifndef SOCKSPEC_CHECKS_UTIL_MMSG_H
#define SOCKSPEC_CHECKS_UTIL_MMSG_H

#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>

#include "harness/call.h"

#define BATCH_MAX 8
#define BATCH_ROOM 16

/* Messages with one buffer each, for either call. */
struct batch {
	struct mmsghdr m[BATCH_MAX];
	struct iovec iov[BATCH_MAX];
	unsigned char buf[BATCH_MAX][BATCH_ROOM];
	/* for batch_call() */
	int fd;
	int flags;
	unsigned int n;
	struct timespec timeout;
	bool has_timeout;
};

/** batch_to_send: message i of i + 1 bytes, filled by data_fill() from 16i. */
void batch_to_send(struct batch *b);

/** batch_to_receive: room for len bytes each; what comes out is set to junk. */
void batch_to_receive(struct batch *b, size_t len);

/** batch_expect: judge that i has message number which, and nothing more. */
void batch_expect(const struct batch *b, int i, int which);

/** batch_expect_untouched: judge that nothing was received into i. */
void batch_expect_untouched(const struct batch *b, int i);

/** batch_call: recvmmsg() of n messages in a thread. */
void batch_call(struct call *c, int fd, struct batch *b, unsigned int n,
		int flags, const struct timespec *timeout);

#endif
