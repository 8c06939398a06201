// SPDX-License-Identifier: BSD-2-Clause
/* What poll() and epoll say of sockets at rest, of listeners, and unasked. */
#include "config.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/names.h"
#include "checks/util_backlog.h"
#include "checks/util_fill.h"
#include "checks/util_poll.h"
#include "harness/check.h"

CHECK(poll, unconnected,
      .title = "A stream or SOCK_SEQPACKET socket not connected polls POLLOUT and POLLHUP, bound or not",
      CLAUSES(linux_poll_unconnected),
      ROWS(POLL_15, POLL_17),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      .why = "Who waits for POLLOUT after connect() takes it for a connection.",
      .explain = "New, then bound, then after a connect() that was refused.  FreeBSD does "
	      "not report POLLOUT here.  Level-triggered loops that hold such a socket "
	      "spin.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int fd = SETUP(env_socket(env)), other = SETUP(env_bound(env, &b));
	struct watch w;

	watch_start(env, &w, fd);
	CONTEXT("new");
	watch_expect_quiet(&w, POLLOUT | POLLHUP);
	EXPECT_POLL(POLLHUP, fd, 0);
	ASSERT_RET(0, bind(fd, &a.sa, a.len));
	CONTEXT("bound");
	watch_expect_quiet(&w, POLLOUT | POLLHUP);
	EXPECT_ERRNO(ECONNREFUSED, connect(fd, &b.sa, b.len));
	CONTEXT("refused");
	watch_expect_quiet(&w, POLLOUT | POLLHUP);
	EXPECT_POLL(POLLOUT | POLLHUP, other, POLL_ALL);
}

/* The same descriptor three times, each asking for both. */
static struct pollfd *list(int fd, struct pollfd thrice[3])
{
	for (int i = 0; i < 3; i++)
		thrice[i] = (struct pollfd){ .fd = fd, .events = POLLIN | POLLOUT };
	return thrice;
}

CHECK(poll, connected,
      .title = "An idle connected socket polls writable and nothing else; with data readable, too",
      CLAUSES(poll2_pollin),
      ROWS(POLL_24),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A bit too many is a busy loop, one too few a connection that hangs.",
      .explain = "Never POLLPRI or POLLRDBAND; only what was asked for is reported, and "
	      "to each entry of a list that names the descriptor.")
{
	struct pollfd thrice[3];
	struct watch w;
	int fd[2];

	SETUP(env_pair(env, fd));
	watch_start(env, &w, fd[0]);
	CONTEXT("idle");
	watch_expect_quiet(&w, POLLOUT);
	ASSERT_RET(1, send(fd[1], "d", 1, MSG_NOSIGNAL));
	CONTEXT("readable");
	watch_expect(&w, POLLIN | POLLOUT);
	EXPECT_POLL(POLLIN, fd[0], POLLIN);
	EXPECT_POLL(POLLOUT, fd[0], POLLOUT);
	EXPECT_POLL(0, fd[0], POLLPRI | POLLRDBAND | POLLRDHUP);
	EXPECT_POLL(0, fd[0], 0);
	CONTEXT("thrice in one list");
	EXPECT_RET(3, poll(list(fd[0], thrice), 3, 0));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(POLLIN | POLLOUT, thrice[i].revents);
	ASSERT_RET(1, recv(fd[0], &(char){ 0 }, 1, 0));
	EXPECT_POLL(POLLOUT, fd[0], POLL_ALL);
}

/* Some architectures number the two families differently. */
struct second_name {
	unsigned int epoll;
	short poll;
};

/* poll() and epoll, asked for this bit alone, report it or do not. */
static void expect_second_name(int fd, const struct second_name *name,
			       bool reported)
{
	struct epoll_event e = { .events = name->epoll };
	int epoll = SETUP(epoll_create1(EPOLL_CLOEXEC));

	SETUP(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e));
	EXPECT_POLL(reported ? (unsigned int)name->poll : 0, fd, name->poll);
	EXPECT_RET(reported, epoll_wait(epoll, &e, 1, 0));
	if (reported)
		EXPECT_EQ(name->epoll, e.events);
	close(epoll);
}

