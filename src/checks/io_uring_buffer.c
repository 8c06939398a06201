// SPDX-License-Identifier: BSD-2-Clause
/*
 * Buffers that io_uring takes from a pool when there is something to receive
 * or to send: which one, how much of it, and what becomes of those that were
 * not needed.
 */
#include "config.h"

#include <string.h>
#include <sys/socket.h>

#include "checks/util_data.h"
#include "checks/util_uring_own.h"
#include "harness/check.h"

static void open_pool(struct env *env, struct uring *ring,
		      struct uring_pool *pool, int kind, unsigned int len)
{
	uring_open(env, ring);
	/* Since 5.19 the first one that was provided is the first to be used. */
	uring_needs(ring, URING_SOCKET, "buffers in order (Linux 5.19)");
	if (kind == POOL_BY_PARTS && !(ring->features & URING_MIN_TIMEOUT))
		SKIP_CASE("io_uring uses no buffers by parts (before 6.12)");
	uring_pool(ring, pool, kind, len);
}

/* A receive of at most len bytes, 0 for all the buffer has room for. */
static long receive(struct uring *ring, int fd, unsigned int len, int flags,
		    struct uring_done *done)
{
	struct io_uring_sqe *sqe = uring_from(uring_recv(ring, fd, NULL, len));

	sqe->msg_flags = (unsigned int)flags;
	return uring_take(ring, IORING_OP_RECV, done);
}

CHECK(io_uring, uses_buffers_in_order,
      .title = "Receives of io_uring use the buffers of a pool in order and tell which one it was",
      CLAUSES(linux_uring_buffer),
      ROWS(IOU_56),
      .types = ANY_TYPE, .addrs = PAIR, .controls = TCP | UDP,
      .needs = NEED_IO_URING, PARAMS("provided", "shared"),
      .why = "The program would read in a buffer what came for another.",
      .explain = "Three buffers of 4 bytes, for 2 bytes, for 3 of the 4 that wait, and for 6: "
	      "no more than the receive asks for and the buffer holds.  Without a buffer it "
	      "is ENOBUFS and nothing is taken; a buffer that is given back is used again.")
{
	struct uring_pool pool;
	struct uring_done done;
	struct uring ring;
	bool stream = env->type == SOCK_STREAM;
	int fd[2];

	open_pool(env, &ring, &pool, env->param ? POOL_SHARED : POOL_PROVIDED,
		  4);
	uring_give(&ring, &pool, 0, 3);
	SETUP(env_pair(env, fd));
	ASSERT_RET(2, send(fd[0], "ab", 2, MSG_NOSIGNAL));
	data_settle(env, fd[1], 2);
	ASSERT_RET(2, receive(&ring, fd[1], 0, 0, &done));
	EXPECT_EQ(0, uring_buffer(&done));
	ASSERT_RET(4, send(fd[0], "cdef", 4, MSG_NOSIGNAL));
	data_settle(env, fd[1], 4);
	ASSERT_RET(3, receive(&ring, fd[1], 3, 0, &done));
	EXPECT_EQ(1, uring_buffer(&done));
	ASSERT_RET(6, send(fd[0], "ghijkl", 6, MSG_NOSIGNAL));
	data_settle(env, fd[1], stream ? 7 : 6);
	ASSERT_RET(4, receive(&ring, fd[1], 100, 0, &done));
	EXPECT_EQ(2, uring_buffer(&done));
	EXPECT_MEM(stream ? "abZZcdeZfghiZ" : "abZZcdeZghijZ", pool.bytes, 13);
	CONTEXT("%s", "without a buffer");
	ASSERT_RET(2, send(fd[0], "mn", 2, MSG_NOSIGNAL));
	data_settle(env, fd[1], stream ? 5 : 2);
	EXPECT_ERRNO(ENOBUFS, receive(&ring, fd[1], 0, 0, &done));
	EXPECT_EQ(-1, uring_buffer(&done));
	CONTEXT("%s", "given back");
	uring_give(&ring, &pool, 1, 1);
	ASSERT_RET(stream ? 4 : 2, receive(&ring, fd[1], 0, 0, &done));
	EXPECT_EQ(1, uring_buffer(&done));
	EXPECT_MEM(stream ? "jklm" : "mn", pool.bytes + 4, stream ? 4 : 2);
}

