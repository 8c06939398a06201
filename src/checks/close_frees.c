// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the kernel keeps of sockets that are closed: nothing.  The sockets of a
 * network namespace are counted in /proc/net/protocols until they are freed,
 * so that one that something still holds shows there, though no descriptor, no
 * name and no line of /proc/net/unix is left of it.
 *
 * A way is what a process does before it ends; none of its calls is judged
 * here.  All are gone in one process, and only when something is left each is
 * gone again in a process of its own, to tell which it was.
 */
#include "config.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_backlog.h"
#include "checks/util_diag.h"
#include "checks/util_dgram.h"
#include "checks/util_reach.h"
#include "checks/util_rights.h"
#include "harness/check.h"
#include "harness/namespace.h"

/* More than a receiver of datagrams holds, and than a backlog of 1. */
#define MANY 20

struct way {
	const char *name;
	unsigned int types;
	void (*go)(struct env *env, int n);
};

/* Of this namespace; -1 where they are not counted. */
static long sockets_counted(void)
{
	cleanup_free char *text = proc_read("/proc/net/protocols");
	char name[32];
	long n = -1, count;

	for (char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (sscanf(at, "%31s %*d %ld", name, &count) == 2 &&
		    strncmp(name, "UNIX", 4) == 0)
			n = (n < 0 ? 0 : n) + count;
	}
	return n;
}

static int try_connect(struct env *env, const struct addr *to)
{
	int fd = SETUP(env_socket(env));

	SETUP(backlog_set_nonblock(fd, true));
	(void)connect(fd, &to->sa, to->len);
	return fd;
}

static void bind_in_vain(struct env *env, int n)
{
	struct addr a = env_addr(env, n), b = env_addr(env, n + 1);
	int fd = SETUP(env_bound(env, &a));

	(void)bind(SETUP(env_socket(env)), &a.sa, a.len);
	(void)bind(fd, &b.sa, b.len);
	(void)bind(fd, &a.sa, a.len);
	(void)bind(SETUP(env_socket(env)), &a.sa, sizeof(sa_family_t));
}

/* Without a number to be had the socket is made, and thrown away. */
static void make_in_vain(struct env *env, int n)
{
	struct rlimit usual, none;
	int fd[2];

	(void)n;
	SETUP(getrlimit(RLIMIT_NOFILE, &usual));
	none = usual;
	none.rlim_cur = 0;
	SETUP(setrlimit(RLIMIT_NOFILE, &none));
	(void)!socket(AF_UNIX, env->type, 0);
	(void)!socketpair(AF_UNIX, env->type, 0, fd);
	SETUP(setrlimit(RLIMIT_NOFILE, &usual));
}

static void connect_in_vain(struct env *env, int n)
{
	struct addr bound = env_addr(env, n), none = env_addr(env, n + 1);
	int type = env->type, fd = SETUP(env_bound(env, &bound));

	try_connect(env, &none);
	if (type != SOCK_DGRAM)
		try_connect(env, &bound);
	env->type = type == SOCK_STREAM ? SOCK_SEQPACKET : SOCK_STREAM;
	try_connect(env, &bound);
	env->type = type;
	(void)getpeername(fd, &none.sa, &(socklen_t){ sizeof(none.ss) });
}

static void queue_full(struct env *env, int n)
{
	struct addr a = env_addr(env, n);
	int fd = SETUP(env_listener(env, 1, &a)), client[4];

	SETUP(backlog_set_nonblock(fd, true));
	for (int i = 0; i < 4; i++)
		client[i] = try_connect(env, &a);
	(void)send(client[0], "1", 1, MSG_NOSIGNAL);
	(void)connect(client[0], &a.sa, a.len);
	(void)connect(fd, &a.sa, a.len);
	(void)listen(client[0], 1);
	SETUP(env_close(env, client[1]));
	env_accept(env, fd);
	SETUP(shutdown(fd, SHUT_RD));
	try_connect(env, &a);
}

static void queue_closed(struct env *env, int n)
{
	struct addr a = env_addr(env, n);
	int fd = SETUP(env_listener(env, 3, &a)), client[2];

	for (int i = 0; i < 2; i++)
		client[i] = try_connect(env, &a);
	(void)send(client[0], "1", 1, MSG_NOSIGNAL);
	SETUP(env_close(env, fd));
	(void)send(client[0], "2", 1, MSG_NOSIGNAL);
	try_connect(env, &a);
}

static void connection(struct env *env, int n)
{
	struct addr a = env_addr(env, n), name;
	int fd = SETUP(env_listener(env, 3, &a));
	int client = try_connect(env, &a), served = SETUP(env_accept(env, fd));
	char in[8];

	for (int i = 0; i < 3; i++)
		(void)send(client, "12", 2, MSG_NOSIGNAL);
	(void)recv(served, in, 1, MSG_PEEK);
	(void)recv(served, in, 1, 0);
	(void)recv(served, in, sizeof(in), MSG_OOB);
	(void)send(client, "3", 1, MSG_OOB | MSG_NOSIGNAL);
	(void)dgram_sendto(client, "4", &a);
	name.len = sizeof(name.ss);
	(void)getpeername(client, &name.sa, &name.len);
	(void)shutdown(served, SHUT_WR);
	SETUP(env_close(env, served));
	(void)send(client, "5", 1, MSG_NOSIGNAL);
	name.len = sizeof(name.ss);
	(void)getpeername(client, &name.sa, &name.len);
}

