// SPDX-License-Identifier: BSD-2-Clause
/*
 * What becomes of the connections that wait when their listener goes away:
 * by close(), or with the process that held it.
 */
#include "config.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "harness/check.h"

#define N_CLIENTS 4

/*
 * The errors a client whose connection was reset sees, on each of its calls;
 * SOCK_SEQPACKET tells of the reset in send(), too, where the other types
 * know only that nobody reads.
 */
static void judge_reset_read_first(int fd)
{
	char buf[8];

	EXPECT_ERRNO(ECONNRESET, recv(fd, buf, sizeof(buf), 0));
	EXPECT_RET(0, recv(fd, buf, sizeof(buf), 0));
	EXPECT_ERRNO(EPIPE, send(fd, "x", 1, MSG_NOSIGNAL));
	EXPECT_RET(0, recv(fd, buf, sizeof(buf), 0));
}

static void judge_reset_write_first(struct env *env, int fd)
{
	bool tells = env->type == SOCK_SEQPACKET || env_is_control(env);
	char buf[8];

	if (tells)
		EXPECT_ERRNO(ECONNRESET, send(fd, "x", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EPIPE, send(fd, "x", 1, MSG_NOSIGNAL));
	if (!tells)
		EXPECT_ERRNO(ECONNRESET, recv(fd, buf, sizeof(buf), 0));
	EXPECT_RET(0, recv(fd, buf, sizeof(buf), 0));
}

static void judge_reset_option_first(int fd)
{
	char buf[8];

	EXPECT_ERR_EQ(ECONNRESET, backlog_option(fd, SO_ERROR));
	EXPECT_ERR_EQ(0, backlog_option(fd, SO_ERROR));
	EXPECT_RET(0, recv(fd, buf, sizeof(buf), 0));
}

CHECK(backlog, close_resets_waiting,
      .title = "Closing the listener resets the connections that wait",
      CLAUSES(linux_release_resets_queue),
      ROWS(BACKLOG_19, BACKLOG_20, BACKLOG_25),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .why = "A client that is not told waits for ever, or takes the end for success.",
      .explain = "Four clients wait, every other has sent something.  After close() "
	      "the first recv() gives ECONNRESET and the next the end, send() gives "
	      "EPIPE.  On SOCK_SEQPACKET (and TCP) a send() that comes first reports "
	      "the reset itself; on SOCK_STREAM it leaves it to recv().")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, N_CLIENTS, &a));
	int fd[N_CLIENTS];

	backlog_need(N_CLIENTS);
	backlog_stay_on_cpu(env);
	for (int i = 0; i < N_CLIENTS; i++) {
		fd[i] = ASSERT_OK(backlog_connect(env, &a));
		if (i % 2)
			ASSERT_RET(5, send(fd[i], "hello", 5, MSG_NOSIGNAL));
	}
	ASSERT_RET(0, env_close(env, listener));
	for (int i = 0; i < N_CLIENTS; i++) {
		struct pollfd p = { fd[i], POLLIN | POLLRDHUP, 0 };

		/* The packets of a control may still be on their way. */
		ASSERT_RET(1, poll(&p, 1, -1));
		EXPECT_POLL(POLLIN | POLLOUT | POLLRDHUP | POLLHUP | POLLERR,
			    fd[i], POLLIN | POLLOUT | POLLRDHUP);
	}
	CONTEXT("recv() first");
	judge_reset_read_first(fd[0]);
	judge_reset_read_first(fd[1]);
	CONTEXT("send() first");
	judge_reset_write_first(env, fd[2]);
	CONTEXT("SO_ERROR first");
	judge_reset_option_first(fd[3]);
}

CHECK(backlog, close_wakes_waiting_reader,
      .title = "A client asleep in recv() before accept() is woken by the reset",
      CLAUSES(linux_release_resets_queue),
      ROWS(BACKLOG_19),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .needs = NEED_BLOCKED,
      .why = "Most clients sit in recv() when their server dies.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a));
	int fd = ASSERT_OK(backlog_connect(env, &a));
	struct call c;
	char buf[8];

	call_recv(&c, fd, buf, sizeof(buf), 0);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, env_close(env, listener));
	EXPECT_CALL_ERRNO(ECONNRESET, &c);
	EXPECT_RET(0, recv(fd, buf, sizeof(buf), 0));
}

struct server {
	int ready[2];
	struct addr addr;
};

