// SPDX-License-Identifier: BSD-2-Clause
/*
 * Checks that end badly, or lie: the judge must give each the outcome and
 * cause that its name says.  The suite is the expected outcome.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/check.h"

#define SELF .why = "The judge is on trial.", CLAUSES(posix_socket_types)
#define SHORT .timeout_ms = 500

CHECK(pass, plain, .title = "a check that holds passes", SELF)
{
	EXPECT_EQ(1, 1);
}

CHECK(pass, on_every_row, .title = "every row gives a pair", SELF,
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP | UDP)
{
	int fd[2];
	char c = 0;

	SETUP(env_pair(env, fd));
	EXPECT_RET(1, send(fd[0], "x", 1, 0));
	EXPECT_POLL(POLLIN, fd[1], POLLIN);
	EXPECT_RET(1, recv(fd[1], &c, 1, 0));
	EXPECT_EQ('x', c);
}

CHECK(pass, parameters, .title = "each parameter is a case", SELF,
      PARAMS("one", "two"))
{
	EXPECT_THAT(strcmp(env->param_name, env->param ? "two" : "one") == 0,
		    "parameter %d is %s", env->param, env->param_name);
}

CHECK(pass, call_that_blocks, .title = "a blocked call is seen and released",
      SELF, .types = ANY_TYPE, .addrs = PAIR)
{
	int fd[2];
	char c = 0;
	struct call call;

	SETUP(env_pair(env, fd));
	call_recv(&call, fd[1], &c, 1, 0);
	EXPECT_BLOCKS(&call);
	EXPECT_RET(1, send(fd[0], "y", 1, 0));
	EXPECT_CALL_RET(1, &call);
	EXPECT_EQ('y', c);
	call_recv(&call, fd[1], &c, 1, 0);
	EXPECT_BLOCKS(&call);
	call_cancel(&call);
}

static void bind_a_name(struct env *env)
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env));

	EXPECT_RET(0, bind(fd, &a.sa, a.len));
	EXPECT_RET(0, unlink(a.un.sun_path));
}

CHECK(pass, binds_a_name, .title = "a name is bound and removed", SELF,
      .types = STREAM, .addrs = PATH)
{
	bind_a_name(env);
}

CHECK(pass, binds_in_turn, .title = "names are bound and removed in turn", SELF,
      .types = STREAM, .addrs = PATH, .axes = SWAP)
{
	bind_a_name(env);
}

CHECK(pass, child_judges, .title = "a forked child may judge and is reaped", SELF)
{
	EXPECT_THAT(getpid() > 0, "no pid");
}

CHECK(fail, plain, .title = "one expectation does not hold", SELF)
{
	EXPECT_EQ(1, 2);
	EXPECT_ERRNO(EBADF, close(1000));
}

CHECK(fail, wrong_errno, .title = "the errno is another one", SELF)
{
	EXPECT_ERRNO(EINVAL, fcntl(1000, F_GETFD, NULL));
}

CHECK(fail, no_errno, .title = "a success where an errno was due", SELF)
{
	EXPECT_ERRNO(EINVAL, getpid() > 0 ? 0 : -1);
}

CHECK(fail, assert_leaves, .title = "ASSERT leaves the body", SELF)
{
	ASSERT_EQ(1, 2);
	abort();
}

static int fail_in_child(struct env *env, void *arg)
{
	(void)env;
	(void)arg;
	ASSERT_EQ(3, 4);
	return 0;
}

CHECK(fail, in_forked_child, .title = "a forked child's expectation counts", SELF)
{
	EXPECT_EQ(1, env_reap(env, env_fork(env, fail_in_child, NULL)));
}

CHECK(fail, hang_in_expect, .title = "the judged call does not come back",
      SELF, SHORT, .types = STREAM, .addrs = PAIR)
{
	int fd[2];
	char c;

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EAGAIN, recv(fd[0], &c, 1, 0));
}

CHECK(fail, call_stays_blocked, .title = "a call in a thread never returns",
      SELF, SHORT, .types = STREAM, .addrs = PAIR)
{
	int fd[2];
	char c;
	static struct call call;

	SETUP(env_pair(env, fd));
	call_recv(&call, fd[0], &c, 1, 0);
	EXPECT_CALL_RET(1, &call);
}

CHECK(fail, call_never_joined, .title = "a call is left running", SELF,
      .types = STREAM, .addrs = PAIR)
{
	int fd[2];
	static char c;
	static struct call call;

	SETUP(env_pair(env, fd));
	call_recv(&call, fd[0], &c, 1, 0);
}

CHECK(fail, killed_by_sigpipe, .title = "SIGPIPE in the judged call", SELF,
      .types = STREAM, .addrs = PAIR)
{
	int fd[2];

	SETUP(env_pair(env, fd));
	env_close(env, fd[1]);
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, 0));
}

CHECK(fail, not_blocking, .title = "a call that should block returns", SELF,
      .types = STREAM, .addrs = PAIR)
{
	int fd[2];
	char c;
	struct call call;

	SETUP(env_pair(env, fd));
	SETUP(send(fd[0], "x", 1, 0));
	call_recv(&call, fd[1], &c, 1, 0);
	EXPECT_BLOCKS(&call);
	call_join(&call);
}

CHECK(skip, by_itself, .title = "the case says why it cannot run", SELF)
{
	SKIP_CASE("not on a %s", "Tuesday");
}

CHECK(skip, absent_family, .title = "an absent family skips", SELF)
{
	SETUP(socket(9999, SOCK_STREAM, 0));
}

CHECK(error, setup, .title = "the arranging fails", SELF)
{
	SETUP(close(1000));
}

CHECK(error, broken, .title = "the case says what is broken", SELF)
{
	BROKEN("no %s left", "paper");
}

CHECK(error, timeout, .title = "the case outlives its deadline", SELF, SHORT)
{
	for (;;)
		pause();
}

CHECK(error, timeout_in_setup, .title = "the arranging hangs", SELF, SHORT)
{
	SETUP(pause());
}

CHECK(error, signal, .title = "the case crashes", SELF)
{
	raise(SIGSEGV);
}

CHECK(error, no_verdict, .title = "the case exits quietly with success", SELF)
{
	_exit(0);
}

CHECK(error, no_verdict_status, .title = "the case exits with a status", SELF)
{
	exit(7);
}

CHECK(error, two_verdicts, .title = "the case returns twice", SELF)
{
	pid_t pid = fork();

	if (pid > 0)
		SETUP(env_reap(env, pid));
}

CHECK(error, memory, .title = "the tool around it found an error", SELF)
{
	/* What valgrind makes of the status of a process with errors. */
	if (fork() == 0)
		pause();
	_exit(98);
}
