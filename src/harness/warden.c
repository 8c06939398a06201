// SPDX-License-Identifier: BSD-2-Clause
/*
 * The two pipes towards the case live as long as the warden; records carry
 * the serial of their case, so what a straggler writes late is known.
 *
 * SIGCHLD is blocked but for the time in ppoll(), which therefore returns
 * when the case ends and never misses it.
 */
#include "config.h"

#include "harness/warden.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "harness/audit.h"
#include "harness/blocked.h"
#include "harness/check.h"
#include "harness/plan.h"
#include "harness/record.h"

#define OUTPUT_MAX (64 * 1024)	/* kept of what one case prints */
#define RECORDS_MAX (256 * 1024)
#define TICK_MS 500		/* how often a hang is looked for, at least */

struct warden {
	const struct warden_config *config;
	int command_fd;
	int report_fd;
	char dir[108];
	int dir_fd;
	int result[2];		/* read end, write end */
	int output[2];
	struct case_page *page;
	struct child_config child;	/* of the case that runs */
	const struct check *late;	/* was late the last time it ran */
	uint32_t serial;
	struct buf records;
	struct buf printed;
	bool output_cut;
	sigset_t wait_mask;
};

static void on_child(int sig)
{
	(void)sig;
}

static bool set_nonblock(int fd)
{
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0;
}

/* A directory in which a socket can be bound and a byte be written. */
static int make_dir(struct warden *w)
{
	char byte = 'x';
	int fd, err = 0;

	if ((size_t)snprintf(w->dir, sizeof(w->dir), "%s/sockspec-XXXXXX",
			     w->config->base_dir) >= sizeof(w->dir))
		return ENAMETOOLONG;
	if (!mkdtemp(w->dir))
		return errno;
	w->dir_fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->dir_fd < 0)
		return errno;
	fd = openat(w->dir_fd, "probe", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, &byte, 1) != 1)
		err = errno;
	if (fd >= 0)
		close(fd);
	unlinkat(w->dir_fd, "probe", 0);
	return err;
}

static void remove_dir(struct warden *w)
{
	if (w->dir_fd >= 0)
		audit_dir(w->dir_fd, NULL, NULL);
	rmdir(w->dir);
}

static int set_up(struct warden *w)
{
	struct sigaction sa = { .sa_handler = on_child };
	sigset_t block;
	int err;

	setpgid(0, 0);
	/* The reaper of whatever a case leaves; old kernels have none. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, NULL);
	sigemptyset(&w->wait_mask);
	sigaction(SIGCHLD, &sa, NULL);
	/* Ctrl-C is the executor's affair; it closes our pipe. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	err = make_dir(w);
	if (err)
		return err;
	if (pipe2(w->result, O_CLOEXEC) < 0 || pipe2(w->output, O_CLOEXEC) < 0)
		return errno;
	if (!set_nonblock(w->result[0]) || !set_nonblock(w->output[0]))
		return errno;
	w->page = mmap(NULL, sizeof(*w->page), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return w->page == MAP_FAILED ? errno : 0;
}

/* All that is in the pipe now, up to a limit; the rest is read and lost. */
static bool drain(int fd, struct buf *into, size_t max)
{
	char chunk[4096];
	bool cut = false;
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		size_t room = max > into->len ? max - into->len : 0;

		if ((size_t)n > room)
			cut = true;
		buf_add(into, chunk, (size_t)n < room ? (size_t)n : room);
	}
	return cut;
}

static void drain_both(struct warden *w)
{
	drain(w->result[0], &w->records, RECORDS_MAX);
	w->output_cut |= drain(w->output[0], &w->printed, OUTPUT_MAX);
}

static pid_t fork_case(struct warden *w, const struct plan_case *pc)
{
	struct child_setup setup = {
		.config = &w->child, .pc = pc, .page = w->page,
		.serial = w->serial, .parent = getpid(), .dir_fd = w->dir_fd,
		.result_fd = w->result[1], .output_fd = w->output[1],
	};
	pid_t pid = fork();

	if (pid == 0)
		child_run(&setup);
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
	remove_dir(w);
	_exit(0);
}

/*
 * Wait for the case to end; kill it when its time, or that of one call, is
 * up.  Returns its wait status.
 */
static int watch(struct warden *w, pid_t pid, const struct plan_case *pc,
		 struct sighting *s)
{
	const struct child_config *config = &w->child;
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
			{ .fd = w->result[0], .events = POLLIN },
			{ .fd = w->output[0], .events = POLLIN },
			{ .fd = w->command_fd, .events = 0 },
		};
		struct timespec tick = { .tv_nsec = tick_ms * NS_PER_MS };
		uint32_t calls;
		int64_t now;

		if (clock_left_ms(deadline) < tick_ms)
			tick.tv_nsec = (clock_left_ms(deadline) + 1) * NS_PER_MS;
		ppoll(p, 3, &tick, &w->wait_mask);
		if (p[2].revents & (POLLHUP | POLLERR))
			give_up(w, pid);
		drain_both(w);
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		if (killed)
			continue;
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
	struct record r = { .serial = w->serial, .kind = RECORD_LEAK,
			    .expected = what };

	record_write(w->result[1], &r);
	drain_both(w);
}

