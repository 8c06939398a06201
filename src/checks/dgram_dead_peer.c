// SPDX-License-Identifier: BSD-2-Clause
/* A datagram peer that is closed: what its sender and receiver notice. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "harness/check.h"

static volatile sig_atomic_t n_signals;

static void count_signal(int sig)
{
	(void)sig;
	n_signals++;
}

static void catch_signal(int sig)
{
	struct sigaction sa = { .sa_handler = count_signal };

	n_signals = 0;
	SETUP(sigaction(sig, &sa, NULL));
}

CHECK(dgram_dead_peer, refused_once_then_no_peer,
      .title = "send() to a peer that closed fails with ECONNREFUSED, then without a peer",
      CLAUSES(linux_dgram_dead_peer),
      ROWS(DGR_39, DGR_40, DGR_49, DGR_50),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Log clients see one ECONNREFUSED, then ENOTCONN for ever: they must connect again.",
      .explain = "The first send() reports ECONNREFUSED and drops the association; those "
	      "that follow fail with ENOTCONN (POSIX: EDESTADDRREQ).  No SIGPIPE, no "
	      "EPIPE, nothing in SO_ERROR.  FreeBSD reports ECONNRESET.  winston-syslog "
	      "and hslogger have been bitten.")
{
	struct addr name = { .len = sizeof(name.bytes) };
	int fd[2];

	catch_signal(SIGPIPE);
	SETUP(env_pair(env, fd));
	ASSERT_RET(0, env_close(env, fd[1]));
	EXPECT_ERRNO(ECONNREFUSED, send(fd[0], "x", 1, 0));
	EXPECT_ERRNO(ENOTCONN, getpeername(fd[0], &name.sa, &name.len));
	EXPECT_ERRNO(ENOTCONN, send(fd[0], "x", 1, 0));
	EXPECT_ERRNO(ENOTCONN, write(fd[0], "x", 1));
	EXPECT_EQ(0, n_signals);
	EXPECT_EQ(0, backlog_option(fd[0], SO_ERROR));
}

CHECK(dgram_dead_peer, same_name_is_another_peer,
      .title = "A new receiver under the old name is not the peer until connect() is called again",
      CLAUSES(linux_dgram_dead_peer, linux_dgram_peer_is_socket),
      ROWS(DGR_39, DGR_40, DGR_41, DGR_42),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK,
      PARAMS("send_first", "bind_first"),
      .why = "After a restart of the log daemon its clients must reconnect by hand.",
      .explain = "The receiver closes and another binds the same name, before or after "
	      "the first send() that fails.  Nothing arrives there until connect().")
{
	struct addr a = env_addr(env, 0);
	int old = SETUP(env_bound(env, &a)), fd = SETUP(env_connect(env, &a)), new;

	ASSERT_RET(0, env_close(env, old));
	if (env->param == 0)
		EXPECT_RET(-1, send(fd, "x", 1, 0));
	if (env->row->addr == PATH)
		SETUP(unlink(a.un.sun_path));
	new = SETUP(env_bound(env, &a));
	if (env->param == 1)
		EXPECT_RET(-1, send(fd, "x", 1, 0));
	for (int i = 0; i < 2; i++)
		EXPECT_RET(-1, send(fd, "x", 1, 0));
	dgram_expect_empty(new);
	ASSERT_RET(0, connect(fd, &a.sa, a.len));
	EXPECT_RET(4, send(fd, "back", 4, 0));
	dgram_expect(new, "back");
}

CHECK(dgram_dead_peer, no_end_of_file,
      .title = "recv() after the peer closed finds nothing, EAGAIN; a datagram has no end of file",
      CLAUSES(linux_dgram_no_eof),
      ROWS(DGR_51, DGR_52),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A 0 would be an empty message, and a reader would never learn of the death.",
      .explain = "What the peer had sent, also an empty message, is received first, in "
	      "order.  Then EAGAIN, and poll() reports neither POLLIN nor POLLHUP.  "
	      "FreeBSD reports ECONNRESET; in gVisor 0 came.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(3, send(fd[1], "one", 3, 0));
	ASSERT_RET(0, send(fd[1], "", 0, 0));
	ASSERT_RET(3, send(fd[1], "two", 3, 0));
	ASSERT_RET(0, env_close(env, fd[1]));
	EXPECT_POLL(POLLIN, fd[0], POLLIN);
	dgram_expect(fd[0], "one");
	dgram_expect(fd[0], "");
	dgram_expect(fd[0], "two");
	dgram_expect_empty(fd[0]);
	dgram_expect_empty(fd[0]);
	EXPECT_POLL(0, fd[0], POLLIN | POLLRDHUP);
}

CHECK(dgram_dead_peer, failed_send_purges_own_queue,
      .title = "The send() that finds the peer dead discards what the sender had not yet read",
      CLAUSES(linux_dgram_disconnected, linux_dgram_dead_peer),
      ROWS(DGR_53),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "The last words of a peer are lost if one writes before one reads.",
      .explain = "The peer sends two messages and closes.  send() fails with "
	      "ECONNREFUSED, and the two messages are gone.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(4, send(fd[1], "last", 4, 0));
	ASSERT_RET(5, send(fd[1], "words", 5, 0));
	ASSERT_RET(0, env_close(env, fd[1]));
	EXPECT_POLL(POLLIN, fd[0], POLLIN);
	EXPECT_RET(-1, send(fd[0], "x", 1, 0));
	EXPECT_POLL(0, fd[0], POLLIN);
	dgram_expect_empty(fd[0]);
}

CHECK(dgram_dead_peer, unread_messages_are_no_error,
      .title = "Closing a socket with unread datagrams is no error at their sender",
      CLAUSES(linux_dgram_close_unread),
      ROWS(DGR_54),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Streams report ECONNRESET here; code for both must not wait for it.",
      .explain = "SO_ERROR is 0, poll() reports no error, recv() finds nothing, and what "
	      "the closed one had sent can be read.")
{
	char got;
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(6, send(fd[0], "unread", 6, 0));
	ASSERT_RET(6, send(fd[0], "either", 6, 0));
	ASSERT_RET(4, send(fd[1], "read", 4, 0));
	ASSERT_RET(0, env_close(env, fd[1]));
	EXPECT_POLL(POLLIN, fd[0], POLLIN);
	dgram_expect(fd[0], "read");
	EXPECT_ERRNO(EAGAIN, recv(fd[0], &got, 1, MSG_DONTWAIT));
	EXPECT_EQ(0, backlog_option(fd[0], SO_ERROR));
	EXPECT_RET(-1, send(fd[0], "x", 1, 0));
}

CHECK(dgram_dead_peer, blocked_recv_stays_asleep,
      .title = "A recv() that sleeps is not woken by the close of its peer",
      CLAUSES(linux_dgram_no_eof),
      ROWS(DGR_55),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP, .needs = NEED_BLOCKED,
      PARAMS("signal", "shutdown"),
      .why = "A reader without a timeout hangs for ever when its peer dies.",
      .explain = "The sleeper is then ended by a signal (EINTR), or by shutdown(SHUT_RD) "
	      "of its own socket (0).  FreeBSD wakes it with ECONNRESET.")
{
	struct call c;
	char in[8];
	int fd[2];

	catch_signal(SIGUSR1);
	SETUP(env_pair(env, fd));
	call_recv(&c, fd[0], in, sizeof(in), 0);
	EXPECT_BLOCKS(&c);
	ASSERT_RET(0, env_close(env, fd[1]));
	EXPECT_BLOCKS(&c);
	if (env->param == 0) {
		call_signal(&c, SIGUSR1);
		EXPECT_CALL_ERRNO(EINTR, &c);
	} else {
		EXPECT_RET(0, shutdown(fd[0], SHUT_RD));
		EXPECT_CALL_RET(0, &c);
	}
}

CHECK(dgram_dead_peer, recv_timeout_still_counts,
      .title = "SO_RCVTIMEO ends a recv() whose peer is closed with EAGAIN",
      CLAUSES(socket7_timeouts, linux_dgram_no_eof),
      ROWS(DGR_55),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP,
      .waits = true,
      .why = "The timeout is the only way to find out that nobody is there.")
{
	char in[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	SETUP(backlog_set_timeout(fd[0], SO_RCVTIMEO, 10));
	ASSERT_RET(0, env_close(env, fd[1]));
	EXPECT_ERRNO(EAGAIN, recv(fd[0], in, sizeof(in), 0));
}
