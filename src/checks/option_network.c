// SPDX-License-Identifier: BSD-2-Clause
/*
 * Options of SOL_SOCKET for networks, for what is lent to the kernel and for
 * clocks: what AF_UNIX takes of them, and what each tells when it is asked.
 */
#include "config.h"

#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "checks/util_data.h"
#include "checks/util_option.h"
#include "harness/check.h"

/* Newer than the headers of some systems. */
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif
#ifndef SO_TXTIME
#define SO_TXTIME 61
#endif
#ifndef SO_RCVTIMEO_NEW
#define SO_RCVTIMEO_NEW 66
#define SO_SNDTIMEO_NEW 67
#endif
#ifndef SO_TIMESTAMP_NEW
#define SO_TIMESTAMP_NEW 63
#define SO_TIMESTAMPNS_NEW 64
#endif
#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#define SO_BUSY_POLL_BUDGET 70
#endif
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
#ifndef SO_RESERVE_MEM
#define SO_RESERVE_MEM 73
#endif
#ifndef SO_TXREHASH
#define SO_TXREHASH 74
#endif

/* The kernel has this option: it can be read. */
static bool known(int fd, int name)
{
	unsigned char room[64];
	socklen_t len = sizeof(room);

	return getsockopt(fd, SOL_SOCKET, name, room, &len) == 0;
}

CHECK(option, short_answers,
      .title = "What a structure of getsockopt() has too much for the buffer is left away",
      CLAUSES(posix_getsockopt_truncated),
      ROWS(OPT_100),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "One byte more overruns the buffer, and an error was never the answer.",
      .explain = "SO_RCVTIMEO, SO_SNDTIMEO, SO_LINGER and SO_MEMINFO with room for 0 bytes, "
	      "for one less than there are, and for 8 more.")
{
	static const int names[] = {
		SO_RCVTIMEO, SO_SNDTIMEO, SO_LINGER, SO_MEMINFO,
	};
	int fd[2];

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unsigned char whole[64], got[64];
		socklen_t size = sizeof(whole);

		CONTEXT("option %d", names[i]);
		if (names[i] == SO_MEMINFO && !known(fd[0], names[i]))
			continue;
		EXPECT_RET(0, getsockopt(fd[0], SOL_SOCKET, names[i], whole,
					 &size));
		if (size > 40)
			continue;
		for (socklen_t room = 0; room < size; room++) {
			socklen_t len = room;

			CONTEXT("option %d, room for %u bytes", names[i],
				(unsigned int)room);
			memset(got, 0xa5, sizeof(got));
			EXPECT_RET(0, getsockopt(fd[0], SOL_SOCKET, names[i],
						 got, &len));
			EXPECT_EQ(room, len);
			EXPECT_MEM(whole, got, room);
			EXPECT_EQ(0xa5, got[room]);
		}
	}
}

/* What SO_RCVTIMEO_NEW takes, on each machine. */
struct wide_time {
	int64_t sec;
	int64_t usec;
};

CHECK(option, timeout_by_two_names,
      .title = "SO_RCVTIMEO_NEW and SO_SNDTIMEO_NEW are the same timeout as SO_RCVTIMEO and SO_SNDTIMEO",
      CLAUSES(linux_socket_options, socket7_timeouts),
      ROWS(OPT_101),
      .types = ANY_TYPE,
      PARAMS("receive", "send"),
      .why = "Programs of 32 bits with times of 64 use the new one, and would wait for ever.",
      .explain = "Set by one name, read by the other, both ways.")
{
	int older = env->param ? SO_SNDTIMEO : SO_RCVTIMEO;
	int newer = env->param ? SO_SNDTIMEO_NEW : SO_RCVTIMEO_NEW;
	int fd = SETUP(env_socket(env));
	struct timeval tv = { .tv_sec = 1800 };
	struct wide_time wide = { 3600, 0 };
	socklen_t len = sizeof(wide);

	if (older == newer)
		SKIP_CASE("there is one name alone here");
	if (!release_proven(RELEASE_5_15) && !known(fd, newer))
		SKIP_CASE("there is no SO_RCVTIMEO_NEW before Linux 5.1");
	EXPECT_RET(0, setsockopt(fd, SOL_SOCKET, newer, &wide, sizeof(wide)));
	len = sizeof(tv);
	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, older, &tv, &len));
	EXPECT_EQ(3600, tv.tv_sec);
	EXPECT_EQ(0, tv.tv_usec);
	tv.tv_sec = 1800;
	EXPECT_RET(0, setsockopt(fd, SOL_SOCKET, older, &tv, sizeof(tv)));
	len = sizeof(wide);
	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, newer, &wide, &len));
	EXPECT_EQ(sizeof(wide), len);
	EXPECT_EQ(1800, wide.sec);
	EXPECT_EQ(0, wide.usec);
}

