// SPDX-License-Identifier: BSD-2-Clause
/*
 * Several instances and one path: none takes it from another that serves.
 *
 * The file of a live socket is held by a second link, so that its number is
 * not given to the next one.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/names.h"
#include "probe/gate.h"
#include "probe/probe.h"
#include "probe/util_path.h"

#define HELD "held"		/* the second link */
#define RACERS 3
#define BETWEEN_LOOKS_MS 5
#define LOOKS_AT_REST 40	/* asleep each time: it waits for another */
#define LOOKS_DECIDED 200	/* most of them asleep: nothing will change */

/* Until the second instance ended, took the path, or is just there. */
static void await_decision(struct target *t, const struct stat *first)
{
	int64_t deadline = client_deadline();

	for (unsigned int round = 0; clock_now_ns() < deadline; round++) {
		if (server_has_ended(&t->other) || !path_is(t->path, first))
			return;
		probe_pause(round);
	}
	NOTE("the second instance neither ends nor takes the path within %d ms",
	     probe_limit_ms());
}

PROBE(path, spares_a_live_instance,
      .title = "A second instance leaves the path of the first alone",
      CLAUSES(server_spares_live, unix7_pathname_exists, posix_bind_eaddrinuse),
      .types = ANY_TYPE, .addrs = PATH, .wants = WANTS_START,
      .why = "Started twice by mistake, the second one steals the path: the "
	     "first goes on with the clients it has, its queue is lost, and "
	     "both believe that they serve.",
      .repair = "Never unlink() a path unasked: connect() to it first and end "
		"when somebody answers, or hold a lock (flock()) for as long "
		"as the server lives.",
      .explain = "The command is started a second time beside the first "
		 "instance. It may end or wait; the path has to lead to the "
		 "first one's socket all the time. A server that takes over on "
		 "purpose (a hot restart that is asked for) fails this check; "
		 "expect that in a baseline.")
{
	struct stat first;

	SETUP(stat(t->path, &first));
	SETUP(link(t->path, HELD));
	server_spawn(t, &t->other);
	await_decision(t, &first);
	FINDING_ENDS(path_leads_to(t, &t->server, &first),
		     "start a second instance",
		     "the path leads to the first one's socket",
		     access(t->path, F_OK) ? "the path is gone" :
		     "the path leads to another socket: it was stolen");
	if (!server_has_ended(&t->other))
		server_kill(&t->other);
	client_still_served(t, "after a second instance was started");
	FINDING(path_leads_to(t, &t->server, &first),
		"look at the path at the end",
		"it leads to the first one's socket", "it does not");
}

/* Listening sockets that were bound by the path, wherever it leads now. */
static bool has_orphan(struct target *t, pid_t *holder)
{
	struct socket_entry e;

	if (socket_orphan(t->path, &e) != 1)
		return false;
	*holder = process_find_holder(e.inode);
	return *holder != 0;
}

static unsigned int count_running(struct server *racers)
{
	unsigned int n = 0;

	for (int i = 0; i < RACERS; i++)
		n += !server_has_ended(&racers[i]);
	return n;
}

/* Does anything of it run, or want to? */
static bool is_busy(struct server *s)
{
	cleanup_processes struct process_list all = PROCESS_LIST_NULL;

	server_tree(s, &all);
	for (size_t i = 0; i < all.n; i++) {
		if (process_is_running(all.pids[i]))
			return true;
	}
	return false;
}

/* Until the first stands before the path, or is past it. */
static bool await_gate(struct target *t, struct server *first)
{
	int64_t deadline = client_deadline();
	struct socket_entry e;

	for (unsigned int round = 0; !gate_holds(); round++) {
		if (server_has_ended(first) || target_listens(t, &e) ||
		    clock_now_ns() > deadline)
			return false;
		probe_pause(round);
	}
	return true;
}

/* Until the next listens or ended, or waits for the one that is held. */
static void await_next(struct target *t, struct server *next)
{
	int64_t deadline = client_deadline();
	struct socket_entry e;

	for (int asleep = 0; asleep < LOOKS_AT_REST;) {
		if (server_has_ended(next) || target_listens(t, &e) ||
		    clock_now_ns() > deadline)
			return;
		asleep = is_busy(next) ? 0 : asleep + 1;
		poll(NULL, 0, BETWEEN_LOOKS_MS);
	}
}

/*
 * The first is held before it removes the stale path until the second has come
 * as far as it gets, which is what a lock is for; the third comes by chance.
 */
static void start_racers(struct target *t, struct server *racers)
{
	bool gated = gate_spawn(t, &racers[0]);

	if (gated && await_gate(t, &racers[0])) {
		server_spawn(t, &racers[1]);
		await_next(t, &racers[1]);
		NOTE("the first was held before it removed the path; the second "
		     "%s meanwhile", server_has_ended(&racers[1]) ? "ended" :
		     "went on");
	} else {
		server_spawn(t, &racers[1]);
	}
	server_spawn(t, &racers[2]);
	gate_open();
}

