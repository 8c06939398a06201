// SPDX-License-Identifier: BSD-2-Clause
/*
 * TCP, the control, delivers later than send() returns: POLLPRI comes with
 * the urgent byte, and so after all that was sent before it.
 */
#include "config.h"

#include "checks/util_oob.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "harness/expect.h"

/* MSG_OOB is refused, or taken for nothing and its byte for a plain one. */
static bool is_absent(void)
{
	cleanup_close int a = -1, b = -1;
	struct pollfd p = { .events = POLLPRI };
	char byte;
	int fd[2];

	SETUP(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd));
	a = fd[0];
	b = fd[1];
	if (send(a, "x", 1, MSG_OOB | MSG_NOSIGNAL) < 0)
		return errno == EOPNOTSUPP;
	p.fd = b;
	return poll(&p, 1, 0) == 0 && recv(b, &byte, 1, MSG_DONTWAIT) == 1;
}

void oob_pair(struct env *env, int fd[2])
{
	if (!env_is_control(env) && is_absent())
		SKIP_CASE("streams have no out-of-band data here");
	SETUP(env_pair(env, fd));
}

void oob_send(struct env *env, int from, int to, const char *text)
{
	struct pollfd p = { to, POLLPRI, 0 };
	size_t len = strlen(text);

	ASSERT_RET(len, send(from, text, len, MSG_OOB | MSG_NOSIGNAL));
	if (env_is_control(env))
		ASSERT_RET(1, poll(&p, 1, -1));
}

void oob_expect(int fd, char byte)
{
	char in[2] = "-";

	EXPECT_RET(1, recv(fd, in, sizeof(in), MSG_OOB));
	EXPECT_EQ(byte, in[0]);
	EXPECT_EQ(0, in[1]);
	oob_expect_none(fd);
}

void oob_expect_none(int fd)
{
	char in = '-';

	EXPECT_ERRNO(EINVAL, recv(fd, &in, 1, MSG_OOB));
	EXPECT_ERRNO(EINVAL, recv(fd, &in, 1, MSG_OOB | MSG_PEEK));
	EXPECT_EQ('-', in);
}

void oob_expect_next(int fd, const char *text)
{
	size_t len = strlen(text);
	char in[64];

	memset(in, '-', sizeof(in));
	EXPECT_RET(len, recv(fd, in, sizeof(in), MSG_DONTWAIT));
	EXPECT_MEM(text, in, len);
	EXPECT_EQ('-', in[len]);
}

int oob_at_mark(int fd)
{
	int at = -1;

	return ioctl(fd, SIOCATMARK, &at) < 0 ? -1 : at;
}

int oob_set_inline(int fd, int on)
{
	return setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
}
