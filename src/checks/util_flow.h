/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets that are full, shared by the checks of flow control.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_FLOW_H
#define SOCKSPEC_CHECKS_UTIL_FLOW_H

#include "harness/call.h"
#include "harness/env.h"

#include <stdbool.h>
#include <stddef.h>

/* The message that flow_fill() sends, and its length. */
#define FLOW_UNIT 64

/**
 * flow_pair: env_pair() with a small send buffer in fd[0], so that it is soon
 * full.  0, or -1 with errno.
 */
int flow_pair(struct env *env, int fd[2]);

/**
 * flow_fill: send units from fd until it would block, and judge that this
 * ends with EAGAIN.  Returns how many there are.
 */
int flow_fill(int fd);

/** flow_drain: judge that the next n units can be read, from number first on. */
void flow_drain(int fd, int first, int n);

/** flow_outq: memory that what fd has sent takes up, or -1 with errno. */
int flow_outq(int fd);

/**
 * flow_queue_limit: net.unix.max_dgram_qlen here.  Skips the case when it is
 * not told, or too large to be filled.
 */
int flow_queue_limit(void);

/* How somebody who sleeps is woken and finds nothing. */
struct flow_waker {
	void (*wake)(struct flow_waker *w);
	int fd;			/* where the call sleeps */
	int peer;
};

/**
 * flow_wake_till_over: wake a call with a timeout, which counts in ticks of at
 * most 10 ms, each time it has slept for longer than a tick; judge that it
 * returns after as many wakes as its timeout has ticks, and a few.  Nothing
 * that holds up the machine adds to that number.  False when it had to be
 * ended: its result is nothing then.
 */
bool flow_wake_till_over(struct call *c, struct flow_waker *w, int timeout_ms);

/* A bound datagram socket whose queue is full. */
struct flow_queue {
	struct addr addr;
	int fd;
	int n;			/* messages that wait: "0", "1", ... */
};

/**
 * flow_fill_queue: send to to from as many sockets as it takes until a fresh
 * one gets EAGAIN as well.  Returns how many messages were taken; the first
 * is the text of the number first.
 */
int flow_fill_queue(struct env *env, const struct addr *to, int first);

/** flow_full_queue: bind a receiver to address 0 of the row and fill it. */
void flow_full_queue(struct env *env, struct flow_queue *queue);

/** flow_drain_queue: judge that the n messages from number first on are next. */
void flow_drain_queue(int fd, int first, int n);

#endif
