// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where one record ends and the next begins: of messages always, of streams
 * never.
 */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_traffic.h"
#include "harness/check.h"

/* Reads and writes in sizes of their own, whatever the records are. */
CHECK(reliability, stream_chunks,
      .title = "A stream read in other sizes than written loses and changes nothing",
      CLAUSES(posix_sockets_stream_sizes, posix_sockets_stream_reliable),
      ROWS(REL_05),
      .types = STREAM, .addrs = ANY_ADDR, .controls = TCP | PIPE,
      PARAMS("large_writes_small_reads", "small_writes_large_reads",
	     "odd_writes_odd_reads", "around_limits"),
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Parsers see every split sooner or later; none of them may cost a byte.",
      .explain = "Records are cut into writes that have nothing to do with them: "
	      "1 to 37 bytes, 30000 to 40000, or the neighbours of a page and of "
	      "the usual buffer; the reads have sizes of their own.")
{
	uint32_t page = (uint32_t)SETUP(sysconf(_SC_PAGESIZE));
	const uint32_t limits[] = {
		1, page - 1, page, page + 1, 32767, 32768, 32769,
		212991, 212992, 212993,
	};
	const struct uds_schedule small = UDS_BETWEEN(1, 37),
		large = UDS_BETWEEN(30000, 40000), odd = UDS_BETWEEN(3, 4999),
		around = UDS_LIST(limits, 10);
	static const uint64_t n_records[] = { 80, 20, 100, 600 };
	const struct {
		struct uds_schedule chunks, reads;
	} plan[] = { { large, small }, { small, large }, { odd, odd },
		     { around, around } };
	cleanup_traffic struct traffic t;

	traffic_init(&t, env, 1);
	SETUP(traffic_on_pair(&t));
	t.sender[0].options.chunks = plan[env->param].chunks;
	t.recv.reads = plan[env->param].reads;
	traffic_set_count(&t, traffic_count(env, n_records[env->param]));
	traffic_run(&t);
	TRAFFIC_EXPECT_ALL(&t);
	EXPECT_EQ(t.sender[0].sent.bytes, t.received.bytes);
}

CHECK(reliability, stream_joins,
      .title = "A stream keeps no boundaries: one read takes several writes",
      CLAUSES(linux_stream_joins, posix_sockets_stream_sizes),
      ROWS(STR_01, STR_09),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Programs that take a read for a message work until the day they do not.",
      .explain = "Five writes of 20 bytes, then reads of 50, 1 and the rest.")
{
	char sent[100], got[100] = "";
	int fd[2];

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)env_random(env);
	for (size_t i = 0; i < sizeof(sent); i += 20)
		ASSERT_RET(20, send(fd[0], sent + i, 20, MSG_NOSIGNAL));
	ASSERT_RET(50, recv(fd[1], got, 50, 0));
	ASSERT_RET(1, recv(fd[1], got + 50, 1, 0));
	ASSERT_RET(49, recv(fd[1], got + 51, 49, 0));
	EXPECT_MEM(sent, got, sizeof(sent));
	EXPECT_ERRNO(EAGAIN, recv(fd[1], got, 1, MSG_DONTWAIT));
}

/* Many small ones pile up before the first is read. */
static void boundaries(struct env *env)
{
	cleanup_traffic struct traffic t;

	traffic_init(&t, env, 1);
	SETUP(traffic_on_pair(&t));
	t.sender[0].options.stop_when_full = true;
	traffic_set_count(&t, 100);
	traffic_set_sizes(&t, (struct uds_schedule)UDS_BETWEEN(40, 300));
	t.recv.call = UDS_CALL_MSG;
	traffic_send(&t);
	SETUP(env_close(env, t.sender[0].options.fd));
	SETUP(env_close(env, t.done[1]));
	t.recv.wait = UDS_WAIT_POLL;
	traffic_receive(&t);
	EXPECT_EQ(t.sender[0].sent.accepted, traffic_counts(&t)->arrivals);
	EXPECT_EQ(0, traffic_n(&t, UDS_FAULT_MERGED));
	EXPECT_EQ(0, traffic_n(&t, UDS_FAULT_TORN));
	TRAFFIC_EXPECT_ALL(&t);
}

CHECK(reliability, record_boundaries,
      .title = "Records that wait in a SOCK_SEQPACKET queue are never joined or split",
      CLAUSES(posix_sockets_seqpacket_boundaries, unix7_seqpacket_order),
      ROWS(SEQ_01),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Boundaries are what one chooses SOCK_SEQPACKET for.",
      .explain = "A hundred small records are queued before the first recvmsg(), "
	      "each of which gets exactly one of them, without MSG_TRUNC.")
{
	boundaries(env);
}

CHECK(reliability, datagram_boundaries,
      .title = "Datagrams that wait in a queue are never joined or split",
      CLAUSES(unix7_dgram_reliable),
      ROWS(DGR_01),
      .types = DGRAM, .addrs = ANY_ADDR,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "A datagram is a message; half of one is none.",
      .explain = "A hundred small datagrams are queued before the first recvmsg(), "
	      "each of which gets exactly one of them, without MSG_TRUNC.")
{
	boundaries(env);
}
