// SPDX-License-Identifier: BSD-2-Clause
/*
 * Each need is tried for real in a child, so that what it changes goes with
 * the child, and its answer is kept for the life of the program.
 */
#include "config.h"

#include "harness/need.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
/* After it <linux/fs.h> may define its names, before it not (glibc 2.31). */
#include <sys/mount.h>

#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness/blocked.h"
#include "harness/namespace.h"

/*
 * How long one attempt may take before it counts as missing.  Only one that
 * hangs takes it; on a busy machine a shorter time would skip what is there.
 */
#define TRY_MS 20000

static bool try_root(void)
{
	return geteuid() == 0;
}

static bool try_unprivileged(void)
{
	return geteuid() != 0;
}

static bool try_userns(void)
{
	return namespace_enter(CLONE_NEWUSER) == 0;
}

static bool try_netns(void)
{
	return namespace_enter(CLONE_NEWNET) == 0;
}

static bool try_mntns(void)
{
	return namespace_enter(CLONE_NEWNS) == 0 &&
	       mount("none", "/tmp", "tmpfs", 0, NULL) == 0;
}

static bool try_pidns(void)
{
	pid_t pid;
	int status;

	if (namespace_enter(CLONE_NEWPID) < 0)
		return false;
	pid = fork();
	if (pid == 0)
		_exit(getpid() == 1 ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool try_blocked(void)
{
	int fd[2];
	pid_t pid;
	int64_t deadline = clock_deadline_ms(TRY_MS / 2);
	enum blocked_state state = BLOCKED_NO;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		char c;

		close(fd[1]);
		_exit(read(fd[0], &c, 1) == 0 ? 0 : 1);
	}
	if (pid < 0)
		return false;
	for (unsigned int round = 0;
	     state == BLOCKED_NO && clock_now_ns() < deadline; round++) {
		state = blocked_look(pid, pid, -1);
		blocked_pause(round);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return state == BLOCKED_YES;
}

static bool try_other_user(void)
{
	return geteuid() == 0 && setgroups(0, NULL) == 0 &&
	       setresgid(65534, 65534, 65534) == 0 &&
	       setresuid(65534, 65534, 65534) == 0 && geteuid() == 65534;
}

/* Root of a namespace with one id, or without capabilities, cannot. */
static bool try_ordinary(void)
{
	return geteuid() != 0 || try_other_user();
}

static bool try_proc_net_unix(void)
{
	char c;
	int fd = open("/proc/net/unix", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, &c, 1) == 1;
}

static bool try_sock_diag(void)
{
	struct {
		struct nlmsghdr head;
		struct unix_diag_req req;
	} ask = {
		.head = { .nlmsg_len = sizeof(ask),
			  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.req = { .sdiag_family = AF_UNIX, .udiag_states = ~0U },
	};
	char answer[8192];
	struct nlmsghdr *head = (struct nlmsghdr *)answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0 || send(fd, &ask, sizeof(ask), 0) < 0 ||
	    recv(fd, answer, sizeof(answer), 0) < (ssize_t)sizeof(*head))
		return false;
	return head->nlmsg_type != NLMSG_ERROR;
}

/* io_uring that has operations on sockets, and can say so (Linux 5.6). */
static bool try_io_uring(void)
{
	static const unsigned char wanted[] = {
		IORING_OP_ACCEPT,  IORING_OP_CONNECT, IORING_OP_RECV,
		IORING_OP_RECVMSG, IORING_OP_SEND,    IORING_OP_SENDMSG,
	};
	union {
		struct io_uring_probe probe;
		char room[sizeof(struct io_uring_probe) +
			  IORING_OP_LAST * sizeof(struct io_uring_probe_op)];
	} all = { .room = "" };
	struct io_uring_params params = { 0 };
	long fd = syscall(SYS_io_uring_setup, 2, &params);

	if (fd < 0 || syscall(SYS_io_uring_register, fd, IORING_REGISTER_PROBE,
			      &all, IORING_OP_LAST) < 0)
		return false;
	for (size_t i = 0; i < sizeof(wanted); i++) {
		if (wanted[i] > all.probe.last_op ||
		    !(all.probe.ops[wanted[i]].flags & IO_URING_OP_SUPPORTED))
			return false;
	}
	return true;
}

/* A byte to oneself: the interface may be down, or be without the address. */
static bool try_loopback(const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_storage own;
	struct timeval limit = { .tv_sec = TRY_MS / 2000 };
	char c = 'x';
	int fd = socket(sa->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && bind(fd, sa, len) == 0 &&
	       getsockname(fd, (struct sockaddr *)&own, &len) == 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
			  sizeof(limit)) == 0 &&
	       connect(fd, (struct sockaddr *)&own, len) == 0 &&
	       send(fd, &c, 1, 0) == 1 && recv(fd, &c, 1, 0) == 1;
}

static bool try_inet(void)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return try_loopback((struct sockaddr *)&in, sizeof(in));
}

static bool try_inet6(void)
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback,
	};

	return try_loopback((struct sockaddr *)&in6, sizeof(in6));
}

static bool try_users(void)
{
	return setresuid((uid_t)-1, (uid_t)-1, (uid_t)-1) == 0 ||
	       errno != ENOSYS;
}

static const struct {
	bool (*try)(void);
	const char *missing;
} needs_table[NEED_COUNT] = {
	{ try_root, "needs root" },
	{ try_userns, "needs a user namespace, which this system refuses" },
	{ try_netns, "needs a network namespace, which this system refuses" },
	{ try_mntns, "needs a mount namespace, which this system refuses" },
	{ try_pidns, "needs a pid namespace, which this system refuses" },
	{ try_blocked, "needs to see a blocked process in /proc" },
	{ try_other_user, "needs root, to become another user" },
	{ try_proc_net_unix, "needs /proc/net/unix" },
	{ try_sock_diag, "needs NETLINK_SOCK_DIAG for AF_UNIX" },
	{ try_unprivileged, "needs an ordinary user, and this is root" },
	{ try_io_uring, "needs io_uring for sockets, which this system has not" },
	{ try_ordinary, "needs an ordinary user, which this root cannot become" },
	{ try_inet, "needs 127.0.0.1, over which nothing gets here" },
	{ try_inet6, "needs ::1, over which nothing gets here" },
	{ try_users, "needs users, and this kernel is built without" },
};

/* In a child, with an end to it. */
static bool try_in_child(bool (*try)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		signal(SIGALRM, SIG_DFL);
		alarm(TRY_MS / 1000);
		_exit(try() ? 0 : 1);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

const char *need_missing(unsigned int needs)
{
	static enum { UNTRIED, MET, UNMET } known[NEED_COUNT];

	for (unsigned int i = 0; i < NEED_COUNT; i++) {
		if (!(needs & (1U << i)))
			continue;
		if (known[i] == UNTRIED)
			known[i] = try_in_child(needs_table[i].try) ? MET : UNMET;
		if (known[i] == UNMET)
			return needs_table[i].missing;
	}
	return NULL;
}
