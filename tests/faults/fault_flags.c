// SPDX-License-Identifier: BSD-2-Clause
/*
 * Flags of messages: those that go into a call and those that come out.
 */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>

/* recvmsg() and recvmmsg(): msg_flags. */
static long change_flags(struct fault_use *use, struct fault_call *c, bool on)
{
	int bits = (int)use->arg[0].n;
	long ret;

	if (c->id == CALL_recvmmsg)
		return call_each(use, c);
	ret = call_next(c);
	if (ret < 0)
		return ret;
	if (on)
		c->msg->msg_flags |= bits;
	else
		c->msg->msg_flags &= ~bits;
	return ret;
}

FAULT(flags_clear, "BITS", ON(recvmsg) | ON(recvmmsg))
{
	return change_flags(use, c, false);
}

FAULT(flags_set, "BITS", ON(recvmsg) | ON(recvmmsg))
{
	return change_flags(use, c, true);
}

/* The flags argument of CALL loses bits. */
FAULT(pass_clear, "CALL BITS", 0)
{
	int given = c->flags;
	long ret;

	c->flags &= ~(int)use->arg[0].n;
	ret = call_next(c);
	c->flags = given;
	return ret;
}

static long plain_with_flags(struct fault_call *c, int bits)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)c->iov,
			      .msg_iovlen = (size_t)c->n_iov };

	switch (c->id) {
	case CALL_write:
		return send(c->fd, c->buf, c->len, bits);
	case CALL_read:
		return recv(c->fd, c->buf, c->len, bits);
	case CALL_writev:
		return sendmsg(c->fd, &msg, bits);
	default:
		return recvmsg(c->fd, &msg, bits);
	}
}

/* It gains them; read() and write() too, which have none. */
FAULT(pass_set, "CALL BITS", 0)
{
	int given = c->flags;
	long ret;

	if (is(c, ON(read) | ON(readv) | ON(write) | ON(writev)))
		return plain_with_flags(c, (int)use->arg[0].n);
	c->flags |= (int)use->arg[0].n;
	ret = call_next(c);
	c->flags = given;
	return ret;
}

/* With MSG_TRUNC the length is what was copied, not what there was. */
FAULT(trunc_ignored, "", ON(recv) | ON(recvfrom) | ON(recvmsg))
{
	size_t room = room_length(c);
	long ret = call_next(c);

	return ret > (long)room ? (long)room : ret;
}

/* MSG_DONTWAIT makes the socket non-blocking, for good. */
FAULT(dontwait_stays, "", ON_SENDS | ON_RECVS)
{
	long ret = call_next(c);
	int saved = errno, flags = fcntl(c->fd, F_GETFL);

	if (c->flags & MSG_DONTWAIT)
		fcntl(c->fd, F_SETFL, flags | O_NONBLOCK);
	errno = saved;
	return ret;
}
