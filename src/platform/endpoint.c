// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "platform/endpoint.h"

#include <stdio.h>
#include <string.h>

int endpoint_socket(int type)
{
	return socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int endpoint_pair(int type, int fd[2])
{
	return socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd);
}

void endpoint_name(struct endpoint *e)
{
	static unsigned int serial;

	memset(&e->addr, 0, sizeof(e->addr));
	e->addr.sun_family = AF_UNIX;
	snprintf(e->addr.sun_path, sizeof(e->addr.sun_path), "socket-%u",
		 ++serial);
	e->len = sizeof(e->addr);
}

int endpoint_bind(struct endpoint *e, int type)
{
	endpoint_name(e);
	e->fd = endpoint_socket(type);
	if (e->fd < 0)
		return -1;
	return bind(e->fd, (struct sockaddr *)&e->addr, e->len);
}

int endpoint_listen(struct endpoint *e, int type, int backlog)
{
	if (endpoint_bind(e, type) < 0)
		return -1;
	return listen(e->fd, backlog);
}
