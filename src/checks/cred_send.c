// SPDX-License-Identifier: BSD-2-Clause
/* SCM_CREDENTIALS in sendmsg(): who may say what. */
#include "config.h"

#include <linux/capability.h>
#include <limits.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks/util_cred.h"
#include "checks/util_option.h"
#include "checks/util_rights.h"
#include "harness/check.h"

static void pass_pair(struct env *env, int fd[2])
{
	SETUP(env_pair(env, fd));
	SETUP(cred_pass(fd[1], SO_PASSCRED, 1));
}

static void expect_nothing(int fd)
{
	char byte;

	EXPECT_ERRNO(EAGAIN, recv(fd, &byte, 1, MSG_DONTWAIT));
}

CHECK(credentials, own,
      .title = "One's own ids are accepted and delivered",
      CLAUSES(unix7_scm_credentials),
      ROWS(CRED_08),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      .why = "It is how a client proves who it is when it chooses to.")
{
	int fd[2];

	pass_pair(env, fd);
	EXPECT_RET(1, cred_send(fd[0], "x", cred_self()));
	cred_expect_next(cred_self(), fd[1]);
}

CHECK(credentials, refused,
      .title = "Credentials that cannot be are refused, and nothing is sent",
      CLAUSES(linux_scm_send_creds),
      ROWS(CRED_10, CRED_11, CRED_12, CRED_13),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_USERS,
      .why = "What a receiver gets must be somebody.",
      .explain = "uid or gid -1 and a payload of another size than 12 bytes: "
		 "EINVAL. A pid that no process has, 0 included: ESRCH for "
		 "those who may speak for others, EPERM for the rest.")
{
	struct ucred who = cred_self();
	unsigned char bytes[2 * sizeof(who)] = { 0 };
	int fd[2], err = geteuid() == 0 ? ESRCH : EPERM;
	struct cmsg_msg m;

	pass_pair(env, fd);
	CONTEXT("uid -1");
	who.uid = (uid_t)-1;
	EXPECT_ERRNO(EINVAL, cred_send(fd[0], "x", who));
	CONTEXT("gid -1");
	who = cred_self();
	who.gid = (gid_t)-1;
	EXPECT_ERRNO(EINVAL, cred_send(fd[0], "x", who));
	/* Above any pid_max. */
	CONTEXT("a pid that no process has");
	who = cred_self();
	who.pid = 0x7ffffffe;
	EXPECT_ERRNO_IN(cred_send(fd[0], "x", who), err, EPERM);
	CONTEXT("pid 0");
	who.pid = 0;
	EXPECT_ERRNO_IN(cred_send(fd[0], "x", who), err, EPERM);
	who = cred_self();
	memcpy(bytes, &who, sizeof(who));
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		CONTEXT("a payload of %zu bytes", len);
		if (len == sizeof(who))
			continue;
		cmsg_to_send(&m, "x", 1);
		cmsg_add(&m, SOL_SOCKET, SCM_CREDENTIALS, bytes, len);
		EXPECT_ERRNO(EINVAL, sendmsg(fd[0], &m.hdr, MSG_NOSIGNAL));
	}
	CONTEXT("%s", "");
	expect_nothing(fd[1]);
	EXPECT_RET(1, cred_send(fd[0], "y", cred_self()));
	cred_expect_next(cred_self(), fd[1]);
}

CHECK(credentials, root_may_say_any,
      .title = "root may send any process that exists, and any uid and gid",
      CLAUSES(unix7_scm_credentials),
      ROWS(CRED_09),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_OTHER_USER,
      .why = "A proxy that runs as root speaks for its clients.",
      .explain = "Another process takes CAP_SYS_ADMIN over the machine; a root that has "
		 "only CAP_SETUID and CAP_SETGID, as in a container, names itself.  Of "
		 "two headers in one message the last counts.")
{
	/* Of ids root of any namespace may lie, of processes the machine's. */
	pid_t pid = option_can(CAP_SYS_ADMIN) ? getppid() : getpid();
	struct ucred who = { pid, 12345, 54321 }, self = cred_self();
	struct cmsg_msg m;
	int fd[2];

	pass_pair(env, fd);
	EXPECT_RET(1, cred_send(fd[0], "x", who));
	cred_expect_next(who, fd[1]);
	for (int i = 0; i < 2; i++) {
		cmsg_to_send(&m, "y", 1);
		cmsg_add(&m, SOL_SOCKET, SCM_CREDENTIALS, i ? &self : &who,
			 sizeof(who));
		cmsg_add(&m, SOL_SOCKET, SCM_CREDENTIALS, i ? &who : &self,
			 sizeof(who));
		EXPECT_RET(1, sendmsg(fd[0], &m.hdr, MSG_NOSIGNAL));
		cred_expect_next(i ? who : self, fd[1]);
	}
}

/*
 * Of its capabilities this thread uses none but this one; -1: none at all.
 * False where it has not got it, as in a container.
 */
