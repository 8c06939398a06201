// SPDX-License-Identifier: BSD-2-Clause
/* close() and shutdown() at the moment when the other end does something. */
#include "config.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "checks/util_dgram.h"
#include "checks/util_flow.h"
#include "checks/util_poll.h"
#include "checks/util_race.h"
#include "checks/util_rights.h"
#include "harness/check.h"

CHECK(race, close_leaves_accept_asleep,
      .title = "close() of a listener does not wake accept(), which still serves one client",
      CLAUSES(linux_accept_holds_listener),
      ROWS(RACE_03, RACE_04),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .needs = NEED_BLOCKED, .tags = "race",
      .why = "Who closes to stop such a thread waits for it, and serves one client more.",
      .explain = "accept() in a thread, close() in another: the sleeper sleeps on, a "
	      "client connects and is given to it.  Only then is the name refused.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), client;
	struct call c;

	call_accept(&c, listener);
	ASSERT_BLOCKS(&c);
	EXPECT_RET(0, env_close(env, listener));
	EXPECT_BLOCKS(&c);
	client = (int)ASSERT_OK(backlog_connect(env, &a));
	EXPECT_CALL_OK(&c);
	ASSERT_THAT(c.ret >= 0, "a connection");
	env_own(env, (int)c.ret);
	data_expect_works(env, client, (int)c.ret);
	EXPECT_ERRNO(ECONNREFUSED, backlog_connect(env, &a));
}

/* A socket of the round and what the thread's call on it gave. */
struct act {
	const struct addr *to;
	int fd;
	int token;
	ssize_t ret;
	int err;
	char buf[4];
	struct epoll_event event;
};

static void keep(struct act *a, ssize_t ret)
{
	a->ret = ret;
	a->err = ret < 0 ? errno : 0;
}

static void act_send(void *arg)
{
	struct act *a = arg;

	keep(a, send(a->fd, "x", 1, MSG_NOSIGNAL));
}

static void act_sendto(void *arg)
{
	struct act *a = arg;

	keep(a, sendto(a->fd, "x", 1, 0, &a->to->sa, a->to->len));
}

CHECK(race, send_or_receivers_close,
      .title = "A datagram sent while its receiver closes is sent or refused, ECONNREFUSED",
      CLAUSES(linux_dgram_dead_peer),
      ROWS(RACE_13),
      .types = DGRAM, .addrs = NAMED, PARAMS("send", "sendto"),
      .tags = "race",
      .why = "Senders retry on this one errno; the daemon may be restarted any moment.")
{
	unsigned int rounds = race_rounds(env, 16);
	struct addr a = env_addr(env, 0);
	struct act act = { .to = &a };
	struct race r;

	race_start(&r, env, env->param ? act_sendto : act_send, &act);
	for (unsigned int i = 0; i < rounds && !has_failed(); i++) {
		int fd = SETUP(env_bound(env, &a));

		CONTEXT("round %u", i);
		act.fd = SETUP(env_socket(env));
		if (env->param == 0)
			SETUP(connect(act.fd, &a.sa, a.len));
		race_go(&r);
		EXPECT_RET(0, env_close(env, fd));
		EXPECT_RET(0, race_wait(&r));
		if (act.ret < 0)
			EXPECT_ERR_EQ(ECONNREFUSED, act.err);
		else
			EXPECT_EQ(1, act.ret);
		EXPECT_ERRNO(ECONNREFUSED, dgram_sendto(act.fd, "x", &a));
		SETUP(env_close(env, act.fd));
		if (env->row->addr == PATH)
			SETUP(unlink(a.un.sun_path));
	}
	race_end(&r);
}

static void act_close(void *arg)
{
	struct act *a = arg;

	keep(a, close(a->fd));
}

