// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sockets that have no descriptor: they are in the table of files of an
 * io_uring, and end with their slot or with the ring.
 */
#include "config.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_option.h"
#include "checks/util_rights.h"
#include "checks/util_uring_own.h"
#include "harness/check.h"

#define SLOTS 3U

static void open_table(struct env *env, struct uring *ring)
{
	uring_open(env, ring);
	/* Of the same release as slots that the kernel chooses. */
	uring_needs(ring, URING_SOCKET, "slots for sockets (Linux 5.19)");
	uring_table(ring, SLOTS);
}

/* A byte from fd to the slot and one back. */
static void expect_slot_works(struct uring *ring, unsigned int slot, int fd)
{
	char byte = 0;

	EXPECT_RET(1, send(fd, "t", 1, MSG_NOSIGNAL));
	uring_recv(ring, (int)slot, &byte, 1)->flags = IOSQE_FIXED_FILE;
	EXPECT_RET(1, uring_result(ring, IORING_OP_RECV));
	EXPECT_EQ('t', byte);
	uring_send(ring, (int)slot, "b", 1)->flags = IOSQE_FIXED_FILE;
	EXPECT_RET(1, uring_result(ring, IORING_OP_SEND));
	EXPECT_RET(1, recv(fd, &byte, 1, 0));
	EXPECT_EQ('b', byte);
}

static void expect_slot_empty(struct uring *ring, unsigned int slot)
{
	char byte;

	uring_recv(ring, (int)slot, &byte, 1)->flags = IOSQE_FIXED_FILE;
	EXPECT_ERRNO(EBADF, uring_result(ring, IORING_OP_RECV));
}

/* Afterwards the name is free again, which the case has to wait for. */
static void close_slot(struct uring *ring, unsigned int slot, int client)
{
	char byte;

	EXPECT_RET(0, uring_close_slot(ring, slot));
	EXPECT_RET(0, recv(client, &byte, 1, 0));
}

/* A new client, and what an accept into that slot gives: 0 or -errno. */
static int meet(struct env *env, struct uring *ring, int listener,
		const struct addr *a, unsigned int slot, long *result)
{
	int client = SETUP(env_connect(env, a)), lowest = option_lowest();
	struct io_uring_sqe *sqe = uring_accept(ring, listener);

	sqe->accept_flags = 0;
	uring_slot(sqe, slot);
	*result = uring_result(ring, IORING_OP_ACCEPT) < 0 ? -errno : 0;
	EXPECT_EQ(lowest, option_lowest());
	return client;
}

CHECK(io_uring, accepts_into_a_slot,
      .title = "An accept of io_uring into a slot puts the connection there and uses no descriptor",
      CLAUSES(linux_uring_slot, linux_uring_accept),
      ROWS(IOU_50),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .needs = NEED_IO_URING,
      .why = "The next request would go out on another client's connection.",
      .explain = "Since 5.15.  Slot 1 of three: the others stay empty.  A second client in "
	      "the same slot ends the first one's connection.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), first, second;
	struct uring ring;
	long result;
	char byte;

	open_table(env, &ring);
	first = meet(env, &ring, listener, &a, 1, &result);
	ASSERT_EQ(0, result);
	expect_slot_works(&ring, 1, first);
	expect_slot_empty(&ring, 0);
	expect_slot_empty(&ring, 2);
	second = meet(env, &ring, listener, &a, 1, &result);
	ASSERT_EQ(0, result);
	expect_slot_works(&ring, 1, second);
	EXPECT_RET(0, recv(first, &byte, 1, 0));
	close_slot(&ring, 1, second);
	expect_slot_empty(&ring, 1);
	EXPECT_ERRNO(EBADF, uring_close_slot(&ring, 1));
}

