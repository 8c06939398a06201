// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sockets in flight that hold each other, some of which are received or
 * accepted between two collections: what the collector has learned of them at
 * the first is old at the second.
 */
#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "checks/util_gc.h"
#include "checks/util_rights.h"
#include "harness/check.h"

static void send_one(int sock, int fd)
{
	ASSERT_RET(1, rights_send(sock, &fd, 1, "x", 1));
}

/*
 * Garbage beside those that are judged: after this the collector has looked
 * at all of them.
 */
static void collect(struct env *env)
{
	int64_t deadline = clock_deadline_ms(env->patience_ms);
	int token[2], fd[2];

	rights_token(env, token);
	SETUP(env_pair(env, fd));
	ASSERT_RET(1, rights_send(fd[0], (int[]){ fd[1], token[1] }, 2, "x", 1));
	SETUP(env_close(env, fd[0]));
	SETUP(env_close(env, fd[1]));
	SETUP(env_close(env, token[1]));
	if (gc_nudge_until(token[0], deadline) < 0)
		SKIP_CASE("no cycle of sockets was collected here in %u ms",
			  env->patience_ms);
}

/* The descriptor that the next message at fd brings. */
static int receive(struct env *env, int fd)
{
	struct cmsg_msg m;
	int got;

	ASSERT_RET(1, rights_recv(fd, &m, 1, RIGHTS_SPACE(1), 0));
	ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	return got;
}

CHECK(gc, collects_after_receive,
      .title = "A socket in its own queue is collected when it left a cycle by being received",
      CLAUSES(linux_gc_collects, posix_close_last),
      ROWS(GC_60),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "What once was in a cycle that is in use would be kept as long as that is.",
      .explain = "Two sockets wait in each other's queues, the second in its own as well, "
	      "and the first has a descriptor.  After a collection the second is received "
	      "from the first and closed: now only its own queue holds it, beside a pipe, "
	      "which has to hang up.")
{
	int near[2], far[2], token;

	SETUP(env_pair(env, near));
	SETUP(env_pair(env, far));
	send_one(near[0], far[1]);
	send_one(far[0], near[1]);
	send_one(far[0], far[1]);
	token = rights_token_sent(env, far[0]);
	SETUP(env_close(env, near[0]));
	SETUP(env_close(env, far[0]));
	SETUP(env_close(env, far[1]));
	collect(env);
	rights_expect_held(token);
	SETUP(env_close(env, receive(env, near[1])));
	ASSERT_RET(0, gc_nudge_until_hup(token));
	rights_expect_freed(token);
}

CHECK(gc, collects_after_accept,
      .title = "A socket in its own queue is collected when it left a cycle by accept()",
      CLAUSES(linux_gc_listener, linux_gc_collects),
      ROWS(GC_61),
      .types = CONNECTED, .addrs = NAMED,
      .why = "What waited at a listener would be kept as long as the listener is.",
      .explain = "A socket waits in its own queue and at a listener, in a connection that "
	      "was not accepted; the listener waits in the socket's queue and has a "
	      "descriptor.  After a collection the connection is accepted and closed: now "
	      "only its own queue holds the socket, beside a pipe, which has to hang up.")
{
	struct addr addr = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &addr));
	int client = SETUP(env_connect(env, &addr));
	int fd[2], accepted, token;

	SETUP(socketpair(AF_UNIX, env->type | SOCK_CLOEXEC, 0, fd));
	env_own(env, fd[0]);
	env_own(env, fd[1]);
	send_one(client, fd[1]);
	send_one(fd[0], listener);
	send_one(fd[0], fd[1]);
	token = rights_token_sent(env, fd[0]);
	SETUP(env_close(env, fd[0]));
	SETUP(env_close(env, fd[1]));
	collect(env);
	rights_expect_held(token);
	accepted = SETUP(env_accept(env, listener));
	SETUP(env_close(env, accepted));
	ASSERT_RET(0, gc_nudge_until_hup(token));
	rights_expect_freed(token);
}
