/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls that send and receive, as ways to do the same: what holds for one
 * has to hold for all.  A way is an index into its PARAMS.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_WAY_H
#define SOCKSPEC_CHECKS_UTIL_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "harness/call.h"

enum way {
	WAY_PLAIN,	/* send(), recv() */
	WAY_NAMED,	/* sendto(), recvfrom() without an address */
	WAY_MESSAGE,	/* sendmsg(), recvmsg() */
	WAY_BATCH,	/* sendmmsg(), recvmmsg() */
	WAY_N_FLAGS,	/* those before have a flags argument */
	WAY_FILE = WAY_N_FLAGS,	/* write(), read() */
	WAY_VECTOR,	/* writev(), readv() */
	WAY_VECTOR2,	/* pwritev2(), preadv2() */
};

#define WAYS_RECV_FLAGS "recv", "recvfrom", "recvmsg", "recvmmsg"
#define WAYS_RECV WAYS_RECV_FLAGS, "read", "readv", "preadv2"
#define WAYS_SEND_FLAGS "send", "sendto", "sendmsg", "sendmmsg"
#define WAYS_SEND WAYS_SEND_FLAGS, "write", "writev", "pwritev2"

/**
 * way_recv: receive by this way; those that have vectors take the room in two
 * pieces.  Without flags to pass, flags must be 0.
 */
ssize_t way_recv(int way, int fd, void *buf, size_t len, int flags);

/** way_send: the same for sending. */
ssize_t way_send(int way, int fd, const void *buf, size_t len, int flags);

/** way_send_name: "sendto" */
const char *way_send_name(int way);

/** way_call_recv, way_call_send: in a thread, to be seen asleep; one by one. */
void way_call_recv(struct call *c, int way, int fd, void *buf, size_t len,
		   int flags);
void way_call_send(struct call *c, int way, int fd, const void *buf, size_t len,
		   int flags);

#endif
