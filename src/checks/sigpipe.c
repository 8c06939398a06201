// SPDX-License-Identifier: BSD-2-Clause
/* SIGPIPE: which sends raise it, how often, and what else they do not raise. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "checks/util_way.h"
#include "harness/check.h"

static _Atomic int n_caught;

static void count(int sig)
{
	(void)sig;
	atomic_fetch_add(&n_caught, 1);
}

static void catch(int sig)
{
	struct sigaction sa = { .sa_handler = count };

	SETUP(sigaction(sig, &sa, NULL));
	atomic_store(&n_caught, 0);
}

/* How many came since the last time. */
static int caught(void)
{
	return atomic_exchange(&n_caught, 0);
}

/* The calls of POSIX: what those of Linux raise is a check of its own. */
static const enum way ways[] = {
	WAY_PLAIN, WAY_NAMED, WAY_MESSAGE, WAY_FILE, WAY_VECTOR,
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

/* Three ways to a connection that takes no more: see PARAMS. */
static void break_pair(struct env *env, int fd[2])
{
	SETUP(env_pair(env, fd));
	if (env->param == 0)
		ASSERT_RET(0, env_close(env, fd[1]));
	else if (env->param == 1)
		ASSERT_RET(0, shutdown(fd[1], SHUT_RD));
	else
		ASSERT_RET(0, shutdown(fd[0], SHUT_WR));
}

CHECK(sigpipe, stream_raises_one,
      .title = "Sending on a broken stream fails with EPIPE and raises SIGPIPE exactly once",
      CLAUSES(posix_send_sigpipe, posix_write_epipe, posix_send_epipe),
      ROWS(SIG_01, SIG_03),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("closed", "peer_shut", "own_shut"),
      .why = "Filters end by SIGPIPE when nobody reads them any more.",
      .explain = "send(), sendto(), sendmsg(), write(), writev(), each twice, after the "
	      "peer's close() or SHUT_RD, or an own SHUT_WR.")
{
	int fd[2];

	catch(SIGPIPE);
	break_pair(env, fd);
	EXPECT_EQ(0, caught());
	for (size_t i = 0; i < 2 * N_WAYS; i++) {
		enum way way = ways[i % N_WAYS];

		CONTEXT("%s()", way_send_name(way));
		EXPECT_ERRNO(EPIPE, way_send(way, fd[0], "xyz", 3, 0));
		EXPECT_EQ(1, caught());
	}
}

CHECK(sigpipe, nosignal_raises_none,
      .title = "MSG_NOSIGNAL keeps SIGPIPE away; EPIPE stays",
      CLAUSES(posix_send_nosignal, posix_send_epipe),
      ROWS(SIG_02),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("closed", "peer_shut", "own_shut"),
      .why = "Libraries may not change the handlers of the program that they are in.")
{
	int fd[2];

	catch(SIGPIPE);
	break_pair(env, fd);
	for (size_t i = 0; i < N_WAYS; i++) {
		if (ways[i] >= WAY_N_FLAGS)
			continue;
		CONTEXT("%s()", way_send_name(ways[i]));
		EXPECT_ERRNO(EPIPE, way_send(ways[i], fd[0], "x", 1,
					     MSG_NOSIGNAL));
		EXPECT_ERRNO(EPIPE, way_send(ways[i], fd[0], "x", 1,
					     MSG_NOSIGNAL | MSG_DONTWAIT));
		EXPECT_EQ(0, caught());
	}
}

CHECK(sigpipe, stream_empty_send,
      .title = "A send of no bytes on a broken stream raises SIGPIPE with EPIPE, too",
      CLAUSES(linux_stream_empty_send, posix_send_epipe),
      ROWS(SIG_04),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("closed", "peer_shut", "own_shut"),
      .why = "Nothing was to be sent, and the program dies of it.",
      .explain = "MSG_NOSIGNAL helps.  write() of nothing counts as well; writev() of "
	      "nothing does not get as far as the socket and returns 0.")
{
	int fd[2];

	catch(SIGPIPE);
	break_pair(env, fd);
	for (size_t i = 0; i < N_WAYS; i++) {
		CONTEXT("%s()", way_send_name(ways[i]));
		if (ways[i] == WAY_VECTOR) {
			EXPECT_RET(0, way_send(ways[i], fd[0], "", 0, 0));
			EXPECT_EQ(0, caught());
			continue;
		}
		EXPECT_ERRNO(EPIPE, way_send(ways[i], fd[0], "", 0, 0));
		EXPECT_EQ(1, caught());
		if (ways[i] >= WAY_N_FLAGS)
			continue;
		EXPECT_ERRNO(EPIPE, way_send(ways[i], fd[0], "", 0,
					     MSG_NOSIGNAL));
		EXPECT_EQ(0, caught());
	}
}

CHECK(sigpipe, dgram_raises_none,
      .title = "EPIPE on a datagram socket raises no SIGPIPE",
      CLAUSES(linux_sigpipe_stream_only),
      ROWS(SIG_05),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("closed", "peer_shut", "own_shut"),
      .why = "A program that logs by datagrams must not die when the log is closed.",
      .explain = "After SHUT_WR here or SHUT_RD at the peer; nor do the errors after the "
	      "peer's close(), ECONNREFUSED and then ENOTCONN.")
{
	int fd[2];

	catch(SIGPIPE);
	break_pair(env, fd);
	for (size_t i = 0; i < N_WAYS; i++) {
		CONTEXT("%s()", way_send_name(ways[i]));
		if (env->param == 0)
			EXPECT_ERRNO(i == 0 ? ECONNREFUSED : ENOTCONN,
				     way_send(ways[i], fd[0], "x", 1, 0));
		else
			EXPECT_ERRNO(EPIPE, way_send(ways[i], fd[0], "x", 1, 0));
		EXPECT_EQ(0, caught());
	}
}

CHECK(sigpipe, seqpacket_raises_none,
      .title = "EPIPE on a SOCK_SEQPACKET socket raises no SIGPIPE on Linux",
      CLAUSES(linux_sigpipe_stream_only, posix_send_sigpipe),
      ROWS(SIG_06),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("closed", "peer_shut", "own_shut"),
      .why = "Programs written on Linux die of it elsewhere.",
      .explain = "POSIX has it raised on connection-mode sockets, and FreeBSD raises it.  "
	      "With MSG_NOSIGNAL there is none anywhere.")
{
	int fd[2];

	catch(SIGPIPE);
	break_pair(env, fd);
	for (size_t i = 0; i < N_WAYS; i++) {
		CONTEXT("%s()", way_send_name(ways[i]));
		EXPECT_ERRNO(EPIPE, way_send(ways[i], fd[0], "x", 1, 0));
		EXPECT_EQ(0, caught());
		if (ways[i] >= WAY_N_FLAGS)
			continue;
		EXPECT_ERRNO(EPIPE, way_send(ways[i], fd[0], "x", 1,
					     MSG_NOSIGNAL));
		EXPECT_EQ(0, caught());
	}
}

CHECK(sigpipe, by_the_calls_of_linux,
      .title = "sendmmsg() and pwritev2() raise SIGPIPE as sendmsg() and writev() do, and not oftener",
      CLAUSES(sendmmsg2_each, linux_sigpipe_stream_only, posix_send_sigpipe,
	      posix_send_nosignal),
      ROWS(MM_110),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      PARAMS("closed", "peer_shut", "own_shut"),
      .why = "A server that answers in batches dies of a client that has gone.",
      .explain = "One for each call on a stream, none on the other types, and none with "
	      "MSG_NOSIGNAL, with which sendmmsg() of no bytes is tried, too, where "
	      "sendmsg() of none fails.")
{
	int once = env->type == SOCK_STREAM, fd[2];
	int error = EPIPE;

	catch(SIGPIPE);
	break_pair(env, fd);
	if (env->type == SOCK_DGRAM && env->param == 0) {
		EXPECT_ERRNO(ECONNREFUSED,
			     way_send(WAY_BATCH, fd[0], "x", 1, 0));
		EXPECT_EQ(0, caught());
		error = ENOTCONN;
	}
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(error, way_send(WAY_BATCH, fd[0], "x", 1, 0));
		EXPECT_EQ(once, caught());
		EXPECT_ERRNO(error, way_send(WAY_VECTOR2, fd[0], "x", 1, 0));
		EXPECT_EQ(once, caught());
		EXPECT_ERRNO(error, way_send(WAY_BATCH, fd[0], "x", 1,
					     MSG_NOSIGNAL));
		if (way_send(WAY_MESSAGE, fd[0], "", 0, MSG_NOSIGNAL) < 0)
			EXPECT_ERRNO(error, way_send(WAY_BATCH, fd[0], "", 0,
						     MSG_NOSIGNAL));
		EXPECT_EQ(0, caught());
	}
}

