// SPDX-License-Identifier: BSD-2-Clause
/* Options of SOL_SOCKET that every family has: kept, refused, without effect. */
#include "config.h"

#include <limits.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_option.h"
#include "harness/check.h"
#include "harness/namespace.h"

#define OLD_ENOTSUPP 524

static const int flags[] = {
	SO_REUSEADDR, SO_KEEPALIVE, SO_BROADCAST, SO_DONTROUTE, SO_OOBINLINE,
	SO_TIMESTAMP, SO_NO_CHECK,
};

CHECK(option, flags_are_kept,
      .title = "Generic flags start at 0, are kept as 0 or 1, each end for itself",
      CLAUSES(linux_socket_options),
      ROWS(OPT_20, OPT_28),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Code for TCP and AF_UNIX alike sets them and takes an error for a broken socket.",
      .explain = "SO_REUSEADDR, SO_KEEPALIVE, SO_BROADCAST, SO_DONTROUTE, SO_OOBINLINE, "
		 "SO_TIMESTAMP, SO_NO_CHECK: 1, another value, 0; and SO_DEBUG where the process may.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		CONTEXT("option %d", flags[i]);
		option_expect(fd[0], flags[i], 0);
		EXPECT_RET(0, option_set(fd[0], flags[i], 1));
		option_expect(fd[0], flags[i], 1);
		option_expect(fd[1], flags[i], 0);
		EXPECT_RET(0, option_set(fd[0], flags[i], 0));
		option_expect(fd[0], flags[i], 0);
		EXPECT_RET(0, option_set(fd[0], flags[i], 64));
		option_expect(fd[0], flags[i], 1);
	}
	CONTEXT("SO_DEBUG");
	option_expect(fd[0], SO_DEBUG, 0);
	EXPECT_RET(0, option_set(fd[0], SO_DEBUG, 0));
	if (option_can(CAP_NET_ADMIN)) {
		EXPECT_RET(0, option_set(fd[0], SO_DEBUG, 1));
		option_expect(fd[0], SO_DEBUG, 1);
		option_expect(fd[1], SO_DEBUG, 0);
	}
	CONTEXT("%s", "");
	data_expect_works(env, fd[1], fd[0]);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(option, reuseport,
      .title = "SO_REUSEPORT is refused with EOPNOTSUPP, or is kept and means nothing",
      CLAUSES(linux_reuseport),
      ROWS(OPT_21),
      .types = ANY_TYPE, .tags = "report",
      .why = "Servers that set it on all their sockets fail to start after an upgrade.",
      .explain = "Refused since Linux 6.13, also in stable versions; accepted before, "
		 "where SO_PASSRIGHTS (6.16) is not known.  Clearing it always works.")
{
	int fd = SETUP(env_socket(env));
	int older = release_proven(RELEASE_6_16) ? EOPNOTSUPP : 0;
	bool kept = EXPECT_ERRNO_IN(option_set(fd, SO_REUSEPORT, 1), EOPNOTSUPP,
				    older) == 0;

	option_expect(fd, SO_REUSEPORT, kept);
	EXPECT_RET(0, option_set(fd, SO_REUSEPORT, 0));
	option_expect(fd, SO_REUSEPORT, 0);
}

CHECK(option, zerocopy_refused,
      .title = "SO_ZEROCOPY is refused with EOPNOTSUPP",
      CLAUSES(linux_zerocopy),
      ROWS(OPT_22),
      .types = ANY_TYPE,
      .why = "A sender that believed in it would wait for completions that never come.",
      .explain = "ENOTSUPP, 524, in kernels that do not know SO_PASSPIDFD (6.5).")
{
	int older = release_proven(RELEASE_6_5) ? EOPNOTSUPP : OLD_ENOTSUPP;
	int fd = SETUP(env_socket(env));

	if (option_set(fd, SO_ZEROCOPY, 1) < 0 && errno == ENOPROTOOPT &&
	    !release_proven(RELEASE_5_15))
		SKIP_CASE("there is no SO_ZEROCOPY (since Linux 4.14)");
	EXPECT_ERRNO_IN(option_set(fd, SO_ZEROCOPY, 1), EOPNOTSUPP, older);
	EXPECT_ERRNO_IN(option_set(fd, SO_ZEROCOPY, 1), EOPNOTSUPP, older);
	EXPECT_THAT(option_get(fd, SO_ZEROCOPY) <= 0, "it is not on");
}

