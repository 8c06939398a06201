// SPDX-License-Identifier: BSD-2-Clause
/*
 * The mode of the socket from its first moment on.  The server is traced: when
 * it is about to change a mode or to listen it stands still, and the path is
 * looked at, so that no moment is too short to be seen.
 */
#include "config.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/names.h"
#include "probe/probe.h"

#define QUIET_MS 300		/* without a call of the server's */
#define TRACE_OPTIONS (PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | \
		       PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
		       PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

/* To be traced, and to stop before the calls that decide who may connect. */
static void ask_for_tracing(void)
{
	static const int calls[] = {
#ifdef SYS_chmod
		SYS_chmod,
#endif
		SYS_fchmod, SYS_fchmodat, SYS_listen,
	};
	enum { N = sizeof(calls) / sizeof(calls[0]) };
	struct sock_filter code[N + 3] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
	};
	const struct sock_fprog program = { .len = N + 3, .filter = code };

	for (int i = 0; i < N; i++)
		code[1 + i] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)calls[i],
			(unsigned char)(N - i), 0);
	code[N + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						   SECCOMP_RET_ALLOW);
	code[N + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						   SECCOMP_RET_TRACE);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

struct birth {
	bool reachable;		/* clients could connect */
	mode_t widest;		/* permissions then, all added up */
	mode_t last;
};

static void look(struct target *t, struct birth *b)
{
	struct socket_entry e;
	struct stat st;

	if (lstat(t->path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	if (!b->reachable && !target_listens(t, &e))
		return;
	b->reachable = true;
	b->last = st.st_mode & 0777;
	b->widest |= b->last;
}

/* Let the process go on to its next such call; other signals reach it. */
static void let_go(pid_t pid, int status)
{
	int sig = WSTOPSIG(status);

	if (sig == SIGTRAP || sig == SIGSTOP)
		sig = 0;
	ptrace(PTRACE_CONT, pid, NULL, (void *)(long)sig);
}

/* Until it has been reachable and quiet for a while, or is gone. */
static void trace(struct target *t, struct birth *b)
{
	int64_t deadline = client_deadline();
	int64_t quiet = clock_deadline_ms(QUIET_MS);

	for (unsigned int round = 0; clock_now_ns() < deadline;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL | WNOHANG);

		if (pid < 0)
			return;
		if (pid == 0) {
			look(t, b);
			if (b->reachable && clock_now_ns() > quiet)
				return;
			probe_pause(round++);
			continue;
		}
		round = 0;
		quiet = clock_deadline_ms(QUIET_MS);
		if (!WIFSTOPPED(status))
			continue;
		look(t, b);
		let_go(pid, status);
	}
}

PROBE(address, mode_at_birth,
      .title = "At no moment does the socket admit more users than later",
      CLAUSES(server_mode_at_birth, unix7_path_umask, unix7_path_write),
      .types = ANY_TYPE, .addrs = PATH, .wants = STARTS_ITSELF,
      .needs = NEED_SOCK_DIAG, .tags = "report",
      .why = "Between listen() and chmod() others can connect, and who is "
	     "connected stays so.",
      .repair = "umask(0077) around bind(), or fchmod() of the socket before "
		"bind() on Linux, or chmod() before listen(), or a directory "
		"that others cannot enter.",
      .explain = "The server starts with umask 0, as many a daemon does, and is "
		 "traced (ptrace()). Permission to write that group or others "
		 "had while clients could connect, and have no more in the "
		 "end, is the window.")
{
	struct birth b = { 0 };
	int status;

	server_spawn_with(t, &t->server, 0, -1, ask_for_tracing);
	if (waitpid(t->server.child, &status, 0) != t->server.child ||
	    !WIFSTOPPED(status))
		SKIP_CASE("the server cannot be traced: ptrace() is not "
			  "permitted here");
	if (ptrace(PTRACE_SETOPTIONS, t->server.child, NULL,
		   (void *)TRACE_OPTIONS) < 0)
		SKIP_CASE("the server cannot be traced: %s", name_errno(errno));
	let_go(t->server.child, status);
	trace(t, &b);
	if (!b.reachable)
		SKIP_CASE("the server does not listen while it is traced");
	NOTE("started with umask 0 its socket has mode %04o",
	     (unsigned int)b.last);
	FINDING(!(b.widest & ~b.last & 0022),
		"look at the mode before each chmod() of the server",
		"never wider than in the end",
		"mode %04o while clients could connect, %04o in the end",
		(unsigned int)b.widest, (unsigned int)b.last);
}
