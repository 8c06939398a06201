// SPDX-License-Identifier: BSD-2-Clause
/*
 * A process is used again only when it is as it was: what can be put back is,
 * each other trace is seen.
 */
#include "config.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/renew.h"
#include "harness_fixture.h"

static void nothing(int sig)
{
	(void)sig;
}

static void *sleep_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *come_back(void *arg)
{
	return arg;
}

static pthread_t left_thread;	/* to be ended in the end; 0: none */
static pid_t left;		/* a process that is, too */

static void leave_thread(void)
{
	ck_assert_int_eq(pthread_create(&left_thread, NULL, sleep_for_ever, NULL),
			 0);
}

static void leave_child(void)
{
	left = fork();
	ck_assert_int_ge(left, 0);
	if (left == 0) {
		for (;;)
			pause();
	}
}

/* Its parent is gone before anybody looks. */
static void leave_grandchild(void)
{
	int fd[2];
	pid_t parent;

	ck_assert_int_eq(pipe(fd), 0);
	parent = fork();
	if (parent == 0) {
		pid_t self;

		setsid();
		if (fork() != 0)
			_exit(0);
		self = getpid();
		if (write(fd[1], &self, sizeof(self)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(fd[0], &left, sizeof(left)), sizeof(left));
	ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
	close(fd[0]);
	close(fd[1]);
}

static void leave_directory(void)
{
	ck_assert_int_eq(chdir("/"), 0);
}

static void leave_limit(void)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur--;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void leave_timer(void)
{
	struct itimerval later = { .it_value.tv_sec = 1000 };

	ck_assert_int_eq(setitimer(ITIMER_REAL, &later, NULL), 0);
}

static void leave_input(void)
{
	int fd = open("/dev/zero", O_RDONLY);

	ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
}

static void leave_output_nonblocking(void)
{
	fcntl(STDOUT_FILENO, F_SETFL,
	      fcntl(STDOUT_FILENO, F_GETFL) ^ O_NONBLOCK);
}

static void leave_signal_pending(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
}

static void leave_group(void)
{
	/* Of the child of libcheck, which leads the group that it is in. */
	if (getpgrp() == getpid())
		ck_assert_int_eq(setpgid(0, getpgid(getppid())), 0);
	else
		ck_assert_int_eq(setpgid(0, 0), 0);
}

static void leave_no_new_privileges(void)
{
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
}

static void leave_name(void)
{
	ck_assert_int_eq(prctl(PR_SET_NAME, "another"), 0);
}

static void (*const traces[])(void) = {
	leave_thread, leave_child, leave_grandchild, leave_directory,
	leave_limit, leave_timer, leave_input, leave_output_nonblocking,
	leave_signal_pending, leave_group, leave_no_new_privileges, leave_name,
};
#define N_TRACES ((int)(sizeof(traces) / sizeof(*traces)))

START_TEST(trace_is_seen)
{
	renew_note();
	ck_assert(renew());
	traces[_i]();
	ck_assert(!renew());
	if (left)
		kill(left, SIGKILL);
	if (left_thread) {
		pthread_cancel(left_thread);
		pthread_join(left_thread, NULL);
	}
}
END_TEST

START_TEST(ids_are_seen)
{
	if (geteuid() != 0)
		return;
	renew_note();
	ck_assert_int_eq(setegid(65534), 0);
	ck_assert(!renew());
}
END_TEST

START_TEST(threads_and_children_that_ended_are_no_trace)
{
	renew_note();
	for (int i = 0; i < 50; i++) {
		pthread_t thread;

		ck_assert_int_eq(pthread_create(&thread, NULL, come_back, NULL), 0);
		pthread_join(thread, NULL);
		ck_assert(renew());
	}
	for (int i = 0; i < 5; i++) {
		siginfo_t info;
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		/* Dead, and not yet reaped. */
		ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info,
					WEXITED | WNOWAIT), 0);
		ck_assert(renew());
	}
}
END_TEST

START_TEST(signals_and_mask_are_put_back)
{
	struct sigaction sa = { .sa_handler = nothing };
	sigset_t set;

	renew_note();
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGRTMAX, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	umask(077);
	ck_assert(renew());
	sigaction(SIGUSR1, NULL, &sa);
	ck_assert_ptr_eq(sa.sa_handler, SIG_DFL);
	sigaction(SIGRTMAX, NULL, &sa);
	ck_assert_ptr_eq(sa.sa_handler, SIG_DFL);
	sigaction(SIGPIPE, NULL, &sa);
	ck_assert_ptr_eq(sa.sa_handler, SIG_DFL);
	sigprocmask(SIG_SETMASK, NULL, &set);
	for (int sig = 1; sig < NSIG; sig++)
		ck_assert_int_ne(sigismember(&set, sig), 1);
	ck_assert_int_eq(umask(022), 022);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("renew");

	tcase_add_loop_test(tc, trace_is_seen, 0, N_TRACES);
	tcase_add_test(tc, ids_are_seen);
	tcase_add_test(tc, threads_and_children_that_ended_are_no_trace);
	tcase_add_test(tc, signals_and_mask_are_put_back);
	return fixture_run_apart("renew", tc);
}
