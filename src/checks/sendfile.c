// SPDX-License-Identifier: BSD-2-Clause
/* sendfile() to sockets, and copy_file_range(), which has none of them. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "harness/check.h"

#define FILE_SIZE 1000

/* A file of FILE_SIZE bytes of data_fill(), at its beginning. */
static int make_file(struct env *env)
{
	unsigned char out[FILE_SIZE];
	int fd;

	env_own_path(env, "file");
	fd = env_own(env, SETUP(open("file", O_RDWR | O_CREAT | O_CLOEXEC,
				     0600)));
	data_fill(out, 0, sizeof(out));
	SETUP(pwrite(fd, out, sizeof(out), 0));
	return fd;
}

static void expect_received(int fd, size_t start, size_t len)
{
	unsigned char in[FILE_SIZE + 8];

	EXPECT_RET(len, recv(fd, in, sizeof(in), MSG_DONTWAIT));
	EXPECT_THAT(data_is(in, start, len), "the file from byte %zu on", start);
	data_expect_empty(fd);
}

CHECK(sendfile, sends_a_file,
      .title = "sendfile() sends the bytes of a file and moves the file offset on",
      CLAUSES(sendfile2_count),
      ROWS(SF_01),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .why = "Servers send their files with it.",
      .explain = "A part, then all the rest although more was asked for, then 0 at "
	      "the end of the file.  On message sockets each is one message.")
{
	int fd[2], file = make_file(env);

	SETUP(env_pair(env, fd));
	EXPECT_RET(300, sendfile(fd[0], file, NULL, 300));
	expect_received(fd[1], 0, 300);
	EXPECT_EQ(300, lseek(file, 0, SEEK_CUR));
	EXPECT_RET(700, sendfile(fd[0], file, NULL, 4000));
	expect_received(fd[1], 300, 700);
	EXPECT_EQ(1000, lseek(file, 0, SEEK_CUR));
	EXPECT_RET(0, sendfile(fd[0], file, NULL, 10));
	data_expect_empty(fd[1]);
}

CHECK(sendfile, from_an_offset,
      .title = "sendfile() with an offset begins there, moves it, and leaves the file's own alone",
      CLAUSES(sendfile2_offset),
      ROWS(SF_02),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .why = "Several threads send parts of one file.")
{
	off_t offset = 100;
	int fd[2], file = make_file(env);

	SETUP(env_pair(env, fd));
	SETUP(lseek(file, 7, SEEK_SET));
	EXPECT_RET(50, sendfile(fd[0], file, &offset, 50));
	EXPECT_EQ(150, offset);
	EXPECT_EQ(7, lseek(file, 0, SEEK_CUR));
	expect_received(fd[1], 100, 50);
	EXPECT_RET(850, sendfile(fd[0], file, &offset, 5000));
	EXPECT_EQ(1000, offset);
	EXPECT_EQ(7, lseek(file, 0, SEEK_CUR));
	expect_received(fd[1], 150, 850);
}

CHECK(sendfile, not_from_a_socket,
      .title = "sendfile() from a socket fails with EINVAL and takes nothing",
      CLAUSES(sendfile2_input),
      ROWS(SF_03),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .why = "Programs try it and fall back to read() and write().")
{
	int fd[2], file = make_file(env);
	char in[8];

	SETUP(env_pair(env, fd));
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	EXPECT_ERRNO(EINVAL, sendfile(file, fd[1], NULL, 3));
	EXPECT_ERRNO(EINVAL, sendfile(fd[1], fd[1], NULL, 3));
	EXPECT_EQ(0, lseek(file, 0, SEEK_CUR));
	data_expect_empty(fd[0]);
	EXPECT_RET(3, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	data_expect_empty(fd[1]);
}

CHECK(sendfile, peer_reads_no_more,
      .title = "sendfile() to a peer that has shut down reading fails with EPIPE",
      CLAUSES(linux_splice_sends, posix_send_epipe),
      ROWS(SF_04, SF_05),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .why = "A server stops sending a file that nobody reads.",
      .explain = "The offset given does not move.  A stream raises SIGPIPE as well.")
{
	off_t offset = 10;
	int fd[2], file = make_file(env);

	SETUP(env_pair(env, fd));
	data_catch(SIGPIPE, SA_RESTART, -1);
	EXPECT_RET(0, shutdown(fd[1], SHUT_RD));
	EXPECT_ERRNO(EPIPE, sendfile(fd[0], file, &offset, 100));
	EXPECT_EQ(10, offset);
	if (env->type == SOCK_STREAM)
		EXPECT_EQ(1, data_caught());
}

CHECK(sendfile, copy_file_range_refuses,
      .title = "copy_file_range() from or to a socket fails with EINVAL",
      CLAUSES(copy_file_range2_einval),
      ROWS(SF_06),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .why = "Copying programs try it first and fall back by this errno.")
{
	int fd[2], file = make_file(env);
	char in[8];

	SETUP(env_pair(env, fd));
	ASSERT_RET(3, send(fd[0], "abc", 3, MSG_NOSIGNAL));
	if (copy_file_range(file, NULL, -1, NULL, 0, 0) < 0 && errno == ENOSYS)
		SKIP_CASE("there is no copy_file_range()");
	EXPECT_ERRNO(EINVAL, copy_file_range(fd[1], NULL, file, NULL, 3, 0));
	EXPECT_ERRNO(EINVAL, copy_file_range(file, NULL, fd[1], NULL, 3, 0));
	EXPECT_ERRNO(EINVAL, copy_file_range(fd[1], NULL, fd[0], NULL, 3, 0));
	EXPECT_EQ(0, lseek(file, 0, SEEK_CUR));
	data_expect_empty(fd[0]);
	EXPECT_RET(3, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	data_expect_empty(fd[1]);
}
