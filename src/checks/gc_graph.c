// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sockets in flight that hold each other in more ways than one: graphs with
 * branches and cross edges, each twice side by side.  Two rings with a socket in
 * common are left out: kernels up to 7.2 leave some of them behind.
 */
#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_gc.h"
#include "checks/util_rights.h"
#include "harness/check.h"

#define NODES_MAX 5
#define EDGES_MAX 6

/* A letter is a socket; each pair of them puts the first into the second. */
static const struct graph {
	int nodes;
	const char *edges[EDGES_MAX];
} graphs[] = {
	{ 1, { "aa" } },
	{ 3, { "ab", "bc", "ca" } },
	{ 4, { "ab", "bc", "ca", "bd", "dc" } },
	{ 5, { "ab", "ae", "bc", "cd", "db" } },
};

#define GRAPHS PARAMS("loop", "ring", "cross_edge", "tail")

#define SENDERS 2

/* What goes into queues, and the sockets whose messages get there. */
struct node {
	int passed;
	int sender[SENDERS];
	int senders;
};

/* The socket twice in one message, and a token; 0, or -1 with errno. */
static int put(const struct node *what, int where, int token, int flags)
{
	int list[] = { what->passed, what->passed, token };
	struct cmsg_msg m;

	cmsg_to_send(&m, "x", 1);
	cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, list, sizeof(list));
	return sendmsg(where, &m.hdr,
		       flags | MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? 0 : -1;
}

static void connect_nodes(const struct graph *g, const struct node *node,
			  int token, int flags)
{
	for (int i = 0; i < EDGES_MAX && g->edges[i]; i++) {
		const char *e = g->edges[i];
		const struct node *to = &node[e[1] - 'a'];

		CONTEXT("%c into %c", e[0], e[1]);
		for (int k = 0; k < to->senders; k++) {
			if (put(&node[e[0] - 'a'], to->sender[k], token,
				flags) == 0)
				continue;
			if (flags & MSG_OOB && errno == EOPNOTSUPP)
				SKIP_CASE("MSG_OOB is not there (since 5.15)");
			ASSERT_THAT(false, "it is sent");
		}
	}
	CONTEXT("%s", "");
}

static void close_nodes(struct env *env, const struct node *node, int n)
{
	for (int i = 0; i < n; i++) {
		SETUP(env_close(env, node[i].passed));
		for (int k = 0; k < node[i].senders; k++)
			SETUP(env_close(env, node[i].sender[k]));
	}
}

/* Nobody holds a descriptor any more; all tokens have to go. */
static void expect_collected(struct env *env, const int token[2])
{
	SETUP(env_close(env, token[1]));
	ASSERT_RET(0, gc_nudge_until_hup(token[0]));
	rights_expect_freed(token[0]);
}

static void judge_pairs(struct env *env, int flags)
{
	const struct graph *g = &graphs[env->param];
	int token[2];

	rights_token(env, token);
	for (int copy = 0; copy < 2; copy++) {
		struct node node[NODES_MAX] = { { .passed = -1 } };

		for (int i = 0; i < g->nodes; i++) {
			int fd[2];

			SETUP(env_pair(env, fd));
			node[i] = (struct node){ fd[0], { fd[1] }, 1 };
		}
		connect_nodes(g, node, token[1], flags);
		close_nodes(env, node, g->nodes);
	}
	expect_collected(env, token);
}

CHECK(gc, collects_graph,
      .title = "Graphs of sockets in each other's queues are collected, however they are tangled",
      CLAUSES(linux_gc_collects, posix_close_last),
      ROWS(GC_01, GC_02, GC_10),
      .types = ANY_TYPE, .addrs = PAIR,
      GRAPHS,
      .waits = true,
      .why = "A search that takes a wrong turn leaves whole graphs behind for ever.",
      .explain = "Each message has its socket twice, and each graph is made two times: "
	      "a socket in its own queue; a ring of three; a ring with a way round by a "
	      "fourth; a ring that hangs on a socket.")
{
	judge_pairs(env, 0);
}

CHECK(gc, collects_urgent_graph,
      .title = "Graphs of sockets that were sent with MSG_OOB are collected as well",
      CLAUSES(linux_gc_collects, posix_close_last),
      ROWS(GC_09, GC_10),
      .types = STREAM, .addrs = PAIR,
      GRAPHS,
      .why = "The urgent byte is held twice, by the queue and by the socket.",
      .explain = "The graphs of gc/collects_graph.")
{
	judge_pairs(env, MSG_OOB);
}

CHECK(gc, collects_graph_of_listeners,
      .title = "Graphs of listeners, in the queues of those who wait at them, are collected",
      CLAUSES(linux_gc_listener, linux_gc_collects),
      ROWS(GC_04, GC_10, GC_11),
      .types = CONNECTED, .addrs = NAMED,
      GRAPHS,
      .waits = true,
      .why = "A connection that nobody accepted is no descriptor of anybody's.",
      .explain = "The graphs of gc/collects_graph; what is sent is a listener, and it "
	      "goes to two connections that wait to be accepted.")
{
	const struct graph *g = &graphs[env->param];
	int token[2];

	rights_token(env, token);
	for (int copy = 0; copy < 2; copy++) {
		struct node node[NODES_MAX] = { { .passed = -1 } };

		for (int i = 0; i < g->nodes; i++) {
			struct addr a = env_addr(env, copy * NODES_MAX + i);

			node[i].passed = SETUP(env_listener(env, 4, &a));
			node[i].senders = SENDERS;
			for (int k = 0; k < SENDERS; k++)
				node[i].sender[k] = SETUP(env_connect(env, &a));
		}
		connect_nodes(g, node, token[1], 0);
		close_nodes(env, node, g->nodes);
	}
	expect_collected(env, token);
}
