// SPDX-License-Identifier: BSD-2-Clause
/*
 * A peer that closes with unread data resets the connection: which calls tell
 * of it, in what order, and what does not count.
 */
#include "config.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/names.h"
#include "checks/util_backlog.h"
#include "checks/util_cmsg.h"
#include "checks/util_poll.h"
#include "harness/check.h"

/* More than a send buffer of 8192 doubled. */
#define TOO_LONG 20000

/* A pair whose fd[1] has closed on unread data; fd[0] has something to read. */
static void reset_pair(struct env *env, int fd[2], bool with_data)
{
	SETUP(env_pair(env, fd));
	ASSERT_RET(6, send(fd[0], "unread", 6, MSG_NOSIGNAL));
	if (with_data)
		ASSERT_RET(4, send(fd[1], "data", 4, MSG_NOSIGNAL));
	ASSERT_RET(0, env_close(env, fd[1]));
}

/* Nothing is left to tell but the end. */
static void expect_end(int fd)
{
	char buf[8];

	for (int i = 0; i < 2; i++) {
		EXPECT_RET(0, recv(fd, buf, sizeof(buf), 0));
		EXPECT_RET(0, recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	}
	EXPECT_EQ(0, backlog_option(fd, SO_ERROR));
	EXPECT_ERRNO(EPIPE, send(fd, "x", 1, MSG_NOSIGNAL));
}

/* The same, also where recv_tells_once finds that the error is told for ever. */
static void expect_over(int fd)
{
	char buf[8];

	for (int i = 0; i < 2; i++) {
		errno = 0;
		EXPECT_THAT(recv(fd, buf, sizeof(buf), MSG_DONTWAIT) == 0 ||
			    errno == ECONNRESET,
			    "recv() gives the end, errno is %s",
			    name_errno(errno));
	}
	EXPECT_ERRNO(EPIPE, send(fd, "x", 1, MSG_NOSIGNAL));
}

CHECK(reset, recv_tells_once,
      .title = "When the peer closed with unread data recv() fails with ECONNRESET once, then ends",
      CLAUSES(linux_release_resets, posix_recv_econnreset),
      ROWS(RST_01, RST_02),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK, .controls = TCP,
      PARAMS("recv", "peek", "read"),
      .why = "It is how a client learns that its request was not read to the end.",
      .explain = "Blocking and not; MSG_PEEK takes the error as well as a read does.")
{
	char buf[8] = "kept";
	int fd[2];

	backlog_stay_on_cpu(env);
	reset_pair(env, fd, false);
	if (env->param == 2)
		EXPECT_ERRNO(ECONNRESET, read(fd[0], buf, sizeof(buf)));
	else
		EXPECT_ERRNO(ECONNRESET, recv(fd[0], buf, sizeof(buf),
					      env->param ? MSG_PEEK : 0));
	EXPECT_MEM("kept", buf, 5);
	expect_end(fd[0]);
}

CHECK(reset, option_takes_the_error,
      .title = "SO_ERROR returns the ECONNRESET and clears it; reading then gives the end",
      CLAUSES(socket7_so_error, linux_release_resets),
      ROWS(RST_03),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK, .controls = TCP,
      .why = "Event loops ask SO_ERROR after POLLERR and expect the truth, once.")
{
	int fd[2];

	backlog_stay_on_cpu(env);
	reset_pair(env, fd, false);
	EXPECT_ERR_EQ(ECONNRESET, backlog_option(fd[0], SO_ERROR));
	EXPECT_ERR_EQ(0, backlog_option(fd[0], SO_ERROR));
	expect_end(fd[0]);
}

CHECK(reset, data_and_error,
      .title = "With data readable a stream gives data, then ECONNRESET; SOCK_SEQPACKET the reverse",
      CLAUSES(linux_reset_after_data, posix_recv_econnreset),
      ROWS(RST_04, RST_05),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "A reply that was sent in full must be readable although the peer closed in a hurry.",
      .explain = "The peer answers without reading the request and closes.  A stream "
	      "reader gets the answer, ECONNRESET, the end.  A SOCK_SEQPACKET reader "
	      "gets ECONNRESET, the answer, the end.  TCP drops the answer.")
{
	bool stream = env->type == SOCK_STREAM;
	char buf[8];
	int fd[2];

	reset_pair(env, fd, true);
	if (!stream)
		EXPECT_ERRNO(ECONNRESET, recv(fd[0], buf, sizeof(buf), 0));
	EXPECT_RET(4, recv(fd[0], buf, sizeof(buf), MSG_PEEK));
	EXPECT_RET(stream ? 2 : 4, recv(fd[0], buf, stream ? 2 : 4, 0));
	EXPECT_MEM("data", buf, stream ? 2 : 4);
	if (stream) {
		EXPECT_RET(2, recv(fd[0], buf, sizeof(buf), 0));
		EXPECT_MEM("ta", buf, 2);
		EXPECT_ERRNO(ECONNRESET, recv(fd[0], buf, sizeof(buf), 0));
	}
	expect_over(fd[0]);
}

CHECK(reset, send_on_a_stream,
      .title = "send() on a reset stream fails with EPIPE and leaves the ECONNRESET to recv()",
      CLAUSES(linux_reset_send_stream, posix_send_epipe),
      ROWS(RST_06),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Which of the two a writer sees decides whether it tries again.",
      .explain = "gunicorn and .NET have both been bitten by the other order.")
{
	char buf[8];
	int fd[2];

	reset_pair(env, fd, false);
	for (int i = 0; i < 2; i++)
		EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(ECONNRESET, recv(fd[0], buf, sizeof(buf), 0));
	expect_over(fd[0]);
}

CHECK(reset, send_on_a_seqpacket,
      .title = "send() on a reset SOCK_SEQPACKET socket fails with ECONNRESET once, then EPIPE",
      CLAUSES(linux_reset_send_seqpacket),
      ROWS(RST_07),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Which of the two a writer sees decides whether it tries again.",
      .explain = "The send() takes the error: a recv() after it reads the end.")
{
	int fd[2];

	reset_pair(env, fd, false);
	EXPECT_ERRNO(ECONNRESET, send(fd[0], "x", 1, MSG_NOSIGNAL));
	for (int i = 0; i < 2; i++)
		EXPECT_ERRNO(EPIPE, send(fd[0], "x", 1, MSG_NOSIGNAL));
	expect_over(fd[0]);
}

/* Send what would be refused for a reason of its own: see PARAMS. */
static long send_refused(struct env *env, int fd)
{
	static unsigned char bytes[TOO_LONG];
	struct cmsg_msg m;

	switch (env->param) {
	case 0:
		return send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
	case 1:
		return send(fd, "u", 1, MSG_OOB | MSG_NOSIGNAL);
	default:
		cmsg_to_send(&m, "x", 1);
		cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, (int[]){ -1 }, sizeof(int));
		return sendmsg(fd, &m.hdr, MSG_NOSIGNAL);
	}
}