/* Until all but one have ended, or those that have not have come to rest. */
static void await_decided(struct server *racers, int64_t deadline)
{
	unsigned int running = 0, looks = 0, busy = 0;

	while (clock_now_ns() < deadline) {
		unsigned int now = count_running(racers);

		if (now != running)
			looks = busy = 0;
		running = now;
		if (running <= 1 ||
		    (looks >= LOOKS_DECIDED && busy * 2 <= looks))
			return;
		looks++;
		for (int i = 0; i < RACERS; i++) {
			if (is_busy(&racers[i])) {
				busy++;
				break;
			}
		}
		poll(NULL, 0, BETWEEN_LOOKS_MS);
	}
}

PROBE(path, one_of_many_wins,
      .title = "Of instances started at once one serves and no other believes so",
      CLAUSES(server_one_wins, unix7_pathname_exists, posix_bind_eaddrinuse),
      .types = ANY_TYPE, .addrs = PATH, .wants = STARTS_ITSELF,
      .needs = NEED_SOCK_DIAG,
      .why = "A supervisor and a person start the server in the same second: "
	     "the loser listens on a socket that nobody can reach, or removes "
	     "the winner's path as it ends.",
      .repair = "Let bind() decide: it never replaces a file. Look at a stale "
		"path and remove it under a lock, so that no other can bind "
		"between the look and the unlink().",
      .explain = "Three instances start over a stale path. The first is held "
		 "before it removes the path (seccomp) until the second "
		 "listens, ended or waits, the worst order there is. When all "
		 "but one have ended, or nothing more happens, the path has to "
		 "lead to a listener, and no process may listen on another "
		 "socket of that name. Where a server cannot be held, who wins "
		 "is a matter of chance.")
{
	static struct server racers[RACERS];
	struct socket_entry e;
	int64_t deadline;
	pid_t orphan = 0;
	bool orphaned;

	path_make_stale(t, t->path);
	start_racers(t, racers);
	deadline = client_deadline();
	await_decided(racers, deadline);
	/* The last one may still be on its way, to listen or to its end. */
	for (unsigned int round = 0; !target_listens(t, &e); round++) {
		if (count_running(racers) == 0 || clock_now_ns() > deadline)
			break;
		probe_pause(round);
	}
	if (count_running(racers) == 0 && !target_listens(t, &e))
		SKIP_CASE("none of them starts over a stale path: "
			  "probe_path/starts_over_a_stale_path says so");
	FINDING(target_listens(t, &e), "look for who serves the path",
		"one of the instances", "nobody: %s",
		access(t->path, F_OK) ? "the path is gone" : "it is stale");
	orphaned = has_orphan(t, &orphan);
	FINDING(!orphaned, "look for other listeners of this path",
		"none", "process %d listens on a socket of this name that the "
		"path does not lead to", (int)orphan);
	for (int i = 0; i < RACERS; i++)
		server_kill(&racers[i]);
	gate_end();
}

PROBE(path, old_exit_spares_the_new_path,
      .title = "The end of an old instance does not remove its successor's path",
      CLAUSES(server_spares_successor, unix7_pathname_exists),
      .types = ANY_TYPE, .addrs = PATH, .wants = WANTS_START,
      .why = "In a hot restart the new instance binds, then the old one ends "
	     "and unlinks by name: the new one runs and nobody can reach it.",
      .repair = "Remember st_dev and st_ino of the path after bind() and "
		"unlink() only while they are the same, or leave the path to "
		"whoever manages the restart.",
      .explain = "The path of the first instance is removed, as deployment "
		 "scripts do, a second instance starts and listens, then the "
		 "first one gets SIGTERM.")
{
	struct stat second;

	SETUP(link(t->path, HELD));
	SETUP(unlink(t->path));
	server_spawn(t, &t->other);
	if (server_await(t, &t->other, t->server.inode) != SERVER_LISTENS)
		SKIP_CASE("no second instance starts beside the first, not even "
			  "when the path is free (%s)",
			  server_say_end(&t->other));
	SETUP(stat(t->path, &second));
	server_terminate(&t->server);
	FINDING_ENDS(server_await_end(&t->server), "SIGTERM to the old instance",
		     "it ends", "it still runs after %d ms", probe_limit_ms());
	FINDING_ENDS(path_leads_to(t, &t->other, &second),
		     "look at the path after the end of the old instance",
		     "it leads to the new one's socket",
		     access(t->path, F_OK) ?
			     "the path is gone; the new instance runs unreachable" :
			     "it leads to something else");
}