CHECK(io_uring, accepts_into_any_slot,
      .title = "An accept of io_uring that leaves the slot to the kernel tells which it is",
      CLAUSES(linux_uring_slot, linux_uring_accept),
      ROWS(IOU_51),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .needs = NEED_IO_URING, PARAMS("single", "multishot"),
      .why = "A server that is told a wrong slot answers the wrong client.",
      .explain = "Since 5.19.  Three clients, three slots, each told once; the fourth "
	      "client finds no slot, ENFILE, and its connection ends.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), client[SLOTS + 1];
	int slot[SLOTS] = { -1, -1, -1 };
	struct uring_done done;
	struct uring ring;
	char byte;

	open_table(env, &ring);
	for (unsigned int i = 0; i <= SLOTS; i++) {
		struct io_uring_sqe *sqe;

		CONTEXT("client %u", i);
		if (env->param == 0 || i == 0) {
			sqe = uring_accept(&ring, listener);
			sqe->accept_flags = 0;
			sqe->ioprio = env->param ? URING_ACCEPT_MULTISHOT : 0;
			uring_slot(sqe, URING_ANY_SLOT);
			ASSERT_RET(0, uring_submit(&ring));
		}
		client[i] = SETUP(env_connect(env, &a));
		if (i == SLOTS) {
			EXPECT_ERRNO(ENFILE, uring_take(&ring, IORING_OP_ACCEPT,
							&done));
			EXPECT_EQ(0, done.flags & URING_CQE_MORE);
			EXPECT_RET(0, recv(client[i], &byte, 1, 0));
			break;
		}
		slot[i] = (int)ASSERT_OK(uring_take(&ring, IORING_OP_ACCEPT,
						    &done));
		ASSERT_THAT(slot[i] < (int)SLOTS, "a slot that is there");
		for (unsigned int k = 0; k < i; k++)
			EXPECT_THAT(slot[i] != slot[k], "a slot of its own");
		EXPECT_EQ(env->param ? URING_CQE_MORE : 0,
			  done.flags & URING_CQE_MORE);
	}
	CONTEXT("%s", "");
	for (unsigned int i = 0; i < SLOTS; i++)
		expect_slot_works(&ring, (unsigned int)slot[i], client[i]);
	for (unsigned int i = 0; i < SLOTS; i++)
		close_slot(&ring, (unsigned int)slot[i], client[i]);
}

CHECK(io_uring, refuses_slots,
      .title = "A slot does not go with SOCK_CLOEXEC or many accepts; one that is not there is EINVAL",
      CLAUSES(linux_uring_slot),
      ROWS(IOU_52),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .needs = NEED_IO_URING,
      .why = "Each further client would close the connection of the one before.",
      .explain = "SOCK_CLOEXEC with a slot, and a multishot accept into one slot, are EINVAL "
	      "and take nobody.  A slot beyond the table is EINVAL and the connection ends.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), client;
	struct io_uring_sqe *sqe;
	struct uring ring;
	long result;
	char byte;

	open_table(env, &ring);
	uring_slot(uring_accept(&ring, listener), 1);
	EXPECT_ERRNO(EINVAL, uring_result(&ring, IORING_OP_ACCEPT));
	uring_slot(uring_accept(&ring, listener), URING_ANY_SLOT);
	EXPECT_ERRNO(EINVAL, uring_result(&ring, IORING_OP_ACCEPT));
	sqe = uring_slot(uring_accept(&ring, listener), 1);
	sqe->accept_flags = 0;
	sqe->ioprio = URING_ACCEPT_MULTISHOT;
	EXPECT_ERRNO(EINVAL, uring_result(&ring, IORING_OP_ACCEPT));
	client = meet(env, &ring, listener, &a, SLOTS, &result);
	EXPECT_EQ(-EINVAL, result);
	EXPECT_RET(0, recv(client, &byte, 1, 0));
	client = meet(env, &ring, listener, &a, 0, &result);
	ASSERT_EQ(0, result);
	expect_slot_works(&ring, 0, client);
	close_slot(&ring, 0, client);
}

