// SPDX-License-Identifier: BSD-2-Clause
/*
 * The pattern has a period of 251, a prime, so that bytes that moved by a
 * power of two are seen.  Mappings live as long as the case's process.
 */
#include "config.h"

#include "checks/util_data.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef HAVE_VALGRIND_VALGRIND_H
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_DEFINED(start, len) ((void)(start), (void)(len))
#endif

#include "base/cleanup.h"
#include "harness/expect.h"

#define PERIOD 251

static _Atomic int n_caught;
static int caught_fd = -1;

void data_fill(void *buf, size_t start, size_t len)
{
	unsigned char *p = buf;

	for (size_t i = 0; i < len; i++)
		p[i] = (unsigned char)((start + i) % PERIOD + 1);
}

bool data_is(const void *buf, size_t start, size_t len)
{
	const unsigned char *p = buf;

	for (size_t i = 0; i < len; i++)
		if (p[i] != (start + i) % PERIOD + 1)
			return false;
	return true;
}

void data_settle(struct env *env, int fd, size_t n)
{
	struct pollfd p = { fd, POLLIN, 0 };
	int want = (int)n, one = 1;

	if (!env_is_control(env))
		return;
	if (env->type == SOCK_STREAM)
		SETUP(setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &want,
				 sizeof(want)));
	ASSERT_RET(1, poll(&p, 1, -1));
	if (env->type == SOCK_STREAM)
		SETUP(setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &one,
				 sizeof(one)));
}

void data_expect_empty(int fd)
{
	char byte;

	EXPECT_ERRNO(EAGAIN, recv(fd, &byte, 1, MSG_DONTWAIT));
}

void data_expect_works(struct env *env, int from, int to)
{
	char byte = 0;

	ASSERT_RET(1, send(from, "w", 1, MSG_NOSIGNAL));
	data_settle(env, to, 1);
	EXPECT_RET(1, recv(to, &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ('w', byte);
	data_expect_empty(to);
}

size_t data_page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* What the system must find out about such memory, valgrind need not tell. */
static void *tell_valgrind(void *page)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(page, data_page());
	return page;
}

static void *map(size_t size, int prot)
{
	void *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		BROKEN("mmap() failed");
	return p;
}

unsigned char *data_edge(size_t size)
{
	size_t page = data_page(), len = (size + page - 1) / page * page;
	unsigned char *start = map(len + page, PROT_READ | PROT_WRITE);

	SETUP(mprotect(start + len, page, PROT_NONE));
	tell_valgrind(start + len);
	data_fill(start + len - size, 0, size);
	return start + len;
}

/* Where it may be had the file is in memory: NFS keeps one that is mapped. */
static int unnamed_file(void)
{
	int fd = memfd_create("beyond", MFD_CLOEXEC);

	if (fd < 0) {
		fd = SETUP(open("beyond", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
				0600));
		SETUP(unlink("beyond"));
	}
	return fd;
}

static void *map_beyond_file(void)
{
	cleanup_close int fd = unnamed_file();
	size_t page = data_page();
	unsigned char *p;

	SETUP(ftruncate(fd, (off_t)page));
	p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		BROKEN("mmap() of a file failed");
	return p + page;
}

void *data_bad_page(const char *name)
{
	void *page = NULL;

	if (strcmp(name, "protected") == 0)
		page = map(data_page(), PROT_NONE);
	if (strcmp(name, "read_only") == 0)
		page = map(data_page(), PROT_READ);
	if (strcmp(name, "beyond_file") == 0)
		page = map_beyond_file();
	if (strcmp(name, "kernel") == 0)
		page = (void *)((uintptr_t)0 - data_page());
	return tell_valgrind(page);
}

size_t data_segment(int from, int to)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = "" };
	size_t size = 4 * (data_page() + 65536), first, rest = 0;
	cleanup_free char *buf = malloc(size);
	cleanup_close int any = SETUP(open(".", O_RDONLY | O_CLOEXEC));
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	size_t sent;

	if (!buf)
		BROKEN("out of memory");
	memset(buf, 0, size);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &any, sizeof(any));
	sent = (size_t)SETUP(sendmsg(from, &msg, MSG_DONTWAIT | MSG_NOSIGNAL));
	close(take_fd(&any));
	first = (size_t)SETUP(recvmsg(to, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		BROKEN("the descriptor did not come with the first piece");
	memcpy(&any, CMSG_DATA(c), sizeof(any));
	while (first + rest < sent)
		rest += (size_t)SETUP(recv(to, buf, size, MSG_DONTWAIT));
	return first;
}

static void count_signal(int sig)
{
	int saved = errno;

	(void)sig;
	atomic_fetch_add(&n_caught, 1);
	if (caught_fd >= 0 && write(caught_fd, "", 1) < 0)
		_exit(1);
	errno = saved;
}

void data_catch(int sig, int sa_flags, int write_fd)
{
	struct sigaction sa = { .sa_handler = count_signal,
				.sa_flags = sa_flags };

	atomic_store(&n_caught, 0);
	caught_fd = write_fd;
	SETUP(sigaction(sig, &sa, NULL));
}

int data_caught(void)
{
	return atomic_load(&n_caught);
}
