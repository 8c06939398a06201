// SPDX-License-Identifier: BSD-2-Clause
/*
 * The two pipes towards the case live as long as the warden; records carry
 * the serial of their case, so what a straggler writes late is known.
 *
 * What the warden writes lies in shared memory that a case first unmaps: a case
 * cannot reach it, and no page of it is copied once for each case, which costs
 * more than all that the warden does.  (MADV_DONTFORK would do, but leaves it
 * mapped in User-Mode-Linux.)
 */
#include "config.h"

#include "harness/warden.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/die.h"
#include "base/io.h"
#include "harness/audit.h"
#include "harness/blocked.h"
#include "harness/check.h"
#include "harness/env_private.h"
#include "harness/plan.h"
#include "harness/record.h"
#include "harness/sigchld.h"
#include "harness/workdir.h"

#define OUTPUT_MAX (64 * 1024)	/* kept of what one case prints */
#define RECORDS_MAX (256 * 1024)
#define TICK_MS 500		/* how often a hang is looked for, at least */
#define DISMISS_MS 2000		/* for a process that is told to leave */

/* From the linker: the first byte of the program, the first after its data. */
extern const char __executable_start[], edata[];

struct warden {
	const struct warden_config *config;
	pid_t pid;
	int command_fd;
	int report_fd;
	int child_fd;		/* readable when a child has ended */
	int null_fd;
	struct workdir dir;
	int result[2];		/* read end, write end */
	int output[2];
	struct case_page *page;
	struct child_config child;	/* of the case that runs */
	const struct check *late;	/* was late the last time it ran */
	pid_t waiting;			/* a process that can run another case */
	const struct plan_case *last;	/* ... with the same body as this */
	struct {
		struct sighting sighting;
		char records[RECORDS_MAX];
	} message;
	char printed[OUTPUT_MAX];
	char surplus[4096];
};

static bool set_nonblock(int fd)
{
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0;
}

static void set_signals(struct warden *w)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };

	/* Ctrl-C is the executor's affair; it closes our pipe. */
	for (size_t i = 0; i < N_WARDEN_IGNORES; i++)
		sigaction(warden_ignores[i], &sa, NULL);
	w->child_fd = sigchld_open();
}

