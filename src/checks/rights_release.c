// SPDX-License-Identifier: BSD-2-Clause
/*
 * SCM_RIGHTS that nobody receives: what the kernel must close, seen closed by
 * a pipe that hangs up.
 */
#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_rights.h"
#include "harness/check.h"

CHECK(rights, freed_by_close,
      .title = "Closing a socket closes the descriptors that wait in it",
      CLAUSES(linux_release_unread, posix_close_last),
      ROWS(RTS_14),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      PARAMS("receiver_first", "sender_first"),
      .why = "A file that is never closed keeps its lock, its disk space and its peer waiting.")
{
	int fd[2], first, second;

	SETUP(env_pair(env, fd));
	first = rights_token_sent(env, fd[0]);
	second = rights_token_sent(env, fd[0]);
	if (env->param == 1)
		SETUP(env_close(env, fd[0]));
	rights_expect_held(first);
	rights_expect_held(second);
	EXPECT_RET(0, env_close(env, fd[1]));
	rights_expect_freed(first);
	rights_expect_freed(second);
}

CHECK(rights, freed_with_listener,
      .title = "Closing a listener closes descriptors sent on connections not yet accepted",
      CLAUSES(linux_release_resets_queue, posix_close_last),
      ROWS(RTS_14),
      .types = CONNECTED, .addrs = NAMED,
      .why = "A client may send before it is accepted; what it sent must not stay for ever.")
{
	struct addr addr = env_addr(env, 0);
	int listener = SETUP(env_listener(env, 4, &addr));
	int client = SETUP(env_connect(env, &addr));
	int token = rights_token_sent(env, client);

	rights_expect_held(token);
	EXPECT_RET(0, env_close(env, listener));
	rights_expect_freed(token);
	EXPECT_ERRNO(ECONNRESET, recv(client, &(char){ 0 }, 1, MSG_DONTWAIT));
}

CHECK(rights, freed_by_plain_read,
      .title = "A read without room for control data returns the data and closes the descriptors",
      CLAUSES(unix7_rights_truncated, linux_rights_discard),
      ROWS(RTS_15, RTS_16),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("read", "recv", "recvfrom", "recvmsg", "recvmsg_null"),
      .why = "A peer could fill the table of a server that never asked for descriptors.")
{
	struct cmsg_msg m;
	char *in = (char *)m.data;
	int fd[2], token, lowest;

	SETUP(env_pair(env, fd));
	token = rights_token_sent(env, fd[0]);
	lowest = rights_lowest();
	cmsg_to_receive(&m, 4, 0);
	switch (env->param) {
	case 0:
		EXPECT_RET(1, read(fd[1], in, 4));
		break;
	case 1:
		EXPECT_RET(1, recv(fd[1], in, 4, MSG_DONTWAIT));
		break;
	case 2:
		EXPECT_RET(1, recvfrom(fd[1], in, 4, MSG_DONTWAIT, NULL, NULL));
		break;
	default:
		if (env->param == 4)
			m.hdr.msg_control = NULL;
		EXPECT_RET(1, recvmsg(fd[1], &m.hdr, MSG_DONTWAIT));
		EXPECT_MSG_FLAGS(MSG_CTRUNC, m.hdr.msg_flags);
		EXPECT_EQ(0, m.hdr.msg_controllen);
		break;
	}
	EXPECT_EQ('t', in[0]);
	EXPECT_THAT(cmsg_poisoned(&m, 0), "no control data is written");
	EXPECT_EQ(lowest, rights_lowest());
	rights_expect_freed(token);
	data_expect_empty(fd[1]);
}

