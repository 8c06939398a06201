// SPDX-License-Identifier: BSD-2-Clause
/*
 * Arrays of buffers: how many there may be, and how long.
 */
#include "config.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "harness/check.h"

CHECK(iovec, carries_iov_max,
      .title = "writev() of IOV_MAX pieces delivers every byte in order, and readv() takes as many",
      CLAUSES(posix_writev_gathers, posix_readv_scatters),
      ROWS(STR_26),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP | NONBLOCK,
      .controls = TCP,
      .why = "Servers gather their replies up to the limit that the system names.",
      .explain = "Every third piece is empty, the others have one byte, so that all "
	      "fits the smallest send buffer.")
{
	long max = sysconf(_SC_IOV_MAX), size = 0;
	struct iovec *out = calloc((size_t)max, sizeof(*out));
	struct iovec *in = calloc((size_t)max, sizeof(*in));
	unsigned char *bytes = malloc(2 * (size_t)max);
	int fd[2];

	if (max < 16 || !out || !in || !bytes)
		BROKEN("no memory for %ld pieces", max);
	SETUP(env_pair(env, fd));
	data_fill(bytes, 0, (size_t)max);
	for (long i = 0; i < max; i++) {
		out[i] = (struct iovec){ bytes + size, i % 3 ? 1 : 0 };
		in[i] = (struct iovec){ bytes + max + i, 1 };
		size += i % 3 ? 1 : 0;
	}
	EXPECT_RET(size, writev(fd[0], out, (int)max));
	data_settle(env, fd[1], (size_t)size);
	EXPECT_RET(size, readv(fd[1], in, (int)max));
	EXPECT_MEM(bytes, bytes + max, (size_t)size);
	data_expect_empty(fd[1]);
	free(out);
	free(in);
	free(bytes);
}

CHECK(iovec, count_limit,
      .title = "More pieces than IOV_MAX are EINVAL for writev() and EMSGSIZE for sendmsg()",
      CLAUSES(posix_sendmsg_emsgsize_count, posix_recvmsg_emsgsize_count,
	      readv2_einval_count, posix_writev_einval_count),
      ROWS(STR_27, STR_28),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .controls = TCP | UDP,
      .why = "A limit that cuts silently loses data; one with another errno is not recognised.")
{
	long max = sysconf(_SC_IOV_MAX);
	struct iovec *iov = calloc((size_t)max + 1, sizeof(*iov));
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = (size_t)max + 1 };
	volatile int negative = -1;
	char byte = 'b';
	int fd[2];

	if (max < 16 || !iov)
		BROKEN("no memory for %ld pieces", max);
	for (long i = 0; i <= max; i++)
		iov[i].iov_base = &byte;
	iov[0].iov_len = 1;
	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EINVAL, writev(fd[0], iov, (int)max + 1));
	EXPECT_ERRNO(EINVAL, writev(fd[0], iov, negative));
	EXPECT_ERRNO(EMSGSIZE, sendmsg(fd[0], &msg, MSG_NOSIGNAL));
	data_expect_empty(fd[1]);
	msg.msg_iovlen--;
	EXPECT_RET(1, sendmsg(fd[0], &msg, MSG_NOSIGNAL));
	data_settle(env, fd[1], 1);
	msg.msg_iovlen++;
	EXPECT_ERRNO(EINVAL, readv(fd[1], iov, (int)max + 1));
	EXPECT_ERRNO(EINVAL, readv(fd[1], iov, negative));
	EXPECT_ERRNO(EMSGSIZE, recvmsg(fd[1], &msg, MSG_DONTWAIT));
	msg.msg_iovlen--;
	byte = 0;
	EXPECT_RET(1, recvmsg(fd[1], &msg, MSG_DONTWAIT));
	EXPECT_EQ('b', byte);
	free(iov);
}

static void skip_under_valgrind(struct env *env)
{
	if (env->valgrind)
		SKIP_CASE("valgrind looks at all the memory that a length claims");
}

/*
 * Is there such memory, for all that the system knows of addresses?  So it is
 * for a program of 32 bits on a kernel of 64, and on s390x, whose programs have
 * all addresses to themselves: access_ok() refuses nothing, and the sum is cut
 * to MAX_RW_COUNT.  A pipe then has its byte read into the first buffer.
 */
static bool may_be_memory(struct env *env, const struct iovec two[2])
{
	int pipe_fd[2];

	SETUP(env_pipe(env, pipe_fd));
	SETUP(write(pipe_fd[1], "k", 1));
	return readv(pipe_fd[0], two, 2) == 1;
}

