// SPDX-License-Identifier: BSD-2-Clause
/*
 * MSG_WAITALL: what it waits for, and what ends the wait early.
 */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "checks/util_moment.h"
#include "harness/check.h"

#define TIMEOUT_MS 30

CHECK(waitall, waits_for_all,
      .title = "MSG_WAITALL sleeps until the buffer is full, across several writes",
      CLAUSES(posix_recv_waitall),
      ROWS(FLG_13),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      .needs = NEED_BLOCKED,
      .why = "Readers of fixed headers use it in place of a loop.",
      .explain = "Ten bytes are asked for and come as 3, 3, 3 and 4; the call sleeps "
	      "after each of the first three, returns ten and leaves the last.")
{
	unsigned char out[13], in[16] = "";
	struct call c;
	int fd[2];

	data_fill(out, 0, sizeof(out));
	SETUP(env_pair(env, fd));
	call_recv(&c, fd[1], in, 10, MSG_WAITALL);
	EXPECT_BLOCKS(&c);
	for (int i = 0; i < 3; i++) {
		EXPECT_RET(3, send(fd[0], out + 3 * i, 3, MSG_NOSIGNAL));
		EXPECT_BLOCKS(&c);
	}
	EXPECT_RET(4, send(fd[0], out + 9, 4, MSG_NOSIGNAL));
	EXPECT_CALL_RET(10, &c);
	EXPECT_MEM(out, in, 10);
	EXPECT_EQ(0, in[10]);
	data_settle(env, fd[1], 3);
	EXPECT_RET(3, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	EXPECT_MEM(out + 10, in, 3);
	data_expect_empty(fd[1]);
}

CHECK(waitall, enough_is_there,
      .title = "MSG_WAITALL does not sleep when enough is queued",
      CLAUSES(posix_recv_waitall),
      ROWS(FLG_13),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP,
      .why = "Sleeping on a full buffer is a deadlock between two that wait.")
{
	char in[8];
	struct iovec iov = { in, 6 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_flags = 0x55 };
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(4, send(fd[0], "abcd", 4, MSG_NOSIGNAL));
	ASSERT_RET(4, send(fd[0], "efgh", 4, MSG_NOSIGNAL));
	data_settle(env, fd[1], 8);
	EXPECT_RET(6, recvmsg(fd[1], &msg, MSG_WAITALL));
	EXPECT_MEM("abcdef", in, 6);
	EXPECT_MSG_FLAGS(0, msg.msg_flags);
	EXPECT_RET(2, recv(fd[1], in, 2, MSG_WAITALL));
	EXPECT_MEM("gh", in, 2);
	data_expect_empty(fd[1]);
}

CHECK(waitall, gives_way_to_nonblocking,
      .title = "MSG_WAITALL returns what is there where the call must not wait",
      CLAUSES(linux_stream_waitall_nonblock, recv2_dontwait),
      ROWS(FLG_14),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP,
      .why = "A call that must not wait and waits stops an event loop.")
{
	int flags = MSG_WAITALL | (env->nonblock ? 0 : MSG_DONTWAIT), fd[2];
	char in[8] = "";

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EAGAIN, recv(fd[1], in, sizeof(in), flags));
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	data_settle(env, fd[1], 3);
	EXPECT_RET(3, recv(fd[1], in, sizeof(in), flags));
	EXPECT_MEM("abc\0", in, 4);
	EXPECT_ERRNO(EAGAIN, recv(fd[1], in, sizeof(in), flags));
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(waitall, timeout_returns_part,
      .title = "SO_RCVTIMEO ends MSG_WAITALL with what has come, or EAGAIN when nothing has",
      CLAUSES(socket7_timeouts_partial, socket7_timeouts),
      ROWS(FLG_15),
      .types = STREAM, .addrs = ANY_ADDR, .controls = TCP,
      .waits = true,
      .why = "Bytes taken from the queue and not returned would be lost.",
      .explain = "The time must have passed, by one tick at least nearly; how much "
	      "more a loaded machine needs is not judged.")
{
	char in[8] = "";
	struct moment start;
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(0, backlog_set_timeout(fd[1], SO_RCVTIMEO, TIMEOUT_MS));
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	data_settle(env, fd[1], 3);
	moment_take(&start);
	EXPECT_RET(3, recv(fd[1], in, sizeof(in), MSG_WAITALL));
	moment_expect_passed(&start, TIMEOUT_MS);
	EXPECT_MEM("abc\0", in, 4);
	moment_take(&start);
	EXPECT_ERRNO(EAGAIN, recv(fd[1], in, sizeof(in), MSG_WAITALL));
	moment_expect_passed(&start, TIMEOUT_MS);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(waitall, end_returns_part,
      .title = "The end of the connection ends MSG_WAITALL with what has come, then 0",
      CLAUSES(posix_recv_end, posix_recv_waitall_less),
      ROWS(FLG_16),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      PARAMS("shutdown", "close", "before"),
      .needs = NEED_BLOCKED,
      .why = "The last piece of a file is rarely as long as the buffer.",
      .explain = "The end comes while the call sleeps, or was there before it.")
{
	char in[8] = "";
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	data_settle(env, fd[1], 3);
	if (env->param == 2) {
		ASSERT_RET(0, shutdown(fd[0], SHUT_WR));
		EXPECT_RET(3, recv(fd[1], in, sizeof(in), MSG_WAITALL));
	} else {
		call_recv(&c, fd[1], in, sizeof(in), MSG_WAITALL);
		EXPECT_BLOCKS(&c);
		if (env->param == 0)
			EXPECT_RET(0, shutdown(fd[0], SHUT_WR));
		else
			EXPECT_RET(0, env_close(env, fd[0]));
		EXPECT_CALL_RET(3, &c);
	}
	EXPECT_MEM("abc\0", in, 4);
	EXPECT_RET(0, recv(fd[1], in, sizeof(in), MSG_WAITALL));
}

CHECK(waitall, signal_returns_part,
      .title = "A signal ends MSG_WAITALL with what has come, whether calls restart or not",
      CLAUSES(linux_stream_waitall_signal, posix_recv_waitall_less),
      ROWS(FLG_18),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      PARAMS("eintr", "restart"),
      .needs = NEED_BLOCKED,
      .why = "EINTR after bytes were taken loses them.",
      .explain = "POSIX permits the smaller amount after a signal.  Linux returns it "
	      "with SA_RESTART, too, and leaves it to the program to ask for the "
	      "rest.")
{
	bool restart = env->param == 1;
	char in[8] = "", byte;
	struct call c;
	int fd[2], pipe_fd[2];

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	data_catch(SIGUSR1, restart ? SA_RESTART : 0, pipe_fd[1]);
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	data_settle(env, fd[1], 3);
	call_recv(&c, fd[1], in, 6, MSG_WAITALL);
	EXPECT_BLOCKS(&c);
	call_signal(&c, SIGUSR1);
	ASSERT_RET(1, read(pipe_fd[0], &byte, 1));
	EXPECT_CALL_RET(3, &c);
	EXPECT_MEM("abc\0", in, 4);
	EXPECT_RET(3, send(fd[0], "def", 3, MSG_NOSIGNAL));
	data_settle(env, fd[1], 3);
	EXPECT_RET(3, recv(fd[1], in, 3, MSG_WAITALL));
	EXPECT_MEM("def", in, 3);
	data_expect_empty(fd[1]);
}

CHECK(waitall, signal_before_data,
      .title = "A signal before any byte ends MSG_WAITALL with EINTR, and with SA_RESTART it goes on",
      CLAUSES(posix_recv_eintr),
      ROWS(FLG_18),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      PARAMS("eintr", "restart"),
      .needs = NEED_BLOCKED,
      .why = "A count of 0 would be the end, an EINTR nobody asked for an error.")
{
	bool restart = env->param == 1;
	char in[8] = "", byte;
	struct call c;
	int fd[2], pipe_fd[2];

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	data_catch(SIGUSR1, restart ? SA_RESTART : 0, pipe_fd[1]);
	call_recv(&c, fd[1], in, 3, MSG_WAITALL);
	EXPECT_BLOCKS(&c);
	call_signal(&c, SIGUSR1);
	ASSERT_RET(1, read(pipe_fd[0], &byte, 1));
	if (restart) {
		EXPECT_BLOCKS(&c);
		EXPECT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
		EXPECT_CALL_RET(3, &c);
		EXPECT_MEM("abc", in, 3);
	} else {
		EXPECT_CALL_ERRNO(EINTR, &c);
	}
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(waitall, one_message,
      .title = "MSG_WAITALL on a message socket returns one message",
      CLAUSES(posix_recv_message_whole, posix_recv_waitall_less),
      ROWS(FLG_21),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = UDP,
      .why = "Two messages in one buffer cannot be told apart.")
{
	char in[16] = "";
	struct iovec iov = { in, sizeof(in) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_flags = 0x55 };
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(3, send(fd[0], "one", 3, MSG_NOSIGNAL | MSG_EOR));
	ASSERT_RET(3, send(fd[0], "two", 3, MSG_NOSIGNAL | MSG_EOR));
	data_settle(env, fd[1], 3);
	EXPECT_RET(3, recvmsg(fd[1], &msg, MSG_WAITALL));
	EXPECT_MEM("one\0", in, 4);
	EXPECT_MSG_FLAGS(0, (unsigned int)msg.msg_flags & ~(unsigned int)MSG_EOR);
	data_settle(env, fd[1], 3);
	EXPECT_RET(3, recv(fd[1], in, sizeof(in), MSG_WAITALL));
	EXPECT_MEM("two\0", in, 4);
	data_expect_empty(fd[1]);
}

CHECK(waitall, waits_for_one_message,
      .title = "MSG_WAITALL on a message socket sleeps until one message comes, and no longer",
      CLAUSES(posix_recv_blocks, posix_recv_message_whole),
      ROWS(FLG_21),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = SWAP, .controls = UDP,
      .needs = NEED_BLOCKED,
      .why = "Waiting for a second message, the reader never answers the first.")
{
	char in[16] = "";
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	call_recv(&c, fd[1], in, sizeof(in), MSG_WAITALL);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(3, send(fd[0], "one", 3, MSG_NOSIGNAL | MSG_EOR));
	EXPECT_CALL_RET(3, &c);
	EXPECT_MEM("one\0", in, 4);
	data_expect_empty(fd[1]);
}