static int set_up(struct warden *w)
{
	int err;

	setpgid(0, 0);
	/* The reaper of whatever a case leaves; old kernels have none. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	child_bequeath();
	set_signals(w);
	err = workdir_make(&w->dir, w->config->base_dir);
	if (err)
		return err;
	w->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (w->child_fd < 0 || pipe2(w->result, O_CLOEXEC) < 0 ||
	    pipe2(w->output, O_CLOEXEC) < 0)
		return errno;
	if (!set_nonblock(w->result[0]) || !set_nonblock(w->output[0]))
		return errno;
	w->page = mmap(NULL, sizeof(*w->page), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return w->page == MAP_FAILED ? errno : 0;
}

/*
 * All that is in the pipe now, up to a limit; the rest is read and lost, and
 * true says so.  A short read has emptied the pipe.
 */
static bool drain(struct warden *w, int fd, char *data, uint32_t *len,
		  uint32_t max)
{
	bool cut = false;

	for (;;) {
		bool full = *len == max;
		size_t room = full ? sizeof(w->surplus) : max - *len;
		ssize_t n = read(fd, full ? w->surplus : data + *len, room);

		if (n <= 0)
			return cut;
		cut |= full;
		if (!full)
			*len += (uint32_t)n;
		if ((size_t)n < room)
			return cut;
	}
}

static void drain_both(struct warden *w)
{
	struct sighting *s = &w->message.sighting;
	struct pollfd p[] = {
		{ .fd = w->result[0], .events = POLLIN },
		{ .fd = w->output[0], .events = POLLIN },
	};

	if (poll(p, 2, 0) <= 0)
		return;
	if (p[0].revents)
		drain(w, p[0].fd, w->message.records, &s->rec_len, RECORDS_MAX);
	if (p[1].revents)
		s->output_cut |= drain(w, p[1].fd, w->printed, &s->out_len,
				       OUTPUT_MAX);
}

/*
 * POSIX has it since 2024.  It leaves out what fork() does for the threads
 * and fork handlers of its caller; a warden has neither.
 */
#ifndef HAVE__FORK
#define _Fork fork
#endif

static pid_t fork_case(struct warden *w, const struct plan_case *pc)
{
	/* On the stack, because w is soon not there in the child. */
	struct child_config config = w->child;
	struct child_setup setup = {
		.config = &config, .plan = w->config->plan, .pc = pc,
		.page = w->page,
		.serial = w->message.sighting.serial, .parent = w->pid,
		.dir_fd = w->dir.fd, .null_fd = w->null_fd,
		.result_fd = w->result[1], .output_fd = w->output[1],
	};
	pid_t pid = _Fork();

	if (pid == 0) {
		munmap(w, sizeof(*w));
		child_run(&setup);
	}
	/* In both, so that the group exists whoever comes first. */
	if (pid > 0)
		setpgid(pid, pid);
	return pid;
}

/* The executor is gone: leave nothing. */
static void give_up(struct warden *w, pid_t pid)
{
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	audit_children(pid, NULL, NULL);
	workdir_remove(&w->dir);
	_exit(0);
}

/* One of its children has ended: take the news, so that the next shows. */
static bool has_ended(struct warden *w, pid_t pid, int *ret_status)
{
	return sigchld_take(w->child_fd) &&
	       waitpid(pid, ret_status, WNOHANG) == pid;
}

/* Did the body return, so that what lies about is its leak? */
static bool is_complete(const struct warden *w)
{
	const struct sighting *s = &w->message.sighting;
	const char *p = w->message.records;
	size_t left = s->rec_len;
	struct record r;
	long n;

	while (left && (n = record_parse(p, left, &r)) > 0) {
		if (r.kind == RECORD_DONE && r.serial == s->serial &&
		    strcmp(r.expected, "complete") == 0)
			return true;
		p += n;
		left -= (size_t)n;
	}
	return false;
}

/*
 * Wait for the case to end, and with it its process unless that can run
 * another; kill it when its time, or that of one call, is up.  Returns the
 * wait status.
 */
static int watch(struct warden *w, pid_t pid, const struct plan_case *pc)
{
	const struct child_config *config = &w->child;
	struct sighting *s = &w->message.sighting;
	int64_t deadline = clock_deadline_ms(case_timeout_ms(pc, config));
	int64_t call_limit = call_limit_ms(pc, config) * NS_PER_MS;
	int tick_ms = call_limit_ms(pc, config) / 4 < TICK_MS ?
			      (int)call_limit_ms(pc, config) / 4 : TICK_MS;
	uint32_t last_calls = 0;
	int64_t last_change = clock_now_ns();
	bool killed = false;
	int status;

	for (;;) {
		struct pollfd p[] = {
			{ .fd = w->child_fd, .events = POLLIN },
			{ .fd = w->result[0], .events = POLLIN },
			{ .fd = w->output[0], .events = POLLIN },
			{ .fd = w->command_fd, .events = 0 },
		};
		int wait_ms = tick_ms;
		uint32_t calls;
		int64_t now;

		if (clock_left_ms(deadline) < tick_ms)
			wait_ms = (int)clock_left_ms(deadline) + 1;
		poll(p, 4, wait_ms);
		if (p[3].revents & (POLLHUP | POLLERR))
			give_up(w, pid);
		if (p[1].revents || p[2].revents)
			drain_both(w);
		if (p[0].revents && has_ended(w, pid, &status))
			return status;
		if (killed)
			continue;
		if (p[1].revents && atomic_load(&w->page->ready) &&
		    is_complete(w)) {
			w->waiting = pid;
			w->last = pc;
			return 0;
		}
		now = clock_now_ns();
		calls = atomic_load_explicit(&w->page->calls,
					     memory_order_acquire);
		if (calls != last_calls) {
			last_calls = calls;
			last_change = now;
		}
		s->timed_out = now >= deadline;
		s->call_hung = calls && now - last_change >= call_limit;
		if (s->timed_out || s->call_hung) {
			kill(-pid, SIGKILL);
			killed = true;
		}
	}
}

static void add_leak(void *arg, const char *what)
{
	struct warden *w = arg;
	struct record r = { .serial = w->message.sighting.serial,
			    .kind = RECORD_LEAK, .expected = what };

	record_write(w->result[1], &r);
	drain_both(w);
}

/*
 * Names that env_addr() hands out, which are "s" and a number, are the
 * harness's to remove, whichever process of the case bound them.
 */
static bool is_env_name(const char *name)
{
	return name[0] == 's' && name[1] &&
	       strspn(name + 1, "0123456789") == strlen(name + 1);
}

static void add_file_leak(void *arg, const char *name)
{
	char what[NAME_MAX + sizeof("file ")];

	if (is_env_name(name))
		return;
	snprintf(what, sizeof(what), "file %s", name);
	add_leak(arg, what);
}

/* Did it wait in vain, and be it for a call that it did not have killed? */
static bool was_late(const struct warden *w, const struct plan_case *pc,
		     int64_t begin)
{
	int64_t limit_ms = case_timeout_ms(pc, &w->child) / 4;

	return !is_complete(w) && clock_now_ns() - begin >= limit_ms * NS_PER_MS;
}

static void count_name(void *arg, const char *what)
{
	(void)what;
	++*(unsigned int *)arg;
}

/*
 * Names of the case that are still taken.  Sockets that were collected as
 * garbage are freed by a kernel thread, some time after the case is gone.
 */
static void audit_names(struct warden *w)
{
	int64_t deadline = clock_deadline_ms(2000LL * w->config->child.scale);
	char prefix[ABSTRACT_PREFIX_MAX];

	env_abstract_prefix(prefix, w->pid, w->message.sighting.serial);
	for (unsigned int round = 0;; round++) {
		unsigned int left = 0;

		audit_abstract(prefix, count_name, &left);
		if (left == 0)
			return;
		if (clock_now_ns() > deadline)
			break;
		blocked_pause(round + 20);
	}
	audit_abstract(prefix, add_leak, w);
}

/* End the process that waits for an order, if there is one. */
static void dismiss(struct warden *w)
{
	struct pollfd p = { .fd = w->child_fd, .events = POLLIN };
	pid_t pid = w->waiting;
	int status;

	if (!pid)
		return;
	w->waiting = 0;
	child_order(w->page, ORDER_LEAVE);
	if (poll(&p, 1, DISMISS_MS) <= 0 || !has_ended(w, pid, &status))
		kill(-pid, SIGKILL);
	audit_children(pid, NULL, NULL);
}

static void audit_case(struct warden *w, pid_t pid)
{
	audit_found *found = is_complete(w) ? add_leak : NULL;
	uint32_t before = w->message.sighting.rec_len;

	/* One that waits has made sure that it has no descendants. */
	if (!w->waiting)
		audit_children(pid, found, w);
	audit_dir(w->dir.fd, found ? add_file_leak : NULL, w);
	workdir_reset(&w->dir);
	if (found && atomic_load(&w->page->abstract_used))
		audit_names(w);
	drain_both(w);
	if (w->message.sighting.rec_len != before)
		dismiss(w);
}

static void send_message(struct warden *w)
{
	const struct sighting *s = &w->message.sighting;

	if (io_write_all(w->report_fd, &w->message,
			 sizeof(*s) + s->rec_len) < 0 ||
	    io_write_all(w->report_fd, w->printed, s->out_len) < 0) {
		workdir_remove(&w->dir);
		_exit(0);
	}
}

/* The address comes from a case, which may have written anything there. */
static void copy_literal(char *to, size_t size, const char *text)
{
	if (text < __executable_start || text >= edata)
		return;
	memccpy(to, text, '\0', (size_t)(edata - text) < size - 1 ?
					(size_t)(edata - text) : size - 1);
}

/* The process that has run this body on other rows, or a new one. */
static pid_t start_case(struct warden *w, const struct plan_case *pc)
{
	pid_t pid = w->waiting;

	if (pid && !plan_same_body(w->last, pc)) {
		dismiss(w);
		pid = 0;
	}
	memset(w->page, 0, sizeof(*w->page));
	if (!pid)
		return fork_case(w, pc);
	w->waiting = 0;
	w->page->index = w->message.sighting.index;
	w->page->serial = w->message.sighting.serial;
	w->page->hasty = w->child.hasty;
	child_order(w->page, ORDER_RUN);
	return pid;
}

static void run_case(struct warden *w, uint32_t index)
{
	const struct plan_case *pc = &w->config->plan->cases[index];
	struct sighting *s = &w->message.sighting;
	int64_t begin = clock_now_ns();
	pid_t pid;

	*s = (struct sighting){ .index = index, .serial = s->serial + 1 };
	w->child = w->config->child;
	w->child.hasty = w->late == pc->check;
	pid = start_case(w, pc);
	if (pid < 0) {
		struct record r = { .serial = s->serial, .kind = RECORD_BROKEN,
				    .expected = "fork() failed" };

		record_write(w->result[1], &r);
	} else {
		s->wait_status = watch(w, pid, pc);
		if (was_late(w, pc, begin))
			w->late = pc->check;
		audit_case(w, pid);
	}
	drain_both(w);
	s->verb = (uint8_t)atomic_load(&w->page->verb);
	copy_literal(s->call, sizeof(s->call), w->page->call);
	copy_literal(s->where, sizeof(s->where), w->page->where);
	s->duration_us = (uint64_t)(clock_now_ns() - begin) / 1000;
	send_message(w);
}

static struct warden *make_warden(void)
{
	struct warden *w = mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (w == MAP_FAILED)
		die(EXIT_CHECKER, "no memory for a warden");
	return w;
}

void warden_main(const struct warden_config *config, int command_fd,
		 int report_fd)
{
	struct warden *w = make_warden();
	uint32_t index;
	int err;

	w->config = config;
	w->pid = getpid();
	w->command_fd = command_fd;
	w->report_fd = report_fd;
	w->dir.fd = -1;
	err = set_up(w);
	w->message.sighting.index = WARDEN_READY;
	w->message.sighting.wait_status = err;
	send_message(w);
	while (err == 0 && io_read_all(command_fd, &index, sizeof(index)) == 1)
		run_case(w, index);
	dismiss(w);
	workdir_remove(&w->dir);
	_exit(0);
}
