// SPDX-License-Identifier: BSD-2-Clause
/*
 * Connections and addresses: sending to one, hearing of one, and streams that
 * have no peer to have one.
 */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "harness/check.h"

/* A length that the name of a socket never has. */
#define NO_LENGTH 77

CHECK(sendto, connected_stream,
      .title = "sendto() an address is EISCONN on a connected stream, before any look at the address",
      CLAUSES(send2_eisconn, posix_sendto_ignores_address, posix_sendto_eisconn),
      ROWS(STR_11),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A byte must not go anywhere but to the peer, and the error must not be the address's.",
      .explain = "POSIX lets a connection ignore the address or fail with EISCONN; "
	      "Linux fails.  The addresses are one that nobody has, one that "
	      "somebody listens at, and one of a family that cannot be.")
{
	struct addr to[3] = { env_addr_of(env, PATH, 8),
			      env_addr_of(env, ABSTRACT, 9),
			      { .len = 2, .sa.sa_family = AF_INET } };
	int fd[2], failed = 0;
	char byte;

	SETUP(env_listener(env, 1, &to[1]));
	SETUP(env_pair(env, fd));
	for (int i = 0; i < 3; i++) {
		CONTEXT("address %d", i);
		EXPECT_ERRNO_IN(sendto(fd[0], "s", 1, MSG_NOSIGNAL, &to[i].sa,
				       to[i].len), EISCONN, 0);
		failed += errno == EISCONN;
	}
	CONTEXT("afterwards");
	/* What did not fail went to the peer. */
	for (int i = failed; i < 3; i++)
		EXPECT_RET(1, recv(fd[1], &byte, 1, MSG_DONTWAIT));
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(sendto, connected_stream_refuses,
      .title = "sendto() and sendmsg() to an address are EISCONN on a connected stream",
      CLAUSES(linux_sendto_connected, send2_eisconn),
      ROWS(STR_11),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Programs that pass an address by mistake were never told otherwise.",
      .explain = "POSIX would also let the address be ignored; Linux never did.  The "
	      "addresses are a live one, one that nobody has, and the peer's own; with "
	      "no bytes, and with MSG_OOB, it is the same.")
{
	struct addr to[3] = { env_addr_of(env, PATH, 8),
			      env_addr_of(env, ABSTRACT, 9),
			      { .len = sizeof(to[2].bytes) } };
	struct iovec iov = { "s", 1 };
	bool absent;
	char byte;
	int fd[2];

	SETUP(env_listener(env, 1, &to[1]));
	SETUP(env_pair(env, fd));
	SETUP(getpeername(fd[0], &to[2].sa, &to[2].len));
	for (int i = 0; i < 3; i++) {
		struct msghdr msg = { .msg_name = &to[i].sa,
				      .msg_namelen = to[i].len,
				      .msg_iov = &iov, .msg_iovlen = 1 };

		CONTEXT("address %d", i);
		EXPECT_ERRNO(EISCONN, sendto(fd[0], "s", 1, MSG_NOSIGNAL,
					     &to[i].sa, to[i].len));
		EXPECT_ERRNO(EISCONN, sendmsg(fd[0], &msg, MSG_NOSIGNAL));
	}
	CONTEXT("%s", "");
	EXPECT_ERRNO(EISCONN, sendto(fd[0], "", 0, MSG_NOSIGNAL, &to[1].sa,
				     to[1].len));
	/* Where there is no urgent data, that is told first. */
	absent = recv(fd[0], &byte, 1, MSG_OOB | MSG_DONTWAIT) < 0 &&
		 errno == EOPNOTSUPP;
	EXPECT_ERRNO(absent ? EOPNOTSUPP : EISCONN,
		     sendto(fd[0], "s", 1, MSG_OOB | MSG_NOSIGNAL, &to[1].sa,
			    to[1].len));
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}

/* Each way to send on a stream that is not connected, and what came of it. */
static void judge_unconnected(int fd, const struct addr *to)
{
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	char byte;

	EXPECT_ERRNO(ENOTCONN, send(fd, "x", 1, 0));
	EXPECT_ERRNO(ENOTCONN, write(fd, "x", 1));
	EXPECT_ERRNO(ENOTCONN, sendmsg(fd, &msg, 0));
	EXPECT_ERRNO_IN(sendto(fd, "x", 1, 0, &to->sa, to->len), EOPNOTSUPP,
			ENOTCONN);
	msg.msg_name = (void *)&to->sa;
	msg.msg_namelen = to->len;
	EXPECT_ERRNO_IN(sendmsg(fd, &msg, 0), EOPNOTSUPP, ENOTCONN);
	EXPECT_ERRNO_IN(recv(fd, &byte, 1, 0), EINVAL, ENOTCONN);
	EXPECT_ERRNO_IN(recv(fd, &byte, 1, MSG_PEEK), EINVAL, ENOTCONN);
	EXPECT_ERRNO_IN(recv(fd, &byte, 1, MSG_DONTWAIT), EINVAL, ENOTCONN);
	EXPECT_ERRNO_IN(read(fd, &byte, 1), EINVAL, ENOTCONN);
	EXPECT_EQ(0, data_caught());
}

CHECK(stream, unconnected,
      .title = "On an unconnected stream writes are ENOTCONN without SIGPIPE, and reads fail",
      CLAUSES(posix_send_enotconn, posix_recv_enotconn,
	      posix_sendto_enotconn, linux_stream_unconnected),
      ROWS(STR_12, STR_13, STR_14, STR_15),
      .types = STREAM, .addrs = NAMED, .axes = NONBLOCK,
      PARAMS("fresh", "bound"),
      .why = "A program that forgot to connect must learn it, and not die or wait.",
      .explain = "With an address Linux answers EOPNOTSUPP where POSIX has ENOTCONN, "
	      "and a read gets EINVAL where POSIX and recv(2) have ENOTCONN.  A write "
	      "of nothing fails, too.  Afterwards the socket connects as a fresh one.")
{
	struct addr server = env_addr(env, 0), own = env_addr(env, 1);
	int listener = SETUP(env_listener(env, 1, &server)), peer, fd;

	fd = SETUP(env->param == 0 ? env_socket(env) : env_bound(env, &own));
	data_catch(SIGPIPE, 0, -1);
	judge_unconnected(fd, &server);
	ASSERT_RET(0, connect(fd, &server.sa, server.len));
	peer = ASSERT_OK(env_accept(env, listener));
	data_expect_works(env, fd, peer);
	data_expect_works(env, peer, fd);
}

CHECK(stream, unconnected_errors,
      .title = "On an unconnected stream an address is EOPNOTSUPP, and every read EINVAL",
      CLAUSES(linux_stream_unconnected),
      ROWS(STR_12, STR_14),
      .types = STREAM, .addrs = NAMED, .axes = NONBLOCK,
      PARAMS("fresh", "bound", "listening"),
      .why = "Programs tell by it a socket that was never connected from one that was.",
      .explain = "The address is one that somebody listens at.  POSIX has ENOTCONN, which "
	      "stream/unconnected accepts as well.")
{
	struct addr server = env_addr(env, 0), own = env_addr(env, 1);
	int fd = env->param == 0 ? SETUP(env_socket(env)) :
		 env->param == 1 ? SETUP(env_bound(env, &own)) :
				   SETUP(env_listener(env, 1, &own));
	char byte = 'u';
	struct iovec iov = { &byte, 1 };
	struct msghdr in = { .msg_iov = &iov, .msg_iovlen = 1 }, out = in;

	SETUP(env_listener(env, 1, &server));
	out.msg_name = &server.sa;
	out.msg_namelen = server.len;
	EXPECT_ERRNO(EOPNOTSUPP, sendto(fd, "x", 1, MSG_NOSIGNAL, &server.sa,
					server.len));
	EXPECT_ERRNO(EOPNOTSUPP, sendmsg(fd, &out, MSG_NOSIGNAL));
	EXPECT_ERRNO(EOPNOTSUPP, sendto(fd, "", 0, MSG_NOSIGNAL, &server.sa,
					server.len));
	EXPECT_ERRNO(EOPNOTSUPP, sendto(fd, "x", 1, MSG_OOB | MSG_NOSIGNAL,
					&server.sa, server.len));
	EXPECT_ERRNO(EINVAL, recv(fd, &byte, 1, 0));
	EXPECT_ERRNO(EINVAL, recv(fd, &byte, 1, MSG_PEEK));
	EXPECT_ERRNO(EINVAL, recv(fd, &byte, 1, MSG_DONTWAIT));
	EXPECT_ERRNO(EINVAL, recv(fd, &byte, 1, MSG_WAITALL));
	EXPECT_ERRNO(EINVAL, recvmsg(fd, &in, 0));
	EXPECT_ERRNO(EINVAL, read(fd, &byte, 1));
	EXPECT_ERRNO(EINVAL, readv(fd, &iov, 1));
	EXPECT_EQ('u', byte);
}

CHECK(sendto, no_address_is_send,
      .title = "sendto() without an address is send()",
      CLAUSES(send2_is_sendto),
      ROWS(STR_16),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP | UDP,
      .why = "Libraries have one function for both and pass no address.")
{
	struct iovec iov = { "abc", 3 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	char in[8] = "";
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(3, sendto(fd[0], "abc", 3, MSG_NOSIGNAL, NULL, 0));
	data_settle(env, fd[1], 3);
	EXPECT_RET(3, recvfrom(fd[1], in, sizeof(in), 0, NULL, NULL));
	EXPECT_MEM("abc", in, 3);
	EXPECT_RET(3, sendmsg(fd[0], &msg, MSG_NOSIGNAL));
	data_settle(env, fd[1], 3);
	EXPECT_RET(3, recv(fd[1], in, sizeof(in), 0));
	data_expect_empty(fd[1]);
}

CHECK(sendto, address_length,
      .title = "sendto() an address of 129 bytes is EINVAL, of 0 bytes is to no address",
      CLAUSES(linux_sendto_length, posix_sendto_einval_length),
      ROWS(STR_17, STR_18),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = NONBLOCK,
      .why = "The length is checked before the memory is read, whatever the socket then does.",
      .explain = "128 bytes are what a sockaddr_storage holds.  With them a stream "
	      "says EISCONN and SOCK_SEQPACKET sends to its peer.")
{
	struct addr to = env_addr_of(env, PATH, 8);
	static const socklen_t bad[] = { 129, 4096, (socklen_t)-1 };
	char byte = 0;
	int fd[2];

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CONTEXT("length %u", (unsigned int)bad[i]);
		EXPECT_ERRNO(EINVAL, sendto(fd[0], "b", 1, MSG_NOSIGNAL, &to.sa,
					    bad[i]));
	}
	CONTEXT("afterwards");
	data_expect_empty(fd[1]);
	if (env->type == SOCK_STREAM)
		EXPECT_ERRNO(EISCONN, sendto(fd[0], "m", 1, MSG_NOSIGNAL,
					     &to.sa, 128));
	EXPECT_RET(1, sendto(fd[0], "z", 1, MSG_NOSIGNAL, &to.sa, 0));
	EXPECT_RET(1, recv(fd[1], &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ('z', byte);
	data_expect_empty(fd[1]);
}

/* One recvfrom() and one recvmsg() of n bytes name whom; NULL: nobody. */
static void judge_sender_by(int fd, const struct addr *whom, int n, int flags)
{
	struct addr a = { .len = sizeof(a.bytes) }, b;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_name = &b.sa,
			      .msg_namelen = sizeof(b.bytes) };
	socklen_t want = whom ? whom->len : 0;

	memset(a.bytes, 0x5a, sizeof(a.bytes));
	memset(b.bytes, 0x5a, sizeof(b.bytes));
	EXPECT_RET(n, recvfrom(fd, &byte, 1, flags, &a.sa, &a.len));
	EXPECT_RET(n, recvmsg(fd, &msg, flags));
	ASSERT_EQ(want, a.len);
	ASSERT_EQ(want, msg.msg_namelen);
	if (whom) {
		EXPECT_MEM(whom->bytes, a.bytes, want);
		EXPECT_MEM(whom->bytes, b.bytes, want);
	}
	for (size_t i = want; i < sizeof(a.bytes); i++)
		if (a.bytes[i] != 0x5a || b.bytes[i] != 0x5a) {
			EXPECT_THAT(false, "byte %zu of the address is left alone", i);
			break;
		}
}

/* The same of two messages, or bytes, peeked at and then taken. */
static void judge_sender(int fd, const struct addr *whom, int n)
{
	judge_sender_by(fd, whom, n, MSG_PEEK);
	judge_sender_by(fd, whom, n, 0);
}

CHECK(recvfrom, names_peer,
      .title = "recvfrom() on a connection tells the peer's name, or length 0 when it has none",
      CLAUSES(linux_copy_name),
      ROWS(STR_24, STR_25, SEQ_15, SEQ_16),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = NONBLOCK,
      .why = "A length that is not set makes a name of what the buffer held before.",
      .explain = "A client hears the name at which its server listens; the server "
	      "hears the client's name when the client has one.  A peek tells it as "
	      "well, and so does an empty record.  POSIX lets a connection say nothing; "
	      "FreeBSD and macOS do.")
{
	struct addr server = env_addr_of(env, PATH, 0);
	struct addr client = env_addr_of(env, ABSTRACT, 1);
	bool pair = env->row->addr == PAIR;
	int fd[2], listener = -1;

	if (pair) {
		SETUP(env_pair(env, fd));
	} else {
		server = env_addr(env, 0);
		client = env_addr(env, 1);
		listener = SETUP(env_listener(env, 2, &server));
		fd[0] = SETUP(env_bound(env, &client));
		SETUP(connect(fd[0], &server.sa, server.len));
		fd[1] = SETUP(env_accept(env, listener));
	}
	for (int i = 0; i < 2; i++) {
		ASSERT_RET(1, send(fd[i], "n", 1, MSG_NOSIGNAL));
		ASSERT_RET(1, send(fd[i], "m", 1, MSG_NOSIGNAL));
	}
	CONTEXT("at the client");
	judge_sender(fd[0], pair ? NULL : &server, 1);
	CONTEXT("at the server");
	judge_sender(fd[1], pair ? NULL : &client, 1);
	if (env->type == SOCK_SEQPACKET) {
		CONTEXT("an empty record");
		ASSERT_RET(0, send(fd[0], "", 0, MSG_NOSIGNAL));
		ASSERT_RET(0, send(fd[0], "", 0, MSG_NOSIGNAL));
		judge_sender(fd[1], pair ? NULL : &client, 0);
	}
	if (pair)
		return;
	CONTEXT("from a client without a name");
	fd[0] = SETUP(env_connect(env, &server));
	fd[1] = SETUP(env_accept(env, listener));
	ASSERT_RET(1, send(fd[0], "n", 1, MSG_NOSIGNAL));
	ASSERT_RET(1, send(fd[0], "m", 1, MSG_NOSIGNAL));
	judge_sender(fd[1], NULL, 1);
}

CHECK(recvfrom, name_of_closed_peer,
      .title = "Data of a peer that closed still comes with its name, and the end with length 0",
      CLAUSES(linux_copy_name, linux_end_has_no_name, posix_recv_end),
      ROWS(STR_30, STR_31),
      .types = STREAM, .addrs = NAMED, .axes = NONBLOCK,
      .why = "Who wrote the last words is most often asked after the writer has gone.")
{
	struct addr server = env_addr(env, 0);
	struct addr name = { .len = NO_LENGTH };
	struct iovec iov = { name.bytes, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_name = &name.sa, .msg_namelen = NO_LENGTH };
	int listener = SETUP(env_listener(env, 1, &server)), fd, peer;
	char byte;

	fd = SETUP(env_connect(env, &server));
	peer = SETUP(env_accept(env, listener));
	SETUP(env_close(env, listener));
	ASSERT_RET(2, send(peer, "by", 2, MSG_NOSIGNAL));
	ASSERT_RET(0, env_close(env, peer));
	judge_sender(fd, &server, 1);
	CONTEXT("at the end");
	EXPECT_RET(0, recvfrom(fd, &byte, 1, 0, &name.sa, &name.len));
	EXPECT_EQ(0, name.len);
	EXPECT_RET(0, recvmsg(fd, &msg, 0));
	EXPECT_EQ(0, msg.msg_namelen);
	EXPECT_MSG_FLAGS(0, msg.msg_flags);
}
