// SPDX-License-Identifier: BSD-2-Clause
/*
 * Memory that cannot be used: what a read or write that runs into it has
 * done, exactly.  Where memory ends is a page border; where the kernel cuts
 * a long write is found by data_segment() and never assumed.
 */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "harness/check.h"

#define GOOD 100

CHECK(fault, send_bad_memory,
      .title = "A send from memory that cannot be read is EFAULT and sends nothing",
      CLAUSES(send2_efault, linux_send_fault),
      ROWS(STR_19, STR_36),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("null", "protected", "kernel", "beyond_file"),
      .why = "A wild pointer must not become a message, nor kill with SIGBUS where a program may ask.",
      .explain = "The last case is memory mapped beyond the end of its file, which "
	      "kills by SIGBUS the program that touches it; a call that is handed "
	      "it fails with EFAULT.")
{
	char *bad = data_bad_page(env->param_name);
	struct iovec iov = { bad, GOOD };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	SETUP(env_pair(env, fd));
	data_catch(SIGBUS, SA_RESETHAND, -1);
	EXPECT_ERRNO(EFAULT, send(fd[0], bad, GOOD, MSG_NOSIGNAL));
	EXPECT_ERRNO(EFAULT, send(fd[0], bad, 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EFAULT, write(fd[0], bad, GOOD));
	EXPECT_ERRNO(EFAULT, writev(fd[0], &iov, 1));
	EXPECT_ERRNO(EFAULT, sendmsg(fd[0], &msg, MSG_NOSIGNAL));
	EXPECT_EQ(0, data_caught());
	EXPECT_POLL(POLLOUT, fd[1], POLLIN | POLLOUT);
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(fault, send_bad_tail,
      .title = "A send whose memory ends too soon is EFAULT and sends none of it",
      CLAUSES(linux_send_fault, send2_efault),
      ROWS(STR_20, STR_32),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "The good part alone is a message that nobody wrote.",
      .explain = "The piece fits one buffer of the kernel, which is thrown away when "
	      "it cannot be filled.  By one byte too long, by a page, and with the "
	      "bad memory in a second buffer of its own.")
{
	unsigned char *end = data_edge(GOOD), in[GOOD];
	struct iovec iov[2] = { { end - GOOD, GOOD }, { end, 1 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EFAULT, send(fd[0], end - GOOD, GOOD + 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EFAULT, send(fd[0], end - 1, 1000, MSG_NOSIGNAL));
	EXPECT_ERRNO(EFAULT, writev(fd[0], iov, 2));
	EXPECT_ERRNO(EFAULT, sendmsg(fd[0], &msg, MSG_NOSIGNAL));
	data_expect_empty(fd[1]);
	EXPECT_RET(GOOD, send(fd[0], end - GOOD, GOOD, MSG_NOSIGNAL));
	EXPECT_RET(GOOD, recv(fd[1], in, GOOD, 0));
	EXPECT_THAT(data_is(in, 0, GOOD), "the bytes up to the end arrive");
	data_expect_empty(fd[1]);
}

CHECK(fault, long_write_counts_whole_pieces,
      .title = "A long write that runs into bad memory counts the pieces before it, and sends those",
      CLAUSES(linux_send_fault, linux_stream_segments),
      ROWS(STR_20, STR_33),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A count that is too small sends bytes twice, one too large loses them.",
      .explain = "Memory ends one byte before a border of pieces, at it, and one byte "
	      "after.  Where the send buffer holds less than four pieces the write "
	      "does not wait for room.")
{
	int fd[2], flags = MSG_NOSIGNAL;
	size_t seg, good;
	cleanup_free unsigned char *in = NULL;
	unsigned char *end;

	SETUP(env_pair(env, fd));
	seg = data_segment(fd[0], fd[1]);
	if ((size_t)backlog_option(fd[0], SO_SNDBUF) < 4 * seg)
		flags |= MSG_DONTWAIT;
	in = malloc(2 * seg);
	if (!in)
		BROKEN("out of memory");
	for (int extra = -1; extra <= 1; extra++) {
		size_t sent = extra < 0 ? 0 : seg;

		good = seg + (size_t)extra;
		CONTEXT("%zu bytes before the bad memory, pieces of %zu", good, seg);
		end = data_edge(good);
		if (sent)
			EXPECT_RET(sent, send(fd[0], end - good, seg + 2, flags));
		else
			EXPECT_ERRNO(EFAULT, send(fd[0], end - good, seg + 2, flags));
		if (sent)
			EXPECT_RET(sent, recv(fd[1], in, 2 * seg, 0));
		EXPECT_THAT(data_is(in, 0, sent), "what was counted arrives");
		data_expect_empty(fd[1]);
	}
}

/* The len bytes that are queued, by as many reads as it takes. */
static void take(int fd, unsigned char *in, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = ASSERT_OK(recv(fd, in + at, len - at, MSG_DONTWAIT));

		ASSERT_THAT(n > 0, "what was sent comes: %zu of %zu", at, len);
		at += (size_t)n;
	}
}

/*
 * How many of len good bytes one write sends: what is charged for a piece
 * depends on the size of pages, which may be larger than the piece.
 */
static size_t room_for(const int fd[2], const void *out, size_t len,
		       unsigned char *in)
{
	size_t sent = (size_t)ASSERT_OK(send(fd[0], out, len, MSG_NOSIGNAL |
							      MSG_DONTWAIT));

	take(fd[1], in, sent);
	return sent;
}

CHECK(fault, long_writev_counts_whole_pieces,
      .title = "A long writev() that runs into a bad buffer counts the pieces before it",
      CLAUSES(linux_send_fault, linux_stream_segments),
      ROWS(STR_33),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "writev() resumes by its count; a wrong one garbles the stream.",
      .explain = "Three buffers: two pieces' worth less some bytes, those bytes, and "
	      "one that cannot be read.  Two pieces are counted, or one where the send "
	      "buffer holds no more of memory that is good.")
{
	size_t seg, sent;
	unsigned char *end, *bad = data_bad_page("protected");
	cleanup_free unsigned char *in = NULL;
	struct iovec iov[3];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };
	int fd[2];

	SETUP(env_pair(env, fd));
	seg = data_segment(fd[0], fd[1]);
	in = malloc(3 * seg);
	if (!in)
		BROKEN("out of memory");
	end = data_edge(2 * seg);
	sent = room_for(fd, end - 2 * seg, 2 * seg, in);
	ASSERT_THAT(sent == seg || sent == 2 * seg,
		    "there is room for pieces of %zu bytes: %zu", seg, sent);
	if ((size_t)backlog_option(fd[0], SO_SNDBUF) >= 4 * seg)
		EXPECT_EQ(2 * seg, sent);
	iov[0] = (struct iovec){ end - 2 * seg, 2 * seg - 7 };
	iov[1] = (struct iovec){ end - 7, 7 };
	iov[2] = (struct iovec){ bad, 1 };
	EXPECT_RET(sent, sendmsg(fd[0], &msg, MSG_NOSIGNAL | MSG_DONTWAIT));
	memset(in, 0, sent);
	take(fd[1], in, sent);
	EXPECT_THAT(data_is(in, 0, sent), "what was counted arrives");
	data_expect_empty(fd[1]);
}

CHECK(fault, recv_bad_memory,
      .title = "A read of a stream into memory that cannot be written is EFAULT and loses nothing",
      CLAUSES(recv2_efault, linux_stream_recv_fault),
      ROWS(STR_21),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("null", "protected", "kernel", "beyond_file", "read_only"),
      .why = "A byte lost to a bad pointer shifts all that follows.")
{
	char *bad = data_bad_page(env->param_name), in[8];
	struct iovec iov = { bad, GOOD };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_flags = 0x55 };
	int fd[2];

	SETUP(env_pair(env, fd));
	data_catch(SIGBUS, SA_RESETHAND, -1);
	ASSERT_RET(5, send(fd[0], "hello", 5, MSG_NOSIGNAL));
	EXPECT_ERRNO(EFAULT, recv(fd[1], bad, GOOD, 0));
	EXPECT_ERRNO(EFAULT, recv(fd[1], bad, 1, 0));
	EXPECT_ERRNO(EFAULT, recv(fd[1], bad, GOOD, MSG_PEEK));
	EXPECT_ERRNO(EFAULT, read(fd[1], bad, GOOD));
	EXPECT_ERRNO(EFAULT, readv(fd[1], &iov, 1));
	EXPECT_ERRNO(EFAULT, recvmsg(fd[1], &msg, 0));
	EXPECT_EQ(0x55, msg.msg_flags);
	EXPECT_EQ(0, data_caught());
	EXPECT_RET(5, recv(fd[1], in, sizeof(in), 0));
	EXPECT_MEM("hello", in, 5);
	data_expect_empty(fd[1]);
}

CHECK(fault, recv_bad_tail,
      .title = "A read that meets bad memory inside one queued write is EFAULT and keeps all of it",
      CLAUSES(linux_stream_recv_fault, recv2_efault),
      ROWS(STR_22),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "The call says it read nothing; half of it gone would be lost for good.",
      .explain = "The buffer ends one byte before the write does.  The bytes before "
	      "may have been overwritten.  One byte less asked for, the read "
	      "succeeds; also when the write is as long as one piece can be.")
{
	size_t len[2] = { GOOD };
	int fd[2];

	SETUP(env_pair(env, fd));
	len[1] = data_segment(fd[0], fd[1]);
	for (int i = 0; i < 2; i++) {
		unsigned char *end = data_edge(len[i] - 1);
		unsigned char *all = data_edge(len[i]) - len[i];

		CONTEXT("%zu bytes", len[i]);
		ASSERT_RET(len[i], send(fd[0], all, len[i], MSG_NOSIGNAL));
		EXPECT_ERRNO(EFAULT, recv(fd[1], end - len[i] + 1, len[i],
					  MSG_DONTWAIT));
		EXPECT_ERRNO(EFAULT, recv(fd[1], end - 1, len[i], MSG_DONTWAIT));
		EXPECT_RET(len[i] - 1, recv(fd[1], end - len[i] + 1,
					    len[i] - 1, MSG_DONTWAIT));
		EXPECT_THAT(data_is(end - len[i] + 1, 0, len[i] - 1),
			    "the bytes are read from the first on");
		EXPECT_RET(1, recv(fd[1], all, 10, MSG_DONTWAIT));
		EXPECT_THAT(data_is(all, len[i] - 1, 1), "the last byte was kept");
		data_expect_empty(fd[1]);
	}
}

CHECK(fault, recv_counts_whole_writes,
      .title = "A read that meets bad memory in a later write returns the earlier, and keeps that one",
      CLAUSES(linux_stream_recv_fault),
      ROWS(STR_23),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "What is returned must be gone from the queue, what is not must be there.",
      .explain = "Writes of 10, 20 and 30 bytes are read into 29 good ones, then what "
	      "is left into 39 and 30.")
{
	unsigned char out[60], *end = data_edge(60), in[64];
	int fd[2];

	data_fill(out, 0, sizeof(out));
	SETUP(env_pair(env, fd));
	for (int i = 0; i < 3; i++)
		ASSERT_RET(10 + 10 * i, send(fd[0], out + 5 * i * (i + 1),
					     (size_t)(10 + 10 * i), MSG_NOSIGNAL));
	EXPECT_RET(10, recv(fd[1], end - 29, 60, MSG_PEEK));
	EXPECT_RET(10, recv(fd[1], end - 29, 60, MSG_DONTWAIT));
	EXPECT_MEM(out, end - 29, 10);
	EXPECT_RET(20, recv(fd[1], end - 39, 60, MSG_DONTWAIT));
	EXPECT_MEM(out + 10, end - 39, 20);
	EXPECT_ERRNO(EFAULT, recv(fd[1], end - 29, 60, MSG_DONTWAIT));
	EXPECT_RET(30, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	EXPECT_MEM(out + 30, in, 30);
	data_expect_empty(fd[1]);
}

CHECK(fault, recv_counts_whole_pieces,
      .title = "A read that meets bad memory in a later piece of a long write returns the earlier",
      CLAUSES(linux_stream_recv_fault, linux_stream_segments),
      ROWS(STR_23),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A long write is in several pieces that its reader knows nothing of.")
{
	size_t seg, len, n;
	unsigned char *out, *end;
	int fd[2];

	SETUP(env_pair(env, fd));
	seg = data_segment(fd[0], fd[1]);
	len = seg + GOOD;
	out = data_edge(len) - len;
	end = data_edge(len - 1);
	n = (size_t)ASSERT_OK(send(fd[0], out, len, MSG_NOSIGNAL | MSG_DONTWAIT));
	if (n == seg)
		SKIP_CASE("the send buffer holds one piece only");
	ASSERT_EQ(len, n);
	EXPECT_RET(seg, recv(fd[1], end - len + 1, len, 0));
	EXPECT_THAT(data_is(end - len + 1, 0, seg), "the first piece is read");
	EXPECT_RET(GOOD, recv(fd[1], out, len, MSG_DONTWAIT));
	EXPECT_THAT(data_is(out, seg, GOOD), "the second piece was kept");
	data_expect_empty(fd[1]);
}

/* Largest piece and its reader's view with the send buffer as it is. */
static void judge_pieces(int fd[2])
{
	size_t room = (size_t)ASSERT_OK(backlog_option(fd[0], SO_SNDBUF));
	size_t page = data_page(), seg = data_segment(fd[0], fd[1]);
	size_t most = page + (32768 + page - 1) / page * page;
	size_t len = 3 * seg + 11, at = 0, sent;
	unsigned char *out = data_edge(len) - len, *in = data_edge(len) - len;

	CONTEXT("SO_SNDBUF %zu", room);
	EXPECT_RANGE(1, room / 2 - 64, seg);
	EXPECT_RANGE(1, most, seg);
	memset(in, 0, len);
	sent = (size_t)ASSERT_OK(send(fd[0], out, len,
				      MSG_DONTWAIT | MSG_NOSIGNAL));
	EXPECT_THAT(sent % seg == 0 || sent == len,
		    "a write that is cut short is so between pieces: %zu of %zu, "
		    "pieces of %zu", sent, len, seg);
	/* By pieces that agree with no border of the kernel's. */
	while (at < sent) {
		ssize_t n = ASSERT_OK(recv(fd[1], in + at, 1777, MSG_DONTWAIT));

		ASSERT_THAT(n > 0, "what was sent can be read: %zu of %zu", at,
			    sent);
		at += (size_t)n;
	}
	EXPECT_EQ(sent, at);
	EXPECT_THAT(data_is(in, 0, sent), "the bytes come in order");
	data_expect_empty(fd[1]);
}

CHECK(stream, long_write_is_cut,
      .title = "A long write is kept in pieces of at most half the send buffer, which no read shows",
      CLAUSES(linux_stream_segments, linux_stream_read),
      ROWS(STR_34),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A write that must find one large block of memory fails when memory is torn.",
      .explain = "A piece is at most half of SO_SNDBUF less 64 bytes, and a page and "
	      "32 KiB.  Reads join pieces and split them.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	judge_pieces(fd);
	for (int value = 1; value <= 32768; value = value * 8 + 8) {
		ASSERT_RET(0, backlog_set_option(fd[0], SO_SNDBUF, value));
		judge_pieces(fd);
	}
}
