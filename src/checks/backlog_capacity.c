// SPDX-License-Identifier: BSD-2-Clause
/*
 * How many connections wait for accept(), and that they wait unharmed.  The
 * queue is judged with a listener that accepts nothing meanwhile.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "harness/check.h"

/* The connections that a queue of this backlog holds, on Linux. */
static int linux_capacity(int backlog)
{
	int max = backlog_somaxconn();

	return (max >= 0 && backlog > max ? max : backlog) + 1;
}

/*
 * A control cannot be asked without waiting: its clients wait for the
 * handshake, and the one too many is left in the middle of it.
 */
static void judge_control(struct env *env, const struct addr *to, int capacity)
{
	int fd;

	for (int i = 0; i < capacity; i++)
		ASSERT_OK(backlog_connect(env, to));
	fd = SETUP(env_socket(env));
	SETUP(backlog_set_nonblock(fd, true));
	EXPECT_ERRNO(EINPROGRESS, connect(fd, &to->sa, to->len));
}

/* All n connections can be taken out, and there is not one more. */
static void accept_all(struct env *env, int listener, int n)
{
	for (int i = 0; i < n; i++) {
		int peer = ASSERT_OK(env_accept(env, listener));

		ASSERT_RET(0, env_close(env, peer));
	}
	SETUP(backlog_set_nonblock(listener, true));
	EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
}

CHECK(backlog, holds_one_more_than_n,
      .title = "After listen(n) exactly n + 1 connections wait, and the next gets EAGAIN",
      CLAUSES(linux_listen_capacity, posix_listen_backlog_hint,
	      connect2_eagain_full),
      ROWS(BACKLOG_01, BACKLOG_02, BACKLOG_03, BACKLOG_26),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      PARAMS("1", "2", "5", "16", "128"),
      .nofile = 300, .tags = "report",
      .why = "Servers are sized by this number, and clients beyond it are turned away.",
      .explain = "listen(n), non-blocking connects until one fails, then accept() "
	      "until the queue is empty.  POSIX calls the backlog a hint.  BSD systems "
	      "hold about 1.5 n and answer ECONNREFUSED.  gVisor holds no more than "
	      "1025.  On the TCP control the surplus connect() goes on in the "
	      "background and answers EINPROGRESS.")
{
	static const int backlogs[] = { 1, 2, 5, 16, 128 };
	int backlog = backlogs[env->param], fd[128 + 16], held;
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, backlog, &a));

	if (env_is_control(env)) {
		judge_control(env, &a, linux_capacity(backlog));
		return;
	}
	held = backlog_fill(env, &a, fd, backlog + 16);
	NOTE("listen(%d) holds %d connections before accept()", backlog, held);
	ASSERT_EQ(linux_capacity(backlog), held);
	EXPECT_ERRNO(EAGAIN, backlog_connect(env, &a));
	accept_all(env, listener, held);
}

CHECK(backlog, zero_holds_one,
      .title = "After listen(0) exactly one connection waits",
      CLAUSES(linux_listen_capacity, posix_listen_backlog_zero),
      ROWS(BACKLOG_02),
      .types = CONNECTED, .addrs = NAMED, .tags = "report",
      .why = "listen(0) is used to mean the shortest queue, not a closed door.",
      .explain = "POSIX permits any minimum for listen(0), even none.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 0, &a)), fd[16];
	int held = backlog_fill(env, &a, fd, 16);

	NOTE("listen(0) holds %d connections before accept()", held);
	ASSERT_EQ(1, held);
	EXPECT_ERRNO(EAGAIN, backlog_connect(env, &a));
	accept_all(env, listener, held);
}

CHECK(backlog, larger_holds_no_fewer,
      .title = "A larger backlog never holds fewer connections than a smaller one",
      CLAUSES(posix_listen_backlog_larger),
      ROWS(BACKLOG_26),
      .types = CONNECTED, .addrs = NAMED,
      .why = "A server that asks for more room must not get less.")
{
	static const int backlogs[] = { 0, 1, 3, 8, 20 };
	int before = 0;

	for (int i = 0; i < 5; i++) {
		struct addr a = env_addr(env, i);
		int fd[128], held;

		CONTEXT("listen(%d)", backlogs[i]);
		SETUP(env_listener(env, backlogs[i], &a));
		held = backlog_fill(env, &a, fd, 128);
		EXPECT_RANGE(before, 127, held);
		before = held;
	}
}

