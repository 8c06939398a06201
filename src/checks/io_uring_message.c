// SPDX-License-Identifier: BSD-2-Clause
/* Messages by io_uring: their control data, and the path that they go to. */
#include "config.h"

#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/util_option.h"
#include "checks/util_reach.h"
#include "checks/util_rights.h"
#include "checks/util_uring.h"
#include "harness/check.h"
#include "harness/namespace.h"

CHECK(io_uring, messages_carry_rights,
      .title = "Messages of io_uring carry descriptors to recvmsg() and from sendmsg()",
      CLAUSES(linux_uring_message),
      ROWS(IOU_04),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .needs = NEED_IO_URING,
      .why = "A broker that hands out descriptors may do so by its ring.",
      .explain = "One message sent by the ring and read by recvmsg(), one the other "
	      "way; the descriptor that comes leads to the file that was sent.")
{
	int fd[2], got = -1, file = rights_file(env);
	struct cmsg_msg m;
	struct uring ring;

	uring_open(env, &ring);
	uring_needs_workers(&ring);
	SETUP(env_pair(env, fd));
	cmsg_to_send(&m, "s", 1);
	cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, &file, sizeof(file));
	uring_sendmsg(&ring, fd[0], &m.hdr);
	ASSERT_RET(1, uring_result(&ring, IORING_OP_SENDMSG));
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), 0));
	EXPECT_EQ('s', m.data[0]);
	ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	EXPECT_THAT(rights_same(file, got), "the file that was sent");

	ASSERT_RET(1, rights_send(fd[0], &file, 1, "r", 1));
	cmsg_to_receive(&m, 1, RIGHTS_SPACE(1));
	uring_recvmsg(&ring, fd[1], &m.hdr)->msg_flags = MSG_CMSG_CLOEXEC;
	ASSERT_RET(1, uring_result(&ring, IORING_OP_RECVMSG));
	EXPECT_EQ('r', m.data[0]);
	EXPECT_MSG_FLAGS(MSG_CMSG_CLOEXEC, m.hdr.msg_flags);
	ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	EXPECT_THAT(rights_same(file, got), "the file that was sent");
}

/* What a multishot recvmsg puts before its data: struct io_uring_recvmsg_out. */
struct message_head {
	uint32_t name_len, control_len, data_len, flags;
};

#define CONTROL_ROOM 64

/* Bytes of control data that come with one byte that is read by the ring. */
static size_t control_length(struct uring *ring, int fd, bool multishot)
{
	struct {
		struct message_head head;
		unsigned char control[CONTROL_ROOM];
		unsigned char data[4];
	} buf = { .head = { 0 } };
	struct uring_done done;
	struct cmsg_msg m;
	struct io_uring_sqe *sqe;

	cmsg_to_receive(&m, 1, CONTROL_ROOM);
	if (!multishot) {
		uring_recvmsg(ring, fd, &m.hdr);
		ASSERT_RET(1, uring_result(ring, IORING_OP_RECVMSG));
		return m.hdr.msg_controllen;
	}
	sqe = uring_add(ring, IORING_OP_PROVIDE_BUFFERS, 1);
	sqe->addr = (uintptr_t)&buf;
	/* No room for more than a byte of data. */
	sqe->len = offsetof(__typeof__(buf), data) + 1;
	ASSERT_RET(0, uring_result(ring, IORING_OP_PROVIDE_BUFFERS));
	m.iov.iov_len = 0;
	sqe = uring_recvmsg(ring, fd, &m.hdr);
	sqe->ioprio = URING_RECV_MULTISHOT;
	sqe->flags = IOSQE_BUFFER_SELECT;
	/* The one buffer is used up, which ends the request. */
	ASSERT_OK(uring_take(ring, IORING_OP_RECVMSG, &done));
	EXPECT_EQ(1, buf.head.data_len);
	return buf.head.control_len;
}

CHECK(io_uring, queue_length_when_asked,
      .title = "A recvmsg of io_uring tells the bytes that are left only with SO_INQ",
      CLAUSES(linux_uring_inq),
      ROWS(IOU_15),
      .types = STREAM, .addrs = PAIR, PARAMS("single", "multishot"),
      .needs = NEED_IO_URING,
      .why = "Control data that nobody asked for is taken for a descriptor, or cut "
	     "off one that was waited for.",
      .explain = "io_uring asks how much is left for itself.  Kernels of 2025 passed "
	      "the answer on as a control message.")
{
	int fd[2], on = 1;
	struct uring ring;

	uring_open(env, &ring);
	if (env->param == 1)
		/* Of the same release, which unlike this flag can be asked for. */
		uring_needs(&ring, URING_SEND_ZC, "multishot recvmsg");
	uring_needs_workers(&ring);
	SETUP(env_pair(env, fd));
	ASSERT_RET(2, send(fd[0], "ab", 2, MSG_NOSIGNAL));
	EXPECT_EQ(0, control_length(&ring, fd[1], env->param == 1));
	EXPECT_RET(1, recv(fd[1], &(char){ 0 }, 1, MSG_DONTWAIT));
	if (setsockopt(fd[1], SOL_SOCKET, SO_INQ, &on, sizeof(on)) < 0)
		return;
	uring_open(env, &ring);
	ASSERT_RET(2, send(fd[0], "cd", 2, MSG_NOSIGNAL));
	EXPECT_EQ(CMSG_SPACE(sizeof(int)),
		  control_length(&ring, fd[1], env->param == 1));
}

