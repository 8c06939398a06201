/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What poll() and epoll report, with all bits asked for, so that a bit too
 * many is seen as well as one that is missing.  The second names of readable
 * and writable (POLLRDNORM, POLLWRNORM, POLLWRBAND) are left to the one check
 * that is about them.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_POLL_H
#define SOCKSPEC_CHECKS_UTIL_POLL_H

#include <poll.h>
#include <stdbool.h>
#include <sys/epoll.h>

#include "harness/env.h"

#define POLL_END (POLLIN | POLLRDHUP)
#define POLL_ALL (POLLIN | POLLOUT | POLLPRI | POLLRDBAND | POLLRDHUP)

/* A descriptor in two epoll instances. */
struct watch {
	int fd;
	int level;
	int edge;
};

/** poll_epoll: a new epoll instance, owned by the env; or -1. */
int poll_epoll(struct env *env);

/**
 * poll_add: EPOLL_CTL_ADD of fd with these flags, and all bits but
 * EPOLLRDHUP; 0 or -1.
 */
int poll_add(int epoll, int fd, unsigned int flags);

/** poll_bits: EPOLL* bits as POLL* bits. */
unsigned int poll_bits(unsigned int events);

/**
 * poll_next: the bits that epoll_wait() reports now, as POLL* bits, 0 when
 * there are none; -1 with errno, or when it reports more than one descriptor.
 */
int poll_next(int epoll);

/** poll_expect: judge that epoll_wait() reports exactly these bits now. */
void poll_expect(int epoll, unsigned int bits);

/** watch_start: watch fd; what it reports at the start is taken away. */
void watch_start(struct env *env, struct watch *w, int fd);

/**
 * watch_expect: judge that poll() and level-triggered epoll report exactly
 * this, as often as they are asked, and that edge-triggered epoll reports it
 * once.  What the caller put into CONTEXT() names the transition.
 */
void watch_expect(struct watch *w, unsigned int bits);

/** watch_expect_quiet: the same state, and no edge. */
void watch_expect_quiet(struct watch *w, unsigned int bits);

#endif
