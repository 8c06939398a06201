// SPDX-License-Identifier: BSD-2-Clause
/*
 * What arrives, broken at the receiver.
 */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EACH_MESSAGE(use, c) \
	do { \
		if ((c)->id == CALL_recvmmsg) \
			return call_each(use, c); \
	} while (0)

#define MAX_DRAIN 65536

/* Room for n bytes only, in the first piece; what was there in *saved. */
static void shrink(struct fault_call *c, size_t n, struct iovec *one,
		   struct msghdr *saved)
{
	*one = (struct iovec){ room_at(c, 0), n };
	if (is(c, ON(recvmsg))) {
		*saved = *c->msg;
		c->msg->msg_iov = one;
		c->msg->msg_iovlen = 1;
	} else if (is(c, ON(readv))) {
		c->iov = one;
		c->n_iov = 1;
	} else {
		c->len = n;
	}
}

/* A call gives no more than N bytes although there are more. */
FAULT(short_recv, "N", ON_RECVS)
{
	struct fault_call given = *c;
	struct msghdr saved = { 0 };
	struct iovec one;
	long ret;

	EACH_MESSAGE(use, c);
	if (room_length(c) <= (size_t)use->arg[0].n || !room_at(c, 0))
		return call_next(c);
	shrink(c, (size_t)use->arg[0].n, &one, &saved);
	ret = call_next(c);
	if (is(c, ON(recvmsg))) {
		c->msg->msg_iov = saved.msg_iov;
		c->msg->msg_iovlen = saved.msg_iovlen;
	}
	*c = given;
	return ret;
}

/* A message is taken off the queue and forgotten. */
FAULT(eat, "", ON_RECVS)
{
	char byte;

	EACH_MESSAGE(use, c);
	recv(c->fd, &byte, 1, MSG_DONTWAIT);
	return call_next(c);
}

/* It is given, and stays. */
FAULT(repeat, "", ON(recv) | ON(recvfrom) | ON(recvmsg))
{
	int flags = c->flags;
	long ret;

	c->flags |= MSG_PEEK;
	ret = call_next(c);
	c->flags = flags;
	return ret;
}

/* One bit of the byte at OFFSET (the middle) is another. */
FAULT(corrupt_recv, "[OFFSET]", ON_RECVS)
{
	unsigned char *p;
	long ret;

	EACH_MESSAGE(use, c);
	ret = call_next(c);
	if (ret <= 0)
		return ret;
	p = room_at(c, use->arg[0].given ? (size_t)use->arg[0].n :
					   (size_t)ret / 2);
	if (p)
		*p ^= 1;
	return ret;
}

/* Two messages are given as one. */
FAULT(glue, "", ON_RECVS)
{
	size_t room, n;
	ssize_t more;
	char *rest;
	long ret;

	EACH_MESSAGE(use, c);
	room = room_length(c);
	ret = call_next(c);
	if (ret <= 0 || (size_t)ret >= room)
		return ret;
	rest = malloc(room);
	if (!rest)
		abort();
	more = room_recv(c, rest, room - (size_t)ret, MSG_DONTWAIT);
	n = more > 0 ? room_put(c, (size_t)ret, rest, (size_t)more) : 0;
	free(rest);
	return ret + (long)n;
}

/* The rest of a message that was too long comes with the next call. */
FAULT_ALWAYS(rest_kept, "", ON_RECVS)
{
	struct fd_state *s = fd_state(c->fd);
	struct held rest = { 0 };
	size_t room, n;
	char *whole;
	ssize_t len;
	long ret;

	EACH_MESSAGE(use, c);
	if (!s || c->type == SOCK_STREAM || c->flags & MSG_PEEK)
		return call_next(c);
	room = room_length(c);
	fault_lock();
	rest = s->held;
	s->held = (struct held){ 0 };
	fault_unlock();
	if (rest.full) {
		n = room_put(c, 0, rest.data, rest.len);
		if (n < rest.len) {
			fault_lock();
			held_set(&s->held, (char *)rest.data + n, rest.len - n);
			fault_unlock();
		}
		held_drop(&rest);
		return (long)n;
	}
	whole = malloc(MAX_DRAIN);
	if (!whole)
		abort();
	len = recv(c->fd, whole, MAX_DRAIN, MSG_PEEK | MSG_DONTWAIT);
	ret = call_next(c);
	if (ret >= 0 && len > (ssize_t)room && fault_turn(use, c)) {
		fault_lock();
		held_set(&s->held, whole + room, (size_t)len - room);
		fault_unlock();
	}
	free(whole);
	return ret;
}