static bool use_only(int capability)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct set[2];

	SETUP(syscall(SYS_capget, &head, set));
	set[0].effective = capability < 0 ? 0 : 1U << capability;
	set[1].effective = 0;
	if (set[0].effective & ~set[0].permitted)
		return false;
	SETUP(syscall(SYS_capset, &head, set));
	return true;
}

static int send_with_one(struct env *env, void *arg)
{
	static const struct {
		const char *name;
		int capability;
	} held[] = {
		{ "none", -1 }, { "CAP_SETUID", CAP_SETUID },
		{ "CAP_SETGID", CAP_SETGID }, { "CAP_SYS_ADMIN", CAP_SYS_ADMIN },
	};
	static const int wanted[] = { CAP_SETUID, CAP_SETGID, CAP_SYS_ADMIN };
	const int *fd = arg;

	(void)env;
	setfsuid(12345);
	setfsgid(12345);
	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
		if (!use_only(held[i].capability)) {
			NOTE("%s is not there to be tried", held[i].name);
			continue;
		}
		for (size_t k = 0; k < 3; k++) {
			struct ucred who = cred_self();

			CONTEXT("%s, the other %s", held[i].name,
				k == 0 ? "uid" : k == 1 ? "gid" : "pid");
			if (k == 0)
				who.uid = 12345;
			else if (k == 1)
				who.gid = 12345;
			else
				who.pid = getppid();
			if (held[i].capability != wanted[k]) {
				EXPECT_ERRNO(EPERM, cred_send(fd[0], "x", who));
				expect_nothing(fd[1]);
				continue;
			}
			EXPECT_RET(1, cred_send(fd[0], "x", who));
			cred_expect_next(who, fd[1]);
		}
	}
	return 0;
}

CHECK(credentials, each_privilege_for_its_own,
      .title = "Another uid takes CAP_SETUID, another gid CAP_SETGID, another pid CAP_SYS_ADMIN",
      CLAUSES(unix7_scm_credentials),
      ROWS(CRED_09),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_OTHER_USER,
      .why = "A service that may change its uid could speak for processes of others.",
      .explain = "With each of them alone, and with none; the ids for files, set by "
	      "setfsuid(), give no right to a uid.")
{
	int fd[2];

	pass_pair(env, fd);
	EXPECT_EQ(0, env_reap(env, env_fork(env, send_with_one, fd)));
}

static long send_in_thread(struct call *c)
{
	const int *fd = c->arg;
	struct ucred who = cred_self();
	pid_t tid = (pid_t)syscall(SYS_gettid);

	if (cred_send(fd[0], "p", who) != 1)
		return -1;
	who.pid = tid;
	if (cred_send(fd[0], "t", who) != -1)
		return -2;
	return errno;
}

static int send_as_ordinary_thread(struct env *env, void *arg)
{
	const int *fd = arg;
	struct call c = { .arg = arg };

	(void)env;
	SETUP(env_become_ordinary());
	call_start(&c, "sendmsg() in a thread", send_in_thread);
	EXPECT_CALL_RET(EPERM, &c);
	cred_expect_next(cred_self(), fd[1]);
	expect_nothing(fd[1]);
	return 0;
}

CHECK(credentials, a_thread_states_the_process,
      .title = "A thread without privilege states the process id; its own number is EPERM",
      CLAUSES(unix7_scm_credentials),
      ROWS(CRED_08),
      .types = ANY_TYPE, .addrs = PAIR,
      .needs = NEED_ORDINARY,
      .why = "Whoever is told a thread's number looks for a process that is none.")
{
	int fd[2];

	pass_pair(env, fd);
	EXPECT_EQ(0, env_reap(env, env_fork(env, send_as_ordinary_thread, fd)));
}

struct forger {
	int fd[2];
	pid_t other;
};

static int send_as_ordinary(struct env *env, void *arg)
{
	struct forger *f = arg;
	struct ucred who;

	(void)env;
	SETUP(env_become_ordinary());
	who = cred_self();
	who.pid = f->other;
	EXPECT_ERRNO(EPERM, cred_send(f->fd[0], "x", who));
	/* Whether there is such a process is not told either. */
	who.pid = INT_MAX;
	EXPECT_ERRNO(EPERM, cred_send(f->fd[0], "x", who));
	who = cred_self();
	who.uid ^= 1;
	EXPECT_ERRNO(EPERM, cred_send(f->fd[0], "x", who));
	who = cred_self();
	who.gid ^= 1;
	EXPECT_ERRNO(EPERM, cred_send(f->fd[0], "x", who));
	expect_nothing(f->fd[1]);
	EXPECT_RET(1, cred_send(f->fd[0], "x", cred_self()));
	cred_expect_next(cred_self(), f->fd[1]);
	return 0;
}

CHECK(credentials, others_are_forged,
      .title = "An ordinary user who states other ids or another pid gets EPERM",
      CLAUSES(unix7_scm_credentials, linux_scm_check_creds),
      ROWS(CRED_31, CRED_42),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_ORDINARY,
      .why = "Otherwise anybody could be anyone.")
{
	struct forger f = { .other = getpid() };

	pass_pair(env, f.fd);
	EXPECT_EQ(0, env_reap(env, env_fork(env, send_as_ordinary, &f)));
}

