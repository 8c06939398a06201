// SPDX-License-Identifier: BSD-2-Clause
/*
 * Full queues, and signals all the time: senders wait or are refused, and
 * nothing is dropped.
 */
#include "config.h"

#include <linux/sock_diag.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "checks/util_traffic.h"
#include "core/fdmode.h"
#include "harness/check.h"

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

/* Of one size: a shorter one might still have room where there is none. */
#define FULL_RECORD 1000

/* What waits for room. */
struct waiting {
	struct traffic_sender *last;
	unsigned char record[FULL_RECORD];
	size_t rest;		/* bytes at its end that a stream did not take */
};

static long send_waiting(struct call *c)
{
	struct waiting *w = c->arg;

	if (w->rest && send(w->last->options.fd, w->record + FULL_RECORD - w->rest,
			    w->rest, MSG_NOSIGNAL) != (ssize_t)w->rest)
		return -1;
	return uds_traffic_send(&w->last->options, &w->last->sent);
}

/*
 * Three senders after each other: the first fills the queue, the second is
 * refused, the third waits in its call until there is room.  A stream may
 * take a part of a record; the rest of it is then the first that waits.
 */
static void full_queue(struct traffic *t)
{
	struct traffic_sender *sender = t->sender;
	struct waiting waiting = { .last = &sender[2] };
	struct call blocked;
	char byte;

	traffic_set_sizes(t, (struct uds_schedule)UDS_FIXED(FULL_RECORD));

	t->keep_open = true;
	t->recv.done_fd = -1;
	sender[0].options.stop_when_full = true;
	/* More than its buffer can hold, whatever the defaults are here. */
	SETUP(traffic_set_buffer(sender[0].options.fd, SO_SNDBUF, 30000));
	sender[0].options.count = 5000;
	sender[1].options.stop_when_full = true;
	sender[2].options.deadline_ns = 0;
	sender[2].options.count = 1;
	ASSERT_RET(0, uds_traffic_send(&sender[0].options, &sender[0].sent));
	ASSERT_THAT(sender[0].sent.stop == UDS_STOP_FULL,
		    "a receiver that does not read: %s",
		    uds_stop_name(sender[0].sent.stop));
	ASSERT_RET(0, uds_traffic_send(&sender[1].options, &sender[1].sent));
	EXPECT_EQ(0, sender[1].sent.accepted);
	EXPECT_EQ(0, sender[1].sent.bytes);
	if (sender[0].sent.partial) {
		uds_record_fill(&sender[0].source, sender[0].sent.accepted,
				waiting.record);
		waiting.rest = FULL_RECORD - sender[0].sent.partial;
		sender[0].sent.partial = 0;
		sender[0].sent.accepted++;
	}
	blocked.arg = &waiting;
	call_start(&blocked, "send() on a full queue", send_waiting);
	EXPECT_BLOCKS(&blocked);
	t->recv.count = sender[0].sent.accepted + 1;
	traffic_receive(t);
	EXPECT_CALL_RET(0, &blocked);
	traffic_finish(t);
	TRAFFIC_EXPECT_LEDGER(t);
	EXPECT_EQ(sender[0].sent.accepted + 1, traffic_counts(t)->sent);
	EXPECT_ERRNO(EAGAIN, recv(t->fds[0], &byte, 1, MSG_DONTWAIT));
}

CHECK(reliability, full_connection,
      .title = "A full connection refuses or blocks its sender, and drops nothing",
      CLAUSES(posix_send_full_blocks, posix_sockets_stream_reliable,
	      posix_sockets_seqpacket_reliable),
      ROWS(REL_11, FLOW_20, FLOW_28),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      .needs = NEED_BLOCKED, .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "A sender that is told yes counts on it.",
      .explain = "Records are sent without waiting until EAGAIN; one more is "
	      "refused; one more blocks.  Then the receiver reads: exactly what "
	      "was accepted comes, and the blocked one last.")
{
	cleanup_traffic struct traffic t;

	traffic_init(&t, env, 3);
	SETUP(traffic_on_pair(&t));
	full_queue(&t);
}

/* How many packets the system owns to have thrown away, or -1. */
static long drops_of(int fd)
{
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0 ||
	    len <= SK_MEMINFO_DROPS * sizeof(info[0]))
		return -1;
	return info[SK_MEMINFO_DROPS];
}

/* What UDP may do, the ledger must show: some are lost, the rest is perfect. */
static void overflow(struct traffic *t)
{
	const struct uds_counts *counts = traffic_counts(t);
	long drops;

	SETUP(traffic_set_buffer(t->fds[0], SO_RCVBUF, 10000));
	traffic_set_count(t, 100);
	traffic_send(t);
	ASSERT_EQ(t->sender[0].options.count, t->sender[0].sent.accepted);
	SETUP(env_close(t->env, t->done[1]));
	do {
		traffic_receive(t);
		drops = drops_of(t->fds[0]);
	} while (drops >= 0 && counts->received + (uint64_t)drops <
			       t->sender[0].sent.accepted &&
		 clock_now_ns() < t->recv.deadline_ns);
	uds_ledger_finish(t->ledger, 0, t->sender[0].sent.accepted);
	traffic_note(t);
	EXPECT_RANGE(1, counts->sent - 1, counts->n[UDS_FAULT_LOST]);
	EXPECT_EQ(counts->sent, counts->received + counts->n[UDS_FAULT_LOST]);
	for (int fault = UDS_FAULT_LOST + 1; fault < UDS_N_FAULTS; fault++) {
		CONTEXT("%s", uds_fault_name((enum uds_fault)fault));
		EXPECT_EQ(0, counts->n[fault]);
	}
	CONTEXT("as the system counts");
	if (drops >= 0)
		EXPECT_EQ(drops, counts->n[UDS_FAULT_LOST]);
}

