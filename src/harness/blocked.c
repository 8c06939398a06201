// SPDX-License-Identifier: BSD-2-Clause
/*
 * /proc/PID/task/TID/syscall names the call and its arguments while the
 * thread sleeps in it, and says "running" otherwise; that also tells a sleep
 * in the call from one on a lock of valgrind's.  Kernels without that file
 * (User-Mode Linux, gVisor) show the state letter only, which is enough
 * because the thread does nothing else between its announcement and the call.
 */
#include "config.h"

#include "harness/blocked.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/valgrind.h"

/* The text of a small file of /proc; its length or -errno. */
static int slurp(pid_t pid, pid_t tid, const char *name, char *text, size_t size)
{
	char path[80];
	cleanup_close int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)pid, (int)tid,
		 name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return (int)n;
}

/* Calls that sleep on a lock or a child, not on a socket. */
static int is_foreign_call(long nr)
{
	switch (nr) {
	case SYS_futex:
#ifdef SYS_futex_waitv
	case SYS_futex_waitv:
#endif
#ifdef SYS_futex_time64
	case SYS_futex_time64:
#endif
	case SYS_wait4:
	case SYS_exit:
	case SYS_exit_group:
#ifdef SYS_mmap
	case SYS_mmap:
#endif
#ifdef SYS_mmap2
	case SYS_mmap2:
#endif
	case SYS_munmap:
	case SYS_mprotect:
		return 1;
	}
	return 0;
}

/*
 * valgrind's threads wait for each other in read() of a pipe that it keeps
 * beyond the descriptors that its program may have.
 */
static bool is_valgrind_lock(long nr, const char *arguments)
{
	struct rlimit files;

	return nr == SYS_read && valgrind_runs() &&
	       getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	       strtoull(arguments, NULL, 16) >= files.rlim_max;
}

/* The one call of 32-bit machines for all of sockets has it in memory. */
static bool tells_descriptor(long nr)
{
#ifdef SYS_socketcall
	return nr != SYS_socketcall;
#else
	(void)nr;
	return true;
#endif
}

static char state_letter(pid_t pid, pid_t tid)
{
	char text[300], *after;

	if (slurp(pid, tid, "stat", text, sizeof(text)) <= 0)
		return 0;
	after = strrchr(text, ')');
	return after && after[1] == ' ' ? after[2] : 0;
}

enum blocked_state blocked_look(pid_t pid, pid_t tid, int fd)
{
	char text[300], letter = state_letter(pid, tid), *end;
	long nr;
	int n;

	if (!letter)
		return access("/proc/self/stat", R_OK) == 0 ? BLOCKED_GONE :
							      BLOCKED_UNSEEN;
	if (letter == 'Z' || letter == 'X')
		return BLOCKED_GONE;
	if (letter != 'S')
		return BLOCKED_NO;
	n = slurp(pid, tid, "syscall", text, sizeof(text));
	if (n == -ESRCH)
		return BLOCKED_GONE;
	if (n <= 0)
		return BLOCKED_YES;	/* the letter has to do */
	nr = strtol(text, &end, 10);
	if (end == text || nr < 0 || is_foreign_call(nr) ||
	    is_valgrind_lock(nr, end))
		return BLOCKED_NO;
	if (fd >= 0 && tells_descriptor(nr) && (int)strtol(end, NULL, 16) != fd)
		return BLOCKED_NO;
	return BLOCKED_YES;
}

void blocked_pause(unsigned int round)
{
	struct timespec ts = { .tv_nsec = 20000 };

	if (round < 20) {
		sched_yield();
		return;
	}
	if (round > 100)
		ts.tv_nsec = 1000000;
	ppoll(NULL, 0, &ts, NULL);
}
