// SPDX-License-Identifier: BSD-2-Clause
/* recv() and send() that sleep when a signal is caught. */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "checks/util_fill.h"
#include "checks/util_flow.h"
#include "checks/util_signal.h"
#include "harness/check.h"

/* Long enough never to pass while a check runs. */
#define LONG_MS 600000

CHECK(eintr, recv_fails,
      .title = "A recv() asleep when a signal is caught fails with EINTR, and takes nothing",
      CLAUSES(posix_recv_eintr),
      ROWS(SIG_10),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      .needs = NEED_BLOCKED,
      .why = "Programs stop by a handler that sets a flag; a call that goes on never sees it.",
      .explain = "The handler was installed without SA_RESTART.  What comes later is "
	      "received.")
{
	char buf[4] = "abc";
	struct call c;
	int fd[2];

	signal_catch(0);
	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		call_recv(&c, fd[0], buf, sizeof(buf), i ? MSG_WAITALL : 0);
		signal_interrupt(&c);
		EXPECT_CALL_ERRNO(EINTR, &c);
	}
	EXPECT_MEM("abc", buf, sizeof(buf));
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(fd[0], buf, sizeof(buf), 0));
	EXPECT_EQ('m', buf[0]);
}

CHECK(eintr, recv_restarts,
      .title = "With SA_RESTART a recv() goes on sleeping after the handler, and receives",
      CLAUSES(signal7_restart),
      ROWS(SIG_11),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      .needs = NEED_BLOCKED,
      .why = "Libraries that do not look for EINTR count on it.")
{
	char buf[4];
	struct call c;
	int fd[2];

	signal_catch(SA_RESTART);
	SETUP(env_pair(env, fd));
	call_recv(&c, fd[0], buf, sizeof(buf), 0);
	signal_interrupt(&c);
	signal_interrupt(&c);
	EXPECT_BLOCKS(&c);
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	EXPECT_CALL_RET(1, &c);
	EXPECT_EQ('m', buf[0]);
}

CHECK(eintr, recv_with_timeout_fails,
      .title = "With SO_RCVTIMEO a recv() that is interrupted fails with EINTR despite SA_RESTART",
      CLAUSES(signal7_timeouts),
      ROWS(SIG_12),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      .needs = NEED_BLOCKED,
      .why = "Setting a timeout brings EINTR to code that never had to handle it.")
{
	char buf[4];
	struct call c;
	int fd[2];

	signal_catch(SA_RESTART);
	SETUP(env_pair(env, fd));
	SETUP(backlog_set_timeout(fd[0], SO_RCVTIMEO, LONG_MS));
	call_recv(&c, fd[0], buf, sizeof(buf), 0);
	signal_interrupt(&c);
	EXPECT_CALL_ERRNO(EINTR, &c);
}

CHECK(eintr, send_fails,
      .title = "A send() asleep for want of room fails with EINTR when a signal is caught",
      CLAUSES(posix_send_eintr),
      ROWS(SIG_13),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .needs = NEED_BLOCKED,
      .why = "A writer whose reader hangs could not be stopped.",
      .explain = "The peer receives what was sent before it and nothing of the "
	      "interrupted call.")
{
	struct call c;
	long n;
	int fd[2];

	signal_catch(0);
	SETUP(env_pair(env, fd));
	n = fill_up(env, fd[0]);
	call_send(&c, fd[0], "interrupted", 11, MSG_NOSIGNAL);
	signal_interrupt(&c);
	EXPECT_CALL_ERRNO(EINTR, &c);
	EXPECT_EQ(n, fill_drain(env, fd[1]));
}

CHECK(eintr, send_restarts,
      .title = "With SA_RESTART a send() goes on sleeping after the handler, and sends once",
      CLAUSES(signal7_restart),
      ROWS(SIG_13),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .needs = NEED_BLOCKED,
      .why = "Libraries that do not look for EINTR count on it.")
{
	struct call c;
	long n, got;
	int fd[2];

	signal_catch(SA_RESTART);
	SETUP(env_pair(env, fd));
	n = fill_up(env, fd[0]);
	call_send(&c, fd[0], "restarted", 9, MSG_NOSIGNAL);
	signal_interrupt(&c);
	signal_interrupt(&c);
	EXPECT_BLOCKS(&c);
	got = fill_drain(env, fd[1]);
	EXPECT_CALL_RET(9, &c);
	got += fill_drain(env, fd[1]);
	EXPECT_EQ(n + (env->type == SOCK_STREAM ? 9 : 1), got);
}

CHECK(eintr, send_to_full_receiver,
      .title = "A send() asleep on a full receiver goes on with SA_RESTART, else it is EINTR",
      CLAUSES(posix_send_eintr, signal7_restart),
      ROWS(SIG_13),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_BLOCKED,
      PARAMS("eintr", "restart"),
      .waits = true,
      .why = "One who logs to a daemon that hangs could not be stopped.",
      .explain = "It sleeps for room in the receiver's queue, not in its own buffer.")
{
	struct flow_queue q;
	struct call c;
	int fd;

	signal_catch(env->param == 0 ? 0 : SA_RESTART);
	flow_full_queue(env, &q);
	fd = SETUP(env_connect(env, &q.addr));
	call_send(&c, fd, "late", 4, 0);
	signal_interrupt(&c);
	if (env->param == 0) {
		EXPECT_CALL_ERRNO(EINTR, &c);
		flow_drain_queue(q.fd, 0, q.n);
	} else {
		EXPECT_BLOCKS(&c);
		flow_drain_queue(q.fd, 0, 1);
		EXPECT_CALL_RET(4, &c);
		flow_drain_queue(q.fd, 1, q.n - 1);
		dgram_expect(q.fd, "late");
	}
	dgram_expect_empty(q.fd);
}

