// SPDX-License-Identifier: BSD-2-Clause
/* One end of two connected datagram sockets lets go of the other. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/names.h"
#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "harness/check.h"

CHECK(dgram_disconnect, unread_messages_reset_the_peer,
      .title = "An end that disconnects with unread messages gives the other ECONNRESET, once",
      CLAUSES(linux_dgram_disconnected),
      ROWS(DGR_56, DGR_57),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("so_error", "recv", "send"),
      .why = "The sender learns that what it sent was thrown away.",
      .explain = "Messages wait at one end, which connects to AF_UNSPEC: they are gone, "
	      "and the other end has POLLERR and ECONNRESET, taken by SO_ERROR, recv() "
	      "or send(), whichever comes first.")
{
	char in;
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(4, send(fd[1], "lost", 4, 0));
	ASSERT_RET(4, send(fd[1], "too.", 4, 0));
	dgram_must_disconnect(fd[0]);
	dgram_expect_empty(fd[0]);
	EXPECT_POLL(POLLERR, fd[1], POLLIN);
	if (env->param == 0)
		EXPECT_ERR_EQ(ECONNRESET, backlog_option(fd[1], SO_ERROR));
	else if (env->param == 1)
		EXPECT_ERRNO(ECONNRESET, recv(fd[1], &in, 1, MSG_DONTWAIT));
	else
		EXPECT_ERRNO(ECONNRESET, send(fd[1], "x", 1, MSG_DONTWAIT));
	EXPECT_POLL(0, fd[1], POLLIN);
	EXPECT_EQ(0, backlog_option(fd[1], SO_ERROR));
	dgram_expect_empty(fd[1]);
	dgram_expect_empty(fd[0]);
	EXPECT_EQ(0, backlog_option(fd[0], SO_ERROR));
}

CHECK(dgram_disconnect, reset_wakes_reader,
      .title = "The ECONNRESET of a disconnect wakes a recv() or poll() asleep at the other end",
      CLAUSES(linux_dgram_disconnected),
      ROWS(DGR_69),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP, .needs = NEED_BLOCKED,
      PARAMS("recv", "poll"),
      .why = "One who waits for the answer to a message that was thrown away waits for ever.")
{
	struct pollfd waiting;
	struct call c;
	char in;
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(4, send(fd[1], "lost", 4, 0));
	waiting = (struct pollfd){ .fd = fd[1], .events = POLLIN };
	if (env->param == 0)
		call_recv(&c, fd[1], &in, 1, 0);
	else
		call_poll(&c, &waiting, 1, -1);
	ASSERT_BLOCKS(&c);
	ASSERT_RET(0, dgram_disconnect(fd[0]));
	if (env->param == 0) {
		EXPECT_CALL_ERRNO(ECONNRESET, &c);
		return;
	}
	EXPECT_CALL_RET(1, &c);
	EXPECT_EQ(POLLERR, waiting.revents);
}

#define SNDBUF 16384
#define BIG 7000
#define RECEIVERS 16

/* What fd has sent to others uses up its memory, and not their queues. */
static void use_up(struct env *env, int fd)
{
	static const char big[BIG];
	bool all = false;

	SETUP(backlog_set_option(fd, SO_SNDBUF, SNDBUF));
	for (int i = 0; i < RECEIVERS && !all; i++) {
		struct addr a = env_addr_of(env, ABSTRACT, i);

		SETUP(env_bound(env, &a));
		all = true;
		while (sendto(fd, big, sizeof(big), MSG_DONTWAIT, &a.sa,
			      a.len) == BIG)
			all = false;
		if (errno != EAGAIN)
			BROKEN("a datagram could not be sent: %s",
			       name_errno(errno));
	}
	if (!all)
		SKIP_CASE("the memory of a sender is not used up here");
}

