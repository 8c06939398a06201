// SPDX-License-Identifier: BSD-2-Clause
/*
 * Datagram servers: senders without a name, gone, deaf or too fast.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/names.h"
#include "probe/probe.h"
#include "probe/util_path.h"

static ssize_t send_request(struct target *t, int fd, int flags)
{
	cleanup_talk struct talk talk = { .fd = -1 };

	talk_begin(&talk, t, fd);
	talk_request(&talk);
	return sendto(fd, talk.out.data, talk.out.len, flags | MSG_NOSIGNAL,
		      &t->addr.sa, t->addr.len);
}

PROBE(dgram, a_sender_without_a_name_is_survived,
      .title = "Datagrams from a socket without a name do no harm",
      CLAUSES(server_survives, unix7_unnamed),
      .types = DGRAM, .addrs = NAMED,
      .intrusive = "send datagrams of no protocol",
      .why = "logger, socat and most quick clients never bind(): there is no "
	     "address to answer to, and sendto() with an empty one fails.",
      .repair = "Look at the length of the address that recvfrom() gives: with "
		"no more than the family in it there is nobody to answer. An "
		"error of sendto() is that sender's affair.")
{
	int fd = SETUP(env_socket(env));

	/* One that ended already refuses the next. */
	for (int i = 0; i < 5; i++) {
		if (send_request(t, fd, 0) < 0)
			break;
	}
	client_still_served(t, "after 5 datagrams without a sender's name");
}

/* The name of a sender beside the server's path: it finds it as we do. */
static struct addr sender_path(const struct target *t, int i)
{
	char path[108];

	if ((size_t)snprintf(path, sizeof(path), "%s.sender%d", t->path, i) >=
	    sizeof(path))
		BROKEN("the path leaves no room for another name");
	return addr_path(path);
}

PROBE(dgram, a_sender_with_a_path_is_answered,
      .title = "A sender that is bound to a path gets its answer",
      CLAUSES(server_reachable, unix7_pathname),
      .types = DGRAM, .addrs = PATH, .wants = WANTS_START | WANTS_ANSWER,
      .why = "Older clients, and portable ones, bind a path for the answer: a "
	     "server that was tried with abstract names alone sends it "
	     "nowhere.",
      .repair = "Answer to the address and the length that recvfrom() gave, "
		"whatever kind of name is in it, and set the length anew "
		"before each call.")
{
	struct addr name = sender_path(t, 0);
	cleanup_talk struct talk talk = { .fd = -1 };
	int fd = SETUP(env_socket(env));
	int nameless = SETUP(env_socket(env));
	enum fate fate;

	/* One without a name before it: what it left must not matter. */
	SETUP(send_request(t, nameless, 0));
	SETUP(bind(fd, &name.sa, name.len));
	talk_begin(&talk, t, fd);
	fate = talk_ask(&talk, client_deadline());
	FINDING(fate == FATE_SERVED, "a sender is bound to a path and asks",
		"its answer", "the sender %s", fate_say(fate, talk.err));
	SETUP(unlink(name.un.sun_path));
}

PROBE(dgram, a_connected_sender_is_answered,
      .title = "A sender that connected its socket to the server is answered",
      CLAUSES(server_reachable, posix_connect_dgram_peer),
      .types = DGRAM, .addrs = NAMED, .wants = WANTS_ANSWER,
      .why = "connect(), send(), recv() is how most clients are written: they "
	     "then get datagrams of the server's own address and of no other.",
      .repair = "Answer by sendto() on the socket that was bound, not on another "
		"one made for answers.")
{
	cleanup_talk struct talk talk = { .fd = -1 };
	int fd = client_enter(t);
	enum fate fate;

	SETUP(connect(fd, &t->addr.sa, t->addr.len));
	talk_begin(&talk, t, fd);
	talk.to = NULL;
	fate = talk_ask(&talk, client_deadline());
	FINDING(fate == FATE_SERVED, "a sender connects its socket and asks",
		"its answer", "the sender %s", fate_say(fate, talk.err));
}

PROBE(dgram, a_vanished_sender_is_survived,
      .title = "Datagrams whose sender is gone before the answer do no harm",
      CLAUSES(server_survives, posix_connect_econnrefused),
      .types = DGRAM, .addrs = NAMED, .wants = WANTS_START,
      .why = "The answer finds nobody: ECONNREFUSED, which a server that ends "
	     "on every error of sendto() does not outlive.",
      .explain = "The server is stopped while five senders send and close, two "
		 "of them bound to a path that they remove.",
      .repair = "Take ECONNREFUSED, ENOENT, EPERM and EPROTOTYPE of sendto() "
		"for what they are: this sender is gone.")
{
	server_stop(&t->server);
	for (int i = 0; i < 5; i++) {
		int fd = i % 2 ? SETUP(env_socket(env)) : client_enter(t);

		/* ECONNREFUSED of an abstract name, ENOENT of a path. */
		if (i % 2) {
			struct addr name = sender_path(t, i);

			SETUP(bind(fd, &name.sa, name.len));
			SETUP(send_request(t, fd, MSG_DONTWAIT));
			SETUP(unlink(name.un.sun_path));
		} else {
			SETUP(send_request(t, fd, MSG_DONTWAIT));
		}
		SETUP(env_close(env, fd));
	}
	server_continue(&t->server);
	client_still_served(t, "after 5 datagrams of senders that are gone");
}

