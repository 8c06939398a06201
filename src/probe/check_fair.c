// SPDX-License-Identifier: BSD-2-Clause
/*
 * One client beside others: whatever it does not do, they are served.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "probe/probe.h"

#define UNREAD_MAX (8 << 20)	/* bytes of requests at most */
#define UNREAD_REQUESTS 20000

/* It is taken from the queue, so that the server waits for it. */
static int enter_and_be_taken(struct target *t)
{
	int fd = client_enter(t);

	if (!client_taken(t, client_deadline()))
		BROKEN("the server does not accept a client that it has alone");
	return fd;
}

/* What another client finds while fd is open. */
static void judge_neighbour(struct target *t, int fd, const char *beside)
{
	int err, other_err;
	enum fate fate = client_visit_again(t, &err);

	/* Who serves one after the other is told so by one check, not three. */
	if (fate != FATE_SERVED && fd >= 0 && target_lives(t)) {
		SETUP(env_close(t->env, fd));
		enter_and_be_taken(t);
		if (client_visit_again(t, &other_err) != FATE_SERVED)
			SKIP_CASE("a client that says nothing blocks others: "
				  "probe_queue/a_silent_client_blocks_nobody "
				  "says so");
	}
	verb_begin(VERB_ASSERT, beside, HERE);
	finding(fate == FATE_SERVED, "another client is served",
		"it %s", fate_say(fate, err));
}

PROBE(queue, a_silent_client_blocks_nobody,
      .title = "While a client says nothing the others are served",
      CLAUSES(server_fair),
      .types = CONNECTED, .addrs = NAMED,
      .intrusive = "hold a connection open without a word",
      .why = "One client that hangs, or one telnet left open, and the server "
	     "is down for everybody.",
      .repair = "Serve many clients at once: an event loop, a thread or a "
		"process a client; or give up on a client that says nothing "
		"for some seconds (SO_RCVTIMEO). A pool of N workers is "
		"blocked by N such clients.")
{
	enter_and_be_taken(t);
	judge_neighbour(t, -1, "a client is connected and says nothing");
}

PROBE(queue, a_slow_client_blocks_nobody,
      .title = "While a client sends its request byte by byte the others are served",
      CLAUSES(server_fair),
      .types = STREAM, .addrs = NAMED, .wants = WANTS_ANSWER,
      .intrusive = "hold a connection open with half a request",
      .why = "A client on a slow link, or one that was stopped in the middle of "
	     "its request, holds up everybody.",
      .repair = "Keep what has come of a request beside the connection and go "
		"back to the loop; never read() until a request is whole.")
{
	int fd = enter_and_be_taken(t);
	cleanup_talk struct talk talk = { .fd = -1 };

	talk_begin(&talk, t, fd);
	talk_request(&talk);
	for (size_t i = 0; i < 3 && i + 1 < talk.out.len; i++) {
		/* Whoever closes on a fragment is not blocked by it either. */
		if (send(fd, talk.out.data + i, 1, MSG_NOSIGNAL) != 1)
			return;
		judge_neighbour(t, fd,
				"a client has sent a part of its request");
	}
}

/* Requests until the server does not take any more. */
static void fill(struct talk *talk)
{
	size_t sent = 0;

	for (int i = 0; i < UNREAD_REQUESTS && sent < UNREAD_MAX; i++) {
		ssize_t n;
		int64_t patience = clock_deadline_ms(50);

		talk_request(talk);
		do
			n = send(talk->fd, talk->out.data, talk->out.len,
				 MSG_NOSIGNAL | MSG_DONTWAIT);
		while (n < 0 && errno == EAGAIN && clock_now_ns() < patience);
		if (n <= 0)
			return;
		sent += (size_t)n;
	}
}

PROBE(queue, an_unread_answer_blocks_nobody,
      .title = "While a client does not read its answers the others are served",
      CLAUSES(server_fair),
      .types = CONNECTED, .addrs = NAMED, .wants = WANTS_ANSWER,
      .intrusive = "send thousands of requests and read no answer",
      .why = "The answers fill the socket; a server that then sleeps in write() "
	     "sleeps for all.",
      .repair = "Send without blocking, keep what does not go out, and read no "
		"more requests of a client before it has read its answers.")
{
	int fd = enter_and_be_taken(t);
	cleanup_talk struct talk talk = { .fd = -1 };

	talk_begin(&talk, t, fd);
	fill(&talk);
	judge_neighbour(t, fd,
			"a client has sent many requests and reads nothing");
}
