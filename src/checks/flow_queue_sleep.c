// SPDX-License-Identifier: BSD-2-Clause
/* A send() that sleeps on a full receiver, and what ends it. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "checks/util_flow.h"
#include "checks/util_moment.h"
#include "harness/check.h"

#define TIMEOUT_MS 20

/* A sender that is to sleep: with a peer, or by sendto(), as the row says. */
static int start_sender(struct env *env, struct call *c, const struct flow_queue *q)
{
	int fd = SETUP(env_socket(env));

	if (env->param == 0) {
		SETUP(connect(fd, &q->addr.sa, q->addr.len));
		call_send(c, fd, "late", 4, 0);
	} else {
		call_sendto(c, fd, "late", 4, 0, &q->addr);
	}
	ASSERT_BLOCKS(c);
	return fd;
}

CHECK(flow_queue, full_receiver_blocks_send,
      .title = "A send() to a full receiver sleeps until a message is taken, then delivers its own",
      CLAUSES(posix_send_blocks, linux_dgram_wait),
      ROWS(FLOW_09),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_BLOCKED,
      PARAMS("send", "sendto"),
      .why = "A log daemon that stops reading stops all who log; none of it may be lost.",
      .explain = "macOS and BSD systems answer ENOBUFS instead of sleeping.")
{
	struct flow_queue q;
	struct call c;

	flow_full_queue(env, &q);
	start_sender(env, &c, &q);
	flow_drain_queue(q.fd, 0, 1);
	EXPECT_CALL_RET(4, &c);
	flow_drain_queue(q.fd, 1, q.n - 1);
	dgram_expect(q.fd, "late");
	dgram_expect_empty(q.fd);
}

CHECK(flow_queue, send_timeout,
      .title = "SO_SNDTIMEO ends a send() to a full receiver with EAGAIN, and nothing is queued",
      CLAUSES(socket7_timeouts, linux_dgram_wait),
      ROWS(FLOW_10),
      .types = DGRAM, .addrs = NAMED,
      PARAMS("send", "sendto"),
      .waits = true,
      .why = "The timeout is what saves a program from a log daemon that hangs.")
{
	int fd = SETUP(env_socket(env));
	struct flow_queue q;
	struct moment start;

	flow_full_queue(env, &q);
	SETUP(backlog_set_timeout(fd, SO_SNDTIMEO, TIMEOUT_MS));
	if (env->param == 0)
		SETUP(connect(fd, &q.addr.sa, q.addr.len));
	moment_take(&start);
	EXPECT_ERRNO(EAGAIN, env->param == 0 ? send(fd, "late", 4, 0) :
		     sendto(fd, "late", 4, 0, &q.addr.sa, q.addr.len));
	moment_expect_passed(&start, TIMEOUT_MS);
	flow_drain_queue(q.fd, 0, q.n);
	dgram_expect_empty(q.fd);
	EXPECT_RET(3, sendto(fd, "now", 3, 0, &q.addr.sa, q.addr.len));
	dgram_expect(q.fd, "now");
}

CHECK(flow_queue, close_refuses_sleeper,
      .title = "A send() that sleeps gets ECONNREFUSED when its receiver closes",
      CLAUSES(linux_dgram_wait, linux_dgram_dead_peer),
      ROWS(FLOW_11),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_BLOCKED,
      PARAMS("send", "sendto"),
      .why = "Programs would hang in their last line of log when the daemon dies.")
{
	struct flow_queue q;
	struct call c[2];
	int fd;

	flow_full_queue(env, &q);
	fd = start_sender(env, &c[0], &q);
	start_sender(env, &c[1], &q);
	ASSERT_RET(0, env_close(env, q.fd));
	EXPECT_CALL_ERRNO(ECONNREFUSED, &c[0]);
	EXPECT_CALL_ERRNO(ECONNREFUSED, &c[1]);
	EXPECT_ERRNO(ENOTCONN, send(fd, "x", 1, 0));
}

static volatile sig_atomic_t n_sigpipe;

static void count_sigpipe(int sig)
{
	(void)sig;
	n_sigpipe++;
}

CHECK(flow_queue, shutdown_reaches_sleeper_late,
      .title = "SHUT_RD of a full receiver ends a sleeping send() once it reads or closes",
      CLAUSES(linux_dgram_shutdown_sleeper),
      ROWS(FLOW_12),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_BLOCKED,
      PARAMS("read", "close"),
      .why = "A server that stops gracefully leaves its clients asleep.",
      .explain = "Linux does not wake the sleeper at the shutdown.  When the receiver "
	      "then takes a message it gets EPIPE, when it closes ECONNREFUSED.  EPIPE "
	      "at once would be right, too.  There is no SIGPIPE.")
{
	struct sigaction sa = { .sa_handler = count_sigpipe };
	struct flow_queue q;
	struct call c;
	int fd;

	n_sigpipe = 0;
	SETUP(sigaction(SIGPIPE, &sa, NULL));
	flow_full_queue(env, &q);
	fd = SETUP(env_connect(env, &q.addr));
	call_send(&c, fd, "late", 4, 0);
	ASSERT_BLOCKS(&c);
	ASSERT_RET(0, shutdown(q.fd, SHUT_RD));
	if (!call_is_blocked(&c)) {
		NOTE("the shutdown wakes send()");
		EXPECT_CALL_ERRNO(EPIPE, &c);
		return;
	}
	NOTE("the shutdown does not wake send()");
	if (env->param == 0) {
		flow_drain_queue(q.fd, 0, 1);
		EXPECT_CALL_ERRNO(EPIPE, &c);
		EXPECT_ERRNO(EPIPE, send(fd, "x", 1, MSG_DONTWAIT));
		flow_drain_queue(q.fd, 1, q.n - 1);
	} else {
		ASSERT_RET(0, env_close(env, q.fd));
		EXPECT_CALL_ERRNO(ECONNREFUSED, &c);
	}
	EXPECT_EQ(0, n_sigpipe);
}

