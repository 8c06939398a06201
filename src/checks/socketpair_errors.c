// SPDX-License-Identifier: BSD-2-Clause
/* socketpair(): what it refuses, and that it leaves nothing behind then. */
#include "config.h"

#include <limits.h>
#include <netinet/in.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_option.h"
#include "harness/check.h"

/* socketpair() fails with one of two errnos, and no descriptor is left. */
static void refuses(int family, int type, int protocol, int err, int other)
{
	int before = option_lowest(), fd[2];

	if (err == other)
		EXPECT_ERRNO(err, socketpair(family, type, protocol, fd));
	else
		EXPECT_ERRNO_IN(socketpair(family, type, protocol, fd), err,
				other);
	EXPECT_EQ(before, option_lowest());
}

CHECK(socketpair, bad_array,
      .title = "socketpair() into bad memory fails with EFAULT and leaves no descriptor",
      CLAUSES(socketpair2_efault, posix_socketpair_unchanged),
      ROWS(PAIR_01),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("null", "protected", "read_only", "kernel", "half"),
      .why = "Descriptors that the caller does not know cannot be closed by it.",
      .explain = "No array, memory without permissions, and an array whose second half "
		 "lies outside; many times, so that a leak is seen.")
{
	int before = option_lowest(), next = option_next();
	int *array;

	if (env->param == 4)
		array = (int *)(void *)data_edge(sizeof(int)) - 1;
	else
		array = data_bad_page(env->param_name);
	for (int i = 0; i < 10; i++)
		EXPECT_ERRNO(EFAULT, socketpair(AF_UNIX, env->type, 0, array));
	EXPECT_EQ(before, option_lowest());
	EXPECT_EQ(next, option_next());
}

CHECK(socketpair, other_families,
      .title = "socketpair() of AF_INET fails with EOPNOTSUPP, of no family with EAFNOSUPPORT",
      CLAUSES(posix_socketpair_eopnotsupp, posix_socketpair_eafnosupport),
      ROWS(PAIR_02, PAIR_06),
      .why = "Programs that try families one by one go by the errno.",
      .explain = "Where AF_INET or AF_INET6 is not there at all it is EAFNOSUPPORT, too.  "
		 "socketpair() of AF_UNIX works beside it.")
{
	int fd[2];

	refuses(AF_INET, SOCK_STREAM, 0, EOPNOTSUPP, EAFNOSUPPORT);
	refuses(AF_INET, SOCK_DGRAM, 0, EOPNOTSUPP, EAFNOSUPPORT);
	refuses(AF_INET6, SOCK_STREAM, 0, EOPNOTSUPP, EAFNOSUPPORT);
	refuses(200, SOCK_STREAM, 0, EAFNOSUPPORT, EAFNOSUPPORT);
	refuses(-1, SOCK_STREAM, 0, EAFNOSUPPORT, EAFNOSUPPORT);
	ASSERT_RET(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
	EXPECT_RET(0, close(fd[0]));
	EXPECT_RET(0, close(fd[1]));
}

CHECK(socketpair, type_refused,
      .title = "socketpair() refuses unknown types with ESOCKTNOSUPPORT, invalid ones with EINVAL",
      CLAUSES(linux_socket_type, socket2_flags_einval,
	      posix_socketpair_eprototype),
      ROWS(PAIR_03, PAIR_05),
      .why = "A flag that is silently ignored leaks descriptors.",
      .explain = "SOCK_RDM and others: ESOCKTNOSUPPORT, where POSIX has EPROTOTYPE.  "
		 "Types out of range and unknown flags: EINVAL.")
{
	static const int unknown[] = { 0, SOCK_RDM, SOCK_DCCP, SOCK_PACKET };
	static const int invalid[] = { 11, 15, -1 };

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		CONTEXT("type %d", unknown[i]);
		refuses(AF_UNIX, unknown[i], 0, ESOCKTNOSUPPORT, ESOCKTNOSUPPORT);
	}
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		CONTEXT("type %d", invalid[i]);
		refuses(AF_UNIX, invalid[i], 0, EINVAL, EINVAL);
	}
	for (int bit = 4; bit < 31; bit++) {
		if (1 << bit & (SOCK_CLOEXEC | SOCK_NONBLOCK))
			continue;
		CONTEXT("flag %#x", 1U << bit);
		refuses(AF_UNIX, SOCK_STREAM | 1 << bit, 0, EINVAL, EINVAL);
	}
}

