// SPDX-License-Identifier: BSD-2-Clause
/*
 * SOCK_SEQPACKET as a connection: who is addressed, how it ends, what fits,
 * and what bad memory does to a record.
 */
#include "config.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "harness/check.h"

#define RECORD 150000

/* Linux keeps this much of the send buffer for itself. */
#define HEADROOM 32

/* Send buffers above this are not filled by one record. */
#define HUGE_BUFFER (1 << 20)

CHECK(seqpacket, sendto_ignores_address,
      .title = "On a connected socket sendto() an address goes to the peer, whatever the address",
      CLAUSES(linux_seqpacket_send, posix_sendto_ignores_address,
	      posix_sendto_eisconn, linux_sendto_length),
      ROWS(SEQ_09),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A record sent elsewhere would be lost to one and a surprise to the other.",
      .explain = "Streams say EISCONN, which POSIX permits, as FreeBSD does here. "
	      "An address over 128 bytes is EINVAL before anything else.")
{
	struct addr to[4] = { env_addr_of(env, PATH, 8),
			      env_addr_of(env, ABSTRACT, 9),
			      { .len = 2, .sa.sa_family = AF_INET },
			      { .len = 128, .sa.sa_family = AF_UNIX } };
	struct iovec iov = { "m", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2], other = SETUP(env_listener(env, 1, &to[1]));
	char byte;

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 4; i++) {
		CONTEXT("address %d", i);
		byte = 0;
		EXPECT_RET(1, sendto(fd[0], "s", 1, MSG_NOSIGNAL, &to[i].sa,
				     to[i].len));
		EXPECT_RET(1, recv(fd[1], &byte, 1, MSG_DONTWAIT));
		EXPECT_EQ('s', byte);
		msg.msg_name = &to[i].sa;
		msg.msg_namelen = to[i].len;
		EXPECT_RET(1, sendmsg(fd[0], &msg, MSG_NOSIGNAL));
		EXPECT_RET(1, recv(fd[1], &byte, 1, MSG_DONTWAIT));
		EXPECT_EQ('m', byte);
		data_expect_empty(fd[1]);
	}
	EXPECT_POLL(0, other, POLLIN);
	EXPECT_ERRNO(EINVAL, sendto(fd[0], "s", 1, MSG_NOSIGNAL, &to[0].sa, 129));
	data_expect_empty(fd[1]);
}

CHECK(seqpacket, unconnected,
      .title = "send(), sendto() and recv() on an unconnected socket fail with ENOTCONN",
      CLAUSES(posix_send_enotconn, posix_recv_enotconn, posix_sendto_enotconn),
      ROWS(SEQ_11),
      .types = SEQPACKET, .addrs = NAMED, .axes = NONBLOCK,
      PARAMS("fresh", "bound"),
      .why = "sendto() must not act as on a datagram socket, recv() must not wait for nobody.")
{
	struct addr server = env_addr(env, 0), own = env_addr(env, 1);
	int listener = SETUP(env_listener(env, 1, &server)), peer, fd;
	char byte;

	fd = SETUP(env->param == 0 ? env_socket(env) : env_bound(env, &own));
	data_catch(SIGPIPE, 0, -1);
	EXPECT_ERRNO(ENOTCONN, send(fd, "x", 1, 0));
	EXPECT_ERRNO(ENOTCONN, write(fd, "x", 1));
	EXPECT_ERRNO(ENOTCONN, sendto(fd, "x", 1, 0, &server.sa, server.len));
	EXPECT_ERRNO(ENOTCONN, recv(fd, &byte, 1, 0));
	EXPECT_ERRNO(ENOTCONN, recv(fd, &byte, 1, MSG_PEEK));
	EXPECT_ERRNO(ENOTCONN, recv(fd, &byte, 1, MSG_DONTWAIT));
	EXPECT_ERRNO(ENOTCONN, read(fd, &byte, 1));
	EXPECT_EQ(0, data_caught());
	ASSERT_RET(0, connect(fd, &server.sa, server.len));
	peer = ASSERT_OK(env_accept(env, listener));
	data_expect_works(env, fd, peer);
	data_expect_works(env, peer, fd);
}

CHECK(seqpacket, shutdown_ends_sending,
      .title = "After SHUT_WR send() is EPIPE, and the peer reads what is queued, then the end",
      CLAUSES(posix_send_epipe, posix_recv_end),
      ROWS(SEQ_12, SEQ_13),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "It is how a peer is told that no more comes while its answer is awaited.")
{
	char in[4];
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, send(fd[0], "q", 1, MSG_NOSIGNAL));
	EXPECT_RET(0, shutdown(fd[0], SHUT_WR));
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(fd[1], in, sizeof(in), 0));
	EXPECT_EQ('q', in[0]);
	for (int i = 0; i < 2; i++) {
		EXPECT_RET(0, recv(fd[1], in, sizeof(in), 0));
		EXPECT_RET(0, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	}
	data_expect_works(env, fd[1], fd[0]);
}

