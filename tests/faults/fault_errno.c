// SPDX-License-Identifier: BSD-2-Clause
/*
 * Wrong results: of every call there is.
 */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* What the call left behind although it is about to fail. */
static void undo(struct fault_call *c, long ret)
{
	if (is(c, ON_ACCEPTS | ON(socket) | ON(dup)))
		close((int)ret);
	if (is(c, ON(socketpair))) {
		close(c->pair[0]);
		close(c->pair[1]);
	}
}

/*
 * The call fails with FROM (* is any error, 0 success): it reports TO, or
 * succeeds with 0.
 */
FAULT(errno_, "CALL FROM TO", 0)
{
	long ret = call_next(c);
	bool held = use->arg[0].any ? ret == -1 :
		    use->arg[0].n == 0 ? ret != -1 :
					 ret == -1 && errno == use->arg[0].n;

	if (!held)
		return ret;
	if (ret != -1)
		undo(c, ret);
	if (use->arg[1].n == 0)
		return 0;
	return fail((int)use->arg[1].n);
}

/* It fails without being tried. */
FAULT(refuse, "CALL ERRNO", 0)
{
	return fail((int)use->arg[0].n);
}

/* No fault: the shim alone. */
FAULT(nothing, "CALL", 0)
{
	return call_next(c);
}

/* It says that it succeeded, and does nothing. */
FAULT(ignore, "CALL", 0)
{
	struct held m;
	long len;

	if (is(c, ON(sendmmsg)))
		return c->n_mmsg;
	if (!is(c, ON_SENDS))
		return 0;
	if (!message_take(c, &m))
		return call_next(c);
	len = (long)m.len;
	held_drop(&m);
	return len;
}

/* What it returns when it succeeds is another number: +1, -1, 0. */
FAULT(ret, "CALL VALUE", 0)
{
	long ret = call_next(c);

	return ret == -1 ? ret : fault_adjust(&use->arg[0], ret);
}

/* It is done twice. */
FAULT(twice, "CALL", 0)
{
	call_next(c);
	return call_next(c);
}

/*
 * It is tried again for as long as it fails with ERRNO: EAGAIN makes calls
 * block that must not, EINTR makes signals unheard.
 */
FAULT(retry, "CALL ERRNO", 0)
{
	for (;;) {
		long ret = call_next(c);

		if (ret != -1 || errno != use->arg[0].n)
			return ret;
		nap();
	}
}

/* With O_NONBLOCK for the length of one call. */
static long without_waiting(struct fault_call *c)
{
	int flags = fcntl(c->fd, F_GETFL), saved;
	long ret;

	fcntl(c->fd, F_SETFL, flags | O_NONBLOCK);
	ret = call_next(c);
	saved = errno;
	fcntl(c->fd, F_SETFL, flags);
	errno = saved;
	return ret;
}

/* It never waits: where it would, it fails with ERRNO (EAGAIN) at once. */
FAULT(impatient, "CALL [ERRNO]", 0)
{
	long ret;

	if (call_is_nonblock(c))
		return call_next(c);
	ret = without_waiting(c);
	if (ret == -1 && errno == EAGAIN && use->arg[0].given)
		errno = (int)use->arg[0].n;
	return ret;
}

/* It waits a while, and then gives up with ERRNO. */
FAULT(gives_up, "CALL ERRNO", 0)
{
	if (call_is_nonblock(c))
		return call_next(c);
	for (int i = 0; i < 50; i++) {
		long ret = without_waiting(c);

		if (ret != -1 || errno != EAGAIN)
			return ret;
		nap();
	}
	return fail((int)use->arg[0].n);
}

/* It hangs, where it should fail with ERRNO (0: succeed). */
FAULT(hang, "CALL ERRNO", 0)
{
	long ret = call_next(c);

	if (use->arg[0].n == 0 ? ret == -1 :
				 ret != -1 || errno != use->arg[0].n)
		return ret;
	for (;;)
		pause();
}
