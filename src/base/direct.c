// SPDX-License-Identifier: BSD-2-Clause
/*
 * musl judges some calls itself: its sendmsg() takes a kilobyte of control data
 * and no more, sendmmsg() is a loop over it, and accept4() drops the flags that
 * the kernel refuses.  What is judged here is the kernel, so these functions
 * take their place.  The halves of a msghdr and a cmsghdr that musl calls
 * padding belong to lengths of the kernel's: ours are initialized, so zero.
 */
#include "config.h"

#include "base/direct.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef HAVE_PREADV2
/* A position takes two words, and -1 is -1 in both. */
ssize_t preadv2(int fd, const struct iovec *iov, int n, off_t pos, int flags)
{
	return syscall(SYS_preadv2, fd, iov, n, (long)pos, (long)pos, flags);
}

ssize_t pwritev2(int fd, const struct iovec *iov, int n, off_t pos, int flags)
{
	return syscall(SYS_pwritev2, fd, iov, n, (long)pos, (long)pos, flags);
}
#endif

#ifndef __GLIBC__

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
