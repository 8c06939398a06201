// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "checks/util_gc.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

/* Between two nudges of the collector. */
#define NUDGE_MS 5

int gc_nudge_until(int fd, int64_t deadline_ns)
{
	struct pollfd p = { .fd = fd };
	int pair[2];

	do {
		if (deadline_ns && clock_now_ns() > deadline_ns)
			return -1;
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
			return -1;
		close(pair[0]);
		close(pair[1]);
		if (poll(&p, 1, NUDGE_MS) < 0 && errno != EINTR)
			return -1;
	} while (!(p.revents & POLLHUP));
	return 0;
}

int gc_nudge_until_hup(int fd)
{
	return gc_nudge_until(fd, 0);
}
