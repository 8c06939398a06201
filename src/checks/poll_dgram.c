// SPDX-License-Identifier: BSD-2-Clause
/* What poll() and epoll say of datagram sockets, and of their full receivers. */
#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_poll.h"
#include "harness/check.h"

#define FROM_EACH 16
#define MAX_SENDERS 160

CHECK(poll, dgram_fresh,
      .title = "A datagram socket polls writable without POLLHUP, new, bound and connected",
      CLAUSES(linux_poll_dgram),
      ROWS(POLL_16, POLL_23),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK,
      .why = "It can send from the start; a hang-up would end it before it begins.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int fd = SETUP(env_socket(env)), other = SETUP(env_bound(env, &b));
	struct watch w;

	watch_start(env, &w, fd);
	watch_expect_quiet(&w, POLLOUT);
	EXPECT_POLL(0, fd, 0);
	ASSERT_RET(0, bind(fd, &a.sa, a.len));
	EXPECT_POLL(POLLOUT, fd, POLL_ALL);
	ASSERT_RET(0, connect(fd, &b.sa, b.len));
	EXPECT_POLL(POLLOUT, fd, POLL_ALL);
	EXPECT_POLL(POLLOUT, other, POLL_ALL);
}

CHECK(poll, dgram_peer_closed,
      .title = "A datagram socket whose peer closed polls POLLOUT, no POLLHUP, POLLERR or POLLIN",
      CLAUSES(linux_poll_dgram, linux_release_dgram),
      ROWS(POLL_25),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Only sending tells that the peer has gone; loops must not wait for a hang-up.",
      .explain = "No edge either.  send() then fails.")
{
	struct watch w;
	int fd[2];

	SETUP(env_pair(env, fd));
	watch_start(env, &w, fd[0]);
	ASSERT_RET(0, env_close(env, fd[1]));
	watch_expect_quiet(&w, POLLOUT);
	EXPECT_POLL(0, fd[0], 0);
	EXPECT_RET(-1, send(fd[0], "x", 1, 0));
}

CHECK(poll, dgram_shut_down,
      .title = "SHUT_RDWR of a datagram socket is POLLHUP and POLLIN there and nothing at its peer",
      CLAUSES(linux_poll_dgram, linux_shutdown_dgram_silent),
      ROWS(POLL_26),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("write_read", "read_write", "both"),
      .why = "The peer does not learn of it; a program that counts on POLLHUP waits for ever.",
      .explain = "In one step or two: SHUT_RD alone is POLLIN and POLLRDHUP, SHUT_WR "
	      "alone nothing.  Each step is an edge at the socket, none at the peer.")
{
	static const struct {
		int n, how[2];
	} orders[] = {
		{ 2, { SHUT_WR, SHUT_RD } },
		{ 2, { SHUT_RD, SHUT_WR } },
		{ 1, { SHUT_RDWR } },
	};
	unsigned int bits = POLLOUT;
	bool shut[2] = { false };
	struct watch own, peer;
	int fd[2];

	SETUP(env_pair(env, fd));
	watch_start(env, &own, fd[0]);
	watch_start(env, &peer, fd[1]);
	for (int i = 0; i < orders[env->param].n; i++) {
		int how = orders[env->param].how[i];

		CONTEXT("shutdown(%d)", how);
		ASSERT_RET(0, shutdown(fd[0], how));
		shut[0] |= how != SHUT_WR;
		shut[1] |= how != SHUT_RD;
		bits |= shut[0] ? POLL_END : 0;
		bits |= shut[0] && shut[1] ? POLLHUP : 0;
		watch_expect(&own, bits);
		CONTEXT("the peer, shutdown(%d)", how);
		watch_expect_quiet(&peer, POLLOUT);
	}
}

/*
 * A receiver whose queue is full by the number of its messages, and a sender
 * connected to it whose own buffer is empty: what fills the queue comes from
 * others, a little from each.
 */
