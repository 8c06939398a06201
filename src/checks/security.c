// SPDX-License-Identifier: BSD-2-Clause
/* Labels of security modules, kernel memory, filters, and taken descriptors. */
#include "config.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks/util_cred.h"
#include "harness/check.h"

#define NR_PIDFD_OPEN 434
#define NR_PIDFD_GETFD 438

CHECK(security, label_of_the_peer,
      .title = "SO_PEERSEC has the peer's label, or fails where none is: ENOPROTOOPT",
      CLAUSES(linux_peersec),
      ROWS(SEC_01),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A label that is empty would match a rule for nobody.")
{
	char label[4096];
	socklen_t len = sizeof(label);
	int fd[2];

	SETUP(env_pair(env, fd));
	if (EXPECT_ERRNO_IN(getsockopt(fd[0], SOL_SOCKET, SO_PEERSEC, label,
				       &len), 0, ENOPROTOOPT) == 0)
		EXPECT_RANGE(1, sizeof(label), len);
}

CHECK(security, label_with_messages,
      .title = "SO_PASSSEC brings a label with each message, or nothing at all",
      CLAUSES(linux_scm_passec),
      ROWS(CRED_44),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A service that asks for labels must work where there are none.",
      .explain = "Where SO_PEERSEC knows no label no message of a connection has one; "
		 "where it does, and with datagrams, of which SO_PEERSEC never "
		 "knows one, SCM_SECURITY may come and is not empty.")
{
	char label[4096];
	socklen_t len = sizeof(label);
	struct cmsg_msg m;
	struct cmsghdr *c;
	bool labels;
	int fd[2];

	SETUP(env_pair(env, fd));
	labels = getsockopt(fd[0], SOL_SOCKET, SO_PEERSEC, label, &len) == 0 ||
		 env->type == SOCK_DGRAM;
	if (cred_pass(fd[1], SO_PASSSEC, 1) < 0 && errno == EOPNOTSUPP)
		SKIP_CASE("this kernel is built without labels of sockets");
	EXPECT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	cred_recv(fd[1], &m, CMSG_ROOM_MAX, 0);
	EXPECT_EQ('x', m.data[0]);
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	c = cmsg_find(&m, SOL_SOCKET, SCM_SECURITY);
	if (labels && c)
		EXPECT_THAT(cmsg_payload(c) > 0, "a label that is not empty");
	else
		EXPECT_EQ(0, m.hdr.msg_controllen);
}

static void expect_untouched(const struct addr *got, socklen_t len)
{
	for (size_t i = len; i < sizeof(got->bytes); i++) {
		if (!EXPECT_EQ(0xa5, got->bytes[i]))
			return;
	}
}

CHECK(security, names_end,
      .title = "Nothing is written beyond the length that an address has",
      CLAUSES(linux_copy_name),
      ROWS(SEC_10),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "Bytes of the kernel's memory there would tell secrets.",
      .explain = "getsockname(), getpeername() and recvfrom(), into a buffer "
		 "that is larger than any address.")
{
	struct addr got;
	socklen_t len;
	int fd[2];
	char byte;

	SETUP(env_pair(env, fd));
	SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
	for (int i = 0; i < 5; i++) {
		CONTEXT("%s", i == 4 ? "recvfrom()" : i < 2 ? "getsockname()" :
			"getpeername()");
		memset(&got, 0xa5, sizeof(got));
		len = sizeof(got.bytes);
		if (i == 4)
			EXPECT_RET(1, recvfrom(fd[1], &byte, 1, MSG_DONTWAIT,
					       &got.sa, &len));
		else if (i < 2)
			EXPECT_RET(0, getsockname(fd[i], &got.sa, &len));
		else
			EXPECT_RET(0, getpeername(fd[i - 2], &got.sa, &len));
		expect_untouched(&got, len);
	}
}

static void forbid_socket(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EUCLEAN),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	SETUP(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		SKIP_CASE("this system has no seccomp filters");
}

CHECK(security, socketpair_is_another,
      .title = "A filter that forbids socket() leaves socketpair() allowed",
      CLAUSES(linux_socketpair_call),
      ROWS(SEC_12),
      .types = ANY_TYPE,
      .why = "A sandbox without sockets must forbid two calls, not one.")
{
	char byte = 0;
	int fd[2];

	forbid_socket();
	/* The C library of a 32-bit machine may make another call. */
	EXPECT_ERRNO(EUCLEAN, syscall(SYS_socket, AF_UNIX,
				      env->type | SOCK_CLOEXEC, 0));
	ASSERT_RET(0, socketpair(AF_UNIX, env->type | SOCK_CLOEXEC, 0, fd));
	EXPECT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(fd[1], &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ('x', byte);
	EXPECT_RET(0, close(fd[0]));
	EXPECT_RET(0, close(fd[1]));
}

struct held {
	int fd[2];
	int end[2];	/* a pipe: its end ends the holder */
};

static int hold(struct env *env, void *arg)
{
	struct held *h = arg;
	char byte;

	SETUP(env_close(env, h->end[1]));
	while (read(h->end[0], &byte, 1) < 0 && errno == EINTR)
		;
	return 0;
}

static int take(pid_t pid, int fd)
{
	int pidfd = (int)syscall(NR_PIDFD_OPEN, pid, 0);
	int got = -1, err = errno;

	if (pidfd >= 0) {
		got = (int)syscall(NR_PIDFD_GETFD, pidfd, fd, 0);
		err = errno;
		close(pidfd);
	}
	if (got < 0 && (err == ENOSYS || err == EPERM))
		SKIP_CASE("descriptors of another process cannot be had here");
	errno = err;
	return got;
}

static void expect_open(int taken, int fd)
{
	char byte = 0;

	EXPECT_ERRNO(EAGAIN, recv(fd, &byte, 1, MSG_DONTWAIT));
	EXPECT_RET(1, send(taken, "x", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(fd, &byte, 1, MSG_DONTWAIT));
	EXPECT_EQ('x', byte);
}

CHECK(security, taken_by_pidfd,
      .title = "A socket taken by pidfd_getfd() is the same: the last close ends it",
      CLAUSES(linux_pidfd_getfd, linux_release_resets_queue),
      ROWS(SEC_13),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A supervisor that takes and closes a copy must not cut its "
	     "child's connection.")
{
	struct held h;
	pid_t child;
	char byte;
	int taken;

	SETUP(env_pair(env, h.fd));
	SETUP(env_pipe(env, h.end));
	child = env_fork(env, hold, &h);
	SETUP(env_close(env, h.fd[1]));
	taken = env_own(env, (int)ASSERT_OK(take(child, h.fd[1])));
	expect_open(taken, h.fd[0]);
	EXPECT_RET(0, env_close(env, taken));
	EXPECT_ERRNO(EAGAIN, recv(h.fd[0], &byte, 1, MSG_DONTWAIT));
	taken = env_own(env, (int)ASSERT_OK(take(child, h.fd[1])));
	SETUP(env_close(env, h.end[1]));
	EXPECT_EQ(0, env_reap(env, child));
	expect_open(taken, h.fd[0]);
	EXPECT_RET(0, env_close(env, taken));
	if (env->type == SOCK_DGRAM)
		EXPECT_ERRNO(ECONNREFUSED, send(h.fd[0], "x", 1, MSG_NOSIGNAL));
	else
		EXPECT_RET(0, recv(h.fd[0], &byte, 1, MSG_DONTWAIT));
}
