// SPDX-License-Identifier: BSD-2-Clause
/* accept(): whom it gives, and how it waits. */
#include "config.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "checks/util_backlog.h"
#include "checks/util_moment.h"
#include "harness/check.h"

#define TIMEOUT_MS 30

CHECK(accept, names_clients_in_order,
      .title = "accept() gives clients in the order of connect(), each with its name",
      CLAUSES(posix_accept_first, posix_accept_address),
      ROWS(ACC_02),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .why = "Servers keep their clients apart by these names.",
      .explain = "Four clients bind and connect; accept() reports the four names in that "
	      "order, with their lengths, and getpeername() agrees.")
{
	struct addr a = env_addr(env, 0), b[4], name;
	int listener = SETUP(env_listener(env, 4, &a));

	backlog_need(4);
	backlog_stay_on_cpu(env);
	for (int i = 0; i < 4; i++) {
		b[i] = env_addr(env, 1 + i);
		int fd = SETUP(env_bound(env, &b[i]));

		ASSERT_RET(0, connect(fd, &a.sa, a.len));
	}
	for (int i = 0; i < 4; i++) {
		int fd;

		CONTEXT("accept() number %d", i);
		name.len = sizeof(name.bytes);
		fd = ASSERT_OK(accept(listener, &name.sa, &name.len));
		env_own(env, fd);
		EXPECT_EQ(b[i].len, name.len);
		EXPECT_MEM(b[i].bytes, name.bytes, b[i].len);
		name.len = sizeof(name.bytes);
		EXPECT_RET(0, getpeername(fd, &name.sa, &name.len));
		EXPECT_EQ(b[i].len, name.len);
		EXPECT_MEM(b[i].bytes, name.bytes, b[i].len);
	}
}

CHECK(accept, unnamed_client_is_family_only,
      .title = "accept() of a client without a name stores the family and nothing else",
      CLAUSES(unix7_unnamed_length, posix_accept_address),
      ROWS(ACC_01),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      .why = "Code that reads on takes what lay in its buffer for a name.")
{
	struct addr a = env_addr(env, 0), name = { .len = sizeof(name.bytes) };
	int listener = SETUP(env_listener(env, 4, &a)), fd;

	ASSERT_OK(backlog_connect(env, &a));
	for (size_t i = 0; i < sizeof(name.bytes); i++)
		name.bytes[i] = 0xa5;
	fd = ASSERT_OK(accept(listener, &name.sa, &name.len));
	env_own(env, fd);
	EXPECT_EQ(sizeof(sa_family_t), name.len);
	EXPECT_EQ(AF_UNIX, name.sa.sa_family);
	for (size_t i = sizeof(sa_family_t); i < sizeof(name.bytes); i++) {
		if (name.bytes[i] != 0xa5) {
			EXPECT_EQ(0xa5, name.bytes[i]);
			break;
		}
	}
}

CHECK(accept, early_data_is_kept,
      .title = "What a client sent before accept() is read after it, also when it has closed",
      CLAUSES(linux_connect_at_once, posix_accept_first),
      ROWS(ACC_15, ACC_16),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      PARAMS("open", "shut", "closed"),
      .why = "Clients write at once, and some do not stay for an answer.",
      .explain = "Three sends, then nothing, shutdown(SHUT_WR) or close(); accept(); all "
	      "that was sent is read, on SOCK_SEQPACKET in its three records, then "
	      "the end.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), peer;
	int fd = ASSERT_OK(backlog_connect(env, &a));
	char buf[16] = "";

	ASSERT_RET(3, send(fd, "one", 3, MSG_NOSIGNAL));
	ASSERT_RET(3, send(fd, "two", 3, MSG_NOSIGNAL));
	ASSERT_RET(5, send(fd, "three", 5, MSG_NOSIGNAL));
	if (env->param == 1)
		EXPECT_RET(0, shutdown(fd, SHUT_WR));
	else if (env->param == 2)
		EXPECT_RET(0, env_close(env, fd));
	peer = ASSERT_OK(env_accept(env, listener));
	if (env->type == SOCK_SEQPACKET) {
		EXPECT_RET(3, recv(peer, buf, sizeof(buf), 0));
		EXPECT_RET(3, recv(peer, buf + 3, sizeof(buf) - 3, 0));
		EXPECT_RET(5, recv(peer, buf + 6, sizeof(buf) - 6, 0));
	} else {
		EXPECT_RET(11, recv(peer, buf, 11, MSG_WAITALL));
	}
	EXPECT_MEM("onetwothree", buf, 11);
	if (env->param == 0)
		EXPECT_ERRNO(EAGAIN, recv(peer, buf, sizeof(buf), MSG_DONTWAIT));
	else
		EXPECT_RET(0, recv(peer, buf, sizeof(buf), 0));
}

