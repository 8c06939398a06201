// SPDX-License-Identifier: BSD-2-Clause
/*
 * The question that tutorials answer in two ways, settled from the numbers:
 * are messages lost or out of order?
 */
#include "config.h"

#include <inttypes.h>
#include <sys/socket.h>

#include "checks/util_traffic.h"
#include "harness/check.h"

static const char *type_words(const struct env *env)
{
	if (env_is_control(env))
		return "UDP";
	return env->type == SOCK_STREAM ? "SOCK_STREAM" :
	       env->type == SOCK_DGRAM ? "SOCK_DGRAM" : "SOCK_SEQPACKET";
}

/* The numbers of one kind of address are enough for the report. */
static void note_verdict(const struct traffic *t)
{
	const struct uds_counts *counts = traffic_counts(t);
	uint64_t lost = counts->n[UDS_FAULT_LOST];
	uint64_t late = counts->n[UDS_FAULT_REORDERED];

	if (t->env->row->addr & ~PATH)
		return;
	NOTE("%s: of %" PRIu64 " records sent %s%" PRIu64 " lost, %" PRIu64
	     " came out of order: %s", type_words(t->env), counts->sent,
	     t->env->type == SOCK_DGRAM && !env_is_control(t->env) ?
	     "without a connection " : "", lost, late,
	     !lost && !late ? "neither lost nor out of order" :
	     !late ? "unreliable, though in order" :
	     !lost ? "reliable, though unordered" : "unordered and unreliable");
	traffic_note(t);
}

/* Three senders, a receiver that lags: the usual way to lose datagrams. */
static void flood(struct traffic *t)
{
	int gate[2];

	SETUP(traffic_fan_in(t, TRAFFIC_UNCONNECTED));
	SETUP(env_pipe(t->env, gate));
	traffic_set_count(t, traffic_count(t->env, 100));
	if (env_is_control(t->env)) {
		traffic_set_count(t, 100);
		SETUP(traffic_set_buffer(t->fds[0], SO_RCVBUF, 10000));
	}
	t->sender[0].options.full_fd = gate[1];
	t->recv.start_fd = gate[0];
	traffic_run(t);
}

CHECK(ordering, connections_keep_order,
      .title = "What is sent on connections is neither lost nor out of order",
      CLAUSES(posix_sockets_stream_reliable, posix_sockets_seqpacket_reliable,
	      unix7_seqpacket_order),
      ROWS(REL_03, REL_05, REL_11),
      .types = CONNECTED, .addrs = ANY_ADDR, .tags = "report",
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Readers of tutorials want to know what they can build on.",
      .explain = "Three senders run until the queue of the first is full, then the "
	      "receiver begins and they go on against it.")
{
	cleanup_traffic struct traffic t;

	traffic_init(&t, env, 3);
	flood(&t);
	TRAFFIC_EXPECT_ALL(&t);
	note_verdict(&t);
}

CHECK(ordering, datagrams_keep_order,
      .title = "Datagrams are neither lost nor out of order: unordered and unreliable is UDP",
      CLAUSES(unix7_dgram_reliable, posix_sockets_dgram_unreliable),
      ROWS(REL_04, REL_11),
      .types = DGRAM, .addrs = ANY_ADDR, .controls = UDP, .tags = "report",
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Programs drop acknowledgements, or add them, by what a tutorial says.",
      .explain = "Three senders with sendto() against a receiver that begins late. "
	      "POSIX only permits datagrams to be lost; on Linux those of the UNIX "
	      "domain are not, and their senders wait.  The control does the same "
	      "with a small SO_RCVBUF on UDP and must show losses.")
{
	cleanup_traffic struct traffic t;

	traffic_init(&t, env, 3);
	flood(&t);
	if (env_is_control(env)) {
		traffic_finish(&t);
		EXPECT_RANGE(1, traffic_counts(&t)->sent,
			     traffic_n(&t, UDS_FAULT_LOST));
	} else {
		TRAFFIC_EXPECT_ALL(&t);
	}
	note_verdict(&t);
}
