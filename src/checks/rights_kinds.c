// SPDX-License-Identifier: BSD-2-Clause
/* SCM_RIGHTS with descriptors that are not plain files. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_rights.h"
#include "harness/check.h"

/* What fd is when it has gone through a pair of sockets of the row. */
static int pass(struct env *env, int fd)
{
	struct cmsg_msg m;
	int sock[2], got;

	SETUP(env_pair(env, sock));
	ASSERT_RET(1, rights_send(sock[0], &fd, 1, "x", 1));
	ASSERT_RET(1, rights_recv(sock[1], &m, 1, RIGHTS_SPACE(1), 0));
	ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	return got;
}

CHECK(rights, socket_over_itself,
      .title = "A socket can be sent over itself, and both ends of a pair over each other",
      CLAUSES(unix7_scm_rights),
      ROWS(RTS_48),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      .why = "It is the smallest cycle: what refuses it, or loses it, breaks brokers.")
{
	int fd[2], got[2];
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, rights_send(fd[0], fd, 2, "x", 1));
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(2), 0));
	ASSERT_EQ(2, rights_take(env, &m, got, 2));
	EXPECT_THAT(rights_same(fd[0], got[0]), "the first is the sender");
	EXPECT_THAT(rights_same(fd[1], got[1]), "the second is the receiver");
	EXPECT_RET(0, env_close(env, fd[0]));
	EXPECT_RET(0, env_close(env, fd[1]));
	data_expect_works(env, got[0], got[1]);
	data_expect_works(env, got[1], got[0]);
}

CHECK(rights, received_by_itself,
      .title = "A socket that was queued in itself is received by its own copy",
      CLAUSES(unix7_scm_rights, linux_gc_keeps),
      ROWS(RTS_48),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "The queue holds the socket that holds the queue.")
{
	int fd[2], got, again;
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, rights_send(fd[0], &fd[1], 1, "a", 1));
	ASSERT_RET(1, rights_send(fd[0], &fd[1], 1, "b", 1));
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), 0));
	ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	SETUP(env_close(env, fd[1]));
	ASSERT_RET(1, rights_recv(got, &m, 1, RIGHTS_SPACE(1), 0));
	EXPECT_EQ('b', m.data[0]);
	ASSERT_EQ(1, rights_take(env, &m, &again, 1));
	EXPECT_THAT(rights_same(got, again), "it is the same socket");
	data_expect_works(env, fd[0], again);
}

