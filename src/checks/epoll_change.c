// SPDX-License-Identifier: BSD-2-Clause
/*
 * epoll_ctl() and epoll_wait() with sockets that are ready: what a change
 * tells and whom it wakes, duplicates, more events than room, epoll in epoll.
 */
#include "config.h"

#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_poll.h"
#include "harness/check.h"

/* Judge that one event is reported now: these bits, and this data. */
static void expect_event(int epoll, unsigned int bits, uint64_t data)
{
	struct epoll_event e[2] = { { .events = 0 } };

	ASSERT_RET(1, epoll_wait(epoll, e, 2, 0));
	EXPECT_EQ(bits, e[0].events);
	EXPECT_EQ(data, e[0].data.u64);
}

static void set_event(int epoll, int op, int fd, unsigned int bits,
		      uint64_t data)
{
	struct epoll_event e = { .events = bits, .data.u64 = data };

	ASSERT_RET(0, epoll_ctl(epoll, op, fd, &e));
}

CHECK(epoll, change_tells_what_is_ready,
      .title = "After EPOLL_CTL_MOD what is ready is reported, once if edge-triggered",
      CLAUSES(linux_epoll_modify, epoll_ctl2_hangup),
      ROWS(POLL_50, POLL_51),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP | NONBLOCK,
      .controls = TCP, PARAMS("level", "edge"),
      .why = "A program that begins to write asks for EPOLLOUT and waits for it.",
      .explain = "The bits and the data are those of the change.  What is not ready is "
	      "not reported; the hangup is, though nobody asks for it again.")
{
	unsigned int edge = env->param ? EPOLLET : 0;
	int fd[2], epoll = SETUP(poll_epoll(env));

	SETUP(env_pair(env, fd));
	set_event(epoll, EPOLL_CTL_ADD, fd[0], EPOLLIN | edge, 1);
	poll_expect(epoll, 0);
	for (uint64_t i = 0; i < 2; i++) {
		set_event(epoll, EPOLL_CTL_MOD, fd[0], EPOLLOUT | edge, 10 + i);
		expect_event(epoll, EPOLLOUT, 10 + i);
		poll_expect(epoll, edge ? 0 : POLLOUT);
		set_event(epoll, EPOLL_CTL_MOD, fd[0], EPOLLIN | edge, 20 + i);
		poll_expect(epoll, 0);
	}
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	data_settle(env, fd[0], 1);
	expect_event(epoll, EPOLLIN, 21);
	set_event(epoll, EPOLL_CTL_MOD, fd[0], EPOLLIN | edge, 30);
	expect_event(epoll, EPOLLIN, 30);
	if (env_is_control(env))
		return;
	ASSERT_RET(0, shutdown(fd[0], SHUT_RDWR));
	set_event(epoll, EPOLL_CTL_MOD, fd[0], edge, 40);
	expect_event(epoll, EPOLLHUP, 40);
	set_event(epoll, EPOLL_CTL_DEL, fd[0], 0, 0);
	set_event(epoll, EPOLL_CTL_ADD, fd[0], edge, 50);
	expect_event(epoll, EPOLLHUP, 50);
}

CHECK(epoll, change_tells_the_error,
      .title = "EPOLLERR is reported though neither EPOLL_CTL_ADD nor MOD asks for it",
      CLAUSES(epoll_ctl2_hangup),
      ROWS(POLL_51),
      .types = CONNECTED, .addrs = PAIR, .axes = SWAP | NONBLOCK,
      PARAMS("add", "change"),
      .why = "Who waits for nothing else learns of a broken connection by it.",
      .explain = "The peer closes with data unread.  EPOLLHUP comes with it.")
{
	int fd[2], epoll = SETUP(poll_epoll(env));

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, send(fd[0], "u", 1, MSG_NOSIGNAL));
	set_event(epoll, EPOLL_CTL_ADD, fd[0], 0, 1);
	if (env->param)
		set_event(epoll, EPOLL_CTL_MOD, fd[0], 0, 2);
	poll_expect(epoll, 0);
	ASSERT_RET(0, env_close(env, fd[1]));
	for (int i = 0; i < 2; i++)
		poll_expect(epoll, POLLERR | POLLHUP);
}

static long sleep_in_epoll(struct call *c)
{
	struct epoll_event e;

	return epoll_wait(*(int *)c->arg, &e, 1, -1);
}

CHECK(epoll, change_wakes_a_sleeper,
      .title = "EPOLL_CTL_ADD and MOD of a socket that is ready wake a sleeping epoll_wait()",
      CLAUSES(epoll_wait2_other_thread),
      ROWS(POLL_52),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP, .controls = TCP,
      PARAMS("add", "change"), .needs = NEED_BLOCKED,
      .why = "Threads hand sockets to the one that waits; data may have come before.")
{
	int fd[2], epoll = SETUP(poll_epoll(env));
	struct call c = { .arg = &epoll };

	SETUP(env_pair(env, fd));
	if (env->param)
		set_event(epoll, EPOLL_CTL_ADD, fd[0], EPOLLRDHUP, 1);
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	data_settle(env, fd[0], 1);
	call_start(&c, "epoll_wait() in a thread", sleep_in_epoll);
	ASSERT_BLOCKS(&c);
	set_event(epoll, env->param ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd[0],
		  EPOLLIN, 2);
	EXPECT_CALL_RET(1, &c);
}

