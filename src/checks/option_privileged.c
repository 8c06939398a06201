// SPDX-License-Identifier: BSD-2-Clause
/* Options that want a capability, with it and without. */
#include "config.h"

#include <linux/capability.h>

#include "checks/util_data.h"
#include "checks/util_option.h"
#include "harness/check.h"

CHECK(option, privileged_granted,
      .title = "With CAP_NET_ADMIN SO_PRIORITY and SO_MARK are kept, and change nothing",
      CLAUSES(socket7_privileged),
      ROWS(OPT_24),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Daemons mark all their sockets alike.")
{
	int fd[2];

	if (!option_can(CAP_NET_ADMIN))
		SKIP_CASE("needs CAP_NET_ADMIN in the first user namespace");
	SETUP(env_pair(env, fd));
	option_expect(fd[0], SO_PRIORITY, 0);
	option_expect(fd[0], SO_MARK, 0);
	EXPECT_RET(0, option_set(fd[0], SO_PRIORITY, 6));
	option_expect(fd[0], SO_PRIORITY, 6);
	EXPECT_RET(0, option_set(fd[0], SO_PRIORITY, 7));
	option_expect(fd[0], SO_PRIORITY, 7);
	EXPECT_RET(0, option_set(fd[0], SO_MARK, 4711));
	option_expect(fd[0], SO_MARK, 4711);
	option_expect(fd[1], SO_PRIORITY, 0);
	option_expect(fd[1], SO_MARK, 0);
	data_expect_works(env, fd[0], fd[1]);
}

static int without(struct env *env, void *arg)
{
	int fd[2], sndbuf;

	(void)arg;
	SETUP(env_become_ordinary());
	if (option_can(CAP_NET_ADMIN) || option_can(CAP_NET_RAW))
		SKIP_CASE("an ordinary user has capabilities here");
	SETUP(env_pair(env, fd));
	sndbuf = option_get(fd[0], SO_SNDBUF);
	EXPECT_ERRNO(EPERM, option_set(fd[0], SO_SNDBUFFORCE, sndbuf));
	EXPECT_ERRNO(EPERM, option_set(fd[0], SO_RCVBUFFORCE, sndbuf));
	option_expect(fd[0], SO_SNDBUF, sndbuf);
	EXPECT_ERRNO(EPERM, option_set(fd[0], SO_MARK, 1));
	option_expect(fd[0], SO_MARK, 0);
	EXPECT_ERRNO(EACCES, option_set(fd[0], SO_DEBUG, 1));
	EXPECT_RET(0, option_set(fd[0], SO_DEBUG, 0));
	option_expect(fd[0], SO_DEBUG, 0);
	EXPECT_ERRNO(EPERM, option_set(fd[0], SO_PRIORITY, 7));
	EXPECT_ERRNO(EPERM, option_set(fd[0], SO_PRIORITY, -1));
	option_expect(fd[0], SO_PRIORITY, 0);
	for (int priority = 6; priority >= 0; priority--) {
		EXPECT_RET(0, option_set(fd[0], SO_PRIORITY, priority));
		option_expect(fd[0], SO_PRIORITY, priority);
	}
	data_expect_works(env, fd[0], fd[1]);
	return 0;
}

CHECK(option, privileged_refused,
      .title = "Without capabilities SO_MARK, SO_SNDBUFFORCE, SO_PRIORITY 7 are EPERM",
      CLAUSES(socket7_privileged, socket7_bufferforce),
      ROWS(OPT_55),
      .types = ANY_TYPE, .addrs = PAIR,
      .needs = NEED_ORDINARY,
      .why = "Any user could take the machine's memory and pass its filters.",
      .explain = "SO_DEBUG is EACCES; SO_PRIORITY from 0 to 6 is everybody's.")
{
	EXPECT_EQ(0, env_reap(env, env_fork(env, without, NULL)));
}
