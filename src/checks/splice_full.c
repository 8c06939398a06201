// SPDX-License-Identifier: BSD-2-Clause
/*
 * splice() and sendfile() to sockets that take a part, nothing, or nothing
 * any more: what is counted, what stays where it was, and SIGPIPE.
 */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_fill.h"
#include "checks/util_option.h"
#include "harness/check.h"

#define PAGES 30
#define MAX_BYTES (64 * 4096)

static unsigned char in[MAX_BYTES], out[MAX_BYTES];

static int piped(int pipe_fd)
{
	int n = -1;

	SETUP(ioctl(pipe_fd, FIONREAD, &n));
	return n;
}

/* Take what has come; returns how many bytes of data_fill() are there now. */
static size_t collect(int fd, size_t have)
{
	long n;

	while ((n = recv(fd, in + have, sizeof(in) - have, MSG_DONTWAIT)) > 0)
		have += (size_t)n;
	return have;
}

/* A file of len bytes of data_fill(). */
static int file_of(struct env *env, size_t len)
{
	int fd;

	env_own_path(env, "file");
	fd = env_own(env, SETUP(open("file", O_RDWR | O_CREAT | O_CLOEXEC,
				     0600)));
	data_fill(out, 0, len);
	SETUP(pwrite(fd, out, len, 0));
	return fd;
}

