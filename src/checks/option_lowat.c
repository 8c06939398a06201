// SPDX-License-Identifier: BSD-2-Clause
/* SO_RCVLOWAT: for whom a receive waits, and that poll() does not. */
#include "config.h"

#include <limits.h>
#include <poll.h>
#include <sys/time.h>

#include "checks/util_data.h"
#include "checks/util_moment.h"
#include "checks/util_option.h"
#include "harness/check.h"

CHECK(option, lowat_value,
      .title = "SO_RCVLOWAT starts at 1; 0 becomes 1 and a negative mark INT_MAX",
      CLAUSES(linux_rcvlowat_value, posix_so_rcvlowat),
      ROWS(OPT_10, OPT_11, OPT_28),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A mark of 0 would let a receive return nothing, as at the end.")
{
	static const int set[] = { 0, 1, 2, 100000, INT_MAX, -1, INT_MIN };
	static const int got[] = { 1, 1, 2, 100000, INT_MAX, INT_MAX, INT_MAX };
	int fd[2];

	SETUP(env_pair(env, fd));
	option_expect(fd[0], SO_RCVLOWAT, 1);
	for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++) {
		CONTEXT("mark %d", set[i]);
		EXPECT_RET(0, option_set(fd[0], SO_RCVLOWAT, set[i]));
		option_expect(fd[0], SO_RCVLOWAT, got[i]);
	}
	option_expect(fd[1], SO_RCVLOWAT, 1);
}

CHECK(option, lowat_waits,
      .title = "recv() on a stream waits until the low-water mark is reached, or the end",
      CLAUSES(posix_so_rcvlowat, linux_rcvlowat_stream),
      ROWS(OPT_43, OPT_44),
      .types = STREAM, .addrs = PAIR, .axes = SWAP, .needs = NEED_BLOCKED,
      .why = "Readers of fixed-size records set it to be woken once a record.",
      .explain = "Mark 5: three bytes do not end the call, two more do.  Five bytes that "
		 "wait already are returned at once.  Three bytes and the end: three.")
{
	struct call c;
	char got[16] = "";
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, option_set(fd[1], SO_RCVLOWAT, 5));
	call_recv(&c, fd[1], got, sizeof(got), 0);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	EXPECT_BLOCKS(&c);
	EXPECT_RET(2, send(fd[0], "de", 2, MSG_NOSIGNAL));
	EXPECT_CALL_RET(5, &c);
	EXPECT_MEM("abcde", got, 5);
	EXPECT_RET(5, send(fd[0], "fghij", 5, MSG_NOSIGNAL));
	EXPECT_RET(5, recv(fd[1], got, sizeof(got), 0));
	EXPECT_MEM("fghij", got, 5);
	call_recv(&c, fd[1], got, sizeof(got), 0);
	EXPECT_RET(3, send(fd[0], "klm", 3, MSG_NOSIGNAL));
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, env_close(env, fd[0]));
	EXPECT_CALL_RET(3, &c);
	EXPECT_MEM("klm", got, 3);
}

CHECK(option, lowat_timeout,
      .title = "A recv() below the mark returns what there is when its timeout ends",
      CLAUSES(socket7_timeouts_partial, linux_rcvlowat_stream),
      ROWS(OPT_43),
      .types = STREAM, .addrs = PAIR,
      .waits = true,
      .why = "Without it the bytes below the mark would wait for ever.")
{
	struct timeval tv = { .tv_usec = 40000 };
	struct moment start;
	char got[16] = "";
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, option_set(fd[1], SO_RCVLOWAT, 5));
	SETUP(setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	EXPECT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	moment_take(&start);
	EXPECT_RET(3, recv(fd[1], got, sizeof(got), 0));
	EXPECT_MEM("abc", got, 3);
	moment_expect_passed(&start, 40);
}

CHECK(option, lowat_no_wait,
      .title = "A mark beyond the buffer, or a recv() that must not wait, does not delay data",
      CLAUSES(linux_rcvlowat_stream, posix_so_rcvlowat),
      ROWS(OPT_45, OPT_46),
      .types = STREAM, .addrs = PAIR, .axes = SWAP,
      .why = "A reader with a small buffer would sleep for ever.",
      .explain = "Mark 100: recv() of 3 bytes returns 3 of 5, blocking; the last 2 come "
		 "with MSG_DONTWAIT; then EAGAIN.")
{
	char got[16] = "";
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, option_set(fd[1], SO_RCVLOWAT, 100));
	EXPECT_RET(5, send(fd[0], "abcde", 5, MSG_NOSIGNAL));
	EXPECT_RET(3, recv(fd[1], got, 3, 0));
	EXPECT_MEM("abc", got, 3);
	EXPECT_RET(2, recv(fd[1], got, sizeof(got), MSG_DONTWAIT));
	EXPECT_MEM("de", got, 2);
	data_expect_empty(fd[1]);
}

CHECK(option, lowat_messages,
      .title = "Message sockets ignore SO_RCVLOWAT: a short message is received at once",
      CLAUSES(linux_rcvlowat_stream),
      ROWS(OPT_47),
      .types = MESSAGES, .addrs = PAIR,
      .why = "A message is complete, however short.")
{
	char got[16] = "";
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, option_set(fd[1], SO_RCVLOWAT, 100));
	EXPECT_RET(1, send(fd[0], "m", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(fd[1], got, sizeof(got), 0));
	EXPECT_EQ('m', got[0]);
}

CHECK(option, lowat_poll,
      .title = "poll() reports data below the low-water mark, as socket(7) says it does not",
      CLAUSES(linux_rcvlowat_poll, socket7_lowat, posix_select_readable),
      ROWS(OPT_42),
      .types = ANY_TYPE, .addrs = PAIR, .tags = "report",
      .why = "A loop of poll() and a blocking recv() sleeps in recv(), where it must not.",
      .explain = "Mark 5, one byte: Linux reports POLLIN.  A system whose poll() heeds "
		 "the mark on streams is in accordance with POSIX and accepted; at the "
		 "mark both report it, and message sockets always do.")
{
	struct pollfd p;
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, option_set(fd[1], SO_RCVLOWAT, 5));
	EXPECT_POLL(0, fd[1], POLLIN);
	EXPECT_RET(1, send(fd[0], "a", 1, MSG_NOSIGNAL));
	p = (struct pollfd){ fd[1], POLLIN, 0 };
	EXPECT_RANGE(env->type == SOCK_STREAM ? 0 : 1, 1, poll(&p, 1, 0));
	NOTE("poll() %s the mark", p.revents ? "ignores" : "heeds");
	EXPECT_RET(4, send(fd[0], "bcde", 4, MSG_NOSIGNAL));
	EXPECT_POLL(POLLIN, fd[1], POLLIN);
}
