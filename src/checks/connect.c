// SPDX-License-Identifier: BSD-2-Clause
/* connect(): when it succeeds, and what state it leaves. */
#include "config.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/names.h"
#include "checks/util_backlog.h"
#include "harness/check.h"

/* Bytes go both ways between the two. */
static void expect_linked(int a, int b)
{
	char got = 0;

	EXPECT_RET(1, send(a, "a", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(b, &got, 1, 0));
	EXPECT_EQ('a', got);
	EXPECT_RET(1, send(b, "b", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(a, &got, 1, 0));
	EXPECT_EQ('b', got);
}

CHECK(connect, completes_without_accept,
      .title = "connect() to a listener with room completes at once, before any accept()",
      CLAUSES(posix_connect_establishes, linux_connect_at_once),
      ROWS(CONN_02, CONN_26, CONN_27),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .why = "Clients connect and write before the server has looked.",
      .explain = "connect() returns 0 on blocking and non-blocking sockets, getpeername() "
	      "gives the listener's address, poll() POLLOUT and nothing else; accept() "
	      "then finds the connection.")
{
	struct addr a = env_addr(env, 0), name = { .len = sizeof(name.bytes) };
	int listener = SETUP(env_listener(env, 4, &a));
	int fd = SETUP(env_socket(env)), peer;

	ASSERT_RET(0, connect(fd, &a.sa, a.len));
	ASSERT_RET(0, getpeername(fd, &name.sa, &name.len));
	ASSERT_EQ(a.len, name.len);
	EXPECT_MEM(a.bytes, name.bytes, a.len);
	EXPECT_POLL(POLLOUT, fd, POLLIN | POLLOUT | POLLRDHUP | POLLPRI);
	EXPECT_EQ(0, backlog_option(fd, SO_ERROR));
	peer = ASSERT_OK(env_accept(env, listener));
	expect_linked(fd, peer);
}

CHECK(connect, connected_is_eisconn,
      .title = "connect() on a connected socket fails with EISCONN and breaks nothing",
      CLAUSES(posix_connect_eisconn, connect2_only_once),
      ROWS(CONN_03, CONN_21),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .why = "Code that connects twice must not lose the connection that it has.",
      .explain = "Before accept(), after it, from the accepted end, to the same listener "
	      "and to another, and after the peer has closed: a stream socket cannot "
	      "be used a second time.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int listener = SETUP(env_listener(env, 4, &a)), peer;
	int fd = ASSERT_OK(backlog_connect(env, &a));
	char got;

	SETUP(env_listener(env, 4, &b));
	EXPECT_ERRNO(EISCONN, connect(fd, &a.sa, a.len));
	EXPECT_ERRNO(EISCONN, connect(fd, &b.sa, b.len));
	peer = ASSERT_OK(env_accept(env, listener));
	EXPECT_ERRNO(EISCONN, connect(fd, &a.sa, a.len));
	EXPECT_ERRNO(EISCONN, connect(peer, &b.sa, b.len));
	expect_linked(fd, peer);
	SETUP(backlog_set_nonblock(listener, true));
	EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
	EXPECT_RET(0, env_close(env, peer));
	EXPECT_RET(0, recv(fd, &got, 1, 0));
	EXPECT_ERRNO(EISCONN, connect(fd, &a.sa, a.len));
}

CHECK(connect, pair_end_is_eisconn,
      .title = "connect() on an end of a socketpair() fails with EISCONN",
      CLAUSES(posix_connect_eisconn),
      ROWS(CONN_03),
      .types = CONNECTED, .addrs = PAIR, .axes = SWAP,
      .why = "Code that connects twice must not lose the connection that it has.")
{
	struct addr a = env_addr_of(env, PATH, 0);
	int listener = SETUP(env_listener(env, 4, &a)), fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EISCONN, connect(fd[0], &a.sa, a.len));
	expect_linked(fd[0], fd[1]);
	SETUP(backlog_set_nonblock(listener, true));
	EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
}

CHECK(connect, unspec_does_not_disconnect,
      .title = "connect() to AF_UNSPEC fails with EINVAL and the connection lives on",
      CLAUSES(linux_connect_unspec),
      ROWS(CONN_04),
      .types = CONNECTED, .addrs = ANY_ADDR, .controls = TCP,
      .why = "Only datagram sockets can be disconnected this way.",
      .explain = "A TCP control dissolves its connection and returns 0.")
{
	struct sockaddr_un unspec = { .sun_family = AF_UNSPEC };
	struct sockaddr *to = (struct sockaddr *)&unspec;
	int fd[2];

	SETUP(env_pair(env, fd));
	if (env_is_control(env)) {
		EXPECT_RET(0, connect(fd[0], to, sizeof(unspec)));
		EXPECT_ERRNO(ENOTCONN, getpeername(fd[0], to,
			     &(socklen_t){ sizeof(unspec) }));
		return;
	}
	EXPECT_ERRNO(EINVAL, connect(fd[0], to, sizeof(unspec)));
	EXPECT_ERRNO(EINVAL, connect(fd[0], to, sizeof(sa_family_t)));
	EXPECT_ERRNO(EINVAL, connect(fd[0], to, sizeof(struct sockaddr)));
	expect_linked(fd[0], fd[1]);
}

CHECK(connect, late_bind_names_the_client,
      .title = "A connected client may bind() late, and its server then sees the name",
      CLAUSES(linux_connect_late_bind),
      ROWS(CONN_20),
      .types = CONNECTED, .addrs = NAMED,
      .why = "Servers tell clients apart by the name in getpeername().")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	struct addr name = { .len = sizeof(name.bytes) };
	int listener = SETUP(env_listener(env, 4, &a));
	int fd = ASSERT_OK(backlog_connect(env, &a));
	int peer = ASSERT_OK(env_accept(env, listener));

	EXPECT_RET(0, getpeername(peer, &name.sa, &name.len));
	EXPECT_EQ(sizeof(sa_family_t), name.len);
	ASSERT_RET(0, bind(fd, &b.sa, b.len));
	name.len = sizeof(name.bytes);
	ASSERT_RET(0, getpeername(peer, &name.sa, &name.len));
	ASSERT_EQ(b.len, name.len);
	EXPECT_MEM(b.bytes, name.bytes, b.len);
	expect_linked(fd, peer);
}