PROBE(dgram, a_deaf_sender_blocks_nobody,
      .title = "While a sender does not read its answers the others are served",
      CLAUSES(server_fair, unix7_dgram_reliable),
      .types = DGRAM, .addrs = NAMED, .wants = WANTS_ANSWER,
      .intrusive = "send many requests and read no answer",
      .why = "The queue of that sender is full after some ten answers; a server "
	     "that sleeps in sendto() sleeps for all.",
      .repair = "Answer with MSG_DONTWAIT. On EAGAIN keep the answer and try "
		"again later, or throw it away: the sender does not listen.")
{
	int fd = client_enter(t), err;
	enum fate fate;

	for (int i = 0; i < 60; i++) {
		bool full = send_request(t, fd, MSG_DONTWAIT) < 0;

		/* No more than the queue holds, so that none blocks us. */
		if ((full || i % 5 == 4) && !client_taken(t, client_deadline()))
			break;
	}
	fate = client_visit(t, client_deadline(), &err);
	FINDING(fate == FATE_SERVED,
		"a client has sent 60 requests and reads no answer",
		"another client is served", "it %s", fate_say(fate, err));
}

struct waiter {
	struct target *target;
	int fd;
};

static long send_one(struct call *c)
{
	const struct waiter *w = c->arg;

	return send_request(w->target, w->fd, 0);
}

PROBE(dgram, a_full_queue_makes_senders_wait,
      .title = "A sender that waits for room in the queue is let go on",
      CLAUSES(server_queue_kept, unix7_dgram_reliable),
      .types = DGRAM, .addrs = NAMED, .wants = WANTS_START,
      .needs = NEED_BLOCKED, .tags = "report",
      .why = "Senders that block behind a server that reads no more hang with "
	     "it: that is how a stuck syslog stops a whole machine.",
      .repair = "Read on whatever happens, in a loop until EAGAIN; do slow work "
		"elsewhere. net.unix.max_dgram_qlen says how many datagrams "
		"wait, as it was when the socket was made.",
      .explain = "The server is stopped, the queue is filled, one more sender "
		 "blocks; the server goes on, and the sender must come back.")
{
	int fd = client_enter(t), waiting = client_enter(t), n = 0;
	struct waiter w = { .target = t, .fd = waiting };
	struct call c = { .arg = &w };

	server_stop(&t->server);
	while (send_request(t, fd, MSG_DONTWAIT) > 0)
		n++;
	if (errno != EAGAIN)
		BROKEN("sendto(): %s", name_errno(errno));
	NOTE("%d datagrams wait, then senders do", n);
	call_start(&c, "sendto() to a full queue", send_one);
	if (!call_is_blocked(&c))
		BROKEN("the sender does not block");
	server_continue(&t->server);
	FINDING_ENDS(call_join(&c), "the server goes on",
		     "the sender is let go on", "it still waits");
	FINDING(client_taken(t, client_deadline()),
		"look at the queue after the server went on", "it is emptied",
		"datagrams still wait");
	client_still_served(t, "after its queue was full");
}

PROBE(dgram, a_restart_is_noticed,
      .title = "After a restart senders that connect anew are served",
      CLAUSES(server_recovers, posix_connect_econnrefused),
      .types = DGRAM, .addrs = PATH, .wants = WANTS_START,
      .why = "A connected sender keeps the socket of the dead server for its "
	     "peer: it has to notice ECONNREFUSED and connect again.",
      .repair = "In the server: start over the stale path. In its clients: "
		"connect() again when send() says ECONNREFUSED or ENOTCONN, "
		"as syslog() does.")
{
	int fd = client_enter(t);

	SETUP(connect(fd, &t->addr.sa, t->addr.len));
	server_kill(&t->server);
	if (send(fd, "x", 1, MSG_NOSIGNAL) != -1 || errno != ECONNREFUSED)
		BROKEN("send() to a killed server is not ECONNREFUSED");
	server_spawn(t, &t->server);
	path_judge_start(t, &t->server, "start again after SIGKILL");
	SETUP(connect(fd, &t->addr.sa, t->addr.len));
	SETUP(send(fd, "x", 1, MSG_NOSIGNAL));
	client_still_served(t, "after a restart");
}
