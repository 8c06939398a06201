// SPDX-License-Identifier: BSD-2-Clause
/* What a socket is asked for as a file: to run, and where it is from. */
#include "config.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks/util_option.h"
#include "harness/check.h"
#include "harness/namespace.h"

#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894C
#endif

CHECK(socket, cannot_run,
      .title = "A socket cannot be executed, neither by its descriptor nor by its file: EACCES",
      CLAUSES(execve2_eacces),
      ROWS(SOCK_34),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "The mode of a socket's file says that everybody may.",
      .explain = "execve() of the file, and execveat() with AT_EMPTY_PATH of the descriptor.  "
		 "Before Linux 5.8 ENXIO.")
{
	char *args[] = { "socket", NULL }, *none[] = { NULL };
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a));

	if (env->valgrind)
		SKIP_CASE("valgrind starts programs itself");
	SETUP(chmod(a.un.sun_path, 0777));
	EXPECT_ERRNO_IN(execve(a.un.sun_path, args, none), EACCES, ENXIO);
	EXPECT_ERRNO_IN(syscall(SYS_execveat, fd, "", args, none,
				AT_EMPTY_PATH), EACCES, ENXIO);
}

/* The descriptor is of the namespace that the file in /proc is of. */
static void expect_namespace(int fd, const struct stat *want)
{
	int got = (int)ASSERT_OK(ioctl(fd, SIOCGSKNS));
	struct stat st = { 0 };

	EXPECT_EQ(FD_CLOEXEC, fcntl(got, F_GETFD));
	EXPECT_RET(0, fstat(got, &st));
	EXPECT_EQ(want->st_ino, st.st_ino);
	EXPECT_EQ(want->st_dev, st.st_dev);
	EXPECT_RET(0, close(got));
}

static int ask_inside(struct env *env, void *arg)
{
	int *outside = arg, inside;
	struct stat was = { 0 }, is = { 0 };
	bool may = option_can(CAP_NET_ADMIN);

	if (stat("/proc/self/ns/net", &was) < 0)
		SKIP_CASE("there is no /proc/self/ns/net to compare with");
	if (namespace_enter(CLONE_NEWNET) < 0)
		BROKEN("cannot enter a network namespace");
	SETUP(stat("/proc/self/ns/net", &is));
	inside = SETUP(env_socket(env));
	expect_namespace(inside, &is);
	if (may) {
		expect_namespace(*outside, &was);
		return 0;
	}
	/* Who came from there with capabilities of its own may have them. */
	inside = (int)EXPECT_ERRNO_IN(ioctl(*outside, SIOCGSKNS), EPERM, 0);
	if (inside >= 0)
		EXPECT_RET(0, close(inside));
	return 0;
}

CHECK(ioctl, network_namespace,
      .title = "SIOCGSKNS opens the network namespace that a socket was made in",
      CLAUSES(linux_siocgskns),
      ROWS(IOC_28),
      .types = ANY_TYPE, .needs = NEED_NETNS,
      .why = "A process that was given a socket enters by it where the socket is.",
      .explain = "For a socket of the namespace that the process is in, and for one that "
		 "was made before it went there.  Who has no CAP_NET_ADMIN there gets EPERM.  "
		 "The descriptor is close-on-exec.")
{
	int fd = SETUP(env_socket(env));

	EXPECT_EQ(0, env_reap(env, env_fork(env, ask_inside, &fd)));
}
