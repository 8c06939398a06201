// SPDX-License-Identifier: BSD-2-Clause
/*
 * Each leaves as soon as it has its answer, in the order in which they came,
 * so that a server that serves one after the other comes to the next.
 */
#include "config.h"

#include "probe/group.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "probe/options.h"

#define LARGE 4096	/* a request that may not go out while nobody reads */

struct member {
	int fd;
	struct talk talk;
	enum fate fate;
	int err;
};

static void forgive(struct group *g, const struct member *m)
{
	if (g->fate != FATE_SERVED || m->fate == FATE_SERVED ||
	    m->fate == FATE_REFUSED || m->fate == FATE_DROPPED)
		return;
	g->fate = m->fate;
	g->err = m->err;
}

/* Connected and asked; false when there is no room, which ends the first. */
static bool enter(struct target *t, struct member *m, bool first)
{
	int64_t deadline = client_deadline();

	m->fd = client_connect(t, first ? deadline : clock_now_ns());
	if (m->fd < 0) {
		m->err = errno;
		m->fate = errno == EAGAIN ? FATE_TIMED_OUT : FATE_REFUSED;
		return first;
	}
	m->fate = FATE_SERVED;
	talk_begin(&m->talk, t, m->fd);
	if (probe_has_answers() || probe_options.type == SOCK_DGRAM) {
		talk_request(&m->talk);
		m->fate = talk_send(&m->talk, deadline);
		m->err = m->talk.err;
	} else {
		shutdown(m->fd, SHUT_WR);
	}
	return true;
}

static void await_answer(struct member *m, int64_t deadline_ns)
{
	/* It may have answered and closed while we were still sending. */
	if (m->fd < 0 || (m->fate != FATE_SERVED && m->fate != FATE_CLOSED))
		return;
	m->fate = talk_await(&m->talk, deadline_ns);
	m->err = m->talk.err;
}

/* Without a protocol: all were taken from the queue, and none dropped. */
static void look_taken(struct member *m, bool taken)
{
	char byte;

	if (m->fd < 0 || m->fate != FATE_SERVED)
		return;
	if (!taken)
		m->fate = FATE_SILENT;
	else if (probe_options.type != SOCK_DGRAM &&
		 recv(m->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 &&
		 errno == ECONNRESET)
		m->fate = FATE_DROPPED;
}

static void leave(struct member *m)
{
	if (m->fd < 0)
		return;
	talk_free(&m->talk);
	close(m->fd);
}

void group_visit(struct target *t, unsigned int n, struct group *ret)
{
	struct member members[GROUP_MAX] = { 0 };
	int64_t deadline = client_deadline();
	bool taken = false;

	*ret = (struct group){ .fate = FATE_SERVED };
	if (n > GROUP_MAX)
		n = GROUP_MAX;
	if (probe_options.has_ask && probe_options.ask.len > LARGE)
		n = 1;
	while (ret->n < n && enter(t, &members[ret->n], ret->n == 0))
		ret->n++;
	if (!probe_has_answers())
		taken = client_taken(t, client_deadline());
	for (unsigned int i = 0; i < ret->n; i++) {
		if (probe_has_answers())
			await_answer(&members[i], deadline);
		else
			look_taken(&members[i], taken);
		ret->served += members[i].fate == FATE_SERVED;
		forgive(ret, &members[i]);
		/* Where one waited in vain the others have waited as well. */
		if (ret->fate == FATE_SERVED)
			deadline = client_deadline();
		leave(&members[i]);
	}
}
