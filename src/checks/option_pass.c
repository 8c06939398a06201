// SPDX-License-Identifier: BSD-2-Clause
/* What is to come with messages: credentials, descriptors, times, counts. */
#include "config.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_option.h"
#include "harness/check.h"

static bool has_option(int fd, int name)
{
	int value;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ||
	       (errno != ENOPROTOOPT && errno != EOPNOTSUPP);
}

CHECK(option, pass_starts_off,
      .title = "SO_PASSCRED, SO_PASSPIDFD and SO_PASSSEC start at 0",
      CLAUSES(unix7_pass_options),
      ROWS(OPT_30),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Control data nobody asked for is cut off, and descriptors with it.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		option_expect(fd[i], SO_PASSCRED, 0);
		if (has_option(fd[i], SO_PASSSEC))
			option_expect(fd[i], SO_PASSSEC, 0);
		if (has_option(fd[i], SO_PASSPIDFD))
			option_expect(fd[i], SO_PASSPIDFD, 0);
	}
}

static const int truths[] = { 1, 2, 256, INT_MAX, -1, INT_MIN };

/* Any value but 0 reads back as 1, on the one end alone. */
static void expect_flag(struct env *env, int name)
{
	int fd[2], other;

	SETUP(env_pair(env, fd));
	other = option_get(fd[1], name);
	for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
		CONTEXT("value %d", truths[i]);
		EXPECT_RET(0, option_set(fd[0], name, 0));
		option_expect(fd[0], name, 0);
		EXPECT_RET(0, option_set(fd[0], name, truths[i]));
		option_expect(fd[0], name, 1);
		option_expect(fd[1], name, other);
	}
}

