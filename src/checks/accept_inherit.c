// SPDX-License-Identifier: BSD-2-Clause
/* What an accepted socket has of its listener, and what it has not. */
#include "config.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/names.h"
#include "checks/util_backlog.h"
#include "checks/util_option.h"
#include "harness/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

CHECK(accept, flags_set_descriptor_flags,
      .title = "accept4() sets SOCK_NONBLOCK and SOCK_CLOEXEC as asked, each alone and both",
      CLAUSES(accept2_flags),
      ROWS(ACC_09),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .why = "A descriptor without close-on-exec leaks into every child of the server.")
{
	static const int flags[] = {
		0, SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC,
	};
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 8, &a));

	for (size_t i = 0; i < COUNT(flags); i++) {
		int fd;

		CONTEXT("flags%s%s%s", flags[i] ? "" : " none",
			flags[i] & SOCK_NONBLOCK ? " SOCK_NONBLOCK" : "",
			flags[i] & SOCK_CLOEXEC ? " SOCK_CLOEXEC" : "");
		ASSERT_OK(backlog_connect(env, &a));
		fd = ASSERT_OK(accept4(listener, NULL, NULL, flags[i]));
		EXPECT_EQ(flags[i] & SOCK_NONBLOCK ? O_NONBLOCK : 0,
			  fcntl(fd, F_GETFL) & O_NONBLOCK);
		EXPECT_EQ(flags[i] & SOCK_CLOEXEC ? FD_CLOEXEC : 0,
			  fcntl(fd, F_GETFD));
		EXPECT_RET(0, close(fd));
	}
}

CHECK(accept, listener_flags_are_not_inherited,
      .title = "accept() inherits neither O_NONBLOCK nor close-on-exec from the listener",
      CLAUSES(accept2_no_inheritance),
      ROWS(ACC_10),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .why = "Servers written for Linux expect a blocking socket from an event loop's listener.",
      .explain = "BSD systems and macOS inherit O_NONBLOCK.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 8, &a));

	for (int i = 0; i < 2; i++) {
		int fd;

		CONTEXT("listener with O_NONBLOCK %s", i ? "set" : "clear");
		ASSERT_OK(backlog_connect(env, &a));
		if (env_is_control(env))
			SETUP(backlog_set_nonblock(listener, false));
		fd = ASSERT_OK(accept(listener, NULL, NULL));
		EXPECT_EQ(O_RDWR, fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
		EXPECT_EQ(0, fcntl(fd, F_GETFD));
		EXPECT_RET(0, close(fd));
		SETUP(backlog_set_nonblock(listener, true));
	}
	EXPECT_EQ(FD_CLOEXEC, fcntl(listener, F_GETFD));
}

CHECK(accept, unknown_flags_are_refused,
      .title = "accept4() with unknown flags fails with EINVAL and takes nobody",
      CLAUSES(accept2_einval_flags),
      ROWS(ACC_08),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .why = "A flag that is ignored silently cannot be probed for.")
{
	static const int flags[] = { 1, O_APPEND, SOCK_CLOEXEC | O_APPEND, -1 };
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 8, &a));

	ASSERT_OK(backlog_connect(env, &a));
	for (size_t i = 0; i < COUNT(flags); i++) {
		CONTEXT("flags 0x%x", (unsigned int)flags[i]);
		EXPECT_ERRNO(EINVAL, accept4(listener, NULL, NULL, flags[i]));
	}
	EXPECT_OK(env_accept(env, listener));
}

CHECK(accept, buffers_are_not_inherited,
      .title = "Buffer sizes set on the listener are not those of an accepted socket",
      CLAUSES(linux_accept_fresh_options),
      ROWS(ACC_18),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      PARAMS("sndbuf", "rcvbuf"),
      .why = "Code ported from TCP sets them once on the listener, to no effect.",
      .explain = "A TCP control does inherit them.")
{
	int name = env->param ? SO_RCVBUF : SO_SNDBUF, size;
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 8, &a)), peer;
	int usual = backlog_option(listener, name);

	SETUP(backlog_set_option(listener, name, usual / 8));
	size = backlog_option(listener, name);
	if (size == usual)
		BROKEN("the size of a buffer could not be changed");
	ASSERT_OK(backlog_connect(env, &a));
	peer = ASSERT_OK(env_accept(env, listener));
	EXPECT_EQ(env_is_control(env) ? size : usual,
		  backlog_option(peer, name));
}

