// SPDX-License-Identifier: BSD-2-Clause
/*
 * Nothing here waits on AF_UNIX, so that a message that is missing is a
 * judgement and not a hang.
 */
#include "config.h"

#include "checks/util_dgram.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "harness/expect.h"

/* A prime: what moved by a power of two is seen. */
#define PERIOD 251

void dgram_settle(struct env *env, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (env_is_control(env))
		ASSERT_RET(1, poll(&p, 1, -1));
}

void dgram_expect(int fd, const char *text)
{
	char got[256] = "";
	size_t len = strlen(text);

	if (EXPECT_RET(len, recv(fd, got, sizeof(got), MSG_DONTWAIT)) >= 0)
		EXPECT_MEM(text, got, len);
}

void dgram_expect_empty(int fd)
{
	char byte;

	EXPECT_ERRNO(EAGAIN, recv(fd, &byte, 1, MSG_DONTWAIT));
}

long dgram_sendto(int fd, const char *text, const struct addr *to)
{
	return sendto(fd, text, strlen(text), MSG_DONTWAIT, &to->sa, to->len);
}

void dgram_need_queue(int n)
{
	cleanup_fclose FILE *f = fopen("/proc/sys/net/unix/max_dgram_qlen", "re");
	int limit;

	if (f && fscanf(f, "%d", &limit) == 1 && limit >= 0 && limit + 1 < n)
		SKIP_CASE("max_dgram_qlen %d is too small for this", limit);
}

int dgram_disconnect(int fd)
{
	struct sockaddr sa = { .sa_family = AF_UNSPEC };

	return connect(fd, &sa, sizeof(sa));
}

void dgram_must_disconnect(int fd)
{
	if (dgram_disconnect(fd) < 0)
		SKIP_CASE("connect() to AF_UNSPEC is refused here");
}

void dgram_fill(void *buf, unsigned int number, size_t len)
{
	unsigned char *p = buf;

	for (size_t i = 0; i < len; i++)
		p[i] = (unsigned char)((number * 7 + i) % PERIOD + 1);
}

bool dgram_is(const void *buf, unsigned int number, size_t len)
{
	const unsigned char *p = buf;

	for (size_t i = 0; i < len; i++)
		if (p[i] != (number * 7 + i) % PERIOD + 1)
			return false;
	return true;
}

void *dgram_no_memory(struct env *env)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *p;

	if (env->valgrind)
		SKIP_CASE("valgrind objects to the bad address");
	p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		BROKEN("mmap() failed");
	SETUP(mprotect(p + page, page, PROT_NONE));
	return p + page;
}