static void peers_change(struct env *env, int n)
{
	struct addr a = env_addr(env, n), b = env_addr(env, n + 1);
	int one = SETUP(env_bound(env, &a)), two = SETUP(env_bound(env, &b));
	int fd = try_connect(env, &a);

	(void)send(fd, "1", 1, 0);
	(void)connect(fd, &b.sa, b.len);
	(void)connect(fd, &b.sa, b.len);
	(void)connect(two, &a.sa, a.len);
	(void)connect(fd, &b.sa, b.len);
	(void)connect(one, &b.sa, b.len);
	(void)dgram_sendto(fd, "2", &a);
	(void)dgram_disconnect(fd);
	(void)connect(fd, &a.sa, a.len);
	(void)connect(one, &a.sa, a.len);
}

static void peer_full(struct env *env, int n)
{
	struct addr a = env_addr(env, n);
	int fd = SETUP(env_bound(env, &a)), sender[2];

	for (int i = 0; i < 2; i++)
		sender[i] = try_connect(env, &a);
	for (int i = 0; i < MANY; i++)
		(void)send(sender[0], "1", 1, MSG_DONTWAIT);
	for (int i = 0; i < 2; i++) {
		struct pollfd p = { .fd = sender[i], .events = POLLOUT };

		(void)poll(&p, 1, 0);
		(void)dgram_sendto(sender[i], "2", &a);
	}
	(void)dgram_disconnect(sender[1]);
	if (n % 4 == 0)
		SETUP(env_close(env, fd));
	(void)send(sender[0], "3", 1, MSG_DONTWAIT);
	(void)dgram_sendto(sender[0], "4", &a);
}

static void peer_dead(struct env *env, int n)
{
	struct addr a = env_addr(env, n);
	int fd = SETUP(env_bound(env, &a)), sender = try_connect(env, &a);

	(void)send(sender, "1", 1, 0);
	(void)shutdown(fd, SHUT_RD);
	(void)send(sender, "2", 1, MSG_NOSIGNAL);
	SETUP(env_close(env, fd));
	(void)send(sender, "3", 1, MSG_NOSIGNAL);
	(void)send(sender, "4", 1, MSG_NOSIGNAL);
	try_connect(env, &a);
}

static void in_flight(struct env *env, int n)
{
	int fd[2], other[2];
	struct cmsg_msg m;

	(void)n;
	for (int i = 0; i < 2; i++) {
		SETUP(env_pair(env, fd));
		SETUP(env_pair(env, other));
		for (int j = 0; j < 3; j++)
			(void)rights_send(fd[0], other, 2, "12", 2);
		if (i == 0)
			continue;
		if (rights_recv(fd[1], &m, 1, RIGHTS_SPACE(2), MSG_PEEK) > 0)
			rights_close(&m);
		if (rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), 0) > 0)
			rights_close(&m);
	}
}

static const struct way ways[] = {
	{ "socket() without a free number", ANY_TYPE, make_in_vain },
	{ "bind() that fails", ANY_TYPE, bind_in_vain },
	{ "connect() that fails", ANY_TYPE, connect_in_vain },
	{ "a full queue of connections", STREAM | SEQPACKET, queue_full },
	{ "a listener that is closed", STREAM | SEQPACKET, queue_closed },
	{ "a connection", STREAM | SEQPACKET, connection },
	{ "connect() from peer to peer", DGRAM, peers_change },
	{ "a peer whose queue is full", DGRAM, peer_full },
	{ "a peer that is closed", DGRAM, peer_dead },
	{ "sockets in flight", ANY_TYPE, in_flight },
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

/* One way, or all without. */
static int go(struct env *env, void *arg)
{
	const struct way *only = arg;
	int n = 0;

	for (size_t i = 0; i < N_WAYS; i++) {
		if (!(ways[i].types & env->row->type_bit) ||
		    (only && only != &ways[i]))
			continue;
		/* Addresses of its own for each: 0 and 1, 2 and 3, ... */
		for (int round = 0; round < 2; round++, n += 2)
			ways[i].go(env, n);
	}
	return 0;
}

static int count_in_namespace(struct env *env, void *arg)
{
	long before;

	(void)arg;
	if (namespace_enter(CLONE_NEWNET) < 0)
		BROKEN("cannot enter a network namespace");
	before = sockets_counted();
	if (env_reap(env, env_fork(env, go, NULL)) != 0)
		return 1;
	if (sockets_counted() == before)
		return 0;
	for (size_t i = 0; i < N_WAYS; i++) {
		CONTEXT("%s", ways[i].name);
		before = sockets_counted();
		env_reap(env, env_fork(env, go, (void *)&ways[i]));
		EXPECT_EQ(before, sockets_counted());
	}
	return 0;
}

CHECK(release, nothing_is_kept,
      .title = "When its descriptors are closed a socket is freed, whatever it went through",
      CLAUSES(linux_unix_destructor, linux_unix_proto),
      ROWS(PROC_16),
      .types = ANY_TYPE, .addrs = NAMED, .needs = NEED_NETNS,
      .why = "A reference that an error path forgets is memory that is lost for ever: "
	     "a client that retries fills the machine.",
      .explain = "In a network namespace of its own a process lets socket(), bind() and connect() "
		 "fail in all their ways, fills queues, changes peers, closes one end "
		 "and the other, and sends sockets; it ends, and /proc/net/protocols "
		 "counts as many sockets as before.")
{
	if (sockets_counted() < 0)
		SKIP_CASE("/proc/net/protocols counts no UNIX domain sockets here");
	EXPECT_EQ(0, env_reap(env, env_fork(env, count_in_namespace, NULL)));
}
