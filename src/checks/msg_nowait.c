// SPDX-License-Identifier: BSD-2-Clause
/* preadv2() and pwritev2(): the flags of one call without a message. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/direct.h"
#include "checks/util_data.h"
#include "checks/util_fill.h"
#include "harness/check.h"
#include "harness/release.h"

CHECK(flags, nowait_of_vectors,
      .title = "preadv2() and pwritev2() with RWF_NOWAIT fail with EAGAIN and do not wait",
      CLAUSES(readv2_nowait),
      ROWS(FLG_130),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .why = "It is the MSG_DONTWAIT of programs that do not know what they write to.",
      .explain = "Since 6.5, where SO_PASSPIDFD is known; EOPNOTSUPP before.")
{
	char in = 0;
	struct iovec iov = { &in, 1 };
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO_IN(preadv2(fd[0], &iov, 1, -1, RWF_NOWAIT), EAGAIN,
			release_proven(RELEASE_6_5) ? EAGAIN : EOPNOTSUPP);
	if (preadv2(fd[0], &iov, 1, -1, RWF_NOWAIT) < 0 && errno == EOPNOTSUPP)
		SKIP_CASE("sockets know no RWF_NOWAIT here");
	ASSERT_RET(1, send(fd[1], "n", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, preadv2(fd[0], &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ('n', in);
	EXPECT_RET(1, pwritev2(fd[0], &iov, 1, -1, RWF_NOWAIT));
	EXPECT_RET(1, recv(fd[1], &in, 1, MSG_DONTWAIT));
	fill_up(env, fd[0]);
	EXPECT_ERRNO(EAGAIN, pwritev2(fd[0], &iov, 1, -1, RWF_NOWAIT));
	fill_drain(env, fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(flags, nosignal_of_vectors,
      .title = "pwritev2() with RWF_NOSIGNAL on a broken stream fails with EPIPE and raises no SIGPIPE",
      CLAUSES(linux_rwf_nosignal, posix_send_epipe),
      ROWS(FLG_70),
      .types = STREAM, .addrs = PAIR, .axes = SWAP | NONBLOCK,
      PARAMS("own_shutdown", "peers_shutdown", "peers_close"),
      .why = "It is the MSG_NOSIGNAL of programs that do not know what they write to.",
      .explain = "Since 6.18; EOPNOTSUPP before.  Without it the signal comes, and with it "
	      "nothing else changes: a byte is written.")
{
	char out = 'n', in = 0;
	struct iovec iov = { &out, 1 };
	int fd[2];

	SETUP(env_pair(env, fd));
	data_catch(SIGPIPE, SA_RESTART, -1);
	if (pwritev2(fd[0], &iov, 1, -1, RWF_NOSIGNAL) < 0 &&
	    errno == EOPNOTSUPP)
		SKIP_CASE("there is no RWF_NOSIGNAL here (before Linux 6.18)");
	EXPECT_RET(1, recv(fd[1], &in, 1, MSG_DONTWAIT));
	EXPECT_EQ('n', in);
	if (env->param == 0)
		ASSERT_RET(0, shutdown(fd[0], SHUT_WR));
	else if (env->param == 1)
		ASSERT_RET(0, shutdown(fd[1], SHUT_RD));
	else
		SETUP(env_close(env, fd[1]));
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(EPIPE,
			     pwritev2(fd[0], &iov, 1, -1, RWF_NOSIGNAL));
		EXPECT_EQ(i, data_caught());
		EXPECT_ERRNO(EPIPE, pwritev2(fd[0], &iov, 1, -1, 0));
		EXPECT_EQ(i + 1, data_caught());
	}
}
