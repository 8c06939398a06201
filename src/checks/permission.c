// SPDX-License-Identifier: BSD-2-Clause
/*
 * Who may connect, send and bind: permissions of the socket file and of its
 * directory.  The directory "d" is open to all; what an ordinary user does is
 * done in a child that became one.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/util_reach.h"
#include "harness/check.h"

static void make_open_dir(struct env *env)
{
	SETUP(mkdir("d", 0777));
	env_own_path(env, "d");
	env_own_path(env, "d/s");
	SETUP(chmod("d", 0777));
}

/* Run fn as an ordinary user and judge that it went well. */
static void as_ordinary(struct env *env, int (*fn)(struct env *env, void *arg),
			void *arg)
{
	EXPECT_EQ(0, env_reap(env, env_fork(env, fn, arg)));
}

struct served {
	struct addr a;
	int fd;
};

struct mode_case {
	mode_t mode;
	int err;	/* 0: the client gets through */
};

static void expect_by_mode(struct env *env, struct served *s,
			   const struct mode_case *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CONTEXT("mode 0%03o", (unsigned int)t[i].mode);
		SETUP(chmod(s->a.un.sun_path, t[i].mode));
		if (t[i].err)
			reach_expect_error(env, t[i].err, &s->a);
		else
			reach_expect(env, s->fd, &s->a);
	}
}

struct other {
	struct served *s;
	const struct mode_case *t;
};

static int connect_as_other(struct env *env, void *arg)
{
	struct other *o = arg;

	SETUP(env_become_ordinary());
	if (o->t->err)
		reach_expect_error(env, o->t->err, &o->s->a);
	else
		reach_expect(env, o->s->fd, &o->s->a);
	return 0;
}

CHECK(permission, others_need_write,
      .title = "Another user needs write permission on the file to get through",
      CLAUSES(unix7_path_write, posix_connect_eacces),
      ROWS(PERM_01, PERM_07),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_OTHER_USER,
      .why = "The mode of the file is what guards most local services.",
      .explain = "Only the write bit of the class that applies counts, for "
		 "connect() and for sendto(). POSIX leaves the effect open and "
		 "old BSDs ignore the file's mode. 0755, which umask 022 "
		 "gives, keeps others out.")
{
	static const struct mode_case t[] = {
		{ 0600, EACCES }, { 0444, EACCES }, { 0555, EACCES },
		{ 0755, EACCES }, { 0770, EACCES }, { 0775, EACCES },
		{ 0222, 0 }, { 0666, 0 }, { 0777, 0 }, { 0002, 0 },
	};
	struct served s = { .a = env_addr(env, 0) };

	s.fd = SETUP(reach_serve(env, &s.a));
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct other o = { &s, &t[i] };

		CONTEXT("mode 0%03o", (unsigned int)t[i].mode);
		SETUP(chmod(s.a.un.sun_path, t[i].mode));
		as_ordinary(env, connect_as_other, &o);
	}
}

static int connect_as_owner(struct env *env, void *arg)
{
	static const struct mode_case t[] = {
		{ 0200, 0 }, { 0600, 0 }, { 0700, 0 }, { 0400, EACCES },
		{ 0500, EACCES }, { 0, EACCES }, { 0066, EACCES },
		{ 0577, EACCES }, { 0644, 0 },
	};
	struct served s = { .a = addr_path("d/s") };

	(void)arg;
	SETUP(env_become_ordinary());
	s.fd = SETUP(reach_serve(env, &s.a));
	expect_by_mode(env, &s, t, sizeof(t) / sizeof(t[0]));
	return 0;
}

CHECK(permission, owner_needs_write,
      .title = "The owner needs the owner's write permission, and no other",
      CLAUSES(unix7_path_write, posix_connect_eacces),
      ROWS(PERM_03, PERM_01),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_ORDINARY,
      .why = "A mode that shuts out its own service is a puzzle without the "
	     "right errno.")
{
	make_open_dir(env);
	as_ordinary(env, connect_as_owner, NULL);
}

