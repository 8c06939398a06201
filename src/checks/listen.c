// SPDX-License-Identifier: BSD-2-Clause
/*
 * listen(): which sockets may, what it makes of them, and what a listener is
 * not good for.
 */
#include "config.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_option.h"
#include "harness/check.h"

/* A connection to the listener is made, accepted, and carries a byte. */
static void expect_serves(struct env *env, int listener, const struct addr *a)
{
	int client = ASSERT_OK(backlog_connect(env, a));
	int peer = ASSERT_OK(env_accept(env, listener));
	char got = 0;

	EXPECT_RET(1, send(client, "k", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(peer, &got, 1, 0));
	EXPECT_EQ('k', got);
}

CHECK(listen, bound_socket_becomes_listener,
      .title = "listen() makes a bound socket accept connections, and SO_ACCEPTCONN says so",
      CLAUSES(posix_listen_marks, posix_so_acceptconn, socket7_acceptconn),
      ROWS(LSN_04, LSN_06, ACC_21),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .why = "Without it there is no server.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a)), client, peer;
	char got = 0;

	EXPECT_EQ(0, backlog_option(fd, SO_ACCEPTCONN));
	ASSERT_RET(0, listen(fd, 8));
	EXPECT_EQ(1, backlog_option(fd, SO_ACCEPTCONN));
	client = ASSERT_OK(env_connect(env, &a));
	peer = ASSERT_OK(env_accept(env, fd));
	EXPECT_EQ(0, backlog_option(client, SO_ACCEPTCONN));
	EXPECT_EQ(0, backlog_option(peer, SO_ACCEPTCONN));
	EXPECT_EQ(1, backlog_option(fd, SO_ACCEPTCONN));
	EXPECT_RET(1, send(client, "x", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(peer, &got, 1, 0));
	EXPECT_EQ('x', got);
	/* One that was shut down is still a listener; not so with TCP. */
	if (!env_is_control(env)) {
		EXPECT_RET(0, shutdown(fd, SHUT_RDWR));
		EXPECT_EQ(1, backlog_option(fd, SO_ACCEPTCONN));
	}
}

CHECK(listen, again_keeps_the_queue,
      .title = "listen() on a listening socket succeeds and keeps what waits",
      CLAUSES(linux_listen_again, posix_listen_marks),
      ROWS(LSN_05),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .why = "Socket activation and libraries call listen() a second time.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_listener(env, 4, &a));
	int client = ASSERT_OK(backlog_connect(env, &a)), peer;
	char got = 0;

	ASSERT_RET(1, send(client, "1", 1, MSG_NOSIGNAL));
	EXPECT_RET(0, listen(fd, 4));
	EXPECT_RET(0, listen(fd, 8));
	EXPECT_RET(0, listen(fd, 2));
	peer = ASSERT_OK(env_accept(env, fd));
	EXPECT_RET(1, recv(peer, &got, 1, 0));
	EXPECT_EQ('1', got);
	expect_serves(env, fd, &a);
}

CHECK(listen, dgram_is_refused,
      .title = "listen() on a datagram socket fails with EOPNOTSUPP",
      CLAUSES(posix_listen_eopnotsupp),
      ROWS(LSN_01),
      .types = DGRAM, .addrs = ANY_ADDR, .controls = UDP,
      .why = "A server of the wrong type must learn it at once.")
{
	struct addr a = env_addr(env, 2);	/* the pair has the others */
	int fd = SETUP(env_socket(env)), pair[2];

	EXPECT_ERRNO(EOPNOTSUPP, listen(fd, 1));
	fd = SETUP(env_bound(env, &a));
	EXPECT_ERRNO(EOPNOTSUPP, listen(fd, 1));
	EXPECT_EQ(0, backlog_option(fd, SO_ACCEPTCONN));
	SETUP(env_pair(env, pair));
	EXPECT_ERRNO(EOPNOTSUPP, listen(pair[0], 1));
}

CHECK(listen, unbound_is_refused,
      .title = "listen() on an unbound socket fails with EINVAL, and bind() helps",
      CLAUSES(linux_listen_unbound, posix_listen_edestaddrreq),
      ROWS(LSN_02),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .why = "A listener without a name is one that nobody can reach.",
      .explain = "POSIX and FreeBSD say EDESTADDRREQ, Linux and gVisor say EINVAL.  A TCP "
	      "control gets a port instead.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env));

	if (env_is_control(env)) {
		EXPECT_RET(0, listen(fd, 1));
		return;
	}
	EXPECT_ERRNO(EINVAL, listen(fd, 1));
	EXPECT_EQ(0, backlog_option(fd, SO_ACCEPTCONN));
	EXPECT_RET(0, bind(fd, &a.sa, a.len));
	EXPECT_RET(0, listen(fd, 1));
	expect_serves(env, fd, &a);
}

CHECK(listen, pair_end_is_refused,
      .title = "listen() on an end of a socketpair() fails with EINVAL",
      CLAUSES(posix_listen_einval, linux_listen_state),
      ROWS(LSN_03),
      .types = CONNECTED, .addrs = PAIR, .axes = SWAP,
      .why = "A connected socket that turns into a listener loses its peer.")
{
	int fd[2];
	char got = 0;

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EINVAL, listen(fd[0], 1));
	EXPECT_EQ(0, backlog_option(fd[0], SO_ACCEPTCONN));
	EXPECT_RET(1, send(fd[1], "x", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(fd[0], &got, 1, 0));
	EXPECT_EQ('x', got);
}

CHECK(listen, connected_is_refused,
      .title = "listen() on a connected socket fails with EINVAL, bound or not",
      CLAUSES(posix_listen_einval, linux_listen_state),
      ROWS(LSN_07, ACC_22),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .why = "A connected socket that turns into a listener loses its peer.",
      .explain = "A bound client before and after accept(), and the accepted socket. "
	      "Some kernels from 6.16 to 7.0 let the client listen.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int fd = SETUP(env_listener(env, 4, &a)), peer;
	int client = SETUP(env_bound(env, &b));
	char got = 0;

	ASSERT_RET(0, connect(client, &a.sa, a.len));
	EXPECT_ERRNO(EINVAL, listen(client, 1));
	peer = ASSERT_OK(env_accept(env, fd));
	EXPECT_ERRNO(EINVAL, listen(client, 1));
	EXPECT_ERRNO(EINVAL, listen(peer, 1));
	EXPECT_EQ(0, backlog_option(client, SO_ACCEPTCONN));
	EXPECT_EQ(0, backlog_option(peer, SO_ACCEPTCONN));
	EXPECT_RET(1, send(client, "x", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(peer, &got, 1, 0));
	EXPECT_EQ('x', got);
}

CHECK(listen, listener_does_not_connect,
      .title = "connect() on a listening socket fails with EINVAL, to itself and to another",
      CLAUSES(linux_connect_of_listener, posix_connect_eopnotsupp),
      ROWS(LSN_08, LSN_09),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .why = "A listener that becomes a client drops the clients it has.",
      .explain = "POSIX permits EOPNOTSUPP.  A TCP control says "
	      "EISCONN.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int fd = SETUP(env_listener(env, 4, &a));

	SETUP(env_listener(env, 4, &b));
	if (env_is_control(env)) {
		EXPECT_ERRNO(EISCONN, connect(fd, &a.sa, a.len));
		EXPECT_ERRNO(EISCONN, connect(fd, &b.sa, b.len));
	} else {
		EXPECT_ERRNO(EINVAL, connect(fd, &a.sa, a.len));
		EXPECT_ERRNO(EINVAL, connect(fd, &b.sa, b.len));
	}
	expect_serves(env, fd, &a);
}

CHECK(listen, listener_carries_no_data,
      .title = "A listener has no peer: send(), recv() and getpeername() fail at once",
      CLAUSES(linux_listener_no_data, posix_getpeername_unconnected),
      ROWS(LSN_10, LSN_11, LSN_12),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .why = "A server that mixes up its descriptors must see an error, not sleep.",
      .explain = "ENOTCONN, but for recv() on a stream, where Linux says EINVAL and "
	      "POSIX ENOTCONN, and for send() on a TCP control, which says EPIPE.")
{
	struct addr a = env_addr(env, 0), name = { .len = sizeof(name.bytes) };
	int fd = SETUP(env_listener(env, 4, &a));
	char buf[4];

	/* A connection that waits does not make it a peer either. */
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(env_is_control(env) ? EPIPE : ENOTCONN,
			     send(fd, "x", 1, MSG_NOSIGNAL));
		if (env->type == SOCK_STREAM && !env_is_control(env))
			EXPECT_ERRNO(EINVAL, recv(fd, buf, 1, 0));
		else
			EXPECT_ERRNO(ENOTCONN, recv(fd, buf, 1, 0));
		EXPECT_ERRNO(ENOTCONN, getpeername(fd, &name.sa, &name.len));
		if (i == 0)
			ASSERT_OK(backlog_connect(env, &a));
	}
	EXPECT_OK(env_accept(env, fd));
	expect_serves(env, fd, &a);
}

CHECK(listen, bad_descriptor,
      .title = "listen() on a closed descriptor fails with EBADF, on another file with ENOTSOCK",
      CLAUSES(posix_listen_ebadf, posix_listen_enotsock),
      ROWS(LSN_13, LSN_14),
      .why = "The errno tells a mixed-up descriptor from a socket in the wrong state.")
{
	int fd[2], closed;

	SETUP(env_pipe(env, fd));
	EXPECT_ERRNO(ENOTSOCK, listen(fd[0], 1));
	EXPECT_ERRNO(ENOTSOCK, listen(fd[1], 1));
	closed = SETUP(env_own(env, open(".", O_RDONLY | O_CLOEXEC)));
	EXPECT_ERRNO(ENOTSOCK, listen(closed, 1));
	SETUP(env_close(env, closed));
	EXPECT_ERRNO(EBADF, listen(closed, 1));
	EXPECT_ERRNO(EBADF, listen(-1, 1));
}

CHECK(listen, shutdown_is_no_error,
      .title = "A listener that was shut down has no error, and still says that it listens",
      CLAUSES(linux_listener_shutdown_state),
      ROWS(LSN_21),
      .types = CONNECTED, .addrs = NAMED,
      PARAMS("read", "write", "both"),
      .why = "Event loops ask for SO_ERROR when poll() tells of something.",
      .explain = "SO_ERROR is 0 and SO_ACCEPTCONN 1, twice, with a client that waits and "
	      "without one.")
{
	static const int how[] = { SHUT_RD, SHUT_WR, SHUT_RDWR };

	for (int clients = 0; clients < 2; clients++) {
		struct addr a = env_addr(env, clients);
		int listener = SETUP(env_listener(env, 4, &a));

		CONTEXT("%d clients", clients);
		if (clients)
			SETUP(env_connect(env, &a));
		EXPECT_RET(0, shutdown(listener, how[env->param]));
		for (int i = 0; i < 2; i++) {
			option_expect(listener, SO_ERROR, 0);
			option_expect(listener, SO_ACCEPTCONN, 1);
		}
	}
}
