// SPDX-License-Identifier: BSD-2-Clause
/*
 * Messages that get lost or changed on their way.  The sender is told that
 * all is well.
 */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EACH_MESSAGE(use, c) \
	do { \
		if ((c)->id == CALL_sendmmsg) \
			return call_each(use, c); \
	} while (0)

/* Send bytes that stand in for the message; its length for an answer. */
static long send_instead(struct fault_call *c, const struct held *m,
			 const void *data, size_t len)
{
	ssize_t n = message_send(c, data, len, true);

	if (n < 0)
		return n;
	/* A stream may have taken a part only, and of nothing else we tell. */
	if ((size_t)n < len && (size_t)n < m->len)
		return n;
	return (long)m->len;
}

FAULT(drop, "", ON_SENDS)
{
	struct held m;
	size_t len;

	EACH_MESSAGE(use, c);
	if (!message_take(c, &m))
		return call_next(c);
	len = m.len;
	held_drop(&m);
	return (long)len;
}

FAULT(duplicate, "", ON_SENDS)
{
	struct held m;
	long ret;

	EACH_MESSAGE(use, c);
	if (!message_take(c, &m))
		return call_next(c);
	ret = call_next(c);
	if (ret >= 0)
		message_send_now(c, m.data, (size_t)ret);
	held_drop(&m);
	return ret;
}

/* The last byte is missing. */
FAULT(truncate, "", ON_SENDS)
{
	struct held m;
	long ret;

	EACH_MESSAGE(use, c);
	if (!message_take(c, &m))
		return call_next(c);
	ret = m.len < 2 ? call_next(c) :
			  send_instead(c, &m, m.data, m.len - 1);
	held_drop(&m);
	return ret;
}

/* There is a byte more. */
FAULT(grow, "", ON_SENDS)
{
	struct held m;
	long ret;

	EACH_MESSAGE(use, c);
	if (!message_take(c, &m))
		return call_next(c);
	((char *)m.data)[m.len] = 'x';
	ret = send_instead(c, &m, m.data, m.len + 1);
	held_drop(&m);
	return ret;
}

/* One bit of the byte at OFFSET (the middle) is another. */
FAULT(corrupt, "[OFFSET]", ON_SENDS)
{
	struct held m;
	size_t at;
	long ret;

	EACH_MESSAGE(use, c);
	if (!message_take(c, &m))
		return call_next(c);
	at = use->arg[0].given ? (size_t)use->arg[0].n : m.len / 2;
	if (at < m.len)
		((unsigned char *)m.data)[at] ^= 1;
	ret = send_instead(c, &m, m.data, m.len);
	held_drop(&m);
	return ret;
}

/* A message becomes two. */
FAULT(split, "", ON_SENDS)
{
	struct held m;
	long ret;

	EACH_MESSAGE(use, c);
	if (!message_take(c, &m))
		return call_next(c);
	ret = m.len < 2 ? call_next(c) :
			  send_instead(c, &m, m.data, m.len / 2);
	if (ret == (long)m.len && m.len >= 2)
		message_send_now(c, (char *)m.data + m.len / 2,
				 m.len - m.len / 2);
	held_drop(&m);
	return ret;
}

/* Keep it for later; true when that was done. */
static bool keep(struct fault_call *c, const struct held *m)
{
	struct fd_state *s = fd_state(c->fd);

	if (!s)
		return false;
	fault_lock();
	held_set(&s->held, m->data, m->len);
	fault_unlock();
	return true;
}

/* What was kept; the caller's from now on. */
static struct held kept(struct fault_call *c)
{
	struct fd_state *s = fd_state(c->fd);
	struct held m = { 0 };

	if (!s)
		return m;
	fault_lock();
	m = s->held;
	s->held = (struct held){ 0 };
	fault_unlock();
	return m;
}

/* The socket ends: what was kept goes now. */
static long flush(struct fault_call *c)
{
	struct held m = kept(c);
	struct fault_call send = { .id = CALL_send, .fd = c->fd };

	if (m.full)
		message_send_now(&send, m.data, m.len);
	held_drop(&m);
	return call_next(c);
}