CHECK(connect, failure_leaves_socket_usable,
      .title = "After failed connect()s the same socket connects, and SO_ERROR is 0",
      CLAUSES(linux_connect_retry),
      ROWS(CONN_19, CONN_29),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .why = "Clients that wait for a server to start try again on the same socket.",
      .explain = "Refused, then told of a bad length, then connected.  A refusal comes "
	      "from connect() itself, also on a non-blocking socket, and leaves "
	      "nothing in SO_ERROR.  POSIX leaves the state of the socket open.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int listener = SETUP(env_bound(env, &a)), fd = SETUP(env_socket(env));
	int peer;

	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(ECONNREFUSED, connect(fd, &a.sa, a.len));
		EXPECT_EQ(0, backlog_option(fd, SO_ERROR));
		EXPECT_ERRNO(EINVAL, connect(fd, &a.sa, 1));
	}
	if (!env_is_control(env))
		EXPECT_ERRNO(env->row->addr == PATH ? ENOENT : ECONNREFUSED,
			     connect(fd, &b.sa, b.len));
	EXPECT_ERRNO(env_is_control(env) ? EPIPE : ENOTCONN,
		     send(fd, "x", 1, MSG_NOSIGNAL));
	SETUP(listen(listener, 4));
	ASSERT_RET(0, connect(fd, &a.sa, a.len));
	peer = ASSERT_OK(env_accept(env, listener));
	expect_linked(fd, peer);
}

CHECK(connect, not_listening_is_refused,
      .title = "connect() to a bound socket that does not listen fails with ECONNREFUSED",
      CLAUSES(posix_connect_econnrefused, connect2_econnrefused),
      ROWS(CONN_01, CONN_22),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .why = "A refusal says that the server is not ready yet; a wait would hide it.",
      .explain = "Another socket's name, then the socket's own.  (TCP would connect to "
	      "itself.)")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int fd = SETUP(env_bound(env, &b));

	SETUP(env_bound(env, &a));
	EXPECT_ERRNO(ECONNREFUSED, connect(fd, &a.sa, a.len));
	if (!env_is_control(env))
		EXPECT_ERRNO(ECONNREFUSED, connect(fd, &b.sa, b.len));
}

