// SPDX-License-Identifier: BSD-2-Clause
/* SCM_RIGHTS with several descriptors: order, numbers, how many at most. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_rights.h"
#include "harness/check.h"

CHECK(rights, keep_order,
      .title = "Several descriptors arrive in the order of the array, repeated ones repeated",
      CLAUSES(unix7_scm_rights, posix_scm_rights, linux_rights_copy),
      ROWS(RTS_17),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      .why = "Position is all that tells a receiver what each descriptor is for.")
{
	int fd[2], got[6], file = rights_file(env), token[2];
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	int sent[6] = { token[1], file, file, fd[0], token[0], file };

	ASSERT_RET(1, rights_send(fd[0], sent, 6, "x", 1));
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(6), 0));
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	EXPECT_EQ(1, cmsg_count(&m));
	EXPECT_EQ(6, rights_take(env, &m, got, 6));
	for (int i = 0; i < 6; i++) {
		EXPECT_THAT(rights_same(sent[i], got[i]),
			    "descriptor %d is what was sent there", i);
		for (int j = 0; j < i; j++)
			EXPECT_THAT(got[j] != got[i],
				    "%d and %d have numbers of their own", j, i);
	}
	EXPECT_EQ(O_RDONLY, fcntl(got[4], F_GETFL) & O_ACCMODE);
}

CHECK(rights, get_lowest_numbers,
      .title = "Each received descriptor gets the lowest free number, in ascending order",
      CLAUSES(linux_rights_detach),
      ROWS(RTS_18, RTS_19),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Old programs that keep tables by number, and select(), depend on low ones.",
      .explain = "Three holes are made among the numbers in use; four descriptors come, "
	      "and fill the holes and the number above.")
{
	int fd[2], got[4], use[8], file = rights_file(env);
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 8; i++)
		use[i] = env_own(env, SETUP(fcntl(file, F_DUPFD_CLOEXEC, 0)));
	for (int i = 1; i < 6; i += 2)
		SETUP(env_close(env, use[i]));
	ASSERT_RET(1, rights_send(fd[0], (int[]){ file, file, file, file }, 4,
				  "x", 1));
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(4), 0));
	EXPECT_EQ(4, rights_take(env, &m, got, 4));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(use[2 * i + 1], got[i]);
	EXPECT_RET(0, env_close(env, got[3]));
	EXPECT_EQ(got[3], rights_lowest());
}

/* As many ints, each the same. */
static const int *list_of(int fd)
{
	static int list[RIGHTS_MAX + 1];

	for (int i = 0; i <= RIGHTS_MAX; i++)
		list[i] = fd;
	return list;
}

CHECK(rights, at_most_253,
      .title = "253 descriptors go in one message; 254 are EINVAL, and nothing is sent",
      CLAUSES(unix7_scm_max_fd, linux_rights_copy),
      ROWS(RTS_34, RTS_35),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .nofile = 400,
      .why = "Senders of many descriptors split their lists at this number.")
{
	int fd[2], token[2], lowest;
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	const int *list = list_of(token[1]);

	EXPECT_ERRNO(EINVAL, rights_send(fd[0], list, RIGHTS_MAX + 1, "n", 1));
	data_expect_empty(fd[1]);
	ASSERT_RET(1, rights_send(fd[0], list, RIGHTS_MAX, "y", 1));
	SETUP(env_close(env, token[1]));
	rights_expect_held(token[0]);
	lowest = rights_lowest();
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(RIGHTS_MAX), 0));
	EXPECT_EQ('y', m.data[0]);
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	EXPECT_EQ(RIGHTS_MAX, rights_count(&m));
	rights_expect_held(token[0]);
	EXPECT_EQ(RIGHTS_MAX, rights_close(&m));
	rights_expect_freed(token[0]);
	EXPECT_EQ(lowest, rights_lowest());
	data_expect_empty(fd[1]);
}

CHECK(rights, merge_headers,
      .title = "Two SCM_RIGHTS headers in one message arrive as one, in order",
      CLAUSES(linux_rights_copy),
      ROWS(RTS_36),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A receiver that expects two headers waits for a second that never comes.")
{
	int fd[2], token[2], got[3], file = rights_file(env);
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	cmsg_to_send(&m, "x", 1);
	cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, &file, sizeof(file));
	cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, token, sizeof(token));
	ASSERT_RET(1, sendmsg(fd[0], &m.hdr, MSG_NOSIGNAL));
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(8), 0));
	EXPECT_EQ(1, cmsg_count(&m));
	EXPECT_EQ(3, rights_take(env, &m, got, 3));
	EXPECT_THAT(rights_same(got[0], file), "the first header's comes first");
	EXPECT_EQ(O_RDONLY, fcntl(got[1], F_GETFL) & O_ACCMODE);
	EXPECT_EQ(O_WRONLY, fcntl(got[2], F_GETFL) & O_ACCMODE);
}

CHECK(rights, at_most_253_together,
      .title = "The limit of 253 is on the sum over all SCM_RIGHTS headers of a message",
      CLAUSES(linux_rights_copy, unix7_scm_max_fd),
      ROWS(RTS_36, RTS_37),
      .types = ANY_TYPE, .addrs = PAIR, .nofile = 400,
      .why = "Splitting a list over headers does not lift the limit.")
{
	static const struct { int first, second; } split[] = {
		{ 1, 253 }, { 253, 1 }, { 127, 127 }, { 126, 127 }, { 252, 1 },
	};
	int fd[2], token[2];
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	const int *list = list_of(token[1]);

	for (size_t i = 0; i < sizeof(split) / sizeof(split[0]); i++) {
		int sum = split[i].first + split[i].second;

		CONTEXT("%d and %d", split[i].first, split[i].second);
		cmsg_to_send(&m, "x", 1);
		cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, list,
			 (size_t)split[i].first * sizeof(int));
		cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, list,
			 (size_t)split[i].second * sizeof(int));
		if (sum > RIGHTS_MAX) {
			EXPECT_ERRNO(EINVAL, sendmsg(fd[0], &m.hdr,
						     MSG_NOSIGNAL));
			data_expect_empty(fd[1]);
			continue;
		}
		EXPECT_RET(1, sendmsg(fd[0], &m.hdr, MSG_NOSIGNAL));
		EXPECT_RET(1, rights_recv(fd[1], &m, 1,
					  RIGHTS_SPACE(RIGHTS_MAX), 0));
		EXPECT_EQ(sum, rights_close(&m));
	}
	SETUP(env_close(env, token[1]));
	rights_expect_freed(token[0]);
}
