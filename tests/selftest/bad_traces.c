// SPDX-License-Identifier: BSD-2-Clause
/*
 * Checks that leave a trace in their process, which the next row must not
 * find; and one that tells which process it ran in.
 */
#include "config.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/check.h"

#define SELF .why = "The judge is on trial.", CLAUSES(posix_socket_types)

static void expect_default_signal(int sig)
{
	struct sigaction sa;
	sigset_t mask;

	ASSERT_RET(0, sigaction(sig, NULL, &sa));
	EXPECT_THAT(sa.sa_handler == SIG_DFL, "signal %d is the default", sig);
	ASSERT_RET(0, sigprocmask(SIG_SETMASK, NULL, &mask));
	EXPECT_EQ(0, sigismember(&mask, sig));
}

static void expect_no_trace(void)
{
	struct rlimit files;
	char name[16] = "", cwd[200] = "";
	mode_t mask = umask(022);

	expect_default_signal(SIGUSR1);
	expect_default_signal(SIGPIPE);
	EXPECT_EQ(022, (int)mask);
	ASSERT_RET(0, getrlimit(RLIMIT_NOFILE, &files));
	EXPECT_THAT(files.rlim_cur > 100, "the limit is the usual");
	ASSERT_RET(0, prctl(PR_GET_NAME, name));
	EXPECT_THAT(strcmp(name, "trace") != 0, "the name is the usual");
	EXPECT_THAT(getcwd(cwd, sizeof(cwd)) && cwd[1], "it is not in /");
	EXPECT_ERRNO(ENOENT, access("trace", F_OK));
	EXPECT_EQ(getegid(), getgid());
}

static void *sleep_on(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void leave_handler(void)
{
	SETUP(sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = SIG_IGN },
			NULL));
}

static void leave_mask(void)
{
	sigset_t all;

	sigfillset(&all);
	SETUP(sigprocmask(SIG_SETMASK, &all, NULL));
	umask(0777);
}

static void leave_pending(void)
{
	leave_mask();
	SETUP(raise(SIGPIPE));
}

static void leave_limit(void)
{
	SETUP(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 20, 20 }));
}

static void leave_name(void)
{
	SETUP(prctl(PR_SET_NAME, "trace"));
}

static void leave_root(void)
{
	SETUP(chdir("/"));
}

static void leave_thread(void)
{
	pthread_t thread;

	EXPECT_EQ(0, pthread_create(&thread, NULL, sleep_on, NULL));
}

static void leave_group(void)
{
	if (geteuid() == 0)
		SETUP(setegid(65534));
}

static void leave_nothing(void)
{
}

static void (*const leave[])(void) = {
	leave_nothing, leave_handler, leave_mask, leave_pending, leave_limit,
	leave_name, leave_root, leave_thread, leave_group, leave_nothing,
};

CHECK(trace, next_row_finds_none, .title = "no row finds what another left",
      SELF, .types = ANY_TYPE, .addrs = PAIR, PARAMS("nothing", "handler", "mask", "pending", "limit", "name",
		   "root", "thread", "group", "last"))
{
	expect_no_trace();
	leave[env->param]();
}

CHECK(trace, tells_its_process, .title = "rows of one check share a process",
      SELF, .types = ANY_TYPE, .addrs = ANY_ADDR)
{
	int fd[2];

	SETUP(env_pair(env, fd));
	NOTE("process %d", (int)getpid());
}
