// SPDX-License-Identifier: BSD-2-Clause
/*
 * How the urgent byte is told: SIGURG, poll() and epoll; what closing does to
 * it; and descriptors that are sent with it.
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_cred.h"
#include "checks/util_data.h"
#include "checks/util_oob.h"
#include "checks/util_poll.h"
#include "harness/check.h"

CHECK(oob, signals_the_owner,
      .title = "The owner of the receiver gets SIGURG for each urgent byte, and for nothing else",
      CLAUSES(posix_fcntl_setown, linux_oob_signal),
      ROWS(OOB_04),
      .types = STREAM, .addrs = PAIR, .controls = TCP,
      .why = "The signal is what makes the byte urgent.",
      .explain = "Plain data, and urgent data to a socket without an owner, raise "
	      "none.")
{
	char byte;
	int fd[2], pipe_fd[2];

	oob_pair(env, fd);
	SETUP(env_pipe(env, pipe_fd));
	data_catch(SIGURG, SA_RESTART, pipe_fd[1]);
	oob_send(env, fd[0], fd[1], "x");
	oob_expect(fd[1], 'x');
	/* Before Linux 6.10 the place of the byte was in the way of data. */
	data_expect_empty(fd[1]);
	EXPECT_EQ(0, data_caught());
	EXPECT_RET(0, fcntl(fd[1], F_SETOWN, getpid()));
	EXPECT_RET(getpid(), fcntl(fd[1], F_GETOWN));
	data_expect_works(env, fd[0], fd[1]);
	EXPECT_EQ(0, data_caught());
	for (int i = 1; i <= 2; i++) {
		oob_send(env, fd[0], fd[1], "y");
		ASSERT_RET(1, read(pipe_fd[0], &byte, 1));
		EXPECT_EQ(i, data_caught());
		oob_expect(fd[1], 'y');
		data_expect_empty(fd[1]);
	}
	data_expect_works(env, fd[0], fd[1]);
	EXPECT_EQ(2, data_caught());
}

