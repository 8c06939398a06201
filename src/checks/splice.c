// SPDX-License-Identifier: BSD-2-Clause
/* splice() between sockets and pipes.  Never with SO_INQ: see so_inq.c. */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "harness/check.h"

static void expect_piped(int fd, const char *text)
{
	size_t len = strlen(text);
	struct pollfd p = { fd, POLLIN, 0 };
	char in[64] = "";

	ASSERT_RET(1, poll(&p, 1, 0));
	EXPECT_RET(len, read(fd, in, sizeof(in)));
	EXPECT_MEM(text, in, len);
	EXPECT_POLL(0, fd, POLLIN);
}

CHECK(splice, from_a_pipe,
      .title = "splice() from a pipe sends what is in it",
      CLAUSES(splice2_moves),
      ROWS(SPL_01),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .why = "Proxies move data this way without seeing it.",
      .explain = "One write to the pipe is one message; of more than is asked for the "
	      "rest stays in the pipe.")
{
	char in[16] = "";
	int fd[2], pipe_fd[2];

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	SETUP(write(pipe_fd[1], "hello", 5));
	EXPECT_RET(5, splice(pipe_fd[0], NULL, fd[0], NULL, 64, 0));
	EXPECT_RET(5, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	EXPECT_MEM("hello", in, 6);
	EXPECT_POLL(0, pipe_fd[0], POLLIN);
	SETUP(write(pipe_fd[1], "worlds", 6));
	EXPECT_RET(4, splice(pipe_fd[0], NULL, fd[0], NULL, 4, 0));
	EXPECT_RET(4, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	EXPECT_MEM("worl", in, 4);
	data_expect_empty(fd[1]);
	expect_piped(pipe_fd[0], "ds");
}

CHECK(splice, from_a_stream,
      .title = "splice() from a stream moves what was asked for, and leaves the rest",
      CLAUSES(splice2_moves),
      ROWS(SPL_02, SPL_06),
      .types = STREAM, .addrs = PAIR, .axes = NONBLOCK,
      .why = "A proxy that splices the body must find the next header behind it.")
{
	char in[16] = "";
	int fd[2], pipe_fd[2];

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	ASSERT_RET(5, send(fd[0], "01234", 5, MSG_NOSIGNAL));
	ASSERT_RET(5, send(fd[0], "56789", 5, MSG_NOSIGNAL));
	EXPECT_RET(3, splice(fd[1], NULL, pipe_fd[1], NULL, 3, 0));
	expect_piped(pipe_fd[0], "012");
	EXPECT_RET(1, recv(fd[1], in, 1, MSG_DONTWAIT));
	EXPECT_EQ('3', in[0]);
	EXPECT_RET(4, splice(fd[1], NULL, pipe_fd[1], NULL, 4, 0));
	expect_piped(pipe_fd[0], "4567");
	EXPECT_RET(2, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	EXPECT_MEM("89", in, 2);
	data_expect_empty(fd[1]);
}

CHECK(splice, takes_one_message,
      .title = "splice() from a message socket takes one message",
      CLAUSES(linux_splice_message, splice2_moves),
      ROWS(SPL_03),
      .types = MESSAGES, .addrs = PAIR, .axes = NONBLOCK,
      .why = "The boundaries are lost in the pipe: only the count of a single message keeps them.",
      .explain = "Old kernels, as 4.15, refuse it with EINVAL, which is accepted where "
		 "MSG_OOB (5.15) is not known.")
{
	char in[16] = "";
	int fd[2], pipe_fd[2];
	long n;

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	ASSERT_RET(5, send(fd[0], "first", 5, MSG_NOSIGNAL));
	ASSERT_RET(6, send(fd[0], "second", 6, MSG_NOSIGNAL));
	n = EXPECT_ERRNO_IN(splice(fd[1], NULL, pipe_fd[1], NULL, 64, 0), 0,
			    release_proven(RELEASE_5_15) ? 0 : EINVAL);
	if (n < 0)
		return;
	EXPECT_EQ(5, n);
	expect_piped(pipe_fd[0], "first");
	EXPECT_RET(6, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	EXPECT_MEM("second", in, 6);
	data_expect_empty(fd[1]);
}

CHECK(splice, does_not_wait,
      .title = "splice() that must not wait fails with EAGAIN on an empty stream",
      CLAUSES(splice2_eagain),
      ROWS(SPL_04),
      .types = STREAM, .addrs = PAIR, .axes = NONBLOCK,
      .why = "0 is the end of the connection.")
{
	int fd[2], pipe_fd[2];

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	EXPECT_ERRNO(EAGAIN, splice(fd[1], NULL, pipe_fd[1], NULL, 64,
				    SPLICE_F_NONBLOCK));
	EXPECT_POLL(0, pipe_fd[0], POLLIN);
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	EXPECT_RET(3, splice(fd[1], NULL, pipe_fd[1], NULL, 64,
			     SPLICE_F_NONBLOCK));
	expect_piped(pipe_fd[0], "abc");
	EXPECT_ERRNO(EAGAIN, splice(fd[1], NULL, pipe_fd[1], NULL, 64,
				    SPLICE_F_NONBLOCK));
	if (env->nonblock)
		EXPECT_ERRNO(EAGAIN, splice(fd[1], NULL, pipe_fd[1], NULL, 64, 0));
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(splice, no_offset,
      .title = "splice() with an offset for the socket fails with EINVAL",
      CLAUSES(splice2_offset),
      ROWS(SPL_05),
      .types = STREAM, .addrs = PAIR,
      .why = "Sockets have no positions; data moved all the same would be misplaced.",
      .explain = "In both directions; nothing is moved and the offset stays.")
{
	off_t offset = 1;
	int fd[2], pipe_fd[2];

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	EXPECT_ERRNO(EINVAL, splice(fd[1], &offset, pipe_fd[1], NULL, 3, 0));
	EXPECT_EQ(1, offset);
	SETUP(write(pipe_fd[1], "xyz", 3));
	EXPECT_ERRNO(EINVAL, splice(pipe_fd[0], NULL, fd[1], &offset, 3, 0));
	EXPECT_EQ(1, offset);
	expect_piped(pipe_fd[0], "xyz");
	EXPECT_RET(3, recv(fd[1], (char[8]){ 0 }, 8, 0));
	data_expect_empty(fd[0]);
}

CHECK(splice, drops_descriptors,
      .title = "splice() of data with a descriptor attached closes the descriptor",
      CLAUSES(linux_splice_fds),
      ROWS(SPL_07),
      .types = STREAM, .addrs = PAIR,
      .why = "Whoever splices what a client sends must not collect the client's descriptors.",
      .explain = "The last writing end of a pipe is sent; after the splice its reader "
	      "sees the end, and a receive finds no descriptor.")
{
	struct pollfd end = { .fd = -1 };
	int fd[2], pipe_fd[2], passed[2];

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	SETUP(env_pipe(env, passed));
	ASSERT_RET(1, backlog_send_fd(fd[0], passed[1]));
	SETUP(env_close(env, passed[1]));
	EXPECT_POLL(0, passed[0], POLLIN);
	EXPECT_RET(1, splice(fd[1], NULL, pipe_fd[1], NULL, 8, 0));
	end.fd = passed[0];
	ASSERT_RET(1, poll(&end, 1, -1));
	EXPECT_EQ(POLLHUP, end.revents);
	EXPECT_POLL(POLLIN, pipe_fd[0], POLLIN);
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(splice, not_connected,
      .title = "splice() from a stream that is not connected fails with EINVAL",
      CLAUSES(linux_splice_unconnected),
      ROWS(SPL_08),
      .types = STREAM, .addrs = PATH,
      .why = "It must neither wait for ever nor look like the end.",
      .explain = "A new socket, and a listener.")
{
	struct addr a = env_addr(env, 0);
	int fresh = SETUP(env_socket(env)), pipe_fd[2];
	int listener = SETUP(env_listener(env, 1, &a));

	SETUP(env_pipe(env, pipe_fd));
	EXPECT_ERRNO(EINVAL, splice(fresh, NULL, pipe_fd[1], NULL, 8, 0));
	EXPECT_ERRNO(EINVAL, splice(listener, NULL, pipe_fd[1], NULL, 8, 0));
	EXPECT_POLL(0, pipe_fd[0], POLLIN);
}

CHECK(splice, end_is_zero,
      .title = "splice() from a stream whose peer has closed moves what is left, then returns 0",
      CLAUSES(splice2_moves, posix_recv_end),
      ROWS(SPL_09),
      .types = STREAM, .addrs = PAIR, .axes = NONBLOCK,
      .why = "A proxy ends its loop by it.")
{
	int fd[2], pipe_fd[2];

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	EXPECT_RET(0, env_close(env, fd[0]));
	EXPECT_RET(3, splice(fd[1], NULL, pipe_fd[1], NULL, 8, 0));
	for (int i = 0; i < 2; i++)
		EXPECT_RET(0, splice(fd[1], NULL, pipe_fd[1], NULL, 8, 0));
	expect_piped(pipe_fd[0], "abc");
}

CHECK(splice, wakes_the_reader,
      .title = "What is spliced into a socket wakes a recv() and a poll() of the peer",
      CLAUSES(splice2_moves),
      ROWS(SPL_01),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_BLOCKED,
      .why = "The data of a proxy would arrive with the next that is sent otherwise.")
{
	struct pollfd waiting = { .events = POLLIN };
	int fd[2], pipe_fd[2];
	struct call c;
	char in[8];

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	waiting.fd = fd[1];
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			call_recv(&c, fd[1], in, sizeof(in), 0);
		else
			call_poll(&c, &waiting, 1, -1);
		ASSERT_BLOCKS(&c);
		SETUP(write(pipe_fd[1], "hello", 5));
		EXPECT_RET(5, splice(pipe_fd[0], NULL, fd[0], NULL, 5, 0));
		EXPECT_CALL_RET(i == 0 ? 5 : 1, &c);
	}
}

CHECK(splice, pages_of_a_file,
      .title = "A page of a file spliced into a stream arrives as it was or as it now is, not mixed",
      CLAUSES(linux_splice_pages),
      ROWS(SPL_10),
      .types = STREAM, .addrs = PAIR,
      .why = "Who writes to the file before it was read changes what was sent.",
      .explain = "File to pipe to stream, then the file is written over, then recv().  "
	      "Linux does not copy and gives the new bytes; another system may copy.")
{
	char out[64], in[64];
	int fd[2], pipe_fd[2], file;

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	env_own_path(env, "file");
	file = env_own(env, SETUP(open("file", O_RDWR | O_CREAT | O_CLOEXEC,
				       0600)));
	memset(out, 'a', sizeof(out));
	SETUP(pwrite(file, out, sizeof(out), 0));
	SETUP(splice(file, NULL, pipe_fd[1], NULL, sizeof(out), 0));
	EXPECT_RET(sizeof(out), splice(pipe_fd[0], NULL, fd[0], NULL,
				       sizeof(out), 0));
	memset(out, 'b', sizeof(out));
	SETUP(pwrite(file, out, sizeof(out), 0));
	ASSERT_RET(sizeof(in), recv(fd[1], in, sizeof(in), 0));
	NOTE("the bytes are the %s ones", in[0] == 'b' ? "new" : "old");
	EXPECT_THAT(in[0] == 'a' || in[0] == 'b', "bytes of the file");
	memset(out, in[0], sizeof(out));
	EXPECT_MEM(out, in, sizeof(in));
	data_expect_empty(fd[1]);
}

static void expect_peek_offset(int want, int fd)
{
	int offset = -99;
	socklen_t len = sizeof(offset);

	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset, &len));
	EXPECT_EQ(want, offset);
}

CHECK(splice, moves_peeks_back,
      .title = "splice() from a stream moves the offset of SO_PEEK_OFF back by what it took",
      CLAUSES(socket7_peek_off_read, splice2_moves),
      ROWS(PKO_60),
      .types = STREAM, .addrs = PAIR, .axes = NONBLOCK,
      .why = "A proxy that peeks at headers and splices bodies would skip what follows.",
      .explain = "Six of ten bytes are peeked; two are spliced, and the next peek is the "
	      "seventh byte.  Once all that was peeked is taken, the offset is 0.")
{
	int fd[2], pipe_fd[2], offset = 0;
	char in[16] = "";

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	if (setsockopt(fd[1], SOL_SOCKET, SO_PEEK_OFF, &offset,
		       sizeof(offset)) < 0)
		SKIP_CASE("there is no SO_PEEK_OFF");
	ASSERT_RET(10, send(fd[0], "abcdefghij", 10, MSG_NOSIGNAL));
	EXPECT_RET(6, recv(fd[1], in, 6, MSG_PEEK | MSG_DONTWAIT));
	EXPECT_MEM("abcdef", in, 7);
	expect_peek_offset(6, fd[1]);
	EXPECT_RET(2, splice(fd[1], NULL, pipe_fd[1], NULL, 2, 0));
	expect_piped(pipe_fd[0], "ab");
	expect_peek_offset(4, fd[1]);
	EXPECT_RET(1, recv(fd[1], in, 1, MSG_PEEK | MSG_DONTWAIT));
	EXPECT_EQ('g', in[0]);
	expect_peek_offset(5, fd[1]);
	EXPECT_RET(6, splice(fd[1], NULL, pipe_fd[1], NULL, 6, 0));
	expect_piped(pipe_fd[0], "cdefgh");
	expect_peek_offset(0, fd[1]);
	EXPECT_RET(2, recv(fd[1], in, sizeof(in), MSG_PEEK | MSG_DONTWAIT));
	EXPECT_MEM("ij", in, 2);
	EXPECT_RET(2, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	expect_peek_offset(0, fd[1]);
	data_expect_empty(fd[1]);
}
