/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server on one endpoint: one thread, one edge-triggered epoll, any number
 * of clients.
 *
 * It answers every message (see core/conn.h for what that is in a stream) with
 * a fixed reply, or with the message itself.  A client that does not read its
 * answers is no longer read from, and costs the others nothing.  When no
 * descriptor is left for another connection, it waits in the queue of the
 * listener until one is.
 */
#ifndef SOCKSPEC_CORE_SERVER_H
#define SOCKSPEC_CORE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct uds_server_options - what to serve
 * @type: of the socket
 * @echo: answer with what came (a stream byte for byte), else with @reply
 * @reply: @reply_len bytes
 * @once: end after the first client: when its connection is closed, or its
 *	datagram answered
 * @stop_fd: the server ends when this is readable (a pipe, a signalfd); -1
 *	for none
 */
struct uds_server_options {
	int type;
	bool echo;
	const void *reply;
	size_t reply_len;
	bool once;
	int stop_fd;
};

/**
 * struct uds_server_stats - what was done
 * @accepted: connections
 * @messages: received; with echo on a stream the reads
 * @dropped: answers to datagrams that could not be delivered
 */
struct uds_server_stats {
	uint64_t accepted;
	uint64_t messages;
	uint64_t dropped;
};

/**
 * uds_server_run: serve until stopped.
 *
 * @fd: an open endpoint's socket; stays the caller's, non-blocking from now on
 * @ret_stats: written also on failure; may be NULL
 *
 * At the end connections are closed as they are: what a client did not read
 * by then is still there for it to read, what was not answered stays so.
 *
 * Return: 0 when stopped or done, -errno when serving is not possible.
 */
int uds_server_run(int fd, const struct uds_server_options *options,
		   struct uds_server_stats *ret_stats);

#endif
