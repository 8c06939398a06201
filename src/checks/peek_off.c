// SPDX-License-Identifier: BSD-2-Clause
/* SO_PEEK_OFF: peeks that go on where the last one ended. */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "harness/check.h"

#define PEEK (MSG_PEEK | MSG_DONTWAIT)

/* Where setsockopt() takes anything, is_off_at_first says that. */
static int set_offset(int fd, int offset)
{
	int ret = setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset,
			     sizeof(offset));
	socklen_t len = sizeof(offset);

	if (ret == 0 && getsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset,
				   &len) < 0 && errno == ENOPROTOOPT)
		SKIP_CASE("SO_PEEK_OFF is accepted and not known here");
	return ret;
}

static void expect_offset(int want, int fd)
{
	int offset = -99;
	socklen_t len = sizeof(offset);

	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset, &len));
	EXPECT_EQ(want, offset);
	EXPECT_EQ(sizeof(offset), len);
}

/* A peek into room for size bytes shows text, and leaves the offset there. */
static void expect_peek(int fd, size_t size, const char *text, int offset)
{
	size_t len = strlen(text);
	char in[32];

	memset(in, '-', sizeof(in));
	EXPECT_RET(len, recv(fd, in, size, PEEK));
	EXPECT_MEM(text, in, len);
	EXPECT_EQ('-', in[len]);
	expect_offset(offset, fd);
}

CHECK(peek_off, is_off_at_first,
      .title = "SO_PEEK_OFF of a new socket is -1, and peeks begin at the front",
      CLAUSES(socket7_peek_off_default),
      ROWS(PKO_01),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Programs that never heard of the option must see the same bytes twice.")
{
	int fd[2], bare = SETUP(env_socket(env));

	SETUP(env_pair(env, fd));
	expect_offset(-1, bare);
	expect_offset(-1, fd[0]);
	expect_offset(-1, fd[1]);
	ASSERT_RET(5, send(fd[0], "hello", 5, MSG_NOSIGNAL));
	expect_peek(fd[1], 3, "hel", -1);
	expect_peek(fd[1], 3, "hel", -1);
	expect_peek(fd[1], 16, "hello", -1);
	EXPECT_RET(2, recv(fd[1], (char[2]){ 0 }, 2, 0));
	expect_offset(-1, fd[1]);
}

CHECK(peek_off, walks_a_stream,
      .title = "With SO_PEEK_OFF each peek of a stream goes on where the last one ended",
      CLAUSES(socket7_peek_off, linux_peek_off_end),
      ROWS(PKO_02, PKO_03, PKO_04, PKO_06),
      .types = STREAM, .addrs = PAIR, .axes = NONBLOCK,
      .why = "Checkpointing (CRIU) reads whole queues this way without taking anything.",
      .explain = "Over two writes; at the end of the data a peek is EAGAIN, and goes "
	      "on when more comes.  Setting the offset again begins again; a plain "
	      "read afterwards has everything.")
{
	char in[32];
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, set_offset(fd[1], 0));
	expect_offset(0, fd[1]);
	EXPECT_ERRNO(EAGAIN, recv(fd[1], in, 4, PEEK));
	ASSERT_RET(4, send(fd[0], "abcd", 4, MSG_NOSIGNAL));
	ASSERT_RET(4, send(fd[0], "efgh", 4, MSG_NOSIGNAL));
	expect_peek(fd[1], 2, "ab", 2);
	expect_peek(fd[1], 3, "cde", 5);
	expect_peek(fd[1], 16, "fgh", 8);
	EXPECT_ERRNO(EAGAIN, recv(fd[1], in, 4, PEEK));
	expect_offset(8, fd[1]);
	ASSERT_RET(2, send(fd[0], "ij", 2, MSG_NOSIGNAL));
	expect_peek(fd[1], 16, "ij", 10);
	EXPECT_RET(0, set_offset(fd[1], 3));
	expect_peek(fd[1], 16, "defghij", 10);
	EXPECT_RET(0, set_offset(fd[1], 11));
	EXPECT_ERRNO(EAGAIN, recv(fd[1], in, 4, PEEK));
	EXPECT_RET(10, recv(fd[1], in, sizeof(in), 0));
	EXPECT_MEM("abcdefghij", in, 10);
	data_expect_empty(fd[1]);
}