CHECK(seqpacket, shutdown_wakes_reader,
      .title = "A recv() that sleeps returns 0 when the peer shuts down for writing",
      CLAUSES(posix_recv_end, posix_recv_blocks),
      ROWS(SEQ_12),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP,
      .needs = NEED_BLOCKED,
      .why = "A reader that is not told sleeps for ever.")
{
	struct call c;
	char in[4];
	int fd[2];

	SETUP(env_pair(env, fd));
	call_recv(&c, fd[1], in, sizeof(in), 0);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, shutdown(fd[0], SHUT_WR));
	EXPECT_CALL_RET(0, &c);
	data_expect_works(env, fd[1], fd[0]);
}

/* One record of len bytes there and whole, or refused for want of memory. */
static bool judge_large(int fd[2], size_t len)
{
	cleanup_free unsigned char *out = malloc(len), *in = malloc(len + 1);

	CONTEXT("%zu bytes", len);
	if (!out || !in)
		BROKEN("out of memory");
	data_fill(out, len, len);
	EXPECT_ERRNO_IN(send(fd[0], out, len, MSG_NOSIGNAL | MSG_EOR), 0,
			ENOBUFS, ENOMEM);
	if (errno) {
		data_expect_empty(fd[1]);
		return false;
	}
	EXPECT_RET(len, recv(fd[1], in, len + 1, MSG_DONTWAIT));
	EXPECT_MEM(out, in, len);
	data_expect_empty(fd[1]);
	return true;
}

CHECK(seqpacket, large_record,
      .title = "A record of 150000 bytes passes whole with the send buffer that a socket has",
      CLAUSES(linux_seqpacket_send, posix_recv_message_whole),
      ROWS(SEQ_14, SEQ_19),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Programs send images and messages of that size without asking for room.",
      .explain = "Where the send buffer is set smaller, a record of three quarters of "
	      "it is sent.  A record is in one block of memory as far as there is "
	      "one, and ENOBUFS or ENOMEM where memory is torn; then nothing is "
	      "queued (Ericsson's xcm met that).")
{
	size_t room, len = RECORD;
	int fd[2];

	SETUP(env_pair(env, fd));
	room = (size_t)ASSERT_OK(backlog_option(fd[0], SO_SNDBUF));
	if (room < len + HEADROOM)
		len = room / 4 * 3;
	if (!judge_large(fd, len))
		NOTE("there is no memory for a record of %zu bytes", len);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(seqpacket, largest_record,
      .title = "A record as large as the send buffer allows is sent whole, one byte more is EMSGSIZE",
      CLAUSES(linux_message_too_long, posix_send_emsgsize),
      ROWS(SEQ_14, SEQ_19),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A record that is cut or lost at the limit is found only by the largest users.",
      .explain = "The limit is SO_SNDBUF less 32 bytes.  It is tried for the buffer "
	      "that a socket has, unless that is huge, and for small ones.")
{
	static const int value[] = { 0, 1, 10000 };
	cleanup_free char *bytes = NULL;
	int fd[2];

	SETUP(env_pair(env, fd));
	if (backlog_option(fd[0], SO_SNDBUF) > HUGE_BUFFER)
		SETUP(backlog_set_option(fd[0], SO_SNDBUF, RECORD));
	for (size_t i = 0; i < sizeof(value) / sizeof(value[0]); i++) {
		size_t most;

		if (value[i])
			ASSERT_RET(0, backlog_set_option(fd[0], SO_SNDBUF, value[i]));
		most = (size_t)ASSERT_OK(backlog_option(fd[0], SO_SNDBUF)) - HEADROOM;
		judge_large(fd, most);
		free(bytes);
		bytes = calloc(1, most + 1);
		if (!bytes)
			BROKEN("out of memory");
		EXPECT_ERRNO(EMSGSIZE, send(fd[0], bytes, most + 1, MSG_NOSIGNAL));
		data_expect_empty(fd[1]);
	}
}

CHECK(seqpacket, recv_bad_memory,
      .title = "A receive into memory that cannot be written is EFAULT, and never splits a record",
      CLAUSES(recv2_efault, linux_seqpacket_recv_fault),
      ROWS(SEQ_17),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("null", "protected", "kernel", "beyond_file", "read_only", "tail"),
      .why = "Half a record that comes later is a record nobody sent.",
      .explain = "Linux takes the record off its queue first, so that it is lost; "
	      "a system that keeps it whole is right as well.  Which one came is "
	      "noted.")
{
	bool tail = env->param == 5;
	unsigned char *bad = tail ? data_edge(3) - 3 :
				    data_bad_page(env->param_name);
	char in[8] = "";
	int fd[2], n;

	SETUP(env_pair(env, fd));
	data_catch(SIGBUS, SA_RESETHAND, -1);
	ASSERT_RET(4, send(fd[0], "lost", 4, MSG_NOSIGNAL));
	ASSERT_RET(6, send(fd[0], "second", 6, MSG_NOSIGNAL));
	EXPECT_ERRNO(EFAULT, recv(fd[1], bad, 4, 0));
	EXPECT_EQ(0, data_caught());
	n = (int)ASSERT_OK(recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	if (n == 4) {
		EXPECT_MEM("lost", in, 4);
		n = (int)ASSERT_OK(recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
		NOTE("the record is kept");
	} else {
		NOTE("the record is lost");
	}
	EXPECT_EQ(6, n);
	EXPECT_MEM("second", in, 6);
	data_expect_empty(fd[1]);
}