/* A file that one may not write to, and what is behind it. */
static int connect_to_unfit(struct env *env, void *arg)
{
	struct addr a[3] = { addr_path("d/s"), addr_path("d/t"),
			     addr_path("d/u") };
	int type = env->type == SOCK_STREAM ? SOCK_DGRAM : SOCK_STREAM;
	int fd = SETUP(socket(AF_UNIX, type | SOCK_CLOEXEC, 0)), closed;

	(void)arg;
	SETUP(env_become_ordinary());
	SETUP(bind(fd, &a[0].sa, a[0].len));
	closed = SETUP(env_bound(env, &a[1]));
	SETUP(env_close(env, closed));
	SETUP(env_bound(env, &a[2]));
	for (int i = 0; i < 3; i++) {
		/* A datagram socket that is bound receives. */
		if (i == 2 && env->type == SOCK_DGRAM)
			break;
		CONTEXT(i == 0 ? "a socket of another type" :
			i == 1 ? "the file of a socket that is closed" :
				 "a socket that does not listen");
		SETUP(chmod(a[i].un.sun_path, 0444));
		reach_expect_error(env, EACCES, &a[i]);
		/* connect/other_type_on_path has the first one's error. */
		SETUP(chmod(a[i].un.sun_path, 0666));
		if (i)
			reach_expect_error(env, ECONNREFUSED, &a[i]);
	}
	close(fd);
	return 0;
}

CHECK(permission, comes_before_all_else,
      .title = "Who may not write to a socket file is not told what is behind it: EACCES",
      CLAUSES(linux_unix_find_bsd_write, posix_connect_eacces),
      ROWS(PERM_60),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_ORDINARY,
      .why = "A client would look for a fault of the server where there is one of its rights.",
      .explain = "A socket of another type, one that is closed, one that does not listen: with "
	      "write permission the latter are ECONNREFUSED.")
{
	make_open_dir(env);
	env_own_path(env, "d/t");
	env_own_path(env, "d/u");
	as_ordinary(env, connect_to_unfit, NULL);
}

