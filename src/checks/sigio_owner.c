// SPDX-License-Identifier: BSD-2-Clause
/*
 * The owner of a socket: who gets SIGIO and SIGURG.  The signals are blocked
 * everywhere and looked for in those that are pending, when the call that
 * causes them has returned.
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks/util_fill.h"
#include "checks/util_oob.h"
#include "checks/util_option.h"
#include "checks/util_sigio.h"
#include "harness/check.h"

#ifndef F_SETOWN_EX
#define F_SETOWN_EX 15
#define F_GETOWN_EX 16
#define F_OWNER_TID 0
#define F_OWNER_PID 1
#define F_OWNER_PGRP 2
struct f_owner_ex {
	int type;
	pid_t pid;
};
#endif

static int own_ex(int fd, int type, pid_t pid)
{
	struct f_owner_ex owner = { .type = type, .pid = pid };

	return fcntl(fd, F_SETOWN_EX, &owner);
}

static void expect_owner_ex(int fd, int type, pid_t pid)
{
	struct f_owner_ex owner = { .type = -1, .pid = -1 };

	EXPECT_RET(0, fcntl(fd, F_GETOWN_EX, &owner));
	EXPECT_EQ(type, owner.type);
	EXPECT_EQ(pid, owner.pid);
}

CHECK(sigio, owner_is_told,
      .title = "F_GETOWN and F_GETOWN_EX tell the owner as set: thread, process, group or none",
      CLAUSES(fcntl2_setown_ex, fcntl2_setown),
      ROWS(SIGIO_20),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A library that borrows a socket puts back the owner that it found.",
      .explain = "An owner that does not exist is ESRCH, an unknown type EINVAL, and "
	      "neither changes the owner; 0 takes it away; one that has ended is an owner "
	      "until it is reaped, and told as 0 then since 5.12.")
{
	pid_t self = getpid(), ended;
	siginfo_t info;
	uint64_t cookie;
	socklen_t len = sizeof(cookie);
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(0, fcntl(fd[0], F_GETOWN));
	EXPECT_RET(0, own_ex(fd[0], F_OWNER_TID, self));
	expect_owner_ex(fd[0], F_OWNER_TID, self);
	EXPECT_RET(0, own_ex(fd[0], F_OWNER_PGRP, getpgrp()));
	expect_owner_ex(fd[0], F_OWNER_PGRP, getpgrp());
	EXPECT_RET(-getpgrp(), fcntl(fd[0], F_GETOWN));
	EXPECT_RET(0, fcntl(fd[0], F_SETOWN, -getpgrp()));
	expect_owner_ex(fd[0], F_OWNER_PGRP, getpgrp());
	EXPECT_RET(0, own_ex(fd[0], F_OWNER_PID, self));
	expect_owner_ex(fd[0], F_OWNER_PID, self);
	EXPECT_RET(self, fcntl(fd[0], F_GETOWN));
	EXPECT_RET(0, fcntl(fd[1], F_GETOWN));
	ended = SETUP(fork());
	if (ended == 0)
		_exit(0);
	SETUP(waitid(P_PID, (id_t)ended, &info, WEXITED | WNOWAIT));
	EXPECT_RET(0, fcntl(fd[1], F_SETOWN, ended));
	EXPECT_RET(ended, fcntl(fd[1], F_GETOWN));
	EXPECT_RET(0, own_ex(fd[1], F_OWNER_PID, ended));
	expect_owner_ex(fd[1], F_OWNER_PID, ended);
	SETUP(waitpid(ended, NULL, 0));
	/* Linux before 5.12 tells it on; the option came with 5.14. */
	if (getsockopt(fd[1], SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) == 0) {
		EXPECT_RET(0, fcntl(fd[1], F_GETOWN));
		expect_owner_ex(fd[1], F_OWNER_PID, 0);
	}
	EXPECT_ERRNO(ESRCH, fcntl(fd[0], F_SETOWN, ended));
	EXPECT_ERRNO(ESRCH, fcntl(fd[0], F_SETOWN, -ended));
	EXPECT_ERRNO(ESRCH, own_ex(fd[0], F_OWNER_PID, ended));
	EXPECT_ERRNO(EINVAL, own_ex(fd[0], 3, self));
	expect_owner_ex(fd[0], F_OWNER_PID, self);
	EXPECT_RET(0, fcntl(fd[0], F_SETOWN, 0));
	EXPECT_RET(0, fcntl(fd[0], F_GETOWN));
}

