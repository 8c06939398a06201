/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints: sockets with an address of their own, and connections to them.
 *
 * A pathname that exists already is the matter of three policies.  A path is
 * stale when no socket is bound to it any more, on any kernel a lasting state:
 * bind() always makes a new file.
 *
 * Starters that use this module keep the lock of the directory (flock) from
 * the look at the path until they listen, so that of many exactly one takes a
 * stale path over and the others see it alive.  Against programs that do not
 * lock, what protects is that a path is only removed while it is the very file
 * that was found stale.  Not covered: a program that unlinks a live path, and
 * on a system where connect() of another type is refused rather than answered
 * EPROTOTYPE, a program between its bind() and its listen().  Where the lock
 * cannot be had (a directory that may not be read, a file system without
 * locks, another holder) no path is taken over.
 */
#ifndef SOCKSPEC_CORE_ENDPOINT_H
#define SOCKSPEC_CORE_ENDPOINT_H

#include <sys/socket.h>
#include <sys/types.h>

#include "core/address.h"
#include "core/entry.h"

/** enum uds_existing - what to do when the pathname exists */
enum uds_existing {
	UDS_EXISTING_REFUSE,	/* fail */
	UDS_EXISTING_STALE,	/* take it over if nobody is bound to it */
	UDS_EXISTING_UNLINK,	/* remove it, served or not, if a socket */
};

/**
 * struct uds_endpoint_options - how to make an endpoint
 * @type: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET
 * @existing: the policy for a pathname that exists
 * @backlog: for listen(); datagram sockets have none
 * @mode: permission bits of the socket file, independent of the umask
 * @lock_timeout_ms: how long to wait for the lock of the directory
 */
struct uds_endpoint_options {
	int type;
	enum uds_existing existing;
	int backlog;
	mode_t mode;
	int lock_timeout_ms;
};

#define UDS_ENDPOINT_DEFAULTS(type_) {		\
	.type = (type_),			\
	.existing = UDS_EXISTING_STALE,		\
	.backlog = SOMAXCONN,			\
	.mode = 0600,				\
	.lock_timeout_ms = 2000,		\
}

/**
 * struct uds_endpoint - a socket bound to an address
 * @fd: the socket, blocking, listening unless it is a datagram socket
 * @path_fd: its file, pinned; -1 for an abstract name
 * @entry: where its file is
 */
struct uds_endpoint {
	int fd;
	int path_fd;
	int lock_timeout_ms;
	struct uds_entry entry;
};

#define UDS_ENDPOINT_NULL { -1, -1, 0, UDS_ENTRY_NULL }
#define cleanup_endpoint __attribute__((cleanup(uds_endpoint_close)))

/**
 * uds_endpoint_open: bind, and listen where the type does.
 *
 * The file never has more permissions than @mode, from its first moment, on
 * systems where fchmod() of the unbound socket decides (Linux); elsewhere it
 * gets them right after bind().  The umask is not touched.
 *
 * Return: 0, -EADDRINUSE when the path is served or the policy says no,
 * -ENOTSOCK when it is not a socket (it is left alone), -ETIMEDOUT when a
 * stale path could not be had for want of the lock, or -errno of the call
 * that failed; nothing is left behind then.
 */
int uds_endpoint_open(struct uds_endpoint *ret_endpoint,
		      const struct uds_address *address,
		      const struct uds_endpoint_options *options);

/**
 * uds_endpoint_close: remove the path if it still is ours, and close.
 * Harmless on UDS_ENDPOINT_NULL.
 */
void uds_endpoint_close(struct uds_endpoint *endpoint);

/**
 * uds_endpoint_probe: whether a socket is bound to the address.
 *
 * A datagram socket asks first: at a pathname the answer for another type is
 * EPROTOTYPE, so that a stream server is not bothered with a connection.  (On
 * Linux an abstract name belongs to a type; there its server sees a client
 * that leaves at once.)
 *
 * Return: 1 when one is (or may be), 0 when all types were refused, -errno
 * when that cannot be told (ENOENT, EACCES, ...).
 */
int uds_endpoint_probe(const struct uds_address *address);

/**
 * uds_endpoint_connect: a connected socket, blocking; datagram sockets get a
 * name of their own (autobind), so that they can be answered.
 * Return: the descriptor, -ETIMEDOUT when the queue of the listener stayed
 * full for timeout_ms, or -errno.
 */
int uds_endpoint_connect(const struct uds_address *address, int type,
			 int timeout_ms);

#endif
