// SPDX-License-Identifier: BSD-2-Clause
/* ioctl() on a socket: all requests but those about its queues. */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_option.h"
#include "harness/check.h"
#include "harness/namespace.h"

#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE (SIOCPROTOPRIVATE + 0)
#endif

CHECK(ioctl, at_mark,
      .title = "SIOCATMARK is 0 on a stream without a mark, and EOPNOTSUPP on other types",
      CLAUSES(posix_sockatmark, linux_siocatmark),
      ROWS(IOC_11, IOC_12),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A reader of urgent data must not find a mark where none was set.",
      .explain = "Datagram and seqpacket sockets answered 0 before a fix of 2025; ENOTTY "
		 "where the system has no out-of-band data on AF_UNIX.")
{
	int fd[2], value = -1;

	SETUP(env_pair(env, fd));
	if (env->type != SOCK_STREAM) {
		EXPECT_ERRNO_IN(ioctl(fd[1], SIOCATMARK, &value), EOPNOTSUPP,
				ENOTTY, 0);
		EXPECT_RANGE(-1, 0, value);
		return;
	}
	if (ioctl(fd[1], SIOCATMARK, &value) < 0 && errno == ENOTTY)
		SKIP_CASE("no out-of-band data on AF_UNIX (since Linux 5.15)");
	EXPECT_RET(0, ioctl(fd[1], SIOCATMARK, &value));
	EXPECT_EQ(0, value);
	ASSERT_RET(1, send(fd[0], "m", 1, MSG_NOSIGNAL));
	/* valgrind frowns on a variable of the C library's own. */
	if (!env->valgrind)
		EXPECT_RET(0, sockatmark(fd[1]));
}

CHECK(ioctl, nonblocking,
      .title = "FIONBIO sets and clears O_NONBLOCK, as F_GETFL shows",
      CLAUSES(linux_fionbio),
      ROWS(IOC_13),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_BLOCKED,
      .why = "Event loops use it for its one call in place of two.",
      .explain = "The duplicate of the descriptor has it, too; the other end has not.")
{
	int fd[2], copy, on = 1, off = 0;
	struct call c;
	char got = 0;

	SETUP(env_pair(env, fd));
	copy = SETUP(env_own(env, dup(fd[0])));
	EXPECT_RET(0, ioctl(fd[0], FIONBIO, &on));
	EXPECT_EQ(O_RDWR | O_NONBLOCK, fcntl(fd[0], F_GETFL));
	EXPECT_EQ(O_RDWR | O_NONBLOCK, fcntl(copy, F_GETFL));
	EXPECT_EQ(O_RDWR, fcntl(fd[1], F_GETFL));
	EXPECT_ERRNO(EAGAIN, recv(fd[0], &got, 1, 0));
	EXPECT_RET(0, ioctl(copy, FIONBIO, &off));
	EXPECT_EQ(O_RDWR, fcntl(fd[0], F_GETFL));
	call_recv(&c, fd[0], &got, 1, 0);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(1, send(fd[1], "n", 1, MSG_NOSIGNAL));
	EXPECT_CALL_RET(1, &c);
	EXPECT_EQ('n', got);
}

CHECK(ioctl, any_value_but_zero,
      .title = "FIONBIO and FIOASYNC switch on with any number but 0",
      CLAUSES(linux_fionbio, socket7_o_async),
      ROWS(IOC_31),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("FIONBIO", "FIOASYNC"),
      .why = "Programs pass what a flag test left over, and then wait for ever.",
      .explain = "2, 256, -1 and INT_MIN, each after 0; the flag is seen in F_GETFL, and "
		 "the other one stays.")
{
	static const int value[] = { 2, 256, -1, INT_MIN };
	unsigned long request = env->param ? FIOASYNC : FIONBIO;
	int flag = env->param ? O_ASYNC : O_NONBLOCK, zero = 0, fd[2];

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(value) / sizeof(value[0]); i++) {
		int on = value[i];

		CONTEXT("with %d", on);
		EXPECT_RET(0, ioctl(fd[0], request, &on));
		EXPECT_EQ(value[i], on);
		EXPECT_EQ(O_RDWR | flag, fcntl(fd[0], F_GETFL));
		EXPECT_RET(0, ioctl(fd[0], request, &zero));
		EXPECT_EQ(O_RDWR, fcntl(fd[0], F_GETFL));
	}
}