CHECK(reset, told_before_all_else,
      .title = "A SOCK_SEQPACKET send() tells of a reset before it looks at what is sent",
      CLAUSES(linux_reset_send_seqpacket),
      ROWS(RST_60),
      .types = SEQPACKET, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      PARAMS("too_long", "urgent", "bad_descriptor"),
      .why = "A writer that is told that its record is too long sends it in parts, to nobody.",
      .explain = "A record beyond the send buffer, MSG_OOB, or descriptor -1: ECONNRESET "
	      "once, and after that EMSGSIZE, EOPNOTSUPP or EBADF.")
{
	static const int err[] = { EMSGSIZE, EOPNOTSUPP, EBADF };
	int fd[2];

	reset_pair(env, fd, false);
	SETUP(backlog_set_option(fd[0], SO_SNDBUF, 8192));
	EXPECT_ERRNO(ECONNRESET, send_refused(env, fd[0]));
	EXPECT_ERRNO(err[env->param], send_refused(env, fd[0]));
	expect_over(fd[0]);
}

CHECK(reset, poll_state,
      .title = "A pending reset polls POLLERR, POLLHUP, POLLIN, POLLRDHUP and POLLOUT",
      CLAUSES(linux_poll_connection, linux_release_resets),
      ROWS(RST_08),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "POLLERR is what tells a reset from an orderly end before reading.",
      .explain = "One edge.  Reading takes the error, and POLLERR goes; the rest stays.")
{
	const unsigned int ended = POLL_END | POLLOUT | POLLHUP;
	struct watch w;
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, send(fd[0], "u", 1, MSG_NOSIGNAL));
	watch_start(env, &w, fd[0]);
	ASSERT_RET(0, env_close(env, fd[1]));
	CONTEXT("pending");
	/* The peer freed what was unread; its buffer space is back. */
	watch_expect(&w, ended | POLLERR);
	EXPECT_ERRNO(ECONNRESET, recv(fd[0], &(char){ 0 }, 1, 0));
	CONTEXT("told");
	watch_expect_quiet(&w, ended);
}

