// SPDX-License-Identifier: BSD-2-Clause
/*
 * MSG_TRUNC as an argument: the real length of a message, and nothing at all
 * on a stream; and how messages of many pages are cut.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "harness/check.h"

CHECK(trunc, stream_keeps_data,
      .title = "MSG_TRUNC on a stream changes neither the count nor what is left",
      CLAUSES(linux_stream_trunc, posix_recv_stream_boundaries),
      ROWS(FLG_19),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Code shared with datagrams asks for the length and would lose the rest.",
      .explain = "On TCP the flag discards bytes without copying them.  Here the "
	      "bytes are copied, the count is theirs, and msg_flags is 0.")
{
	char in[16] = "";
	struct iovec iov = { in, 2 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(10, send(fd[0], "0123456789", 10, MSG_NOSIGNAL));
	EXPECT_RET(3, recv(fd[1], in, 3, MSG_TRUNC));
	EXPECT_MEM("012\0", in, 4);
	EXPECT_RET(2, recvmsg(fd[1], &msg, MSG_TRUNC));
	EXPECT_MSG_FLAGS(0, msg.msg_flags);
	EXPECT_MEM("34", in, 2);
	EXPECT_RET(2, recv(fd[1], in, 2, MSG_TRUNC | MSG_PEEK));
	EXPECT_MEM("56", in, 2);
	EXPECT_RET(0, recv(fd[1], in, 0, MSG_TRUNC));
	EXPECT_RET(5, recv(fd[1], in, sizeof(in), MSG_TRUNC));
	EXPECT_MEM("56789", in, 5);
	data_expect_empty(fd[1]);
}

CHECK(trunc, stream_needs_buffer,
      .title = "MSG_TRUNC on a stream still needs memory to write to: EFAULT, and nothing is lost",
      CLAUSES(linux_stream_trunc, recv2_efault),
      ROWS(FLG_20),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("null", "protected", "read_only"),
      .why = "recv(NULL, n, MSG_TRUNC) drops n bytes on TCP; here it must not seem to.")
{
	char *bad = data_bad_page(env->param_name), in[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(5, send(fd[0], "hello", 5, MSG_NOSIGNAL));
	EXPECT_ERRNO(EFAULT, recv(fd[1], bad, 3, MSG_TRUNC));
	EXPECT_ERRNO(EFAULT, recv(fd[1], bad, 3, MSG_TRUNC | MSG_PEEK));
	EXPECT_RET(0, recv(fd[1], bad, 0, MSG_TRUNC));
	EXPECT_RET(5, recv(fd[1], in, sizeof(in), 0));
	EXPECT_MEM("hello", in, 5);
	data_expect_empty(fd[1]);
}

CHECK(trunc, tells_real_length,
      .title = "MSG_TRUNC returns the real length of a message; in msg_flags it tells of a short buffer",
      CLAUSES(recv2_msg_trunc, posix_recvmsg_trunc),
      ROWS(FLG_24, FLG_25),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = UDP,
      .why = "A flag that is merely echoed makes every message look cut.",
      .explain = "Messages of 20 bytes are received into 19, 20, 21 and 0 bytes, with "
	      "the flag as argument and without.")
{
	static const size_t room[] = { 19, 20, 21, 0 };
	unsigned char out[20], in[32];
	int fd[2];

	data_fill(out, 0, sizeof(out));
	SETUP(env_pair(env, fd));
	for (int i = 0; i < 8; i++) {
		struct iovec iov = { in, room[i / 2] };
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
				      .msg_flags = 0x55 };
		size_t got = iov.iov_len < 20 ? iov.iov_len : 20;
		int flag = i % 2 ? MSG_TRUNC : 0;

		CONTEXT("buffer of %zu, flag %s", iov.iov_len,
			flag ? "MSG_TRUNC" : "0");
		memset(in, 0, sizeof(in));
		ASSERT_RET(20, send(fd[0], out, 20, MSG_NOSIGNAL));
		data_settle(env, fd[1], 20);
		EXPECT_RET(flag ? 20 : got, recvmsg(fd[1], &msg, flag));
		EXPECT_MSG_FLAGS(got < 20 ? MSG_TRUNC : 0, msg.msg_flags);
		EXPECT_MEM(out, in, got);
		EXPECT_EQ(0, in[got]);
		data_expect_empty(fd[1]);
	}
}

CHECK(trunc, receive_of_nothing,
      .title = "recvmsg() of no bytes: of a message a look or all of it, of a stream nothing",
      CLAUSES(linux_stream_read_nothing, linux_dgram_receive_nothing,
	      recv2_msg_trunc, posix_recvmsg_trunc),
      ROWS(STR_06, STR_07, STR_29, DGR_11, DGR_60, SEQ_18, FLG_34),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "systemd asks this way whether a message waits; 0 for none is a message of no bytes.",
      .explain = "With MSG_PEEK and MSG_TRUNC, each alone, both and none, with room for "
	      "control data and without: EAGAIN where nothing is queued.  A message of "
	      "three bytes is cut to none: MSG_TRUNC in msg_flags, 3 where the flag asks "
	      "for it, and it is taken unless it was peeked at.  A stream returns 0, with "
	      "msg_flags 0, and keeps its bytes.")
{
	static const int flags[] = { 0, MSG_PEEK, MSG_TRUNC, MSG_PEEK | MSG_TRUNC };
	bool stream = env->type == SOCK_STREAM;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char in[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 8; i++) {
		size_t room = i % 2 ? sizeof(control) : 0;
		struct msghdr empty = { .msg_control = control.bytes,
					.msg_controllen = room };
		struct msghdr full = empty;
		int flag = flags[i / 2];
		bool stays = stream || flag & MSG_PEEK;

		CONTEXT("flags %#x, room for %zu bytes of control data",
			(unsigned int)flag, room);
		EXPECT_ERRNO(EAGAIN, recvmsg(fd[1], &empty, flag | MSG_DONTWAIT |
					     MSG_CMSG_CLOEXEC));
		ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
		EXPECT_RET(!stream && flag & MSG_TRUNC ? 3 : 0,
			   recvmsg(fd[1], &full, flag | MSG_DONTWAIT));
		EXPECT_MSG_FLAGS(stream ? 0 : MSG_TRUNC, full.msg_flags);
		EXPECT_EQ(0, full.msg_controllen);
		if (stays) {
			EXPECT_RET(3, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
			EXPECT_MEM("abc", in, 3);
		}
		data_expect_empty(fd[1]);
	}
}

/* Beyond one page, one piece of a long message, and what lies in one buffer. */
static const size_t large[] = { 4096, 4097, 32768, 32769, 65536, 100000 };

