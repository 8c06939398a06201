// SPDX-License-Identifier: BSD-2-Clause
/* MSG_PEEK and SCM_RIGHTS: copies now, and the descriptors again later. */
#include "config.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_rights.h"
#include "harness/check.h"

#define PEEKS 5

CHECK(rights, peek_copies,
      .title = "Each peek installs copies of the descriptors, and a read delivers them again",
      CLAUSES(linux_peek_rights, posix_recv_peek),
      ROWS(RTS_55, RTS_79),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      .why = "Whoever peeks must close what comes, and whoever reads must still get it.",
      .explain = "Five peeks give five descriptors of one open file with numbers of their "
	      "own; they are good after the message was read and dropped, and the file is "
	      "closed with the last of them.")
{
	int fd[2], token[2], got[PEEKS + 1];
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	ASSERT_RET(1, rights_send(fd[0], &token[1], 1, "x", 1));
	SETUP(env_close(env, token[1]));
	for (int i = 0; i <= PEEKS; i++) {
		CONTEXT("receive %d", i);
		ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1),
					  i < PEEKS ? MSG_PEEK : 0));
		EXPECT_EQ('x', m.data[0]);
		EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
		ASSERT_EQ(1, rights_take(env, &m, &got[i], 1));
		EXPECT_THAT(rights_same(got[i], token[0]), "it is the pipe");
		for (int j = 0; j < i; j++)
			EXPECT_THAT(got[j] != got[i], "%d has another number", j);
	}
	CONTEXT("after these");
	data_expect_empty(fd[1]);
	for (int i = 0; i <= PEEKS; i++) {
		rights_expect_held(token[0]);
		EXPECT_RET(0, env_close(env, got[i]));
	}
	rights_expect_freed(token[0]);
}

CHECK(rights, peek_cut,
      .title = "A peek without room closes its copies only: the message keeps the descriptors",
      CLAUSES(linux_peek_rights, posix_recvmsg_ctrunc, unix7_rights_truncated),
      ROWS(RTS_55),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Peeking for the length is common, and must cost nothing.")
{
	static const size_t room[] = { 0, RIGHTS_LEN(0), RIGHTS_LEN(1) };
	int fd[2], token[2], lowest;
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	ASSERT_RET(1, rights_send(fd[0], (int[]){ token[1], token[1] }, 2, "x", 1));
	SETUP(env_close(env, token[1]));
	lowest = rights_lowest();
	EXPECT_RET(1, recv(fd[1], &(char){ 0 }, 1, MSG_PEEK | MSG_DONTWAIT));
	for (int i = 0; i < 3; i++) {
		CONTEXT("room of %zu", room[i]);
		EXPECT_RET(1, rights_recv(fd[1], &m, 1, room[i], MSG_PEEK));
		EXPECT_MSG_FLAGS(MSG_CTRUNC, m.hdr.msg_flags);
		EXPECT_EQ(i == 2, rights_close(&m));
		EXPECT_EQ(lowest, rights_lowest());
		rights_expect_held(token[0]);
	}
	CONTEXT("without a control buffer");
	cmsg_to_receive(&m, 1, 0);
	m.hdr.msg_control = NULL;
	EXPECT_RET(1, recvmsg(fd[1], &m.hdr, MSG_PEEK | MSG_DONTWAIT));
	EXPECT_MSG_FLAGS(MSG_CTRUNC, m.hdr.msg_flags);
	rights_expect_held(token[0]);
	CONTEXT("after these");
	EXPECT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(2), 0));
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	EXPECT_EQ(2, rights_close(&m));
	rights_expect_freed(token[0]);
}

CHECK(rights, peek_then_drop,
      .title = "A descriptor that was peeked is good after its message was dropped unread",
      CLAUSES(linux_peek_rights, unix7_scm_rights),
      ROWS(RTS_55, RTS_14),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("closed", "read_without_room"),
      .why = "The copy is the peeker's; what becomes of the message is another matter.")
{
	struct cmsg_msg m;
	int fd[2], read_fd, got;
	char byte;

	SETUP(env_pair(env, fd));
	read_fd = rights_token_sent(env, fd[0]);
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), MSG_PEEK));
	ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	if (env->param == 0)
		SETUP(env_close(env, fd[1]));
	else
		EXPECT_RET(1, recv(fd[1], &byte, 1, MSG_DONTWAIT));
	rights_expect_held(read_fd);
	EXPECT_RET(1, write(got, "p", 1));
	EXPECT_RET(1, read(read_fd, &byte, 1));
	EXPECT_RET(0, env_close(env, got));
	rights_expect_freed(read_fd);
}
