// SPDX-License-Identifier: BSD-2-Clause
/* recvmmsg(): what it takes, how long it waits, and where errors go. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "checks/util_data.h"
#include "checks/util_mmsg.h"
#include "checks/util_oob.h"
#include "checks/util_rights.h"
#include "harness/check.h"

/* Messages first to last of a batch_to_send() are queued, one call each. */
static void send_some(int fd, int first, int last)
{
	struct batch b;

	batch_to_send(&b);
	for (int i = first; i <= last; i++)
		ASSERT_RET(i + 1, send(fd, b.buf[i], (size_t)i + 1,
				       MSG_NOSIGNAL));
}

CHECK(recvmmsg, takes_messages_in_order,
      .title = "recvmmsg() receives the messages there are, in order, one a buffer",
      CLAUSES(recvmmsg2_count, recvmmsg2_nonblock),
      ROWS(MM_02),
      .types = MESSAGES, .addrs = PAIR, .axes = NONBLOCK,
      .why = "Batching must not mix messages up, nor lose the last ones.",
      .explain = "Five messages and room for eight: 5, and the other three entries "
	      "are not touched.  A message too long for its buffer sets MSG_TRUNC in "
	      "its own entry alone.")
{
	struct batch b;
	int fd[2];

	SETUP(env_pair(env, fd));
	send_some(fd[0], 0, 4);
	batch_to_receive(&b, 12);
	EXPECT_RET(5, recvmmsg(fd[1], b.m, 8, MSG_DONTWAIT, NULL));
	for (int i = 0; i < 5; i++)
		batch_expect(&b, i, i);
	for (int i = 5; i < 8; i++)
		batch_expect_untouched(&b, i);
	data_expect_empty(fd[1]);
	send_some(fd[0], 3, 6);
	batch_to_receive(&b, 12);
	b.iov[1].iov_len = 2;
	EXPECT_RET(3, recvmmsg(fd[1], b.m, 3, 0, NULL));
	batch_expect(&b, 0, 3);
	EXPECT_EQ(2, b.m[1].msg_len);
	EXPECT_MSG_FLAGS(MSG_TRUNC, b.m[1].msg_hdr.msg_flags);
	batch_expect(&b, 2, 5);
	batch_expect_untouched(&b, 3);
	EXPECT_RET(7, recv(fd[1], b.buf[0], BATCH_ROOM, MSG_DONTWAIT));
	data_expect_empty(fd[1]);
}

CHECK(recvmmsg, stops_at_the_urgent_byte,
      .title = "recvmmsg() with MSG_OOB returns with the urgent byte, and keeps no error",
      CLAUSES(recvmmsg2_count, linux_oob_recv),
      ROWS(MM_03),
      .types = STREAM, .addrs = PAIR,
      .why = "There is one urgent byte: going on for more is an error out of nothing.")
{
	struct batch b;
	socklen_t len;
	int fd[2], err = -1;

	oob_pair(env, fd);
	oob_send(env, fd[0], fd[1], "u");
	batch_to_receive(&b, 4);
	EXPECT_RET(1, recvmmsg(fd[1], b.m, 3, MSG_OOB | MSG_DONTWAIT, NULL));
	EXPECT_EQ(1, b.m[0].msg_len);
	EXPECT_EQ('u', b.buf[0][0]);
	batch_expect_untouched(&b, 1);
	len = sizeof(err);
	EXPECT_RET(0, getsockopt(fd[1], SOL_SOCKET, SO_ERROR, &err, &len));
	EXPECT_ERR_EQ(0, err);
	data_expect_empty(fd[1]);
}

CHECK(recvmmsg, cuts_a_stream,
      .title = "On a stream recvmmsg() fills one buffer after the other with what there is",
      CLAUSES(recvmmsg2_count, recvmmsg2_nonblock, posix_recv_stream_boundaries),
      ROWS(MM_03),
      .types = STREAM, .addrs = PAIR, .axes = NONBLOCK,
      .why = "No byte may be lost between two buffers.",
      .explain = "Ten bytes in buffers of 4: lengths 4, 4 and 2.")
{
	unsigned char out[10];
	struct batch b;
	int fd[2];

	data_fill(out, 0, sizeof(out));
	SETUP(env_pair(env, fd));
	ASSERT_RET(7, send(fd[0], out, 7, MSG_NOSIGNAL));
	ASSERT_RET(3, send(fd[0], out + 7, 3, MSG_NOSIGNAL));
	batch_to_receive(&b, 4);
	EXPECT_RET(3, recvmmsg(fd[1], b.m, 8, MSG_DONTWAIT, NULL));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(i < 2 ? 4 : 2, b.m[i].msg_len);
		EXPECT_MEM(out + 4 * i, b.buf[i], i < 2 ? 4 : 2);
	}
	EXPECT_EQ(0xaa, b.buf[2][2]);
	batch_expect_untouched(&b, 3);
	data_expect_empty(fd[1]);
}

