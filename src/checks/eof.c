// SPDX-License-Identifier: BSD-2-Clause
/* The end of a connection whose other end was closed with nothing unread. */
#include "config.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "harness/check.h"

static void expect_open(int fd)
{
	EXPECT_ERRNO(EAGAIN, recv(fd, &(char){ 0 }, 1, MSG_DONTWAIT));
}

/* In all ways of reading, and again. */
static void expect_end(int fd)
{
	static const int flags[] = {
		0, MSG_PEEK, MSG_DONTWAIT, MSG_PEEK | MSG_DONTWAIT, MSG_WAITALL
	};
	char buf[4] = "abc";

	for (int i = 0; i < 2; i++) {
		for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]); k++)
			EXPECT_RET(0, recv(fd, buf, sizeof(buf), flags[k]));
		EXPECT_RET(0, read(fd, buf, sizeof(buf)));
	}
	EXPECT_MEM("abc", buf, sizeof(buf));
}

CHECK(eof, data_then_end,
      .title = "What was sent before close() is read, then recv() returns 0, however it is asked",
      CLAUSES(posix_recv_end, linux_release_tells_peer),
      ROWS(EOF_01, EOF_02, EOF_04),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK, .controls = TCP,
      .why = "Each reader loop ends by this 0; an error or a wait there is a lost reply.",
      .explain = "Two sends and close().  Peeking shows the data and then the end, too; "
	      "SO_ERROR stays 0.")
{
	char buf[8];
	int fd[2];

	backlog_stay_on_cpu(env);
	SETUP(env_pair(env, fd));
	ASSERT_RET(5, send(fd[0], "first", 5, MSG_NOSIGNAL));
	ASSERT_RET(6, send(fd[0], "second", 6, MSG_NOSIGNAL));
	ASSERT_RET(0, env_close(env, fd[0]));
	EXPECT_EQ(0, backlog_option(fd[1], SO_ERROR));
	EXPECT_RET(5, recv(fd[1], buf, 5, MSG_PEEK));
	EXPECT_RET(5, recv(fd[1], buf, 5, 0));
	EXPECT_MEM("first", buf, 5);
	EXPECT_RET(6, recv(fd[1], buf, 6, MSG_DONTWAIT));
	EXPECT_MEM("second", buf, 6);
	expect_end(fd[1]);
	EXPECT_EQ(0, backlog_option(fd[1], SO_ERROR));
}

CHECK(eof, sending_fails,
      .title = "Sending to a peer that has closed fails with EPIPE, each time",
      CLAUSES(posix_send_epipe, linux_release_tells_peer),
      ROWS(EOF_03, EOF_04),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A writer that is not told writes into nothing.",
      .explain = "On a clean close there is no ECONNRESET, before or after.")
{
	char got = 0;
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	SETUP(env_pair(env, fd));
	ASSERT_RET(1, send(fd[1], "d", 1, MSG_NOSIGNAL));
	ASSERT_RET(0, env_close(env, fd[1]));
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
		EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
		EXPECT_ERRNO(EPIPE, write(fd[0], "x", 1));
		EXPECT_EQ(0, backlog_option(fd[0], SO_ERROR));
	}
	/* What the peer left is still there. */
	EXPECT_RET(1, recv(fd[0], &got, 1, 0));
	EXPECT_EQ('d', got);
	expect_end(fd[0]);
}

CHECK(eof, wakes_reader,
      .title = "close() wakes a peer asleep in recv(), which returns 0",
      CLAUSES(linux_release_tells_peer, posix_recv_end),
      ROWS(EOF_01),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      .needs = NEED_BLOCKED,
      .why = "Most readers sit in recv() when the other end closes.")
{
	struct call c;
	char buf[4];
	int fd[2];

	SETUP(env_pair(env, fd));
	call_recv(&c, fd[0], buf, sizeof(buf), 0);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, env_close(env, fd[1]));
	EXPECT_CALL_RET(0, &c);
}

CHECK(eof, waits_for_last_duplicate,
      .title = "A connection lives until the last duplicate of its end is closed",
      CLAUSES(posix_close_last, posix_recv_end),
      ROWS(EOF_05),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      .why = "Servers dup() descriptors to keep connections; each counts.",
      .explain = "The original is closed first; the duplicate sends and receives; "
	      "closing it is the end.")
{
	int fd[2], copy;
	char got = 0;

	backlog_stay_on_cpu(env);
	SETUP(env_pair(env, fd));
	copy = SETUP(env_own(env, dup(fd[0])));
	EXPECT_RET(0, env_close(env, fd[0]));
	expect_open(fd[1]);
	EXPECT_RET(1, send(fd[1], "p", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(copy, &got, 1, 0));
	EXPECT_EQ('p', got);
	EXPECT_RET(1, send(copy, "c", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(fd[1], &got, 1, 0));
	EXPECT_EQ('c', got);
	expect_open(fd[1]);
	EXPECT_RET(0, env_close(env, copy));
	expect_end(fd[1]);
}

CHECK(eof, shutdown_needs_no_close,
      .title = "shutdown() through a duplicate ends the peer's reading while others stay open",
      CLAUSES(posix_shutdown_connection, posix_recv_end),
      ROWS(EOF_06),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      PARAMS("write", "both"),
      .why = "It is the way to end a connection that a forked child still holds.")
{
	int fd[2], copy;

	backlog_stay_on_cpu(env);
	SETUP(env_pair(env, fd));
	copy = SETUP(env_own(env, dup(fd[0])));
	expect_open(fd[1]);
	EXPECT_RET(0, shutdown(copy, env->param ? SHUT_RDWR : SHUT_WR));
	expect_end(fd[1]);
	EXPECT_RET(0, env_close(env, copy));
	expect_end(fd[1]);
}

CHECK(eof, waits_for_message_in_flight,
      .title = "A duplicate inside a message that nobody has received keeps the connection open",
      CLAUSES(linux_inflight_reference),
      ROWS(EOF_10),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("received", "dropped"),
      .why = "A hand-over between processes must not cut the connection that is handed over.",
      .explain = "One end is sent over another socket and closed here: the peer sees no "
	      "end.  It comes when the message is received and that descriptor closed, "
	      "or when the socket that holds the message is closed.")
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = "" };
	struct iovec iov = { .iov_base = &(char){ 0 }, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	int fd[2], carrier[2], copy;

	SETUP(env_pair(env, fd));
	SETUP(env_pair(env, carrier));
	ASSERT_RET(1, backlog_send_fd(carrier[0], fd[0]));
	ASSERT_RET(0, env_close(env, fd[0]));
	expect_open(fd[1]);
	EXPECT_RET(1, send(fd[1], "p", 1, MSG_NOSIGNAL));
	if (env->param == 0) {
		ASSERT_RET(1, recvmsg(carrier[1], &msg, MSG_CMSG_CLOEXEC));
		ASSERT_EQ(CMSG_LEN(sizeof(int)), control.align.cmsg_len);
		copy = env_own(env, *(int *)CMSG_DATA(&control.align));
		EXPECT_RET(1, recv(copy, &(char){ 0 }, 1, 0));
		expect_open(fd[1]);
		EXPECT_RET(0, env_close(env, copy));
	} else {
		EXPECT_RET(0, env_close(env, carrier[1]));
		EXPECT_ERRNO(ECONNRESET, recv(fd[1], &(char){ 0 }, 1, 0));
	}
	expect_end(fd[1]);
}
