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

	for (int i = 0; i < 5; i++)
		SETUP(send_request(t, fd, 0));
	client_still_served(t, "after 5 datagrams without a sender's name");
}

PROBE(dgram, a_vanished_sender_is_survived,
      .title = "Datagrams whose sender is gone before the answer do no harm",
      CLAUSES(server_survives, posix_connect_econnrefused),
      .types = DGRAM, .addrs = NAMED, .wants = WANTS_START,
      .why = "The answer finds nobody: ECONNREFUSED, which a server that ends "
	     "on every error of sendto() does not outlive.",
      .repair = "Take ECONNREFUSED, ENOENT, EPERM and EPROTOTYPE of sendto() "
		"for what they are: this sender is gone.")
{
	server_stop(&t->server);
	for (int i = 0; i < 5; i++) {
		int fd = client_enter(t);

		SETUP(send_request(t, fd, MSG_DONTWAIT));
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
		SETUP(send_request(t, fd, 0));
		/* No more than the queue holds, so that none blocks us. */
		if (i % 5 == 4 && !client_taken(t, client_deadline()))
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