CHECK(accept, nonblocking_empty_is_eagain,
      .title = "A non-blocking accept() with nobody waiting fails with EAGAIN",
      CLAUSES(posix_accept_eagain),
      ROWS(ACC_07),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .why = "Event loops accept until EAGAIN; a sleep there stops the server.",
      .explain = "Before the first client, and again after it; poll() agrees each time.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a));

	SETUP(backlog_set_nonblock(listener, true));
	backlog_stay_on_cpu(env);
	for (int i = 0; i < 2; i++) {
		struct pollfd p = { listener, POLLIN, 0 };

		EXPECT_POLL(0, listener, POLLIN);
		EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
		ASSERT_OK(backlog_connect(env, &a));
		ASSERT_RET(1, poll(&p, 1, env_is_control(env) ? -1 : 0));
		EXPECT_EQ(POLLIN, p.revents);
		EXPECT_OK(env_accept(env, listener));
	}
	EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
}

/* How long one that was woken may take to be seen awake. */
#define WAKE_MS 2000

CHECK(accept, blocking_empty_sleeps,
      .title = "A blocking accept() sleeps until a client connects, and one client wakes one",
      CLAUSES(posix_accept_blocks),
      ROWS(ACC_23, RACE_01),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .needs = NEED_BLOCKED,
      .why = "Servers with a thread for each connection sit in accept().")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), n = 0;
	struct call c[2];
	bool done[2] = { false };
	int64_t deadline;

	for (int i = 0; i < 2; i++) {
		call_accept(&c[i], listener);
		EXPECT_BLOCKS(&c[i]);
	}
	for (int round = 1; round <= 2; round++) {
		ASSERT_OK(backlog_connect(env, &a));
		deadline = clock_deadline_ms(WAKE_MS * (int64_t)env->scale);
		/* Packets take their time, and so may one that was woken. */
		do {
			for (int i = 0; i < 2; i++) {
				if (done[i] || call_is_blocked(&c[i]))
					continue;
				EXPECT_CALL_OK(&c[i]);
				env_own(env, (int)c[i].ret);
				done[i] = true;
				n++;
			}
		} while (n < round && clock_now_ns() < deadline);
		EXPECT_EQ(round, n);
	}
	for (int i = 0; i < 2; i++)
		call_cancel(&c[i]);
}

CHECK(accept, timeout_ends_it,
      .title = "SO_RCVTIMEO of the listener ends accept() with EAGAIN when nobody comes",
      CLAUSES(socket7_timeouts),
      ROWS(ACC_11, ACC_25),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .waits = true,
      .why = "A server that also has other work counts on coming back.",
      .explain = "The time must have passed; a client that waits is given at once; a "
	      "second wait ends as the first.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a));

	SETUP(backlog_set_timeout(listener, SO_RCVTIMEO, TIMEOUT_MS));
	for (int i = 0; i < 2; i++) {
		struct moment start;

		moment_take(&start);
		EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
		moment_expect_passed(&start, TIMEOUT_MS);
		SETUP(backlog_set_timeout(listener, SO_RCVTIMEO, 0));
		ASSERT_OK(backlog_connect(env, &a));
		EXPECT_OK(env_accept(env, listener));
		SETUP(backlog_set_timeout(listener, SO_RCVTIMEO, TIMEOUT_MS));
	}
}

CHECK(accept, shutdown_wakes_sleepers,
      .title = "shutdown(SHUT_RD) of the listener ends each sleeping accept() with EINVAL",
      CLAUSES(linux_accept_shutdown),
      ROWS(ACC_24, LSN_18, RACE_02),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .needs = NEED_BLOCKED, PARAMS("read", "both"),
      .why = "It is the one way to stop threads that sit in accept().",
      .explain = "FreeBSD and macOS fail the shutdown(), WSL1 does not wake them.  The "
	      "next accept() says EINVAL at once.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a));
	struct call c[2];

	for (int i = 0; i < 2; i++) {
		call_accept(&c[i], listener);
		EXPECT_BLOCKS(&c[i]);
	}
	EXPECT_RET(0, shutdown(listener, SHUT_WR));
	EXPECT_BLOCKS(&c[0]);
	EXPECT_BLOCKS(&c[1]);
	ASSERT_RET(0, shutdown(listener, env->param ? SHUT_RDWR : SHUT_RD));
	EXPECT_CALL_ERRNO(EINVAL, &c[0]);
	EXPECT_CALL_ERRNO(EINVAL, &c[1]);
	EXPECT_ERRNO(EINVAL, accept(listener, NULL, NULL));
}
