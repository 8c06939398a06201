// SPDX-License-Identifier: BSD-2-Clause
/*
 * Operations of io_uring that complete many times, or that have to wait with
 * control data in hand.
 */
#include "config.h"

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "checks/util_fill.h"
#include "checks/util_rights.h"
#include "checks/util_uring.h"
#include "harness/check.h"
#include "harness/release.h"

/* In uring_done.flags: there is more to be read. */
#define CQE_NONEMPTY (1U << 2)

#define BUFFER 256

/* What a multishot recvmsg puts before all else, struct io_uring_recvmsg_out. */
struct told {
	uint32_t name_len, control_len, data_len, flags;
};

/* One buffer of len bytes for the next message. */
static void give_buffer(struct uring *ring, void *buf, unsigned int len)
{
	struct io_uring_sqe *sqe = uring_add(ring, IORING_OP_PROVIDE_BUFFERS, 1);

	sqe->addr = (uintptr_t)buf;
	sqe->len = len;
	ASSERT_RET(0, uring_result(ring, IORING_OP_PROVIDE_BUFFERS));
}

CHECK(io_uring, messages_go_on,
      .title = "A multishot recvmsg tells of each message the name, the length and what was cut",
      CLAUSES(linux_uring_message),
      ROWS(IOU_130),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_IO_URING,
      .why = "The header in the buffer is all that a server learns of a datagram.",
      .explain = "Since 6.0.  Name and data fit, both are cut, and with MSG_TRUNC the whole "
	      "length is told; a buffer without room for the header is EFAULT.")
{
	static const struct {
		unsigned int name, len, data;
		int flags;
	} room[] = {
		{ 128, BUFFER, 8, 0 }, { 4, sizeof(struct told) + 4 + 3, 3, 0 },
		{ 4, sizeof(struct told) + 4 + 3, 8, MSG_TRUNC },
	};
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int from = SETUP(env_bound(env, &a)), to = SETUP(env_bound(env, &b));
	unsigned char buf[BUFFER];
	struct io_uring_sqe *sqe;
	struct uring_done done;
	struct uring ring;
	struct told told;

	uring_open(env, &ring);
	/* Of the same release, which unlike this flag can be asked for. */
	uring_needs(&ring, URING_SEND_ZC, "multishot recvmsg (Linux 6.0)");
	for (int i = 0; i < 4; i++) {
		struct msghdr msg = { .msg_namelen = room[i % 3].name };
		unsigned int kept = msg.msg_namelen < a.len ?
			msg.msg_namelen : a.len;
		size_t data = sizeof(told) + msg.msg_namelen;
		size_t copied = room[i % 3].len - data < 8 ?
			room[i % 3].len - data : 8;

		CONTEXT("message %d", i);
		memset(buf, 0x5a, sizeof(buf));
		ASSERT_RET(8, sendto(from, "datagram", 8, MSG_NOSIGNAL, &b.sa,
				     b.len));
		give_buffer(&ring, buf, i < 3 ? room[i].len : 10);
		sqe = uring_recvmsg(&ring, to, &msg);
		sqe->ioprio = URING_RECV_MULTISHOT;
		sqe->flags = IOSQE_BUFFER_SELECT;
		if (i == 3) {
			EXPECT_ERRNO(EFAULT, uring_take(&ring, IORING_OP_RECVMSG,
							&done));
			EXPECT_EQ(0x5a, buf[0]);
			EXPECT_RET(8, recv(to, buf, sizeof(buf), MSG_DONTWAIT));
			break;
		}
		sqe->msg_flags = (unsigned int)room[i].flags;
		ASSERT_RET(data + copied,
			   uring_take(&ring, IORING_OP_RECVMSG, &done));
		EXPECT_EQ(URING_CQE_MORE, done.flags & URING_CQE_MORE);
		memcpy(&told, buf, sizeof(told));
		EXPECT_EQ(a.len, told.name_len);
		EXPECT_EQ(0, told.control_len);
		EXPECT_EQ(room[i].data, told.data_len);
		EXPECT_EQ(i ? MSG_TRUNC : 0, told.flags);
		EXPECT_MEM(a.bytes, buf + sizeof(told), kept);
		EXPECT_MEM("datagram", buf + data, copied);
		EXPECT_EQ(0x5a, buf[data + copied]);
		/* The one buffer is used up, which ends the request. */
		EXPECT_ERRNO(ENOBUFS,
			     uring_take(&ring, IORING_OP_RECVMSG, &done));
		EXPECT_EQ(0, done.flags & URING_CQE_MORE);
	}
}

CHECK(io_uring, messages_never_tell_of_more,
      .title = "A receive of io_uring does not say of messages that more are queued",
      CLAUSES(linux_uring_more),
      ROWS(IOU_131),
      .types = MESSAGES, .addrs = PAIR, .axes = NONBLOCK, .needs = NEED_IO_URING,
      .why = "A reader that goes by the flag of streams would leave them.",
      .explain = "IORING_CQE_F_SOCK_NONEMPTY is not set with three messages queued.")
{
	struct uring_done done;
	struct uring ring;
	char byte = 0;
	int fd[2];

	uring_open(env, &ring);
	SETUP(env_pair(env, fd));
	for (int i = 0; i < 3; i++)
		ASSERT_RET(1, send(fd[0], &"abc"[i], 1, MSG_NOSIGNAL));
	for (int i = 0; i < 3; i++) {
		CONTEXT("message %d", i);
		uring_recv(&ring, fd[1], &byte, 1);
		ASSERT_RET(1, uring_take(&ring, IORING_OP_RECV, &done));
		EXPECT_EQ("abc"[i], byte);
		EXPECT_EQ(0, done.flags & CQE_NONEMPTY);
	}
}

/* Read all of fd and what the ring still sends: how many descriptors came. */
static int count_rights(struct uring *ring, int fd, long want)
{
	static char buf[1 << 16];
	bool done = false;
	struct cmsg_msg m;
	int n = 0;

	for (;;) {
		cmsg_to_receive(&m, 1, RIGHTS_SPACE(2));
		m.iov.iov_base = buf;
		m.iov.iov_len = sizeof(buf);
		if (recvmsg(fd, &m.hdr, MSG_DONTWAIT) > 0) {
			n += rights_close(&m);
			continue;
		}
		if (done)
			return n;
		EXPECT_RET(want, uring_result(ring, IORING_OP_SENDMSG));
		done = true;
	}
}

CHECK(io_uring, rights_wait_for_room,
      .title = "A sendmsg of io_uring that waits for room still has its descriptors",
      CLAUSES(linux_uring_message, linux_rights_copy),
      ROWS(IOU_132),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_IO_URING,
      .why = "On a busy day the message would come without what it is about.")
{
	struct cmsg_msg m;
	struct uring ring;
	int fd[2], token[2];

	uring_open(env, &ring);
	uring_needs_workers(&ring);
	SETUP(env_pair(env, fd));
	rights_token(env, token);
	fill_up(env, fd[0]);
	cmsg_to_send(&m, "d", 1);
	cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, &token[1], sizeof(int));
	uring_sendmsg(&ring, fd[0], &m.hdr);
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the sendmsg waits");
	EXPECT_EQ(1, count_rights(&ring, fd[1], 1));
	SETUP(env_close(env, token[1]));
	rights_expect_freed(token[0]);
}
