// SPDX-License-Identifier: BSD-2-Clause
/*
 * Nothing is lost, doubled, out of order, torn, changed or misrouted: between
 * two, from many to one, and on many connections at once.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_traffic.h"
#include "harness/check.h"

/* One sender, one receiver. */
static void one_to_one(struct env *env, enum uds_call call)
{
	cleanup_traffic struct traffic t;

	traffic_init(&t, env, 1);
	SETUP(traffic_on_pair(&t));
	traffic_set_count(&t, traffic_count(env, 100));
	if (call != UDS_CALL_SEND)
		t.sender[0].options.call = t.recv.call = call;
	traffic_run(&t);
	TRAFFIC_EXPECT_ALL(&t);
}

CHECK(reliability, one_to_one,
      .title = "Everything sent on a connection arrives, once, whole and in order",
      CLAUSES(posix_sockets_stream_reliable, posix_sockets_seqpacket_reliable,
	      unix7_seqpacket_order),
      ROWS(REL_05),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      .controls = TCP | PIPE, .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Every protocol above relies on this and checks it nowhere.",
      .explain = "A thread sends numbered records of random sizes with a hash in "
	      "each; the receiver enters what comes in a ledger, which tells lost, "
	      "duplicated, reordered, torn, corrupted, misrouted and merged records "
	      "apart.")
{
	one_to_one(env, UDS_CALL_SEND);
}

CHECK(reliability, one_to_one_dgram,
      .title = "Every datagram sent to one receiver arrives, once, whole and in order",
      CLAUSES(unix7_dgram_reliable, posix_sockets_dgram_unreliable),
      ROWS(REL_11),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Loggers and service managers send datagrams and never ask for an answer.",
      .explain = "As one_to_one, with datagrams.  POSIX permits a system to lose "
	      "them; Linux documents that it does not.")
{
	one_to_one(env, UDS_CALL_SEND);
}

static const enum uds_call other_calls[] = {
	UDS_CALL_MSG, UDS_CALL_WRITE, UDS_CALL_MMSG,
};

CHECK(reliability, each_call,
      .title = "Whichever call sends on a connection, all arrives, once and in order",
      CLAUSES(posix_sockets_stream_reliable, posix_sockets_seqpacket_reliable),
      ROWS(REL_03, REL_05, MM_01),
      .types = CONNECTED, .addrs = PAIR,
      PARAMS("sendmsg", "write", "sendmmsg"),
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "A stack may carry write() and lose what sendmmsg() hands over in batches.")
{
	one_to_one(env, other_calls[env->param]);
}

CHECK(reliability, each_call_dgram,
      .title = "Whichever call sends datagrams, all arrive, once and in order",
      CLAUSES(unix7_dgram_reliable),
      ROWS(REL_11, MM_01),
      .types = DGRAM, .addrs = PAIR,
      PARAMS("sendmsg", "write", "sendmmsg"),
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "A stack may carry write() and lose what sendmmsg() hands over in batches.")
{
	one_to_one(env, other_calls[env->param]);
}

static void *run_traffic(void *arg)
{
	traffic_run(arg);
	return NULL;
}

/* The same socket sends and receives at the same time. */
static void both_directions(struct env *env)
{
	cleanup_traffic struct traffic there, back;
	pthread_t thread;
	int fd[2];

	traffic_init(&there, env, 1);
	traffic_init(&back, env, 1);
	SETUP(env_pair(env, fd));
	traffic_on(&there, fd[0], fd[1]);
	traffic_on(&back, fd[1], fd[0]);
	/* Neither may close what the other reads. */
	there.keep_open = back.keep_open = true;
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_traffic, &back));
	traffic_run(&there);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	CONTEXT("there");
	TRAFFIC_EXPECT_ALL(&there);
	CONTEXT("back");
	TRAFFIC_EXPECT_ALL(&back);
}

CHECK(reliability, both_directions,
      .title = "The two directions of a connection do not disturb each other",
      CLAUSES(posix_sockets_stream_reliable, posix_sockets_seqpacket_reliable),
      ROWS(REL_05),
      .types = CONNECTED, .addrs = ANY_ADDR,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Requests and answers pass each other on one connection all the time.",
      .explain = "Two senders and two receivers on the two ends of one connection, "
	      "a ledger for each direction.")
{
	both_directions(env);
}