CHECK(peek_off, walks_messages,
      .title = "With SO_PEEK_OFF peeks walk through a message and on to the next",
      CLAUSES(socket7_peek_off, linux_peek_off_message, linux_peek_off_end),
      ROWS(PKO_02, PKO_03, PKO_04, PKO_08),
      .types = MESSAGES, .addrs = PAIR, .axes = NONBLOCK,
      .why = "Checkpointing (CRIU) reads whole queues this way without taking anything.",
      .explain = "One peek never shows bytes of two messages.")
{
	char in[32];
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, set_offset(fd[1], 0));
	expect_offset(0, fd[1]);
	EXPECT_ERRNO(EAGAIN, recv(fd[1], in, 4, PEEK));
	ASSERT_RET(5, send(fd[0], "first", 5, MSG_NOSIGNAL));
	ASSERT_RET(6, send(fd[0], "second", 6, MSG_NOSIGNAL));
	expect_peek(fd[1], 2, "fi", 2);
	expect_peek(fd[1], 16, "rst", 5);
	expect_peek(fd[1], 4, "seco", 9);
	expect_peek(fd[1], 16, "nd", 11);
	EXPECT_ERRNO(EAGAIN, recv(fd[1], in, 4, PEEK));
	expect_offset(11, fd[1]);
	EXPECT_RET(0, set_offset(fd[1], 6));
	expect_peek(fd[1], 16, "econd", 11);
	EXPECT_RET(5, recv(fd[1], in, sizeof(in), 0));
	EXPECT_MEM("first", in, 5);
	EXPECT_RET(6, recv(fd[1], in, sizeof(in), 0));
	EXPECT_MEM("second", in, 6);
	data_expect_empty(fd[1]);
}

CHECK(peek_off, read_moves_it_back,
      .title = "A read lowers SO_PEEK_OFF by what it took, so that the next peek goes on",
      CLAUSES(socket7_peek_off_read),
      ROWS(PKO_05),
      .types = STREAM, .addrs = PAIR,
      .why = "Bytes would be looked at twice, or passed over.",
      .explain = "A read of more than was peeked leaves 0, not less.")
{
	char in[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, set_offset(fd[1], 0));
	ASSERT_RET(5, send(fd[0], "abcde", 5, MSG_NOSIGNAL));
	ASSERT_RET(5, send(fd[0], "fghij", 5, MSG_NOSIGNAL));
	expect_peek(fd[1], 4, "abcd", 4);
	EXPECT_RET(3, recv(fd[1], in, 3, 0));
	expect_offset(1, fd[1]);
	expect_peek(fd[1], 2, "ef", 3);
	EXPECT_RET(3, recv(fd[1], in, 3, 0));
	expect_offset(0, fd[1]);
	expect_peek(fd[1], 1, "g", 1);
	EXPECT_RET(3, recv(fd[1], in, 3, 0));
	expect_offset(0, fd[1]);
	expect_peek(fd[1], 8, "j", 1);
}

CHECK(peek_off, message_moves_it_back,
      .title = "Receiving a message lowers SO_PEEK_OFF by its whole length",
      CLAUSES(socket7_peek_off_read),
      ROWS(PKO_07),
      .types = MESSAGES, .addrs = PAIR,
      .why = "The next peek would begin in the middle of a message.",
      .explain = "Also when the message did not fit and was cut; never below 0.")
{
	char in[16];
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, set_offset(fd[1], 0));
	ASSERT_RET(5, send(fd[0], "first", 5, MSG_NOSIGNAL));
	ASSERT_RET(6, send(fd[0], "second", 6, MSG_NOSIGNAL));
	ASSERT_RET(5, send(fd[0], "third", 5, MSG_NOSIGNAL));
	expect_peek(fd[1], 16, "first", 5);
	expect_peek(fd[1], 3, "sec", 8);
	EXPECT_RET(2, recv(fd[1], in, 2, 0));
	expect_offset(3, fd[1]);
	expect_peek(fd[1], 2, "on", 5);
	EXPECT_RET(6, recv(fd[1], in, sizeof(in), 0));
	expect_offset(0, fd[1]);
	expect_peek(fd[1], 16, "third", 5);
	EXPECT_RET(5, recv(fd[1], in, sizeof(in), 0));
	expect_offset(0, fd[1]);
}

CHECK(peek_off, negative_is_off,
      .title = "SO_PEEK_OFF takes any negative number, tells it, and peeks begin at the front",
      CLAUSES(socket7_peek_off_default, linux_peek_off_any),
      ROWS(PKO_09),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Turning the option off must work once it was on.")
{
	static const int value[] = { -1, -2, -100, -2147483647 - 1 };
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(5, send(fd[0], "hello", 5, MSG_NOSIGNAL));
	for (size_t i = 0; i < sizeof(value) / sizeof(value[0]); i++) {
		CONTEXT("%d", value[i]);
		EXPECT_RET(0, set_offset(fd[1], 1));
		expect_peek(fd[1], 2, "el", 3);
		EXPECT_RET(0, set_offset(fd[1], value[i]));
		expect_peek(fd[1], 2, "he", value[i]);
		expect_peek(fd[1], 16, "hello", value[i]);
	}
}

CHECK(peek_off, waits_at_the_end,
      .title = "A blocking peek with SO_PEEK_OFF at the end of the data sleeps until more comes",
      CLAUSES(linux_peek_off_end, socket7_peek_off),
      ROWS(PKO_10),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_BLOCKED,
      .why = "A peeking reader would spin, or see what it has seen.",
      .explain = "It returns the new data.  On streams Linux before 6.18 showed the "
	      "old data once more when it had slept; that is taken.")
{
	char in[8] = "";
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, set_offset(fd[1], 0));
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	expect_peek(fd[1], 8, "abc", 3);
	call_recv(&c, fd[1], in, 3, MSG_PEEK);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(3, send(fd[0], "def", 3, MSG_NOSIGNAL));
	EXPECT_CALL_RET(3, &c);
	if (env->type == SOCK_STREAM && memcmp(in, "abc", 3) == 0)
		NOTE("the old data was shown again");
	else
		EXPECT_MEM("def", in, 3);
	expect_offset(6, fd[1]);
	EXPECT_RET(3, recv(fd[1], in, 3, 0));
	EXPECT_MEM("abc", in, 3);
	expect_offset(3, fd[1]);
	EXPECT_RET(3, recv(fd[1], in, 3, 0));
	EXPECT_MEM("def", in, 3);
	data_expect_empty(fd[1]);
}

