/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a case left behind, compared as sets, never as counts.
 */
#ifndef SOCKSPEC_HARNESS_AUDIT_H
#define SOCKSPEC_HARNESS_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** audit_found: called once for each thing that was left. */
typedef void audit_found(void *arg, const char *what);

/**
 * audit_fds: every open descriptor of this process above last_known_fd, with
 * what it refers to.
 */
void audit_fds(int last_known_fd, audit_found *found, void *arg);

/**
 * audit_tool_fds: what is open above last_known_fd now belongs to the tool
 * that we run under (valgrind shows its own), and is no leak later.
 */
void audit_tool_fds(int last_known_fd);

/**
 * audit_children: kill and reap every child this process still has, which
 * for a subreaper are all that its case started and did not end; each that
 * was still alive is reported.
 * @group: the process group of the case, killed as a whole
 */
void audit_children(pid_t group, audit_found *found, void *arg);

/**
 * audit_dir: remove every entry below the directory, reporting the name of
 * each one at the top level; the directory stays.  found may be NULL.
 */
void audit_dir(int dir_fd, audit_found *found, void *arg);

/**
 * audit_abstract: names in the abstract namespace that begin with prefix, as
 * /proc/net/unix shows them; nothing without that file.
 */
void audit_abstract(const char *prefix, audit_found *found, void *arg);

#endif
