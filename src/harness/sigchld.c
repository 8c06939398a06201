// SPDX-License-Identifier: BSD-2-Clause
/*
 * A signalfd is better than a handler: the frame and errno of that are pages
 * of memory that each fork() has to copy.
 */
#include "config.h"

#include "harness/sigchld.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int write_fd = -1;

static void tell(int sig)
{
	int saved = errno;

	(void)sig;
	/* A full pipe has told. */
	(void)!write(write_fd, "", 1);
	errno = saved;
}

static int open_pipe(void)
{
	struct sigaction sa = { .sa_handler = tell, .sa_flags = SA_RESTART };
	int fd[2];

	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	write_fd = fd[1];
	return sigaction(SIGCHLD, &sa, NULL) < 0 ? -1 : fd[0];
}

int sigchld_open(void)
{
	sigset_t children, none;
	int fd;

	sigemptyset(&none);
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_SETMASK, &children, NULL);
	fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd >= 0)
		return fd;
	fd = open_pipe();
	sigprocmask(SIG_SETMASK, &none, NULL);
	return fd;
}

bool sigchld_take(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) > 0;
}