CHECK(reliability, full_queue_dgram,
      .title = "A full queue of datagrams refuses or blocks senders, and drops nothing",
      CLAUSES(unix7_dgram_reliable, posix_send_full_blocks),
      ROWS(REL_11, FLOW_03, FLOW_09, FLOW_20),
      .types = DGRAM, .addrs = NAMED, .controls = UDP,
      PARAMS("both_ways", "one_way", "unconnected"),
      .needs = NEED_BLOCKED, .tags = "report",
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "A sender that is told yes counts on it.",
      .explain = "As full_connection, on sockets connected to each other, connected "
	      "one way, and with sendto().  On UDP the same flood must show losses "
	      "in the ledger, as many as the system says it dropped.")
{
	cleanup_traffic struct traffic t;

	traffic_init(&t, env, env_is_control(env) ? 1 : 3);
	if (env->param == 0)
		SETUP(traffic_on_pair(&t));
	else
		SETUP(traffic_fan_in(&t, env->param == 1 ? TRAFFIC_CONNECTED :
							   TRAFFIC_UNCONNECTED));
	if (env_is_control(env))
		overflow(&t);
	else
		full_queue(&t);
}

struct storm {
	struct traffic *traffic;
	const struct uds_progress *target;
	int gate_fd;
};

static void ignore(int sig)
{
	(void)sig;
}

/*
 * Signals for both parties as long as there is traffic.  The other party is
 * let in when the first has been interrupted some times.
 */
static void *storm_thread(void *arg)
{
	const struct timespec pace = { .tv_nsec = 100000 };
	struct storm *storm = arg;
	struct traffic *t = storm->traffic;
	bool open = false;

	while (!atomic_load(&t->left)) {
		pthread_kill(t->sender[0].thread, SIGUSR1);
		pthread_kill(t->receiver, SIGUSR1);
		if (!open && atomic_load(&storm->target->interrupted) >= 3) {
			uds_gate_open(storm->gate_fd);
			open = true;
		}
		nanosleep(&pace, NULL);
	}
	return NULL;
}

static void interrupted(struct env *env)
{
	const struct sigaction action = { .sa_handler = ignore };
	cleanup_traffic struct traffic t;
	struct storm storm = { .traffic = &t };
	pthread_t thread;
	int gate[2];

	traffic_init(&t, env, 1);
	SETUP(traffic_on_pair(&t));
	SETUP(env_pipe(env, gate));
	SETUP(sigaction(SIGUSR1, &action, NULL));
	/* More than the buffer holds, or the sender never waits. */
	SETUP(traffic_set_buffer(t.sender[0].options.fd, SO_SNDBUF, 20000));
	traffic_set_count(&t, env->volume * 80);
	if (env->type == SOCK_STREAM) {
		/* Larger than the buffer: a signal comes in the middle. */
		traffic_set_sizes(&t, (struct uds_schedule)UDS_BETWEEN(40, 60000));
		traffic_set_count(&t, traffic_count(env, 20));
		t.recv.max_size = 60000;
	}
	if (env->param == 0)
		t.recv.start_fd = gate[0];
	else
		t.sender[0].options.start_fd = gate[0];
	storm.target = &t.progress[env->param];
	storm.gate_fd = gate[1];
	traffic_start(&t);
	ASSERT_EQ(0, pthread_create(&thread, NULL, storm_thread, &storm));
	traffic_receive(&t);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	traffic_join(&t);
	TRAFFIC_EXPECT_ALL(&t);
	EXPECT_RANGE(3, INT64_MAX, storm.target->interrupted);
}

CHECK(reliability, signals,
      .title = "Signals all the time lose, double and tear nothing on a connection",
      CLAUSES(posix_sockets_stream_reliable, posix_sockets_seqpacket_reliable,
	      signal7_socket_eintr),
      ROWS(REL_14),
      .types = CONNECTED, .addrs = ANY_ADDR, PARAMS("sender", "receiver"),
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Timers and children interrupt calls in every larger program.",
      .explain = "A handler without SA_RESTART.  One party is interrupted while it "
	      "waits for the other, at least three times, then both are until the "
	      "end; they go on after EINTR and after short writes.")
{
	interrupted(env);
}

CHECK(reliability, signals_dgram,
      .title = "Signals all the time lose, double and tear no datagram",
      CLAUSES(unix7_dgram_reliable, signal7_socket_eintr),
      ROWS(REL_14),
      .types = DGRAM, .addrs = ANY_ADDR, PARAMS("sender", "receiver"),
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Timers and children interrupt calls in every larger program.")
{
	interrupted(env);
}