CHECK(io_uring, unused_buffer_is_there_again,
      .title = "A buffer that a receive of io_uring got nothing into is used by the next",
      CLAUSES(linux_uring_buffer, linux_uring_cancel),
      ROWS(IOU_57),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_IO_URING,
      PARAMS("provided", "shared"),
      .why = "Each connection that ends would cost a buffer, until there is none.",
      .explain = "A pool of one.  A receive that must not wait, one that is cancelled, and "
	      "one that waits a while before its data comes; a completion that tells of the "
	      "buffer has used it, and it is given back.")
{
	struct uring_pool pool;
	struct uring_done done;
	struct uring ring;
	int fd[2];

	open_pool(env, &ring, &pool, env->param ? POOL_SHARED : POOL_PROVIDED,
		  4);
	uring_give(&ring, &pool, 0, 1);
	SETUP(env_pair(env, fd));
	for (int i = 0; i < 3; i++) {
		CONTEXT("%s", i == 0 ? "one that must not wait" :
			i == 1 ? "one that is cancelled" : "one that waits");
		if (i == 0) {
			EXPECT_ERRNO(EAGAIN, receive(&ring, fd[1], 0,
						     MSG_DONTWAIT, &done));
		} else {
			uring_from(uring_recv(&ring, fd[1], NULL, 0));
			ASSERT_RET(0, uring_submit(&ring));
			EXPECT_THAT(!uring_is_done(&ring), "it waits");
		}
		if (i == 1) {
			EXPECT_RET(0, uring_cancel(&ring, IORING_OP_RECV));
			EXPECT_ERRNO(ECANCELED,
				     uring_take(&ring, IORING_OP_RECV, &done));
		}
		if (i < 2 && uring_buffer(&done) == 0)
			uring_give(&ring, &pool, 0, 1);
		ASSERT_RET(2, send(fd[0], &"abcdef"[2 * i], 2, MSG_NOSIGNAL));
		if (i < 2)
			ASSERT_RET(2, receive(&ring, fd[1], 0, 0, &done));
		else
			ASSERT_RET(2, uring_take(&ring, IORING_OP_RECV, &done));
		EXPECT_EQ(0, uring_buffer(&done));
		EXPECT_MEM(&"abcdef"[2 * i], pool.bytes, 2);
		uring_give(&ring, &pool, 0, 1);
	}
}

static void needs_bundles(const struct uring *ring)
{
	if (!(ring->features & URING_BUNDLES))
		SKIP_CASE("io_uring has no bundles here (before Linux 6.10)");
}

CHECK(io_uring, receives_a_bundle,
      .title = "A bundled receive of io_uring fills as many buffers as there is data for",
      CLAUSES(linux_uring_buffer, linux_uring_recv),
      ROWS(IOU_58),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .needs = NEED_IO_URING,
      .why = "The buffers behind the first would be taken for empty, or used twice.",
      .explain = "Since 6.10.  Ten bytes into buffers of 4 that are numbered from 2: one "
	      "completion with 10 and the first number; the next receive uses the buffer "
	      "behind.  The data may come before the receive or after it.")
{
	struct uring_pool pool;
	struct uring_done done;
	struct io_uring_sqe *sqe;
	struct uring ring;
	int fd[2];

	uring_open(env, &ring);
	needs_bundles(&ring);
	uring_pool(&ring, &pool, POOL_SHARED, 4);
	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		CONTEXT(i ? "data comes after it" : "data comes before it");
		memset(pool.bytes, 0x5a, 8 * 4);
		uring_give(&ring, &pool, 2, 4);
		if (i == 0)
			ASSERT_RET(10, send(fd[0], "abcdefghij", 10,
					    MSG_NOSIGNAL));
		sqe = uring_from(uring_recv(&ring, fd[1], NULL, 12));
		sqe->ioprio = URING_BUNDLE;
		ASSERT_RET(0, uring_submit(&ring));
		if (i == 1) {
			EXPECT_THAT(!uring_is_done(&ring), "it waits");
			ASSERT_RET(10, send(fd[0], "abcdefghij", 10,
					    MSG_NOSIGNAL));
		}
		ASSERT_RET(10, uring_take(&ring, IORING_OP_RECV, &done));
		EXPECT_EQ(2, uring_buffer(&done));
		EXPECT_MEM("ZZZZZZZZabcdefghijZZZZZZ", pool.bytes, 24);
		ASSERT_RET(1, send(fd[0], "k", 1, MSG_NOSIGNAL));
		ASSERT_RET(1, receive(&ring, fd[1], 0, 0, &done));
		EXPECT_EQ(5, uring_buffer(&done));
		EXPECT_EQ('k', pool.bytes[5 * 4]);
		EXPECT_ERRNO(ENOBUFS, receive(&ring, fd[1], 0, 0, &done));
	}
}