CHECK(poll, second_names,
      .title = "POLLRDNORM comes with POLLIN, POLLWRNORM and POLLWRBAND come with POLLOUT",
      CLAUSES(linux_poll_bits),
      ROWS(POLL_23, POLL_24, POLL_82),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("rdnorm", "wrnorm", "wrband"),
      .why = "Programs of System V ask for these bits alone, and would sleep.",
      .explain = "By poll() and epoll, each bit asked for by itself: idle, with data, "
	      "full, and after SHUT_RD.")
{
	static const struct second_name names[] = {
		{ EPOLLRDNORM, POLLRDNORM },
		{ EPOLLWRNORM, POLLWRNORM },
		{ EPOLLWRBAND, POLLWRBAND },
	};
	const struct second_name *name = &names[env->param];
	bool of_read = env->param == 0;
	int fd[2];

	SETUP(env_pair(env, fd));
	CONTEXT("idle");
	expect_second_name(fd[0], name, !of_read);
	SETUP(send(fd[1], "d", 1, MSG_NOSIGNAL));
	CONTEXT("readable");
	expect_second_name(fd[0], name, true);
	fill_up(env, fd[0]);
	CONTEXT("readable and full");
	expect_second_name(fd[0], name, of_read);
	SETUP(recv(fd[0], &(char){ 0 }, 1, 0));
	CONTEXT("full");
	expect_second_name(fd[0], name, false);
	SETUP(shutdown(fd[0], SHUT_RD));
	CONTEXT("full, and reading shut down");
	expect_second_name(fd[0], name, of_read);
}

CHECK(poll, listener,
      .title = "A listener polls nothing while nobody waits, and POLLIN alone while somebody does",
      CLAUSES(posix_select_listener, linux_poll_listener),
      ROWS(POLL_18, POLL_19, POLL_24),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      .why = "A listener that polls POLLOUT keeps the event loop spinning.",
      .explain = "listen() takes POLLOUT and POLLHUP away; two clients come: POLLIN stays "
	      "until both are accepted.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a));

	ASSERT_RET(0, listen(fd, 4));
	EXPECT_POLL(0, fd, POLL_ALL);
	for (int i = 0; i < 2; i++)
		ASSERT_OK(backlog_connect(env, &a));
	EXPECT_POLL(POLLIN, fd, POLL_ALL);
	ASSERT_OK(env_accept(env, fd));
	EXPECT_POLL(POLLIN, fd, POLL_ALL);
	ASSERT_OK(env_accept(env, fd));
	EXPECT_POLL(0, fd, POLL_ALL);
}

CHECK(poll, listener_client_gone,
      .title = "A listener stays readable when the client that waits has closed, until accept()",
      CLAUSES(linux_accept_closed_client, linux_poll_listener),
      ROWS(POLL_20),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      .why = "Otherwise the dead connection would stay in the queue, unseen.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), fd, peer;

	fd = ASSERT_OK(backlog_connect(env, &a));
	ASSERT_RET(0, env_close(env, fd));
	EXPECT_POLL(POLLIN, listener, POLL_ALL);
	peer = ASSERT_OK(env_accept(env, listener));
	EXPECT_POLL(0, listener, POLL_ALL);
	EXPECT_RET(0, recv(peer, &(char){ 0 }, 1, MSG_DONTWAIT));
}

CHECK(poll, listener_shut_down,
      .title = "A listener shut down for reading polls POLLIN and POLLRDHUP",
      CLAUSES(linux_poll_listener, linux_listener_shutdown),
      ROWS(POLL_22),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      .why = "It is how loops learn that another thread has closed the door.",
      .explain = "One edge.  SHUT_WR before it changes nothing; with both directions shut "
	      "POLLHUP comes, too.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_listener(env, 4, &a));
	struct watch w;

	watch_start(env, &w, fd);
	CONTEXT("new");
	watch_expect_quiet(&w, 0);
	ASSERT_RET(0, shutdown(fd, SHUT_RD));
	CONTEXT("SHUT_RD");
	watch_expect(&w, POLL_END);
	ASSERT_RET(0, shutdown(fd, SHUT_WR));
	CONTEXT("SHUT_WR after it");
	watch_expect(&w, POLL_END | POLLHUP);
}

static void expect_rdhup(bool want, int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	SETUP(poll(&p, 1, 0));
	EXPECT_THAT(!!(p.revents & POLLRDHUP) == want,
		    "poll() for %s reports %s, %s POLLRDHUP",
		    name_poll((unsigned short)events),
		    name_poll((unsigned short)p.revents),
		    want ? "not" : "which has");
}

CHECK(poll, rdhup_only_when_asked,
      .title = "POLLRDHUP is reported when it was asked for, and not otherwise",
      CLAUSES(poll2_pollrdhup, posix_poll_hangup_unasked),
      ROWS(POLL_29),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("shutdown", "close"),
      .why = "Programs that never heard of the bit would take it for an error.",
      .explain = "After the peer's SHUT_WR, and after its close().")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	if (env->param == 1)
		ASSERT_RET(0, env_close(env, fd[1]));
	else
		ASSERT_RET(0, shutdown(fd[1], SHUT_WR));
	expect_rdhup(false, fd[0], 0);
	expect_rdhup(false, fd[0], POLLPRI);
	expect_rdhup(false, fd[0], POLLIN);
	expect_rdhup(true, fd[0], POLLRDHUP);
	expect_rdhup(true, fd[0], POLLIN | POLLRDHUP);
}

