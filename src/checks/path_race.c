// SPDX-License-Identifier: BSD-2-Clause
/* Many at once: binders of one name, and clients of a path that changes. */
#include "config.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checks/util_reach.h"
#include "harness/check.h"

#define BINDERS 8

struct binder {
	int fd;
	const struct addr *a;
	pthread_barrier_t *start;
};

static long bind_at_the_start(struct call *c)
{
	struct binder *b = c->arg;

	pthread_barrier_wait(b->start);
	return bind(b->fd, &b->a->sa, b->a->len);
}

/* All bind at once; the one socket that has the name. */
static int race_threads(struct env *env, const struct addr *a, int fd[BINDERS])
{
	struct binder b[BINDERS];
	struct call c[BINDERS];
	pthread_barrier_t start;
	int winner = -1, wins = 0;

	pthread_barrier_init(&start, NULL, BINDERS);
	for (int i = 0; i < BINDERS; i++) {
		fd[i] = SETUP(env_socket(env));
		b[i] = (struct binder){ fd[i], a, &start };
		c[i] = (struct call){ .arg = &b[i] };
	}
	for (int i = 0; i < BINDERS; i++)
		call_start(&c[i], "bind() in a thread", bind_at_the_start);
	for (int i = 0; i < BINDERS; i++) {
		ASSERT_THAT(call_join(&c[i]), "bind() returns");
		if (c[i].ret == 0) {
			winner = i;
			wins++;
		} else {
			EXPECT_ERR_EQ(EADDRINUSE, c[i].err);
		}
	}
	pthread_barrier_destroy(&start);
	ASSERT_EQ(1, wins);
	return winner;
}

CHECK(path, one_of_many_threads_binds,
      .title = "Of many threads that bind one name exactly one succeeds",
      CLAUSES(posix_bind_eaddrinuse, linux_unix_bind_abstract),
      ROWS(RACE_06, RACE_07, ABS_03),
      .types = ANY_TYPE, .addrs = NAMED, .tags = "race",
      .why = "The name is the lock that keeps a service single.")
{
	unsigned int rounds = env->valgrind ? 2 : 8 * env->volume;
	struct addr a = env_addr(env, 0);

	for (unsigned int n = 0; n < rounds; n++) {
		int fd[BINDERS], winner;

		CONTEXT("round %u", n);
		winner = race_threads(env, &a, fd);
		for (int i = 0; i < BINDERS; i++) {
			if (i != winner)
				reach_expect_unbound(fd[i]);
		}
		reach_expect_name(fd[winner], &a);
		EXPECT_RET(0, reach_open(env, fd[winner]));
		reach_expect(env, fd[winner], &a);
		for (int i = 0; i < BINDERS; i++)
			SETUP(env_close(env, fd[i]));
		if (env->row->addr == PATH)
			EXPECT_RET(0, unlink(a.un.sun_path));
	}
}

/* Pipes: each closes its end of the first when ready, and so on. */
struct starters {
	struct addr a;
	int ready[2], start[2], result[2], end[2];
};

static int start_and_bind(struct env *env, void *arg)
{
	struct starters *s = arg;
	int fd = SETUP(env_socket(env));
	char byte, verdict;

	SETUP(env_close(env, s->start[1]));
	SETUP(env_close(env, s->end[1]));
	SETUP(write(s->ready[1], "r", 1));
	SETUP(read(s->start[0], &byte, 1));
	if (bind(fd, &s->a.sa, s->a.len) == 0)
		verdict = 'w';
	else
		verdict = errno == EADDRINUSE ? 'l' : '?';
	SETUP(write(s->result[1], &verdict, 1));
	/* The winner holds the name until all have tried. */
	SETUP(read(s->end[0], &byte, 1));
	return 0;
}

static void count_results(struct starters *s)
{
	int wins = 0, losses = 0;

	for (int i = 0; i < BINDERS; i++) {
		char verdict = 0;

		SETUP(read(s->result[0], &verdict, 1));
		wins += verdict == 'w';
		losses += verdict == 'l';
	}
	EXPECT_EQ(1, wins);
	EXPECT_EQ(BINDERS - 1, losses);
}

CHECK(path, one_of_many_processes_binds,
      .title = "Of many processes that bind one name exactly one succeeds",
      CLAUSES(posix_bind_eaddrinuse, linux_unix_bind_abstract),
      ROWS(RACE_06, RACE_07),
      .types = ANY_TYPE, .addrs = NAMED, .tags = "race",
      .why = "Two instances started together must not both believe they serve.")
{
	struct starters s = { .a = env_addr(env, 0) };
	pid_t pid[BINDERS];
	char byte;

	SETUP(env_pipe(env, s.ready));
	SETUP(env_pipe(env, s.start));
	SETUP(env_pipe(env, s.result));
	SETUP(env_pipe(env, s.end));
	for (int i = 0; i < BINDERS; i++)
		pid[i] = SETUP(env_fork(env, start_and_bind, &s));
	for (int i = 0; i < BINDERS; i++)
		SETUP(read(s.ready[0], &byte, 1));
	SETUP(env_close(env, s.start[1]));
	count_results(&s);
	SETUP(env_close(env, s.end[1]));
	for (int i = 0; i < BINDERS; i++)
		EXPECT_EQ(0, env_reap(env, pid[i]));
}

#define CLIENTS 3

/* Servers that come and go at a path, and the clients of whoever is there. */
struct fray {
	struct env *env;
	struct addr a;
	unsigned int rounds;
	_Atomic bool over;
};

static bool is_clean(int err)
{
	return err == ECONNREFUSED || err == ENOENT || err == ECONNRESET ||
	       err == EPIPE;
}