CHECK(epoll, duplicate_is_another,
      .title = "A duplicate of a registered descriptor can be added, and is told of by itself",
      CLAUSES(epoll7_duplicates),
      ROWS(POLL_53),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP, .controls = TCP,
      .why = "Programs ask for reading and writing by a descriptor each.",
      .explain = "The same descriptor again is EEXIST.  Removing one leaves the other.")
{
	struct epoll_event e[4] = { { .events = EPOLLIN } };
	int fd[2], twin, epoll = SETUP(poll_epoll(env));

	SETUP(env_pair(env, fd));
	twin = env_own(env, SETUP(dup(fd[0])));
	set_event(epoll, EPOLL_CTL_ADD, fd[0], EPOLLIN, 1);
	set_event(epoll, EPOLL_CTL_ADD, twin, EPOLLOUT, 2);
	EXPECT_ERRNO(EEXIST, epoll_ctl(epoll, EPOLL_CTL_ADD, fd[0], e));
	EXPECT_ERRNO(EEXIST, epoll_ctl(epoll, EPOLL_CTL_ADD, twin, e));
	expect_event(epoll, EPOLLOUT, 2);
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	data_settle(env, fd[0], 1);
	EXPECT_RET(2, epoll_wait(epoll, e, 4, 0));
	EXPECT_EQ(3, e[0].data.u64 + e[1].data.u64);
	set_event(epoll, EPOLL_CTL_DEL, twin, 0, 0);
	expect_event(epoll, EPOLLIN, 1);
	EXPECT_ERRNO(ENOENT, epoll_ctl(epoll, EPOLL_CTL_MOD, twin, e));
	EXPECT_ERRNO(ENOENT, epoll_ctl(epoll, EPOLL_CTL_DEL, twin, e));
}

#define N_READY 4

CHECK(epoll, more_events_than_room,
      .title = "With room for one event each epoll_wait() tells the next of the ready sockets",
      CLAUSES(epoll_wait2_round_robin),
      ROWS(POLL_54),
      .types = ANY_TYPE, .addrs = PAIR, .controls = TCP,
      PARAMS("level", "edge"),
      .why = "A busy connection must not keep the others from being served.",
      .explain = "Four sockets with data, three rounds.  Edge-triggered: one round, then "
	      "nothing, for no event is lost.")
{
	int fd[2], epoll = SETUP(poll_epoll(env));
	struct epoll_event e;

	for (unsigned int i = 0; i < N_READY; i++) {
		SETUP(env_pair(env, fd));
		set_event(epoll, EPOLL_CTL_ADD, fd[0],
			  EPOLLIN | (env->param ? EPOLLET : 0), i);
		ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
		data_settle(env, fd[0], 1);
	}
	for (int round = 0; round < (env->param ? 1 : 3); round++) {
		unsigned int seen = 0;

		CONTEXT("round %d", round);
		for (int i = 0; i < N_READY; i++) {
			ASSERT_RET(1, epoll_wait(epoll, &e, 1, 0));
			seen |= 1U << e.data.u64;
		}
		EXPECT_EQ((1U << N_READY) - 1, seen);
	}
	if (env->param)
		poll_expect(epoll, 0);
}

CHECK(epoll, bad_memory_keeps_the_event,
      .title = "epoll_wait() into bad memory fails with EFAULT and the event is told again",
      CLAUSES(epoll_wait2_efault, linux_epoll_fault),
      ROWS(POLL_55),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP,
      PARAMS("level", "edge", "one_shot"),
      .why = "A lost edge is a connection that hangs.")
{
	static const unsigned int flags[] = { 0, EPOLLET, EPOLLONESHOT };
	int fd[2], epoll = SETUP(poll_epoll(env));

	SETUP(env_pair(env, fd));
	set_event(epoll, EPOLL_CTL_ADD, fd[0], EPOLLIN | flags[env->param], 7);
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	for (int i = 0; i < 2; i++)
		EXPECT_ERRNO(EFAULT, epoll_wait(epoll,
						data_bad_page("protected"), 1,
						0));
	expect_event(epoll, EPOLLIN, 7);
	poll_expect(epoll, env->param ? 0 : POLLIN);
}

