// SPDX-License-Identifier: BSD-2-Clause
/*
 * Small print of io_uring's operations on sockets: flags of new descriptors,
 * names, descriptors that a failure must give back, poll, many receives.
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "checks/util_option.h"
#include "checks/util_poll.h"
#include "checks/util_uring.h"
#include "harness/check.h"

static const int made_flags[] = {
	0, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_CLOEXEC | SOCK_NONBLOCK,
};

static void expect_flags(int fd, int want)
{
	int got = EXPECT_OK(fcntl(fd, F_GETFD)) & FD_CLOEXEC ? SOCK_CLOEXEC : 0;

	if (EXPECT_OK(fcntl(fd, F_GETFL)) & O_NONBLOCK)
		got |= SOCK_NONBLOCK;
	EXPECT_EQ(want, got);
}

static struct io_uring_sqe *add_socket(struct uring *ring, int type)
{
	struct io_uring_sqe *sqe = uring_add(ring, URING_SOCKET, AF_UNIX);

	sqe->off = (unsigned int)type;
	return sqe;
}

CHECK(io_uring, socket_has_the_flags,
      .title = "A socket that io_uring makes has SOCK_CLOEXEC and SOCK_NONBLOCK as asked for",
      CLAUSES(linux_uring_socket),
      ROWS(IOU_36),
      .types = ANY_TYPE, .needs = NEED_IO_URING,
      .why = "A descriptor that a child inherits keeps the connection open.",
      .explain = "Each alone, both and none.  Other flags are EINVAL, types that are not "
	      "there fail as socket() does, and no descriptor is left.")
{
	struct uring ring;
	int lowest;

	uring_open(env, &ring);
	uring_needs(&ring, URING_SOCKET, "socket");
	lowest = option_lowest();
	for (int i = 0; i < 4; i++) {
		int fd;

		CONTEXT("flags 0%o", (unsigned int)made_flags[i]);
		add_socket(&ring, env->type | made_flags[i]);
		fd = (int)ASSERT_OK(uring_result(&ring, URING_SOCKET));
		EXPECT_EQ(lowest, fd);
		expect_flags(fd, made_flags[i]);
		option_expect(fd, SO_TYPE, env->type);
		SETUP(close(fd));
	}
	CONTEXT("%s", "");
	add_socket(&ring, env->type | 0x40000000);
	EXPECT_ERRNO(EINVAL, uring_result(&ring, URING_SOCKET));
	add_socket(&ring, SOCK_RDM);
	EXPECT_ERRNO(ESOCKTNOSUPPORT, uring_result(&ring, URING_SOCKET));
	EXPECT_EQ(lowest, option_lowest());
}

CHECK(io_uring, accepted_has_flags_and_name,
      .title = "An accept of io_uring sets the flags that are asked for and tells the name",
      CLAUSES(linux_uring_accept),
      ROWS(IOU_37),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_IO_URING,
      .why = "Servers know their clients by it.",
      .explain = "Clients that are bound.  Unknown flags are EINVAL and take nobody; a "
	      "socket that does not listen is EINVAL; no descriptor is left.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), lowest;
	struct io_uring_sqe *sqe;
	struct uring ring;

	uring_open(env, &ring);
	for (int i = 0; i < 4; i++) {
		struct addr own = env_addr(env, 1 + i), got = { .len = 0 };
		socklen_t len = sizeof(got.bytes);
		int client = SETUP(env_bound(env, &own)), fd;

		CONTEXT("flags 0%o", (unsigned int)made_flags[i]);
		ASSERT_RET(0, connect(client, &a.sa, a.len));
		sqe = uring_accept(&ring, listener);
		sqe->accept_flags = 0x40000000;
		EXPECT_ERRNO(EINVAL, uring_result(&ring, IORING_OP_ACCEPT));
		lowest = option_lowest();
		sqe = uring_accept(&ring, listener);
		sqe->accept_flags = (unsigned int)made_flags[i];
		sqe->addr = (uintptr_t)got.bytes;
		sqe->addr2 = (uintptr_t)&len;
		fd = (int)ASSERT_OK(uring_result(&ring, IORING_OP_ACCEPT));
		env_own(env, fd);
		EXPECT_EQ(lowest, fd);
		expect_flags(fd, made_flags[i]);
		EXPECT_EQ(own.len, len);
		EXPECT_MEM(own.bytes, got.bytes, own.len);
		lowest = option_lowest();
		uring_accept(&ring, fd);
		EXPECT_ERRNO(EINVAL, uring_result(&ring, IORING_OP_ACCEPT));
		EXPECT_EQ(lowest, option_lowest());
	}
}

CHECK(io_uring, messages_have_names,
      .title = "Messages of io_uring go to the name they give, and come with their sender's",
      CLAUSES(linux_uring_message),
      ROWS(IOU_38),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK, .needs = NEED_IO_URING,
      .why = "A server of datagrams answers by it.",
      .explain = "A sendmsg with a name, a recvmsg with room for one, and a send with an "
	      "address since 6.0; the length of a short buffer is told whole.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1), name;
	int from = SETUP(env_bound(env, &a)), to = SETUP(env_bound(env, &b));
	char data[2] = "";
	struct iovec iov = { data, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct io_uring_sqe *sqe;
	struct uring ring;

	uring_open(env, &ring);
	for (int i = 0; i < 2; i++) {
		data[0] = i ? 't' : 's';
		msg.msg_name = b.bytes;
		msg.msg_namelen = b.len;
		if (i) {
			uring_needs(&ring, URING_SEND_ZC, "send to an address");
			sqe = uring_send(&ring, from, data, 1);
			sqe->addr2 = (uintptr_t)b.bytes;
			/* addr_len, which older headers do not know. */
			memcpy(&sqe->splice_fd_in, &(uint16_t){ (uint16_t)b.len },
			       sizeof(uint16_t));
		} else {
			uring_sendmsg(&ring, from, &msg)->user_data =
				IORING_OP_SEND;
		}
		ASSERT_RET(1, uring_result(&ring, IORING_OP_SEND));
		memset(&name, 0x5a, sizeof(name));
		data[0] = 0;
		msg.msg_name = name.bytes;
		msg.msg_namelen = i ? a.len - 1 : sizeof(name.bytes);
		uring_recvmsg(&ring, to, &msg);
		ASSERT_RET(1, uring_result(&ring, IORING_OP_RECVMSG));
		EXPECT_EQ(i ? 't' : 's', data[0]);
		EXPECT_EQ(a.len, msg.msg_namelen);
		EXPECT_MEM(a.bytes, name.bytes, a.len - (unsigned int)i);
		EXPECT_EQ(0x5a, name.bytes[a.len - (unsigned int)i]);
	}
}

