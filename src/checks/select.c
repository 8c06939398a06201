// SPDX-License-Identifier: BSD-2-Clause
/* select(): the three sets, and the time that is left. */
#include "config.h"

#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "checks/util_fill.h"
#include "checks/util_oob.h"
#include "harness/check.h"

/* Where there are two, the older one takes a pointer to its arguments. */
#ifdef SYS__newselect
#define SELECT SYS__newselect
#elif defined(SYS_select)
#define SELECT SYS_select
#endif

enum { READABLE = 1, WRITABLE = 2, EXCEPTION = 4 };

static const char *name_sets(int sets)
{
	static const char *const names[] = {
		"in no set", "readable", "writable", "readable and writable",
		"exceptional", "readable and exceptional",
		"writable and exceptional", "in every set",
	};

	return names[sets];
}

/* Judge in which sets select() finds fd now: READABLE | WRITABLE. */
static void expect_sets(int want, int fd)
{
	struct timeval tv = { 0 };
	fd_set set[3];
	int n, got = 0;

	for (int i = 0; i < 3; i++) {
		FD_ZERO(&set[i]);
		FD_SET(fd, &set[i]);
	}
	n = (int)ASSERT_OK(select(fd + 1, &set[0], &set[1], &set[2], &tv));
	for (int i = 0; i < 3; i++)
		got |= FD_ISSET(fd, &set[i]) ? 1 << i : 0;
	EXPECT_THAT(got == want, "select() finds it %s, not %s",
		    name_sets(got), name_sets(want));
	EXPECT_EQ(__builtin_popcount((unsigned int)got), n);
}

CHECK(select, connected,
      .title = "select() finds an idle connected socket writable only, with data readable, too",
      CLAUSES(posix_select_writable, posix_select_readable),
      ROWS(POLL_12),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Programs that use select() are told nothing else.",
      .explain = "Idle, with data, read; and full, where it is not writable.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	expect_sets(WRITABLE, fd[0]);
	ASSERT_RET(1, send(fd[1], "d", 1, MSG_NOSIGNAL));
	expect_sets(READABLE | WRITABLE, fd[0]);
	expect_sets(WRITABLE, fd[1]);
	ASSERT_RET(1, recv(fd[0], &(char){ 0 }, 1, 0));
	expect_sets(WRITABLE, fd[0]);
	fill_up(env, fd[0]);
	expect_sets(0, fd[0]);
	expect_sets(READABLE | WRITABLE, fd[1]);
	fill_drain(env, fd[1]);
	expect_sets(WRITABLE, fd[0]);
}

CHECK(select, peer_closed,
      .title = "After the peer's close() or SHUT_WR select() finds the socket readable",
      CLAUSES(posix_select_readable, linux_release_tells_peer),
      ROWS(POLL_13),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK, .controls = TCP,
      PARAMS("close", "shutdown", "reset"),
      .why = "The end is read; a program that is not told to read waits for ever.",
      .explain = "And writable, and without an exceptional condition, also when the "
	      "connection was reset.")
{
	int fd[2];

	backlog_stay_on_cpu(env);
	SETUP(env_pair(env, fd));
	if (env->param == 2)
		ASSERT_RET(1, send(fd[0], "u", 1, MSG_NOSIGNAL));
	if (env->param == 1)
		ASSERT_RET(0, shutdown(fd[1], SHUT_WR));
	else
		ASSERT_RET(0, env_close(env, fd[1]));
	for (int i = 0; i < 2; i++)
		expect_sets(READABLE | WRITABLE, fd[0]);
}

CHECK(select, dgram_peer_closed,
      .title = "After the peer's close() select() does not find a datagram socket readable",
      CLAUSES(linux_poll_dgram),
      ROWS(POLL_14),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("close", "write", "both"),
      .why = "A recv() would sleep: there is no end on datagram sockets.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, send(fd[1], "d", 1, 0));
	if (env->param == 0)
		ASSERT_RET(0, env_close(env, fd[1]));
	else
		ASSERT_RET(0, shutdown(fd[1], env->param == 1 ? SHUT_WR : SHUT_RDWR));
	expect_sets(READABLE | WRITABLE, fd[0]);
	ASSERT_RET(1, recv(fd[0], &(char){ 0 }, 1, 0));
	expect_sets(WRITABLE, fd[0]);
	EXPECT_ERRNO(EAGAIN, recv(fd[0], &(char){ 0 }, 1, MSG_DONTWAIT));
}

static bool poll_says(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return SETUP(poll(&p, 1, 0)) == 1;
}

