// SPDX-License-Identifier: BSD-2-Clause
/* SO_PASSPIDFD: messages that bring a pidfd of who sent them. */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks/util_cred.h"
#include "checks/util_rights.h"
#include "harness/check.h"

#define PIDFD_ROOM CMSG_SPACE(sizeof(int))

static void pass_pair(struct env *env, int fd[2])
{
	SETUP(env_pair(env, fd));
	cred_try_pidfd(fd[1], SO_PASSPIDFD);
	SETUP(cred_pass(fd[1], SO_PASSPIDFD, 1));
}

/* The lowest number that is free: what the next descriptor gets. */
static int next_fd(void)
{
	int fd = SETUP(dup(STDIN_FILENO));

	close(fd);
	return fd;
}

static int write_one(struct env *env, void *arg)
{
	(void)env;
	EXPECT_RET(1, send(*(int *)arg, "x", 1, MSG_NOSIGNAL));
	return 0;
}

CHECK(pidfd, with_each_message,
      .title = "With SO_PASSPIDFD a message brings a close-on-exec pidfd of its sender",
      CLAUSES(linux_scm_pidfd),
      ROWS(PIDFD_01, PIDFD_02, PIDFD_03),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      .why = "A receiver that looks a pid up may find another process.",
      .explain = "Close-on-exec although MSG_CMSG_CLOEXEC is not given. One "
		 "comes with each message, with each peek at it, and none after "
		 "the option is off.")
{
	struct cmsg_msg m;
	int fd[2];

	pass_pair(env, fd);
	for (int i = 0; i < 2; i++) {
		SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
		cred_recv(fd[1], &m, PIDFD_ROOM, 0);
		EXPECT_MSG_FLAGS(0, m.hdr.msg_flags & ~MSG_CMSG_CLOEXEC);
		EXPECT_EQ(1, cmsg_count(&m));
		ASSERT_THAT(cred_pidfd_of(&m) >= 0, "a pidfd came along");
		cred_expect_pidfd(getpid(), cred_pidfd_of(&m));
		EXPECT_RET(0, close(cred_pidfd_of(&m)));
	}
	SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
	for (int i = 0; i < 3; i++) {
		CONTEXT("%s", i == 2 ? "received after peeks" : "peeked");
		cred_recv(fd[1], &m, PIDFD_ROOM, i == 2 ? 0 : MSG_PEEK);
		EXPECT_MSG_FLAGS(0, m.hdr.msg_flags & ~MSG_CMSG_CLOEXEC);
		ASSERT_THAT(cred_pidfd_of(&m) >= 0, "a pidfd came along");
		cred_expect_pidfd(getpid(), cred_pidfd_of(&m));
		EXPECT_RET(0, close(cred_pidfd_of(&m)));
	}
	CONTEXT("%s", "");
	SETUP(cred_pass(fd[1], SO_PASSPIDFD, 0));
	SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
	cred_recv(fd[1], &m, PIDFD_ROOM, 0);
	EXPECT_EQ(0, m.hdr.msg_controllen);
}

CHECK(pidfd, without_room,
      .title = "Without room for it MSG_CTRUNC is set and no pidfd is made",
      CLAUSES(linux_scm_pidfd_room),
      ROWS(PIDFD_04, PIDFD_05),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A descriptor that nobody was told of would stay open for ever.",
      .explain = "With no control buffer, with one too small for a header, and "
		 "with a header alone. With room for the number but not for the "
		 "padding behind it, it comes.")
{
	struct cmsg_msg m;
	int fd[2], next;

	pass_pair(env, fd);
	next = next_fd();
	SETUP(send(fd[0], "n", 1, MSG_NOSIGNAL));
	cmsg_to_receive(&m, 1, 0);
	m.hdr.msg_control = NULL;
	EXPECT_RET(1, recvmsg(fd[1], &m.hdr, MSG_DONTWAIT));
	EXPECT_MSG_FLAGS(MSG_CTRUNC, m.hdr.msg_flags);
	EXPECT_ERRNO(EBADF, fcntl(next, F_GETFD));
	for (size_t room = 0; room <= CMSG_LEN(0); room++) {
		CONTEXT("room for %zu bytes", room);
		SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
		cred_recv(fd[1], &m, room, 0);
		EXPECT_MSG_FLAGS(MSG_CTRUNC,
				 m.hdr.msg_flags & ~MSG_CMSG_CLOEXEC);
		EXPECT_EQ('x', m.data[0]);
		EXPECT_ERRNO(EBADF, fcntl(next, F_GETFD));
	}
	CONTEXT("%s", "room without padding");
	SETUP(send(fd[0], "y", 1, MSG_NOSIGNAL));
	cred_recv(fd[1], &m, CMSG_LEN(sizeof(int)), 0);
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags & ~MSG_CMSG_CLOEXEC);
	EXPECT_EQ(CMSG_LEN(sizeof(int)), m.hdr.msg_controllen);
	ASSERT_THAT(cred_pidfd_of(&m) >= 0, "a pidfd came along");
	cred_expect_pidfd(getpid(), cred_pidfd_of(&m));
	EXPECT_RET(0, close(cred_pidfd_of(&m)));
}

