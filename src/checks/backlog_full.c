// SPDX-License-Identifier: BSD-2-Clause
/*
 * connect() to a full queue: what the caller sees, what it must not leave
 * behind, and what wakes it when it sleeps.
 */
#include "config.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_moment.h"
#include "harness/check.h"

#define TIMEOUT_MS 30

/* Nobody is in the queue besides those n, whatever else tried. */
static void expect_queued(struct env *env, int listener, int n)
{
	for (int i = 0; i < n; i++)
		ASSERT_OK(env_accept(env, listener));
	SETUP(backlog_set_nonblock(listener, true));
	EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
}

CHECK(backlog, full_nonblocking_is_eagain,
      .title = "A non-blocking connect() to a full queue fails with EAGAIN and leaves nothing",
      CLAUSES(connect2_eagain_full, posix_connect_einprogress),
      ROWS(BACKLOG_11, BACKLOG_12, BACKLOG_13, BACKLOG_14),
      .types = CONNECTED, .addrs = NAMED,
      .why = "Clients take EAGAIN for EINPROGRESS and wait for a connection that never comes.",
      .explain = "POSIX says EINPROGRESS, and the connection goes on.  Linux says "
	      "EAGAIN: nothing goes on, SO_ERROR is 0, and room cannot be waited for; "
	      "the same socket may try again.  BSD systems answer ECONNREFUSED.  PHP, uWSGI and others have "
	      "taken EAGAIN for a connection under way.")
{
	struct addr a = env_addr(env, 0), name = { .len = sizeof(name.bytes) };
	int clients[BACKLOG_FILL_MAX], n;
	int listener = backlog_full_listener(env, 2, &a, clients, &n);
	int fd = SETUP(env_socket(env));

	SETUP(backlog_set_nonblock(fd, true));
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(EAGAIN, connect(fd, &a.sa, a.len));
		EXPECT_EQ(0, backlog_option(fd, SO_ERROR));
		EXPECT_ERRNO(ENOTCONN, getpeername(fd, &name.sa, &name.len));
	}
	expect_queued(env, listener, n);
	EXPECT_RET(0, connect(fd, &a.sa, a.len));
	EXPECT_OK(env_accept(env, listener));
}

CHECK(backlog, full_timeout_is_eagain,
      .title = "SO_SNDTIMEO ends a connect() to a full queue with EAGAIN",
      CLAUSES(linux_connect_timeout_eagain, socket7_timeouts),
      ROWS(BACKLOG_15),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .waits = true,
      .why = "The timeout is all that saves a client from a server that hangs.",
      .explain = "socket(7) promises EINPROGRESS, which is what TCP answers; AF_UNIX "
	      "answers EAGAIN.  The time must have passed, nothing must be queued, and "
	      "the socket may try again.")
{
	struct addr a = env_addr(env, 0);
	int clients[BACKLOG_FILL_MAX], n = 3, listener, fd;
	struct moment start;

	backlog_stay_on_cpu(env);
	if (env_is_control(env)) {
		listener = SETUP(env_listener(env, 2, &a));
		for (int i = 0; i < n; i++)
			ASSERT_OK(backlog_connect(env, &a));
	} else {
		listener = backlog_full_listener(env, 2, &a, clients, &n);
	}
	fd = SETUP(env_socket(env));
	SETUP(backlog_set_timeout(fd, SO_SNDTIMEO, TIMEOUT_MS));
	moment_take(&start);
	EXPECT_ERRNO(env_is_control(env) ? EINPROGRESS : EAGAIN,
		     connect(fd, &a.sa, a.len));
	moment_expect_passed(&start, TIMEOUT_MS);
	if (env_is_control(env))
		return;
	expect_queued(env, listener, n);
	EXPECT_RET(0, connect(fd, &a.sa, a.len));
}

