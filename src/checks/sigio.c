// SPDX-License-Identifier: BSD-2-Clause
/*
 * SIGIO, which is blocked all the time and taken with sigwaitinfo(): it is
 * pending when the call that causes it has returned.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "checks/util_fill.h"
#include "checks/util_poll.h"
#include "checks/util_sigio.h"
#include "harness/check.h"

#define ROUNDS 20

static void block(sigset_t *set, int sig)
{
	sigemptyset(set);
	sigaddset(set, sig);
	SETUP(sigprocmask(SIG_BLOCK, set, NULL));
}

/* fd raises SIGIO in this process from now on. */
static void arm(int fd, sigset_t *set)
{
	int flags = SETUP(fcntl(fd, F_GETFL));

	block(set, SIGIO);
	ASSERT_RET(0, fcntl(fd, F_SETOWN, getpid()));
	EXPECT_EQ(getpid(), fcntl(fd, F_GETOWN));
	ASSERT_RET(0, fcntl(fd, F_SETFL, flags | O_ASYNC));
	EXPECT_EQ(O_ASYNC, fcntl(fd, F_GETFL) & O_ASYNC);
}

static void expect_none(const sigset_t *set)
{
	const struct timespec none = { 0 };

	EXPECT_ERRNO(EAGAIN, sigtimedwait(set, NULL, &none));
}

/* One signal however many events: it does not queue. */
static void expect_sigio(const sigset_t *set)
{
	EXPECT_RET(SIGIO, sigwaitinfo(set, NULL));
	expect_none(set);
}

CHECK(sigio, by_arrival_not_by_reading,
      .title = "With O_ASYNC and an owner arriving data raises SIGIO, and reading it does not",
      CLAUSES(linux_sigio_readable, fcntl2_setown),
      ROWS(SIGIO_01, SIGIO_02),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A handler that is not called leaves the data where it is.",
      .explain = "Each message while others are unread, too.  Without O_ASYNC, before and "
	      "after, there is none.")
{
	char buf[4];
	sigset_t set;
	int fd[2], flags;

	SETUP(env_pair(env, fd));
	block(&set, SIGIO);
	flags = SETUP(fcntl(fd[0], F_GETFL));
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	expect_none(&set);
	arm(fd[0], &set);
	expect_none(&set);
	for (int i = 0; i < 2; i++) {
		ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
		expect_sigio(&set);
	}
	for (int i = 0; i < 3; i++)
		EXPECT_RET(1, recv(fd[0], buf, 1, 0));
	expect_none(&set);
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	expect_sigio(&set);
	ASSERT_RET(0, fcntl(fd[0], F_SETFL, flags));
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	expect_none(&set);
}

CHECK(sigio, by_peers_shutdown,
      .title = "The peer's SHUT_WR raises SIGIO",
      CLAUSES(linux_sigio_end, fcntl2_setown),
      ROWS(SIGIO_03),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("write", "both"),
      .why = "The end is to be read like data.")
{
	sigset_t set;
	int fd[2];

	SETUP(env_pair(env, fd));
	arm(fd[0], &set);
	ASSERT_RET(0, shutdown(fd[1], env->param ? SHUT_RDWR : SHUT_WR));
	expect_sigio(&set);
	EXPECT_RET(0, recv(fd[0], &(char){ 0 }, 1, 0));
	expect_none(&set);
}

CHECK(sigio, by_peers_close,
      .title = "The peer's close() raises SIGIO on a connection, and none on a datagram socket",
      CLAUSES(linux_sigio_end, linux_release_dgram),
      ROWS(SIGIO_04, SIGIO_05),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "The end is to be read like data; datagram sockets have none.")
{
	sigset_t set;
	int fd[2];

	SETUP(env_pair(env, fd));
	arm(fd[0], &set);
	ASSERT_RET(0, env_close(env, fd[1]));
	if (env->type == SOCK_DGRAM)
		expect_none(&set);
	else
		expect_sigio(&set);
}