CHECK(io_uring, makes_sockets_in_slots,
      .title = "A socket that io_uring makes in a slot connects and sends, and uses no descriptor",
      CLAUSES(linux_uring_slot, linux_uring_socket),
      ROWS(IOU_53),
      .types = ANY_TYPE, .addrs = NAMED, .needs = NEED_IO_URING,
      .why = "Clients of io_uring keep their sockets so.",
      .explain = "Since 5.19.  Slot 2, and one of the kernel's choice; SOCK_CLOEXEC is "
	      "EINVAL there; SOCK_RDM is none, and the slot stays empty.")
{
	struct addr a = env_addr(env, 0);
	int to = env->type == SOCK_DGRAM ? SETUP(env_bound(env, &a)) :
					   SETUP(env_listener(env, 4, &a));
	struct io_uring_sqe *sqe;
	struct uring ring;
	char byte = 0;
	int lowest;

	open_table(env, &ring);
	lowest = option_lowest();
	for (int i = 0; i < 4; i++) {
		int type = i == 0 ? env->type | SOCK_CLOEXEC :
			   i == 1 ? SOCK_RDM : env->type;
		unsigned int slot = i == 3 ? URING_ANY_SLOT : 2;
		int conn = to;

		CONTEXT("socket %d", i);
		sqe = uring_slot(uring_add(&ring, URING_SOCKET, AF_UNIX), slot);
		sqe->off = (unsigned int)type;
		if (i < 2) {
			EXPECT_ERRNO(i ? ESOCKTNOSUPPORT : EINVAL,
				     uring_result(&ring, URING_SOCKET));
			expect_slot_empty(&ring, 2);
			continue;
		}
		slot = (unsigned int)ASSERT_OK(uring_result(&ring,
							    URING_SOCKET));
		EXPECT_EQ(lowest, option_lowest());
		if (i == 2) {
			ASSERT_EQ(0, slot);
			slot = 2;
		}
		ASSERT_THAT(slot < (i == 2 ? SLOTS : 2), "an empty slot");
		uring_connect(&ring, (int)slot, &a)->flags = IOSQE_FIXED_FILE;
		ASSERT_RET(0, uring_result(&ring, IORING_OP_CONNECT));
		uring_send(&ring, (int)slot, "s", 1)->flags = IOSQE_FIXED_FILE;
		ASSERT_RET(1, uring_result(&ring, IORING_OP_SEND));
		if (env->type != SOCK_DGRAM)
			conn = SETUP(env_accept(env, to));
		EXPECT_RET(1, recv(conn, &byte, 1, MSG_DONTWAIT));
		EXPECT_EQ('s', byte);
		if (conn != to)
			SETUP(env_close(env, conn));
	}
}

CHECK(io_uring, ring_takes_its_sockets_along,
      .title = "When a ring of io_uring is closed, so are the connections in its slots",
      CLAUSES(linux_uring_slot, linux_release_tells_peer),
      ROWS(IOU_54),
      .types = CONNECTED, .addrs = PAIR, .controls = TCP,
      .needs = NEED_IO_URING,
      .why = "A client of a server that is gone would wait for ever.")
{
	struct uring ring;
	char byte;
	int fd[2];

	uring_open(env, &ring);
	SETUP(env_pair(env, fd));
	uring_table_of(&ring, fd[0]);
	SETUP(env_close(env, fd[0]));
	expect_slot_works(&ring, 0, fd[1]);
	uring_close(env, &ring);
	EXPECT_RET(0, recv(fd[1], &byte, 1, 0));
}

CHECK(io_uring, refused_ring_is_freed,
      .title = "A ring of io_uring that a message refuses to carry is not kept by the try",
      CLAUSES(linux_rights_io_uring, linux_uring_slot),
      ROWS(IOU_55),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_IO_URING,
      .why = "All that is in its table would stay open until the machine is restarted.",
      .explain = "Since 6.7 it is EINVAL.  In the table is the end of a pipe, which hangs up "
	      "when the ring has been closed.")
{
	struct uring ring;
	int fd[2], token[2];
	char byte;

	uring_open(env, &ring);
	SETUP(env_pair(env, fd));
	rights_token(env, token);
	uring_table_of(&ring, token[1]);
	SETUP(env_close(env, token[1]));
	for (int i = 0; i < 3; i++) {
		int sent[3] = { fd[0], ring.fd, fd[1] };

		/* Alone, first, and behind one that can be carried. */
		long n = rights_send(fd[0], sent + (i != 2), 1 + (i > 0), "r",
				     1);
		int err = n < 0 ? errno : 0;

		if (n >= 0 && i == 0 && !release_proven(RELEASE_6_16))
			SKIP_CASE("rings can be sent here (before Linux 6.7)");
		EXPECT_EQ(-1, n);
		EXPECT_ERR_EQ(EINVAL, err);
	}
	rights_expect_held(token[0]);
	data_expect_empty(fd[1]);
	uring_close(env, &ring);
	EXPECT_RET(0, read(token[0], &byte, 1));
}