static void set_linger(int fd, int onoff, int seconds)
{
	struct linger l = { .l_onoff = onoff, .l_linger = seconds };

	EXPECT_RET(0, setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
}

CHECK(option, linger_is_kept,
      .title = "SO_LINGER is off at first, and a struct linger is kept as set",
      CLAUSES(socket7_linger),
      ROWS(OPT_23),
      .types = ANY_TYPE,
      .why = "Code for TCP and AF_UNIX alike sets it.")
{
	int fd = SETUP(env_socket(env));
	struct linger l = { .l_onoff = -1 };
	socklen_t len = sizeof(l);

	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
	EXPECT_EQ(sizeof(l), len);
	EXPECT_EQ(0, l.l_onoff);
	for (int seconds = 0; seconds < 20; seconds += 7) {
		set_linger(fd, 1, seconds);
		EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
		EXPECT_EQ(1, l.l_onoff);
		EXPECT_EQ(seconds, l.l_linger);
	}
	EXPECT_ERRNO(EINVAL, setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, 4));
	set_linger(fd, 0, 3);
	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
	EXPECT_EQ(0, l.l_onoff);
}

CHECK(option, linger_means_nothing,
      .title = "SO_LINGER neither delays close() nor discards what was sent",
      CLAUSES(linux_linger_nothing),
      ROWS(OPT_56, OPT_57),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("long", "zero"),
      .why = "On TCP a time of 0 resets the connection and loses the data.",
      .explain = "An hour to linger, or none; send, close, and the peer reads the data, "
		 "then the end.  An unread message does not hold close() up.")
{
	char got = 0;
	int fd[2];

	SETUP(env_pair(env, fd));
	set_linger(fd[0], 1, env->param ? 0 : 3600);
	ASSERT_RET(1, send(fd[0], "l", 1, MSG_NOSIGNAL));
	EXPECT_RET(0, env_close(env, fd[0]));
	EXPECT_RET(1, recv(fd[1], &got, 1, MSG_DONTWAIT));
	EXPECT_EQ('l', got);
	if (env->type != SOCK_DGRAM)
		EXPECT_RET(0, recv(fd[1], &got, 1, MSG_DONTWAIT));
	else
		data_expect_empty(fd[1]);
}

CHECK(option, network_options_accepted,
      .title = "Options about network devices and queues are accepted and change nothing",
      CLAUSES(linux_busy_poll_accepted),
      ROWS(OPT_58, OPT_60),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Code for all families sets them.",
      .explain = "SO_BINDTODEVICE \"lo\", SO_INCOMING_CPU, SO_BUSY_POLL with "
		 "CAP_NET_ADMIN, SO_RCVPRIORITY since 6.14.  A device that is not there is "
		 "refused with ENODEV.")
{
	char name[IFNAMSIZ] = "";
	socklen_t len = sizeof(name);
	bool admin = option_can(CAP_NET_ADMIN);
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, option_set(fd[0], SO_INCOMING_CPU, 0));
	EXPECT_ERRNO_IN(option_set(fd[0], SO_RCVPRIORITY, 1), 0, ENOPROTOOPT);
	if (admin)
		EXPECT_ERRNO_IN(option_set(fd[0], SO_BUSY_POLL, 50), 0,
				ENOPROTOOPT);
	/* A kernel without network devices does not know the option at all. */
	if ((admin || option_can(CAP_NET_RAW)) &&
	    (getsockopt(fd[0], SOL_SOCKET, SO_BINDTODEVICE, name, &len) == 0 ||
	     errno != ENOPROTOOPT)) {
		EXPECT_RET(0, setsockopt(fd[0], SOL_SOCKET, SO_BINDTODEVICE,
					 "lo", 3));
		len = sizeof(name);
		EXPECT_RET(0, getsockopt(fd[0], SOL_SOCKET, SO_BINDTODEVICE,
					 name, &len));
		EXPECT_EQ(3, len);
		EXPECT_THAT(strcmp(name, "lo") == 0, "lo; %s", name);
		EXPECT_ERRNO(ENODEV, setsockopt(fd[0], SOL_SOCKET,
						SO_BINDTODEVICE, "no-such", 8));
	}
	data_expect_works(env, fd[0], fd[1]);
	data_expect_works(env, fd[1], fd[0]);
}

