// SPDX-License-Identifier: BSD-2-Clause
/*
 * SO_PASSCRED on streams: of whom each piece of a long write is, and which
 * reads join what different processes wrote.
 */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_cred.h"
#include "checks/util_data.h"
#include "harness/check.h"

#define BULK 100000

static unsigned char out[BULK], in[BULK];

/* recvmsg() of at most room bytes, said to be of this process. */
static long recv_own(int fd, size_t room, int flags)
{
	struct ucred got = cred_none();
	struct cmsg_msg m;
	long n;

	cmsg_to_receive(&m, 1, CRED_ROOM);
	m.iov = (struct iovec){ in, room };
	n = ASSERT_OK(recvmsg(fd, &m.hdr, flags | MSG_DONTWAIT));
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	EXPECT_THAT(cred_of(&m, &got), "credentials came along");
	cred_expect(cred_self(), got);
	return n;
}

CHECK(credentials, with_each_piece,
      .title = "A long write to a stream has its credentials from the first byte to the last",
      CLAUSES(unix7_passcred, linux_maybe_add_creds),
      ROWS(CRED_60),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("whole", "by_parts"),
      .why = "The kernel cuts a long write; its end would come from nobody.",
      .explain = "100000 bytes, or as many as there is room for, in one write: one peek "
	      "and one read have all of them, or reads of 5000 bytes each a part.")
{
	size_t room = env->param == 0 ? BULK : 5000;
	long n, at = 0;
	int fd[2];

	data_fill(out, 0, sizeof(out));
	memset(in, 0, sizeof(in));
	SETUP(env_pair(env, fd));
	SETUP(cred_pass(fd[1], SO_PASSCRED, 1));
	n = ASSERT_OK(send(fd[0], out, BULK, MSG_DONTWAIT | MSG_NOSIGNAL));
	if (env->param == 0) {
		EXPECT_EQ(n, recv_own(fd[1], room, MSG_PEEK));
		EXPECT_MEM(out, in, (size_t)n);
	}
	while (at < n) {
		long want = n - at < (long)room ? n - at : (long)room;
		long got = recv_own(fd[1], room, 0);

		CONTEXT("after %ld of %ld bytes", at, n);
		EXPECT_EQ(want, got);
		ASSERT_THAT(got > 0 && got <= want, "a part of it");
		EXPECT_MEM(out + at, in, (size_t)got);
		at += got;
	}
	data_expect_empty(fd[1]);
}

static int say(struct env *env, void *arg)
{
	(void)env;
	EXPECT_RET(2, send(*(int *)arg, "ab", 2, MSG_NOSIGNAL));
	return 0;
}

/* A process writes two bytes, and then this one does. */
static void two_write(struct env *env, int *fd)
{
	EXPECT_EQ(0, env_reap(env, env_fork(env, say, fd)));
	SETUP(send(*fd, "cd", 2, MSG_NOSIGNAL));
}

CHECK(credentials, waitall_joins_neither,
      .title = "With SO_PASSCRED MSG_WAITALL ends where the data of another process begins",
      CLAUSES(unix7_passcred_not_joined),
      ROWS(CRED_61),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("recv", "dontwait", "recvmsg"),
      .why = "To fill a buffer is no reason to call one process's bytes another's.",
      .explain = "Two bytes of each of two processes; the call for four returns two and "
	      "does not wait.")
{
	static const char *const text[] = { "ab", "cd" };
	char buf[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	SETUP(cred_pass(fd[1], SO_PASSCRED, 1));
	two_write(env, &fd[0]);
	for (int i = 0; i < 2; i++) {
		/* Of the last two bytes a call for four would wait. */
		size_t room = i == 0 ? 4 : 2;
		struct cmsg_msg m;

		CONTEXT("part %d", i);
		memset(buf, 0, sizeof(buf));
		if (env->param == 2) {
			cmsg_to_receive(&m, 1, CRED_ROOM);
			m.iov = (struct iovec){ buf, room };
			EXPECT_RET(2, recvmsg(fd[1], &m.hdr, MSG_WAITALL));
		} else {
			EXPECT_RET(2, recv(fd[1], buf, room, MSG_WAITALL |
					   (env->param ? MSG_DONTWAIT : 0)));
		}
		EXPECT_MEM(text[i], buf, 3);
	}
	data_expect_empty(fd[1]);
}

CHECK(credentials, joined_when_not_asked,
      .title = "A reader without SO_PASSCRED joins data of two processes that has credentials",
      CLAUSES(linux_stream_read, unix7_passcred_not_joined),
      ROWS(CRED_62),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("option_off_again", "writers_option", "stated"),
      .why = "Who does not ask for credentials must not get short reads for them.",
      .explain = "The option was on at the reader while they wrote, is on at the writer, "
	      "or a byte follows whose writer states its own in SCM_CREDENTIALS.  A peek "
	      "and a read with room for all have all, and no control message.")
{
	struct cmsg_msg m;
	char buf[8] = "";
	int fd[2];

	SETUP(env_pair(env, fd));
	if (env->param == 0)
		SETUP(cred_pass(fd[1], SO_PASSCRED, 1));
	if (env->param == 1)
		SETUP(cred_pass(fd[0], SO_PASSCRED, 1));
	two_write(env, &fd[0]);
	if (env->param == 2)
		ASSERT_RET(1, cred_send(fd[0], "e", cred_self()));
	if (env->param == 0)
		SETUP(cred_pass(fd[1], SO_PASSCRED, 0));
	EXPECT_RET(env->param == 2 ? 5 : 4,
		   recv(fd[1], buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT));
	EXPECT_MEM("abcd", buf, 4);
	cmsg_to_receive(&m, 1, CRED_ROOM);
	memset(buf, 0, sizeof(buf));
	m.iov = (struct iovec){ buf, sizeof(buf) };
	EXPECT_RET(env->param == 2 ? 5 : 4,
		   recvmsg(fd[1], &m.hdr, MSG_DONTWAIT));
	EXPECT_MEM("abcd", buf, 4);
	EXPECT_EQ(0, m.hdr.msg_controllen);
	data_expect_empty(fd[1]);
}