CHECK(option, timestamp_of_one_kind,
      .title = "SO_TIMESTAMP and SO_TIMESTAMPNS put each other off; each tells what is on",
      CLAUSES(linux_socket_options),
      ROWS(OPT_102),
      .types = ANY_TYPE,
      .why = "A program looks for the time in a form in which it does not come.",
      .explain = "Also SO_TIMESTAMP_NEW and SO_TIMESTAMPNS_NEW, where they are known "
	      "(Linux 5.1); clearing one clears all.")
{
	static const int names[] = {
		SO_TIMESTAMP, SO_TIMESTAMPNS, SO_TIMESTAMP_NEW,
		SO_TIMESTAMPNS_NEW,
	};
	int fd = SETUP(env_socket(env)), n = 4;

	if (!release_proven(RELEASE_5_15) && !known(fd, SO_TIMESTAMP_NEW))
		n = 2;
	for (int on = 0; on < n; on++) {
		EXPECT_RET(0, option_set(fd, names[on], 1));
		for (int i = 0; i < n; i++) {
			/* Some have told SO_TIMESTAMP_NEW of nanoseconds. */
			if (i == 2 && on == 3)
				continue;
			CONTEXT("option %d while %d is on", names[i], names[on]);
			option_expect(fd, names[i], i == on);
		}
		EXPECT_RET(0, option_set(fd, names[on], 0));
		for (int i = 0; i < n; i++) {
			CONTEXT("option %d, all are off", names[i]);
			option_expect(fd, names[i], 0);
		}
	}
}

struct txtime {
	int32_t clock;
	uint32_t flags;
};

