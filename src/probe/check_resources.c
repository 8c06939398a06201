// SPDX-License-Identifier: BSD-2-Clause
/*
 * What clients leave behind in a server: descriptors, threads, processes,
 * zombies, memory.  Looked at in /proc, when all of them are gone.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/names.h"
#include "harness/child.h"
#include "probe/group.h"
#include "probe/probe.h"
#include "probe/util_load.h"

#define WARM_UP 64
#define VISITS 1000
#define LEAST_VISITS 100
#define ROUNDS 3		/* a pool is full some day, a leak never */
#define FEW 8			/* at a time: a pool of threads grows no more */
#define MANY GROUP_MAX		/* at a time, where pools do not matter */
#define BATCHES 12
#define BATCH 500
#define GROWTH_KB 64		/* a batch: 131 bytes a client */
#define N_RIGHTS 24

/* Those that came, and what became of the last. */
struct visitors {
	unsigned int n;
	enum fate fate;
	int err;
	bool in_time;
};

/*
 * A few at a time, or one where others beside it are turned away, until one is
 * not served even alone, or the time is up, as with a server that makes a
 * process for each.
 */
static bool visit_many(struct target *t, unsigned int n, unsigned int together,
		       int64_t enough_ns, struct visitors *v)
{
	*v = (struct visitors){ .fate = FATE_SERVED, .in_time = true };
	while (v->n < n) {
		unsigned int some = n - v->n < together ? n - v->n : together;
		struct group g;

		verb_begin(VERB_SETUP, "clients come, a few at a time", HERE);
		group_visit(t, some, &g);
		v->n += g.n;
		if (g.fate != FATE_SERVED)
			together = 1;
		if (g.fate != FATE_SERVED || g.served == 0) {
			verb_begin(VERB_SETUP, "a client comes alone", HERE);
			v->fate = client_visit_again(t, &v->err);
		}
		if (v->fate != FATE_SERVED || !target_lives(t))
			return false;
		if (together <= FEW)
			load_await_rest(t);
		v->in_time = v->n < LEAST_VISITS || clock_now_ns() < enough_ns;
		if (!v->in_time) {
			NOTE("%u clients came, then the time was up", v->n);
			return false;
		}
	}
	return true;
}

static void judge_visits(struct target *t, const struct visitors *v)
{
	verb_begin(VERB_ASSERT, "clients come, a few at a time", HERE);
	finding(target_lives(t), "the server lives",
		"it ended (%s) after %u clients", server_say_end(&t->server),
		v->n);
	verb_begin(VERB_ASSERT, "clients come, a few at a time", HERE);
	finding(v->fate == FATE_SERVED, "each is served",
		"client %u, alone, %s", v->n, fate_say(v->fate, v->err));
}

static unsigned int visits(const struct env *env)
{
	return env->valgrind ? 100 : VISITS * env->volume;
}

static void judge_growth(const char *what, long before, long now)
{
	verb_begin(VERB_EXPECT, "count what the server has when its clients are "
				"gone", HERE);
	finding(now <= before + LOAD_TOLERANCE, "as many as before, or nearly",
		"%s: %ld before, %ld after", what, before, now);
}

PROBE(resources, clients_leave_nothing,
      .title = "1,000 clients leave no descriptor, thread, process or zombie",
      CLAUSES(server_releases),
      .types = ANY_TYPE, .addrs = NAMED, .wants = WANTS_PROCESS,
      .intrusive = "connect a thousand times",
      .why = "One descriptor a client, and after a thousand clients accept() "
	     "says EMFILE: the server runs and serves nobody.",
      .repair = "close() what accept() gave on every way out, errors too; "
		"join or detach threads; reap children (waitpid() until none "
		"is left, or SIGCHLD ignored).",
      .explain = "After 64 clients to warm up the server's processes are looked "
		 "at in /proc, and again after 1,000 more, when it has had "
		 "time to put away. Ten of each are let pass, and when there "
		 "are more, two times 1,000 clients more have to leave as many "
		 "again: pools grow, but not for ever.")
{
	struct process_sum before, now;
	int64_t enough = clock_deadline_ms(child_limit_ms() * 2);
	struct visitors v;

	visit_many(t, WARM_UP, FEW, enough, &v);
	judge_visits(t, &v);
	load_look(t, &now);
	if (now.fds < 0)
		SKIP_CASE("the server's descriptors may not be looked at");
	for (int round = 1; round <= ROUNDS; round++) {
		before = now;
		visit_many(t, visits(env), FEW, enough, &v);
		if (load_await_shrunk(t, &before, &now, round == ROUNDS) ||
		    v.fate != FATE_SERVED ||
		    load_grew_by(&before, &now, visits(env) / 2))
			break;
	}
	judge_growth("descriptors", before.fds, now.fds);
	judge_growth("threads", before.threads, now.threads);
	judge_growth("processes", before.processes, now.processes);
	judge_growth("zombies", before.zombies, now.zombies);
	judge_visits(t, &v);
}

static long memory_kb(struct target *t,
		      long (*sum)(const struct process_list *list))
{
	cleanup_processes struct process_list all = PROCESS_LIST_NULL;

	target_tree(t, &all);
	return sum(&all);
}

