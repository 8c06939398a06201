// SPDX-License-Identifier: BSD-2-Clause
/* SO_PASSCRED: messages that tell who sent them. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks/util_cred.h"
#include "checks/util_option.h"
#include "harness/check.h"

#define NOBODY 65534

/* What a message shows that was stamped by nobody. */
static const struct ucred unstamped = { 0, CRED_NOBODY, CRED_NOBODY };

static void pass_pair(struct env *env, int fd[2])
{
	SETUP(env_pair(env, fd));
	SETUP(cred_pass(fd[1], SO_PASSCRED, 1));
}

static void expect_bare(int fd)
{
	struct cmsg_msg m;

	if (!cred_recv(fd, &m, CRED_ROOM, 0))
		return;
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	EXPECT_EQ(0, m.hdr.msg_controllen);
	EXPECT_THAT(cmsg_poisoned(&m, 0), "the control buffer is as it was");
}

CHECK(credentials, with_each_message,
      .title = "With SO_PASSCRED each message tells the sender's pid, uid and gid",
      CLAUSES(unix7_passcred),
      ROWS(CRED_01, CRED_02),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      .why = "Loggers and brokers know their clients by it alone.",
      .explain = "After the option is turned off nothing comes with messages "
		 "any more, not even with those that wait.")
{
	int fd[2];

	pass_pair(env, fd);
	for (int i = 0; i < 3; i++) {
		SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
		cred_expect_next(cred_self(), fd[1]);
	}
	SETUP(send(fd[0], "y", 1, MSG_NOSIGNAL));
	EXPECT_RET(0, cred_pass(fd[1], SO_PASSCRED, 0));
	SETUP(send(fd[0], "z", 1, MSG_NOSIGNAL));
	expect_bare(fd[1]);
	expect_bare(fd[1]);
}

CHECK(credentials, not_asked_for,
      .title = "Credentials that nobody asked for are dropped without a sign",
      CLAUSES(linux_scm_recv_unasked),
      ROWS(CRED_03),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A sender that always adds them must not spoil messages for "
	     "receivers that do not care.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	EXPECT_RET(1, cred_send(fd[0], "x", cred_self()));
	expect_bare(fd[1]);
}

CHECK(credentials, without_room,
      .title = "SO_PASSCRED without a control buffer sets MSG_CTRUNC each time",
      CLAUSES(linux_scm_recv_no_room),
      ROWS(CRED_04),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "The flag is the only sign that something was lost.")
{
	struct cmsg_msg m;
	int fd[2];

	pass_pair(env, fd);
	for (int i = 0; i < 3; i++) {
		SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
		cmsg_to_receive(&m, 1, 0);
		if (i == 1)
			m.hdr.msg_control = NULL;
		EXPECT_RET(1, recvmsg(fd[1], &m.hdr, MSG_DONTWAIT));
		EXPECT_MSG_FLAGS(MSG_CTRUNC, m.hdr.msg_flags);
		EXPECT_EQ(0, m.hdr.msg_controllen);
		EXPECT_EQ('x', m.data[0]);
	}
	SETUP(send(fd[0], "y", 1, MSG_NOSIGNAL));
	cred_expect_next(cred_self(), fd[1]);
}