CHECK(recvmmsg, nothing_there,
      .title = "recvmmsg() that must not wait fails with EAGAIN on an empty socket",
      CLAUSES(recvmmsg2_nonblock),
      ROWS(MM_04),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .why = "0 would look like an end, or like an empty batch.")
{
	int fd[2], flags = env->nonblock ? 0 : MSG_DONTWAIT;
	struct batch b;

	SETUP(env_pair(env, fd));
	batch_to_receive(&b, 8);
	EXPECT_ERRNO(EAGAIN, recvmmsg(fd[1], b.m, 8, flags, NULL));
	EXPECT_ERRNO(EAGAIN, recvmmsg(fd[1], b.m, 1, flags | MSG_WAITFORONE,
				      NULL));
	batch_expect_untouched(&b, 0);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(recvmmsg, waits_for_all,
      .title = "A blocking recvmmsg() sleeps until it has as many messages as asked for",
      CLAUSES(recvmmsg2_nonblock),
      ROWS(MM_05),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_BLOCKED,
      .why = "It is what MSG_WAITFORONE is there to avoid.")
{
	struct batch b;
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	send_some(fd[0], 2, 2);
	batch_to_receive(&b, 12);
	batch_call(&c, fd[1], &b, 2, 0, NULL);
	EXPECT_BLOCKS(&c);
	send_some(fd[0], 4, 4);
	EXPECT_CALL_RET(2, &c);
	batch_expect(&b, 0, 2);
	batch_expect(&b, 1, 4);
	data_expect_empty(fd[1]);
}

CHECK(recvmmsg, waits_for_one,
      .title = "With MSG_WAITFORONE recvmmsg() waits for the first message and for no more",
      CLAUSES(recvmmsg2_waitforone),
      ROWS(MM_05),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_BLOCKED,
      .why = "Servers take what is there in one call and never sit on a message.",
      .explain = "One waiting message of eight asked for: 1 at once.  None: it sleeps "
	      "until there is one.")
{
	struct batch b;
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	send_some(fd[0], 2, 2);
	batch_to_receive(&b, 12);
	EXPECT_RET(1, recvmmsg(fd[1], b.m, 8, MSG_WAITFORONE, NULL));
	batch_expect(&b, 0, 2);
	batch_expect_untouched(&b, 1);
	batch_to_receive(&b, 12);
	batch_call(&c, fd[1], &b, 8, MSG_WAITFORONE, NULL);
	EXPECT_BLOCKS(&c);
	send_some(fd[0], 5, 5);
	EXPECT_CALL_RET(1, &c);
	batch_expect(&b, 0, 5);
	batch_expect_untouched(&b, 1);
	data_expect_empty(fd[1]);
}

CHECK(recvmmsg, timeout_needs_a_message,
      .title = "The timeout of recvmmsg() ends it after a message only",
      CLAUSES(recvmmsg2_timeout),
      ROWS(MM_07),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_BLOCKED,
      .why = "Programs that trust the timeout hang on a silent peer.",
      .explain = "With a nanosecond it sleeps on the empty socket all the same; the "
	      "message that comes then ends it with 1, not with the 2 asked for.")
{
	struct timespec short_time = { 0, 1 };
	struct batch b;
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	batch_to_receive(&b, 12);
	batch_call(&c, fd[1], &b, 2, 0, &short_time);
	EXPECT_BLOCKS(&c);
	send_some(fd[0], 3, 3);
	EXPECT_CALL_RET(1, &c);
	batch_expect(&b, 0, 3);
	EXPECT_EQ(0, b.timeout.tv_sec);
	EXPECT_EQ(0, b.timeout.tv_nsec);
	data_expect_empty(fd[1]);
}

CHECK(recvmmsg, bad_timeout,
      .title = "recvmmsg() with a timeout that is no time fails with EINVAL and takes nothing",
      CLAUSES(recvmmsg2_einval),
      ROWS(MM_08),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .why = "An uninitialised timeout must be seen at once.")
{
	static const struct timespec bad[] = {
		{ 0, 1000000000 }, { 0, -1 }, { -1, 0 }, { 1, 2000000000 },
	};
	struct batch b;
	int fd[2];

	SETUP(env_pair(env, fd));
	send_some(fd[0], 3, 3);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct timespec t = bad[i];

		CONTEXT("%ld s %ld ns", (long)t.tv_sec, (long)t.tv_nsec);
		batch_to_receive(&b, 12);
		EXPECT_ERRNO(EINVAL, recvmmsg(fd[1], b.m, 1, 0, &t));
		batch_expect_untouched(&b, 0);
	}
	CONTEXT("the largest");
	EXPECT_RET(1, recvmmsg(fd[1], b.m, 1, 0,
			       &(struct timespec){ 5, 999999999 }));
	batch_expect(&b, 0, 3);
}

