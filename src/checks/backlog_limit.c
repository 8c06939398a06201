// SPDX-License-Identifier: BSD-2-Clause
/*
 * The limit of the system on every backlog, net.core.somaxconn.  It belongs
 * to the network namespace: a namespace of the case's own has a small one.
 */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_backlog.h"
#include "harness/check.h"
#include "harness/namespace.h"

/* The somaxconn of the namespaces made here, and the default of Linux. */
#define SMALL_SOMAXCONN 6
#define USUAL_SOMAXCONN 4096

#define N_ADDRS 4

static void set_somaxconn(int value)
{
	cleanup_close int fd = open("/proc/sys/net/core/somaxconn",
				    O_WRONLY | O_CLOEXEC);
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", value);

	/* Kernels before 6.5 hide it from those who are not root. */
	if (fd < 0 || write(fd, text, (size_t)len) != len)
		SKIP_CASE("somaxconn cannot be set in a network namespace here");
}

static void enter_small_namespace(void)
{
	SETUP(namespace_enter(CLONE_NEWNET));
	set_somaxconn(SMALL_SOMAXCONN);
}

/*
 * The namespace ends with the child; the names it binds are known here, where
 * they are removed.  A child that leaves early has recorded why, and ends
 * with 1.
 */
static void run_in_child(struct env *env, int (*fn)(struct env *env, void *arg))
{
	int status;

	for (int i = 0; i < N_ADDRS; i++)
		env_addr(env, i);
	status = env_reap(env, SETUP(env_fork(env, fn, NULL)));
	EXPECT_RANGE(0, 1, status);
}

/* How many connections wait after listen(backlog) on the n-th address. */
static int measure(struct env *env, int n, int backlog, int max)
{
	struct addr a = env_addr(env, n);
	int fd[64], held, listener = SETUP(env_bound(env, &a));

	ASSERT_RET(0, listen(listener, backlog));
	held = backlog_fill(env, &a, fd, max);
	EXPECT_ERR_EQ(EAGAIN, errno);
	return held;
}

static int judge_negative(struct env *env, void *arg)
{
	static const int backlogs[] = { -1, INT_MIN };

	(void)arg;
	enter_small_namespace();
	for (int i = 0; i < 2; i++) {
		int held = measure(env, 1 + i, backlogs[i], 64);

		NOTE("listen(%d) holds %d connections where somaxconn is %d",
		     backlogs[i], held, SMALL_SOMAXCONN);
		EXPECT_EQ(SMALL_SOMAXCONN + 1, held);
	}
	return 0;
}

CHECK(backlog, negative_acts_as_somaxconn,
      .title = "A negative backlog acts as somaxconn",
      CLAUSES(linux_listen_negative, posix_listen_backlog_negative),
      ROWS(BACKLOG_07),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_NETNS,
      .tags = "report",
      .why = "Servers pass -1 for the longest queue; a short one turns their clients away.",
      .explain = "In a network namespace with a small somaxconn: listen(-1) and "
	      "non-blocking connects until one fails.  POSIX makes -1 act as 0.")
{
	run_in_child(env, judge_negative);
}

static int judge_cap(struct env *env, void *arg)
{
	static const int backlogs[] = {
		SMALL_SOMAXCONN - 1, SMALL_SOMAXCONN, SMALL_SOMAXCONN + 1,
		INT_MAX,
	};

	(void)arg;
	enter_small_namespace();
	for (int i = 0; i < 4; i++) {
		CONTEXT("listen(%d) where somaxconn is %d", backlogs[i],
			SMALL_SOMAXCONN);
		EXPECT_EQ(i == 0 ? SMALL_SOMAXCONN : SMALL_SOMAXCONN + 1,
			  measure(env, i, backlogs[i], 64));
	}
	return 0;
}

CHECK(backlog, capped_to_somaxconn,
      .title = "A backlog above somaxconn is silently capped to it",
      CLAUSES(listen2_somaxconn_cap, linux_listen_capacity,
	      posix_listen_backlog_hint),
      ROWS(BACKLOG_08, BACKLOG_22),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_NETNS,
      .why = "The administrator's limit holds whatever a server asks for.")
{
	run_in_child(env, judge_cap);
}

static int judge_change(struct env *env, void *arg)
{
	struct addr a = env_addr(env, 0);
	int listener, fd[64];

	(void)arg;
	enter_small_namespace();
	listener = SETUP(env_listener(env, 10, &a));
	set_somaxconn(2);
	CONTEXT("listening before somaxconn went from 6 to 2");
	EXPECT_EQ(SMALL_SOMAXCONN + 1, backlog_fill(env, &a, fd, 64));
	CONTEXT("listening after it");
	EXPECT_EQ(3, measure(env, 1, 10, 64));
	set_somaxconn(9);
	CONTEXT("after somaxconn went to 9, before listen()");
	EXPECT_ERRNO(EAGAIN, backlog_connect(env, &a));
	CONTEXT("after somaxconn went to 9 and listen()");
	ASSERT_RET(0, listen(listener, 10));
	EXPECT_EQ(9 - SMALL_SOMAXCONN, backlog_fill(env, &a, fd, 64));
	return 0;
}

CHECK(backlog, somaxconn_acts_at_listen,
      .title = "A new somaxconn holds for later calls of listen() and for no queue before",
      CLAUSES(linux_somaxconn_at_listen, listen2_somaxconn_cap),
      ROWS(BACKLOG_22, BACKLOG_23),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_NETNS,
      .why = "Raising the limit does not help a daemon until it listens anew.")
{
	run_in_child(env, judge_change);
}

/* Thousands of sockets: one type is enough, the small limit has them all. */
CHECK(backlog, somaxconn_is_reached,
      .title = "listen() with the largest backlog holds somaxconn + 1 connections",
      CLAUSES(linux_listen_capacity, listen2_somaxconn_cap),
      ROWS(BACKLOG_07, BACKLOG_08, BACKLOG_08b),
      .types = STREAM, .addrs = NO_ADDR,
      .nofile = USUAL_SOMAXCONN + 100, .timeout_ms = 60000, .tags = "report",
      .why = "Busy servers count on the whole queue that the system promises.",
      .explain = "gVisor holds 1025 at most, Asterinas one fewer than Linux.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a)), max = backlog_somaxconn(), held = 0;

	if (max < 0)
		SKIP_CASE("somaxconn cannot be read");
	if (max > USUAL_SOMAXCONN)
		SKIP_CASE("somaxconn is %d: too many descriptors", max);
	ASSERT_RET(0, listen(fd, INT_MAX));
	while (held <= max + 1 && backlog_connect(env, &a) >= 0)
		held++;
	EXPECT_ERR_EQ(EAGAIN, errno);
	NOTE("listen(INT_MAX) holds %d connections, somaxconn is %d", held, max);
	EXPECT_EQ(max + 1, held);
}

CHECK(backlog, any_number_is_accepted,
      .title = "listen() takes any number for a backlog, and one client can connect",
      CLAUSES(posix_listen_backlog_somaxconn, posix_listen_backlog_hint),
      ROWS(BACKLOG_08b, BACKLOG_26),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      PARAMS("one", "somaxconn", "above_somaxconn", "int_max"),
      .why = "The backlog is a wish: it is cut down, never refused.")
{
	static const int backlogs[] = { 1, SOMAXCONN, SOMAXCONN + 1, INT_MAX };
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a));

	ASSERT_RET(0, listen(fd, backlogs[env->param]));
	ASSERT_OK(backlog_connect(env, &a));
	EXPECT_OK(env_accept(env, fd));
}