CHECK(eintr, send_with_timeout_fails,
      .title = "With SO_SNDTIMEO a send() that is interrupted fails with EINTR despite SA_RESTART",
      CLAUSES(signal7_timeouts),
      ROWS(SIG_14),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .needs = NEED_BLOCKED,
      .why = "Setting a timeout brings EINTR to code that never had to handle it.")
{
	struct call c;
	long n;
	int fd[2];

	signal_catch(SA_RESTART);
	SETUP(env_pair(env, fd));
	SETUP(backlog_set_timeout(fd[0], SO_SNDTIMEO, LONG_MS));
	n = fill_up(env, fd[0]);
	call_send(&c, fd[0], "interrupted", 11, MSG_NOSIGNAL);
	signal_interrupt(&c);
	EXPECT_CALL_ERRNO(EINTR, &c);
	EXPECT_EQ(n, fill_drain(env, fd[1]));
}

/* The place of a byte in a long message, so that a loss would show. */
static unsigned char byte_at(size_t i)
{
	return (unsigned char)(i * 7 + i / 251);
}

/* Read fd to its end; how many bytes, all in their places. */
static long read_all(int fd, long most)
{
	unsigned char buf[4096];
	long sum = 0;
	ssize_t n;

	while (sum < most &&
	       (n = EXPECT_OK(recv(fd, buf, sizeof(buf), 0))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] != byte_at((size_t)(sum + i))) {
				EXPECT_EQ(byte_at((size_t)(sum + i)), buf[i]);
				return -1;
			}
		}
		sum += n;
	}
	return sum;
}

#define LARGE (1 << 20)
#define SMALL 16384

static unsigned char *large_message(void)
{
	unsigned char *buf = malloc(LARGE);

	if (!buf)
		BROKEN("no memory");
	for (size_t i = 0; i < LARGE; i++)
		buf[i] = byte_at(i);
	return buf;
}

CHECK(eintr, send_midway_is_partial,
      .title = "A long send() that is interrupted midway returns how many bytes it has sent",
      CLAUSES(posix_send_partial, signal7_partial),
      ROWS(SIG_15),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .needs = NEED_BLOCKED, PARAMS("eintr", "restart", "timeout"),
      .why = "An EINTR there would have the bytes sent twice; a wrong count loses some.",
      .explain = "The peer gets exactly as many, in order, and then the end.  SA_RESTART "
	      "and SO_SNDTIMEO make no difference once bytes have gone.")
{
	unsigned char *buf;
	struct call c;
	int fd[2];

	signal_catch(env->param ? SA_RESTART : 0);
	SETUP(env_pair(env, fd));
	SETUP(backlog_set_option(fd[0], SO_SNDBUF, SMALL));
	if (env->param == 2)
		SETUP(backlog_set_timeout(fd[0], SO_SNDTIMEO, LONG_MS));
	buf = large_message();
	call_send(&c, fd[0], buf, LARGE, MSG_NOSIGNAL);
	signal_interrupt(&c);
	EXPECT_CALL_OK(&c);
	free(buf);
	EXPECT_RANGE(1, LARGE - 1, c.ret);
	ASSERT_RET(0, shutdown(fd[0], SHUT_WR));
	EXPECT_EQ(c.ret, read_all(fd[1], LARGE));
	EXPECT_RET(0, recv(fd[1], &(char){ 0 }, 1, 0));
}

/* Send without an end and without a handler. */
static int send_for_ever(struct env *env, void *arg)
{
	unsigned char *buf = large_message();
	int *fd = arg;

	SETUP(env_close(env, fd[1]));
	signal(SIGTERM, SIG_DFL);
	send(fd[0], buf, LARGE, MSG_NOSIGNAL);
	return 1;
}

CHECK(eintr, killed_while_sending,
      .title = "When a sender is killed in a long send() its peer reads what was sent, then the end",
      CLAUSES(posix_exit_closes, posix_recv_end),
      ROWS(SIG_23),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .needs = NEED_BLOCKED, PARAMS("term", "kill"),
      .why = "What a reader got of a transfer that broke must be its true beginning.")
{
	int fd[2], sig = env->param ? SIGKILL : SIGTERM;
	pid_t pid;
	long got;

	SETUP(env_pair(env, fd));
	SETUP(backlog_set_option(fd[0], SO_SNDBUF, SMALL));
	pid = SETUP(env_fork(env, send_for_ever, fd));
	EXPECT_RET(0, env_close(env, fd[0]));
	/* A byte has come: it is in send(), and sleeps there when it sleeps. */
	EXPECT_RET(1, recv(fd[1], &(char){ 0 }, 1, MSG_PEEK));
	EXPECT_THAT(await_blocked(pid, pid), "the sender does not sleep");
	SETUP(kill(pid, sig));
	EXPECT_EQ(-sig, env_reap(env, pid));
	got = read_all(fd[1], LARGE);
	EXPECT_RANGE(1, LARGE - 1, got);
	EXPECT_RET(0, recv(fd[1], &(char){ 0 }, 1, 0));
}
