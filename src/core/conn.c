// SPDX-License-Identifier: BSD-2-Clause
/*
 * The life of a stream or seqpacket connection.
 *
 * Invariant: nothing is read while something is unsent, so what a connection
 * holds is bounded by the answers to one read, and a peer that does not read
 * is stopped by its own full socket.  All calls are non-blocking by
 * MSG_DONTWAIT.
 */
#include "config.h"

#include "core/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

void uds_conn_open(struct uds_conn *conn, int fd,
		   const struct uds_answer *answer)
{
	int one = 1;

	memset(conn, 0, sizeof(*conn));
	conn->is_open = true;
	/* Credentials come with every message and not with the end: they tell
	 * an empty message from it. */
	if (answer->type == SOCK_SEQPACKET)
		(void)!setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one,
				  sizeof(one));
}

void uds_conn_close(struct uds_conn *conn, int fd)
{
	close(fd);
	free(conn->out);
	memset(conn, 0, sizeof(*conn));
}

static bool has_output(const struct uds_conn *c)
{
	return c->out || c->owed;
}

/* 1 when all is sent, 0 when the peer has to read first, -errno. */
static int flush_echo(struct uds_conn *c, int fd)
{
	/* A message may be empty: it is sent once all the same. */
	do {
		ssize_t n = uds_answer_send(fd, c->out + c->out_pos,
					    c->out_len - c->out_pos, NULL, 0);

		if (n < 0)
			return n == -EAGAIN ? 0 : (int)n;
		c->out_pos += (size_t)n;
	} while (c->out_pos < c->out_len);
	free(c->out);
	c->out = NULL;
	return 1;
}

static int flush_replies(struct uds_conn *c, int fd, const struct uds_answer *a)
{
	while (c->owed) {
		uint64_t copies = c->owed < a->copies ? c->owed : a->copies;
		ssize_t n = uds_answer_send(fd, a->replies + c->reply_pos,
					    copies * a->reply_len -
						    c->reply_pos,
					    NULL, 0);

		if (n < 0)
			return n == -EAGAIN ? 0 : (int)n;
		if (a->type != SOCK_STREAM || a->reply_len == 0) {
			c->owed -= copies;
			continue;
		}
		c->reply_pos += (size_t)n;
		c->owed -= c->reply_pos / a->reply_len;
		c->reply_pos %= a->reply_len;
	}
	return 1;
}

static int echo_now(struct uds_conn *c, int fd, const char *data, size_t len)
{
	ssize_t n = uds_answer_send(fd, data, len, NULL, 0);

	if (n == (ssize_t)len)
		return 0;
	if (n == -EAGAIN)
		n = 0;
	if (n < 0)
		return (int)n;
	c->out_len = len - (size_t)n;
	c->out_pos = 0;
	c->out = xreallocarray(NULL, c->out_len, 1);
	memcpy(c->out, data + n, c->out_len);
	return 0;
}

static void count_lines(struct uds_conn *c, const char *data, size_t len,
			struct uds_answer *a)
{
	const char *end = data + len;
	uint64_t lines = 0;

	for (const char *p = data; (p = memchr(p, '\n', (size_t)(end - p)));
	     p++)
		lines++;
	c->owed += lines;
	a->messages += lines;
	c->has_piece = end[-1] != '\n';
}

static void settle_piece(struct uds_conn *c, struct uds_answer *a)
{
	if (!c->has_piece)
		return;
	c->has_piece = false;
	c->owed++;
	a->messages++;
}

/* Reading: 0 or -errno, and whether there is nothing more to read now. */
static int read_stream(struct uds_conn *c, int fd, bool is_hung_up,
		       bool *is_drained, struct uds_answer *a)
{
	ssize_t n = recv(fd, a->buf, a->size, MSG_DONTWAIT);

	if (n > 0) {
		*is_drained = (size_t)n < a->size && !is_hung_up;
		if (a->echo) {
			a->messages++;
			return echo_now(c, fd, a->buf, (size_t)n);
		}
		count_lines(c, a->buf, (size_t)n, a);
		if (*is_drained)
			settle_piece(c, a);
		return 0;
	}
	if (n < 0 && errno != EAGAIN)
		return -errno;
	*is_drained = true;
	c->is_ended = n == 0;
	settle_piece(c, a);
	return 0;
}

static int read_message(struct uds_conn *c, int fd, bool *is_drained,
			struct uds_answer *a)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = { .iov_base = a->buf, .iov_len = a->size };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &msg,
			    MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);

	*is_drained = n < 0 && errno == EAGAIN;
	if (n < 0)
		return *is_drained ? 0 : -errno;
	if (n == 0 && msg.msg_controllen == 0) {
		c->is_ended = true;
		return 0;
	}
	a->messages++;
	if (!a->echo) {
		c->owed++;
		return 0;
	}
	/* Half an echo would be a lie. */
	if ((size_t)n > a->size)
		return -EMSGSIZE;
	return echo_now(c, fd, a->buf, (size_t)n);
}

static int send_output(struct uds_conn *c, int fd, const struct uds_answer *a)
{
	return c->out ? flush_echo(c, fd) : flush_replies(c, fd, a);
}

enum uds_progress uds_conn_progress(struct uds_conn *conn, int fd,
				    bool is_hung_up, struct uds_answer *answer)
{
	bool is_drained = false;

	for (int turn = 0; turn < UDS_TURN; turn++) {
		int r;

		if (has_output(conn)) {
			r = send_output(conn, fd, answer);
			if (r <= 0)
				return r < 0 ? UDS_CLOSED : UDS_BLOCKED;
		}
		if (conn->is_ended)
			return UDS_CLOSED;
		if (is_drained)
			return UDS_IDLE;
		if (answer->type == SOCK_STREAM)
			r = read_stream(conn, fd, is_hung_up, &is_drained,
					answer);
		else
			r = read_message(conn, fd, &is_drained, answer);
		/* ECONNRESET is told once, before what is still queued. */
		if (r < 0 && r != -EINTR && r != -ECONNRESET)
			return UDS_CLOSED;
	}
	return UDS_BUSY;
}
