// SPDX-License-Identifier: BSD-2-Clause
/*
 * SCM_RIGHTS and the bytes around it: with which read of a stream the
 * descriptors come, and where that read ends; and messages of no bytes.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_data.h"
#include "checks/util_rights.h"
#include "harness/check.h"

/* Judge that a receive of up to len bytes gives just this text and n. */
static void expect_read(int sock, size_t len, int flags, const char *text, int n)
{
	struct cmsg_msg m;

	EXPECT_RET(strlen(text), rights_recv(sock, &m, len, RIGHTS_SPACE(4), flags));
	EXPECT_MEM(text, m.data, strlen(text));
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	EXPECT_EQ(n, rights_close(&m));
}

CHECK(rights, stream_needs_byte,
      .title = "On a stream descriptors without a byte of data are dropped: send returns 0",
      CLAUSES(unix7_rights_byte, linux_stream_empty_write),
      ROWS(RTS_56),
      .types = STREAM, .addrs = ANY_ADDR,
      .why = "They must not turn up with the next bytes, nor stay open.",
      .explain = "OpenBSD delivers them; Linux and macOS do not.")
{
	int fd[2], token[2];

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	EXPECT_RET(0, rights_send(fd[0], &token[1], 1, "", 0));
	SETUP(env_close(env, token[1]));
	rights_expect_freed(token[0]);
	data_expect_empty(fd[1]);
	ASSERT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	expect_read(fd[1], 8, 0, "x", 0);
}

CHECK(rights, empty_message_carries,
      .title = "A message of no bytes carries descriptors",
      CLAUSES(unix7_rights_byte, linux_rights_message),
      ROWS(RTS_57),
      .types = MESSAGES, .addrs = ANY_ADDR,
      .why = "It is a message like others, and a descriptor needs no company.")
{
	int fd[2], token[2];

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	ASSERT_RET(0, rights_send(fd[0], &token[1], 1, "", 0));
	SETUP(env_close(env, token[1]));
	rights_expect_held(token[0]);
	EXPECT_POLL(POLLIN, fd[1], POLLIN);
	expect_read(fd[1], 8, 0, "", 1);
	rights_expect_freed(token[0]);
	data_expect_empty(fd[1]);
}

CHECK(rights, stream_read_of_nothing,
      .title = "A recvmsg() of no bytes on a stream takes the descriptors and leaves the data",
      CLAUSES(linux_rights_stream, linux_stream_read_nothing),
      ROWS(RTS_58),
      .types = STREAM, .addrs = PAIR,
      .why = "Libraries that fetch descriptors before data rely on it.")
{
	int fd[2], token[2];

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	ASSERT_RET(2, rights_send(fd[0], &token[1], 1, "ab", 2));
	SETUP(env_close(env, token[1]));
	expect_read(fd[1], 0, 0, "", 1);
	rights_expect_freed(token[0]);
	expect_read(fd[1], 8, 0, "ab", 0);
	data_expect_empty(fd[1]);
}

CHECK(rights, message_read_of_nothing,
      .title = "A recvmsg() of no bytes takes the message, with its descriptors and MSG_TRUNC",
      CLAUSES(linux_rights_message, posix_recvmsg_trunc),
      ROWS(RTS_59, RTS_68),
      .types = MESSAGES, .addrs = PAIR,
      .why = "The descriptors would otherwise be lost with the data.")
{
	struct cmsg_msg m;
	int fd[2], token[2];

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	ASSERT_RET(2, rights_send(fd[0], &token[1], 1, "ab", 2));
	SETUP(env_close(env, token[1]));
	EXPECT_RET(0, rights_recv(fd[1], &m, 0, RIGHTS_SPACE(1), 0));
	EXPECT_MSG_FLAGS(MSG_TRUNC, m.hdr.msg_flags);
	rights_expect_held(token[0]);
	EXPECT_EQ(1, rights_close(&m));
	rights_expect_freed(token[0]);
	data_expect_empty(fd[1]);
}

