// SPDX-License-Identifier: BSD-2-Clause
/*
 * Clients that leave in every way but the proper one, and what the server has
 * of them afterwards; and clients that stay and do nothing.
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
#include "probe/probe.h"
#include "probe/util_load.h"

#define VISITS 40		/* of each kind */
#define ROUNDS 3		/* a pool is full some day, a leak never */
#define AT_A_TIME 5		/* so that a pool of threads stays small */
#define FRAGMENTS 4
#define PATIENCE_MS 500

enum rudeness {
	SAYS_NOTHING,		/* closes once it was accepted */
	SAYS_HALF,		/* a part of a request */
	READS_NOTHING,		/* its answer lies unread: ECONNRESET */
	WAITS_FOR_NOTHING,	/* closes before the answer: EPIPE */
	ENDS_ITS_SIDE,		/* shutdown() without a request, then closes */
	N_RUDENESS,
};

static void be_rude(struct target *t, enum rudeness how)
{
	int64_t patience = clock_deadline_ms(PATIENCE_MS);
	int fd = client_enter(t);
	cleanup_talk struct talk talk = { .fd = -1 };
	struct pollfd p = { .fd = fd, .events = POLLIN };

	talk_begin(&talk, t, fd);
	talk_request(&talk);
	switch (how) {
	case SAYS_HALF:
		send(fd, talk.out.data, talk.out.len / 2,
		     MSG_NOSIGNAL | MSG_DONTWAIT);
		load_await_read(fd, patience);
		break;
	case READS_NOTHING:
		talk_send(&talk, patience);
		if (probe_has_answers())
			poll(&p, 1, PATIENCE_MS);
		break;
	case WAITS_FOR_NOTHING:
		talk_send(&talk, patience);
		break;
	case ENDS_ITS_SIDE:
		shutdown(fd, SHUT_WR);
		client_taken(t, patience);
		break;
	default:
		client_taken(t, patience);
	}
	SETUP(env_close(t->env, fd));
}

/* As many of each kind. */
static void break_off(struct target *t, int n)
{
	for (int how = 0; how < N_RUDENESS; how++) {
		for (int i = 0; i < n; i++) {
			be_rude(t, (enum rudeness)how);
			if (i % AT_A_TIME == 0)
				load_await_rest(t);
		}
	}
}

PROBE(resources, rude_clients_leave_nothing,
      .title = "Clients that break off leave no descriptor, thread or process",
      CLAUSES(server_releases, server_survives),
      .types = CONNECTED, .addrs = NAMED, .wants = WANTS_PROCESS,
      .intrusive = "connect some hundred times and break off",
      .why = "The ways out that no test of the server takes: one descriptor is "
	     "lost each time a client is killed, and after a month accept() "
	     "says EMFILE.",
      .repair = "One function that puts a client away, called for its end, for "
		"ECONNRESET, for EPIPE and for POLLHUP alike.",
      .explain = "40 clients each close without a word, after half a request, "
		 "with the answer unread, before the answer, and after "
		 "shutdown(). Then the server's processes are looked at in "
		 "/proc until they have what they had after the first round "
		 "of ten, or ten more at most. When they have more, it is done "
		 "twice again: a pool is full some day.")
{
	struct process_sum before, now;
	int err;

	for (int i = 0; i < 2 * N_RUDENESS; i++)
		be_rude(t, (enum rudeness)(i % N_RUDENESS));
	/* One that is served shows that those before it were seen. */
	client_visit_again(t, &err);
	load_look(t, &now);
	if (now.fds < 0)
		SKIP_CASE("the server's descriptors may not be looked at");
	for (int round = 1; round <= ROUNDS; round++) {
		before = now;
		break_off(t, env->valgrind ? 15 : VISITS);
		if (load_await_shrunk(t, &before, &now, round == ROUNDS))
			break;
	}
	FINDING(load_is_as_before(&before, &now),
		"200 clients break off, then count what the server has",
		"as much as before, or nearly",
		"descriptors %ld, then %ld; threads %ld, %ld; processes %ld, "
		"%ld; zombies %ld, %ld", before.fds, now.fds, before.threads,
		now.threads, before.processes, now.processes, before.zombies,
		now.zombies);
	client_still_served(t, "after clients that broke off");
}

PROBE(talk, a_fragment_is_forgotten,
      .title = "What a client left unfinished is no part of the next one's request",
      CLAUSES(server_answers_own, server_request_whole),
      .types = STREAM, .addrs = NAMED, .wants = WANTS_ANSWER,
      .intrusive = "close after half a request",
      .why = "The next client has the same descriptor number: a buffer that is "
	     "found by that number still has what the last one sent, and "
	     "the request is garbage, or somebody else's.",
      .repair = "Empty a connection's state when it is accepted, not when it "
		"ends well.")
{
	int err, fds[FRAGMENTS];
	enum fate fate;

	for (int i = 0; i < FRAGMENTS; i++) {
		cleanup_talk struct talk talk = { .fd = -1 };

		fds[i] = client_enter_beside(t);
		talk_begin(&talk, t, fds[i]);
		talk_request(&talk);
		send(fds[i], talk.out.data, talk.out.len / 2,
		     MSG_NOSIGNAL | MSG_DONTWAIT);
		/* Who serves one after the other reads none of the others. */
		load_await_read(fds[i], clock_deadline_ms(PATIENCE_MS));
	}
	for (int i = 0; i < FRAGMENTS; i++)
		SETUP(env_close(env, fds[i]));
	for (int i = 0; i < FRAGMENTS; i++) {
		fate = client_visit_again(t, &err);
		FINDING_ENDS(fate == FATE_SERVED,
			     "after 4 clients that left half a request, one "
			     "with a whole one", "its answer",
			     "the client %s", fate_say(fate, err));
	}
}

PROBE(resources, idle_clients_cost_nothing,
      .title = "Clients that are connected and do nothing keep no processor busy",
      CLAUSES(server_idle),
      .types = CONNECTED, .addrs = NAMED, .wants = WANTS_PROCESS,
      .tags = "report", .exclusive = true,
      .intrusive = "stay connected without a word, one of them half-closed",
      .why = "A client that ended its side is readable for ever, one that reads "
	     "has room for ever: a loop that watches for the wrong one of the "
	     "two runs without an end.",
      .repair = "Watch for POLLOUT only while something waits to be sent, and "
		"no more for POLLIN after read() gave 0.",
      .explain = "One client says nothing, one ended its side (shutdown()), "
		 "with --echo or --ask one had its answer and one did not "
		 "read it.")
{
	int fds[4], n = 0;

	for (; n < (probe_has_answers() ? 4 : 2); n++) {
		cleanup_talk struct talk talk = { .fd = -1 };

		fds[n] = client_enter_beside(t);
		talk_begin(&talk, t, fds[n]);
		if (n == 1)
			shutdown(fds[n], SHUT_WR);
		if (n == 2)
			talk_ask(&talk, clock_deadline_ms(PATIENCE_MS));
		if (n == 3) {
			talk_request(&talk);
			talk_send(&talk, clock_deadline_ms(PATIENCE_MS));
		}
	}
	load_judge_rest(t, "with idle clients");
	client_leave(t, fds, (size_t)n);
}
