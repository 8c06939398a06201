// SPDX-License-Identifier: BSD-2-Clause
/*
 * The asking side.  The socket is used without blocking (MSG_DONTWAIT), poll()
 * keeps the deadline.
 */
#include "config.h"

#include "core/client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "core/endpoint.h"

#define CHUNK (16 * 1024)

int uds_client_open(struct uds_client *ret_client,
		    const struct uds_address *address, int type, int timeout_ms)
{
	static const struct uds_client none = UDS_CLIENT_NULL;
	int fd = uds_endpoint_connect(address, type, timeout_ms);

	if (fd < 0)
		return fd;
	*ret_client = none;
	ret_client->fd = fd;
	ret_client->type = type;
	return 0;
}

void uds_client_close(struct uds_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	buf_free(&client->in);
}

bool uds_client_is_ended(const struct uds_client *client)
{
	struct pollfd p = { .fd = client->fd, .events = POLLIN | POLLRDHUP };
	char byte;

	if (client->in.len || poll(&p, 1, 0) <= 0)
		return false;
	return p.revents & (POLLHUP | POLLRDHUP) &&
	       recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

static int wait_for(int fd, short events, int64_t deadline_ns)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int n = poll(&p, 1, clock_left_ms(deadline_ns));

		if (n > 0)
			return p.revents;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

static ssize_t send_some(int fd, const void *data, size_t len)
{
	ssize_t n;

	do
		n = send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* 1 when bytes came, 0 at the end of the stream, -errno. */
static int read_chunk(struct uds_client *c)
{
	char chunk[CHUNK];
	ssize_t n = recv(c->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	buf_add(&c->in, chunk, (size_t)n);
	return n > 0;
}

static int send_all(struct uds_client *c, const char *data, size_t len,
		    int64_t deadline_ns)
{
	short events = POLLOUT;

	/* An empty message is sent once, too. */
	for (;;) {
		ssize_t n = send_some(c->fd, data, len);
		int r;

		if (n >= 0) {
			data += n;
			len -= (size_t)n;
			if (len == 0)
				return 0;
			continue;
		}
		if (n != -EAGAIN)
			return (int)n;
		if (c->type == SOCK_STREAM)
			events |= POLLIN;
		r = wait_for(c->fd, events, deadline_ns);
		if (r < 0)
			return r;
		if (c->type == SOCK_STREAM && r & POLLIN) {
			r = read_chunk(c);
			if (r <= 0)
				return r < 0 ? r : -EPIPE;
		}
	}
}

static int receive_line(struct uds_client *c, int64_t deadline_ns,
			struct buf *ret_reply)
{
	size_t seen = 0;

	for (;;) {
		char *end = NULL;
		int r;

		if (c->in.len > seen)
			end = memchr(c->in.data + seen, '\n', c->in.len - seen);
		if (end) {
			size_t n = (size_t)(end - c->in.data) + 1;

			buf_add(ret_reply, c->in.data, n);
			buf_drop(&c->in, n);
			return 1;
		}
		seen = c->in.len;
		r = wait_for(c->fd, POLLIN, deadline_ns);
		if (r > 0)
			r = read_chunk(c);
		if (r > 0)
			continue;
		buf_add(ret_reply, c->in.data, c->in.len);
		buf_clear(&c->in);
		return r == 0 ? seen > 0 : r;
	}
}

static int receive_message(struct uds_client *c, int64_t deadline_ns,
			   struct buf *ret_reply)
{
	for (;;) {
		cleanup_free char *data = NULL;
		int revents = wait_for(c->fd, POLLIN, deadline_ns);
		ssize_t n;

		if (revents < 0)
			return revents;
		n = recv(c->fd, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
		if (n >= 0) {
			data = xreallocarray(NULL, (size_t)n, 1);
			n = recv(c->fd, data, (size_t)n, MSG_DONTWAIT);
		}
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -errno;
		buf_add(ret_reply, data, (size_t)n);
		return n > 0 || !(revents & POLLHUP);
	}
}

int uds_client_exchange(struct uds_client *client, const void *data,
			size_t len, int timeout_ms, struct buf *ret_reply)
{
	int64_t deadline_ns = clock_deadline_ms(timeout_ms);
	int sent = send_all(client, data, len, deadline_ns);

	if (client->type != SOCK_STREAM)
		return sent < 0 ? sent :
				  receive_message(client, deadline_ns,
						  ret_reply);
	/* A server may answer what it has read, and close. */
	if (sent == -EPIPE || sent == -ECONNRESET)
		return receive_line(client, deadline_ns, ret_reply) > 0 ? 1 :
									  sent;
	return sent < 0 ? sent :
			  receive_line(client, deadline_ns, ret_reply);
}