static struct io_uring_sqe *add_poll(struct uring *ring, int fd,
				     unsigned int events)
{
	struct io_uring_sqe *sqe = uring_add(ring, IORING_OP_POLL_ADD, fd);

	/* Half words are exchanged where the larger end is first. */
	sqe->poll32_events = events;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	sqe->poll32_events = events << 16 | events >> 16;
#endif
	return sqe;
}

CHECK(io_uring, poll_waits_for_its_events,
      .title = "A poll of io_uring completes with the events asked for, when they come",
      CLAUSES(linux_uring_poll),
      ROWS(IOU_39),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK, .needs = NEED_IO_URING,
      .why = "Programs that move to io_uring begin with their poll().",
      .explain = "POLLIN: until data comes, and at once while it is there.  POLLOUT does "
	      "not tell of data.  The hangup, and POLLRDHUP with it, end a poll that asked "
	      "for nothing.")
{
	struct uring ring;
	int fd[2];

	uring_open(env, &ring);
	/* Older kernels tell of events that nobody asked for. */
	uring_needs(&ring, URING_SOCKET, "poll as of Linux 5.19");
	SETUP(env_pair(env, fd));
	add_poll(&ring, fd[0], POLLIN);
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the poll waits");
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	EXPECT_RET(POLLIN, uring_result(&ring, IORING_OP_POLL_ADD));
	add_poll(&ring, fd[0], POLLIN);
	EXPECT_RET(POLLIN, uring_result(&ring, IORING_OP_POLL_ADD));
	add_poll(&ring, fd[0], POLLOUT);
	EXPECT_RET(POLLOUT, uring_result(&ring, IORING_OP_POLL_ADD));
	ASSERT_RET(1, recv(fd[0], &(char){ 0 }, 1, 0));
	add_poll(&ring, fd[0], 0);
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "nothing is hung up");
	if (env->type == SOCK_DGRAM)
		ASSERT_RET(0, shutdown(fd[0], SHUT_RDWR));
	else
		ASSERT_RET(0, env_close(env, fd[1]));
	EXPECT_RET(POLLHUP | POLLRDHUP,
		   uring_result(&ring, IORING_OP_POLL_ADD));
}

