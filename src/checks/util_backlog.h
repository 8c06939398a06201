/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients in a listener's queue, shared by the checks of listen(), connect()
 * and accept().
 */
#ifndef SOCKSPEC_CHECKS_UTIL_BACKLOG_H
#define SOCKSPEC_CHECKS_UTIL_BACKLOG_H

#include <stdbool.h>
#include <sys/types.h>

#include "harness/call.h"
#include "harness/env.h"

/**
 * backlog_connect: a new client connected to a listener, owned by the env.
 * On AF_UNIX connect() is made not to sleep: a full queue is -1 with its
 * errno at once; the client that comes back blocks as the row says.  On a
 * control it waits for the handshake.
 */
int backlog_connect(struct env *env, const struct addr *to);

/**
 * backlog_fill: clients until one is turned away, at most max, kept in fd[].
 * Returns how many there are; errno tells why no more came, 0 when max was
 * reached.
 */
int backlog_fill(struct env *env, const struct addr *to, int *fd, int max);

/**
 * backlog_full_listener: a listener of the row whose queue is full: judges
 * that filling it ends, and ends with EAGAIN.  *ret_n clients are in fd[],
 * which has room for BACKLOG_FILL_MAX.
 */
#define BACKLOG_FILL_MAX 64
int backlog_full_listener(struct env *env, int backlog, struct addr *addr,
			  int *fd, int *ret_n);

/**
 * backlog_sleeper: start connect() of fd to a full queue.  Skips the case
 * where it does not sleep but is turned away at once; a check of its own says
 * that.  The caller judges EXPECT_BLOCKS.
 */
void backlog_sleeper(struct call *c, int fd, const struct addr *to);

/** backlog_somaxconn: net.core.somaxconn here, or -1 when it is not told. */
int backlog_somaxconn(void);

/** backlog_need: leave the case where somaxconn allows less than n. */
void backlog_need(int n);

/** backlog_set_nonblock: set or clear O_NONBLOCK; 0, or -1 with errno. */
int backlog_set_nonblock(int fd, bool on);

/**
 * backlog_stay_on_cpu: keep this process on one processor, so that the
 * packets of a control arrive in the order in which they were sent.
 */
void backlog_stay_on_cpu(struct env *env);

/** backlog_option: an int option of SOL_SOCKET, or -1 with errno. */
int backlog_option(int fd, int name);

/** backlog_set_option: set one to value; 0, or -1 with errno. */
int backlog_set_option(int fd, int name, int value);

/** backlog_set_timeout: SO_RCVTIMEO or SO_SNDTIMEO; 0, or -1 with errno. */
int backlog_set_timeout(int fd, int name, int ms);

/** backlog_send_fd: sendmsg() of one byte with a descriptor. */
ssize_t backlog_send_fd(int sock, int fd);

#endif