CHECK(reliability, both_directions_dgram,
      .title = "Datagrams in both directions of a pair do not disturb each other",
      CLAUSES(unix7_dgram_reliable),
      ROWS(REL_11),
      .types = DGRAM, .addrs = ANY_ADDR, .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Requests and answers pass each other all the time.")
{
	both_directions(env);
}

#define N_SENDERS 5

/* Senders of their own sockets to one receiver. */
static void many_to_one(struct env *env, enum traffic_layout layout,
			bool processes)
{
	cleanup_traffic struct traffic t;

	traffic_init(&t, env, N_SENDERS);
	SETUP(traffic_fan_in(&t, layout));
	traffic_set_count(&t, traffic_count(env, 40));
	if (processes) {
		traffic_fork(&t);
		traffic_receive(&t);
		traffic_join(&t);
	} else {
		traffic_run(&t);
	}
	TRAFFIC_EXPECT_ALL(&t);
}

CHECK(reliability, many_connections,
      .title = "One receiver of many connections gets all that each sent, in order",
      CLAUSES(posix_sockets_stream_reliable, posix_sockets_seqpacket_reliable),
      ROWS(REL_13),
      .types = CONNECTED, .addrs = ANY_ADDR, .controls = TCP,
      PARAMS("threads", "processes"),
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "A server must not take one client's words for another's.",
      .explain = "Five senders, each on a connection of its own, one reader of all. "
	      "A record that comes out of another connection counts as misrouted.")
{
	many_to_one(env, TRAFFIC_CONNECTED, env->param == 1);
}

CHECK(reliability, many_to_one,
      .title = "One receiver gets the datagrams of all senders, each sender's in order",
      CLAUSES(unix7_dgram_reliable, posix_sockets_dgram_unreliable),
      ROWS(REL_04),
      .types = DGRAM, .addrs = NAMED,
      PARAMS("threads_connected", "threads_unconnected", "threads_one_socket",
	     "processes_connected", "processes_unconnected",
	     "processes_one_socket"),
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "A log daemon reads one socket into which the whole machine writes.",
      .explain = "Five senders that block when the queue is full: each with a "
	      "connected socket, each with sendto(), or all through one socket.  "
	      "The queue holds max_dgram_qlen messages, so that senders sleep in "
	      "turns.  FreeBSD and macOS answer ENOBUFS instead of waiting.")
{
	many_to_one(env, (enum traffic_layout)(env->param % 3), env->param >= 3);
}

#define SMALL_SNDBUF 4096

/* Senders that share one end of a pair. */
static void one_end_shared(struct env *env)
{
	cleanup_traffic struct traffic t;

	traffic_init(&t, env, 4);
	SETUP(traffic_on_pair(&t));
	/* Often full: that is when a stream would take a part of a write. */
	if (env->type == SOCK_STREAM && !env_is_control(env))
		SETUP(traffic_set_buffer(t.sender[0].options.fd, SO_SNDBUF,
					 SMALL_SNDBUF));
	if (env->param == 0) {
		traffic_run(&t);
	} else {
		traffic_fork(&t);
		traffic_receive(&t);
		traffic_join(&t);
	}
	TRAFFIC_EXPECT_ALL(&t);
}

CHECK(reliability, small_writes_stay_whole,
      .title = "Small writes of many to one stream are not mixed with each other",
      CLAUSES(linux_stream_write_whole),
      ROWS(REL_01),
      .types = STREAM, .addrs = ANY_ADDR, .controls = PIPE,
      PARAMS("threads", "processes"), .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Programs log through one shared stream without a lock.",
      .explain = "Four writers of records of up to 2000 bytes, one send() each, "
	      "on the same end; the receiver finds every record in one piece and "
	      "each writer's in order.")
{
	one_end_shared(env);
}

CHECK(reliability, one_connection_shared,
      .title = "Records of many senders on one SOCK_SEQPACKET end all arrive, in order",
      CLAUSES(posix_sockets_seqpacket_reliable,
	      posix_sockets_seqpacket_boundaries, unix7_seqpacket_order),
      ROWS(REL_03),
      .types = SEQPACKET, .addrs = ANY_ADDR,
      PARAMS("threads", "processes"), .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Workers answer through one connection that they share.")
{
	one_end_shared(env);
}

CHECK(reliability, one_pair_shared,
      .title = "Datagrams of many senders on one end of a pair all arrive, in order",
      CLAUSES(unix7_dgram_reliable),
      ROWS(REL_02),
      .types = DGRAM, .addrs = ANY_ADDR,
      PARAMS("threads", "processes"), .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Workers report to their parent through one socketpair().")
{
	one_end_shared(env);
}

struct client {
	struct traffic *traffic;
	size_t number;
	int fd;
	pthread_t thread;
};

/* Connect, send, close: nobody has accepted yet. */
static void *client_thread(void *arg)
{
	struct client *client = arg;
	struct traffic *t = client->traffic;
	struct traffic_sender *sender = &t->sender[client->number];

	if (connect(client->fd, &t->addr.sa, t->addr.len) == 0)
		sender->result = uds_traffic_send(&sender->options,
						  &sender->sent);
	else
		sender->result = -errno;
	close(client->fd);
	return NULL;
}

CHECK(reliability, clients_connect_at_once,
      .title = "Clients that connect at the same time are each accepted exactly once",
      CLAUSES(linux_connect_each_once, posix_sockets_stream_reliable),
      ROWS(REL_10),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .timeout_ms = TRAFFIC_TIMEOUT_MS,
      .why = "Servers start up among clients that have been waiting for them.",
      .explain = "Sixteen threads connect, send ten small records and close, "
	      "before the first accept(); then sixteen connections are accepted, "
	      "and each carries the records of one client, all different.")
{
	struct client clients[TRAFFIC_MAX_SENDERS];
	cleanup_traffic struct traffic t;
	int listener;

	backlog_need(TRAFFIC_MAX_SENDERS);
	traffic_init(&t, env, TRAFFIC_MAX_SENDERS);
	traffic_set_count(&t, 10);
	traffic_set_sizes(&t, (struct uds_schedule)UDS_BETWEEN(40, 100));
	t.addr = env_addr(env, 0);
	listener = SETUP(env_listener(env, TRAFFIC_MAX_SENDERS, &t.addr));
	for (size_t i = 0; i < t.n_senders; i++) {
		int fd = SETUP(env_socket(env));

		clients[i] = (struct client) { &t, i, fd, 0 };
		t.sender[i].options.fd = fd;
	}
	for (size_t i = 0; i < t.n_senders; i++)
		SETUP(-pthread_create(&clients[i].thread, NULL, client_thread,
				      &clients[i]));
	for (size_t i = 0; i < t.n_senders; i++)
		ASSERT_EQ(0, pthread_join(clients[i].thread, NULL));
	for (size_t i = 0; i < t.n_senders; i++)
		t.fds[i] = ASSERT_OK(env_accept(env, listener));
	t.recv.n_fds = t.n_senders;
	t.recv.own_sender = true;
	SETUP(env_close(env, t.done[1]));
	traffic_receive(&t);
	TRAFFIC_EXPECT_ALL(&t);
}