CHECK(oob, signals_for_each,
      .title = "A second urgent byte raises SIGURG while the first was not taken, or never will be",
      CLAUSES(linux_oob_signal, posix_fcntl_setown),
      ROWS(OOB_82, OOB_04),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A receiver that was slow once would hear of nothing more.")
{
	int fd[2], pipe_fd[2];
	char byte;

	oob_pair(env, fd);
	SETUP(env_pipe(env, pipe_fd));
	data_catch(SIGURG, SA_RESTART, pipe_fd[1]);
	EXPECT_RET(0, fcntl(fd[1], F_SETOWN, getpid()));
	for (int i = 1; i <= 3; i++) {
		CONTEXT("byte %d", i);
		oob_send(env, fd[0], fd[1], "y");
		ASSERT_RET(1, read(pipe_fd[0], &byte, 1));
		EXPECT_EQ(i, data_caught());
	}
}

CHECK(oob, polled_as_priority,
      .title = "POLLPRI is reported while there is an urgent byte, and not when it was taken",
      CLAUSES(linux_oob_poll),
      ROWS(OOB_05, OOB_08, OOB_22),
      .types = STREAM, .addrs = PAIR,
      .why = "Without it the byte waits until something else wakes the program.",
      .explain = "A lone urgent byte reports POLLPRI and POLLIN.  Taken by MSG_OOB, "
	      "or dropped by a plain read, POLLPRI ends.")
{
	char in[4];
	int fd[2];

	oob_pair(env, fd);
	EXPECT_POLL(POLLOUT, fd[1], POLL_ALL);
	oob_send(env, fd[0], fd[1], "x");
	EXPECT_POLL(POLLOUT | POLLIN | POLLPRI, fd[1], POLL_ALL);
	EXPECT_POLL(POLLOUT, fd[0], POLL_ALL);
	EXPECT_RET(1, recv(fd[1], in, 1, MSG_OOB | MSG_PEEK));
	EXPECT_POLL(POLLPRI, fd[1], POLLPRI);
	oob_expect(fd[1], 'x');
	EXPECT_POLL(0, fd[1], POLLPRI);
	data_expect_empty(fd[1]);
	oob_send(env, fd[0], fd[1], "ab");
	EXPECT_POLL(POLLOUT | POLLIN | POLLPRI, fd[1], POLL_ALL);
	oob_expect_next(fd[1], "a");
	EXPECT_POLL(POLLPRI, fd[1], POLLPRI);
	data_expect_empty(fd[1]);
	EXPECT_POLL(POLLOUT, fd[1], POLL_ALL);
}

CHECK(oob, wakes_poll,
      .title = "A poll() for POLLPRI sleeps through plain data and wakes for the urgent byte",
      CLAUSES(linux_oob_poll),
      ROWS(OOB_05),
      .types = STREAM, .addrs = PAIR, .controls = TCP, .needs = NEED_BLOCKED,
      .why = "A thread of its own often waits for the byte alone.")
{
	struct pollfd p;
	struct call c;
	int fd[2];

	oob_pair(env, fd);
	p = (struct pollfd){ fd[1], POLLPRI, 0 };
	call_poll(&c, &p, 1, -1);
	EXPECT_BLOCKS(&c);
	EXPECT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	EXPECT_BLOCKS(&c);
	EXPECT_RET(1, send(fd[0], "x", 1, MSG_OOB | MSG_NOSIGNAL));
	EXPECT_CALL_RET(1, &c);
	EXPECT_EQ(POLLPRI, p.revents);
	oob_expect(fd[1], 'x');
	oob_expect_next(fd[1], "abc");
}

CHECK(oob, edge_each_time,
      .title = "Edge-triggered epoll reports EPOLLPRI for each new urgent byte, once",
      CLAUSES(linux_oob_poll),
      ROWS(OOB_30),
      .types = STREAM, .addrs = PAIR,
      .why = "An edge that does not come is a byte that is never taken.",
      .explain = "Also for a byte that takes the place of one not yet taken.")
{
	struct watch w;
	int fd[2];

	oob_pair(env, fd);
	watch_start(env, &w, fd[1]);
	for (int i = 0; i < 3; i++) {
		CONTEXT("urgent byte %d", i);
		oob_send(env, fd[0], fd[1], "x");
		watch_expect(&w, POLLOUT | POLLIN | POLLPRI);
		if (i == 1)
			oob_expect(fd[1], 'x');
	}
	oob_expect(fd[1], 'x');
	EXPECT_POLL(0, fd[1], POLLPRI);
}

CHECK(oob, unread_byte_resets,
      .title = "Closing with an urgent byte unread resets the peer",
      CLAUSES(linux_oob_release),
      ROWS(OOB_25),
      .types = STREAM, .addrs = PAIR,
      .why = "The sender learns from ECONNRESET that what it sent was never read.")
{
	char in[4];
	int fd[2];

	oob_pair(env, fd);
	oob_send(env, fd[0], fd[1], "x");
	EXPECT_RET(0, env_close(env, fd[1]));
	EXPECT_ERRNO(ECONNRESET, recv(fd[0], in, sizeof(in), 0));
	EXPECT_RET(0, recv(fd[0], in, sizeof(in), 0));
	EXPECT_ERRNO(EPIPE, send(fd[0], "y", 1, MSG_OOB | MSG_NOSIGNAL));
}

CHECK(oob, taken_byte_does_not_reset,
      .title = "Closing after the urgent byte was taken gives the peer a plain end",
      CLAUSES(linux_oob_release),
      ROWS(OOB_26),
      .types = STREAM, .addrs = PAIR,
      .why = "A peer that read everything must not look as if it had crashed.",
      .explain = "Before Linux 6.11 the byte counted as unread, and the peer got "
	      "ECONNRESET, which is accepted where SO_PASSRIGHTS (6.16) is not known; "
	      "a plain read in between made it the end there too.")
{
	char in[4];
	int fd[2];

	for (int i = 0; i < 2; i++) {
		CONTEXT("%s a plain read", i ? "with" : "without");
		oob_pair(env, fd);
		oob_send(env, fd[0], fd[1], "x");
		oob_expect(fd[1], 'x');
		if (i == 1)
			data_expect_empty(fd[1]);
		EXPECT_RET(0, env_close(env, fd[1]));
		if (i == 1 || release_proven(RELEASE_6_16))
			EXPECT_RET(0, recv(fd[0], in, sizeof(in), 0));
		else
			EXPECT_ERRNO_IN(recv(fd[0], in, sizeof(in), 0),
					0, ECONNRESET);
		EXPECT_RET(0, recv(fd[0], in, sizeof(in), 0));
	}
}

/* text with MSG_OOB and the writing end of a pipe; the reading end. */
static int send_with_pipe(struct env *env, int sock, const char *text)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = "" };
	struct iovec iov = { (char *)text, strlen(text) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int pipe_fd[2];

	SETUP(env_pipe(env, pipe_fd));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &pipe_fd[1], sizeof(int));
	ASSERT_RET(iov.iov_len, sendmsg(sock, &msg, MSG_OOB | MSG_NOSIGNAL));
	SETUP(env_close(env, pipe_fd[1]));
	return pipe_fd[0];
}

/* recvmsg() of at most 8 bytes; how many descriptors came, which are closed. */
static int count_fds(struct env *env, int sock, int flags, long want)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int[4]))];
	} control = { .bytes = "" };
	char in[8];
	struct iovec iov = { in, sizeof(in) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *c;
	int fd;

	EXPECT_RET(want, recvmsg(sock, &msg, flags | MSG_CMSG_CLOEXEC));
	EXPECT_MSG_FLAGS((flags & MSG_OOB) | MSG_CMSG_CLOEXEC, msg.msg_flags);
	c = CMSG_FIRSTHDR(&msg);
	if (!c)
		return 0;
	EXPECT_EQ(SCM_RIGHTS, c->cmsg_type);
	EXPECT_EQ(CMSG_LEN(sizeof(int)), c->cmsg_len);
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	EXPECT_RET(0, env_close(env, env_own(env, fd)));
	return 1;
}

