// SPDX-License-Identifier: BSD-2-Clause
/* Network namespaces: abstract names are theirs, pathnames are not. */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_diag.h"
#include "checks/util_reach.h"
#include "harness/check.h"
#include "harness/namespace.h"

struct outside {
	struct addr a;
	int fd;		/* the server, made outside */
	int client;	/* a socket made outside, not yet connected */
};

static void enter_net(void)
{
	if (namespace_enter(CLONE_NEWNET) < 0)
		BROKEN("cannot enter a network namespace");
}

/* Serve the address, and judge what fn sees from a namespace of its own. */
static void from_inside(struct env *env, int (*fn)(struct env *env, void *arg))
{
	struct outside o = { .a = env_addr(env, 0) };

	o.fd = SETUP(reach_serve(env, &o.a));
	o.client = SETUP(env_socket(env));
	EXPECT_EQ(0, env_reap(env, env_fork(env, fn, &o)));
	reach_expect(env, o.fd, &o.a);
}

static int look_for_abstract(struct env *env, void *arg)
{
	struct outside *o = arg;
	int fd;

	enter_net();
	reach_expect_error(env, ECONNREFUSED, &o->a);
	reach_expect_idle(env, o->fd);
	fd = (int)ASSERT_OK(reach_serve(env, &o->a));
	reach_expect_name(fd, &o->a);
	reach_expect(env, fd, &o->a);
	reach_expect_idle(env, o->fd);
	return 0;
}

CHECK(namespace, abstract_names_are_apart,
      .title = "Abstract names of another network namespace do not exist here",
      CLAUSES(network_namespaces7_abstract, linux_unix_find_abstract),
      ROWS(NS_01, NS_03, ABS_12),
      .types = ANY_TYPE, .addrs = ABSTRACT, .needs = NEED_NETNS,
      .why = "It is the only wall around abstract names; containers that share "
	     "the host's network share them all.",
      .explain = "From a new namespace the name of a server outside is refused "
		 "and is free to be bound, and each side gets its own server.")
{
	from_inside(env, look_for_abstract);
}

static int connect_by_path(struct env *env, void *arg)
{
	struct outside *o = arg;
	int late;

	enter_net();
	reach_expect(env, o->fd, &o->a);
	late = SETUP(env_socket(env));
	EXPECT_ERRNO(EADDRINUSE, bind(late, &o->a.sa, o->a.len));
	return 0;
}

CHECK(namespace, paths_are_shared,
      .title = "A pathname socket is reached from another network namespace",
      CLAUSES(linux_unix_find_byinode),
      ROWS(NS_02),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_NETNS,
      .why = "Sockets bind-mounted into containers depend on it.")
{
	from_inside(env, connect_by_path);
}

static int use_old_socket(struct env *env, void *arg)
{
	struct outside *o = arg;
	int inside;

	enter_net();
	inside = SETUP(reach_serve(env, &o->a));
	EXPECT_RET(0, connect(o->client, &o->a.sa, o->a.len));
	EXPECT_RET(1, send(o->client, "x", 1, MSG_NOSIGNAL));
	reach_expect_idle(env, inside);
	EXPECT_POLL(POLLIN, o->fd, POLLIN);
	return 0;
}

