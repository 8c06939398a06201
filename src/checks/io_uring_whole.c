// SPDX-License-Identifier: BSD-2-Clause
/*
 * Operations of io_uring that need more than one try: MSG_WAITALL, waiting
 * first, chains that end, and SIGPIPE, which never comes.
 */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_fill.h"
#include "checks/util_uring.h"
#include "harness/check.h"

#define URING_POLL_FIRST (1U << 0)	/* in io_uring_sqe.ioprio */
#define LONG_BYTES (256 * 1024)

static unsigned char out[LONG_BYTES], in[LONG_BYTES];

/* What follows is there since 6.0, as zero-copy sends are. */
static void open_ring(struct env *env, struct uring *ring)
{
	uring_open(env, ring);
	uring_needs(ring, URING_SEND_ZC, "MSG_WAITALL (Linux 6.0)");
}

CHECK(io_uring, receives_all,
      .title = "A receive of io_uring with MSG_WAITALL completes when its buffer is full",
      CLAUSES(linux_uring_waitall),
      ROWS(IOU_30),
      .types = CONNECTED, .addrs = PAIR, .axes = NONBLOCK, .controls = TCP,
      PARAMS("recv", "recvmsg"), .needs = NEED_IO_URING,
      .why = "Programs read headers of a known length with it.",
      .explain = "Three sends of 3 bytes for a buffer of 9, each where the last one "
	      "ended.  SOCK_SEQPACKET is no exception here, as it is for recv().")
{
	unsigned int op = env->param ? IORING_OP_RECVMSG : IORING_OP_RECV;
	struct iovec iov = { in, 9 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct uring ring;
	int fd[2];

	open_ring(env, &ring);
	SETUP(env_pair(env, fd));
	memset(in, 0, 16);
	if (env->param)
		uring_recvmsg(&ring, fd[1], &msg)->msg_flags = MSG_WAITALL;
	else
		uring_recv(&ring, fd[1], in, 9)->msg_flags = MSG_WAITALL;
	ASSERT_RET(0, uring_submit(&ring));
	for (int i = 0; i < 3; i++) {
		EXPECT_THAT(!uring_is_done(&ring), "it waits for %d more",
			    9 - 3 * i);
		ASSERT_RET(3, send(fd[0], &"abcdefghi"[3 * i], 3,
				   MSG_NOSIGNAL));
		/* Enters the kernel, where what has come is taken. */
		ASSERT_RET(0, uring_submit(&ring));
	}
	EXPECT_RET(9, uring_result(&ring, op));
	EXPECT_MEM("abcdefghi", in, 10);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(io_uring, end_cuts_receive_of_all,
      .title = "The end completes a receive of io_uring with MSG_WAITALL with what has come",
      CLAUSES(linux_uring_waitall, linux_uring_link),
      ROWS(IOU_31),
      .types = CONNECTED, .addrs = PAIR, .axes = SWAP, .controls = TCP,
      PARAMS("recv", "recvmsg"), .needs = NEED_IO_URING,
      .why = "The last bytes of a connection would be lost.",
      .explain = "Three bytes of nine, then SHUT_WR: 3.  What is linked to it does not "
	      "run: ECANCELED.  The next receive gets 0.")
{
	unsigned int op = env->param ? IORING_OP_RECVMSG : IORING_OP_RECV;
	struct iovec iov = { in, 9 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct io_uring_sqe *sqe;
	struct uring ring;
	int fd[2];

	open_ring(env, &ring);
	SETUP(env_pair(env, fd));
	memset(in, 0, 16);
	sqe = env->param ? uring_recvmsg(&ring, fd[1], &msg) :
			   uring_recv(&ring, fd[1], in, 9);
	sqe->msg_flags = MSG_WAITALL;
	sqe->flags = IOSQE_IO_LINK;
	uring_send(&ring, fd[1], "linked", 6);
	ASSERT_RET(0, uring_submit(&ring));
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "it waits for 6 more");
	ASSERT_RET(0, shutdown(fd[0], SHUT_WR));
	EXPECT_RET(3, uring_result(&ring, op));
	EXPECT_MEM("abc", in, 4);
	EXPECT_ERRNO(ECANCELED, uring_result(&ring, IORING_OP_SEND));
	uring_recv(&ring, fd[1], in, 9)->user_data = 2;
	EXPECT_RET(0, uring_result(&ring, 2));
	data_expect_empty(fd[0]);
}

CHECK(io_uring, sends_all,
      .title = "A send of io_uring with MSG_WAITALL to a full stream completes when all is sent",
      CLAUSES(linux_uring_waitall),
      ROWS(IOU_32),
      .types = STREAM, .addrs = PAIR, .axes = SWAP,
      PARAMS("send", "sendmsg"), .needs = NEED_IO_URING,
      .why = "A reply would lack its end, or have a part of it twice.",
      .explain = "256 KiB, which the peer reads as it comes; the result is the whole "
	      "length.")
{
	unsigned int op = env->param ? IORING_OP_SENDMSG : IORING_OP_SEND;
	struct iovec iov = { out, LONG_BYTES };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct io_uring_sqe *sqe;
	size_t got = 0;
	struct uring ring;
	int fd[2], small = 32768;

	open_ring(env, &ring);
	SETUP(env_pair(env, fd));
	SETUP(setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)));
	data_fill(out, 0, sizeof(out));
	sqe = env->param ? uring_sendmsg(&ring, fd[0], &msg) :
			   uring_send(&ring, fd[0], out, LONG_BYTES);
	sqe->msg_flags = MSG_WAITALL | MSG_NOSIGNAL;
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "it waits for room");
	while (got < LONG_BYTES) {
		long n = recv(fd[1], in + got, sizeof(in) - got, MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN && !uring_is_done(&ring)) {
			ASSERT_RET(0, uring_submit(&ring));
			continue;
		}
		ASSERT_THAT(n > 0, "the rest after %zu bytes comes, too", got);
		got += (size_t)n;
	}
	EXPECT_RET(LONG_BYTES, uring_result(&ring, op));
	EXPECT_THAT(data_is(in, 0, LONG_BYTES), "the bytes in order");
	data_expect_empty(fd[1]);
}

