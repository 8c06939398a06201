// SPDX-License-Identifier: BSD-2-Clause
/*
 * shutdown() of a connected stream or SOCK_SEQPACKET socket: which direction
 * ends, at which end, and what was under way.
 */
#include "config.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "harness/check.h"

static const int hows[] = { SHUT_RD, SHUT_WR, SHUT_RDWR };

/* Two messages from fd, whatever the type: on a stream read by their sizes. */
static void send_two(int fd)
{
	ASSERT_RET(5, send(fd, "first", 5, MSG_NOSIGNAL));
	ASSERT_RET(6, send(fd, "second", 6, MSG_NOSIGNAL));
}

static void expect_two(int fd)
{
	char buf[8];

	EXPECT_RET(5, recv(fd, buf, 5, 0));
	EXPECT_MEM("first", buf, 5);
	EXPECT_RET(6, recv(fd, buf, 6, 0));
	EXPECT_MEM("second", buf, 6);
}

/* The end, and it stays. */
static void expect_end(int fd)
{
	char buf[4] = "abc";

	for (int i = 0; i < 2; i++) {
		EXPECT_RET(0, recv(fd, buf, sizeof(buf), 0));
		EXPECT_RET(0, recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	}
	EXPECT_MEM("abc", buf, sizeof(buf));
}

static void expect_carries(int from, int to)
{
	char got = 0;

	EXPECT_RET(1, send(from, "t", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(to, &got, 1, 0));
	EXPECT_EQ('t', got);
}

static void expect_no_send(int fd)
{
	EXPECT_ERRNO(EPIPE, send(fd, "x", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EPIPE, send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
	EXPECT_ERRNO(EPIPE, write(fd, "x", 1));
}

CHECK(shutdown, write_ends_peers_reading,
      .title = "After shutdown(SHUT_WR) the peer reads what was queued and then the end",
      CLAUSES(posix_shutdown_disables, posix_recv_end),
      ROWS(SHUT_01, SHUT_02, SHUT_04),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK, .controls = TCP,
      .why = "Filters and file transfers mark the end of their input this way.",
      .explain = "Two sends, shutdown(SHUT_WR); the peer reads both, then 0 as often as "
	      "it asks, and still sends.")
{
	int fd[2];

	backlog_stay_on_cpu(env);
	SETUP(env_pair(env, fd));
	send_two(fd[0]);
	EXPECT_RET(0, shutdown(fd[0], SHUT_WR));
	expect_carries(fd[1], fd[0]);
	expect_two(fd[1]);
	expect_end(fd[1]);
	expect_carries(fd[1], fd[0]);
}

CHECK(shutdown, write_ends_own_sending,
      .title = "After shutdown(SHUT_WR) sending fails with EPIPE, and nothing arrives",
      CLAUSES(posix_send_epipe, posix_shutdown_disables),
      ROWS(SHUT_03, SHUT_04),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK, .controls = TCP,
      .why = "Data sent after the end would be lost without a word.")
{
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	backlog_stay_on_cpu(env);
	SETUP(env_pair(env, fd));
	ASSERT_RET(0, shutdown(fd[0], SHUT_WR));
	expect_no_send(fd[0]);
	expect_end(fd[1]);
	expect_carries(fd[1], fd[0]);
	EXPECT_ERRNO(EAGAIN, recv(fd[0], &(char){ 0 }, 1, MSG_DONTWAIT));
}

CHECK(shutdown, repeats,
      .title = "shutdown() of what is shut down already succeeds and changes nothing",
      CLAUSES(linux_shutdown_again),
      ROWS(SHUT_05),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("read", "write", "both"),
      .why = "Libraries shut down what their caller has shut down before.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 3; i++)
		EXPECT_RET(0, shutdown(fd[0], hows[env->param]));
	if (env->param == 0) {
		expect_carries(fd[0], fd[1]);
		EXPECT_ERRNO(EPIPE, send(fd[1], "x", 1, MSG_NOSIGNAL));
	} else if (env->param == 1) {
		expect_carries(fd[1], fd[0]);
		EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
	}
	/* The other half can follow, in any order. */
	EXPECT_RET(0, shutdown(fd[0], env->param == 0 ? SHUT_WR : SHUT_RD));
	expect_end(fd[0]);
	expect_end(fd[1]);
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EPIPE, send(fd[1], "x", 1, MSG_NOSIGNAL));
}

CHECK(shutdown, read_keeps_the_queue,
      .title = "What arrived before shutdown(SHUT_RD) is still read, then the end",
      CLAUSES(linux_shutdown_keeps_queue),
      ROWS(SHUT_12, SHUT_14),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("read", "both"),
      .why = "A reader that closes its door has not thrown out what is inside.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	send_two(fd[1]);
	ASSERT_RET(0, shutdown(fd[0], env->param ? SHUT_RDWR : SHUT_RD));
	EXPECT_ERRNO(EPIPE, send(fd[1], "x", 1, MSG_NOSIGNAL));
	expect_two(fd[0]);
	expect_end(fd[0]);
}

CHECK(shutdown, read_fails_peers_sending,
      .title = "After the peer's shutdown(SHUT_RD) sending fails with EPIPE",
      CLAUSES(linux_shutdown_tells_peer),
      ROWS(SHUT_13, SHUT_15, SHUT_17, SHUT_26),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("read", "both"),
      .why = "A sender that is not told goes on for a reader that has left.",
      .explain = "After SHUT_RD the other direction works: the end that will read no "
	      "more still sends, and the peer finds EAGAIN when that is read.  After "
	      "SHUT_RDWR both directions have ended.  TCP does not tell the sender.")
{
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	SETUP(env_pair(env, fd));
	ASSERT_RET(0, shutdown(fd[0], env->param ? SHUT_RDWR : SHUT_RD));
	expect_no_send(fd[1]);
	if (env->param == 1) {
		expect_no_send(fd[0]);
		expect_end(fd[1]);
	} else {
		EXPECT_ERRNO(EAGAIN, recv(fd[1], &(char){ 0 }, 1, MSG_DONTWAIT));
		expect_carries(fd[0], fd[1]);
		EXPECT_ERRNO(EAGAIN, recv(fd[1], &(char){ 0 }, 1, MSG_DONTWAIT));
	}
	expect_end(fd[0]);
}

CHECK(shutdown, read_of_empty_is_end,
      .title = "After shutdown(SHUT_RD) of an empty socket recv() returns 0, also one asleep",
      CLAUSES(posix_shutdown_disables, linux_shutdown_wakes),
      ROWS(SHUT_18),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      .needs = NEED_BLOCKED, PARAMS("read", "both"),
      .why = "It is how one thread stops another that sits in recv().")
{
	char buf[4];
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	call_recv(&c, fd[0], buf, sizeof(buf), 0);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, shutdown(fd[0], env->param ? SHUT_RDWR : SHUT_RD));
	EXPECT_CALL_RET(0, &c);
	expect_end(fd[0]);
}

CHECK(shutdown, write_wakes_peers_reader,
      .title = "shutdown(SHUT_WR) wakes a peer asleep in recv(), SHUT_RD does not",
      CLAUSES(posix_recv_end, linux_shutdown_wakes),
      ROWS(SHUT_02, SHUT_17),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      .needs = NEED_BLOCKED, PARAMS("write", "both"),
      .why = "A reader that is not woken waits for ever for an end that has come.")
{
	char buf[4];
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	call_recv(&c, fd[1], buf, sizeof(buf), 0);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, shutdown(fd[0], SHUT_RD));
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, shutdown(fd[0], env->param ? SHUT_RDWR : SHUT_WR));
	EXPECT_CALL_RET(0, &c);
}

