// SPDX-License-Identifier: BSD-2-Clause
/* NETLINK_SOCK_DIAG: listeners, dumps of all sockets, and refusals. */
#include "config.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_diag.h"
#include "checks/util_reach.h"
#include "harness/check.h"

#define BACKLOG 7

static void expect_u32(uint32_t want, const struct diag *d, int attr, size_t i)
{
	EXPECT_THAT(d->attr[attr].present, "the attribute is there");
	EXPECT_EQ(want, diag_u32(d, attr, i));
}

CHECK(diag, listener,
      .title = "A listener shows its pending connections, by number and by inode",
      CLAUSES(sock_diag7_rqlen, sock_diag7_attributes),
      ROWS(DIAG_06, DIAG_07),
      .types = CONNECTED, .addrs = ABSTRACT, .needs = NEED_SOCK_DIAG,
      .why = "A service that stops accepting is seen before clients time out.",
      .explain = "UNIX_DIAG_RQLEN has the pending connections and the backlog. "
		 "UNIX_DIAG_ICONS lists the clients' inodes, in order.")
{
	struct addr a = env_addr(env, 0);
	int diag = SETUP(diag_open(env));
	int fd = SETUP(env_listener(env, BACKLOG, &a));
	unsigned int show = UDIAG_SHOW_RQLEN | UDIAG_SHOW_ICONS;
	uint32_t inode = diag_inode(fd);
	int client[2];
	struct diag d;

	backlog_need(BACKLOG);
	ASSERT_RET(0, diag_get(diag, inode, show, NULL, &d));
	expect_u32(0, &d, UNIX_DIAG_RQLEN, 0);
	expect_u32(BACKLOG, &d, UNIX_DIAG_RQLEN, 1);
	for (unsigned int i = 0; i < 2; i++) {
		client[i] = SETUP(env_connect(env, &a));
		ASSERT_RET(0, diag_get(diag, inode, show, NULL, &d));
		expect_u32(i + 1, &d, UNIX_DIAG_RQLEN, 0);
		expect_u32(BACKLOG, &d, UNIX_DIAG_RQLEN, 1);
		EXPECT_EQ((i + 1) * sizeof(uint32_t), d.attr[UNIX_DIAG_ICONS].len);
		for (unsigned int j = 0; j <= i; j++)
			expect_u32(diag_inode(client[j]), &d, UNIX_DIAG_ICONS, j);
	}
	SETUP(env_accept(env, fd));
	ASSERT_RET(0, diag_get(diag, inode, show, NULL, &d));
	expect_u32(1, &d, UNIX_DIAG_RQLEN, 0);
	expect_u32(diag_inode(client[1]), &d, UNIX_DIAG_ICONS, 0);
}

#define MANY 100

CHECK(diag, listener_with_many,
      .title = "A listener shows each of a hundred pending connections, in order",
      CLAUSES(sock_diag7_attributes, sock_diag7_rqlen),
      ROWS(DIAG_60),
      .types = CONNECTED, .addrs = ABSTRACT, .needs = NEED_SOCK_DIAG,
      .nofile = MANY + 20,
      .why = "The longer the queue, the more it matters who waits in it.",
      .explain = "Asked for these alone, and for all there is; both times the answer has "
		 "the clients' inodes and their number.")
{
	static const unsigned int show[] = {
		UDIAG_SHOW_ICONS | UDIAG_SHOW_RQLEN,
		UDIAG_SHOW_ICONS | UDIAG_SHOW_RQLEN | UDIAG_SHOW_NAME |
			UDIAG_SHOW_VFS | UDIAG_SHOW_PEER | UDIAG_SHOW_MEMINFO,
	};
	struct addr a = env_addr(env, 0);
	int diag = SETUP(diag_open(env));
	int fd = SETUP(env_listener(env, MANY, &a));
	uint32_t client[MANY];
	struct diag d;

	backlog_need(MANY);
	for (int i = 0; i < MANY; i++)
		client[i] = diag_inode(SETUP(env_connect(env, &a)));
	for (int i = 0; i < 2; i++) {
		const struct diag_attr *icons = &d.attr[UNIX_DIAG_ICONS];

		CONTEXT("udiag_show %#x", show[i]);
		ASSERT_RET(0, diag_get(diag, diag_inode(fd), show[i], NULL, &d));
		expect_u32(MANY, &d, UNIX_DIAG_RQLEN, 0);
		EXPECT_THAT(icons->present, "the clients are told");
		ASSERT_EQ(sizeof(client), icons->len);
		EXPECT_MEM(client, icons->bytes, sizeof(client));
	}
}

