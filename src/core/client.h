/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client: one connection, one message at a time, and its answer.
 */
#ifndef SOCKSPEC_CORE_CLIENT_H
#define SOCKSPEC_CORE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "core/address.h"

/**
 * struct uds_client - a connection to a server
 * @in: what of a stream came behind the last reply
 */
struct uds_client {
	int fd;
	int type;
	struct buf in;
};

#define UDS_CLIENT_NULL { -1, 0, BUF_NULL }
#define cleanup_client __attribute__((cleanup(uds_client_close)))

/** uds_client_open: as uds_endpoint_connect(). */
int uds_client_open(struct uds_client *ret_client,
		    const struct uds_address *address, int type,
		    int timeout_ms);

/** uds_client_close: harmless on UDS_CLIENT_NULL. */
void uds_client_close(struct uds_client *client);

/**
 * uds_client_is_ended: whether the server has already closed the connection,
 * without anything that would still be to read.
 */
bool uds_client_is_ended(const struct uds_client *client);

/**
 * uds_client_exchange: send a message and receive the reply.
 *
 * The reply of a stream is a line with its newline, or what came before the
 * end of the stream; of the message types one message.  While a stream takes
 * no more, what arrives is read, so that a server that answers piecemeal is
 * not held up.
 *
 * @ret_reply: the reply is added to it; on -ETIMEDOUT what there is of it
 *
 * Return: 1 with a reply, 0 when the server closed without one, -ETIMEDOUT
 * timeout_ms after the start, or -errno.
 */
int uds_client_exchange(struct uds_client *client, const void *data,
			size_t len, int timeout_ms, struct buf *ret_reply);

#endif
