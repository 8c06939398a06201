// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sockets in flight that hold each other: collected when nobody can reach
 * them, kept while somebody can.  The collector runs when some socket is
 * released, on its own time; a pipe end in a queue hangs up when the queue was
 * freed, and a case that waits in vain for that ends as "did not return".
 */
#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "checks/util_data.h"
#include "checks/util_gc.h"
#include "checks/util_rights.h"
#include "harness/check.h"

static void send_one(int sock, int fd)
{
	ASSERT_RET(1, rights_send(sock, &fd, 1, "x", 1));
}

static void close_pair(struct env *env, const int fd[2])
{
	SETUP(env_close(env, fd[0]));
	SETUP(env_close(env, fd[1]));
}

/* A socket in its own queue, with a token, and no other way to it. */
static void make_garbage(struct env *env, int write_fd)
{
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, rights_send(fd[0], (int[]){ fd[1], write_fd }, 2, "x", 1));
	close_pair(env, fd);
}

/*
 * After this the collector has run on all that was garbage before.  Where
 * there is none, which collects_cycle judges, nothing can be shown of it.
 */
static void collect(struct env *env)
{
	int64_t deadline = clock_deadline_ms(env->patience_ms);
	int token[2];

	rights_token(env, token);
	make_garbage(env, token[1]);
	SETUP(env_close(env, token[1]));
	if (gc_nudge_until(token[0], deadline) < 0)
		SKIP_CASE("no cycle of sockets was collected here in %u ms",
			  env->patience_ms);
}

/* n pairs, each with its second end in the queue of the next one's. */
static void make_ring(struct env *env, int write_fd, int n)
{
	int ring[3][2];

	for (int i = 0; i < n; i++)
		SETUP(env_pair(env, ring[i]));
	for (int i = 0; i < n; i++) {
		send_one(ring[(i + 1) % n][0], ring[i][1]);
		send_one(ring[(i + 1) % n][0], write_fd);
	}
	for (int i = 0; i < n; i++)
		close_pair(env, ring[i]);
}

/* Two ends of one pair, each in the queue of the other. */
static void make_ends(struct env *env, int write_fd)
{
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		send_one(fd[i], fd[i]);
		send_one(fd[i], write_fd);
	}
	close_pair(env, fd);
}

CHECK(gc, collects_cycle,
      .title = "Sockets in each other's queues that nobody can reach are collected",
      CLAUSES(linux_gc_collects, posix_close_last),
      ROWS(GC_01, GC_02, GC_05),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      PARAMS("self", "ends", "two_pairs", "three_pairs"),
      .waits = true,
      .why = "Otherwise anybody can fill the memory of the machine by passing sockets.",
      .explain = "All descriptors are closed; then unrelated sockets are released, which "
	      "starts the collector, until the pipe whose write end was queued hangs up.  "
	      "Closing the last descriptors of the cycle itself need not start it: on an "
	      "idle system the files stay open until then.")
{
	int token[2];

	rights_token(env, token);
	if (env->param == 1)
		make_ends(env, token[1]);
	else
		make_ring(env, token[1], env->param == 0 ? 1 : env->param);
	SETUP(env_close(env, token[1]));
	ASSERT_RET(0, gc_nudge_until_hup(token[0]));
	rights_expect_freed(token[0]);
}

CHECK(gc, keeps_reachable,
      .title = "A cycle in flight that can be received survives, and all its queues with it",
      CLAUSES(linux_gc_keeps, unix7_in_flight),
      ROWS(GC_03),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Collected by mistake, messages vanish; freed by mistake, memory is used again.",
      .explain = "Two sockets wait in each other's queues, and only the first has a "
	      "descriptor.  After a collection the second is received from the first, and "
	      "the pipe, the data and the first from the second.")
{
	int near[2], far[2], token, got, again;
	struct cmsg_msg m;

	SETUP(env_pair(env, near));
	SETUP(env_pair(env, far));
	send_one(near[0], far[1]);
	token = rights_token_sent(env, far[0]);
	send_one(far[0], near[1]);
	SETUP(env_close(env, near[0]));
	close_pair(env, far);
	collect(env);
	rights_expect_held(token);
	ASSERT_RET(1, rights_recv(near[1], &m, 1, RIGHTS_SPACE(1), 0));
	ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	rights_expect_held(token);
	ASSERT_RET(1, rights_recv(got, &m, 1, RIGHTS_SPACE(1), 0));
	EXPECT_EQ('t', m.data[0]);
	EXPECT_EQ(1, rights_close(&m));
	rights_expect_freed(token);
	ASSERT_RET(1, rights_recv(got, &m, 1, RIGHTS_SPACE(1), 0));
	ASSERT_EQ(1, rights_take(env, &m, &again, 1));
	EXPECT_THAT(rights_same(near[1], again), "it is the first socket");
}

