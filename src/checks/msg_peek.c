// SPDX-License-Identifier: BSD-2-Clause
/*
 * MSG_PEEK: a look that takes nothing.
 */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "harness/check.h"

CHECK(peek, takes_nothing,
      .title = "MSG_PEEK returns what is next any number of times, and the next receive has it",
      CLAUSES(posix_recv_peek),
      ROWS(FLG_01, FLG_06),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP | UDP,
      .why = "Servers look at the first bytes to choose who shall read them.",
      .explain = "By recv(), recvmsg() and recvfrom(), over the whole and over a "
	      "part.  FreeBSD echoes MSG_PEEK in msg_flags, Linux does not.")
{
	char in[16];
	struct iovec iov = { in, sizeof(in) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2], left = 0;

	SETUP(env_pair(env, fd));
	ASSERT_RET(5, send(fd[0], "hello", 5, MSG_NOSIGNAL));
	data_settle(env, fd[1], 5);
	for (int i = 0; i < 3; i++) {
		memset(in, 0, sizeof(in));
		EXPECT_RET(5, recv(fd[1], in, sizeof(in), MSG_PEEK));
		EXPECT_MEM("hello", in, 6);
		EXPECT_RET(5, recvfrom(fd[1], in, sizeof(in),
				       MSG_PEEK | MSG_DONTWAIT, NULL, NULL));
		memset(in, 0, sizeof(in));
		EXPECT_RET(5, recvmsg(fd[1], &msg, MSG_PEEK));
		EXPECT_MEM("hello", in, 6);
		EXPECT_MSG_FLAGS(0, msg.msg_flags);
		memset(in, 0, sizeof(in));
		EXPECT_RET(2, recv(fd[1], in, 2, MSG_PEEK));
		EXPECT_MEM("he\0", in, 3);
	}
	EXPECT_RET(0, ioctl(fd[1], FIONREAD, &left));
	EXPECT_EQ(5, left);
	EXPECT_RET(5, recv(fd[1], in, sizeof(in), 0));
	EXPECT_MEM("hello", in, 5);
	data_expect_empty(fd[1]);
}

CHECK(peek, nothing_there,
      .title = "MSG_PEEK on an empty socket fails with EAGAIN where it must not wait",
      CLAUSES(posix_recv_blocks, posix_recv_peek),
      ROWS(FLG_02),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP | UDP,
      .why = "0 would be the end of the connection.")
{
	int flags = env->nonblock ? MSG_PEEK : MSG_PEEK | MSG_DONTWAIT, fd[2];
	char in[4] = "---";

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(EAGAIN, recv(fd[1], in, sizeof(in), flags));
		EXPECT_ERRNO(EAGAIN, recv(fd[1], in, sizeof(in),
					  flags | MSG_TRUNC));
		EXPECT_MEM("---", in, 4);
		data_expect_works(env, fd[0], fd[1]);
	}
}

CHECK(peek, nothing_there_for_no_room,
      .title = "MSG_PEEK of no bytes on an empty socket fails with EAGAIN, and is not 0",
      CLAUSES(posix_recv_blocks, posix_recv_peek),
      ROWS(FLG_02),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = UDP,
      .why = "0 would be an empty message, or the end.")
{
	int flags = env->nonblock ? MSG_PEEK : MSG_PEEK | MSG_DONTWAIT, fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EAGAIN, recv(fd[1], NULL, 0, flags));
}

