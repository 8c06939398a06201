// SPDX-License-Identifier: BSD-2-Clause
/* setsockopt() and getsockopt(): what they refuse, and how much they copy. */
#include "config.h"

#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#include "base/valgrind.h"
#include "checks/util_data.h"
#include "checks/util_option.h"
#include "harness/check.h"

CHECK(option, read_only,
      .title = "SO_TYPE, SO_ERROR and others that can only be read refuse to be set: ENOPROTOOPT",
      CLAUSES(socket7_readonly, posix_setsockopt_enoprotoopt),
      ROWS(OPT_08, OPT_09),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A program that believes it changed them goes on wrongly.",
      .explain = "SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ERROR, SO_ACCEPTCONN, SO_PEERCRED, "
		 "and SO_SNDLOWAT, which is 1 and stays so.")
{
	static const int names[] = {
		SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ERROR, SO_ACCEPTCONN,
		SO_PEERCRED, SO_SNDLOWAT,
	};
	int fd[2];

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int before = option_get(fd[0], names[i]);

		CONTEXT("option %d", names[i]);
		EXPECT_ERRNO(ENOPROTOOPT, option_set(fd[0], names[i], 1));
		EXPECT_ERRNO(ENOPROTOOPT, option_set(fd[0], names[i], 17));
		EXPECT_EQ(before, option_get(fd[0], names[i]));
	}
	option_expect(fd[0], SO_SNDLOWAT, 1);
	option_expect(fd[0], SO_TYPE, env->type);
}

CHECK(option, unknown_option,
      .title = "An unknown option of SOL_SOCKET fails with ENOPROTOOPT, both ways",
      CLAUSES(posix_setsockopt_enoprotoopt),
      ROWS(OPT_12),
      .types = ANY_TYPE,
      .why = "It is how programs find out what a system has.")
{
	static const int names[] = { 0, 10000, INT_MAX, -1, INT_MIN };
	int fd = SETUP(env_socket(env));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int value = 5;
		socklen_t len = sizeof(value);

		CONTEXT("option %d", names[i]);
		EXPECT_ERRNO(ENOPROTOOPT, option_set(fd, names[i], 1));
		EXPECT_ERRNO(ENOPROTOOPT, getsockopt(fd, SOL_SOCKET, names[i],
						     &value, &len));
		EXPECT_EQ(5, value);
		EXPECT_EQ(sizeof(value), len);
	}
}

CHECK(option, other_level,
      .title = "Options at other levels, as of TCP and IP, are refused with EOPNOTSUPP",
      CLAUSES(linux_option_level, posix_setsockopt_enoprotoopt),
      ROWS(OPT_13, OPT_64),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "TCP_NODELAY on a connection of unknown family must not appear to work.",
      .explain = "POSIX has ENOPROTOOPT for it.")
{
	static const int levels[] = {
		IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPV6, 255, 300,
		-1, INT_MAX,
	};
	int fd[2];

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		for (int name = 1; name < 4; name++) {
			int value = 1;
			socklen_t len = sizeof(value);

			CONTEXT("level %d, option %d", levels[i], name);
			EXPECT_ERRNO(EOPNOTSUPP, setsockopt(fd[0], levels[i],
							    name, &value, len));
			EXPECT_ERRNO(EOPNOTSUPP, getsockopt(fd[0], levels[i],
							    name, &value, &len));
		}
	}
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(option, set_length,
      .title = "setsockopt() refuses a value shorter than an int, and uses the first of a longer",
      CLAUSES(getsockopt2_einval),
      ROWS(OPT_14, OPT_17),
      .types = ANY_TYPE,
      .why = "A bool in place of an int would set the option from stray bytes.")
{
	int fd = SETUP(env_socket(env)), values[3] = { 1, 0, 0 };

	for (socklen_t len = 0; len < sizeof(int); len++) {
		CONTEXT("length %u", len);
		EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE,
						values, len));
		option_expect(fd, SO_KEEPALIVE, 0);
	}
	CONTEXT("length -1");
	/* Valgrind takes it for 4 GiB to be read. */
	if (!env->valgrind)
		EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE,
						values, (socklen_t)-1));
	option_expect(fd, SO_KEEPALIVE, 0);
	CONTEXT("%s", "");
	EXPECT_RET(0, setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, values,
				 sizeof(values)));
	option_expect(fd, SO_KEEPALIVE, 1);
}

CHECK(option, bad_memory,
      .title = "setsockopt() and getsockopt() with bad memory fail with EFAULT",
      CLAUSES(getsockopt2_efault),
      ROWS(OPT_15, OPT_18),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("null", "protected", "kernel"),
      .why = "A wrong pointer must not set an option from nothing.",
      .explain = "The value of either, and the length of getsockopt().  The socket and "
		 "its options are as before.")
{
	void *bad = data_bad_page(env->param_name);
	socklen_t len = sizeof(int);
	int fd[2], value = 5;

	if (asan_runs() && strcmp(env->param_name, "kernel") == 0)
		SKIP_CASE("AddressSanitizer objects to the bad address");
	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EFAULT, setsockopt(fd[0], SOL_SOCKET, SO_KEEPALIVE, bad,
					sizeof(int)));
	EXPECT_ERRNO(EFAULT, getsockopt(fd[0], SOL_SOCKET, SO_KEEPALIVE, bad,
					&len));
	EXPECT_ERRNO(EFAULT, getsockopt(fd[0], SOL_SOCKET, SO_KEEPALIVE, &value,
					bad));
	option_expect(fd[0], SO_KEEPALIVE, 0);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(option, get_length,
      .title = "getsockopt() copies no more than the buffer holds and tells how much that was",
      CLAUSES(posix_getsockopt_truncated, getsockopt2_einval),
      ROWS(OPT_16, OPT_17, OPT_19),
      .types = ANY_TYPE,
      .why = "One byte more overruns the buffer.",
      .explain = "Room for 0 to 4 bytes and for 64: what lies beyond is untouched, and "
		 "a length of 64 comes back as 4.  Lengths -1 and INT_MIN: EINVAL.")
{
	int fd = SETUP(env_socket(env)), want = env->type;
	unsigned char got[64], untouched[64];

	memset(untouched, 0xa5, sizeof(untouched));
	for (socklen_t room = 0; room <= 5; room++) {
		socklen_t len = room == 5 ? sizeof(got) : room, copied;

		CONTEXT("room for %u bytes", len);
		memcpy(got, untouched, sizeof(got));
		copied = room < sizeof(int) ? room : sizeof(int);
		EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_TYPE, got, &len));
		EXPECT_EQ(copied, len);
		EXPECT_MEM(&want, got, copied);
		EXPECT_MEM(untouched, got + copied, sizeof(got) - copied);
	}
	/* Valgrind takes these for so many bytes to be written. */
	for (int i = 0; i < 2 && !env->valgrind; i++) {
		socklen_t len = (socklen_t)(i ? INT_MIN : -1);

		CONTEXT("length %d", (int)len);
		memcpy(got, untouched, sizeof(got));
		EXPECT_ERRNO(EINVAL, getsockopt(fd, SOL_SOCKET, SO_TYPE, got,
						&len));
		EXPECT_MEM(untouched, got, sizeof(got));
	}
}