CHECK(gc, keeps_what_another_brings,
      .title = "A cycle that can be received from outside survives a collection, and its queue",
      CLAUSES(linux_gc_keeps, unix7_in_flight),
      ROWS(GC_03),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("one_step", "two_steps"),
      .waits = true,
      .why = "Collected by mistake, messages vanish from a socket that arrives later.",
      .explain = "A socket waits in its own queue and in that of another, which has a "
	      "descriptor, or waits in that of a third, which has.")
{
	int cycle[2], bearer[2], near[2], token, got;
	struct cmsg_msg m;

	SETUP(env_pair(env, cycle));
	SETUP(env_pair(env, bearer));
	SETUP(env_pair(env, near));
	token = rights_token_sent(env, cycle[0]);
	send_one(cycle[0], cycle[1]);
	send_one(env->param == 0 ? near[0] : bearer[0], cycle[1]);
	if (env->param == 1)
		send_one(near[0], bearer[1]);
	close_pair(env, cycle);
	close_pair(env, bearer);
	collect(env);
	rights_expect_held(token);
	ASSERT_RET(1, rights_recv(near[1], &m, 1, RIGHTS_SPACE(1), 0));
	ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	if (env->param == 1) {
		ASSERT_RET(1, rights_recv(got, &m, 1, RIGHTS_SPACE(1), 0));
		ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	}
	ASSERT_RET(1, rights_recv(got, &m, 1, RIGHTS_SPACE(1), 0));
	EXPECT_EQ('t', m.data[0]);
	EXPECT_EQ(1, rights_close(&m));
	rights_expect_freed(token);
	ASSERT_RET(1, rights_recv(got, &m, 1, RIGHTS_SPACE(1), 0));
	EXPECT_EQ(1, rights_close(&m));
}

CHECK(gc, collects_what_was_in_use,
      .title = "A cycle that was in use at one collection is collected at a later one",
      CLAUSES(linux_gc_collects, posix_close_last),
      ROWS(GC_01, GC_02),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("self", "ends"),
      .waits = true,
      .why = "What is looked at once and found alive must not be taken for alive for ever.")
{
	int fd[2], token;

	SETUP(env_pair(env, fd));
	token = rights_token_sent(env, fd[0]);
	send_one(fd[0], fd[1]);
	if (env->param == 1)
		send_one(fd[1], fd[0]);
	SETUP(env_close(env, fd[0]));
	collect(env);
	rights_expect_held(token);
	SETUP(env_close(env, fd[1]));
	ASSERT_RET(0, gc_nudge_until_hup(token));
	rights_expect_freed(token);
}

CHECK(gc, keeps_peeked,
      .title = "Sockets of a cycle that were peeked are kept, and work",
      CLAUSES(linux_gc_keeps, linux_peek_rights),
      ROWS(GC_03),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A peek makes a new way to sockets that looked unreachable.")
{
	int fd[2], token, got;
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	send_one(fd[0], fd[1]);
	token = rights_token_sent(env, fd[0]);
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), MSG_PEEK));
	ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	SETUP(env_close(env, fd[1]));
	collect(env);
	rights_expect_held(token);
	ASSERT_RET(1, rights_recv(got, &m, 1, RIGHTS_SPACE(1), 0));
	EXPECT_EQ(1, rights_close(&m));
	ASSERT_RET(1, rights_recv(got, &m, 1, RIGHTS_SPACE(1), 0));
	EXPECT_EQ(1, rights_close(&m));
	rights_expect_freed(token);
	data_expect_works(env, fd[0], got);
}

