/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small messages and what became of them, shared by the checks of datagrams
 * and of flow control.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_DGRAM_H
#define SOCKSPEC_CHECKS_UTIL_DGRAM_H

#include "harness/env.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* The errnos of send() without a peer: of Linux, and of POSIX. */
#define DGRAM_NO_PEER ENOTCONN, EDESTADDRREQ

/**
 * dgram_settle: on a UDP control, wait for a message; AF_UNIX has delivered
 * when send() returns, and is not waited for.
 */
void dgram_settle(struct env *env, int fd);

/** dgram_expect: judge that the next message of fd is exactly text. */
void dgram_expect(int fd, const char *text);

/** dgram_expect_empty: judge that nothing can be read from fd now. */
void dgram_expect_empty(int fd);

/** dgram_sendto: send text to an address; what sendto() returns. */
long dgram_sendto(int fd, const char *text, const struct addr *to);

/**
 * dgram_need_queue: skip the case where a receiver would not hold n messages
 * of senders that are not its peer.
 */
void dgram_need_queue(int n);

/** dgram_disconnect: connect() to AF_UNSPEC; what connect() returns. */
int dgram_disconnect(int fd);

/**
 * dgram_must_disconnect: the same; skips the case where it is refused, which
 * dgram_connect/unspec_dissolves judges.
 */
void dgram_must_disconnect(int fd);

/** dgram_fill: len bytes that tell their place and the message's number. */
void dgram_fill(void *buf, unsigned int number, size_t len);

/** dgram_is: buf holds what dgram_fill() makes. */
bool dgram_is(const void *buf, unsigned int number, size_t len);

/**
 * dgram_no_memory: the end of a page that can be used and the begin of one
 * that cannot.  Skips the case under valgrind, which objects to the use.
 */
void *dgram_no_memory(struct env *env);

#endif
