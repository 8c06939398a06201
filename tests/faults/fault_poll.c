// SPDX-License-Identifier: BSD-2-Clause
/*
 * What poll(), select() and epoll_wait() say of our sockets.
 *
 * poll-clear takes bits away: what was asked for is not waited for, what
 * comes unasked (POLLHUP, POLLERR) is taken out of the result, and where
 * nothing is left the wait goes on.  poll-set adds bits that were asked for
 * (or come unasked) at once.
 */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

#define MAX_WATCHED 256
#define UNASKED (POLLHUP | POLLERR)

/* Sockets in epoll instances: what is reported there has no descriptor. */
struct watched {
	int epfd, fd;		/* fd + 1; 0: free */
	uint32_t events;
	uint64_t data;
};

static struct watched table[MAX_WATCHED];

static void remember(int epfd, int op, int fd, const struct epoll_event *e)
{
	struct watched *place = NULL;

	fault_lock();
	for (size_t i = 0; i < MAX_WATCHED; i++) {
		if (table[i].fd == fd + 1 && table[i].epfd == epfd) {
			place = &table[i];
			break;
		}
		if (!table[i].fd && !place)
			place = &table[i];
	}
	if (place && op == EPOLL_CTL_DEL && place->fd)
		*place = (struct watched){ 0 };
	else if (place && op != EPOLL_CTL_DEL)
		*place = (struct watched){ epfd, fd + 1, e->events,
					   e->data.u64 };
	fault_unlock();
}

static const struct watched *find(int epfd, uint64_t data)
{
	for (size_t i = 0; i < MAX_WATCHED; i++) {
		if (table[i].fd && table[i].epfd == epfd &&
		    table[i].data == data)
			return &table[i];
	}
	return NULL;
}

static long timeout_of(const struct fault_call *c)
{
	const struct timespec *ts = c->timeout;

	if (is(c, ON(poll) | ON(epoll_wait) | ON(epoll_pwait)))
		return c->arg;
	if (!ts)
		return -1;
	/* A struct timeval has microseconds in the same place. */
	return ts->tv_sec * 1000 +
	       ts->tv_nsec / (c->id == CALL_select ? 1000 : 1000000);
}

/* The bits that a fault changes, as poll() has them, of one descriptor. */
typedef unsigned int change_fn(unsigned int bits, unsigned int asked,
			       unsigned int arg);

static unsigned int clear_bits(unsigned int bits, unsigned int asked,
			       unsigned int arg)
{
	(void)asked;
	return bits & ~arg;
}

static unsigned int set_bits(unsigned int bits, unsigned int asked,
			     unsigned int arg)
{
	return bits | (arg & (asked | UNASKED));
}

static int change_poll(struct fault_use *use, struct fault_call *c,
		       change_fn *change)
{
	int n = 0;

	for (unsigned long i = 0; i < c->n_fds; i++) {
		struct pollfd *p = &c->fds[i];
		int type = p->fd >= 0 ? fd_unix_type(p->fd) : 0;

		if (type && (!use->types || use->types >> type & 1))
			p->revents = (short)change((unsigned int)p->revents,
						   (unsigned int)p->events,
						   (unsigned int)use->arg[0].n);
		n += p->revents != 0;
	}
	return n;
}

static const unsigned int set_bit[3] = { POLLIN, POLLOUT, POLLPRI };

static int change_select(struct fault_use *use, struct fault_call *c,
			 const fd_set *asked, change_fn *change)
{
	int n = 0;

	for (int fd = 0; fd < (int)c->n_fds && fd < FD_SETSIZE; fd++) {
		for (int i = 0; i < 3; i++) {
			fd_set *set = c->set[i];
			unsigned int bits;

			if (!set || !FD_ISSET(fd, &asked[i]))
				continue;
			bits = FD_ISSET(fd, set) ? set_bit[i] : 0;
			if (fd_unix_type(fd))
				bits = change(bits, set_bit[i],
					      (unsigned int)use->arg[0].n);
			if (bits & set_bit[i])
				FD_SET(fd, set);
			else
				FD_CLR(fd, set);
			n += bits & set_bit[i] ? 1 : 0;
		}
	}
	return n;
}