CHECK(recvmmsg, pending_error_first,
      .title = "recvmmsg() fails with a pending ECONNRESET, and then gives what had come before",
      CLAUSES(linux_recvmmsg_error, posix_recv_econnreset),
      ROWS(MM_11),
      .types = CONNECTED, .addrs = PAIR,
      .why = "The reset must be told once, and must not take the last data with it.")
{
	struct batch b;
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, send(fd[1], "u", 1, MSG_NOSIGNAL));
	send_some(fd[0], 3, 3);
	EXPECT_RET(0, env_close(env, fd[0]));
	batch_to_receive(&b, 12);
	EXPECT_ERRNO(ECONNRESET, recvmmsg(fd[1], b.m, 1, 0, NULL));
	batch_expect_untouched(&b, 0);
	EXPECT_RET(1, recvmmsg(fd[1], b.m, 1, 0, NULL));
	batch_expect(&b, 0, 3);
	EXPECT_RET(0, recv(fd[1], b.buf[0], 1, 0));
}

CHECK(recvmmsg, end_fills_the_rest,
      .title = "At the end of a connection recvmmsg() fills all further entries with length 0",
      CLAUSES(linux_recvmmsg_end),
      ROWS(MM_12, MM_102),
      .types = CONNECTED, .addrs = PAIR, .axes = NONBLOCK,
      .why = "A loop over the count must know the end by the length.",
      .explain = "The return value is all that was asked for, and never 0 for the end; "
	      "also for 1030, more than sendmmsg() takes.")
{
	static struct mmsghdr many[1030];
	struct batch b;
	int fd[2];

	SETUP(env_pair(env, fd));
	send_some(fd[0], 3, 3);
	EXPECT_RET(0, shutdown(fd[0], SHUT_WR));
	for (int round = 0; round < 2; round++) {
		batch_to_receive(&b, 12);
		EXPECT_RET(4, recvmmsg(fd[1], b.m, 4, 0, NULL));
		if (round == 0)
			batch_expect(&b, 0, 3);
		for (int i = round == 0; i < 4; i++) {
			EXPECT_EQ(0, b.m[i].msg_len);
			EXPECT_MSG_FLAGS(0, b.m[i].msg_hdr.msg_flags);
			EXPECT_EQ(0xaa, b.buf[i][0]);
		}
		batch_expect_untouched(&b, 4);
	}
	for (size_t i = 0; i < 1030; i++)
		many[i] = (struct mmsghdr){
			.msg_hdr = { .msg_iov = b.iov, .msg_iovlen = 1 },
			.msg_len = 0xaa,
		};
	EXPECT_RET(1030, recvmmsg(fd[1], many, 1030, 0, NULL));
	EXPECT_EQ(0, many[1029].msg_len);
}

