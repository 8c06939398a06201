// SPDX-License-Identifier: BSD-2-Clause
/* A send() that sleeps on a full connection, and what ends it. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "checks/util_flow.h"
#include "checks/util_moment.h"
#include "harness/check.h"

#define TIMEOUT_MS 20

/* A full pair and a send() of "late" asleep on it; the number of units. */
static int start_sender(struct env *env, struct call *c, int fd[2])
{
	int n;

	SETUP(flow_pair(env, fd));
	n = flow_fill(fd[0]);
	call_send(c, fd[0], "late", 4, MSG_NOSIGNAL);
	ASSERT_BLOCKS(c);
	return n;
}

CHECK(flow, full_send_sleeps_until_read,
      .title = "A blocking send() on a full connection sleeps, and completes when the peer reads",
      CLAUSES(posix_send_blocks),
      ROWS(FLOW_28),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP, .needs = NEED_BLOCKED,
      .why = "It is how a fast sender is held back by a slow reader.",
      .explain = "The message of the sleeper comes last, whole and once.")
{
	struct call c;
	int fd[2], n = start_sender(env, &c, fd);

	flow_drain(fd[1], 0, n);
	EXPECT_CALL_RET(4, &c);
	dgram_expect(fd[1], "late");
	dgram_expect_empty(fd[1]);
}

CHECK(flow, send_timeout,
      .title = "SO_SNDTIMEO ends a send() that makes no progress with EAGAIN; nothing is queued",
      CLAUSES(posix_so_sndtimeo, socket7_timeouts),
      ROWS(FLOW_34),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .waits = true,
      .why = "The timeout is what saves a program from a reader that hangs.",
      .explain = "The time must have passed; the connection is as it was and goes on "
	      "when it has been read.")
{
	struct moment start;
	int fd[2], n;

	SETUP(flow_pair(env, fd));
	SETUP(backlog_set_timeout(fd[0], SO_SNDTIMEO, TIMEOUT_MS));
	n = flow_fill(fd[0]);
	moment_take(&start);
	EXPECT_ERRNO(EAGAIN, send(fd[0], "late", 4, MSG_NOSIGNAL));
	moment_expect_passed(&start, TIMEOUT_MS);
	flow_drain(fd[1], 0, n);
	dgram_expect_empty(fd[1]);
	EXPECT_RET(3, send(fd[0], "now", 3, MSG_NOSIGNAL));
	dgram_expect(fd[1], "now");
}

CHECK(flow, peer_close_ends_sleeper,
      .title = "A sleeping send() whose peer closes gets ECONNRESET, datagrams ECONNREFUSED",
      CLAUSES(linux_sleeper_peer_close, posix_send_econnreset),
      ROWS(FLOW_29, FLOW_30),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP, .needs = NEED_BLOCKED,
      .why = "Writers tell a reset from a broken pipe by it; gunicorn and .NET have been bitten.",
      .explain = "What was not read makes it ECONNRESET and not EPIPE.  The next send() "
	      "gets EPIPE, on datagram sockets ENOTCONN (POSIX: EDESTADDRREQ).")
{
	struct call c;
	int fd[2];

	start_sender(env, &c, fd);
	ASSERT_RET(0, env_close(env, fd[1]));
	if (env->type == SOCK_DGRAM) {
		EXPECT_CALL_ERRNO(ECONNREFUSED, &c);
		EXPECT_ERRNO(ENOTCONN, send(fd[0], "x", 1, 0));
	} else {
		EXPECT_CALL_ERRNO(ECONNRESET, &c);
		EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
	}
}

CHECK(flow, peer_shutdown_ends_sleeper,
      .title = "shutdown(SHUT_RD) by the peer ends a sleeping send() with EPIPE, datagrams later",
      CLAUSES(linux_sleeper_peer_shutdown, posix_send_epipe),
      ROWS(FLOW_31, FLOW_32),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP, .needs = NEED_BLOCKED,
      .why = "A writer would hang although the reader has said that it is done.",
      .explain = "At once on connection-mode sockets.  A datagram sender stays asleep on "
	      "Linux until what waits is read, and gets EPIPE then; EPIPE at once would "
	      "be right, too.  What waited can be read.")
{
	struct call c;
	int fd[2], n = start_sender(env, &c, fd);

	ASSERT_RET(0, shutdown(fd[1], SHUT_RD));
	if (env->type == SOCK_DGRAM) {
		NOTE("the shutdown %s send()",
		     call_is_blocked(&c) ? "does not wake" : "wakes");
		flow_drain(fd[1], 0, n);
	}
	EXPECT_CALL_ERRNO(EPIPE, &c);
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
	if (env->type != SOCK_DGRAM)
		flow_drain(fd[1], 0, n);
}

CHECK(flow, own_shutdown_ends_sleeper,
      .title = "shutdown(SHUT_WR) in one thread ends a send() that sleeps in another with EPIPE",
      CLAUSES(linux_sleeper_own_shutdown, posix_send_epipe),
      ROWS(FLOW_33),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP, .needs = NEED_BLOCKED,
      PARAMS("write", "both"),
      .why = "It is how a program gets its writers out of a connection that it gives up.",
      .explain = "All that was accepted before can be read.")
{
	struct call c;
	int fd[2], n = start_sender(env, &c, fd);

	ASSERT_RET(0, shutdown(fd[0], env->param ? SHUT_RDWR : SHUT_WR));
	EXPECT_CALL_ERRNO(EPIPE, &c);
	flow_drain(fd[1], 0, n);
}

CHECK(flow, larger_buffer_wakes_sleeper,
      .title = "Raising SO_SNDBUF lets a sleeping send() go on",
      CLAUSES(linux_sleeper_sndbuf),
      ROWS(FLOW_47),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP, .needs = NEED_BLOCKED,
      .why = "Room that nobody is told of is no room.",
      .explain = "Raised far enough for POLLOUT, that is beyond four times what is in "
	      "use; the sleeper's message is then the last in the queue.")
{
	struct call c;
	int fd[2], n = start_sender(env, &c, fd), used = flow_outq(fd[0]);

	ASSERT_RET(0, backlog_set_option(fd[0], SO_SNDBUF, 4 * used));
	if (backlog_option(fd[0], SO_SNDBUF) < 4 * (used + 1)) {
		call_cancel(&c);
		SKIP_CASE("SO_SNDBUF cannot be raised to %d here", 4 * used);
	}
	EXPECT_CALL_RET(4, &c);
	flow_drain(fd[1], 0, n);
	dgram_expect(fd[1], "late");
}