CHECK(option, passcred_is_flag,
      .title = "SO_PASSCRED reads back as 1 after any value but 0",
      CLAUSES(linux_socket_options, unix7_passcred),
      ROWS(OPT_33, OPT_28),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Programs compare it with 1.")
{
	expect_flag(env, SO_PASSCRED);
}

CHECK(option, passrights,
      .title = "SO_PASSRIGHTS starts at 1 and reads back as 1 after any value but 0",
      CLAUSES(linux_passrights),
      ROWS(OPT_31, OPT_32),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "All programs from before the option rely on receiving descriptors.")
{
	int fd = SETUP(env_socket(env));

	if (!has_option(fd, SO_PASSRIGHTS))
		SKIP_CASE("SO_PASSRIGHTS is not there (since Linux 6.16)");
	option_expect(fd, SO_PASSRIGHTS, 1);
	expect_flag(env, SO_PASSRIGHTS);
}

CHECK(option, inq,
      .title = "SO_INQ is 0 or 1 on streams, cannot be read back, and is refused on other types",
      CLAUSES(linux_inq_option),
      ROWS(OPT_34, OPT_35, OPT_36),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A reader that sizes its buffer by it must know that it is told.",
      .explain = "Since Linux 6.17; systems without it say ENOPROTOOPT.")
{
	static const int on[2] = { 1, 1 };
	int fd[2];

	SETUP(env_pair(env, fd));
	if (env->type != SOCK_STREAM) {
		if (option_takes_any(fd[0]))
			SKIP_CASE("any option can be set here, SO_INQ or not");
		EXPECT_ERRNO_IN(option_set(fd[0], SO_INQ, 1), EINVAL,
				ENOPROTOOPT);
		data_expect_works(env, fd[0], fd[1]);
		return;
	}
	EXPECT_RET(0, option_try(fd[0], SO_INQ, 0, "SO_INQ"));
	EXPECT_RET(0, option_set(fd[0], SO_INQ, 1));
	EXPECT_ERRNO(ENOPROTOOPT, option_get(fd[0], SO_INQ));
	EXPECT_ERRNO(EINVAL, option_set(fd[0], SO_INQ, 2));
	EXPECT_ERRNO(EINVAL, option_set(fd[0], SO_INQ, -1));
	EXPECT_ERRNO(EINVAL, setsockopt(fd[0], SOL_SOCKET, SO_INQ, on,
					sizeof(on)));
	EXPECT_ERRNO(EINVAL, setsockopt(fd[0], SOL_SOCKET, SO_INQ, on, 3));
	EXPECT_RET(0, option_set(fd[0], SO_INQ, 0));
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(option, pass_of_inet,
      .title = "AF_INET refuses SO_PASSCRED and its like, or ignores them; AF_UNIX takes them",
      CLAUSES(linux_pass_family),
      ROWS(OPT_37, OPT_38),
      .tags = "report",
      .why = "Servers that set SO_PASSCRED on all their sockets fail after an upgrade.",
      .explain = "EOPNOTSUPP since Linux 6.16, success before, where SO_PASSRIGHTS is "
		 "not known; SO_PASSPIDFD and SO_PASSRIGHTS are ENOPROTOOPT where they do "
		 "not exist.")
{
	int local = env_own(env, (int)ASSERT_OK(socket(AF_UNIX, SOCK_STREAM, 0)));
	int inet = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int older = release_proven(RELEASE_6_16) ? EOPNOTSUPP : 0;

	if (inet < 0)
		SKIP_CASE("there is no AF_INET");
	env_own(env, inet);
	EXPECT_RET(0, option_set(local, SO_PASSCRED, 1));
	option_expect(local, SO_PASSCRED, 1);
	EXPECT_ERRNO_IN(option_set(inet, SO_PASSCRED, 1), EOPNOTSUPP, older);
	if (has_option(local, SO_PASSPIDFD))
		EXPECT_ERRNO_IN(option_set(inet, SO_PASSPIDFD, 1), EOPNOTSUPP,
				older);
	if (!option_takes_any(local))
		EXPECT_ERRNO_IN(option_set(inet, SO_PASSRIGHTS, 0), EOPNOTSUPP,
				has_option(local, SO_PASSRIGHTS) ? EOPNOTSUPP :
								   ENOPROTOOPT);
}

static struct timespec receive_time(int fd, int type, bool nanoseconds,
				    int flags)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct timespec)) + 64];
	} control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *c;
	struct timespec ts = { 0, 0 };
	struct timeval tv = { 0, 0 };
	int what = nanoseconds ? SCM_TIMESTAMPNS : SCM_TIMESTAMP;
	size_t size = nanoseconds ? sizeof(ts) : sizeof(tv);
	time_t now = time(NULL);

	EXPECT_RET(1, recvmsg(fd, &msg, flags | MSG_DONTWAIT));
	EXPECT_MSG_FLAGS(0, msg.msg_flags);
	c = CMSG_FIRSTHDR(&msg);
	if (type == SOCK_STREAM) {
		EXPECT_THAT(!c, "no control data");
		return ts;
	}
	ASSERT_THAT(c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == what &&
		    c->cmsg_len == CMSG_LEN(size), "a time comes with the message");
	EXPECT_THAT(!CMSG_NXTHDR(&msg, c), "and nothing else");
	if (nanoseconds) {
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		EXPECT_RANGE(0, 999999999, ts.tv_nsec);
		EXPECT_RANGE(now - 3600, now + 3600, ts.tv_sec);
	} else {
		memcpy(&tv, CMSG_DATA(c), sizeof(tv));
		EXPECT_RANGE(0, 999999, tv.tv_usec);
		EXPECT_RANGE(now - 3600, now + 3600, tv.tv_sec);
	}
	return ts;
}

