// SPDX-License-Identifier: BSD-2-Clause
/*
 * Parties that are killed midway.  What the dead one was told to be accepted,
 * or had received, is in shared memory.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/names.h"
#include "checks/util_traffic.h"
#include "core/fdmode.h"
#include "harness/check.h"

struct killer {
	struct traffic *traffic;
	int credit_fd;
	pid_t pid;
};

/* Kill when twenty records have arrived, and swallow what else is told. */
static void *killer_thread(void *arg)
{
	struct killer *killer = arg;
	char byte;

	for (int n = 1; read(killer->credit_fd, &byte, 1) == 1; n++)
		if (n == 20)
			kill(killer->pid, SIGKILL);
	return NULL;
}

/* All below accepted came, nothing from offered on, between the two some. */
static void judge_dead_sender(struct traffic *t)
{
	const struct uds_counts *counts = traffic_counts(t);
	const struct uds_progress *progress = &t->progress[0];
	uint64_t accepted = atomic_load(&progress->accepted);
	uint64_t offered = atomic_load(&progress->offered);

	uds_ledger_finish_killed(t->ledger, 0, accepted, offered);
	EXPECT_RANGE(accepted, offered, counts->received);
	for (int fault = 0; fault < UDS_N_FAULTS; fault++) {
		/* A stream may end within the record that was being written. */
		bool cut = t->env->type == SOCK_STREAM &&
			   fault == UDS_FAULT_TORN;

		CONTEXT("%s", uds_fault_name((enum uds_fault)fault));
		EXPECT_RANGE(0, cut, counts->n[fault]);
	}
	CONTEXT("the receiver: %s", uds_stop_name(t->received.stop));
	EXPECT_EQ(t->env->type == SOCK_DGRAM ? UDS_STOP_DONE : UDS_STOP_EOF,
		  t->received.stop);
	EXPECT_ERR_EQ(0, t->received.err);
}

static void sender_killed(struct env *env)
{
	cleanup_traffic struct traffic t;
	struct killer killer;
	pthread_t thread;
	int gate[2];
	char byte;

	traffic_init(&t, env, 1);
	SETUP(traffic_on_pair(&t));
	SETUP(env_pipe(env, gate));
	SETUP(traffic_set_buffer(t.sender[0].options.fd, SO_SNDBUF, 20000));
	traffic_set_count(&t, 0);
	if (env->param == 0)
		t.sender[0].options.full_fd = gate[1];
	else
		t.recv.credit_fd = gate[1];
	traffic_fork(&t);
	if (env->param == 0) {
		/* Refused once, it sleeps or is about to: now it is killed. */
		ASSERT_RET(1, read(gate[0], &byte, 1));
		SETUP(kill(t.sender[0].pid, SIGKILL));
		ASSERT_EQ(-SIGKILL, env_reap(env, t.sender[0].pid));
		traffic_receive(&t);
	} else {
		killer = (struct killer) { &t, gate[0], t.sender[0].pid };
		SETUP(-pthread_create(&thread, NULL, killer_thread, &killer));
		traffic_receive(&t);
		SETUP(env_close(env, gate[1]));
		ASSERT_EQ(0, pthread_join(thread, NULL));
		ASSERT_EQ(-SIGKILL, env_reap(env, t.sender[0].pid));
	}
	judge_dead_sender(&t);
}

CHECK(reliability, sender_killed,
      .title = "What a killed sender had sent on a connection arrives, and then the end",
      CLAUSES(posix_sockets_stream_reliable, posix_sockets_seqpacket_reliable,
	      linux_queue_outlives_sender),
      ROWS(REL_06),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("before_reading", "while_reading"),
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "The last words of a process that dies are those one needs.",
      .explain = "A process sends without end and is killed with SIGKILL: when the "
	      "queue is full and nothing has been read, or after twenty records. "
	      "Every record that a call had taken must come, none that was never "
	      "offered, of a stream perhaps the beginning of one more, then the "
	      "end of the file.")
{
	sender_killed(env);
}

CHECK(reliability, sender_killed_dgram,
      .title = "The datagrams that a killed sender had sent arrive",
      CLAUSES(unix7_dgram_reliable, linux_queue_outlives_sender),
      ROWS(REL_06),
      .types = DGRAM, .addrs = ANY_ADDR,
      PARAMS("before_reading", "while_reading"),
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "The last words of a process that dies are those one needs.",
      .explain = "As sender_killed, with datagrams, where nothing tells the end.")
{
	sender_killed(env);
}

