/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that go to the kernel where the C library does not get there: preadv2()
 * and pwritev2() before musl 1.2.5.  What musl judges itself needs no more than
 * to be linked (direct.c).
 */
#ifndef SOCKSPEC_BASE_DIRECT_H
#define SOCKSPEC_BASE_DIRECT_H

#include <sys/types.h>
#include <sys/uio.h>

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x8
#endif
#ifndef RWF_NOSIGNAL
#define RWF_NOSIGNAL 0x100
#endif

#ifndef HAVE_PREADV2
/* The position has to be -1. */
ssize_t preadv2(int fd, const struct iovec *iov, int n, off_t pos, int flags);
ssize_t pwritev2(int fd, const struct iovec *iov, int n, off_t pos, int flags);
#endif

#endif
