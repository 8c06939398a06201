// SPDX-License-Identifier: BSD-2-Clause
/* Calls that fail, and have done something all the same. */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <unistd.h>

/* recvmsg(): the header is written back. */
FAULT(header_on_error, "", ON(recvmsg))
{
	long ret = call_next(c);
	int saved = errno;

	(void)use;
	if (ret < 0 && saved == EAGAIN) {
		c->msg->msg_flags = 0;
		c->msg->msg_namelen = 0;
	}
	errno = saved;
	return ret;
}

/* A receive into bad memory has taken a byte, or a message. */
FAULT(efault_eats, "", ON_RECVS)
{
	long ret = call_next(c);
	int saved = errno;
	char byte;

	(void)use;
	if (ret < 0 && saved == EFAULT && recv(c->fd, &byte, 1, MSG_DONTWAIT) < 0)
		saved = EIO;
	errno = saved;
	return ret;
}

/* A send from bad memory has sent a byte. */
FAULT(efault_sends, "", ON_SENDS)
{
	long ret = call_next(c);
	int saved = errno;

	(void)use;
	if (ret < 0 && saved == EFAULT &&
	    send(c->fd, "e", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		saved = EIO;
	errno = saved;
	return ret;
}