CHECK(backlog, queue_of_128_arrives_whole,
      .title = "A full queue of 128 is accepted in order, with what each client sent",
      CLAUSES(posix_accept_first, posix_listen_backlog_somaxconn),
      ROWS(BACKLOG_01, ACC_02, ACC_15),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP, .nofile = 300,
      .why = "A client that connected and wrote believes that it will be served.",
      .explain = "128 clients connect and send their number; then the server "
	      "accepts, reads the number, answers with it and closes; then each "
	      "client reads its own number and the end.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 128, &a)), fd[128], got;

	backlog_need(128);
	backlog_stay_on_cpu(env);
	for (int i = 0; i < 128; i++) {
		CONTEXT("client %d", i);
		fd[i] = ASSERT_OK(backlog_connect(env, &a));
		ASSERT_RET(sizeof(i), send(fd[i], &i, sizeof(i), MSG_NOSIGNAL));
	}
	for (int i = 0; i < 128; i++) {
		int peer = ASSERT_OK(env_accept(env, listener));

		CONTEXT("accept() number %d", i);
		ASSERT_RET(sizeof(got), recv(peer, &got, sizeof(got), MSG_WAITALL));
		ASSERT_EQ(i, got);
		ASSERT_RET(sizeof(got), send(peer, &got, sizeof(got), MSG_NOSIGNAL));
		ASSERT_RET(0, env_close(env, peer));
	}
	for (int i = 0; i < 128; i++) {
		CONTEXT("client %d", i);
		ASSERT_RET(sizeof(got), recv(fd[i], &got, sizeof(got), MSG_WAITALL));
		ASSERT_EQ(i, got);
		ASSERT_RET(0, recv(fd[i], &got, sizeof(got), 0));
	}
}

/* 128 clients, one after the other, each waiting for room as need be. */
static int run_clients(struct env *env, void *arg)
{
	const struct addr *to = arg;
	char answer;

	for (int i = 0; i < 128; i++) {
		int fd = env_connect(env, to);

		/* A check of its own says that connect() does not sleep. */
		while (fd < 0 && errno == EAGAIN) {
			poll(NULL, 0, 1);
			fd = env_connect(env, to);
		}
		ASSERT_OK(fd);

		ASSERT_RET(sizeof(i), send(fd, &i, sizeof(i), MSG_NOSIGNAL));
		/* Every eighth waits to be served, the others run ahead. */
		if (i % 8 == 7)
			ASSERT_RET(1, recv(fd, &answer, 1, 0));
	}
	return 0;
}

CHECK(backlog, short_queue_serves_128_in_order,
      .title = "128 clients that wait for room in a queue of 2 are all served, in order",
      CLAUSES(posix_connect_blocks, posix_accept_first),
      ROWS(BACKLOG_16, ACC_02),
      .types = CONNECTED, .addrs = NAMED, .nofile = 300,
      .why = "A short queue may slow clients down; it must not lose one.",
      .explain = "A process connects 128 times and sends its number each time; the "
	      "server accepts with listen(2), so that connect() sleeps again and "
	      "again.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 2, &a)), got;
	pid_t pid = SETUP(env_fork(env, run_clients, &a));

	for (int i = 0; i < 128; i++) {
		int peer = ASSERT_OK(env_accept(env, listener));

		CONTEXT("accept() number %d", i);
		ASSERT_RET(sizeof(got), recv(peer, &got, sizeof(got), MSG_WAITALL));
		ASSERT_EQ(i, got);
		ASSERT_RET(1, send(peer, "!", 1, MSG_NOSIGNAL));
	}
	EXPECT_EQ(0, env_reap(env, pid));
	SETUP(backlog_set_nonblock(listener, true));
	EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
}

