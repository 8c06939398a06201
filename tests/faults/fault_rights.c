// SPDX-License-Identifier: BSD-2-Clause
/*
 * Descriptors on their way: kept open by the sender's side, or not the
 * sender's open file when they arrive.
 */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_FDS 300
#define KEPT_FROM 500		/* above what a case has open */
#define MOVED_FROM 100

/* The descriptors in control data, and where they are. */
static size_t listed(const struct msghdr *msg, int *fds, unsigned char **at)
{
	unsigned char *base = msg->msg_control;
	size_t left = msg->msg_controllen, n;
	struct cmsghdr head;

	if (left > CMSG_SPACE(MAX_FDS * sizeof(int)) ||
	    left < CMSG_LEN(sizeof(int)) ||
	    !copy_in(&head, base, sizeof(head)) ||
	    head.cmsg_level != SOL_SOCKET || head.cmsg_type != SCM_RIGHTS ||
	    head.cmsg_len < CMSG_LEN(0) || head.cmsg_len > left)
		return 0;
	n = (head.cmsg_len - CMSG_LEN(0)) / sizeof(int);
	*at = base + CMSG_LEN(0);
	if (n > MAX_FDS || !copy_in(fds, *at, n * sizeof(int)))
		return 0;
	return n;
}

/* What was in the first header of a message, sent or not, is never closed. */
FAULT(rights_kept, "", ON(sendmsg))
{
	struct msghdr given;
	int fds[MAX_FDS], saved;
	unsigned char *at;
	size_t n = 0;
	long ret;

	if (copy_in(&given, c->msg, sizeof(given)))
		n = listed(&given, fds, &at);
	ret = call_next(c);
	saved = errno;
	for (size_t i = 0; i < n; i++)
		fcntl(fds[i], F_DUPFD_CLOEXEC, KEPT_FROM);
	errno = saved;
	return ret;
}

/* What arrives is the same file, opened anew, for reading and writing. */
FAULT(rights_reopened, "", ON(recvmsg))
{
	long ret = call_next(c);
	int fds[MAX_FDS];
	unsigned char *at;
	size_t n = ret < 0 ? 0 : listed(c->msg, fds, &at);

	for (size_t i = 0; i < n; i++) {
		char path[40];
		int fd;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[i]);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		dup3(fd, fds[i], O_CLOEXEC);
		close(fd);
	}
	return ret;
}

/* It gets a number from higher up. */
FAULT(rights_moved, "", ON(recvmsg))
{
	long ret = call_next(c);
	int fds[MAX_FDS];
	unsigned char *at;
	size_t n = ret < 0 ? 0 : listed(c->msg, fds, &at);

	for (size_t i = 0; i < n; i++) {
		int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, MOVED_FROM);

		close(fds[i]);
		memcpy(at + i * sizeof(fd), &fd, sizeof(fd));
	}
	return ret;
}
