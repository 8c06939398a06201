// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a descriptor is, asked of the system, and what faults remember of it.
 */
#include "config.h"

#include "fault.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_STATES 4096

static struct fd_state states[MAX_STATES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int fd_unix_type(int fd)
{
	int domain = 0, type = 0;
	socklen_t len = sizeof(domain);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 ||
	    domain != AF_UNIX)
		return 0;
	len = sizeof(type);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return 0;
	return type;
}

bool fd_is_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && flags & O_NONBLOCK;
}

bool call_is_nonblock(const struct fault_call *c)
{
	return (is(c, ON_SENDS | ON_RECVS) && c->flags & MSG_DONTWAIT) ||
	       fd_is_nonblock(c->fd);
}

int fd_ready(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = (short)events };

	return poll(&p, 1, 0) > 0 ? p.revents : 0;
}

bool nap(void)
{
	struct timespec ts = { .tv_nsec = 1000000 };

	return nanosleep(&ts, NULL) == 0;
}

struct fd_state *fd_state(int fd)
{
	return fd >= 0 && fd < MAX_STATES ? &states[fd] : NULL;
}

void fd_forget(int fd)
{
	struct fd_state *s = fd_state(fd);

	if (!s)
		return;
	fault_lock();
	held_drop(&s->held);
	memset(s, 0, sizeof(*s));
	fault_unlock();
}

void fault_lock(void)
{
	pthread_mutex_lock(&lock);
}

void fault_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

/* A child of fork() must not inherit a lock that nobody will release. */
__attribute__((constructor)) static void watch_fork(void)
{
	pthread_atfork(fault_lock, fault_unlock, fault_unlock);
}
