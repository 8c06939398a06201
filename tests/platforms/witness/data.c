// SPDX-License-Identifier: BSD-2-Clause
/* What sends and receives do with lengths, flags and bad memory. */
#define _GNU_SOURCE
#include "witness.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN 0x20000000
#endif

WITNESS(empty_message, "0 0 EAGAIN")
{
	int end[2];
	char byte;

	pair(SOCK_DGRAM, end);
	answer(send(end[0], "", 0, 0));
	answer(recv(end[1], &byte, 1, MSG_DONTWAIT));
	answer(recv(end[1], &byte, 1, MSG_DONTWAIT));
}

/* It does not get as far as the socket. */
WITNESS(writev_of_nothing, "0 0 EAGAIN")
{
	struct iovec iov = { "", 0 };
	int end[2];
	char byte;

	answer(writev(new_socket(SOCK_STREAM), &iov, 1));
	pair(SOCK_DGRAM, end);
	answer(writev(end[0], &iov, 1));
	answer(recv(end[1], &byte, 1, MSG_DONTWAIT));
}

WITNESS(empty_send_refused, "EPIPE ENOTCONN")
{
	int end[2];

	pair(SOCK_DGRAM, end);
	must(shutdown(end[0], SHUT_WR));
	answer(send(end[0], "", 0, 0));
	answer(send(new_socket(SOCK_DGRAM), "", 0, 0));
}

WITNESS(receive_of_nothing, "0 1 EAGAIN")
{
	struct msghdr msg = { 0 };
	int end[2];
	char byte;

	pair(SOCK_DGRAM, end);
	must((int)send(end[0], "x", 1, 0));
	answer(recvmsg(end[1], &msg, MSG_DONTWAIT));
	answer(!!(msg.msg_flags & MSG_TRUNC));
	answer(recv(end[1], &byte, 1, MSG_DONTWAIT));
}

WITNESS(receive_of_nothing_when_empty, "EAGAIN EAGAIN")
{
	int end[2];
	char byte;

	pair(SOCK_DGRAM, end);
	answer(recv(end[1], &byte, 0, MSG_DONTWAIT));
	pair(SOCK_STREAM, end);
	answer(recv(end[1], &byte, 0, MSG_DONTWAIT));
}

WITNESS(bad_receive_buffer, "EFAULT EAGAIN")
{
	int end[2];
	char byte;

	pair(SOCK_DGRAM, end);
	must((int)send(end[0], "x", 1, 0));
	answer(recv(end[1], inaccessible(), 1, MSG_DONTWAIT));
	answer(recv(end[1], &byte, 1, MSG_DONTWAIT));
}

WITNESS(bad_send_tail, "EFAULT EAGAIN")
{
	int end[2];
	char byte;

	pair(SOCK_DGRAM, end);
	answer(send(end[0], inaccessible() - 1, 2, 0));
	answer(recv(end[1], &byte, 1, MSG_DONTWAIT));
}

WITNESS(bad_send_tail_stream, "EFAULT EAGAIN")
{
	int end[2];
	char byte;

	pair(SOCK_STREAM, end);
	answer(send(end[0], inaccessible() - 1, 2, 0));
	answer(recv(end[1], &byte, 1, MSG_DONTWAIT));
}

/* SHUT_WR, and a full queue, are seen before the bytes are looked at. */
WITNESS(bad_send_buffer_late, "EPIPE EAGAIN")
{
	int end[2];

	pair(SOCK_STREAM, end);
	must(shutdown(end[0], SHUT_WR));
	answer(send(end[0], inaccessible(), 1, MSG_DONTWAIT));
	pair(SOCK_STREAM, end);
	fill(end[0]);
	answer(send(end[0], inaccessible(), 1, MSG_DONTWAIT));
}

WITNESS(bad_receive_tail_stream, "EFAULT 2")
{
	int end[2];
	char data[2];

	pair(SOCK_STREAM, end);
	must((int)send(end[0], "ab", 2, 0));
	answer(recv(end[1], inaccessible() - 1, 2, MSG_DONTWAIT));
	answer(recv(end[1], data, 2, MSG_DONTWAIT));
}

