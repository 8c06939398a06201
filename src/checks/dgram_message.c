// SPDX-License-Identifier: BSD-2-Clause
/* A datagram arrives once, whole and alone, whichever calls are used. */
#include "config.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "checks/util_dgram.h"
#include "harness/check.h"

#define N_WAYS 5

/* The same message by each of the calls. */
static long send_by(int way, int fd, void *buf, size_t len)
{
	struct iovec iov = { buf, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	switch (way) {
	case 0:
		return send(fd, buf, len, 0);
	case 1:
		return write(fd, buf, len);
	case 2:
		return sendto(fd, buf, len, 0, NULL, 0);
	case 3:
		return sendmsg(fd, &msg, 0);
	default:
		return writev(fd, &iov, 1);
	}
}

static long recv_by(int way, int fd, void *buf, size_t len)
{
	struct iovec iov = { buf, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	switch (way) {
	case 0:
		return recv(fd, buf, len, 0);
	case 1:
		return read(fd, buf, len);
	case 2:
		return recvfrom(fd, buf, len, 0, NULL, NULL);
	case 3:
		return recvmsg(fd, &msg, 0);
	default:
		return readv(fd, &iov, 1);
	}
}

CHECK(dgram, keeps_boundaries,
      .title = "Each datagram is received by one call, with its own length and bytes, in order",
      CLAUSES(posix_recv_message_whole, unix7_dgram_reliable),
      ROWS(DGR_01),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = UDP,
      PARAMS("recv", "read", "recvfrom", "recvmsg", "readv"),
      .why = "A protocol over datagrams has no other marks where a message ends.",
      .explain = "Messages of several sizes are sent by send(), write(), sendto(), "
	      "sendmsg() and writev() in turn, then received, each into a buffer with "
	      "room for more; the buffer beyond the message is not written.")
{
	static const size_t size[] = { 1, 7, 1000, 2, 64, 333, 3, 500 };
	unsigned char out[1000], in[1200];
	int fd[2], n = sizeof(size) / sizeof(size[0]);

	SETUP(env_pair(env, fd));
	for (int i = 0; i < n; i++) {
		dgram_fill(out, (unsigned int)i, size[i]);
		ASSERT_RET(size[i], send_by(i % N_WAYS, fd[0], out, size[i]));
	}
	for (int i = 0; i < n; i++) {
		CONTEXT("message %d of %zu bytes", i, size[i]);
		memset(in, 0xee, sizeof(in));
		dgram_settle(env, fd[1]);
		ASSERT_RET(size[i], recv_by(env->param, fd[1], in, sizeof(in)));
		EXPECT_THAT(dgram_is(in, (unsigned int)i, size[i]),
			    "the bytes are those that were sent");
		EXPECT_EQ(0xee, in[size[i]]);
	}
	dgram_expect_empty(fd[1]);
	dgram_expect_empty(fd[0]);
}

CHECK(dgram, short_buffer_discards_the_rest,
      .title = "A buffer shorter than the datagram gets its beginning; the rest is discarded",
      CLAUSES(posix_recv_message_whole),
      ROWS(DGR_02),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = UDP,
      PARAMS("recv", "read", "recvfrom", "recvmsg", "readv"),
      .why = "A rest that came as a message would be taken for one.")
{
	static const size_t room[] = { 1, 4, 9, 10, 11 };
	unsigned char out[10], in[16];
	int fd[2];

	SETUP(env_pair(env, fd));
	dgram_fill(out, 0, sizeof(out));
	for (int i = 0; i < 5; i++) {
		size_t want = room[i] < sizeof(out) ? room[i] : sizeof(out);

		CONTEXT("10 bytes into %zu", room[i]);
		memset(in, 0xee, sizeof(in));
		ASSERT_RET(10, send(fd[0], out, sizeof(out), 0));
		ASSERT_RET(4, send(fd[0], "next", 4, 0));
		dgram_settle(env, fd[1]);
		EXPECT_RET(want, recv_by(env->param, fd[1], in, room[i]));
		EXPECT_MEM(out, in, want);
		EXPECT_EQ(0xee, in[want]);
		dgram_settle(env, fd[1]);
		dgram_expect(fd[1], "next");
		dgram_expect_empty(fd[1]);
	}
}

CHECK(dgram, truncation_is_flagged,
      .title = "recvmsg() sets MSG_TRUNC for a datagram that was cut, and not for one that fits",
      CLAUSES(posix_recvmsg_trunc),
      ROWS(DGR_03, DGR_04, DGR_60),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = NONBLOCK, .controls = UDP,
      .why = "It is the only way to know that a message is not the whole one.",
      .explain = "10 bytes into 0 bytes (no iovec at all), 1, 9, 10 and 11, in one "
	      "piece and in two; msg_flags holds MSG_TRUNC or nothing.")
{
	static const size_t room[] = { 0, 1, 9, 10, 11 };
	unsigned char out[10], in[16];
	int fd[2];

	SETUP(env_pair(env, fd));
	dgram_fill(out, 0, sizeof(out));
	for (int i = 0; i < 10; i++) {
		size_t len = room[i / 2], first = i % 2 ? len / 2 : len;
		size_t want = len < sizeof(out) ? len : sizeof(out);
		struct iovec iov[2] = { { in, first }, { in + first, len - first } };
		struct msghdr msg = { .msg_iov = iov, .msg_flags = ~0,
				      .msg_iovlen = len ? 2 : 0 };

		CONTEXT("10 bytes into %zu and %zu", first, len - first);
		ASSERT_RET(10, send(fd[0], out, sizeof(out), 0));
		dgram_settle(env, fd[1]);
		ASSERT_RET(want, recvmsg(fd[1], &msg, 0));
		EXPECT_MSG_FLAGS(len < sizeof(out) ? MSG_TRUNC : 0, msg.msg_flags);
		EXPECT_MEM(out, in, want);
		dgram_expect_empty(fd[1]);
	}
}

CHECK(dgram, trunc_flag_returns_real_length,
      .title = "recv(MSG_TRUNC) returns the length of the datagram, however little is copied",
      CLAUSES(recv2_msg_trunc),
      ROWS(DGR_05),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = NONBLOCK, .controls = UDP,
      .why = "Receivers learn from it how large their buffer should have been.",
      .explain = "10 bytes into 0, 4, 10 and 16: the result is 10 each time, only what "
	      "there is room for is copied, and the message is gone.")
{
	static const size_t room[] = { 0, 4, 10, 16 };
	unsigned char out[10], in[20];
	int fd[2];

	SETUP(env_pair(env, fd));
	dgram_fill(out, 0, sizeof(out));
	for (int i = 0; i < 4; i++) {
		size_t want = room[i] < sizeof(out) ? room[i] : sizeof(out);

		CONTEXT("10 bytes into %zu", room[i]);
		memset(in, 0xee, sizeof(in));
		ASSERT_RET(10, send(fd[0], out, sizeof(out), 0));
		dgram_settle(env, fd[1]);
		EXPECT_RET(10, recv(fd[1], in, room[i], MSG_TRUNC));
		EXPECT_MEM(out, in, want);
		EXPECT_EQ(0xee, in[want]);
		dgram_expect_empty(fd[1]);
	}
}

CHECK(dgram, length_of_the_next,
      .title = "recv(NULL, 0, MSG_PEEK | MSG_TRUNC) tells the next datagram's length and keeps it",
      CLAUSES(recv2_msg_trunc, posix_recv_peek),
      ROWS(DGR_06),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = NONBLOCK, .controls = UDP,
      .why = "Programs size their buffer by it before they read.",
      .explain = "Three messages, the second one empty, each looked at twice.  Linux "
		 "before 4.14 passed over an empty one that was looked at already, which "
		 "is accepted where MSG_OOB (5.15) is not known.")
{
	static const char *const text[] = { "1234567", "", "123" };
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 3; i++)
		ASSERT_RET(strlen(text[i]),
			   send(fd[0], text[i], strlen(text[i]), 0));
	for (int i = 0; i < 3; i++) {
		CONTEXT("message %d", i);
		dgram_settle(env, fd[1]);
		for (int twice = 0; twice < 2; twice++) {
			long n = EXPECT_OK(recv(fd[1], NULL, 0, MSG_PEEK |
						MSG_TRUNC | MSG_DONTWAIT));

			if (i == 1 && n == 3 && !release_proven(RELEASE_5_15))
				NOTE("an empty message was passed over");
			else
				EXPECT_EQ(strlen(text[i]), n);
		}
		dgram_expect(fd[1], text[i]);
	}
	EXPECT_ERRNO(EAGAIN, recv(fd[1], NULL, 0,
				  MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT));
}

CHECK(dgram, vectors_make_one_message,
      .title = "writev() makes one datagram of its pieces, and readv() spreads one over its own",
      CLAUSES(posix_recv_message_whole, posix_writev_gathers,
	      posix_readv_scatters),
      ROWS(DGR_12),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP, .controls = UDP,
      .why = "Header and body are written as two pieces of one message.",
      .explain = "Pieces of 3, 0 and 5 bytes are received as 8 bytes; readv() into 2, "
	      "0 and 20 bytes takes one message of two; readv() into 2 and 3 cuts it.")
{
	char first[2], rest[20], in[5];
	struct iovec out[3] = { { "abc", 3 }, { "", 0 }, { "defgh", 5 } };
	struct iovec wide[3] = { { first, 2 }, { in, 0 }, { rest, 20 } };
	struct iovec narrow[2] = { { in, 2 }, { in + 2, 3 } };
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 3; i++)
		ASSERT_RET(8, writev(fd[0], out, 3));
	dgram_settle(env, fd[1]);
	dgram_expect(fd[1], "abcdefgh");
	dgram_settle(env, fd[1]);
	ASSERT_RET(8, readv(fd[1], wide, 3));
	EXPECT_MEM("ab", first, 2);
	EXPECT_MEM("cdefgh", rest, 6);
	dgram_settle(env, fd[1]);
	ASSERT_RET(5, readv(fd[1], narrow, 2));
	EXPECT_MEM("abcde", in, 5);
	dgram_expect_empty(fd[1]);
}
