// SPDX-License-Identifier: BSD-2-Clause
/* Connections made and accepted by io_uring. */
#include "config.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "checks/util_uring.h"
#include "harness/check.h"

CHECK(io_uring, accept_meets_connect,
      .title = "An accept of io_uring waits until a connect of the same ring comes",
      CLAUSES(linux_uring_accept, linux_uring_connect),
      ROWS(IOU_08),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .needs = NEED_IO_URING,
      .why = "One thread that does all, and sleeps nowhere but in its ring.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a));
	int client = SETUP(env_socket(env)), conn;
	struct uring ring;

	uring_open(env, &ring);
	uring_accept(&ring, listener);
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the accept waits");
	uring_connect(&ring, client, &a);
	EXPECT_RET(0, uring_result(&ring, IORING_OP_CONNECT));
	conn = (int)ASSERT_OK(uring_result(&ring, IORING_OP_ACCEPT));
	env_own(env, conn);
	EXPECT_RET(FD_CLOEXEC, fcntl(conn, F_GETFD));
	data_expect_works(env, client, conn);
	data_expect_works(env, conn, client);
}

CHECK(io_uring, connect_waits_for_room,
      .title = "A connect of io_uring to a full queue waits for room, O_NONBLOCK gets EAGAIN",
      CLAUSES(linux_uring_connect),
      ROWS(IOU_09),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      .needs = NEED_IO_URING,
      .why = "A client of io_uring does not retry; a refusal is a lost request.",
      .explain = "connect() itself is EAGAIN at the time.  The waiting one completes "
	      "after accept() made room; where the socket has O_NONBLOCK no "
	      "worker of io_uring waits for it either.  Before Linux 5.12 workers look "
	      "pathnames up in a directory of their own: that is skipped.")
{
	struct addr a = env_addr(env, 0);
	int waiting[BACKLOG_FILL_MAX], n, conn, client;
	int listener = backlog_full_listener(env, 1, &a, waiting, &n);
	struct uring ring;

	uring_open(env, &ring);
	if (env->row->addr == PATH)
		uring_needs_workers(&ring);
	client = SETUP(env_socket(env));
	EXPECT_ERRNO(EAGAIN, backlog_connect(env, &a));
	uring_connect(&ring, client, &a);
	if (env->nonblock) {
		EXPECT_ERRNO(EAGAIN, uring_result(&ring, IORING_OP_CONNECT));
		return;
	}
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the connect waits");
	for (int i = 0; i < n; i++)
		ASSERT_OK(env_accept(env, listener));
	EXPECT_RET(0, uring_result(&ring, IORING_OP_CONNECT));
	conn = (int)ASSERT_OK(env_accept(env, listener));
	data_expect_works(env, client, conn);
}

CHECK(io_uring, connect_is_refused,
      .title = "A connect of io_uring to a name that nobody has fails as connect() does",
      CLAUSES(linux_uring_connect),
      ROWS(IOU_10),
      .types = ANY_TYPE, .addrs = NAMED, .needs = NEED_IO_URING,
      .why = "Clients retry on these two errors and give up on others.",
      .explain = "ENOENT for a pathname, ECONNREFUSED for an abstract name.  The "
	      "socket keeps no error and can be connected afterwards.")
{
	int err = env->row->addr == PATH ? ENOENT : ECONNREFUSED;
	struct addr a = env_addr(env, 0), none = env_addr(env, 1);
	int fd = SETUP(env_socket(env));
	struct uring ring;

	uring_open(env, &ring);
	uring_connect(&ring, fd, &none);
	EXPECT_ERRNO(err, uring_result(&ring, IORING_OP_CONNECT));
	EXPECT_ERRNO(err, connect(fd, &none.sa, none.len));
	EXPECT_EQ(0, backlog_option(fd, SO_ERROR));
	if (env->type == SOCK_DGRAM)
		SETUP(env_bound(env, &a));
	else
		SETUP(env_listener(env, 1, &a));
	uring_connect(&ring, fd, &a);
	EXPECT_RET(0, uring_result(&ring, IORING_OP_CONNECT));
}

