// SPDX-License-Identifier: BSD-2-Clause
/*
 * Nothing here waits: AF_UNIX has done what it does when the call that
 * causes it returns.
 */
#include "config.h"

#include "checks/util_poll.h"

#include <errno.h>

#include "base/names.h"
#include "harness/expect.h"

#define EPOLL_ALL (EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDBAND)

int poll_epoll(struct env *env)
{
	return env_own(env, epoll_create1(EPOLL_CLOEXEC));
}

int poll_add(int epoll, int fd, unsigned int flags)
{
	struct epoll_event e = { .events = EPOLL_ALL | flags, .data.fd = fd };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

unsigned int poll_bits(unsigned int events)
{
	/* Some architectures number the two families differently. */
	static const struct {
		unsigned int epoll, poll;
	} table[] = {
		{ EPOLLIN, POLLIN },
		{ EPOLLPRI, POLLPRI },
		{ EPOLLOUT, POLLOUT },
		{ EPOLLERR, POLLERR },
		{ EPOLLHUP, POLLHUP },
		{ EPOLLRDNORM, POLLRDNORM },
		{ EPOLLRDBAND, POLLRDBAND },
		{ EPOLLWRNORM, POLLWRNORM },
		{ EPOLLWRBAND, POLLWRBAND },
		{ EPOLLRDHUP, POLLRDHUP },
	};
	unsigned int bits = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (events & table[i].epoll)
			bits |= table[i].poll;
	}
	return bits;
}

int poll_next(int epoll)
{
	struct epoll_event e[2];
	int n = epoll_wait(epoll, e, 2, 0);

	if (n > 1) {
		errno = E2BIG;
		return -1;
	}
	return n == 1 ? (int)poll_bits(e[0].events) : n;
}

void poll_expect(int epoll, unsigned int bits)
{
	int got = poll_next(epoll);

	if (got < 0)
		EXPECT_OK(got);
	else
		EXPECT_THAT((unsigned int)got == bits,
			    "epoll_wait() reports %s, not %s",
			    name_poll((unsigned int)got), name_poll(bits));
}

void watch_start(struct env *env, struct watch *w, int fd)
{
	w->fd = fd;
	w->level = SETUP(poll_epoll(env));
	w->edge = SETUP(poll_epoll(env));
	SETUP(poll_add(w->level, fd, EPOLLRDHUP));
	SETUP(poll_add(w->edge, fd, EPOLLRDHUP | EPOLLET));
	poll_next(w->edge);
}

static void expect_level(const struct watch *w, unsigned int bits)
{
	for (int i = 0; i < 2; i++) {
		EXPECT_POLL(bits, w->fd, POLL_ALL);
		poll_expect(w->level, bits);
	}
}

void watch_expect(struct watch *w, unsigned int bits)
{
	expect_level(w, bits);
	poll_expect(w->edge, bits);
	poll_expect(w->edge, 0);
}

void watch_expect_quiet(struct watch *w, unsigned int bits)
{
	expect_level(w, bits);
	poll_expect(w->edge, 0);
}
