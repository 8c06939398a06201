// SPDX-License-Identifier: BSD-2-Clause
/*
 * The queue of a datagram receiver, which is limited by a number of messages
 * for all who are not its peer in turn.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "checks/util_flow.h"
#include "harness/check.h"

CHECK(flow_queue, holds_limit_plus_one,
      .title = "A receiver holds max_dgram_qlen + 1 unread datagrams; the next gets EAGAIN",
      CLAUSES(linux_dgram_queue_full, net_rst_max_dgram_qlen, posix_send_eagain),
      ROWS(FLOW_01, FLOW_03, REL_12),
      .types = DGRAM, .addrs = NAMED,
      .why = "With the usual 10 a log socket is full after 11 lines; syslog clients block or drop.",
      .explain = "The limit is the receiver's: a fresh sender is refused as well.  All "
	      "that was accepted is received, in order; then as many fit again.  gVisor "
	      "has no such limit; BSD systems count bytes and answer ENOBUFS.  systemd, "
	      "winston-syslog and hslogger have been bitten.")
{
	int limit = flow_queue_limit();
	struct flow_queue q;

	flow_full_queue(env, &q);
	EXPECT_EQ(limit + 1, q.n);
	flow_drain_queue(q.fd, 0, q.n);
	dgram_expect_empty(q.fd);
	EXPECT_EQ(limit + 1, flow_fill_queue(env, &q.addr, 0));
	flow_drain_queue(q.fd, 0, limit + 1);
	dgram_expect_empty(q.fd);
}

CHECK(flow_queue, receive_makes_room_for_one,
      .title = "Each message that is received makes room for exactly one more",
      CLAUSES(linux_dgram_queue_full),
      ROWS(FLOW_02, FLOW_03),
      .types = DGRAM, .addrs = NAMED,
      PARAMS("recv", "recv_cut", "peek"),
      .why = "Room that is not given back stops a log socket for good.",
      .explain = "A message that was cut counts as well; a peek makes no room.")
{
	int fd = SETUP(env_socket(env)), flags = env->param == 2 ? MSG_PEEK : 0;
	struct flow_queue q;
	char in[16];

	flow_full_queue(env, &q);
	if (q.n < 5)
		SKIP_CASE("a queue of %d datagrams is too short for this", q.n);
	for (int i = 0; i < 4; i++) {
		EXPECT_OK(recv(q.fd, in, env->param == 1 ? 0 : sizeof(in),
			       MSG_DONTWAIT | flags));
		if (env->param != 2)
			EXPECT_RET(4, dgram_sendto(fd, "room", &q.addr));
		EXPECT_ERRNO(EAGAIN, dgram_sendto(fd, "none", &q.addr));
		EXPECT_EQ(0, flow_fill_queue(env, &q.addr, 0));
	}
	if (env->param == 2) {
		flow_drain_queue(q.fd, 0, q.n);
	} else {
		flow_drain_queue(q.fd, 4, q.n - 4);
		for (int i = 0; i < 4; i++)
			dgram_expect(q.fd, "room");
	}
	dgram_expect_empty(q.fd);
}

CHECK(flow_queue, unconnected_sender_polls_writable,
      .title = "A sender without a peer polls writable however full its destination is",
      CLAUSES(linux_dgram_poll),
      ROWS(FLOW_04),
      .types = DGRAM, .addrs = NAMED,
      .why = "A loop that waits for POLLOUT before sendto() spins: EAGAIN, POLLOUT, EAGAIN.",
      .explain = "poll() knows no destination.  Twisted, node-unix-dgram and Wazuh have "
	      "been bitten.")
{
	int fd = SETUP(env_socket(env));
	struct flow_queue q;

	flow_full_queue(env, &q);
	for (int i = 0; i < 2; i++) {
		EXPECT_POLL(POLLOUT, fd, POLLOUT);
		EXPECT_ERRNO(EAGAIN, dgram_sendto(fd, "x", &q.addr));
	}
}

CHECK(flow_queue, connected_sender_waits_for_room,
      .title = "A sender connected to a full receiver is not writable until a message is taken",
      CLAUSES(linux_dgram_poll, linux_dgram_queue_full),
      ROWS(FLOW_05, FLOW_06, FLOW_07, FLOW_08),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK,
      .why = "Only a connected sender can wait for room without sleeping in send().",
      .explain = "Two senders, one connected before the queue is full and one after.  "
	      "Neither polls writable, send() fails with EAGAIN; after one recv() both "
	      "are writable; the message of one makes it full for both.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a)), sender[2], n;

	flow_queue_limit();
	sender[0] = SETUP(env_connect(env, &a));
	EXPECT_POLL(POLLOUT, sender[0], POLLOUT);
	n = flow_fill_queue(env, &a, 0);
	if (n < 3)
		SKIP_CASE("a queue of %d datagrams is too short for this", n);
	sender[1] = ASSERT_OK(env_connect(env, &a));
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 2; i++) {
			CONTEXT("round %d, sender %d", round, i);
			EXPECT_POLL(0, sender[i], POLLOUT);
			EXPECT_ERRNO(EAGAIN, send(sender[i], "x", 1,
						  env->nonblock ? 0 : MSG_DONTWAIT));
		}
		flow_drain_queue(fd, round, 1);
		EXPECT_POLL(POLLOUT, sender[0], POLLOUT);
		EXPECT_POLL(POLLOUT, sender[1], POLLOUT);
		EXPECT_RET(1, send(sender[round], "y", 1, 0));
	}
	flow_drain_queue(fd, 2, n - 2);
	dgram_expect(fd, "y");
	dgram_expect(fd, "y");
	dgram_expect_empty(fd);
}

CHECK(flow_queue, room_wakes_poll,
      .title = "A poll() for POLLOUT that sleeps on a full receiver is woken when one is taken",
      CLAUSES(linux_dgram_peer_wake),
      ROWS(FLOW_07),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_BLOCKED,
      .why = "An event loop that is not told of the room never sends again.")
{
	struct flow_queue q;
	struct pollfd p = { .events = POLLOUT };
	struct call c;
	char in[16];

	flow_full_queue(env, &q);
	p.fd = SETUP(env_connect(env, &q.addr));
	for (int i = 0; i < 2; i++) {
		call_poll(&c, &p, 1, -1);
		EXPECT_BLOCKS(&c);
		EXPECT_OK(recv(q.fd, in, sizeof(in), MSG_DONTWAIT));
		EXPECT_CALL_RET(1, &c);
		EXPECT_EQ(POLLOUT, p.revents);
		EXPECT_RET(1, send(p.fd, "y", 1, MSG_DONTWAIT));
	}
}

CHECK(flow_queue, to_oneself_is_not_limited,
      .title = "What a socket sends to itself is limited by SO_SNDBUF, not by the queue",
      CLAUSES(linux_dgram_queue_full, linux_send_full),
      ROWS(FLOW_19),
      .types = DGRAM, .addrs = NAMED,
      PARAMS("sendto", "connected"),
      .why = "A socket that waited for room at itself would wait for ever.",
      .explain = "It takes messages until their memory (SIOCOUTQ) fills SO_SNDBUF; with "
	      "the default sizes that is far beyond max_dgram_qlen.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a)), limit = flow_queue_limit(), n = 0;

	if (env->param)
		SETUP(connect(fd, &a.sa, a.len));
	while (n < 100000 && dgram_sendto(fd, "1", &a) == 1)
		n++;
	EXPECT_ERRNO(EAGAIN, dgram_sendto(fd, "1", &a));
	EXPECT_RANGE(backlog_option(fd, SO_SNDBUF), 1 << 30, flow_outq(fd));
	NOTE("%d messages, and max_dgram_qlen is %d", n, limit);
	for (int i = 0; i < n; i++)
		dgram_expect(fd, "1");
	dgram_expect_empty(fd);
}

CHECK(flow_queue, mutual_peers_are_not_limited,
      .title = "Datagram sockets that are each other's peers are limited by SO_SNDBUF alone",
      CLAUSES(linux_dgram_queue_full, linux_send_full),
      ROWS(FLOW_13, FLOW_15),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A socketpair() holds more than max_dgram_qlen; estimates by it are wrong.",
      .explain = "One-byte messages are taken until their memory (SIOCOUTQ) fills "
	      "SO_SNDBUF: 278 with Linux's usual 212992 bytes, where a receiver that "
	      "is not connected back holds 11.  poll() says so, too.")
{
	int fd[2], n = 0, limit = flow_queue_limit();

	SETUP(env_pair(env, fd));
	SETUP(backlog_set_option(fd[0], SO_SNDBUF, 1 << 20));
	while (n < limit + 2 && send(fd[0], "1", 1, MSG_DONTWAIT) == 1)
		n++;
	/* Writable is who has used no more than a quarter. */
	if (n == limit + 2 && (flow_outq(fd[0]) + 1) * 4L <=
			      backlog_option(fd[0], SO_SNDBUF))
		EXPECT_POLL(POLLOUT, fd[0], POLLOUT);
	while (n < 100000 && send(fd[0], "1", 1, MSG_DONTWAIT) == 1)
		n++;
	EXPECT_ERRNO(EAGAIN, send(fd[0], "1", 1, MSG_DONTWAIT));
	EXPECT_POLL(0, fd[0], POLLOUT);
	EXPECT_RANGE(backlog_option(fd[0], SO_SNDBUF), 1 << 30, flow_outq(fd[0]));
	NOTE("%d messages, and max_dgram_qlen is %d", n, limit);
	for (int i = 0; i < n; i++)
		dgram_expect(fd[1], "1");
	dgram_expect_empty(fd[1]);
	EXPECT_POLL(POLLOUT, fd[0], POLLOUT);
}
