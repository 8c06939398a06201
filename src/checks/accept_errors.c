// SPDX-License-Identifier: BSD-2-Clause
/*
 * accept() on sockets that cannot, with arguments that are not good, and
 * without a free descriptor; and what becomes of the client that waits.
 */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/valgrind.h"
#include "checks/util_backlog.h"
#include "harness/check.h"

CHECK(accept, dgram_is_refused,
      .title = "accept() on a datagram socket fails with EOPNOTSUPP",
      CLAUSES(posix_accept_eopnotsupp),
      ROWS(ACC_03),
      .types = DGRAM, .addrs = ANY_ADDR, .axes = NONBLOCK, .controls = UDP,
      .why = "A server of the wrong type must learn it at once, not sleep.",
      .explain = "Unbound, bound and connected.  FreeBSD says EINVAL.")
{
	struct addr a = env_addr(env, 2);	/* the pair has the others */
	int fd = SETUP(env_socket(env)), pair[2];

	EXPECT_ERRNO(EOPNOTSUPP, accept(fd, NULL, NULL));
	fd = SETUP(env_bound(env, &a));
	EXPECT_ERRNO(EOPNOTSUPP, accept(fd, NULL, NULL));
	SETUP(env_pair(env, pair));
	EXPECT_ERRNO(EOPNOTSUPP, accept(pair[0], NULL, NULL));
	EXPECT_RET(1, send(pair[1], "x", 1, 0));
	EXPECT_ERRNO(EOPNOTSUPP, accept(pair[0], NULL, NULL));
}

CHECK(accept, not_listening_is_einval,
      .title = "accept() on a socket that does not listen fails with EINVAL",
      CLAUSES(posix_accept_einval),
      ROWS(ACC_04, ACC_05),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .why = "A server that forgot listen() must learn it at once, not sleep.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env));

	EXPECT_ERRNO(EINVAL, accept(fd, NULL, NULL));
	fd = SETUP(env_bound(env, &a));
	EXPECT_ERRNO(EINVAL, accept(fd, NULL, NULL));
	SETUP(listen(fd, 2));
	ASSERT_OK(backlog_connect(env, &a));
	EXPECT_OK(env_accept(env, fd));
}

CHECK(accept, connected_is_einval,
      .title = "accept() on either end of a connection fails with EINVAL",
      CLAUSES(posix_accept_einval, posix_accept_not_listener),
      ROWS(ACC_06),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = NONBLOCK | SWAP,
      .controls = TCP,
      .why = "A server that mixes up its descriptors must see an error, not sleep.")
{
	int fd[2];
	char got = 0;

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EINVAL, accept(fd[0], NULL, NULL));
	EXPECT_ERRNO(EINVAL, accept(fd[1], NULL, NULL));
	EXPECT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EINVAL, accept(fd[1], NULL, NULL));
	EXPECT_RET(1, recv(fd[1], &got, 1, 0));
	EXPECT_EQ('x', got);
}

CHECK(accept, bad_descriptor,
      .title = "accept() on a closed descriptor fails with EBADF, on another file with ENOTSOCK",
      CLAUSES(posix_accept_ebadf, posix_accept_enotsock),
      ROWS(ACC_33),
      .why = "The errno tells a mixed-up descriptor from a socket in the wrong state.")
{
	int fd[2], closed;

	SETUP(env_pipe(env, fd));
	EXPECT_ERRNO(ENOTSOCK, accept(fd[0], NULL, NULL));
	EXPECT_ERRNO(ENOTSOCK, accept4(fd[1], NULL, NULL, SOCK_CLOEXEC));
	closed = SETUP(env_own(env, open(".", O_RDONLY | O_CLOEXEC)));
	EXPECT_ERRNO(ENOTSOCK, accept(closed, NULL, NULL));
	SETUP(env_close(env, closed));
	EXPECT_ERRNO(EBADF, accept(closed, NULL, NULL));
	EXPECT_ERRNO(EBADF, accept4(-1, NULL, NULL, SOCK_CLOEXEC));
}

/* The client was taken from the queue and its connection has ended. */
static void expect_lost(int client, int listener)
{
	char buf[4];

	EXPECT_RET(0, recv(client, buf, sizeof(buf), 0));
	SETUP(backlog_set_nonblock(listener, true));
	EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
	SETUP(backlog_set_nonblock(listener, false));
}

static int bad_accept(int listener, void *name, void *len, int flags)
{
	return flags ? accept4(listener, name, len, flags) :
		       accept(listener, name, len);
}

CHECK(accept, unmapped_address,
      .title = "accept() with a bad address pointer fails with EFAULT and closes the connection",
      CLAUSES(accept2_efault, linux_accept_bad_address),
      ROWS(ACC_12, ACC_13),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .why = "The client must see the end, and the server must not lose a descriptor.",
      .explain = "A bad address, a bad length pointer and none, to accept() and to accept4() "
	      "with each flag.  The connection is gone: "
	      "its client reads the end and the queue is empty.")
{
	static const int flags[] = { 0, SOCK_CLOEXEC, SOCK_NONBLOCK };
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), client;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	socklen_t len = sizeof(a.bytes);
	void *bad;

	if (env->valgrind)
		SKIP_CASE("valgrind objects to the bad address");
	if (asan_runs())
		SKIP_CASE("AddressSanitizer objects to the bad address");
	bad = mmap(NULL, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bad == MAP_FAILED)
		BROKEN("mmap() failed");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		CONTEXT("flags 0%o", (unsigned int)flags[i]);
		client = ASSERT_OK(backlog_connect(env, &a));
		EXPECT_ERRNO(EFAULT, bad_accept(listener, bad, &len, flags[i]));
		expect_lost(client, listener);
		client = ASSERT_OK(backlog_connect(env, &a));
		EXPECT_ERRNO(EFAULT,
			     bad_accept(listener, a.bytes, bad, flags[i]));
		expect_lost(client, listener);
		client = ASSERT_OK(backlog_connect(env, &a));
		EXPECT_ERRNO(EFAULT,
			     bad_accept(listener, a.bytes, NULL, flags[i]));
		expect_lost(client, listener);
	}
	SETUP(munmap(bad, page));
}