CHECK(epoll, in_another_epoll,
      .title = "An epoll is readable, in poll() and in another epoll, while a socket in it is",
      CLAUSES(epoll7_nested),
      ROWS(POLL_56),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP, .controls = TCP,
      PARAMS("poll", "epoll"), .needs = NEED_BLOCKED,
      .why = "Libraries with a loop of their own give its epoll to the program's loop.",
      .explain = "Whoever sleeps for the outer one is woken by data for the socket.")
{
	int fd[2], inner = SETUP(poll_epoll(env)), outer = SETUP(poll_epoll(env));
	struct pollfd p = { .fd = inner, .events = POLLIN };
	struct call c = { .arg = &outer };

	SETUP(env_pair(env, fd));
	set_event(inner, EPOLL_CTL_ADD, fd[0], EPOLLIN, 1);
	set_event(outer, EPOLL_CTL_ADD, inner, EPOLLIN, 2);
	poll_expect(outer, 0);
	EXPECT_POLL(0, inner, POLLIN);
	if (env->param)
		call_start(&c, "epoll_wait() in a thread", sleep_in_epoll);
	else
		call_poll(&c, &p, 1, -1);
	ASSERT_BLOCKS(&c);
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	EXPECT_CALL_RET(1, &c);
	EXPECT_POLL(POLLIN | POLLRDNORM, inner, POLLIN | POLLRDNORM);
	EXPECT_POLL(POLLRDNORM, inner, POLLRDNORM);
	expect_event(outer, EPOLLIN, 2);
	expect_event(inner, EPOLLIN, 1);
	ASSERT_RET(1, recv(fd[0], &(char){ 0 }, 1, 0));
	poll_expect(outer, 0);
	EXPECT_POLL(0, inner, POLLIN);
}

CHECK(epoll, exclusive_refuses,
      .title = "EPOLLEXCLUSIVE goes with few events and cannot be changed: EINVAL",
      CLAUSES(epoll_ctl2_exclusive),
      ROWS(POLL_102),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A waiter would be chosen for an event that it then does not tell.",
      .explain = "With EPOLLRDHUP, EPOLLPRI, EPOLLONESHOT or EPOLLRDNORM, and by "
	      "EPOLL_CTL_MOD, to it or from it.")
{
	static const unsigned int bad[] = {
		EPOLLRDHUP, EPOLLPRI, EPOLLONESHOT, EPOLLRDNORM,
	};
	struct epoll_event e = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	int epoll = SETUP(poll_epoll(env)), fd[2];

	SETUP(env_pair(env, fd));
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd[0], &e) < 0 && errno == EINVAL)
		SKIP_CASE("EPOLLEXCLUSIVE is not known here");
	EXPECT_ERRNO(EINVAL, epoll_ctl(epoll, EPOLL_CTL_MOD, fd[0], &e));
	e.events = EPOLLIN;
	EXPECT_ERRNO(EINVAL, epoll_ctl(epoll, EPOLL_CTL_MOD, fd[0], &e));
	ASSERT_RET(0, epoll_ctl(epoll, EPOLL_CTL_ADD, fd[1], &e));
	e.events = EPOLLIN | EPOLLEXCLUSIVE;
	EXPECT_ERRNO(EINVAL, epoll_ctl(epoll, EPOLL_CTL_MOD, fd[1], &e));
	ASSERT_RET(0, epoll_ctl(epoll, EPOLL_CTL_DEL, fd[1], NULL));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CONTEXT("%#x", bad[i]);
		e.events = EPOLLIN | EPOLLEXCLUSIVE | bad[i];
		EXPECT_ERRNO(EINVAL, epoll_ctl(epoll, EPOLL_CTL_ADD, fd[1], &e));
	}
}

CHECK(epoll, data_comes_back,
      .title = "epoll gives back all 64 bits of data, those of the last EPOLL_CTL_MOD",
      CLAUSES(epoll_ctl2_data),
      ROWS(POLL_104),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Programs keep pointers there, and follow what comes back.",
      .explain = "Two sockets in one instance; each comes back with its own.")
{
	static const uint64_t data[] = {
		UINT64_C(0x8123456789abcdef), UINT64_C(0xfedcba9800000001),
		UINT64_C(0x0000000180000000), 0, UINT64_MAX,
	};
	struct epoll_event e[2], got;
	int fd[2], epoll = SETUP(poll_epoll(env));

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		e[i].events = EPOLLIN;
		e[i].data.u64 = UINT64_C(0x5555555500000000) + (uint64_t)i;
		EXPECT_RET(0, epoll_ctl(epoll, EPOLL_CTL_ADD, fd[i], &e[i]));
	}
	for (int i = 0; i < 10; i++) {
		int n = i % 2;

		CONTEXT("change %d", i);
		ASSERT_RET(1, send(fd[!n], "m", 1, MSG_NOSIGNAL));
		for (int k = 0; k < 2; k++) {
			got.data.u64 = ~e[n].data.u64;
			EXPECT_RET(1, epoll_wait(epoll, &got, 1, 0));
			EXPECT_THAT(got.data.u64 == e[n].data.u64,
				    "%#llx is %#llx",
				    (unsigned long long)got.data.u64,
				    (unsigned long long)e[n].data.u64);
			e[n].data.u64 = data[i / 2];
			EXPECT_RET(0, epoll_ctl(epoll, EPOLL_CTL_MOD, fd[n],
						&e[n]));
		}
		ASSERT_RET(1, recv(fd[n], &(char){ 0 }, 1, 0));
	}
}
