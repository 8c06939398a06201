// SPDX-License-Identifier: BSD-2-Clause
/*
 * The end of a server that has clients, and the length of its path.
 */
#include "config.h"

#include <dirent.h>
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

static int enter_and_be_taken(struct target *t)
{
	int fd = client_enter(t);

	if (!client_taken(t, client_deadline()))
		BROKEN("the server does not accept a client that it has alone");
	return fd;
}

static bool has_path(const struct target *t)
{
	return probe_options.kind == PATH && access(t->path, F_OK) == 0;
}

/* Does it remove its path when no client is there?  False when unseen. */
static bool removes_path_alone(struct target *t)
{
	server_spawn(t, &t->other);
	if (server_await(t, &t->other, 0) != SERVER_LISTENS)
		return false;
	server_terminate(&t->other);
	return server_await_end(&t->other) && !has_path(t);
}

PROBE(path, sigterm_with_clients_ends_it,
      .title = "SIGTERM ends a server that has a client as it ends one without",
      CLAUSES(server_removes_path),
      .types = CONNECTED, .addrs = NAMED, .wants = WANTS_START,
      .tags = "report",
      .why = "A server that forgets SIGTERM while it serves is killed in the end, "
	     "with what it had not yet written, and leaves its path.",
      .repair = "Let the handler wake the loop (signalfd(), a pipe, ppoll()); a "
		"flag that is looked at after accept() alone is seen when the "
		"next client comes.",
      .explain = "One client is connected and silent when SIGTERM is sent. A "
		 "server may wait for it to leave, which it then does. When the "
		 "path is still there, the server is started again and ended "
		 "without a client, to see whether that makes a difference.")
{
	int fd = enter_and_be_taken(t);
	int64_t patience;

	server_terminate(&t->server);
	patience = clock_deadline_ms(probe_limit_ms() / 4);
	for (unsigned int round = 0; !server_has_ended(&t->server) &&
	     clock_now_ns() < patience; round++)
		probe_pause(round);
	if (!server_has_ended(&t->server)) {
		NOTE("it does not end while a client is connected");
		SETUP(env_close(env, fd));
		FINDING_ENDS(server_await_end(&t->server),
			     "SIGTERM while a client is connected, which then "
			     "leaves", "the server ends",
			     "it still runs after %d ms", probe_limit_ms());
	}
	FINDING(!has_path(t) || !removes_path_alone(t),
		"look for the path after the end",
		"gone, as after SIGTERM without a client",
		"it is there; without a client the server removes it");
}

PROBE(path, no_child_keeps_the_listener,
      .title = "After SIGKILL nothing that still runs keeps a dead listener open",
      CLAUSES(server_recovers, server_path_its_own),
      .types = CONNECTED, .addrs = PATH, .wants = WANTS_START,
      .needs = NEED_SOCK_DIAG,
      .why = "A child that serves one client holds the listener of its dead "
	     "parent: others connect to a queue that nobody empties, and the "
	     "next instance takes the path for a live one.",
      .repair = "close() the listener in each child after fork(), and make it "
		"close-on-exec. Workers that share it have to go on accepting, "
		"or end with their master.",
      .explain = "A client is connected and stays; the process that holds the "
		 "listener is killed, and no other. Then the listener is gone, "
		 "or another client is served by what is left.")
{
	pid_t pid;
	enum fate fate = FATE_SERVED;
	int64_t deadline;
	struct socket_entry e;
	int err = 0;

	enter_and_be_taken(t);
	pid = server_main(&t->server);
	if (pid <= 1)
		SKIP_CASE("the process that holds the listener is not found");
	SETUP(kill(pid, SIGKILL));
	deadline = client_deadline();
	for (unsigned int round = 0; process_is_alive(pid); round++) {
		if (clock_now_ns() > deadline)
			BROKEN("SIGKILL did not end process %d", (int)pid);
		probe_pause(round);
	}
	/* Workers may need a moment to see that their master is gone. */
	for (unsigned int round = 0; target_listens(t, &e) &&
	     clock_now_ns() < deadline; round++) {
		fate = client_visit(t, clock_deadline_ms(500), &err);
		if (fate == FATE_SERVED)
			return;
		probe_pause(round);
	}
	FINDING(!target_listens(t, &e), "kill the server beside a client",
		"its listener is gone, or still served",
		"it is open, and another client %s", fate_say(fate, err));
}

/* A socket whose name is the beginning of the whole one. */
static bool find_cut(const char *path, char *found, size_t size)
{
	DIR *dir = opendir(TARGET_DIR);
	const char *whole = strrchr(path, '/') + 1;
	struct dirent *entry;
	bool cut = false;

	while (dir && !cut && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		cut = entry->d_name[0] != '.' && len < strlen(whole) &&
		      strncmp(entry->d_name, whole, len) == 0;
		if (cut)
			snprintf(found, size, "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return cut;
}

PROBE(address, a_long_path_is_not_cut,
      .title = "A path as long as an address holds is bound whole or refused",
      CLAUSES(server_reachable, unix7_path_sizeof),
      .types = ANY_TYPE, .addrs = PATH, .wants = STARTS_ITSELF,
      .tags = "report",
      .why = "strncpy() into sun_path, or into a smaller buffer of the server's, "
	     "cuts the path in silence: it listens where nobody looks, and "
	     "removes a file of another name.",
      .repair = "Compare strlen() of the path with sizeof(sun_path) and say "
		"that it is too long.",
      .explain = "The server is started with a path of 107 bytes, the most that "
		 "sun_path holds with a NUL behind it. It may listen there, or "
		 "end.")
{
	char found[256] = "";
	size_t len = strlen(t->path);
	enum server_state state;

	for (; len < sizeof(t->path) - 1; len++)
		t->path[len] = (char)('a' + len % 26);
	t->path[len] = '\0';
	t->addr = addr_path(t->path);
	server_spawn(t, &t->server);
	state = server_await(t, &t->server, 0);
	NOTE("with a path of %zu bytes it %s", len,
	     state == SERVER_LISTENS ? "listens" :
	     state == SERVER_ENDED ? "ends" : "does not listen");
	if (state == SERVER_LISTENS)
		client_still_served(t, "at a path of 107 bytes");
	FINDING(!find_cut(t->path, found, sizeof(found)),
		"start with a path of 107 bytes",
		"a socket of that name, or none",
		"one of another name: %s", found);
}
