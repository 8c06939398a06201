// SPDX-License-Identifier: BSD-2-Clause
/*
 * Several readers of one socket.  Each keeps what it got in the order in which
 * it got it; afterwards a ledger a reader tells whether that was in order, and
 * one ledger of them all whether each record came to exactly one.
 */
#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "checks/util_traffic.h"
#include "core/frame.h"
#include "harness/check.h"

#define N_READERS 4
#define RECORD_SIZE 64
#define N_ROUND 400

struct reader {
	int fd;
	bool stream;
	uint64_t seed;
	struct uds_arrival got[2 * N_ROUND];
	size_t n_got;
	pthread_t thread;
};

/* What came, record by record; a stream is read in multiples of records. */
static void note_bytes(struct reader *reader, struct uds_parser *parser,
		       const unsigned char *data, size_t len)
{
	size_t step = reader->stream ? RECORD_SIZE : len;

	for (size_t pos = 0; pos < len; pos += step) {
		size_t n = len - pos < step ? len - pos : step;
		struct uds_arrival arrival;

		uds_parser_message(parser, data + pos, n);
		while (uds_parser_next(parser, &arrival))
			if (reader->n_got < 2 * N_ROUND)
				reader->got[reader->n_got++] = arrival;
	}
}

/* Until the end of a stream, or an empty message. */
static void *reader_thread(void *arg)
{
	struct reader *reader = arg;
	struct uds_parser parser;
	unsigned char data[3 * RECORD_SIZE];
	ssize_t n;

	uds_parser_init(&parser, reader->seed, RECORD_SIZE);
	while ((n = recv(reader->fd, data, sizeof(data), 0)) > 0)
		note_bytes(reader, &parser, data, (size_t)n);
	uds_parser_free(&parser);
	return NULL;
}

static int by_sequence(const void *a, const void *b)
{
	const struct uds_arrival *x = a, *y = b;

	return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

/* Into the ledger of all: sorted, because readers have no common order. */
static void judge_readers(struct traffic *t, struct reader *readers)
{
	struct uds_arrival *all =
		xcalloc(N_READERS * 2 * N_ROUND, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < N_READERS; i++) {
		cleanup_ledger struct uds_ledger *own =
			uds_ledger_new(t->sender[0].source.receiver, 1);
		const struct uds_counts *counts = uds_ledger_counts(own);

		for (size_t k = 0; k < readers[i].n_got; k++) {
			uds_ledger_note(own, &readers[i].got[k]);
			all[n++] = readers[i].got[k];
		}
		CONTEXT("reader %zu of its own", i);
		EXPECT_EQ(0, counts->n[UDS_FAULT_REORDERED]);
		EXPECT_EQ(0, counts->n[UDS_FAULT_DUPLICATED]);
	}
	CONTEXT("all readers together");
	qsort(all, n, sizeof(*all), by_sequence);
	for (size_t i = 0; i < n; i++)
		uds_ledger_note(t->ledger, &all[i]);
	traffic_finish(t);
	TRAFFIC_EXPECT_LEDGER(t);
	free(all);
}

/* One round: the same number of records whatever the volume. */
static void readers_round(struct env *env)
{
	struct reader *readers = xcalloc(N_READERS, sizeof(*readers));
	cleanup_traffic struct traffic t;
	int fd;

	traffic_init(&t, env, 1);
	SETUP(traffic_on_pair(&t));
	fd = t.sender[0].options.fd;
	traffic_set_sizes(&t, (struct uds_schedule)UDS_FIXED(RECORD_SIZE));
	traffic_set_count(&t, env->valgrind ? 40 : N_ROUND);
	for (size_t i = 0; i < N_READERS; i++) {
		readers[i] = (struct reader) {
			.fd = t.fds[0], .stream = env->type == SOCK_STREAM,
			.seed = env->seed,
		};
		SETUP(-pthread_create(&readers[i].thread, NULL, reader_thread,
				      &readers[i]));
	}
	traffic_send(&t);
	ASSERT_EQ(UDS_STOP_COUNT, t.sender[0].sent.stop);
	/* An empty datagram for each reader is the end. */
	for (size_t i = 0; env->type == SOCK_DGRAM && i < N_READERS; i++)
		ASSERT_RET(0, send(fd, "", 0, 0));
	ASSERT_RET(0, env_close(env, fd));
	for (size_t i = 0; i < N_READERS; i++)
		ASSERT_EQ(0, pthread_join(readers[i].thread, NULL));
	judge_readers(&t, readers);
	EXPECT_RET(0, env_close(env, t.fds[0]));
	free(readers);
}

static void concurrent_readers(struct env *env)
{
	for (unsigned int i = 0; i < (env->volume ? env->volume : 1); i++)
		readers_round(env);
}

CHECK(reliability, readers_of_stream,
      .title = "Readers of one stream get disjoint bytes that together are the stream",
      CLAUSES(posix_sockets_stream_reliable, linux_readers_take_turns),
      ROWS(REL_08),
      .types = STREAM, .addrs = ANY_ADDR,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Workers share a pipe of jobs; a job must not be done twice.",
      .explain = "Four threads read up to three records of 64 bytes at a time.  "
	      "Each gets whole records in order, all together get every one once.")
{
	concurrent_readers(env);
}

CHECK(reliability, readers_of_records,
      .title = "Readers of one SOCK_SEQPACKET queue get whole records, none twice",
      CLAUSES(posix_sockets_seqpacket_boundaries,
	      posix_sockets_seqpacket_reliable),
      ROWS(REL_09),
      .types = SEQPACKET, .addrs = ANY_ADDR,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Workers share a queue of jobs; a job must not be done twice.")
{
	concurrent_readers(env);
}

CHECK(reliability, readers_of_datagrams,
      .title = "Readers of one socket get whole datagrams, none twice and none lost",
      CLAUSES(unix7_dgram_reliable),
      ROWS(REL_09),
      .types = DGRAM, .addrs = ANY_ADDR,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Workers share a queue of jobs; a job must not be done twice.")
{
	concurrent_readers(env);
}
