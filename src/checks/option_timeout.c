// SPDX-License-Identifier: BSD-2-Clause
/* SO_RCVTIMEO and SO_SNDTIMEO as values: what is kept, and what is refused. */
#include "config.h"

#include <stdint.h>
#include <sys/time.h>

#include "checks/util_option.h"
#include "harness/check.h"

#define TICK_US 10000	/* the slowest clock there is, HZ 100 */

static const int names[] = { SO_RCVTIMEO, SO_SNDTIMEO };

static int set_timeout(int fd, int name, long sec, long usec)
{
	struct timeval tv = { .tv_sec = sec, .tv_usec = usec };

	return setsockopt(fd, SOL_SOCKET, name, &tv, sizeof(tv));
}

static int64_t get_timeout_us(int fd, int name)
{
	struct timeval tv = { -1, -1 };
	socklen_t len = sizeof(tv);

	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, name, &tv, &len));
	EXPECT_EQ(sizeof(tv), len);
	EXPECT_RANGE(0, 999999, tv.tv_usec);
	return (int64_t)tv.tv_sec * 1000000 + tv.tv_usec;
}

CHECK(option, timeout_is_kept,
      .title = "A timeout starts at 0 and reads back as set, rounded up to the clock tick",
      CLAUSES(socket7_timeouts),
      ROWS(OPT_27, OPT_28),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("receive", "send"),
      .why = "A timeout rounded down to 0 would wait for ever.",
      .explain = "From one microsecond to hours; whole seconds are exact; 0 turns it off "
		 "again.  The other timeout and the other end have their own.")
{
	static const long times_us[] = { 1, 999, 12345, 999999, 1500000 };
	int name = names[env->param], other = names[!env->param], fd[2];
	struct timeval tv[2] = { { .tv_sec = 5 }, { -1, -1 } };
	socklen_t len = sizeof(tv);

	SETUP(env_pair(env, fd));
	EXPECT_EQ(0, get_timeout_us(fd[0], name));
	for (size_t i = 0; i < sizeof(times_us) / sizeof(times_us[0]); i++) {
		long us = times_us[i];

		CONTEXT("%ld us", us);
		EXPECT_RET(0, set_timeout(fd[0], name, us / 1000000, us % 1000000));
		EXPECT_RANGE(us, us + TICK_US, get_timeout_us(fd[0], name));
	}
	CONTEXT("an hour");
	EXPECT_RET(0, set_timeout(fd[0], name, 3600, 0));
	EXPECT_EQ(3600000000, get_timeout_us(fd[0], name));
	EXPECT_EQ(0, get_timeout_us(fd[0], other));
	EXPECT_EQ(0, get_timeout_us(fd[1], name));
	CONTEXT("more room than a struct timeval needs");
	EXPECT_RET(0, setsockopt(fd[0], SOL_SOCKET, name, tv, sizeof(tv)));
	EXPECT_EQ(5000000, get_timeout_us(fd[0], name));
	EXPECT_RET(0, getsockopt(fd[0], SOL_SOCKET, name, tv, &len));
	EXPECT_EQ(sizeof(tv[0]), len);
	CONTEXT("none");
	EXPECT_RET(0, set_timeout(fd[0], name, 0, 0));
	EXPECT_EQ(0, get_timeout_us(fd[0], name));
}

CHECK(option, timeout_refused,
      .title = "A timeout with microseconds out of range is EDOM, a short struct is EINVAL",
      CLAUSES(posix_setsockopt_edom, getsockopt2_einval),
      ROWS(OPT_25, OPT_26),
      .types = ANY_TYPE,
      PARAMS("receive", "send"),
      .why = "Milliseconds in the wrong member are a common mistake.",
      .explain = "-1 and 1000000 microseconds are refused, 999999 is taken; each length "
		 "below that of the struct is refused.  What was set stays.")
{
	int fd = SETUP(env_socket(env)), name = names[env->param];
	struct timeval tv = { .tv_sec = 9 };

	EXPECT_RET(0, set_timeout(fd, name, 7, 0));
	EXPECT_ERRNO(EDOM, set_timeout(fd, name, 1, -1));
	EXPECT_ERRNO(EDOM, set_timeout(fd, name, 1, 1000000));
	EXPECT_ERRNO(EDOM, set_timeout(fd, name, 0, 2000000));
	EXPECT_ERRNO(EDOM, set_timeout(fd, name, -1, 1000000));
	for (socklen_t len = 0; len < sizeof(tv); len++) {
		CONTEXT("length %u", len);
		EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_SOCKET, name, &tv, len));
	}
	CONTEXT("%s", "");
	EXPECT_EQ(7000000, get_timeout_us(fd, name));
	EXPECT_RET(0, set_timeout(fd, name, 1, 999999));
}
