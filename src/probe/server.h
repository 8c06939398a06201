/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server that the case starts: the command of --exec in a shell, in a group
 * of its own, in the directory in which sockspec was started, its output in a
 * file that is shown when the case is not as required.
 *
 * The case is the reaper of what its servers leave, so that one that makes
 * itself a daemon is still found and ended.
 */
#ifndef SOCKSPEC_PROBE_SERVER_H
#define SOCKSPEC_PROBE_SERVER_H

#include "probe/process.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct target;

struct server {
	pid_t child;		/* the shell, or what it became; 0: not started */
	bool ended;		/* the child was reaped: see status */
	int status;		/* as waitpid() gives it */
	uint32_t inode;		/* of its socket, once it listened; 0: unseen */
	int number;		/* of this case, for its log */
	struct process_list daemons;	/* of it, with the case as parent */
};

/* What becomes of a server that was started. */
enum server_state {
	SERVER_LISTENS,
	SERVER_ENDED,		/* it and all that it started */
	SERVER_WAITS,		/* neither until the deadline */
};

/** server_spawn: start it; the case breaks when that is not possible. */
void server_spawn(struct target *t, struct server *s);

/**
 * server_spawn_with: the same with umask, and with listener (-1: none) as
 * descriptor 3 by the protocol of LISTEN_FDS.
 * @prepare: called in its process before the exec, while the descriptors of
 * the case are still there; NULL: nothing
 */
void server_spawn_with(struct target *t, struct server *s, mode_t mask,
		       int listener, void (*prepare)(void));

/**
 * server_await: wait until it listens at the target's address and has come to
 * rest, or ended.
 * @not_inode: a socket that was there before and is not its own; 0: none
 */
enum server_state server_await(struct target *t, struct server *s,
			       uint32_t not_inode);

/** server_start: both; the case breaks unless it listens. */
void server_start(struct target *t, struct server *s);

/** server_tree: all its processes that there are now. */
void server_tree(struct server *s, struct process_list *list);

/** server_main: the process that got the socket: whom to send a signal. */
pid_t server_main(struct server *s);

void server_signal(struct server *s, int sig);

/**
 * server_terminate: SIGTERM, once the server minds that signal or has come to
 * rest without minding it: one that listens may still be on its way to its
 * signal handlers.
 */
void server_terminate(struct server *s);

/** server_stop, server_continue: SIGSTOP to all of it, seen to stand still. */
void server_stop(struct server *s);
void server_continue(struct server *s);

/** server_has_ended: nothing of it is left; reaps. */
bool server_has_ended(struct server *s);

/** server_await_end: false when it has not ended within the limit. */
bool server_await_end(struct server *s);

/** server_kill: SIGKILL to all of it, and wait. */
void server_kill(struct server *s);

/** server_say_end: "exit status 1", "SIGPIPE", "still running". */
const char *server_say_end(const struct server *s);

/** server_kill_all: all descendants of this process, until there are none. */
void server_kill_all(void);

/** server_free: the memory of it, at the end of the case. */
void server_free(struct server *s);

/** server_show_logs: what the servers printed, to standard output. */
void server_show_logs(void);

/**
 * probe_limit_ms: how long something that must happen may take: longer while
 * the machine is busy, but never as long as a call may take (child.h).
 */
int probe_limit_ms(void);

/** probe_pause: let others run before the next look. */
void probe_pause(unsigned int round);

#endif