WITNESS(bad_receive_after_write, "1 1")
{
	int end[2];
	char byte;

	pair(SOCK_STREAM, end);
	must((int)send(end[0], "a", 1, 0));
	must((int)send(end[0], "b", 1, 0));
	answer(recv(end[1], inaccessible() - 1, 2, MSG_DONTWAIT));
	answer(recv(end[1], &byte, 1, MSG_DONTWAIT));
}

WITNESS(flags_send_hints, "1 1 1")
{
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int end[2];

	pair(SOCK_STREAM, end);
	answer(sendmsg(end[0], &msg, MSG_CONFIRM | MSG_DONTROUTE));
	answer(sendmsg(end[0], &msg, MSG_FASTOPEN));
	answer(sendmsg(end[0], &msg, 0x1000000));
}

WITNESS(flags_receive_hints, "1")
{
	int end[2];
	char byte;

	pair(SOCK_STREAM, end);
	must((int)send(end[0], "x", 1, 0));
	answer(recv(end[1], &byte, 1, 0x10000000 | MSG_DONTWAIT));
}

WITNESS(peek_spans_writes, "2")
{
	int end[2];
	char data[2];

	pair(SOCK_STREAM, end);
	must((int)send(end[0], "a", 1, 0));
	must((int)send(end[0], "b", 1, 0));
	answer(recv(end[1], data, 2, MSG_PEEK));
}

WITNESS(peek_waitall, "1")
{
	int end[2];
	char data[2];

	pair(SOCK_STREAM, end);
	must((int)send(end[0], "a", 1, 0));
	answer(recv(end[1], data, 2, MSG_PEEK | MSG_WAITALL));
}

WITNESS(waitforone, "1")
{
	struct mmsghdr m[2] = { 0 };
	int end[2];

	pair(SOCK_DGRAM, end);
	must((int)send(end[0], "a", 1, 0));
	answer(recvmmsg(end[1], m, 2, MSG_WAITFORONE, NULL));
}

WITNESS(recvmmsg_peek, "1 1")
{
	char byte;
	struct iovec iov = { &byte, 1 };
	struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };
	int end[2];

	pair(SOCK_DGRAM, end);
	must((int)send(end[0], "a", 1, 0));
	answer(recvmmsg(end[1], &m, 1, MSG_PEEK | MSG_DONTWAIT, NULL));
	answer(recv(end[1], &byte, 1, MSG_DONTWAIT));
}

/* The error of the second message is pending then. */
WITNESS(recvmmsg_of_1030, "1030")
{
	static struct mmsghdr many[1030];
	int end[2];

	pair(SOCK_STREAM, end);
	must(shutdown(end[0], SHUT_WR));
	answer(recvmmsg(end[1], many, 1030, 0, NULL));
}

WITNESS(recvmmsg_later_error, "1 14")
{
	char byte;
	struct iovec iov = { &byte, 1 }, bad = { inaccessible(), 1 };
	struct mmsghdr m[2] = {
		{ .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_iov = &bad, .msg_iovlen = 1 } },
	};
	int end[2];

	pair(SOCK_DGRAM, end);
	must((int)send(end[0], "a", 1, 0));
	must((int)send(end[0], "b", 1, 0));
	answer(recvmmsg(end[1], m, 2, 0, NULL));
	answer(option(end[1], SO_ERROR));
}

/* The message that is pending comes after the error that is. */
WITNESS(recvmmsg_pending_error, "ECONNRESET 1")
{
	char byte;
	struct iovec iov = { &byte, 1 };
	struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };
	int end[2];

	pair(SOCK_SEQPACKET, end);
	must((int)send(end[0], "a", 1, 0));
	must((int)send(end[1], "b", 1, 0));
	close(end[1]);
	answer(recvmmsg(end[0], &m, 1, 0, NULL));
	answer(recvmmsg(end[0], &m, 1, 0, NULL));
}

/* It counts after a message only. */
WITNESS(recvmmsg_timeout, "EINTR")
{
	char data;
	struct iovec iov = { &data, 1 };
	struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };
	struct timespec short_time = { 0, 1 };
	int end[2];

	pair(SOCK_DGRAM, end);
	tick(0);
	answer(recvmmsg(end[1], &m, 1, 0, &short_time));
}

static void answer_ioctl(int fd, unsigned long request)
{
	int value = -1;

	answer(ioctl(fd, request, &value) < 0 ? -1 : value);
}