/* Accept what waits and answer it, or take what was sent. */
static void serve_waiting(int type, int fd)
{
	char byte;

	if (type == SOCK_DGRAM) {
		while (recv(fd, &byte, 1, MSG_DONTWAIT) == 1)
			;
		return;
	}
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int conn;

		if (poll(&p, 1, 0) != 1)
			return;
		conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (conn < 0)
			return;
		send(conn, "a", 1, MSG_NOSIGNAL);
		close(conn);
	}
}

static long come_and_go(struct call *c)
{
	struct fray *f = c->arg;
	int type = f->env->type;

	for (unsigned int n = 0; n < f->rounds; n++) {
		int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

		if (fd < 0)
			return -1;
		unlink(f->a.un.sun_path);
		if (bind(fd, &f->a.sa, f->a.len) < 0 ||
		    (type != SOCK_DGRAM && listen(fd, 2 * CLIENTS) < 0)) {
			close(fd);
			return -1;
		}
		for (int i = 0; i < 4; i++) {
			serve_waiting(type, fd);
			sched_yield();
		}
		close(fd);
	}
	return 0;
}

/* One attempt: 0 served, 1 turned away cleanly, -1 anything else. */
static int attempt(int type, const struct addr *a)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), rc = -1;
	char byte;

	if (fd < 0)
		return -1;
	if (type == SOCK_DGRAM) {
		/* May sleep in a full queue, until the server takes or goes. */
		rc = sendto(fd, "q", 1, 0, &a->sa, a->len) == 1 ? 0 : -1;
	} else if (connect(fd, &a->sa, a->len) == 0) {
		ssize_t n = recv(fd, &byte, 1, 0);

		rc = n == 1 && byte == 'a' ? 0 : n == 0 ? 1 : -1;
	}
	if (rc < 0 && is_clean(errno))
		rc = 1;
	close(fd);
	return rc;
}

static long keep_calling(struct call *c)
{
	struct fray *f = c->arg;

	while (!atomic_load(&f->over)) {
		errno = 0;
		if (attempt(f->env->type, &f->a) < 0)
			return -1;
	}
	return 0;
}

CHECK(path, clients_of_a_changing_path,
      .title = "While servers come and go a client is served or told so cleanly",
      CLAUSES(linux_unix_release_wakes, posix_connect_econnrefused,
	      posix_connect_enoent),
      ROWS(PATH_09, PATH_11, RACE_05),
      .types = ANY_TYPE, .addrs = PATH, .tags = "race",
      .why = "Clients connect while the server restarts: each must get an "
	     "answer or an error to retry on, never a hang.",
      .explain = "One thread does unlink, bind, listen, accept some, close, and "
		 "again. Others connect and read, or send a datagram. Whatever "
		 "the moment, a call ends by being served, by end of file, or "
		 "by ECONNREFUSED, ENOENT, ECONNRESET or EPIPE.")
{
	struct fray f = {
		.env = env, .a = env_addr(env, 0),
		.rounds = env->valgrind ? 4 : 20 * env->volume,
	};
	struct call server = { .arg = &f }, client[CLIENTS];
	int fd;

	for (int i = 0; i < CLIENTS; i++) {
		client[i] = (struct call){ .arg = &f };
		call_start(&client[i], "connect(), recv() in a thread",
			   keep_calling);
	}
	call_start(&server, "unlink(), bind(), close() in a thread", come_and_go);
	EXPECT_CALL_RET(0, &server);
	atomic_store(&f.over, true);
	for (int i = 0; i < CLIENTS; i++)
		EXPECT_CALL_RET(0, &client[i]);
	reach_expect_error(env, ECONNREFUSED, &f.a);
	SETUP(unlink(f.a.un.sun_path));
	fd = SETUP(env_socket(env));
	reach_expect_binds(env, fd, &f.a);
}

/* Two servers take turns at a path, each time by rename(). */
static long take_turns(struct call *c)
{
	struct fray *f = c->arg;

	while (!atomic_load(&f->over)) {
		/* s1 is there: two links of one file would not be replaced. */
		for (int i = 2; i >= 1; i--) {
			const char *name = i == 1 ? "s1" : "s2";

			if (link(name, "next") < 0 ||
			    rename("next", f->a.un.sun_path) < 0)
				return -1;
		}
	}
	return 0;
}

CHECK(path, rename_leaves_no_gap,
      .title = "rename() over a path switches servers without a moment of ENOENT",
      CLAUSES(posix_rename_atomic, linux_unix_find_byinode),
      ROWS(PATH_20),
      .types = ANY_TYPE, .addrs = PATH, .tags = "race",
      .why = "A hot restart by rename() refuses nobody.")
{
	struct fray f = { .env = env, .a = env_addr(env, 0) };
	struct addr name[2] = { env_addr(env, 1), env_addr(env, 2) };
	struct call renamer = { .arg = &f };
	int fd[2], n = env->valgrind ? 20 : 100 * (int)env->volume;

	for (int i = 0; i < 2; i++)
		fd[i] = SETUP(reach_serve(env, &name[i]));
	env_own_path(env, "next");
	SETUP(link("s1", f.a.un.sun_path));
	call_start(&renamer, "rename() in a thread", take_turns);
	for (int i = 0; i < n && !has_failed(); i++) {
		int client = SETUP(env_socket(env));

		if (env->type == SOCK_DGRAM)
			EXPECT_RET(1, sendto(client, "q", 1, 0, &f.a.sa, f.a.len));
		else
			EXPECT_RET(0, connect(client, &f.a.sa, f.a.len));
		serve_waiting(env->type, fd[0]);
		serve_waiting(env->type, fd[1]);
		env_close(env, client);
	}
	atomic_store(&f.over, true);
	EXPECT_CALL_RET(0, &renamer);
}