CHECK(gc, collects_listener,
      .title = "A listener in the queue of a connection that waits at it is collected",
      CLAUSES(linux_gc_listener, linux_gc_collects),
      ROWS(GC_04),
      .types = CONNECTED, .addrs = NAMED,
      PARAMS("client_closed", "client_open"),
      .waits = true,
      .why = "The connection is no descriptor of anybody's, and is easily overlooked.",
      .explain = "The client of a connection that was not accepted sends the listener over "
	      "it, and the listener is closed.  A client that is still open is reset.")
{
	struct addr addr = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &addr));
	int client = SETUP(env_connect(env, &addr));
	int token;

	send_one(client, listener);
	token = rights_token_sent(env, client);
	SETUP(env_close(env, listener));
	if (env->param == 0)
		SETUP(env_close(env, client));
	ASSERT_RET(0, gc_nudge_until_hup(token));
	rights_expect_freed(token);
	if (env->param == 0)
		return;
	ASSERT_RET(0, gc_nudge_until_hup(client));
	EXPECT_ERRNO(ECONNRESET, recv(client, &(char){ 0 }, 1, MSG_DONTWAIT));
}

CHECK(gc, keeps_embedded_listener,
      .title = "A listener in flight keeps its clients, and what they sent, over a collection",
      CLAUSES(linux_gc_listener, linux_gc_keeps),
      ROWS(GC_03, GC_04),
      .types = CONNECTED, .addrs = NAMED,
      .why = "Servers that restart pass their listener while clients wait.",
      .explain = "The listener is in flight only; one client came before and one after it "
	      "was closed.  After a collection both are accepted, with their descriptors.")
{
	struct addr addr = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &addr));
	int fd[2], client[2], token[2], got;
	struct cmsg_msg m;

	SETUP(socketpair(AF_UNIX, env->type | SOCK_CLOEXEC, 0, fd));
	env_own(env, fd[0]);
	env_own(env, fd[1]);
	client[0] = SETUP(env_connect(env, &addr));
	token[0] = rights_token_sent(env, client[0]);
	send_one(fd[0], listener);
	send_one(client[0], fd[1]);
	SETUP(env_close(env, listener));
	client[1] = ASSERT_OK(env_connect(env, &addr));
	token[1] = rights_token_sent(env, client[1]);
	collect(env);
	rights_expect_held(token[0]);
	rights_expect_held(token[1]);
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), 0));
	ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	for (int i = 0; i < 2; i++) {
		int conn = ASSERT_OK(env_accept(env, got));

		CONTEXT("client %d", i);
		ASSERT_RET(1, rights_recv(conn, &m, 1, RIGHTS_SPACE(1), 0));
		EXPECT_EQ(1, rights_close(&m));
		rights_expect_freed(token[i]);
	}
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(gc, collects_urgent,
      .title = "A cycle whose queue ends with an urgent byte is collected",
      CLAUSES(linux_gc_collects),
      ROWS(GC_09),
      .types = STREAM, .addrs = PAIR,
      PARAMS("plain", "with_descriptor"),
      .why = "The urgent byte is held twice, by the queue and by the socket.")
{
	struct cmsg_msg m;
	int fd[2], token[2];

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	send_one(fd[0], fd[0]);
	send_one(fd[1], fd[1]);
	send_one(fd[0], token[1]);
	for (int i = 0; i < 2; i++) {
		cmsg_to_send(&m, "u", 1);
		if (env->param == 1)
			cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS,
				 (int[]){ fd[i], token[1] }, 2 * sizeof(int));
		if (sendmsg(fd[i], &m.hdr, MSG_OOB | MSG_NOSIGNAL) < 0 &&
		    errno == EOPNOTSUPP)
			SKIP_CASE("MSG_OOB is not there (since 5.15)");
	}
	SETUP(env_close(env, token[1]));
	close_pair(env, fd);
	ASSERT_RET(0, gc_nudge_until_hup(token[0]));
	rights_expect_freed(token[0]);
}

CHECK(gc, collects_many,
      .title = "Many cycles made and dropped in turn are all collected",
      CLAUSES(linux_gc_collects),
      ROWS(GC_10),
      .types = ANY_TYPE, .addrs = PAIR,
      .waits = true,
      .why = "A collector that misses one in a thousand fills memory slowly.",
      .explain = "The write end of one pipe is in all cycles of a batch: it hangs up when "
	      "the last of them is gone.")
{
	unsigned int batches = env->valgrind ? 2 : 10 * env->volume;

	for (unsigned int i = 0; i < batches; i++) {
		int token[2];

		CONTEXT("batch %u", i);
		rights_token(env, token);
		for (int j = 0; j < 5; j++) {
			make_garbage(env, token[1]);
			make_ends(env, token[1]);
			make_ring(env, token[1], 2);
		}
		SETUP(env_close(env, token[1]));
		ASSERT_RET(0, gc_nudge_until_hup(token[0]));
		SETUP(env_close(env, token[0]));
	}
}