static void set_nonblock(int fd)
{
	int flags = SETUP(fcntl(fd, F_GETFL));

	SETUP(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

/*
 * A stream of before Linux 6.5 hangs pages on what is queued, however full.
 * SO_PASSPIDFD is of the same release, and can be asked for.
 */
static void skip_hangers_on(const struct env *env, int fd)
{
	if (env->type == SOCK_STREAM && option_get(fd, SO_PASSPIDFD) < 0)
		SKIP_CASE("a full stream takes pages before Linux 6.5");
}

CHECK(splice, full_socket_is_eagain,
      .title = "splice() to a full O_NONBLOCK socket fails with EAGAIN; the data stays in the pipe",
      CLAUSES(splice2_eagain, splice2_nonblock),
      ROWS(SPL_20),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP,
      .why = "A proxy keeps in the pipe what its slower side does not take.",
      .explain = "sendfile() to it fails in the same way and moves no offset.")
{
	off_t offset = 1;
	int fd[2], pipe_fd[2], file = file_of(env, 8);

	SETUP(env_pair(env, fd));
	skip_hangers_on(env, fd[0]);
	SETUP(env_pipe(env, pipe_fd));
	set_nonblock(fd[0]);
	SETUP(write(pipe_fd[1], "hello", 5));
	fill_up(env, fd[0]);
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(EAGAIN, splice(pipe_fd[0], NULL, fd[0], NULL, 5, 0));
		EXPECT_EQ(5, piped(pipe_fd[0]));
		EXPECT_ERRNO(EAGAIN, sendfile(fd[0], file, &offset, 4));
		EXPECT_EQ(1, offset);
		EXPECT_ERRNO(EAGAIN, sendfile(fd[0], file, NULL, 4));
		EXPECT_EQ(0, lseek(file, 0, SEEK_CUR));
	}
	fill_drain(env, fd[1]);
	EXPECT_RET(5, splice(pipe_fd[0], NULL, fd[0], NULL, 5, 0));
	EXPECT_RET(5, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
	EXPECT_MEM("hello", in, 5);
	data_expect_empty(fd[1]);
}

static long do_splice(struct call *c)
{
	const int *from_to = c->arg;

	return splice(from_to[0], NULL, from_to[1], NULL, 5, SPLICE_F_NONBLOCK);
}

CHECK(splice, flag_is_of_the_pipe,
      .title = "SPLICE_F_NONBLOCK is about the pipe: to a full socket splice() waits for room",
      CLAUSES(splice2_nonblock),
      ROWS(SPL_21),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP, .needs = NEED_BLOCKED,
      .why = "A program that did not ask for it would have to handle EAGAIN.")
{
	int fd[2], pipe_fd[2], from_to[2];
	struct call c = { .arg = from_to };

	SETUP(env_pair(env, fd));
	skip_hangers_on(env, fd[0]);
	SETUP(env_pipe(env, pipe_fd));
	from_to[0] = pipe_fd[0];
	from_to[1] = fd[0];
	EXPECT_ERRNO(EAGAIN, splice(pipe_fd[0], NULL, fd[0], NULL, 5,
				    SPLICE_F_NONBLOCK));
	SETUP(write(pipe_fd[1], "hello", 5));
	fill_up(env, fd[0]);
	call_start(&c, "splice(SPLICE_F_NONBLOCK)", do_splice);
	ASSERT_BLOCKS(&c);
	fill_drain(env, fd[1]);
	EXPECT_CALL_RET(5, &c);
}

CHECK(splice, part_is_counted,
      .title = "splice() to a stream with room for a part returns the part; the pipe keeps the rest",
      CLAUSES(splice2_moves, splice2_nonblock),
      ROWS(SPL_22),
      .types = STREAM, .addrs = PAIR, .axes = SWAP,
      .why = "Bytes that are sent twice, or never, are a broken download.",
      .explain = "A large pipe with 30 pages of odd lengths, a small send buffer, "
	      "O_NONBLOCK; what was taken is read and the rest spliced, until all has "
	      "come in order.")
{
	size_t total = 0, sent = 0, got = 0;
	int fd[2], pipe_fd[2];
	bool cut = false;

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	set_nonblock(fd[0]);
	SETUP(option_set(fd[0], SO_SNDBUF, 1));
	if (fcntl(pipe_fd[1], F_SETPIPE_SZ, 32 * 4096) < 0)
		SKIP_CASE("a pipe of 128 KiB is not to be had");
	data_fill(out, 0, sizeof(out));
	for (int i = 0; i < PAGES; i++)
		total += (size_t)SETUP(write(pipe_fd[1], out + total,
					     4096 - (i % 3 ? 0 : 100)));
	for (int i = 0; i < 1000 && sent < total; i++) {
		long n = splice(pipe_fd[0], NULL, fd[0], NULL, total, 0);

		if (n < 0) {
			ASSERT_EQ(EAGAIN, errno);
			got = collect(fd[1], got);
			continue;
		}
		ASSERT_THAT(n > 0, "something was moved");
		sent += (size_t)n;
		cut = cut || sent < total;
		ASSERT_EQ(total - sent, piped(pipe_fd[0]));
	}
	got = collect(fd[1], got);
	if (!cut)
		NOTE("the smallest buffer took all of it");
	EXPECT_EQ(total, sent);
	ASSERT_EQ(total, got);
	EXPECT_THAT(data_is(in, 0, total), "the bytes in order");
}

CHECK(splice, twenty_pages_at_once,
      .title = "splice() of 20 pages from a large pipe to a stream moves all of them",
      CLAUSES(splice2_moves),
      ROWS(SPL_23),
      .types = STREAM, .addrs = PAIR, .axes = NONBLOCK,
      .why = "A short count is taken for the end of what the pipe has.")
{
	size_t total = 20 * 4096;
	int fd[2], pipe_fd[2];

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	if (fcntl(pipe_fd[1], F_SETPIPE_SZ, 32 * 4096) < 0)
		SKIP_CASE("a pipe of 128 KiB is not to be had");
	data_fill(out, 0, total);
	SETUP(fcntl(pipe_fd[1], F_SETFL, O_WRONLY | O_NONBLOCK));
	if (write(pipe_fd[1], out, total) != (ssize_t)total)
		SKIP_CASE("a pipe does not hold 80 KiB");
	EXPECT_RET(total, splice(pipe_fd[0], NULL, fd[0], NULL, MAX_BYTES, 0));
	ASSERT_EQ(total, collect(fd[1], 0));
	EXPECT_THAT(data_is(in, 0, total), "the bytes in order");
	EXPECT_EQ(0, piped(pipe_fd[0]));
}

CHECK(splice, several_pages_come_intact,
      .title = "splice() of data of several pages moves what it counts, byte by byte",
      CLAUSES(splice2_moves, linux_splice_message),
      ROWS(SPL_24),
      .types = ANY_TYPE, .addrs = PAIR, .axes = NONBLOCK,
      .why = "What is behind the first page would arrive garbled.",
      .explain = "10000 bytes, from a stream in several calls.  Of a message as many whole "
	      "pages come as the kernel had at hand, and the rest is lost.")
{
	size_t total = 10000, got = 0;
	int fd[2], pipe_fd[2];

	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	data_fill(out, 0, total);
	ASSERT_RET(total, send(fd[0], out, total, MSG_NOSIGNAL));
	do {
		long n = ASSERT_OK(splice(fd[1], NULL, pipe_fd[1], NULL,
					  total - got, SPLICE_F_NONBLOCK));

		ASSERT_THAT(n > 0, "something was moved");
		got += (size_t)n;
	} while (got < total && env->type == SOCK_STREAM);
	ASSERT_THAT(got == total || got % data_page() == 0,
		    "all of it, or whole pages; %zu bytes", got);
	ASSERT_EQ(got, piped(pipe_fd[0]));
	ASSERT_RET(got, read(pipe_fd[0], in, total));
	EXPECT_THAT(data_is(in, 0, got), "the bytes in order");
	data_expect_empty(fd[1]);
}

CHECK(splice, broken_stream_raises_sigpipe,
      .title = "splice() and sendfile() to a broken stream raise SIGPIPE once, with EPIPE",
      CLAUSES(linux_splice_sigpipe, posix_send_epipe),
      ROWS(SPL_25),
      .types = CONNECTED, .addrs = PAIR, .axes = SWAP | NONBLOCK,
      PARAMS("closed", "peer_shut", "own_shut"),
      .why = "Filters end by SIGPIPE when nobody reads them any more.",
      .explain = "The data stays in the pipe, and the offset of the file where it was.  "
	      "SOCK_SEQPACKET raises no signal.")
{
	off_t offset = 2;
	int fd[2], pipe_fd[2], file = file_of(env, 8);
	int signals = env->type == SOCK_STREAM;

	data_catch(SIGPIPE, SA_RESTART, -1);
	SETUP(env_pair(env, fd));
	SETUP(env_pipe(env, pipe_fd));
	SETUP(write(pipe_fd[1], "hello", 5));
	if (env->param == 0)
		ASSERT_RET(0, env_close(env, fd[1]));
	else
		ASSERT_RET(0, env->param == 1 ? shutdown(fd[1], SHUT_RD) :
						shutdown(fd[0], SHUT_WR));
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(EPIPE, splice(pipe_fd[0], NULL, fd[0], NULL, 5, 0));
		EXPECT_EQ((2 * i + 1) * signals, data_caught());
		EXPECT_EQ(5, piped(pipe_fd[0]));
		EXPECT_ERRNO(EPIPE, sendfile(fd[0], file, &offset, 4));
		EXPECT_EQ((2 * i + 2) * signals, data_caught());
		EXPECT_EQ(2, offset);
	}
}

static long do_write(struct call *c)
{
	return write(*(int *)c->arg, "x", 1);
}

CHECK(splice, makes_room_in_the_pipe,
      .title = "splice() to a socket wakes a writer that sleeps on the full pipe",
      CLAUSES(splice2_moves),
      ROWS(SPL_26),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP, .needs = NEED_BLOCKED,
      .why = "The program whose output a proxy splices would hang.",
      .explain = "A whole page is moved, for a pipe has room again by pages.")
{
	size_t page = data_page();
	int fd[2], pipe_fd[2];
	struct call c = { .arg = &pipe_fd[1] };

	SETUP(env_pair(env, fd));
	if (page > 4096)
		SETUP(option_set(fd[0], SO_SNDBUF, 2 * (int)page));
	if (page > sizeof(in) || option_get(fd[0], SO_SNDBUF) < (int)page + 64)
		SKIP_CASE("no room for a message of a page, %zu bytes", page);
	SETUP(env_pipe(env, pipe_fd));
	SETUP(fcntl(pipe_fd[1], F_SETFL, O_WRONLY | O_NONBLOCK));
	while (write(pipe_fd[1], out, 4096) > 0)
		;
	SETUP(fcntl(pipe_fd[1], F_SETFL, O_WRONLY));
	call_start(&c, "write() to the full pipe", do_write);
	ASSERT_BLOCKS(&c);
	EXPECT_RET(page, splice(pipe_fd[0], NULL, fd[0], NULL, page, 0));
	EXPECT_CALL_RET(1, &c);
	EXPECT_RET(page, recv(fd[1], in, sizeof(in), MSG_DONTWAIT));
}

/* All of the file from its beginning, as often as it takes. */
static void send_in_parts(struct env *env, int file, int buffer)
{
	size_t total = MAX_BYTES, sent = 0, got = 0;
	off_t offset = 0;
	int fd[2];

	SETUP(env_pair(env, fd));
	set_nonblock(fd[0]);
	SETUP(option_set(fd[0], SO_SNDBUF, buffer));
	SETUP(lseek(file, 0, SEEK_SET));
	memset(in, 0, sizeof(in));
	for (int i = 0; i < 1000 && sent < total; i++) {
		long n = sendfile(fd[0], file, env->param ? NULL : &offset,
				  total);

		if (n < 0)
			ASSERT_EQ(EAGAIN, errno);
		else
			sent += (size_t)n;
		ASSERT_EQ(sent, env->param ? lseek(file, 0, SEEK_CUR) : offset);
		got = collect(fd[1], got);
		ASSERT_EQ(sent, got);
	}
	EXPECT_EQ(total, sent);
	EXPECT_THAT(data_is(in, 0, total), "the file in order");
}

CHECK(sendfile, part_is_counted,
      .title = "sendfile() to a stream with room for a part moves the offset by the part",
      CLAUSES(sendfile2_count, sendfile2_offset),
      ROWS(SF_10),
      .types = STREAM, .addrs = PAIR, .axes = SWAP,
      PARAMS("offset", "position"),
      .why = "Servers go on from the offset that they are told.",
      .explain = "256 KiB and send buffers of 8, 16, 64 and 200 KiB, so that now a part and "
	      "now nothing of what was read ahead has room; O_NONBLOCK: each call counts what "
	      "it moved, the offset or the position of the file tells the same, and all "
	      "arrives in order.")
{
	static const int buffer[] = { 4096, 8192, 32768, 100000 };
	int file = file_of(env, MAX_BYTES);

	for (size_t i = 0; i < sizeof(buffer) / sizeof(buffer[0]); i++) {
		CONTEXT("SO_SNDBUF %d", buffer[i]);
		send_in_parts(env, file, buffer[i]);
	}
}