CHECK(ioctl, close_on_exec,
      .title = "FIOCLEX and FIONCLEX set and clear FD_CLOEXEC of the one descriptor",
      CLAUSES(ioctl2_fioclex),
      ROWS(IOC_30),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A descriptor that is thought closed gets into other programs.",
      .explain = "A duplicate stays as it is; no argument is looked at.")
{
	int fd[2], copy;

	SETUP(env_pair(env, fd));
	copy = SETUP(env_own(env, fcntl(fd[0], F_DUPFD_CLOEXEC, 0)));
	EXPECT_RET(0, ioctl(fd[0], FIONCLEX, NULL));
	EXPECT_EQ(0, fcntl(fd[0], F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(copy, F_GETFD));
	EXPECT_RET(0, ioctl(copy, FIONCLEX, NULL));
	EXPECT_RET(0, ioctl(fd[0], FIOCLEX, NULL));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd[0], F_GETFD));
	EXPECT_EQ(0, fcntl(copy, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(fd[0], F_GETFL));
}

CHECK(ioctl, not_for_sockets,
      .title = "Requests for terminals, and those no socket knows, fail with ENOTTY",
      CLAUSES(posix_ioctl_enotty, linux_sock_ioctl),
      ROWS(IOC_14, IOC_16),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "isatty() goes by it.",
      .explain = "TCGETS, TIOCGWINSZ, SIOCGSTAMP, which AF_UNIX does not have, and a "
		 "request that does not exist.")
{
	struct termios termios;
	struct winsize size;
	char buf[128] = "";
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(ENOTTY, ioctl(fd[0], TCGETS, &termios));
	EXPECT_ERRNO(ENOTTY, ioctl(fd[0], TIOCGWINSZ, &size));
	EXPECT_ERRNO(ENOTTY, ioctl(fd[0], SIOCGSTAMP, buf));
	EXPECT_ERRNO(ENOTTY, ioctl(fd[0], 0x55aa, buf));
	EXPECT_EQ(0, isatty(fd[0]));
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(ioctl, signal_owner,
      .title = "FIOSETOWN and SIOCSPGRP set the owner that FIOGETOWN and SIOCGPGRP tell",
      CLAUSES(socket7_fioasync),
      ROWS(IOC_17),
      .types = ANY_TYPE,
      .why = "SIGIO goes to the owner, and to nobody when there is none.",
      .explain = "0 at first; the process, its group as a negative number, and none "
		 "again.  F_GETOWN says the same.")
{
	int fd = SETUP(env_socket(env));
	const int owners[] = { getpid(), -getpgrp(), 0 };

	for (int i = -1; i < 3; i++) {
		int owner = i < 0 ? 0 : owners[i], value = -1;

		CONTEXT("owner %d", owner);
		if (i >= 0)
			EXPECT_RET(0, ioctl(fd, i % 2 ? SIOCSPGRP : FIOSETOWN,
					    &owner));
		EXPECT_RET(0, ioctl(fd, SIOCGPGRP, &value));
		EXPECT_EQ(owner, value);
		value = -1;
		EXPECT_RET(0, ioctl(fd, FIOGETOWN, &value));
		EXPECT_EQ(owner, value);
		if (owner >= 0)
			EXPECT_EQ(owner, fcntl(fd, F_GETOWN));
	}
}

CHECK(ioctl, signal_owner_bad_memory,
      .title = "The ioctls of the signal owner fail with EFAULT on bad memory",
      CLAUSES(linux_owner_efault, socket7_fioasync),
      ROWS(IOC_27),
      .types = ANY_TYPE, PARAMS("null", "protected", "kernel"),
      .why = "An owner read from nowhere would get the signals of another.",
      .explain = "FIOSETOWN, SIOCSPGRP, FIOGETOWN and SIOCGPGRP; the owner stays.")
{
	static const unsigned long requests[] = {
		FIOSETOWN, SIOCSPGRP, FIOGETOWN, SIOCGPGRP,
	};
	void *bad = data_bad_page(env->param_name);
	int fd = SETUP(env_socket(env));

	SETUP(fcntl(fd, F_SETOWN, getpid()));
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		CONTEXT("request %#lx", requests[i]);
		EXPECT_ERRNO(EFAULT, ioctl(fd, requests[i], bad));
		EXPECT_EQ(getpid(), fcntl(fd, F_GETOWN));
	}
}