CHECK(option, clock_flags,
      .title = "SO_TIMESTAMPING and SO_TXTIME refuse unknown flags with EINVAL and tell those set",
      CLAUSES(linux_socket_options),
      ROWS(OPT_103),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "It is how a program finds out which flags a kernel has.",
      .explain = "SO_TIMESTAMPING tells 8 bytes, 4 in kernels that do not know urgent data "
	      "(before 5.15).  Without privileges SO_TXTIME of CLOCK_MONOTONIC was EPERM "
	      "in some of these.")
{
	uint32_t got[2] = { 0x5a5a5a5a, 0x5a5a5a5a };
	struct txtime t = { CLOCK_MONOTONIC, 1U << 20 };
	int older = release_proven(RELEASE_5_15) ? EINVAL : EPERM, fd[2];
	socklen_t len = sizeof(got);

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EINVAL, option_set(fd[0], SO_TIMESTAMPING, 1 << 30));
	EXPECT_RET(0, option_set(fd[0], SO_TIMESTAMPING, 0x18));
	EXPECT_ERRNO(EINVAL, option_set(fd[0], SO_TIMESTAMPING, 1 << 30 | 1));
	EXPECT_RET(0, getsockopt(fd[0], SOL_SOCKET, SO_TIMESTAMPING, got, &len));
	if (len != 4 || release_proven(RELEASE_5_15)) {
		EXPECT_EQ(8, len);
		EXPECT_EQ(0, got[1]);
	}
	EXPECT_EQ(0x18, got[0]);
	EXPECT_RET(0, option_set(fd[0], SO_TIMESTAMPING, 0));
	if (!release_proven(RELEASE_5_15) && !known(fd[0], SO_TXTIME))
		return;
	EXPECT_ERRNO_IN(setsockopt(fd[0], SOL_SOCKET, SO_TXTIME, &t, 4), EINVAL,
			older);
	EXPECT_ERRNO_IN(setsockopt(fd[0], SOL_SOCKET, SO_TXTIME, &t, sizeof(t)),
			EINVAL, older);
	t.flags = 1;
	if (EXPECT_ERRNO_IN(setsockopt(fd[0], SOL_SOCKET, SO_TXTIME, &t,
				       sizeof(t)),
			    0, older == EPERM ? EPERM : 0) < 0)
		return;
	memset(&t, 0x5a, sizeof(t));
	len = sizeof(t);
	EXPECT_RET(0, getsockopt(fd[0], SOL_SOCKET, SO_TXTIME, &t, &len));
	EXPECT_EQ(sizeof(t), len);
	EXPECT_EQ(CLOCK_MONOTONIC, t.clock);
	EXPECT_EQ(1, t.flags);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(option, pacing_rate_of_64_bits,
      .title = "SO_MAX_PACING_RATE keeps 8 bytes, and tells 4 as much as they can hold",
      CLAUSES(linux_socket_options),
      ROWS(OPT_104),
      .types = ANY_TYPE,
      .why = "A rate above 4 GB/s would turn into a small one.",
      .explain = "At first and after -1 it is without bound.")
{
	uint64_t rate = 0x123456789aULL;
	int fd = SETUP(env_socket(env));
	socklen_t len = sizeof(rate);

	if (sizeof(long) < 8)
		SKIP_CASE("a rate has 32 bits here");
	option_expect(fd, SO_MAX_PACING_RATE, -1);
	EXPECT_RET(0, setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate,
				 sizeof(rate)));
	rate = 0;
	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate,
				 &len));
	if (len == 4 && !release_proven(RELEASE_5_15))
		SKIP_CASE("a rate has 32 bits before Linux 4.20");
	EXPECT_EQ(8, len);
	EXPECT_EQ(0x123456789aULL, rate);
	option_expect(fd, SO_MAX_PACING_RATE, -1);
	EXPECT_RET(0, option_set(fd, SO_MAX_PACING_RATE, 12345));
	option_expect(fd, SO_MAX_PACING_RATE, 12345);
}

CHECK(option, buffer_lock,
      .title = "SO_BUF_LOCK tells which buffer sizes were set, and can lock and free both",
      CLAUSES(linux_socket_options),
      ROWS(OPT_105),
      .types = ANY_TYPE,
      .why = "Checkpointing (CRIU) restores by it which sizes are the program's choice.",
      .explain = "1 is the send buffer, 2 the receive buffer; other bits are EINVAL.")
{
	int fd = SETUP(env_socket(env));

	if (!release_proven(RELEASE_5_19) && !known(fd, SO_BUF_LOCK))
		SKIP_CASE("there is no SO_BUF_LOCK before Linux 5.15");
	option_expect(fd, SO_BUF_LOCK, 0);
	EXPECT_RET(0, option_set(fd, SO_SNDBUF, 8192));
	option_expect(fd, SO_BUF_LOCK, 1);
	EXPECT_RET(0, option_set(fd, SO_RCVBUF, 8192));
	option_expect(fd, SO_BUF_LOCK, 3);
	EXPECT_ERRNO(EINVAL, option_set(fd, SO_BUF_LOCK, 4));
	EXPECT_ERRNO(EINVAL, option_set(fd, SO_BUF_LOCK, -1));
	option_expect(fd, SO_BUF_LOCK, 3);
	for (int value = 3; value-- > 0;) {
		EXPECT_RET(0, option_set(fd, SO_BUF_LOCK, value));
		option_expect(fd, SO_BUF_LOCK, value);
	}
}