CHECK(io_uring, polls_first,
      .title = "IORING_RECVSEND_POLL_FIRST makes a receive or send of io_uring wait and then do it",
      CLAUSES(linux_uring_poll_first),
      ROWS(IOU_33),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .controls = TCP | UDP, .needs = NEED_IO_URING,
      .why = "Servers set it where a first try would be in vain.",
      .explain = "Data and room that are there already count.  A flag that does not "
	      "exist is EINVAL, and takes nothing.")
{
	struct uring ring;
	char buf[8] = "";
	int fd[2];

	open_ring(env, &ring);
	SETUP(env_pair(env, fd));
	uring_recv(&ring, fd[1], buf, sizeof(buf))->ioprio = URING_POLL_FIRST;
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the receive waits");
	uring_send(&ring, fd[0], "abc", 3)->ioprio = URING_POLL_FIRST;
	EXPECT_RET(3, uring_result(&ring, IORING_OP_SEND));
	EXPECT_RET(3, uring_result(&ring, IORING_OP_RECV));
	EXPECT_MEM("abc\0", buf, 4);
	ASSERT_RET(2, send(fd[0], "de", 2, MSG_NOSIGNAL));
	uring_recv(&ring, fd[1], buf, sizeof(buf))->ioprio = 1U << 15;
	EXPECT_ERRNO(EINVAL, uring_result(&ring, IORING_OP_RECV));
	uring_send(&ring, fd[0], "f", 1)->ioprio = 1U << 15;
	EXPECT_ERRNO(EINVAL, uring_result(&ring, IORING_OP_SEND));
	uring_recv(&ring, fd[1], buf, sizeof(buf))->ioprio = URING_POLL_FIRST;
	EXPECT_RET(2, uring_result(&ring, IORING_OP_RECV));
	EXPECT_MEM("dec", buf, 3);
	data_expect_empty(fd[1]);
}

CHECK(io_uring, never_raises_sigpipe,
      .title = "A send of io_uring on a broken stream fails with EPIPE and raises no SIGPIPE",
      CLAUSES(linux_uring_no_sigpipe, posix_send_epipe),
      ROWS(IOU_34),
      .types = CONNECTED, .addrs = PAIR, .axes = SWAP | NONBLOCK,
      PARAMS("send", "sendmsg"), .needs = NEED_IO_URING,
      .why = "The signal would end a program that looks at its completions.",
      .explain = "Without MSG_NOSIGNAL.  What is linked to it does not run: ECANCELED.")
{
	struct iovec iov = { out, 3 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct io_uring_sqe *sqe;
	struct uring ring;
	int fd[2];

	open_ring(env, &ring);
	data_catch(SIGPIPE, SA_RESTART, -1);
	SETUP(env_pair(env, fd));
	ASSERT_RET(0, shutdown(fd[0], SHUT_WR));
	for (int i = 0; i < 2; i++) {
		sqe = env->param ? uring_sendmsg(&ring, fd[0], &msg) :
				   uring_send(&ring, fd[0], "abc", 3);
		sqe->msg_flags = 0;
		sqe->flags = IOSQE_IO_LINK;
		sqe->user_data = 1;
		uring_send(&ring, fd[1], "linked", 6)->user_data = 2;
		EXPECT_ERRNO(EPIPE, uring_result(&ring, 1));
		EXPECT_ERRNO(ECANCELED, uring_result(&ring, 2));
		EXPECT_EQ(0, data_caught());
	}
	data_expect_empty(fd[0]);
}

CHECK(io_uring, failure_ends_the_chain,
      .title = "What is linked to an operation of io_uring that fails is ECANCELED and not done",
      CLAUSES(linux_uring_link),
      ROWS(IOU_35),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_IO_URING,
      PARAMS("connect", "receive", "accept"),
      .why = "A request would go out on a connection that is none.",
      .explain = "A connect to a name that nobody has, a receive and an accept that must "
	      "not wait; linked to it a send that would succeed.")
{
	struct addr a = env_addr(env, 0), nobody = env_addr(env, 1);
	int listener = SETUP(env_listener(env, 1, &a));
	int client = SETUP(env_connect(env, &a)), fresh = SETUP(env_socket(env));
	int server = SETUP(env_accept(env, listener));
	struct io_uring_sqe *sqe;
	struct uring ring;
	char buf[8];

	uring_open(env, &ring);
	if (env->param == 0) {
		sqe = uring_connect(&ring, fresh, &nobody);
	} else if (env->param == 1) {
		sqe = uring_recv(&ring, client, buf, sizeof(buf));
		sqe->msg_flags = MSG_DONTWAIT;
	} else {
		sqe = uring_accept(&ring, server);
	}
	sqe->flags = IOSQE_IO_LINK;
	sqe->user_data = 1;
	uring_send(&ring, client, "linked", 6)->user_data = 2;
	EXPECT_THAT(uring_result(&ring, 1) < 0, "the operation fails");
	EXPECT_ERRNO(ECANCELED, uring_result(&ring, 2));
	data_expect_empty(server);
	data_expect_works(env, client, server);
}
