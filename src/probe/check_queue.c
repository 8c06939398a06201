// SPDX-License-Identifier: BSD-2-Clause
/*
 * The queue of a listener: who is in it is served, however many come at once.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/names.h"
#include "probe/crowd.h"
#include "probe/probe.h"

#define QUEUED 16
#define BURST 128
#define BEYOND_MAX 700		/* a longer queue is not overrun */

PROBE(queue, the_queue_is_served,
      .title = "Clients that wait in the queue are all served from it",
      CLAUSES(server_queue_kept, linux_unix_release_sock, posix_accept_first),
      .types = CONNECTED, .addrs = NAMED, .wants = WANTS_START,
      .needs = NEED_BLOCKED,
      .why = "connect() has succeeded, so these clients believe that they talk "
	     "to the server; then they get ECONNRESET, now and then, under "
	     "load only.",
      .repair = "Make one listener at the start and accept() from it until "
		"the end. A server that closes its listener, or unlinks and "
		"binds the path anew for each client, throws away whoever is "
		"in the queue of the old one.",
      .explain = "The server is stopped (SIGSTOP), 16 clients connect and wait "
		 "in the queue, the server goes on (SIGCONT). Without --echo "
		 "or --ask each half-closes, so that a server that serves one "
		 "after the other comes to the next. A listener that is closed "
		 "resets whoever is in its queue: that is how the loss shows.")
{
	struct crowd crowd;

	server_stop(&t->server);
	crowd_begin(t, QUEUED);
	crowd_await_queued(t);
	server_continue(&t->server);
	crowd_end(t, &crowd);
	crowd_judge(&crowd, "16 clients in the queue of a stopped server, "
			    "which then goes on");
	client_still_served(t, "after the queue");
}

PROBE(queue, keeps_its_listener,
      .title = "The listener stays the same while clients come and go",
      CLAUSES(server_queue_kept, linux_unix_release_sock),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_SOCK_DIAG,
      .why = "Between the old listener and the new one clients are refused "
	     "(ENOENT, ECONNREFUSED), and those who wait in the old one's "
	     "queue are lost.",
      .repair = "bind() and listen() once, before the loop; only accept() "
		"belongs into it.")
{
	struct socket_entry first, now;
	int err;

	if (!target_listens(t, &first))
		BROKEN("nobody listens there");
	for (int i = 0; i < 5; i++) {
		int64_t deadline = client_deadline();
		enum fate fate = client_visit(t, deadline, &err);

		if (fate == FATE_SILENT || fate == FATE_WRONG)
			BROKEN("a client %s", fate_say(fate, err));
		/* One that is about to bind anew is given the time to do so. */
		for (unsigned int round = 0; !target_listens(t, &now) &&
		     clock_now_ns() < deadline; round++)
			probe_pause(round);
		if (now.inode != first.inode)
			break;
	}
	FINDING(now.inode == first.inode, "look at the listener after five clients",
		"the socket that it was before",
		"another one: the server binds anew");
}

/* A burst that no queue of up to BEYOND_MAX holds, or 0. */
static size_t beyond(struct target *t)
{
	struct socket_entry e;

	target_want_table();
	if (!target_listens(t, &e))
		BROKEN("nobody listens there");
	NOTE("the backlog is %u: %u clients wait before connect() does",
	     e.backlog, e.backlog + 1);
	return e.backlog + 64 <= BEYOND_MAX ? e.backlog + 64 : 0;
}

PROBE(queue, a_burst_is_served,
      .title = "Clients that come at once are all served, the next one too",
      CLAUSES(server_burst, posix_connect_blocks, posix_listen_backlog_hint),
      PARAMS("128", "beyond_the_backlog"),
      .types = CONNECTED, .addrs = NAMED, .nofile = 2000, .tags = "report",
      .needs = NEED_BLOCKED,
      .intrusive = "connect with more than a hundred clients at once",
      .why = "The morning's first minute, a restart of all workers: whoever "
	     "is turned away then calls the server broken.",
      .repair = "accept() in a loop until EAGAIN each time the listener is "
		"ready; a backlog of SOMAXCONN costs nothing. Clients that do "
		"not block get EAGAIN from a full queue, so a long queue helps "
		"them most.",
      .explain = "128 threads connect at the same time, or 64 more than the "
		 "backlog holds; connect() waits where the queue is full. Each "
		 "gets its answer (--echo, --ask) or is accepted.")
{
	size_t n = env->param ? beyond(t) : BURST;
	struct crowd crowd;

	if (n == 0)
		SKIP_CASE("the backlog is longer than a burst of %d",
			  BEYOND_MAX);
	crowd_begin(t, n);
	crowd_end(t, &crowd);
	crowd_judge(&crowd, env->param ? "64 clients more than the queue holds, "
					 "at once" : "128 clients at once");
	client_still_served(t, "after the burst");
}

PROBE(queue, quitters_do_no_harm,
      .title = "Clients that gave up in the queue do not harm the server",
      CLAUSES(server_survives, linux_accept_closed_client),
      .types = CONNECTED, .addrs = NAMED, .wants = WANTS_START,
      .why = "Impatient clients leave behind connections that are closed "
	     "before they are accepted: writing to one is SIGPIPE, which by "
	     "default ends the server.",
      .repair = "Ignore SIGPIPE, or send with MSG_NOSIGNAL, and take EPIPE and "
		"ECONNRESET as the end of that one client.",
      .explain = "The server is stopped, 32 clients connect, every other one "
		 "sends a request (with --echo or --ask), all of them close, "
		 "the server goes on.")
{
	int64_t deadline = client_deadline();

	server_stop(&t->server);
	for (int i = 0; i < 32; i++) {
		int fd = SETUP(env_socket(env));
		cleanup_talk struct talk talk = { .fd = -1 };

		SETUP(fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK));
		/* A short queue holds fewer of them. */
		if (connect(fd, &t->addr.sa, t->addr.len) < 0)
			break;
		talk_begin(&talk, t, fd);
		talk_request(&talk);
		if (i % 2 && probe_has_answers())
			talk_send(&talk, deadline);
		SETUP(env_close(env, fd));
	}
	server_continue(&t->server);
	client_still_served(t, "after 32 clients that gave up in the queue");
}