static int wait_for_ever(struct env *env, void *arg)
{
	int *fd = arg;

	SETUP(env_close(env, fd[0]));
	while (pause() < 0)
		;
	return 0;
}

CHECK(poll, hangup_wakes_unasked,
      .title = "poll() with no events asked for sleeps until the peer process ends, and says POLLHUP",
      CLAUSES(posix_poll_hangup_unasked, posix_exit_closes),
      ROWS(POLL_27),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      .needs = NEED_BLOCKED,
      .why = "Supervisors watch for the end of a process and for nothing else.",
      .explain = "Data that comes meanwhile does not end the wait, nor does SHUT_WR.")
{
	struct pollfd p = { .events = 0 };
	struct call c;
	pid_t pid;
	int fd[2];

	SETUP(env_pair(env, fd));
	pid = SETUP(env_fork(env, wait_for_ever, fd));
	p.fd = fd[0];
	call_poll(&c, &p, 1, -1);
	EXPECT_BLOCKS(&c);
	ASSERT_RET(1, send(fd[1], "d", 1, MSG_NOSIGNAL));
	EXPECT_BLOCKS(&c);
	ASSERT_RET(0, shutdown(fd[1], SHUT_WR));
	EXPECT_BLOCKS(&c);
	ASSERT_RET(0, env_close(env, fd[1]));
	EXPECT_BLOCKS(&c);
	SETUP(kill(pid, SIGKILL));
	EXPECT_CALL_RET(1, &c);
	EXPECT_EQ(POLLHUP, p.revents);
	EXPECT_EQ(-SIGKILL, env_reap(env, pid));
}

CHECK(poll, hangup_cannot_be_masked,
      .title = "With both directions shut POLLHUP comes with every wait, until the socket is removed",
      CLAUSES(posix_poll_hangup_unasked, epoll_ctl2_hangup, linux_poll_connection),
      ROWS(POLL_33),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("own", "peers"),
      .why = "Loops that stop asking for events spin at full load; bun, haproxy and node have.",
      .explain = "SHUT_RDWR here or the peer's close().  poll() and level-triggered epoll "
	      "with no events return at once, again and again; EPOLL_CTL_DEL ends it.")
{
	int epoll = SETUP(poll_epoll(env)), fd[2];
	struct epoll_event e = { .events = 0 };

	SETUP(env_pair(env, fd));
	SETUP(epoll_ctl(epoll, EPOLL_CTL_ADD, fd[0], &e));
	poll_expect(epoll, 0);
	if (env->param == 1)
		ASSERT_RET(0, env_close(env, fd[1]));
	else
		ASSERT_RET(0, shutdown(fd[0], SHUT_RDWR));
	for (int i = 0; i < 3; i++) {
		EXPECT_POLL(POLLHUP, fd[0], 0);
		poll_expect(epoll, POLLHUP);
	}
	EXPECT_RET(0, epoll_ctl(epoll, EPOLL_CTL_MOD, fd[0], &e));
	poll_expect(epoll, POLLHUP);
	EXPECT_RET(0, epoll_ctl(epoll, EPOLL_CTL_DEL, fd[0], NULL));
	poll_expect(epoll, 0);
}

CHECK(poll, tells_all_that_are_ready,
      .title = "poll() tells of each descriptor that is ready, also when an earlier one is",
      CLAUSES(posix_poll_count),
      ROWS(POLL_100),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "The sockets at the end of the list would starve behind a busy one.")
{
	struct pollfd p[5];
	int fd[2], idle[2];

	SETUP(env_pair(env, fd));
	SETUP(env_pair(env, idle));
	ASSERT_RET(1, send(fd[0], "d", 1, MSG_NOSIGNAL));
	p[0] = (struct pollfd){ fd[0], POLLOUT, 0x7f };
	p[1] = (struct pollfd){ idle[0], POLLIN, 0x7f };
	p[2] = (struct pollfd){ fd[1], POLLIN | POLLOUT, 0x7f };
	p[3] = (struct pollfd){ fd[1], POLLIN, 0x7f };
	p[4] = (struct pollfd){ idle[1], POLLOUT, 0x7f };
	EXPECT_RET(4, poll(p, 5, 0));
	EXPECT_EQ(POLLOUT, p[0].revents);
	EXPECT_EQ(0, p[1].revents);
	EXPECT_EQ(POLLIN | POLLOUT, p[2].revents);
	EXPECT_EQ(POLLIN, p[3].revents);
	EXPECT_EQ(POLLOUT, p[4].revents);
}
