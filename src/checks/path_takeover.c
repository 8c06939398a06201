// SPDX-License-Identifier: BSD-2-Clause
/*
 * unlink() under a live server, and a second server on the same path.  The
 * name leads to an inode and the inode to a socket: whoever holds the inode
 * that the name leads to now gets the new clients.
 */
#include "config.h"

#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/util_reach.h"
#include "harness/check.h"

/*
 * A server with one client served and one waiting, each with a byte sent.
 * With datagrams there is nothing to accept: conn is the server itself.
 */
struct scene {
	struct addr a;
	int server;
	int client, conn;	/* served */
	int waiting;		/* queued: connected, nothing accepted */
};

static void set_scene(struct env *env, struct scene *s)
{
	s->a = env_addr(env, 0);
	s->server = SETUP(reach_serve(env, &s->a));
	s->client = SETUP(env_connect(env, &s->a));
	s->conn = s->server;
	if (env->type != SOCK_DGRAM)
		s->conn = SETUP(env_accept(env, s->server));
	s->waiting = SETUP(env_connect(env, &s->a));
	SETUP(send(s->waiting, "w", 1, 0));
}

/* What was queued is still there, in full, and nothing else is. */
static void expect_queue_lives(struct env *env, struct scene *s)
{
	char byte = 0;
	int conn = s->server;

	if (!EXPECT_POLL(POLLIN, s->server, POLLIN))
		return;
	if (env->type != SOCK_DGRAM)
		conn = (int)ASSERT_OK(env_accept(env, s->server));
	EXPECT_RET(1, recv(conn, &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ('w', byte);
	reach_expect_idle(env, s->server);
	EXPECT_RET(1, send(s->waiting, "2", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(conn, &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ('2', byte);
	if (env->type == SOCK_DGRAM)
		return;
	EXPECT_RET(1, send(conn, "3", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(s->waiting, &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ('3', byte);
}

static void expect_connection_lives(struct env *env, struct scene *s)
{
	char byte = 0;

	EXPECT_RET(1, send(s->client, "c", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(s->conn, &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ('c', byte);
	if (env->type == SOCK_DGRAM)
		return;
	EXPECT_RET(1, send(s->conn, "d", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(s->client, &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ('d', byte);
}

CHECK(path, unlink_while_listening,
      .title = "unlink() turns new clients away and leaves the old ones alone",
      CLAUSES(linux_unix_find_bsd, posix_connect_enoent),
      ROWS(PATH_11, PATH_14),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "A cleaner that removes the file of a live server cuts it off "
	     "from new clients, and nothing tells the server.",
      .explain = "One client is served, one is connected and not yet accepted, "
		 "with data sent. After unlink() both go on as if nothing had "
		 "happened, the server still names the path, and a new client "
		 "gets ENOENT, not ECONNREFUSED.")
{
	struct scene s;

	set_scene(env, &s);
	ASSERT_RET(0, unlink(s.a.un.sun_path));
	reach_expect_error(env, ENOENT, &s.a);
	expect_queue_lives(env, &s);
	expect_connection_lives(env, &s);
	reach_expect_name(s.server, &s.a);
	reach_expect_error(env, ENOENT, &s.a);
}

CHECK(path, second_server_takes_new_clients,
      .title = "After unlink() a second server gets the path and all new clients",
      CLAUSES(linux_unix_find_byinode, linux_unix_bind_bsd_exists),
      ROWS(PATH_12, PATH_13, PATH_14),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "unlink-then-bind steals the name of a live server silently: both "
	     "believe that they serve it.",
      .explain = "The old server goes on serving the clients it has, accepts "
		 "those queued before the theft, and then waits for ever. Both "
		 "report the same name; only the inodes differ, which is how to "
		 "find an orphan.")
{
	struct scene s;
	struct stat first, second;
	int fd;

	set_scene(env, &s);
	SETUP(lstat(s.a.un.sun_path, &first));
	/* A second name keeps the inode's number from being used again. */
	SETUP(link(s.a.un.sun_path, "old"));
	env_own_path(env, "old");
	SETUP(unlink(s.a.un.sun_path));
	fd = (int)ASSERT_OK(reach_serve(env, &s.a));
	EXPECT_RET(0, lstat(s.a.un.sun_path, &second));
	EXPECT_THAT(first.st_ino != second.st_ino || first.st_dev != second.st_dev,
		    "the two servers have different inodes");
	for (int i = 0; i < 3; i++)
		reach_expect(env, fd, &s.a);
	expect_queue_lives(env, &s);
	expect_connection_lives(env, &s);
	reach_expect_idle(env, s.server);
	reach_expect_idle(env, fd);
	reach_expect_name(s.server, &s.a);
	reach_expect_name(fd, &s.a);
}

CHECK(path, old_server_ends_last,
      .title = "The old server's end does not touch the new server's path",
      CLAUSES(linux_unix_find_byinode, linux_unix_release_sock),
      ROWS(PATH_12, PATH_13),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "In a hot restart the old instance closes after the new one has "
	     "begun to serve.")
{
	struct addr a = env_addr(env, 0);
	int old = SETUP(reach_serve(env, &a)), fd;
	struct stat before, after;

	SETUP(unlink(a.un.sun_path));
	fd = SETUP(reach_serve(env, &a));
	SETUP(lstat(a.un.sun_path, &before));
	EXPECT_RET(0, env_close(env, old));
	ASSERT_RET(0, lstat(a.un.sun_path, &after));
	EXPECT_THAT(before.st_ino == after.st_ino, "the path is as it was");
	reach_expect(env, fd, &a);
}

CHECK(path, unlink_takes_what_is_there,
      .title = "unlink() by the old server removes the new server's path",
      CLAUSES(linux_unix_find_bsd, posix_connect_enoent),
      ROWS(PATH_11, PATH_12),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Servers that unlink at exit delete their successor's path; it "
	     "then runs and nobody can reach it.",
      .explain = "The file belongs to nobody: the old server unlinks by name, "
		 "and by then the name is the new server's. A server should "
		 "compare the inode with the one it made before it unlinks. Go, "
		 "gunicorn and others had to learn it.")
{
	struct addr a = env_addr(env, 0);
	int fd;

	SETUP(reach_serve(env, &a));
	SETUP(unlink(a.un.sun_path));
	fd = SETUP(reach_serve(env, &a));
	reach_expect(env, fd, &a);
	ASSERT_RET(0, unlink(a.un.sun_path));
	reach_expect_error(env, ENOENT, &a);
	reach_expect_idle(env, fd);
}

CHECK(path, rename_over_is_a_takeover,
      .title = "rename() over the path of a live server gives its name away",
      CLAUSES(linux_unix_find_byinode, posix_rename_atomic),
      ROWS(PATH_13, PATH_20),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "bind() elsewhere and rename() is how a path changes hands "
	     "without a moment in which it is missing.")
{
	struct scene s;
	struct addr b = env_addr(env, 1);
	int fd;

	set_scene(env, &s);
	fd = SETUP(reach_serve(env, &b));
	ASSERT_RET(0, rename(b.un.sun_path, s.a.un.sun_path));
	reach_expect(env, fd, &s.a);
	reach_expect_error(env, ENOENT, &b);
	reach_expect_name(fd, &b);
	expect_queue_lives(env, &s);
	expect_connection_lives(env, &s);
	reach_expect_idle(env, s.server);
}
