// SPDX-License-Identifier: BSD-2-Clause
/*
 * The families that a check can be held against, each with a byte that went
 * through it on this machine: that the family exists is not enough.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/probe.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define WAIT_MS 1000

enum { TCP4, TCP6, UDP4, UDP6, SCTP4, VSOCK };

static const struct {
	int family;
	int type;
	int protocol;
} kinds[] = {
	[TCP4] = { AF_INET, SOCK_STREAM, 0 },
	[TCP6] = { AF_INET6, SOCK_STREAM, 0 },
	[UDP4] = { AF_INET, SOCK_DGRAM, 0 },
	[UDP6] = { AF_INET6, SOCK_DGRAM, 0 },
	[SCTP4] = { AF_INET, SOCK_STREAM, IPPROTO_SCTP },
	[VSOCK] = { AF_VSOCK, SOCK_STREAM, 0 },
};

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_vm vm;
};

static socklen_t loopback(union address *a, int family)
{
	memset(a, 0, sizeof(*a));
	a->sa.sa_family = (sa_family_t)family;
	switch (family) {
	case AF_INET:
		a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(a->in);
	case AF_INET6:
		a->in6.sin6_addr = in6addr_loopback;
		return sizeof(a->in6);
	default:
		a->vm.svm_cid = VMADDR_CID_LOCAL;
		a->vm.svm_port = VMADDR_PORT_ANY;
		return sizeof(a->vm);
	}
}

static int open_socket(int kind)
{
	return socket(kinds[kind].family,
		      kinds[kind].type | SOCK_NONBLOCK | SOCK_CLOEXEC,
		      kinds[kind].protocol);
}

static bool becomes_ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (poll(&p, 1, WAIT_MS) == 1)
		return true;
	errno = ETIMEDOUT;
	return false;
}

/* A byte from fd to peer. */
static void exchange(struct fact *f, int fd, int peer)
{
	char byte = 'x';

	if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1)
		fact_no(f, errno, "send() on the loopback fails");
	else if (!becomes_ready(peer, POLLIN) || recv(peer, &byte, 1, 0) != 1)
		fact_no(f, errno, "nothing arrives on the loopback");
	else
		fact_have(f);
}

static bool connects(int fd, const union address *a, socklen_t len)
{
	int err = 0;
	socklen_t err_len = sizeof(err);

	if (connect(fd, &a->sa, len) == 0)
		return true;
	if (errno != EINPROGRESS || !becomes_ready(fd, POLLOUT))
		return false;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &err_len);
	errno = err;
	return err == 0;
}

static void find_control(struct fact *f, int kind)
{
	bool listens = kinds[kind].type == SOCK_STREAM;
	int server = open_socket(kind), client = open_socket(kind);
	union address a;
	socklen_t len = loopback(&a, kinds[kind].family);
	int accepted = server;

	if (server < 0 || client < 0) {
		fact_no(f, errno, "socket() refuses it");
		return;
	}
	if (bind(server, &a.sa, len) < 0 || getsockname(server, &a.sa, &len) < 0) {
		fact_no(f, errno, "the loopback address cannot be bound");
		return;
	}
	if (listens && listen(server, 1) < 0) {
		fact_no(f, errno, "listen() fails");
		return;
	}
	if (!connects(client, &a, len)) {
		fact_no(f, errno, "connect() over the loopback fails");
		return;
	}
	if (listens) {
		if (becomes_ready(server, POLLIN))
			accepted = accept(server, NULL, NULL);
		else
			accepted = -1;
	}
	if (accepted < 0)
		fact_no(f, errno, "accept() fails");
	else
		exchange(f, client, accepted);
}

static const struct probe probes[] = {
	{ "tcp4", "TCP over IPv4", find_control, TCP4 },
	{ "tcp6", "TCP over IPv6", find_control, TCP6 },
	{ "udp4", "UDP over IPv4", find_control, UDP4 },
	{ "udp6", "UDP over IPv6", find_control, UDP6 },
	{ "sctp", "SCTP over IPv4", find_control, SCTP4 },
	{ "vsock", "vsock", find_control, VSOCK },
};

const struct probe_group probe_controls = {
	"Controls", probes, COUNT(probes),
};
