/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files and sockets that the checks put in a server's way.
 */
#ifndef SOCKSPEC_PROBE_UTIL_PATH_H
#define SOCKSPEC_PROBE_UTIL_PATH_H

#include "probe/target.h"

#include <sys/stat.h>

/** path_bind: a datagram socket bound to the path; -1 with errno. */
int path_bind(const char *path);

/** path_make_stale: a socket of the server's type was here, and is gone. */
void path_make_stale(struct target *t, const char *path);

/** path_write_file: a file of this text. */
void path_write_file(const char *path, const char *text);

/** path_judge_start: the server that was spawned comes to listen. */
void path_judge_start(struct target *t, struct server *s, const char *did);

/**
 * path_leads_to: is it this file still, or one that the same server bound anew,
 * as some do while they start?
 */
bool path_leads_to(struct target *t, struct server *s, const struct stat *st);

/** path_is: does the path lead to this file? */
bool path_is(const char *path, const struct stat *st);

#endif