CHECK(sigio, by_reset_of_a_datagram_peer,
      .title = "The ECONNRESET of a datagram peer that disconnects raises SIGIO",
      CLAUSES(linux_dgram_disconnected),
      ROWS(DGR_69),
      .types = DGRAM, .addrs = PAIR, .axes = SWAP,
      .why = "Who waits by signals for the answer to a message that was thrown away waits for ever.")
{
	sigset_t set;
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(4, send(fd[1], "lost", 4, MSG_NOSIGNAL));
	arm(fd[1], &set);
	expect_none(&set);
	dgram_must_disconnect(fd[0]);
	expect_sigio(&set);
	EXPECT_ERR_EQ(ECONNRESET, backlog_option(fd[1], SO_ERROR));
}

CHECK(sigio, by_connection,
      .title = "A new connection raises SIGIO on the listener, accept() does not",
      CLAUSES(linux_sigio_readable, fcntl2_setown),
      ROWS(SIGIO_06),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      .why = "It is how a signal-driven server learns of clients.",
      .explain = "The accepted socket does not inherit O_ASYNC.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), client, peer;
	sigset_t set;

	arm(listener, &set);
	for (int i = 0; i < 2; i++) {
		client = ASSERT_OK(backlog_connect(env, &a));
		expect_sigio(&set);
		peer = ASSERT_OK(env_accept(env, listener));
		expect_none(&set);
		EXPECT_EQ(0, fcntl(peer, F_GETFL) & O_ASYNC);
		ASSERT_RET(1, send(client, "m", 1, MSG_NOSIGNAL));
		expect_none(&set);
	}
}

