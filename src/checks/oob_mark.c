// SPDX-License-Identifier: BSD-2-Clause
/*
 * The place of the urgent byte among plain data: where reads stop, what they
 * skip, and what becomes of a byte that nobody took.
 */
#include "config.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_oob.h"
#include "harness/check.h"

CHECK(oob, read_stops_at_the_mark,
      .title = "A plain read ends before the urgent byte; the next skips it and goes on after it",
      CLAUSES(linux_oob_read, posix_oob_mark),
      ROWS(OOB_12, OOB_14, OOB_15),
      .types = STREAM, .addrs = PAIR, .controls = TCP,
      .why = "A reader that throws input away up to the mark must not lose what follows.",
      .explain = "\"hello\" with MSG_OOB, then \"world\": reads give \"hell\" and "
	      "\"world\"; the \"o\" that was skipped is gone, MSG_OOB is EINVAL.")
{
	int fd[2];

	oob_pair(env, fd);
	oob_send(env, fd[0], fd[1], "hello");
	ASSERT_RET(5, send(fd[0], "world", 5, MSG_NOSIGNAL));
	data_settle(env, fd[1], 10);
	oob_expect_next(fd[1], "hell");
	oob_expect_next(fd[1], "world");
	oob_expect_none(fd[1]);
	data_expect_empty(fd[1]);
}

CHECK(oob, peek_stops_at_the_mark,
      .title = "A peek ends before the urgent byte as a read does, and so does one in pieces",
      CLAUSES(linux_oob_read, posix_oob_mark),
      ROWS(OOB_36),
      .types = STREAM, .addrs = PAIR,
      .why = "Who peeks first would take what is behind the mark for what is before it.",
      .explain = "\"hello\" with MSG_OOB, then \"world\": recv() and recvmsg() with "
	      "MSG_PEEK give \"hell\", twice, with more room as well, and then the read.")
{
	char in[16];
	int fd[2];

	oob_pair(env, fd);
	oob_send(env, fd[0], fd[1], "hello");
	ASSERT_RET(5, send(fd[0], "world", 5, MSG_NOSIGNAL));
	for (int i = 0; i < 2; i++) {
		struct iovec iov[2] = { { in, 3 }, { in + 3, sizeof(in) - 3 } };
		struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

		EXPECT_RET(4, recv(fd[1], in, sizeof(in), MSG_PEEK | MSG_DONTWAIT));
		EXPECT_MEM("hell", in, 4);
		EXPECT_RET(4, recvmsg(fd[1], &msg, MSG_PEEK | MSG_DONTWAIT));
		EXPECT_MEM("hell", in, 4);
		EXPECT_RET(2, recv(fd[1], in, 2, MSG_PEEK | MSG_DONTWAIT));
	}
	oob_expect_next(fd[1], "hell");
	oob_expect_next(fd[1], "world");
	data_expect_empty(fd[1]);
}

CHECK(oob, mark_is_told,
      .title = "SIOCATMARK is 1 exactly when the urgent byte is what comes next",
      CLAUSES(posix_sockatmark),
      ROWS(OOB_13),
      .types = STREAM, .addrs = PAIR, .controls = TCP,
      .why = "Programs read and discard until they are at the mark.",
      .explain = "By ioctl() and by sockatmark(), on an empty socket, before, at and "
	      "after the mark.")
{
	char in[8];
	int fd[2];

	oob_pair(env, fd);
	EXPECT_EQ(0, oob_at_mark(fd[1]));
	oob_send(env, fd[0], fd[1], "abc");
	ASSERT_RET(2, send(fd[0], "de", 2, MSG_NOSIGNAL));
	data_settle(env, fd[1], 5);
	EXPECT_EQ(0, oob_at_mark(fd[1]));
	EXPECT_EQ(0, oob_at_mark(fd[0]));
	EXPECT_RET(1, recv(fd[1], in, 1, 0));
	EXPECT_EQ(0, oob_at_mark(fd[1]));
	EXPECT_RET(1, recv(fd[1], in, sizeof(in), 0));
	EXPECT_EQ(1, oob_at_mark(fd[1]));
	/* valgrind frowns on a variable of the C library's own. */
	if (!env->valgrind)
		EXPECT_RET(1, sockatmark(fd[1]));
	EXPECT_RET(1, recv(fd[1], in, sizeof(in), MSG_OOB | MSG_PEEK));
	EXPECT_EQ(1, oob_at_mark(fd[1]));
	EXPECT_RET(1, recv(fd[1], in, 1, 0));
	EXPECT_EQ('d', in[0]);
	EXPECT_EQ(0, oob_at_mark(fd[1]));
	if (!env->valgrind)
		EXPECT_RET(0, sockatmark(fd[1]));
}

