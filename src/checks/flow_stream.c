// SPDX-License-Identifier: BSD-2-Clause
/* A send() on a stream that is longer than the room there is. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "checks/util_flow.h"
#include "checks/util_moment.h"
#include "harness/check.h"

#define TIMEOUT_MS 30

/* Room for several of the pieces that the kernel makes of a long write. */
#define LARGE_SNDBUF 65536

/* Many times what a flow_pair() holds. */
#define BULK (1 << 18)

static unsigned char bulk[BULK], in[BULK];
static volatile sig_atomic_t n_sigpipe;

static void count_sigpipe(int sig)
{
	(void)sig;
	n_sigpipe++;
}

static void catch_sigpipe(void)
{
	struct sigaction sa = { .sa_handler = count_sigpipe };

	n_sigpipe = 0;
	SETUP(sigaction(SIGPIPE, &sa, NULL));
}

/* The next n bytes at fd are the first of bulk. */
static void expect_taken(int fd, long n)
{
	long at = 0, got;

	memset(in, 0, (size_t)n);
	while (at < n) {
		got = ASSERT_OK(recv(fd, in + at, (size_t)(BULK - at),
				     MSG_DONTWAIT));
		ASSERT_THAT(got > 0, "it goes on after %ld of %ld bytes", at, n);
		at += got;
	}
	EXPECT_EQ(n, at);
	EXPECT_MEM(bulk, in, (size_t)n);
}

/* And nothing else waits there. */
static void expect_bulk(int fd, long n)
{
	expect_taken(fd, n);
	dgram_expect_empty(fd);
}

CHECK(flow, nonblocking_send_is_partial,
      .title = "A non-blocking send() of more than fits into a stream returns how much went in",
      CLAUSES(linux_stream_partial, posix_send_partial, posix_send_eagain),
      ROWS(FLOW_40, FLOW_42),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("empty", "nearly_full"),
      .why = "The count is what the sender goes on from; exactly that much must arrive.",
      .explain = "Into an empty stream, and into one that was full until two messages "
	      "were read.  The next send() fails with EAGAIN.")
{
	int fd[2], n = 0, flags = MSG_NOSIGNAL;
	long ret;

	flags |= env->nonblock ? 0 : MSG_DONTWAIT;
	dgram_fill(bulk, 1, BULK);
	SETUP(flow_pair(env, fd));
	if (env->param) {
		n = flow_fill(fd[0]);
		flow_drain(fd[1], 0, 2);
	}
	ret = ASSERT_OK(send(fd[0], bulk, BULK, flags));
	EXPECT_RANGE(1, BULK - 1, ret);
	EXPECT_ERRNO(EAGAIN, send(fd[0], bulk, BULK, flags));
	if (n)
		flow_drain(fd[1], 2, n - 2);
	expect_bulk(fd[1], ret);
}

CHECK(flow, blocking_send_takes_all,
      .title = "A blocking send() on a stream returns only when all of its bytes are queued",
      CLAUSES(posix_send_blocks, linux_stream_partial),
      ROWS(FLOW_43),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP, .needs = NEED_BLOCKED,
      .why = "Programs do not look at the count of a blocking send().",
      .explain = "Many times what there is room for: it sleeps, still sleeps when half of "
	      "it was read, and returns the whole length.")
{
	struct call c;
	size_t at = 0, got;
	int fd[2];

	dgram_fill(bulk, 1, BULK);
	SETUP(flow_pair(env, fd));
	memset(in, 0, sizeof(in));
	call_send(&c, fd[0], bulk, BULK, MSG_NOSIGNAL);
	EXPECT_BLOCKS(&c);
	while (at < BULK) {
		size_t room = at < BULK / 2 ? BULK / 2 - at : BULK - at;

		got = (size_t)ASSERT_OK(recv(fd[1], in + at, room, 0));
		ASSERT_THAT(got > 0, "it goes on after %zu bytes", at);
		at += got;
		if (at == BULK / 2)
			EXPECT_BLOCKS(&c);
	}
	EXPECT_CALL_RET(BULK, &c);
	EXPECT_MEM(bulk, in, BULK);
	dgram_expect_empty(fd[1]);
}

