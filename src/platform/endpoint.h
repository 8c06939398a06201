/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets for the probes: non-blocking, so that no probe can sleep in one,
 * and named in the directory that the probe works in.
 */
#ifndef SOCKSPEC_PLATFORM_ENDPOINT_H
#define SOCKSPEC_PLATFORM_ENDPOINT_H

#include <sys/socket.h>
#include <sys/un.h>

struct endpoint {
	int fd;
	struct sockaddr_un addr;
	socklen_t len;
};

/*
 * All return 0, or -1 with errno, as the calls that they make do; what they
 * opened stays open in the probe's process when they fail.
 */
int endpoint_socket(int type);		/* the descriptor */
int endpoint_pair(int type, int fd[2]);
int endpoint_bind(struct endpoint *e, int type);
int endpoint_listen(struct endpoint *e, int type, int backlog);

/** endpoint_name: a fresh pathname in e->addr, not bound. */
void endpoint_name(struct endpoint *e);

#endif
