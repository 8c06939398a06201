// SPDX-License-Identifier: BSD-2-Clause
/*
 * SOCK_SEQPACKET: records over a connection.
 */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "harness/check.h"

/* One record is next, of len bytes with this start, and ends there. */
static void judge_record(int fd, size_t start, size_t len)
{
	unsigned char in[300];
	struct iovec iov = { in, sizeof(in) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	memset(in, 0, sizeof(in));
	EXPECT_RET(len, recvmsg(fd, &msg, MSG_DONTWAIT));
	EXPECT_MSG_FLAGS(0, (unsigned int)msg.msg_flags & ~(unsigned int)MSG_EOR);
	EXPECT_THAT(data_is(in, start, len), "the record of %zu bytes", len);
	for (size_t i = len; i < sizeof(in); i++)
		if (in[i]) {
			EXPECT_THAT(false, "nothing after the record, byte %zu", i);
			break;
		}
}

CHECK(seqpacket, keeps_records,
      .title = "Each record arrives whole, alone and in order, whatever the sizes",
      CLAUSES(posix_socket_seqpacket, posix_recv_message_whole, unix7_seqpacket),
      ROWS(SEQ_01, SEQ_04),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Programs choose the type so as not to cut records themselves.",
      .explain = "Every record ends with MSG_EOR, so that a system where a record "
	      "may take several sends (FreeBSD since 15.0) keeps them apart, too.")
{
	static const size_t size[] = { 1, 200, 2, 199, 1, 1, 256 };
	unsigned char out[256];
	int fd[2], n = 0;

	SETUP(env_pair(env, fd));
	for (; n < 7; n++) {
		data_fill(out, (size_t)n, size[n]);
		if (send(fd[0], out, size[n], MSG_EOR | MSG_DONTWAIT |
			 MSG_NOSIGNAL) != (ssize_t)size[n])
			break;
	}
	ASSERT_THAT(n >= 2, "at least two records fit, not %d", n);
	for (int i = 0; i < n; i++)
		judge_record(fd[1], (size_t)i, size[i]);
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[1], fd[0]);
}

CHECK(seqpacket, each_send_is_a_record,
      .title = "Every send is a record of its own, with MSG_EOR or without",
      CLAUSES(linux_seqpacket_send, unix7_seqpacket),
      ROWS(SEQ_04, SEQ_06),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Programs written here leave MSG_EOR out, and lose their records elsewhere.",
      .explain = "POSIX lets a record be sent by several calls, and FreeBSD joins "
	      "them since 15.0 until MSG_EOR; Rust and dhcpcd met that.")
{
	unsigned char out[3][4];
	int fd[2];

	for (size_t i = 0; i < 3; i++)
		data_fill(out[i], i * 10, 4);
	SETUP(env_pair(env, fd));
	EXPECT_RET(4, send(fd[0], out[0], 4, MSG_NOSIGNAL));
	EXPECT_RET(4, send(fd[0], out[1], 4, MSG_NOSIGNAL | MSG_EOR));
	EXPECT_RET(4, write(fd[0], out[2], 4));
	for (size_t i = 0; i < 3; i++)
		judge_record(fd[1], i * 10, 4);
	data_expect_empty(fd[1]);
}

