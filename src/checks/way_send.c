// SPDX-License-Identifier: BSD-2-Clause
/*
 * send(), sendto(), sendmsg(), sendmmsg(), write(), writev() and pwritev2() are
 * ways into the same queue: none splits, joins, waits or fails on its own.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "checks/util_fill.h"
#include "checks/util_moment.h"
#include "checks/util_signal.h"
#include "checks/util_way.h"
#include "harness/check.h"

#define TIMEOUT_MS 20
#define SMALL_BUFFER 4608

static char large[4 * SMALL_BUFFER];

CHECK(ways, make_one_message,
      .title = "Every call that sends makes one message of its pieces, an empty one of none",
      CLAUSES(sendmmsg2_each, posix_write_is_send, posix_writev_gathers),
      ROWS(WAY_21),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      PARAMS(WAYS_SEND),
      .why = "What a server sends in another way arrives as other messages.",
      .explain = "5 bytes, 0 and 3; on a stream 8 bytes in a row.  writev() and "
	      "pwritev2() are not asked for the 0.")
{
	bool empty = env->param <= WAY_FILE;
	char in[12];
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(5, way_send(env->param, fd[0], "abcde", 5, 0));
	if (empty)
		EXPECT_RET(0, way_send(env->param, fd[0], "", 0, 0));
	EXPECT_RET(3, way_send(env->param, fd[0], "fgh", 3, 0));
	memset(in, '-', sizeof(in));
	if (env->type == SOCK_STREAM) {
		EXPECT_RET(8, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
		EXPECT_MEM("abcdefgh-", in, 9);
	} else {
		EXPECT_RET(5, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
		EXPECT_MEM("abcde-", in, 6);
		if (empty)
			EXPECT_RET(0, recv(fd[1], in, sizeof(in),
					   MSG_DONTWAIT));
		EXPECT_RET(3, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
		EXPECT_MEM("fghde-", in, 6);
	}
	data_expect_empty(fd[1]);
}

CHECK(ways, vectors_of_nothing,
      .title = "writev() and pwritev2() of no bytes return 0 and do nothing to the socket",
      CLAUSES(linux_vector_of_nothing),
      ROWS(WAY_28),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      PARAMS("writev", "pwritev2"),
      .why = "Who takes it for an empty message waits for an answer to nothing.",
      .explain = "Without a connection, with one, where no message comes of it, and after "
	      "SHUT_WR.  POSIX has it unspecified.")
{
	int way = WAY_VECTOR + env->param;
	int bare = SETUP(env_socket(env)), fd[2];

	EXPECT_RET(0, way_send(way, bare, "", 0, 0));
	SETUP(env_pair(env, fd));
	EXPECT_RET(0, way_send(way, fd[0], "", 0, 0));
	data_expect_empty(fd[1]);
	SETUP(shutdown(fd[0], SHUT_WR));
	EXPECT_RET(0, way_send(way, fd[0], "", 0, 0));
	data_expect_works(env, fd[1], fd[0]);
}

CHECK(ways, refuse_to_send,
      .title = "Every call that sends fails alike without a connection, after SHUT_WR and without a peer",
      CLAUSES(sendmmsg2_each, posix_send_enotconn, posix_send_epipe,
	      posix_write_is_send),
      ROWS(WAY_22),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS(WAYS_SEND),
      .why = "A program that writes in another way does not learn that nobody reads.",
      .explain = "ENOTCONN; EPIPE; and once the peer is closed ECONNREFUSED for "
	      "datagrams, EPIPE for the others.  SIGPIPE is ignored.")
{
	int bare = SETUP(env_socket(env)), fd[2];

	SETUP(signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0);
	EXPECT_ERRNO(ENOTCONN, way_send(env->param, bare, "x", 1, 0));
	SETUP(env_pair(env, fd));
	SETUP(shutdown(fd[0], SHUT_WR));
	EXPECT_ERRNO(EPIPE, way_send(env->param, fd[0], "x", 1, 0));
	data_expect_works(env, fd[1], fd[0]);
	SETUP(env_pair(env, fd));
	SETUP(env_close(env, fd[1]));
	EXPECT_ERRNO(env->type == SOCK_DGRAM ? ECONNREFUSED : EPIPE,
		     way_send(env->param, fd[0], "x", 1, 0));
}

CHECK(ways, send_no_more_than_fits,
      .title = "A message longer than the send buffer is EMSGSIZE for every call, and none of it goes",
      CLAUSES(sendmmsg2_each, posix_send_emsgsize, posix_write_is_send),
      ROWS(WAY_23),
      .types = MESSAGES, .addrs = PAIR,
      PARAMS(WAYS_SEND),
      .why = "A part that arrives would be taken for a message.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	SETUP(backlog_set_option(fd[0], SO_SNDBUF, 1));
	EXPECT_ERRNO(EMSGSIZE, way_send(env->param, fd[0], large,
					sizeof(large), 0));
	data_expect_empty(fd[1]);
	EXPECT_RET(1, way_send(env->param, fd[0], "x", 1, 0));
}

CHECK(ways, do_not_wait_to_send,
      .title = "With a full queue every call that must not wait is EAGAIN, and the socket stays as it is",
      CLAUSES(sendmmsg2_each, posix_send_eagain, posix_write_is_send),
      ROWS(WAY_24),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      PARAMS(WAYS_SEND),
      .why = "An event loop stops in the one call that waits all the same.",
      .explain = "With MSG_DONTWAIT where there are flags, and otherwise with O_NONBLOCK.")
{
	int flags = env->param < WAY_N_FLAGS ? MSG_DONTWAIT : 0;
	int fd[2], before;

	SETUP(env_pair(env, fd));
	if (!flags)
		SETUP(backlog_set_nonblock(fd[0], true));
	before = SETUP(fcntl(fd[0], F_GETFL));
	fill_up(env, fd[0]);
	EXPECT_ERRNO(EAGAIN, way_send(env->param, fd[0], "x", 1, flags));
	EXPECT_EQ(before, fcntl(fd[0], F_GETFL));
	fill_drain(env, fd[1]);
	EXPECT_RET(1, way_send(env->param, fd[0], "x", 1, flags));
	EXPECT_EQ(before, fcntl(fd[0], F_GETFL));
	data_expect_works(env, fd[1], fd[0]);
}

CHECK(ways, count_what_was_sent,
      .title = "A call that must not wait and has room for a part sends a part, and returns how much",
      CLAUSES(linux_stream_partial, posix_send_partial, posix_write_is_send),
      ROWS(WAY_25),
      .types = STREAM, .addrs = ANY_ADDR,
      PARAMS(WAYS_SEND),
      .why = "What is not counted is sent again, or never.",
      .explain = "A write of four times the buffer: less than that, and the peer gets "
	      "exactly as much.")
{
	static char in[sizeof(large)];
	ssize_t n, m, got = 0;
	int fd[2];

	SETUP(env_pair(env, fd));
	data_fill(large, 0, sizeof(large));
	memset(in, 0, sizeof(in));
	SETUP(backlog_set_option(fd[0], SO_SNDBUF, SMALL_BUFFER / 2));
	SETUP(backlog_set_nonblock(fd[0], true));
	n = EXPECT_OK(way_send(env->param, fd[0], large, sizeof(large), 0));
	EXPECT_RANGE(1, (long)sizeof(large) - 1, n);
	while ((m = recv(fd[1], in + got, sizeof(in) - (size_t)got,
			 MSG_DONTWAIT)) > 0)
		got += m;
	EXPECT_EQ(n, got);
	EXPECT_THAT(data_is(in, 0, (size_t)got), "these are the first bytes");
}

CHECK(ways, sending_is_interrupted,
      .title = "A handler interrupts every call that waits to send, and SA_RESTART has it go on",
      CLAUSES(signal7_restart, posix_send_eintr, posix_write_is_send),
      ROWS(WAY_26),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS(WAYS_SEND),
      .needs = NEED_BLOCKED,
      .why = "A program ends by its handler only where its call comes back.")
{
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	fill_up(env, fd[0]);
	signal_catch(0);
	way_call_send(&c, env->param, fd[0], "x", 1, 0);
	signal_interrupt(&c);
	EXPECT_CALL_ERRNO(EINTR, &c);
	signal_catch(SA_RESTART);
	way_call_send(&c, env->param, fd[0], "x", 1, 0);
	signal_interrupt(&c);
	EXPECT_BLOCKS(&c);
	fill_drain(env, fd[1]);
	EXPECT_CALL_RET(1, &c);
}

CHECK(ways, sending_times_out,
      .title = "SO_SNDTIMEO ends every call that waits to send with EAGAIN, and not before its time",
      CLAUSES(socket7_timeouts),
      ROWS(WAY_27),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS(WAYS_SEND),
      .waits = true,
      .why = "A limit that only send() knows lets a program hang in write().")
{
	struct moment start;
	int fd[2];

	SETUP(env_pair(env, fd));
	fill_up(env, fd[0]);
	ASSERT_RET(0, backlog_set_timeout(fd[0], SO_SNDTIMEO, TIMEOUT_MS));
	moment_take(&start);
	EXPECT_ERRNO(EAGAIN, way_send(env->param, fd[0], "x", 1, 0));
	moment_expect_passed(&start, TIMEOUT_MS);
	fill_drain(env, fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}