/* Pipes to somebody who says that he is ready and waits until he is let go. */
struct ways {
	int ready_fd, go_fd;	/* his ends */
	int is_ready_fd, let_go_fd;	/* ours */
};

static void open_ways(struct env *env, struct ways *w)
{
	int ready[2], go[2];

	SETUP(env_pipe(env, ready));
	SETUP(env_pipe(env, go));
	*w = (struct ways){ ready[1], go[0], ready[0], go[1] };
}

struct thread {
	struct ways ways;
	sigset_t set;
	pid_t tid;
	int taken;
};

static long be_owner(struct call *c)
{
	struct thread *t = c->arg;
	char byte;

	t->tid = (pid_t)syscall(SYS_gettid);
	if (write(t->ways.ready_fd, "r", 1) != 1 ||
	    read(t->ways.go_fd, &byte, 1) != 1)
		return -1;
	t->taken = sigio_take(&t->set, NULL);
	return 0;
}

/* One event with an owner that is the thread or the process. */
static void judge_owner(struct env *env, bool process, bool urgent)
{
	int fd[2], sig = urgent ? SIGURG : SIGIO;
	struct thread t = { .taken = -1 };
	struct call c = { .arg = &t };
	char byte;

	sigio_block(&t.set);
	if (urgent)
		oob_pair(env, fd);
	else
		SETUP(env_pair(env, fd));
	open_ways(env, &t.ways);
	call_start(&c, "sigtimedwait() in a thread", be_owner);
	SETUP(read(t.ways.is_ready_fd, &byte, 1));
	if (process)
		ASSERT_RET(0, own_ex(fd[0], F_OWNER_PID, getpid()));
	else
		ASSERT_RET(0, own_ex(fd[0], F_OWNER_TID, t.tid));
	if (!urgent)
		sigio_set_async(fd[0], 1);
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL | (urgent ? MSG_OOB : 0)));
	EXPECT_EQ(process ? sig : 0, sigio_take(&t.set, NULL));
	SETUP(write(t.ways.let_go_fd, "g", 1));
	EXPECT_CALL_RET(0, &c);
	EXPECT_EQ(process ? 0 : sig, t.taken);
	EXPECT_EQ(0, sigio_take(&t.set, NULL));
}

CHECK(sigio, thread_owns_alone,
      .title = "With F_OWNER_TID the signal goes to that thread and to no other",
      CLAUSES(fcntl2_setown_ex),
      ROWS(SIGIO_21),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP,
      PARAMS("thread", "process"),
      .why = "A thread that waits with sigwaitinfo() has its sockets for itself.",
      .explain = "Both threads have the signal blocked.  Owned by the process it is there "
	      "for either.")
{
	judge_owner(env, env->param == 1, false);
}

CHECK(sigio, thread_owns_urgent,
      .title = "With F_OWNER_TID SIGURG goes to that thread and to no other",
      CLAUSES(fcntl2_setown_ex, linux_oob_poll),
      ROWS(SIGIO_130),
      .types = STREAM, .addrs = PAIR, .axes = SWAP,
      PARAMS("thread", "process"),
      .why = "A thread that has the urgent byte for its task is not told by another.")
{
	judge_owner(env, env->param == 1, true);
}

struct member {
	struct ways ways;
	pid_t group;		/* 0: a new one */
	sigset_t set;
};

/* In a child that is what it has to be: the signal it has had when asked. */
static int answer_when_asked(struct member *m)
{
	char byte;

	SETUP(write(m->ways.ready_fd, "r", 1));
	SETUP(read(m->ways.go_fd, &byte, 1));
	return sigio_take(&m->set, NULL);
}

