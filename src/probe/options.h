/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which server is judged and what may be done to it: the command line of
 * "sockspec probe", the same for all cases.
 */
#ifndef SOCKSPEC_PROBE_OPTIONS_H
#define SOCKSPEC_PROBE_OPTIONS_H

#include "base/buf.h"
#include "harness/env.h"

#include <regex.h>
#include <stdbool.h>
#include <sys/types.h>

/* What a check of a server wants of the command line. */
enum {
	WANTS_START = 1 << 0,	/* --exec: it starts and ends the server */
	STARTS_ITSELF = 1 << 1,	/* the same, and nothing is started for it */
	WANTS_ANSWER = 1 << 2,	/* --echo, or --ask with --expect */
	WANTS_ECHO = 1 << 3,	/* --echo */
	WANTS_PROCESS = 1 << 4,	/* the server's processes are known */
	WANTS_ACTIVATE = 1 << 5,	/* --activate */
};

struct probe_options {
	const char *command;	/* --exec; NULL: somebody else runs it */
	struct addr addr;	/* of the server; made per case with --exec */
	char *name;		/* of it, for people */
	unsigned int kind;	/* PATH or ABSTRACT */
	int type;		/* SOCK_* */
	unsigned int type_bit;
	pid_t pid;		/* of the server; 0: not known */
	bool intrusive;
	bool activate;
	bool echo;
	bool has_ask;
	struct buf ask;
	regex_t expect;		/* with has_ask */
	char *start_dir;	/* where "sockspec probe" was started */
};

extern struct probe_options probe_options;

struct check;

/** probe_missing: why a check cannot run with these options, or NULL. */
const char *probe_missing(const struct check *check);

/** probe_has_answers: does the server answer in a way we know? */
bool probe_has_answers(void);

/**
 * probe_unescape: \n \r \t \0 \\ and \xNN into bytes; false for any other
 * backslash.
 */
bool probe_unescape(struct buf *out, const char *text);

/**
 * probe_command: the shell command with the path in place of each {}; the path
 * is quoted where a shell would change it.
 */
void probe_command(struct buf *out, const char *command, const char *path);

#endif