static long timeout_us(int fd, int name)
{
	struct timeval tv = { .tv_sec = -1 };
	socklen_t len = sizeof(tv);

	if (getsockopt(fd, SOL_SOCKET, name, &tv, &len) < 0)
		return -1;
	return tv.tv_sec * 1000000L + tv.tv_usec;
}

CHECK(accept, timeouts_are_not_inherited,
      .title = "SO_RCVTIMEO and SO_SNDTIMEO of the listener are not those of an accepted socket",
      CLAUSES(linux_accept_fresh_options),
      ROWS(ACC_20),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      PARAMS("receive", "send"),
      .why = "A timeout meant for accept() must not cut conversations short.",
      .explain = "A TCP control does inherit them.")
{
	int name = env->param ? SO_SNDTIMEO : SO_RCVTIMEO, peer;
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 8, &a));

	SETUP(backlog_set_timeout(listener, name, 20000));
	ASSERT_OK(backlog_connect(env, &a));
	peer = ASSERT_OK(env_accept(env, listener));
	EXPECT_EQ(20000000, timeout_us(listener, name));
	EXPECT_EQ(env_is_control(env) ? 20000000 : 0, timeout_us(peer, name));
}

CHECK(accept, generic_options_are_not_inherited,
      .title = "Generic options of the listener, as SO_OOBINLINE and SO_RCVLOWAT, are not inherited",
      CLAUSES(linux_accept_fresh_options),
      ROWS(ACC_30, ACC_34),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      PARAMS("oobinline", "keepalive", "timestamp", "lowat", "broadcast",
	     "reuseaddr", "priority", "peek_off", "dontroute", "timestampns",
	     "no_check", "rxq_ovfl", "lock_filter"),
      .why = "Options set on the listener only are options that are not set.",
      .explain = "A TCP control does inherit the first two.")
{
	static const int names[] = {
		SO_OOBINLINE, SO_KEEPALIVE, SO_TIMESTAMP, SO_RCVLOWAT,
		SO_BROADCAST, SO_REUSEADDR, SO_PRIORITY, SO_PEEK_OFF,
		SO_DONTROUTE, SO_TIMESTAMPNS, SO_NO_CHECK, SO_RXQ_OVFL,
		SO_LOCK_FILTER,
	};
	int name = names[env->param], peer, before, set;
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 8, &a));

	if (env_is_control(env) && env->param > 1)
		SKIP_CASE("kernels differ in what TCP does with it");
	before = backlog_option(listener, name);
	set = before + 1;
	SETUP(backlog_set_option(listener, name, set));
	if (env->param > 2 && backlog_option(listener, name) != set)
		SKIP_CASE("the option is not kept here");
	ASSERT_OK(backlog_connect(env, &a));
	peer = ASSERT_OK(env_accept(env, listener));
	EXPECT_EQ(set, backlog_option(listener, name));
	EXPECT_EQ(env_is_control(env) ? set : before,
		  backlog_option(peer, name));
}

static const struct {
	int name;
	const char *text;
} passes[] = {
	{ SO_PASSCRED, "SO_PASSCRED" },
	{ SO_PASSPIDFD, "SO_PASSPIDFD" },
};

