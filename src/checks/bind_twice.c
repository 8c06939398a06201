// SPDX-License-Identifier: BSD-2-Clause
/* bind(): a socket that has a name already. */
#include "config.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "checks/util_reach.h"
#include "harness/check.h"

CHECK(bind, second_name,
      .title = "bind() of a bound socket to another name fails with EINVAL",
      CLAUSES(posix_bind_einval_bound, bind2_einval_bound),
      ROWS(ADDR_17, ADDR_18, ADDR_20),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "A second name would make the first one a name of nothing.",
      .explain = "Both a free pathname and a free abstract name are refused, "
		 "and neither is used up: no file appears, and another socket "
		 "can have the name. The socket keeps its first name and is "
		 "reached by it. Linux before 5.14 leaves a file, which is "
		 "accepted where nothing newer is known.")
{
	struct addr first = env_addr(env, 0);
	struct addr path = env_addr_of(env, PATH, 1);
	struct addr abstract = env_addr_of(env, ABSTRACT, 1);
	int fd = SETUP(reach_serve(env, &first)), other;

	EXPECT_ERRNO(EINVAL, bind(fd, &path.sa, path.len));
	reach_expect_unmade(&path);
	EXPECT_ERRNO(EINVAL, bind(fd, &abstract.sa, abstract.len));
	reach_expect_name(fd, &first);
	reach_expect(env, fd, &first);
	other = (int)EXPECT_OK(reach_serve(env, &abstract));
	if (other >= 0)
		reach_expect(env, other, &abstract);
	other = (int)EXPECT_OK(reach_serve(env, &path));
	if (other >= 0)
		reach_expect(env, other, &path);
}

CHECK(bind, own_name_again,
      .title = "bind() of a bound socket to its own name fails",
      CLAUSES(linux_unix_bind_bsd_order, posix_bind_einval_bound,
	      posix_bind_eaddrinuse),
      ROWS(ADDR_19),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "Start-up code that runs twice must hear of it.",
      .explain = "EADDRINUSE for a pathname, because the file is looked for "
		 "first; EINVAL for an abstract name, where the socket is.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(reach_serve(env, &a));

	EXPECT_ERRNO(env->row->addr == PATH ? EADDRINUSE : EINVAL,
		     bind(fd, &a.sa, a.len));
	reach_expect_name(fd, &a);
	reach_expect(env, fd, &a);
}

CHECK(bind, family_alone_when_bound,
      .title = "An address of the family alone leaves a bound socket as it is",
      CLAUSES(linux_unix_autobind_bound),
      ROWS(ADDR_21),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "An autobind that renamed the socket would lose its clients.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(reach_serve(env, &a));

	EXPECT_RET(0, bind(fd, &a.sa, sizeof(sa_family_t)));
	reach_expect_name(fd, &a);
	reach_expect(env, fd, &a);
}

struct binder {
	int fd;
	struct addr name;
	pthread_barrier_t *start;
};

static long bind_at_the_start(struct call *c)
{
	struct binder *b = c->arg;

	pthread_barrier_wait(b->start);
	return bind(b->fd, &b->name.sa, b->name.len);
}

/* Two threads name one socket; -1, or which of the two names it has got. */
static int race_names(int fd, struct binder b[2])
{
	struct call c[2] = { { .arg = &b[0] }, { .arg = &b[1] } };
	pthread_barrier_t start;
	int winner = -1;

	pthread_barrier_init(&start, NULL, 2);
	for (int i = 0; i < 2; i++) {
		b[i].fd = fd;
		b[i].start = &start;
		call_start(&c[i], "bind() in a thread", bind_at_the_start);
	}
	for (int i = 0; i < 2; i++) {
		if (!EXPECT_THAT(call_join(&c[i]), "bind() %d returns", i))
			return -1;
		if (c[i].ret == 0)
			winner = winner < 0 ? i : 2;
		else
			EXPECT_ERR_EQ(EINVAL, c[i].err);
	}
	pthread_barrier_destroy(&start);
	EXPECT_THAT(winner == 0 || winner == 1, "exactly one bind() succeeds");
	return winner > 1 ? -1 : winner;
}

CHECK(bind, one_socket_two_binders,
      .title = "Of two threads that name one socket one wins, the other's is free",
      CLAUSES(linux_unix_bind_lock, posix_bind_einval_bound),
      ROWS(ADDR_43),
      .types = ANY_TYPE, .addrs = NAMED,
      .tags = "race",
      .why = "A loser's file that stayed behind would be a stale path from "
	     "the first moment on.",
      .explain = "Linux before 5.14 leaves the loser's file, which is accepted where "
		 "nothing newer is known.")
{
	unsigned int rounds = env->valgrind ? 2 : 16 * env->volume;

	for (unsigned int n = 0; n < rounds && !has_failed(); n++) {
		struct binder b[2] = {
			{ .name = env_addr(env, 0) }, { .name = env_addr(env, 1) },
		};
		int fd = SETUP(env_socket(env)), winner;

		CONTEXT("round %u", n);
		winner = race_names(fd, b);
		if (winner < 0)
			return;
		reach_expect_name(fd, &b[winner].name);
		EXPECT_RET(0, reach_open(env, fd));
		reach_expect(env, fd, &b[winner].name);
		if (env->row->addr == PATH)
			reach_expect_unmade(&b[1 - winner].name);
		reach_expect_error(env, env->row->addr == PATH ? ENOENT :
				   ECONNREFUSED, &b[1 - winner].name);
		env_close(env, fd);
		if (env->row->addr == PATH) {
			EXPECT_RET(0, unlink(b[winner].name.un.sun_path));
			EXPECT_ERRNO(ENOENT,
				     access(b[1 - winner].name.un.sun_path, F_OK));
		}
	}
}