CHECK(credentials, cut_short,
      .title = "Too short a buffer gets part of the credentials and MSG_CTRUNC",
      CLAUSES(linux_put_cmsg),
      ROWS(CRED_05, SEC_11),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A pid without its uid looks whole to who does not check the length.",
      .explain = "Below a header nothing is stored. From there on the header "
		 "says how much of the 12 bytes there is. What lies beyond, "
		 "padding included, is left alone.")
{
	struct ucred self = cred_self();
	struct cmsg_msg m;
	int fd[2];

	pass_pair(env, fd);
	for (size_t room = 0; room <= CMSG_LEN(sizeof(self)); room++) {
		size_t used = room < CMSG_LEN(0) ? 0 : room;
		struct cmsghdr *c = (struct cmsghdr *)(void *)m.control;

		CONTEXT("room for %zu bytes", room);
		SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
		if (!cred_recv(fd[1], &m, room, 0))
			continue;
		EXPECT_MSG_FLAGS(room < CMSG_LEN(sizeof(self)) ? MSG_CTRUNC : 0,
				 m.hdr.msg_flags);
		EXPECT_EQ(used, m.hdr.msg_controllen);
		EXPECT_THAT(cmsg_poisoned(&m, used), "nothing beyond is written");
		if (!used)
			continue;
		EXPECT_EQ(used, c->cmsg_len);
		EXPECT_EQ(SCM_CREDENTIALS, c->cmsg_type);
		EXPECT_MEM(&self, CMSG_DATA(c), used - CMSG_LEN(0));
	}
}

CHECK(credentials, padding,
      .title = "Padding behind a control message is untouched or zero",
      CLAUSES(linux_put_cmsg),
      ROWS(SEC_11),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Bytes of the kernel's memory there would tell secrets.")
{
	unsigned char zero[CMSG_ROOM_MAX] = { 0 };
	size_t end = CMSG_LEN(sizeof(struct ucred)), pad = CRED_ROOM - end;
	struct cmsg_msg m;
	int fd[2];

	pass_pair(env, fd);
	SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
	ASSERT_THAT(cred_recv(fd[1], &m, CMSG_ROOM_MAX, 0), "a message");
	EXPECT_EQ(CRED_ROOM, m.hdr.msg_controllen);
	EXPECT_THAT(cmsg_poisoned(&m, end) ||
		    (memcmp(m.control + end, zero, pad) == 0 &&
		     cmsg_poisoned(&m, CRED_ROOM)), "nothing of the kernel's");
}

CHECK(credentials, queued_before,
      .title = "A message queued before the option was set shows nobody",
      CLAUSES(linux_maybe_add_creds),
      ROWS(CRED_06),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_USERS,
      .why = "A server sets the option on its listener, or the first message "
	     "comes from uid 65534.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
	SETUP(cred_pass(fd[1], SO_PASSCRED, 1));
	SETUP(send(fd[0], "y", 1, MSG_NOSIGNAL));
	cred_expect_next(unstamped, fd[1]);
	cred_expect_next(cred_self(), fd[1]);
}

CHECK(credentials, by_the_sender,
      .title = "SO_PASSCRED of the sender alone is enough to stamp a message",
      CLAUSES(linux_maybe_add_creds),
      ROWS(CRED_07),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A client that sets it needs no luck with the server's timing.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	SETUP(cred_pass(fd[0], SO_PASSCRED, 1));
	SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
	SETUP(send(fd[0], "y", 1, MSG_NOSIGNAL));
	expect_bare(fd[1]);
	SETUP(cred_pass(fd[1], SO_PASSCRED, 1));
	cred_expect_next(cred_self(), fd[1]);
}

static int write_one(struct env *env, void *arg)
{
	(void)env;
	EXPECT_RET(1, send(*(int *)arg, "x", 1, MSG_NOSIGNAL));
	return 0;
}

CHECK(credentials, before_accept,
      .title = "What a client sends before accept() has its credentials, too",
      CLAUSES(unix7_passcred, linux_accept_passcred),
      ROWS(CRED_01, ACC_19),
      .types = CONNECTED, .addrs = NAMED,
      .why = "A server cannot be quick enough to ask for those of the first message.",
      .explain = "SO_PASSCRED is set on the listener, before it listens.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a)), client, conn;

	SETUP(cred_pass(fd, SO_PASSCRED, 1));
	SETUP(listen(fd, 1));
	client = SETUP(env_connect(env, &a));
	SETUP(send(client, "x", 1, MSG_NOSIGNAL));
	conn = (int)ASSERT_OK(env_accept(env, fd));
	cred_expect_next(cred_self(), conn);
}

struct changer {
	struct addr a;
	int fd;
};

static int send_changed(struct env *env, void *arg)
{
	struct changer *c = arg;
	int client = SETUP(env_connect(env, &c->a));

	for (int i = 0; i < 3; i++) {
		SETUP(setresgid(2001 + i, -1, -1));
		SETUP(setresuid(1001 + i, -1, 0));
		EXPECT_RET(1, send(client, "x", 1, MSG_NOSIGNAL));
	}
	return 0;
}

CHECK(credentials, changed_since_connect,
      .title = "A client that changed its ids since connect() sends those of now, before accept() too",
      CLAUSES(linux_maybe_add_creds, linux_accept_passcred),
      ROWS(CRED_81, CRED_28),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_OTHER_USER,
      .why = "What a process asks for after it gave up its rights must not count as root's.",
      .explain = "SO_PASSCRED is set on the listener.  The real uid and gid change before "
	      "each of three messages; all are sent before accept().")
{
	struct changer c = { .a = env_addr(env, 0) };
	pid_t child;
	int conn;

	c.fd = SETUP(env_bound(env, &c.a));
	SETUP(cred_pass(c.fd, SO_PASSCRED, 1));
	SETUP(listen(c.fd, 1));
	child = env_fork(env, send_changed, &c);
	EXPECT_EQ(0, env_reap(env, child));
	conn = (int)ASSERT_OK(env_accept(env, c.fd));
	for (int i = 0; i < 3; i++) {
		struct ucred want = { child, 1001 + (uid_t)i, 2001 + (gid_t)i };

		CONTEXT("message %d", i);
		cred_expect_next(want, conn);
	}
}

CHECK(credentials, asked_for_after_accept,
      .title = "What a client sent before accept() has its credentials when they are asked for late",
      CLAUSES(linux_unix_embryo_creds, unix7_passcred),
      ROWS(CRED_49),
      .types = CONNECTED, .addrs = NAMED,
      .why = "Servers that set SO_PASSCRED on what they accept would take the first "
	     "message for nobody's.",
      .explain = "Neither the client nor the listener has SO_PASSCRED; it is set on the "
	      "accepted socket, before the first recvmsg().")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_listener(env, 1, &a)), client, conn;

	client = SETUP(env_connect(env, &a));
	SETUP(send(client, "x", 1, MSG_NOSIGNAL));
	conn = (int)ASSERT_OK(env_accept(env, fd));
	SETUP(cred_pass(conn, SO_PASSCRED, 1));
	cred_expect_next(cred_self(), conn);
}

