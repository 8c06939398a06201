// SPDX-License-Identifier: BSD-2-Clause
/* The limits on queues, which each network namespace has for itself. */
#include "config.h"

#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "checks/util_backlog.h"
#include "checks/util_flow.h"
#include "harness/check.h"
#include "harness/namespace.h"

/* Exit status of a child that found nothing to judge. */
#define CANNOT 77

#define QUEUE_LIMIT "/proc/sys/net/unix/max_dgram_qlen"
#define BACKLOG_LIMIT "/proc/sys/net/core/somaxconn"

static int read_limit(const char *path)
{
	cleanup_fclose FILE *f = fopen(path, "re");
	int value = -1;

	return f && fscanf(f, "%d", &value) == 1 ? value : -1;
}

static bool write_limit(const char *path, int value)
{
	cleanup_fclose FILE *f = fopen(path, "re+");

	return f && fprintf(f, "%d\n", value) > 0 && fflush(f) == 0;
}

/* fn() in a child, which may find that nothing can be set. */
static void inside(struct env *env, int (*fn)(struct env *env, void *arg))
{
	int status = env_reap(env, SETUP(env_fork(env, fn, NULL)));

	/* Kernels before 6.5 hide the limits from those who are not root. */
	if (status == CANNOT)
		SKIP_CASE("the limit cannot be set in a namespace here");
	EXPECT_EQ(0, status);
}

static int small_queue(struct env *env, void *arg)
{
	struct addr a = env_addr(env, 1);

	(void)arg;
	SETUP(namespace_enter(CLONE_NEWNET));
	if (!write_limit(QUEUE_LIMIT, 3))
		return CANNOT;
	EXPECT_EQ(3, read_limit(QUEUE_LIMIT));
	SETUP(env_bound(env, &a));
	EXPECT_EQ(4, flow_fill_queue(env, &a, 0));
	return has_failed();
}

CHECK(namespace, queue_limit_is_its_own,
      .title = "max_dgram_qlen set in one network namespace changes nothing in another",
      CLAUSES(linux_unix_net_init),
      ROWS(NS_13),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_NETNS,
      .why = "A container that raises its limit must not fill the host's memory.",
      .explain = "A child in a new namespace sets 3 and fills a queue with 4; outside the "
	      "limit reads as before and a new queue holds that many and one.")
{
	int limit = flow_queue_limit();
	struct addr a = env_addr(env, 0);

	env_addr(env, 1);
	inside(env, small_queue);
	EXPECT_EQ(limit, read_limit(QUEUE_LIMIT));
	SETUP(env_bound(env, &a));
	EXPECT_EQ(limit + 1, flow_fill_queue(env, &a, 0));
}

static int small_backlog(struct env *env, void *arg)
{
	struct addr a = env_addr(env, 1);
	int fd[16];

	(void)arg;
	SETUP(namespace_enter(CLONE_NEWNET));
	if (!write_limit(BACKLOG_LIMIT, 2))
		return CANNOT;
	EXPECT_EQ(2, read_limit(BACKLOG_LIMIT));
	SETUP(env_listener(env, 8, &a));
	EXPECT_EQ(3, backlog_fill(env, &a, fd, 16));
	return has_failed();
}

CHECK(namespace, somaxconn_is_its_own,
      .title = "somaxconn set in one network namespace changes nothing in another",
      CLAUSES(listen2_somaxconn_cap, linux_somaxconn_at_listen),
      ROWS(NS_14),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_NETNS,
      .why = "A container starts with the default, whatever the host was tuned to.",
      .explain = "A child in a new namespace sets 2 and listen(8) holds 3; outside "
	      "somaxconn reads as before and listen(8) holds 9.")
{
	struct addr a = env_addr(env, 0);
	int limit = backlog_somaxconn(), fd[16];

	if (limit < 8)
		SKIP_CASE("somaxconn is not told, or below 8");
	env_addr(env, 1);
	inside(env, small_backlog);
	EXPECT_EQ(limit, backlog_somaxconn());
	SETUP(env_listener(env, 8, &a));
	EXPECT_EQ(9, backlog_fill(env, &a, fd, 16));
}
