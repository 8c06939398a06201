// SPDX-License-Identifier: BSD-2-Clause
/* max_dgram_qlen, changed in a network namespace of the check's own. */
#include "config.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_dgram.h"
#include "checks/util_flow.h"
#include "checks/util_option.h"
#include "harness/check.h"
#include "harness/namespace.h"

static const char limit_path[] = "/proc/sys/net/unix/max_dgram_qlen";

/* Who owns the namespace may set its limit. */
static void set_limit(int value)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", value);
	cleanup_close int fd = (int)ASSERT_OK(open(limit_path, O_WRONLY | O_CLOEXEC));

	ASSERT_RET(len, write(fd, text, (size_t)len));
	EXPECT_EQ(value, option_sysctl("net/unix/max_dgram_qlen"));
}

/* A receiver made now holds n messages; returns it, full. */
static int expect_capacity(struct env *env, int number, int n)
{
	struct addr a = env_addr(env, number);
	int fd = SETUP(env_bound(env, &a));

	EXPECT_EQ(n, flow_fill_queue(env, &a, 0));
	return fd;
}

static int run_limits(struct env *env, void *arg)
{
	struct addr a = env_addr(env, 9);
	int fd, older;

	(void)arg;
	SETUP(namespace_enter(CLONE_NEWNET));
	EXPECT_EQ(10, option_sysctl("net/unix/max_dgram_qlen"));
	set_limit(3);
	older = SETUP(env_bound(env, &a));
	fd = expect_capacity(env, 0, 4);
	set_limit(0);
	expect_capacity(env, 1, 1);
	set_limit(20);
	expect_capacity(env, 2, 21);
	CONTEXT("the first of 3, after the limit was raised");
	flow_drain_queue(fd, 0, 4);
	dgram_expect_empty(fd);
	a = env_addr(env, 0);
	EXPECT_EQ(4, flow_fill_queue(env, &a, 0));
	CONTEXT("made when the limit was 3, filled later");
	a = env_addr(env, 9);
	EXPECT_EQ(4, flow_fill_queue(env, &a, 0));
	flow_drain_queue(older, 0, 4);
	return has_failed();
}

CHECK(flow_queue, limit_is_fixed_at_creation,
      .title = "max_dgram_qlen counts when a socket is made: n + 1 messages, unchanged later",
      CLAUSES(linux_dgram_limit_at_creation, net_rst_max_dgram_qlen),
      ROWS(FLOW_16, FLOW_17, FLOW_18, FLOW_75),
      .types = DGRAM, .needs = NEED_ROOT | NEED_NETNS,
      .why = "A daemon keeps the limit of its start; raising it needs a restart.",
      .explain = "In a network namespace, where the limit is 10 and can be set: 3 admits 4 "
	      "messages, 0 admits one, 20 admits 21; the sockets made before a change "
	      "keep theirs, and the limit outside stays as it was.")
{
	long outside = option_sysctl("net/unix/max_dgram_qlen");
	pid_t pid;

	if (access(limit_path, W_OK) < 0)
		SKIP_CASE("max_dgram_qlen cannot be changed here");
	pid = SETUP(env_fork(env, run_limits, NULL));
	EXPECT_EQ(0, env_reap(env, pid));
	EXPECT_EQ(outside, option_sysctl("net/unix/max_dgram_qlen"));
}