static int full_receiver(struct env *env, struct addr *addr, int *ret_fd)
{
	int server = SETUP(env_bound(env, addr)), n = 0;

	for (int i = 0; n == i * FROM_EACH; i++) {
		int fd = ASSERT_OK(env_connect(env, addr));

		if (i == MAX_SENDERS)
			SKIP_CASE("a datagram queue here holds %d and more", n);
		for (int k = 0; k < FROM_EACH; k++)
			n += send(fd, "m", 1, MSG_DONTWAIT) == 1;
	}
	EXPECT_THAT(n > 0, "nothing could be sent");
	*ret_fd = ASSERT_OK(env_connect(env, addr));
	EXPECT_ERRNO(EAGAIN, send(*ret_fd, "x", 1, MSG_DONTWAIT));
	return server;
}

CHECK(poll, dgram_full_receiver,
      .title = "A connected datagram sender becomes writable, with an edge, when its receiver reads",
      CLAUSES(linux_dgram_peer_wake),
      ROWS(POLL_30),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK, .nofile = 200,
      .why = "A writer that is not told sleeps beside an empty queue.",
      .explain = "The receiver's queue is full by its number of messages, the sender's "
	      "own buffer has room.  One message read: EPOLLOUT once, and a message "
	      "fits.  Linux before 4.4 gave no edge.")
{
	struct addr a = env_addr(env, 0);
	int fd, server = full_receiver(env, &a, &fd);
	struct watch w;

	watch_start(env, &w, fd);
	CONTEXT("full");
	watch_expect_quiet(&w, 0);
	ASSERT_OK(recv(server, &(char){ 0 }, 1, 0));
	CONTEXT("one read");
	watch_expect(&w, POLLOUT);
	EXPECT_RET(1, send(fd, "x", 1, MSG_DONTWAIT));
	EXPECT_ERRNO(EAGAIN, send(fd, "x", 1, MSG_DONTWAIT));
}

CHECK(poll, dgram_refused_then_told,
      .title = "After EAGAIN alone, without a poll(), a datagram sender gets the edge of room",
      CLAUSES(linux_dgram_peer_wake),
      ROWS(POLL_80, POLL_30),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK, .nofile = 200,
      .why = "Loops that send until EAGAIN and then wait for the edge would wait for good.",
      .explain = "The sender is watched before the receiver is full of other senders' "
	      "messages, and between EAGAIN and the edge nobody asks for its state.")
{
	struct addr a = env_addr(env, 0);
	int epoll = SETUP(poll_epoll(env)), fd[MAX_SENDERS + 1], n = 0, server;

	server = SETUP(env_bound(env, &a));
	fd[0] = ASSERT_OK(env_connect(env, &a));
	ASSERT_RET(0, poll_add(epoll, fd[0], EPOLLET));
	poll_expect(epoll, POLLOUT);
	for (int i = 1; n == (i - 1) * FROM_EACH; i++) {
		if (i == MAX_SENDERS)
			SKIP_CASE("a datagram queue here holds %d and more", n);
		fd[i] = ASSERT_OK(env_connect(env, &a));
		for (int k = 0; k < FROM_EACH; k++)
			n += send(fd[i], "m", 1, MSG_DONTWAIT) == 1;
	}
	EXPECT_ERRNO(EAGAIN, send(fd[0], "x", 1, MSG_DONTWAIT));
	for (int i = 0; i < 2; i++) {
		CONTEXT("round %d", i);
		ASSERT_OK(recv(server, &(char){ 0 }, 1, 0));
		poll_expect(epoll, POLLOUT);
		EXPECT_RET(1, send(fd[0], "x", 1, MSG_DONTWAIT));
		EXPECT_ERRNO(EAGAIN, send(fd[0], "x", 1, MSG_DONTWAIT));
	}
}

CHECK(poll, dgram_full_receiver_closes,
      .title = "When the full receiver closes its sender becomes writable, and send() is refused",
      CLAUSES(linux_dgram_peer_wake),
      ROWS(POLL_31),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK, .nofile = 200,
      .why = "A writer that is not told waits for a dead process.",
      .explain = "EPOLLOUT with an edge, and no EPOLLHUP or EPOLLERR; send() fails.  A use-after-free was here before Linux 4.4.")
{
	struct addr a = env_addr(env, 0);
	int fd, server = full_receiver(env, &a, &fd);
	struct watch w;

	watch_start(env, &w, fd);
	CONTEXT("full");
	watch_expect_quiet(&w, 0);
	ASSERT_RET(0, env_close(env, server));
	CONTEXT("closed");
	watch_expect(&w, POLLOUT);
	EXPECT_RET(-1, send(fd, "x", 1, 0));
}
