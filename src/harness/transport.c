// SPDX-License-Identifier: BSD-2-Clause
/* The table of rows; it is all there is to say about them. */
#include "config.h"

#include "harness/transport.h"

#include <sys/socket.h>

#define UNIX_ROWS(name, type, bit) \
	{ name, AF_UNIX, type, bit, NO_ADDR, 0 }, \
	{ name "+path", AF_UNIX, type, bit, PATH, 0 }, \
	{ name "+abstract", AF_UNIX, type, bit, ABSTRACT, 0 }, \
	{ name "+pair", AF_UNIX, type, bit, PAIR, 0 }

static const struct transport table[] = {
	UNIX_ROWS("stream", SOCK_STREAM, STREAM),
	UNIX_ROWS("dgram", SOCK_DGRAM, DGRAM),
	UNIX_ROWS("seqpacket", SOCK_SEQPACKET, SEQPACKET),
	{ "tcp4", AF_INET, SOCK_STREAM, STREAM, NO_ADDR, TCP },
	{ "tcp6", AF_INET6, SOCK_STREAM, STREAM, NO_ADDR, TCP },
	{ "udp4", AF_INET, SOCK_DGRAM, DGRAM, NO_ADDR, UDP },
	{ "udp6", AF_INET6, SOCK_DGRAM, DGRAM, NO_ADDR, UDP },
	{ "pipe", AF_UNSPEC, SOCK_STREAM, STREAM, NO_ADDR, PIPE },
};

const struct transport *transports(size_t *ret_n)
{
	*ret_n = sizeof(table) / sizeof(table[0]);
	return table;
}