CHECK(shutdown, both_delivers_the_queue,
      .title = "After shutdown(SHUT_RDWR) the peer still reads all that was sent, then the end",
      CLAUSES(linux_shutdown_keeps_queue, posix_recv_end),
      ROWS(SHUT_25, SHUT_12),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Programs shut down both ways before close() and expect no loss.",
      .explain = "Both ends have sent when one shuts down; both read it, then the end.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	send_two(fd[0]);
	send_two(fd[1]);
	ASSERT_RET(0, shutdown(fd[0], SHUT_RDWR));
	expect_two(fd[1]);
	expect_end(fd[1]);
	expect_two(fd[0]);
	expect_end(fd[0]);
}

CHECK(shutdown, after_peers_close_succeeds,
      .title = "shutdown() after the peer has closed succeeds",
      CLAUSES(linux_shutdown_again),
      ROWS(SHUT_24),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("read", "write", "both"),
      .why = "Clean-up code would report an error where nothing is wrong.",
      .explain = "What the peer left is still read, then the end.  TCP says ENOTCONN "
	      "when both ends have finished.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	send_two(fd[1]);
	ASSERT_RET(0, env_close(env, fd[1]));
	for (int i = 0; i < 2; i++)
		EXPECT_RET(0, shutdown(fd[0], hows[env->param]));
	expect_two(fd[0]);
	expect_end(fd[0]);
	EXPECT_RET(0, shutdown(fd[0], hows[env->param]));
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
}

CHECK(shutdown, reaches_all_duplicates,
      .title = "shutdown() through one descriptor is in force for its duplicates",
      CLAUSES(posix_shutdown_connection, posix_shutdown_disables),
      ROWS(SHUT_27),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      .why = "It ends a connection that other processes still hold, as close() cannot.")
{
	int fd[2], copy;

	backlog_stay_on_cpu(env);
	SETUP(env_pair(env, fd));
	copy = SETUP(env_own(env, dup(fd[0])));
	EXPECT_RET(0, shutdown(copy, SHUT_WR));
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EPIPE, send(copy, "x", 1, MSG_NOSIGNAL));
	expect_end(fd[1]);
	expect_carries(fd[1], fd[0]);
	EXPECT_RET(0, env_close(env, copy));
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_RET(0, shutdown(fd[0], SHUT_RD));
	expect_end(fd[0]);
}