#define LARGEST 100000

/* What is left of a message of len bytes in a buffer of room. */
static void expect_cut(const int fd[2], const unsigned char *out,
		       unsigned char *in, size_t len, size_t room, int flags)
{
	struct iovec iov = { in, room };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_flags = 0x55 };
	size_t got = room < len ? room : len;
	unsigned char byte;

	ASSERT_RET(len, send(fd[0], out, len, MSG_NOSIGNAL | MSG_DONTWAIT));
	ASSERT_RET(len, send(fd[0], out, len, MSG_NOSIGNAL | MSG_DONTWAIT));
	/* The first is peeked at, the second taken. */
	for (int i = 0; i < 2; i++) {
		CONTEXT("%zu bytes into %zu, flags %s, %s", len, room,
			flags ? "MSG_TRUNC" : "0", i ? "taken" : "peeked at");
		memset(in, 0, got + 1);
		EXPECT_RET(flags ? len : got,
			   recvmsg(fd[1], &msg, flags | (i ? 0 : MSG_PEEK)));
		EXPECT_MSG_FLAGS(room < len ? MSG_TRUNC : 0, msg.msg_flags);
		EXPECT_THAT(memcmp(out, in, got) == 0,
			    "the bytes are the first of the message");
		EXPECT_EQ(0, in[got]);
		iov.iov_len = room;
	}
	ASSERT_RET(flags ? len : 1, recv(fd[1], &byte, 1, flags));
	data_expect_empty(fd[1]);
}

CHECK(trunc, large_messages,
      .title = "A message of many pages is cut, and said to be cut, only if it does not fit",
      CLAUSES(posix_recvmsg_trunc, recv2_msg_trunc),
      ROWS(FLG_35),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Short messages work in the tests, and long ones are torn in the field.",
      .explain = "4096 bytes to 100000, around the sizes of a page and of the pieces that "
	      "messages are kept in; into one byte less, as many, one more, and a page "
	      "or 32768 bytes; with MSG_TRUNC as an argument and without, peeked at and "
	      "taken.")
{
	cleanup_free unsigned char *out = malloc(LARGEST);
	cleanup_free unsigned char *in = malloc(LARGEST + 2);
	int fd[2];

	if (!out || !in)
		BROKEN("no memory for messages");
	data_fill(out, 0, LARGEST);
	SETUP(env_pair(env, fd));
	if (backlog_option(fd[0], SO_SNDBUF) < 3 * LARGEST)
		SETUP(backlog_set_option(fd[0], SO_SNDBUF, 3 * LARGEST));
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		const size_t len = large[i];
		const size_t room[] = { len - 1, len, len + 1, 4096, 32768 };

		if (2 * (len + 4096) > (size_t)backlog_option(fd[0], SO_SNDBUF)) {
			NOTE("no room for two messages of %zu bytes", len);
			break;
		}
		for (size_t j = 0; j < 10; j++)
			expect_cut(fd, out, in, len, room[j / 2],
				   j % 2 ? MSG_TRUNC : 0);
	}
}
