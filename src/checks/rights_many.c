// SPDX-License-Identifier: BSD-2-Clause
/* As many descriptors as one message takes: all of them, in their order. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/util_rights.h"
#include "harness/check.h"

#define MOST 253

/* Ends of pipes: which pipe, and which end, tells one from all others. */
static void make_ends(struct env *env, int *fd)
{
	for (int i = 0; i < MOST + 1; i += 2)
		SETUP(env_pipe(env, fd + i));
}

static void expect_ends(const int *want, struct cmsg_msg *m, int n)
{
	struct cmsghdr *c = cmsg_find(m, SOL_SOCKET, SCM_RIGHTS);
	struct stat a, b;
	int got, wrong = 0;

	ASSERT_THAT(c != NULL, "descriptors come");
	ASSERT_EQ(n, rights_count(m));
	for (int i = 0; i < n; i++) {
		memcpy(&got, CMSG_DATA(c) + (size_t)i * sizeof(int),
		       sizeof(got));
		SETUP(fstat(want[i], &a));
		SETUP(fstat(got, &b));
		wrong += a.st_ino != b.st_ino || a.st_dev != b.st_dev ||
			 (fcntl(want[i], F_GETFL) & O_ACCMODE) !=
				 (fcntl(got, F_GETFL) & O_ACCMODE);
	}
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(n, rights_close(m));
}

CHECK(rights, many_keep_order,
      .title = "253 descriptors arrive in their order, also at a peek, and where fewer have room",
      CLAUSES(unix7_scm_rights, linux_rights_copy, unix7_rights_truncated),
      ROWS(RTS_84, RTS_17),
      .types = ANY_TYPE, .addrs = PAIR, .nofile = 800,
      .why = "Position is all that tells a receiver what each descriptor is for.",
      .explain = "Of a buffer with room for fewer the first ones are delivered, by a peek as "
	      "by a read.")
{
	static const int room[] = { 1, 2, 99, 100, 101, 252 };
	int fd[2], ends[MOST + 1];
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	make_ends(env, ends);
	ASSERT_RET(1, rights_send(fd[0], ends, MOST, "x", 1));
	for (size_t i = 0; i < sizeof(room) / sizeof(room[0]); i++) {
		CONTEXT("a peek with room for %d", room[i]);
		ASSERT_RET(1, rights_recv(fd[1], &m, 1,
					  CMSG_LEN((size_t)room[i] * sizeof(int)),
					  MSG_PEEK));
		EXPECT_MSG_FLAGS(MSG_CTRUNC, m.hdr.msg_flags);
		expect_ends(ends, &m, room[i]);
	}
	CONTEXT("%s", "a peek with room for all");
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(MOST), MSG_PEEK));
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	expect_ends(ends, &m, MOST);
	CONTEXT("%s", "all of them");
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(MOST), 0));
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	expect_ends(ends, &m, MOST);
	CONTEXT("%s", "100 of them");
	ASSERT_RET(1, rights_send(fd[0], ends + 1, MOST, "x", 1));
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, CMSG_LEN(100 * sizeof(int)),
				  0));
	EXPECT_MSG_FLAGS(MSG_CTRUNC, m.hdr.msg_flags);
	expect_ends(ends + 1, &m, 100);
}