CHECK(sigpipe, no_option_against_it,
      .title = "There is no SO_NOSIGPIPE: its numbers elsewhere are ENOPROTOOPT and change nothing",
      CLAUSES(linux_no_so_nosigpipe),
      ROWS(SIG_07),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Programs ported from macOS or a BSD must use MSG_NOSIGNAL.",
      .explain = "0x1022 on macOS, 0x0800 on the BSDs; the signal comes all the same.")
{
	static const int names[] = { 0x1022, 0x0800 };
	int fd[2], on = 1;

	catch(SIGPIPE);
	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++)
		EXPECT_ERRNO(ENOPROTOOPT, setsockopt(fd[0], SOL_SOCKET, names[i],
						     &on, sizeof(on)));
	ASSERT_RET(0, env_close(env, fd[1]));
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, 0));
	EXPECT_EQ(1, caught());
}

CHECK(sigpipe, file_size_limit_is_not_ours,
      .title = "RLIMIT_FSIZE does not limit sockets, and no SIGXFSZ comes",
      CLAUSES(linux_fsize_not_sockets),
      ROWS(SIG_22),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A daemon under such a limit must be able to answer.",
      .explain = "With a limit of 0 each way of sending carries its bytes.")
{
	struct rlimit none = { 0, 0 };
	char got[8];
	int fd[2];

	catch(SIGXFSZ);
	SETUP(env_pair(env, fd));
	SETUP(setrlimit(RLIMIT_FSIZE, &none));
	for (size_t i = 0; i < N_WAYS; i++) {
		CONTEXT("%s()", way_send_name(ways[i]));
		ASSERT_RET(5, way_send(ways[i], fd[0], "bytes", 5, 0));
		ASSERT_RET(5, recv(fd[1], got, sizeof(got), 0));
		EXPECT_MEM("bytes", got, 5);
		EXPECT_EQ(0, caught());
	}
}

