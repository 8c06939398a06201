// SPDX-License-Identifier: BSD-2-Clause
/* SO_PASSRIGHTS: a receiver that wants no descriptors. */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_oob.h"
#include "checks/util_option.h"
#include "checks/util_rights.h"
#include "harness/check.h"

/* 0, or the case is skipped where the option is not there (before 6.16). */
static int want_rights(int fd, int on)
{
	return option_try(fd, SO_PASSRIGHTS, on, "SO_PASSRIGHTS");
}

CHECK(rights, refused_by_option,
      .title = "A receiver with SO_PASSRIGHTS 0 is not sent descriptors: EPERM; data passes",
      CLAUSES(linux_so_passrights),
      ROWS(RTS_72, RTS_73),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A service that wants no descriptors need not fear them.",
      .explain = "Only the receiver's option counts, nothing of the message is sent, and "
	      "with the option set again descriptors pass.")
{
	int fd[2], token[2];
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	ASSERT_RET(0, want_rights(fd[1], 0));
	EXPECT_ERRNO(EPERM, rights_send(fd[0], &token[1], 1, "n", 1));
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[0], fd[1]);
	EXPECT_RET(1, rights_send(fd[1], &token[1], 1, "y", 1));
	EXPECT_RET(1, rights_recv(fd[0], &m, 1, RIGHTS_SPACE(1), 0));
	EXPECT_EQ(1, rights_close(&m));
	EXPECT_RET(0, want_rights(fd[1], 1));
	EXPECT_RET(1, rights_send(fd[0], &token[1], 1, "y", 1));
	EXPECT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), 0));
	EXPECT_EQ(1, rights_close(&m));
	SETUP(env_close(env, token[1]));
	rights_expect_freed(token[0]);
}

CHECK(rights, refused_by_option_by_name,
      .title = "Descriptors sent to the name of a socket with SO_PASSRIGHTS 0 are EPERM as well",
      CLAUSES(linux_so_passrights),
      ROWS(RTS_81, RTS_72),
      .types = DGRAM, .addrs = NAMED,
      PARAMS("unconnected", "connected"),
      .why = "Anybody may send to a name: it is where the option is needed most.",
      .explain = "By sendmsg() with an address, from a socket without a peer and from one "
	      "that has another peer, which allows them.  Data without them arrive, and "
	      "descriptors do once the option is set.")
{
	struct addr a = env_addr(env, 0), other = env_addr(env, 1);
	int fd = SETUP(env_bound(env, &a)), sender, token[2];
	struct cmsg_msg m;

	SETUP(env_bound(env, &other));
	sender = SETUP(env->param ? env_connect(env, &other) : env_socket(env));
	rights_token(env, token);
	ASSERT_RET(0, want_rights(fd, 0));
	for (int allowed = 0; allowed < 2; allowed++) {
		CONTEXT("SO_PASSRIGHTS %d", allowed);
		cmsg_to_send(&m, "n", 1);
		cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, &token[1], sizeof(int));
		m.hdr.msg_name = &a.sa;
		m.hdr.msg_namelen = a.len;
		if (!allowed) {
			EXPECT_ERRNO(EPERM, sendmsg(sender, &m.hdr, MSG_DONTWAIT));
			data_expect_empty(fd);
			EXPECT_RET(1, sendto(sender, "d", 1, 0, &a.sa, a.len));
			EXPECT_RET(1, recv(fd, m.data, 1, MSG_DONTWAIT));
			EXPECT_RET(0, want_rights(fd, 1));
			continue;
		}
		EXPECT_RET(1, sendmsg(sender, &m.hdr, MSG_DONTWAIT));
		EXPECT_RET(1, rights_recv(fd, &m, 1, RIGHTS_SPACE(1), 0));
		EXPECT_EQ(1, rights_close(&m));
	}
	SETUP(env_close(env, token[1]));
	rights_expect_freed(token[0]);
}

CHECK(rights, refused_by_option_when_shut,
      .title = "A receiver with SO_PASSRIGHTS 0 that shut its reading is EPIPE to descriptors too",
      CLAUSES(linux_so_passrights, posix_send_epipe),
      ROWS(RTS_82),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A sender that takes EPERM for a rule would try again without the descriptor, for ever.")
{
	int fd[2], token[2];

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	ASSERT_RET(0, want_rights(fd[1], 0));
	EXPECT_ERRNO(EPERM, rights_send(fd[0], &token[1], 1, "n", 1));
	ASSERT_RET(0, shutdown(fd[1], SHUT_RD));
	EXPECT_ERRNO(EPIPE, rights_send(fd[0], &token[1], 1, "n", 1));
	SETUP(env_close(env, token[1]));
	rights_expect_freed(token[0]);
}

CHECK(rights, queued_before_option,
      .title = "Descriptors queued before SO_PASSRIGHTS was cleared are still delivered",
      CLAUSES(linux_so_passrights),
      ROWS(RTS_74),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "The sender was told that they were sent.")
{
	struct cmsg_msg m;
	int fd[2], token;

	SETUP(env_pair(env, fd));
	token = rights_token_sent(env, fd[0]);
	ASSERT_RET(0, want_rights(fd[1], 0));
	rights_expect_held(token);
	EXPECT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), 0));
	EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
	EXPECT_EQ(1, rights_close(&m));
	rights_expect_freed(token);
}

CHECK(rights, urgent_refused_by_option,
      .title = "SO_PASSRIGHTS 0 refuses descriptors that are sent with MSG_OOB as well: EPERM",
      CLAUSES(linux_so_passrights),
      ROWS(RTS_72, RTS_73),
      .types = STREAM, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "The urgent byte is queued by a way of its own, which must not be a way round.",
      .explain = "With the urgent byte alone, and with bytes before it, which are not sent "
	      "either.  Urgent data without descriptors pass.")
{
	static const char *const texts[] = { "u", "abu" };
	int fd[2], token[2];
	struct cmsg_msg m;

	oob_pair(env, fd);
	rights_token(env, token);
	ASSERT_RET(0, want_rights(fd[1], 0));
	for (int i = 0; i < 2; i++) {
		CONTEXT("\"%s\"", texts[i]);
		cmsg_to_send(&m, texts[i], strlen(texts[i]));
		cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, &token[1], sizeof(int));
		EXPECT_ERRNO(EPERM, sendmsg(fd[0], &m.hdr,
					    MSG_OOB | MSG_NOSIGNAL));
		oob_expect_none(fd[1]);
		data_expect_empty(fd[1]);
	}
	CONTEXT("%s", "");
	oob_send(env, fd[0], fd[1], "u");
	oob_expect(fd[1], 'u');
	SETUP(env_close(env, token[1]));
	rights_expect_freed(token[0]);
}
