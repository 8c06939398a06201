// SPDX-License-Identifier: BSD-2-Clause
/* SIOCOUTQ after sends that failed: what was refused takes up no memory. */
#include "config.h"

#include <sys/socket.h>

#include "checks/util_data.h"
#include "checks/util_dgram.h"
#include "checks/util_flow.h"
#include "checks/util_option.h"
#include "checks/util_rights.h"
#include "harness/check.h"

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

#define TIMES 3

static int send_bad_memory(int fd)
{
	return (int)send(fd, data_bad_page("protected"), 100,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int send_descriptor(int fd, int passed)
{
	return (int)rights_send(fd, &passed, 1, "r", 1);
}

static void take(int fd)
{
	char got = 0;

	EXPECT_RET(1, recv(fd, &got, 1, MSG_DONTWAIT));
	EXPECT_EQ('x', got);
}

CHECK(ioctl, refused_takes_no_memory,
      .title = "A send that failed on a connected socket leaves SIOCOUTQ as it was",
      CLAUSES(linux_unix_outq, linux_unix_refused_is_freed),
      ROWS(IOC_29),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A sender that tries again loses a part of its buffer each time, and stalls.",
      .explain = "Bytes that cannot be read, descriptor -1, a descriptor to a peer that takes "
	      "none (where there is SO_PASSRIGHTS), a peer that has shut down: three times "
	      "each, first with nothing in flight and then with a message.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int waiting = 0; waiting < 2; waiting++) {
		int before = flow_outq(fd[0]);

		CONTEXT("%d messages in flight", waiting);
		for (int i = 0; i < TIMES; i++) {
			if (!env->valgrind)
				EXPECT_ERRNO(EFAULT, send_bad_memory(fd[0]));
			EXPECT_ERRNO(EBADF, send_descriptor(fd[0], -1));
		}
		EXPECT_EQ(before, flow_outq(fd[0]));
		if (option_set(fd[1], SO_PASSRIGHTS, 0) == 0 &&
		    !option_takes_any(fd[1])) {
			for (int i = 0; i < TIMES; i++)
				EXPECT_ERRNO(EPERM, send_descriptor(fd[0], fd[1]));
			EXPECT_EQ(before, flow_outq(fd[0]));
			SETUP(option_set(fd[1], SO_PASSRIGHTS, 1));
		}
		EXPECT_RET(1, send(fd[0], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
	}
	take(fd[1]);
	take(fd[1]);
	EXPECT_EQ(0, flow_outq(fd[0]));
	SETUP(shutdown(fd[1], SHUT_RD));
	for (int i = 0; i < TIMES; i++) {
		EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
		EXPECT_ERRNO(EPIPE, send_descriptor(fd[0], fd[1]));
	}
	EXPECT_EQ(0, flow_outq(fd[0]));
}

/* Nothing of this came to be in flight. */
static void expect_refused(int fd, const struct addr *to, int err)
{
	int before = flow_outq(fd);

	for (int i = 0; i < TIMES; i++)
		EXPECT_ERRNO(err, dgram_sendto(fd, "refused", to));
	EXPECT_EQ(before, flow_outq(fd));
}

CHECK(ioctl, refused_datagram_takes_no_memory,
      .title = "A datagram that was refused leaves SIOCOUTQ of its sender as it was",
      CLAUSES(linux_unix_outq, linux_unix_refused_is_freed),
      ROWS(IOC_29),
      .types = DGRAM, .addrs = NAMED,
      PARAMS("unconnected", "connected"),
      .why = "A sender that tries again loses a part of its buffer each time, and stalls.",
      .explain = "A receiver that is full, one that does not exist, one that has another peer, "
	      "one that has shut down, and no receiver at all: three datagrams to each, by "
	      "a sender without a peer and by one with another.")
{
	struct addr gone = env_addr(env, 1), taken = env_addr(env, 2);
	struct addr deaf = env_addr(env, 3), third = env_addr(env, 4);
	int fd = SETUP(env_socket(env)), other, receiver;
	struct flow_queue queue;

	flow_full_queue(env, &queue);
	other = SETUP(env_bound(env, &third));
	if (env->param == 1) {
		SETUP(connect(fd, &third.sa, third.len));
		EXPECT_RET(1, send(fd, "x", 1, MSG_DONTWAIT));
	} else {
		int before = flow_outq(fd);

		EXPECT_ERRNO(ENOTCONN, send(fd, "x", 1, MSG_DONTWAIT));
		EXPECT_EQ(before, flow_outq(fd));
	}
	CONTEXT("a receiver that is full");
	expect_refused(fd, &queue.addr, EAGAIN);
	CONTEXT("nobody");
	expect_refused(fd, &gone,
		       env->row->addr == PATH ? ENOENT : ECONNREFUSED);
	CONTEXT("one with another peer");
	receiver = SETUP(env_bound(env, &taken));
	SETUP(connect(receiver, &third.sa, third.len));
	expect_refused(fd, &taken, EPERM);
	CONTEXT("one that has shut down");
	receiver = SETUP(env_bound(env, &deaf));
	SETUP(shutdown(receiver, SHUT_RD));
	expect_refused(fd, &deaf, EPIPE);
	CONTEXT("at the end");
	if (env->param == 1)
		take(other);
	EXPECT_EQ(0, flow_outq(fd));
}