CHECK(flow, peer_close_midway_is_partial,
      .title = "A send() whose peer closes midway returns its count; the next gets EPIPE, SIGPIPE",
      CLAUSES(linux_stream_partial, posix_send_epipe, posix_send_sigpipe),
      ROWS(FLOW_44, FLOW_45),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP, .needs = NEED_BLOCKED,
      .why = "What went in was sent; the signal comes with the first that sent nothing.",
      .explain = "No SIGPIPE for the partial send(), exactly one for the next, none with "
	      "MSG_NOSIGNAL.")
{
	struct call c;
	int fd[2];

	catch_sigpipe();
	dgram_fill(bulk, 1, BULK);
	SETUP(flow_pair(env, fd));
	call_send(&c, fd[0], bulk, BULK, 0);
	EXPECT_BLOCKS(&c);
	memset(in, 0, 1000);
	ASSERT_RET(1000, recv(fd[1], in, 1000, MSG_WAITALL));
	EXPECT_MEM(bulk, in, 1000);
	ASSERT_RET(0, env_close(env, fd[1]));
	EXPECT_THAT(call_join(&c), "send() returns when the peer closes");
	EXPECT_RANGE(1000, BULK - 1, c.ret);
	EXPECT_EQ(0, n_sigpipe);
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, 0));
	EXPECT_EQ(1, n_sigpipe);
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(1, n_sigpipe);
}

/* Ways to end sending on fd[0]: see PARAMS. */
static void shut(struct env *env, const int fd[2])
{
	if (env->param == 0)
		ASSERT_RET(0, shutdown(fd[1], SHUT_RD));
	else
		ASSERT_RET(0, shutdown(fd[0], SHUT_WR));
}

CHECK(flow, shutdown_midway_is_partial,
      .title = "A send() ended midway by a shutdown() returns its count; the next gets EPIPE, SIGPIPE",
      CLAUSES(linux_stream_partial, posix_send_epipe, posix_send_sigpipe),
      ROWS(FLOW_60),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP, .needs = NEED_BLOCKED,
      PARAMS("peer_reads_no_more", "writes_no_more"),
      .why = "What went in can still be read; an error would say that nothing did.",
      .explain = "The peer's SHUT_RD, or an own SHUT_WR, while send() sleeps.  Exactly the "
	      "count can be read; no SIGPIPE for it, one for the next send().")
{
	struct call c;
	int fd[2];

	catch_sigpipe();
	dgram_fill(bulk, 1, BULK);
	SETUP(flow_pair(env, fd));
	call_send(&c, fd[0], bulk, BULK, 0);
	EXPECT_BLOCKS(&c);
	shut(env, fd);
	ASSERT_THAT(call_join(&c), "send() returns when there is no more sending");
	EXPECT_RANGE(1, BULK - 1, c.ret);
	EXPECT_EQ(0, n_sigpipe);
	EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, 0));
	EXPECT_EQ(1, n_sigpipe);
	if (c.ret > 0)
		expect_taken(fd[1], c.ret);
	EXPECT_RET(0, recv(fd[1], in, sizeof(in), 0));
}

CHECK(flow, timeout_midway_is_partial,
      .title = "SO_SNDTIMEO that ends a send() on a stream midway makes it return its count",
      CLAUSES(posix_so_sndtimeo, socket7_timeouts_partial),
      ROWS(FLOW_34, FLOW_46),
      .types = STREAM, .addrs = ANY_ADDR,
      .waits = true,
      .why = "An error would hide how much went in, and the sender could not go on.",
      .explain = "The next one sends nothing and gets EAGAIN; exactly the count can be "
	      "read.  With a small send buffer, and with one of 64 kilobytes.")
{
	static const int buffer[] = { 0, LARGE_SNDBUF };
	struct moment start;
	int fd[2];
	long ret;

	dgram_fill(bulk, 1, BULK);
	for (int i = 0; i < 2; i++) {
		CONTEXT("%s send buffer", i ? "large" : "small");
		SETUP(flow_pair(env, fd));
		if (buffer[i])
			SETUP(backlog_set_option(fd[0], SO_SNDBUF, buffer[i]));
		SETUP(backlog_set_timeout(fd[0], SO_SNDTIMEO, TIMEOUT_MS));
		moment_take(&start);
		ret = ASSERT_OK(send(fd[0], bulk, BULK, MSG_NOSIGNAL));
		moment_expect_passed(&start, TIMEOUT_MS);
		EXPECT_RANGE(1, BULK - 1, ret);
		EXPECT_ERRNO(EAGAIN, send(fd[0], bulk, BULK,
					  MSG_NOSIGNAL | (i ? MSG_DONTWAIT : 0)));
		expect_bulk(fd[1], ret);
	}
}