static void need_unix_file(int fd)
{
	/* Who does not know it may read what other calls would have here. */
	struct ifreq req = { .ifr_name = "" };
	int got = ioctl(fd, SIOCUNIXFILE, &req);

	if (got < 0 && errno == ENOTTY)
		SKIP_CASE("SIOCUNIXFILE is not there (since Linux 4.13)");
	if (got >= 0)
		close(got);
}

CHECK(ioctl, unix_file,
      .title = "SIOCUNIXFILE opens the file a socket is bound to, also after it was unlinked",
      CLAUSES(linux_unix_open_file),
      ROWS(IOC_21),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Checkpointing finds out by it where a socket's file went.",
      .explain = "The descriptor is close-on-exec, of O_PATH, and of the same inode.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a));
	struct stat st, got;

	need_unix_file(fd);
	if (!option_can(CAP_NET_ADMIN))
		SKIP_CASE("needs CAP_NET_ADMIN in the first user namespace");
	SETUP(stat(a.un.sun_path, &st));
	for (int i = 0; i < 2; i++) {
		int file = ASSERT_OK(ioctl(fd, SIOCUNIXFILE));

		CONTEXT("%s unlink()", i ? "after" : "before");
		EXPECT_EQ(FD_CLOEXEC, fcntl(file, F_GETFD));
		EXPECT_THAT(fcntl(file, F_GETFL) & O_PATH, "O_PATH");
		EXPECT_RET(0, fstat(file, &got));
		EXPECT_EQ(st.st_ino, got.st_ino);
		EXPECT_EQ(st.st_dev, got.st_dev);
		EXPECT_EQ(st.st_mode, got.st_mode);
		EXPECT_RET(0, close(file));
		if (i == 0)
			SETUP(unlink(a.un.sun_path));
	}
}

CHECK(ioctl, unix_file_none,
      .title = "SIOCUNIXFILE on an unbound or abstract socket fails with ENOENT",
      CLAUSES(linux_unix_open_file),
      ROWS(IOC_15, IOC_22),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .why = "There is no file to be opened.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env));
	int lowest = option_lowest();

	need_unix_file(fd);
	if (!option_can(CAP_NET_ADMIN))
		SKIP_CASE("needs CAP_NET_ADMIN in the first user namespace");
	EXPECT_ERRNO(ENOENT, ioctl(fd, SIOCUNIXFILE));
	SETUP(bind(fd, &a.sa, a.len));
	EXPECT_ERRNO(ENOENT, ioctl(fd, SIOCUNIXFILE));
	EXPECT_EQ(lowest, option_lowest());
}

static int open_as_ordinary(struct env *env, void *arg)
{
	int *fd = arg;

	(void)env;
	SETUP(env_become_ordinary());
	if (option_can(CAP_NET_ADMIN))
		SKIP_CASE("an ordinary user has capabilities here");
	EXPECT_ERRNO(EPERM, ioctl(fd[0], SIOCUNIXFILE));
	EXPECT_ERRNO(EPERM, ioctl(fd[1], SIOCUNIXFILE));
	return 0;
}

