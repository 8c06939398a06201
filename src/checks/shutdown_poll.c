// SPDX-License-Identifier: BSD-2-Clause
/*
 * What poll() and epoll say as the directions of a connection end, one after
 * the other: all bits, level and edge, at both ends.
 */
#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_poll.h"
#include "harness/check.h"

struct step {
	const char *what;
	int end;		/* which of the two acts */
	int how;
	unsigned int bits[2];	/* what each end says then */
};

static void run_steps(struct env *env, const struct step *steps, size_t n)
{
	struct watch w[2];
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		watch_start(env, &w[i], fd[i]);
		CONTEXT("new, end %d", i);
		watch_expect_quiet(&w[i], POLLOUT);
	}
	for (size_t k = 0; k < n; k++) {
		ASSERT_RET(0, shutdown(fd[steps[k].end], steps[k].how));
		for (int i = 0; i < 2; i++) {
			CONTEXT("%s, end %d", steps[k].what, i);
			watch_expect(&w[i], steps[k].bits[i]);
		}
	}
}

CHECK(shutdown, read_then_write_poll,
      .title = "SHUT_RD reads as POLLIN and POLLRDHUP at its end alone; SHUT_WR after it hangs up both",
      CLAUSES(linux_poll_connection, linux_shutdown_wakes),
      ROWS(SHUT_16, SHUT_19, SHUT_22),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Event loops decide by these bits whether to read, to write or to close.",
      .explain = "The writer whose peer did SHUT_RD sees plain POLLOUT: it learns from "
	      "EPIPE.  POLLHUP comes when both directions have ended, with POLLOUT "
	      "still set.  Each step is also one edge at both ends.")
{
	static const struct step steps[] = {
		{ "SHUT_RD", 0, SHUT_RD, { POLL_END | POLLOUT, POLLOUT } },
		{ "SHUT_WR after it", 0, SHUT_WR,
		  { POLL_END | POLLOUT | POLLHUP,
		    POLL_END | POLLOUT | POLLHUP } },
	};

	run_steps(env, steps, 2);
}

CHECK(shutdown, write_then_peers_write_poll,
      .title = "SHUT_WR reads as POLLIN and POLLRDHUP at the peer; POLLHUP waits for the other SHUT_WR",
      CLAUSES(linux_poll_connection, poll2_pollrdhup, linux_shutdown_wakes),
      ROWS(SHUT_20, SHUT_21, SHUT_22),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Half-closed connections are normal; POLLHUP too early cuts the answer off.",
      .explain = "The end that did SHUT_WR still polls POLLOUT, and nothing else.")
{
	static const struct step steps[] = {
		{ "SHUT_WR", 0, SHUT_WR, { POLLOUT, POLL_END | POLLOUT } },
		{ "the peer's SHUT_WR", 1, SHUT_WR,
		  { POLL_END | POLLOUT | POLLHUP,
		    POLL_END | POLLOUT | POLLHUP } },
	};

	run_steps(env, steps, 2);
}

CHECK(shutdown, both_poll,
      .title = "After SHUT_RDWR both ends poll POLLIN, POLLRDHUP, POLLHUP and POLLOUT",
      CLAUSES(linux_poll_connection, linux_shutdown_wakes),
      ROWS(SHUT_22),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Event loops decide by these bits whether to read, to write or to close.")
{
	static const struct step step = {
		"SHUT_RDWR", 0, SHUT_RDWR,
		{ POLL_END | POLLOUT | POLLHUP,
		  POLL_END | POLLOUT | POLLHUP }
	};

	run_steps(env, &step, 1);
}

CHECK(shutdown, close_poll,
      .title = "After the peer's close() poll() says POLLIN, POLLRDHUP, POLLHUP and POLLOUT, no POLLERR",
      CLAUSES(linux_poll_connection, linux_release_tells_peer),
      ROWS(SHUT_23),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("empty", "data"),
      .why = "Loops that look at POLLHUP first lose the data that is still there.",
      .explain = "The bits are the same with data still to be read, and when it has "
	      "been read, and after the end has been read.  BSD systems and TCP differ "
	      "in POLLOUT.")
{
	const unsigned int ended = POLL_END | POLLOUT | POLLHUP;
	struct watch w;
	char buf[4];
	int fd[2];

	SETUP(env_pair(env, fd));
	if (env->param == 1)
		ASSERT_RET(3, send(fd[1], "abc", 3, MSG_NOSIGNAL));
	watch_start(env, &w, fd[0]);
	ASSERT_RET(0, env_close(env, fd[1]));
	CONTEXT("closed");
	watch_expect(&w, ended);
	if (env->param == 1)
		EXPECT_RET(3, recv(fd[0], buf, sizeof(buf), 0));
	EXPECT_RET(0, recv(fd[0], buf, sizeof(buf), 0));
	CONTEXT("read to the end");
	watch_expect_quiet(&w, ended);
}
