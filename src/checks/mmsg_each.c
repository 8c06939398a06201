// SPDX-License-Identifier: BSD-2-Clause
/*
 * What each message of sendmmsg() and recvmmsg() has of its own, and the
 * flags of the call that hold for each of them.
 */
#include "config.h"

#include <string.h>
#include <sys/socket.h>

#include "checks/util_cmsg.h"
#include "checks/util_data.h"
#include "checks/util_mmsg.h"
#include "checks/util_rights.h"
#include "harness/check.h"

CHECK(sendmmsg, control_of_each,
      .title = "Each message of a sendmmsg() carries the descriptors that its own header has",
      CLAUSES(sendmmsg2_each),
      ROWS(MM_103),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = NONBLOCK,
      .why = "A server that hands out its work in one call loses a client's descriptor.",
      .explain = "Three messages with a file, none, and another file: each arrives with "
	      "its own and no other.")
{
	struct cmsg_msg m[3], in;
	struct mmsghdr out[3];
	int fd[2], file[3], got[2];

	SETUP(env_pair(env, fd));
	file[0] = rights_file(env);
	file[1] = -1;
	file[2] = fd[1];
	for (int i = 0; i < 3; i++) {
		cmsg_to_send(&m[i], &"abc"[i], 1);
		if (file[i] >= 0)
			cmsg_add(&m[i], SOL_SOCKET, SCM_RIGHTS, &file[i],
				 sizeof(file[i]));
		out[i] = (struct mmsghdr){ .msg_hdr = m[i].hdr, .msg_len = 9 };
	}
	EXPECT_RET(3, sendmmsg(fd[0], out, 3, MSG_NOSIGNAL));
	for (int i = 0; i < 3; i++) {
		CONTEXT("message %d", i);
		EXPECT_EQ(1, out[i].msg_len);
		EXPECT_RET(1, rights_recv(fd[1], &in, 1, RIGHTS_SPACE(2), 0));
		EXPECT_EQ("abc"[i], in.data[0]);
		EXPECT_MSG_FLAGS(0, in.hdr.msg_flags);
		EXPECT_EQ(file[i] >= 0, rights_take(env, &in, got, 2));
		if (got[0] >= 0)
			EXPECT_THAT(rights_same(file[i], got[0]),
				    "it is the descriptor that was sent");
	}
	data_expect_empty(fd[1]);
}

