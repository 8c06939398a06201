// SPDX-License-Identifier: BSD-2-Clause
/* socket(): what it refuses. */
#include "config.h"

#include <limits.h>
#include <netinet/in.h>
#include <unistd.h>

#include "checks/util_option.h"
#include "harness/check.h"

/* socket() fails with this errno, and no descriptor is left. */
static void refuses(int family, int type, int protocol, int err)
{
	int before = option_lowest();

	EXPECT_ERRNO(err, socket(family, type, protocol));
	EXPECT_EQ(before, option_lowest());
}

CHECK(socket, protocol_unknown,
      .title = "socket() with a protocol other than 0 and PF_UNIX fails with EPROTONOSUPPORT",
      CLAUSES(posix_socket_eprotonosupport, linux_unix_create_proto),
      ROWS(SOCK_02, SOCK_03, SOCK_04),
      .types = ANY_TYPE,
      .why = "A protocol that is ignored hides a mistake in the arguments.")
{
	static const int protocols[] = {
		2, IPPROTO_TCP, IPPROTO_UDP, 255, 256, 257, 262, INT_MAX, -1,
		INT_MIN,
	};

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		CONTEXT("protocol %d", protocols[i]);
		refuses(AF_UNIX, env->type, protocols[i], EPROTONOSUPPORT);
	}
}

CHECK(socket, family_unknown,
      .title = "socket() of a family that does not exist fails with EAFNOSUPPORT",
      CLAUSES(posix_socket_eafnosupport),
      ROWS(SOCK_31),
      .types = ANY_TYPE,
      .why = "Programs fall back to another family on this errno alone.",
      .explain = "Families 0, -1, 255 and the largest integers; then one of AF_UNIX, "
		 "which still takes the lowest descriptor.")
{
	static const int families[] = { AF_UNSPEC, -1, 255, INT_MAX, INT_MIN };
	int lowest = option_lowest();

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		CONTEXT("family %d", families[i]);
		refuses(families[i], env->type, 0, EAFNOSUPPORT);
	}
	CONTEXT("family AF_UNIX");
	EXPECT_RET(lowest, env_socket(env));
}

CHECK(socket, type_unsupported,
      .title = "A type that AF_UNIX does not have is refused with ESOCKTNOSUPPORT",
      CLAUSES(linux_socket_type, posix_socket_eprototype),
      ROWS(SOCK_05, SOCK_06, SOCK_07),
      .why = "Programs try one type after the other and go by the errno.",
      .explain = "Types 0, SOCK_RDM, SOCK_DCCP and SOCK_PACKET.  POSIX has EPROTOTYPE "
		 "for it.")
{
	static const int types[] = { 0, SOCK_RDM, SOCK_DCCP, SOCK_PACKET, 7 };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		CONTEXT("type %d", types[i]);
		refuses(AF_UNIX, types[i], 0, ESOCKTNOSUPPORT);
	}
}

CHECK(socket, type_invalid,
      .title = "A type out of range, or with unknown flags, is refused with EINVAL",
      CLAUSES(socket2_flags_einval),
      ROWS(SOCK_08, SOCK_09),
      .why = "A flag that is silently ignored, as SOCK_CLOEXEC was before it existed, leaks.",
      .explain = "Types from 11, a negative one, and each bit above the type but those "
		 "of SOCK_CLOEXEC and SOCK_NONBLOCK.")
{
	for (int type = 11; type < 16; type++) {
		CONTEXT("type %d", type);
		refuses(AF_UNIX, type, 0, EINVAL);
	}
	CONTEXT("type -1");
	refuses(AF_UNIX, -1, 0, EINVAL);
	for (int bit = 4; bit < 31; bit++) {
		int flag = 1 << bit;

		if (flag == SOCK_CLOEXEC || flag == SOCK_NONBLOCK)
			continue;
		CONTEXT("SOCK_STREAM and flag %#x", (unsigned int)flag);
		refuses(AF_UNIX, SOCK_STREAM | flag, 0, EINVAL);
		CONTEXT("all flags and %#x", (unsigned int)flag);
		refuses(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK | flag,
			0, EINVAL);
	}
}

CHECK(socket, descriptors_used_up,
      .title = "socket() without a free descriptor fails with EMFILE, and works once one is free",
      CLAUSES(posix_socket_emfile),
      ROWS(SOCK_20),
      .types = ANY_TYPE,
      .why = "A server has to tell its own limit from a broken system.",
      .explain = "RLIMIT_NOFILE is lowered to what is open: EMFILE, twice.  One more "
		 "descriptor allowed: one more socket, and EMFILE again.")
{
	int lowest = option_lowest(), fd;
	struct rlimit usual = option_limit(env, lowest);

	EXPECT_ERRNO(EMFILE, socket(AF_UNIX, env->type, 0));
	EXPECT_ERRNO(EMFILE, socket(AF_UNIX, env->type | SOCK_CLOEXEC, 0));
	option_limit(env, lowest + 1);
	fd = ASSERT_OK(socket(AF_UNIX, env->type, 0));
	EXPECT_EQ(lowest, fd);
	EXPECT_ERRNO(EMFILE, socket(AF_UNIX, env->type, 0));
	EXPECT_RET(0, close(fd));
	SETUP(setrlimit(RLIMIT_NOFILE, &usual));
	fd = ASSERT_OK(socket(AF_UNIX, env->type, 0));
	EXPECT_RET(0, close(fd));
}
