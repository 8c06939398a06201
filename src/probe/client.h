/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients of the server that is judged.
 *
 * A visit is one client from connect() to its end.  Where answers are known
 * (--echo, or --ask and --expect) it is served when it got its answer; where
 * they are not, when the server took it: accepted the connection, or read the
 * datagram, as the kernel's table shows.
 */
#ifndef SOCKSPEC_PROBE_CLIENT_H
#define SOCKSPEC_PROBE_CLIENT_H

#include "base/buf.h"
#include "probe/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a client fared. */
enum fate {
	FATE_SERVED,
	FATE_REFUSED,		/* connect() or sendto() failed: see err */
	FATE_TIMED_OUT,		/* connect() waited for room in vain */
	FATE_DROPPED,		/* ECONNRESET: closed while it was in the queue */
	FATE_CLOSED,		/* the end came before the answer */
	FATE_SILENT,		/* no answer, or not accepted, in time */
	FATE_WRONG,		/* another answer than the right one */
	N_FATE,
};

/** fate_say: "was served", "was dropped from the queue (ECONNRESET)". */
const char *fate_say(enum fate fate, int err);

/**
 * struct talk - one client's requests and the answers to them
 * @fd: connected, or for datagrams bound, with the server's address in to
 * @in: what came and belongs to no answer yet
 * @out: the last request
 */
struct talk {
	int fd;
	const struct addr *to;
	struct buf in;
	struct buf out;
	int err;
};

#define cleanup_talk __attribute__((cleanup(talk_free)))

/** talk_begin: fd stays the caller's. */
void talk_begin(struct talk *talk, const struct target *t, int fd);
void talk_free(struct talk *talk);

/** talk_request: the next request in .out; with --echo no two are alike. */
void talk_request(struct talk *talk);

/** talk_send: send .out; FATE_SERVED when all of it went out. */
enum fate talk_send(struct talk *talk, int64_t deadline_ns);

/** talk_await: read until the answer to .out is there. */
enum fate talk_await(struct talk *talk, int64_t deadline_ns);

/** talk_ask: all three. */
enum fate talk_ask(struct talk *talk, int64_t deadline_ns);

/**
 * client_connect: one blocking connect() that waits for room until the
 * deadline, or for datagrams a socket with a name.  -1 with errno; EAGAIN when
 * it waited in vain.  Threads may call it; the descriptor is the caller's.
 */
int client_connect(const struct target *t, int64_t deadline_ns);

/**
 * client_enter: the same for a client that is only wanted for what follows: a
 * server that is away for a moment is tried again.  Ends the case when it
 * cannot be had.
 */
int client_enter(struct target *t);

/**
 * client_enter_beside: the same for one of several that are there at a time;
 * the case is skipped when the queue is full of those that were first, which
 * is what a server that serves one after the other does.
 */
int client_enter_beside(struct target *t);

/** client_visit: one whole visit. */
enum fate client_visit(struct target *t, int64_t deadline_ns, int *err);

/**
 * client_visit_again: the same by a client that comes again when the server is
 * away for a moment or loses its queue: these faults have checks of their own.
 */
enum fate client_visit_again(struct target *t, int *err);

/**
 * client_leave: end the requests on n connections, wait a while for the
 * server to end them too, and close: nobody is harmed by that.
 */
void client_leave(struct target *t, const int *fds, size_t n);

/**
 * client_taken: wait until no client is left in the queue, or no datagram;
 * false at the deadline.  True where the kernel cannot be asked.
 */
bool client_taken(struct target *t, int64_t deadline_ns);

/** client_deadline: probe_limit_ms() from now. */
int64_t client_deadline(void);

/**
 * client_still_served: the judgement with which most cases end: the processes
 * live, and one more client is served.
 * @after: what was done before, for the evidence
 */
void client_still_served(struct target *t, const char *after);

/** finding: behind FINDING(); see probe.h. */
bool finding(bool held, const char *expected, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
