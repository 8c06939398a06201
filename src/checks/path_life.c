// SPDX-License-Identifier: BSD-2-Clause
/* The life of a name: what close, death, unlink and a new bind do to it. */
#include "config.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/util_reach.h"
#include "harness/check.h"

/* A path whose server is gone: not reachable, not free, until unlinked. */
static void expect_stale(struct env *env, struct addr *a)
{
	struct stat st = { .st_mode = 0 };
	int fd = SETUP(env_socket(env));

	EXPECT_RET(0, lstat(a->un.sun_path, &st));
	EXPECT_THAT(S_ISSOCK(st.st_mode), "the socket file is still there");
	reach_expect_error(env, ECONNREFUSED, a);
	EXPECT_ERRNO(EADDRINUSE, bind(fd, &a->sa, a->len));
	EXPECT_RET(0, unlink(a->un.sun_path));
	reach_expect_error(env, ENOENT, a);
	reach_expect_binds(env, fd, a);
}

CHECK(path, close_keeps_the_file,
      .title = "close() leaves the file; the stale path refuses until unlinked",
      CLAUSES(unix7_pathname_exists, posix_connect_econnrefused,
	      posix_bind_eaddrinuse),
      ROWS(PATH_07, PATH_08, PATH_09, PATH_10),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Every server that does not unlink its path cannot start twice.",
      .explain = "close(): the file stays, connect() and sendto() say "
		 "ECONNREFUSED, bind() says EADDRINUSE. unlink(): connect() says "
		 "ENOENT and bind() succeeds.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(reach_serve(env, &a));

	reach_expect(env, fd, &a);
	EXPECT_RET(0, env_close(env, fd));
	expect_stale(env, &a);
}

struct crash {
	struct addr a;
	int ready[2];
};

static int serve_until_killed(struct env *env, void *arg)
{
	struct crash *crash = arg;

	SETUP(reach_serve(env, &crash->a));
	SETUP(write(crash->ready[1], "r", 1));
	while (pause() < 0)
		;
	return 1;
}

/* A server in a process of its own, killed when it serves. */
static void kill_a_server(struct env *env, struct crash *crash)
{
	char byte;
	pid_t pid;

	crash->a = env_addr(env, 0);
	SETUP(env_pipe(env, crash->ready));
	pid = SETUP(env_fork(env, serve_until_killed, crash));
	SETUP(env_close(env, crash->ready[1]));
	if (read(crash->ready[0], &byte, 1) != 1)
		BROKEN("the server did not start");
	SETUP(kill(pid, SIGKILL));
	if (env_reap(env, pid) != -SIGKILL)
		BROKEN("the server did not die by SIGKILL");
}

CHECK(path, stale_after_a_crash,
      .title = "A killed server leaves a path that refuses until unlinked",
      CLAUSES(unix7_pathname_exists, posix_connect_econnrefused,
	      posix_bind_eaddrinuse),
      ROWS(PATH_07, PATH_08, PATH_09, PATH_10),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Restart after a crash: EADDRINUSE on every attempt, while "
	     "clients are told ECONNREFUSED.",
      .explain = "The two answers are how a starter tells a stale path from a "
		 "live server: connect first; ECONNREFUSED means that nobody is "
		 "there and the file may go; success means that somebody is.")
{
	struct crash crash;

	kill_a_server(env, &crash);
	expect_stale(env, &crash.a);
}

CHECK(path, abstract_free_after_a_crash,
      .title = "The abstract name of a killed server is free at once",
      CLAUSES(unix7_abstract_disappears, linux_unix_find_abstract),
      ROWS(ABS_06, ABS_12),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .why = "It is why people choose abstract names.")
{
	struct crash crash;
	int fd;

	kill_a_server(env, &crash);
	reach_expect_error(env, ECONNREFUSED, &crash.a);
	fd = SETUP(env_socket(env));
	reach_expect_binds(env, fd, &crash.a);
}

