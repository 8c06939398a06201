// SPDX-License-Identifier: BSD-2-Clause
/*
 * A case from the inside: put the process into a known state, run the body,
 * put away what the env owns, audit the descriptors, say that it is done, and
 * end by _exit() so that nothing of the parent's is flushed or run twice.
 */
#include "config.h"

#include "harness/child.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/valgrind.h"
#include "harness/audit.h"
#include "harness/check.h"
#include "harness/env_private.h"
#include "harness/plan.h"
#include "harness/record.h"
#include "harness/renew.h"

/* Cases that one process runs: what they leave mapped does not grow for ever. */
#define MOST_CASES 64

/* Descriptors a case may have at once unless its check asks for more. */
#define USUAL_NOFILE 1024

const int warden_ignores[N_WARDEN_IGNORES] = {
	SIGINT, SIGTERM, SIGHUP, SIGPIPE,
};

const struct child_setup *child_current;

static pid_t case_pid;

void (*child_before_leaving)(void);

/* Coverage counters are written at exit, which _exit() leaves out. */
void __gcov_dump(void) __attribute__((weak));

unsigned int case_timeout_ms(const struct plan_case *pc,
			     const struct child_config *config)
{
	unsigned int ms = pc->check->timeout_ms;

	ms = (ms ? ms : CASE_TIMEOUT_MS) * config->scale;
	return config->hasty ? ms / HASTE : ms;
}

unsigned int call_limit_ms(const struct plan_case *pc,
			   const struct child_config *config)
{
	return case_timeout_ms(pc, config) / 5 * 2;
}

int child_limit_ms(void)
{
	const struct child_setup *s = child_current;

	return (int)(case_timeout_ms(s->pc, s->config) / 4);
}

void child_exit(int status)
{
	if (__gcov_dump)
		__gcov_dump();
	_exit(status);
}

void child_leave(void)
{
	/* In a child of the case only that child ends. */
	if (getpid() != case_pid)
		child_exit(1);
	if (child_before_leaving)
		child_before_leaving();
	child_record(RECORD_DONE, "", "left", "", "");
	child_exit(0);
}

static void report_leak(void *arg, const char *what)
{
	*(bool *)arg = true;
	child_record(RECORD_LEAK, "", what, "", "");
}

static void limit_files(unsigned int n)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = n < files.rlim_max ? n : files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static void unblock_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void child_bequeath(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	struct rlimit core = { 0, 0 };

	/* Whoever started us may have ignored some. */
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &sa, NULL);
	unblock_signals();
	umask(022);
	setrlimit(RLIMIT_CORE, &core);
	limit_files(USUAL_NOFILE);
}

static void restore_signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };

	for (size_t i = 0; i < N_WARDEN_IGNORES; i++)
		sigaction(warden_ignores[i], &sa, NULL);
	sigaction(SIGCHLD, &sa, NULL);
	unblock_signals();
}

static void close_from(int first)
{
#ifdef HAVE_CLOSE_RANGE
	if (close_range((unsigned int)first, ~0U, 0) == 0)
		return;
#endif
	for (int fd = first; fd < 256; fd++)
		close(fd);
}

/* 0 /dev/null, 1 and 2 the output pipe, 3 the result pipe, nothing else. */
static void arrange_fds(const struct child_setup *s)
{
	if (fchdir(s->dir_fd) < 0)
		child_exit(1);
	if (s->output_fd < 0) {
		if (s->result_fd != RESULT_FD)
			dup2(s->result_fd, RESULT_FD);
		close_from(RESULT_FD + 1);
		return;
	}
	if (s->null_fd >= 0)
		dup2(s->null_fd, STDIN_FILENO);
	dup2(s->output_fd, STDOUT_FILENO);
	dup2(s->output_fd, STDERR_FILENO);
	if (s->result_fd != RESULT_FD)
		dup2(s->result_fd, RESULT_FD);
	close_from(RESULT_FD + 1);
}

void child_order(struct case_page *page, enum child_order order)
{
	atomic_store(&page->order, order);
	syscall(SYS_futex, &page->order, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/*
 * Is a picture of this process worth its price?  A server's case has
 * processes and descriptors that the picture does not show.
 */
static bool may_run_more(const struct child_setup *s)
{
	const struct plan_case *end = s->plan->cases + s->plan->n;

	return s->parent && !s->config->isolate &&
	       s->pc->check->subject == SUBJECT_PLATFORM &&
	       s->pc + 1 < end && plan_same_body(s->pc, s->pc + 1);
}

/* The warden has our record and the page; what else it says is the next case. */
static void await_order(struct child_setup *s)
{
	struct case_page *page = s->page;

	while (atomic_load(&page->order) == ORDER_WAIT)
		syscall(SYS_futex, &page->order, FUTEX_WAIT, ORDER_WAIT, NULL,
			NULL, 0);
	if (atomic_load(&page->order) == ORDER_LEAVE)
		child_exit(0);
	s->pc = &s->plan->cases[page->index];
	s->serial = page->serial;
	s->config->hasty = page->hasty;
	atomic_store(&page->order, ORDER_WAIT);
}

/* True when it left no descriptor. */
static bool run_body(const struct child_setup *s)
{
	struct env *env = env_begin(s);
	bool leaks = false;

	s->pc->check->body(env);
	context_clear();
	/* Only the case itself puts away; a fork that ran on just says so. */
	if (getpid() != case_pid) {
		child_record(RECORD_DONE, "", "complete", "", "");
		child_exit(0);
	}
	if (!call_end_all() || has_failed())
		child_leave();
	env_end(env);
	audit_fds(RESULT_FD, report_leak, &leaks);
	return !leaks;
}

/* From what the warden forked to what a body finds. */
static void become_case(const struct child_setup *s)
{
	child_current = s;
	case_pid = getpid();
	/* The search costs more than a case; memory of a case is nobody's leak. */
	if (s->config->valgrind)
		valgrind_no_leak_check();
	if (s->parent) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != s->parent)
			_exit(1);
	}
	restore_signals();
	arrange_fds(s);
	if (s->pc->check->nofile > USUAL_NOFILE)
		limit_files(s->pc->check->nofile + 64);
	if (s->config->valgrind)
		audit_tool_fds(RESULT_FD);
}

void child_run(struct child_setup *s)
{
	bool more = may_run_more(s);

	become_case(s);
	if (more)
		renew_note();
	for (int n = 1;; n++) {
		bool clean = run_body(s);

		/* Memory errors show in the exit status. */
		if (!more || !clean || n == MOST_CASES || valgrind_errors() ||
		    !renew())
			break;
		atomic_store(&s->page->ready, 1);
		child_record(RECORD_DONE, "", "complete", "", "");
		await_order(s);
	}
	child_record(RECORD_DONE, "", "complete", "", "");
	child_exit(0);
}
