/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other suites that test UNIX domain sockets, by the letters with which
 * the catalogue says who touches a row.
 */
#ifndef SOCKSPEC_CLI_PEERS_H
#define SOCKSPEC_CLI_PEERS_H

#include <stddef.h>

struct peer {
	const char *letter;	/* "G" */
	const char *name;	/* "gVisor" */
};

/** peers: the whole table; *ret_n is the number of suites. */
const struct peer *peers(size_t *ret_n);

/** peers_say: the names for the letters of a row, "gVisor, LTP"; in *out. */
struct buf;
void peers_say(struct buf *out, const char *letters);

#endif
