// SPDX-License-Identifier: BSD-2-Clause
/*
 * What every call that moves data or asks a socket does with a descriptor or a
 * header that is none.  bind(), connect(), listen(), accept() and shutdown()
 * have checks of their own.
 */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/valgrind.h"
#include "checks/util_data.h"
#include "harness/check.h"

/* Room for the name that a header says, and for more. */
#define LONG_NAME 200

#define CALLS                                                                  \
	PARAMS("send", "sendto", "sendmsg", "sendmmsg", "recv", "recvfrom",    \
	       "recvmsg", "recvmmsg", "getsockname", "getpeername",            \
	       "getsockopt", "setsockopt")

static long call_by_name(const char *name, int fd)
{
	struct addr a = { .len = sizeof(a.bytes) };
	char byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct mmsghdr m = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };
	int value = 1;
	socklen_t len = sizeof(value);

	if (strcmp(name, "send") == 0)
		return send(fd, &byte, 1, MSG_NOSIGNAL);
	if (strcmp(name, "sendto") == 0)
		return sendto(fd, &byte, 1, MSG_NOSIGNAL, NULL, 0);
	if (strcmp(name, "sendmsg") == 0)
		return sendmsg(fd, &m.msg_hdr, MSG_NOSIGNAL);
	if (strcmp(name, "sendmmsg") == 0)
		return sendmmsg(fd, &m, 1, MSG_NOSIGNAL);
	if (strcmp(name, "recv") == 0)
		return recv(fd, &byte, 1, MSG_DONTWAIT);
	if (strcmp(name, "recvfrom") == 0)
		return recvfrom(fd, &byte, 1, MSG_DONTWAIT, &a.sa, &a.len);
	if (strcmp(name, "recvmsg") == 0)
		return recvmsg(fd, &m.msg_hdr, MSG_DONTWAIT);
	if (strcmp(name, "recvmmsg") == 0)
		return recvmmsg(fd, &m, 1, MSG_DONTWAIT, NULL);
	if (strcmp(name, "getsockname") == 0)
		return getsockname(fd, &a.sa, &a.len);
	if (strcmp(name, "getpeername") == 0)
		return getpeername(fd, &a.sa, &a.len);
	if (strcmp(name, "getsockopt") == 0)
		return getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len);
	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, len);
}

CHECK(argument, bad_descriptor,
      .title = "Calls on a descriptor that is closed fail with EBADF, on another file with ENOTSOCK",
      CLAUSES(posix_send_ebadf, posix_send_enotsock, posix_recv_ebadf,
	      posix_recv_enotsock, posix_getsockname_ebadf,
	      posix_getsockname_enotsock, posix_getsockopt_ebadf,
	      posix_getsockopt_enotsock),
      ROWS(ARG_01),
      .types = ANY_TYPE,
      CALLS,
      .why = "The two tell a descriptor closed too early from a wrong one.",
      .explain = "No number and a closed descriptor: EBADF.  Both ends of a pipe, a file and "
	      "a directory: ENOTSOCK, and the pipe stays empty.")
{
	int closed = SETUP(env_socket(env)), pipe_fd[2], dir, file;
	const char *name = env->param_name;
	struct pollfd p = { .events = POLLIN };

	SETUP(env_pipe(env, pipe_fd));
	dir = SETUP(env_own(env, open(".", O_RDONLY | O_CLOEXEC)));
	env_own_path(env, "file");
	file = SETUP(env_own(env, open("file", O_CREAT | O_RDWR | O_CLOEXEC,
				       0600)));
	SETUP(env_close(env, closed));
	EXPECT_ERRNO(EBADF, call_by_name(name, -1));
	EXPECT_ERRNO(EBADF, call_by_name(name, closed));
	EXPECT_ERRNO(ENOTSOCK, call_by_name(name, pipe_fd[0]));
	EXPECT_ERRNO(ENOTSOCK, call_by_name(name, pipe_fd[1]));
	EXPECT_ERRNO(ENOTSOCK, call_by_name(name, dir));
	EXPECT_ERRNO(ENOTSOCK, call_by_name(name, file));
	p.fd = pipe_fd[0];
	EXPECT_RET(0, poll(&p, 1, 0));
}

