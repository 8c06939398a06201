// SPDX-License-Identifier: BSD-2-Clause
/*
 * recv(), recvfrom(), recvmsg(), recvmmsg(), read(), readv() and preadv2() are
 * ways to the same queue: none keeps, loses, waits or flags on its own.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "checks/util_moment.h"
#include "checks/util_signal.h"
#include "checks/util_way.h"
#include "harness/check.h"

#define TIMEOUT_MS 20

CHECK(ways, take_what_fits,
      .title = "Every call that receives takes what fits: the rest is gone, or stays on a stream",
      CLAUSES(recvmmsg2_each, posix_read_is_recv, posix_recv_message_whole,
	      posix_recv_stream_boundaries),
      ROWS(WAY_01),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      PARAMS(WAYS_RECV),
      .why = "A program that reads in another way sees other messages.",
      .explain = "6 bytes and 2, into room for 4 and for 8; nothing is written behind "
	      "what came, and the empty queue is EAGAIN.")
{
	size_t left = env->type == SOCK_STREAM ? 4 : 2;
	char in[12];
	int fd[2];

	SETUP(env_pair(env, fd));
	SETUP(backlog_set_nonblock(fd[1], true));
	for (int i = 0; i < 2; i++) {
		ASSERT_RET(6, send(fd[0], "abcdef", 6, MSG_NOSIGNAL));
		ASSERT_RET(2, send(fd[0], "gh", 2, MSG_NOSIGNAL));
		memset(in, '-', sizeof(in));
		EXPECT_RET(4, way_recv(env->param, fd[1], in, 4, 0));
		EXPECT_MEM("abcd----", in, 8);
		memset(in, '-', sizeof(in));
		EXPECT_RET(left, way_recv(env->param, fd[1], in, 8, 0));
		EXPECT_MEM(&"efgh--------"[4 - left], in, 8);
		EXPECT_ERRNO(EAGAIN, way_recv(env->param, fd[1], in, 8, 0));
	}
}

CHECK(ways, take_empty_messages,
      .title = "Every call that receives takes an empty message as one, of 0 bytes",
      CLAUSES(recv2_empty_datagram, posix_read_is_recv, recvmmsg2_each),
      ROWS(WAY_02),
      .types = MESSAGES, .addrs = ANY_ADDR,
      PARAMS(WAYS_RECV),
      .why = "A call that skips it, or leaves it, has the program out of step.",
      .explain = "One before a message of a byte and one behind it, by write(), which "
	      "queues them also where send() does not.")
{
	char in[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	SETUP(backlog_set_nonblock(fd[1], true));
	ASSERT_RET(0, write(fd[0], "", 0));
	ASSERT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	ASSERT_RET(0, write(fd[0], "", 0));
	memset(in, '-', sizeof(in));
	EXPECT_RET(0, way_recv(env->param, fd[1], in, 4, 0));
	EXPECT_MEM("----", in, 4);
	EXPECT_RET(1, way_recv(env->param, fd[1], in, 4, 0));
	EXPECT_MEM("x---", in, 4);
	EXPECT_RET(0, way_recv(env->param, fd[1], in, 4, 0));
	EXPECT_ERRNO(EAGAIN, way_recv(env->param, fd[1], in, 4, 0));
}

CHECK(ways, see_the_end,
      .title = "Every call that receives gives what had come before the end, and then 0 for ever",
      CLAUSES(recvmmsg2_each, posix_recv_end, posix_read_is_recv),
      ROWS(WAY_03),
      .types = CONNECTED, .addrs = ANY_ADDR,
      PARAMS(WAYS_RECV),
      .why = "A program that does not see the end waits for it, or loses the last bytes.")
{
	char in[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(3, send(fd[0], "end", 3, MSG_NOSIGNAL));
	ASSERT_RET(0, env_close(env, fd[0]));
	memset(in, '-', sizeof(in));
	EXPECT_RET(3, way_recv(env->param, fd[1], in, 8, 0));
	EXPECT_MEM("end-----", in, 8);
	for (int i = 0; i < 2; i++)
		EXPECT_RET(0, way_recv(env->param, fd[1], in, 8, 0));
	EXPECT_MEM("end-----", in, 8);
}

CHECK(ways, see_the_reset,
      .title = "Every call that receives tells ECONNRESET of what the peer left unread, once, then 0",
      CLAUSES(linux_release_resets, posix_recv_econnreset),
      ROWS(WAY_09),
      .types = CONNECTED, .addrs = ANY_ADDR,
      PARAMS(WAYS_RECV),
      .why = "A program that reads in another way takes the end for an answer.")
{
	char in[4];
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, send(fd[1], "u", 1, MSG_NOSIGNAL));
	ASSERT_RET(0, env_close(env, fd[0]));
	memset(in, '-', sizeof(in));
	EXPECT_ERRNO(ECONNRESET, way_recv(env->param, fd[1], in, 4, 0));
	for (int i = 0; i < 2; i++)
		EXPECT_RET(0, way_recv(env->param, fd[1], in, 4, 0));
	EXPECT_MEM("----", in, 4);
}

CHECK(ways, refuse_to_receive,
      .title = "Every call that receives fails at once without a connection: EINVAL, or ENOTCONN",
      CLAUSES(linux_stream_unconnected, posix_recv_enotconn),
      ROWS(WAY_10),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      PARAMS(WAYS_RECV),
      .why = "A call that waits here waits for nobody.",
      .explain = "ENOTCONN on a seqpacket socket, and EINVAL on a stream unless recv() has "
	      "ENOTCONN there, too: new, and listening with a client that has sent.")
{
	bool stream = env->type == SOCK_STREAM;
	struct addr own = env_addr(env, 0);
	int fd[2], client;
	char in[4];

	fd[0] = SETUP(env_socket(env));
	fd[1] = SETUP(env_listener(env, 1, &own));
	client = SETUP(env_connect(env, &own));
	ASSERT_RET(1, send(client, "x", 1, MSG_NOSIGNAL));
	memset(in, '-', sizeof(in));
	for (int i = 0; i < 2; i++) {
		bool not_connected = recv(fd[i], in, 4, MSG_DONTWAIT) < 0 &&
				     errno == ENOTCONN;
		int error = stream && !not_connected ? EINVAL : ENOTCONN;

		CONTEXT(i ? "listening" : "new");
		EXPECT_ERRNO(error, way_recv(env->param, fd[i], in, 4, 0));
	}
	EXPECT_MEM("----", in, 4);
}

CHECK(ways, peek_and_tell,
      .title = "MSG_PEEK and MSG_TRUNC mean the same to every call that has flags",
      CLAUSES(recvmmsg2_each, posix_recv_peek, recv2_msg_trunc),
      ROWS(WAY_04),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      PARAMS(WAYS_RECV_FLAGS),
      .why = "A program looks how much there is, and takes it by another call.",
      .explain = "6 bytes into room for 4: twice with MSG_PEEK, with both flags, and "
	      "with MSG_TRUNC alone, where a message tells 6 and a stream 4.")
{
	bool stream = env->type == SOCK_STREAM;
	int told = stream ? 4 : 6, fd[2];
	char in[8];

	SETUP(env_pair(env, fd));
	ASSERT_RET(6, send(fd[0], "abcdef", 6, MSG_NOSIGNAL));
	for (int i = 0; i < 4; i++) {
		int peek = i < 3 ? MSG_PEEK : 0;
		int flags = peek | (i < 2 ? 0 : MSG_TRUNC);

		CONTEXT("flags %#x", (unsigned int)flags);
		memset(in, '-', sizeof(in));
		EXPECT_RET(i < 2 ? 4 : told,
			   way_recv(env->param, fd[1], in, 4,
				    flags | MSG_DONTWAIT));
		EXPECT_MEM("abcd----", in, 8);
	}
	if (stream) {
		EXPECT_RET(2, recv(fd[1], in, 8, MSG_DONTWAIT));
		EXPECT_MEM("ef", in, 2);
	}
	data_expect_empty(fd[1]);
}

CHECK(ways, dontwait_is_for_the_call,
      .title = "MSG_DONTWAIT holds for the call that has it, and leaves the socket as it was",
      CLAUSES(recv2_dontwait),
      ROWS(WAY_05),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      PARAMS(WAYS_RECV_FLAGS),
      .why = "The next call, which was to wait, would fail.")
{
	char in[4];
	int fd[2], before;

	SETUP(env_pair(env, fd));
	before = SETUP(fcntl(fd[1], F_GETFL));
	EXPECT_ERRNO(EAGAIN, way_recv(env->param, fd[1], in, 4, MSG_DONTWAIT));
	EXPECT_EQ(before, fcntl(fd[1], F_GETFL));
	ASSERT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, way_recv(env->param, fd[1], in, 4, MSG_DONTWAIT));
	EXPECT_EQ('x', in[0]);
	EXPECT_EQ(before, fcntl(fd[1], F_GETFL));
}

CHECK(ways, wait_for_all,
      .title = "MSG_WAITALL fills all pieces of the buffer, whichever call has it",
      CLAUSES(recvmmsg2_each, posix_recv_waitall),
      ROWS(WAY_06),
      .types = STREAM, .addrs = ANY_ADDR,
      PARAMS(WAYS_RECV_FLAGS),
      .needs = NEED_BLOCKED,
      .why = "Readers of headers and bodies in one vector get half of them.",
      .explain = "Room for 8 bytes, for recvmsg() and recvmmsg() in two pieces: it "
	      "sleeps after 3, 4 and 7 of them.")
{
	static const char *const part[] = { "abc", "d", "efg", "h" };
	char in[10];
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	memset(in, '-', sizeof(in));
	way_call_recv(&c, env->param, fd[1], in, 8, MSG_WAITALL);
	for (int i = 0; i < 4; i++) {
		size_t len = strlen(part[i]);

		EXPECT_BLOCKS(&c);
		ASSERT_RET(len, send(fd[0], part[i], len, MSG_NOSIGNAL));
	}
	EXPECT_CALL_RET(8, &c);
	EXPECT_MEM("abcdefgh--", in, 10);
}

CHECK(ways, receiving_is_interrupted,
      .title = "A handler interrupts every call that receives, and SA_RESTART has it go on",
      CLAUSES(signal7_restart, posix_recv_eintr, posix_read_is_recv),
      ROWS(WAY_07),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS(WAYS_RECV),
      .needs = NEED_BLOCKED,
      .why = "A program ends by its handler only where its call comes back.")
{
	char in[4];
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	signal_catch(0);
	way_call_recv(&c, env->param, fd[1], in, 4, 0);
	signal_interrupt(&c);
	EXPECT_CALL_ERRNO(EINTR, &c);
	signal_catch(SA_RESTART);
	way_call_recv(&c, env->param, fd[1], in, 4, 0);
	signal_interrupt(&c);
	EXPECT_BLOCKS(&c);
	ASSERT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_CALL_RET(1, &c);
	EXPECT_EQ('x', in[0]);
}

CHECK(ways, receiving_times_out,
      .title = "SO_RCVTIMEO ends every call that receives with EAGAIN, and not before its time",
      CLAUSES(socket7_timeouts),
      ROWS(WAY_08),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS(WAYS_RECV),
      .waits = true,
      .why = "A limit that only recv() knows lets a program hang in read().")
{
	struct moment start;
	char in[4];
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(0, backlog_set_timeout(fd[1], SO_RCVTIMEO, TIMEOUT_MS));
	moment_take(&start);
	EXPECT_ERRNO(EAGAIN, way_recv(env->param, fd[1], in, 4, 0));
	moment_expect_passed(&start, TIMEOUT_MS);
	data_expect_works(env, fd[0], fd[1]);
}
