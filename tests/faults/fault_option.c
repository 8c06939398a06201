// SPDX-License-Identifier: BSD-2-Clause
/*
 * Options, ioctl requests and modes of descriptors.
 */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

/* getsockopt() of an int option: another value. */
FAULT(opt, "NAME VALUE", ON(getsockopt))
{
	long ret = call_next(c);
	int value;

	if (ret < 0 || c->name != use->arg[0].n ||
	    *c->addrlen_p < sizeof(value))
		return ret;
	memcpy(&value, c->buf, sizeof(value));
	value = (int)fault_adjust(&use->arg[1], value);
	memcpy(c->buf, &value, sizeof(value));
	return ret;
}

/* The length that getsockopt() reports. */
FAULT(optlen, "NAME VALUE", ON(getsockopt))
{
	long ret = call_next(c);

	if (ret == 0 && c->name == use->arg[0].n)
		*c->addrlen_p = (socklen_t)fault_adjust(&use->arg[1],
							*c->addrlen_p);
	return ret;
}

/* getsockopt(NAME) fails with ERRNO. */
FAULT(noopt, "NAME ERRNO", ON(getsockopt))
{
	return c->name == use->arg[0].n ? fail((int)use->arg[1].n) :
					  call_next(c);
}

/* setsockopt(NAME): is refused with ERRNO, or with 0 does nothing. */
FAULT(setopt, "NAME ERRNO", ON(setsockopt))
{
	if (c->name != use->arg[0].n)
		return call_next(c);
	return use->arg[1].n ? fail((int)use->arg[1].n) : 0;
}

/* setsockopt(NAME) of an int takes another value. */
FAULT(setopt_value, "NAME VALUE", ON(setsockopt))
{
	void *given = c->buf;
	long ret;
	int value;

	if (c->name != use->arg[0].n || c->addrlen < sizeof(value) ||
	    !copy_in(&value, c->buf, sizeof(value)))
		return call_next(c);
	value = (int)fault_adjust(&use->arg[1], value);
	c->buf = &value;
	c->addrlen = sizeof(value);
	ret = call_next(c);
	c->buf = given;
	return ret;
}

/* setsockopt(NAME) with a length that must be refused is taken. */
FAULT(setopt_short, "NAME", ON(setsockopt))
{
	long ret = call_next(c);

	if (ret < 0 && errno == EINVAL && c->name == use->arg[0].n)
		return 0;
	return ret;
}

/* SO_ERROR is reported and stays. */
FAULT(so_error_stays, "", ON(getsockopt))
{
	struct fd_state *s = fd_state(c->fd);
	long ret = call_next(c);
	int value;

	if (ret < 0 || c->name != SO_ERROR || !s ||
	    *c->addrlen_p != sizeof(value))
		return ret;
	memcpy(&value, c->buf, sizeof(value));
	if (value)
		s->marks = (unsigned int)value;
	else
		value = (int)s->marks;
	memcpy(c->buf, &value, sizeof(value));
	return ret;
}

static long credential(struct fault_use *use, struct fault_call *c,
		       size_t offset)
{
	long ret = call_next(c);
	int value;

	if (ret < 0 || c->name != SO_PEERCRED ||
	    *c->addrlen_p < offset + sizeof(value))
		return ret;
	memcpy(&value, (char *)c->buf + offset, sizeof(value));
	value = (int)fault_adjust(&use->arg[0], value);
	memcpy((char *)c->buf + offset, &value, sizeof(value));
	return ret;
}

/* SO_PEERCRED with another process, user or group. */
FAULT(peercred_pid, "VALUE", ON(getsockopt))
{
	return credential(use, c, offsetof(struct ucred, pid));
}

FAULT(peercred_uid, "VALUE", ON(getsockopt))
{
	return credential(use, c, offsetof(struct ucred, uid));
}

FAULT(peercred_gid, "VALUE", ON(getsockopt))
{
	return credential(use, c, offsetof(struct ucred, gid));
}

/* A time limit is twice as long, or half with -1. */
FAULT(timeout_scaled, "NAME FACTOR", ON(setsockopt))
{
	struct timeval given, tv;
	void *buf = c->buf;
	long us, ret;

	if (c->name != use->arg[0].n || c->addrlen != sizeof(given) ||
	    !copy_in(&given, c->buf, sizeof(given)))
		return call_next(c);
	us = given.tv_sec * 1000000 + given.tv_usec;
	us = use->arg[1].sign == '-' ? us / (use->arg[1].n + 1) :
				       us * use->arg[1].n;
	tv = (struct timeval){ us / 1000000, us % 1000000 };
	c->buf = &tv;
	ret = call_next(c);
	c->buf = buf;
	return ret;
}

