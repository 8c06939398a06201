// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sockets and addresses of the row.
 */
#include "config.h"

#include "harness/env.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/child.h"
#include "harness/env_private.h"

struct addr addr_path(const char *path)
{
	struct addr a = { .len = 0 };
	size_t len = strnlen(path, sizeof(a.un.sun_path));

	a.un.sun_family = AF_UNIX;
	memcpy(a.un.sun_path, path, len);
	a.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	/* The terminating NUL belongs to the address where there is room. */
	if (len < sizeof(a.un.sun_path))
		a.len++;
	return a;
}

struct addr addr_abstract(const void *name, size_t len)
{
	struct addr a = { .len = 0 };

	if (len > sizeof(a.un.sun_path) - 1)
		len = sizeof(a.un.sun_path) - 1;
	a.un.sun_family = AF_UNIX;
	memcpy(a.un.sun_path + 1, name, len);
	a.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len);
	return a;
}

static struct addr addr_loopback(int family)
{
	struct addr a = { .len = 0 };

	if (family == AF_INET6) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_addr = in6addr_loopback;
		a.len = sizeof(a.in6);
	} else {
		a.in.sin_family = AF_INET;
		a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		a.len = sizeof(a.in);
	}
	return a;
}

/* Not by printf(): it is the one thing of it that most cases would touch. */
static char *put_number(char *to, unsigned int n)
{
	char digits[3 * sizeof(n)];
	size_t len = 0;

	do
		digits[len++] = (char)('0' + n % 10);
	while (n /= 10);
	while (len > 0)
		*to++ = digits[--len];
	*to = '\0';
	return to;
}

size_t env_abstract_prefix(char prefix[ABSTRACT_PREFIX_MAX], pid_t warden,
			   uint32_t serial)
{
	char *end = put_number(stpcpy(prefix, "sockspec-"),
			       (unsigned int)warden);

	end = put_number(stpcpy(end, "-"), serial);
	return (size_t)(stpcpy(end, "-") - prefix);
}

struct addr env_addr_of(struct env *env, unsigned int kind, int n)
{
	const struct child_setup *setup = child_current;
	char name[ABSTRACT_PREFIX_MAX + 12] = "s";

	(void)env;
	if (kind == ABSTRACT) {
		size_t len = env_abstract_prefix(name, setup->parent ?
						 setup->parent : getpid(),
						 setup->serial);
		char *end = put_number(name + len, (unsigned int)n);

		atomic_store(&setup->page->abstract_used, 1);
		return addr_abstract(name, (size_t)(end - name));
	}
	put_number(name + 1, (unsigned int)n);
	return addr_path(name);
}

struct addr env_addr(struct env *env, int n)
{
	if (env->row && env->row->family != AF_UNIX)
		return addr_loopback(env->row->family);
	return env_addr_of(env, env->row ? env->row->addr : PATH, n);
}

/* type | what the row's axes ask for */
static int type_flags(const struct env *env)
{
	return env->type | SOCK_CLOEXEC | (env->nonblock ? SOCK_NONBLOCK : 0);
}

int env_socket(struct env *env)
{
	int family = env->row ? env->row->family : AF_UNIX;

	return env_own(env, socket(family, type_flags(env), 0));
}

int env_bound(struct env *env, struct addr *addr)
{
	int fd = env_socket(env);

	if (fd < 0)
		return -1;
	if (bind(fd, &addr->sa, addr->len) < 0)
		return -1;
	if (env_is_control(env)) {
		addr->len = sizeof(addr->ss);
		if (getsockname(fd, &addr->sa, &addr->len) < 0)
			return -1;
	}
	return fd;
}

int env_listener(struct env *env, int backlog, struct addr *addr)
{
	int fd = env_bound(env, addr);

	if (fd < 0 || listen(fd, backlog) < 0)
		return -1;
	return fd;
}

int env_connect(struct env *env, const struct addr *addr)
{
	int fd = env_socket(env);

	if (fd < 0)
		return -1;
	if (connect(fd, &addr->sa, addr->len) == 0)
		return fd;
	/* Only TCP answers so: the handshake goes on, accept() ends it. */
	if (errno == EINPROGRESS && env_is_control(env))
		return fd;
	return -1;
}

int env_accept(struct env *env, int listener)
{
	int flags = SOCK_CLOEXEC | (env->nonblock ? SOCK_NONBLOCK : 0);

	return env_own(env, accept4(listener, NULL, NULL, flags));
}

int env_pipe(struct env *env, int fd[2])
{
	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	env_own(env, fd[0]);
	env_own(env, fd[1]);
	return 0;
}

/* An address that no body asks for by number. */
static struct addr pair_addr(struct env *env)
{
	static int next = 1000;

	return env_addr(env, next++);
}

static int pair_by_accept(struct env *env, int fd[2])
{
	struct addr addr = pair_addr(env);
	struct env blocking = *env;
	int listener;

	/* The listener blocks whatever the axis, so that accept() waits. */
	blocking.nonblock = false;
	listener = env_listener(&blocking, 8, &addr);
	if (listener < 0)
		return -1;
	fd[0] = env_connect(env, &addr);
	if (fd[0] < 0)
		return -1;
	fd[1] = env_accept(env, listener);
	if (fd[1] < 0)
		return -1;
	env_close(env, listener);
	return 0;
}

static int pair_by_connect(struct env *env, int fd[2])
{
	struct addr addr[2];

	for (int i = 0; i < 2; i++) {
		addr[i] = pair_addr(env);
		fd[i] = env_bound(env, &addr[i]);
		if (fd[i] < 0)
			return -1;
	}
	if (connect(fd[0], &addr[1].sa, addr[1].len) < 0 ||
	    connect(fd[1], &addr[0].sa, addr[0].len) < 0)
		return -1;
	return 0;
}

int env_pair(struct env *env, int fd[2])
{
	unsigned int kind = env->row ? env->row->addr : PAIR;
	int rc, end[2];

	if (env_is_control(env) || kind == PATH || kind == ABSTRACT) {
		rc = env->type == SOCK_DGRAM ? pair_by_connect(env, end) :
					       pair_by_accept(env, end);
	} else {
		rc = socketpair(AF_UNIX, type_flags(env), 0, end);
		if (rc == 0) {
			env_own(env, end[0]);
			env_own(env, end[1]);
		}
	}
	if (rc < 0)
		return -1;
	fd[0] = end[env->swap ? 1 : 0];
	fd[1] = end[env->swap ? 0 : 1];
	return 0;
}