CHECK(backlog, accept_frees_one_place,
      .title = "Each accept() makes room for exactly one connection",
      CLAUSES(linux_listen_capacity, posix_listen_backlog_hint),
      ROWS(BACKLOG_04, BACKLOG_14),
      .types = CONNECTED, .addrs = NAMED,
      .why = "Room that is not given back starves the server; too much of it breaks the limit.")
{
	struct addr a = env_addr(env, 0);
	int fd[BACKLOG_FILL_MAX], n, got;
	int listener = backlog_full_listener(env, 3, &a, fd, &n);

	for (int i = 0; i < n; i++) {
		CONTEXT("accept() number %d", i);
		ASSERT_OK(env_accept(env, listener));
		got = ASSERT_OK(backlog_connect(env, &a));
		EXPECT_ERRNO(EAGAIN, backlog_connect(env, &a));
		EXPECT_RET(1, send(got, "x", 1, MSG_NOSIGNAL));
	}
	accept_all(env, listener, n);
}

CHECK(backlog, closed_clients_keep_their_place,
      .title = "A client that gave up keeps its place and is accepted as a closed peer",
      CLAUSES(linux_accept_closed_client, posix_accept_first),
      ROWS(BACKLOG_05, BACKLOG_06, ACC_16, ACC_32),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      .why = "A stalled server whose queue is full of dead clients turns live ones away.",
      .explain = "Fill the queue, send from every other client, close all clients: "
	      "the queue is still full.  Then accept() gives each, what was sent is "
	      "read, then the end; accept() never fails with ECONNABORTED.")
{
	struct addr a = env_addr(env, 0);
	int fd[BACKLOG_FILL_MAX], n;
	int listener = backlog_full_listener(env, 4, &a, fd, &n);

	for (int i = 0; i < n; i++) {
		if (i % 2)
			ASSERT_RET(4, send(fd[i], "last", 4, MSG_NOSIGNAL));
		ASSERT_RET(0, env_close(env, fd[i]));
	}
	EXPECT_ERRNO(EAGAIN, backlog_connect(env, &a));
	for (int i = 0; i < n; i++) {
		int peer = ASSERT_OK(env_accept(env, listener));
		char buf[8] = "";

		CONTEXT("accept() number %d", i);
		if (i % 2) {
			EXPECT_RET(4, recv(peer, buf, sizeof(buf), 0));
			EXPECT_MEM("last", buf, 4);
		}
		EXPECT_RET(0, recv(peer, buf, sizeof(buf), 0));
		EXPECT_ERRNO(EPIPE, send(peer, "x", 1, MSG_NOSIGNAL));
	}
	EXPECT_OK(backlog_connect(env, &a));
}

CHECK(backlog, listen_again_raises,
      .title = "listen() again with a larger backlog makes the extra room at once",
      CLAUSES(linux_listen_again, posix_listen_backlog_hint),
      ROWS(BACKLOG_09, LSN_05),
      .types = CONNECTED, .addrs = NAMED,
      .why = "A server that raises its limit at run time wants the room now.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 1, &a)), fd[16];

	backlog_need(4);
	ASSERT_EQ(2, backlog_fill(env, &a, fd, 16));
	ASSERT_RET(0, listen(listener, 4));
	EXPECT_EQ(3, backlog_fill(env, &a, fd, 16));
	accept_all(env, listener, 5);
}

CHECK(backlog, listen_again_lowers,
      .title = "listen() again with a smaller backlog drops no connection that waits",
      CLAUSES(linux_listen_again, posix_listen_backlog_hint),
      ROWS(BACKLOG_10, LSN_05),
      .types = CONNECTED, .addrs = NAMED,
      .why = "Clients already connected must not pay for a new limit.",
      .explain = "listen(4) and five connections, listen(1): a connect() gets EAGAIN "
	      "until the queue has shrunk to one, then two wait again.  gVisor "
	      "refuses the second listen() with EINVAL.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), fd[16];

	backlog_need(4);
	ASSERT_EQ(5, backlog_fill(env, &a, fd, 16));
	ASSERT_RET(0, listen(listener, 1));
	for (int left = 5; left > 1; left--) {
		CONTEXT("with %d waiting", left);
		EXPECT_ERRNO(EAGAIN, backlog_connect(env, &a));
		ASSERT_OK(env_accept(env, listener));
	}
	CONTEXT("with 1 waiting");
	EXPECT_EQ(1, backlog_fill(env, &a, fd, 16));
	accept_all(env, listener, 2);
}