/* n is what came of reading "k" into last, which held "b". */
static void expect_not_read(int fd, unsigned char *last, long n)
{
	if (n == -1) {
		EXPECT_EQ('b', *last);
		EXPECT_RET(1, recv(fd, last, 1, MSG_DONTWAIT));
	} else {
		EXPECT_EQ(1, n);
	}
	EXPECT_EQ('k', *last);
	data_expect_empty(fd);
}

CHECK(iovec, length_overflow,
      .title = "An array of buffers longer than ssize_t can tell is EINVAL, and moves nothing",
      CLAUSES(posix_sendmsg_einval_sum, posix_recvmsg_einval_sum,
	      posix_writev_einval_sum, linux_iovec_clamped),
      ROWS(FLG_29),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = NONBLOCK,
      .why = "A sum that wraps makes a small count of a huge one.",
      .explain = "POSIX says EINVAL for a sum over SSIZE_MAX.  Linux says so of a "
	      "single buffer; a sum of permitted lengths gets EFAULT where no such "
	      "memory exists.  Where it may exist, to s390x or as that of a 32-bit "
	      "program to a 64-bit kernel, a message is EMSGSIZE, and a read gets what "
	      "there is; a pipe tells.")
{
	unsigned char *last = data_edge(1) - 1;
	struct iovec one[1] = { { last, (size_t)SSIZE_MAX + 1 } };
	struct iovec two[2] = { { last, 1 }, { last, SSIZE_MAX } };
	struct msghdr msg_one = { .msg_iov = one, .msg_iovlen = 1 };
	struct msghdr msg_two = { .msg_iov = two, .msg_iovlen = 2 };
	int fd[2], more = EINVAL, read_more = EINVAL;

	skip_under_valgrind(env);
	if (may_be_memory(env, two)) {
		more = env->type == SOCK_STREAM ? EINVAL : EMSGSIZE;
		read_more = 0;
	}
	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EINVAL, writev(fd[0], one, 1));
	EXPECT_ERRNO(EINVAL, sendmsg(fd[0], &msg_one, MSG_NOSIGNAL));
	EXPECT_ERRNO_IN(writev(fd[0], two, 2), EINVAL, EFAULT, more);
	EXPECT_ERRNO_IN(sendmsg(fd[0], &msg_two, MSG_NOSIGNAL), EINVAL, EFAULT,
			more);
	data_expect_empty(fd[1]);

	*last = 'b';
	ASSERT_RET(1, send(fd[0], "k", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EINVAL, readv(fd[1], one, 1));
	EXPECT_ERRNO(EINVAL, recvmsg(fd[1], &msg_one, 0));
	expect_not_read(fd[1], last,
			EXPECT_ERRNO_IN(readv(fd[1], two, 2), EINVAL, EFAULT,
					read_more));
	*last = 'b';
	ASSERT_RET(1, send(fd[0], "k", 1, MSG_NOSIGNAL));
	expect_not_read(fd[1], last,
			EXPECT_ERRNO_IN(recvmsg(fd[1], &msg_two, 0), EINVAL,
					EFAULT, read_more));
}

CHECK(iovec, message_of_maximal_length,
      .title = "A message of the greatest length a call can name is EMSGSIZE",
      CLAUSES(linux_message_too_long, posix_send_emsgsize),
      ROWS(FLG_28),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = NONBLOCK, .controls = UDP,
      .why = "A length that turned negative must not pass for a small or an empty message.")
{
	volatile size_t length[] = { SIZE_MAX, (size_t)SSIZE_MAX + 1, SSIZE_MAX,
				     INT_MAX };
	/* Not on the stack: from there INT_MAX may be beyond all addresses. */
	static char byte = 'b';
	int fd[2];

	skip_under_valgrind(env);
	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(length) / sizeof(length[0]); i++) {
		CONTEXT("length %zu", length[i]);
		/* Where half the address space is too much it is no memory. */
		if (PROGRAM_OF_32_BITS)
			EXPECT_ERRNO_IN(send(fd[0], &byte, length[i], MSG_NOSIGNAL),
					EMSGSIZE, EFAULT);
		else
			EXPECT_ERRNO(EMSGSIZE, send(fd[0], &byte, length[i],
						    MSG_NOSIGNAL));
		data_expect_empty(fd[1]);
	}
	data_expect_works(env, fd[0], fd[1]);
}