CHECK(option, error_is_none,
      .title = "SO_ERROR is 0 on a socket that is new, connected or has been read empty",
      CLAUSES(posix_so_error),
      ROWS(OPT_39),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      .why = "Programs ask for it after a non-blocking connect().",
      .explain = "A call that fails, as recv() with EAGAIN, leaves no error pending.")
{
	int fd[2];

	option_expect(SETUP(env_socket(env)), SO_ERROR, 0);
	SETUP(env_pair(env, fd));
	data_expect_works(env, fd[0], fd[1]);
	data_expect_empty(fd[0]);
	for (int i = 0; i < 2; i++) {
		option_expect(fd[i], SO_ERROR, 0);
		option_expect(fd[i], SO_ERROR, 0);
	}
}

CHECK(option, memory_information,
      .title = "SO_MEMINFO tells the limits and the memory in use, in 36 bytes",
      CLAUSES(linux_meminfo),
      ROWS(OPT_40),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "ss and servers that watch themselves read it.",
      .explain = "The limits are those of SO_RCVBUF and SO_SNDBUF, which are set to "
		 "different sizes; what is allocated to send is what SIOCOUTQ says.")
{
	uint32_t info[9] = { 0 };
	socklen_t len = sizeof(info);
	int fd[2], queued = -1;

	SETUP(env_pair(env, fd));
	SETUP(option_set(fd[0], SO_RCVBUF, 20000));
	SETUP(option_set(fd[0], SO_SNDBUF, 30000));
	if (getsockopt(fd[0], SOL_SOCKET, SO_MEMINFO, info, &len) < 0 &&
	    errno == ENOPROTOOPT)
		SKIP_CASE("SO_MEMINFO is not there (since Linux 4.12)");
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	len = sizeof(info);
	EXPECT_RET(0, getsockopt(fd[0], SOL_SOCKET, SO_MEMINFO, info, &len));
	EXPECT_EQ(36, len);
	EXPECT_EQ(option_get(fd[0], SO_RCVBUF), info[1]);
	EXPECT_EQ(option_get(fd[0], SO_SNDBUF), info[3]);
	EXPECT_RET(0, ioctl(fd[0], SIOCOUTQ, &queued));
	EXPECT_EQ(queued, info[2]);
	EXPECT_THAT(info[2] > 3, "memory is in use; %u", info[2]);
}

static uint64_t cookie_of(int fd, int name)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	if (getsockopt(fd, SOL_SOCKET, name, &cookie, &len) < 0 &&
	    errno == ENOPROTOOPT)
		SKIP_CASE("the option is not there");
	len = sizeof(cookie);
	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, name, &cookie, &len));
	EXPECT_EQ(sizeof(cookie), len);
	return cookie;
}