CHECK(rights, o_path_stays,
      .title = "An O_PATH descriptor can be passed, and stays one",
      CLAUSES(open2_o_path_passed, posix_open_file_description),
      ROWS(RTS_49),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Sandboxes pass places in the file tree; reading must not come with them.")
{
	int file = rights_file(env);
	int place = env_own(env, SETUP(open("file", O_PATH | O_CLOEXEC)));
	int got = pass(env, place);

	EXPECT_EQ(O_PATH, fcntl(got, F_GETFL) & O_PATH);
	EXPECT_THAT(rights_same(file, got), "it leads to the file");
	EXPECT_ERRNO(EBADF, read(got, &(char){ 0 }, 1));
}

CHECK(rights, epoll_works,
      .title = "An epoll descriptor can be passed, with what it watches",
      CLAUSES(unix7_scm_rights),
      ROWS(RTS_50),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Servers that restart hand over their epoll set.")
{
	int epoll = env_own(env, SETUP(epoll_create1(EPOLL_CLOEXEC)));
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 42 };
	int token[2], got;

	rights_token(env, token);
	SETUP(epoll_ctl(epoll, EPOLL_CTL_ADD, token[0], &event));
	got = pass(env, epoll);
	SETUP(env_close(env, epoll));
	EXPECT_RET(0, epoll_wait(got, &event, 1, 0));
	SETUP(write(token[1], "x", 1));
	EXPECT_RET(1, epoll_wait(got, &event, 1, 0));
	EXPECT_EQ(42, event.data.u64);
}

CHECK(rights, seals_seen,
      .title = "The seals of a memfd are seen, and hold, at the receiver",
      CLAUSES(memfd_create2_seals),
      ROWS(RTS_52),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Receivers map shared memory on the word of its seals.")
{
	int seals = F_SEAL_SHRINK | F_SEAL_WRITE, got;
	int mem = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	if (mem < 0)
		SKIP_CASE("memfd_create() is not there");
	env_own(env, mem);
	SETUP(ftruncate(mem, 100));
	SETUP(fcntl(mem, F_ADD_SEALS, seals));
	got = pass(env, mem);
	EXPECT_RET(seals, fcntl(got, F_GET_SEALS));
	EXPECT_ERRNO(EPERM, ftruncate(got, 50));
	EXPECT_ERRNO(EPERM, write(got, "x", 1));
	EXPECT_RET(0, fcntl(got, F_ADD_SEALS, F_SEAL_GROW));
	EXPECT_RET(seals | F_SEAL_GROW, fcntl(mem, F_GET_SEALS));
}

CHECK(rights, lock_in_flight,
      .title = "An flock() stays held in flight, and is released when the message is dropped",
      CLAUSES(flock2_open_file, unix7_in_flight, linux_rights_discard),
      ROWS(RTS_53),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("received", "read_without_room", "closed"),
      .why = "A lock that is lost or kept for ever with nobody holding it.")
{
	int fd[2], file = rights_file(env), got;
	int other = env_own(env, SETUP(open("file", O_RDWR | O_CLOEXEC)));
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	if (flock(file, LOCK_EX | LOCK_NB) < 0)
		SKIP_CASE("flock() does not work here");
	ASSERT_RET(1, rights_send(fd[0], &file, 1, "x", 1));
	SETUP(env_close(env, file));
	EXPECT_ERRNO(EWOULDBLOCK, flock(other, LOCK_EX | LOCK_NB));
	if (env->param == 0) {
		ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), 0));
		ASSERT_EQ(1, rights_take(env, &m, &got, 1));
		EXPECT_ERRNO(EWOULDBLOCK, flock(other, LOCK_EX | LOCK_NB));
		EXPECT_RET(0, env_close(env, got));
	} else if (env->param == 1) {
		EXPECT_RET(1, recv(fd[1], &(char){ 0 }, 1, MSG_DONTWAIT));
	} else {
		EXPECT_RET(0, env_close(env, fd[1]));
	}
	EXPECT_RET(0, flock(other, LOCK_EX | LOCK_NB));
}

/* struct io_uring_params has 120 bytes; all zero asks for nothing special. */
static int io_uring(void)
{
#ifdef SYS_io_uring_setup
	unsigned char params[256] = { 0 };

	return (int)syscall(SYS_io_uring_setup, 2, params);
#else
	errno = ENOSYS;
	return -1;
#endif
}

CHECK(rights, no_io_uring,
      .title = "An io_uring descriptor is refused with EINVAL, and nothing is sent",
      CLAUSES(linux_rights_io_uring),
      ROWS(RTS_54),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A ring in flight that holds the socket it is queued in is never freed.",
      .explain = "Since 6.7; earlier kernels pass it, which is accepted where "
		 "SO_PASSRIGHTS (6.16) is not known.")
{
	int fd[2], ring = io_uring(), file = rights_file(env);
	struct cmsg_msg m;

	if (ring < 0)
		SKIP_CASE("io_uring_setup() is refused here");
	env_own(env, ring);
	SETUP(env_pair(env, fd));
	if (release_proven(RELEASE_6_16)) {
		EXPECT_ERRNO(EINVAL, rights_send(fd[0], (int[]){ file, ring }, 2,
						 "x", 1));
	} else if (EXPECT_ERRNO_IN(rights_send(fd[0], (int[]){ file, ring }, 2,
					       "x", 1), EINVAL, 0) == 1) {
		EXPECT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(2), 0));
		EXPECT_EQ(2, rights_close(&m));
	}
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}