CHECK(seqpacket, end_of_record_flag,
      .title = "Linux never reports MSG_EOR on a received record",
      CLAUSES(linux_seqpacket_no_eor, posix_recvmsg_eor),
      ROWS(SEQ_05),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A reader that collects until MSG_EOR would collect for ever.",
      .explain = "Records sent with and without MSG_EOR.  FreeBSD reports the flag for "
	      "the record that was sent with it, as POSIX has it.")
{
	char in[8];
	struct iovec iov = { in, sizeof(in) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(3, send(fd[0], "eor", 3, MSG_NOSIGNAL | MSG_EOR));
	ASSERT_RET(3, send(fd[0], "not", 3, MSG_NOSIGNAL));
	ASSERT_RET(3, recvmsg(fd[1], &msg, MSG_DONTWAIT));
	EXPECT_MSG_FLAGS(0, msg.msg_flags);
	ASSERT_RET(3, recvmsg(fd[1], &msg, MSG_DONTWAIT));
	EXPECT_MSG_FLAGS(0, msg.msg_flags);
}

CHECK(seqpacket, short_buffer_discards_rest,
      .title = "A buffer too short gets the head of the record, MSG_TRUNC, and the rest is gone",
      CLAUSES(posix_recvmsg_trunc, posix_recv_message_whole, recv2_msg_trunc),
      ROWS(SEQ_02, SEQ_03),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A rest that came later would be taken for a record.",
      .explain = "By recv(), by recvmsg(), and by recv(MSG_TRUNC), which tells the "
	      "full length.  FreeBSD 15.0 keeps the rest for the next read.")
{
	unsigned char out[50], in[20];
	struct iovec iov = { in, 10 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	data_fill(out, 0, sizeof(out));
	SETUP(env_pair(env, fd));
	for (int i = 0; i < 3; i++)
		ASSERT_RET(50, send(fd[0], out, 50, MSG_NOSIGNAL | MSG_EOR));
	ASSERT_RET(4, send(fd[0], "last", 4, MSG_NOSIGNAL | MSG_EOR));
	for (int i = 0; i < 3; i++) {
		CONTEXT(i == 0 ? "recv()" : i == 1 ? "recvmsg()" :
						     "recv(MSG_TRUNC)");
		memset(in, 0, sizeof(in));
		if (i == 0)
			EXPECT_RET(10, recv(fd[1], in, 10, 0));
		if (i == 1)
			EXPECT_RET(10, recvmsg(fd[1], &msg, 0));
		if (i == 2)
			EXPECT_RET(50, recv(fd[1], in, 10, MSG_TRUNC));
		EXPECT_MEM(out, in, 10);
		EXPECT_EQ(0, in[10]);
	}
	EXPECT_MSG_FLAGS(MSG_TRUNC, msg.msg_flags);
	EXPECT_RET(4, recv(fd[1], in, sizeof(in), MSG_TRUNC));
	EXPECT_MEM("last", in, 4);
	data_expect_empty(fd[1]);
}

CHECK(seqpacket, empty_record,
      .title = "An empty record is queued, makes the socket readable and is received as 0 bytes",
      CLAUSES(linux_seqpacket_empty, recv2_empty_datagram),
      ROWS(SEQ_07, SEQ_08),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A reader that takes 0 for the end hangs up on a peer that is alive.",
      .explain = "The end gives the same 0.  Only poll() tells them apart: POLLRDHUP "
	      "is set at the end, and not for a record.  Ruby, cockpit and "
	      "tokio-seqpacket met that.")
{
	struct msghdr none = { 0 }, msg = { .msg_flags = 0x55 };
	char in[4] = "---";
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, send(fd[0], "", 0, MSG_NOSIGNAL));
	EXPECT_RET(0, sendmsg(fd[0], &none, MSG_NOSIGNAL));
	EXPECT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_POLL(POLLIN, fd[1], POLLIN | POLLRDHUP);
	EXPECT_RET(0, recv(fd[1], in, sizeof(in), 0));
	EXPECT_MEM("---", in, 4);
	EXPECT_POLL(POLLIN, fd[1], POLLIN | POLLRDHUP);
	EXPECT_RET(0, recvmsg(fd[1], &msg, 0));
	EXPECT_MSG_FLAGS(0, msg.msg_flags);
	EXPECT_RET(1, recv(fd[1], in, sizeof(in), 0));
	EXPECT_EQ('x', in[0]);
	EXPECT_POLL(0, fd[1], POLLIN | POLLRDHUP);
	data_expect_empty(fd[1]);

	EXPECT_RET(0, shutdown(fd[0], SHUT_WR));
	EXPECT_RET(0, recv(fd[1], in, sizeof(in), 0));
	EXPECT_POLL(POLLIN | POLLRDHUP, fd[1], POLLIN | POLLRDHUP);
}

CHECK(seqpacket, read_of_nothing_takes_record,
      .title = "recv() of no bytes takes a whole record; read() of no bytes takes none",
      CLAUSES(linux_seqpacket_recv, posix_recv_message_whole, posix_read_nothing),
      ROWS(SEQ_18),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "It is the way to drop a record, and a way to lose one.")
{
	struct msghdr none = { 0 };
	char in[4] = "---";
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 3; i++)
		ASSERT_RET(2, send(fd[0], &"a1b2c3"[2 * i], 2, MSG_NOSIGNAL));
	EXPECT_RET(0, read(fd[1], in, 0));
	EXPECT_RET(0, recv(fd[1], in, 0, 0));
	EXPECT_RET(0, recvmsg(fd[1], &none, 0));
	EXPECT_MSG_FLAGS(MSG_TRUNC, none.msg_flags);
	EXPECT_RET(2, recv(fd[1], in, sizeof(in), 0));
	EXPECT_MEM("c3", in, 2);
	EXPECT_ERRNO(EAGAIN, recv(fd[1], in, 0, MSG_DONTWAIT));
	EXPECT_RET(0, read(fd[1], in, 0));
}

CHECK(seqpacket, waitall_does_not_join,
      .title = "MSG_WAITALL neither joins records nor waits for more than one",
      CLAUSES(linux_seqpacket_recv, posix_recv_waitall_less),
      ROWS(SEQ_10),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Code shared with streams passes the flag, and would get two records for one.")
{
	char in[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(3, send(fd[0], "one", 3, MSG_NOSIGNAL | MSG_EOR));
	ASSERT_RET(4, send(fd[0], "more", 4, MSG_NOSIGNAL | MSG_EOR));
	EXPECT_RET(3, recv(fd[1], in, sizeof(in), MSG_WAITALL));
	EXPECT_MEM("one", in, 3);
	EXPECT_RET(4, recv(fd[1], in, sizeof(in), MSG_WAITALL));
	EXPECT_MEM("more", in, 4);
	data_expect_empty(fd[1]);
}
