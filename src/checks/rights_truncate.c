// SPDX-License-Identifier: BSD-2-Clause
/*
 * SCM_RIGHTS into control buffers of every size: how many descriptors come,
 * and that the others are gone.
 */
#include "config.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_rights.h"
#include "harness/check.h"

#define N_SENT 3

struct trio {
	int sock[2];
	int read_fd[N_SENT];	/* tokens: the other ends are in flight */
};

/* Three descriptors that are open nowhere else go as one message. */
static void send_trio(struct env *env, struct trio *t)
{
	int write_fd[N_SENT];

	for (int i = 0; i < N_SENT; i++) {
		int token[2];

		rights_token(env, token);
		t->read_fd[i] = token[0];
		write_fd[i] = token[1];
	}
	ASSERT_RET(1, rights_send(t->sock[0], write_fd, N_SENT, "x", 1));
	for (int i = 0; i < N_SENT; i++)
		SETUP(env_close(env, write_fd[i]));
}

/* Of what was received into room bytes n must have come; close everything. */
static void judge_trio(struct env *env, struct trio *t, struct cmsg_msg *m,
		       size_t room, int n)
{
	size_t space = n ? RIGHTS_SPACE((size_t)n) : 0;
	int got[N_SENT];

	EXPECT_EQ('x', m->data[0]);
	EXPECT_MSG_FLAGS(n < N_SENT ? MSG_CTRUNC : 0, m->hdr.msg_flags);
	EXPECT_EQ(space < room ? space : room, m->hdr.msg_controllen);
	EXPECT_THAT(cmsg_poisoned(m, room), "nothing beyond the room is written");
	EXPECT_EQ(n, rights_take(env, m, got, N_SENT));
	if (n)
		EXPECT_EQ(RIGHTS_LEN((size_t)n), m->align.cmsg_len);
	for (int i = 0; i < N_SENT; i++) {
		char byte = 0;

		if (i >= n) {
			rights_expect_freed(t->read_fd[i]);
			continue;
		}
		rights_expect_held(t->read_fd[i]);
		EXPECT_RET(1, write(got[i], "p", 1));
		EXPECT_RET(1, read(t->read_fd[i], &byte, 1));
		EXPECT_RET(0, env_close(env, got[i]));
		rights_expect_freed(t->read_fd[i]);
	}
	for (int i = 0; i < N_SENT; i++)
		SETUP(env_close(env, t->read_fd[i]));
}

static void expect_trio(struct env *env, struct trio *t, size_t room, int n)
{
	int lowest = rights_lowest();
	struct cmsg_msg m;

	ASSERT_RET(1, rights_recv(t->sock[1], &m, 1, room, 0));
	judge_trio(env, t, &m, room, n);
	/* The read ends, which had the lowest numbers, are closed too. */
	EXPECT_RANGE(0, lowest, rights_lowest());
}

CHECK(rights, cut_at_room,
      .title = "As many descriptors come as fit; MSG_CTRUNC tells of others, which are closed",
      CLAUSES(unix7_rights_truncated, posix_recvmsg_ctrunc, linux_rights_detach,
	      recv2_ctrunc, cmsg3_header),
      ROWS(RTS_20, RTS_21, RTS_25, RTS_27, RTS_28, RTS_71),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      .why = "On macOS those that do not fit stay open and without a number.",
      .explain = "Three pipe ends are sent and received into CMSG_LEN() of one, two and "
	      "three, and CMSG_SPACE() of three.  Those that come carry data; the pipes of "
	      "the others hang up.")
{
	struct trio t;

	SETUP(env_pair(env, t.sock));
	for (int n = 1; n <= N_SENT; n++) {
		CONTEXT("CMSG_LEN of %d", n);
		send_trio(env, &t);
		expect_trio(env, &t, RIGHTS_LEN((size_t)n), n);
	}
	CONTEXT("CMSG_SPACE of %d", N_SENT);
	send_trio(env, &t);
	expect_trio(env, &t, RIGHTS_SPACE(N_SENT), N_SENT);
	CONTEXT("after these");
	data_expect_works(env, t.sock[0], t.sock[1]);
}

