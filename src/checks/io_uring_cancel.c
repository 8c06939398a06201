// SPDX-License-Identifier: BSD-2-Clause
/*
 * Operations of io_uring that end before they have done all: cancelled by
 * their socket, by a timeout that is linked to them, after a part, or because
 * they must not wait.
 */
#include "config.h"

#include <linux/time_types.h>
#include <string.h>
#include <sys/socket.h>

#include "checks/util_data.h"
#include "checks/util_fill.h"
#include "checks/util_uring_own.h"
#include "harness/check.h"

/* In io_uring_sqe.cancel_flags. */
enum { CANCEL_ALL = 1 << 0, CANCEL_FD = 1 << 1, CANCEL_ANY = 1 << 2 };

/* In io_uring_sqe.ioprio of an accept, since Linux 6.10. */
#define ACCEPT_DONTWAIT (1U << 1)
#define ACCEPT_POLL_FIRST (1U << 2)

#define LONG_BYTES (256 * 1024)

static unsigned char out[LONG_BYTES], in[LONG_BYTES];

static long cancel(struct uring *ring, int fd, unsigned int flags)
{
	struct io_uring_sqe *sqe = uring_add(ring, IORING_OP_ASYNC_CANCEL, fd);

	sqe->cancel_flags = flags;
	return uring_result(ring, IORING_OP_ASYNC_CANCEL);
}

CHECK(io_uring, cancels_all_of_a_socket,
      .title = "A cancel of all operations of a socket ends each of them, tells their number, no others",
      CLAUSES(linux_uring_cancel),
      ROWS(IOU_62),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .controls = TCP | UDP, .needs = NEED_IO_URING,
      .why = "It is how a server closes a connection: what is left holds the socket.",
      .explain = "Since 5.19.  Three receives on one end and one on the other.  Without ALL "
	      "one ends, 0; with it the other two, 2, and then 0.  ANY is for all of the "
	      "ring.")
{
	char buf[4][4] = { "" };
	struct uring ring;
	int fd[2];

	uring_open(env, &ring);
	uring_needs(&ring, URING_SOCKET, "cancelling by descriptor (5.19)");
	SETUP(env_pair(env, fd));
	for (unsigned int i = 0; i < 4; i++)
		uring_recv(&ring, fd[i == 3], buf[i], 4)->user_data = i;
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the receives wait");
	EXPECT_RET(0, cancel(&ring, fd[0], CANCEL_FD));
	EXPECT_RET(2, cancel(&ring, fd[0], CANCEL_FD | CANCEL_ALL));
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_ERRNO(ECANCELED, uring_result(&ring, i));
	EXPECT_RET(0, cancel(&ring, fd[0], CANCEL_FD | CANCEL_ALL));
	EXPECT_ERRNO(ENOENT, cancel(&ring, fd[0], CANCEL_FD));
	EXPECT_THAT(!uring_is_done(&ring), "the other receive waits");
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	EXPECT_RET(3, uring_result(&ring, 3));
	EXPECT_MEM("abc", buf[3], 3);
	for (unsigned int i = 0; i < 2; i++)
		uring_recv(&ring, fd[i], buf[i], 4)->user_data = i;
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_RET(2, cancel(&ring, -1, CANCEL_ANY));
	EXPECT_ERRNO(ECANCELED, uring_result(&ring, 0));
	EXPECT_ERRNO(ECANCELED, uring_result(&ring, 1));
	data_expect_works(env, fd[0], fd[1]);
	data_expect_works(env, fd[1], fd[0]);
}

static void add_timeout(struct uring *ring, struct __kernel_timespec *ts)
{
	struct io_uring_sqe *sqe = uring_add(ring, IORING_OP_LINK_TIMEOUT, -1);

	sqe->addr = (uintptr_t)ts;
	sqe->len = 1;
}

