// SPDX-License-Identifier: BSD-2-Clause
/*
 * The checker's side of the wardens.  Each warden gets one case more than it
 * runs, so that it does not wait for us between two.  A warden that dies is
 * replaced; the case it was running is reported as one that killed it, the
 * case it had in reserve is given out again.
 *
 * Where several are wanted there is one more, for the cases that do little but
 * wait for a time limit: they would keep a processor idle.
 */
#include "config.h"

#include "harness/executor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/die.h"
#include "base/io.h"
#include "harness/audit.h"
#include "harness/check.h"
#include "harness/plan.h"

#define RESERVE 2	/* cases a warden has at most: one runs, one waits */

struct slot {
	pid_t pid;
	int command_fd;
	int report_fd;
	uint32_t given[RESERVE];
	unsigned int n_given;
	size_t next, end;	/* cases of the plan that are its to run */
	struct buf in;		/* bytes of a message that is not whole yet */
};

struct executor {
	const struct warden_config *config;
	struct slot *slots;
	unsigned int n_slots;
	const struct slot *waiter;	/* the one for those that wait, or NULL */
	sigset_t wait_mask;
	/* of the run that goes on */
	const bool *wanted;
	executor_seen *seen;
	void *arg;
	const volatile int *stop;
	size_t next[2];		/* first case that is nobody's yet: [waits] */
	bool exclusive;		/* the exclusive ones are at their turn */
	uint32_t *again;	/* cases to give out again */
	size_t n_again;
};

static void close_others(int a, int b)
{
	for (int fd = 3; fd < 256; fd++) {
		if (fd != a && fd != b)
			close(fd);
	}
}

