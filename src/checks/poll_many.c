// SPDX-License-Identifier: BSD-2-Clause
/*
 * poll() and select() with so many descriptors that the kernel goes through
 * them in parts: whoever sleeps for the last of them is woken as well, and
 * what is said of the others is said of them.
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_fill.h"
#include "checks/util_poll.h"
#include "harness/check.h"

/* The kernel has the first 30 on its stack and then 510 a page. */
#define MANY 600

CHECK(poll, sleeper_for_one_of_many,
      .title = "poll() of 600 descriptors is woken by each of them, and tells which one it is",
      CLAUSES(posix_poll_blocks, posix_poll_negative),
      ROWS(POLL_70),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_BLOCKED,
      .nofile = MANY + 100,
      .why = "The clients that came last would never be served.",
      .explain = "The one that gets data is the last of the first part, the first of the "
	      "second and of the third, and the last of all; all others are an idle socket, or "
	      "negative: their revents become 0 whatever was in there.")
{
	static const int place[] = { 29, 30, 540, MANY - 1 };
	struct pollfd p[MANY];
	int fd[2], idle[2];
	struct call c;
	char byte;

	SETUP(env_pair(env, fd));
	SETUP(env_pair(env, idle));
	for (size_t k = 0; k < sizeof(place) / sizeof(place[0]); k++) {
		int told = 0;

		CONTEXT("at %d", place[k]);
		for (int i = 0; i < MANY; i++)
			p[i] = (struct pollfd){ .fd = i % 3 ? idle[0] : -1 - i,
						.events = POLLIN,
						.revents = 0x7fff };
		p[place[k]].fd = fd[0];
		call_poll(&c, p, MANY, -1);
		EXPECT_BLOCKS(&c);
		ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
		EXPECT_CALL_RET(1, &c);
		EXPECT_EQ(POLLIN, p[place[k]].revents);
		for (int i = 0; i < MANY; i++)
			told += p[i].revents != 0;
		EXPECT_EQ(1, told);
		ASSERT_RET(1, recv(fd[0], &byte, 1, 0));
	}
}

struct selecting {
	int n;
	fd_set set[3];
};

static long do_select(struct call *c)
{
	struct selecting *s = c->arg;

	return select(s->n, &s->set[0], &s->set[1], &s->set[2], NULL);
}

CHECK(select, sleeper_for_a_high_number,
      .title = "select() is woken by a descriptor of any number, and leaves that one alone in the sets",
      CLAUSES(posix_select_blocks, posix_select_modified),
      ROWS(POLL_71),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_BLOCKED, .nofile = 400,
      PARAMS("reading", "writing"),
      .why = "The clients that came last would never be served.",
      .explain = "Numbers around 64, 128 and 300, beside an idle socket with a low number.  "
	      "For reading: data comes.  For writing: a full socket gets room.")
{
	static const int number[] = { 63, 64, 128, 300 };
	int fd[2], idle[2];
	char byte;

	SETUP(env_pair(env, fd));
	SETUP(env_pair(env, idle));
	if (env->param == 1) {
		fill_up(env, fd[0]);
		fill_up(env, idle[0]);
	}
	for (size_t i = 0; i < sizeof(number) / sizeof(number[0]); i++) {
		int high = SETUP(env_own(env, fcntl(fd[0], F_DUPFD_CLOEXEC,
						    number[i])));
		struct selecting s = { .n = high + 1 };
		struct call c = { .arg = &s };

		CONTEXT("descriptor %d", high);
		for (int k = 0; k < 3; k++)
			FD_ZERO(&s.set[k]);
		FD_SET(high, &s.set[env->param]);
		FD_SET(idle[0], &s.set[env->param]);
		FD_SET(idle[0], &s.set[2]);
		call_start(&c, "select() in a thread", do_select);
		EXPECT_BLOCKS(&c);
		if (env->param == 0)
			ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
		else
			fill_drain(env, fd[1]);
		EXPECT_CALL_RET(1, &c);
		for (int k = 0; k < 3; k++) {
			EXPECT_EQ(k == env->param,
				  FD_ISSET(high, &s.set[k]) != 0);
			EXPECT_THAT(!FD_ISSET(idle[0], &s.set[k]),
				    "the idle one is in no set");
		}
		if (env->param == 0)
			ASSERT_RET(1, recv(fd[0], &byte, 1, 0));
		else
			fill_up(env, fd[0]);
		SETUP(env_close(env, high));
	}
}