CHECK(accept, negative_length,
      .title = "accept() with a negative address length fails with EINVAL",
      CLAUSES(accept2_einval_length, linux_accept_bad_address),
      ROWS(ACC_14),
      .types = CONNECTED, .addrs = NAMED, .controls = TCP,
      .why = "A length that was never set must not let the system write anywhere.")
{
	struct addr a = env_addr(env, 0), name = { .bytes = "untouched" };
	int listener = SETUP(env_listener(env, 4, &a));
	int client = ASSERT_OK(backlog_connect(env, &a));

	if (env->valgrind)
		SKIP_CASE("valgrind objects to the length");
	name.len = (socklen_t)-1;
	EXPECT_ERRNO(EINVAL, accept(listener, &name.sa, &name.len));
	EXPECT_EQ(-1, (int)name.len);
	EXPECT_MEM("untouched", name.bytes, sizeof("untouched"));
	expect_lost(client, listener);
}

CHECK(accept, short_buffer_truncates_name,
      .title = "accept() cuts a name to the buffer and reports its whole length",
      CLAUSES(posix_accept_truncates, accept2_truncates),
      ROWS(ACC_31),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .why = "A byte beyond the buffer is somebody else's memory.",
      .explain = "Each length from 0 to one more than the name; the bytes beyond stay as "
	      "they were; a null address is accepted, too, and leaves the length alone.")
{
	struct addr a = env_addr(env, 0), b = env_addr(env, 1), name;
	int listener = SETUP(env_listener(env, 4, &a)), fd;

	for (socklen_t room = 0; room <= b.len + 1; room++) {
		int client = SETUP(env_bound(env, &b));
		socklen_t kept = room < b.len ? room : b.len;

		CONTEXT("room for %u of %u bytes", room, b.len);
		ASSERT_RET(0, connect(client, &a.sa, a.len));
		memset(name.bytes, 0xa5, sizeof(name.bytes));
		name.len = room;
		fd = ASSERT_OK(accept(listener, &name.sa, &name.len));
		EXPECT_RET(0, close(fd));
		EXPECT_EQ(b.len, name.len);
		EXPECT_MEM(b.bytes, name.bytes, kept);
		EXPECT_EQ(0xa5, name.bytes[kept]);
		EXPECT_EQ(0xa5, name.bytes[b.len + 1]);
		SETUP(env_close(env, client));
		if (env->row->addr == PATH)
			SETUP(unlink(b.un.sun_path));
		b = env_addr(env, 1);
		b.len = env_is_control(env) ? name.len : b.len;
	}
	ASSERT_OK(backlog_connect(env, &a));
	fd = ASSERT_OK(accept(listener, NULL, NULL));
	EXPECT_RET(0, close(fd));
	ASSERT_OK(backlog_connect(env, &a));
	name.len = 77;
	fd = ASSERT_OK(accept(listener, NULL, &name.len));
	EXPECT_RET(0, close(fd));
	EXPECT_EQ(77, name.len);
}

CHECK(accept, no_descriptor_keeps_client,
      .title = "accept() without a free descriptor fails with EMFILE and the client waits on",
      CLAUSES(posix_accept_emfile, linux_accept_emfile_keeps),
      ROWS(ACC_17),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK, .controls = TCP,
      .why = "A server at its limit must be able to serve the client later.",
      .explain = "RLIMIT_NOFILE is lowered to what is open: EMFILE, twice.  Raised again, "
	      "accept() gives the client and what it sent.")
{
	struct addr a = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &a)), peer;
	int client = ASSERT_OK(backlog_connect(env, &a)), next;
	struct rlimit usual, low;
	char got = 0;

	if (env->valgrind)
		SKIP_CASE("valgrind keeps the limit itself, after the call");
	ASSERT_RET(1, send(client, "m", 1, MSG_NOSIGNAL));
	next = SETUP(dup(listener));
	SETUP(close(next));
	SETUP(getrlimit(RLIMIT_NOFILE, &usual));
	low = usual;
	low.rlim_cur = (rlim_t)next;
	SETUP(setrlimit(RLIMIT_NOFILE, &low));
	EXPECT_ERRNO(EMFILE, accept(listener, NULL, NULL));
	EXPECT_ERRNO(EMFILE, accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	SETUP(setrlimit(RLIMIT_NOFILE, &usual));
	peer = ASSERT_OK(env_accept(env, listener));
	EXPECT_RET(1, recv(peer, &got, 1, 0));
	EXPECT_EQ('m', got);
	EXPECT_RET(1, send(peer, "r", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(client, &got, 1, 0));
	EXPECT_EQ('r', got);
}