static void start_slot(struct executor *ex, struct slot *slot)
{
	int command[2], report[2];

	if (pipe2(command, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0)
		die(EXIT_CHECKER, "cannot make a pipe: %s", strerror(errno));
	fflush(NULL);
	slot->pid = fork();
	if (slot->pid < 0)
		die(EXIT_CHECKER, "cannot start a process: %s", strerror(errno));
	if (slot->pid == 0) {
		close_others(command[0], report[1]);
		warden_main(ex->config, command[0], report[1]);
	}
	setpgid(slot->pid, slot->pid);
	close(command[0]);
	close(report[1]);
	slot->command_fd = command[1];
	slot->report_fd = report[0];
	slot->n_given = 0;
	buf_clear(&slot->in);
}

/* Its first message says whether it can work at all. */
static void await_ready(struct executor *ex, struct slot *slot)
{
	struct sighting s;

	if (io_read_all(slot->report_fd, &s, sizeof(s)) != 1)
		die(EXIT_CHECKER, "a warden process ended at its start");
	if (s.wait_status)
		die(EXIT_CHECKER, "cannot work in %s: %s", ex->config->base_dir,
		    strerror(s.wait_status));
}

static void on_child(int sig)
{
	(void)sig;
}

struct executor *executor_start(const struct warden_config *config,
				unsigned int jobs)
{
	struct executor *ex = xcalloc(1, sizeof(*ex));
	struct sigaction sa = { .sa_handler = on_child };

	ex->config = config;
	ex->n_slots = jobs > 1 ? jobs + 1 : jobs;
	ex->slots = xcalloc(ex->n_slots, sizeof(*ex->slots));
	ex->waiter = jobs > 1 ? &ex->slots[jobs] : NULL;
	/* Should a warden be killed, its cases come to us. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* What cannot be written is an error, and no reason to die. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigaction(SIGCHLD, &sa, NULL);
	sigprocmask(SIG_SETMASK, NULL, &ex->wait_mask);
	sigdelset(&ex->wait_mask, SIGINT);
	sigdelset(&ex->wait_mask, SIGTERM);
	sigdelset(&ex->wait_mask, SIGHUP);
	for (unsigned int i = 0; i < ex->n_slots; i++)
		start_slot(ex, &ex->slots[i]);
	for (unsigned int i = 0; i < ex->n_slots; i++)
		await_ready(ex, &ex->slots[i]);
	return ex;
}

/*
 * All cases of one check go to one warden, which can then run them in one
 * process.  False when none are left.
 */
static bool take_check(struct executor *ex, struct slot *slot, bool waits)
{
	const struct plan *plan = ex->config->plan;
	size_t i = ex->next[waits];

	while (i < plan->n && plan->cases[i].check->waits != waits)
		i++;
	slot->next = i;
	while (i < plan->n && plan->cases[i].check == plan->cases[slot->next].check)
		i++;
	slot->end = ex->next[waits] = i;
	return slot->next < slot->end;
}

/* Towards the end of the run: the second half of what another has to do. */
static bool take_share(struct executor *ex, struct slot *slot)
{
	struct slot *most = slot;

	for (unsigned int i = 0; i < ex->n_slots; i++) {
		struct slot *other = &ex->slots[i];

		if (other->end - other->next > most->end - most->next)
			most = other;
	}
	if (most->end - most->next < 2)
		return false;
	slot->end = most->end;
	slot->next = most->end -= (most->end - most->next) / 2;
	return true;
}

static bool take_more(struct executor *ex, struct slot *slot)
{
	if (slot == ex->waiter)
		return take_check(ex, slot, true);
	return take_check(ex, slot, false) || take_check(ex, slot, true) ||
	       take_share(ex, slot);
}

/* The next case for a warden, or false when there is none now. */
static bool next_case(struct executor *ex, struct slot *slot,
		      uint32_t *ret_index)
{
	const struct plan *plan = ex->config->plan;

	if (*ex->stop)
		return false;
	if (ex->n_again > 0 && slot != ex->waiter) {
		*ret_index = ex->again[--ex->n_again];
		return true;
	}
	do {
		while (slot->next < slot->end) {
			size_t i = slot->next++;

			if (!ex->wanted[i] ||
			    plan->cases[i].check->exclusive != ex->exclusive)
				continue;
			*ret_index = (uint32_t)i;
			return true;
		}
	} while (take_more(ex, slot));
	return false;
}

static void feed(struct executor *ex, struct slot *slot)
{
	uint32_t index;

	while (slot->n_given < RESERVE && next_case(ex, slot, &index)) {
		slot->given[slot->n_given++] = index;
		/* A dead warden shows on its other pipe. */
		io_write_all(slot->command_fd, &index, sizeof(index));
	}
}

static void take_message(struct executor *ex, struct slot *slot,
			 const struct sighting *s, const char *data)
{
	if (slot->n_given) {
		slot->n_given--;
		memmove(slot->given, slot->given + 1,
			slot->n_given * sizeof(slot->given[0]));
	}
	ex->seen(ex->arg, s, data, data + s->rec_len);
}

static void replace(struct executor *ex, struct slot *slot)
{
	struct sighting s = { .wait_status = SIGKILL };
	static unsigned int deaths;
	int status = 0;

	close(slot->command_fd);
	close(slot->report_fd);
	waitpid(slot->pid, &status, 0);
	if (++deaths > 100)
		die(EXIT_CHECKER, "a warden process ended unexpectedly");
	audit_children(0, NULL, NULL);
	snprintf(s.call, sizeof(s.call), "its warden was killed");
	if (slot->n_given) {
		s.index = slot->given[0];
		s.wait_status = status;
		ex->seen(ex->arg, &s, "", "");
	}
	for (unsigned int i = 1; i < slot->n_given; i++) {
		ex->again = xreallocarray(ex->again, ex->n_again + 1,
					  sizeof(*ex->again));
		ex->again[ex->n_again++] = slot->given[i];
	}
	start_slot(ex, slot);
	await_ready(ex, slot);
}

static void read_slot(struct executor *ex, struct slot *slot)
{
	char chunk[65536];
	struct sighting s;
	ssize_t n = read(slot->report_fd, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		replace(ex, slot);
		return;
	}
	buf_add(&slot->in, chunk, (size_t)n);
	while (slot->in.len >= sizeof(s)) {
		memcpy(&s, slot->in.data, sizeof(s));
		if (slot->in.len < sizeof(s) + s.rec_len + s.out_len)
			break;
		take_message(ex, slot, &s, slot->in.data + sizeof(s));
		buf_drop(&slot->in, sizeof(s) + s.rec_len + s.out_len);
	}
}

/* All cases of one kind; exclusive ones through the first warden alone. */
static void run_kind(struct executor *ex, bool exclusive)
{
	unsigned int n = exclusive ? 1 : ex->n_slots;
	struct pollfd *fds = xcalloc(ex->n_slots, sizeof(*fds));

	ex->exclusive = exclusive;
	ex->next[false] = ex->next[true] = 0;
	for (;;) {
		bool busy = false;

		for (unsigned int i = 0; i < n; i++) {
			feed(ex, &ex->slots[i]);
			busy |= ex->slots[i].n_given > 0;
		}
		if (!busy || *ex->stop)
			break;
		for (unsigned int i = 0; i < n; i++)
			fds[i] = (struct pollfd){ .fd = ex->slots[i].report_fd,
						  .events = POLLIN };
		if (ppoll(fds, n, NULL, &ex->wait_mask) < 0)
			continue;
		for (unsigned int i = 0; i < n; i++) {
			if (fds[i].revents)
				read_slot(ex, &ex->slots[i]);
		}
	}
	free(fds);
}

static bool of_servers(const struct plan *plan)
{
	return plan->n && plan->cases[0].check->subject == SUBJECT_SERVER;
}

int executor_run(struct executor *ex, const bool *wanted, executor_seen *seen,
		 void *arg, const volatile int *stop)
{
	bool last;

	ex->wanted = wanted;
	ex->seen = seen;
	ex->arg = arg;
	ex->stop = stop;
	/*
	 * A report in plan order waits for what comes last, so that is what may
	 * run beside others; but a server may not outlive what needs it alone.
	 */
	last = of_servers(ex->config->plan);
	run_kind(ex, !last);
	run_kind(ex, last);
	return *stop;
}

void executor_stop(struct executor *ex)
{
	for (unsigned int i = 0; i < ex->n_slots; i++) {
		close(ex->slots[i].command_fd);
		close(ex->slots[i].report_fd);
	}
	for (unsigned int i = 0; i < ex->n_slots; i++) {
		waitpid(ex->slots[i].pid, NULL, 0);
		buf_free(&ex->slots[i].in);
	}
	free(ex->again);
	free(ex->slots);
	free(ex);
}