CHECK(argument, path_descriptor,
      .title = "Calls on a descriptor of a socket file that was opened with O_PATH fail with EBADF",
      CLAUSES(open2_o_path),
      ROWS(ARG_01),
      .types = ANY_TYPE,
      CALLS,
      .why = "The descriptor names the file, and is no way round connect().")
{
	struct addr a = env_addr_of(env, PATH, 0);
	int path;

	SETUP(env_bound(env, &a));
	path = SETUP(env_own(env, open(a.un.sun_path, O_PATH | O_CLOEXEC)));
	EXPECT_ERRNO(EBADF, call_by_name(env->param_name, path));
}

/* The same, and what makes connections, with memory that cannot be used. */
static long call_with(const char *name, int fd, void *bad)
{
	unsigned char *page = bad;
	struct iovec iov = { bad, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	void *addr = page + 64, *len = page + 256;

	if (strcmp(name, "bind") == 0)
		return bind(fd, addr, 20);
	if (strcmp(name, "connect") == 0)
		return connect(fd, addr, 20);
	if (strcmp(name, "accept") == 0)
		return accept(fd, addr, len);
	if (strcmp(name, "send") == 0)
		return send(fd, bad, 1, MSG_NOSIGNAL);
	if (strcmp(name, "sendto") == 0)
		return sendto(fd, bad, 1, MSG_NOSIGNAL, addr, 20);
	if (strcmp(name, "sendmsg") == 0)
		return sendmsg(fd, &msg, MSG_NOSIGNAL);
	if (strcmp(name, "recv") == 0)
		return recv(fd, bad, 1, MSG_DONTWAIT);
	if (strcmp(name, "recvfrom") == 0)
		return recvfrom(fd, bad, 1, MSG_DONTWAIT, addr, len);
	if (strcmp(name, "recvmsg") == 0)
		return recvmsg(fd, &msg, MSG_DONTWAIT);
	if (strcmp(name, "getsockname") == 0)
		return getsockname(fd, addr, len);
	if (strcmp(name, "getpeername") == 0)
		return getpeername(fd, addr, len);
	if (strcmp(name, "getsockopt") == 0)
		return getsockopt(fd, SOL_SOCKET, SO_TYPE, bad, len);
	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, bad, 4);
}

CHECK(argument, descriptor_before_memory,
      .title = "Calls with a bad descriptor and bad memory tell of the descriptor",
      CLAUSES(linux_descriptor_first),
      ROWS(ARG_70),
      .types = ANY_TYPE,
      PARAMS("bind", "connect", "accept", "send", "sendto", "sendmsg", "recv",
	     "recvfrom", "recvmsg", "getsockname", "getpeername", "getsockopt",
	     "setsockopt"),
      .why = "EFAULT is taken for a bug of the caller's memory, and looked for there.",
      .explain = "A closed descriptor: EBADF.  A pipe: ENOTSOCK, but of connect(), which since "
	      "5.5 reads the address first: EFAULT.")
{
	int closed = SETUP(env_socket(env)), pipe_fd[2];
	void *bad = data_bad_page("protected");
	const char *name = env->param_name;

	if (env->valgrind || asan_runs())
		SKIP_CASE("valgrind and sanitizers object to the memory");
	SETUP(env_pipe(env, pipe_fd));
	SETUP(env_close(env, closed));
	EXPECT_ERRNO(EBADF, call_with(name, -1, bad));
	EXPECT_ERRNO(EBADF, call_with(name, closed, bad));
	for (int i = 0; i < 2; i++) {
		if (strcmp(name, "connect") == 0)
			EXPECT_ERRNO_IN(call_with(name, pipe_fd[i], bad),
					EFAULT, release_proven(RELEASE_5_15) ?
						EFAULT : ENOTSOCK);
		else
			EXPECT_ERRNO(ENOTSOCK,
				     call_with(name, pipe_fd[i], bad));
	}
}

/* Past the C library, some of which look at the header themselves. */
static long raw(long number, int fd, void *header, int flags)
{
	return syscall(number, fd, header, flags);
}