CHECK(path, bind_again_after_close,
      .title = "A name is free again right after close, and unlink for a path",
      CLAUSES(unix7_abstract_disappears, unix7_pathname_exists),
      ROWS(ABS_06, ABS_12, PATH_10),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "UNIX sockets know no TIME_WAIT: a restart need not wait.")
{
	struct addr a = env_addr(env, 0);
	unsigned int rounds = env->valgrind ? 3 : 20 * env->volume;
	bool path = env->row->addr == PATH;

	for (unsigned int n = 0; n < rounds && !has_failed(); n++) {
		int fd = SETUP(env_socket(env));

		CONTEXT("round %u", n);
		ASSERT_RET(0, bind(fd, &a.sa, a.len));
		ASSERT_RET(0, reach_open(env, fd));
		reach_expect(env, fd, &a);
		EXPECT_RET(0, env_close(env, fd));
		reach_expect_error(env, ECONNREFUSED, &a);
		if (path) {
			EXPECT_RET(0, unlink(a.un.sun_path));
			reach_expect_error(env, ENOENT, &a);
		}
	}
}

CHECK(path, served_by_any_descriptor,
      .title = "A server is reached as long as one descriptor of it is open",
      CLAUSES(unix7_abstract_disappears, linux_unix_release_sock),
      ROWS(ABS_16, PATH_09),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "A listener handed to a child, or inherited from a service "
	     "manager, must survive whoever made it; one forgotten in a child "
	     "keeps the name taken.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(reach_serve(env, &a)), late;
	int copy = env_own(env, SETUP(dup(fd)));

	EXPECT_RET(0, env_close(env, fd));
	reach_expect(env, copy, &a);
	late = SETUP(env_socket(env));
	EXPECT_ERRNO(EADDRINUSE, bind(late, &a.sa, a.len));
	EXPECT_RET(0, env_close(env, copy));
	reach_expect_error(env, ECONNREFUSED, &a);
}

static int serve_inherited(struct env *env, void *arg)
{
	struct crash *crash = arg;
	char byte;

	/* Until the parent has closed its own descriptor and connected. */
	SETUP(env_close(env, crash->ready[1]));
	if (read(crash->ready[0], &byte, 1) != 0)
		return 1;
	return 0;
}

CHECK(path, served_by_a_child,
      .title = "A listener inherited by a child stays reachable until it exits",
      CLAUSES(unix7_abstract_disappears, linux_unix_release_sock),
      ROWS(ABS_16, PATH_07, PATH_09),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "Prefork servers and hot restarts depend on it.")
{
	struct crash crash = { .a = env_addr(env, 0) };
	int fd = SETUP(reach_serve(env, &crash.a)), client;
	pid_t pid;

	SETUP(env_pipe(env, crash.ready));
	pid = SETUP(env_fork(env, serve_inherited, &crash));
	EXPECT_RET(0, env_close(env, fd));
	client = SETUP(env_socket(env));
	EXPECT_RET(0, connect(client, &crash.a.sa, crash.a.len));
	SETUP(env_close(env, crash.ready[1]));
	EXPECT_EQ(0, env_reap(env, pid));
	reach_expect_error(env, ECONNREFUSED, &crash.a);
	if (env->row->addr == PATH)
		EXPECT_RET(0, access(crash.a.un.sun_path, F_OK));
}

CHECK(path, accepted_keep_the_name,
      .title = "An accepted socket keeps the name; closing the listener frees it",
      CLAUSES(linux_unix_accept_name, unix7_abstract_disappears),
      ROWS(ABS_17),
      .types = CONNECTED, .addrs = NAMED,
      .why = "A restarted server takes its name back while old connections "
	     "are still being served.")
{
	struct addr a = env_addr(env, 0);
	int old = SETUP(reach_serve(env, &a));
	int client = SETUP(env_connect(env, &a));
	int conn = SETUP(env_accept(env, old)), fd;
	char byte = 0;

	SETUP(env_close(env, old));
	reach_expect_name(conn, &a);
	reach_expect_error(env, ECONNREFUSED, &a);
	if (env->row->addr == PATH)
		SETUP(unlink(a.un.sun_path));
	fd = SETUP(env_socket(env));
	reach_expect_binds(env, fd, &a);
	EXPECT_RET(1, send(client, "x", 1, 0));
	EXPECT_RET(1, recv(conn, &byte, 1, MSG_DONTWAIT));
	reach_expect_name(conn, &a);
}