CHECK(backlog, accept_wakes_connect,
      .title = "A connect() that sleeps on a full queue completes when accept() makes room",
      CLAUSES(linux_connect_waits_for_room, posix_connect_blocks),
      ROWS(BACKLOG_16),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_BLOCKED,
      .why = "A client that is not woken hangs although the server is alive.",
      .explain = "BSD systems answer ECONNREFUSED and gVisor answers EAGAIN at once "
	      "instead of sleeping.")
{
	struct addr a = env_addr(env, 0);
	int clients[BACKLOG_FILL_MAX], n, peer;
	int listener = backlog_full_listener(env, 1, &a, clients, &n);
	int fd = SETUP(env_socket(env));
	char got = 0;
	struct call c;

	call_connect(&c, fd, &a);
	EXPECT_BLOCKS(&c);
	EXPECT_OK(env_accept(env, listener));
	EXPECT_CALL_RET(0, &c);
	/* An accept() that need not wait makes room as well. */
	SETUP(backlog_set_nonblock(listener, true));
	fd = SETUP(env_socket(env));
	call_connect(&c, fd, &a);
	EXPECT_BLOCKS(&c);
	EXPECT_OK(env_accept(env, listener));
	EXPECT_CALL_RET(0, &c);
	EXPECT_RET(1, send(fd, "c", 1, MSG_NOSIGNAL));
	/* It came last and is last in the queue. */
	for (int i = 1; i < n; i++)
		ASSERT_OK(env_accept(env, listener));
	peer = ASSERT_OK(env_accept(env, listener));
	EXPECT_RET(1, recv(peer, &got, 1, 0));
	EXPECT_EQ('c', got);
}

/* How many of the calls have come back; they succeeded. */
static int count_done(struct call *c, bool *done, int n)
{
	int count = 0;

	for (int i = 0; i < n; i++) {
		if (!done[i] && !call_is_blocked(&c[i])) {
			EXPECT_CALL_RET(0, &c[i]);
			done[i] = true;
		}
		count += done[i];
	}
	return count;
}

CHECK(backlog, accept_releases_one_sleeper,
      .title = "With several connect()s asleep each accept() releases exactly one",
      CLAUSES(linux_connect_waits_for_room),
      ROWS(BACKLOG_24),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_BLOCKED,
      .why = "One too few is a client that hangs, one too many breaks the limit.")
{
	struct addr a = env_addr(env, 0);
	int clients[BACKLOG_FILL_MAX], n, fd;
	int listener = backlog_full_listener(env, 1, &a, clients, &n);
	struct call c[3];
	bool done[3] = { false };

	for (int i = 0; i < 3; i++) {
		fd = SETUP(env_socket(env));
		backlog_sleeper(&c[i], fd, &a);
		EXPECT_BLOCKS(&c[i]);
	}
	for (int i = 1; i <= 3; i++) {
		CONTEXT("accept() number %d", i);
		EXPECT_OK(env_accept(env, listener));
		EXPECT_EQ(i, count_done(c, done, 3));
	}
	for (int i = 0; i < 3; i++)
		call_cancel(&c[i]);
}

CHECK(backlog, sleepers_keep_their_order,
      .title = "connect()s that sleep on a full queue get in in the order in which they came",
      CLAUSES(linux_wait_for_peer_order, linux_connect_waits_for_room),
      ROWS(BACKLOG_27),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_BLOCKED,
      .why = "On a busy server who came first would wait for ever, passed by all others.",
      .explain = "Three sleep, each begun when the one before was seen asleep; each accept() "
		 "lets in the first of those that are left, and the queue has their "
		 "bytes in that order.")
{
	struct addr a = env_addr(env, 0);
	int clients[BACKLOG_FILL_MAX], n, fd[3], peer;
	int listener = backlog_full_listener(env, 1, &a, clients, &n);
	struct call c[3];

	if (n > 3)
		SKIP_CASE("a queue of %d connections is too long for this", n);
	for (int i = 0; i < 3; i++) {
		fd[i] = SETUP(env_socket(env));
		backlog_sleeper(&c[i], fd[i], &a);
		ASSERT_BLOCKS(&c[i]);
	}
	for (int i = 0; i < 3; i++) {
		CONTEXT("accept() number %d", i + 1);
		ASSERT_OK(env_accept(env, listener));
		EXPECT_CALL_RET(0, &c[i]);
		for (int j = i + 1; j < 3; j++)
			EXPECT_BLOCKS(&c[j]);
		EXPECT_RET(1, send(fd[i], &"123"[i], 1, MSG_NOSIGNAL));
	}
	for (int i = 3 - n; i < 3; i++) {
		char got = 0;

		CONTEXT("accept() number %d", i + 4);
		peer = ASSERT_OK(env_accept(env, listener));
		EXPECT_RET(1, recv(peer, &got, 1, MSG_DONTWAIT));
		EXPECT_EQ('1' + i, got);
	}
}

