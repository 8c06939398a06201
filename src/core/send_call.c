// SPDX-License-Identifier: BSD-2-Clause
/*
 * write() has no flags: an attempt that must not block is made with send().
 */
#include "config.h"

#include "core/send_call.h"

#include <sys/socket.h>
#include <unistd.h>

static struct msghdr message_of(const struct uds_send_options *options,
				struct iovec *iov)
{
	return (struct msghdr) {
		.msg_name = (void *)options->dest,
		.msg_namelen = options->dest ? options->dest_len : 0,
		.msg_iov = iov,
		.msg_iovlen = 1,
	};
}

ssize_t uds_send_one(const struct uds_send_options *options,
		     struct iovec *iov, int flags)
{
	struct mmsghdr mmsg = { .msg_hdr = message_of(options, iov) };
	int fd = options->fd;

	switch (options->call) {
	case UDS_CALL_SEND:
		break;
	case UDS_CALL_MSG:
		return sendmsg(fd, &mmsg.msg_hdr, flags);
	case UDS_CALL_MMSG:
		return sendmmsg(fd, &mmsg, 1, flags) < 0 ? -1 :
		       (ssize_t)mmsg.msg_len;
	case UDS_CALL_WRITE:
		if (!(flags & MSG_DONTWAIT))
			return write(fd, iov->iov_base, iov->iov_len);
		break;
	}
	return sendto(fd, iov->iov_base, iov->iov_len, flags, options->dest,
		      options->dest ? options->dest_len : 0);
}

int uds_send_many(const struct uds_send_options *options, struct iovec *iov,
		  unsigned int n, int flags)
{
	struct mmsghdr mmsg[UDS_MAX_BATCH];
	int n_taken;

	for (unsigned int i = 0; i < n; i++)
		mmsg[i] = (struct mmsghdr) {
			.msg_hdr = message_of(options, &iov[i]),
		};
	n_taken = sendmmsg(options->fd, mmsg, n, flags);
	for (int i = 0; i < n_taken; i++)
		if (mmsg[i].msg_len != iov[i].iov_len)
			return i;
	return n_taken;
}
