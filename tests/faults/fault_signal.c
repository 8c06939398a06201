// SPDX-License-Identifier: BSD-2-Clause
/* Signals that come with calls. */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <signal.h>

/* One SIGPIPE more with each EPIPE, whatever the type and the flags. */
FAULT(sigpipe_too, "", ON_SENDS)
{
	long ret = call_next(c);
	int saved = errno;

	if (ret < 0 && saved == EPIPE)
		raise(SIGPIPE);
	errno = saved;
	return ret;
}

/* A wait goes on with the signal mask that the thread has. */
FAULT(mask_ignored, "", ON(ppoll) | ON(pselect) | ON(epoll_pwait))
{
	void *mask = c->ptr;
	long ret;

	c->ptr = NULL;
	ret = call_next(c);
	c->ptr = mask;
	return ret;
}

/* A signal that nobody asked for comes with each success. */
FAULT(raise, "CALL SIGNAL", 0)
{
	long ret = call_next(c);
	int saved = errno;

	if (ret >= 0)
		raise((int)use->arg[0].n);
	errno = saved;
	return ret;
}