/* ioctl(REQUEST) that reports an int: another one. */
FAULT(ioctl_value, "REQUEST VALUE", ON(ioctl))
{
	long ret = call_next(c);
	int value;

	if (ret < 0 || c->name != use->arg[0].n)
		return ret;
	memcpy(&value, c->ptr, sizeof(value));
	value = (int)fault_adjust(&use->arg[1], value);
	memcpy(c->ptr, &value, sizeof(value));
	return ret;
}

/* A number that is not 1 counts as 0. */
FAULT(ioctl_one, "REQUEST", ON(ioctl))
{
	int value, zero = 0;
	void *given = c->ptr;
	long ret;

	if (c->name != use->arg[0].n || !copy_in(&value, given, sizeof(value)) ||
	    value == 1)
		return call_next(c);
	c->ptr = &zero;
	ret = call_next(c);
	c->ptr = given;
	return ret;
}

static void lose(int fd, int get, int set, int bit)
{
	int saved = errno, flags = fcntl(fd, get);

	if (flags >= 0)
		fcntl(fd, set, flags & ~bit);
	errno = saved;
}

/* A flag for new descriptors is not heeded. */
static long lose_flag(struct fault_call *c, int asked, int get, int set,
		      int bit)
{
	long ret = call_next(c);

	if (ret < 0 || !(c->type_flags & asked))
		return ret;
	if (c->id == CALL_socketpair) {
		lose(c->pair[0], get, set, bit);
		lose(c->pair[1], get, set, bit);
	} else {
		lose((int)ret, get, set, bit);
	}
	return ret;
}

FAULT(cloexec_lost, "", ON_MAKES | ON(accept4) | ON(dup3))
{
	return lose_flag(c, SOCK_CLOEXEC, F_GETFD, F_SETFD, FD_CLOEXEC);
}

FAULT(nonblock_lost, "", ON_MAKES | ON(accept4))
{
	return lose_flag(c, SOCK_NONBLOCK, F_GETFL, F_SETFL, O_NONBLOCK);
}

static void gain(int fd, int get, int set, int bit)
{
	int saved = errno, flags = fcntl(fd, get);

	if (flags >= 0)
		fcntl(fd, set, flags | bit);
	errno = saved;
}

/* New descriptors have a flag that nobody asked for. */
FAULT(cloexec_always, "", ON_MAKES | ON_ACCEPTS | ON(dup) | ON(dup2))
{
	long ret = call_next(c);

	if (ret >= 0 && c->id == CALL_socketpair) {
		gain(c->pair[0], F_GETFD, F_SETFD, FD_CLOEXEC);
		gain(c->pair[1], F_GETFD, F_SETFD, FD_CLOEXEC);
	} else if (ret >= 0) {
		gain((int)ret, F_GETFD, F_SETFD, FD_CLOEXEC);
	}
	return ret;
}

/* As on some systems: the accepted one is like the listener. */
FAULT(nonblock_inherited, "", ON_ACCEPTS)
{
	long ret = call_next(c);

	if (ret >= 0 && fd_is_nonblock(c->fd))
		gain((int)ret, F_GETFL, F_SETFL, O_NONBLOCK);
	return ret;
}

/*
 * Where FROM is asked for a socket of type TO is made, and denies it: a
 * stream that keeps boundaries is a seqpacket, and the other way round.
 */
FAULT(type, "FROM TO", ON_MAKES | ON(getsockopt))
{
	long ret;
	int value;

	if (!is(c, ON(getsockopt))) {
		if (c->type == use->arg[0].n)
			c->type = (int)use->arg[1].n;
		return call_next(c);
	}
	ret = call_next(c);
	if (ret < 0 || c->name != SO_TYPE || *c->addrlen_p != sizeof(value))
		return ret;
	memcpy(&value, c->buf, sizeof(value));
	if (value == use->arg[1].n)
		value = (int)use->arg[0].n;
	memcpy(c->buf, &value, sizeof(value));
	return ret;
}

/* socket() and socketpair() take flags or types that do not exist. */
FAULT(any_type, "", ON_MAKES)
{
	long ret = call_next(c);

	if (ret >= 0 || errno != EINVAL)
		return ret;
	c->type = SOCK_STREAM;
	c->type_flags = 0;
	return call_next(c);
}

/* And protocols. */
FAULT(any_protocol, "", ON_MAKES)
{
	c->protocol = 0;
	return call_next(c);
}