CHECK(option, cookie_is_unique,
      .title = "SO_COOKIE is not 0, stays the same, and is another one on each socket",
      CLAUSES(socket7_cookie),
      ROWS(OPT_41),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Monitors keep their records of sockets by it.")
{
	uint64_t first, second;
	int fd[2];

	SETUP(env_pair(env, fd));
	first = cookie_of(fd[0], SO_COOKIE);
	second = cookie_of(fd[1], SO_COOKIE);
	EXPECT_THAT(first != 0 && second != 0, "not 0");
	EXPECT_THAT(first != second, "two numbers; both are %llu",
		    (unsigned long long)first);
	EXPECT_EQ(first, cookie_of(fd[0], SO_COOKIE));
	EXPECT_EQ(second, cookie_of(fd[1], SO_COOKIE));
}

CHECK(option, cookie_needs_room,
      .title = "SO_COOKIE with less room than 8 bytes fails with EINVAL and writes nothing",
      CLAUSES(linux_cookie_room, socket7_cookie),
      ROWS(OPT_65),
      .types = ANY_TYPE,
      .why = "Half a cookie is another socket's.")
{
	int fd = SETUP(env_socket(env));
	uint64_t got, want = cookie_of(fd, SO_COOKIE), untouched = 0x5a5a5a5a5a5a5a5a;

	for (socklen_t room = 0; room < sizeof(got); room++) {
		socklen_t len = room;

		CONTEXT("room for %u bytes", (unsigned int)room);
		got = untouched;
		EXPECT_ERRNO(EINVAL, getsockopt(fd, SOL_SOCKET, SO_COOKIE, &got,
						&len));
		EXPECT_EQ(room, len);
		EXPECT_EQ(untouched, got);
	}
	EXPECT_EQ(want, cookie_of(fd, SO_COOKIE));
}

#ifndef SO_PEERNAME
#define SO_PEERNAME 28
#endif

CHECK(option, peer_name,
      .title = "SO_PEERNAME tells the peer's address, and ENOTCONN where there is no peer",
      CLAUSES(linux_peername),
      ROWS(OPT_66),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "It is getpeername() by another way, and must not tell something else.",
      .explain = "With room for the address, for its family alone, and for one byte more "
	      "than it has, which is EINVAL.")
{
	struct addr a = env_addr(env, 0), got = { 0 };
	int listener = env->type == SOCK_DGRAM ? SETUP(env_bound(env, &a)) :
						 SETUP(env_listener(env, 1, &a));
	int alone = SETUP(env_socket(env)), fd = SETUP(env_connect(env, &a));
	struct addr peer = { .len = sizeof(peer.bytes) };
	socklen_t len;

	SETUP(getpeername(fd, &peer.sa, &peer.len));
	len = peer.len;
	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_PEERNAME, got.bytes, &len));
	EXPECT_EQ(peer.len, len);
	EXPECT_MEM(peer.bytes, got.bytes, peer.len);
	memset(got.bytes, 0x5a, sizeof(got.bytes));
	len = sizeof(sa_family_t);
	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, SO_PEERNAME, got.bytes, &len));
	EXPECT_EQ(AF_UNIX, got.sa.sa_family);
	EXPECT_EQ(0x5a, got.bytes[sizeof(sa_family_t)]);
	len = peer.len + 1;
	EXPECT_ERRNO(EINVAL, getsockopt(fd, SOL_SOCKET, SO_PEERNAME, got.bytes,
					&len));
	len = sizeof(sa_family_t);
	EXPECT_ERRNO(ENOTCONN, getsockopt(alone, SOL_SOCKET, SO_PEERNAME,
					  got.bytes, &len));
	if (env->type != SOCK_DGRAM)
		EXPECT_ERRNO(ENOTCONN, getsockopt(listener, SOL_SOCKET,
						  SO_PEERNAME, got.bytes, &len));
}

static int cookie_inside(struct env *env, void *arg)
{
	uint64_t *outside = arg;

	if (namespace_enter(CLONE_NEWNET) < 0)
		BROKEN("cannot enter a network namespace");
	EXPECT_THAT(cookie_of(SETUP(env_socket(env)), SO_NETNS_COOKIE) != *outside,
		    "another number than outside");
	return 0;
}

CHECK(option, netns_cookie,
      .title = "SO_NETNS_COOKIE is one number for a network namespace, and another for the next",
      CLAUSES(linux_netns_cookie),
      ROWS(OPT_62),
      .types = ANY_TYPE, .needs = NEED_NETNS,
      .why = "Programs find out by it which namespace a socket came from.")
{
	uint64_t mine = cookie_of(SETUP(env_socket(env)), SO_NETNS_COOKIE);

	EXPECT_EQ(mine, cookie_of(SETUP(env_socket(env)), SO_NETNS_COOKIE));
	EXPECT_EQ(0, env_reap(env, env_fork(env, cookie_inside, &mine)));
}
