/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a server answers, and the one buffer it reads into: shared by all its
 * connections, so that an idle one costs no memory.
 */
#ifndef SOCKSPEC_CORE_ANSWER_H
#define SOCKSPEC_CORE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct uds_answer - the way to answer
 * @type: of the sockets
 * @echo: send back what came; otherwise one reply for each message
 * @replies: @copies times the reply of @reply_len bytes, end to end
 * @buf: where messages are read to, @size bytes
 * @messages: how many came
 * @dropped: replies that could not be delivered (datagrams only)
 */
struct uds_answer {
	int type;
	bool echo;
	char *replies;
	size_t reply_len;
	size_t copies;
	char *buf;
	size_t size;
	uint64_t messages;
	uint64_t dropped;
};

/** enum uds_progress - why the work on a socket stopped */
enum uds_progress {
	UDS_IDLE,	/* nothing left to read */
	UDS_BLOCKED,	/* the peer has to read first */
	UDS_BUSY,	/* its turn is over, there may be more */
	UDS_CLOSED,	/* nothing more will come or go */
};

/** How many reads one socket gets before the others have their turn. */
#define UDS_TURN 64

/** uds_answer_init: with echo, reply is not used. */
void uds_answer_init(struct uds_answer *ret_answer, int type, bool echo,
		     const void *reply, size_t reply_len);

void uds_answer_free(struct uds_answer *answer);

/**
 * uds_answer_send: send without waiting and without SIGPIPE.  A message that
 * is larger than the send buffer makes the buffer grow, as far as the system
 * allows: the sender may have had a larger one.
 * @name: where to, or NULL on a connection
 * Return: bytes sent (all, for messages) or -errno.
 */
ssize_t uds_answer_send(int fd, const void *data, size_t len,
			const void *name, unsigned int name_len);

#endif