CHECK(select, pending_error,
      .title = "select() finds a datagram socket with a pending error readable and writable, even full",
      CLAUSES(linux_select_error, linux_dgram_disconnected),
      ROWS(POLL_74),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK,
      .why = "A program that is not told of the error waits for an answer for ever.",
      .explain = "The peer drops what it had not read and leaves: ECONNRESET.  The sender has "
	      "no room, for a large message waits at another receiver: in no set before, and "
	      "none when the error was taken.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	struct addr c = env_addr(env, 2);
	int fd = SETUP(env_bound(env, &a)), peer = SETUP(env_bound(env, &b));
	static char large[6000];

	SETUP(env_bound(env, &c));
	SETUP(backlog_set_option(fd, SO_SNDBUF, 8192));
	SETUP(connect(fd, &b.sa, b.len));
	SETUP(connect(peer, &a.sa, a.len));
	ASSERT_RET(1, send(fd, "l", 1, MSG_NOSIGNAL));
	ASSERT_OK(sendto(fd, large, sizeof(large), MSG_NOSIGNAL, &c.sa,
			 c.len));
	if (poll_says(fd, POLLOUT))
		SKIP_CASE("what waits elsewhere takes no room of the sender's");
	expect_sets(0, fd);
	dgram_must_disconnect(peer);
	for (int i = 0; i < 2; i++)
		expect_sets(READABLE | WRITABLE, fd);
	EXPECT_EQ(ECONNRESET, backlog_option(fd, SO_ERROR));
	expect_sets(0, fd);
}

CHECK(select, unconnected,
      .title = "select() finds a socket that is not connected readable and writable, bound or not",
      CLAUSES(linux_poll_unconnected, posix_select_readable),
      ROWS(POLL_15),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      .why = "The hangup is told as readable: a recv() would fail and not wait.")
{
	struct addr a = env_addr(env, 0);

	expect_sets(READABLE | WRITABLE, SETUP(env_socket(env)));
	expect_sets(READABLE | WRITABLE, SETUP(env_bound(env, &a)));
}

static long sleep_for_exception(struct call *c)
{
	int fd = *(int *)c->arg;
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, NULL, NULL, &set, NULL);
}

CHECK(select, urgent_byte,
      .title = "select() for exceptions sleeps through plain data and wakes for the urgent byte",
      CLAUSES(linux_oob_poll),
      ROWS(OOB_05),
      .types = STREAM, .addrs = PAIR, .axes = SWAP, .needs = NEED_BLOCKED,
      .why = "The third set is there for it.",
      .explain = "The byte is readable, too; taken, it is no exception any more.")
{
	int fd[2];
	struct call c = { .arg = &fd[1] };

	oob_pair(env, fd);
	call_start(&c, "select(NULL, NULL, exceptions)", sleep_for_exception);
	ASSERT_BLOCKS(&c);
	ASSERT_RET(1, send(fd[0], "p", 1, MSG_NOSIGNAL));
	EXPECT_BLOCKS(&c);
	oob_send(env, fd[0], fd[1], "u");
	EXPECT_CALL_RET(1, &c);
	expect_sets(READABLE | WRITABLE | EXCEPTION, fd[1]);
	oob_expect(fd[1], 'u');
	expect_sets(READABLE | WRITABLE, fd[1]);
}

CHECK(select, time_that_is_left,
      .title = "The select() of the system takes the time that it slept off the timeout",
      CLAUSES(select2_timeout),
      ROWS(POLL_101),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Programs for Linux go on with what is left, and would wait too long.",
      .explain = "By the call itself, for C libraries may pass a copy: a millisecond on an "
	      "idle socket is all used up.")
{
#ifdef SYS_pselect6
	long left[2] = { 0, 1000000 };
	int fd[2];
	fd_set in;

	SETUP(env_pair(env, fd));
	FD_ZERO(&in);
	FD_SET(fd[0], &in);
	EXPECT_RET(0, syscall(SYS_pselect6, fd[0] + 1, &in, NULL, NULL, left,
			      NULL));
	EXPECT_EQ(0, left[0]);
	EXPECT_EQ(0, left[1]);
#else
	SKIP_CASE("there is no such call on this machine");
#endif
}

CHECK(select, time_left_by_the_others,
      .title = "The system's select() and ppoll() take the time that they slept off the timeout, too",
      CLAUSES(select2_timeout),
      ROWS(POLL_105),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("select", "ppoll", "ready_pselect6"),
      .why = "Programs for Linux go on with what is left, and would wait too long.",
      .explain = "By the calls themselves, for C libraries may pass a copy: all of a "
	      "millisecond is used up, and of 600 s nearly all is left where something is "
	      "ready.")
{
	struct pollfd p = { .events = POLLIN };
	long left[2] = { 0, 1000 };
	int fd[2];
	fd_set in;

	SETUP(env_pair(env, fd));
	p.fd = fd[0];
	FD_ZERO(&in);
	FD_SET(fd[0], &in);
	if (env->param == 0) {
#ifdef SELECT
		EXPECT_RET(0, syscall(SELECT, fd[0] + 1, &in, NULL, NULL,
				      left));
#else
		SKIP_CASE("there is no such call on this machine");
#endif
	} else if (env->param == 1) {
#ifdef SYS_ppoll
		left[1] = 1000000;
		EXPECT_RET(0, syscall(SYS_ppoll, &p, 1, left, NULL, 0));
#else
		SKIP_CASE("there is no such call on this machine");
#endif
	} else {
#ifdef SYS_pselect6
		left[0] = 600;
		left[1] = 0;
		ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
		EXPECT_RET(1, syscall(SYS_pselect6, fd[0] + 1, &in, NULL, NULL,
				      left, NULL));
		EXPECT_RANGE(1, 600, left[0]);
		return;
#else
		SKIP_CASE("there is no such call on this machine");
#endif
	}
	EXPECT_EQ(0, left[0]);
	EXPECT_EQ(0, left[1]);
}