CHECK(rights, come_with_first_byte,
      .title = "Descriptors come with the first byte of their write, and only once",
      CLAUSES(linux_rights_stream, unix7_rights_barrier),
      ROWS(RTS_60),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Protocols with a header read a few bytes first, with room for descriptors.")
{
	int fd[2], token[2];

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	ASSERT_RET(2, send(fd[0], "yz", 2, MSG_NOSIGNAL));
	ASSERT_RET(3, rights_send(fd[0], &token[1], 1, "abc", 3));
	SETUP(env_close(env, token[1]));
	ASSERT_RET(2, send(fd[0], "de", 2, MSG_NOSIGNAL));
	expect_read(fd[1], 1, 0, "y", 0);
	expect_read(fd[1], 1, 0, "z", 0);
	rights_expect_held(token[0]);
	expect_read(fd[1], 1, 0, "a", 1);
	rights_expect_freed(token[0]);
	expect_read(fd[1], 8, 0, "bcde", 0);
	data_expect_empty(fd[1]);
}

CHECK(rights, gone_with_first_byte,
      .title = "Descriptors that the read of their first byte has no room for come with no other",
      CLAUSES(linux_rights_stream, linux_rights_discard),
      ROWS(RTS_15, RTS_60),
      .types = STREAM, .addrs = PAIR,
      .why = "They would turn up with bytes that they do not belong to.",
      .explain = "One byte of three is read by read(); a recvmsg() with room for both has "
	      "the rest and nothing else, and no MSG_CTRUNC.")
{
	int fd[2], token[2];
	char byte = 0;

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	ASSERT_RET(3, rights_send(fd[0], &token[1], 1, "abc", 3));
	SETUP(env_close(env, token[1]));
	EXPECT_RET(1, read(fd[1], &byte, 1));
	EXPECT_EQ('a', byte);
	rights_expect_freed(token[0]);
	expect_read(fd[1], 8, 0, "bc", 0);
	data_expect_empty(fd[1]);
}

CHECK(rights, come_with_their_message,
      .title = "Descriptors come with the message that they were sent with, and with no other",
      CLAUSES(linux_rights_message, unix7_scm_rights),
      ROWS(RTS_01, RTS_15),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A service that gets a descriptor with another request gives it to another client.",
      .explain = "Of five messages the second and the fourth carry one; the second is "
	      "received by read(), and what it carried is gone.")
{
	int fd[2], token[2][2];
	char byte = 0;

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 5; i++) {
		int *t = token[i / 2 % 2];

		if (i % 2 == 0) {
			ASSERT_RET(1, send(fd[0], &"abcde"[i], 1, MSG_NOSIGNAL));
			continue;
		}
		rights_token(env, t);
		ASSERT_RET(1, rights_send(fd[0], &t[1], 1, &"abcde"[i], 1));
		SETUP(env_close(env, t[1]));
	}
	expect_read(fd[1], 8, 0, "a", 0);
	rights_expect_held(token[0][0]);
	EXPECT_RET(1, read(fd[1], &byte, 1));
	EXPECT_EQ('b', byte);
	rights_expect_freed(token[0][0]);
	expect_read(fd[1], 8, 0, "c", 0);
	rights_expect_held(token[1][0]);
	expect_read(fd[1], 8, 0, "d", 1);
	rights_expect_freed(token[1][0]);
	expect_read(fd[1], 8, 0, "e", 0);
	data_expect_empty(fd[1]);
}

/* "ab" plain, "cd" and "ef" with a descriptor each, "gh" plain. */
static void send_barriers(struct env *env, int sock)
{
	int file = rights_file(env);

	ASSERT_RET(1, send(sock, "a", 1, MSG_NOSIGNAL));
	ASSERT_RET(1, send(sock, "b", 1, MSG_NOSIGNAL));
	ASSERT_RET(2, rights_send(sock, &file, 1, "cd", 2));
	ASSERT_RET(2, rights_send(sock, &file, 1, "ef", 2));
	ASSERT_RET(2, send(sock, "gh", 2, MSG_NOSIGNAL));
}

CHECK(rights, end_the_read,
      .title = "A read goes up to the end of the write that carries descriptors, and no further",
      CLAUSES(unix7_rights_barrier, linux_rights_stream),
      ROWS(RTS_61, RTS_62, RTS_63, RTS_65),
      .types = STREAM, .addrs = ANY_ADDR,
      PARAMS("plain", "waitall", "peek"),
      .why = "Two lists in one read cannot be told apart; a short read is not the end.",
      .explain = "Plain bytes queued before are returned with the write that carries "
	      "descriptors; what follows needs another call, with MSG_WAITALL and MSG_PEEK "
	      "too.  Edge-triggered readers that stop at a short read hang here.")
{
	static const int flags[] = { 0, MSG_WAITALL, MSG_PEEK };
	static const struct { const char *text; int n; } reads[] = {
		{ "abcd", 1 }, { "ef", 1 }, { "gh", 0 },
	};
	int fd[2];

	SETUP(env_pair(env, fd));
	send_barriers(env, fd[0]);
	for (int i = 0; i < 3; i++) {
		CONTEXT("read %d", i + 1);
		expect_read(fd[1], 64, flags[env->param], reads[i].text,
			    reads[i].n);
		if (flags[env->param] & MSG_PEEK)
			expect_read(fd[1], 64, 0, reads[i].text, reads[i].n);
	}
	data_expect_empty(fd[1]);
}

