// SPDX-License-Identifier: BSD-2-Clause
/* shutdown(): what it refuses, and what it does on an unconnected socket. */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_reach.h"
#include "harness/check.h"

static const int hows[] = { SHUT_RD, SHUT_WR, SHUT_RDWR };

CHECK(shutdown, how_invalid,
      .title = "shutdown() with an unknown how fails with EINVAL and shuts nothing down",
      CLAUSES(posix_shutdown_einval, shutdown2_einval),
      ROWS(SHUT_06),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP | UDP,
      .why = "A wrong constant would close a direction at random.",
      .explain = "Linux before 3.7 ignored wrong values on AF_UNIX.")
{
	static const int bad[] = { -1, 3, 4, 255, 256, INT_MAX, INT_MIN };
	char got = 0;
	int fd[2];

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CONTEXT("how %d", bad[i]);
		EXPECT_ERRNO(EINVAL, shutdown(fd[0], bad[i]));
	}
	for (int i = 0; i < 2; i++) {
		EXPECT_RET(1, send(fd[i], "t", 1, MSG_NOSIGNAL));
		EXPECT_RET(1, recv(fd[!i], &got, 1, 0));
		EXPECT_EQ('t', got);
	}
}

CHECK(shutdown, bad_descriptor,
      .title = "shutdown() fails with EBADF on no descriptor and ENOTSOCK on no socket",
      CLAUSES(posix_shutdown_ebadf, posix_shutdown_enotsock),
      ROWS(SHUT_07),
      .types = ANY_TYPE,
      .why = "The two tell a descriptor closed too early from a wrong one.",
      .explain = "No number, a closed descriptor, one opened with O_PATH on a "
	      "socket's file: EBADF.  A pipe, a directory: ENOTSOCK.")
{
	struct addr a = env_addr_of(env, PATH, 0);
	int closed = SETUP(env_socket(env)), pipe_fd[2], path, dir;

	SETUP(env_bound(env, &a));
	SETUP(env_pipe(env, pipe_fd));
	path = SETUP(env_own(env, open(a.un.sun_path, O_PATH | O_CLOEXEC)));
	dir = SETUP(env_own(env, open(".", O_RDONLY | O_CLOEXEC)));
	SETUP(env_close(env, closed));
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		CONTEXT("how %d", hows[i]);
		EXPECT_ERRNO(EBADF, shutdown(-1, hows[i]));
		EXPECT_ERRNO(EBADF, shutdown(closed, hows[i]));
		EXPECT_ERRNO(EBADF, shutdown(path, hows[i]));
		EXPECT_ERRNO(ENOTSOCK, shutdown(pipe_fd[0], hows[i]));
		EXPECT_ERRNO(ENOTSOCK, shutdown(dir, hows[i]));
	}
}

CHECK(shutdown, unconnected_succeeds,
      .title = "shutdown() of an unconnected socket succeeds, and it can still be bound",
      CLAUSES(linux_shutdown_unconnected, posix_shutdown_enotconn),
      ROWS(SHUT_08, SHUT_09),
      .types = ANY_TYPE, .addrs = NAMED, .axes = NONBLOCK,
      PARAMS("read", "write", "both"),
      .why = "Linux says nothing about it, and what is connected later is half closed.",
      .explain = "POSIX demands ENOTCONN, and BSD systems give it.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env));

	EXPECT_RET(0, shutdown(fd, hows[env->param]));
	EXPECT_RET(0, bind(fd, &a.sa, a.len));
	reach_expect_name(fd, &a);
	EXPECT_RET(0, shutdown(fd, hows[env->param]));
	reach_expect_name(fd, &a);
}

CHECK(shutdown, before_connect_lasts,
      .title = "What was shut down before connect() stays shut down in the connection",
      CLAUSES(linux_shutdown_unconnected, posix_shutdown_enotconn),
      ROWS(SHUT_08, SHUT_10, SHUT_11),
      .types = CONNECTED, .addrs = NAMED,
      PARAMS("read", "write", "both"),
      .why = "connect() succeeds, and then each send() fails.",
      .explain = "shutdown(), connect(), accept().  The directions shut down fail with "
	      "EPIPE or are at their end; the other works; the peer was not told of "
	      "SHUT_WR and waits.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), peer;
	int fd = SETUP(env_socket(env)), how = hows[env->param];
	char got = 0;

	ASSERT_RET(0, shutdown(fd, how));
	ASSERT_RET(0, connect(fd, &a.sa, a.len));
	peer = ASSERT_OK(env_accept(env, listener));
	EXPECT_ERRNO(EAGAIN, recv(peer, &got, 1, MSG_DONTWAIT));
	if (how != SHUT_RD) {
		EXPECT_ERRNO(EPIPE, send(fd, "c", 1, MSG_NOSIGNAL));
		EXPECT_ERRNO(EAGAIN, recv(peer, &got, 1, MSG_DONTWAIT));
	} else {
		EXPECT_RET(1, send(fd, "c", 1, MSG_NOSIGNAL));
		EXPECT_RET(1, recv(peer, &got, 1, 0));
		EXPECT_EQ('c', got);
	}
	if (how != SHUT_WR) {
		EXPECT_RET(0, recv(fd, &got, 1, 0));
		EXPECT_ERRNO(EPIPE, send(peer, "p", 1, MSG_NOSIGNAL));
	} else {
		EXPECT_RET(1, send(peer, "p", 1, MSG_NOSIGNAL));
		EXPECT_RET(1, recv(fd, &got, 1, 0));
		EXPECT_EQ('p', got);
	}
	EXPECT_RET(0, env_close(env, fd));
	EXPECT_RET(0, recv(peer, &got, 1, 0));
}