CHECK(pidfd, order,
      .title = "With all enabled: credentials, then descriptors, then the pidfd",
      CLAUSES(linux_scm_recv_order),
      ROWS(PIDFD_06, CRED_14),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Readers that look at the first header alone break when an option "
	     "puts another before it.")
{
	static const int want[] = { SCM_CREDENTIALS, SCM_RIGHTS, SCM_PIDFD };
	struct cmsg_msg m;
	struct cmsghdr *c;
	int fd[2], passed, i = 0;

	pass_pair(env, fd);
	SETUP(cred_pass(fd[1], SO_PASSCRED, 1));
	cmsg_to_send(&m, "x", 1);
	cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, &fd[0], sizeof(int));
	SETUP(sendmsg(fd[0], &m.hdr, MSG_NOSIGNAL));
	cred_recv(fd[1], &m, CMSG_ROOM_MAX, 0);
	for (c = CMSG_FIRSTHDR(&m.hdr); c; c = CMSG_NXTHDR(&m.hdr, c), i++) {
		EXPECT_EQ(want[i % 3], c->cmsg_type);
		if (c->cmsg_type != SCM_RIGHTS && c->cmsg_type != SCM_PIDFD)
			continue;
		memcpy(&passed, CMSG_DATA(c), sizeof(passed));
		EXPECT_RET(0, close(passed));
	}
	EXPECT_EQ(3, i);
}

CHECK(pidfd, none_to_be_had,
      .title = "With no descriptor left the message brings -EMFILE for a pidfd",
      CLAUSES(linux_scm_pidfd_emfile),
      ROWS(PIDFD_07),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Receivers that take every number for a descriptor close or pass "
	     "on what is none.")
{
	struct rlimit old, low;
	struct cmsg_msg m;
	struct cmsghdr *c;
	int fd[2], got = 0;

	rights_needs_nofile(env);
	pass_pair(env, fd);
	SETUP(getrlimit(RLIMIT_NOFILE, &old));
	low = old;
	low.rlim_cur = (rlim_t)next_fd();
	SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
	SETUP(setrlimit(RLIMIT_NOFILE, &low));
	cred_recv(fd[1], &m, PIDFD_ROOM, 0);
	SETUP(setrlimit(RLIMIT_NOFILE, &old));
	EXPECT_EQ('x', m.data[0]);
	c = cmsg_find(&m, SOL_SOCKET, SCM_PIDFD);
	ASSERT_THAT(c, "the control message came along");
	EXPECT_EQ(sizeof(int), cmsg_payload(c));
	memcpy(&got, CMSG_DATA(c), sizeof(got));
	EXPECT_EQ(-EMFILE, got);
}

/* As PIDFD_GET_INFO of <linux/pidfd.h> has it, in its first version. */
struct pidfd_told {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code;
};

#define TELL_EXIT (UINT64_C(1) << 3)
#define GET_INFO _IOWR(0xff, 11, struct pidfd_told)

/* The pidfd tells how its process has ended. */
static void expect_exit(int status, int pidfd)
{
	struct pidfd_told told = { .mask = TELL_EXIT };

	EXPECT_RET(0, ioctl(pidfd, GET_INFO, &told));
	EXPECT_THAT(told.mask & TELL_EXIT, "the pidfd tells of the end");
	EXPECT_THAT(WIFEXITED(told.exit_code), "of an exit");
	EXPECT_EQ(status, WEXITSTATUS(told.exit_code));
}

static int write_and_exit(struct env *env, void *arg)
{
	return write_one(env, arg) == 0 ? 42 : 1;
}