CHECK(rights, end_the_blocking_read,
      .title = "A blocking MSG_WAITALL returns at the descriptors, with fewer bytes than asked",
      CLAUSES(unix7_rights_barrier, posix_recv_waitall_less, linux_rights_stream),
      ROWS(RTS_63),
      .types = STREAM, .addrs = PAIR, .needs = NEED_BLOCKED,
      .why = "Waiting on would need bytes that the sender holds back for the answer.")
{
	int fd[2], file = rights_file(env);
	struct cmsg_msg m;
	struct call c;

	SETUP(env_pair(env, fd));
	cmsg_to_receive(&m, 10, RIGHTS_SPACE(1));
	call_recvmsg(&c, fd[1], &m.hdr, MSG_WAITALL);
	EXPECT_BLOCKS(&c);
	ASSERT_RET(1, send(fd[0], "a", 1, MSG_NOSIGNAL));
	EXPECT_BLOCKS(&c);
	ASSERT_RET(2, rights_send(fd[0], &file, 1, "bc", 2));
	EXPECT_CALL_RET(3, &c);
	EXPECT_MEM("abc", m.data, 3);
	EXPECT_EQ(1, rights_close(&m));
	data_expect_empty(fd[1]);
}

CHECK(rights, end_reads_that_discard,
      .title = "read() stops at descriptors too, although it discards them",
      CLAUSES(linux_rights_stream, linux_rights_discard),
      ROWS(RTS_64),
      .types = STREAM, .addrs = PAIR,
      .why = "The length of a read must not tell what it had room for.")
{
	char in[16];
	int fd[2];

	SETUP(env_pair(env, fd));
	send_barriers(env, fd[0]);
	EXPECT_RET(4, read(fd[1], in, sizeof(in)));
	EXPECT_MEM("abcd", in, 4);
	EXPECT_RET(2, read(fd[1], in, sizeof(in)));
	EXPECT_MEM("ef", in, 2);
	EXPECT_RET(2, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	EXPECT_MEM("gh", in, 2);
	data_expect_empty(fd[1]);
}

CHECK(rights, first_piece_carries,
      .title = "Of a write that is queued in pieces the first alone carries the descriptors",
      CLAUSES(linux_rights_first_segment, linux_stream_segments),
      ROWS(RTS_66),
      .types = STREAM, .addrs = PAIR,
      .why = "A descriptor with every piece would arrive several times.")
{
	size_t size = 4 * (data_page() + 65536), done = 0;
	cleanup_free char *buf = calloc(1, size);
	int fd[2], token[2], n = 0;
	struct cmsg_msg m;
	ssize_t sent, ret;

	if (!buf)
		BROKEN("out of memory");
	SETUP(env_pair(env, fd));
	rights_token(env, token);
	cmsg_to_send(&m, "", 0);
	m.iov = (struct iovec){ buf, size };
	cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, &token[1], sizeof(int));
	sent = ASSERT_OK(sendmsg(fd[0], &m.hdr, MSG_DONTWAIT | MSG_NOSIGNAL));
	SETUP(env_close(env, token[1]));
	for (int i = 0; done < (size_t)sent; i++) {
		cmsg_to_receive(&m, 0, RIGHTS_SPACE(1));
		m.iov = (struct iovec){ buf, size };
		ret = ASSERT_OK(recvmsg(fd[1], &m.hdr, MSG_DONTWAIT));
		ASSERT_THAT(ret > 0, "the write is received to its end");
		if (i == 0)
			EXPECT_THAT(ret < sent, "the first read ends with its piece");
		EXPECT_EQ(i == 0, rights_count(&m));
		n += rights_close(&m);
		done += (size_t)ret;
	}
	EXPECT_EQ(sent, done);
	EXPECT_EQ(1, n);
	rights_expect_freed(token[0]);
}