CHECK(io_uring, poll_goes_on,
      .title = "A multishot poll of io_uring completes once for each arrival, and goes on",
      CLAUSES(linux_uring_poll),
      ROWS(IOU_40),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK, .needs = NEED_IO_URING,
      .why = "A program that arms it once waits for ever otherwise.",
      .explain = "Since 5.13.  IORING_CQE_F_MORE in each completion; a cancelled one has "
	      "none.")
{
	struct uring_done done;
	struct uring ring;
	int fd[2];

	uring_open(env, &ring);
	uring_needs(&ring, URING_SOCKET, "multishot poll (Linux 5.19)");
	SETUP(env_pair(env, fd));
	add_poll(&ring, fd[0], POLLIN)->len = 1;
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the poll waits");
	for (int i = 0; i < 3; i++) {
		CONTEXT("arrival %d", i);
		ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
		ASSERT_RET(POLLIN, uring_take(&ring, IORING_OP_POLL_ADD, &done));
		ASSERT_THAT(done.flags & URING_CQE_MORE, "more will come");
		ASSERT_RET(1, recv(fd[0], &(char){ 0 }, 1, 0));
	}
	EXPECT_RET(0, uring_cancel(&ring, IORING_OP_POLL_ADD));
	EXPECT_ERRNO(ECANCELED, uring_take(&ring, IORING_OP_POLL_ADD, &done));
	EXPECT_EQ(0, done.flags & URING_CQE_MORE);
}

CHECK(io_uring, receive_goes_on,
      .title = "A multishot receive of io_uring fills a buffer for each arrival until the end",
      CLAUSES(linux_uring_recv, linux_release_tells_peer),
      ROWS(IOU_41),
      .types = CONNECTED, .addrs = PAIR, .axes = NONBLOCK, .controls = TCP,
      .needs = NEED_IO_URING,
      .why = "Servers arm one for each connection and never again.",
      .explain = "Since 6.0.  IORING_CQE_F_MORE comes with each, and not with the 0 of "
	      "the end.  Without provided buffers, or with MSG_WAITALL, it is EINVAL.")
{
	char bufs[4][8] = { "" };
	struct io_uring_sqe *sqe;
	struct uring_done done;
	struct uring ring;
	int fd[2];

	uring_open(env, &ring);
	uring_needs(&ring, URING_SEND_ZC, "multishot receive (Linux 6.0)");
	SETUP(env_pair(env, fd));
	sqe = uring_add(&ring, IORING_OP_PROVIDE_BUFFERS, 4);
	sqe->addr = (uintptr_t)bufs;
	sqe->len = sizeof(bufs[0]);
	sqe->buf_group = 3;
	ASSERT_OK(uring_result(&ring, IORING_OP_PROVIDE_BUFFERS));
	for (int i = 0; i < 3; i++) {
		sqe = uring_recv(&ring, fd[1], NULL, 0);
		sqe->ioprio = URING_RECV_MULTISHOT;
		sqe->buf_group = 3;
		if (i)
			sqe->flags = IOSQE_BUFFER_SELECT;
		if (i == 1)
			sqe->msg_flags = MSG_WAITALL;
		if (i < 2)
			EXPECT_ERRNO(EINVAL,
				     uring_result(&ring, IORING_OP_RECV));
	}
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the receive waits");
	for (int i = 0; i < 3; i++) {
		unsigned int id;

		CONTEXT("arrival %d", i);
		ASSERT_RET(2, send(fd[0], &"aabbcc"[2 * i], 2, MSG_NOSIGNAL));
		ASSERT_RET(2, uring_take(&ring, IORING_OP_RECV, &done));
		ASSERT_THAT(done.flags & URING_CQE_MORE, "more will come");
		id = done.flags >> IORING_CQE_BUFFER_SHIFT;
		ASSERT_THAT(id < 4, "one of the buffers");
		EXPECT_MEM(&"aabbcc"[2 * i], bufs[id], 2);
	}
	CONTEXT("%s", "at the end");
	ASSERT_RET(0, shutdown(fd[0], SHUT_WR));
	EXPECT_RET(0, uring_take(&ring, IORING_OP_RECV, &done));
	EXPECT_EQ(0, done.flags & URING_CQE_MORE);
	EXPECT_THAT(!uring_is_done(&ring), "no further completion");
}