CHECK(sendmmsg, bad_descriptor_ends_it,
      .title = "sendmmsg() ends before a message whose control data is wrong, and sends none of it",
      CLAUSES(sendmmsg2_error, sendmmsg2_each),
      ROWS(MM_104),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .why = "Data without the descriptor that it speaks of is worse than no data.",
      .explain = "The second of three has a descriptor that is not open: 1; the call "
	      "that begins with it fails with EBADF.")
{
	struct cmsg_msg m[3];
	struct mmsghdr out[3];
	char in[8];
	int fd[2], bad = -1;

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 3; i++) {
		cmsg_to_send(&m[i], &"abc"[i], 1);
		if (i == 1)
			cmsg_add(&m[i], SOL_SOCKET, SCM_RIGHTS, &bad,
				 sizeof(bad));
		out[i] = (struct mmsghdr){ .msg_hdr = m[i].hdr, .msg_len = 9 };
	}
	EXPECT_RET(1, sendmmsg(fd[0], out, 3, MSG_NOSIGNAL));
	EXPECT_EQ(1, out[0].msg_len);
	EXPECT_EQ(9, out[1].msg_len);
	EXPECT_ERRNO(EBADF, sendmmsg(fd[0], out + 1, 2, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	EXPECT_EQ('a', in[0]);
	data_expect_empty(fd[1]);
}

CHECK(sendmmsg, empty_in_between,
      .title = "An empty message between others of a sendmmsg() arrives in its place",
      CLAUSES(sendmmsg2_count, sendmmsg2_each),
      ROWS(MM_105),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = NONBLOCK,
      .why = "Protocols with empty messages as marks lose their place.",
      .explain = "Of 1, 0, 2 and 0 bytes, the first 0 with an empty iovec and the second "
	      "with none; recvmmsg() takes the four as they were.")
{
	static const size_t size[4] = { 1, 0, 2, 0 };
	struct batch out, in;
	int fd[2];

	SETUP(env_pair(env, fd));
	batch_to_send(&out);
	for (int i = 0; i < 4; i++)
		out.iov[i].iov_len = size[i];
	out.m[3].msg_hdr.msg_iov = NULL;
	out.m[3].msg_hdr.msg_iovlen = 0;
	EXPECT_RET(4, sendmmsg(fd[0], out.m, 4, MSG_NOSIGNAL));
	batch_to_receive(&in, 8);
	EXPECT_RET(4, recvmmsg(fd[1], in.m, 5, MSG_DONTWAIT, NULL));
	for (int i = 0; i < 4; i++) {
		CONTEXT("message %d", i);
		EXPECT_EQ(size[i], out.m[i].msg_len);
		EXPECT_EQ(size[i], in.m[i].msg_len);
		EXPECT_MSG_FLAGS(0, in.m[i].msg_hdr.msg_flags);
		EXPECT_THAT(data_is(in.buf[i], 16 * (size_t)i, size[i]),
			    "its bytes are its own");
	}
	batch_expect_untouched(&in, 4);
	data_expect_empty(fd[1]);
}

CHECK(recvmmsg, name_of_each,
      .title = "Each message of a recvmmsg() has its own sender's name, and the length of that",
      CLAUSES(recvmmsg2_each, posix_recvfrom_address_cut,
	      linux_recvmsg_flags),
      ROWS(MM_106),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK,
      .why = "A server that takes requests in one call answers the wrong clients.",
      .explain = "From one sender, from one without a name (length 0), and from another "
	      "into a buffer of 4 bytes: the length is that of the whole name, and "
	      "nothing is written beyond the buffer.")
{
	struct addr to = env_addr(env, 0), a[2], got[3];
	struct batch in;
	int fd = SETUP(env_bound(env, &to)), from[3];

	for (int i = 0; i < 2; i++)
		a[i] = env_addr(env, i + 1);
	from[0] = SETUP(env_bound(env, &a[0]));
	from[1] = SETUP(env_socket(env));
	from[2] = SETUP(env_bound(env, &a[1]));
	batch_to_receive(&in, 8);
	for (int i = 0; i < 3; i++) {
		ASSERT_RET(1, sendto(from[i], &"abc"[i], 1, MSG_NOSIGNAL,
				     &to.sa, to.len));
		memset(&got[i], 0x55, sizeof(got[i]));
		in.m[i].msg_hdr.msg_name = &got[i].sa;
		in.m[i].msg_hdr.msg_namelen = i == 2 ? 4 : sizeof(got[i].bytes);
	}
	EXPECT_RET(3, recvmmsg(fd, in.m, 3, MSG_DONTWAIT, NULL));
	for (int i = 0; i < 3; i++) {
		CONTEXT("message %d", i);
		EXPECT_EQ("abc"[i], in.buf[i][0]);
	}
	EXPECT_EQ(a[0].len, in.m[0].msg_hdr.msg_namelen);
	EXPECT_MEM(a[0].bytes, got[0].bytes, a[0].len);
	EXPECT_EQ(0x55, got[0].bytes[a[0].len]);
	EXPECT_EQ(0, in.m[1].msg_hdr.msg_namelen);
	EXPECT_EQ(0x55, got[1].bytes[0]);
	EXPECT_EQ(a[1].len, in.m[2].msg_hdr.msg_namelen);
	EXPECT_MEM(a[1].bytes, got[2].bytes, 4);
	EXPECT_EQ(0x55, got[2].bytes[4]);
}

CHECK(recvmmsg, truncates_each,
      .title = "MSG_TRUNC given to recvmmsg() has msg_len tell the real length of each message",
      CLAUSES(recvmmsg2_each, recv2_msg_trunc),
      ROWS(MM_107),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = NONBLOCK,
      .why = "Programs find out by it how much of each message they have lost.",
      .explain = "Messages of 5, 6, 7 and 8 bytes into room for 6, then the same without "
	      "the flag: in either case MSG_TRUNC stands with the two that did not "
	      "fit.")
{
	struct batch out, in;
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int given = 1; given >= 0; given--) {
		CONTEXT(given ? "with MSG_TRUNC" : "without");
		batch_to_send(&out);
		ASSERT_RET(4, sendmmsg(fd[0], out.m + 4, 4, MSG_NOSIGNAL));
		batch_to_receive(&in, 6);
		EXPECT_RET(4, recvmmsg(fd[1], in.m, 4,
				       MSG_DONTWAIT | (given ? MSG_TRUNC : 0),
				       NULL));
		for (int i = 0; i < 4; i++) {
			EXPECT_EQ(given || i < 2 ? 5 + i : 6, in.m[i].msg_len);
			EXPECT_MSG_FLAGS(i < 2 ? 0 : MSG_TRUNC,
					 in.m[i].msg_hdr.msg_flags);
		}
	}
	data_expect_empty(fd[1]);
}

