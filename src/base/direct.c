// SPDX-License-Identifier: BSD-2-Clause
/*
 * musl judges some calls itself: its sendmsg() takes a kilobyte of control data
 * and no more, sendmmsg() is a loop over it, and accept4() drops the flags that
 * the kernel refuses.  What is judged here is the kernel, so these functions
 * take their place.  The halves of a msghdr and a cmsghdr that musl calls
 * padding belong to lengths of the kernel's: ours are initialized, so zero.
 */
#include "config.h"

#include <features.h>

#ifdef __GLIBC__

typedef int direct_is_empty;

#else

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return syscall(SYS_sendmsg, fd, msg, flags);
}

int sendmmsg(int fd, struct mmsghdr *msgs, unsigned int n, unsigned int flags)
{
	return (int)syscall(SYS_sendmmsg, fd, msgs, n, flags);
}

int accept4(int fd, struct sockaddr *restrict addr, socklen_t *restrict len,
	    int flags)
{
	return (int)syscall(SYS_accept4, fd, addr, len, flags);
}

#endif
