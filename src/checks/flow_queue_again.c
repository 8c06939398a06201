// SPDX-License-Identifier: BSD-2-Clause
/* What has changed while one slept for a full receiver. */
#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_dgram.h"
#include "checks/util_flow.h"
#include "harness/check.h"

CHECK(flow_queue, taken_receiver_refuses_sleeper,
      .title = "A sleeping send() to a receiver that has connected to another gets EPERM",
      CLAUSES(linux_dgram_wait_looks_again, linux_dgram_may_send),
      ROWS(FLOW_76),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_BLOCKED,
      PARAMS("send", "sendto"),
      .why = "A socket that has chosen its peer hears nobody else, however long he waited.",
      .explain = "The receiver connects to a third, then takes a message, which wakes the "
	      "sleeper; nothing of his arrives.")
{
	struct addr third = env_addr(env, 1);
	int fd = SETUP(env_socket(env));
	struct flow_queue q;
	struct call c;

	SETUP(env_bound(env, &third));
	flow_full_queue(env, &q);
	if (env->param == 0) {
		SETUP(connect(fd, &q.addr.sa, q.addr.len));
		call_send(&c, fd, "late", 4, 0);
	} else {
		call_sendto(&c, fd, "late", 4, 0, &q.addr);
	}
	ASSERT_BLOCKS(&c);
	ASSERT_RET(0, connect(q.fd, &third.sa, third.len));
	flow_drain_queue(q.fd, 0, 1);
	EXPECT_CALL_ERRNO(EPERM, &c);
	flow_drain_queue(q.fd, 1, q.n - 1);
	dgram_expect_empty(q.fd);
}

CHECK(flow_queue, sleeper_finds_new_receiver,
      .title = "A sleeping sendto() whose receiver closes goes to who has its pathname by then",
      CLAUSES(linux_dgram_wait_looks_again, linux_dgram_dead_peer),
      ROWS(FLOW_77),
      .types = DGRAM, .addrs = PATH, .needs = NEED_BLOCKED,
      .why = "A log daemon is replaced without losing a line.",
      .explain = "The name is unlinked and bound to another socket, and the full receiver "
	      "closes.  One with the first for its peer gets ECONNREFUSED.")
{
	int fd = SETUP(env_socket(env)), next = SETUP(env_socket(env));
	struct flow_queue q;
	struct call c[2];

	flow_full_queue(env, &q);
	SETUP(connect(fd, &q.addr.sa, q.addr.len));
	call_send(&c[0], fd, "peer", 4, 0);
	ASSERT_BLOCKS(&c[0]);
	fd = SETUP(env_socket(env));
	call_sendto(&c[1], fd, "late", 4, 0, &q.addr);
	ASSERT_BLOCKS(&c[1]);
	SETUP(unlink(q.addr.un.sun_path));
	SETUP(bind(next, &q.addr.sa, q.addr.len));
	ASSERT_RET(0, env_close(env, q.fd));
	EXPECT_CALL_ERRNO(ECONNREFUSED, &c[0]);
	EXPECT_CALL_RET(4, &c[1]);
	dgram_expect(next, "late");
	dgram_expect_empty(next);
}
