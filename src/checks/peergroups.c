// SPDX-License-Identifier: BSD-2-Clause
/* SO_PEERGROUPS: the supplementary groups of whoever made the other end. */
#include "config.h"

#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_cred.h"
#include "harness/check.h"
#include "harness/namespace.h"

static void try_option(int fd)
{
	gid_t g;
	socklen_t len = sizeof(g);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, &g, &len) < 0 &&
	    errno == ENOPROTOOPT)
		SKIP_CASE("there is no SO_PEERGROUPS before Linux 4.13");
}

static int by_number(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return x < y ? -1 : x > y;
}

/* The list is a set: its order is the kernel's affair. */
static void expect_groups(int fd, gid_t *want, size_t n)
{
	size_t size = n * sizeof(*want);
	cleanup_free gid_t *got = malloc(size + sizeof(*got));
	socklen_t len = (socklen_t)(size + sizeof(*got));

	if (!got)
		BROKEN("no memory");
	memset(got, 0xa5, len);
	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, got, &len));
	ASSERT_EQ(size, len);
	qsort(got, n, sizeof(*got), by_number);
	qsort(want, n, sizeof(*want), by_number);
	EXPECT_MEM(want, got, size);
	EXPECT_EQ(0xa5a5a5a5U, got[n]);
	memset(got, 0xa5, size + sizeof(*got));
	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, got, &len));
	ASSERT_EQ(size, len);
	qsort(got, n, sizeof(*got), by_number);
	EXPECT_MEM(want, got, size);
}

CHECK(peergroups, without_a_peer,
      .title = "Without a peer SO_PEERGROUPS fails: ENODATA",
      CLAUSES(linux_peergroups),
      ROWS(CRED_19),
      .types = ANY_TYPE,
      .why = "An empty list would say: a user without groups.")
{
	int fd = SETUP(env_socket(env));
	gid_t g[4] = { 1, 2, 3, 4 };
	socklen_t len = sizeof(g);

	try_option(fd);
	EXPECT_ERRNO(ENODATA, getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, g, &len));
}

CHECK(peergroups, of_a_pair,
      .title = "SO_PEERGROUPS of a pair has the groups of the process that made it",
      CLAUSES(linux_peergroups),
      ROWS(CRED_20),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Access by group is decided on it, without a look at the user data "
	     "base.")
{
	int fd[2], n = SETUP(getgroups(0, NULL));
	cleanup_free gid_t *own = calloc((size_t)n + 1, sizeof(*own));

	if (!own)
		BROKEN("no memory");
	SETUP(env_pair(env, fd));
	try_option(fd[0]);
	SETUP(getgroups(n, own));
	expect_groups(fd[0], own, (size_t)n);
	expect_groups(fd[1], own, (size_t)n);
}

static const gid_t groups[] = { 12, 7, 70007 };

#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

static void take_groups(void)
{
	if (setgroups(N_GROUPS, groups) == 0)
		return;
	if (errno == EINVAL || errno == EPERM)
		SKIP_CASE("these groups cannot be had here");
	BROKEN("setgroups() failed");
}

CHECK(peergroups, exact,
      .title = "SO_PEERGROUPS has exactly the groups that setgroups() set",
      CLAUSES(linux_peergroups),
      ROWS(CRED_37),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_OTHER_USER,
      .why = "One group too many is a right that nobody gave.",
      .explain = "The list is of the moment when the pair was made.")
{
	gid_t want[N_GROUPS];
	int fd[2], bare[2];

	take_groups();
	SETUP(env_pair(env, fd));
	try_option(fd[0]);
	SETUP(setgroups(0, NULL));
	SETUP(env_pair(env, bare));
	memcpy(want, groups, sizeof(want));
	expect_groups(fd[0], want, N_GROUPS);
	expect_groups(bare[0], want, 0);
}

static int take_and_connect(struct env *env, void *arg)
{
	const struct addr *a = arg;

	take_groups();
	EXPECT_OK(env_connect(env, a));
	return 0;
}

CHECK(peergroups, of_the_client,
      .title = "A server sees the groups with which its client connected",
      CLAUSES(linux_peergroups, linux_connect_peercred),
      ROWS(CRED_37),
      .types = CONNECTED, .addrs = ABSTRACT, .needs = NEED_OTHER_USER,
      .why = "A server that has dropped its rights decides by the client's.")
{
	struct addr a = env_addr(env, 0);
	gid_t want[N_GROUPS];
	int fd = SETUP(env_listener(env, 5, &a)), conn;

	take_groups();
	SETUP(setgroups(0, NULL));
	EXPECT_EQ(0, env_reap(env, env_fork(env, take_and_connect, &a)));
	conn = SETUP(env_accept(env, fd));
	try_option(conn);
	memcpy(want, groups, sizeof(want));
	expect_groups(conn, want, N_GROUPS);
}

CHECK(peergroups, too_small,
      .title = "Too small a buffer is refused with ERANGE and told the size",
      CLAUSES(linux_peergroups),
      ROWS(CRED_38),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_OTHER_USER,
      .why = "Half of a list must not pass for the whole.")
{
	gid_t got[N_GROUPS], want[N_GROUPS];
	int fd[2];

	take_groups();
	SETUP(env_pair(env, fd));
	try_option(fd[0]);
	for (socklen_t room = 0; room < sizeof(got); room += 1) {
		socklen_t len = room;

		CONTEXT("room for %u bytes", (unsigned int)room);
		memset(got, 0xa5, sizeof(got));
		memset(want, 0xa5, sizeof(want));
		EXPECT_ERRNO(ERANGE, getsockopt(fd[0], SOL_SOCKET, SO_PEERGROUPS,
						got, &len));
		EXPECT_EQ(sizeof(got), len);
		EXPECT_MEM(want, got, sizeof(got));
	}
}

static int look_from_inside(struct env *env, void *arg)
{
	gid_t want[N_GROUPS + 1];
	int *fd = arg, n;

	(void)env;
	if (namespace_enter(CLONE_NEWUSER) < 0)
		BROKEN("cannot enter a user namespace");
	n = SETUP(getgroups(N_GROUPS + 1, want));
	EXPECT_EQ(N_GROUPS, n);
	expect_groups(*fd, want, (size_t)n);
	return 0;
}

CHECK(peergroups, unmapped,
      .title = "In a user namespace SO_PEERGROUPS has the groups as getgroups() tells them there",
      CLAUSES(linux_peergroups),
      ROWS(CRED_100),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_OTHER_USER | NEED_USERNS,
      .why = "Numbers of outside would be taken for groups of inside.",
      .explain = "Those without a number in the namespace have that of nobody.")
{
	int fd[2];

	take_groups();
	SETUP(env_pair(env, fd));
	try_option(fd[0]);
	EXPECT_EQ(0, env_reap(env, env_fork(env, look_from_inside, fd)));
}