/* What the receiver in its process had received before it was killed. */
struct reader {
	struct traffic *traffic;
	struct uds_counts *counts;
	int ready_fd;
};

static int reader_process(struct env *env, void *arg)
{
	struct reader *reader = arg;
	struct traffic *t = reader->traffic;

	(void)env;
	close(t->sender[0].options.fd);
	if (uds_traffic_receive(&t->recv, &t->received) < 0)
		return 1;
	uds_ledger_finish(t->ledger, 0, uds_ledger_next(t->ledger, 0));
	*reader->counts = *traffic_counts(t);
	uds_gate_open(reader->ready_fd);
	pause();
	return 1;
}

static void *send_thread(void *arg)
{
	traffic_send(arg);
	return NULL;
}

static void receiver_killed(struct env *env)
{
	cleanup_buf struct buf line = BUF_NULL;
	cleanup_traffic struct traffic t;
	struct reader reader = { .traffic = &t };
	struct uds_sent *sent;
	pthread_t thread;
	int ready[2];
	pid_t pid;
	char byte;

	traffic_init(&t, env, 1);
	SETUP(traffic_on_pair(&t));
	SETUP(env_pipe(env, ready));
	reader.counts = SETUP(mmap(NULL, sizeof(*reader.counts),
				   PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	reader.ready_fd = ready[1];
	traffic_set_count(&t, 0);
	t.recv.done_fd = -1;
	t.recv.count = 25;
	pid = SETUP(env_fork(env, reader_process, &reader));
	SETUP(env_close(env, t.fds[0]));
	SETUP(env_close(env, ready[1]));
	SETUP(-pthread_create(&thread, NULL, send_thread, &t));
	ASSERT_RET(1, read(ready[0], &byte, 1));
	SETUP(kill(pid, SIGKILL));
	ASSERT_EQ(-SIGKILL, env_reap(env, pid));
	ASSERT_EQ(0, pthread_join(thread, NULL));

	sent = &t.sender[0].sent;
	CONTEXT("the sender: %s", uds_stop_name(sent->stop));
	EXPECT_EQ(UDS_STOP_ERROR, sent->stop);
	if (sent->err == ECONNREFUSED && env->type == SOCK_SEQPACKET &&
	    !release_proven(RELEASE_6_5))
		NOTE("ECONNREFUSED, as a close that is met gave before Linux 6.3");
	else
		EXPECT_THAT(sent->err == EPIPE ||
			    sent->err == (env->type == SOCK_DGRAM ?
					  ECONNREFUSED : ECONNRESET),
			    "the sender got %s, not EPIPE, ECONNRESET or ECONNREFUSED",
			    name_errno(sent->err));
	uds_counts_print(reader.counts, &line);
	CONTEXT("%s", line.data);
	EXPECT_THAT(uds_counts_perfect(reader.counts), "the first were damaged");
	EXPECT_RANGE(25, sent->accepted, reader.counts->received);
	munmap(reader.counts, sizeof(*reader.counts));
}

CHECK(reliability, receiver_killed,
      .title = "A sender learns that its receiver was killed, and had lost nothing before",
      CLAUSES(posix_sockets_stream_reliable, posix_sockets_seqpacket_reliable,
	      linux_peer_death_stream),
      ROWS(EOF_03),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "A sender that is not told goes on into the void, or sleeps for ever.",
      .explain = "A process receives 25 records, says whether they were perfect, and "
	      "is killed with SIGKILL while the sender goes on or sleeps in send(). "
	      "EPIPE, or ECONNRESET because data was left unread; ECONNREFUSED for a "
	      "seqpacket sender that meets the close itself in Linux before 6.3 and "
	      "its stable versions, where nothing newer is known.")
{
	receiver_killed(env);
}

CHECK(reliability, receiver_killed_dgram,
      .title = "A sender of datagrams learns that its receiver was killed",
      CLAUSES(linux_peer_death_dgram, unix7_dgram_reliable),
      ROWS(DGR_39),
      .types = DGRAM, .addrs = ANY_ADDR,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "A sender that is not told goes on into the void, or sleeps for ever.",
      .explain = "As receiver_killed; the error is ECONNREFUSED.")
{
	receiver_killed(env);
}