/* Listen, say so, and stay until killed. */
static int run_server(struct env *env, void *arg)
{
	struct server *s = arg;

	SETUP(env_listener(env, 8, &s->addr));
	SETUP(write(s->ready[1], "", 1));
	while (pause() < 0)
		;
	return 0;
}

CHECK(backlog, killed_server_resets_waiting,
      .title = "A client that waits is reset when the listening process is killed",
      CLAUSES(linux_release_resets_queue),
      ROWS(CONN_31, BACKLOG_19),
      .types = CONNECTED, .addrs = NAMED,
      .why = "A crash must look to clients like a crash, once.")
{
	struct server s = { .addr = env_addr(env, 0) };
	pid_t pid;
	int fd[2];
	char buf[8];

	SETUP(env_pipe(env, s.ready));
	pid = SETUP(env_fork(env, run_server, &s));
	env_close(env, s.ready[1]);
	if (SETUP(read(s.ready[0], buf, 1)) != 1)
		BROKEN("the server did not start");
	for (int i = 0; i < 2; i++)
		fd[i] = ASSERT_OK(backlog_connect(env, &s.addr));
	ASSERT_RET(5, send(fd[1], "hello", 5, MSG_NOSIGNAL));
	SETUP(kill(pid, SIGKILL));
	EXPECT_EQ(-SIGKILL, env_reap(env, pid));
	for (int i = 0; i < 2; i++)
		judge_reset_read_first(fd[i]);
	EXPECT_ERRNO(ECONNREFUSED, backlog_connect(env, &s.addr));
}

CHECK(backlog, close_drops_queued_descriptors,
      .title = "Descriptors sent before accept() are closed when the listener closes",
      CLAUSES(linux_release_resets_queue),
      ROWS(BACKLOG_25),
      .types = CONNECTED, .addrs = NAMED,
      .why = "A file that stays open in a queue nobody can reach is lost to the system.",
      .explain = "The writing end of a pipe is sent to a listener and closed here. "
	      "Its reader finds nothing until the listener closes, and then the end.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a));
	int fd = ASSERT_OK(backlog_connect(env, &a)), pipe_fd[2];
	char buf[8];

	SETUP(env_pipe(env, pipe_fd));
	ASSERT_RET(1, backlog_send_fd(fd, pipe_fd[1]));
	SETUP(env_close(env, pipe_fd[1]));
	SETUP(backlog_set_nonblock(pipe_fd[0], true));
	EXPECT_ERRNO(EAGAIN, read(pipe_fd[0], buf, sizeof(buf)));
	SETUP(backlog_set_nonblock(pipe_fd[0], false));
	EXPECT_RET(0, env_close(env, listener));
	EXPECT_RET(0, read(pipe_fd[0], buf, sizeof(buf)));
	EXPECT_ERRNO(ECONNRESET, recv(fd, buf, sizeof(buf), 0));
}

CHECK(backlog, sleeper_finds_new_listener,
      .title = "A sleeping connect() whose listener closes goes to who has its pathname by then",
      CLAUSES(linux_connect_restart),
      ROWS(BACKLOG_60),
      .types = CONNECTED, .addrs = PATH, .needs = NEED_BLOCKED,
      .why = "A server is replaced without turning away who waits.",
      .explain = "The name is unlinked and bound to another listener, and the full one "
	      "closes.  Its clients are reset, the sleeper is one of the new.")
{
	int client[BACKLOG_FILL_MAX], n, old, next, peer;
	int fd = SETUP(env_socket(env));
	struct addr a = env_addr(env, 0);
	struct call c;
	char got = 0;

	old = backlog_full_listener(env, 1, &a, client, &n);
	backlog_sleeper(&c, fd, &a);
	ASSERT_BLOCKS(&c);
	SETUP(unlink(a.un.sun_path));
	next = SETUP(env_listener(env, 4, &a));
	ASSERT_RET(0, env_close(env, old));
	EXPECT_CALL_RET(0, &c);
	peer = ASSERT_OK(env_accept(env, next));
	EXPECT_RET(1, send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
	EXPECT_RET(1, recv(peer, &got, 1, MSG_DONTWAIT));
	EXPECT_EQ('x', got);
	for (int i = 0; i < n; i++)
		EXPECT_ERRNO(ECONNRESET, recv(client[i], &got, 1, MSG_DONTWAIT));
}
