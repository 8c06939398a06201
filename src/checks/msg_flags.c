// SPDX-License-Identifier: BSD-2-Clause
/*
 * The flags of one call: those that change it, those that are ignored, and
 * what recvmsg() makes of msg_flags.
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "harness/check.h"

/* What Linux calls so and not every libc names. */
#define FLAG_CONFIRM 0x800
#define FLAG_ERRQUEUE 0x2000
#define FLAG_MORE 0x8000
#define FLAG_FASTOPEN 0x20000000
/* No kernel has a meaning for this one. */
#define FLAG_UNDEFINED 0x10000000

#define ORDINARY "ordinary"

CHECK(flags, dontwait,
      .title = "MSG_DONTWAIT makes one call fail with EAGAIN and leaves the socket blocking",
      CLAUSES(recv2_dontwait),
      ROWS(FLG_03),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .controls = TCP | UDP, .needs = NEED_BLOCKED,
      .why = "It is how a thread tries a descriptor that others wait on.")
{
	char in[8] = "---";
	struct iovec iov = { in, sizeof(in) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct call c;
	int fd[2], before;

	SETUP(env_pair(env, fd));
	before = SETUP(fcntl(fd[1], F_GETFL));
	EXPECT_ERRNO(EAGAIN, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	EXPECT_ERRNO(EAGAIN, recvmsg(fd[1], &msg, MSG_DONTWAIT));
	EXPECT_ERRNO(EAGAIN, recvfrom(fd[1], in, sizeof(in), MSG_DONTWAIT, NULL,
				      NULL));
	EXPECT_MEM("---", in, 4);
	EXPECT_EQ(before, fcntl(fd[1], F_GETFL));
	call_recv(&c, fd[1], in, sizeof(in), 0);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
	EXPECT_CALL_RET(1, &c);
	EXPECT_EQ('x', in[0]);
}

CHECK(flags, recvmsg_overwrites,
      .title = "recvmsg() overwrites msg_flags entirely and echoes no flag of the call",
      CLAUSES(posix_recvmsg_flags, linux_recvmsg_flags),
      ROWS(FLG_06, FLG_07, FLG_26, FLG_31),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP | UDP,
      .why = "A stale MSG_TRUNC or MSG_CTRUNC makes a good message look cut.",
      .explain = "msg_flags holds every bit beforehand.  MSG_PEEK, MSG_DONTWAIT, "
	      "MSG_WAITALL, MSG_CTRUNC and MSG_NOSIGNAL as arguments do not come "
	      "back; FreeBSD echoes MSG_PEEK.  MSG_CMSG_CLOEXEC does come back on "
	      "Linux and is not used here.")
{
	static const int flag[] = { 0, MSG_PEEK, MSG_DONTWAIT, MSG_CTRUNC,
				    MSG_WAITALL | MSG_PEEK, MSG_NOSIGNAL,
				    MSG_WAITALL | MSG_DONTWAIT };
	char in[5];
	struct iovec iov = { in, sizeof(in) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(flag) / sizeof(flag[0]); i++) {
		CONTEXT("flags %#x", (unsigned int)flag[i]);
		msg.msg_flags = -1;
		ASSERT_RET(5, send(fd[0], "hello", 5, MSG_NOSIGNAL));
		data_settle(env, fd[1], 5);
		EXPECT_RET(5, recvmsg(fd[1], &msg, flag[i]));
		EXPECT_MSG_FLAGS(0, msg.msg_flags);
		EXPECT_EQ(0, msg.msg_controllen);
		if (flag[i] & MSG_PEEK)
			EXPECT_RET(5, recv(fd[1], in, sizeof(in), 0));
	}
}

CHECK(flags, recvmsg_name_length,
      .title = "recvmsg() sets msg_namelen to 0 for a sender without a name",
      CLAUSES(linux_recvmsg_flags, linux_copy_name),
      ROWS(FLG_26),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP | NONBLOCK,
      .why = "A length left as it was makes a name of stale bytes.")
{
	struct addr name = { .len = 0 };
	char in[4];
	struct iovec iov = { in, sizeof(in) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_name = name.bytes,
			      .msg_namelen = sizeof(name.bytes) };
	int fd[2];

	memset(name.bytes, 0x5a, sizeof(name.bytes));
	SETUP(env_pair(env, fd));
	ASSERT_RET(1, send(fd[0], "n", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recvmsg(fd[1], &msg, 0));
	EXPECT_EQ(0, msg.msg_namelen);
	EXPECT_EQ(0x5a, name.bytes[0]);
	EXPECT_MSG_FLAGS(0, msg.msg_flags);
}

CHECK(flags, recvmsg_failure_keeps_header,
      .title = "A recvmsg() that fails leaves msg_flags and the lengths as they were",
      CLAUSES(linux_recvmsg_failure),
      ROWS(FLG_30),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP | UDP,
      .why = "Loops call it again with the same header.")
{
	struct addr name = { .len = 0 };
	char in[4] = "---", control[64];
	struct iovec iov = { in, sizeof(in) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_name = name.bytes, .msg_namelen = 100,
			      .msg_control = control,
			      .msg_controllen = sizeof(control),
			      .msg_flags = 0x2a };
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EAGAIN, recvmsg(fd[1], &msg, MSG_DONTWAIT));
	EXPECT_ERRNO(EAGAIN, recvmsg(fd[1], &msg, MSG_DONTWAIT | MSG_PEEK));
	EXPECT_ERRNO(EBADF, recvmsg(-1, &msg, 0));
	EXPECT_EQ(0x2a, msg.msg_flags);
	EXPECT_EQ(100, msg.msg_namelen);
	EXPECT_EQ(sizeof(control), msg.msg_controllen);
	EXPECT_EQ(sizeof(in), iov.iov_len);
	EXPECT_MEM("---", in, 4);
	ASSERT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	data_settle(env, fd[1], 1);
	EXPECT_RET(1, recvmsg(fd[1], &msg, MSG_DONTWAIT));
	EXPECT_EQ(0, msg.msg_controllen);
	EXPECT_MSG_FLAGS(0, msg.msg_flags);
}

CHECK(flags, sendmsg_ignores_header_flags,
      .title = "sendmsg() ignores msg_flags in the header and leaves it alone",
      CLAUSES(posix_sendmsg_flags_ignored),
      ROWS(FLG_27),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP | UDP,
      .why = "A header that recvmsg() filled is often used for the answer.")
{
	static const int stale[] = { MSG_OOB, MSG_TRUNC, MSG_CTRUNC, MSG_PEEK, -1 };
	char in[8];
	struct iovec iov = { "abc", 3 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++) {
		CONTEXT("msg_flags %#x", (unsigned int)stale[i]);
		msg.msg_flags = stale[i];
		EXPECT_RET(3, sendmsg(fd[0], &msg, MSG_NOSIGNAL));
		EXPECT_EQ(stale[i], msg.msg_flags);
		data_settle(env, fd[1], 3);
		EXPECT_RET(3, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
		EXPECT_MEM("abc", in, 3);
		data_expect_empty(fd[1]);
	}
}

static const struct {
	const char *name;
	int flags;
} sending[] = {
	{ ORDINARY, 0 },
	{ "more", FLAG_MORE },
	{ "hints", MSG_DONTROUTE | FLAG_CONFIRM | FLAG_MORE | MSG_EOR },
	{ "undefined", FLAG_UNDEFINED },
	{ "fastopen", FLAG_FASTOPEN },
};

CHECK(flags, sending_hints_ignored,
      .title = "Flags that mean nothing to a local send are accepted and change nothing",
      CLAUSES(linux_send_flags_ignored),
      ROWS(FLG_08, FLG_09, FLG_10, FLG_11),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS(ORDINARY, "more", "hints", "undefined", "fastopen"),
      .why = "Code written for TCP and UDP passes them to whatever socket it has.",
      .explain = "With MSG_MORE nothing is held back or joined; MSG_DONTROUTE, "
	      "MSG_CONFIRM and MSG_EOR, an undefined bit, and MSG_FASTOPEN on a "
	      "connected socket are ignored.  The ordinary case is the measure.")
{
	int flags = sending[env->param].flags | MSG_NOSIGNAL, fd[2];
	struct iovec iov = { "bb", 2 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	bool stream = env->type == SOCK_STREAM;
	char in[8] = "";

	SETUP(env_pair(env, fd));
	EXPECT_RET(3, send(fd[0], "aaa", 3, flags));
	EXPECT_POLL(POLLIN, fd[1], POLLIN);
	EXPECT_RET(2, sendmsg(fd[0], &msg, flags));
	EXPECT_RET(1, sendto(fd[0], "c", 1, flags, NULL, 0));
	EXPECT_RET(stream ? 6 : 3, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	EXPECT_MEM("aaabbc", in, stream ? 6 : 3);
	if (!stream) {
		EXPECT_RET(2, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
		EXPECT_MEM("bb", in, 2);
		EXPECT_RET(1, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
		EXPECT_EQ('c', in[0]);
	}
	data_expect_empty(fd[1]);
	data_expect_empty(fd[0]);
}

CHECK(flags, sending_hints_wake,
      .title = "Flags that mean nothing to a local send delay nothing: who sleeps is woken",
      CLAUSES(linux_send_flags_ignored),
      ROWS(FLG_36),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .needs = NEED_BLOCKED,
      .why = "Data that is held back for more to come is never read when no more comes.",
      .explain = "MSG_MORE, MSG_EOR, MSG_CONFIRM, MSG_DONTROUTE, all of them: each wakes a "
	      "recv() and a poll() that sleep at the other end.")
{
	static const int flag[] = {
		FLAG_MORE, MSG_EOR, FLAG_CONFIRM, MSG_DONTROUTE,
		FLAG_MORE | MSG_EOR | FLAG_CONFIRM | MSG_DONTROUTE,
	};
	int fd[2];

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(flag) / sizeof(flag[0]); i++) {
		struct pollfd waiting = { fd[1], POLLIN, 0 };
		struct call c;
		char in = 0;

		CONTEXT("flags 0x%x", (unsigned int)flag[i]);
		call_recv(&c, fd[1], &in, 1, 0);
		ASSERT_BLOCKS(&c);
		EXPECT_RET(1, send(fd[0], "r", 1, flag[i] | MSG_NOSIGNAL));
		EXPECT_CALL_RET(1, &c);
		EXPECT_EQ('r', in);
		call_poll(&c, &waiting, 1, -1);
		ASSERT_BLOCKS(&c);
		EXPECT_RET(1, send(fd[0], "p", 1, flag[i] | MSG_NOSIGNAL));
		EXPECT_CALL_RET(1, &c);
		EXPECT_EQ(POLLIN, waiting.revents);
		EXPECT_RET(1, recv(fd[1], &in, 1, MSG_DONTWAIT));
		if (has_failed())
			return;
	}
}

CHECK(flags, receiving_hints_ignored,
      .title = "Flags that mean nothing to a local receive are accepted and change nothing",
      CLAUSES(linux_recv_flags_ignored),
      ROWS(FLG_10, FLG_12),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "MSG_ERRQUEUE that found no queue of errors must not hide the data.",
      .explain = "MSG_ERRQUEUE returns normal data; an undefined bit is ignored, as "
	      "are flags for sending.")
{
	static const int flag[] = { FLAG_ERRQUEUE, FLAG_UNDEFINED, MSG_NOSIGNAL,
				    FLAG_MORE | MSG_DONTROUTE | MSG_EOR };
	char in[8];
	struct iovec iov = { in, sizeof(in) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(flag) / sizeof(flag[0]); i++) {
		CONTEXT("flags %#x", (unsigned int)flag[i]);
		EXPECT_ERRNO(EAGAIN, recv(fd[1], in, sizeof(in),
					  flag[i] | MSG_DONTWAIT));
		ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
		EXPECT_RET(3, recv(fd[1], in, sizeof(in), flag[i] | MSG_PEEK));
		EXPECT_RET(3, recvmsg(fd[1], &msg, flag[i]));
		EXPECT_MEM("abc", in, 3);
		EXPECT_MSG_FLAGS(0, msg.msg_flags);
		data_expect_empty(fd[1]);
	}
}

/* send(), sendmsg() and the rest on a socket that is shut down for writing. */
static void judge_nosignal(int fd, int flags, int per_call)
{
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int before = data_caught();

	EXPECT_ERRNO(EPIPE, send(fd, "x", 1, flags));
	EXPECT_EQ(before + per_call, data_caught());
	EXPECT_ERRNO(EPIPE, sendmsg(fd, &msg, flags));
	EXPECT_ERRNO(EPIPE, sendto(fd, "x", 1, flags, NULL, 0));
	EXPECT_EQ(before + 3 * per_call, data_caught());
}

CHECK(flags, nosignal_is_for_one_call,
      .title = "MSG_NOSIGNAL keeps SIGPIPE away from its own call and from no other",
      CLAUSES(posix_send_nosignal, posix_send_epipe),
      ROWS(FLG_33),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("shutdown", "peer_closed"),
      .controls = TCP,
      .why = "A library must be able to write without killing the program around it.",
      .explain = "On a stream the next call without the flag does raise the signal. "
	      "On the other types Linux raises it never; POSIX asks for it where the "
	      "socket is a stream.  A datagram socket whose peer closed has other "
	      "errors, and is shut down in both cases.")
{
	int fd[2], signals = env->type == SOCK_STREAM ? 1 : 0;

	SETUP(env_pair(env, fd));
	data_catch(SIGPIPE, 0, -1);
	if (env->param == 0 || env->type == SOCK_DGRAM || env_is_control(env))
		ASSERT_RET(0, shutdown(fd[0], SHUT_WR));
	else
		ASSERT_RET(0, env_close(env, fd[1]));
	CONTEXT("with MSG_NOSIGNAL");
	judge_nosignal(fd[0], MSG_NOSIGNAL, 0);
	CONTEXT("without");
	judge_nosignal(fd[0], 0, signals);
	EXPECT_ERRNO(EPIPE, write(fd[0], "x", 1));
	EXPECT_EQ(4 * signals, data_caught());
	CONTEXT("with MSG_NOSIGNAL again");
	judge_nosignal(fd[0], MSG_NOSIGNAL, 0);
}