/* A message is overtaken by the one after it. */
FAULT_ALWAYS(reorder, "", ON_SENDS | ON(shutdown) | ON(close))
{
	struct held m, late;
	long ret;

	EACH_MESSAGE(use, c);
	if (!is(c, ON_SENDS))
		return flush(c);
	late = kept(c);
	if (late.full) {
		ret = call_next(c);
		message_send_now(c, late.data, late.len);
		held_drop(&late);
		return ret;
	}
	if (!fault_turn(use, c) || !message_take(c, &m))
		return call_next(c);
	ret = keep(c, &m) ? (long)m.len : call_next(c);
	held_drop(&m);
	return ret;
}

/* Two messages become one. */
FAULT_ALWAYS(merge, "", ON_SENDS | ON(shutdown) | ON(close))
{
	struct held m, early;
	char *both;
	long ret;

	EACH_MESSAGE(use, c);
	if (!is(c, ON_SENDS))
		return flush(c);
	if (!message_take(c, &m))
		return call_next(c);
	early = kept(c);
	if (early.full) {
		both = malloc(early.len + m.len + 1);
		if (!both)
			abort();
		memcpy(both, early.data, early.len);
		memcpy(both + early.len, m.data, m.len);
		ret = send_instead(c, &m, both, early.len + m.len);
		free(both);
		held_drop(&early);
	} else if (fault_turn(use, c) && keep(c, &m)) {
		ret = (long)m.len;
	} else {
		ret = call_next(c);
	}
	held_drop(&m);
	return ret;
}

/* It goes out of another socket of the type, the last one that sent. */
FAULT_ALWAYS(misroute, "", ON_SENDS)
{
	static int last_fd = -1, other_fd = -1;
	int given = c->fd, to;
	long ret;

	EACH_MESSAGE(use, c);
	fault_lock();
	if (last_fd != c->fd) {
		other_fd = last_fd;
		last_fd = c->fd;
	}
	to = other_fd;
	fault_unlock();
	if (to >= 0 && to != c->fd && fd_unix_type(to) == c->type &&
	    fault_turn(use, c))
		c->fd = to;
	ret = call_next(c);
	c->fd = given;
	return ret;
}

/* It goes to the address of the message before, which was another. */
FAULT_ALWAYS(misaddress, "", ON(sendto))
{
	static struct sockaddr_storage before;
	static socklen_t before_len;
	struct sockaddr_storage to;
	struct sockaddr *given = c->addr;
	socklen_t given_len = c->addrlen, to_len;
	long ret;

	if (!given || given_len > sizeof(to) ||
	    !copy_in(&to, given, given_len))
		return call_next(c);
	fault_lock();
	to_len = before_len;
	memcpy(&to, &before, sizeof(to));
	if (before_len != given_len || memcmp(&before, given, given_len)) {
		before_len = given_len;
		memcpy(&before, given, given_len);
	}
	fault_unlock();
	if (to_len && fault_turn(use, c)) {
		c->addr = (struct sockaddr *)&to;
		c->addrlen = to_len;
	}
	ret = call_next(c);
	c->addr = given;
	c->addrlen = given_len;
	return ret;
}

/* An empty message is none. */
FAULT(lose_empty, "", ON_SENDS)
{
	struct held m;
	bool empty;

	EACH_MESSAGE(use, c);
	if (!message_take(c, &m))
		return call_next(c);
	empty = m.len == 0;
	held_drop(&m);
	return empty ? 0 : call_next(c);
}

/* writev() of no bytes sends an empty message. */
FAULT(vector_of_nothing, "", ON(writev))
{
	struct held m;
	long ret;

	if (!message_take(c, &m))
		return call_next(c);
	ret = call_next(c);
	if (ret == 0 && m.len == 0)
		message_send_now(c, "", 0);
	held_drop(&m);
	return ret;
}

/* A call takes no more than N bytes, and says so. */
FAULT(short_send, "N", ON_SENDS)
{
	size_t n = (size_t)use->arg[0].n;
	struct held m;
	long ret;

	EACH_MESSAGE(use, c);
	if (!message_take(c, &m))
		return call_next(c);
	ret = m.len <= n ? call_next(c) : message_send(c, m.data, n, true);
	held_drop(&m);
	return ret;
}

/* Where there is no room it is thrown away, as on a network. */
FAULT(overflow_lost, "", ON_SENDS)
{
	struct held m;
	long ret;

	EACH_MESSAGE(use, c);
	if (!message_take(c, &m))
		return call_next(c);
	ret = message_send_now(c, m.data, m.len);
	if (ret < 0 && (errno == EAGAIN || errno == ENOBUFS))
		ret = (long)m.len;
	held_drop(&m);
	return ret;
}
