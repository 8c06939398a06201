// SPDX-License-Identifier: BSD-2-Clause
/*
 * Time is up when nobody was served for as long as one may take: a server that
 * is slow, on a machine that is busy, gets on all the same.
 *
 * Without a protocol a client cannot know that it was accepted: it half-closes
 * and stays until the queue is seen empty, then looks whether it was dropped.
 */
#include "config.h"

#include "probe/crowd.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/names.h"
#include "harness/blocked.h"
#include "harness/check.h"
#include "probe/options.h"
#include "probe/socket_table.h"

#define STACK_SIZE (512 * 1024)

struct member {
	struct target *target;
	pthread_t thread;
	_Atomic int tid;
	_Atomic bool arrived;	/* connected, or failed to */
	enum fate fate;
	int err;
};

static struct member *members;
static size_t n_members;
static _Atomic int64_t deadline_ns;
static _Atomic bool all_taken;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;	/* all at once */

static int64_t deadline(void)
{
	return atomic_load(&deadline_ns);
}

static void get_on(void)
{
	atomic_store(&deadline_ns, client_deadline());
}

/* Until the crowd's leader has seen the queue empty, or something came. */
static enum fate stay(int fd, int *err)
{
	char byte;

	shutdown(fd, SHUT_WR);
	for (;;) {
		bool taken = atomic_load(&all_taken);
		ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);

		*err = n < 0 ? errno : 0;
		if (n < 0 && errno == ECONNRESET)
			return FATE_DROPPED;
		if (taken || n >= 0)
			return FATE_SERVED;
		if (clock_now_ns() > deadline())
			return FATE_SILENT;
		probe_pause(40);
	}
}

static enum fate visit(struct member *m, int fd)
{
	struct talk talk;
	enum fate fate;

	talk_begin(&talk, m->target, fd);
	if (probe_has_answers()) {
		fate = talk_ask(&talk, deadline());
		while (fate == FATE_SILENT && clock_now_ns() < deadline())
			fate = talk_await(&talk, deadline());
	} else if (probe_options.type == SOCK_DGRAM) {
		talk_request(&talk);
		fate = talk_send(&talk, deadline());
	} else {
		talk_free(&talk);
		return stay(fd, &m->err);
	}
	m->err = talk.err;
	talk_free(&talk);
	return fate;
}

static void *live(void *arg)
{
	struct member *m = arg;
	cleanup_close int fd = -1;

	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	atomic_store(&m->tid, (int)syscall(SYS_gettid));
	do
		fd = client_connect(m->target, deadline());
	while (fd < 0 && errno == EAGAIN && clock_now_ns() < deadline());
	m->err = fd < 0 ? errno : 0;
	atomic_store(&m->arrived, true);
	if (fd >= 0)
		get_on();
	if (fd >= 0)
		m->fate = visit(m, fd);
	else
		m->fate = m->err == EAGAIN ? FATE_TIMED_OUT : FATE_REFUSED;
	if (m->fate == FATE_SERVED)
		get_on();
	return NULL;
}

void crowd_begin(struct target *t, size_t n)
{
	pthread_attr_t attr;

	get_on();
	atomic_store(&all_taken, false);
	n_members = n;
	members = xcalloc(n, sizeof(*members));
	pthread_mutex_lock(&gate);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (size_t i = 0; i < n; i++) {
		int err;

		members[i].target = t;
		err = pthread_create(&members[i].thread, &attr, live,
				     &members[i]);
		if (err)
			BROKEN("cannot start a thread: %s", name_errno(err));
	}
	pthread_attr_destroy(&attr);
	get_on();
	pthread_mutex_unlock(&gate);
}

static bool has_settled(const struct member *m)
{
	int tid = atomic_load(&m->tid);

	return atomic_load(&m->arrived) ||
	       (tid && blocked_look(getpid(), tid, -1) == BLOCKED_YES);
}

void crowd_await_queued(struct target *t)
{
	(void)t;
	for (size_t i = 0; i < n_members; i++) {
		for (unsigned int round = 0; !has_settled(&members[i]); round++) {
			if (clock_now_ns() > deadline())
				return;
			probe_pause(round);
		}
	}
}

static bool all_arrived(void)
{
	for (size_t i = 0; i < n_members; i++) {
		if (!atomic_load(&members[i].arrived))
			return false;
	}
	return true;
}

/* The queue gets shorter, and at last empty. */
static void await_taken(struct target *t)
{
	uint32_t least = UINT32_MAX;

	for (unsigned int round = 0; clock_now_ns() < deadline(); round++) {
		struct socket_entry e;
		int r = socket_at(&t->addr, &e);

		if (r < 0 || (r == 1 && e.waiting == 0 &&
			      (e.listens || e.type == SOCK_DGRAM))) {
			atomic_store(&all_taken, true);
			return;
		}
		if (r == 1 && e.waiting < least) {
			least = e.waiting;
			get_on();
		}
		probe_pause(round);
	}
}

void crowd_end(struct target *t, struct crowd *ret)
{
	*ret = (struct crowd){ .n = n_members, .first = FATE_SERVED };
	for (unsigned int round = 0; !all_arrived(); round++)
		probe_pause(round);
	if (!probe_has_answers())
		await_taken(t);
	for (size_t i = 0; i < n_members; i++) {
		struct member *m = &members[i];

		pthread_join(m->thread, NULL);
		ret->fates[m->fate]++;
		if (m->fate != FATE_SERVED && ret->first == FATE_SERVED) {
			ret->first = m->fate;
			ret->err = m->err;
		}
	}
	free(members);
	members = NULL;
	n_members = 0;
}

void crowd_judge(const struct crowd *crowd, const char *did)
{
	cleanup_buf struct buf got = BUF_NULL;

	verb_begin(VERB_EXPECT, did, HERE);
	buf_printf(&got, "%zu of %zu were served", crowd->fates[FATE_SERVED],
		   crowd->n);
	for (int f = 1; f < N_FATE; f++) {
		if (crowd->fates[f])
			buf_printf(&got, "; %zu: each %s", crowd->fates[f],
				   fate_say((enum fate)f,
					    f == (int)crowd->first ?
						    crowd->err : 0));
	}
	finding(crowd->fates[FATE_SERVED] == crowd->n, "each of them is served",
		"%s", got.data);
}
