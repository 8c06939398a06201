// SPDX-License-Identifier: BSD-2-Clause
/*
 * The life of a path: start over a stale one, end, crash and start again.
 * Who competes for it is in check_path_rivals.c.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "probe/probe.h"
#include "probe/util_path.h"

#define NEIGHBOUR_FILE TARGET_DIR "/neighbour"
#define NEIGHBOUR_SOCKET TARGET_DIR "/s.neighbour"
#define OBSTACLE "this is no socket\n"

PROBE(path, starts_over_a_stale_path,
      .title = "The server starts although a dead one left its path",
      CLAUSES(server_recovers, unix7_pathname_exists, posix_bind_eaddrinuse),
      .types = ANY_TYPE, .addrs = PATH, .wants = STARTS_ITSELF,
      .why = "After a crash or a power cut every start fails with EADDRINUSE "
	     "until somebody removes the file by hand.",
      .repair = "When bind() says EADDRINUSE, connect() to the path: "
		"ECONNREFUSED means that it is stale; then unlink() it, best "
		"under a lock (flock() on a file beside it), and bind() again. "
		"Or have whoever starts the server remove the path: "
		"RuntimeDirectory= or ExecStartPre= of systemd.")
{
	path_make_stale(t, t->path);
	server_spawn(t, &t->server);
	path_judge_start(t, &t->server, "start with a stale path in the way");
}

PROBE(path, serves_again_after_sigkill,
      .title = "The server is killed, started again, and serves",
      CLAUSES(server_recovers, unix7_pathname_exists, posix_bind_eaddrinuse),
      .types = ANY_TYPE, .addrs = PATH, .wants = WANTS_START,
      .why = "SIGKILL is what the kernel sends when memory runs out: a server "
	     "that does not come back from it stays away.",
      .repair = "As for a stale path; and let locks and pid files that remain "
		"not keep the next instance from starting.")
{
	server_kill(&t->server);
	server_spawn(t, &t->server);
	path_judge_start(t, &t->server, "start again after SIGKILL");
	client_still_served(t, "after SIGKILL and a new start");
}

static void make_neighbours(void)
{
	cleanup_close int fd = -1;

	path_write_file(NEIGHBOUR_FILE, OBSTACLE);
	fd = SETUP(path_bind(NEIGHBOUR_SOCKET));
}

PROBE(path, sigterm_removes_it,
      .title = "SIGTERM ends the server, which removes its path and nothing else",
      CLAUSES(server_removes_path, unix7_pathname_exists),
      .types = ANY_TYPE, .addrs = PATH, .wants = WANTS_START,
      .why = "A path that stays behind tells clients ECONNREFUSED in place of "
	     "ENOENT, looks alive in ls, and is in the way of the next start.",
      .repair = "Handle SIGTERM (signalfd(), or a handler that wakes the "
		"loop), and unlink() the path before the listener is closed. "
		"An interpreter needs it too: by default Python and Node die "
		"of SIGTERM without running their cleaning up.")
{
	make_neighbours();
	server_terminate(&t->server);
	FINDING_ENDS(server_await_end(&t->server), "SIGTERM",
		     "the server ends", "it still runs after %d ms",
		     probe_limit_ms());
	FINDING(access(NEIGHBOUR_FILE, F_OK) == 0 &&
		access(NEIGHBOUR_SOCKET, F_OK) == 0,
		"look at the neighbours of the path", "they are there",
		"one was removed");
	FINDING(access(t->path, F_OK) < 0 && errno == ENOENT,
		"look for the path after the end", "-1 ENOENT",
		"the path is still there (%s)", server_say_end(&t->server));
}

PROBE(path, spares_what_is_no_socket,
      .title = "A regular file in the way is not removed",
      CLAUSES(server_spares_files, posix_bind_eaddrinuse),
      .types = ANY_TYPE, .addrs = PATH, .wants = STARTS_ITSELF,
      .why = "A slip in the configuration, a path to a data base in place of "
	     "a socket, costs the file.",
      .repair = "lstat() the path before unlink() and go on only when "
		"S_ISSOCK(st_mode).")
{
	char text[64] = "";
	struct stat st;
	int fd;

	path_write_file(t->path, OBSTACLE);
	server_spawn(t, &t->server);
	/* Whatever it does about it: it starts, ends, or waits. */
	server_await(t, &t->server, 0);
	FINDING_ENDS(lstat(t->path, &st) == 0,
		     "look for the file that was in the way", "it is there",
		     "-1 %s: it was removed", name_errno(errno));
	FINDING_ENDS(S_ISREG(st.st_mode),
		     "look for the file that was in the way",
		     "a regular file", "it was removed: a socket is there now");
	fd = env_own(env, SETUP(open(t->path, O_RDONLY | O_CLOEXEC)));
	FINDING(read(fd, text, sizeof(text) - 1) == sizeof(OBSTACLE) - 1 &&
		strcmp(text, OBSTACLE) == 0, "read the file that was in the way",
		"what was written to it", "something else");
}
