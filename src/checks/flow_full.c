// SPDX-License-Identifier: BSD-2-Clause
/* A connection that is full: who is told, and when there is room again. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "checks/util_flow.h"
#include "harness/check.h"

CHECK(flow, full_send_is_eagain,
      .title = "A non-blocking send() on a full connection fails with EAGAIN and changes nothing",
      CLAUSES(posix_send_eagain, posix_poll_pollout),
      ROWS(FLOW_14, FLOW_20, FLOW_22),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A sender must be able to keep what did not fit, and only that.",
      .explain = "poll() does not report POLLOUT then.  The other direction is free.  "
	      "All that was accepted is received, in order, and nothing else; then "
	      "there is room again.")
{
	int fd[2], n, flags = env->nonblock ? 0 : MSG_DONTWAIT;

	SETUP(flow_pair(env, fd));
	EXPECT_POLL(POLLOUT, fd[0], POLLOUT);
	n = flow_fill(fd[0]);
	for (int i = 0; i < 2; i++) {
		EXPECT_POLL(0, fd[0], POLLOUT);
		EXPECT_ERRNO(EAGAIN, send(fd[0], "no room", 7, flags));
	}
	if (env->nonblock)
		EXPECT_ERRNO(EAGAIN, write(fd[0], "no room", 7));
	EXPECT_POLL(POLLOUT, fd[1], POLLOUT);
	EXPECT_RET(4, send(fd[1], "back", 4, flags));
	dgram_expect(fd[0], "back");
	flow_drain(fd[1], 0, n);
	dgram_expect_empty(fd[1]);
	EXPECT_POLL(POLLOUT, fd[0], POLLOUT);
	EXPECT_RET(5, send(fd[0], "again", 5, flags));
	dgram_expect(fd[1], "again");
}

CHECK(flow, nonblock_holds_for_every_call,
      .title = "O_NONBLOCK holds for each call that sends or receives, without a flag",
      CLAUSES(posix_send_eagain, posix_recv_blocks),
      ROWS(FLOW_20),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "An event loop stops at the one call that waits.")
{
	char byte = 'x';
	struct iovec iov[2] = { { &byte, 1 }, { &byte, 1 } };
	struct mmsghdr mmsg = { .msg_hdr = { .msg_iov = iov, .msg_iovlen = 1 } };
	int fd[2];

	SETUP(flow_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		int flags = SETUP(fcntl(fd[i], F_GETFL));

		SETUP(fcntl(fd[i], F_SETFL, flags | O_NONBLOCK));
	}
	EXPECT_ERRNO(EAGAIN, recv(fd[1], &byte, 1, 0));
	EXPECT_ERRNO(EAGAIN, read(fd[1], &byte, 1));
	for (int n = 1; n <= 2; n++)
		EXPECT_ERRNO(EAGAIN, readv(fd[1], iov, n));
	EXPECT_ERRNO(EAGAIN, recvmsg(fd[1], &mmsg.msg_hdr, 0));
	EXPECT_ERRNO(EAGAIN, recvmmsg(fd[1], &mmsg, 1, 0, NULL));
	flow_fill(fd[0]);
	EXPECT_ERRNO(EAGAIN, send(fd[0], &byte, 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EAGAIN, write(fd[0], &byte, 1));
	for (int n = 1; n <= 2; n++)
		EXPECT_ERRNO(EAGAIN, writev(fd[0], iov, n));
	EXPECT_ERRNO(EAGAIN, sendmsg(fd[0], &mmsg.msg_hdr, MSG_NOSIGNAL));
	EXPECT_ERRNO(EAGAIN, sendmmsg(fd[0], &mmsg, 1, MSG_NOSIGNAL));
}

/* The struct sk_buff of a message alone takes more than 200 bytes. */
#define MOST_OF_SIZE 16

CHECK(flow, overhead_is_charged,
      .title = "A connection is full when the memory of its messages fills SO_SNDBUF, not bytes",
      CLAUSES(linux_send_full),
      ROWS(FLOW_13, FLOW_21),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      .why = "Short messages fill it long before their bytes do; capacity cannot be computed.",
      .explain = "One-byte messages until EAGAIN: SIOCOUTQ has then reached SO_SNDBUF, "
	      "with a message less it had not.  With Linux's usual 212992 bytes it "
	      "takes 278 of them.  The number is the same the next time, give "
	      "or take one.")
{
	int fd[2], size, outq = 0, last = 0, n[2];

	for (int i = 0; i < 2; i++) {
		SETUP(flow_pair(env, fd));
		size = SETUP(backlog_option(fd[0], SO_SNDBUF));
		EXPECT_EQ(0, flow_outq(fd[0]));
		for (n[i] = 0; n[i] <= size / MOST_OF_SIZE &&
		     send(fd[0], "1", 1, MSG_DONTWAIT) == 1; n[i]++) {
			last = outq;
			outq = flow_outq(fd[0]);
		}
		EXPECT_ERRNO(EAGAIN, send(fd[0], "1", 1, MSG_DONTWAIT));
		EXPECT_RANGE(1, size / MOST_OF_SIZE, n[i]);
		EXPECT_RANGE(size, 1 << 30, outq);
		EXPECT_RANGE(0, size - 1, last);
	}
	EXPECT_RANGE(n[0] - 1, n[0] + 1, n[1]);
	NOTE("%d one-byte messages fill %d bytes", n[0], size);
}