CHECK(backlog, raise_wakes_connect,
      .title = "listen() with a larger backlog wakes the connect()s that sleep, a smaller does not",
      CLAUSES(linux_listen_again),
      ROWS(BACKLOG_17),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_BLOCKED,
      .why = "Room that nobody is told of is no room.")
{
	struct addr a = env_addr(env, 0);
	int clients[BACKLOG_FILL_MAX], n;
	int listener = backlog_full_listener(env, 2, &a, clients, &n);
	struct call c[2];

	backlog_need(10);
	for (int i = 0; i < 2; i++) {
		backlog_sleeper(&c[i], SETUP(env_socket(env)), &a);
		EXPECT_BLOCKS(&c[i]);
	}
	ASSERT_RET(0, listen(listener, 1));
	EXPECT_BLOCKS(&c[0]);
	EXPECT_BLOCKS(&c[1]);
	ASSERT_RET(0, listen(listener, 10));
	EXPECT_CALL_RET(0, &c[0]);
	EXPECT_CALL_RET(0, &c[1]);
	expect_queued(env, listener, n + 2);
}

CHECK(backlog, close_refuses_sleepers,
      .title = "Closing the listener ends the connect()s that sleep with ECONNREFUSED",
      CLAUSES(linux_connect_listener_closed, posix_connect_econnrefused),
      ROWS(BACKLOG_18),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_BLOCKED,
      .why = "Clients of a server that went away would sleep for ever.")
{
	struct addr a = env_addr(env, 0);
	int clients[BACKLOG_FILL_MAX], n;
	int listener = backlog_full_listener(env, 1, &a, clients, &n);
	struct call c[2];

	for (int i = 0; i < 2; i++) {
		backlog_sleeper(&c[i], SETUP(env_socket(env)), &a);
		EXPECT_BLOCKS(&c[i]);
	}
	EXPECT_RET(0, env_close(env, listener));
	EXPECT_CALL_ERRNO(ECONNREFUSED, &c[0]);
	EXPECT_CALL_ERRNO(ECONNREFUSED, &c[1]);
}

CHECK(backlog, shutdown_refuses_sleepers,
      .title = "After shutdown(SHUT_RD) of a full listener a sleeping connect() is refused",
      CLAUSES(linux_connect_listener_shut),
      ROWS(BACKLOG_21),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_BLOCKED,
      PARAMS("accept", "close"),
      .why = "A server that stops gracefully must not promise what it will not keep.",
      .explain = "Linux does not wake the sleeper at the shutdown; it learns of it at "
	      "the next accept() or at close().  Being told at once would be right, "
	      "too.")
{
	struct addr a = env_addr(env, 0);
	int clients[BACKLOG_FILL_MAX], n;
	int listener = backlog_full_listener(env, 1, &a, clients, &n);
	struct call c;

	backlog_sleeper(&c, SETUP(env_socket(env)), &a);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, shutdown(listener, SHUT_RD));
	NOTE("shutdown(SHUT_RD) %s connect()",
	     call_is_blocked(&c) ? "does not wake" : "wakes");
	if (env->param == 0)
		EXPECT_OK(env_accept(env, listener));
	else
		EXPECT_RET(0, env_close(env, listener));
	EXPECT_CALL_ERRNO(ECONNREFUSED, &c);
}

static void ignore_signal(int sig)
{
	(void)sig;
}

CHECK(backlog, signal_ends_connect,
      .title = "A connect() that a signal interrupts on a full queue leaves nothing behind",
      CLAUSES(linux_connect_interrupted, posix_connect_eintr),
      ROWS(CONN_36),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_BLOCKED,
      PARAMS("eintr", "restart"),
      .why = "After EINTR programs wait for a connection that nobody is making.",
      .explain = "POSIX says that the attempt goes on after EINTR.  On AF_UNIX it is "
	      "over, and connect() is called again.  With SA_RESTART the call goes on "
	      "sleeping.")
{
	struct sigaction sa = { .sa_handler = ignore_signal };
	struct addr a = env_addr(env, 0);
	int clients[BACKLOG_FILL_MAX], n, fd = SETUP(env_socket(env));
	int listener = backlog_full_listener(env, 1, &a, clients, &n);
	bool restart = env->param == 1;
	struct call c;

	sa.sa_flags = restart ? SA_RESTART : 0;
	SETUP(sigaction(SIGUSR1, &sa, NULL));
	backlog_sleeper(&c, fd, &a);
	EXPECT_BLOCKS(&c);
	call_signal(&c, SIGUSR1);
	if (restart) {
		EXPECT_BLOCKS(&c);
		EXPECT_OK(env_accept(env, listener));
		EXPECT_CALL_RET(0, &c);
		return;
	}
	EXPECT_CALL_ERRNO(EINTR, &c);
	expect_queued(env, listener, n);
	EXPECT_RET(0, connect(fd, &a.sa, a.len));
	EXPECT_OK(env_accept(env, listener));
}
