// SPDX-License-Identifier: BSD-2-Clause
/* Descriptors that go with data. */
#define _GNU_SOURCE
#include "witness.h"

#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* How many descriptors are in m. */
static int descriptors(struct message *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(&m->hdr);

	return c && c->cmsg_type == SCM_RIGHTS ?
		       (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int)) :
		       0;
}

/* The end of a pipe whose other end went to sock only. */
static int token_sent(int sock)
{
	int pipe_fd[2];

	must(pipe(pipe_fd));
	must(send_fd(sock, pipe_fd[1]));
	close(pipe_fd[1]);
	return pipe_fd[0];
}

static void answer_freed(int fd)
{
	struct pollfd p = { .fd = fd };

	must(poll(&p, 1, 300));
	answer_text(p.revents & POLLHUP ? "freed" : "held");
}

WITNESS(rights_freed_with_receiver, "freed")
{
	int end[2], token;

	pair(SOCK_STREAM, end);
	token = token_sent(end[0]);
	close(end[1]);
	answer_freed(token);
}

WITNESS(rights_freed_with_listener, "freed")
{
	struct name name = name_abstract();
	int fd = listener(SOCK_STREAM, &name, 1);
	int token = token_sent(client(SOCK_STREAM, &name));

	close(fd);
	answer_freed(token);
}

/* Closing other sockets starts the collector. */
WITNESS(cycle_collected, "freed")
{
	int end[2], token, other[2];
	struct pollfd p;

	pair(SOCK_STREAM, end);
	must(send_fd(end[0], end[1]));
	token = token_sent(end[0]);
	close(end[0]);
	close(end[1]);
	p = (struct pollfd){ .fd = token };
	while (!(p.revents & POLLHUP)) {
		pair(SOCK_STREAM, other);
		close(other[0]);
		close(other[1]);
		must(poll(&p, 1, 10));
	}
	answer_text("freed");
}

WITNESS(rights_limit, "ETOOMANYREFS")
{
	struct rlimit files;
	int end[2], ret = 1;

	if (geteuid() == 0)
		must(setresuid(65534, 65534, 65534));
	pair(SOCK_DGRAM, end);
	must(getrlimit(RLIMIT_NOFILE, &files));
	files.rlim_cur = 8;
	must(setrlimit(RLIMIT_NOFILE, &files));
	for (int i = 0; i < 10 && ret == 1; i++)
		ret = send_fd(end[0], end[0]);
	answer(ret);
}

WITNESS(rights_at_nofile, "1 ctrunc")
{
	struct rlimit files = { 3, 3 };
	struct message m;
	int end[2];

	pair(SOCK_STREAM, end);
	must(send_fd(end[0], end[0]));
	must(setrlimit(RLIMIT_NOFILE, &files));
	answer(receive(end[1], &m, CMSG_SPACE(sizeof(int)), 0));
	answer_text(m.hdr.msg_flags & MSG_CTRUNC ? "ctrunc" : "whole");
}

WITNESS(rights_flag_of_cloexec, "set")
{
	struct message m;
	int end[2];

	pair(SOCK_STREAM, end);
	must((int)send(end[0], "x", 1, 0));
	receive(end[1], &m, 0, MSG_CMSG_CLOEXEC);
	answer_text(m.hdr.msg_flags & MSG_CMSG_CLOEXEC ? "set" : "clear");
}

WITNESS(rights_room_of_21, "1 21")
{
	struct message m;
	int end[2];

	pair(SOCK_STREAM, end);
	must(send_fd(end[0], end[0]));
	answer(receive(end[1], &m, 21, 0));
	answer((long)m.hdr.msg_controllen);
}

WITNESS(control_below_header, "1")
{
	struct message m = { 0 };
	int end[2];

	pair(SOCK_STREAM, end);
	m.iov = (struct iovec){ "x", 1 };
	m.hdr = (struct msghdr){ .msg_iov = &m.iov,
				 .msg_iovlen = 1,
				 .msg_control = m.control,
				 .msg_controllen = 1 };
	answer(sendmsg(end[0], &m.hdr, 0));
}