CHECK(flow, pollout_returns_at_a_quarter,
      .title = "POLLOUT returns when at most a quarter of SO_SNDBUF is in use, not before",
      CLAUSES(linux_unix_writable, posix_poll_pollout),
      ROWS(FLOW_23, FLOW_25),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Who waits for POLLOUT sleeps until three quarters are read; emulators differ.",
      .explain = "A full socket is read message by message.  After each, poll() and the "
	      "memory in use (SIOCOUTQ) are compared.  Shadow and gVisor have puzzled "
	      "over it.")
{
	int fd[2], n, size, returned = 0;

	SETUP(flow_pair(env, fd));
	size = SETUP(backlog_option(fd[0], SO_SNDBUF));
	n = flow_fill(fd[0]);
	EXPECT_POLL(0, fd[0], POLLOUT);
	for (int i = 0; i < n; i++) {
		int used;

		CONTEXT("after %d of %d messages were read", i + 1, n);
		flow_drain(fd[1], i, 1);
		used = (int)ASSERT_OK(flow_outq(fd[0]));
		/* The kernel's own count has one more. */
		if (4 * used > size) {
			EXPECT_POLL(0, fd[0], POLLOUT);
		} else if (4 * (used + 1) <= size) {
			EXPECT_POLL(POLLOUT, fd[0], POLLOUT);
			returned = returned ? returned : i + 1;
		}
	}
	EXPECT_RANGE(2, n, returned);
	NOTE("POLLOUT returned after %d of %d messages", returned, n);
}

CHECK(flow, send_succeeds_without_pollout,
      .title = "send() succeeds as soon as a message was read, although POLLOUT is not reported",
      CLAUSES(linux_send_full, linux_unix_writable),
      ROWS(FLOW_23, FLOW_24),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Trying is not the same as asking; a program that asks gets fewer turns.")
{
	int fd[2], n;

	SETUP(flow_pair(env, fd));
	n = flow_fill(fd[0]);
	for (int i = 0; i < 2; i++) {
		CONTEXT("round %d of a connection with %d messages", i, n);
		/* The last one may have gone beyond the limit. */
		flow_drain(fd[1], 2 * i, 2);
		EXPECT_POLL(0, fd[0], POLLOUT);
		EXPECT_RET(4, send(fd[0], "more", 4, MSG_DONTWAIT));
		EXPECT_POLL(0, fd[0], POLLOUT);
	}
}

/* How many units a connection with these buffers holds; SO_RCVBUF 0: as it is. */
static int measure(struct env *env, int sndbuf, int rcvbuf)
{
	int fd[2], n;

	SETUP(env_pair(env, fd));
	SETUP(backlog_set_option(fd[0], SO_SNDBUF, sndbuf));
	if (rcvbuf)
		SETUP(backlog_set_option(fd[1], SO_RCVBUF, rcvbuf));
	n = flow_fill(fd[0]);
	flow_drain(fd[1], 0, n);
	env_close(env, fd[0]);
	env_close(env, fd[1]);
	return n;
}

CHECK(flow, send_buffer_decides,
      .title = "A smaller SO_SNDBUF holds less; the receiver's SO_RCVBUF makes no difference",
      CLAUSES(unix7_sndbuf_limit, linux_send_full),
      ROWS(FLOW_26, FLOW_27),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "The sender's buffer is the only one there is; tuning the receiver's is in vain.",
      .explain = "The same messages into connections with a larger and a smaller "
	      "SO_SNDBUF, with the least SO_RCVBUF and with a larger one.")
{
	int usual = measure(env, 16384, 0);

	EXPECT_RANGE(1, usual - 2, measure(env, 4096, 0));
	EXPECT_RANGE(usual + 2, 1 << 20, measure(env, 65536, 0));
	/* Where memory comes from may make a difference of one (KFENCE). */
	EXPECT_RANGE(usual - 1, usual + 1, measure(env, 16384, 1));
	EXPECT_RANGE(usual - 1, usual + 1, measure(env, 16384, 131072));
}

CHECK(flow, smaller_buffer_keeps_the_queue,
      .title = "A send buffer made smaller than what is queued loses nothing and admits no more",
      CLAUSES(unix7_sndbuf_limit, linux_send_full),
      ROWS(FLOW_54),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP,
      .why = "Buffers are tuned on connections that carry data already.",
      .explain = "Twenty messages, then the least SO_SNDBUF: EAGAIN and no POLLOUT.  All "
	      "twenty are received, and there is room again.")
{
	int fd[2], n = 0;

	SETUP(env_pair(env, fd));
	for (; n < 20; n++)
		ASSERT_RET(FLOW_UNIT, send(fd[0], (char[FLOW_UNIT]){ (char)n },
					   FLOW_UNIT, MSG_DONTWAIT));
	SETUP(backlog_set_option(fd[0], SO_SNDBUF, 1));
	EXPECT_ERRNO(EAGAIN, send(fd[0], "no room", 7, MSG_DONTWAIT));
	EXPECT_POLL(0, fd[0], POLLOUT);
	for (int i = 0; i < n; i++) {
		char in[FLOW_UNIT] = { -1 };

		CONTEXT("message %d", i);
		EXPECT_RET(FLOW_UNIT, recv(fd[1], in, FLOW_UNIT, MSG_DONTWAIT));
		EXPECT_EQ(i, in[0]);
	}
	CONTEXT("%s", "");
	EXPECT_ERRNO(EAGAIN, recv(fd[1], &(char){ 0 }, 1, MSG_DONTWAIT));
	EXPECT_POLL(POLLOUT, fd[0], POLLOUT);
	EXPECT_RET(4, send(fd[0], "room", 4, MSG_DONTWAIT));
}
