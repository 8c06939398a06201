// SPDX-License-Identifier: BSD-2-Clause
/* Closes with something in the queue that reset nobody. */
#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_poll.h"
#include "harness/check.h"

CHECK(reset, dgram_is_never_reset,
      .title = "A datagram socket that closes with messages unread does not reset its peer",
      CLAUSES(linux_release_dgram),
      ROWS(RST_13),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A log daemon that restarts must not turn its clients' next read into an error.",
      .explain = "The peer has no error, no POLLERR and no POLLHUP, still reads what came "
	      "before, and finds EAGAIN after it.  Only sending tells.")
{
	char got[4];
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++)
		ASSERT_RET(1, send(fd[0], "u", 1, 0));
	ASSERT_RET(4, send(fd[1], "last", 4, 0));
	ASSERT_RET(0, env_close(env, fd[1]));
	EXPECT_POLL(POLLIN | POLLOUT, fd[0], POLL_ALL);
	EXPECT_EQ(0, backlog_option(fd[0], SO_ERROR));
	EXPECT_RET(4, recv(fd[0], got, sizeof(got), 0));
	EXPECT_MEM("last", got, 4);
	EXPECT_ERRNO(EAGAIN, recv(fd[0], got, sizeof(got), MSG_DONTWAIT));
	EXPECT_EQ(0, backlog_option(fd[0], SO_ERROR));
	EXPECT_POLL(POLLOUT, fd[0], POLL_ALL);
	EXPECT_RET(-1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(0, backlog_option(fd[0], SO_ERROR));
}

CHECK(reset, consumed_urgent_byte,
      .title = "An urgent byte that was received already does not count as unread at close()",
      CLAUSES(linux_release_urgent),
      ROWS(RST_14),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("alone", "with_data"),
      .why = "The peer would take a connection that was read to its end for a reset one.",
      .explain = "The urgent byte is received with MSG_OOB, and the socket closes.  "
	      "Linux before 6.11 kept the empty place and gave ECONNRESET, which is "
	      "accepted where SO_PASSRIGHTS (6.16) is not known.  An ordinary byte "
	      "behind it is unread and resets.")
{
	char got = 0;
	int fd[2];

	SETUP(env_pair(env, fd));
	if (send(fd[0], "o", 1, MSG_OOB | MSG_NOSIGNAL) < 0 &&
	    errno == EOPNOTSUPP)
		SKIP_CASE("there is no urgent data on AF_UNIX here");
	if (env->param == 1)
		ASSERT_RET(1, send(fd[0], "d", 1, MSG_NOSIGNAL));
	ASSERT_RET(1, recv(fd[1], &got, 1, MSG_OOB));
	EXPECT_EQ('o', got);
	EXPECT_RET(0, env_close(env, fd[1]));
	if (env->param == 1) {
		EXPECT_ERRNO(ECONNRESET, recv(fd[0], &got, 1, 0));
		return;
	}
	if (!release_proven(RELEASE_6_16))
		EXPECT_ERRNO_IN(recv(fd[0], &got, 1, 0), 0, ECONNRESET);
	EXPECT_RET(0, recv(fd[0], &got, 1, 0));
	EXPECT_EQ(0, backlog_option(fd[0], SO_ERROR));
}