CHECK(accept, passcred_is_inherited,
      .title = "SO_PASSCRED and SO_PASSPIDFD of the listener are set on an accepted socket",
      CLAUSES(linux_accept_passcred, unix7_passcred),
      ROWS(ACC_19, ACC_29),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      PARAMS("credentials", "pidfd"),
      .why = "The first message of a client comes before the server could ask for them.",
      .explain = "Set on the listener before connect(), for each of three clients that "
	      "wait.  The client does not get it, and a listener without it passes "
	      "nothing on.  SO_PASSPIDFD is there since 6.5.")
{
	int name = passes[env->param].name;
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 8, &a));

	for (int value = 0; value < 2; value++) {
		int client, peer;

		CONTEXT("%s is %d", passes[env->param].text, value);
		if (name == SO_PASSCRED)
			SETUP(option_set(listener, name, value));
		else
			SETUP(option_try(listener, name, value,
					 passes[env->param].text));
		for (int i = 0; i < 3; i++) {
			client = ASSERT_OK(backlog_connect(env, &a));
			EXPECT_EQ(0, backlog_option(client, name));
		}
		for (int i = 0; i < 3; i++) {
			peer = ASSERT_OK(env_accept(env, listener));
			EXPECT_EQ(value, backlog_option(peer, name));
		}
	}
}

CHECK(accept, passcred_is_taken_at_one_time,
      .title = "SO_PASSCRED is inherited as it was at connect(), or before 6.16 at accept()",
      CLAUSES(linux_accept_passcred),
      ROWS(ACC_26, ACC_27),
      .types = CONNECTED, .addrs = NAMED,
      .why = "A server that sets it late misses the credentials of the clients that wait.",
      .explain = "One client connects before the option is set on the listener, one "
	      "before it is cleared; both are accepted after the change.  0 and 1 on "
	      "Linux since 6.16, which knows SO_PASSRIGHTS, 1 and 0 before; anything "
	      "else is a mixture.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 8, &a)), late, early;

	ASSERT_OK(backlog_connect(env, &a));
	SETUP(backlog_set_option(listener, SO_PASSCRED, 1));
	late = backlog_option(ASSERT_OK(env_accept(env, listener)), SO_PASSCRED);
	ASSERT_OK(backlog_connect(env, &a));
	SETUP(backlog_set_option(listener, SO_PASSCRED, 0));
	early = backlog_option(ASSERT_OK(env_accept(env, listener)), SO_PASSCRED);
	NOTE("SO_PASSCRED is taken over at %s", late ? "accept()" : "connect()");
	EXPECT_RANGE(0, 1, late);
	EXPECT_EQ(!late, early);
	if (release_proven(RELEASE_6_16))
		EXPECT_EQ(0, late);
}

CHECK(accept, passrights_is_inherited,
      .title = "A listener with SO_PASSRIGHTS 0 has accepted sockets that refuse descriptors",
      CLAUSES(linux_accept_passcred),
      ROWS(ACC_28),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      .why = "A server that wants no descriptors must be safe from the first message on.",
      .explain = "Since 6.16.  The client keeps 1; what it sends with SCM_RIGHTS fails with "
	      "EPERM, before accept() and after it, and plain data arrives; the same "
	      "for each of three clients that wait.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 8, &a)), client[3], peer;
	char got = 0;

	SETUP(option_try(listener, SO_PASSRIGHTS, 0, "SO_PASSRIGHTS"));
	for (int i = 0; i < 3; i++) {
		client[i] = ASSERT_OK(backlog_connect(env, &a));
		EXPECT_ERRNO(EPERM, backlog_send_fd(client[i], listener));
	}
	for (int i = 0; i < 3; i++) {
		CONTEXT("client %d", i);
		peer = ASSERT_OK(env_accept(env, listener));
		EXPECT_EQ(0, backlog_option(peer, SO_PASSRIGHTS));
		EXPECT_EQ(1, backlog_option(client[i], SO_PASSRIGHTS));
		EXPECT_ERRNO(EPERM, backlog_send_fd(client[i], listener));
		EXPECT_RET(1, send(client[i], "p", 1, MSG_NOSIGNAL));
		EXPECT_RET(1, recv(peer, &got, 1, 0));
		EXPECT_EQ('p', got);
		EXPECT_RET(1, backlog_send_fd(peer, peer));
	}
}
