/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a client that uses this address get to that server?  One set of words
 * for all three types: a server is a listener or a bound datagram socket, a
 * client connects and sends, and a datagram client also sends without
 * connecting.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_REACH_H
#define SOCKSPEC_CHECKS_UTIL_REACH_H

#include <stdbool.h>

#include "harness/env.h"

/** reach_open: let a bound socket take clients: listen(), or nothing. */
int reach_open(struct env *env, int fd);

/** reach_serve: a new socket bound to *addr that takes clients, or -1. */
int reach_serve(struct env *env, struct addr *addr);

/**
 * reach_expect: judge that a new client gets to server by this address, that
 * what it sends arrives there, and that a connection carries data both ways.
 * Leaves nothing behind in the server's queue.  False when it did not.
 */
bool reach_expect(struct env *env, int server, const struct addr *to);

/**
 * reach_expect_error: judge that connect() of a new client is refused with
 * this errno, and that a datagram without connect() is refused, too.
 */
void reach_expect_error(struct env *env, int err, const struct addr *to);

/**
 * reach_expect_unmade: judge that a bind() which was refused left no file at
 * path.  Linux before 5.14 leaves one; it is removed.
 */
void reach_expect_unmade(const struct addr *path);

/** reach_expect_idle: judge that no client waits at server. */
void reach_expect_idle(struct env *env, int server);

/** reach_expect_unbound: judge that fd has no name. */
void reach_expect_unbound(int fd);

/** reach_expect_name: judge that fd has exactly this name. */
void reach_expect_name(int fd, const struct addr *name);

/**
 * reach_expect_binds: judge that fd, whose bind() was refused, has no name,
 * can be bound to addr and serves there.
 */
void reach_expect_binds(struct env *env, int fd, const struct addr *addr);

#endif