CHECK(dgram_disconnect, reset_wakes_sender,
      .title = "The ECONNRESET of a disconnect wakes a send() that sleeps for want of memory",
      CLAUSES(linux_dgram_disconnected, linux_wait_for_wmem_error),
      ROWS(DGR_71),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP, .needs = NEED_BLOCKED,
      PARAMS("to_peer", "to_other"),
      .why = "One who has nothing to wait for from its peer would wait for the others.",
      .explain = "A message waits at the peer, and others that fill the send buffer wait "
	      "elsewhere; a send() to the peer, or to one of the others, sleeps.  The peer "
	      "disconnects.")
{
	struct addr other = env_addr_of(env, ABSTRACT, RECEIVERS);
	struct call c;
	int fd[2];

	dgram_must_disconnect(SETUP(env_socket(env)));
	SETUP(env_pair(env, fd));
	SETUP(env_bound(env, &other));
	ASSERT_RET(4, send(fd[1], "lost", 4, 0));
	use_up(env, fd[1]);
	if (env->param == 0)
		call_send(&c, fd[1], "x", 1, 0);
	else
		call_sendto(&c, fd[1], "x", 1, 0, &other);
	ASSERT_BLOCKS(&c);
	ASSERT_RET(0, dgram_disconnect(fd[0]));
	EXPECT_CALL_ERRNO(ECONNRESET, &c);
	EXPECT_EQ(0, backlog_option(fd[1], SO_ERROR));
}

CHECK(dgram_disconnect, empty_queue_is_no_error,
      .title = "An end that disconnects with nothing unread causes no error at the other",
      CLAUSES(linux_dgram_disconnected),
      ROWS(DGR_59),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Nothing was lost, so that there is nothing to report.",
      .explain = "A message that waits at the other end is kept.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(4, send(fd[1], "read", 4, 0));
	dgram_expect(fd[0], "read");
	ASSERT_RET(4, send(fd[0], "kept", 4, 0));
	dgram_must_disconnect(fd[0]);
	EXPECT_POLL(POLLIN, fd[1], POLLIN);
	EXPECT_EQ(0, backlog_option(fd[1], SO_ERROR));
	dgram_expect(fd[1], "kept");
	dgram_expect_empty(fd[1]);
}

CHECK(dgram_disconnect, other_end_can_still_send,
      .title = "After one end disconnected the other still sends to it, and hears it no more",
      CLAUSES(linux_dgram_may_send, posix_connect_unspec),
      ROWS(DGR_58),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A peer belongs to one end alone; the two sides can differ.")
{
	struct addr name = { .len = sizeof(name.bytes) };
	int fd[2];

	SETUP(env_pair(env, fd));
	dgram_must_disconnect(fd[0]);
	EXPECT_RET(5, send(fd[1], "still", 5, 0));
	dgram_expect(fd[0], "still");
	EXPECT_ERRNO(ENOTCONN, send(fd[0], "x", 1, 0));
	dgram_expect_empty(fd[1]);
	EXPECT_ERRNO(ENOTCONN, getpeername(fd[0], &name.sa, &name.len));
	EXPECT_RET(0, getpeername(fd[1], &name.sa, &name.len));
	EXPECT_RET(4, send(fd[1], "more", 4, 0));
	dgram_expect(fd[0], "more");
}

CHECK(dgram_disconnect, no_peer_no_error,
      .title = "An end that disconnects with unread messages of no peer of its own is no error",
      CLAUSES(linux_dgram_disconnected),
      ROWS(DGR_57, DGR_59),
      .types = DGRAM, .addrs = NAMED,
      .why = "A server that answers many by sendto() must not be reset by one client.",
      .explain = "The server is not connected, its answer waits at a client that "
	      "connects to nobody: the client loses it, the server is not told.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int client = SETUP(env_bound(env, &a)), server = SETUP(env_bound(env, &b));

	SETUP(connect(client, &b.sa, b.len));
	ASSERT_RET(6, dgram_sendto(server, "answer", &a));
	ASSERT_RET(0, dgram_disconnect(client));
	dgram_expect_empty(client);
	EXPECT_POLL(0, server, POLLIN);
	EXPECT_EQ(0, backlog_option(server, SO_ERROR));
	EXPECT_RET(5, dgram_sendto(server, "again", &a));
	dgram_expect(client, "again");
}
