// SPDX-License-Identifier: BSD-2-Clause
/* Names and peers that two give or take at the same moment. */
#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "checks/util_dgram.h"
#include "checks/util_race.h"
#include "checks/util_reach.h"
#include "harness/check.h"

struct act {
	const struct addr *to;
	int fd;
	int ret, err;
};

static void act_bind(void *arg)
{
	static const struct addr family = {
		.len = sizeof(sa_family_t), .sa.sa_family = AF_UNIX,
	};
	struct act *a = arg;

	a->ret = bind(a->fd, &family.sa, family.len);
	a->err = errno;
}

static void act_connect(void *arg)
{
	struct act *a = arg;

	a->ret = connect(a->fd, &a->to->sa, a->to->len);
	a->err = errno;
}

CHECK(race, one_socket_autobound_twice,
      .title = "Two threads that autobind one socket both succeed, and it has one name",
      CLAUSES(linux_unix_autobind_bound),
      ROWS(RACE_08),
      .types = ANY_TYPE, .tags = "race",
      .why = "A second name would leave the first taken, or lost under its users.",
      .explain = "bind() of the family alone in two threads; the name is of six bytes, "
	      "leads to the socket, and is free after close().")
{
	unsigned int rounds = race_rounds(env, 16);
	struct act act = { .fd = -1 }, own;
	struct race r;

	race_start(&r, env, act_bind, &act);
	for (unsigned int i = 0; i < rounds && !has_failed(); i++) {
		struct addr name = { .len = sizeof(name.bytes) };
		int other;

		CONTEXT("round %u", i);
		own.fd = act.fd = SETUP(env_socket(env));
		race_go(&r);
		act_bind(&own);
		EXPECT_RET(0, race_wait(&r));
		EXPECT_EQ(0, own.ret);
		EXPECT_EQ(0, act.ret);
		SETUP(getsockname(act.fd, &name.sa, &name.len));
		EXPECT_EQ(sizeof(sa_family_t) + 6, name.len);
		other = SETUP(env_socket(env));
		EXPECT_ERRNO(EADDRINUSE, bind(other, &name.sa, name.len));
		EXPECT_RET(0, env_close(env, act.fd));
		EXPECT_RET(0, bind(other, &name.sa, name.len));
		SETUP(env_close(env, other));
	}
	race_end(&r);
}

CHECK(race, connect_meets_listen,
      .title = "connect() at the moment of listen() succeeds or is refused, ECONNREFUSED",
      CLAUSES(posix_connect_econnrefused, linux_connect_at_once),
      ROWS(RACE_11),
      .types = CONNECTED, .addrs = NAMED, .tags = "race",
      .why = "Clients retry on this one errno while a server starts.",
      .explain = "A client that succeeded is in the queue and comes out of accept(); one "
	      "that was refused is not, and connects the second time.")
{
	unsigned int rounds = race_rounds(env, 16);
	struct addr a = env_addr(env, 0);
	struct act act = { .to = &a };
	struct race r;

	race_start(&r, env, act_connect, &act);
	for (unsigned int i = 0; i < rounds && !has_failed(); i++) {
		int fd = SETUP(env_bound(env, &a));

		CONTEXT("round %u", i);
		act.fd = SETUP(env_socket(env));
		race_go(&r);
		EXPECT_RET(0, listen(fd, 1));
		EXPECT_RET(0, race_wait(&r));
		if (act.ret < 0) {
			EXPECT_ERR_EQ(ECONNREFUSED, act.err);
			reach_expect_idle(env, fd);
			ASSERT_RET(0, connect(act.fd, &a.sa, a.len));
		}
		SETUP(backlog_set_nonblock(fd, true));
		data_expect_works(env, act.fd,
				  (int)ASSERT_OK(env_accept(env, fd)));
		SETUP(env_close(env, act.fd));
		SETUP(env_close(env, fd));
		if (env->row->addr == PATH)
			SETUP(unlink(a.un.sun_path));
	}
	race_end(&r);
}

CHECK(race, connect_to_each_other,
      .title = "Two datagram sockets that connect to each other at once both succeed",
      CLAUSES(linux_dgram_connect_state, linux_dgram_may_send),
      ROWS(RACE_12),
      .types = DGRAM, .addrs = NAMED, .tags = "race",
      .why = "Each takes its own lock and the other's: in the wrong order for ever.",
      .explain = "After each round both are connected, a byte goes either way, and both "
	      "disconnect with connect() to AF_UNSPEC.")
{
	unsigned int rounds = race_rounds(env, 16);
	struct addr a[2] = { env_addr(env, 0), env_addr(env, 1) };
	struct act act = { .to = &a[0] }, own = { .to = &a[1] };
	struct race r;

	own.fd = SETUP(env_bound(env, &a[0]));
	act.fd = SETUP(env_bound(env, &a[1]));
	race_start(&r, env, act_connect, &act);
	for (unsigned int i = 0; i < rounds && !has_failed(); i++) {
		CONTEXT("round %u", i);
		race_go(&r);
		act_connect(&own);
		EXPECT_RET(0, race_wait(&r));
		EXPECT_EQ(0, own.ret);
		EXPECT_EQ(0, act.ret);
		data_expect_works(env, own.fd, act.fd);
		data_expect_works(env, act.fd, own.fd);
		ASSERT_RET(0, dgram_disconnect(own.fd));
		ASSERT_RET(0, dgram_disconnect(act.fd));
	}
	race_end(&r);
}
