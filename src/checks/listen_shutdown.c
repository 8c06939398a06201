// SPDX-License-Identifier: BSD-2-Clause
/* shutdown() of a listening socket. */
#include "config.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "harness/check.h"

static const int hows[] = { SHUT_RD, SHUT_RDWR };

/*
 * Nothing waits and nothing will: accept() says so and does not sleep.  One
 * that is not to sleep anyway says only that nothing waits.
 */
static void expect_closed(struct env *env, int listener)
{
	if (env->nonblock)
		EXPECT_ERRNO(env_is_control(env) ? EINVAL : EAGAIN,
			     accept(listener, NULL, NULL));
	else
		EXPECT_ERRNO(EINVAL, accept(listener, NULL, NULL));
}

CHECK(listen, shutdown_read_refuses_clients,
      .title = "After shutdown(SHUT_RD) of a listener new clients are refused",
      CLAUSES(linux_listener_shutdown),
      ROWS(LSN_15, LSN_16, LSN_18),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      PARAMS("read", "both"),
      .why = "It is how a server closes its door while it still holds the name.",
      .explain = "shutdown(), then connect() gets ECONNREFUSED and accept() EINVAL; "
	      "a non-blocking accept() says EAGAIN on Linux.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_listener(env, 4, &a));

	EXPECT_RET(0, shutdown(fd, hows[env->param]));
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(ECONNREFUSED, backlog_connect(env, &a));
		expect_closed(env, fd);
	}
}

CHECK(listen, shutdown_read_keeps_the_queue,
      .title = "Connections that waited at shutdown(SHUT_RD) can still be accepted",
      CLAUSES(linux_listener_shutdown),
      ROWS(LSN_15, LSN_17, LSN_18),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      PARAMS("read", "both"),
      .why = "A server that stops gracefully serves those who are in.",
      .explain = "Two clients wait, one of them has written.  After shutdown() both are "
	      "accepted and talk both ways; then the queue is closed.  A TCP "
	      "control resets them instead.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_listener(env, 4, &a)), client[2];
	char got = 0;

	backlog_stay_on_cpu(env);
	for (int i = 0; i < 2; i++)
		client[i] = ASSERT_OK(backlog_connect(env, &a));
	ASSERT_RET(1, send(client[1], "w", 1, MSG_NOSIGNAL));
	ASSERT_RET(0, shutdown(fd, hows[env->param]));
	for (int i = 0; i < 2 && !env_is_control(env); i++) {
		int peer = ASSERT_OK(env_accept(env, fd));

		if (i == 0)
			EXPECT_RET(1, send(client[0], "w", 1, MSG_NOSIGNAL));
		EXPECT_RET(1, recv(peer, &got, 1, 0));
		EXPECT_EQ('w', got);
		EXPECT_RET(1, send(peer, "a", 1, MSG_NOSIGNAL));
		EXPECT_RET(1, recv(client[i], &got, 1, 0));
		EXPECT_EQ('a', got);
	}
	expect_closed(env, fd);
	if (env_is_control(env))
		EXPECT_ERRNO(ECONNRESET, recv(client[0], &got, 1, 0));
}

CHECK(listen, shutdown_write_changes_nothing,
      .title = "shutdown(SHUT_WR) of a listener changes nothing",
      CLAUSES(linux_listener_shutdown),
      ROWS(LSN_19),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .why = "Nothing is written to a listener; a server that closes that side lives on.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_listener(env, 4, &a)), client[2], peer;
	char got = 0;

	client[0] = ASSERT_OK(backlog_connect(env, &a));
	EXPECT_RET(0, shutdown(fd, SHUT_WR));
	client[1] = ASSERT_OK(backlog_connect(env, &a));
	for (int i = 0; i < 2; i++) {
		peer = ASSERT_OK(env_accept(env, fd));
		EXPECT_RET(1, send(peer, "p", 1, MSG_NOSIGNAL));
		EXPECT_RET(1, recv(client[i], &got, 1, 0));
		EXPECT_EQ('p', got);
		EXPECT_RET(1, send(client[i], "c", 1, MSG_NOSIGNAL));
		EXPECT_RET(1, recv(peer, &got, 1, 0));
		EXPECT_EQ('c', got);
	}
}

CHECK(listen, shutdown_read_is_for_good,
      .title = "listen() after shutdown(SHUT_RD) succeeds, and clients are still refused",
      CLAUSES(linux_listener_shutdown),
      ROWS(LSN_20),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      PARAMS("read", "both"),
      .why = "A server cannot open again this way, and listen() does not say so.",
      .explain = "POSIX permits listen() to fail with EINVAL on a socket that was shut "
	      "down.  A TCP control opens again.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_listener(env, 4, &a));

	EXPECT_RET(0, shutdown(fd, hows[env->param]));
	EXPECT_RET(0, listen(fd, 4));
	if (env_is_control(env)) {
		/* The port was given up, and another is taken. */
		SETUP(getsockname(fd, &a.sa, &a.len));
		EXPECT_OK(backlog_connect(env, &a));
		return;
	}
	EXPECT_ERRNO(ECONNREFUSED, backlog_connect(env, &a));
	expect_closed(env, fd);
}
