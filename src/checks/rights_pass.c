// SPDX-License-Identifier: BSD-2-Clause
/* SCM_RIGHTS: what arrives is the sender's open file under a number of one's own. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_rights.h"
#include "harness/check.h"

/* A file at the receiver's that the sender has as *file. */
static int pass(struct env *env, int file)
{
	struct cmsg_msg m;
	int fd[2], got;

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, rights_send(fd[0], &file, 1, "x", 1));
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), 0));
	ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	return got;
}

CHECK(rights, arrive,
      .title = "A descriptor sent with a byte arrives as a new descriptor of the same file",
      CLAUSES(unix7_scm_rights, posix_scm_rights, posix_recvmsg_ctrunc, cmsg3_header,
	      recv2_controllen),
      ROWS(RTS_01, RTS_02, RTS_03, RTS_28),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Servers that hand connections to workers are built on this.",
      .explain = "One control message comes, of exactly the length of one descriptor, "
	      "msg_controllen is its padded length, no flag is set, and nothing beyond "
	      "is written.")
{
	int fd[2], got, file = rights_file(env), lowest;
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	lowest = rights_lowest();
	ASSERT_RET(1, rights_send(fd[0], &file, 1, "x", 1));
	EXPECT_EQ(lowest, rights_lowest());
	ASSERT_RET(1, rights_recv(fd[1], &m, 8, RIGHTS_SPACE(8), 0));
	EXPECT_EQ('x', m.data[0]);
	EXPECT_EQ(CMSG_POISON, m.data[1]);
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	EXPECT_EQ(RIGHTS_SPACE(1), m.hdr.msg_controllen);
	EXPECT_THAT(cmsg_poisoned(&m, RIGHTS_SPACE(1)),
		    "nothing beyond the control message is written");
	ASSERT_EQ(1, cmsg_count(&m));
	ASSERT_THAT(cmsg_find(&m, SOL_SOCKET, SCM_RIGHTS),
		    "the control message is SOL_SOCKET, SCM_RIGHTS");
	EXPECT_EQ(RIGHTS_LEN(1), m.align.cmsg_len);
	ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	EXPECT_EQ(lowest, got);
	EXPECT_THAT(rights_same(file, got), "it is the file that was sent");
	EXPECT_RET(3, write(got, "abc", 3));
	EXPECT_RET(0, env_close(env, got));
	EXPECT_RET(3, lseek(file, 0, SEEK_END));
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}

CHECK(rights, plain_message_has_none,
      .title = "A message without control data leaves msg_controllen 0",
      CLAUSES(recv2_controllen, posix_recvmsg_ctrunc),
      ROWS(RTS_29),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A reader that walks what is left in its buffer closes the wrong descriptor.")
{
	struct cmsg_msg m;
	int fd[2], file = rights_file(env);

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
	ASSERT_RET(1, rights_send(fd[0], &file, 1, "y", 1));
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(4), 0));
	EXPECT_EQ(0, m.hdr.msg_controllen);
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	EXPECT_THAT(cmsg_poisoned(&m, 0), "no control data is written");
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(4), 0));
	EXPECT_EQ('y', m.data[0]);
	EXPECT_EQ(1, rights_close(&m));
}

CHECK(rights, no_cloexec_by_default,
      .title = "Received descriptors are not close-on-exec, whatever the sender's are",
      CLAUSES(unix7_scm_rights, posix_flags_private),
      ROWS(RTS_04, RTS_09),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A server that passes a socket and then executes a worker loses it.")
{
	int file = rights_file(env), got;

	SETUP(fcntl(file, F_SETFD, FD_CLOEXEC));
	got = pass(env, file);
	EXPECT_RET(0, fcntl(got, F_GETFD));
	EXPECT_RET(FD_CLOEXEC, fcntl(file, F_GETFD));
	EXPECT_RET(0, fcntl(file, F_SETFD, 0));
	EXPECT_RET(0, fcntl(got, F_SETFD, FD_CLOEXEC));
	EXPECT_RET(0, fcntl(file, F_GETFD));
}

CHECK(rights, cloexec_flag,
      .title = "MSG_CMSG_CLOEXEC makes every received descriptor close-on-exec",
      CLAUSES(posix_recvmsg_cmsg_cloexec, recv2_cmsg_cloexec, posix_flags_private),
      ROWS(RTS_05, RTS_09),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A thread that executes a program just then hands it the descriptor.",
      .explain = "Twenty of them, peeked and read.")
{
	int fd[2], sent[20], got[20], file = rights_file(env);
	struct cmsg_msg m;

	SETUP(fcntl(file, F_SETFD, 0));
	SETUP(env_pair(env, fd));
	for (int i = 0; i < 20; i++)
		sent[i] = file;
	ASSERT_RET(1, rights_send(fd[0], sent, 20, "x", 1));
	for (int flags = MSG_PEEK; flags >= 0; flags -= MSG_PEEK) {
		CONTEXT(flags ? "peeked" : "read");
		ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(20),
					  MSG_CMSG_CLOEXEC | flags));
		ASSERT_EQ(20, rights_take(env, &m, got, 20));
		for (int i = 0; i < 20; i++)
			EXPECT_RET(FD_CLOEXEC, fcntl(got[i], F_GETFD));
	}
	EXPECT_RET(0, fcntl(file, F_GETFD));
}