CHECK(rights, cut_at_every_length,
      .title = "Each length of the control buffer gives whole descriptors, padding counted in",
      CLAUSES(linux_rights_detach, unix7_rights_truncated),
      ROWS(RTS_22, RTS_23, RTS_24, RTS_25, RTS_26, RTS_27),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A parser that trusts CMSG_SPACE() of one must expect two.",
      .explain = "All lengths from 0 to beyond the whole message.  Less than a header, "
	      "a header, and a header with part of a descriptor give none; on 64-bit "
	      "systems the padding of one has room for a second.")
{
	struct trio t;

	SETUP(env_pair(env, t.sock));
	for (size_t room = 0; room <= RIGHTS_SPACE(N_SENT) + 9; room++) {
		size_t n = room < RIGHTS_LEN(0) ?
				   0 : (room - RIGHTS_LEN(0)) / sizeof(int);

		CONTEXT("room of %zu", room);
		send_trio(env, &t);
		expect_trio(env, &t, room, n < N_SENT ? (int)n : N_SENT);
		if (has_failed())
			break;
	}
}

CHECK(rights, cut_data_keeps_all,
      .title = "A message with its data cut still delivers all descriptors: no MSG_CTRUNC",
      CLAUSES(linux_rights_message, posix_recvmsg_trunc),
      ROWS(RTS_68),
      .types = MESSAGES, .addrs = PAIR,
      .why = "A receiver that asks for a short header would lose the descriptors.")
{
	int fd[2], file = rights_file(env), got[2];
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	ASSERT_RET(5, rights_send(fd[0], (int[]){ file, fd[0] }, 2, "hello", 5));
	EXPECT_RET(2, rights_recv(fd[1], &m, 2, RIGHTS_SPACE(2), 0));
	EXPECT_MSG_FLAGS(MSG_TRUNC, m.hdr.msg_flags);
	EXPECT_MEM("he\xa5", m.data, 3);
	EXPECT_EQ(2, rights_take(env, &m, got, 2));
	EXPECT_THAT(rights_same(got[0], file), "the first is the file");
	EXPECT_THAT(rights_same(got[1], fd[0]), "the second is the socket");
	data_expect_empty(fd[1]);
}

/* A limit below which just n numbers are free. */
static rlim_t limit_with_left(int n)
{
	int fd = 0;

	for (;; fd++)
		if (fcntl(fd, F_GETFD) < 0 && n-- == 0)
			return (rlim_t)fd;
}

CHECK(rights, cut_at_nofile,
      .title = "RLIMIT_NOFILE cuts the list as a short buffer does, and the data comes",
      CLAUSES(unix7_rights_nofile, posix_recvmsg_ctrunc, linux_rights_detach,
	      getrlimit2_nofile),
      ROWS(RTS_30, RTS_31, RTS_71),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A server at its limit loses descriptors; FreeBSD refuses the call instead.",
      .explain = "Three are sent.  With three, two, one and no number left below the limit, "
	      "so many come, MSG_CTRUNC tells of the others, and without any "
	      "msg_controllen is 0.  FreeBSD answers EMSGSIZE.")
{
	struct rlimit before, limit;
	struct cmsg_msg m;
	struct trio t;
	int lowest;
	long ret;

	rights_needs_nofile(env);
	SETUP(env_pair(env, t.sock));
	SETUP(getrlimit(RLIMIT_NOFILE, &before));
	limit = before;
	for (int n = N_SENT; n >= 0; n--) {
		CONTEXT("%d left", n);
		send_trio(env, &t);
		lowest = rights_lowest();
		limit.rlim_cur = limit_with_left(n);
		SETUP(setrlimit(RLIMIT_NOFILE, &limit));
		ret = rights_recv(t.sock[1], &m, 1, RIGHTS_SPACE(N_SENT), 0);
		SETUP(setrlimit(RLIMIT_NOFILE, &before));
		ASSERT_EQ(1, ret);
		judge_trio(env, &t, &m, RIGHTS_SPACE(N_SENT), n);
		EXPECT_RANGE(0, lowest, rights_lowest());
	}
	CONTEXT("after these");
	data_expect_works(env, t.sock[0], t.sock[1]);
}
