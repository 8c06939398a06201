// SPDX-License-Identifier: BSD-2-Clause
/* A datagram socket with a peer: whom it sends to, and whom it hears. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "harness/check.h"

CHECK(dgram_connect, sends_to_the_peer,
      .title = "After connect() send() goes to the peer, and getpeername() gives its name",
      CLAUSES(posix_connect_dgram_peer),
      ROWS(DGR_30),
      .types = DGRAM, .addrs = NAMED, .controls = UDP,
      .why = "Clients connect once and send without an address.",
      .explain = "The peer is told nothing and needs not connect; another receiver gets "
	      "nothing.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	struct addr name = { .len = sizeof(name.bytes) };
	int peer = SETUP(env_bound(env, &a)), other = SETUP(env_bound(env, &b));
	int fd = SETUP(env_socket(env));

	dgram_need_queue(2);
	ASSERT_RET(0, connect(fd, &a.sa, a.len));
	ASSERT_RET(0, getpeername(fd, &name.sa, &name.len));
	ASSERT_EQ(a.len, name.len);
	EXPECT_MEM(a.bytes, name.bytes, a.len);
	EXPECT_RET(4, send(fd, "send", 4, 0));
	EXPECT_RET(5, write(fd, "write", 5));
	dgram_settle(env, peer);
	dgram_expect(peer, "send");
	dgram_settle(env, peer);
	dgram_expect(peer, "write");
	dgram_expect_empty(other);
	EXPECT_ERRNO(ENOTCONN, getpeername(peer, &name.sa, &name.len));
}

CHECK(dgram_connect, may_send_elsewhere,
      .title = "A connected socket may sendto() another address, and keeps its peer",
      CLAUSES(posix_sendto_prespecified, linux_dgram_override),
      ROWS(DGR_31),
      .types = DGRAM, .addrs = NAMED, .controls = UDP,
      .why = "A client with a usual server sends to another one now and then.",
      .explain = "POSIX permits EISCONN instead; then nothing arrives there.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int peer = SETUP(env_bound(env, &a)), other = SETUP(env_bound(env, &b));
	int fd = SETUP(env_socket(env));
	long ret;

	ASSERT_RET(0, connect(fd, &a.sa, a.len));
	ret = EXPECT_ERRNO_IN(dgram_sendto(fd, "other", &b), 0, EISCONN);
	if (ret >= 0) {
		EXPECT_EQ(5, ret);
		dgram_settle(env, other);
		dgram_expect(other, "other");
	}
	EXPECT_RET(4, send(fd, "peer", 4, 0));
	dgram_settle(env, peer);
	dgram_expect(peer, "peer");
	dgram_expect_empty(peer);
	dgram_expect_empty(other);
}

CHECK(dgram_connect, sends_elsewhere,
      .title = "sendto() of a connected socket reaches another address at every call",
      CLAUSES(linux_dgram_override),
      ROWS(DGR_31),
      .types = DGRAM, .addrs = NAMED,
      .why = "Loggers with one socket for all would send to the wrong one.",
      .explain = "By sendto(), sendmsg(), and back to the peer by its own address.  POSIX "
	      "would permit EISCONN; Linux has none.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int peer = SETUP(env_bound(env, &a)), other = SETUP(env_bound(env, &b));
	int fd = SETUP(env_connect(env, &a));
	struct iovec iov = { "sendmsg", 7 };
	struct msghdr msg = { .msg_name = &b.sa, .msg_namelen = b.len,
			      .msg_iov = &iov, .msg_iovlen = 1 };

	EXPECT_RET(6, dgram_sendto(fd, "sendto", &b));
	EXPECT_RET(7, sendmsg(fd, &msg, 0));
	EXPECT_RET(4, dgram_sendto(fd, "peer", &a));
	dgram_expect(other, "sendto");
	dgram_expect(other, "sendmsg");
	dgram_expect(peer, "peer");
	dgram_expect_empty(other);
	dgram_expect_empty(peer);
}

CHECK(dgram_connect, refuses_third_parties,
      .title = "A connected socket is out of reach of others: sendto() and connect() get EPERM",
      CLAUSES(linux_dgram_may_send, posix_connect_dgram_peer),
      ROWS(DGR_32, DGR_33),
      .types = DGRAM, .addrs = NAMED,
      .why = "Its owner relies on hearing its peer alone.",
      .explain = "The peer itself still reaches it, by sendto() and by connect().  One "
	      "that was connected to it before loses that right, too.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int fd = SETUP(env_bound(env, &a)), peer = SETUP(env_bound(env, &b));
	int third = SETUP(env_socket(env)), earlier = SETUP(env_connect(env, &a));

	EXPECT_RET(6, dgram_sendto(third, "before", &a));
	dgram_expect(fd, "before");
	ASSERT_RET(0, connect(fd, &b.sa, b.len));
	EXPECT_ERRNO(EPERM, dgram_sendto(third, "x", &a));
	EXPECT_ERRNO(EPERM, connect(third, &a.sa, a.len));
	EXPECT_ERRNO(EPERM, send(earlier, "x", 1, MSG_DONTWAIT));
	EXPECT_ERRNO(ENOTCONN, send(third, "x", 1, 0));
	dgram_expect_empty(fd);
	EXPECT_RET(6, dgram_sendto(peer, "sendto", &a));
	dgram_expect(fd, "sendto");
	EXPECT_RET(0, connect(peer, &a.sa, a.len));
	EXPECT_RET(4, send(peer, "send", 4, 0));
	dgram_expect(fd, "send");
}

CHECK(dgram_connect, again_replaces_the_peer,
      .title = "connect() again replaces the peer; one that fails leaves the old",
      CLAUSES(posix_connect_dgram_peer),
      ROWS(DGR_34),
      .types = DGRAM, .addrs = NAMED, .controls = UDP,
      .why = "A client that changes its server must not go on talking to the old one.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	struct addr none = env_addr(env, 2), name = { .len = sizeof(name.bytes) };
	int first = SETUP(env_bound(env, &a)), second = SETUP(env_bound(env, &b));
	int fd = SETUP(env_socket(env));

	dgram_need_queue(2);
	ASSERT_RET(0, connect(fd, &a.sa, a.len));
	EXPECT_RET(1, send(fd, "1", 1, 0));
	if (!env_is_control(env))
		EXPECT_ERRNO(env->row->addr == PATH ? ENOENT : ECONNREFUSED,
			     connect(fd, &none.sa, none.len));
	EXPECT_RET(1, send(fd, "2", 1, 0));
	ASSERT_RET(0, connect(fd, &b.sa, b.len));
	EXPECT_RET(1, send(fd, "3", 1, 0));
	ASSERT_RET(0, getpeername(fd, &name.sa, &name.len));
	EXPECT_MEM(b.bytes, name.bytes, b.len);
	dgram_settle(env, first);
	dgram_expect(first, "1");
	dgram_settle(env, first);
	dgram_expect(first, "2");
	dgram_settle(env, second);
	dgram_expect(second, "3");
	dgram_expect_empty(first);
	dgram_expect_empty(second);
}

CHECK(dgram_connect, unspec_dissolves,
      .title = "connect() to AF_UNSPEC takes the peer away, and others reach the socket again",
      CLAUSES(posix_connect_unspec, connect2_dgram_unspec),
      ROWS(DGR_35, DGR_37, DGR_38),
      .types = DGRAM, .addrs = NAMED,
      .why = "A socket that cannot be freed of its peer cannot serve others.",
      .explain = "send() and getpeername() then find no peer, third parties may send and "
	      "connect, a second connect() to AF_UNSPEC succeeds as well, and the old "
	      "peer can be taken again.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	struct addr name = { .len = sizeof(name.bytes) };
	int fd = SETUP(env_bound(env, &a)), peer = SETUP(env_bound(env, &b));
	int third = SETUP(env_socket(env));

	ASSERT_RET(0, connect(fd, &b.sa, b.len));
	EXPECT_ERRNO(EPERM, dgram_sendto(third, "x", &a));
	for (int i = 0; i < 2; i++) {
		ASSERT_RET(0, dgram_disconnect(fd));
		EXPECT_ERRNO_IN(send(fd, "x", 1, 0), DGRAM_NO_PEER);
		EXPECT_ERRNO(ENOTCONN, getpeername(fd, &name.sa, &name.len));
		EXPECT_RET(5, dgram_sendto(third, "third", &a));
		dgram_expect(fd, "third");
	}
	EXPECT_RET(0, connect(third, &a.sa, a.len));
	EXPECT_RET(2, dgram_sendto(fd, "to", &b));
	dgram_expect(peer, "to");
	ASSERT_RET(0, connect(fd, &b.sa, b.len));
	EXPECT_RET(5, send(fd, "again", 5, 0));
	dgram_expect(peer, "again");
	dgram_expect_empty(peer);
}

CHECK(dgram_connect, unspec_length,
      .title = "connect() to AF_UNSPEC needs the family only: length 2 and more, not 1",
      CLAUSES(linux_dgram_unspec_length, posix_connect_unspec),
      ROWS(DGR_36),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Programs pass what their struct sockaddr has, and some the least there is.")
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	struct sockaddr *to = (struct sockaddr *)&ss;
	socklen_t len[] = { sizeof(sa_family_t), sizeof(struct sockaddr),
			    sizeof(struct sockaddr_un), sizeof(ss) };
	struct addr name = { .len = sizeof(name.bytes) };
	int fd[2];

	for (int i = 0; i < 4; i++) {
		CONTEXT("length %u", len[i]);
		SETUP(env_pair(env, fd));
		EXPECT_ERRNO(EINVAL, connect(fd[0], to, 1));
		EXPECT_RET(2, send(fd[0], "on", 2, 0));
		dgram_expect(fd[1], "on");
		EXPECT_RET(0, connect(fd[0], to, len[i]));
		EXPECT_ERRNO(ENOTCONN, getpeername(fd[0], &name.sa, &name.len));
		EXPECT_ERRNO(ENOTCONN, send(fd[0], "x", 1, 0));
	}
}

CHECK(dgram_connect, to_oneself,
      .title = "A socket can connect to itself, hears itself then, and refuses others",
      CLAUSES(linux_dgram_self, linux_dgram_may_send),
      ROWS(DGR_44, DGR_45),
      .types = DGRAM, .addrs = NAMED,
      .why = "One address too few in a program must not look like a server.",
      .explain = "send() arrives at the socket itself; sendto() and connect() of others "
	      "get EPERM; it still reaches others by sendto().")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int fd = SETUP(env_bound(env, &a)), other = SETUP(env_bound(env, &b));

	ASSERT_RET(0, connect(fd, &a.sa, a.len));
	EXPECT_RET(4, send(fd, "self", 4, 0));
	dgram_expect(fd, "self");
	dgram_expect_empty(fd);
	EXPECT_ERRNO(EPERM, dgram_sendto(other, "x", &a));
	EXPECT_ERRNO(EPERM, connect(other, &a.sa, a.len));
	dgram_expect_empty(fd);
	EXPECT_RET(5, dgram_sendto(fd, "other", &b));
	dgram_expect(other, "other");
}

CHECK(dgram_connect, first_connect_keeps_the_queue,
      .title = "What waits at the first connect() stays readable, also from other senders",
      CLAUSES(linux_dgram_first_connect, posix_connect_dgram_peer),
      ROWS(DGR_61),
      .types = DGRAM, .addrs = NAMED,
      .why = "A filter that comes late does not look back: the first message may be another's.",
      .explain = "POSIX limits whom a connected socket hears, which may hide what other "
	      "senders had sent; what the peer itself had sent must stay.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int fd = SETUP(env_bound(env, &a)), peer = SETUP(env_bound(env, &b));
	int other = SETUP(env_socket(env));
	char got[8] = "";

	dgram_need_queue(2);
	ASSERT_RET(4, dgram_sendto(other, "else", &a));
	ASSERT_RET(4, dgram_sendto(peer, "peer", &a));
	ASSERT_RET(0, connect(fd, &b.sa, b.len));
	EXPECT_RET(4, recv(fd, got, sizeof(got), MSG_DONTWAIT));
	NOTE("the message of another sender %s",
	     strcmp(got, "peer") ? "stays" : "is hidden");
	if (strcmp(got, "peer")) {
		EXPECT_MEM("else", got, 4);
		dgram_expect(fd, "peer");
	}
	dgram_expect_empty(fd);
	ASSERT_RET(4, dgram_sendto(peer, "more", &a));
	dgram_expect(fd, "more");
}

CHECK(dgram_connect, another_peer_purges_the_queue,
      .title = "connect() to another peer discards what waits; to the same peer it keeps it",
      CLAUSES(linux_dgram_disconnected),
      ROWS(DGR_62, DGR_63),
      .types = DGRAM, .addrs = NAMED,
      PARAMS("same", "another", "none"),
      .why = "A program that reconnects loses what it has not read yet.",
      .explain = "Two messages of the peer wait.  connect() to the same address keeps "
	      "them; to another, or to AF_UNSPEC, they are gone.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	struct addr c = env_addr(env, 2);
	int fd = SETUP(env_bound(env, &a)), peer = SETUP(env_bound(env, &b));

	SETUP(env_bound(env, &c));
	ASSERT_RET(0, connect(fd, &b.sa, b.len));
	ASSERT_RET(5, dgram_sendto(peer, "first", &a));
	ASSERT_RET(6, dgram_sendto(peer, "second", &a));
	if (env->param == 2)
		dgram_must_disconnect(fd);
	else if (env->param == 1)
		ASSERT_RET(0, connect(fd, &c.sa, c.len));
	else
		ASSERT_RET(0, connect(fd, &b.sa, b.len));
	if (env->param == 0) {
		dgram_expect(fd, "first");
		dgram_expect(fd, "second");
	}
	dgram_expect_empty(fd);
	EXPECT_EQ(0, backlog_option(peer, SO_ERROR));
	EXPECT_EQ(0, backlog_option(fd, SO_ERROR));
}

CHECK(dgram_connect, messages_of_others,
      .title = "A first connect() keeps what others have sent; leaving a peer discards that, too",
      CLAUSES(linux_dgram_disconnected, linux_dgram_first_connect),
      ROWS(DGR_72, DGR_73),
      .types = DGRAM, .addrs = NAMED,
      PARAMS("first", "same", "another", "none"),
      .why = "A server that turns to one client must know what becomes of the others' messages.",
      .explain = "A stranger and a later peer have sent when the socket connects to another, "
	      "which sends as well: all three wait, in order, and after connect() to the same "
	      "again; after connect() to the later peer, or to AF_UNSPEC, none does.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	struct addr c = env_addr(env, 2);
	int fd = SETUP(env_bound(env, &a)), peer = SETUP(env_bound(env, &b));
	int later = SETUP(env_bound(env, &c)), stranger = SETUP(env_socket(env));

	ASSERT_RET(8, dgram_sendto(stranger, "stranger", &a));
	ASSERT_RET(5, dgram_sendto(later, "later", &a));
	ASSERT_RET(0, connect(fd, &b.sa, b.len));
	ASSERT_RET(4, dgram_sendto(peer, "peer", &a));
	if (env->param == 3)
		dgram_must_disconnect(fd);
	else if (env->param > 0)
		ASSERT_RET(0, connect(fd, env->param == 1 ? &b.sa : &c.sa, b.len));
	if (env->param < 2) {
		dgram_expect(fd, "stranger");
		dgram_expect(fd, "later");
		dgram_expect(fd, "peer");
	}
	dgram_expect_empty(fd);
	EXPECT_EQ(0, backlog_option(fd, SO_ERROR));
	EXPECT_EQ(0, backlog_option(peer, SO_ERROR));
	EXPECT_EQ(0, backlog_option(later, SO_ERROR));
}

CHECK(dgram_connect, peer_outlives_its_name,
      .title = "A connected sender keeps its peer when the name is unlinked and taken by another",
      CLAUSES(linux_dgram_peer_is_socket),
      ROWS(DGR_64),
      .types = DGRAM, .addrs = PATH,
      .why = "After a server was replaced its old clients still talk to the old one.",
      .explain = "connect(), unlink() of the name, bind() of another socket to it: send() "
	      "arrives at the old one, sendto() at the new, connect() again changes "
	      "over.")
{
	struct addr a = env_addr(env, 0);
	int old = SETUP(env_bound(env, &a)), fd = SETUP(env_connect(env, &a)), new;

	SETUP(unlink(a.un.sun_path));
	EXPECT_RET(6, send(fd, "alone.", 6, 0));
	dgram_expect(old, "alone.");
	new = SETUP(env_bound(env, &a));
	EXPECT_RET(4, send(fd, "old.", 4, 0));
	EXPECT_RET(4, dgram_sendto(fd, "new.", &a));
	dgram_expect(old, "old.");
	dgram_expect(new, "new.");
	ASSERT_RET(0, connect(fd, &a.sa, a.len));
	EXPECT_RET(5, send(fd, "over.", 5, 0));
	dgram_expect(new, "over.");
	dgram_expect_empty(old);
}
