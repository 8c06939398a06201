// SPDX-License-Identifier: BSD-2-Clause
/* accept() and connect() that sleep when a signal is caught. */
#include "config.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_signal.h"
#include "harness/check.h"

/* Long enough never to pass while a check runs. */
#define LONG_MS 600000

CHECK(eintr, accept_fails,
      .title = "An accept() asleep when a signal is caught fails with EINTR, and takes nobody",
      CLAUSES(posix_accept_eintr),
      ROWS(SIG_16),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .needs = NEED_BLOCKED,
      .why = "Servers stop by a handler that sets a flag; a call that goes on never sees it.",
      .explain = "The handler was installed without SA_RESTART.  The next client is "
	      "accepted.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a));
	struct call c;

	signal_catch(0);
	for (int i = 0; i < 2; i++) {
		call_accept(&c, listener);
		signal_interrupt(&c);
		EXPECT_CALL_ERRNO(EINTR, &c);
		ASSERT_OK(backlog_connect(env, &a));
		EXPECT_OK(env_accept(env, listener));
	}
}

CHECK(eintr, accept_restarts,
      .title = "With SA_RESTART an accept() goes on sleeping after the handler, and accepts",
      CLAUSES(signal7_restart),
      ROWS(SIG_17),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .needs = NEED_BLOCKED,
      .why = "Servers that do not look for EINTR would end at each child's death.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a));
	struct call c;

	signal_catch(SA_RESTART);
	call_accept(&c, listener);
	signal_interrupt(&c);
	signal_interrupt(&c);
	EXPECT_BLOCKS(&c);
	ASSERT_OK(backlog_connect(env, &a));
	EXPECT_CALL_OK(&c);
	env_own(env, (int)c.ret);
}

CHECK(eintr, accept_with_timeout_fails,
      .title = "With SO_RCVTIMEO an accept() that is interrupted fails with EINTR despite SA_RESTART",
      CLAUSES(signal7_timeouts),
      ROWS(SIG_18),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .needs = NEED_BLOCKED,
      .why = "Setting a timeout brings EINTR to code that never had to handle it.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a));
	struct call c;

	signal_catch(SA_RESTART);
	SETUP(backlog_set_timeout(listener, SO_RCVTIMEO, LONG_MS));
	call_accept(&c, listener);
	signal_interrupt(&c);
	EXPECT_CALL_ERRNO(EINTR, &c);
	ASSERT_OK(backlog_connect(env, &a));
	EXPECT_OK(env_accept(env, listener));
}

/* Exactly n wait at the listener, and the last of them sends this byte. */
static void expect_queued(struct env *env, int listener, int n, int client)
{
	int peer = -1;
	char got = 0;

	for (int i = 0; i < n; i++)
		peer = ASSERT_OK(env_accept(env, listener));
	SETUP(backlog_set_nonblock(listener, true));
	EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
	if (client < 0)
		return;
	EXPECT_RET(1, send(client, "c", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(peer, &got, 1, 0));
	EXPECT_EQ('c', got);
}

CHECK(eintr, connect_fails,
      .title = "A connect() interrupted on a full queue fails with EINTR, and nothing is in progress",
      CLAUSES(linux_connect_interrupted, posix_connect_eintr),
      ROWS(SIG_19, SIG_20),
      .types = CONNECTED, .addrs = NAMED,
      .needs = NEED_BLOCKED, PARAMS("plain", "timeout"),
      .why = "Code written for TCP waits with poll() for a connection that nobody is making.",
      .explain = "POSIX says that the attempt goes on after EINTR, and so it does on TCP.  "
	      "On AF_UNIX it is over: SO_ERROR is 0, nothing is queued.  connect() on the same socket then makes one "
	      "connection.  With SO_SNDTIMEO it ends so despite SA_RESTART.")
{
	struct addr a = env_addr(env, 0), name = { .len = sizeof(name.bytes) };
	int clients[BACKLOG_FILL_MAX], n, fd = SETUP(env_socket(env));
	int listener = backlog_full_listener(env, 1, &a, clients, &n);
	struct call c;

	signal_catch(env->param ? SA_RESTART : 0);
	if (env->param == 1)
		SETUP(backlog_set_timeout(fd, SO_SNDTIMEO, LONG_MS));
	backlog_sleeper(&c, fd, &a);
	signal_interrupt(&c);
	EXPECT_CALL_ERRNO(EINTR, &c);
	EXPECT_EQ(0, backlog_option(fd, SO_ERROR));
	EXPECT_ERRNO(ENOTCONN, getpeername(fd, &name.sa, &name.len));
	expect_queued(env, listener, n, -1);
	EXPECT_RET(0, connect(fd, &a.sa, a.len));
	expect_queued(env, listener, 1, fd);
}

CHECK(eintr, connect_restarts,
      .title = "With SA_RESTART a connect() on a full queue goes on after the handler, and completes",
      CLAUSES(linux_connect_sa_restart, posix_connect_eintr),
      ROWS(SIG_21),
      .types = CONNECTED, .addrs = NAMED,
      .needs = NEED_BLOCKED,
      .why = "Libraries that do not look for EINTR count on it.",
      .explain = "One connection is made, however many signals come.")
{
	struct addr a = env_addr(env, 0);
	int clients[BACKLOG_FILL_MAX], n, fd = SETUP(env_socket(env));
	int listener = backlog_full_listener(env, 1, &a, clients, &n);
	struct call c;

	signal_catch(SA_RESTART);
	backlog_sleeper(&c, fd, &a);
	signal_interrupt(&c);
	signal_interrupt(&c);
	EXPECT_BLOCKS(&c);
	ASSERT_OK(env_accept(env, listener));
	EXPECT_CALL_RET(0, &c);
	expect_queued(env, listener, n, fd);
}
