// SPDX-License-Identifier: BSD-2-Clause
/* getsockopt() and setsockopt(). */
#define _GNU_SOURCE
#include "witness.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

WITNESS(option_unknown, "ENOPROTOOPT")
{
	answer(set_option(new_socket(SOCK_STREAM), 10000, 1));
}

WITNESS(option_read_only, "ENOPROTOOPT")
{
	answer(set_option(new_socket(SOCK_STREAM), SO_TYPE, 1));
}

WITNESS(option_other_level, "EOPNOTSUPP EOPNOTSUPP")
{
	int fd = new_socket(SOCK_STREAM), value = 1;
	socklen_t len = sizeof(value);

	answer(setsockopt(fd, IPPROTO_IP, 1, &value, len));
	answer(getsockopt(fd, IPPROTO_IP, 1, &value, &len));
}

WITNESS(option_short_room, "0 1")
{
	char room;
	socklen_t len = 1;

	answer(getsockopt(new_socket(SOCK_STREAM), SOL_SOCKET, SO_TYPE, &room,
			  &len));
	answer(len);
}

WITNESS(option_bind_device, "0")
{
	if (geteuid() != 0)
		cannot("needs root");
	answer(setsockopt(new_socket(SOCK_STREAM), SOL_SOCKET, SO_BINDTODEVICE,
			  "lo", 3));
}

WITNESS(option_flags, "0 1 0")
{
	int fd = new_socket(SOCK_STREAM);

	answer(set_option(fd, SO_DONTROUTE, 1));
	answer(option(fd, SO_DONTROUTE));
	answer(option(fd, SO_PRIORITY));
}

WITNESS(option_lowat, "0 2")
{
	int fd = new_socket(SOCK_STREAM);

	answer(set_option(fd, SO_RCVLOWAT, 2));
	answer(option(fd, SO_RCVLOWAT));
}

WITNESS(option_lowat_waits, "1 waited")
{
	int end[2];
	char data[2];

	pair(SOCK_STREAM, end);
	must(set_option(end[1], SO_RCVLOWAT, 2));
	must((int)send(end[0], "x", 1, 0));
	tick(0);
	answer(recv(end[1], data, 2, 0));
	answer_text(ticks() ? "waited" : "at-once");
}

WITNESS(option_peek_off, "-1 0")
{
	int fd = new_socket(SOCK_STREAM), value = 99;
	socklen_t len = sizeof(value);
	int ret = getsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &value, &len);

	if (ret < 0)
		answer(-1);
	else
		answer_text(value == -1 ? "-1" : "another");
	answer(set_option(fd, SO_PEEK_OFF, 0));
}

WITNESS(option_peer_name, "0 1")
{
	struct sockaddr_un un;
	socklen_t len = sizeof(sa_family_t);
	int end[2];

	connection(SOCK_STREAM, end);
	un.sun_family = 0;
	answer(getsockopt(end[0], SOL_SOCKET, SO_PEERNAME, &un, &len));
	answer(un.sun_family);
}

WITNESS(option_timestamp, "0 1 1")
{
	char control[100], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int end[2];

	pair(SOCK_DGRAM, end);
	answer(set_option(end[1], SO_TIMESTAMP, 1));
	answer(option(end[1], SO_TIMESTAMP));
	must((int)send(end[0], "x", 1, 0));
	must((int)recvmsg(end[1], &msg, 0));
	answer(msg.msg_controllen != 0);
}

WITNESS(option_privileged, "EPERM EPERM")
{
	int fd = new_socket(SOCK_STREAM);

	if (geteuid() == 0)
		must(setresuid(65534, 65534, 65534));
	answer(set_option(fd, SO_SNDBUFFORCE, 4096));
	answer(set_option(fd, SO_MARK, 1));
}

WITNESS(option_mark, "0 5")
{
	int fd = new_socket(SOCK_STREAM);

	if (geteuid() != 0)
		cannot("needs root");
	answer(set_option(fd, SO_MARK, 5));
	answer(option(fd, SO_MARK));
}

WITNESS(option_buffer_forced, "0 8388608")
{
	int fd = new_socket(SOCK_STREAM);

	if (geteuid() != 0)
		cannot("needs root");
	answer(set_option(fd, SO_SNDBUFFORCE, 4194304));
	answer(option(fd, SO_SNDBUF));
}

WITNESS(option_buffer_capped, "twice the maximum")
{
	int fd = new_socket(SOCK_STREAM);
	FILE *f = fopen("/proc/sys/net/core/wmem_max", "r");
	int most;

	if (!f || fscanf(f, "%d", &most) != 1)
		cannot("no net.core.wmem_max");
	must(set_option(fd, SO_SNDBUF, 0x7fffffff));
	answer_text(option(fd, SO_SNDBUF) == 2 * most ? "twice the maximum" :
							"another");
	fclose(f);
}

WITNESS(option_buffer_minimum, "4608 2304|2048 256")
{
	int fd = new_socket(SOCK_STREAM);

	must(set_option(fd, SO_SNDBUF, 0));
	must(set_option(fd, SO_RCVBUF, 0));
	answer(option(fd, SO_SNDBUF));
	answer(option(fd, SO_RCVBUF));
}

WITNESS(option_zerocopy, "EOPNOTSUPP|errno-524")
{
	answer(set_option(new_socket(SOCK_STREAM), SO_ZEROCOPY, 1));
}

/* A program that takes no message. */
static const struct sock_filter nothing[] = { { BPF_RET | BPF_K, 0, 0, 0 } };

WITNESS(filter_drops, "0 EAGAIN")
{
	struct sock_fprog program = { 1, (struct sock_filter *)nothing };
	int end[2];
	char byte;

	pair(SOCK_DGRAM, end);
	answer(setsockopt(end[1], SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program)));
	send(end[0], "x", 1, 0);
	answer(recv(end[1], &byte, 1, MSG_DONTWAIT));
}

WITNESS(filter_detach_none, "ENOENT")
{
	answer(set_option(new_socket(SOCK_DGRAM), SO_DETACH_FILTER, 0));
}

WITNESS(filter_lock, "0 1")
{
	int fd = new_socket(SOCK_DGRAM);

	answer(set_option(fd, SO_LOCK_FILTER, 1));
	answer(option(fd, SO_LOCK_FILTER));
}
