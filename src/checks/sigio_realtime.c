// SPDX-License-Identifier: BSD-2-Clause
/* Signals of sockets that F_SETSIG chose: what they tell, and when they fall back. */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_fill.h"
#include "checks/util_oob.h"
#include "checks/util_sigio.h"
#include "harness/check.h"

CHECK(sigio, realtime_tells_urgent,
      .title = "With F_SETSIG the urgent byte is told as POLL_PRI, and SIGURG comes besides",
      CLAUSES(fcntl2_setsig, linux_oob_poll),
      ROWS(SIGIO_131),
      .types = STREAM, .addrs = PAIR, .axes = SWAP,
      .why = "A program that takes its events from the queue of signals misses it.",
      .explain = "It is told as readable, too.")
{
	int fd[2], sig = SIGRTMIN + 2, pri = 0, in = 0;
	siginfo_t info;
	sigset_t set;

	sigio_block(&set);
	sigaddset(&set, sig);
	SETUP(sigprocmask(SIG_BLOCK, &set, NULL));
	oob_pair(env, fd);
	ASSERT_RET(0, fcntl(fd[0], F_SETOWN, getpid()));
	ASSERT_RET(0, fcntl(fd[0], F_SETSIG, sig));
	sigio_set_async(fd[0], 1);
	oob_send(env, fd[1], fd[0], "u");
	sigdelset(&set, sig);
	EXPECT_EQ(SIGURG, sigio_take(&set, NULL));
	EXPECT_EQ(0, sigio_take(&set, NULL));
	sigemptyset(&set);
	sigaddset(&set, sig);
	while (sigio_take(&set, &info) == sig) {
		EXPECT_EQ(fd[0], info.si_fd);
		if (info.si_code == POLL_IN) {
			in++;
			continue;
		}
		pri++;
		EXPECT_EQ(POLL_PRI, info.si_code);
		EXPECT_EQ(POLLPRI | POLLRDBAND, info.si_band);
	}
	EXPECT_EQ(1, pri);
	EXPECT_EQ(1, in);
}

CHECK(sigio, realtime_tells_room,
      .title = "With F_SETSIG room to write is told as POLL_OUT with all its names in si_band",
      CLAUSES(fcntl2_setsig, linux_write_space),
      ROWS(SIGIO_24),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP,
      .why = "A handler that takes it for data reads, and does not write on.",
      .explain = "F_SETSIG takes SIGIO by its number, too, and then tells as much; 0 is "
	      "the plain SIGIO.  What is no signal is EINVAL and changes nothing.")
{
	int fd[2], signals[] = { SIGRTMIN + 2, SIGIO };
	sigset_t set;

	sigio_block(&set);
	sigaddset(&set, signals[0]);
	SETUP(sigprocmask(SIG_BLOCK, &set, NULL));
	SETUP(env_pair(env, fd));
	ASSERT_RET(0, fcntl(fd[0], F_GETSIG));
	ASSERT_RET(0, fcntl(fd[0], F_SETOWN, getpid()));
	sigio_set_async(fd[0], 1);
	for (int i = 0; i < 2; i++) {
		siginfo_t info;

		CONTEXT("signal %d", signals[i]);
		memset(&info, 0x5a, sizeof(info));
		ASSERT_RET(0, fcntl(fd[0], F_SETSIG, signals[i]));
		EXPECT_ERRNO(EINVAL, fcntl(fd[0], F_SETSIG, 65));
		EXPECT_ERRNO(EINVAL, fcntl(fd[0], F_SETSIG, -1));
		EXPECT_RET(signals[i], fcntl(fd[0], F_GETSIG));
		fill_up(env, fd[0]);
		EXPECT_EQ(0, sigio_take(&set, &info));
		fill_drain(env, fd[1]);
		ASSERT_EQ(signals[i], sigio_take(&set, &info));
		EXPECT_EQ(POLL_OUT, info.si_code);
		EXPECT_EQ(POLLOUT | POLLWRNORM | POLLWRBAND, info.si_band);
		EXPECT_EQ(fd[0], info.si_fd);
		while (sigio_take(&set, NULL))
			;
	}
	ASSERT_RET(0, fcntl(fd[0], F_SETSIG, 0));
	EXPECT_RET(0, fcntl(fd[0], F_GETSIG));
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	EXPECT_EQ(SIGIO, sigio_take(&set, NULL));
}

CHECK(sigio, full_queue_falls_back,
      .title = "A signal of F_SETSIG that cannot be queued comes as a plain SIGIO",
      CLAUSES(fcntl2_setsig_overflow),
      ROWS(SIGIO_25),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP,
      .why = "The handler of SIGIO is told to look at all sockets; without it data waits.",
      .explain = "No signal may be queued: RLIMIT_SIGPENDING 0.")
{
	const struct rlimit none = { 0, 0 };
	int fd[2], sig = SIGRTMIN + 2;
	sigset_t set;

	sigio_block(&set);
	sigaddset(&set, sig);
	SETUP(sigprocmask(SIG_BLOCK, &set, NULL));
	SETUP(env_pair(env, fd));
	ASSERT_RET(0, fcntl(fd[0], F_SETSIG, sig));
	ASSERT_RET(0, fcntl(fd[0], F_SETOWN, getpid()));
	sigio_set_async(fd[0], 1);
	if (setrlimit(RLIMIT_SIGPENDING, &none) < 0)
		SKIP_CASE("RLIMIT_SIGPENDING cannot be lowered here");
	if (sigqueue(getpid(), sig, (union sigval){ 0 }) == 0)
		SKIP_CASE("RLIMIT_SIGPENDING does not limit here");
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	EXPECT_EQ(SIGIO, sigio_take(&set, NULL));
	EXPECT_EQ(0, sigio_take(&set, NULL));
}