WITNESS(inq_dgram, "2")
{
	int end[2];

	pair(SOCK_DGRAM, end);
	must((int)send(end[0], "ab", 2, 0));
	must((int)send(end[0], "cde", 3, 0));
	answer_ioctl(end[1], SIOCINQ);
}

WITNESS(inq_unconnected, "0 0")
{
	int fd = new_socket(SOCK_DGRAM);

	answer_ioctl(fd, SIOCINQ);
	answer_ioctl(fd, SIOCOUTQ);
}

WITNESS(outq_memory, "more")
{
	int end[2], value = 0;

	pair(SOCK_STREAM, end);
	must((int)send(end[0], "a", 1, 0));
	must(ioctl(end[0], SIOCOUTQ, &value));
	answer_text(value > 1 ? "more" : "1");
}

WITNESS(outq_until_all_is_read, "some")
{
	int end[2], value = 0;
	char byte;

	pair(SOCK_STREAM, end);
	must((int)send(end[0], "ab", 2, 0));
	must((int)recv(end[1], &byte, 1, 0));
	must(ioctl(end[0], SIOCOUTQ, &value));
	answer_text(value > 1 ? "some" : "less");
}

WITNESS(pieces_cost_memory, "fewer")
{
	int end[2], sent = 0;

	pair(SOCK_STREAM, end);
	while (send(end[0], "x", 1, MSG_DONTWAIT) == 1 && sent < 100000)
		sent++;
	answer_text(sent < 10000 ? "fewer" : "more");
}

/* It finds room for all of it or for nothing. */
WITNESS(short_write_is_whole, "whole")
{
	char data[2000];
	int end[2];
	long ret;

	pair(SOCK_STREAM, end);
	fill(end[0]);
	must((int)recv(end[1], data, 1024, 0));
	ret = send(end[0], data, sizeof(data), MSG_DONTWAIT);
	answer_text(ret == -1 || ret == sizeof(data) ? "whole" : "part");
}

WITNESS(message_of_whole_buffer, "EMSGSIZE")
{
	static char data[1 << 20];
	int end[2];

	pair(SOCK_DGRAM, end);
	answer(send(end[0], data, (size_t)option(end[0], SO_SNDBUF),
		    MSG_DONTWAIT));
}

WITNESS(iovec_maximal, "EMSGSIZE")
{
	int end[2];
	size_t most = (size_t)-1;

	pair(SOCK_DGRAM, end);
	answer(send(end[0], "x", most, 0));
}

WITNESS(oob_byte, "1 EINVAL 2")
{
	int end[2];
	char data[4];

	pair(SOCK_STREAM, end);
	must((int)send(end[0], "ab", 2, 0));
	if (send(end[0], "o", 1, MSG_OOB) < 0)
		cannot("no MSG_OOB (since 5.15)");
	answer(recv(end[1], data, 4, MSG_OOB));
	answer(recv(end[1], data, 4, MSG_OOB));
	answer(recv(end[1], data, 4, MSG_DONTWAIT));
}

WITNESS(oob_dgram, "EOPNOTSUPP")
{
	int end[2];

	pair(SOCK_DGRAM, end);
	answer(send(end[0], "o", 1, MSG_OOB));
}

WITNESS(oob_seqpacket, "EOPNOTSUPP")
{
	int end[2];

	pair(SOCK_SEQPACKET, end);
	answer(send(end[0], "o", 1, MSG_OOB));
}

WITNESS(copy_to_socket, "EINVAL")
{
	int end[2], fd = must(open("file", O_RDWR | O_CREAT, 0600));

	pair(SOCK_STREAM, end);
	answer(copy_file_range(fd, NULL, end[0], NULL, 1, 0));
}

WITNESS(splice_unconnected, "EINVAL")
{
	int pipe_fd[2];

	must(pipe(pipe_fd));
	answer(splice(new_socket(SOCK_STREAM), NULL, pipe_fd[1], NULL, 1, 0));
}

WITNESS(truncate_socket, "EINVAL")
{
	answer(ftruncate(new_socket(SOCK_STREAM), 0));
}

WITNESS(o_path, "EBADF")
{
	answer(shutdown(must(open(".", O_PATH)), SHUT_RD));
}

WITNESS(name_length_without_name, "1")
{
	char byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_namelen = (socklen_t)-1 };
	int end[2];

	pair(SOCK_STREAM, end);
	answer(sendmsg(end[0], &msg, MSG_DONTWAIT));
}