/* root is told from others by a file that only it can open. */
static bool root_overrides(struct env *env)
{
	int fd = SETUP(open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0));

	env_own_path(env, "file");
	close(fd);
	fd = open("file", O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

CHECK(permission, root_needs_none,
      .title = "root gets through to a file of mode 0",
      CLAUSES(linux_unix_find_bsd_write, capabilities7_dac_override),
      ROWS(PERM_02),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_ROOT,
      .why = "Administration tools must reach a service whatever its mode.")
{
	static const struct mode_case t[] = { { 0, 0 }, { 0444, 0 } };
	struct served s = { .a = env_addr(env, 0) };

	if (!root_overrides(env))
		SKIP_CASE("this root has no CAP_DAC_OVERRIDE");
	s.fd = SETUP(reach_serve(env, &s.a));
	expect_by_mode(env, &s, t, 2);
}

static int use_closed_dir(struct env *env, void *arg)
{
	struct addr a = addr_path("d/e/s"), b = addr_path("d/e/t");
	int fd, late;

	(void)arg;
	SETUP(env_become_ordinary());
	SETUP(mkdir("d/e", 0700));
	fd = SETUP(reach_serve(env, &a));
	late = SETUP(env_socket(env));
	CONTEXT("the directory has no search permission");
	SETUP(chmod("d/e", 0600));
	reach_expect_error(env, EACCES, &a);
	EXPECT_ERRNO(EACCES, bind(late, &b.sa, b.len));
	CONTEXT("the directory has no write permission");
	SETUP(chmod("d/e", 0500));
	reach_expect(env, fd, &a);
	EXPECT_ERRNO(EACCES, bind(late, &b.sa, b.len));
	EXPECT_ERRNO(ENOENT, access("d/e/t", F_OK));
	CONTEXT("the directory has both");
	SETUP(chmod("d/e", 0700));
	reach_expect_binds(env, late, &b);
	return 0;
}

CHECK(permission, of_the_directory,
      .title = "The directory's search and write permissions count: EACCES",
      CLAUSES(posix_bind_eacces, unix7_path_directory, posix_connect_eacces),
      ROWS(PERM_04, PERM_05),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_ORDINARY,
      .why = "A private directory is the portable way to guard a socket.",
      .explain = "Without search permission neither connect() nor bind() gets "
		 "past the directory. Without write permission bind() fails "
		 "and makes nothing, while a socket that is there can be used.")
{
	make_open_dir(env);
	env_own_path(env, "d/e");
	env_own_path(env, "d/e/s");
	env_own_path(env, "d/e/t");
	as_ordinary(env, use_closed_dir, NULL);
}

static int connect_as_ordinary(struct env *env, void *arg)
{
	struct served *s = arg;

	SETUP(env_become_ordinary());
	reach_expect(env, s->fd, &s->a);
	return 0;
}

CHECK(permission, none_for_abstract_names,
      .title = "Abstract names know no permissions, whatever umask and fchmod() say",
      CLAUSES(unix7_abstract_permissions),
      ROWS(PERM_06),
      .types = ANY_TYPE, .addrs = ABSTRACT, .needs = NEED_ORDINARY,
      .why = "Whoever is in the network namespace can connect; a service that "
	     "relies on a mode is open to all.")
{
	struct served s = { .a = env_addr(env, 0) };

	umask(0777);
	s.fd = SETUP(env_socket(env));
	SETUP(fchmod(s.fd, 0));
	ASSERT_RET(0, bind(s.fd, &s.a.sa, s.a.len));
	ASSERT_RET(0, reach_open(env, s.fd));
	SETUP(fchmod(s.fd, 0));
	as_ordinary(env, connect_as_ordinary, &s);
}

static int send_after_chmod(struct env *env, void *arg)
{
	struct addr a = addr_path("d/s");
	int fd, client, conn;
	char byte = 0;

	(void)arg;
	SETUP(env_become_ordinary());
	conn = fd = SETUP(reach_serve(env, &a));
	client = SETUP(env_connect(env, &a));
	if (env->type != SOCK_DGRAM)
		conn = SETUP(env_accept(env, fd));
	SETUP(chmod(a.un.sun_path, 0));
	EXPECT_RET(1, send(client, "x", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(conn, &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ('x', byte);
	reach_expect_error(env, EACCES, &a);
	return 0;
}

CHECK(permission, asked_for_at_connect,
      .title = "Permission is asked for by connect(), and not by later sends",
      CLAUSES(linux_unix_find_bsd_write),
      ROWS(PERM_08),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_ORDINARY,
      .why = "chmod() shuts the door to new clients; those inside stay.")
{
	make_open_dir(env);
	as_ordinary(env, send_after_chmod, NULL);
}

static int expect_owner(struct env *env, void *arg)
{
	struct addr a = addr_path("d/s");
	struct stat sock, file;
	int fd, plain;

	(void)arg;
	/* Effective ids alone: what counts is who acts, not who started. */
	SETUP(chmod(".", 0755));
	if (geteuid() == 0)
		SETUP(setegid(65534) < 0 ? -1 : seteuid(65534));
	fd = SETUP(env_socket(env));
	EXPECT_RET(0, bind(fd, &a.sa, a.len));
	plain = SETUP(open("d/f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	SETUP(fstat(plain, &file));
	close(plain);
	SETUP(unlink("d/f"));
	EXPECT_RET(0, lstat("d/s", &sock));
	EXPECT_EQ(geteuid(), sock.st_uid);
	/* The directory may hand its own group down. */
	EXPECT_EQ(file.st_gid, sock.st_gid);
	return 0;
}

CHECK(permission, file_belongs_to_the_fsuid,
      .title = "A server that acts on files as another user binds a file of that user",
      CLAUSES(unix7_path_owner),
      ROWS(PERM_130),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_OTHER_USER,
      .why = "File servers act for their clients so, and would leave files of root.",
      .explain = "setfsuid(), which no other id follows.")
{
	struct addr a = addr_path("d/s");
	int fd = SETUP(env_socket(env));
	struct stat st;

	make_open_dir(env);
	SETUP(chmod(".", 0755));
	setfsuid(65534);
	EXPECT_RET(0, bind(fd, &a.sa, a.len));
	setfsuid(geteuid());
	ASSERT_RET(0, lstat("d/s", &st));
	EXPECT_EQ(65534, st.st_uid);
}

CHECK(permission, file_belongs_to_the_binder,
      .title = "The file belongs to the effective user and group that bound it",
      CLAUSES(unix7_path_owner),
      ROWS(PERM_09),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_ORDINARY,
      .why = "A daemon that drops its rights before bind() owns its path and "
	     "can remove it.")
{
	make_open_dir(env);
	as_ordinary(env, expect_owner, NULL);
}

CHECK(permission, directory_hands_its_group_down,
      .title = "In a set-group-ID directory the file has the group of the directory",
      CLAUSES(unix7_path_owner),
      ROWS(PERM_100),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_OTHER_USER,
      .why = "A group that shares a directory could not reach the servers in it.")
{
	struct addr a = addr_path("d/s");
	struct stat st;
	int fd, plain;

	make_open_dir(env);
	SETUP(chown("d", (uid_t)-1, 65534));
	SETUP(chmod("d", 02777));
	plain = SETUP(open("d/f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	SETUP(fstat(plain, &st));
	close(plain);
	SETUP(unlink("d/f"));
	if (st.st_gid != 65534)
		SKIP_CASE("this file system hands no group down");
	fd = SETUP(env_socket(env));
	EXPECT_RET(0, bind(fd, &a.sa, a.len));
	EXPECT_RET(0, lstat("d/s", &st));
	EXPECT_EQ(65534, st.st_gid);
	EXPECT_EQ(geteuid(), st.st_uid);
}