CHECK(peek, waits_for_data,
      .title = "A blocking MSG_PEEK sleeps until something comes, and leaves it",
      CLAUSES(posix_recv_blocks, posix_recv_peek),
      ROWS(FLG_01),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .controls = TCP | UDP, .needs = NEED_BLOCKED,
      .why = "Waiting by a peek is how a thread learns who writes without reading.")
{
	char in[8] = "";
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	call_recv(&c, fd[1], in, sizeof(in), MSG_PEEK);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	EXPECT_CALL_RET(3, &c);
	EXPECT_MEM("abc", in, 3);
	EXPECT_RET(3, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	data_expect_empty(fd[1]);
}

CHECK(peek, spans_writes,
      .title = "One MSG_PEEK on a stream spans several writes",
      CLAUSES(linux_stream_peek, posix_recv_stream_boundaries),
      ROWS(FLG_04),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP,
      .why = "A parser that looks for a whole header would never see it.")
{
	unsigned char out[30], in[32];
	int fd[2];

	data_fill(out, 0, sizeof(out));
	SETUP(env_pair(env, fd));
	for (int i = 0; i < 3; i++)
		ASSERT_RET(10, send(fd[0], out + 10 * i, 10, MSG_NOSIGNAL));
	data_settle(env, fd[1], 30);
	EXPECT_RET(25, recv(fd[1], in, 25, MSG_PEEK));
	EXPECT_MEM(out, in, 25);
	EXPECT_RET(30, recv(fd[1], in, sizeof(in), MSG_PEEK));
	EXPECT_MEM(out, in, 30);
	EXPECT_RET(13, recv(fd[1], in, 13, 0));
	EXPECT_RET(17, recv(fd[1], in, sizeof(in), MSG_PEEK));
	EXPECT_MEM(out + 13, in, 17);
	EXPECT_RET(17, recv(fd[1], in, sizeof(in), 0));
	data_expect_empty(fd[1]);
}

CHECK(peek, shows_first_message,
      .title = "MSG_PEEK on a message socket shows the first message and no other",
      CLAUSES(posix_recv_message_whole, posix_recv_peek),
      ROWS(FLG_05),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = UDP,
      .why = "A reader sizes its buffer by a peek, and reads the message that it saw.")
{
	char in[16] = "";
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(5, send(fd[0], "first", 5, MSG_NOSIGNAL | MSG_EOR));
	ASSERT_RET(6, send(fd[0], "second", 6, MSG_NOSIGNAL | MSG_EOR));
	data_settle(env, fd[1], 5);
	for (int i = 0; i < 3; i++) {
		EXPECT_RET(5, recv(fd[1], in, sizeof(in), MSG_PEEK));
		EXPECT_MEM("first\0", in, 7);
	}
	EXPECT_RET(5, recv(fd[1], in, sizeof(in), 0));
	data_settle(env, fd[1], 6);
	EXPECT_RET(6, recv(fd[1], in, sizeof(in), MSG_PEEK));
	EXPECT_MEM("second", in, 6);
	EXPECT_RET(6, recv(fd[1], in, sizeof(in), 0));
	data_expect_empty(fd[1]);
}

CHECK(peek, short_buffer_keeps_message,
      .title = "A peek into a short buffer sets MSG_TRUNC and keeps the message whole",
      CLAUSES(recv2_msg_trunc, linux_peek_trunc, posix_recv_peek),
      ROWS(FLG_22, FLG_23),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = UDP,
      .why = "MSG_PEEK with MSG_TRUNC is how the buffer for the next message is sized.",
      .explain = "With MSG_TRUNC as well the real length is returned, also for a "
	      "buffer of no bytes.")
{
	unsigned char out[50], in[64];
	struct iovec iov = { in, 10 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	data_fill(out, 0, sizeof(out));
	SETUP(env_pair(env, fd));
	ASSERT_RET(50, send(fd[0], out, 50, MSG_NOSIGNAL));
	data_settle(env, fd[1], 50);
	memset(in, 0, sizeof(in));
	EXPECT_RET(10, recvmsg(fd[1], &msg, MSG_PEEK));
	EXPECT_MSG_FLAGS(MSG_TRUNC, msg.msg_flags);
	EXPECT_MEM(out, in, 10);
	EXPECT_EQ(0, in[10]);
	msg.msg_flags = 0;
	EXPECT_RET(50, recvmsg(fd[1], &msg, MSG_PEEK | MSG_TRUNC));
	EXPECT_MSG_FLAGS(MSG_TRUNC, msg.msg_flags);
	EXPECT_EQ(0, in[10]);
	EXPECT_RET(10, recv(fd[1], in, 10, MSG_PEEK));
	EXPECT_RET(50, recv(fd[1], in, 10, MSG_PEEK | MSG_TRUNC));
	EXPECT_RET(50, recv(fd[1], NULL, 0, MSG_PEEK | MSG_TRUNC));
	EXPECT_RET(50, recv(fd[1], in, sizeof(in), MSG_PEEK | MSG_TRUNC));
	iov.iov_len = sizeof(in);
	EXPECT_RET(50, recvmsg(fd[1], &msg, 0));
	EXPECT_MSG_FLAGS(0, msg.msg_flags);
	EXPECT_MEM(out, in, 50);
	data_expect_empty(fd[1]);
}

CHECK(peek, waitall_does_not_wait,
      .title = "MSG_PEEK with MSG_WAITALL returns what is there and does not wait for more",
      CLAUSES(linux_stream_peek, posix_recv_waitall_less),
      ROWS(FLG_17),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A peek cannot wait for what no buffer may be able to hold.",
      .explain = "POSIX permits less than the full amount with MSG_PEEK.  TCP on "
	      "Linux waits.")
{
	char in[8] = "";
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(2, send(fd[0], "ab", 2, MSG_NOSIGNAL));
	ASSERT_RET(1, send(fd[0], "c", 1, MSG_NOSIGNAL));
	EXPECT_RET(3, recv(fd[1], in, sizeof(in), MSG_PEEK | MSG_WAITALL));
	EXPECT_MEM("abc", in, 4);
	EXPECT_RET(2, recv(fd[1], in, 2, MSG_PEEK | MSG_WAITALL));
	EXPECT_RET(3, recv(fd[1], in, 3, MSG_WAITALL));
	EXPECT_MEM("abc", in, 3);
	data_expect_empty(fd[1]);
}

CHECK(peek, length_question_restarts,
      .title = "A blocking peek of no bytes goes on after a signal with SA_RESTART",
      CLAUSES(linux_peek_restarts, posix_recv_peek),
      ROWS(FLG_32),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .needs = NEED_BLOCKED,
      .why = "Asking how long the next message is must survive a timer's signal.",
      .explain = "recv(0 bytes, MSG_PEEK | MSG_TRUNC) sleeps, the handler runs, the "
	      "call sleeps again, and the message that comes then gives its length "
	      "(a stream: 0) and stays.")
{
	struct call c;
	char byte, in[8] = "";
	int fd[2], pipe_fd[2];

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	data_catch(SIGUSR1, SA_RESTART, pipe_fd[1]);
	call_recv(&c, fd[1], NULL, 0, MSG_PEEK | MSG_TRUNC);
	EXPECT_BLOCKS(&c);
	call_signal(&c, SIGUSR1);
	ASSERT_RET(1, read(pipe_fd[0], &byte, 1));
	EXPECT_BLOCKS(&c);
	EXPECT_RET(5, send(fd[0], "hello", 5, MSG_NOSIGNAL));
	EXPECT_CALL_RET(env->type == SOCK_STREAM ? 0 : 5, &c);
	EXPECT_EQ(1, data_caught());
	EXPECT_RET(5, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	EXPECT_MEM("hello", in, 5);
	data_expect_empty(fd[1]);
}
