// SPDX-License-Identifier: BSD-2-Clause
/*
 * shutdown() of a datagram socket: it ends what this socket does and accepts,
 * and tells nobody.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "checks/util_poll.h"
#include "harness/check.h"

static void expect_carries(int from, int to)
{
	char got[4];

	EXPECT_RET(2, send(from, "go", 2, 0));
	EXPECT_RET(2, recv(to, got, sizeof(got), 0));
	EXPECT_MEM("go", got, 2);
}

static void expect_empty(int fd)
{
	EXPECT_ERRNO(EAGAIN, recv(fd, &(char){ 0 }, 1, MSG_DONTWAIT));
}

CHECK(shutdown, dgram_write_ends_sending,
      .title = "A datagram socket that did SHUT_WR fails to send with EPIPE, and still receives",
      CLAUSES(posix_send_epipe, posix_shutdown_disables),
      ROWS(SHUT_30, SHUT_31),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("write", "both"),
      .why = "A program that has said its last word must not be heard again by mistake.",
      .explain = "With and without an address; the peer is told nothing: its queue is "
	      "empty, recv() would wait, and after SHUT_WR it still sends.")
{
	struct addr a = env_addr_of(env, ABSTRACT, 0);
	int fd[2], other = SETUP(env_bound(env, &a));

	signal(SIGPIPE, SIG_IGN);
	SETUP(env_pair(env, fd));
	EXPECT_RET(0, shutdown(fd[0], env->param ? SHUT_RDWR : SHUT_WR));
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, 0));
		EXPECT_ERRNO(EPIPE, write(fd[0], "x", 1));
		EXPECT_ERRNO(EPIPE, sendto(fd[0], "x", 1, 0, &a.sa, a.len));
	}
	expect_empty(fd[1]);
	expect_empty(other);
	if (env->param == 0)
		expect_carries(fd[1], fd[0]);
	EXPECT_POLL(POLLOUT, fd[1], POLL_ALL);
}

CHECK(shutdown, dgram_peer_is_not_woken,
      .title = "A datagram peer asleep in recv() sleeps on through SHUT_WR, SHUT_RDWR and close()",
      CLAUSES(linux_shutdown_dgram_silent),
      ROWS(SHUT_31),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP,
      .needs = NEED_BLOCKED,
      .why = "Who waits for the end of a datagram conversation waits for ever; a 0 is a message.",
      .explain = "At last a signal ends it: EINTR.")
{
	struct call c;
	char buf[4];
	int fd[2];

	SETUP(env_pair(env, fd));
	call_recv(&c, fd[1], buf, sizeof(buf), 0);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, shutdown(fd[0], SHUT_WR));
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, shutdown(fd[0], SHUT_RDWR));
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, env_close(env, fd[0]));
	EXPECT_BLOCKS(&c);
	/* Not the 0 of a sleeper that was woken and has not run yet. */
	call_cancel(&c);
	EXPECT_CALL_ERRNO(EINTR, &c);
}

CHECK(shutdown, dgram_read_refuses_messages,
      .title = "Sending to a datagram socket that did SHUT_RD fails with EPIPE",
      CLAUSES(linux_send_dgram_shut),
      ROWS(SHUT_32, SHUT_33),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("read", "both"),
      .why = "A receiver that has left must not look like one whose queue is full.",
      .explain = "Over a connection, and from a stranger who names the address.  After "
	      "SHUT_RD the socket itself still sends.")
{
	struct addr name = { .len = sizeof(name.bytes) };
	int fd[2], stranger = SETUP(env_socket(env)), shut;

	SETUP(env_pair(env, fd));
	SETUP(getsockname(fd[0], &name.sa, &name.len));
	EXPECT_RET(0, shutdown(fd[0], env->param ? SHUT_RDWR : SHUT_RD));
	EXPECT_ERRNO(EPIPE, send(fd[1], "x", 1, 0));
	EXPECT_ERRNO(EPIPE, send(fd[1], "x", 1, MSG_DONTWAIT));
	expect_empty(fd[0]);
	if (env->param == 0)
		expect_carries(fd[0], fd[1]);
	if (env->row->addr == PAIR)
		return;
	/* It is connected to fd[1], and strangers get EPERM before EPIPE. */
	EXPECT_ERRNO(EPERM, sendto(stranger, "x", 1, 0, &name.sa, name.len));
	name = env_addr(env, 0);
	shut = SETUP(env_bound(env, &name));
	EXPECT_RET(0, shutdown(shut, SHUT_RD));
	EXPECT_ERRNO(EPIPE, sendto(stranger, "x", 1, 0, &name.sa, name.len));
	EXPECT_RET(0, connect(stranger, &name.sa, name.len));
	EXPECT_ERRNO(EPIPE, send(stranger, "x", 1, 0));
}

