// SPDX-License-Identifier: BSD-2-Clause
/* Calls that would make a descriptor, when none is free and more is wrong. */
#include "config.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_option.h"
#include "harness/check.h"

#define UNKNOWN_FLAG 0x40000000
#define UNKNOWN_PROTOCOL 99

/* How a type that is not there is told at other times. */
static int error_of_type(void)
{
	int fd = socket(AF_UNIX, SOCK_RDM, 0);

	return fd < 0 && errno == EINVAL ? EINVAL : ESOCKTNOSUPPORT;
}

CHECK(precedence, of_socket_without_descriptor,
      .title = "socket() tells wrong arguments also when no descriptor is free",
      CLAUSES(linux_socket_then_descriptor, posix_socket_emfile),
      ROWS(SOCK_35),
      .types = ANY_TYPE,
      .why = "A program that asks for what is not there must not wait for descriptors.",
      .explain = "RLIMIT_NOFILE is lowered to what is open.  The family, the type, one out of "
	      "range, a flag, the protocol: each as at other times; EMFILE before and "
	      "after.")
{
	int no_type = error_of_type();
	struct rlimit usual = option_limit(env, option_lowest());

	EXPECT_ERRNO(EMFILE, socket(AF_UNIX, env->type, 0));
	EXPECT_ERRNO(EAFNOSUPPORT, socket(255, env->type, 0));
	EXPECT_ERRNO(EAFNOSUPPORT, socket(-1, env->type, 0));
	EXPECT_ERRNO(no_type, socket(AF_UNIX, SOCK_RDM, 0));
	EXPECT_ERRNO(EINVAL, socket(AF_UNIX, 11, 0));
	EXPECT_ERRNO(EINVAL, socket(AF_UNIX, env->type | UNKNOWN_FLAG, 0));
	EXPECT_ERRNO(EPROTONOSUPPORT,
		     socket(AF_UNIX, env->type, UNKNOWN_PROTOCOL));
	EXPECT_ERRNO(EMFILE, socket(AF_UNIX, env->type | SOCK_CLOEXEC, 0));
	SETUP(setrlimit(RLIMIT_NOFILE, &usual));
}

CHECK(precedence, of_socketpair_without_descriptor,
      .title = "socketpair() without free descriptors is EMFILE, but with unknown flags EINVAL",
      CLAUSES(linux_socketpair_array_first),
      ROWS(PAIR_61),
      .types = ANY_TYPE,
      PARAMS("none", "one"),
      .why = "Which of two mistakes is told decides what the program does about it.",
      .explain = "With none free, and with one: the numbers are taken before the array, the "
	      "family, the type and the protocol are looked at; the one is free again.")
{
	int lowest = option_lowest(), fd[2] = { -5, -5 };
	struct rlimit usual = option_limit(env, lowest + env->param);

	EXPECT_ERRNO(EMFILE, socketpair(AF_UNIX, env->type, 0, fd));
	EXPECT_ERRNO(EMFILE, socketpair(AF_UNIX, SOCK_RDM, 0, fd));
	EXPECT_ERRNO(EMFILE, socketpair(255, env->type, 0, fd));
	EXPECT_ERRNO(EMFILE, socketpair(AF_UNIX, env->type, UNKNOWN_PROTOCOL,
					fd));
	EXPECT_ERRNO(EINVAL, socketpair(AF_UNIX, env->type | UNKNOWN_FLAG, 0,
					fd));
	EXPECT_EQ(-5, fd[0]);
	EXPECT_EQ(-5, fd[1]);
	SETUP(setrlimit(RLIMIT_NOFILE, &usual));
	EXPECT_EQ(lowest, option_lowest());
}

CHECK(precedence, of_accept_without_descriptor,
      .title = "accept() without a free descriptor is EMFILE, but with unknown flags EINVAL",
      CLAUSES(linux_accept_emfile_keeps, posix_accept_emfile,
	      accept2_einval_flags),
      ROWS(ACC_35),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "Which of two mistakes is told decides what the program does about it.",
      .explain = "On a socket that has no name, on a bound one, and on a listener where nobody "
	      "waits: a number is taken before the socket is looked at, and no call "
	      "sleeps.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int fd[] = {
		SETUP(env_socket(env)),
		SETUP(env_bound(env, &a)),
		env->type == SOCK_DGRAM ? SETUP(env_bound(env, &b)) :
					  SETUP(env_listener(env, 2, &b)),
	};
	int lowest = option_lowest();
	struct rlimit usual = option_limit(env, lowest);

	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++) {
		CONTEXT("socket %zu", i);
		EXPECT_ERRNO(EMFILE, accept(fd[i], NULL, NULL));
		EXPECT_ERRNO(EMFILE, accept4(fd[i], NULL, NULL, SOCK_NONBLOCK));
		EXPECT_ERRNO(EINVAL, accept4(fd[i], NULL, NULL, UNKNOWN_FLAG));
	}
	SETUP(setrlimit(RLIMIT_NOFILE, &usual));
	EXPECT_EQ(lowest, option_lowest());
}
