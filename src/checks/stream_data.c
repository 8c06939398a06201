// SPDX-License-Identifier: BSD-2-Clause
/*
 * A stream is a sequence of bytes: what reads make of writes, whatever their
 * sizes, and how a read waits.
 */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "harness/check.h"

CHECK(stream, read_joins_writes,
      .title = "One read of a stream returns several writes, joined in order",
      CLAUSES(posix_recv_stream_boundaries, posix_socket_stream),
      ROWS(STR_01),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP,
      .why = "Protocols over streams are written for bytes, not for packets.")
{
	unsigned char out[64], in[128];
	struct iovec iov[2] = { { out + 20, 9 }, { out + 29, 11 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	int fd[2];

	data_fill(out, 0, sizeof(out));
	SETUP(env_pair(env, fd));
	ASSERT_RET(1, write(fd[0], out, 1));
	ASSERT_RET(19, send(fd[0], out + 1, 19, MSG_NOSIGNAL));
	ASSERT_RET(20, sendmsg(fd[0], &msg, MSG_NOSIGNAL));
	ASSERT_RET(24, sendto(fd[0], out + 40, 24, MSG_NOSIGNAL, NULL, 0));
	data_settle(env, fd[1], 64);
	ASSERT_RET(64, recv(fd[1], in, sizeof(in), 0));
	EXPECT_MEM(out, in, 64);
	data_expect_empty(fd[1]);
	data_expect_empty(fd[0]);
}

CHECK(stream, read_gathers_up_to_its_size,
      .title = "One read gathers the bytes of many queued writes up to the size of its buffer",
      CLAUSES(linux_stream_read, posix_recv_stream_boundaries),
      ROWS(STR_09),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Reading a message a byte at a time costs a call a byte.")
{
	unsigned char byte, in[128];
	int fd[2], n, first;

	SETUP(env_pair(env, fd));
	for (n = 0; n < 100; n++) {
		data_fill(&byte, (size_t)n, 1);
		if (send(fd[0], &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
			break;
	}
	/* Small buffers (net.core.wmem_default) hold fewer. */
	ASSERT_THAT(n > 1, "at least two bytes fit, not %d", n);
	first = n * 3 / 5;
	EXPECT_RET(first, recv(fd[1], in, (size_t)first, 0));
	EXPECT_RET(n - first, readv(fd[1], &(struct iovec){ in + first,
					    sizeof(in) - (size_t)first }, 1));
	EXPECT_THAT(data_is(in, 0, (size_t)n), "the bytes came in order");
	data_expect_empty(fd[1]);
}

CHECK(stream, short_read_keeps_rest,
      .title = "A read shorter than what is queued leaves exactly the rest for the next",
      CLAUSES(posix_recv_stream_boundaries, linux_stream_read),
      ROWS(STR_02, STR_10),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP,
      .why = "A reader that takes a header first must find the body after it.",
      .explain = "Three writes of 10 bytes are read by pieces of 1, 7, 11, 1 and "
	      "10 bytes, which end inside and at the borders of the writes; how much "
	      "is left is asked by FIONREAD each time.")
{
	static const int piece[] = { 1, 7, 11, 1, 10 };
	unsigned char out[30], in[32];
	int fd[2], at = 0, left = -1;

	data_fill(out, 0, sizeof(out));
	SETUP(env_pair(env, fd));
	for (int i = 0; i < 3; i++)
		ASSERT_RET(10, send(fd[0], out + i * 10, 10, MSG_NOSIGNAL));
	data_settle(env, fd[1], sizeof(out));
	for (size_t i = 0; i < sizeof(piece) / sizeof(piece[0]); i++) {
		CONTEXT("after %d bytes", at);
		data_fill(in, 100, sizeof(in));
		EXPECT_RET(piece[i], recv(fd[1], in, (size_t)piece[i], 0));
		EXPECT_MEM(out + at, in, (size_t)piece[i]);
		EXPECT_THAT(data_is(in + piece[i], 100 + (size_t)piece[i],
				    sizeof(in) - (size_t)piece[i]),
			    "nothing is written after the %d bytes", piece[i]);
		at += piece[i];
		EXPECT_RET(0, ioctl(fd[1], FIONREAD, &left));
		EXPECT_EQ(30 - at, left);
	}
	data_expect_empty(fd[1]);
}

CHECK(stream, write_of_nothing,
      .title = "A write of no bytes to a stream returns 0 and queues nothing",
      CLAUSES(linux_stream_empty_write),
      ROWS(STR_03, STR_04, STR_05),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP,
      .why = "An empty piece that arrived would be taken for the end by its reader.")
{
	struct iovec iov[2] = { { "", 0 }, { NULL, 0 } };
	struct msghdr none = { 0 }, empty = { .msg_iov = iov, .msg_iovlen = 2 };
	int fd[2], left = -1;

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, send(fd[0], "", 0, MSG_NOSIGNAL));
	EXPECT_RET(0, send(fd[0], NULL, 0, MSG_NOSIGNAL));
	EXPECT_RET(0, write(fd[0], "", 0));
	EXPECT_RET(0, writev(fd[0], iov, 2));
	EXPECT_RET(0, sendmsg(fd[0], &none, MSG_NOSIGNAL));
	EXPECT_RET(0, sendmsg(fd[0], &empty, MSG_NOSIGNAL));
	EXPECT_POLL(POLLOUT, fd[1], POLLIN | POLLOUT | POLLRDHUP);
	EXPECT_RET(0, ioctl(fd[1], FIONREAD, &left));
	EXPECT_EQ(0, left);
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(stream, read_of_nothing_keeps_data,
      .title = "A read of no bytes returns 0 and leaves what is queued",
      CLAUSES(linux_stream_read_nothing, posix_read_nothing),
      ROWS(STR_06),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP,
      .why = "A reader whose buffer is full must not lose bytes by asking for none.")
{
	struct msghdr none = { 0 };
	struct iovec iov = { NULL, 0 };
	char in[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(5, send(fd[0], "hello", 5, MSG_NOSIGNAL));
	data_settle(env, fd[1], 5);
	EXPECT_RET(0, read(fd[1], in, 0));
	EXPECT_RET(0, readv(fd[1], &iov, 1));
	EXPECT_RET(0, recv(fd[1], in, 0, 0));
	EXPECT_RET(0, recv(fd[1], NULL, 0, MSG_DONTWAIT));
	EXPECT_RET(0, recv(fd[1], in, 0, MSG_PEEK));
	EXPECT_RET(0, recvmsg(fd[1], &none, MSG_DONTWAIT));
	EXPECT_RET(5, recv(fd[1], in, sizeof(in), 0));
	EXPECT_MEM("hello", in, 5);
	data_expect_empty(fd[1]);
}

CHECK(stream, read_of_nothing_when_empty,
      .title = "On an empty stream read() of no bytes returns 0, recv() of no bytes EAGAIN",
      CLAUSES(linux_stream_read_nothing, posix_read_nothing),
      ROWS(STR_07, STR_08, STR_29),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Programs probe a descriptor with empty reads, and must not be told the end.",
      .explain = "read() of length 0 never reaches the socket.  recv() does, and "
	      "waits for something to read; where it must not wait it fails with "
	      "EAGAIN, as does recvmsg() without buffers.")
{
	int flags = env->nonblock ? 0 : MSG_DONTWAIT;
	struct msghdr none = { .msg_flags = 0x55 };
	char in[1];
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, read(fd[1], in, 0));
	EXPECT_RET(0, readv(fd[1], &(struct iovec){ in, 0 }, 1));
	EXPECT_ERRNO(EAGAIN, recv(fd[1], in, 0, flags));
	EXPECT_ERRNO(EAGAIN, recv(fd[1], in, 0, flags | MSG_PEEK));
	EXPECT_ERRNO(EAGAIN, recvmsg(fd[1], &none, flags));
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(stream, read_of_nothing_waits,
      .title = "A blocking recv() of no bytes waits until there is something to read",
      CLAUSES(linux_stream_read_nothing),
      ROWS(STR_07),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .needs = NEED_BLOCKED,
      .why = "It is how a thread waits for data without taking any.")
{
	struct call c;
	char in[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	call_recv(&c, fd[1], in, 0, 0);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, send(fd[0], "", 0, MSG_NOSIGNAL));
	EXPECT_BLOCKS(&c);
	EXPECT_RET(5, send(fd[0], "hello", 5, MSG_NOSIGNAL));
	EXPECT_CALL_RET(0, &c);
	EXPECT_RET(5, recv(fd[1], in, sizeof(in), 0));
	EXPECT_MEM("hello", in, 5);
}

/* What ends a recv() that sleeps, and how. */
static void wake_reader(struct env *env, struct call *c, int peer)
{
	char byte;

	switch (env->param) {
	case 0:
		EXPECT_RET(3, send(peer, "abc", 3, MSG_NOSIGNAL));
		EXPECT_CALL_RET(3, c);
		EXPECT_MEM("abc", (const char *)c->buf, 3);
		return;
	case 1:
		EXPECT_RET(0, shutdown(peer, SHUT_WR));
		EXPECT_CALL_RET(0, c);
		break;
	case 2:
		EXPECT_RET(0, env_close(env, peer));
		EXPECT_CALL_RET(0, c);
		break;
	default:
		/* A peer that closes with something unread resets. */
		EXPECT_RET(1, send(c->fd, "u", 1, MSG_NOSIGNAL));
		data_settle(env, peer, 1);
		EXPECT_BLOCKS(c);
		EXPECT_RET(0, env_close(env, peer));
		EXPECT_CALL_ERRNO(ECONNRESET, c);
	}
	EXPECT_RET(0, recv(c->fd, &byte, 1, 0));
}

CHECK(stream, recv_waits,
      .title = "recv() on an empty stream sleeps until there is data, the end, or an error",
      CLAUSES(posix_recv_blocks, posix_recv_end),
      ROWS(STR_35),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      PARAMS("data", "shutdown", "close", "reset"),
      .needs = NEED_BLOCKED,
      .why = "A reader that is not woken hangs, one woken for nothing sees a false end.")
{
	char in[8] = "";
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	call_recv(&c, fd[1], in, sizeof(in), 0);
	EXPECT_BLOCKS(&c);
	wake_reader(env, &c, fd[0]);
}

CHECK(stream, read_of_nothing_at_end,
      .title = "At the end a recv() of no bytes returns 0, whatever its flags, and not EAGAIN",
      CLAUSES(posix_recv_end),
      ROWS(STR_37),
      .types = CONNECTED, .addrs = PAIR, .axes = SWAP | NONBLOCK,
      .controls = TCP,
      .why = "A probe for the end must not read as \"nothing yet\".",
      .explain = "After the peer's SHUT_WR, by recv() and recvmsg(), with MSG_PEEK and "
	      "MSG_TRUNC, each alone, both and none; without waiting.")
{
	static const int flags[] = { 0, MSG_PEEK, MSG_TRUNC, MSG_PEEK | MSG_TRUNC };
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, shutdown(fd[0], SHUT_WR));
	/* On a control the end may take its time. */
	EXPECT_RET(0, recv(fd[1], &(char){ 0 }, 1,
			   env_is_control(env) ? MSG_WAITALL : MSG_DONTWAIT));
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct msghdr none = { .msg_iov = NULL };

		CONTEXT("flags %#x", (unsigned int)flags[i]);
		EXPECT_RET(0, recv(fd[1], NULL, 0, flags[i] | MSG_DONTWAIT));
		EXPECT_RET(0, recvmsg(fd[1], &none, flags[i] | MSG_DONTWAIT));
		EXPECT_MSG_FLAGS(0, none.msg_flags);
	}
}