CHECK(recvmmsg, peeks,
      .title = "recvmmsg() with MSG_PEEK shows the first message in every entry, and takes none",
      CLAUSES(recvmmsg2_each, posix_recv_peek),
      ROWS(MM_108),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = NONBLOCK,
      .why = "A program that looks first would lose what it looked at.")
{
	struct batch in;
	char left[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(3, send(fd[0], "one", 3, MSG_NOSIGNAL));
	ASSERT_RET(3, send(fd[0], "two", 3, MSG_NOSIGNAL));
	batch_to_receive(&in, 3);
	EXPECT_RET(3, recvmmsg(fd[1], in.m, 3, MSG_PEEK | MSG_DONTWAIT, NULL));
	for (int i = 0; i < 3; i++) {
		CONTEXT("entry %d", i);
		EXPECT_EQ(3, in.m[i].msg_len);
		EXPECT_MEM("one", in.buf[i], 3);
	}
	EXPECT_RET(3, recv(fd[1], left, 3, MSG_DONTWAIT));
	EXPECT_MEM("one", left, 3);
	EXPECT_RET(3, recv(fd[1], left, 3, MSG_DONTWAIT));
	EXPECT_MEM("two", left, 3);
	data_expect_empty(fd[1]);
}

CHECK(recvmmsg, waits_to_fill_each,
      .title = "With MSG_WAITALL recvmmsg() fills each buffer before it goes on to the next",
      CLAUSES(recvmmsg2_each, posix_recv_waitall),
      ROWS(MM_109),
      .types = STREAM, .addrs = ANY_ADDR,
      .needs = NEED_BLOCKED,
      .why = "Readers of records of one length get halves of them.",
      .explain = "Two buffers of 4 bytes: it sleeps after 3, 4 and 6 bytes, and returns "
	      "2 after 8.")
{
	static const struct { const char *text; ssize_t len; } part[] = {
		{ "abc", 3 }, { "d", 1 }, { "ef", 2 },
	};
	struct batch in;
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	batch_to_receive(&in, 4);
	batch_call(&c, fd[1], &in, 2, MSG_WAITALL, NULL);
	EXPECT_BLOCKS(&c);
	for (int i = 0; i < 3; i++) {
		ASSERT_RET(part[i].len, send(fd[0], part[i].text,
					     (size_t)part[i].len,
					     MSG_NOSIGNAL));
		EXPECT_BLOCKS(&c);
	}
	ASSERT_RET(2, send(fd[0], "gh", 2, MSG_NOSIGNAL));
	EXPECT_CALL_RET(2, &c);
	for (int i = 0; i < 2; i++) {
		CONTEXT("buffer %d", i);
		EXPECT_EQ(4, in.m[i].msg_len);
		EXPECT_MEM(i ? "efgh" : "abcd", in.buf[i], 4);
	}
	data_expect_empty(fd[1]);
}
