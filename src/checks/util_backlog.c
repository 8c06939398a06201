// SPDX-License-Identifier: BSD-2-Clause
/*
 * A client that does not get into the queue leaves no descriptor behind, so
 * that a loop to the limit can be repeated.
 */
#include "config.h"

#include "checks/util_backlog.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "harness/expect.h"

int backlog_set_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -1;
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags);
}

int backlog_connect(struct env *env, const struct addr *to)
{
	int family = env->row ? env->row->family : AF_UNIX;
	int fd = socket(family, env->type | SOCK_CLOEXEC, 0);
	bool waits = env_is_control(env);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE))
		SKIP_CASE("there are not enough descriptors for these clients");
	if (fd < 0)
		BROKEN("socket() failed");
	if ((waits || backlog_set_nonblock(fd, true) == 0) &&
	    connect(fd, &to->sa, to->len) == 0) {
		backlog_set_nonblock(fd, env->nonblock);
		return env_own(env, fd);
	}
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

int backlog_fill(struct env *env, const struct addr *to, int *fd, int max)
{
	int n;

	for (n = 0; n < max; n++) {
		fd[n] = backlog_connect(env, to);
		if (fd[n] < 0)
			return n;
	}
	errno = 0;
	return n;
}

int backlog_full_listener(struct env *env, int backlog, struct addr *addr,
			  int *fd, int *ret_n)
{
	int err, listener = SETUP(env_listener(env, backlog, addr));

	*ret_n = backlog_fill(env, addr, fd, BACKLOG_FILL_MAX);
	err = errno;
	ASSERT_THAT(*ret_n > 0 && *ret_n < BACKLOG_FILL_MAX,
		    "listen(%d) holds some connections and not %d", backlog,
		    *ret_n);
	EXPECT_ERR_EQ(EAGAIN, err);
	return listener;
}

void backlog_sleeper(struct call *c, int fd, const struct addr *to)
{
	call_connect(c, fd, to);
	if (!call_is_blocked(c) && call_join(c) && c->ret == -1 &&
	    c->err == EAGAIN)
		SKIP_CASE("connect() does not sleep on a full queue here");
}

int backlog_somaxconn(void)
{
	cleanup_fclose FILE *f = fopen("/proc/sys/net/core/somaxconn", "re");
	int value;

	return f && fscanf(f, "%d", &value) == 1 ? value : -1;
}

void backlog_need(int n)
{
	int most = backlog_somaxconn();

	if (most >= 0 && most < n)
		SKIP_CASE("somaxconn %d is too small for this", most);
}

void backlog_stay_on_cpu(struct env *env)
{
	cpu_set_t set;
	int cpu = sched_getcpu();

	if (!env_is_control(env) || cpu < 0 || cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

int backlog_option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) < 0 ? -1 : value;
}

int backlog_set_option(int fd, int name, int value)
{
	return setsockopt(fd, SOL_SOCKET, name, &value, sizeof(value));
}

int backlog_set_timeout(int fd, int name, int ms)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	return setsockopt(fd, SOL_SOCKET, name, &tv, sizeof(tv));
}

ssize_t backlog_send_fd(int sock, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = "" };
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &msg, MSG_NOSIGNAL);
}
