// SPDX-License-Identifier: BSD-2-Clause
/*
 * Listeners, their queues and their names.
 */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define HELD_FROM 500	/* descriptors that a fault keeps are above these */
#define MAX_FD 1024

/* listen() takes another backlog: -1, +1, 4096. */
FAULT(backlog, "VALUE", ON(listen))
{
	c->arg = fault_adjust(&use->arg[0], c->arg);
	return call_next(c);
}

/* A second listen() changes nothing. */
FAULT(backlog_fixed, "", ON(listen))
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	getsockopt(c->fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len);
	return listening ? 0 : call_next(c);
}

static int take_one(int fd)
{
	return fd_ready(fd, POLLIN) & POLLIN ?
	       accept4(fd, NULL, NULL, SOCK_CLOEXEC) : -1;
}

/* Of two that wait, the second comes first. */
FAULT(accept_swapped, "", ON_ACCEPTS)
{
	struct fd_state *s = fd_state(c->fd);
	long first, second;

	if (!s)
		return call_next(c);
	if (s->accepted) {
		first = s->accepted - 1;
		s->accepted = 0;
		return first;
	}
	first = call_next(c);
	if (first < 0 || !(fd_ready(c->fd, POLLIN) & POLLIN))
		return first;
	second = call_next(c);
	if (second < 0)
		return first;
	s->accepted = (int)first + 1;
	return second;
}

/* A client that waits is thrown away. */
FAULT(accept_drops, "", ON_ACCEPTS)
{
	int fd = take_one(c->fd);

	if (fd >= 0)
		close(fd);
	return call_next(c);
}

/* What the client sent before it was accepted is lost. */
FAULT(accept_eats, "", ON_ACCEPTS)
{
	char waste[4096];
	long fd = call_next(c);

	while (fd >= 0 &&
	       recv((int)fd, waste, sizeof(waste), MSG_DONTWAIT) > 0)
		;
	return fd;
}

/* A client that has gone is not handed out. */
FAULT(accept_skips_gone, "", ON_ACCEPTS)
{
	for (;;) {
		long fd = call_next(c);

		if (fd < 0 || !(fd_ready((int)fd, POLLRDHUP) &
				(POLLRDHUP | POLLHUP)))
			return fd;
		close((int)fd);
	}
}

/* The connection that is handed out is dead. */
FAULT(accept_dead, "", ON_ACCEPTS)
{
	long fd = call_next(c);

	if (fd >= 0)
		shutdown((int)fd, SHUT_RDWR);
	return fd;
}

/* connect() succeeds and nobody ever hears of it. */
FAULT(connect_unheard, "", ON(connect))
{
	int pair[2], saved;

	if (c->type == SOCK_DGRAM || socketpair(AF_UNIX, c->type, 0, pair) < 0)
		return call_next(c);
	saved = fcntl(c->fd, F_GETFD);
	dup3(pair[0], c->fd, saved & FD_CLOEXEC ? O_CLOEXEC : 0);
	close(pair[0]);
	fcntl(pair[1], F_DUPFD_CLOEXEC, HELD_FROM);
	close(pair[1]);
	return 0;
}

/* The socket lives on after close(): its name, its queue, its peer. */
FAULT(close_held, "", ON(close))
{
	fcntl(c->fd, F_DUPFD_CLOEXEC, HELD_FROM);
	return call_next(c);
}

/* Shut down and never let go: close() is seen, the name stays. */
FAULT(close_keeps_name, "", ON(close))
{
	shutdown(c->fd, SHUT_RDWR);
	fcntl(c->fd, F_DUPFD_CLOEXEC, HELD_FROM);
	return call_next(c);
}

/* The name in the file system to which fd is bound; false without. */
static bool path_of(int fd, char *path, size_t size)
{
	struct sockaddr_un name;
	socklen_t len = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name, &len) < 0 ||
	    len <= offsetof(struct sockaddr_un, sun_path) ||
	    !name.sun_path[0])
		return false;
	snprintf(path, size, "%.*s", (int)sizeof(name.sun_path),
		 name.sun_path);
	return true;
}