CHECK(option, timestamp,
      .title = "SO_TIMESTAMP and SO_TIMESTAMPNS tell the time with each message, never on a stream",
      CLAUSES(socket7_timestamp, linux_stream_no_timestamp),
      ROWS(OPT_48, OPT_49, OPT_59),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("microseconds", "nanoseconds"),
      .why = "System loggers take the time of a message from it.",
      .explain = "Two messages, each with one time and nothing else, the first peeked at "
		 "as well; turned off again, a message comes without.")
{
	int name = env->param ? SO_TIMESTAMPNS : SO_TIMESTAMP, fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, option_set(fd[1], name, 1));
	option_expect(fd[1], name, 1);
	EXPECT_RET(1, send(fd[0], "1", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, send(fd[0], "2", 1, MSG_NOSIGNAL));
	receive_time(fd[1], env->type, env->param, MSG_PEEK);
	receive_time(fd[1], env->type, env->param, 0);
	receive_time(fd[1], env->type, env->param, 0);
	EXPECT_RET(0, option_set(fd[1], name, 0));
	EXPECT_RET(1, send(fd[0], "3", 1, MSG_NOSIGNAL));
	receive_time(fd[1], SOCK_STREAM, env->param, 0);
}

CHECK(option, timestamp_of_older_messages,
      .title = "SO_TIMESTAMP tells a time with messages from before it was set, none once cleared",
      CLAUSES(socket7_timestamp, linux_stream_no_timestamp),
      ROWS(OPT_108),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      PARAMS("microseconds", "nanoseconds"),
      .why = "A service that is started by its first message sets the option too late for it.",
      .explain = "Three messages, the option, a peek at the first and both it and the second "
		 "read, each with a time of now; the option cleared, the third comes "
		 "without.  So does one that was sent while it was set.")
{
	int name = env->param ? SO_TIMESTAMPNS : SO_TIMESTAMP, fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 3; i++)
		EXPECT_RET(1, send(fd[0], "1", 1, MSG_NOSIGNAL));
	EXPECT_RET(0, option_set(fd[1], name, 1));
	receive_time(fd[1], env->type, env->param, MSG_PEEK);
	receive_time(fd[1], env->type, env->param, 0);
	receive_time(fd[1], env->type, env->param, 0);
	EXPECT_RET(1, send(fd[0], "4", 1, MSG_NOSIGNAL));
	EXPECT_RET(0, option_set(fd[1], name, 0));
	CONTEXT("the option was cleared");
	receive_time(fd[1], SOCK_STREAM, env->param, 0);
	receive_time(fd[1], SOCK_STREAM, env->param, 0);
}

static int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* How far the wall clock is ahead; more, never less, when held up between. */
static int64_t wall_ahead(void)
{
	int64_t now = clock_ns(CLOCK_MONOTONIC);

	return clock_ns(CLOCK_REALTIME) - now;
}

CHECK(option, timestamp_of_sending,
      .title = "The time that SO_TIMESTAMPNS tells is that of sending, not of reading",
      CLAUSES(socket7_timestamp),
      ROWS(OPT_48),
      .types = MESSAGES, .addrs = PAIR,
      .why = "A logger that falls behind would date what it reads too late.",
      .explain = "Three messages wait; a peek at each tells the same time as its reading.")
{
	struct timespec peeked[3], ts[3];
	int64_t ahead, sent;
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, option_set(fd[1], SO_TIMESTAMPNS, 1));
	ahead = wall_ahead();
	for (int i = 0; i < 3; i++)
		EXPECT_RET(1, send(fd[0], "1", 1, MSG_NOSIGNAL));
	sent = clock_ns(CLOCK_MONOTONIC);
	while (clock_ns(CLOCK_MONOTONIC) - sent < 5000000)
		;
	for (int i = 0; i < 3; i++) {
		peeked[i] = receive_time(fd[1], env->type, true, MSG_PEEK);
		ts[i] = receive_time(fd[1], env->type, true, 0);
	}
	if (wall_ahead() > ahead + 1000000)
		SKIP_CASE("the clock was set meanwhile");
	for (int i = 0; i < 3; i++) {
		CONTEXT("message %d", i);
		EXPECT_EQ(peeked[i].tv_sec, ts[i].tv_sec);
		EXPECT_EQ(peeked[i].tv_nsec, ts[i].tv_nsec);
		EXPECT_THAT(ts[i].tv_sec * INT64_C(1000000000) + ts[i].tv_nsec -
			    ahead < sent + 2000000, "a time before the reading");
	}
}
