/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel says about a server's socket (NETLINK_SOCK_DIAG): whether it
 * listens, how many clients wait, which file it is bound to.  Looking harms
 * nobody.
 */
#ifndef SOCKSPEC_PROBE_SOCKET_TABLE_H
#define SOCKSPEC_PROBE_SOCKET_TABLE_H

#include "harness/env.h"

#include <stdbool.h>
#include <stdint.h>

struct socket_entry {
	uint32_t inode;		/* of the socket: "socket:[N]" */
	int type;		/* SOCK_* */
	bool listens;
	uint32_t waiting;	/* a listener: clients; else bytes to read */
	uint32_t backlog;	/* of a listener */
	uint32_t file_inode;	/* of its file; 0: none */
	char name[108];		/* as it was bound; NUL bytes are '@' */
};

/** socket_table_works: can the kernel be asked? */
bool socket_table_works(void);

/**
 * socket_at: the socket that a client reaches at the address.  1 with it in
 * *ret, 0 when there is none, -1 when it cannot be told.  A socket that does
 * not listen is found too (a server between bind() and listen()); of several
 * types the one that serves.
 */
int socket_at(const struct addr *addr, struct socket_entry *ret);

/** socket_of_inode: the same by the socket's own number. */
int socket_of_inode(uint32_t inode, struct socket_entry *ret);

/**
 * socket_orphan: a listening socket that was bound by this very name and is
 * not what the name leads to now.
 */
int socket_orphan(const char *path, struct socket_entry *ret);

#endif
