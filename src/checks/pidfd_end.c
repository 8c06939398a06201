// SPDX-License-Identifier: BSD-2-Clause
/* Pidfds of the other end, and poll(): the end of a process is told. */
#include "config.h"

#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks/util_cred.h"
#include "harness/check.h"

/* Who writes, and what keeps it alive. */
struct writer {
	int fd;			/* to write to, or -1 */
	const struct addr *to;	/* to connect to */
	int leash[2];
};

static int write_and_stay(struct env *env, void *arg)
{
	struct writer *w = arg;
	char byte;

	if (w->fd < 0)
		w->fd = SETUP(env_connect(env, w->to));
	SETUP(send(w->fd, "x", 1, MSG_NOSIGNAL));
	SETUP(env_close(env, w->leash[1]));
	SETUP(read(w->leash[0], &byte, 1));
	return 0;
}

/* It has ended, and is left to be reaped. */
static void await_zombie(pid_t pid)
{
	siginfo_t info;
	int got;

	do {
		got = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	} while (got < 0 && errno == EINTR);
	SETUP(got);
}

/* The pidfd of this child is readable from its end on, and wakes a sleeper. */
static void expect_end_told(struct env *env, int pidfd, pid_t pid,
			    struct writer *w)
{
	struct pollfd p = { pidfd, POLLIN, 0 };
	struct call c;

	EXPECT_POLL(0, pidfd, POLLIN);
	call_poll(&c, &p, 1, -1);
	EXPECT_BLOCKS(&c);
	SETUP(env_close(env, w->leash[1]));
	EXPECT_CALL_RET(1, &c);
	EXPECT_EQ(POLLIN, p.revents);
	await_zombie(pid);
	CONTEXT("ended, not reaped");
	EXPECT_POLL(POLLIN, pidfd, POLLIN);
	EXPECT_EQ(0, env_reap(env, pid));
	CONTEXT("reaped");
	p.revents = 0;
	EXPECT_RET(1, poll(&p, 1, 0));
	/* That it hangs up then as well is newer than pidfds of peers. */
	EXPECT_EQ(POLLIN, p.revents & ~POLLHUP);
}

CHECK(peerpidfd, tells_the_end,
      .title = "The pidfd of a client is readable as soon as the client has ended",
      CLAUSES(pidfd_open2_poll, linux_peerpidfd),
      ROWS(PIDFD_101),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_BLOCKED,
      .why = "A service manager waits for the end of its clients by it.",
      .explain = "Nothing while it lives; poll() sleeps and wakes when it exits; readable "
	      "before it is reaped, and after.")
{
	struct addr a = env_addr(env, 0);
	struct writer w = { .fd = -1, .to = &a };
	int listener = SETUP(env_listener(env, 5, &a)), conn, pidfd = -1;
	socklen_t len = sizeof(pidfd);
	pid_t pid;

	cred_try_pidfd(listener, SO_PEERPIDFD);
	SETUP(env_pipe(env, w.leash));
	pid = SETUP(env_fork(env, write_and_stay, &w));
	conn = SETUP(env_accept(env, listener));
	ASSERT_RET(0, getsockopt(conn, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len));
	env_own(env, pidfd);
	expect_end_told(env, pidfd, pid, &w);
}

CHECK(pidfd, tells_the_end,
      .title = "The pidfd that came with a message is readable as soon as the sender has ended",
      CLAUSES(pidfd_open2_poll, linux_scm_pidfd),
      ROWS(PIDFD_101),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_BLOCKED,
      .why = "A service manager waits for the end of its clients by it.",
      .explain = "Nothing while it lives; poll() sleeps and wakes when it exits; readable "
	      "before it is reaped, and after.")
{
	struct writer w = { .fd = -1 };
	struct pollfd p;
	struct cmsg_msg m;
	int fd[2], pidfd;
	pid_t pid;

	SETUP(env_pair(env, fd));
	cred_try_pidfd(fd[1], SO_PASSPIDFD);
	SETUP(cred_pass(fd[1], SO_PASSPIDFD, 1));
	w.fd = fd[0];
	SETUP(env_pipe(env, w.leash));
	pid = SETUP(env_fork(env, write_and_stay, &w));
	p = (struct pollfd){ fd[1], POLLIN, 0 };
	SETUP(poll(&p, 1, -1));
	cred_recv(fd[1], &m, CMSG_SPACE(sizeof(int)), 0);
	pidfd = cred_pidfd_of(&m);
	ASSERT_THAT(pidfd >= 0, "a pidfd came along");
	env_own(env, pidfd);
	expect_end_told(env, pidfd, pid, &w);
}
