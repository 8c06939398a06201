/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server as a case sees it: its address, its processes, and the end of
 * the case.
 */
#ifndef SOCKSPEC_PROBE_TARGET_H
#define SOCKSPEC_PROBE_TARGET_H

#include "harness/env.h"
#include "probe/server.h"

#include <stdbool.h>
#include <sys/types.h>

struct check;
struct socket_entry;

/* The socket with --exec: in a directory that holds nothing else of ours. */
#define TARGET_DIR "d"
#define TARGET_NAME TARGET_DIR "/s"

struct target {
	struct env *env;
	struct addr addr;
	char path[108];		/* "" for an abstract name */
	struct server server;	/* the one that was started, with --exec */
	struct server other;	/* a second one */
	pid_t pid;		/* of a server that somebody else runs, or 0 */
	pid_t listen_pid;	/* LISTEN_PID; 0: the server's own */
};

/** target_run: the life of a case: start, body, end. */
void target_run(struct env *env, const struct check *check,
		void (*body)(struct env *env, struct target *t));

/**
 * target_listens: does a server listen at the address?  Without the kernel's
 * table it is asked by a connection that is closed at once.
 * @ret: what the kernel says of it, zeroed when it cannot be asked
 */
bool target_listens(struct target *t, struct socket_entry *ret);

/** target_tree: the processes of the server, whoever started it. */
void target_tree(struct target *t, struct process_list *list);

/** target_lives: false when the processes that we know of are gone. */
bool target_lives(struct target *t);

/**
 * target_pause, target_resume: let a server that we started stand still, so
 * that it finds at once what is done meanwhile; others go on.
 */
void target_pause(struct target *t);
void target_resume(struct target *t);

/** target_want_table: leave as SKIP unless the kernel's table can be asked. */
void target_want_table(void);

#endif