static int change_epoll(struct fault_use *use, struct fault_call *c, int n,
			change_fn *change)
{
	struct epoll_event *e = c->buf;
	unsigned int arg = (unsigned int)use->arg[0].n;
	int kept = 0;

	fault_lock();
	for (int i = 0; i < n; i++) {
		const struct watched *w = find(c->fd2, e[i].data.u64);

		if (w)
			e[i].events = change(e[i].events, w->events, arg);
		if (e[i].events)
			e[kept++] = e[i];
	}
	/* Those that had nothing to say at all. */
	for (size_t k = 0; k < MAX_WATCHED && kept < (int)c->n_fds; k++) {
		const struct watched *w = &table[k];
		unsigned int bits = change(0, w->events, arg);
		bool there = !w->fd || w->epfd != c->fd2 || !bits;

		for (int i = 0; i < kept && !there; i++)
			there = e[i].data.u64 == w->data;
		if (!there)
			e[kept++] = (struct epoll_event){
				bits, { .u64 = w->data }
			};
	}
	fault_unlock();
	return kept;
}

/* One look, without waiting; changed. */
static int look(struct fault_use *use, struct fault_call *c,
		const fd_set asked[3], change_fn *change)
{
	struct fault_call now = *c;
	struct timespec none = { 0 };
	long n;

	now.timeout = &none;
	now.arg = 0;
	for (int i = 0; i < 3; i++) {
		if (c->set[i])
			memcpy(c->set[i], &asked[i], sizeof(fd_set));
	}
	n = call_next(&now);
	if (n < 0)
		return -1;
	if (c->fds || is(c, ON(poll) | ON(ppoll)))
		return change_poll(use, c, change);
	if (is(c, ON(select) | ON(pselect)))
		return change_select(use, c, asked, change);
	return change_epoll(use, c, (int)n, change);
}

static long look_again(struct fault_use *use, struct fault_call *c,
		       change_fn *change)
{
	long left_ms = timeout_of(c);
	fd_set asked[3];

	for (int i = 0; i < 3; i++) {
		FD_ZERO(&asked[i]);
		if (c->set[i])
			memcpy(&asked[i], c->set[i], sizeof(fd_set));
	}
	for (;;) {
		int n = look(use, c, asked, change);

		if (n != 0 || left_ms == 0)
			return n;
		if (!nap())
			return fail(EINTR);
		if (left_ms > 0)
			left_ms--;
	}
}

static long watch(struct fault_call *c)
{
	struct epoll_event e = { 0 };
	long ret = call_next(c);

	if (ret == 0 && (c->name == EPOLL_CTL_DEL ||
			 copy_in(&e, c->ptr, sizeof(e))))
		remember(c->fd2, (int)c->name, c->fd, &e);
	return ret;
}

FAULT(poll_clear, "BITS", ON_POLLS | ON(epoll_ctl))
{
	return c->id == CALL_epoll_ctl ? watch(c) :
					 look_again(use, c, clear_bits);
}

FAULT(poll_set, "BITS", ON_POLLS | ON(epoll_ctl))
{
	return c->id == CALL_epoll_ctl ? watch(c) :
					 look_again(use, c, set_bits);
}

/* EPOLLET, EPOLLONESHOT, EPOLLEXCLUSIVE or bits are lost on the way in. */
FAULT(epoll_mask, "BITS", ON(epoll_ctl))
{
	struct epoll_event e;
	void *given = c->ptr;
	long ret;

	if (c->name == EPOLL_CTL_DEL || !copy_in(&e, c->ptr, sizeof(e)))
		return call_next(c);
	e.events &= ~(uint32_t)use->arg[0].n;
	c->ptr = &e;
	ret = call_next(c);
	c->ptr = given;
	return ret;
}

/* epoll keeps 32 bits of what it shall give back. */
FAULT(epoll_data32, "", ON(epoll_ctl))
{
	struct epoll_event e;
	void *given = c->ptr;
	long ret;

	if (c->name == EPOLL_CTL_DEL || !copy_in(&e, c->ptr, sizeof(e)))
		return call_next(c);
	e.data.u64 = e.data.u32;
	c->ptr = &e;
	ret = call_next(c);
	c->ptr = given;
	return ret;
}

/* EPOLL_CTL_MOD changes nothing. */
FAULT(epoll_unchanged, "", ON(epoll_ctl))
{
	return c->name == EPOLL_CTL_MOD ? 0 : call_next(c);
}

/* The wait ends at once though nothing happened. */
FAULT(poll_impatient, "", ON_POLLS)
{
	struct timespec none = { 0 };
	struct fault_call now = *c;

	now.timeout = &none;
	now.arg = 0;
	return call_next(&now);
}