CHECK(argument, bad_header,
      .title = "A message header that cannot be read is EFAULT, and nothing is sent or taken",
      CLAUSES(linux_msg_header, send2_efault),
      ROWS(ARG_02),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("null", "protected", "kernel"),
      .why = "The caller is told of a failure, and the message is another's.")
{
	void *bad = data_bad_page(env->param_name);
	char byte = 0;
	int fd[2];

	if (env->valgrind)
		SKIP_CASE("valgrind reads the header itself");
	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EFAULT, raw(SYS_sendmsg, fd[0], bad, MSG_NOSIGNAL));
	data_expect_empty(fd[1]);
	ASSERT_RET(1, send(fd[0], "k", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EFAULT, raw(SYS_recvmsg, fd[1], bad, MSG_DONTWAIT));
	EXPECT_RET(1, recv(fd[1], &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ('k', byte);
	data_expect_empty(fd[1]);
}

CHECK(argument, bad_pieces,
      .title = "An array of buffers that cannot be read is EFAULT, and nothing is sent or taken",
      CLAUSES(linux_msg_header, send2_efault),
      ROWS(ARG_02),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("null", "protected", "kernel"),
      .why = "A message socket must not lose a message for it, as it does for a bad buffer.",
      .explain = "By sendmsg() and recvmsg(), writev() and readv().  The array is read "
	      "before the queue is looked at.")
{
	void *bad = data_bad_page(env->param_name);
	struct msghdr msg = { .msg_iov = bad, .msg_iovlen = 1 };
	char byte = 0;
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_ERRNO(EFAULT, sendmsg(fd[0], &msg, MSG_NOSIGNAL));
	if (!env->valgrind)
		EXPECT_ERRNO(EFAULT, writev(fd[0], bad, 1));
	data_expect_empty(fd[1]);
	ASSERT_RET(1, send(fd[0], "k", 1, MSG_NOSIGNAL));
	EXPECT_ERRNO(EFAULT, recvmsg(fd[1], &msg, MSG_DONTWAIT));
	if (!env->valgrind)
		EXPECT_ERRNO(EFAULT, readv(fd[1], bad, 1));
	EXPECT_RET(1, recv(fd[1], &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ('k', byte);
	data_expect_empty(fd[1]);
}

CHECK(argument, name_length,
      .title = "A negative msg_namelen is EINVAL, one that is too long is cut, and without a name none counts",
      CLAUSES(linux_msg_namelen),
      ROWS(ARG_03),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "The length comes from the program's arithmetic.",
      .explain = "Cut to 128 bytes the address is no AF_UNIX address: EINVAL of a datagram "
	      "socket, EISCONN of a stream, and SOCK_SEQPACKET looks at none.")
{
	char byte = 'k', name[LONG_NAME] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_name = name, .msg_namelen = (socklen_t)-1 };
	int fd[2];

	((struct sockaddr *)(void *)name)->sa_family = AF_UNIX;
	SETUP(env_pair(env, fd));
	if (!env->valgrind) {
		EXPECT_ERRNO(EINVAL, sendmsg(fd[0], &msg, MSG_NOSIGNAL));
		data_expect_empty(fd[1]);
		ASSERT_RET(1, send(fd[0], "k", 1, MSG_NOSIGNAL));
		EXPECT_ERRNO(EINVAL, recvmsg(fd[1], &msg, MSG_DONTWAIT));
		EXPECT_RET(1, recv(fd[1], &byte, 1, MSG_DONTWAIT));
		EXPECT_EQ('k', byte);
	}
	msg.msg_namelen = LONG_NAME;
	if (env->type == SOCK_SEQPACKET) {
		EXPECT_RET(1, sendmsg(fd[0], &msg, MSG_NOSIGNAL));
		EXPECT_RET(1, recv(fd[1], &byte, 1, MSG_DONTWAIT));
	} else {
		EXPECT_ERRNO(env->type == SOCK_DGRAM ? EINVAL : EISCONN,
			     sendmsg(fd[0], &msg, MSG_NOSIGNAL));
	}
	data_expect_empty(fd[1]);
	msg.msg_name = NULL;
	msg.msg_namelen = (socklen_t)-1;
	EXPECT_RET(1, sendmsg(fd[0], &msg, MSG_NOSIGNAL));
	EXPECT_RET(1, recvmsg(fd[1], &msg, MSG_DONTWAIT));
	data_expect_empty(fd[1]);
}

CHECK(argument, length_without_name,
      .title = "sendto() without an address looks at no length of it",
      CLAUSES(linux_sendto_null),
      ROWS(ARG_100),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Programs pass the size of what may be no address, and did so for ever.")
{
	static const int len[] = { 1, 2, 110, 128, 129, INT_MAX, INT_MIN, -1 };
	int fd[2];

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		char byte = 0;

		CONTEXT("length %d", len[i]);
		EXPECT_RET(1, sendto(fd[0], "k", 1, MSG_NOSIGNAL, NULL,
				     (socklen_t)len[i]));
		EXPECT_RET(1, recv(fd[1], &byte, 1, MSG_DONTWAIT));
		EXPECT_EQ('k', byte);
	}
	data_expect_empty(fd[1]);
}
