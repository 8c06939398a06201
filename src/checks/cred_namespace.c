// SPDX-License-Identifier: BSD-2-Clause
/* Credentials that cross pid and user namespaces. */
#include "config.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_cred.h"
#include "checks/util_diag.h"
#include "harness/check.h"
#include "harness/namespace.h"

static void pass_pair(struct env *env, int fd[2])
{
	SETUP(env_pair(env, fd));
	SETUP(cred_pass(fd[0], SO_PASSCRED, 1));
	SETUP(cred_pass(fd[1], SO_PASSCRED, 1));
}

/* Seen from inside: the pair was made, and the message sent, outside. */
static int look_out(struct env *env, void *arg)
{
	int *fd = arg;
	struct ucred want = { 0, geteuid(), getegid() };

	(void)env;
	EXPECT_EQ(1, getpid());
	cred_expect_peer(want, fd[1]);
	cred_expect_next(want, fd[1]);
	EXPECT_RET(1, send(fd[1], "y", 1, MSG_NOSIGNAL));
	return 0;
}

static int enter_pids(struct env *env, void *arg)
{
	if (namespace_enter(CLONE_NEWPID) < 0)
		BROKEN("cannot enter a pid namespace");
	EXPECT_EQ(0, env_reap(env, env_fork(env, look_out, arg)));
	return 0;
}

CHECK(namespace, pid_from_outside,
      .title = "A process outside the reader's pid namespace has the pid 0",
      CLAUSES(pid_namespaces7_scm, linux_pid_vnr),
      ROWS(NS_10, NS_11),
      .types = CONNECTED, .addrs = PAIR, .needs = NEED_PIDNS,
      .why = "A service in a container must not take 0 for a process of its own.",
      .explain = "In SO_PEERCRED and in SCM_CREDENTIALS; the uid is right.")
{
	int fd[2];

	pass_pair(env, fd);
	SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(0, env_reap(env, env_fork(env, enter_pids, fd)));
}

struct inside {
	int fd[2];
	int told[2];	/* a pipe: the pid as seen from outside */
};

static int send_in(struct env *env, void *arg)
{
	struct inside *in = arg;

	(void)env;
	EXPECT_RET(1, send(in->fd[0], "x", 1, MSG_NOSIGNAL));
	return 0;
}

static int enter_and_send(struct env *env, void *arg)
{
	struct inside *in = arg;
	pid_t pid;

	if (namespace_enter(CLONE_NEWPID) < 0)
		BROKEN("cannot enter a pid namespace");
	pid = env_fork(env, send_in, in);
	SETUP(write(in->told[1], &pid, sizeof(pid)));
	EXPECT_EQ(0, env_reap(env, pid));
	return 0;
}

CHECK(namespace, pid_from_inside,
      .title = "A sender in an inner pid namespace shows its pid of the outer one",
      CLAUSES(pid_namespaces7_scm, linux_pid_vnr),
      ROWS(CRED_41),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_PIDNS,
      .why = "The host must find the container's process by it, and 1 is init.")
{
	struct ucred want = cred_self();
	struct inside in;

	pass_pair(env, in.fd);
	SETUP(env_pipe(env, in.told));
	EXPECT_EQ(0, env_reap(env, env_fork(env, enter_and_send, &in)));
	SETUP(read(in.told[0], &want.pid, sizeof(want.pid)));
	cred_expect_next(want, in.fd[1]);
}

static uid_t overflow_id(const char *path)
{
	cleanup_free char *text = proc_read(path);

	return text ? (uid_t)strtoul(text, NULL, 10) : CRED_NOBODY;
}

static int look_unmapped(struct env *env, void *arg)
{
	int *fd = arg;
	struct ucred want = {
		getppid(), overflow_id("/proc/sys/kernel/overflowuid"),
		overflow_id("/proc/sys/kernel/overflowgid"),
	};

	(void)env;
	/* Without a map of its own no id of the outer namespace has a name. */
	SETUP(unshare(CLONE_NEWUSER));
	cred_expect_peer(want, fd[1]);
	cred_expect_next(want, fd[1]);
	return 0;
}

CHECK(namespace, ids_without_a_map,
      .title = "Ids that the reader's user namespace does not map are 65534",
      CLAUSES(user_namespaces7_overflow),
      ROWS(NS_12),
      .types = CONNECTED, .addrs = PAIR, .needs = NEED_USERNS,
      .why = "Every stranger has this uid: it must never be given any right.",
      .explain = "The value is that of /proc/sys/kernel/overflowuid.")
{
	int fd[2];

	pass_pair(env, fd);
	SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
	EXPECT_EQ(0, env_reap(env, env_fork(env, look_unmapped, fd)));
}