CHECK(oob, replaced_byte_is_data,
      .title = "A second urgent byte takes the place of the first, which becomes plain data",
      CLAUSES(linux_oob_last),
      ROWS(OOB_16, OOB_17),
      .types = STREAM, .addrs = PAIR,
      .why = "Bytes must not vanish because two urgent ones came before the first was taken.",
      .explain = "\"ab\" and \"cd\" with MSG_OOB: MSG_OOB gets \"d\" alone, plain "
	      "reads get \"abc\" in order.")
{
	int fd[2];

	for (int i = 0; i < 2; i++) {
		CONTEXT("the urgent byte is taken %s", i ? "last" : "first");
		oob_pair(env, fd);
		oob_send(env, fd[0], fd[1], "ab");
		oob_send(env, fd[0], fd[1], "cd");
		EXPECT_EQ(0, oob_at_mark(fd[1]));
		if (i == 0)
			oob_expect(fd[1], 'd');
		oob_expect_next(fd[1], "abc");
		if (i == 1) {
			EXPECT_EQ(1, oob_at_mark(fd[1]));
			oob_expect(fd[1], 'd');
		}
		oob_expect_none(fd[1]);
		data_expect_empty(fd[1]);
	}
}

CHECK(oob, inline_is_not_taken,
      .title = "With SO_OOBINLINE the urgent byte is read in line, and MSG_OOB is EINVAL",
      CLAUSES(posix_oobinline, linux_oob_read, linux_oob_recv),
      ROWS(OOB_18, OOB_19),
      .types = STREAM, .addrs = PAIR, .controls = TCP,
      .why = "Telnet-like protocols read the byte in its place and act at the mark.",
      .explain = "\"hello\" with MSG_OOB, then \"world\": the reads give \"hell\", "
	      "where SIOCATMARK is 1, and then \"oworld\".")
{
	char in[16];
	long n;
	int fd[2];

	oob_pair(env, fd);
	EXPECT_RET(0, oob_set_inline(fd[1], 1));
	oob_send(env, fd[0], fd[1], "hello");
	ASSERT_RET(5, send(fd[0], "world", 5, MSG_NOSIGNAL));
	data_settle(env, fd[1], 10);
	oob_expect_none(fd[1]);
	oob_expect_next(fd[1], "hell");
	EXPECT_EQ(1, oob_at_mark(fd[1]));
	oob_expect_none(fd[1]);
	/* In one read or, as the byte is a piece of its own, in two. */
	n = ASSERT_OK(recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	if (n == 1)
		n += ASSERT_OK(recv(fd[1], in + 1, sizeof(in) - 1,
				    MSG_DONTWAIT));
	ASSERT_EQ(6, n);
	EXPECT_MEM("oworld", in, 6);
	data_expect_empty(fd[1]);
}

CHECK(oob, nothing_beside_the_byte,
      .title = "After the only byte was taken by MSG_OOB a plain read finds nothing",
      CLAUSES(linux_oob_recv, posix_recv_blocks),
      ROWS(OOB_21),
      .types = STREAM, .addrs = PAIR, .controls = TCP,
      .why = "The byte would be acted on twice, or a false end be seen.")
{
	int fd[2], left = -1;

	oob_pair(env, fd);
	oob_send(env, fd[0], fd[1], "x");
	oob_expect(fd[1], 'x');
	data_expect_empty(fd[1]);
	data_expect_empty(fd[1]);
	EXPECT_RET(0, ioctl(fd[1], FIONREAD, &left));
	EXPECT_EQ(0, left);
	data_expect_works(env, fd[0], fd[1]);
	oob_expect_none(fd[1]);
}

CHECK(oob, plain_read_drops_it,
      .title = "A plain read of nothing but an urgent byte is EAGAIN, and drops the byte",
      CLAUSES(linux_oob_read, posix_oob_mark),
      ROWS(OOB_23, OOB_24),
      .types = STREAM, .addrs = PAIR, .axes = NONBLOCK,
      .why = "Readers woken by POLLIN read first: the byte is lost to them, and must not come as data.",
      .explain = "A look with MSG_PEEK is EAGAIN as well and does not drop it.")
{
	char in = '-';
	int fd[2];

	oob_pair(env, fd);
	oob_send(env, fd[0], fd[1], "x");
	EXPECT_ERRNO(EAGAIN, recv(fd[1], &in, 1, MSG_PEEK | MSG_DONTWAIT));
	EXPECT_RET(1, recv(fd[1], &in, 1, MSG_OOB | MSG_PEEK));
	EXPECT_EQ('x', in);
	EXPECT_ERRNO(EAGAIN, recv(fd[1], &in, 1, MSG_DONTWAIT));
	oob_expect_none(fd[1]);
	EXPECT_EQ(0, oob_at_mark(fd[1]));
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(oob, peek_beside_a_taken_byte,
      .title = "A peek where the urgent byte was taken shows the data, in order and without it",
      CLAUSES(linux_oob_read, posix_recv_peek),
      ROWS(OOB_29),
      .types = STREAM, .addrs = PAIR,
      .why = "The hole that the byte leaves must not end the stream or hide what follows.",
      .explain = "\"hello\" with MSG_OOB, taken, then \"world\": a peek shows "
	      "\"hell\", before Linux 6.10, where SO_PASSRIGHTS (6.16) is not known, "
	      "also \"hellworld\"; then \"world\".")
{
	char in[16] = "";
	long n;
	int fd[2];

	oob_pair(env, fd);
	oob_send(env, fd[0], fd[1], "hello");
	ASSERT_RET(5, send(fd[0], "world", 5, MSG_NOSIGNAL));
	oob_expect(fd[1], 'o');
	for (int i = 0; i < 2; i++) {
		n = EXPECT_OK(recv(fd[1], in, sizeof(in),
				   MSG_PEEK | MSG_DONTWAIT));
		EXPECT_THAT(n == 4 || (n == 9 && !release_proven(RELEASE_6_16)),
			    "4 bytes (or all 9 before 6.10), not %ld", n);
		EXPECT_MEM("hellworld", in, n == 9 ? 9 : 4);
	}
	NOTE("a peek shows %ld bytes", n);
	oob_expect_next(fd[1], "hell");
	EXPECT_RET(3, recv(fd[1], in, 3, MSG_PEEK | MSG_DONTWAIT));
	EXPECT_MEM("wor", in, 3);
	oob_expect_next(fd[1], "world");
	data_expect_empty(fd[1]);
}

/* What a plain read finds; older kernels say EAGAIN once for each hole. */
static void expect_data_after_holes(int fd, int holes)
{
	char in[8] = "";
	int n = 0;
	long got;

	do {
		got = recv(fd, in, sizeof(in), MSG_DONTWAIT);
	} while (got < 0 && errno == EAGAIN && n++ < holes);
	if (n)
		NOTE("%d times EAGAIN before the data", n);
	ASSERT_EQ(4, got);
	EXPECT_MEM("data", in, 5);
	data_expect_empty(fd);
}

CHECK(oob, many_taken_bytes,
      .title = "Urgent bytes taken one after the other leave nothing behind",
      CLAUSES(linux_oob_recv, linux_oob_read),
      ROWS(OOB_31),
      .types = STREAM, .addrs = PAIR,
      .why = "What they left behind was a use after free until 2025.",
      .explain = "Three bytes are sent and taken; then there is nothing to read, no "
	      "mark ahead of data, FIONREAD is exact, and plain data and another "
	      "urgent byte are what they are on a new socket.  Before Linux 6.10 a "
	      "read was EAGAIN once for each byte taken, which is accepted where "
	      "SO_PASSRIGHTS (6.16) is not known.  CVE-2025-38236.")
{
	static const char text[] = "abc";
	int fd[2], left = -1;

	oob_pair(env, fd);
	for (int i = 0; i < 3; i++) {
		ASSERT_RET(1, send(fd[0], text + i, 1, MSG_OOB | MSG_NOSIGNAL));
		EXPECT_RET(0, ioctl(fd[1], FIONREAD, &left));
		EXPECT_EQ(1, left);
		oob_expect(fd[1], text[i]);
		EXPECT_RET(0, ioctl(fd[1], FIONREAD, &left));
		EXPECT_EQ(0, left);
	}
	ASSERT_RET(4, send(fd[0], "data", 4, MSG_NOSIGNAL));
	EXPECT_RET(0, ioctl(fd[1], FIONREAD, &left));
	EXPECT_EQ(4, left);
	expect_data_after_holes(fd[1], release_proven(RELEASE_6_16) ? 0 : 3);
	EXPECT_EQ(0, oob_at_mark(fd[1]));
	oob_send(env, fd[0], fd[1], "end!");
	oob_expect_next(fd[1], "end");
	EXPECT_EQ(1, oob_at_mark(fd[1]));
	oob_expect(fd[1], '!');
	data_expect_empty(fd[1]);
}