CHECK(race, both_ends_close,
      .title = "Both ends that close at once with data unread both succeed",
      CLAUSES(linux_release_tells_peer),
      ROWS(RACE_14),
      .types = ANY_TYPE, .addrs = PAIR, .controls = TCP, .tags = "race",
      .why = "Each end looks at the other while it goes away itself.")
{
	unsigned int rounds = race_rounds(env, 16);
	struct act act = { .fd = -1 };
	struct race r;

	race_start(&r, env, act_close, &act);
	for (unsigned int i = 0; i < rounds && !has_failed(); i++) {
		int fd[2];

		CONTEXT("round %u", i);
		SETUP(env_pair(env, fd));
		ASSERT_RET(1, write(fd[0], "x", 1));
		act.fd = fd[1];
		race_go(&r);
		EXPECT_RET(0, close(fd[0]));
		EXPECT_RET(0, race_wait(&r));
		EXPECT_EQ(0, act.ret);
	}
	race_end(&r);
}

/* Until the other end is gone. */
static void act_send_all(void *arg)
{
	struct act *a = arg;

	do
		keep(a, send(a->fd, "x", 1, MSG_NOSIGNAL));
	while (a->ret == 1);
}

CHECK(race, sender_meets_close,
      .title = "A sender whose peer closes is told by EPIPE or ECONNRESET, then by EPIPE",
      CLAUSES(posix_send_epipe, linux_release_tells_peer),
      ROWS(RACE_14),
      .types = CONNECTED, .addrs = PAIR, .tags = "race",
      .why = "A sender that waits or goes on sends into nothing for ever.",
      .explain = "One thread sends bytes until it fails while the other end reads one "
	      "and closes, with more unread or not.  ECONNRESET is of data unread, "
	      "and is told once.  A seqpacket sender that meets the close itself may "
	      "get ECONNREFUSED and lose its peer, ENOTCONN, in Linux before 6.3 "
	      "and its stable versions: accepted where nothing newer is known.")
{
	unsigned int rounds = race_rounds(env, 12);
	struct act act = { .fd = -1 };
	struct race r;

	race_start(&r, env, act_send_all, &act);
	for (unsigned int i = 0; i < rounds && !has_failed(); i++) {
		int fd[2];

		CONTEXT("round %u", i);
		SETUP(env_pair(env, fd));
		act.fd = fd[0];
		race_go(&r);
		EXPECT_RET(1, recv(fd[1], &(char){ 0 }, 1, 0));
		EXPECT_RET(0, env_close(env, fd[1]));
		EXPECT_RET(0, race_wait(&r));
		EXPECT_EQ(-1, act.ret);
		if (env->type == SOCK_SEQPACKET && act.err == ECONNREFUSED &&
		    !release_proven(RELEASE_6_5)) {
			NOTE("ECONNREFUSED, and the peer is lost");
			/* A reset may have been stored, too. */
			backlog_option(fd[0], SO_ERROR);
			EXPECT_ERRNO(ENOTCONN, send(fd[0], "x", 1, MSG_NOSIGNAL));
			SETUP(env_close(env, fd[0]));
			continue;
		}
		if (act.err == EPIPE)
			/* It may have come between the close and its reset. */
			backlog_option(fd[0], SO_ERROR);
		else
			EXPECT_ERR_EQ(ECONNRESET, act.err);
		EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
		EXPECT_RET(0, recv(fd[0], &(char){ 0 }, 1, 0));
		SETUP(env_close(env, fd[0]));
	}
	race_end(&r);
}

static void act_send_token(void *arg)
{
	struct act *a = arg;

	keep(a, rights_send(a->fd, &a->token, 1, "t", 1));
}

CHECK(race, rights_meet_shutdown,
      .title = "A descriptor sent while the peer does SHUT_RD is delivered or freed, not kept",
      CLAUSES(posix_shutdown_disables, linux_rights_discard),
      ROWS(RACE_15),
      .types = CONNECTED, .addrs = PAIR, .tags = "race",
      .why = "A descriptor that is neither here nor there keeps its file open for ever.",
      .explain = "Either sendmsg() is EPIPE and the descriptor is free at once, or it "
	      "was sent and the peer still receives it, then the end.")
{
	unsigned int rounds = race_rounds(env, 16);
	struct act act = { .fd = -1 };
	struct race r;

	race_start(&r, env, act_send_token, &act);
	for (unsigned int i = 0; i < rounds && !has_failed(); i++) {
		int fd[2], token[2];
		struct cmsg_msg m;

		CONTEXT("round %u", i);
		SETUP(env_pair(env, fd));
		rights_token(env, token);
		act.fd = fd[0];
		act.token = token[1];
		race_go(&r);
		EXPECT_RET(0, shutdown(fd[1], SHUT_RD));
		EXPECT_RET(0, race_wait(&r));
		SETUP(env_close(env, token[1]));
		if (act.ret == 1) {
			EXPECT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), 0));
			EXPECT_EQ(1, rights_close(&m));
		} else {
			EXPECT_ERR_EQ(EPIPE, act.err);
		}
		rights_expect_freed(token[0]);
		EXPECT_RET(0, recv(fd[1], m.data, 1, 0));
		for (int k = 0; k < 2; k++)
			SETUP(env_close(env, fd[k]));
		SETUP(env_close(env, token[0]));
	}
	race_end(&r);
}

