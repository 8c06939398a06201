// SPDX-License-Identifier: BSD-2-Clause
/*
 * The filter is the server's, with all its children; a thread answers for it.
 * What is not about the name of the socket goes on at once.
 */
#include "config.h"

#include "probe/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "harness/check.h"

#ifndef SECCOMP_USER_NOTIF_FLAG_CONTINUE
#define SECCOMP_USER_NOTIF_FLAG_CONTINUE 1UL
#endif

/* Calls that take a name away, and which arguments of them are names. */
static const struct {
	int nr;
	unsigned int names;
} calls[] = {
#ifdef SYS_unlink
	{ SYS_unlink, 1 << 0 },
#endif
	{ SYS_unlinkat, 1 << 1 },
#ifdef SYS_rename
	{ SYS_rename, 1 << 0 | 1 << 1 },
#endif
#ifdef SYS_renameat
	{ SYS_renameat, 1 << 1 | 1 << 3 },
#endif
	{ SYS_renameat2, 1 << 1 | 1 << 3 },
};

enum { N_CALLS = sizeof(calls) / sizeof(calls[0]) };

static struct {
	const char *name;	/* of the socket, without its directory */
	int pass[2];		/* the way of the listener from child to us */
	int open[2];		/* a byte in it: the gate is open */
	int end[2];		/* the same: the thread is to end */
	int listener;
	bool runs;
	pthread_t thread;
	_Atomic bool holds;
} gate;

/* The descriptor of the filter, or without one a byte that says so. */
static void hand_over(int listener)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c = &control.align;

	if (listener >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &listener, sizeof(int));
	}
	sendmsg(gate.pass[1], &msg, MSG_NOSIGNAL);
}

static void ask_for_gate(void)
{
	struct sock_filter code[N_CALLS + 3] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
	};
	const struct sock_fprog program = {
		.len = N_CALLS + 3, .filter = code,
	};

	for (int i = 0; i < N_CALLS; i++)
		code[1 + i] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)calls[i].nr,
			(unsigned char)(N_CALLS - i), 0);
	code[N_CALLS + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							 SECCOMP_RET_ALLOW);
	code[N_CALLS + 2] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	hand_over((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			       SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
}

static int take_over(void)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	int fd = -1;

	if (recvmsg(gate.pass[0], &msg, MSG_CMSG_CLOEXEC) <= 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* A string in the memory of the process that asks, as far as it matters. */
static bool names_socket(pid_t pid, uint64_t address)
{
	char path[64], text[256] = "";
	cleanup_close int fd = -1;
	const char *slash;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, text, sizeof(text) - 1, (off_t)address) <= 0)
		return false;
	slash = strrchr(text, '/');
	return strcmp(slash ? slash + 1 : text, gate.name) == 0;
}

static bool concerns_socket(const struct seccomp_notif *req)
{
	for (int i = 0; i < N_CALLS; i++) {
		if (req->data.nr != calls[i].nr)
			continue;
		for (int arg = 0; arg < 4; arg++) {
			if (calls[i].names & 1U << arg &&
			    names_socket((pid_t)req->pid, req->data.args[arg]))
				return true;
		}
	}
	return false;
}

static void hold(void)
{
	struct pollfd p[] = {
		{ .fd = gate.open[0], .events = POLLIN },
		{ .fd = gate.end[0], .events = POLLIN },
	};

	atomic_store(&gate.holds, true);
	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	atomic_store(&gate.holds, false);
}

static void *keep_gate(void *arg)
{
	struct pollfd p[] = {
		{ .fd = gate.listener, .events = POLLIN },
		{ .fd = gate.end[0], .events = POLLIN },
	};

	for (;;) {
		struct seccomp_notif req = { 0 };
		struct seccomp_notif_resp resp = {
			.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
		};

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return arg;
		/* Everybody who has the filter may have ended as well. */
		if (p[1].revents || (p[0].revents & ~POLLIN))
			return arg;
		if (ioctl(gate.listener, SECCOMP_IOCTL_NOTIF_RECV, &req) < 0)
			continue;
		if (concerns_socket(&req))
			hold();
		resp.id = req.id;
		ioctl(gate.listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	}
}

bool gate_spawn(struct target *t, struct server *s)
{
	gate.name = strrchr(t->path, '/') + 1;
	gate.listener = -1;
	gate.runs = false;
	atomic_store(&gate.holds, false);
	/* It does not know the call, and says so at length. */
	if (t->env->valgrind) {
		server_spawn(t, s);
		return false;
	}
	SETUP(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate.pass));
	env_own(t->env, gate.pass[0]);
	env_own(t->env, gate.pass[1]);
	SETUP(env_pipe(t->env, gate.open));
	SETUP(env_pipe(t->env, gate.end));
	server_spawn_with(t, s, 022, -1, ask_for_gate);
	SETUP(env_close(t->env, gate.pass[1]));
	gate.listener = take_over();
	if (gate.listener < 0)
		return false;
	env_own(t->env, gate.listener);
	if (pthread_create(&gate.thread, NULL, keep_gate, NULL))
		BROKEN("cannot start a thread");
	gate.runs = true;
	return true;
}

bool gate_holds(void)
{
	return atomic_load(&gate.holds);
}

void gate_open(void)
{
	if (gate.runs)
		SETUP(write(gate.open[1], "", 1));
}

void gate_end(void)
{
	if (!gate.runs)
		return;
	SETUP(write(gate.end[1], "", 1));
	pthread_join(gate.thread, NULL);
	gate.runs = false;
}