CHECK(io_uring, linked_timeout_ends_it,
      .title = "A timeout linked to a receive of io_uring ends it when it waits too long, and only then",
      CLAUSES(linux_uring_cancel, linux_uring_recv),
      ROWS(IOU_63),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .controls = TCP | UDP, .needs = NEED_IO_URING,
      .why = "It is the SO_RCVTIMEO of io_uring.",
      .explain = "After a millisecond the receive is ECANCELED, the timeout ETIME, and later "
	      "data stays.  Where data comes in time, the timeout is ECANCELED.")
{
	struct __kernel_timespec soon = { .tv_nsec = 1000000 };
	struct __kernel_timespec late = { .tv_sec = 3600 };
	struct uring ring;
	char buf[8] = "";
	int fd[2];

	uring_open(env, &ring);
	SETUP(env_pair(env, fd));
	uring_recv(&ring, fd[1], buf, sizeof(buf))->flags = IOSQE_IO_LINK;
	add_timeout(&ring, &soon);
	EXPECT_ERRNO(ECANCELED, uring_result(&ring, IORING_OP_RECV));
	EXPECT_ERRNO(ETIME, uring_result(&ring, IORING_OP_LINK_TIMEOUT));
	data_expect_works(env, fd[0], fd[1]);
	EXPECT_EQ(0, buf[0]);
	uring_recv(&ring, fd[1], buf, sizeof(buf))->flags = IOSQE_IO_LINK;
	add_timeout(&ring, &late);
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the receive waits");
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	EXPECT_RET(3, uring_result(&ring, IORING_OP_RECV));
	EXPECT_MEM("abc", buf, 3);
	EXPECT_ERRNO(ECANCELED, uring_result(&ring, IORING_OP_LINK_TIMEOUT));
}