CHECK(reset, wakes_reader,
      .title = "A reset wakes a peer asleep in recv(), with ECONNRESET",
      CLAUSES(linux_release_resets, posix_recv_econnreset),
      ROWS(RST_01),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      .needs = NEED_BLOCKED,
      .why = "Clients wait for the answer when the server gives up on the request.")
{
	struct call c;
	char buf[4];
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, send(fd[0], "u", 1, MSG_NOSIGNAL));
	call_recv(&c, fd[0], buf, sizeof(buf), 0);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(0, env_close(env, fd[1]));
	EXPECT_CALL_ERRNO(ECONNRESET, &c);
	expect_over(fd[0]);
}

CHECK(reset, peeked_is_unread,
      .title = "Data that was only peeked at counts as unread when its reader closes",
      CLAUSES(linux_release_resets),
      ROWS(RST_09),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      .why = "Protocol sniffers peek; the reset must not depend on it.")
{
	char buf[8];
	int fd[2];

	backlog_stay_on_cpu(env);
	SETUP(env_pair(env, fd));
	ASSERT_RET(6, send(fd[0], "unread", 6, MSG_NOSIGNAL));
	EXPECT_RET(6, recv(fd[1], buf, sizeof(buf), MSG_PEEK));
	EXPECT_RET(0, env_close(env, fd[1]));
	EXPECT_ERRNO(ECONNRESET, recv(fd[0], buf, sizeof(buf), 0));
	expect_over(fd[0]);
}

CHECK(reset, one_byte_is_enough,
      .title = "One byte left unread resets the connection, none does not",
      CLAUSES(linux_release_resets),
      ROWS(RST_10),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP, .controls = TCP,
      PARAMS("rest", "none"),
      .why = "A reader one byte short has not read the message.",
      .explain = "A reader of SOCK_SEQPACKET that takes part of a record has read it "
	      "all; on a stream the rest counts.")
{
	size_t room = env->param ? 6 : 5;
	char buf[8];
	int fd[2];

	backlog_stay_on_cpu(env);
	SETUP(env_pair(env, fd));
	ASSERT_RET(6, send(fd[0], "sextet", 6, MSG_NOSIGNAL));
	EXPECT_RET((long)room, recv(fd[1], buf, room, 0));
	EXPECT_RET(0, env_close(env, fd[1]));
	if (env->param == 0) {
		EXPECT_ERRNO(ECONNRESET, recv(fd[0], buf, sizeof(buf), 0));
		return;
	}
	EXPECT_RET(0, recv(fd[0], buf, sizeof(buf), 0));
	EXPECT_EQ(0, backlog_option(fd[0], SO_ERROR));
}

CHECK(reset, shutdown_is_none,
      .title = "shutdown(SHUT_RDWR) on unread data is an end, not a reset; close() after it is one",
      CLAUSES(linux_shutdown_keeps_queue, linux_release_resets),
      ROWS(RST_11),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .why = "Until it is closed the data may still be read.",
      .explain = "After SHUT_RDWR the peer reads the end and gets EPIPE, without an "
	      "error pending.  close() finds the data unread still.")
{
	char buf[8];
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(6, send(fd[0], "unread", 6, MSG_NOSIGNAL));
	EXPECT_RET(0, shutdown(fd[1], SHUT_RDWR));
	expect_end(fd[0]);
	EXPECT_RET(0, env_close(env, fd[1]));
	EXPECT_ERRNO(ECONNRESET, recv(fd[0], buf, sizeof(buf), 0));
	expect_over(fd[0]);
}

static int wait_for_ever(struct env *env, void *arg)
{
	int *fd = arg;

	SETUP(env_close(env, fd[0]));
	while (pause() < 0)
		;
	return 0;
}

CHECK(reset, killed_process,
      .title = "A process killed with data unread resets its peer",
      CLAUSES(linux_release_resets, posix_exit_closes),
      ROWS(RST_12),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A crash in the middle of a request must not look like an orderly end.")
{
	char buf[8];
	pid_t pid;
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(6, send(fd[0], "unread", 6, MSG_NOSIGNAL));
	pid = SETUP(env_fork(env, wait_for_ever, fd));
	EXPECT_RET(0, env_close(env, fd[1]));
	EXPECT_ERRNO(EAGAIN, recv(fd[0], buf, sizeof(buf), MSG_DONTWAIT));
	SETUP(kill(pid, SIGKILL));
	EXPECT_EQ(-SIGKILL, env_reap(env, pid));
	EXPECT_ERRNO(ECONNRESET, recv(fd[0], buf, sizeof(buf), 0));
	expect_over(fd[0]);
}