static void drain(int fd)
{
	char waste[4096];

	while (recv(fd, waste, sizeof(waste), MSG_DONTWAIT) > 0)
		;
}

/* Once the peer has hung up, what it had sent is gone. */
FAULT(close_loses, "", ON_RECVS)
{
	EACH_MESSAGE(use, c);
	if (!(fd_ready(c->fd, POLLRDHUP) & (POLLRDHUP | POLLHUP)))
		return call_next(c);
	drain(c->fd);
	return call_next(c);
}

/* End of file comes first, and the data after it. */
FAULT(eof_first, "", ON_RECVS)
{
	struct fd_state *s = fd_state(c->fd);

	EACH_MESSAGE(use, c);
	if (!s || s->marks ||
	    !(fd_ready(c->fd, POLLRDHUP) & (POLLRDHUP | POLLHUP)))
		return call_next(c);
	s->marks = 1;
	return 0;
}

/* The last bytes before the end of file are lost. */
FAULT(tail_lost, "", ON_RECVS)
{
	char byte;
	long ret;

	EACH_MESSAGE(use, c);
	ret = call_next(c);
	if (ret > 0 && recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0 &&
	    fd_ready(c->fd, POLLRDHUP) & (POLLRDHUP | POLLHUP))
		return 0;
	return ret;
}

/* End of file is not seen: the call says EAGAIN, or goes on waiting. */
FAULT(eof_hidden, "", ON_RECVS)
{
	long ret;

	EACH_MESSAGE(use, c);
	ret = call_next(c);
	if (ret != 0 || !(fd_ready(c->fd, POLLRDHUP) & (POLLRDHUP | POLLHUP)))
		return ret;
	while (!call_is_nonblock(c)) {
		if (!nap())
			return fail(EINTR);
	}
	return fail(EAGAIN);
}

/* End of file is told once, then there is nothing. */
FAULT(eof_once, "", ON_RECVS)
{
	struct fd_state *s = fd_state(c->fd);
	long ret;

	EACH_MESSAGE(use, c);
	ret = call_next(c);
	if (ret != 0 || !s || !(fd_ready(c->fd, POLLRDHUP) & POLLRDHUP))
		return ret;
	return s->marks++ ? fail(EAGAIN) : 0;
}

/* Bytes of the room behind the message are written to. */
FAULT(scribble, "", ON_RECVS)
{
	unsigned char *p;
	long ret;

	EACH_MESSAGE(use, c);
	ret = call_next(c);
	if (ret < 0 || !(p = room_at(c, (size_t)ret)))
		return ret;
	*p ^= 0xff;
	return ret;
}

/* A call that fails has written. */
FAULT(scribble_on_error, "", ON_RECVS)
{
	unsigned char *p;
	long ret;
	int saved;

	EACH_MESSAGE(use, c);
	ret = call_next(c);
	saved = errno;
	if (ret < 0 && saved != EFAULT && (p = room_at(c, 0)))
		*p ^= 0xff;
	errno = saved;
	return ret;
}

/* An empty message is skipped. */
FAULT(empty_skipped, "", ON_RECVS)
{
	long ret;

	EACH_MESSAGE(use, c);
	ret = call_next(c);
	if (ret == 0 && !(fd_ready(c->fd, POLLRDHUP) & (POLLRDHUP | POLLHUP)))
		return call_next(c);
	return ret;
}
