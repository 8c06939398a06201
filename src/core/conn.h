/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection of a server: reads, answers at once, and stops reading while
 * the peer does not take its answers.
 */
#ifndef SOCKSPEC_CORE_CONN_H
#define SOCKSPEC_CORE_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/answer.h"

/**
 * struct uds_conn - state of a connection; all zero is a free slot
 * @out: an echo that the socket did not take, from @out_pos to @out_len
 * @owed: replies not sent, the first of them from @reply_pos
 * @is_open: the slot is in use
 * @is_ended: the peer sends no more
 * @has_piece: the last line of the stream has no newline and no reply yet
 * @wants_out: the loop was asked to say when sending is possible
 */
struct uds_conn {
	char *out;
	size_t out_pos;
	size_t out_len;
	uint64_t owed;
	size_t reply_pos;
	bool is_open;
	bool is_ended;
	bool has_piece;
	bool wants_out;
};

/** uds_conn_open: take the descriptor of a new connection into use. */
void uds_conn_open(struct uds_conn *conn, int fd,
		   const struct uds_answer *answer);

/** uds_conn_close: close the descriptor, free the slot. */
void uds_conn_close(struct uds_conn *conn, int fd);

/**
 * uds_conn_progress: do what can be done without waiting.
 *
 * What a message is: with SOCK_SEQPACKET each, also an empty one.  In a
 * stream each line, and besides what has come of a line when nothing more is
 * there to read: the tutorial's clients send text without a newline and wait.
 *
 * @is_hung_up: the peer has shut down or closed, so that a short read does not
 *	mean that there is nothing more to learn
 */
enum uds_progress uds_conn_progress(struct uds_conn *conn, int fd,
				    bool is_hung_up, struct uds_answer *answer);

#endif