CHECK(rights, unread_resets_peer,
      .title = "Closing with descriptors unread resets the peer, as unread data does",
      CLAUSES(linux_release_unread, posix_recv_econnreset),
      ROWS(RTS_67),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "The sender must learn that its descriptor was not taken.")
{
	int fd[2], token;
	char byte;

	SETUP(env_pair(env, fd));
	token = rights_token_sent(env, fd[0]);
	EXPECT_RET(0, env_close(env, fd[1]));
	rights_expect_freed(token);
	EXPECT_ERRNO(ECONNRESET, recv(fd[0], &byte, 1, MSG_DONTWAIT));
	EXPECT_RET(0, recv(fd[0], &byte, 1, MSG_DONTWAIT));
}

CHECK(rights, read_is_no_reset,
      .title = "Closing with the descriptors received is an ordinary end for the peer",
      CLAUSES(linux_release_unread, posix_recv_end),
      ROWS(RTS_67),
      .types = CONNECTED, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A reset in place of the end makes a good transfer look like a failed one.")
{
	struct cmsg_msg m;
	int fd[2], token;

	SETUP(env_pair(env, fd));
	token = rights_token_sent(env, fd[0]);
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), 0));
	EXPECT_EQ(1, rights_close(&m));
	rights_expect_freed(token);
	EXPECT_RET(0, env_close(env, fd[1]));
	EXPECT_RET(0, recv(fd[0], &(char){ 0 }, 1, MSG_DONTWAIT));
}

CHECK(rights, bad_data_installs_none,
      .title = "recvmsg() that fails with EFAULT for the data installs no descriptor",
      CLAUSES(linux_rights_bad_data, recv2_efault, linux_recvmsg_failure),
      ROWS(RTS_69, RTS_71),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("null", "protected", "read_only"),
      .why = "The caller is told of a failure and cannot know of descriptors to close.",
      .explain = "A stream keeps the piece, and the next read has data and descriptor.  "
	      "A message has left the queue, and its descriptor is closed.")
{
	void *bad = data_bad_page(env->param_name);
	struct cmsg_msg m;
	int fd[2], token, lowest;

	SETUP(env_pair(env, fd));
	token = rights_token_sent(env, fd[0]);
	lowest = rights_lowest();
	cmsg_to_receive(&m, 1, RIGHTS_SPACE(1));
	m.iov.iov_base = bad;
	EXPECT_ERRNO(EFAULT, recvmsg(fd[1], &m.hdr, MSG_DONTWAIT));
	EXPECT_EQ(lowest, rights_lowest());
	EXPECT_EQ(RIGHTS_SPACE(1), m.hdr.msg_controllen);
	if (env->type == SOCK_STREAM) {
		rights_expect_held(token);
		EXPECT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), 0));
		EXPECT_EQ(1, rights_close(&m));
	}
	rights_expect_freed(token);
	data_expect_empty(fd[1]);
	EXPECT_EQ(lowest, rights_lowest());
}

CHECK(rights, bad_control_installs_none,
      .title = "Control memory that cannot be written costs the descriptors, not the data",
      CLAUSES(linux_rights_bad_control, posix_recvmsg_ctrunc),
      ROWS(RTS_70, RTS_71),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("protected", "read_only", "kernel"),
      .why = "A descriptor whose number was not told can never be closed.")
{
	void *bad = data_bad_page(env->param_name);
	struct cmsg_msg m;
	int fd[2], token, lowest;

	SETUP(env_pair(env, fd));
	token = rights_token_sent(env, fd[0]);
	lowest = rights_lowest();
	cmsg_to_receive(&m, 1, RIGHTS_SPACE(1));
	m.hdr.msg_control = bad;
	EXPECT_RET(1, recvmsg(fd[1], &m.hdr, MSG_DONTWAIT));
	EXPECT_EQ('t', m.data[0]);
	EXPECT_MSG_FLAGS(MSG_CTRUNC, m.hdr.msg_flags);
	EXPECT_EQ(0, m.hdr.msg_controllen);
	EXPECT_EQ(lowest, rights_lowest());
	rights_expect_freed(token);
	data_expect_works(env, fd[0], fd[1]);
}