CHECK(socketpair, protocol_unknown,
      .title = "socketpair() with a protocol other than 0 and PF_UNIX fails: EPROTONOSUPPORT",
      CLAUSES(posix_socketpair_eprotonosupport, linux_unix_create_proto),
      ROWS(PAIR_04),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A protocol that is ignored hides a mistake in the arguments.")
{
	static const int protocols[] = { 2, IPPROTO_TCP, 256, 257, INT_MAX, -1 };

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		CONTEXT("protocol %d", protocols[i]);
		refuses(AF_UNIX, env->type, protocols[i], EPROTONOSUPPORT,
			EPROTONOSUPPORT);
	}
}

CHECK(socketpair, descriptors_used_up,
      .title = "socketpair() with none or one free descriptor fails with EMFILE and takes none",
      CLAUSES(posix_socketpair_emfile, posix_socketpair_unchanged),
      ROWS(PAIR_09, PAIR_10),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "An end that nobody knows stays open until the process ends.",
      .explain = "RLIMIT_NOFILE allows no more, then one more: EMFILE, and the one "
		 "is still free.  With two it succeeds.")
{
	int lowest = option_lowest(), fd[2];
	struct rlimit usual = option_limit(env, lowest);

	refuses(AF_UNIX, env->type, 0, EMFILE, EMFILE);
	option_limit(env, lowest + 1);
	for (int i = 0; i < 3; i++)
		refuses(AF_UNIX, env->type, 0, EMFILE, EMFILE);
	option_limit(env, lowest + 2);
	ASSERT_RET(0, socketpair(AF_UNIX, env->type, 0, fd));
	EXPECT_EQ(lowest, fd[0]);
	EXPECT_EQ(lowest + 1, fd[1]);
	EXPECT_RET(0, close(fd[0]));
	EXPECT_RET(0, close(fd[1]));
	SETUP(setrlimit(RLIMIT_NOFILE, &usual));
}

static void expect_reserved(const int fd[2], int lowest)
{
	EXPECT_THAT((fd[0] == -7 && fd[1] == -9) ||
		    (fd[0] == lowest && fd[1] > lowest),
		    "untouched, or the numbers that were reserved; %d and %d",
		    fd[0], fd[1]);
	EXPECT_EQ(lowest, option_lowest());
}

CHECK(socketpair, array_after_failure,
      .title = "A socketpair() that fails leaves in the array no number that is open",
      CLAUSES(linux_socketpair_order, posix_socketpair_unchanged,
	      socketpair2_unchanged),
      ROWS(PAIR_03, PAIR_04, PAIR_10),
      .types = ANY_TYPE, .tags = "report",
      .why = "A caller that closes what the array holds closes others' descriptors.",
      .explain = "POSIX and socketpair(2) promise that the array is not touched.  Linux "
		 "since 4.16 stores the numbers that it reserved before it looks at the "
		 "protocol and the type, and then gives them back: both are accepted.  It "
		 "is untouched where no two descriptors were free.")
{
	int lowest = option_lowest(), fd[2] = { -7, -9 };

	EXPECT_ERRNO(EPROTONOSUPPORT, socketpair(AF_UNIX, env->type, 2, fd));
	expect_reserved(fd, lowest);
	NOTE("the array %s by a failure", fd[0] == -7 ? "is left alone" :
	     "is overwritten");
	fd[0] = -7;
	fd[1] = -9;
	EXPECT_ERRNO(EAFNOSUPPORT, socketpair(200, env->type, 0, fd));
	expect_reserved(fd, lowest);
	option_limit(env, lowest + 1);
	fd[0] = -7;
	fd[1] = -9;
	EXPECT_ERRNO(EMFILE, socketpair(AF_UNIX, env->type, 0, fd));
	EXPECT_EQ(-7, fd[0]);
	EXPECT_EQ(-9, fd[1]);
}
