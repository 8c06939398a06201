// SPDX-License-Identifier: BSD-2-Clause
/*
 * The functions that take the place of the C library's.  They have names of
 * their own and the library's symbols, so that no header's idea of the
 * parameters stands in the way; their parameters are passed alike.
 */
#include "config.h"

#include "fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TYPE_MASK 0xf
#define VISIBLE __attribute__((visibility("default")))
#define FIELDS(...) { __VA_ARGS__ }
#define ARGS(...) (__VA_ARGS__)

static void *real_pointer(enum call_id id)
{
	static void *_Atomic pointers[N_CALL];
	void *p = pointers[id];

	if (p)
		return p;
	p = dlsym(RTLD_NEXT, name_call(id));
	if (!p) {
		fprintf(stderr, "fault: no %s() in the C library\n",
			name_call(id));
		abort();
	}
	pointers[id] = p;
	return p;
}

#define CALL(subject, ret, name, params, fields, args)                        \
	VISIBLE ret wrap_##name params __asm__(#name);                        \
	static long real_##name(struct fault_call *c)                         \
	{                                                                     \
		ret (*fn) params = (__typeof__(fn))real_pointer(CALL_##name); \
									      \
		return (long)fn ARGS args;                                    \
	}                                                                     \
	VISIBLE ret wrap_##name params                                        \
	{                                                                     \
		struct fault_call c = FIELDS fields;                          \
									      \
		c.id = CALL_##name;                                           \
		c.real = real_##name;                                         \
		return (ret)fault_run(&c, subject);                           \
	}
#include "fault_calls.def"
#undef CALL

static long real_fcntl(struct fault_call *c)
{
	int (*fn)(int, int, ...) = (__typeof__(fn))real_pointer(c->id);

	return fn(c->fd, (int)c->name, c->arg);
}

static long real_ioctl(struct fault_call *c)
{
	int (*fn)(int, unsigned long, ...);

	fn = (__typeof__(fn))real_pointer(c->id);
	return fn(c->fd, (unsigned long)c->name, c->ptr);
}

static long real_open(struct fault_call *c)
{
	int (*fn)(const char *, int, ...) = (__typeof__(fn))real_pointer(c->id);

	return fn(c->path, c->flags, (mode_t)c->arg);
}

VISIBLE int wrap_fcntl(int fd, int cmd, ...) __asm__("fcntl");
VISIBLE int wrap_fcntl64(int fd, int cmd, ...) __asm__("fcntl64");
VISIBLE int wrap_ioctl(int fd, unsigned long request, ...) __asm__("ioctl");
VISIBLE int wrap_open(const char *path, int flags, ...) __asm__("open");
VISIBLE int wrap_open64(const char *path, int flags, ...) __asm__("open64");

static int run_fcntl(int fd, int cmd, long arg)
{
	struct fault_call c = {
		.id = CALL_fcntl, .real = real_fcntl, .fd = fd, .name = cmd,
		.arg = arg,
	};

	return (int)fault_run(&c, SUBJECT_FD);
}

static int run_open(const char *path, int flags, long mode)
{
	struct fault_call c = {
		.id = CALL_open, .real = real_open, .fd = -1, .path = path,
		.flags = flags, .arg = mode,
	};

	return (int)fault_run(&c, SUBJECT_PATH);
}

#define LAST_ARG(type, before) \
	({ va_list ap; type last_; va_start(ap, before); \
	   last_ = va_arg(ap, type); va_end(ap); last_; })

VISIBLE int wrap_fcntl(int fd, int cmd, ...)
{
	return run_fcntl(fd, cmd, LAST_ARG(long, cmd));
}

VISIBLE int wrap_fcntl64(int fd, int cmd, ...)
{
	return run_fcntl(fd, cmd, LAST_ARG(long, cmd));
}

VISIBLE int wrap_ioctl(int fd, unsigned long request, ...)
{
	struct fault_call c = {
		.id = CALL_ioctl, .real = real_ioctl, .fd = fd,
		.name = (long)request, .ptr = LAST_ARG(void *, request),
	};

	return (int)fault_run(&c, SUBJECT_FD);
}

VISIBLE int wrap_open(const char *path, int flags, ...)
{
	return run_open(path, flags, flags & (O_CREAT | O_TMPFILE) ?
			LAST_ARG(int, flags) : 0);
}

VISIBLE int wrap_open64(const char *path, int flags, ...)
{
	return run_open(path, flags, flags & (O_CREAT | O_TMPFILE) ?
			LAST_ARG(int, flags) : 0);
}

/* What a program calls in their place when built with _FORTIFY_SOURCE. */
VISIBLE ssize_t wrap_recv_chk(int fd, void *buf, size_t len, size_t room,
			      int flags) __asm__("__recv_chk");
VISIBLE ssize_t wrap_recvfrom_chk(int fd, void *buf, size_t len, size_t room,
				  int flags, void *addr, socklen_t *addrlen)
	__asm__("__recvfrom_chk");
VISIBLE ssize_t wrap_read_chk(int fd, void *buf, size_t len, size_t room)
	__asm__("__read_chk");
VISIBLE int wrap_poll_chk(struct pollfd *fds, nfds_t n, int timeout_ms,
			  size_t room) __asm__("__poll_chk");
VISIBLE int wrap_ppoll_chk(struct pollfd *fds, nfds_t n, const void *timeout,
			   const void *mask, size_t room)
	__asm__("__ppoll_chk");

static void require_room(size_t room, size_t len)
{
	if (len > room)
		abort();
}

VISIBLE ssize_t wrap_recv_chk(int fd, void *buf, size_t len, size_t room,
			      int flags)
{
	require_room(room, len);
	return wrap_recv(fd, buf, len, flags);
}

VISIBLE ssize_t wrap_recvfrom_chk(int fd, void *buf, size_t len, size_t room,
				  int flags, void *addr, socklen_t *addrlen)
{
	require_room(room, len);
	return wrap_recvfrom(fd, buf, len, flags, addr, addrlen);
}

VISIBLE ssize_t wrap_read_chk(int fd, void *buf, size_t len, size_t room)
{
	require_room(room, len);
	return wrap_read(fd, buf, len);
}

VISIBLE int wrap_poll_chk(struct pollfd *fds, nfds_t n, int timeout_ms,
			  size_t room)
{
	require_room(room / sizeof(*fds), n);
	return wrap_poll(fds, n, timeout_ms);
}

VISIBLE int wrap_ppoll_chk(struct pollfd *fds, nfds_t n, const void *timeout,
			   const void *mask, size_t room)
{
	require_room(room / sizeof(*fds), n);
	return wrap_ppoll(fds, n, timeout, mask);
}
