// SPDX-License-Identifier: BSD-2-Clause
/* The urgent byte of a stream: who may send one, and taking it by MSG_OOB. */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_oob.h"
#include "harness/check.h"

CHECK(oob, not_on_messages,
      .title = "Datagram and sequenced-packet sockets refuse MSG_OOB with EOPNOTSUPP",
      CLAUSES(linux_oob_type, posix_send_eopnotsupp, posix_recv_eopnotsupp),
      ROWS(OOB_01, OOB_02),
      .types = MESSAGES, .addrs = PAIR, .axes = NONBLOCK,
      .why = "A library that probes for urgent data must not be let to lose a message.",
      .explain = "Also with a message queued, which stays; nothing waits.")
{
	struct iovec iov = { (char[]){ "abc" }, 3 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	char in[8] = "---";
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(EOPNOTSUPP, send(fd[0], "abc", 3,
					      MSG_OOB | MSG_NOSIGNAL));
		EXPECT_ERRNO(EOPNOTSUPP, send(fd[0], "", 0,
					      MSG_OOB | MSG_NOSIGNAL));
		EXPECT_ERRNO(EOPNOTSUPP, sendmsg(fd[0], &msg,
						 MSG_OOB | MSG_NOSIGNAL));
		EXPECT_ERRNO(EOPNOTSUPP, recv(fd[1], in, 4, MSG_OOB));
		EXPECT_ERRNO(EOPNOTSUPP, recv(fd[1], in, 4,
					      MSG_OOB | MSG_PEEK));
		EXPECT_MEM("---", in, 4);
		if (i == 0)
			ASSERT_RET(1, send(fd[0], "m", 1, MSG_NOSIGNAL));
	}
	EXPECT_RET(1, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	EXPECT_EQ('m', in[0]);
	data_expect_empty(fd[1]);
}

CHECK(oob, all_or_nothing,
      .title = "A stream takes MSG_OOB in both directions or refuses it with EOPNOTSUPP in both",
      CLAUSES(linux_oob_absent, posix_send_eopnotsupp, posix_recv_eopnotsupp),
      ROWS(OOB_03, OOB_32),
      .types = STREAM, .addrs = PAIR,
      .why = "Programs try MSG_OOB once and believe what they are told.",
      .explain = "unix(7) says that it is not supported; Linux has it since 5.15, "
	      "unless built without AF_UNIX_OOB.  The BSDs refuse it.")
{
	char in[8] = "";
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO_IN(send(fd[0], "abc", 3, MSG_OOB | MSG_NOSIGNAL),
			0, EOPNOTSUPP);
	if (errno == EOPNOTSUPP) {
		EXPECT_ERRNO(EOPNOTSUPP, recv(fd[1], in, 1, MSG_OOB));
		data_expect_empty(fd[1]);
	} else {
		oob_expect_next(fd[1], "ab");
		oob_expect(fd[1], 'c');
	}
	data_expect_empty(fd[0]);
}

CHECK(oob, taken_once,
      .title = "MSG_OOB gets the last byte that was sent with MSG_OOB, and gets it once",
      CLAUSES(linux_oob_recv, linux_oob_last, posix_recv_oob,
	      posix_recv_einval_oob),
      ROWS(OOB_03, OOB_06, OOB_07, OOB_09),
      .types = STREAM, .addrs = PAIR, .controls = TCP,
      .why = "An urgent command that is read twice, or a wrong byte of it, is another command.",
      .explain = "send(\"hello\", MSG_OOB): MSG_OOB | MSG_PEEK sees \"o\" any number "
	      "of times, MSG_OOB takes it, then EINVAL; a plain read has \"hell\".")
{
	char in[4] = "--";
	int fd[2];

	/* Not oob_pair(): this is the check that says so where it is ignored. */
	SETUP(env_pair(env, fd));
	if (send(fd[0], "hello", 5, MSG_OOB | MSG_NOSIGNAL) < 0 &&
	    errno == EOPNOTSUPP)
		SKIP_CASE("streams have no out-of-band data here");
	data_settle(env, fd[1], 4);
	for (int i = 0; i < 3; i++) {
		in[0] = '-';
		EXPECT_RET(1, recv(fd[1], in, sizeof(in), MSG_OOB | MSG_PEEK));
		EXPECT_MEM("o-", in, 3);
	}
	oob_expect(fd[1], 'o');
	oob_expect_next(fd[1], "hell");
	oob_expect_none(fd[1]);
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(oob, does_not_disturb_data,
      .title = "Plain data before the urgent byte is read as if the byte were not there",
      CLAUSES(linux_oob_read, posix_recv_stream_boundaries),
      ROWS(OOB_09, OOB_06),
      .types = STREAM, .addrs = PAIR, .controls = TCP,
      .why = "The byte may be taken at any time, before or after the data that was sent first.")
{
	int fd[2];

	for (int i = 0; i < 2; i++) {
		CONTEXT("the byte is taken %s", i ? "last" : "first");
		oob_pair(env, fd);
		ASSERT_RET(4, send(fd[0], "data", 4, MSG_NOSIGNAL));
		ASSERT_RET(2, send(fd[0], "56", 2, MSG_NOSIGNAL));
		oob_send(env, fd[0], fd[1], "!");
		if (i == 0)
			oob_expect(fd[1], '!');
		oob_expect_next(fd[1], "data56");
		if (i == 1)
			oob_expect(fd[1], '!');
		data_expect_empty(fd[1]);
	}
}

CHECK(oob, none_is_einval,
      .title = "MSG_OOB fails with EINVAL at once when no urgent byte is there",
      CLAUSES(posix_recv_einval_oob, linux_oob_recv),
      ROWS(OOB_10),
      .types = STREAM, .addrs = PAIR, .axes = NONBLOCK, .controls = TCP,
      .why = "A handler of SIGURG that waits for the byte stops the program.",
      .explain = "On an empty blocking socket, beside plain data, and after the peer "
	      "has closed.")
{
	int fd[2];

	oob_pair(env, fd);
	oob_expect_none(fd[1]);
	ASSERT_RET(5, send(fd[0], "hello", 5, MSG_NOSIGNAL));
	data_settle(env, fd[1], 5);
	oob_expect_none(fd[1]);
	oob_expect_next(fd[1], "hello");
	oob_expect_none(fd[1]);
	/* TCP has an answer of its own to the end. */
	if (env_is_control(env))
		return;
	EXPECT_RET(0, env_close(env, fd[0]));
	oob_expect_none(fd[1]);
}

CHECK(oob, needs_a_byte,
      .title = "A send of no bytes with MSG_OOB fails with EOPNOTSUPP and queues nothing",
      CLAUSES(linux_oob_empty),
      ROWS(OOB_11),
      .types = STREAM, .addrs = PAIR, .axes = NONBLOCK,
      .why = "A length of 0 minus the urgent byte is a length of nearly 2^64.")
{
	struct msghdr none = { 0 };
	int fd[2];

	oob_pair(env, fd);
	EXPECT_ERRNO(EOPNOTSUPP, send(fd[0], "", 0, MSG_OOB | MSG_NOSIGNAL));
	EXPECT_ERRNO(EOPNOTSUPP, send(fd[0], NULL, 0, MSG_OOB | MSG_NOSIGNAL));
	EXPECT_ERRNO(EOPNOTSUPP, sendmsg(fd[0], &none,
					 MSG_OOB | MSG_NOSIGNAL));
	oob_expect_none(fd[1]);
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(oob, not_connected,
      .title = "On an unconnected stream send(MSG_OOB) is ENOTCONN and recv(MSG_OOB) EINVAL",
      CLAUSES(linux_oob_recv, linux_stream_unconnected, posix_send_enotconn),
      ROWS(OOB_27, OOB_28),
      .types = STREAM,
      .why = "The errno tells a missing feature from a missing connection.",
      .explain = "POSIX asks for ENOTCONN on recv(); Linux says EINVAL for any read "
	      "of an unconnected stream.")
{
	int pair[2], fd = SETUP(env_socket(env));
	char in = '-';

	/* Also in a kernel without urgent data: the state is looked at first. */
	EXPECT_ERRNO(EINVAL, recv(fd, &in, 1, MSG_OOB));
	EXPECT_ERRNO(EINVAL, recv(fd, &in, 1,
				  MSG_OOB | MSG_PEEK | MSG_DONTWAIT));
	EXPECT_EQ('-', in);
	oob_pair(env, pair);
	EXPECT_ERRNO(ENOTCONN, send(fd, "x", 1, MSG_OOB | MSG_NOSIGNAL));
	EXPECT_ERRNO(ENOTCONN, send(fd, "xyz", 3, MSG_OOB | MSG_NOSIGNAL));
}

CHECK(oob, not_on_messages_unconnected,
      .title = "MSG_OOB is EOPNOTSUPP on a datagram socket without a peer, too, address or none",
      CLAUSES(linux_oob_type, posix_send_eopnotsupp),
      ROWS(OOB_81, OOB_01),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK,
      PARAMS("live", "missing"),
      .why = "The errno must tell what is not there, not that somebody is not there.",
      .explain = "The address is a live one, or nobody's; nothing arrives.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env)), server = -1;

	if (env->param == 0)
		server = SETUP(env_bound(env, &a));
	EXPECT_ERRNO(EOPNOTSUPP, send(fd, "x", 1, MSG_OOB));
	EXPECT_ERRNO(EOPNOTSUPP, send(fd, "", 0, MSG_OOB));
	EXPECT_ERRNO(EOPNOTSUPP, sendto(fd, "x", 1, MSG_OOB, &a.sa, a.len));
	if (server >= 0)
		data_expect_empty(server);
}

CHECK(oob, told_in_msg_flags,
      .title = "recvmsg() sets MSG_OOB in msg_flags for the urgent byte and for nothing else",
      CLAUSES(posix_recvmsg_oob, linux_oob_recv),
      ROWS(OOB_20),
      .types = STREAM, .addrs = PAIR, .controls = TCP,
      .why = "A caller that passes its flags on tells by it what it was given.")
{
	char in[8] = "";
	struct iovec iov = { in, sizeof(in) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	oob_pair(env, fd);
	oob_send(env, fd[0], fd[1], "ab");
	EXPECT_RET(1, recvmsg(fd[1], &msg, MSG_OOB | MSG_PEEK));
	EXPECT_EQ(MSG_OOB, msg.msg_flags & MSG_OOB);
	EXPECT_RET(1, recvmsg(fd[1], &msg, MSG_OOB));
	EXPECT_MSG_FLAGS(MSG_OOB, msg.msg_flags);
	EXPECT_EQ('b', in[0]);
	EXPECT_RET(1, recvmsg(fd[1], &msg, MSG_DONTWAIT));
	EXPECT_MSG_FLAGS(0, msg.msg_flags);
	EXPECT_EQ('a', in[0]);
	data_expect_empty(fd[1]);
}

CHECK(oob, bad_buffer_loses_the_byte,
      .title = "recv(MSG_OOB) into bad memory fails with EFAULT and loses the byte; a peek keeps it",
      CLAUSES(linux_oob_recv, recv2_efault),
      ROWS(OOB_80),
      .types = STREAM, .addrs = PAIR,
      PARAMS("null", "protected"),
      .why = "A second try finds no urgent byte: whoever expects it there waits in vain.",
      .explain = "Data before it and after it are read as ever.  An address that is the "
	      "kernel's fails before anything is taken.")
{
	void *bad = data_bad_page(env->param_name);
	int fd[2];

	oob_pair(env, fd);
	ASSERT_RET(1, send(fd[0], "a", 1, MSG_NOSIGNAL));
	oob_send(env, fd[0], fd[1], "u");
	EXPECT_ERRNO(EFAULT, recv(fd[1], bad, 1, MSG_OOB | MSG_PEEK));
	EXPECT_RET(1, recv(fd[1], (char[1]){ 0 }, 1, MSG_OOB | MSG_PEEK));
	EXPECT_ERRNO(EFAULT, recv(fd[1], bad, 1, MSG_OOB));
	oob_expect_none(fd[1]);
	oob_expect_next(fd[1], "a");
	ASSERT_RET(1, send(fd[0], "b", 1, MSG_NOSIGNAL));
	oob_expect_next(fd[1], "b");
}