static void act_epoll(void *arg)
{
	struct act *a = arg;

	keep(a, epoll_wait(a->fd, &a->event, 1, -1));
}

CHECK(race, epoll_meets_receivers_close,
      .title = "epoll that waits for room is woken whenever the full receiver closes",
      CLAUSES(linux_dgram_peer_wake, linux_dgram_poll),
      ROWS(RACE_16),
      .types = DGRAM, .addrs = NAMED, .tags = "race",
      .why = "The sender hangs in the receiver's queue of waiters: CVE-2013-7446.",
      .explain = "A sender connected to a receiver whose queue is full; epoll_wait() for "
	      "EPOLLOUT in a thread, close() of the receiver at about that time.")
{
	unsigned int rounds = race_rounds(env, 6);
	struct act act = { .fd = -1 };
	struct race r;

	race_start(&r, env, act_epoll, &act);
	for (unsigned int i = 0; i < rounds && !has_failed(); i++) {
		struct flow_queue q;
		int fd;

		CONTEXT("round %u", i);
		flow_full_queue(env, &q);
		fd = SETUP(env_socket(env));
		SETUP(connect(fd, &q.addr.sa, q.addr.len));
		act.fd = SETUP(poll_epoll(env));
		act.event.events = EPOLLOUT;
		SETUP(epoll_ctl(act.fd, EPOLL_CTL_ADD, fd, &act.event));
		race_go(&r);
		EXPECT_RET(0, env_close(env, q.fd));
		EXPECT_RET(0, race_wait(&r));
		EXPECT_EQ(1, act.ret);
		EXPECT_EQ(EPOLLOUT, act.event.events);
		EXPECT_ERRNO(ECONNREFUSED, send(fd, "x", 1, 0));
		SETUP(env_close(env, act.fd));
		SETUP(env_close(env, fd));
		if (env->row->addr == PATH)
			SETUP(unlink(q.addr.un.sun_path));
	}
	race_end(&r);
}

static void act_recv_all(void *arg)
{
	struct act *a = arg;

	keep(a, recv(a->fd, a->buf, sizeof(a->buf), MSG_WAITALL));
}

CHECK(race, close_wakes_waitall,
      .title = "close() wakes a MSG_WAITALL reader each time, with what had come",
      CLAUSES(linux_release_tells_peer, posix_recv_waitall),
      ROWS(RACE_17),
      .types = STREAM, .addrs = PAIR, .axes = SWAP, .controls = TCP,
      .tags = "race",
      .why = "A wake-up lost in one of a thousand rounds is a server that hangs once a day.")
{
	unsigned int rounds = race_rounds(env, 24);
	struct act act = { .fd = -1 };
	struct race r;

	race_start(&r, env, act_recv_all, &act);
	for (unsigned int i = 0; i < rounds && !has_failed(); i++) {
		int fd[2];

		CONTEXT("round %u", i);
		SETUP(env_pair(env, fd));
		ASSERT_RET(2, send(fd[0], "ab", 2, MSG_NOSIGNAL));
		act.fd = fd[1];
		race_go(&r);
		EXPECT_RET(0, env_close(env, fd[0]));
		EXPECT_RET(0, race_wait(&r));
		EXPECT_EQ(2, act.ret);
		EXPECT_MEM("ab", act.buf, 2);
		SETUP(env_close(env, fd[1]));
	}
	race_end(&r);
}