static int send_three_ids(struct env *env, void *arg)
{
	static const id_t ids[] = { 1001, 1002, 1003 };
	int *fd = arg;

	(void)env;
	SETUP(setresgid(2001, 2002, 2003));
	SETUP(setresuid(1001, 1002, 1003));
	for (size_t i = 0; i < 3; i++) {
		struct ucred who = { getpid(), ids[i], ids[i] + 1000 };

		EXPECT_RET(1, cred_send(fd[0], "x", who));
		cred_expect_next(who, fd[1]);
		who.uid = 1004;
		EXPECT_ERRNO(EPERM, cred_send(fd[0], "x", who));
	}
	return 0;
}

CHECK(credentials, three_ids,
      .title = "Real, effective and saved ids may be stated without privilege",
      CLAUSES(unix7_scm_credentials, linux_scm_check_creds),
      ROWS(CRED_30),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_OTHER_USER,
      .why = "A setuid program chooses in whose name it speaks.")
{
	int fd[2];

	pass_pair(env, fd);
	EXPECT_EQ(0, env_reap(env, env_fork(env, send_three_ids, fd)));
}

CHECK(credentials, without_data,
      .title = "Credentials without data: a message, and on streams nothing",
      CLAUSES(linux_creds_alone),
      ROWS(CRED_45),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A handshake of credentials alone needs a byte on streams.")
{
	struct ucred got;
	struct cmsg_msg m;
	int fd[2];

	pass_pair(env, fd);
	EXPECT_RET(0, cred_send(fd[0], "", cred_self()));
	if (env->type == SOCK_STREAM) {
		expect_nothing(fd[1]);
		return;
	}
	cmsg_to_receive(&m, 1, CRED_ROOM);
	EXPECT_RET(0, recvmsg(fd[1], &m.hdr, MSG_DONTWAIT));
	ASSERT_THAT(cred_of(&m, &got), "credentials came along");
	cred_expect(cred_self(), got);
}

CHECK(credentials, with_each_part,
      .title = "Each part that is read of one write of a stream has its credentials",
      CLAUSES(unix7_passcred),
      ROWS(CRED_46),
      .types = STREAM, .addrs = PAIR,
      .why = "A reader with a small buffer must not take the rest for a stranger's.")
{
	int fd[2];

	pass_pair(env, fd);
	SETUP(send(fd[0], "abc", 3, MSG_NOSIGNAL));
	for (int i = 0; i < 3; i++)
		cred_expect_next(cred_self(), fd[1]);
}

CHECK(credentials, with_descriptors,
      .title = "Credentials and descriptors of one message come together, the credentials first",
      CLAUSES(linux_scm_recv_order, unix7_scm_credentials, unix7_scm_rights,
	      linux_maybe_add_creds),
      ROWS(CRED_14, CRED_06, CRED_08, RTS_01),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .needs = NEED_USERS,
      PARAMS("implicit", "explicit_first", "explicit_last", "queued_before"),
      .why = "A broker hands out descriptors by who asks, in one message.",
      .explain = "Credentials that the option adds, those that the sender states before "
	      "or after SCM_RIGHTS, and those of nobody where the option was set after "
	      "sending; with room for just both.")
{
	const struct ucred self = cred_self();
	const struct ucred nobody = { 0, CRED_NOBODY, CRED_NOBODY };
	struct ucred got = cred_none();
	struct cmsghdr *c;
	struct cmsg_msg m;
	int fd[2], token[2];

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	if (env->param != 3)
		SETUP(cred_pass(fd[1], SO_PASSCRED, 1));
	cmsg_to_send(&m, "x", 1);
	if (env->param == 1)
		cmsg_add(&m, SOL_SOCKET, SCM_CREDENTIALS, &self, sizeof(self));
	cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, &token[1], sizeof(int));
	if (env->param == 2)
		cmsg_add(&m, SOL_SOCKET, SCM_CREDENTIALS, &self, sizeof(self));
	ASSERT_RET(1, sendmsg(fd[0], &m.hdr, MSG_NOSIGNAL));
	SETUP(env_close(env, token[1]));
	SETUP(cred_pass(fd[1], SO_PASSCRED, 1));
	cred_recv(fd[1], &m, CRED_ROOM + RIGHTS_SPACE(1), 0);
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	EXPECT_EQ(CRED_ROOM + RIGHTS_SPACE(1), m.hdr.msg_controllen);
	c = CMSG_FIRSTHDR(&m.hdr);
	ASSERT_THAT(c, "control messages came");
	EXPECT_EQ(SCM_CREDENTIALS, c->cmsg_type);
	EXPECT_THAT(cred_of(&m, &got), "whole credentials");
	cred_expect(env->param == 3 ? nobody : self, got);
	EXPECT_EQ(2, cmsg_count(&m));
	rights_expect_held(token[0]);
	EXPECT_EQ(1, rights_close(&m));
	rights_expect_freed(token[0]);
}
