// SPDX-License-Identifier: BSD-2-Clause
/* The end of a connection by the end, or exec, of the processes that hold it. */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/check.h"

struct holder {
	int fd[2];	/* the connection; the child holds fd[0] */
	int ready[2];	/* the child's word that it is there */
	int go[2];	/* a byte, or the end, lets it go on */
};

static void expect_open(int fd)
{
	EXPECT_ERRNO(EAGAIN, recv(fd, &(char){ 0 }, 1, MSG_DONTWAIT));
}

static void expect_end(int fd)
{
	EXPECT_RET(0, recv(fd, &(char){ 0 }, 1, 0));
	EXPECT_RET(0, recv(fd, &(char){ 0 }, 1, 0));
}

/* Hold fd[0] and nothing else, until told. */
static int hold(struct env *env, void *arg)
{
	struct holder *h = arg;
	char byte;

	SETUP(env_close(env, h->fd[1]));
	SETUP(env_close(env, h->go[1]));
	SETUP(write(h->ready[1], "", 1));
	return SETUP(read(h->go[0], &byte, 1)) ? 0 : 1;
}

static void holder_open(struct env *env, struct holder *h)
{
	SETUP(env_pipe(env, h->ready));
	SETUP(env_pipe(env, h->go));
}

static pid_t holder_start(struct env *env, struct holder *h,
			  int (*fn)(struct env *env, void *arg))
{
	pid_t pid = SETUP(env_fork(env, fn, h));
	char byte;

	if (SETUP(read(h->ready[0], &byte, 1)) != 1)
		BROKEN("the child did not start");
	return pid;
}

CHECK(eof, waits_for_last_process,
      .title = "The end comes when the last process that holds the other end exits",
      CLAUSES(posix_exit_closes, posix_fork_descriptors, posix_close_last),
      ROWS(EOF_07),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A forgotten child that holds the descriptor keeps the reader waiting.",
      .explain = "Two children inherit one end, which is closed here.  After the first "
	      "has exited the connection is open, after the second it has ended.")
{
	struct holder h[2];
	pid_t pid[2];
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		h[i].fd[0] = fd[0];
		h[i].fd[1] = fd[1];
		holder_open(env, &h[i]);
		pid[i] = holder_start(env, &h[i], hold);
	}
	EXPECT_RET(0, env_close(env, fd[0]));
	for (int i = 0; i < 2; i++) {
		expect_open(fd[1]);
		SETUP(write(h[i].go[1], "", 1));
		EXPECT_EQ(0, env_reap(env, pid[i]));
	}
	expect_end(fd[1]);
}

CHECK(eof, killed_peer,
      .title = "A peer killed with SIGKILL is the end of its connection",
      CLAUSES(posix_exit_closes, posix_recv_end),
      ROWS(EOF_08),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      .needs = NEED_BLOCKED,
      .why = "A crash must not leave the others waiting.",
      .explain = "A thread sleeps in recv() when the peer is killed, and is woken.  What "
	      "the peer had sent is read first.")
{
	struct holder h;
	struct call c;
	char got = 0;
	pid_t pid;

	SETUP(env_pair(env, h.fd));
	holder_open(env, &h);
	ASSERT_RET(1, send(h.fd[0], "s", 1, MSG_NOSIGNAL));
	pid = holder_start(env, &h, hold);
	EXPECT_RET(0, env_close(env, h.fd[0]));
	EXPECT_RET(1, recv(h.fd[1], &got, 1, 0));
	EXPECT_EQ('s', got);
	call_recv(&c, h.fd[1], &got, 1, 0);
	EXPECT_BLOCKS(&c);
	SETUP(kill(pid, SIGKILL));
	EXPECT_CALL_RET(0, &c);
	EXPECT_EQ(-SIGKILL, env_reap(env, pid));
	expect_end(h.fd[1]);
}

/* Become a shell that waits for a line on its standard input. */
static int run_shell(struct env *env, void *arg)
{
	struct holder *h = arg;

	SETUP(env_close(env, h->fd[1]));
	SETUP(env_close(env, h->go[1]));
	SETUP(dup2(h->go[0], STDIN_FILENO));
	SETUP(dup2(h->ready[1], STDOUT_FILENO));
	SETUP(fcntl(h->fd[0], F_SETFD, env->param == 0 ? FD_CLOEXEC : 0));
	execl("/bin/sh", "sh", "-c", "echo; read line", (char *)NULL);
	return 1;
}

CHECK(eof, exec_closes_cloexec,
      .title = "exec closes an end marked FD_CLOEXEC, the peer reads the end, and no other",
      CLAUSES(posix_exec_cloexec, posix_recv_end),
      ROWS(EOF_09),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("cloexec", "kept"),
      .why = "Programs started by a server would keep its connections open.",
      .explain = "A child that holds the end runs /bin/sh, which waits.  With FD_CLOEXEC "
	      "the peer reads the end while the shell lives; without it the end comes "
	      "when the shell exits.")
{
	struct holder h;
	pid_t pid;

	if (access("/bin/sh", X_OK) < 0)
		SKIP_CASE("there is no /bin/sh");
	SETUP(env_pair(env, h.fd));
	holder_open(env, &h);
	pid = holder_start(env, &h, run_shell);
	EXPECT_RET(0, env_close(env, h.fd[0]));
	if (env->param == 0)
		expect_end(h.fd[1]);
	else
		expect_open(h.fd[1]);
	/* It is alive still. */
	EXPECT_RET(0, waitpid(pid, NULL, WNOHANG));
	SETUP(write(h.go[1], "\n", 1));
	EXPECT_EQ(0, env_reap(env, pid));
	expect_end(h.fd[1]);
}