CHECK(shutdown, dgram_read_then_recv,
      .title = "On a datagram socket that did SHUT_RD recv() returns 0, without waiting EAGAIN",
      CLAUSES(linux_recv_dgram_shut),
      ROWS(SHUT_32, SHUT_34, SHUT_35),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("read", "both"),
      .why = "It is the only end that a datagram reader sees, and non-blocking readers do not see it.",
      .explain = "POSIX has recv() return 0 after SHUT_RD; a SOCK_SEQPACKET socket does, "
	      "also when it is not to wait.  Blocking and with SO_RCVTIMEO: 0.  With "
	      "MSG_DONTWAIT or O_NONBLOCK: EAGAIN, where poll() says POLLIN.")
{
	char buf[4] = "abc";
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, shutdown(fd[0], env->param ? SHUT_RDWR : SHUT_RD));
	for (int i = 0; i < 2; i++) {
		EXPECT_RET(0, recv(fd[0], buf, sizeof(buf), 0));
		EXPECT_RET(0, recv(fd[0], buf, sizeof(buf), MSG_PEEK));
		EXPECT_RET(0, read(fd[0], buf, sizeof(buf)));
		EXPECT_ERRNO(EAGAIN, recv(fd[0], buf, sizeof(buf), MSG_DONTWAIT));
		SETUP(backlog_set_timeout(fd[0], SO_RCVTIMEO, 10000));
	}
	SETUP(backlog_set_nonblock(fd[0], true));
	EXPECT_ERRNO(EAGAIN, recv(fd[0], buf, sizeof(buf), 0));
	EXPECT_POLL(POLL_END | POLLOUT | (env->param ? POLLHUP : 0), fd[0],
		    POLL_ALL);
	EXPECT_MEM("abc", buf, sizeof(buf));
}

CHECK(shutdown, dgram_read_wakes_reader,
      .title = "shutdown(SHUT_RD) of a datagram socket ends a recv() asleep on it with 0",
      CLAUSES(linux_recv_dgram_shut, linux_shutdown_wakes),
      ROWS(SHUT_34),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP,
      .needs = NEED_BLOCKED, PARAMS("read", "both"),
      .why = "It is how one thread stops another that sits in recv().")
{
	struct call c;
	char buf[4];
	int fd[2];

	SETUP(env_pair(env, fd));
	call_recv(&c, fd[0], buf, sizeof(buf), 0);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, shutdown(fd[0], SHUT_WR));
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, shutdown(fd[0], env->param ? SHUT_RDWR : SHUT_RD));
	EXPECT_CALL_RET(0, &c);
}

CHECK(shutdown, dgram_read_keeps_the_queue,
      .title = "Messages that came before SHUT_RD of a datagram socket are still received",
      CLAUSES(linux_recv_dgram_shut, linux_shutdown_keeps_queue),
      ROWS(SHUT_36),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("read", "both"),
      .why = "Their sender was told that they arrived.")
{
	char buf[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(5, send(fd[1], "first", 5, 0));
	ASSERT_RET(0, send(fd[1], "", 0, 0));
	ASSERT_RET(6, send(fd[1], "second", 6, 0));
	ASSERT_RET(0, shutdown(fd[0], env->param ? SHUT_RDWR : SHUT_RD));
	EXPECT_RET(5, recv(fd[0], buf, sizeof(buf), 0));
	EXPECT_MEM("first", buf, 5);
	EXPECT_RET(0, recv(fd[0], buf, sizeof(buf), 0));
	EXPECT_RET(6, recv(fd[0], buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_MEM("second", buf, 6);
	expect_empty(fd[0]);
}

CHECK(shutdown, dgram_sender_leaves_others_alone,
      .title = "One of several datagram senders that ends takes nothing out of the queue",
      CLAUSES(linux_shutdown_dgram_silent),
      ROWS(SHUT_37),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK,
      PARAMS("write", "both", "close"),
      .why = "A log daemon would lose what others wrote when one program exits.",
      .explain = "Three senders take turns, the one in the middle ends, the others go on; "
	      "all messages arrive, in order.")
{
	struct addr a = env_addr(env, 0);
	int server = SETUP(env_bound(env, &a)), fd[3];
	char text[2] = "A", got[4];

	dgram_need_queue(8);
	for (int i = 0; i < 3; i++)
		fd[i] = SETUP(env_connect(env, &a));
	for (int i = 0; i < 6; i++, text[0]++)
		ASSERT_RET(1, send(fd[i % 3], text, 1, 0));
	if (env->param == 2)
		EXPECT_RET(0, env_close(env, fd[1]));
	else
		EXPECT_RET(0, shutdown(fd[1], env->param ? SHUT_RDWR : SHUT_WR));
	for (int i = 0; i < 2; i++, text[0]++)
		EXPECT_RET(1, send(fd[i * 2], text, 1, 0));
	for (char want = 'A'; want < text[0]; want++) {
		EXPECT_RET(1, recv(server, got, sizeof(got), MSG_DONTWAIT));
		EXPECT_EQ(want, got[0]);
	}
	expect_empty(server);
}