CHECK(diag, peer_not_accepted,
      .title = "The peer of a client shows as inode 0 until accept()",
      CLAUSES(linux_unix_sock_inode, sock_diag7_attributes),
      ROWS(DIAG_11),
      .types = CONNECTED, .addrs = ABSTRACT, .needs = NEED_SOCK_DIAG,
      .why = "A tool that maps peers must know that 0 is a connection that "
	     "waits, and not one that is gone.")
{
	struct addr a = env_addr(env, 0);
	int diag = SETUP(diag_open(env));
	int fd = SETUP(env_listener(env, BACKLOG, &a));
	int client = SETUP(env_connect(env, &a));
	int conn;
	struct diag d;

	ASSERT_RET(0, diag_get(diag, diag_inode(client), UDIAG_SHOW_PEER, NULL,
			       &d));
	expect_u32(0, &d, UNIX_DIAG_PEER, 0);
	conn = SETUP(env_accept(env, fd));
	ASSERT_RET(0, diag_get(diag, diag_inode(client), UDIAG_SHOW_PEER, NULL,
			       &d));
	expect_u32(diag_inode(conn), &d, UNIX_DIAG_PEER, 0);
	ASSERT_RET(0, diag_get(diag, diag_inode(conn), UDIAG_SHOW_PEER, NULL, &d));
	expect_u32(diag_inode(client), &d, UNIX_DIAG_PEER, 0);
}

/*
 * Other processes open and close sockets while a dump goes on, which may
 * shift one past the reader; what is there all the time is seen in the end.
 */
static int dump_until_found(int diag, unsigned int states, uint32_t inode,
			    struct diag *d)
{
	int ret = 0;

	for (int i = 0; ret == 0 && i < 20; i++)
		ret = diag_dump(diag, states, inode, UDIAG_SHOW_NAME, d);
	return ret;
}

CHECK(diag, dump,
      .title = "A dump has the socket, and udiag_states filters it by state",
      CLAUSES(sock_diag7_states, sock_diag7_by_family),
      ROWS(DIAG_12, DIAG_13),
      .types = ANY_TYPE, .addrs = ABSTRACT, .needs = NEED_SOCK_DIAG,
      .why = "Every ss is one dump.")
{
	struct addr a = env_addr(env, 0);
	int diag = SETUP(diag_open(env));
	int fd = SETUP(reach_serve(env, &a));
	unsigned int mine, state = env->type == SOCK_DGRAM ? DIAG_CLOSE : DIAG_LISTEN;
	struct diag d = { 0 };

	mine = 1U << state;
	ASSERT_RET(1, dump_until_found(diag, ~0U, diag_inode(fd), &d));
	EXPECT_EQ(env->type, d.msg.udiag_type);
	EXPECT_EQ(state, d.msg.udiag_state);
	EXPECT_THAT(d.attr[UNIX_DIAG_NAME].present, "the name is reported");
	EXPECT_RET(1, dump_until_found(diag, mine, diag_inode(fd), &d));
	EXPECT_RET(0, diag_dump(diag, ~mine, diag_inode(fd), 0, &d));
	EXPECT_RET(0, diag_dump(diag, 1U << DIAG_ESTABLISHED, diag_inode(fd), 0,
				&d));
}

CHECK(diag, dump_of_connected,
      .title = "A dump of connected sockets has both ends, and one of all others neither",
      CLAUSES(sock_diag7_states, sock_diag7_by_family),
      ROWS(DIAG_61),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .needs = NEED_SOCK_DIAG,
      .why = "ss without options is this dump.",
      .explain = "Datagram sockets by the state that each is told to be in.")
{
	int diag = SETUP(diag_open(env)), fd[2];
	struct diag d;

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		uint32_t inode = diag_inode(fd[i]);
		unsigned int mine = 1U << DIAG_ESTABLISHED;

		CONTEXT("end %d", i);
		if (env->type == SOCK_DGRAM) {
			ASSERT_RET(0, diag_get(diag, inode, 0, NULL, &d));
			mine = 1U << (d.msg.udiag_state & 31);
		}
		EXPECT_RET(1, dump_until_found(diag, mine, inode, &d));
		EXPECT_EQ(env->type, d.msg.udiag_type);
		EXPECT_RET(0, diag_dump(diag, ~mine, inode, 0, &d));
	}
}

