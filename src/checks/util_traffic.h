/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traffic between parties of one case: senders in threads or processes, one
 * receiver in the case itself, and the judgement of its ledger.
 *
 *	cleanup_traffic struct traffic t;
 *
 *	traffic_init(&t, env, 4);
 *	SETUP(traffic_fan_in(&t, TRAFFIC_CONNECTED));
 *	traffic_run(&t);
 *	TRAFFIC_EXPECT_ALL(&t);
 */
#ifndef SOCKSPEC_CHECKS_UTIL_TRAFFIC_H
#define SOCKSPEC_CHECKS_UTIL_TRAFFIC_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/traffic.h"
#include "harness/env.h"
#include "harness/expect.h"

#define TRAFFIC_MAX_SENDERS 16
#define TRAFFIC_MAX_SIZE 4000

/* .timeout_ms of a check: the traffic's own deadline comes well before. */
#define TRAFFIC_TIMEOUT_MS 60000

/* How the sockets of traffic_fan_in() reach the one receiver. */
enum traffic_layout {
	TRAFFIC_CONNECTED,	/* a socket a sender, connected */
	TRAFFIC_UNCONNECTED,	/* a socket a sender, sendto() */
	TRAFFIC_ONE_SOCKET,	/* one socket for all senders */
};

struct traffic;

/**
 * struct traffic_sender - one sender; lies in shared memory
 * @source: what it sends; sizes 40 to 2000 bytes unless changed
 * @options: how; change after the sockets have been made
 * @result: of uds_traffic_send()
 * @sent: its account, set once it ended by itself
 */
struct traffic_sender {
	struct uds_source source;
	struct uds_send_options options;
	int result;
	struct uds_sent sent;

	struct traffic *traffic;
	pthread_t thread;
	pid_t pid;
};

/**
 * struct traffic - who sends to whom
 * @sender: n_senders of them
 * @progress: of each sender, and after them the receiver's
 * @recv: how the receiver reads
 * @received: its account
 * @result: of uds_traffic_receive()
 * @keep_open: senders leave their sockets open, so that no end of file comes
 * @done: hangs up when the last sender has left
 */
struct traffic {
	struct env *env;
	size_t n_senders;
	struct traffic_sender *sender;
	struct uds_progress *progress;
	struct uds_ledger *ledger;
	struct uds_recv_options recv;
	struct uds_received received;
	int result;
	bool keep_open;
	int done[2];

	int fds[TRAFFIC_MAX_SENDERS];
	struct addr addr;
	enum traffic_layout layout;
	_Atomic size_t n_running;
	_Atomic bool left;	/* the receiver has */
	pthread_t receiver;
};

#define cleanup_traffic __attribute__((cleanup(traffic_free)))

/** traffic_count: n records a volume, fewer under valgrind. */
uint64_t traffic_count(const struct env *env, uint64_t n);

/**
 * traffic_init: options for n senders of traffic_count(env, 60) records each
 * and the receiver of them all; no sockets yet.
 */
void traffic_init(struct traffic *t, struct env *env, size_t n_senders);

void traffic_free(struct traffic *t);

/** traffic_set_count: records of each sender. */
void traffic_set_count(struct traffic *t, uint64_t count);

/** traffic_set_sizes: of the records of each sender. */
void traffic_set_sizes(struct traffic *t, struct uds_schedule sizes);

/** traffic_set_wait: how all parties wait. */
void traffic_set_wait(struct traffic *t, enum uds_wait wait);

/**
 * traffic_on_pair: one pair of the row for all senders, the first end of which
 * sends; a pipe where the row is one.  0, or -1 with errno.
 */
int traffic_on_pair(struct traffic *t);

/** traffic_on: the same on two descriptors that the caller made. */
void traffic_on(struct traffic *t, int send_fd, int recv_fd);

/**
 * traffic_fan_in: connections (or pairs) from each sender to the receiver, or
 * one bound receiver of datagrams, as layout says.  0, or -1 with errno.
 */
int traffic_fan_in(struct traffic *t, enum traffic_layout layout);

/** traffic_start: the senders, in threads. */
void traffic_start(struct traffic *t);

/**
 * traffic_fork: the senders, in processes; the case gives up their sockets.  A
 * receiver of datagrams, which no thread can wake now, waits in poll().
 */
void traffic_fork(struct traffic *t);

/** traffic_receive: receive, in this thread, and keep the account. */
void traffic_receive(struct traffic *t);

/** traffic_join: wait for the senders. */
void traffic_join(struct traffic *t);

/** traffic_send: the one sender, in this thread. */
void traffic_send(struct traffic *t);

/** traffic_run: start, receive, join. */
void traffic_run(struct traffic *t);

/** traffic_counts: what the ledger says. */
const struct uds_counts *traffic_counts(const struct traffic *t);

/** traffic_n: how often the ledger saw this fault. */
uint64_t traffic_n(const struct traffic *t, enum uds_fault fault);

/** traffic_finish: tell the ledger what was sent. */
void traffic_finish(struct traffic *t);

/** traffic_note: the ledger's line for the report. */
void traffic_note(const struct traffic *t);

/**
 * TRAFFIC_EXPECT_ALL: every sender sent all it had, the receiver came to the
 * end, and all that was sent arrived, once, whole and in order.  True when so.
 */
#define TRAFFIC_EXPECT_ALL(t) \
	({ verb_begin(VERB_EXPECT, "the ledger", HERE); traffic_judge(t); })

/** TRAFFIC_EXPECT_LEDGER: the same of the ledger alone, which is finished. */
#define TRAFFIC_EXPECT_LEDGER(t) \
	({ verb_begin(VERB_EXPECT, "the ledger", HERE); \
	   traffic_judge_ledger(t); })

bool traffic_judge(struct traffic *t);
bool traffic_judge_ledger(const struct traffic *t);

/** traffic_set_buffer: SO_SNDBUF or SO_RCVBUF; 0, or -1 with errno. */
int traffic_set_buffer(int fd, int name, int bytes);

#endif
