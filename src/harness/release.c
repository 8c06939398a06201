// SPDX-License-Identifier: BSD-2-Clause
/*
 * A feature counts as there when it answers as itself: an option that is read
 * as 0 or 1, SO_INQ, which can only be set, when it is taken and an option of
 * nobody is not, and an urgent byte when poll() tells of it.
 */
#include "config.h"

#include "harness/release.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/cleanup.h"

/* The headers at hand may be older than the kernel. */
#define OPTION_RCVMARK 75
#define OPTION_PASSPIDFD 76
#define OPTION_PASSRIGHTS 83
#define OPTION_INQ 84
#define OPTION_NOBODYS 10000

static bool has_option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 &&
	       len == sizeof(value) && (value == 0 || value == 1);
}

static bool takes_option(int fd, int name)
{
	int off = 0;

	return setsockopt(fd, SOL_SOCKET, name, &off, sizeof(off)) == 0;
}

/* Who ignores MSG_OOB has an ordinary byte there. */
static bool has_urgent_data(int from, int to)
{
	struct pollfd p = { to, POLLPRI, 0 };

	return send(from, "u", 1, MSG_OOB | MSG_NOSIGNAL) == 1 &&
	       poll(&p, 1, 0) == 1 && (p.revents & POLLPRI);
}

static bool kernel_has(enum release release)
{
	cleanup_close int a = -1, b = -1;
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
		return false;
	a = fd[0];
	b = fd[1];
	switch (release) {
	case RELEASE_5_15:
		return has_urgent_data(a, b);
	case RELEASE_5_19:
		return has_option(a, OPTION_RCVMARK);
	case RELEASE_6_5:
		return has_option(a, OPTION_PASSPIDFD);
	case RELEASE_6_16:
		return has_option(a, OPTION_PASSRIGHTS);
	case RELEASE_6_17:
		return takes_option(a, OPTION_INQ) &&
		       !takes_option(a, OPTION_NOBODYS);
	case RELEASE_NONE:
	case RELEASE_COUNT:
		break;
	}
	return false;
}

enum release release_newest(bool (*has)(enum release release))
{
	int newest = RELEASE_COUNT - 1;

	while (newest > RELEASE_NONE && !has((enum release)newest))
		newest--;
	return (enum release)newest;
}

bool release_proven(enum release least)
{
	static int newest = -1;

	if (newest < 0)
		newest = (int)release_newest(kernel_has);
	return newest >= (int)least;
}