/* They come with the first of the pieces that a long write is cut to. */
WITNESS(long_write_is_cut, "piece")
{
	static char data[150000];
	struct message m;
	struct cmsghdr *c = (struct cmsghdr *)m.control;
	int end[2];
	long sent;

	pair(SOCK_STREAM, end);
	memset(m.control, 0, sizeof(m.control));
	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
			       .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(c), &end[0], sizeof(int));
	m.iov = (struct iovec){ data, sizeof(data) };
	m.hdr = (struct msghdr){ .msg_iov = &m.iov,
				 .msg_iovlen = 1,
				 .msg_control = m.control,
				 .msg_controllen = CMSG_SPACE(sizeof(int)) };
	sent = must((int)sendmsg(end[0], &m.hdr, MSG_DONTWAIT));
	answer_text(recv(end[1], data, sizeof(data), 0) < sent ? "piece" :
								 "all");
}

WITNESS(rights_bad_control, "1")
{
	struct message m;
	struct iovec iov = { m.data, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = inaccessible(),
			      .msg_controllen = 100 };
	int end[2];

	pair(SOCK_STREAM, end);
	must(send_fd(end[0], end[0]));
	answer(recvmsg(end[1], &msg, MSG_DONTWAIT));
}

WITNESS(rights_bad_data, "EFAULT freed")
{
	struct message m;
	struct iovec iov = { inaccessible(), 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = m.control,
			      .msg_controllen = sizeof(m.control) };
	int end[2], token;

	pair(SOCK_DGRAM, end);
	token = token_sent(end[0]);
	answer(recvmsg(end[1], &msg, MSG_DONTWAIT));
	answer_freed(token);
}

/* A read() stops behind what came with descriptors. */
WITNESS(rights_end_the_read, "1 1")
{
	char data[2];
	int end[2];

	pair(SOCK_STREAM, end);
	must(send_fd(end[0], end[0]));
	must(send_fd(end[0], end[0]));
	answer(read(end[1], data, 2));
	answer(read(end[1], data, 2));
}

WITNESS(rights_end_waitall, "1 1")
{
	struct message m;
	int end[2];

	pair(SOCK_STREAM, end);
	must(send_fd(end[0], end[0]));
	must(send_fd(end[0], end[0]));
	answer(receive(end[1], &m, sizeof(m.control), MSG_WAITALL));
	answer(descriptors(&m));
}

WITNESS(receive_of_nothing_with_rights, "0 1")
{
	struct message m;
	struct msghdr msg = { .msg_control = m.control,
			      .msg_controllen = sizeof(m.control) };
	int end[2];

	pair(SOCK_STREAM, end);
	must(send_fd(end[0], end[0]));
	m.hdr = msg;
	answer(recvmsg(end[1], &m.hdr, MSG_DONTWAIT));
	answer(descriptors(&m));
}

WITNESS(rights_other_level, "1")
{
	struct message m = { 0 };
	int end[2];

	pair(SOCK_STREAM, end);
	*(struct cmsghdr *)m.control = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(4), .cmsg_level = 6, .cmsg_type = 1
	};
	m.iov = (struct iovec){ "x", 1 };
	m.hdr = (struct msghdr){ .msg_iov = &m.iov,
				 .msg_iovlen = 1,
				 .msg_control = m.control,
				 .msg_controllen = CMSG_SPACE(4) };
	answer(sendmsg(end[0], &m.hdr, 0));
}

WITNESS(rights_with_empty_message, "0 1")
{
	struct message m;
	struct msghdr msg = { .msg_control = m.control,
			      .msg_controllen = CMSG_SPACE(sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int end[2];

	pair(SOCK_DGRAM, end);
	memset(m.control, 0, sizeof(m.control));
	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
			       .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(c), &end[0], sizeof(int));
	must((int)sendmsg(end[0], &msg, 0));
	answer(receive(end[1], &m, sizeof(m.control), MSG_DONTWAIT));
	answer(descriptors(&m));
}

/* The second end is in the queue of the first, and closed with it. */
WITNESS(rights_unread_resets, "ECONNRESET")
{
	int end[2], other[2];
	char byte;

	pair(SOCK_STREAM, end);
	pair(SOCK_STREAM, other);
	must((int)send(other[0], "x", 1, 0));
	must(send_fd(end[0], other[1]));
	close(other[1]);
	close(end[1]);
	answer(recv(other[0], &byte, 1, MSG_DONTWAIT));
}
