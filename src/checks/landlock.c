// SPDX-License-Identifier: BSD-2-Clause
/*
 * Landlock: a process shuts itself in, and what it can still reach.  The
 * system calls are made by number, since C libraries have no names for them.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/names.h"
#include "checks/util_data.h"
#include "checks/util_reach.h"
#include "harness/check.h"

#define NR_CREATE_RULESET 444
#define NR_ADD_RULE 445
#define NR_RESTRICT_SELF 446
#define GIVE_VERSION 1U
#define MAKE_SOCK (UINT64_C(1) << 9)
#define RESOLVE_UNIX (UINT64_C(1) << 16)
#define SCOPE_ABSTRACT UINT64_C(1)
#define SCOPE_SIGNAL UINT64_C(2)
#define RULE_PATH_BENEATH 1
#define FIRST_WITH_SCOPE 6
#define FIRST_WITH_RESOLVE 9

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

/* What a rule says about a file, or about all below a directory. */
struct path_rule {
	uint64_t granted;
	int32_t fd;
} __attribute__((packed));

/*
 * From now on this process is in a domain with these rules, with an exception
 * for the path, if any.
 */
static void enter_but(const struct ruleset *rules, size_t size,
		      const char *path)
{
	int fd = (int)SETUP(syscall(NR_CREATE_RULESET, rules, size, 0U));

	if (path) {
		struct path_rule r = { .granted = rules->handled_fs };

		r.fd = SETUP(open(path, O_PATH | O_CLOEXEC));
		SETUP(syscall(NR_ADD_RULE, fd, RULE_PATH_BENEATH, &r, 0U));
		close(r.fd);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		SKIP_CASE("PR_SET_NO_NEW_PRIVS is refused: %s",
			  name_errno(errno));
	SETUP(syscall(NR_RESTRICT_SELF, fd, 0U));
	close(fd);
}

static void enter(const struct ruleset *rules, size_t size)
{
	enter_but(rules, size, NULL);
}

static void enter_scope(void)
{
	enter(&(struct ruleset){ .scoped = SCOPE_ABSTRACT },
	      sizeof(struct ruleset));
}

/* No way to it: not by connect(), and not by sendto(). */
static void expect_refused(struct env *env, int err, const struct addr *a)
{
	int fd = SETUP(env_socket(env));

	reach_expect_error(env, err, a);
	if (env->type == SOCK_DGRAM)
		EXPECT_ERRNO(err, sendto(fd, "s", 1, MSG_DONTWAIT | MSG_NOSIGNAL,
					 &a->sa, a->len));
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
	expect_refused(env, EPERM, &a);
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
	expect_refused(env, EPERM, &a);
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

static void enter_resolve(const char *but)
{
	enter_but(&(struct ruleset){ .handled_fs = RESOLVE_UNIX },
		  sizeof(struct ruleset), but);
}

CHECK(landlock, path_outside,
      .title = "Where looking sockets up is not granted, pathname sockets outside are EACCES",
      CLAUSES(landlock7_resolve_unix),
      ROWS(SEC_16),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "A sandbox that may write to /run/user would reach every service in it.",
      .explain = "connect() and sendto() alike, and the server hears nothing.  An abstract "
		 "socket is reached as before, and so is one that was connected.")
{
	struct addr a = env_addr(env, 0), b = env_addr_of(env, ABSTRACT, 1);
	int fd = SETUP(reach_serve(env, &a)), pair[2];
	int abstract = SETUP(reach_serve(env, &b));

	need_abi(FIRST_WITH_RESOLVE);
	SETUP(env_pair(env, pair));
	reach_expect(env, fd, &a);
	enter_resolve(NULL);
	expect_refused(env, EACCES, &a);
	reach_expect_idle(env, fd);
	reach_expect(env, abstract, &b);
	data_expect_works(env, pair[0], pair[1]);
}

CHECK(landlock, path_granted,
      .title = "A rule for the socket file, or for its directory, lets it be reached",
      CLAUSES(landlock7_resolve_unix),
      ROWS(SEC_17),
      .types = ANY_TYPE, .addrs = PATH,
      PARAMS("file", "directory"),
      .why = "A sandbox is given its broker and nothing else.",
      .explain = "Another socket, which the rule does not speak of, is EACCES.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int fd, other;

	need_abi(FIRST_WITH_RESOLVE);
	if (env->param == 1) {
		env_own_path(env, "d");
		SETUP(mkdir("d", 0755));
		a = addr_path("d/s");
		env_own_path(env, "d/s");
	}
	fd = SETUP(reach_serve(env, &a));
	other = SETUP(reach_serve(env, &b));
	enter_resolve(env->param == 1 ? "d" : a.un.sun_path);
	reach_expect(env, fd, &a);
	expect_refused(env, EACCES, &b);
	reach_expect_idle(env, other);
}

CHECK(landlock, path_inside,
      .title = "Pathname sockets made inside the domain are reached without a rule",
      CLAUSES(landlock7_resolve_unix),
      ROWS(SEC_16),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "The parts of one sandboxed program talk to each other.",
      .explain = "What counts is where the socket was made; that it is bound inside does "
		 "not help one that was made before.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int fd, early = SETUP(env_socket(env));

	need_abi(FIRST_WITH_RESOLVE);
	enter_resolve(NULL);
	fd = (int)ASSERT_OK(reach_serve(env, &a));
	reach_expect(env, fd, &a);
	SETUP(bind(early, &b.sa, b.len));
	SETUP(reach_open(env, early));
	expect_refused(env, EACCES, &b);
}

struct insider {
	struct addr a;
	int ready;
};

/* In a domain: make a server, tell, and wait for one byte. */
static int serve_inside(struct env *env, void *arg)
{
	struct insider *in = arg;
	char byte = 0;
	int fd;

	if (env->row->addr == PATH)
		enter_resolve(NULL);
	else
		enter_scope();
	fd = (int)ASSERT_OK(reach_serve(env, &in->a));
	SETUP(write(in->ready, "r", 1));
	if (env->type != SOCK_DGRAM)
		fd = (int)ASSERT_OK(env_accept(env, fd));
	EXPECT_RET(1, recv(fd, &byte, 1, 0));
	EXPECT_EQ('x', byte);
	return 0;
}

CHECK(landlock, inside_from_outside,
      .title = "A process outside of the domain reaches the sockets that are made inside",
      CLAUSES(landlock7_scope, landlock7_resolve_unix),
      ROWS(SEC_06, SEC_16),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "The supervisor of a sandbox talks to what is in it.")
{
	struct insider in = { .a = env_addr(env, 0) };
	int pipe_fd[2], client;
	char byte;
	pid_t pid;

	need_abi(env->row->addr == PATH ? FIRST_WITH_RESOLVE : FIRST_WITH_SCOPE);
	SETUP(env_pipe(env, pipe_fd));
	in.ready = pipe_fd[1];
	pid = SETUP(env_fork(env, serve_inside, &in));
	ASSERT_RET(1, read(pipe_fd[0], &byte, 1));
	client = (int)ASSERT_OK(env_connect(env, &in.a));
	EXPECT_RET(1, send(client, "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(0, env_reap(env, pid));
}

CHECK(landlock, nested_outside,
      .title = "From a domain within a domain the sockets of the outer one are refused",
      CLAUSES(landlock7_scope, landlock7_resolve_unix),
      ROWS(SEC_02, SEC_16),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "A sandbox that starts another must not be open to it.",
      .explain = "Abstract sockets by EPERM, pathname sockets by EACCES; those that the "
		 "inner domain makes are reached.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	bool path = env->row->addr == PATH;
	int fd = -1;

	need_abi(path ? FIRST_WITH_RESOLVE : FIRST_WITH_SCOPE);
	for (int depth = 0; depth < 2; depth++) {
		if (path)
			enter_resolve(NULL);
		else
			enter_scope();
		if (depth == 0) {
			fd = (int)ASSERT_OK(reach_serve(env, &a));
			reach_expect(env, fd, &a);
		}
	}
	expect_refused(env, path ? EACCES : EPERM, &a);
	reach_expect_idle(env, fd);
	fd = (int)ASSERT_OK(reach_serve(env, &b));
	reach_expect(env, fd, &b);
}

/* What the owner of a socket is told by, and to whom it says so. */
struct owner {
	int ready;
	int go;
};

static int own_and_count(struct env *env, void *arg)
{
	struct owner *o = arg;
	char byte;

	(void)env;
	data_catch(SIGIO, SA_RESTART, -1);
	SETUP(write(o->ready, "r", 1));
	SETUP(read(o->go, &byte, 1));
	/* The signal, if any, was sent before the byte. */
	return data_caught() > 0;
}

CHECK(landlock, signals_outside,
      .title = "F_SETOWN inside a domain scoped for signals sends no SIGIO to a process outside",
      CLAUSES(landlock7_scope_signal),
      ROWS(SEC_15),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("before", "after"),
      .why = "A sandbox that may not kill would do it by a socket.",
      .explain = "An owner that was set before the process went in is still told.")
{
	int fd[2], ready[2], go[2];
	struct owner o;
	char byte;
	pid_t pid;

	need_abi(FIRST_WITH_SCOPE);
	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, ready));
	SETUP(env_pipe(env, go));
	o = (struct owner){ ready[1], go[0] };
	pid = SETUP(env_fork(env, own_and_count, &o));
	ASSERT_RET(1, read(ready[0], &byte, 1));
	if (env->param == 0)
		SETUP(fcntl(fd[1], F_SETOWN, pid));
	enter(&(struct ruleset){ .scoped = SCOPE_SIGNAL },
	      sizeof(struct ruleset));
	if (env->param == 1)
		SETUP(fcntl(fd[1], F_SETOWN, pid));
	SETUP(fcntl(fd[1], F_SETFL, O_ASYNC));
	ASSERT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	SETUP(write(go[1], "g", 1));
	EXPECT_EQ(env->param == 0, env_reap(env, pid));
}
