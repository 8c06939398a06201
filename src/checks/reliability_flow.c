// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fast and slow parties, every way to wait, and buffers of all sizes.
 */
#include "config.h"

#include <sys/socket.h>

#include "checks/util_traffic.h"
#include "harness/check.h"

/*
 * The first three cases have a sender far ahead: the receiver begins when the
 * queue is full.  In the others the receiver is always there first: the next
 * record is sent when the one before it has been entered.
 */
static void uneven(struct env *env)
{
	cleanup_traffic struct traffic t;
	struct uds_send_options *send;
	int gate[2];

	traffic_init(&t, env, 1);
	SETUP(traffic_on_pair(&t));
	SETUP(env_pipe(env, gate));
	send = &t.sender[0].options;
	traffic_set_wait(&t, (enum uds_wait)(env->param % 3));
	if (env->param < 3) {
		SETUP(traffic_set_buffer(send->fd, SO_SNDBUF, 20000));
		send->full_fd = gate[1];
		t.recv.start_fd = gate[0];
	} else {
		traffic_set_count(&t, traffic_count(env, 40));
		t.recv.credit_fd = gate[1];
		send->credit_fd = gate[0];
	}
	traffic_run(&t);
	TRAFFIC_EXPECT_ALL(&t);
}

#define UNEVEN_PARAMS \
	PARAMS("fast_sender_blocks", "fast_sender_polls", "fast_sender_edges", \
	       "fast_receiver_blocks", "fast_receiver_polls", \
	       "fast_receiver_edges")

CHECK(reliability, uneven_parties,
      .title = "A connection whose ends differ in speed loses nothing, however they wait",
      CLAUSES(posix_sockets_stream_reliable, posix_sockets_seqpacket_reliable,
	      posix_send_full_blocks, epoll7_edge_until_eagain),
      ROWS(REL_11),
      .types = CONNECTED, .addrs = PATH | PAIR, UNEVEN_PARAMS,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "A wake-up that is forgotten is a server that hangs once a month.",
      .explain = "Both ends block in the call, or are non-blocking with poll(), or "
	      "with edge-triggered epoll.  Either the sender fills the queue before "
	      "the receiver begins and goes on against it, or the receiver waits "
	      "for each record.")
{
	uneven(env);
}

CHECK(reliability, uneven_parties_dgram,
      .title = "Datagrams between ends that differ in speed are not lost, however they wait",
      CLAUSES(unix7_dgram_reliable, posix_send_full_blocks,
	      epoll7_edge_until_eagain),
      ROWS(REL_11),
      .types = DGRAM, .addrs = PATH | PAIR, UNEVEN_PARAMS,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "A wake-up that is forgotten is a server that hangs once a month.",
      .explain = "As uneven_parties, with datagrams.")
{
	uneven(env);
}

CHECK(reliability, crowd_on_full_queue,
      .title = "Senders of datagrams that wait for one full queue all come through, in order",
      CLAUSES(unix7_dgram_reliable, posix_send_full_blocks,
	      epoll7_edge_until_eagain),
      ROWS(REL_11),
      .types = DGRAM, .addrs = NAMED, PARAMS("block", "poll", "edge"),
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "A sender that is overlooked when there is room again never sends again.",
      .explain = "Five connected senders; the receiver begins when one of them has "
	      "found the queue full.  Each room made wakes one sender or tells poll().")
{
	cleanup_traffic struct traffic t;
	int gate[2];

	traffic_init(&t, env, 5);
	SETUP(traffic_fan_in(&t, TRAFFIC_CONNECTED));
	SETUP(env_pipe(env, gate));
	traffic_set_wait(&t, (enum uds_wait)env->param);
	traffic_set_count(&t, traffic_count(env, 40));
	t.sender[0].options.full_fd = gate[1];
	t.recv.start_fd = gate[0];
	traffic_run(&t);
	TRAFFIC_EXPECT_ALL(&t);
}

static void buffers(struct env *env)
{
	static const struct {
		int send, receive;
	} sizes[] = { { 1, 0 }, { 4000000, 0 }, { 0, 1 }, { 0, 4000000 }, { 1, 1 } };
	cleanup_traffic struct traffic t;

	traffic_init(&t, env, 1);
	SETUP(traffic_on_pair(&t));
	if (sizes[env->param].send)
		SETUP(traffic_set_buffer(t.sender[0].options.fd, SO_SNDBUF,
					 sizes[env->param].send));
	if (sizes[env->param].receive)
		SETUP(traffic_set_buffer(t.fds[0], SO_RCVBUF,
					 sizes[env->param].receive));
	traffic_run(&t);
	TRAFFIC_EXPECT_ALL(&t);
}

#define BUFFER_PARAMS \
	PARAMS("tiny_send", "huge_send", "tiny_receive", "huge_receive", \
	       "both_tiny")

CHECK(reliability, buffer_sizes,
      .title = "With the smallest and the largest buffers a connection loses nothing",
      CLAUSES(posix_sockets_stream_reliable, posix_sockets_seqpacket_reliable,
	      socket7_buffer_sizes),
      ROWS(REL_11),
      .types = CONNECTED, .addrs = PATH | PAIR, BUFFER_PARAMS,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Tuning a buffer must change the speed only.")
{
	buffers(env);
}

CHECK(reliability, buffer_sizes_dgram,
      .title = "With the smallest and the largest buffers no datagram is lost",
      CLAUSES(unix7_dgram_reliable, socket7_buffer_sizes),
      ROWS(REL_11),
      .types = DGRAM, .addrs = PATH | PAIR, BUFFER_PARAMS,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Tuning a buffer must change the speed only.")
{
	buffers(env);
}
