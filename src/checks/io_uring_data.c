// SPDX-License-Identifier: BSD-2-Clause
/* Data by io_uring: against send() and recv() on the other end. */
#include "config.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_uring.h"
#include "harness/check.h"

CHECK(io_uring, receive_waits,
      .title = "A receive of io_uring waits on an empty socket and completes on arrival",
      CLAUSES(linux_uring_recv),
      ROWS(IOU_01),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .controls = TCP | UDP, .needs = NEED_IO_URING,
      .why = "Servers built on io_uring keep a receive pending on each connection.")
{
	struct uring ring;
	char buf[8] = "";
	int fd[2];

	uring_open(env, &ring);
	SETUP(env_pair(env, fd));
	uring_recv(&ring, fd[1], buf, sizeof(buf));
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the receive waits");
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	EXPECT_RET(3, uring_result(&ring, IORING_OP_RECV));
	EXPECT_MEM("abc\0", buf, 4);
	data_expect_empty(fd[1]);
}

CHECK(io_uring, receive_does_not_wait,
      .title = "A receive of io_uring with MSG_DONTWAIT on an empty socket fails with EAGAIN",
      CLAUSES(linux_uring_recv),
      ROWS(IOU_17),
      .types = ANY_TYPE, .addrs = PAIR, .controls = TCP | UDP,
      .needs = NEED_IO_URING,
      .why = "A probe that waits is never completed.")
{
	struct uring ring;
	char buf[8] = "";
	int fd[2];

	uring_open(env, &ring);
	SETUP(env_pair(env, fd));
	uring_recv(&ring, fd[1], buf, sizeof(buf))->msg_flags = MSG_DONTWAIT;
	EXPECT_ERRNO(EAGAIN, uring_result(&ring, IORING_OP_RECV));
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(io_uring, send_delivers,
      .title = "Sends of io_uring deliver what send() would, in order",
      CLAUSES(linux_uring_send),
      ROWS(IOU_02),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP | NONBLOCK,
      .controls = TCP | UDP, .needs = NEED_IO_URING,
      .why = "A stack may carry send() and not the other way into the kernel.",
      .explain = "Two sends, linked so that the second follows the first.  What "
	      "waits is \"abc\" and \"de\": two messages, or five bytes of a stream.")
{
	struct uring ring;
	char buf[8] = "";
	int fd[2];

	uring_open(env, &ring);
	SETUP(env_pair(env, fd));
	uring_send(&ring, fd[0], "abc", 3)->flags = IOSQE_IO_LINK;
	uring_send(&ring, fd[0], "de", 2)->user_data = 2;
	EXPECT_RET(3, uring_result(&ring, IORING_OP_SEND));
	EXPECT_RET(2, uring_result(&ring, 2));
	if (env->type == SOCK_STREAM) {
		data_settle(env, fd[1], 5);
		EXPECT_RET(5, recv(fd[1], buf, sizeof(buf), 0));
	} else {
		data_settle(env, fd[1], 1);
		EXPECT_RET(3, recv(fd[1], buf, sizeof(buf), 0));
		data_settle(env, fd[1], 1);
		EXPECT_RET(2, recv(fd[1], buf + 3, sizeof(buf) - 3, 0));
	}
	EXPECT_MEM("abcde", buf, 5);
	data_expect_empty(fd[1]);
}

CHECK(io_uring, no_zero_copy,
      .title = "A zero-copy send of io_uring fails with EOPNOTSUPP and sends nothing",
      CLAUSES(linux_uring_send_zc),
      ROWS(IOU_03),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_IO_URING,
      .why = "Programs try it and fall back to a send on exactly this answer.")
{
	struct uring ring;
	int fd[2];

	uring_open(env, &ring);
	uring_needs(&ring, URING_SEND_ZC, "zero-copy send");
	SETUP(env_pair(env, fd));
	uring_send(&ring, fd[0], "abc", 3)->opcode = URING_SEND_ZC;
	EXPECT_ERRNO(EOPNOTSUPP, uring_result(&ring, IORING_OP_SEND));
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}

/* Headers before Linux 5.19 have no cmd_op: the first half of off. */
static void add_command(struct uring *ring, int fd, uint32_t command)
{
	struct io_uring_sqe *sqe = uring_add(ring, URING_CMD, fd);

	memcpy(&sqe->off, &command, sizeof(command));
}

CHECK(io_uring, no_queue_length,
      .title = "Requests of io_uring for queue lengths fail with EOPNOTSUPP; ioctl() tells",
      CLAUSES(linux_uring_cmd),
      ROWS(IOU_05),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_IO_URING,
      .why = "A 0 instead of the error would be taken for an empty queue.")
{
	struct uring ring;
	int fd[2], waiting = -1;

	uring_open(env, &ring);
	uring_needs(&ring, URING_CMD, "commands");
	SETUP(env_pair(env, fd));
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	add_command(&ring, fd[1], URING_CMD_SIOCINQ);
	EXPECT_ERRNO(EOPNOTSUPP, uring_result(&ring, URING_CMD));
	add_command(&ring, fd[0], URING_CMD_SIOCOUTQ);
	EXPECT_ERRNO(EOPNOTSUPP, uring_result(&ring, URING_CMD));
	EXPECT_RET(0, ioctl(fd[1], FIONREAD, &waiting));
	EXPECT_EQ(3, waiting);
}

CHECK(io_uring, receive_is_cancelled,
      .title = "A receive of io_uring that is cancelled gives ECANCELED and takes nothing",
      CLAUSES(linux_uring_cancel, linux_uring_recv),
      ROWS(IOU_06),
      .types = ANY_TYPE, .addrs = PAIR, .controls = TCP | UDP,
      .needs = NEED_IO_URING,
      .why = "Timeouts cancel; data that came later must not go into a freed buffer.")
{
	struct uring ring;
	char buf[8] = "", got[8] = "";
	int fd[2];

	uring_open(env, &ring);
	SETUP(env_pair(env, fd));
	uring_recv(&ring, fd[1], buf, sizeof(buf));
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_RET(0, uring_cancel(&ring, IORING_OP_RECV));
	EXPECT_ERRNO(ECANCELED, uring_result(&ring, IORING_OP_RECV));
	EXPECT_ERRNO(ENOENT, uring_cancel(&ring, IORING_OP_RECV));
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	data_settle(env, fd[1], 3);
	EXPECT_RET(3, recv(fd[1], got, sizeof(got), 0));
	EXPECT_MEM("abc", got, 3);
	EXPECT_MEM("\0\0\0", buf, 3);
	EXPECT_THAT(!uring_is_done(&ring), "no second completion");
}

CHECK(io_uring, close_ends_receive,
      .title = "The peer's close() or SHUT_WR completes a receive of io_uring with 0",
      CLAUSES(linux_uring_recv, linux_release_tells_peer),
      ROWS(IOU_07),
      .types = CONNECTED, .addrs = PAIR, .axes = SWAP, .controls = TCP,
      PARAMS("close", "shutdown"), .needs = NEED_IO_URING,
      .why = "A pending receive is the only thing that tells such a server of the end.")
{
	struct uring ring;
	char buf[8] = "";
	int fd[2];

	uring_open(env, &ring);
	SETUP(env_pair(env, fd));
	uring_recv(&ring, fd[1], buf, sizeof(buf));
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the receive waits");
	if (env->param == 0)
		EXPECT_RET(0, env_close(env, fd[0]));
	else
		EXPECT_RET(0, shutdown(fd[0], SHUT_WR));
	EXPECT_RET(0, uring_result(&ring, IORING_OP_RECV));
	EXPECT_RET(0, recv(fd[1], buf, sizeof(buf), 0));
}

CHECK(io_uring, shuts_down,
      .title = "A shutdown of io_uring ends sending; an unknown how is EINVAL",
      CLAUSES(linux_uring_shutdown),
      ROWS(IOU_14),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_IO_URING,
      .why = "Chains of operations end in it: send the reply, then shut down.",
      .explain = "As shutdown(SHUT_WR): sending fails with EPIPE, the peer of a "
	      "connection reads the end, and the other direction still works.")
{
	struct uring ring;
	char byte;
	int fd[2];

	uring_open(env, &ring);
	uring_needs(&ring, URING_SHUTDOWN, "shutdown");
	SETUP(env_pair(env, fd));
	uring_add(&ring, URING_SHUTDOWN, fd[0])->len = 3;
	EXPECT_ERRNO(EINVAL, uring_result(&ring, URING_SHUTDOWN));
	data_expect_works(env, fd[0], fd[1]);
	uring_add(&ring, URING_SHUTDOWN, fd[0])->len = SHUT_WR;
	EXPECT_RET(0, uring_result(&ring, URING_SHUTDOWN));
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
	if (env->type == SOCK_DGRAM)
		data_expect_empty(fd[1]);
	else
		EXPECT_RET(0, recv(fd[1], &byte, 1, MSG_DONTWAIT));
	data_expect_works(env, fd[1], fd[0]);
}