CHECK(peek_off, passes_an_empty_message,
      .title = "With SO_PEEK_OFF a peek shows an empty message once, and the next what is behind it",
      CLAUSES(socket7_peek_off, linux_peek_off_message),
      ROWS(PKO_03, PKO_04),
      .types = MESSAGES, .addrs = PAIR,
      .why = "Who looks through the queue would see the empty message for ever.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, set_offset(fd[1], 0));
	ASSERT_RET(0, send(fd[0], "", 0, MSG_NOSIGNAL));
	ASSERT_RET(6, send(fd[0], "second", 6, MSG_NOSIGNAL));
	expect_peek(fd[1], 16, "", 0);
	expect_peek(fd[1], 4, "seco", 4);
	expect_peek(fd[1], 16, "nd", 6);
}

CHECK(peek_off, trunc_tells_the_rest,
      .title = "MSG_TRUNC with SO_PEEK_OFF returns how long the rest of the message is",
      CLAUSES(linux_peek_trunc, linux_peek_off_message),
      ROWS(PKO_03, PKO_04),
      .types = MESSAGES, .addrs = PAIR,
      .why = "Who makes room for the rest by it needs the length from the offset on.")
{
	char in[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(5, send(fd[0], "first", 5, MSG_NOSIGNAL));
	EXPECT_RET(0, set_offset(fd[1], 2));
	EXPECT_RET(3, recv(fd[1], in, 0, PEEK | MSG_TRUNC));
	EXPECT_RET(3, recv(fd[1], in, 2, PEEK | MSG_TRUNC));
	EXPECT_MEM("rs", in, 2);
	expect_offset(4, fd[1]);
	EXPECT_RET(1, recv(fd[1], in, 1, PEEK | MSG_TRUNC));
	EXPECT_EQ('t', in[0]);
}

#define LONG 40000

/* What lies from offset on, in two buffers that nothing else fits. */
static void expect_two_pieces(int fd, int offset, int flags)
{
	static unsigned char in[2][3000];
	size_t left = LONG - (size_t)offset, first = left < 7 ? left : 7;
	size_t rest = left - first < 3000 ? left - first : 3000;
	struct iovec iov[2] = { { in[0], 7 }, { in[1], 3000 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	CONTEXT("from %d on", offset);
	memset(in, 0x5a, sizeof(in));
	EXPECT_RET(first + rest, recvmsg(fd, &msg, flags));
	EXPECT_THAT(data_is(in[0], (size_t)offset, first) &&
		    data_is(in[1], (size_t)offset + first, rest),
		    "each byte is in its place");
	EXPECT_EQ(0x5a, in[0][7]);
}

CHECK(peek_off, long_data,
      .title = "Peeks into two buffers show each part of data that is longer than a page",
      CLAUSES(socket7_peek_off, posix_readv_scatters),
      ROWS(PKO_100),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A checkpoint of a queue would have wrong bytes, and no error.",
      .explain = "At offsets around the end of a page and beyond, and at the end, where "
	      "the next message begins.  A stream is then read to its end that way.")
{
	static const int offset[] = { 0, 1, 4089, 4095, 4096, 4097, 16385, 20000,
				      33000, LONG - 1 };
	unsigned char *out = data_edge(LONG) - LONG;
	int fd[2], size = 100000, at = 5000;
	char byte = 0;

	SETUP(env_pair(env, fd));
	SETUP(setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)));
	data_fill(out, 0, LONG);
	if (send(fd[0], out, LONG, MSG_NOSIGNAL | MSG_DONTWAIT) != LONG ||
	    send(fd[0], "n", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
		SKIP_CASE("no room for %d bytes", LONG);
	for (size_t i = 0; i < sizeof(offset) / sizeof(offset[0]); i++) {
		EXPECT_RET(0, set_offset(fd[1], offset[i]));
		expect_offset(offset[i], fd[1]);
		if (env->type != SOCK_STREAM || offset[i] + 3007 < LONG)
			expect_two_pieces(fd[1], offset[i], PEEK);
	}
	CONTEXT("from the end on");
	EXPECT_RET(0, set_offset(fd[1], LONG));
	EXPECT_RET(1, recv(fd[1], &byte, 1, PEEK));
	EXPECT_EQ('n', byte);
	if (env->type != SOCK_STREAM)
		return;
	EXPECT_RET(at, recv(fd[1], out, (size_t)at, MSG_DONTWAIT));
	for (; at + 3007 < LONG; at += 3007)
		expect_two_pieces(fd[1], at, MSG_DONTWAIT);
}