CHECK(pidfd, of_an_ended_sender,
      .title = "A sender that was reaped before the receive still has a pidfd",
      CLAUSES(linux_scm_pidfd_reaped),
      ROWS(PIDFD_12),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Clients that send one message and exit are the usual ones.",
      .explain = "Since Linux 6.16, when the option was on as the message was "
		 "sent; before, which is where SO_PASSRIGHTS is not known, -ESRCH "
		 "or -EINVAL comes in its place. The pidfd is readable: its "
		 "process has ended; and it tells the exit status.")
{
	struct cmsg_msg m;
	struct cmsghdr *c;
	int fd[2], pidfd = 0;

	pass_pair(env, fd);
	EXPECT_EQ(42, env_reap(env, env_fork(env, write_and_exit, &fd[0])));
	cred_recv(fd[1], &m, PIDFD_ROOM, 0);
	c = cmsg_find(&m, SOL_SOCKET, SCM_PIDFD);
	ASSERT_THAT(c, "the control message came along");
	memcpy(&pidfd, CMSG_DATA(c), sizeof(pidfd));
	if (pidfd < 0) {
		EXPECT_THAT(!release_proven(RELEASE_6_16) &&
			    (pidfd == -ESRCH || pidfd == -EINVAL),
			    "a pidfd, or -ESRCH or -EINVAL before 6.16 (%d came)",
			    pidfd);
		NOTE("an error in place of the pidfd: %d", pidfd);
		return;
	}
	EXPECT_EQ(FD_CLOEXEC, fcntl(pidfd, F_GETFD));
	EXPECT_EQ(-1, cred_pidfd_pid(pidfd));
	EXPECT_POLL(POLLIN | POLLHUP, pidfd, POLLIN);
	expect_exit(42, pidfd);
	EXPECT_RET(0, close(pidfd));
}

CHECK(pidfd, by_the_sender,
      .title = "SO_PASSPIDFD of the sender alone is enough for the receiver to get a pidfd",
      CLAUSES(linux_maybe_add_creds, linux_scm_pidfd),
      ROWS(PIDFD_13),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A client that sets it needs no luck with the server's timing.",
      .explain = "The receiver sets the option when the messages are queued already; one "
		 "that was sent while neither had it brings no pidfd, and no MSG_CTRUNC.")
{
	struct cmsg_msg m;
	int fd[2];

	SETUP(env_pair(env, fd));
	cred_try_pidfd(fd[0], SO_PASSPIDFD);
	SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
	SETUP(cred_pass(fd[0], SO_PASSPIDFD, 1));
	SETUP(send(fd[0], "y", 1, MSG_NOSIGNAL));
	SETUP(cred_pass(fd[1], SO_PASSPIDFD, 1));
	cred_recv(fd[1], &m, PIDFD_ROOM, 0);
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	EXPECT_EQ(0, m.hdr.msg_controllen);
	cred_recv(fd[1], &m, PIDFD_ROOM, 0);
	EXPECT_EQ('y', m.data[0]);
	ASSERT_THAT(cred_pidfd_of(&m) >= 0, "a pidfd came along");
	cred_expect_pidfd(getpid(), cred_pidfd_of(&m));
	EXPECT_RET(0, close(cred_pidfd_of(&m)));
}

CHECK(credentials, before_descriptors,
      .title = "With room for credentials only, descriptors are dropped: MSG_CTRUNC",
      CLAUSES(linux_scm_recv_order, unix7_passcred),
      ROWS(CRED_15, CRED_14),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A receiver that turns SO_PASSCRED on and does not enlarge its "
	     "buffer loses the descriptors; they must not leak.")
{
	struct cmsg_msg m;
	struct ucred got;
	int fd[2], next;

	SETUP(env_pair(env, fd));
	SETUP(cred_pass(fd[1], SO_PASSCRED, 1));
	cmsg_to_send(&m, "x", 1);
	cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, &fd[0], sizeof(int));
	SETUP(sendmsg(fd[0], &m.hdr, MSG_NOSIGNAL));
	next = next_fd();
	cred_recv(fd[1], &m, CMSG_SPACE(sizeof(got)), 0);
	EXPECT_MSG_FLAGS(MSG_CTRUNC, m.hdr.msg_flags);
	EXPECT_EQ(1, cmsg_count(&m));
	ASSERT_THAT(cred_of(&m, &got), "credentials came along");
	cred_expect(cred_self(), got);
	EXPECT_ERRNO(EBADF, fcntl(next, F_GETFD));
}
