// SPDX-License-Identifier: BSD-2-Clause
/*
 * Signals that would end the program wait until the probe and its directory
 * are gone.
 */
#include "config.h"

#include "platform/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/names.h"
#include "harness/audit.h"

/* A probe takes milliseconds; this is for one that sleeps for good. */
#define PROBE_MS 5000

static void raise_nofile(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max > 4096 ? 4096 : limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void run_child(const struct probe *probe, const char *dir, int fd)
	__attribute__((noreturn));

static void run_child(const struct probe *probe, const char *dir, int fd)
{
	struct rlimit no_core = { 0, 0 };
	struct fact fact;
	sigset_t none;

	memset(&fact, 0, sizeof(fact));
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &no_core);
	raise_nofile();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (chdir(dir) < 0)
		fact_unknown(&fact, errno, "no directory to work in");
	else
		probe->find(&fact, probe->arg);
	io_write_all(fd, &fact, sizeof(fact));
	_exit(0);
}

/* What the child said, or what became of it. */
static void await(pid_t pid, int fd, struct fact *ret)
{
	int64_t deadline = clock_deadline_ms(PROBE_MS);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	bool said;
	int n, status;

	do
		n = poll(&p, 1, clock_left_ms(deadline));
	while (n < 0 && errno == EINTR);
	said = n > 0 && io_read_all(fd, ret, sizeof(*ret)) == 1;
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			break;
	}
	if (said)
		return;
	memset(ret, 0, sizeof(*ret));
	if (n == 0)
		fact_unknown(ret, 0, "did not come back");
	else if (WIFSIGNALED(status))
		fact_unknown(ret, 0, "killed by %s",
			     name_signal(WTERMSIG(status)));
	else
		fact_unknown(ret, 0, "ended without an answer");
}

static void run_in(const struct probe *probe, const char *dir, struct fact *ret)
{
	int pipe_fd[2];
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC) < 0) {
		fact_unknown(ret, errno, "no pipe to the probe");
		return;
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		run_child(probe, dir, pipe_fd[1]);
	close(pipe_fd[1]);
	if (pid > 0) {
		setpgid(pid, pid);
		await(pid, pipe_fd[0], ret);
	} else {
		fact_unknown(ret, errno, "no process for the probe");
	}
	close(pipe_fd[0]);
}

static void remove_dir(const char *dir)
{
	cleanup_close int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		audit_dir(fd, NULL, NULL);
	rmdir(dir);
}

int probe_run(const struct probe *probe, const char *base_dir,
	      struct fact *ret)
{
	sigset_t ending, before;
	int err = 0;
	char dir[108];

	memset(ret, 0, sizeof(*ret));
	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	sigprocmask(SIG_BLOCK, &ending, &before);
	snprintf(dir, sizeof(dir), "%s/sockspec-XXXXXX", base_dir);
	if (mkdtemp(dir)) {
		run_in(probe, dir, ret);
		remove_dir(dir);
	} else {
		err = -errno;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return err;
}