CHECK(credentials, of_the_writer,
      .title = "They are of the process that writes, ended or not",
      CLAUSES(linux_maybe_add_creds, unix7_passcred),
      ROWS(CRED_27, CRED_43),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Who connected and who writes may be two.",
      .explain = "A child writes on the inherited end and is reaped; the number "
		 "is still its own.")
{
	struct ucred want = cred_self();
	int fd[2];

	pass_pair(env, fd);
	for (unsigned int i = 0; i < 3; i++) {
		want.pid = env_fork(env, write_one, &fd[0]);
		EXPECT_EQ(0, env_reap(env, want.pid));
		cred_expect_next(want, fd[1]);
	}
	SETUP(send(fd[0], "y", 1, MSG_NOSIGNAL));
	cred_expect_next(cred_self(), fd[1]);
}

CHECK(credentials, of_a_thread,
      .title = "A message of another thread has the process id",
      CLAUSES(linux_maybe_add_creds),
      ROWS(CRED_40),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "The id of a thread would match no process that anyone knows.")
{
	struct call c;
	int fd[2];

	pass_pair(env, fd);
	call_send(&c, fd[0], "x", 1, MSG_NOSIGNAL);
	EXPECT_CALL_RET(1, &c);
	cred_expect_next(cred_self(), fd[1]);
}

