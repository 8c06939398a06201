// SPDX-License-Identifier: BSD-2-Clause
/*
 * Landlock: a process shuts itself in, and what it can still reach.  The
 * system calls are made by number, since C libraries have no names for them.
 */
#include "config.h"

#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks/util_reach.h"
#include "harness/check.h"

#define NR_CREATE_RULESET 444
#define NR_RESTRICT_SELF 446
#define GIVE_VERSION 1U
#define MAKE_SOCK (UINT64_C(1) << 9)
#define SCOPE_ABSTRACT UINT64_C(1)
#define FIRST_WITH_SCOPE 6

struct ruleset {
	uint64_t handled_fs, handled_net, scoped;
};

static void need_abi(long version)
{
	long got = syscall(NR_CREATE_RULESET, NULL, 0, GIVE_VERSION);

	if (got < version)
		SKIP_CASE("needs Landlock ABI %ld, and this system has %ld",
			  version, got < 0 ? 0 : got);
}

/* From now on this process is in a domain with these rules. */
static void enter(const struct ruleset *rules, size_t size)
{
	int fd = (int)SETUP(syscall(NR_CREATE_RULESET, rules, size, 0U));

	SETUP(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	SETUP(syscall(NR_RESTRICT_SELF, fd, 0U));
	close(fd);
}

static void enter_scope(void)
{
	enter(&(struct ruleset){ .scoped = SCOPE_ABSTRACT },
	      sizeof(struct ruleset));
}

CHECK(landlock, abstract_outside,
      .title = "From a scoped domain abstract sockets outside are refused: EPERM",
      CLAUSES(landlock7_scope),
      ROWS(SEC_02, SEC_03),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .why = "Abstract names have no permissions; this is a sandbox's only wall.",
      .explain = "connect() and sendto() alike, and the server hears nothing.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(reach_serve(env, &a));

	need_abi(FIRST_WITH_SCOPE);
	reach_expect(env, fd, &a);
	enter_scope();
	reach_expect_error(env, EPERM, &a);
	reach_expect_idle(env, fd);
}

CHECK(landlock, paths_outside,
      .title = "The scope of abstract sockets does not touch pathname sockets",
      CLAUSES(landlock7_scope),
      ROWS(SEC_04),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "A sandboxed program still logs and talks to its broker by path.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(reach_serve(env, &a));

	need_abi(FIRST_WITH_SCOPE);
	enter_scope();
	reach_expect(env, fd, &a);
}

CHECK(landlock, connected_before,
      .title = "A datagram socket connected before goes on sending",
      CLAUSES(landlock7_scope_connected),
      ROWS(SEC_05),
      .types = DGRAM, .addrs = ABSTRACT,
      .why = "A program connects first and shuts itself in then.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a));
	int client = SETUP(env_connect(env, &a));
	char byte = 0;

	need_abi(FIRST_WITH_SCOPE);
	enter_scope();
	EXPECT_RET(1, send(client, "x", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(fd, &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ('x', byte);
	reach_expect_error(env, EPERM, &a);
}

CHECK(landlock, abstract_inside,
      .title = "Abstract sockets made inside the domain are reached",
      CLAUSES(landlock7_scope),
      ROWS(SEC_06),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .why = "The parts of one sandboxed program talk to each other.")
{
	struct addr a = env_addr(env, 0);
	int fd;

	need_abi(FIRST_WITH_SCOPE);
	enter_scope();
	fd = (int)ASSERT_OK(reach_serve(env, &a));
	reach_expect(env, fd, &a);
}

CHECK(landlock, make_sock,
      .title = "Without the right to make sockets bind() to a path fails: EACCES",
      CLAUSES(landlock7_make_sock),
      ROWS(SEC_07),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "A sandbox that may not litter may still use abstract names.",
      .explain = "The socket stays unbound, no file is made, and an abstract "
		 "name is free to be taken.")
{
	const struct ruleset rules = { .handled_fs = MAKE_SOCK };
	struct addr a = env_addr(env, 0), b = env_addr_of(env, ABSTRACT, 1);
	int fd = SETUP(env_socket(env));

	need_abi(1);
	enter(&rules, sizeof(rules.handled_fs));
	EXPECT_ERRNO(EACCES, bind(fd, &a.sa, a.len));
	EXPECT_ERRNO(ENOENT, access(a.un.sun_path, F_OK));
	reach_expect_binds(env, fd, &b);
}