CHECK(sigio, by_room_to_write,
      .title = "After a send() that found no room the reading of the peer raises SIGIO",
      CLAUSES(linux_write_space, fcntl2_setown),
      ROWS(SIGIO_07),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A writer that waits for the signal would stop for good.")
{
	sigset_t set;
	int fd[2];

	SETUP(env_pair(env, fd));
	arm(fd[0], &set);
	ASSERT_THAT(fill_up(env, fd[0]) > 0, "nothing could be sent");
	expect_none(&set);
	ASSERT_THAT(fill_drain(env, fd[1]) > 0, "nothing arrived");
	expect_sigio(&set);
	EXPECT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
}

CHECK(sigio, by_room_after_poll,
      .title = "After a poll() that found no room on a message socket its return raises SIGIO",
      CLAUSES(linux_sigio_space, fcntl2_setown),
      ROWS(SIGIO_80),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A writer that asks poll() before it sends would wait for good.",
      .explain = "No send() is refused: messages are sent while poll() says POLLOUT, which "
	      "ends at a quarter of SO_SNDBUF.  Streams need the refused send().")
{
	const char data[1000] = "m";
	sigset_t set;
	int fd[2], n = 0;

	SETUP(env_pair(env, fd));
	arm(fd[0], &set);
	for (struct pollfd p = { fd[0], POLLOUT, 0 };
	     n < 100000 && poll(&p, 1, 0) == 1; n++)
		ASSERT_RET(sizeof(data), send(fd[0], data, sizeof(data),
					      MSG_NOSIGNAL | MSG_DONTWAIT));
	EXPECT_THAT(n > 0, "nothing could be sent");
	expect_none(&set);
	ASSERT_THAT(fill_drain(env, fd[1]) > 0, "nothing arrived");
	expect_sigio(&set);
}

CHECK(sigio, not_by_room_unasked,
      .title = "Reading raises no SIGIO at a sender whose send() found room",
      CLAUSES(linux_sigio_space),
      ROWS(SIGIO_09),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A signal for each message that is read would cost more than the message.",
      .explain = "Before any send() was refused, and again after the one signal that "
	      "follows a refused one.")
{
	sigset_t set;
	int fd[2];

	SETUP(env_pair(env, fd));
	arm(fd[0], &set);
	for (int i = 0; i < 2; i++) {
		CONTEXT("%s", i ? "after the signal" : "at first");
		ASSERT_RET(1, send(fd[0], "m", 1, MSG_NOSIGNAL));
		ASSERT_RET(1, recv(fd[1], &(char){ 0 }, 1, 0));
		expect_none(&set);
		if (i)
			break;
		ASSERT_THAT(fill_up(env, fd[0]) > 0, "nothing could be sent");
		ASSERT_THAT(fill_drain(env, fd[1]) > 0, "nothing arrived");
		expect_sigio(&set);
	}
}

/* Does a byte that a sleeping recv() takes raise it? */
static bool raised_by_awaited(const int fd[2], const sigset_t *set)
{
	struct call c;
	char in = 0;

	call_recv(&c, fd[0], &in, 1, 0);
	ASSERT_BLOCKS(&c);
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	EXPECT_CALL_RET(1, &c);
	EXPECT_EQ('m', in);
	return sigio_take(set, NULL) == SIGIO;
}

CHECK(sigio, not_for_a_sleeping_reader,
      .title = "Data that a sleeping recv() on a stream takes raises no SIGIO",
      CLAUSES(linux_sigio_asleep),
      ROWS(SIGIO_10),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP, .needs = NEED_BLOCKED,
      .why = "Its handler would find nothing to read.",
      .explain = "The next data, which nobody waits for, raises it.  Linux wakes the "
	      "reader first and then looks whether it still waits: one that was quick, "
	      "on another processor, may get the signal, so one of a few rounds without "
	      "it will do.")
{
	sigset_t set;
	int fd[2], n = 0;

	SETUP(env_pair(env, fd));
	arm(fd[0], &set);
	while (n < ROUNDS && raised_by_awaited(fd, &set))
		n++;
	EXPECT_THAT(n < ROUNDS, "data that was waited for raises SIGIO, %d times", n);
	ASSERT_RET(1, send(fd[1], "n", 1, MSG_NOSIGNAL));
	expect_sigio(&set);
}

CHECK(sigio, realtime_tells_which,
      .title = "With F_SETSIG a queued signal tells the descriptor and the event",
      CLAUSES(fcntl2_setsig),
      ROWS(SIGIO_08),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "With many sockets a signal that does not say which is of no use.",
      .explain = "Two sockets, one signal number: messages on both, si_fd and si_band of "
	      "each in order; on connections then the peer's close().")
{
	int fd[2][2], sig = SIGRTMIN + 3;
	siginfo_t info;
	sigset_t set;

	block(&set, sig);
	for (int i = 0; i < 2; i++) {
		SETUP(env_pair(env, fd[i]));
		arm(fd[i][0], &set);
		block(&set, sig);
		ASSERT_RET(0, fcntl(fd[i][0], F_SETSIG, sig));
		EXPECT_EQ(sig, fcntl(fd[i][0], F_GETSIG));
	}
	for (int i = 0; i < 4; i++)
		ASSERT_RET(1, send(fd[i % 2][1], "m", 1, MSG_NOSIGNAL));
	for (int i = 0; i < 4; i++) {
		ASSERT_RET(sig, sigwaitinfo(&set, &info));
		EXPECT_EQ(fd[i % 2][0], info.si_fd);
		EXPECT_EQ(POLL_IN, info.si_code);
		EXPECT_EQ(POLLIN | POLLRDNORM, info.si_band);
	}
	expect_none(&set);
	if (env->type == SOCK_DGRAM)
		return;
	ASSERT_RET(0, env_close(env, fd[1][1]));
	ASSERT_RET(sig, sigwaitinfo(&set, &info));
	EXPECT_EQ(fd[1][0], info.si_fd);
	EXPECT_EQ(POLL_HUP, info.si_code);
	EXPECT_EQ(POLLHUP | POLLERR, info.si_band);
}

CHECK(sigio, realtime_tells_the_end,
      .title = "With F_SETSIG the peer's SHUT_WR is told as POLL_IN, its SHUT_RDWR as POLL_HUP",
      CLAUSES(linux_sigio_end, fcntl2_setsig),
      ROWS(SIGIO_03, SIGIO_08),
      .types = CONNECTED, .addrs = PAIR, .axes = SWAP,
      PARAMS("write", "both"),
      .why = "By it the handler knows whether it can still send.")
{
	int fd[2], sig = SIGRTMIN + 3;
	siginfo_t info;
	sigset_t set;

	SETUP(env_pair(env, fd));
	arm(fd[0], &set);
	block(&set, sig);
	ASSERT_RET(0, fcntl(fd[0], F_SETSIG, sig));
	ASSERT_RET(0, shutdown(fd[1], env->param ? SHUT_RDWR : SHUT_WR));
	ASSERT_RET(sig, sigwaitinfo(&set, &info));
	EXPECT_EQ(fd[0], info.si_fd);
	EXPECT_EQ(env->param ? POLL_HUP : POLL_IN, info.si_code);
	expect_none(&set);
}
