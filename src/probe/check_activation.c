// SPDX-License-Identifier: BSD-2-Clause
/*
 * Socket activation: the case is the manager that made the listener.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/names.h"
#include "probe/probe.h"
#include "probe/util_path.h"

/* A listener at the path, handed to the server; its file in *st. */
static void activate(struct target *t, struct stat *st)
{
	int fd = SETUP(env_bound(t->env, &t->addr));

	if (t->env->type != SOCK_DGRAM)
		SETUP(listen(fd, 64));
	SETUP(stat(t->path, st));
	server_spawn_with(t, &t->server, 022, fd, NULL);
	SETUP(fstat(fd, st));
	t->server.inode = (uint32_t)st->st_ino;
	SETUP(stat(t->path, st));
}

static void judge_service(struct target *t)
{
	int err;
	enum fate fate = client_visit(t, client_deadline(), &err);

	server_has_ended(&t->server);
	FINDING_ENDS(fate == FATE_SERVED,
		     "a client connects to the listener that was handed over",
		     "it is served", "it %s (the server: %s)",
		     fate_say(fate, err), server_say_end(&t->server));
}

PROBE(activation, serves_the_listener_it_is_given,
      .title = "A listener given by LISTEN_FDS is served",
      CLAUSES(server_activation),
      .types = ANY_TYPE, .addrs = PATH, .wants = STARTS_ITSELF | WANTS_ACTIVATE,
      .needs = NEED_SOCK_DIAG,
      .why = "The manager holds the queue while the server restarts; a server "
	     "that binds for itself fails (EADDRINUSE) or loses it.",
      .repair = "When LISTEN_PID is the own process id and LISTEN_FDS at least "
		"1, take descriptor 3 for the listener and do not bind(): "
		"sd_listen_fds(3).",
      .explain = "The path is bound and listens before the server starts; the "
		 "listener is descriptor 3, LISTEN_FDS is 1, LISTEN_PID the "
		 "server's process.")
{
	struct stat st;

	activate(t, &st);
	judge_service(t);
	FINDING(path_is(t->path, &st), "look at the path",
		"it leads to the manager's listener", "it does not any more");
}

PROBE(activation, leaves_the_path_to_the_manager,
      .title = "A server that was given its listener leaves the path as it is",
      CLAUSES(server_activation, server_removes_path),
      .types = ANY_TYPE, .addrs = PATH, .wants = STARTS_ITSELF | WANTS_ACTIVATE,
      .needs = NEED_SOCK_DIAG,
      .why = "The manager goes on listening, but the path is gone: no client "
	     "finds the next instance.",
      .repair = "unlink() only what bind() of the same process made.")
{
	struct stat st;

	activate(t, &st);
	judge_service(t);
	server_terminate(&t->server);
	FINDING_ENDS(server_await_end(&t->server), "SIGTERM",
		     "the server ends", "it still runs after %d ms",
		     probe_limit_ms());
	FINDING(path_is(t->path, &st), "look at the path after the end",
		"it leads to the manager's listener",
		access(t->path, F_OK) ? "it is gone" : "it leads elsewhere");
}

/* Until the server listens for itself, took the client, or ended. */
static bool took_client(struct target *t, const struct addr *given)
{
	int64_t deadline = client_deadline();

	for (unsigned int round = 0; clock_now_ns() < deadline; round++) {
		struct socket_entry e;
		bool ended = server_has_ended(&t->server);

		if (socket_at(given, &e) == 1 && e.listens && e.waiting == 0)
			return true;
		if (target_listens(t, &e)) {
			NOTE("it listens for itself then");
			return false;
		}
		if (ended) {
			NOTE("it ends then");
			return false;
		}
		probe_pause(round);
	}
	NOTE("it does not listen for itself then");
	return false;
}

PROBE(activation, another_ones_listener_is_left_alone,
      .title = "With another process in LISTEN_PID descriptor 3 is not taken",
      CLAUSES(server_activation),
      .types = CONNECTED, .addrs = PATH, .wants = STARTS_ITSELF | WANTS_ACTIVATE,
      .needs = NEED_SOCK_DIAG, .tags = "report",
      .why = "LISTEN_FDS is inherited by whatever an activated service starts: "
	     "a program that does not look at LISTEN_PID takes a descriptor "
	     "that is none of its own for its listener.",
      .repair = "sd_listen_fds(3) compares LISTEN_PID with getpid(); so has "
		"who does it by hand.",
      .explain = "The listener of another path is descriptor 3, LISTEN_PID is 1, "
		 "and a client waits in its queue. The server may listen at "
		 "its own path, or end.")
{
	struct addr given = addr_path(TARGET_DIR "/given");
	int listener = SETUP(env_bound(env, &given));
	int client = SETUP(env_socket(env));

	SETUP(listen(listener, 8));
	SETUP(connect(client, &given.sa, given.len));
	t->listen_pid = 1;
	server_spawn_with(t, &t->server, 022, listener, NULL);
	FINDING(!took_client(t, &given), "start with LISTEN_PID=1",
		"the client of descriptor 3 stays in its queue",
		"the server accepted it");
}