CHECK(credentials, real_ids,
      .title = "They have the real uid and gid, not the effective ones",
      CLAUSES(linux_maybe_add_creds),
      ROWS(CRED_28),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_OTHER_USER,
      .why = "A setuid program is seen as who started it here, and as whose "
	     "rights it has in SO_PEERCRED.")
{
	struct ucred want = { getpid(), getuid(), getgid() };
	int fd[2];

	pass_pair(env, fd);
	SETUP(setegid(CRED_NOBODY) < 0 ? -1 : seteuid(CRED_NOBODY));
	SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
	cred_expect_next(want, fd[1]);
}

CHECK(credentials, peeked,
      .title = "MSG_PEEK delivers the credentials too, again and again",
      CLAUSES(linux_peek_creds, unix7_passcred),
      ROWS(CRED_34),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A dispatcher looks first and lets another read.")
{
	struct cmsg_msg m;
	struct ucred got;
	int fd[2];

	pass_pair(env, fd);
	SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
	for (int i = 0; i < 2; i++) {
		cred_recv(fd[1], &m, CRED_ROOM, MSG_PEEK);
		EXPECT_THAT(cred_of(&m, &got), "credentials came along");
		cred_expect(cred_self(), got);
	}
	cred_expect_next(cred_self(), fd[1]);
}

CHECK(credentials, at_the_end,
      .title = "At its end a stream names pid 0, uid 0 and gid 0; others nobody",
      CLAUSES(linux_stream_end_creds),
      ROWS(CRED_36),
      .types = CONNECTED, .addrs = PAIR,
      .why = "The end of a stream looks like a message from root.")
{
	struct ucred got = { 1, 1, 1 };
	struct cmsg_msg m;
	int fd[2];

	pass_pair(env, fd);
	SETUP(env_close(env, fd[0]));
	cmsg_to_receive(&m, 1, CRED_ROOM);
	ASSERT_RET(0, recvmsg(fd[1], &m.hdr, MSG_DONTWAIT));
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	if (env->type == SOCK_SEQPACKET) {
		EXPECT_EQ(0, m.hdr.msg_controllen);
		return;
	}
	ASSERT_THAT(cred_of(&m, &got), "credentials came along");
	/* Where the machine's root has no id it is shown as nobody. */
	if (!option_first_user_namespace() && got.uid == NOBODY)
		cred_expect((struct ucred){ 0, NOBODY, NOBODY }, got);
	else
		cred_expect((struct ucred){ 0, 0, 0 }, got);
}

static int splice_one(struct env *env, void *arg)
{
	int *fd = arg, pipe_fd[2];

	SETUP(env_pipe(env, pipe_fd));
	SETUP(write(pipe_fd[1], "s", 1));
	EXPECT_RET(1, splice(pipe_fd[0], NULL, *fd, NULL, 1, 0));
	return 0;
}

CHECK(credentials, never_joined_by_splice,
      .title = "With SO_PASSCRED data spliced into a stream is not joined to that of another",
      CLAUSES(unix7_passcred_not_joined),
      ROWS(CRED_32),
      .types = STREAM, .addrs = PAIR,
      .why = "One set of credentials for the bytes of two would be a lie.",
      .explain = "A child writes, a child splices, and so does this process.")
{
	struct ucred want = cred_self();
	pid_t child[2];
	int fd[2];

	pass_pair(env, fd);
	for (int i = 0; i < 2; i++) {
		child[i] = env_fork(env, i ? splice_one : write_one, &fd[0]);
		EXPECT_EQ(0, env_reap(env, child[i]));
	}
	splice_one(env, &fd[0]);
	for (int i = 0; i < 2; i++) {
		want.pid = child[i];
		cred_expect_next(want, fd[1]);
	}
	cred_expect_next(cred_self(), fd[1]);
}
