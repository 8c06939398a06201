// SPDX-License-Identifier: BSD-2-Clause
/*
 * One client beside others: whatever it does not do, they are served.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "probe/probe.h"
#include "probe/talker.h"
#include "probe/util_load.h"

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

/* Who serves one after the other is told so by one check, not by each. */
static void skip_where_silence_blocks(struct target *t, int fd)
{
	int err;

	SETUP(env_close(t->env, fd));
	enter_and_be_taken(t);
	if (client_visit_again(t, &err) != FATE_SERVED)
		SKIP_CASE("a client that says nothing blocks others: "
			  "probe_queue/a_silent_client_blocks_nobody says so");
}

static void judge_fate(struct target *t, int fd, enum fate fate, int err,
		       const char *beside)
{
	if (fate != FATE_SERVED && fd >= 0 && target_lives(t))
		skip_where_silence_blocks(t, fd);
	verb_begin(VERB_ASSERT, beside, HERE);
	finding(fate == FATE_SERVED, "another client is served",
		"it %s", fate_say(fate, err));
}

/* What another client finds while fd is open. */
static void judge_neighbour(struct target *t, int fd, const char *beside)
{
	int err;
	enum fate fate = client_visit_again(t, &err);

	judge_fate(t, fd, fate, err, beside);
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
static void fill(struct target *t, struct talk *talk)
{
	size_t sent = 0;

	for (int i = 0; i < UNREAD_REQUESTS && sent < UNREAD_MAX; i++) {
		ssize_t n;

		talk_request(talk);
		do
			n = send(talk->fd, talk->out.data, talk->out.len,
				 MSG_NOSIGNAL | MSG_DONTWAIT);
		while (n < 0 && errno == EAGAIN &&
		       load_await_room(t, talk->fd));
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
	fill(t, &talk);
	judge_neighbour(t, fd,
			"a client has sent many requests and reads nothing");
}

PROBE(queue, a_talkative_client_blocks_nobody,
      .title = "While a client sends request after request the others are served",
      CLAUSES(server_fair),
      .types = CONNECTED, .addrs = NAMED, .wants = WANTS_ANSWER,
      .intrusive = "send requests without a pause until another one is served",
      .why = "One busy client, or one in an endless loop, and the server is down "
	     "for everybody, though it works as hard as it can.",
      .repair = "Serve a client a bounded number of requests, then go back to "
		"the loop; with EPOLLET keep a list of those that are not yet "
		"read to the end.",
      .explain = "A client always has requests waiting and reads the answers as "
		 "they come; another one has to be served before it stops.")
{
	int fd = enter_and_be_taken(t);
	struct talker talker;
	enum fate fate;
	int err;

	talker_begin(&talker, t, fd, client_deadline());
	fate = client_visit_again(t, &err);
	if (!talker_end(&talker))
		NOTE("the server ended the connection of the talkative one");
	judge_fate(t, fd, fate, err, "a client talks all the time");
}

/* Ways to leave: without a word, served, with the answer unread, half-closed. */
enum { LEAVE_SILENT, LEAVE_SERVED, LEAVE_UNREAD, LEAVE_HALF_CLOSED, N_LEAVE };

static int enter_beside(struct target *t)
{
	int fd;

	if (!target_lives(t))
		SKIP_CASE("the server ends when a client leaves: other checks "
			  "say so");
	fd = client_enter_beside(t);
	client_taken(t, clock_deadline_ms(500));
	return fd;
}

static void come_and_leave(struct target *t, int how)
{
	int64_t patience = clock_deadline_ms(500);
	int fd = enter_beside(t);
	cleanup_talk struct talk talk = { .fd = -1 };

	struct pollfd answer = { .fd = fd, .events = POLLIN };

	talk_begin(&talk, t, fd);
	talk_request(&talk);
	if (how == LEAVE_SERVED || how == LEAVE_UNREAD)
		talk_send(&talk, patience);
	if (how == LEAVE_SERVED)
		talk_await(&talk, patience);
	if (how == LEAVE_UNREAD)
		poll(&answer, 1, 500);
	if (how == LEAVE_HALF_CLOSED)
		shutdown(fd, SHUT_WR);
	SETUP(env_close(t->env, fd));
	load_await_rest(t);
}

PROBE(talk, who_leaves_takes_nobody_along,
      .title = "A client that leaves takes no other one's connection with it",
      CLAUSES(server_answers_own, server_survives),
      .types = CONNECTED, .addrs = NAMED, .wants = WANTS_ANSWER,
      .intrusive = "leave without reading an answer",
      .why = "A descriptor that is closed twice is somebody else's by the second "
	     "time: a client in the middle of its work is cut off because "
	     "another one left.",
      .repair = "Set the variable to -1 where close() is called, and let one "
		"place own the descriptor.",
      .explain = "A client leaves, the next one gets its descriptor in the "
		 "server, another one leaves, and then the one that stayed asks "
		 "for the first time. Four times: they leave without a word, "
		 "with their answer, with it unread, and after shutdown().")
{
	for (int how = 0; how < N_LEAVE; how++) {
		cleanup_talk struct talk talk = { .fd = -1 };
		enum fate fate;

		come_and_leave(t, how);
		talk_begin(&talk, t, enter_beside(t));
		come_and_leave(t, how);
		fate = talk_ask(&talk, client_deadline());
		FINDING_ENDS(fate == FATE_SERVED,
			     "others come and leave, then one that stayed asks",
			     "its answer", "the client %s",
			     fate_say(fate, talk.err));
		SETUP(env_close(env, talk.fd));
		load_await_rest(t);
	}
}
