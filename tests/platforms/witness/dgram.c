// SPDX-License-Identifier: BSD-2-Clause
/* Datagram sockets that have, lose or are refused a peer. */
#define _GNU_SOURCE
#include "witness.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int to_name(int fd, const struct name *name)
{
	return (int)sendto(fd, "x", 1, MSG_DONTWAIT,
			   (const struct sockaddr *)&name->un, name->len);
}

static const struct name unspec = { .un = { .sun_family = AF_UNSPEC },
				    .len = sizeof(sa_family_t) };

WITNESS(third_party, "EPERM EPERM")
{
	struct name here = name_abstract(), there = name_abstract();
	int fd = bound(SOCK_DGRAM, &here);

	bound(SOCK_DGRAM, &there);
	must(connect_to(fd, &there));
	answer(to_name(new_socket(SOCK_DGRAM), &here));
	answer(connect_to(new_socket(SOCK_DGRAM), &here));
}

WITNESS(another_peer_purges, "EAGAIN")
{
	struct name name[3] = { name_abstract(), name_abstract(),
				name_abstract() };
	int fd = bound(SOCK_DGRAM, &name[0]), peer;
	char byte;

	peer = bound(SOCK_DGRAM, &name[1]);
	bound(SOCK_DGRAM, &name[2]);
	must(connect_to(fd, &name[1]));
	must(to_name(peer, &name[0]));
	must(connect_to(fd, &name[2]));
	answer(recv(fd, &byte, 1, MSG_DONTWAIT));
}

WITNESS(unspec_of_two_bytes, "0 ENOTCONN")
{
	int end[2];

	named_pair(end);
	answer(connect_to(end[0], &unspec));
	answer(send(end[0], "x", 1, MSG_DONTWAIT));
}

WITNESS(failed_send_purges, "EAGAIN")
{
	int end[2];
	char byte;

	pair(SOCK_DGRAM, end);
	must((int)send(end[1], "x", 1, 0));
	close(end[1]);
	if (send(end[0], "x", 1, 0) == 1)
		cannot("the peer was there");
	answer(recv(end[0], &byte, 1, MSG_DONTWAIT));
}

WITNESS(name_read_at_reception, "some")
{
	struct name there = name_abstract(), here = name_abstract(), got;
	int to = bound(SOCK_DGRAM, &there), fd = new_socket(SOCK_DGRAM);
	char byte;

	must(to_name(fd, &there));
	must(bind_to(fd, &here));
	got.len = sizeof(got.un);
	must((int)recvfrom(to, &byte, 1, MSG_DONTWAIT,
			   (struct sockaddr *)&got.un, &got.len));
	answer_text(got.len == here.len ? "some" : "none");
}

WITNESS(name_of_closed_peer, "the name")
{
	struct name there = name_abstract(), got = { .len = sizeof(got.un) };
	int to = bound(SOCK_DGRAM, &there), fd = client(SOCK_DGRAM, &there);

	close(to);
	must(getpeername(fd, (struct sockaddr *)&got.un, &got.len));
	answer_text(got.len == there.len ? "the name" : "another");
}

WITNESS(recvmsg_no_name_room, "the length")
{
	struct name there = name_abstract(), here = name_abstract();
	int to = bound(SOCK_DGRAM, &there), fd = bound(SOCK_DGRAM, &here);
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_name = &byte };

	must(to_name(fd, &there));
	must((int)recvmsg(to, &msg, 0));
	answer_text(msg.msg_namelen == here.len ? "the length" : "another");
}

WITNESS(recvfrom_no_address, "1 7")
{
	struct name there = name_abstract(), here = name_abstract();
	int to = bound(SOCK_DGRAM, &there), fd = bound(SOCK_DGRAM, &here);
	socklen_t len = 7;
	char byte;

	must(to_name(fd, &there));
	answer(recvfrom(to, &byte, 1, 0, NULL, &len));
	answer(len);
}

WITNESS(bad_data_before_name, "EFAULT")
{
	struct name name = name_path("none");

	answer(sendto(new_socket(SOCK_DGRAM), inaccessible(), 1, 0,
		      (struct sockaddr *)&name.un, name.len));
}

WITNESS(shut_write_sendto, "EPIPE")
{
	struct name name = name_abstract();
	int end[2];

	bound(SOCK_DGRAM, &name);
	pair(SOCK_DGRAM, end);
	must(shutdown(end[0], SHUT_WR));
	answer(to_name(end[0], &name));
}
