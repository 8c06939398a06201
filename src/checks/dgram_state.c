// SPDX-License-Identifier: BSD-2-Clause
/*
 * The state of datagram sockets, in /proc/net/unix and over netlink: connected
 * while they have a peer, or are somebody's.  Told since Linux 5.15, which is
 * also the first to count UNIX-STREAM apart in /proc/net/protocols.
 */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_dgram.h"
#include "checks/util_diag.h"
#include "harness/check.h"

static bool is_told(void)
{
	cleanup_free char *text = proc_read("/proc/net/protocols");

	return text && strstr(text, "UNIX-STREAM");
}

/* The column St, and what the same is over netlink. */
static bool is_connected(int diag, int fd)
{
	struct proc_line line;
	struct diag d;

	if (diag < 0) {
		ASSERT_THAT(proc_find(diag_inode(fd), &line),
			    "the socket has a line");
		EXPECT_THAT(line.state == 1 || line.state == 3, "01 or 03");
		return line.state == 3;
	}
	ASSERT_RET(0, diag_get(diag, diag_inode(fd), 0, NULL, &d));
	EXPECT_THAT(d.msg.udiag_state == DIAG_ESTABLISHED ||
		    d.msg.udiag_state == DIAG_CLOSE, "ESTABLISHED or CLOSE");
	return d.msg.udiag_state == DIAG_ESTABLISHED;
}

static void follow(struct env *env, int diag)
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	int one = SETUP(env_bound(env, &a)), two = SETUP(env_bound(env, &b));
	int fd = SETUP(env_socket(env)), pair[2];

	if (!is_told())
		SKIP_CASE("datagram sockets have no such states (since Linux 5.15)");
	CONTEXT("nobody is connected");
	EXPECT_EQ(false, is_connected(diag, fd));
	EXPECT_EQ(false, is_connected(diag, one));
	CONTEXT("connected");
	SETUP(connect(fd, &a.sa, a.len));
	EXPECT_EQ(true, is_connected(diag, fd));
	EXPECT_EQ(true, is_connected(diag, one));
	EXPECT_EQ(false, is_connected(diag, two));
	CONTEXT("connected to another");
	SETUP(connect(fd, &b.sa, b.len));
	EXPECT_EQ(true, is_connected(diag, fd));
	EXPECT_EQ(false, is_connected(diag, one));
	EXPECT_EQ(true, is_connected(diag, two));
	CONTEXT("disconnected");
	dgram_must_disconnect(fd);
	EXPECT_EQ(false, is_connected(diag, fd));
	EXPECT_EQ(false, is_connected(diag, two));
	CONTEXT("the peer is found dead");
	SETUP(connect(fd, &a.sa, a.len));
	SETUP(env_close(env, one));
	EXPECT_ERRNO(ECONNREFUSED, send(fd, "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(false, is_connected(diag, fd));
	CONTEXT("socketpair()");
	SETUP(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair));
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(true, is_connected(diag, env_own(env, pair[i])));
}

#define EXPLAIN                                                                \
	"A client and two receivers: connected to the one, to the other, to "  \
	"none; the peer closed and found out by send(); both ends of a "       \
	"socketpair()."

CHECK(proc, datagram_states,
      .title = "A datagram socket shows state 03 while it has a peer or is one, else 01",
      CLAUSES(linux_dgram_connect_state),
      ROWS(PROC_18),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_PROC_NET_UNIX,
      .why = "A monitor counts clients that are gone, or misses those that are there.",
      .explain = EXPLAIN)
{
	follow(env, -1);
}

CHECK(diag, datagram_states,
      .title = "A datagram socket is ESTABLISHED while it has a peer or is one, else CLOSE",
      CLAUSES(linux_dgram_connect_state),
      ROWS(PROC_18),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_SOCK_DIAG,
      .why = "A monitor counts clients that are gone, or misses those that are there.",
      .explain = EXPLAIN)
{
	follow(env, SETUP(diag_open(env)));
}