/* A receive by the ring gives n bytes, and says whether there are more. */
static void expect_more(struct env *env, struct uring *ring, int fd, long n,
			bool more)
{
	uint64_t op = env->param == 0 ? IORING_OP_RECV : IORING_OP_RECVMSG;
	struct uring_done done;
	struct cmsg_msg m;

	CONTEXT("%ld bytes", n);
	cmsg_to_receive(&m, 2, 0);
	/* Without its workers io_uring takes no control data, not even none. */
	m.hdr.msg_control = NULL;
	if (env->param == 0)
		uring_recv(ring, fd, m.data, 2);
	else
		uring_recvmsg(ring, fd, &m.hdr);
	ASSERT_RET(n, uring_take(ring, op, &done));
	if (!more || release_proven(RELEASE_6_17))
		EXPECT_EQ(more, !!(done.flags & URING_SOCK_NONEMPTY));
}

CHECK(io_uring, tells_of_more,
      .title = "A receive of io_uring from a stream says by a flag whether bytes are left",
      CLAUSES(linux_uring_more),
      ROWS(IOU_60),
      .types = STREAM, .addrs = PAIR, PARAMS("recv", "recvmsg"),
      .needs = NEED_IO_URING,
      .why = "Programs poll first where it is not set, and would sleep on what they have.",
      .explain = "IORING_CQE_F_SOCK_NONEMPTY for the first two of three bytes, not for the "
	      "third, nor at the end.  Kernels without SO_INQ (6.17) never set it.")
{
	struct uring ring;
	int fd[2];

	uring_open(env, &ring);
	uring_needs(&ring, env->param == 0 ? IORING_OP_RECV : IORING_OP_RECVMSG,
		    env->param_name);
	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		ASSERT_RET(2, send(fd[0], "ab", 2, MSG_NOSIGNAL));
		ASSERT_RET(1, send(fd[0], "c", 1, MSG_NOSIGNAL));
		expect_more(env, &ring, fd[1], 2, true);
		expect_more(env, &ring, fd[1], 1, false);
	}
	EXPECT_RET(0, env_close(env, fd[0]));
	expect_more(env, &ring, fd[1], 0, false);
}

struct jail {
	int inner, outer;	/* servers of "d/s" and "s" */
	char outer_path[256];
};

/* A client that a worker of the ring connects to path. */
static long connect_by_worker(struct env *env, struct uring *ring,
			      const char *path)
{
	struct addr to = addr_path(path);

	uring_connect(ring, SETUP(env_socket(env)), &to)->flags = IOSQE_ASYNC;
	return uring_result(ring, IORING_OP_CONNECT);
}

enum { LOOKED, CANNOT };

static int look_from_jail(struct env *env, void *arg)
{
	struct jail *j = arg;
	struct uring ring;

	uring_open(env, &ring);
	if (namespace_enter(CLONE_NEWUSER) < 0)
		BROKEN("cannot enter a user namespace");
	if (chroot("d") < 0)
		return CANNOT;
	SETUP(chdir("/"));
	EXPECT_RET(0, connect_by_worker(env, &ring, "/s"));
	if (env->type != SOCK_DGRAM)
		EXPECT_OK(env_accept(env, j->inner));
	EXPECT_ERRNO(ENOENT, connect_by_worker(env, &ring, j->outer_path));
	return LOOKED;
}

CHECK(io_uring, path_from_own_root,
      .title = "A worker of io_uring looks a pathname up in the root of its submitter",
      CLAUSES(linux_uring_root),
      ROWS(IOU_16),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_IO_URING | NEED_USERNS,
      .why = "Otherwise a chroot() is no wall: CVE-2020-29373.",
      .explain = "A child with another root connects to a server in it, and not to "
	      "one whose pathname exists in the old root alone: ENOENT.")
{
	struct addr inner = addr_path("d/s"), outer = addr_path("s");
	struct uring ring;
	struct jail j;
	int status;

	uring_open(env, &ring);
	uring_needs_workers(&ring);
	if (!getcwd(j.outer_path, sizeof(j.outer_path) - 2) ||
	    strlen(j.outer_path) > 100)
		SKIP_CASE("the working directory's name is too long");
	strcat(j.outer_path, "/s");
	SETUP(mkdir("d", 0755));
	env_own_path(env, "d");
	env_own_path(env, "d/s");
	env_own_path(env, "s");
	j.inner = SETUP(reach_serve(env, &inner));
	j.outer = SETUP(reach_serve(env, &outer));
	status = env_reap(env, env_fork(env, look_from_jail, &j));
	if (status == CANNOT)
		SKIP_CASE("chroot() is refused");
	EXPECT_EQ(LOOKED, status);
	reach_expect_idle(env, j.outer);
	reach_expect(env, j.outer, &outer);
}