/*
 * Names that env_addr() hands out are the harness's to remove, whichever
 * process of the case bound them.
 */
static void add_file_leak(void *arg, const char *what)
{
	unsigned int n;
	char rest;

	if (sscanf(what, "file s%u%c", &n, &rest) != 1)
		add_leak(arg, what);
}

/* Did the body return, so that what lies about is its leak? */
static bool is_complete(const struct warden *w)
{
	const char *p = w->records.data;
	size_t left = w->records.len;
	struct record r;
	long n;

	while (left && (n = record_parse(p, left, &r)) > 0) {
		if (r.kind == RECORD_DONE && r.serial == w->serial &&
		    strcmp(r.expected, "complete") == 0)
			return true;
		p += n;
		left -= (size_t)n;
	}
	return false;
}

/* Did it wait in vain, and be it for a call that it did not have killed? */
static bool was_late(const struct warden *w, const struct plan_case *pc,
		     int64_t begin)
{
	int64_t limit_ms = case_timeout_ms(pc, &w->child) / 4;

	return !is_complete(w) && clock_now_ns() - begin >= limit_ms * NS_PER_MS;
}

/* As it was made, whatever the case did to it. */
static void reset_dir(struct warden *w)
{
	struct stat st;

	if (fstat(w->dir_fd, &st) < 0)
		return;
	if (st.st_uid != geteuid() &&
	    fchown(w->dir_fd, geteuid(), getegid()) < 0)
		return;
	if ((st.st_mode & 07777) != 0700)
		fchmod(w->dir_fd, 0700);
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
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "sockspec-%d-%u-", (int)getpid(),
		 w->serial);
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

static void audit_case(struct warden *w, pid_t pid)
{
	audit_found *found = is_complete(w) ? add_leak : NULL;

	audit_children(pid, found, w);
	audit_dir(w->dir_fd, found ? add_file_leak : NULL, w);
	reset_dir(w);
	if (found && atomic_load(&w->page->abstract_used))
		audit_names(w);
	drain_both(w);
}

static void send_sighting(struct warden *w, struct sighting *s)
{
	s->rec_len = (uint32_t)w->records.len;
	s->out_len = (uint32_t)w->printed.len;
	if (io_write_all(w->report_fd, s, sizeof(*s)) < 0 ||
	    io_write_all(w->report_fd, w->records.data, w->records.len) < 0 ||
	    io_write_all(w->report_fd, w->printed.data, w->printed.len) < 0) {
		remove_dir(w);
		_exit(0);
	}
}

static void run_case(struct warden *w, uint32_t index)
{
	const struct plan_case *pc = &w->config->plan->cases[index];
	struct sighting s = { .index = index };
	int64_t begin = clock_now_ns();
	pid_t pid;

	w->serial++;
	w->output_cut = false;
	buf_clear(&w->records);
	buf_clear(&w->printed);
	memset(w->page, 0, sizeof(*w->page));
	w->child = w->config->child;
	w->child.hasty = w->late == pc->check;
	pid = fork_case(w, pc);
	if (pid < 0) {
		struct record r = { .serial = w->serial, .kind = RECORD_BROKEN,
				    .expected = "fork() failed" };

		record_write(w->result[1], &r);
	} else {
		s.wait_status = watch(w, pid, pc, &s);
		if (was_late(w, pc, begin))
			w->late = pc->check;
		audit_case(w, pid);
	}
	drain_both(w);
	s.serial = w->serial;
	s.output_cut = w->output_cut;
	s.verb = (uint8_t)atomic_load(&w->page->verb);
	memcpy(s.call, w->page->call, sizeof(s.call) - 1);
	memcpy(s.where, w->page->where, sizeof(s.where) - 1);
	s.duration_us = (uint64_t)(clock_now_ns() - begin) / 1000;
	send_sighting(w, &s);
}

void warden_main(const struct warden_config *config, int command_fd,
		 int report_fd)
{
	struct warden w = {
		.config = config, .command_fd = command_fd,
		.report_fd = report_fd, .dir_fd = -1,
		.records = BUF_NULL, .printed = BUF_NULL,
	};
	struct sighting ready = { .index = WARDEN_READY };
	uint32_t index;

	ready.wait_status = set_up(&w);
	send_sighting(&w, &ready);
	while (ready.wait_status == 0 &&
	       io_read_all(command_fd, &index, sizeof(index)) == 1)
		run_case(&w, index);
	remove_dir(&w);
	buf_free(&w.records);
	buf_free(&w.printed);
	munmap(w.page, sizeof(*w.page));
	_exit(0);
}