struct writer {
	int fd, ready_fd, go_fd;
	sigset_t set;
	siginfo_t info;
};

/* Send in vain, and take the signal only when told to. */
static long send_in_vain(struct call *c)
{
	const struct timespec none = { 0 };
	struct writer *w = c->arg;
	char byte;

	if (send(w->fd, "x", 1, 0) != -1 || errno != EPIPE)
		return -1;
	if (write(w->ready_fd, "r", 1) != 1 || read(w->go_fd, &byte, 1) != 1)
		return -1;
	return sigtimedwait(&w->set, &w->info, &none);
}

CHECK(sigpipe, is_of_the_thread,
      .title = "SIGPIPE goes to the thread that sent, waits there while blocked, and says who",
      CLAUSES(posix_send_sigpipe),
      ROWS(SIG_01),
      .types = STREAM, .addrs = PAIR, .axes = SWAP,
      PARAMS("closed", "peer_shut", "own_shut"),
      .why = "A library takes the signal back from its own thread without a handler.",
      .explain = "Blocked in both threads, it is pending in the one that called send() "
	      "and in no other; si_code is SI_USER, si_pid and si_uid are one's own.")
{
	const struct timespec none = { 0 };
	int fd[2], ready[2], go[2];
	struct writer w = { .fd = -1 };
	struct call c = { .arg = &w };
	char byte;

	sigemptyset(&w.set);
	sigaddset(&w.set, SIGPIPE);
	SETUP(sigprocmask(SIG_BLOCK, &w.set, NULL));
	break_pair(env, fd);
	SETUP(env_pipe(env, ready));
	SETUP(env_pipe(env, go));
	w.fd = fd[0];
	w.ready_fd = ready[1];
	w.go_fd = go[0];
	call_start(&c, "send() in a thread", send_in_vain);
	SETUP(read(ready[0], &byte, 1));
	EXPECT_ERRNO(EAGAIN, sigtimedwait(&w.set, NULL, &none));
	SETUP(write(go[1], "g", 1));
	EXPECT_CALL_RET(SIGPIPE, &c);
	EXPECT_EQ(SI_USER, w.info.si_code);
	EXPECT_EQ(getpid(), w.info.si_pid);
	EXPECT_EQ(getuid(), w.info.si_uid);
}