static int be_member(struct env *env, void *arg)
{
	struct member *m = arg;

	(void)env;
	SETUP(setpgid(0, m->group));
	return answer_when_asked(m);
}

CHECK(sigio, group_owns_together,
      .title = "A process group that owns a socket gets the signal in each of its processes",
      CLAUSES(fcntl2_setown),
      ROWS(SIGIO_22),
      .types = STREAM, .addrs = PAIR, .axes = SWAP,
      PARAMS("sigio", "sigurg"),
      .why = "Workers that share a listener by signals are told together.",
      .explain = "Two children in a group of their own; the process that set the owner is "
	      "not in it and gets nothing.")
{
	struct member m = { .group = 0 };
	int fd[2];
	pid_t child[2];
	char byte;

	sigio_block(&m.set);
	SETUP(env_pair(env, fd));
	open_ways(env, &m.ways);
	for (int i = 0; i < 2; i++) {
		child[i] = SETUP(env_fork(env, be_member, &m));
		SETUP(read(m.ways.is_ready_fd, &byte, 1));
		m.group = child[0];
	}
	ASSERT_RET(0, fcntl(fd[0], F_SETOWN, -child[0]));
	if (env->param == 0)
		sigio_set_async(fd[0], 1);
	if (send(fd[1], "m", 1, MSG_NOSIGNAL | (env->param ? MSG_OOB : 0)) < 0)
		SKIP_CASE("streams have no urgent data here");
	EXPECT_EQ(0, sigio_take(&m.set, NULL));
	SETUP(write(m.ways.let_go_fd, "gg", 2));
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(env->param ? SIGURG : SIGIO,
			  env_reap(env, child[i]));
}

struct stranger {
	int fd;
	uid_t uid;
	pid_t owner;
};

static int own_as_another(struct env *env, void *arg)
{
	struct stranger *s = arg;

	(void)env;
	SETUP(setresgid(s->uid, s->uid, s->uid));
	SETUP(setresuid(s->uid, s->uid, s->uid));
	EXPECT_RET(0, fcntl(s->fd, F_SETOWN, s->owner));
	EXPECT_EQ(s->owner, fcntl(s->fd, F_GETOWN));
	sigio_set_async(s->fd, 1);
	return 0;
}

CHECK(sigio, owner_must_be_permitted,
      .title = "SIGIO and SIGURG do not reach an owner that the one who named it may not signal",
      CLAUSES(fcntl2_setown_permission),
      ROWS(SIGIO_23),
      .types = STREAM, .addrs = PAIR, .axes = SWAP,
      .needs = NEED_ROOT | NEED_OTHER_USER,
      .why = "Anybody could interrupt the daemons of others.",
      .explain = "uid 65534 names a process of root: nothing comes, though F_GETOWN tells "
	      "it.  root names it: the signals come.")
{
	struct stranger s = { .uid = 65534, .owner = getpid() };
	sigset_t set;
	pid_t child;
	int fd[2];

	sigio_block(&set);
	SETUP(env_pair(env, fd));
	s.fd = fd[0];
	for (int i = 0; i < 2; i++) {
		int want = i ? SIGIO : 0;

		CONTEXT("named by %s", i ? "root" : "uid 65534");
		if (i) {
			ASSERT_RET(0, fcntl(fd[0], F_SETOWN, getpid()));
		} else {
			child = SETUP(env_fork(env, own_as_another, &s));
			ASSERT_EQ(0, env_reap(env, child));
		}
		ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
		EXPECT_EQ(want, sigio_take(&set, NULL));
		EXPECT_EQ(0, sigio_take(&set, NULL));
		sigio_set_async(fd[0], 0);
		if (send(fd[1], "u", 1, MSG_NOSIGNAL | MSG_OOB) == 1)
			EXPECT_EQ(i ? SIGURG : 0, sigio_take(&set, NULL));
		EXPECT_EQ(0, sigio_take(&set, NULL));
		sigio_set_async(fd[0], 1);
	}
}