CHECK(diag, cookie,
      .title = "A cookie names one socket for ever: a wrong one is ESTALE",
      CLAUSES(linux_diag_cookie),
      ROWS(DIAG_14),
      .types = ANY_TYPE, .needs = NEED_SOCK_DIAG,
      .why = "Inode numbers come again; without the cookie a tool would show "
	     "another socket's data.")
{
	int diag = SETUP(diag_open(env));
	int fd = SETUP(env_socket(env));
	uint32_t inode = diag_inode(fd), cookie[2], wrong[2];
	struct diag d;

	ASSERT_RET(0, diag_get(diag, inode, 0, NULL, &d));
	cookie[0] = wrong[0] = d.msg.udiag_cookie[0];
	cookie[1] = d.msg.udiag_cookie[1];
	EXPECT_RET(0, diag_get(diag, inode, 0, cookie, &d));
	EXPECT_MEM(cookie, d.msg.udiag_cookie, sizeof(cookie));
	wrong[1] = cookie[1] ^ 1;
	EXPECT_ERRNO(ESTALE, diag_get(diag, inode, 0, wrong, &d));
	wrong[0] ^= 1;
	wrong[1] = cookie[1];
	EXPECT_ERRNO(ESTALE, diag_get(diag, inode, 0, wrong, &d));
}

CHECK(diag, refused,
      .title = "Inode 0 is refused with EINVAL, an unknown one with ENOENT",
      CLAUSES(linux_diag_refusals),
      ROWS(DIAG_18, DIAG_19),
      .needs = NEED_SOCK_DIAG,
      .why = "A tool must tell a socket that is gone from a bad request.")
{
	int diag = SETUP(diag_open(env));
	int fd = SETUP(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	int pipe_fd[2];
	uint32_t inode = diag_inode(env_own(env, fd));
	struct diag d;

	/* Pipes have inode numbers of the same sequence as sockets. */
	SETUP(env_pipe(env, pipe_fd));
	EXPECT_ERRNO(EINVAL, diag_get(diag, 0, 0, NULL, &d));
	EXPECT_ERRNO(ENOENT, diag_get(diag, diag_inode(pipe_fd[0]), 0, NULL, &d));
	EXPECT_RET(0, diag_get(diag, inode, 0, NULL, &d));
	EXPECT_RET(0, env_close(env, fd));
	EXPECT_ERRNO(ENOENT, diag_get(diag, inode, 0, NULL, &d));
}

/* A request of size bytes after its header is refused. */
static void expect_refused(int diag, uint32_t inode, size_t size, int flags)
{
	struct {
		struct nlmsghdr head;
		struct unix_diag_req req;
	} ask = {
		.head = { .nlmsg_len = NLMSG_LENGTH((unsigned int)size),
			  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = (unsigned short)flags },
		.req = { .sdiag_family = AF_UNIX, .udiag_states = ~0U,
			 .udiag_ino = inode, .udiag_cookie = { ~0U, ~0U } },
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr err;
		char rest[256];
	} answer = { 0 };

	CONTEXT("%zu bytes, flags %#x", size, (unsigned int)flags);
	SETUP(send(diag, &ask, ask.head.nlmsg_len, 0));
	ASSERT_THAT(recv(diag, &answer, sizeof(answer), MSG_DONTWAIT) >=
		    (ssize_t)NLMSG_LENGTH(sizeof(answer.err)), "there is an answer");
	ASSERT_EQ(NLMSG_ERROR, answer.head.nlmsg_type);
	EXPECT_ERR_EQ(EINVAL, -answer.err.error);
}

CHECK(diag, short_request,
      .title = "A request too short to be one is refused with EINVAL",
      CLAUSES(linux_diag_refusals),
      ROWS(DIAG_18),
      .needs = NEED_SOCK_DIAG,
      .why = "What lies behind a request in the kernel's memory is not for the answer.",
      .explain = "By every number of bytes that is missing of a good one, for one socket "
	      "and for a dump.")
{
	int fd = SETUP(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	int diag = SETUP(diag_open(env));
	uint32_t inode = diag_inode(env_own(env, fd));

	for (size_t size = 0; size < sizeof(struct unix_diag_req); size++) {
		expect_refused(diag, inode, size, NLM_F_REQUEST);
		expect_refused(diag, inode, size, NLM_F_REQUEST | NLM_F_DUMP);
	}
}
