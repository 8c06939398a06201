// SPDX-License-Identifier: BSD-2-Clause
/*
 * The shared buffers of a server and the call that sends for it.
 */
#include "config.h"

#include "core/answer.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"

/* More than a default send buffer holds, so that a read of a stream that is
 * not short is rare; only the pages that are used count. */
#define STREAM_BUFFER (256 * 1024)
#define MESSAGE_BUFFER (4 * 1024 * 1024)

/* Enough copies that replies to many small messages go out together. */
#define REPLIES_SIZE 4096

void uds_answer_init(struct uds_answer *ret_answer, int type, bool echo,
		     const void *reply, size_t reply_len)
{
	struct uds_answer *a = ret_answer;

	memset(a, 0, sizeof(*a));
	a->type = type;
	a->echo = echo;
	a->size = type == SOCK_STREAM ? STREAM_BUFFER : MESSAGE_BUFFER;
	a->buf = xreallocarray(NULL, a->size, 1);
	if (echo)
		return;
	a->reply_len = reply_len;
	a->copies = 1;
	if (type == SOCK_STREAM && reply_len && reply_len < REPLIES_SIZE)
		a->copies = REPLIES_SIZE / reply_len;
	a->replies = xcalloc(a->copies, reply_len);
	for (size_t i = 0; i < a->copies && reply_len; i++)
		memcpy(a->replies + i * reply_len, reply, reply_len);
}

void uds_answer_free(struct uds_answer *answer)
{
	free(answer->replies);
	free(answer->buf);
	memset(answer, 0, sizeof(*answer));
}

static bool grow_send_buffer(int fd, size_t len)
{
	int bytes = len < INT_MAX / 4 ? (int)len + 1024 : INT_MAX / 4;

	return setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes,
			  sizeof(bytes)) == 0 ||
	       setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes,
			  sizeof(bytes)) == 0;
}

ssize_t uds_answer_send(int fd, const void *data, size_t len,
			const void *name, unsigned int name_len)
{
	bool grown = false;

	for (;;) {
		ssize_t n = sendto(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL,
				   name, name_len);

		if (n >= 0)
			return n;
		if (errno == EMSGSIZE && !grown) {
			grown = true;
			if (grow_send_buffer(fd, len))
				continue;
			return -EMSGSIZE;
		}
		if (errno != EINTR)
			return -errno;
	}
}
