// SPDX-License-Identifier: BSD-2-Clause
/*
 * Streams of more than the kernel keeps in one piece of memory, read by sizes
 * at and beside the borders that kernels have.
 */
#include "config.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "checks/util_data.h"
#include "harness/check.h"

#define BULK 100000

static unsigned char out[BULK], in[BULK + 1];

static void expect_inq(int fd, long want)
{
	int value = -1;

	EXPECT_RET(0, ioctl(fd, FIONREAD, &value));
	EXPECT_EQ(want, value);
}

/* recv() of want bytes gives as many, which are those from at on. */
static void expect_bytes(int fd, long at, long want, int flags)
{
	memset(in, 0, (size_t)want + 1);
	ASSERT_RET(want, recv(fd, in, (size_t)want, flags | MSG_DONTWAIT));
	EXPECT_MEM(out + at, in, (size_t)want);
	EXPECT_EQ(0, in[want]);
}

CHECK(stream, long_write_by_parts,
      .title = "Reads and peeks of any size take a long write apart and lose or repeat no byte",
      CLAUSES(posix_recv_stream_boundaries, linux_stream_read,
	      linux_stream_peek, linux_unix_inq_len),
      ROWS(STR_60),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A byte that is lost between two reads shifts all that follows.",
      .explain = "100000 bytes, or as many as there is room for, in one write.  A peek, a "
	      "read and a peek of 1 to 65537 bytes, and a read of the rest; FIONREAD tells "
	      "what is left after each.")
{
	static const long size[] = { 1, 4095, 4096, 4097, 8192, 16384, 32767,
				     32768, 32769, 36864, 65535, 65536, 65537 };
	int fd[2];

	data_fill(out, 0, sizeof(out));
	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		long n, part = size[i];

		CONTEXT("by %ld bytes", part);
		n = ASSERT_OK(send(fd[0], out, BULK,
				   MSG_DONTWAIT | MSG_NOSIGNAL));
		expect_inq(fd[1], n);
		if (n <= part) {
			NOTE("there is room for %ld bytes", n);
			expect_bytes(fd[1], 0, n, 0);
			continue;
		}
		expect_bytes(fd[1], 0, part, MSG_PEEK);
		expect_inq(fd[1], n);
		expect_bytes(fd[1], 0, part, 0);
		expect_inq(fd[1], n - part);
		expect_bytes(fd[1], part, n - part, MSG_PEEK);
		expect_inq(fd[1], n - part);
		expect_bytes(fd[1], part, n - part, 0);
		expect_inq(fd[1], 0);
		data_expect_empty(fd[1]);
	}
}

CHECK(waitall, waits_for_many,
      .title = "MSG_WAITALL of more than 32768 bytes sleeps until the last of them has come",
      CLAUSES(posix_recv_waitall),
      ROWS(FLG_60),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      .needs = NEED_BLOCKED,
      .why = "Readers of large fixed blocks use it in place of a loop.",
      .explain = "32768, 32769, 65536 and 100000 bytes: all but one are sent, the call "
	      "sleeps, and the last one ends it.")
{
	static const size_t size[] = { 32768, 32769, 65536, BULK };
	struct call c;
	int fd[2];

	data_fill(out, 0, sizeof(out));
	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		CONTEXT("%zu bytes", size[i]);
		memset(in, 0, sizeof(in));
		call_recv(&c, fd[1], in, size[i], MSG_WAITALL);
		EXPECT_BLOCKS(&c);
		ASSERT_RET(size[i] - 1, send(fd[0], out, size[i] - 1,
					     MSG_NOSIGNAL));
		EXPECT_BLOCKS(&c);
		ASSERT_RET(1, send(fd[0], out + size[i] - 1, 1, MSG_NOSIGNAL));
		EXPECT_CALL_RET(size[i], &c);
		EXPECT_MEM(out, in, size[i]);
		EXPECT_EQ(0, in[size[i]]);
	}
	data_expect_empty(fd[1]);
}