CHECK(flow_queue, purge_wakes_sleeper,
      .title = "A send() that sleeps goes on when its receiver discards what is queued",
      CLAUSES(linux_dgram_disconnected, linux_dgram_wait),
      ROWS(FLOW_52),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_BLOCKED,
      PARAMS("send", "sendto"),
      .why = "There is room, and nobody else would tell the sender.",
      .explain = "The receiver connects to another socket, which keeps the queue, and to "
	      "AF_UNSPEC, which empties it.")
{
	struct addr other = env_addr(env, 1);
	struct flow_queue q;
	struct call c;

	SETUP(env_bound(env, &other));
	flow_full_queue(env, &q);
	start_sender(env, &c, &q);
	ASSERT_RET(0, connect(q.fd, &other.sa, other.len));
	ASSERT_BLOCKS(&c);
	ASSERT_RET(0, dgram_disconnect(q.fd));
	EXPECT_CALL_RET(4, &c);
	dgram_expect(q.fd, "late");
	dgram_expect_empty(q.fd);
}

CHECK(flow_queue, new_peer_wakes_poll,
      .title = "A poll() asleep on a full receiver is woken when the sender connects elsewhere",
      CLAUSES(linux_dgram_peer_wake),
      ROWS(FLOW_53),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_BLOCKED,
      PARAMS("other", "nobody"),
      .why = "A client that moves to another server waits for the old one's room.")
{
	struct addr other = env_addr(env, 1);
	struct pollfd waiting = { .events = POLLOUT };
	struct flow_queue q;
	struct call c;
	int target = SETUP(env_bound(env, &other));

	flow_full_queue(env, &q);
	waiting.fd = SETUP(env_connect(env, &q.addr));
	call_poll(&c, &waiting, 1, -1);
	ASSERT_BLOCKS(&c);
	if (env->param == 0)
		ASSERT_RET(0, connect(waiting.fd, &other.sa, other.len));
	else
		ASSERT_RET(0, dgram_disconnect(waiting.fd));
	EXPECT_CALL_RET(1, &c);
	EXPECT_EQ(POLLOUT, waiting.revents);
	if (env->param == 0) {
		EXPECT_RET(3, send(waiting.fd, "new", 3, MSG_DONTWAIT));
		dgram_expect(target, "new");
	}
}

/* How many of the calls have come back; they have sent their message. */
static int count_done(struct call *c, bool *done, int n)
{
	int count = 0;

	for (int i = 0; i < n; i++) {
		if (!done[i] && !call_is_blocked(&c[i])) {
			EXPECT_CALL_RET(4, &c[i]);
			done[i] = true;
		}
		count += done[i];
	}
	return count;
}

CHECK(flow_queue, one_taken_wakes_one_sender,
      .title = "With several send()s asleep each message that is taken releases exactly one",
      CLAUSES(linux_dgram_wait),
      ROWS(FLOW_51),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_BLOCKED,
      PARAMS("send", "sendto"),
      .why = "One too few is a sender that hangs, one too many breaks the limit.")
{
	struct flow_queue q;
	struct call c[3];
	bool done[3] = { false };

	flow_full_queue(env, &q);
	for (int i = 0; i < 3; i++)
		start_sender(env, &c[i], &q);
	for (int i = 0; i < 3; i++) {
		CONTEXT("message number %d taken", i);
		if (i < q.n)
			flow_drain_queue(q.fd, i, 1);
		else
			dgram_expect(q.fd, "late");
		EXPECT_EQ(i + 1, count_done(c, done, 3));
	}
	for (int i = 0; i < 3; i++)
		call_cancel(&c[i]);
}

CHECK(flow_queue, sleepers_keep_their_order,
      .title = "send()s that sleep on a full receiver deliver in the order in which they came",
      CLAUSES(linux_wait_for_peer_order, linux_dgram_wait),
      ROWS(FLOW_55),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_BLOCKED,
      PARAMS("send", "sendto"),
      .why = "On a busy receiver who came first would wait for ever, passed by all others.",
      .explain = "Three sleep, each begun when the one before was seen asleep; each message "
		 "that is taken lets through the first of those that are left.")
{
	struct flow_queue q;
	struct call c[3];

	flow_full_queue(env, &q);
	if (q.n < 3)
		SKIP_CASE("a queue of %d datagrams is too short for this", q.n);
	for (int i = 0; i < 3; i++)
		start_sender(env, &c[i], &q);
	for (int i = 0; i < 3; i++) {
		CONTEXT("message number %d taken", i);
		flow_drain_queue(q.fd, i, 1);
		EXPECT_CALL_RET(4, &c[i]);
		for (int j = i + 1; j < 3; j++)
			EXPECT_BLOCKS(&c[j]);
	}
}