CHECK(namespace, a_socket_keeps_its_own,
      .title = "A socket stays in the network namespace in which it was made",
      CLAUSES(linux_unix_create_net),
      ROWS(NS_19),
      .types = ANY_TYPE, .addrs = ABSTRACT, .needs = NEED_NETNS,
      .why = "A descriptor carried into a container still speaks outside.")
{
	struct outside o = { .a = env_addr(env, 0) };
	char byte = 0;
	int conn;

	o.fd = conn = SETUP(reach_serve(env, &o.a));
	o.client = SETUP(env_socket(env));
	ASSERT_EQ(0, env_reap(env, env_fork(env, use_old_socket, &o)));
	if (env->type != SOCK_DGRAM)
		conn = (int)ASSERT_OK(env_accept(env, o.fd));
	EXPECT_RET(1, recv(conn, &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ('x', byte);
}

static ino_t socket_inode(int fd)
{
	struct stat st;

	SETUP(fstat(fd, &st));
	return st.st_ino;
}

static bool lists_now(FILE *table, ino_t inode)
{
	char line[512];
	unsigned long long got;

	rewind(table);
	while (fgets(line, sizeof(line), table)) {
		if (sscanf(line, "%*s %*s %*s %*s %*s %*s %llu", &got) == 1 &&
		    got == inode)
			return true;
	}
	return false;
}

/*
 * Whether the table lists the inode, which is its seventh column.  One look
 * may miss it: a reader goes on by counting, and others end in between.
 */
static bool lists(FILE *table, ino_t inode)
{
	for (int i = 0; i < 20; i++) {
		if (lists_now(table, inode))
			return true;
	}
	return false;
}

static int compare_tables(struct env *env, void *arg)
{
	struct outside *o = arg;
	struct addr mine = env_addr(env, 1);
	cleanup_fclose FILE *old = NULL, *new = NULL;
	char path[64];
	int fd;

	if (!proc_is_ours())
		SKIP_CASE("/proc is of another pid namespace");
	/* Of the parent: Linux before 5.0 remembers what /proc/self/net was. */
	snprintf(path, sizeof(path), "/proc/%d/net/unix", (int)getppid());
	old = fopen(path, "re");
	enter_net();
	new = fopen("/proc/net/unix", "re");
	if (!old || !new)
		BROKEN("/proc/net/unix cannot be opened");
	fd = SETUP(reach_serve(env, &mine));
	EXPECT_THAT(lists(old, socket_inode(o->fd)),
		    "the outer table lists the outer server");
	EXPECT_THAT(lists(new, socket_inode(fd)),
		    "the inner table lists the inner server");
	EXPECT_THAT(!lists(old, socket_inode(fd)),
		    "the outer table does not list the inner server");
	EXPECT_THAT(!lists(new, socket_inode(o->fd)),
		    "the inner table does not list the outer server");
	return 0;
}

CHECK(namespace, tables_are_apart,
      .title = "/proc/net/unix lists the sockets of its own network namespace",
      CLAUSES(linux_unix_seq, network_namespaces7_proc),
      ROWS(NS_04),
      .types = ANY_TYPE, .addrs = NAMED,
      .needs = NEED_NETNS | NEED_PROC_NET_UNIX,
      .why = "Tools in a container see only its sockets, those bound to shared "
	     "paths included.")
{
	from_inside(env, compare_tables);
}

static int compare_dumps(struct env *env, void *arg)
{
	struct outside *o = arg;
	struct addr mine = env_addr(env, 1);
	struct diag d;
	int diag, fd;

	enter_net();
	diag = SETUP(diag_open(env));
	fd = SETUP(reach_serve(env, &mine));
	EXPECT_RET(1, diag_dump(diag, ~0U, diag_inode(fd), 0, &d));
	EXPECT_RET(0, diag_dump(diag, ~0U, diag_inode(o->fd), 0, &d));
	EXPECT_RET(0, diag_get(diag, diag_inode(fd), 0, NULL, &d));
	EXPECT_ERRNO(ENOENT, diag_get(diag, diag_inode(o->fd), 0, NULL, &d));
	return 0;
}

CHECK(namespace, dumps_are_apart,
      .title = "sock_diag(7) tells of the sockets of the asker's network namespace alone",
      CLAUSES(linux_unix_seq, network_namespaces7_proc),
      ROWS(NS_04),
      .types = ANY_TYPE, .addrs = NAMED, .needs = NEED_NETNS | NEED_SOCK_DIAG,
      .why = "A container that sees the sockets of others knows their names.")
{
	from_inside(env, compare_dumps);
}

/* Exit status of a child that has no limit to judge. */
#define HIDDEN 77

static int count_datagrams(struct env *env, void *arg)
{
	struct addr a = env_addr(env, 1);
	cleanup_fclose FILE *f = NULL;
	int client, n = 0, limit = 0;

	(void)arg;
	enter_net();
	f = fopen("/proc/sys/net/unix/max_dgram_qlen", "re");
	/* Old kernels hide it in the namespaces of ordinary users. */
	if (!f && errno == ENOENT)
		return HIDDEN;
	EXPECT_THAT(f && fscanf(f, "%d", &limit) == 1, "the limit can be read");
	EXPECT_EQ(10, limit);
	SETUP(reach_serve(env, &a));
	client = SETUP(env_socket(env));
	while (n < 100 && sendto(client, "x", 1, MSG_DONTWAIT, &a.sa, a.len) == 1)
		n++;
	EXPECT_EQ(11, n);
	return 0;
}

CHECK(namespace, queue_limit_of_a_new_one,
      .title = "A new network namespace begins with max_dgram_qlen 10",
      CLAUSES(linux_unix_net_init),
      ROWS(NS_05),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_NETNS,
      .why = "What the administrator raised on the host is back at 10 in each "
	     "container, and loggers drop there.")
{
	int status;

	if (access("/proc/sys/net/unix/max_dgram_qlen", R_OK) < 0)
		SKIP_CASE("there is no max_dgram_qlen to read");
	status = env_reap(env, env_fork(env, count_datagrams, NULL));
	if (status == HIDDEN)
		SKIP_CASE("a new namespace does not show its max_dgram_qlen here");
	EXPECT_EQ(0, status);
}
