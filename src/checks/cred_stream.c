// SPDX-License-Identifier: BSD-2-Clause
/*
 * SO_PASSCRED on streams: of whom each piece of a long write is, and which
 * reads join what different processes wrote.
 */
#include "config.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_cred.h"
#include "checks/util_data.h"
#include "checks/util_option.h"
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

static void pass_pair(struct env *env, int fd[2])
{
	SETUP(env_pair(env, fd));
	SETUP(cred_pass(fd[1], SO_PASSCRED, 1));
}

CHECK(credentials, never_joined,
      .title = "With SO_PASSCRED a read does not join data of two processes",
      CLAUSES(unix7_passcred_not_joined),
      ROWS(CRED_32),
      .types = STREAM, .addrs = PAIR,
      .why = "One set of credentials for the bytes of two would be a lie.",
      .explain = "Data of one process is joined as ever.")
{
	char buf[8];
	int fd[2];

	pass_pair(env, fd);
	two_write(env, &fd[0]);
	EXPECT_RET(2, recv(fd[1], buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_MEM("ab", buf, 2);
	EXPECT_RET(2, recv(fd[1], buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_MEM("cd", buf, 2);
	SETUP(send(fd[0], "ef", 2, MSG_NOSIGNAL));
	SETUP(send(fd[0], "gh", 2, MSG_NOSIGNAL));
	EXPECT_RET(4, recv(fd[1], buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_MEM("efgh", buf, 4);
}

CHECK(credentials, rest_is_of_its_writer,
      .title = "What is left of a write has its writer's credentials, whoever wrote after it",
      CLAUSES(unix7_passcred, unix7_passcred_not_joined),
      ROWS(CRED_70),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A reader with a small buffer must not take the rest for another's.",
      .explain = "Two processes wrote two bytes each; each byte is peeked at and read by "
	      "itself.")
{
	struct ucred who[4];
	struct cmsg_msg m;
	int fd[2];

	pass_pair(env, fd);
	two_write(env, &fd[0]);
	for (int i = 0; i < 8; i++) {
		CONTEXT("%s byte %d", i % 2 ? "read" : "peeked", i / 2);
		cmsg_to_receive(&m, 1, CRED_ROOM);
		ASSERT_RET(1, recvmsg(fd[1], &m.hdr, MSG_DONTWAIT |
				      (i % 2 ? 0 : MSG_PEEK)));
		EXPECT_EQ("abcd"[i / 2], m.data[0]);
		ASSERT_THAT(cred_of(&m, &who[i / 2]),
			    "credentials came along");
		EXPECT_EQ(who[i / 4 * 2].pid, who[i / 2].pid);
	}
	EXPECT_THAT(who[0].pid != who[2].pid, "two processes");
}

CHECK(credentials, never_joined_in_part,
      .title = "With SO_PASSCRED a read does not join data whose uid or gid alone differs",
      CLAUSES(unix7_passcred_not_joined),
      ROWS(CRED_48),
      .types = STREAM, .addrs = PAIR, .needs = NEED_OTHER_USER,
      PARAMS("uid", "gid", "pid"),
      .why = "What a process wrote before and after it gave up a user is of two users.",
      .explain = "Root says of three bytes that they are of itself, of itself with another "
	      "uid, gid or pid, and of itself; recvmsg(), read() and a peek end at each.")
{
	struct ucred me = cred_self(), other = me, got;
	struct cmsg_msg m;
	char buf[8];
	int fd[2];

	if (env->param == 0)
		other.uid = 1;
	else if (env->param == 1)
		other.gid = 1;
	else if (option_can(CAP_SYS_ADMIN))
		other.pid = getppid();
	else
		SKIP_CASE("another pid is for CAP_SYS_ADMIN to state");
	pass_pair(env, fd);
	for (int round = 0; round < 2; round++) {
		ASSERT_RET(1, cred_send(fd[0], "a", me));
		ASSERT_RET(1, cred_send(fd[0], "b", other));
		ASSERT_RET(1, cred_send(fd[0], "c", me));
		for (int i = 0; i < 3; i++) {
			CONTEXT("round %d, byte %d", round, i);
			EXPECT_RET(1, recv(fd[1], buf, sizeof(buf),
					   MSG_PEEK | MSG_DONTWAIT));
			if (round == 0) {
				EXPECT_RET(1, recv(fd[1], buf, sizeof(buf),
						   MSG_DONTWAIT));
				continue;
			}
			cmsg_to_receive(&m, 8, CRED_ROOM);
			EXPECT_RET(1, recvmsg(fd[1], &m.hdr, MSG_DONTWAIT));
			ASSERT_THAT(cred_of(&m, &got), "credentials came along");
			cred_expect(i == 1 ? other : me, got);
		}
	}
}

CHECK(credentials, joined_without,
      .title = "Without SO_PASSCRED data of two processes is joined",
      CLAUSES(linux_stream_read),
      ROWS(CRED_33),
      .types = STREAM, .addrs = PAIR,
      .why = "A stream has no boundaries, whoever writes.")
{
	char buf[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	two_write(env, &fd[0]);
	EXPECT_RET(4, recv(fd[1], buf, sizeof(buf), MSG_DONTWAIT));
	EXPECT_MEM("abcd", buf, 4);
}

/* One read with room for all: n bytes, said to be from who. */
static void expect_run(int fd, ssize_t n, struct ucred who)
{
	struct ucred got = cred_none();
	struct cmsg_msg m;

	cmsg_to_receive(&m, 8, CRED_ROOM);
	EXPECT_RET(n, recvmsg(fd, &m.hdr, MSG_DONTWAIT));
	EXPECT_THAT(cred_of(&m, &got), "credentials");
	cred_expect(who, got);
}

CHECK(credentials, option_parts_a_stream,
      .title = "A read does not join data written before and after SO_PASSCRED was set",
      CLAUSES(linux_unix_skb_scm_eq, unix7_passcred_not_joined),
      ROWS(CRED_47),
      .types = STREAM, .addrs = PAIR, .needs = NEED_USERS,
      .why = "Bytes of nobody would come under the name of somebody.",
      .explain = "Written while the option is off, on, off and on at both ends; four "
	      "reads with room for all get a part each, from nobody and from this "
	      "process in turns.")
{
	static const struct ucred nobody = { 0, CRED_NOBODY, CRED_NOBODY };
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 4; i++) {
		SETUP(cred_pass(fd[1], SO_PASSCRED, i % 2));
		SETUP(send(fd[0], "ab", 2, MSG_NOSIGNAL));
	}
	for (int i = 0; i < 4; i++)
		expect_run(fd[1], 2, i % 2 ? cred_self() : nobody);
}