CHECK(oob, descriptors_go_with_the_data,
      .title = "Descriptors sent with MSG_OOB come with the plain bytes before the urgent one",
      CLAUSES(linux_oob_fds),
      ROWS(OOB_33),
      .types = STREAM, .addrs = PAIR,
      .why = "A receiver that asks for control data with each read gets them all.")
{
	struct pollfd end = { .fd = -1 };
	int fd[2];

	oob_pair(env, fd);
	end.fd = send_with_pipe(env, fd[0], "abc");
	EXPECT_EQ(0, count_fds(env, fd[1], MSG_OOB, 1));
	EXPECT_EQ(1, count_fds(env, fd[1], MSG_DONTWAIT, 2));
	/* The one that came was the last. */
	ASSERT_RET(1, poll(&end, 1, -1));
	EXPECT_EQ(POLLHUP, end.revents);
	data_expect_empty(fd[1]);
}

CHECK(oob, descriptors_of_the_byte_are_lost,
      .title = "Descriptors sent with a lone urgent byte are not delivered, and not leaked",
      CLAUSES(linux_oob_fds),
      ROWS(OOB_34),
      .types = STREAM, .addrs = PAIR,
      .why = "Who passes a descriptor must send it with plain data.",
      .explain = "recvmsg(MSG_OOB) tells of none and a plain read neither; they are "
	      "closed by the system with the socket at the latest.")
{
	struct pollfd end = { .fd = -1 };
	int fd[2];

	oob_pair(env, fd);
	end.fd = send_with_pipe(env, fd[0], "x");
	EXPECT_EQ(0, count_fds(env, fd[1], MSG_OOB, 1));
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[0], fd[1]);
	EXPECT_RET(0, env_close(env, fd[1]));
	EXPECT_RET(0, env_close(env, fd[0]));
	ASSERT_RET(1, poll(&end, 1, -1));
	EXPECT_EQ(POLLHUP, end.revents);
}

CHECK(oob, inline_read_ends_it,
      .title = "With SO_OOBINLINE the urgent byte is urgent until it is read in its place",
      CLAUSES(linux_oob_poll, posix_oobinline),
      ROWS(OOB_19, OOB_22),
      .types = STREAM, .addrs = PAIR,
      .why = "A loop that polls for POLLPRI would turn for ever.")
{
	int fd[2];

	oob_pair(env, fd);
	SETUP(oob_set_inline(fd[1], 1));
	for (int i = 0; i < 2; i++) {
		oob_send(env, fd[0], fd[1], "x");
		EXPECT_POLL(POLLIN | POLLPRI, fd[1], POLLIN | POLLPRI);
		oob_expect_next(fd[1], "x");
		EXPECT_POLL(0, fd[1], POLLIN | POLLPRI);
		ASSERT_RET(1, send(fd[0], "y", 1, MSG_NOSIGNAL));
		EXPECT_POLL(POLLIN, fd[1], POLLIN | POLLPRI);
		oob_expect_next(fd[1], "y");
	}
}

CHECK(oob, sender_is_read_in_line,
      .title = "Descriptors and credentials of an urgent byte come with it when it is read in line",
      CLAUSES(linux_oob_fds, unix7_passcred),
      ROWS(OOB_19, OOB_33, CRED_01),
      .types = STREAM, .addrs = PAIR,
      .why = "In line the byte is data like any other.")
{
	struct pollfd end = { .fd = -1 };
	int fd[2];

	oob_pair(env, fd);
	SETUP(oob_set_inline(fd[1], 1));
	end.fd = send_with_pipe(env, fd[0], "x");
	EXPECT_EQ(1, count_fds(env, fd[1], MSG_DONTWAIT, 1));
	ASSERT_RET(1, poll(&end, 1, -1));
	EXPECT_EQ(POLLHUP, end.revents);
	/* And while another urgent byte waits. */
	oob_send(env, fd[0], fd[1], "w");
	end.fd = send_with_pipe(env, fd[0], "x");
	EXPECT_EQ(0, count_fds(env, fd[1], MSG_DONTWAIT, 1));
	EXPECT_EQ(1, count_fds(env, fd[1], MSG_DONTWAIT, 1));
	ASSERT_RET(1, poll(&end, 1, -1));
	EXPECT_EQ(POLLHUP, end.revents);
	SETUP(cred_pass(fd[1], SO_PASSCRED, 1));
	oob_send(env, fd[0], fd[1], "y");
	cred_expect_next(cred_self(), fd[1]);
}
