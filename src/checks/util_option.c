// SPDX-License-Identifier: BSD-2-Clause
/*
 * A capability counts only in the first user namespace: that is where the
 * kernel asks for those that options want.
 */
#include "config.h"

#include "checks/util_option.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "harness/expect.h"

int option_set(int fd, int name, int value)
{
	return setsockopt(fd, SOL_SOCKET, name, &value, sizeof(value));
}

bool option_takes_any(int fd)
{
	return option_set(fd, INT_MAX, 0) == 0;
}

int option_try(int fd, int name, int value, const char *text)
{
	int ret = option_set(fd, name, value);

	if (ret < 0 && errno == ENOPROTOOPT)
		SKIP_CASE("%s is not there", text);
	if (ret == 0 && option_takes_any(fd))
		SKIP_CASE("any option can be set here, %s or not", text);
	return ret;
}

int option_get(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) < 0 ? -1 : value;
}

void option_expect(int fd, int name, int want)
{
	int value = ~want;
	socklen_t len = sizeof(value);

	EXPECT_RET(0, getsockopt(fd, SOL_SOCKET, name, &value, &len));
	EXPECT_EQ(sizeof(value), len);
	EXPECT_EQ(want, value);
}

long option_sysctl(const char *name)
{
	char path[128];
	long value;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);

	cleanup_fclose FILE *f = fopen(path, "re");

	if (!f || fscanf(f, "%ld", &value) != 1)
		SKIP_CASE("%s is not told here", path);
	return value;
}

bool option_first_user_namespace(void)
{
	cleanup_fclose FILE *f = fopen("/proc/self/uid_map", "re");
	unsigned long inside, outside, count;

	if (!f)
		return true;
	return fscanf(f, "%lu %lu %lu", &inside, &outside, &count) == 3 &&
	       inside == 0 && outside == 0 && count == 4294967295UL;
}

bool option_can(int capability)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct set[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &head, set) < 0 ||
	    !(set[capability / 32].effective >> capability % 32 & 1))
		return false;
	if (access("/proc/self/uid_map", R_OK) < 0)
		SKIP_CASE("whose root this is /proc does not tell here");
	return option_first_user_namespace();
}

int option_lowest(void)
{
	int fd = 0;

	while (fcntl(fd, F_GETFD) >= 0)
		fd++;
	return fd;
}

int option_next(void)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		BROKEN("no pipe to be had");
	close(fd[0]);
	close(fd[1]);
	return fd[1];
}

struct rlimit option_limit(struct env *env, int max)
{
	struct rlimit usual, low;

	if (env->valgrind)
		SKIP_CASE("valgrind keeps the limit itself, after the call");
	SETUP(getrlimit(RLIMIT_NOFILE, &usual));
	low = usual;
	low.rlim_cur = (rlim_t)max;
	SETUP(setrlimit(RLIMIT_NOFILE, &low));
	return usual;
}
