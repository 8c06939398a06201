// SPDX-License-Identifier: BSD-2-Clause
/* Which types of socket there are, each with a byte that went through one. */
#include "config.h"

#include <errno.h>
#include <unistd.h>

#include "base/names.h"
#include "platform/endpoint.h"
#include "platform/probe.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void find_type(struct fact *f, int type)
{
	int fd[2];
	char byte = 'x';

	if (endpoint_socket(type) < 0) {
		fact_no(f, errno, "socket() refuses it");
		return;
	}
	if (endpoint_pair(type, fd) < 0) {
		fact_yes(f, "but socketpair() fails with %s", name_errno(errno));
		return;
	}
	if (send(fd[0], &byte, 1, 0) != 1 || recv(fd[1], &byte, 1, 0) != 1)
		fact_yes(f, "but a byte fails with %s", name_errno(errno));
	else
		fact_yes(f, "socket() and socketpair()");
}

/* SOCK_RAW has been another word for SOCK_DGRAM since Linux 1.3. */
static void find_raw(struct fact *f, int arg)
{
	int fd = endpoint_socket(SOCK_RAW);
	int type = -1;
	socklen_t len = sizeof(type);

	(void)arg;
	if (fd < 0)
		fact_no(f, errno, "socket() refuses it");
	else if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		fact_unknown(f, errno, "SO_TYPE fails");
	else
		fact_yes(f, "becomes %s", name_socket_type(type));
}

static const struct probe probes[] = {
	{ "type-stream", "SOCK_STREAM", find_type, SOCK_STREAM },
	{ "type-dgram", "SOCK_DGRAM", find_type, SOCK_DGRAM },
	{ "type-seqpacket", "SOCK_SEQPACKET", find_type, SOCK_SEQPACKET },
	{ "type-raw", "SOCK_RAW", find_raw, 0 },
	{ "type-rdm", "SOCK_RDM", find_type, SOCK_RDM },
};

const struct probe_group probe_types = {
	"Types", probes, COUNT(probes),
};