PROBE(resources, memory_stops_growing,
      .title = "Memory stops growing although clients keep coming",
      CLAUSES(server_releases),
      .types = ANY_TYPE, .addrs = NAMED, .wants = WANTS_PROCESS,
      .tags = "report", .exclusive = true,
      .intrusive = "connect up to six thousand times",
      .why = "A few bytes a client are an outage a month.",
      .repair = "Run it under valgrind or a leak sanitizer with a few hundred "
		"clients; look at what is kept by connection and never given "
		"up: tables by descriptor, logs, caches without a bound.",
      .explain = "Clients come in batches of 500, up to 32 at a time. The check "
		 "passes with the first batch in which resident memory grows by "
		 "less than 64 KiB, and fails when all of twelve grew it by "
		 "more, 131 bytes a client at least. A collector that is in no "
		 "hurry fills the heap that it began with: where nothing was "
		 "mapped for what was used, nothing is said; a larger --volume "
		 "may tell.")
{
	unsigned int batch = env->valgrind ? 50 : BATCH, n = 0;
	int64_t enough = clock_deadline_ms(child_limit_ms() * 3);
	long first, before, now, writable;
	struct visitors v;

	visit_many(t, WARM_UP, MANY, enough, &v);
	judge_visits(t, &v);
	first = now = memory_kb(t, process_resident_kb);
	writable = memory_kb(t, process_writable_kb);
	for (; n < BATCHES * env->volume; n++) {
		before = now;
		visit_many(t, batch, MANY, enough, &v);
		judge_visits(t, &v);
		if (!v.in_time)
			SKIP_CASE("too slow for as many clients as it takes");
		now = memory_kb(t, process_resident_kb);
		if (now < before + GROWTH_KB)
			break;
	}
	NOTE("%ld KiB resident, %ld KiB after %u clients", first, now,
	     (n < BATCHES * env->volume ? n + 1 : n) * batch);
	if (n == BATCHES * env->volume &&
	    memory_kb(t, process_writable_kb) - writable < (now - first) / 2)
		SKIP_CASE("it fills memory that it had before they came, as a "
			  "collector does");
	FINDING(n < BATCHES * env->volume, "clients in batches of 500",
		"some batch does not make the server larger",
		"each of %u did: %ld KiB at first, %ld KiB at last", n, first,
		now);
}

/* A request, and the descriptor n times with it; as sendmsg(). */
static ssize_t send_rights(struct target *t, int fd, int right, size_t n)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * 16)];
	} control = { .bytes = { 0 } };
	cleanup_talk struct talk talk = { .fd = -1 };
	struct iovec iov;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = &control };
	struct cmsghdr *c = &control.align;
	int fds[16];

	talk_begin(&talk, t, fd);
	talk_request(&talk);
	for (size_t i = 0; i < n; i++)
		fds[i] = right;
	iov = (struct iovec){ talk.out.data, talk.out.len };
	msg.msg_controllen = CMSG_SPACE(sizeof(int) * n);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * n);
	memcpy(CMSG_DATA(c), fds, sizeof(int) * n);
	if (probe_options.type == SOCK_DGRAM) {
		msg.msg_name = &t->addr.sa;
		msg.msg_namelen = t->addr.len;
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

/* By a client that comes again when the server loses its queue. */
static int give_rights(struct target *t, int right, size_t n)
{
	int64_t deadline = client_deadline();

	for (unsigned int round = 0;; round++) {
		int fd = client_enter(t);

		if (send_rights(t, fd, right, n) > 0)
			return fd;
		if ((errno != EPIPE && errno != ECONNRESET) ||
		    !target_lives(t) || clock_now_ns() > deadline)
			BROKEN("sendmsg(): %s", name_errno(errno));
		SETUP(env_close(t->env, fd));
		probe_pause(round);
	}
}

static int count_open(struct pollfd *ends, int n)
{
	int open = 0;

	poll(ends, (nfds_t)n, 0);
	for (int i = 0; i < n; i++)
		open += !(ends[i].revents & POLLHUP);
	return open;
}

PROBE(resources, descriptors_sent_unasked_are_closed,
      .title = "Descriptors that clients send unasked do not stay open",
      CLAUSES(server_rights_closed, unix7_scm_rights, unix7_rights_truncated),
      .types = ANY_TYPE, .addrs = NAMED,
      .intrusive = "send descriptors that nobody asked for",
      .why = "Whoever may connect can fill the server's table of descriptors: "
	     "each one it was sent stays open, unseen.",
      .repair = "Receive with recv() or read(): the kernel then closes what "
		"came along. With recvmsg() and room for control messages, "
		"close every descriptor in them that is not wanted, also when "
		"MSG_CTRUNC says that some are missing.",
      .explain = "The write end of a pipe goes to the server, once or ten times "
		 "in a message, and is closed here; the client leaves. When "
		 "nobody has it any more the read end hangs up.")
{
	struct pollfd ends[N_RIGHTS];
	int64_t deadline;
	int open;

	for (int i = 0; i < N_RIGHTS; i++) {
		int fd, pipe_fd[2];

		SETUP(env_pipe(env, pipe_fd));
		fd = give_rights(t, pipe_fd[1], i % 3 == 2 ? 10 : 1);
		SETUP(env_close(env, pipe_fd[1]));
		ends[i] = (struct pollfd){ .fd = pipe_fd[0] };
		/* Read before the client leaves, so that it was received. */
		client_taken(t, clock_deadline_ms(1000));
		load_await_read(fd, clock_deadline_ms(1000));
		client_leave(t, &fd, 1);
	}
	deadline = client_deadline();
	for (unsigned int round = 0; (open = count_open(ends, N_RIGHTS)); round++) {
		if (clock_now_ns() > deadline)
			break;
		probe_pause(round);
	}
	FINDING(open == 0, "24 clients send descriptors and leave",
		"the server holds none of them", "it still holds %d", open);
	client_still_served(t, "after descriptors that nobody asked for");
}