static void expect_tcp_alone(int fd, int name, enum release since)
{
	int value = 1;
	socklen_t len = sizeof(value);

	CONTEXT("option %d", name);
	if (release_proven(since)) {
		EXPECT_ERRNO(EOPNOTSUPP, option_set(fd, name, 1));
		if (name == SO_TXREHASH)
			EXPECT_ERRNO(EOPNOTSUPP,
				     getsockopt(fd, SOL_SOCKET, name, &value,
						&len));
		else
			option_expect(fd, name, 0);
	} else {
		EXPECT_ERRNO_IN(option_set(fd, name, 1), EOPNOTSUPP,
				name == SO_TXREHASH ? 0 : EOPNOTSUPP,
				ENOPROTOOPT);
	}
}

CHECK(option, network_options_refused,
      .title = "What only TCP has, or no network has, is refused as such and changes nothing",
      CLAUSES(linux_socket_options, linux_busy_poll_accepted),
      ROWS(OPT_106),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_USERS,
      .why = "A program believes in memory that is lent to it, or in a device, that is not.",
      .explain = "SO_RESERVE_MEM and SO_TXREHASH: EOPNOTSUPP (the second since 6.16).  "
	      "SO_BUSY_POLL and SO_BINDTOIFINDEX of -1: EINVAL; before 5.15 EPERM without "
	      "privileges.  SO_PREFER_BUSY_POLL: EPERM without privileges.")
{
	int older = release_proven(RELEASE_5_15) ? EINVAL : EPERM, fd[2];
	bool admin = option_can(CAP_NET_ADMIN);
	int before;

	SETUP(env_pair(env, fd));
	before = option_get(fd[0], SO_BUSY_POLL);
	expect_tcp_alone(fd[0], SO_RESERVE_MEM, RELEASE_5_19);
	expect_tcp_alone(fd[0], SO_TXREHASH, RELEASE_6_16);
	CONTEXT("SO_BUSY_POLL");
	if (known(fd[0], SO_BUSY_POLL)) {
		EXPECT_ERRNO_IN(option_set(fd[0], SO_BUSY_POLL, -1), EINVAL,
				admin ? EINVAL : EPERM);
		option_expect(fd[0], SO_BUSY_POLL, before);
	}
	CONTEXT("SO_PREFER_BUSY_POLL");
	if (known(fd[0], SO_PREFER_BUSY_POLL)) {
		option_expect(fd[0], SO_PREFER_BUSY_POLL, 0);
		if (admin)
			EXPECT_RET(0, option_set(fd[0], SO_PREFER_BUSY_POLL, 1));
		else
			EXPECT_ERRNO(EPERM, option_set(fd[0],
						       SO_PREFER_BUSY_POLL, 1));
		option_expect(fd[0], SO_PREFER_BUSY_POLL, admin);
		EXPECT_ERRNO(admin ? EINVAL : EPERM,
			     option_set(fd[0], SO_BUSY_POLL_BUDGET, 65536));
	}
	CONTEXT("SO_BINDTOIFINDEX");
	if (known(fd[0], SO_BINDTOIFINDEX)) {
		/* ENOPROTOOPT without network devices. */
		EXPECT_ERRNO_IN(option_set(fd[0], SO_BINDTOIFINDEX, -1), EINVAL,
				admin ? EINVAL : older, ENOPROTOOPT);
		option_expect(fd[0], SO_BINDTOIFINDEX, 0);
	}
	CONTEXT("SO_CNX_ADVICE");
	EXPECT_ERRNO_IN(option_set(fd[0], SO_CNX_ADVICE, 1), 0,
			release_proven(RELEASE_5_15) ? 0 : ENOPROTOOPT);
	CONTEXT("%s", "");
	data_expect_works(env, fd[0], fd[1]);
	data_expect_works(env, fd[1], fd[0]);
}
