// SPDX-License-Identifier: BSD-2-Clause
/* socket(): what it makes. */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_option.h"
#include "harness/check.h"

CHECK(socket, creates_each_type,
      .title = "socket() makes an AF_UNIX socket of each type",
      CLAUSES(posix_socket_types),
      ROWS(SOCK_01),
      .types = ANY_TYPE,
      .why = "Without the type nothing else of it can work.")
{
	int fd = ASSERT_OK(socket(AF_UNIX, env->type, 0));
	int value = -1;
	socklen_t len = sizeof(value);

	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len));
	EXPECT_EQ(env->type, value);
	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len));
	EXPECT_EQ(AF_UNIX, value);
	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &value, &len));
	EXPECT_EQ(0, value);
	EXPECT_RET(0, close(fd));
}

CHECK(socket, protocol_unix,
      .title = "socket() takes PF_UNIX for the protocol and makes the same as with 0",
      CLAUSES(linux_unix_create_proto),
      ROWS(SOCK_02),
      .types = ANY_TYPE,
      .why = "Programs that name the protocol would not get a socket.")
{
	int fd = ASSERT_OK(socket(AF_UNIX, env->type, PF_UNIX)), pair[2];

	option_expect(fd, SO_TYPE, env->type);
	option_expect(fd, SO_DOMAIN, AF_UNIX);
	option_expect(fd, SO_PROTOCOL, 0);
	EXPECT_RET(0, close(fd));
	ASSERT_RET(0, socketpair(AF_UNIX, env->type, PF_UNIX, pair));
	env_own(env, pair[0]);
	env_own(env, pair[1]);
	data_expect_works(env, pair[0], pair[1]);
}

static void expect_flags(int fd, int type_flags)
{
	EXPECT_EQ(type_flags & SOCK_CLOEXEC ? FD_CLOEXEC : 0,
		  fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDWR | (type_flags & SOCK_NONBLOCK ? O_NONBLOCK : 0),
		  fcntl(fd, F_GETFL));
}

CHECK(socket, flags_at_creation,
      .title = "SOCK_CLOEXEC and SOCK_NONBLOCK, each alone, both and none, are what socket() sets",
      CLAUSES(posix_socket_flags),
      ROWS(SOCK_10, SOCK_11),
      .types = ANY_TYPE,
      .why = "A flag set later is too late: another thread may fork in between.")
{
	static const int flags[] = {
		0, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_CLOEXEC | SOCK_NONBLOCK,
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int fd, pair[2];

		CONTEXT("flags %#x", (unsigned int)flags[i]);
		fd = ASSERT_OK(socket(AF_UNIX, env->type | flags[i], 0));
		expect_flags(fd, flags[i]);
		option_expect(fd, SO_TYPE, env->type);
		EXPECT_RET(0, close(fd));
		ASSERT_RET(0, socketpair(AF_UNIX, env->type | flags[i], 0, pair));
		expect_flags(pair[0], flags[i]);
		expect_flags(pair[1], flags[i]);
		EXPECT_RET(0, close(pair[0]));
		EXPECT_RET(0, close(pair[1]));
	}
}

CHECK(socket, lowest_descriptor,
      .title = "socket() gives the lowest descriptor that is free",
      CLAUSES(posix_descriptor_lowest),
      ROWS(SOCK_19),
      .types = ANY_TYPE,
      .why = "Programs that close and replace 0, 1 and 2 rely on it.",
      .explain = "Three pipes make a row of descriptors; one in the middle is closed, "
		 "and the next socket is there; the next after it is at the end.")
{
	int pipe_fd[3][2], hole, end, fd[2];

	for (int i = 0; i < 3; i++)
		SETUP(env_pipe(env, pipe_fd[i]));
	hole = pipe_fd[1][0];
	SETUP(env_close(env, hole));
	EXPECT_RET(hole, fd[0] = socket(AF_UNIX, env->type, 0));
	ASSERT_THAT(fd[0] >= 0, "a socket");
	end = option_lowest();
	EXPECT_RET(end, fd[1] = socket(AF_UNIX, env->type, 0));
	ASSERT_THAT(fd[1] >= 0, "a socket");
	EXPECT_RET(0, close(fd[0]));
	EXPECT_RET(0, close(fd[1]));
}

CHECK(socket, status_flags,
      .title = "F_SETFL sets and clears O_APPEND, ignores the access mode and refuses O_DIRECT",
      CLAUSES(fcntl2_setfl),
      ROWS(SOCK_130),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Programs read the flags, add one and write them back.",
      .explain = "The socket works on, both ways.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, fcntl(fd[0], F_SETFL, O_RDWR | O_APPEND));
	EXPECT_EQ(O_RDWR | O_APPEND, fcntl(fd[0], F_GETFL));
	EXPECT_ERRNO(EINVAL, fcntl(fd[0], F_SETFL, O_RDWR | O_DIRECT));
	EXPECT_EQ(O_RDWR | O_APPEND, fcntl(fd[0], F_GETFL));
	EXPECT_RET(0, fcntl(fd[0], F_SETFL, O_RDONLY));
	EXPECT_EQ(O_RDWR, fcntl(fd[0], F_GETFL));
	EXPECT_RET(0, fcntl(fd[0], F_SETFL, O_WRONLY));
	EXPECT_EQ(O_RDWR, fcntl(fd[0], F_GETFL));
	EXPECT_EQ(O_RDWR, fcntl(fd[1], F_GETFL));
	data_expect_works(env, fd[0], fd[1]);
	data_expect_works(env, fd[1], fd[0]);
}

CHECK(socket, nonblock_is_shared,
      .title = "O_NONBLOCK is shared by dup()ed descriptors; MSG_DONTWAIT is one call's",
      CLAUSES(posix_dup_shares, recv2_dontwait),
      ROWS(SOCK_30),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_BLOCKED,
      .why = "A library that makes its duplicate non-blocking does so to everybody.",
      .explain = "Set on the duplicate it is seen on the original, and recv() there "
		 "fails with EAGAIN; cleared on the original, recv() on the duplicate "
		 "sleeps again.  MSG_DONTWAIT leaves no trace in the flags.")
{
	int fd[2], copy;
	struct call c;
	char got = 0;

	SETUP(env_pair(env, fd));
	copy = SETUP(env_own(env, dup(fd[0])));
	EXPECT_ERRNO(EAGAIN, recv(fd[0], &got, 1, MSG_DONTWAIT));
	EXPECT_EQ(O_RDWR, fcntl(fd[0], F_GETFL));
	EXPECT_RET(0, fcntl(copy, F_SETFL, O_RDWR | O_NONBLOCK));
	EXPECT_EQ(O_RDWR | O_NONBLOCK, fcntl(fd[0], F_GETFL));
	EXPECT_EQ(O_RDWR, fcntl(fd[1], F_GETFL));
	EXPECT_ERRNO(EAGAIN, recv(fd[0], &got, 1, 0));
	EXPECT_RET(0, fcntl(fd[0], F_SETFL, O_RDWR));
	EXPECT_EQ(O_RDWR, fcntl(copy, F_GETFL));
	call_recv(&c, copy, &got, 1, 0);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(1, send(fd[1], "d", 1, MSG_NOSIGNAL));
	EXPECT_CALL_RET(1, &c);
	EXPECT_EQ('d', got);
}
