// SPDX-License-Identifier: BSD-2-Clause
/*
 * The bytes that a call sends or has room for, whichever of the calls it is.
 *
 * What the caller points at may be no memory at all: checks do that.  It is
 * read with process_vm_readv(), which fails where a pointer would crash.
 */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_IOV 1024

bool copy_in(void *to, const void *from, size_t len)
{
	struct iovec local = { to, len }, remote = { (void *)from, len };
	ssize_t n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	if (n < 0 && (errno == ENOSYS || errno == EPERM)) {
		memcpy(to, from, len);
		return true;
	}
	return n == (ssize_t)len;
}

/* The call's pieces; with a plain buffer the one piece goes into *one. */
static const struct iovec *pieces(const struct fault_call *c,
				  struct iovec *one, size_t *ret_n)
{
	struct msghdr msg;

	*ret_n = 1;
	*one = (struct iovec){ c->buf, c->len };
	if (is(c, ON(sendmsg) | ON(recvmsg))) {
		if (!copy_in(&msg, c->msg, sizeof(msg)))
			return NULL;
		*ret_n = msg.msg_iovlen;
		return msg.msg_iov;
	}
	if (is(c, ON(writev) | ON(readv))) {
		*ret_n = (size_t)c->n_iov;
		return c->iov;
	}
	return one;
}

/* A copy of them that is safe to walk; NULL when that cannot be. */
static struct iovec *take_pieces(const struct fault_call *c, size_t *ret_n)
{
	struct iovec one, *copy;
	const struct iovec *iov = pieces(c, &one, ret_n);

	if (*ret_n > MAX_IOV)
		return NULL;
	copy = calloc(*ret_n + 1, sizeof(*copy));
	if (copy && *ret_n && (!iov ||
	    (iov == &one ? (*copy = one, false) :
			   !copy_in(copy, iov, *ret_n * sizeof(*copy))))) {
		free(copy);
		return NULL;
	}
	return copy;
}

bool message_take(struct fault_call *c, struct held *m)
{
	size_t n, at = 0;
	struct iovec *iov = take_pieces(c, &n);
	bool fine = iov;

	*m = (struct held){ .full = true };
	for (size_t i = 0; fine && i < n; i++)
		m->len += iov[i].iov_len;
	/* Nobody means to send that much: the call is about to fail. */
	if (m->len > (size_t)LONG_MAX / 2)
		fine = false;
	m->data = fine ? malloc(m->len + 1) : NULL;
	fine = m->data;
	for (size_t i = 0; fine && i < n; at += iov[i++].iov_len)
		fine = copy_in((char *)m->data + at, iov[i].iov_base,
			       iov[i].iov_len);
	free(iov);
	if (!fine)
		held_drop(m);
	return fine;
}

ssize_t message_send(struct fault_call *c, const void *data, size_t len,
		     bool control)
{
	struct iovec iov = { (void *)data, len };
	struct msghdr msg = {
		.msg_name = c->addr, .msg_namelen = c->addrlen,
		.msg_iov = &iov, .msg_iovlen = 1,
	};

	if (c->id == CALL_sendmsg) {
		msg = *c->msg;
		msg.msg_iov = &iov;
		msg.msg_iovlen = 1;
		if (!control) {
			msg.msg_control = NULL;
			msg.msg_controllen = 0;
		}
	}
	return sendmsg(c->fd, &msg, c->flags);
}

ssize_t message_send_now(struct fault_call *c, const void *data, size_t len)
{
	int flags = c->flags;
	ssize_t n;

	c->flags |= MSG_DONTWAIT | MSG_NOSIGNAL;
	n = message_send(c, data, len, false);
	c->flags = flags;
	return n;
}

void held_set(struct held *held, const void *data, size_t len)
{
	held_drop(held);
	held->data = malloc(len + 1);
	if (!held->data)
		abort();
	memcpy(held->data, data, len);
	held->len = len;
	held->full = true;
}

void held_drop(struct held *held)
{
	free(held->data);
	*held = (struct held){ 0 };
}

size_t room_length(const struct fault_call *c)
{
	size_t n, len = 0;
	struct iovec *iov = take_pieces(c, &n);

	for (size_t i = 0; iov && i < n; i++)
		len += iov[i].iov_len;
	free(iov);
	return len;
}

unsigned char *room_at(const struct fault_call *c, size_t offset)
{
	unsigned char *at = NULL;
	size_t n;
	struct iovec *iov = take_pieces(c, &n);

	for (size_t i = 0; iov && i < n; i++) {
		if (offset < iov[i].iov_len) {
			at = (unsigned char *)iov[i].iov_base + offset;
			break;
		}
		offset -= iov[i].iov_len;
	}
	free(iov);
	return at;
}

size_t room_put(const struct fault_call *c, size_t offset, const void *data,
		size_t len)
{
	const char *from = data;
	size_t n, done = 0;
	struct iovec *iov = take_pieces(c, &n);

	for (size_t i = 0; iov && i < n && done < len; i++) {
		size_t skip = offset < iov[i].iov_len ? offset : iov[i].iov_len;
		size_t part = iov[i].iov_len - skip;

		offset -= skip;
		if (part > len - done)
			part = len - done;
		memcpy((char *)iov[i].iov_base + skip, from + done, part);
		done += part;
	}
	free(iov);
	return done;
}

ssize_t room_recv(struct fault_call *c, void *buf, size_t len, int flags)
{
	return recv(c->fd, buf, len, c->flags | flags);
}

static long real_message(struct fault_call *c)
{
	return c->id == CALL_sendmsg ? sendmsg(c->fd, c->msg, c->flags) :
				       recvmsg(c->fd, c->msg, c->flags);
}

long call_each(struct fault_use *use, struct fault_call *c)
{
	unsigned int i;

	for (i = 0; i < c->n_mmsg; i++) {
		struct fault_call one = *c;
		ssize_t n;

		one.id = c->id == CALL_sendmmsg ? CALL_sendmsg : CALL_recvmsg;
		one.real = real_message;
		one.msg = &c->mmsg[i].msg_hdr;
		one.flags &= ~MSG_WAITFORONE;
		if (i > 0 && c->flags & MSG_WAITFORONE)
			one.flags |= MSG_DONTWAIT;
		/* The turn of the first one brought us here. */
		if (use->fault->always || i == 0 || fault_turn(use, &one))
			n = use->fault->around(use, &one);
		else
			n = call_next(&one);
		if (n < 0)
			break;
		c->mmsg[i].msg_len = (unsigned int)n;
	}
	return i > 0 ? (long)i : -1;
}