CHECK(sigio, by_fioasync,
      .title = "FIOASYNC sets and clears O_ASYNC as F_SETFL does, and O_NONBLOCK leaves it alone",
      CLAUSES(socket7_o_async, fcntl2_setown),
      ROWS(SIGIO_26),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP,
      .why = "Older programs ask for the signal by ioctl().",
      .explain = "By F_GETFL and by the signal.  A duplicate has the same flag.")
{
	int fd[2], twin, on = 1, off = 0;
	sigset_t set;

	sigio_block(&set);
	SETUP(env_pair(env, fd));
	twin = env_own(env, SETUP(dup(fd[0])));
	ASSERT_RET(0, fcntl(fd[0], F_SETOWN, getpid()));
	EXPECT_RET(0, ioctl(fd[0], FIOASYNC, &on));
	EXPECT_EQ(O_RDWR | O_ASYNC, fcntl(twin, F_GETFL) & ~O_LARGEFILE);
	EXPECT_RET(0, ioctl(fd[0], FIONBIO, &on));
	EXPECT_EQ(O_RDWR | O_ASYNC | O_NONBLOCK,
		  fcntl(fd[0], F_GETFL) & ~O_LARGEFILE);
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	EXPECT_EQ(SIGIO, sigio_take(&set, NULL));
	EXPECT_RET(0, fcntl(fd[0], F_SETFL, O_ASYNC));
	EXPECT_EQ(O_RDWR | O_ASYNC, fcntl(fd[0], F_GETFL) & ~O_LARGEFILE);
	EXPECT_RET(0, fcntl(fd[0], F_SETFL, O_ASYNC | O_NONBLOCK));
	EXPECT_EQ(O_RDWR | O_ASYNC | O_NONBLOCK,
		  fcntl(fd[0], F_GETFL) & ~O_LARGEFILE);
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	EXPECT_EQ(SIGIO, sigio_take(&set, NULL));
	EXPECT_RET(0, ioctl(twin, FIOASYNC, &off));
	EXPECT_EQ(0, fcntl(fd[0], F_GETFL) & O_ASYNC);
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	EXPECT_EQ(0, sigio_take(&set, NULL));
	if (!env->valgrind)
		EXPECT_ERRNO(EFAULT, ioctl(fd[0], FIOASYNC, (void *)-1));
}

static int be_another_user(struct env *env, void *arg)
{
	(void)env;
	SETUP(setresuid(65534, 65534, 65534));
	return answer_when_asked(arg);
}

CHECK(sigio, real_user_may_signal,
      .title = "SIGIO reaches an owner whose user is the real one of the process that named it",
      CLAUSES(fcntl2_setown_permission),
      ROWS(SIGIO_23),
      .types = STREAM, .addrs = PAIR, .axes = SWAP,
      .needs = NEED_ROOT | NEED_OTHER_USER,
      .why = "A set-user-ID program could not be told by the processes of its user.",
      .explain = "The real uid 65534 and the effective uid 1 name a process of uid 65534, "
	      "which gets the signal as kill() would send it.")
{
	struct member m = { .group = 0 };
	int fd[2];
	pid_t child;
	char byte;

	sigio_block(&m.set);
	SETUP(env_pair(env, fd));
	open_ways(env, &m.ways);
	child = SETUP(env_fork(env, be_another_user, &m));
	SETUP(read(m.ways.is_ready_fd, &byte, 1));
	if (setresuid(65534, 1, 0) < 0)
		SKIP_CASE("there is no uid 1 here");
	EXPECT_RET(0, fcntl(fd[0], F_SETOWN, child));
	SETUP(setresuid(0, 0, 0));
	sigio_set_async(fd[0], 1);
	ASSERT_RET(1, send(fd[1], "m", 1, MSG_NOSIGNAL));
	EXPECT_EQ(0, sigio_take(&m.set, NULL));
	SETUP(write(m.ways.let_go_fd, "g", 1));
	EXPECT_EQ(SIGIO, env_reap(env, child));
}