CHECK(io_uring, makes_a_server,
      .title = "Operations of io_uring make, bind and listen as the calls do",
      CLAUSES(linux_uring_socket),
      ROWS(IOU_11),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_IO_URING,
      .why = "A server that makes no call but one to its ring.",
      .explain = "Since 6.11.  The name is taken afterwards, EADDRINUSE, and a client "
	      "of connect() is served.  The length of the queue is the one asked for.")
{
	struct addr a = env_addr(env, 0);
	struct io_uring_sqe *sqe;
	struct uring ring;
	int fd, client;

	uring_open(env, &ring);
	uring_needs(&ring, URING_SOCKET, "socket");
	uring_needs(&ring, URING_BIND, "bind");
	uring_needs(&ring, URING_LISTEN, "listen");
	sqe = uring_add(&ring, URING_SOCKET, AF_UNIX);
	sqe->off = (unsigned int)(env->type | SOCK_CLOEXEC);
	fd = (int)ASSERT_OK(uring_result(&ring, URING_SOCKET));
	env_own(env, fd);
	EXPECT_EQ(env->type, backlog_option(fd, SO_TYPE));
	for (int i = 0; i < 2; i++) {
		sqe = uring_add(&ring, URING_BIND,
				i == 0 ? fd : SETUP(env_socket(env)));
		sqe->addr = (uintptr_t)&a.sa;
		sqe->off = a.len;
		if (i == 0)
			ASSERT_RET(0, uring_result(&ring, URING_BIND));
		else
			EXPECT_ERRNO(EADDRINUSE,
				     uring_result(&ring, URING_BIND));
	}
	uring_add(&ring, URING_LISTEN, fd)->len = 1;
	ASSERT_RET(0, uring_result(&ring, URING_LISTEN));
	EXPECT_EQ(1, backlog_option(fd, SO_ACCEPTCONN));
	client = SETUP(env_socket(env));
	EXPECT_RET(0, connect(client, &a.sa, a.len));
	data_expect_works(env, client, (int)ASSERT_OK(env_accept(env, fd)));
	for (int i = 0; i < 2; i++)
		EXPECT_OK(backlog_connect(env, &a));
	EXPECT_ERRNO(EAGAIN, backlog_connect(env, &a));
}

CHECK(io_uring, accept_goes_on,
      .title = "A multishot accept of io_uring gives one completion for each connection",
      CLAUSES(linux_uring_accept),
      ROWS(IOU_12),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .needs = NEED_IO_URING,
      .why = "Servers of io_uring accept with one request for their whole life.",
      .explain = "Since 5.19.  Four clients, four descriptors in their order, each "
	      "with IORING_CQE_F_MORE; then the request is cancelled.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), client;
	struct uring_done done;
	struct uring ring;

	uring_open(env, &ring);
	/* Of the same release, which unlike this flag can be asked for. */
	uring_needs(&ring, URING_SOCKET, "multishot accept");
	backlog_stay_on_cpu(env);
	uring_accept(&ring, listener)->ioprio = URING_ACCEPT_MULTISHOT;
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the accept waits");
	for (int i = 0; i < 4; i++) {
		int conn;

		CONTEXT("client %d", i);
		client = SETUP(env_socket(env));
		ASSERT_RET(0, connect(client, &a.sa, a.len));
		conn = (int)ASSERT_OK(uring_take(&ring, IORING_OP_ACCEPT, &done));
		env_own(env, conn);
		EXPECT_EQ(URING_CQE_MORE, done.flags & URING_CQE_MORE);
		data_expect_works(env, client, conn);
	}
	EXPECT_RET(0, uring_cancel(&ring, IORING_OP_ACCEPT));
	EXPECT_ERRNO(ECANCELED, uring_take(&ring, IORING_OP_ACCEPT, &done));
	EXPECT_EQ(0, done.flags & URING_CQE_MORE);
}

CHECK(io_uring, shutdown_ends_accept,
      .title = "shutdown(SHUT_RD) of the listener ends an accept of io_uring with EINVAL",
      CLAUSES(linux_uring_accept, linux_accept_shutdown),
      ROWS(IOU_13),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .needs = NEED_IO_URING,
      .why = "It is how a server stops to accept; a request left behind holds the socket.",
      .explain = "One that is not multishot: Linux leaves that pending.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a));
	struct uring ring;

	uring_open(env, &ring);
	uring_accept(&ring, listener);
	ASSERT_RET(0, uring_submit(&ring));
	EXPECT_THAT(!uring_is_done(&ring), "the accept waits");
	EXPECT_RET(0, shutdown(listener, SHUT_RD));
	EXPECT_ERRNO(EINVAL, uring_result(&ring, IORING_OP_ACCEPT));
	EXPECT_ERRNO(EINVAL, accept(listener, NULL, NULL));
}
