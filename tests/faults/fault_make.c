// SPDX-License-Identifier: BSD-2-Clause
/*
 * Descriptors that are made wrongly, and inodes that tell other things.
 */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/* The new descriptor is not the lowest that is free. */
FAULT(fd_high, "", ON(socket))
{
	long ret = call_next(c);
	int flags, high;

	if (ret < 0)
		return ret;
	flags = fcntl((int)ret, F_GETFD);
	high = fcntl((int)ret, flags & FD_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD,
		     80);
	if (high < 0)
		return ret;
	close((int)ret);
	return high;
}

/* The ends of a pair come in the other order. */
FAULT(pair_reversed, "", ON(socketpair))
{
	long ret = call_next(c);
	int first;

	if (ret == 0) {
		first = c->pair[0];
		c->pair[0] = c->pair[1];
		c->pair[1] = first;
	}
	return ret;
}

/* Both ends are the same socket. */
FAULT(pair_single, "", ON(socketpair))
{
	long ret = call_next(c);

	if (ret == 0)
		dup2(c->pair[0], c->pair[1]);
	return ret;
}

/* One way of a pair leads nowhere. */
FAULT(pair_one_way, "", ON(socketpair))
{
	long ret = call_next(c);

	if (ret == 0)
		shutdown(c->pair[1], SHUT_WR);
	return ret;
}

/* A pair that could not be made leaves numbers that nobody has. */
FAULT(pair_scribble, "", ON(socketpair))
{
	long ret = call_next(c);

	if (ret < 0 && errno != EFAULT) {
		c->pair[0] = 7777;
		c->pair[1] = 8888;
	}
	return ret;
}

/* A call that fails keeps the descriptor that it had reserved. */
FAULT(fd_leak, "CALL", 0)
{
	long ret = call_next(c);
	int saved = errno;

	if (ret < 0)
		open("/dev/null", O_RDONLY | O_CLOEXEC);
	errno = saved;
	return ret;
}

static bool stat_came(struct fault_call *c, long *ret_value)
{
	*ret_value = call_next(c);
	return *ret_value == 0;
}

/* fstat() of a socket: another mode, inode, owner. */
FAULT(fstat_mode, "VALUE", ON(fstat))
{
	struct stat *st = c->buf;
	long ret;

	if (stat_came(c, &ret))
		st->st_mode = (mode_t)fault_adjust(&use->arg[0],
						   (long)st->st_mode);
	return ret;
}

FAULT(fstat_ino, "VALUE", ON(fstat))
{
	struct stat *st = c->buf;
	long ret;

	if (stat_came(c, &ret))
		st->st_ino = (ino_t)fault_adjust(&use->arg[0], (long)st->st_ino);
	return ret;
}

FAULT(fstat_uid, "VALUE", ON(fstat))
{
	struct stat *st = c->buf;
	long ret;

	if (stat_came(c, &ret))
		st->st_uid = (uid_t)fault_adjust(&use->arg[0], (long)st->st_uid);
	return ret;
}