CHECK(io_uring, sends_a_bundle,
      .title = "A bundled send of io_uring sends all buffers of the pool, in order and once",
      CLAUSES(linux_uring_buffer, linux_uring_send),
      ROWS(IOU_59),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .needs = NEED_IO_URING,
      .why = "Replies that are queued as buffers go out in this way.",
      .explain = "Since 6.10.  Three buffers of 4 bytes: 12 in all, by completions that tell "
	      "the number of the first and have IORING_CQE_F_MORE but for the last.  What "
	      "is not a stream carries them as one message.  A send without a bundle takes "
	      "one buffer.")
{
	struct uring_pool pool;
	struct io_uring_sqe *sqe;
	struct uring_done done;
	struct uring ring;
	char got[16] = "";
	long sum = 0, n;
	int fd[2];

	uring_open(env, &ring);
	needs_bundles(&ring);
	uring_pool(&ring, &pool, POOL_SHARED, 4);
	memcpy(pool.bytes, "....abcdefghijkl", 16);
	SETUP(env_pair(env, fd));
	uring_give(&ring, &pool, 0, 1);
	uring_from(uring_send(&ring, fd[0], NULL, 0));
	ASSERT_RET(4, uring_take(&ring, IORING_OP_SEND, &done));
	EXPECT_EQ(0, uring_buffer(&done));
	EXPECT_EQ(0, done.flags & URING_CQE_MORE);
	EXPECT_RET(4, recv(fd[1], got, sizeof(got), MSG_DONTWAIT));
	EXPECT_MEM("....", got, 5);
	uring_give(&ring, &pool, 1, 3);
	sqe = uring_from(uring_send(&ring, fd[0], NULL, 0));
	sqe->ioprio = URING_BUNDLE;
	do {
		n = ASSERT_OK(uring_take(&ring, IORING_OP_SEND, &done));
		EXPECT_EQ(1 + sum / 4, uring_buffer(&done));
		sum += n;
	} while (sum < 12 && n > 0 && done.flags & URING_CQE_MORE);
	EXPECT_EQ(12, sum);
	EXPECT_EQ(0, done.flags & URING_CQE_MORE);
	EXPECT_RET(12, recv(fd[1], got, sizeof(got), MSG_DONTWAIT));
	EXPECT_MEM("abcdefghijkl", got, 12);
	data_expect_empty(fd[1]);
	uring_from(uring_send(&ring, fd[0], NULL, 0));
	EXPECT_ERRNO(ENOBUFS, uring_take(&ring, IORING_OP_SEND, &done));
}

CHECK(io_uring, fills_a_buffer_by_parts,
      .title = "Receives of io_uring fill a buffer that is used by parts, and tell whether room is left",
      CLAUSES(linux_uring_buffer),
      ROWS(IOU_61),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .needs = NEED_IO_URING,
      .why = "The next data would overwrite the last, or a full buffer be waited for.",
      .explain = "Since 6.12.  Buffers of 8 bytes: 3, 2 and 3 bytes go into the first, each "
	      "behind the one before, and IORING_CQE_F_BUF_MORE comes with all but the "
	      "last; the next goes into the second.")
{
	static const struct {
		const char *data;
		int buffer;
		bool more;
	} part[] = {
		{ "abc", 0, true }, { "de", 0, true }, { "fgh", 0, false },
		{ "i", 1, true }, { "jklmnop", 1, false },
	};
	struct uring_pool pool;
	struct uring_done done;
	struct uring ring;
	int fd[2];

	open_pool(env, &ring, &pool, POOL_BY_PARTS, 8);
	uring_give(&ring, &pool, 0, 2);
	SETUP(env_pair(env, fd));
	for (unsigned int i = 0; i < 5; i++) {
		size_t len = strlen(part[i].data);

		CONTEXT("part %u", i);
		ASSERT_RET(len, send(fd[0], part[i].data, len, MSG_NOSIGNAL));
		ASSERT_RET(len, receive(&ring, fd[1], 0, 0, &done));
		EXPECT_EQ(part[i].buffer, uring_buffer(&done));
		EXPECT_EQ(part[i].more ? URING_BUF_MORE : 0,
			  done.flags & URING_BUF_MORE);
	}
	EXPECT_MEM("abcdefghijklmnopZ", pool.bytes, 17);
	ASSERT_RET(1, send(fd[0], "q", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(ENOBUFS, receive(&ring, fd[1], 0, 0, &done));
}