CHECK(recvmmsg, later_error_is_kept,
      .title = "An error after the first message is told by SO_ERROR or by the next recvmmsg()",
      CLAUSES(recvmmsg2_error, linux_recvmmsg_error),
      ROWS(MM_14),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "What was received counts; the error must neither vanish nor come twice.",
      .explain = "The third buffer is memory that cannot be written: 2, and EFAULT is "
	      "pending.  CVE-2016-7117 was on this path.")
{
	void *bad = data_bad_page("protected");
	struct batch b;
	int fd[2], error = -1;
	socklen_t len = sizeof(error);

	for (int i = 0; i < 2; i++) {
		CONTEXT("told by %s", i ? "recvmmsg()" : "SO_ERROR");
		SETUP(env_pair(env, fd));
		batch_to_receive(&b, 4);
		for (int n = 0; n < 4; n++)
			ASSERT_RET(4, send(fd[0], "abcd", 4, MSG_NOSIGNAL));
		b.iov[2].iov_base = bad;
		EXPECT_RET(2, recvmmsg(fd[1], b.m, 4, MSG_DONTWAIT, NULL));
		EXPECT_EQ(4, b.m[1].msg_len);
		EXPECT_EQ(0xaa, b.m[2].msg_len);
		if (i == 1) {
			EXPECT_ERRNO(EFAULT, recvmmsg(fd[1], b.m, 1,
						      MSG_DONTWAIT, NULL));
		} else {
			EXPECT_RET(0, getsockopt(fd[1], SOL_SOCKET, SO_ERROR,
						 &error, &len));
			EXPECT_ERR_EQ(EFAULT, error);
		}
		EXPECT_RET(0, getsockopt(fd[1], SOL_SOCKET, SO_ERROR, &error,
					 &len));
		EXPECT_ERR_EQ(0, error);
		EXPECT_RET(1, recvmmsg(fd[1], b.m, 1, MSG_DONTWAIT, NULL));
		EXPECT_MEM("abcd", b.buf[0], 4);
	}
}

CHECK(recvmmsg, control_of_each,
      .title = "Each message of a recvmmsg() has its own descriptors, and MSG_CMSG_CLOEXEC is for all",
      CLAUSES(recvmmsg2_each),
      ROWS(MM_101),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("plain", "cloexec"),
      .why = "Descriptors of a later message would get lost, or get into other programs.",
      .explain = "Three messages with a descriptor each and one without: msg_controllen "
	      "and msg_flags of each tell what it has.")
{
	int file = rights_file(env), flags = env->param ? MSG_CMSG_CLOEXEC : 0;
	struct cmsg_msg m[4];
	struct mmsghdr in[4];
	int fd[2], got;

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 4; i++) {
		ASSERT_RET(1, rights_send(fd[0], &file, i < 3, &"abcd"[i], 1));
		cmsg_to_receive(&m[i], 4, RIGHTS_SPACE(1));
		in[i] = (struct mmsghdr){ .msg_hdr = m[i].hdr, .msg_len = 0xaa };
	}
	EXPECT_RET(4, recvmmsg(fd[1], in, 4, MSG_DONTWAIT | flags, NULL));
	for (int i = 0; i < 4; i++) {
		CONTEXT("message %d", i);
		m[i].hdr = in[i].msg_hdr;
		EXPECT_EQ(1, in[i].msg_len);
		EXPECT_EQ("abcd"[i], m[i].data[0]);
		EXPECT_MSG_FLAGS(0, m[i].hdr.msg_flags & ~flags);
		EXPECT_EQ(i < 3 ? RIGHTS_SPACE(1) : 0, m[i].hdr.msg_controllen);
		EXPECT_EQ(i < 3, rights_take(env, &m[i], &got, 1));
		if (got >= 0)
			EXPECT_EQ(env->param ? FD_CLOEXEC : 0,
				  fcntl(got, F_GETFD));
	}
	data_expect_empty(fd[1]);
}

CHECK(recvmmsg, timeout_of_nothing,
      .title = "recvmmsg() with a timeout of 0 waits for its first message, and takes no second",
      CLAUSES(recvmmsg2_timeout, recvmmsg2_count),
      ROWS(MM_111),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_BLOCKED,
      .why = "A program that believes it does not wait sleeps for ever.",
      .explain = "The timeout is looked at after each message, as the manual's section BUGS "
	      "says: with nothing there the call sleeps until something comes.")
{
	static const struct timespec zero = { 0, 0 };
	struct batch b;
	struct call c;
	int fd[2];

	SETUP(env_pair(env, fd));
	batch_to_receive(&b, 12);
	batch_call(&c, fd[1], &b, 4, 0, &zero);
	EXPECT_BLOCKS(&c);
	send_some(fd[0], 0, 0);
	EXPECT_CALL_RET(1, &c);
	batch_expect(&b, 0, 0);
	batch_expect_untouched(&b, 1);
	if (env->type == SOCK_STREAM || has_failed())
		return;
	send_some(fd[0], 0, 1);
	batch_to_receive(&b, 12);
	batch_call(&c, fd[1], &b, 4, 0, &zero);
	EXPECT_CALL_RET(1, &c);
	batch_expect(&b, 0, 0);
	batch_expect_untouched(&b, 1);
	EXPECT_RET(2, recv(fd[1], b.buf[0], BATCH_ROOM, MSG_DONTWAIT));
	data_expect_empty(fd[1]);
}