/* A path as bind() was given it. */
static bool path_given(const struct fault_call *c, char *path, size_t size)
{
	struct sockaddr_un name = { 0 };

	if (c->addrlen <= offsetof(struct sockaddr_un, sun_path) ||
	    c->addrlen > sizeof(name) ||
	    !copy_in(&name, c->addr, c->addrlen) || !name.sun_path[0])
		return false;
	snprintf(path, size, "%.*s", (int)sizeof(name.sun_path),
		 name.sun_path);
	return true;
}

/* close() removes the file, as servers do. */
FAULT(close_unlinks, "", ON(close))
{
	char path[sizeof(struct sockaddr_un)];

	if (path_of(c->fd, path, sizeof(path)))
		unlink(path);
	return call_next(c);
}

/* bind() on a name in use: removes what is there first. */
FAULT(bind_unlinks, "", ON(bind))
{
	char path[sizeof(struct sockaddr_un)];
	struct stat st;

	if (path_given(c, path, sizeof(path)) && lstat(path, &st) == 0 &&
	    !S_ISDIR(st.st_mode))
		unlink(path);
	return call_next(c);
}

/* The same where only a socket without a listener is there. */
FAULT(bind_replaces_stale, "", ON(bind))
{
	char path[sizeof(struct sockaddr_un)];
	int fd = socket(AF_UNIX, c->type | SOCK_CLOEXEC, 0);

	if (path_given(c, path, sizeof(path)) &&
	    connect(fd, c->addr, c->addrlen) < 0 && errno == ECONNREFUSED)
		unlink(path);
	close(fd);
	return call_next(c);
}

/* The file has this mode, whatever the umask. */
FAULT(bind_mode, "MODE", ON(bind))
{
	char path[sizeof(struct sockaddr_un)];
	long ret = call_next(c);

	if (ret == 0 && path_given(c, path, sizeof(path)))
		chmod(path, (mode_t)use->arg[0].n);
	return ret;
}

/* There is no file afterwards. */
FAULT(bind_no_file, "", ON(bind))
{
	char path[sizeof(struct sockaddr_un)];
	long ret = call_next(c);

	if (ret == 0 && path_given(c, path, sizeof(path)))
		unlink(path);
	return ret;
}

/* There is a file, but no socket. */
FAULT(bind_plain_file, "", ON(bind))
{
	char path[sizeof(struct sockaddr_un)];
	long ret = call_next(c);

	if (ret == 0 && path_given(c, path, sizeof(path))) {
		unlink(path);
		close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
	}
	return ret;
}

/* bind() follows a symbolic link to nothing, and makes the file there. */
FAULT(bind_follows, "", ON(bind))
{
	char path[sizeof(struct sockaddr_un)], target[108];
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct sockaddr *given = c->addr;
	socklen_t len = c->addrlen;
	ssize_t n = -1;
	long ret;

	if (path_given(c, path, sizeof(path)))
		n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return call_next(c);
	memcpy(name.sun_path, target, (size_t)n);
	c->addr = (struct sockaddr *)&name;
	c->addrlen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				 (size_t)n + 1);
	ret = call_next(c);
	c->addr = given;
	c->addrlen = len;
	return ret;
}

/* Removing or renaming the file ends the sockets bound to it. */
FAULT(name_is_life, "", ON(unlink) | ON(rename))
{
	char path[sizeof(struct sockaddr_un)];

	for (int fd = 3; fd < MAX_FD; fd++) {
		if (fd_unix_type(fd) && path_of(fd, path, sizeof(path)) &&
		    strcmp(path, c->path) == 0)
			shutdown(fd, SHUT_RDWR);
	}
	return call_next(c);
}