CHECK(connect, length_without_nul,
      .title = "connect() finds a pathname whose length leaves out the NUL, or goes beyond it",
      CLAUSES(linux_path_length),
      ROWS(CONN_25),
      .types = CONNECTED, .addrs = PATH,
      .why = "Programs differ in how they count; all of them must reach the server.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), fd;
	socklen_t bare = offsetof(struct sockaddr_un, sun_path) +
			 strlen(a.un.sun_path);
	socklen_t lens[] = { bare, bare + 1, bare + 5, sizeof(a.un) };

	for (int i = 0; i < 4; i++) {
		fd = SETUP(env_socket(env));
		CONTEXT("address length %u, the name has %u", lens[i], bare);
		EXPECT_RET(0, connect(fd, &a.sa, lens[i]));
		EXPECT_OK(env_accept(env, listener));
	}
	CONTEXT("one byte less, which is another name");
	fd = SETUP(env_socket(env));
	EXPECT_ERRNO(ENOENT, connect(fd, &a.sa, bare - 1));
}

struct server {
	int up[2], down[2];
	struct addr addr;
};

/* Listen, say so, and be stopped; then serve one client. */
static int run_stopped_server(struct env *env, void *arg)
{
	struct server *s = arg;
	int listener = SETUP(env_listener(env, 4, &s->addr)), peer;
	char got = 0;

	SETUP(write(s->up[1], "", 1));
	raise(SIGSTOP);
	peer = ASSERT_OK(env_accept(env, listener));
	EXPECT_RET(1, recv(peer, &got, 1, 0));
	EXPECT_RET(1, send(peer, &got, 1, MSG_NOSIGNAL));
	return got == 's' ? 0 : 1;
}

CHECK(connect, reaches_a_stopped_server,
      .title = "connect() and send() succeed while the listening process is stopped",
      CLAUSES(linux_connect_at_once, posix_connect_establishes),
      ROWS(CONN_30),
      .types = CONNECTED, .addrs = NAMED,
      .why = "The queue belongs to the system; a busy server must not hold clients up.")
{
	struct server s = { .addr = env_addr(env, 0) };
	pid_t pid;
	int fd, status = 0;
	char got = 0;

	SETUP(env_pipe(env, s.up));
	pid = SETUP(env_fork(env, run_stopped_server, &s));
	env_close(env, s.up[1]);
	if (SETUP(read(s.up[0], &got, 1)) != 1)
		BROKEN("the server did not start");
	SETUP(waitpid(pid, &status, WUNTRACED));
	if (!WIFSTOPPED(status))
		BROKEN("the server did not stop");
	fd = SETUP(env_socket(env));
	EXPECT_RET(0, connect(fd, &s.addr.sa, s.addr.len));
	EXPECT_RET(1, send(fd, "s", 1, MSG_NOSIGNAL));
	SETUP(kill(pid, SIGCONT));
	EXPECT_RET(1, recv(fd, &got, 1, 0));
	EXPECT_EQ('s', got);
	EXPECT_EQ(0, env_reap(env, pid));
}

/* Bind, listen and close the same name, again and again. */
static int run_flicker(struct env *env, void *arg)
{
	const struct addr *a = arg;
	int rounds = env->valgrind ? 20 : 200;

	for (int i = 0; i < rounds; i++) {
		struct addr at = *a;
		int fd = SETUP(env_listener(env, 2, &at));

		SETUP(env_close(env, fd));
		if (env->row->addr == PATH)
			SETUP(unlink(a->un.sun_path));
	}
	return 0;
}

CHECK(connect, dying_listener_is_a_clean_refusal,
      .title = "connect() to a listener that comes and goes succeeds or is refused, nothing else",
      CLAUSES(linux_connect_restart, posix_connect_econnrefused),
      ROWS(CONN_33),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      .why = "Clients race with a server that restarts; an odd error would be fatal to them.",
      .explain = "While a process binds, listens on and closes the same name, connect(): "
	      "0, ECONNREFUSED, EAGAIN of a full queue, or ENOENT between the files.")
{
	struct addr a = env_addr(env, 0);
	pid_t pid = SETUP(env_fork(env, run_flicker, &a));
	siginfo_t ended = { .si_pid = 0 };

	while (SETUP(waitid(P_PID, (id_t)pid, &ended,
			    WEXITED | WNOHANG | WNOWAIT)) == 0 &&
	       ended.si_pid == 0) {
		int fd = SETUP(env_socket(env));
		int err = connect(fd, &a.sa, a.len) == 0 ? 0 : errno;

		/* That it sleeps on a full queue is another check's. */
		EXPECT_THAT(err == 0 || err == ECONNREFUSED || err == EAGAIN ||
			    (err == ENOENT && env->row->addr == PATH),
			    "connect() failed with %s", name_errno(err));
		SETUP(env_close(env, fd));
	}
	EXPECT_EQ(0, env_reap(env, pid));
}