CHECK(ioctl, unix_file_refused,
      .title = "SIOCUNIXFILE without CAP_NET_ADMIN fails with EPERM, bound or not",
      CLAUSES(linux_unix_open_file),
      ROWS(IOC_23),
      .types = ANY_TYPE, .addrs = NAMED, .needs = NEED_ORDINARY,
      .why = "The file may lie where the caller could not go.")
{
	struct addr a = env_addr(env, 0);
	int fd[2];

	fd[0] = SETUP(env_bound(env, &a));
	fd[1] = SETUP(env_socket(env));
	need_unix_file(fd[0]);
	EXPECT_EQ(0, env_reap(env, env_fork(env, open_as_ordinary, fd)));
}

static int open_inside(struct env *env, void *arg)
{
	struct addr *a = arg;
	int fd;

	/* The network namespace is still that of others. */
	if (namespace_enter(CLONE_NEWUSER) < 0)
		SKIP_CASE("cannot make a user namespace here");
	fd = SETUP(env_bound(env, &a[0]));
	EXPECT_ERRNO(EPERM, ioctl(fd, SIOCUNIXFILE));
	return 0;
}

static int open_in_own_network(struct env *env, void *arg)
{
	struct addr *a = arg;
	int fd, file;

	if (namespace_enter(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		SKIP_CASE("cannot make a user and a network namespace here");
	fd = SETUP(env_bound(env, &a[1]));
	file = ASSERT_OK(ioctl(fd, SIOCUNIXFILE));
	EXPECT_THAT(fcntl(file, F_GETFL) & O_PATH, "O_PATH");
	close(file);
	return 0;
}

CHECK(ioctl, unix_file_in_namespace,
      .title = "SIOCUNIXFILE asks for CAP_NET_ADMIN in the user namespace that owns the network",
      CLAUSES(linux_unix_open_file),
      ROWS(IOC_80),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_USERNS | NEED_NETNS,
      .why = "Containers are checkpointed from inside, and must not look outside.",
      .explain = "Root of a new user namespace: EPERM in the network namespace of before, "
	      "a descriptor in a new one.")
{
	struct addr a[2] = { env_addr(env, 0), env_addr(env, 1) };

	need_unix_file(SETUP(env_socket(env)));
	EXPECT_EQ(0, env_reap(env, env_fork(env, open_inside, a)));
	EXPECT_EQ(0, env_reap(env, env_fork(env, open_in_own_network, a)));
}

CHECK(ioctl, network_devices,
      .title = "Requests about network devices are answered by an AF_UNIX socket",
      CLAUSES(linux_sock_ioctl),
      ROWS(IOC_24),
      .types = ANY_TYPE,
      .why = "Tools use it where the machine has no AF_INET; if_nametoindex() does.",
      .explain = "SIOCGIFINDEX of \"lo\", back to the name with SIOCGIFNAME, ENODEV for a "
		 "device that is not there, and SIOCGIFCONF, which is ENOTTY in a kernel "
		 "without AF_INET.")
{
	int fd = SETUP(env_socket(env));
	struct ifreq req = { .ifr_name = "lo" }, back = { .ifr_ifindex = 0 };
	char list[1024];
	struct ifconf conf = { .ifc_len = sizeof(list), .ifc_buf = list };

	EXPECT_RET(0, ioctl(fd, SIOCGIFINDEX, &req));
	EXPECT_THAT(req.ifr_ifindex > 0, "an index; %d", req.ifr_ifindex);
	back.ifr_ifindex = req.ifr_ifindex;
	EXPECT_RET(0, ioctl(fd, SIOCGIFNAME, &back));
	EXPECT_THAT(strcmp(back.ifr_name, "lo") == 0, "lo; %s", back.ifr_name);
	strcpy(req.ifr_name, "no-such-device");
	EXPECT_ERRNO(ENODEV, ioctl(fd, SIOCGIFINDEX, &req));
	EXPECT_ERRNO_IN(ioctl(fd, SIOCGIFCONF, &conf), 0, ENOTTY);
}