CHECK(io_uring, cancel_tells_the_part,
      .title = "An operation of io_uring with MSG_WAITALL that is cancelled tells what it has moved",
      CLAUSES(linux_uring_waitall, linux_uring_cancel),
      ROWS(IOU_64),
      .types = STREAM, .addrs = PAIR, .axes = SWAP | NONBLOCK,
      .controls = TCP, .needs = NEED_IO_URING,
      PARAMS("recv", "recvmsg", "timeout"),
      .why = "Bytes that nobody is told of are lost to both ends.",
      .explain = "Since 6.0.  Three bytes of nine have come: 3, not ECANCELED.  What comes "
	      "afterwards is the next receive's.  A linked timeout does the same.")
{
	struct __kernel_timespec soon = { .tv_nsec = 1000000 };
	struct iovec iov = { in, 9 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	unsigned int op = env->param == 1 ? IORING_OP_RECVMSG : IORING_OP_RECV;
	struct io_uring_sqe *sqe;
	struct uring ring;
	int fd[2];

	uring_open(env, &ring);
	uring_needs(&ring, URING_SEND_ZC, "MSG_WAITALL (Linux 6.0)");
	SETUP(env_pair(env, fd));
	memset(in, 0, 16);
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	data_settle(env, fd[1], 3);
	sqe = env->param == 1 ? uring_recvmsg(&ring, fd[1], &msg) :
				uring_recv(&ring, fd[1], in, 9);
	sqe->msg_flags = MSG_WAITALL;
	if (env->param == 2) {
		sqe->flags = IOSQE_IO_LINK;
		add_timeout(&ring, &soon);
	}
	ASSERT_RET(0, uring_submit(&ring));
	if (env->param < 2) {
		EXPECT_THAT(!uring_is_done(&ring), "it waits for 6 more");
		EXPECT_RET(0, uring_cancel(&ring, op));
	}
	EXPECT_RET(3, uring_result(&ring, op));
	EXPECT_MEM("abc", in, 4);
	if (env->param == 2)
		EXPECT_ERRNO(ETIME,
			     uring_result(&ring, IORING_OP_LINK_TIMEOUT));
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(io_uring, cancelled_send_tells_the_part,
      .title = "A send of io_uring with MSG_WAITALL that is cancelled tells how much the peer gets",
      CLAUSES(linux_uring_waitall, linux_uring_cancel),
      ROWS(IOU_65),
      .types = STREAM, .addrs = PAIR, .axes = SWAP | NONBLOCK,
      .needs = NEED_IO_URING, PARAMS("send", "sendmsg"),
      .why = "The rest would be sent again, or a part twice.")
{
	struct iovec iov = { out, LONG_BYTES };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	unsigned int op = env->param ? IORING_OP_SENDMSG : IORING_OP_SEND;
	struct io_uring_sqe *sqe;
	int fd[2], small = 32768;
	long told, got;
	struct uring ring;

	uring_open(env, &ring);
	uring_needs(&ring, URING_SEND_ZC, "MSG_WAITALL (Linux 6.0)");
	SETUP(env_pair(env, fd));
	SETUP(setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)));
	data_fill(out, 0, sizeof(out));
	sqe = env->param ? uring_sendmsg(&ring, fd[0], &msg) :
			   uring_send(&ring, fd[0], out, LONG_BYTES);
	sqe->msg_flags = MSG_WAITALL | MSG_NOSIGNAL;
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "it waits for room");
	EXPECT_RET(0, uring_cancel(&ring, op));
	told = EXPECT_OK(uring_result(&ring, op));
	got = SETUP(recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	EXPECT_EQ(told, got);
	EXPECT_THAT(data_is(in, 0, (size_t)got), "the bytes in order");
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(io_uring, full_send_does_not_wait,
      .title = "A send of io_uring with MSG_DONTWAIT to a full socket fails with EAGAIN",
      CLAUSES(linux_uring_send),
      ROWS(IOU_66),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .needs = NEED_IO_URING, PARAMS("send", "sendmsg"),
      .why = "A probe that waits is never completed.",
      .explain = "Nothing of it is queued; without the flag the same send waits, and "
	      "completes when there is room.")
{
	struct iovec iov = { out, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	unsigned int op = env->param ? IORING_OP_SENDMSG : IORING_OP_SEND;
	struct io_uring_sqe *sqe;
	struct uring ring;
	int fd[2];

	uring_open(env, &ring);
	SETUP(env_pair(env, fd));
	fill_up(env, fd[0]);
	for (int i = 0; i < 2; i++) {
		out[0] = i ? 'w' : 'n';
		sqe = env->param ? uring_sendmsg(&ring, fd[0], &msg) :
				   uring_send(&ring, fd[0], out, 1);
		if (i == 0) {
			sqe->msg_flags |= MSG_DONTWAIT;
			EXPECT_ERRNO(EAGAIN, uring_result(&ring, op));
		}
	}
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the send waits");
	fill_drain(env, fd[1]);
	EXPECT_RET(1, uring_result(&ring, op));
	fill_drain(env, fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(io_uring, accept_does_not_wait,
      .title = "An accept of io_uring with IORING_ACCEPT_DONTWAIT finds nobody with EAGAIN",
      CLAUSES(linux_uring_accept),
      ROWS(IOU_67),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .needs = NEED_IO_URING,
      .why = "A probe that waits is never completed, and takes the next client.",
      .explain = "Since 6.10, and with IORING_ACCEPT_POLL_FIRST, which waits before the "
	      "first try.  Unknown flags are EINVAL, and nobody is taken.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), conn, client;
	struct uring ring;

	uring_open(env, &ring);
	if (!(ring.features & URING_BUNDLES))
		SKIP_CASE("io_uring has no such accept here (before Linux 6.10)");
	uring_accept(&ring, listener)->ioprio = ACCEPT_DONTWAIT;
	EXPECT_ERRNO(EAGAIN, uring_result(&ring, IORING_OP_ACCEPT));
	for (int i = 0; i < 2; i++) {
		CONTEXT(i ? "waits first" : "does not wait");
		client = SETUP(env_connect(env, &a));
		uring_accept(&ring, listener)->ioprio = 1U << 15;
		EXPECT_ERRNO(EINVAL, uring_result(&ring, IORING_OP_ACCEPT));
		uring_accept(&ring, listener)->ioprio =
			i ? ACCEPT_POLL_FIRST : ACCEPT_DONTWAIT;
		conn = (int)ASSERT_OK(uring_result(&ring, IORING_OP_ACCEPT));
		env_own(env, conn);
		data_expect_works(env, client, conn);
	}
	CONTEXT("%s", "waits first, then a client comes");
	uring_accept(&ring, listener)->ioprio = ACCEPT_POLL_FIRST;
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the accept waits");
	client = SETUP(env_connect(env, &a));
	conn = (int)ASSERT_OK(uring_result(&ring, IORING_OP_ACCEPT));
	env_own(env, conn);
	data_expect_works(env, client, conn);
}
