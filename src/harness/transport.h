/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows on which a check runs: a socket type on an address kind, and the
 * controls, which are other families that run the same body to test the check.
 */
#ifndef SOCKSPEC_HARNESS_TRANSPORT_H
#define SOCKSPEC_HARNESS_TRANSPORT_H

#include "spec/spec.h"

#include <stdbool.h>
#include <stddef.h>

/* Address kinds as bits. */
enum {
	NO_ADDR = 0,		/* the body makes its own sockets of the type */
	PATH = 1,		/* a name in the file system, relative to "." */
	ABSTRACT = 2,		/* a name in the abstract namespace */
	PAIR = 4,		/* socketpair(): connected, unnamed */
	NAMED = PATH | ABSTRACT,
	ANY_ADDR = PATH | ABSTRACT | PAIR,
};

/* Extra rows a check may ask for. */
enum {
	SWAP = 1,		/* the same with the two ends exchanged */
	NONBLOCK = 2,		/* the same with O_NONBLOCK sockets */
};

/* Controls as bits. */
enum {
	TCP = 1,		/* tcp4, tcp6: connected byte streams */
	UDP = 2,		/* udp4, udp6: datagrams that may be lost */
	PIPE = 4,		/* two pipes: a byte stream of another kind */
};

struct transport {
	const char *name;	/* "stream+path", "stream", "tcp4" */
	int family;		/* AF_*; AF_UNSPEC for pipes */
	int type;		/* SOCK_* */
	unsigned int type_bit;	/* STREAM, DGRAM or SEQPACKET */
	unsigned int addr;	/* NO_ADDR, PATH, ABSTRACT or PAIR */
	unsigned int control;	/* 0, or TCP, UDP or PIPE */
};

/** transports: the whole table; *ret_n is the number of rows. */
const struct transport *transports(size_t *ret_n);

#endif