CHECK(rights, cloexec_flag_reported,
      .title = "MSG_CMSG_CLOEXEC stays in msg_flags, with descriptors, cut ones and none",
      CLAUSES(linux_recvmsg_flags),
      ROWS(RTS_06),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Code that takes any bit in msg_flags for a cut message drops good ones.")
{
	int fd[2], file = rights_file(env);
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	ASSERT_RET(1, rights_send(fd[0], &file, 1, "x", 1));
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1),
				  MSG_CMSG_CLOEXEC));
	EXPECT_MSG_FLAGS(MSG_CMSG_CLOEXEC, m.hdr.msg_flags);
	EXPECT_EQ(1, rights_close(&m));
	ASSERT_RET(1, rights_send(fd[0], &file, 1, "x", 1));
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, 0, MSG_CMSG_CLOEXEC));
	EXPECT_MSG_FLAGS(MSG_CMSG_CLOEXEC | MSG_CTRUNC, m.hdr.msg_flags);
	ASSERT_RET(1, send(fd[0], "y", 1, MSG_NOSIGNAL));
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1),
				  MSG_CMSG_CLOEXEC));
	EXPECT_MSG_FLAGS(MSG_CMSG_CLOEXEC, m.hdr.msg_flags);
}

CHECK(rights, share_offset_and_flags,
      .title = "Sender and receiver share the file offset and the file status flags",
      CLAUSES(posix_open_file_description, unix7_scm_rights),
      ROWS(RTS_07, RTS_08),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A reopened file starts at 0: two writers of one log overwrite each other.")
{
	int file = rights_file(env), got = pass(env, file);
	int flags = SETUP(fcntl(file, F_GETFL));

	EXPECT_RET(5, write(got, "hello", 5));
	EXPECT_RET(5, lseek(file, 0, SEEK_CUR));
	EXPECT_RET(2, lseek(file, 2, SEEK_SET));
	EXPECT_RET(2, lseek(got, 0, SEEK_CUR));
	EXPECT_RET(flags, fcntl(got, F_GETFL));
	EXPECT_RET(0, fcntl(got, F_SETFL, flags | O_APPEND | O_NONBLOCK));
	EXPECT_RET(flags | O_APPEND | O_NONBLOCK, fcntl(file, F_GETFL));
	EXPECT_RET(0, fcntl(file, F_SETFL, flags));
	EXPECT_RET(flags, fcntl(got, F_GETFL));
}

CHECK(rights, same_description,
      .title = "kcmp() finds the received descriptor and the sender's to be one open file",
      CLAUSES(unix7_scm_rights, posix_open_file_description),
      ROWS(RTS_10),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Checkpointing tools tell shared open files by this.")
{
	enum { KCMP_FILE_ = 0 };
	int file = rights_file(env), got = pass(env, file);
	int other = env_own(env, SETUP(open("file", O_RDWR | O_CLOEXEC)));
	pid_t me = getpid();

	if (syscall(SYS_kcmp, me, me, KCMP_FILE_, file, file) != 0)
		SKIP_CASE("kcmp() cannot be called here");
	EXPECT_RET(0, syscall(SYS_kcmp, me, me, KCMP_FILE_, file, got));
	EXPECT_THAT(syscall(SYS_kcmp, me, me, KCMP_FILE_, other, got) > 0,
		    "another opening of the file is another");
}

CHECK(rights, keep_access_mode,
      .title = "The access mode goes with the descriptor: the receiver gains nothing",
      CLAUSES(posix_open_file_description, unix7_scm_rights),
      ROWS(RTS_51),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("read_only", "write_only"),
      .why = "A broker hands read-only files to those who must not change them.")
{
	int file = rights_file(env), mode = env->param ? O_WRONLY : O_RDONLY;
	int half = env_own(env, SETUP(open("file", mode | O_CLOEXEC)));
	int got = pass(env, half);
	char byte;

	SETUP(write(file, "a", 1));
	EXPECT_EQ(mode, fcntl(got, F_GETFL) & O_ACCMODE);
	if (mode == O_RDONLY) {
		EXPECT_RET(1, read(got, &byte, 1));
		EXPECT_ERRNO(EBADF, write(got, "b", 1));
	} else {
		EXPECT_RET(1, write(got, "b", 1));
		EXPECT_ERRNO(EBADF, read(got, &byte, 1));
	}
}

struct courier {
	int sock;
	int token[2];
};

static int send_and_exit(struct env *env, void *arg)
{
	struct courier *c = arg;

	(void)env;
	return rights_send(c->sock, &c->token[1], 1, "x", 1) != 1;
}

CHECK(rights, outlive_sender,
      .title = "A descriptor in flight is open, and usable, when the sender has closed or ended",
      CLAUSES(unix7_in_flight, unix7_scm_rights, posix_close_last),
      ROWS(RTS_11, RTS_12, RTS_13),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      PARAMS("closes", "ends"),
      .why = "Most senders close the descriptor right after sending it.",
      .explain = "The write end of a pipe is sent and closed: no hang-up while it is in "
	      "flight, it carries data when received, and closing it hangs up.")
{
	struct courier c;
	struct cmsg_msg m;
	int fd[2], got;
	char byte;

	SETUP(env_pair(env, fd));
	rights_token(env, c.token);
	c.sock = fd[0];
	if (env->param == 0) {
		ASSERT_RET(1, rights_send(fd[0], &c.token[1], 1, "x", 1));
		SETUP(env_close(env, c.token[1]));
	} else {
		pid_t pid = env_fork(env, send_and_exit, &c);

		SETUP(env_close(env, c.token[1]));
		ASSERT_EQ(0, env_reap(env, pid));
	}
	rights_expect_held(c.token[0]);
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), 0));
	ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	rights_expect_held(c.token[0]);
	EXPECT_RET(1, write(got, "p", 1));
	EXPECT_RET(1, read(c.token[0], &byte, 1));
	EXPECT_RET(0, env_close(env, got));
	rights_expect_freed(c.token[0]);
}
