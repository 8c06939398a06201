// SPDX-License-Identifier: BSD-2-Clause
/* The longest message. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "checks/util_flow.h"
#include "harness/check.h"

/* What the kernel keeps for itself of SO_SNDBUF, see unix_dgram_sendmsg(). */
#define RESERVED 32

/* Longer ones may find no memory in one piece. */
#define MOST (1 << 19)

/* A message of len goes through the pair, whole and once. */
static void expect_passes(const int fd[2], void *out, void *in, size_t len)
{
	dgram_fill(out, (unsigned int)len, len);
	ASSERT_RET(len, send(fd[0], out, len, MSG_DONTWAIT));
	ASSERT_RET(len, recv(fd[1], in, len + 1, MSG_DONTWAIT));
	EXPECT_THAT(dgram_is(in, (unsigned int)len, len),
		    "the bytes are those that were sent");
	dgram_expect_empty(fd[1]);
}

CHECK(message_size, send_buffer_is_the_limit,
      .title = "A message may be as long as SO_SNDBUF less 32 bytes; longer ones are EMSGSIZE",
      CLAUSES(unix7_sndbuf_limit, posix_send_emsgsize),
      ROWS(DGR_15, DGR_16, DGR_17, DGR_65, FLOW_41),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = SWAP,
      PARAMS("default", "small", "large"),
      .why = "Programs size their messages by this limit; a cut message is a broken one.",
      .explain = "For the default SO_SNDBUF, the least there is and a large one: the "
	      "longest message is received whole, one byte more and twice as much fail "
	      "with EMSGSIZE and queue nothing, blocking or not.  FreeBSD and macOS "
	      "stop at net.local.dgram.maxdgram, 2048 bytes.")
{
	cleanup_free char *out = NULL, *in = NULL;
	size_t most;
	int fd[2];

	SETUP(env_pair(env, fd));
	if (env->param)
		SETUP(backlog_set_option(fd[0], SO_SNDBUF,
					 env->param == 1 ? 1 : 65536));
	most = (size_t)SETUP(backlog_option(fd[0], SO_SNDBUF)) - RESERVED;
	if (most > MOST)
		SKIP_CASE("a default of %zu bytes is too much for one message", most);
	NOTE("the longest message has %zu bytes", most);
	out = calloc(2, most + RESERVED);
	in = calloc(2, most + RESERVED);
	if (!out || !in)
		BROKEN("no memory for messages");
	for (int i = 0; i < 2; i++) {
		EXPECT_ERRNO(EMSGSIZE, send(fd[0], out, most + 1, MSG_NOSIGNAL));
		EXPECT_ERRNO(EMSGSIZE, send(fd[0], out, 2 * most,
					    MSG_NOSIGNAL | MSG_DONTWAIT));
		dgram_expect_empty(fd[1]);
		expect_passes(fd, out, in, most);
		expect_passes(fd, out, in, most - 1);
		expect_passes(fd, out, in, most < 2049 ? most : 2049);
	}
}

CHECK(message_size, limit_follows_the_option,
      .title = "The limit of a message follows SO_SNDBUF at once, up and down",
      CLAUSES(unix7_sndbuf_limit),
      ROWS(DGR_15, DGR_17),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "A program that raises its buffer does it to send a longer message.")
{
	static const int value[] = { 1, 16384, 4096, 32768 };
	cleanup_free char *out = calloc(1, 1 << 18), *in = calloc(1, 1 << 18);
	int fd[2], last = 0;

	if (!out || !in)
		BROKEN("no memory for messages");
	SETUP(env_pair(env, fd));
	for (int i = 0; i < 4; i++) {
		int size;

		ASSERT_RET(0, backlog_set_option(fd[0], SO_SNDBUF, value[i]));
		size = (int)ASSERT_OK(backlog_option(fd[0], SO_SNDBUF));
		CONTEXT("SO_SNDBUF %d is %d", value[i], size);
		ASSERT_THAT(size > RESERVED && size < 1 << 18 && size != last,
			    "SO_SNDBUF changes, and not beyond reason");
		last = size;
		expect_passes(fd, out, in, (size_t)size - RESERVED);
		EXPECT_ERRNO(EMSGSIZE, send(fd[0], out,
					    (size_t)size - RESERVED + 1, 0));
	}
}

CHECK(message_size, receive_buffer_is_no_limit,
      .title = "The receiver's SO_RCVBUF does not limit the length of a message",
      CLAUSES(unix7_sndbuf_limit),
      ROWS(DGR_18),
      .types = MESSAGES, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "The sender decides alone; a receiver cannot make it fail.")
{
	cleanup_free char *out = NULL, *in = NULL;
	size_t most, room;
	int fd[2];

	SETUP(env_pair(env, fd));
	ASSERT_RET(0, backlog_set_option(fd[1], SO_RCVBUF, 1));
	SETUP(backlog_set_option(fd[0], SO_SNDBUF, 32768));
	most = (size_t)SETUP(backlog_option(fd[0], SO_SNDBUF)) - RESERVED;
	room = (size_t)SETUP(backlog_option(fd[1], SO_RCVBUF));
	if (room >= most)
		SKIP_CASE("SO_SNDBUF is not larger than the least SO_RCVBUF");
	out = calloc(1, most + 1);
	in = calloc(1, most + 1);
	if (!out || !in)
		BROKEN("no memory for messages");
	expect_passes(fd, out, in, room + 1);
	expect_passes(fd, out, in, most);
}

CHECK(message_size, too_long_without_peer,
      .title = "A message that is too long fails also without a peer to send it to",
      CLAUSES(linux_dgram_too_long_first, posix_send_emsgsize),
      ROWS(DGR_48),
      .types = DGRAM,
      .why = "Either of the two mistakes may be told; success would be a third.",
      .explain = "EMSGSIZE since Linux 6.14, ENOTCONN before, which is accepted where "
		 "SO_PASSRIGHTS (6.16) is not known.")
{
	cleanup_free char *out = NULL;
	int fd = SETUP(env_socket(env));
	size_t most;

	SETUP(backlog_set_option(fd, SO_SNDBUF, 32768));
	most = (size_t)SETUP(backlog_option(fd, SO_SNDBUF)) - RESERVED;
	out = calloc(1, most + 1);
	if (!out)
		BROKEN("no memory for a message");
	if (release_proven(RELEASE_6_16))
		EXPECT_ERRNO(EMSGSIZE, send(fd, out, most + 1, 0));
	else
		EXPECT_ERRNO_IN(send(fd, out, most + 1, 0), EMSGSIZE, ENOTCONN);
	EXPECT_ERRNO(ENOTCONN, send(fd, out, most, 0));
}

CHECK(message_size, too_long_for_anybody,
      .title = "A message that is too long fails with EMSGSIZE, whoever it is sent to",
      CLAUSES(linux_dgram_size_before_lookup, posix_send_emsgsize),
      ROWS(DGR_70),
      .types = DGRAM, .addrs = NAMED,
      .why = "Told that nobody is there, a sender would try the same message for ever.",
      .explain = "sendto() to a name that nobody has, to a receiver that takes messages from "
	      "its peer alone, and to one whose queue is full.")
{
	struct addr none = env_addr(env, 1), taken = env_addr(env, 2);
	cleanup_free char *out = NULL;
	struct flow_queue full;
	int fd = SETUP(env_socket(env)), other;
	size_t most;

	flow_full_queue(env, &full);
	other = SETUP(env_bound(env, &taken));
	SETUP(connect(other, &full.addr.sa, full.addr.len));
	SETUP(backlog_set_option(fd, SO_SNDBUF, 32768));
	most = (size_t)SETUP(backlog_option(fd, SO_SNDBUF)) - RESERVED;
	out = calloc(1, most + 1);
	if (!out)
		BROKEN("no memory for a message");
	EXPECT_ERRNO(EMSGSIZE, sendto(fd, out, most + 1, MSG_DONTWAIT, &none.sa,
				      none.len));
	EXPECT_ERRNO(EMSGSIZE, sendto(fd, out, most + 1, MSG_DONTWAIT, &taken.sa,
				      taken.len));
	EXPECT_ERRNO(EMSGSIZE, sendto(fd, out, most + 1, MSG_DONTWAIT,
				      &full.addr.sa, full.addr.len));
	EXPECT_ERRNO(EPERM, sendto(fd, "x", 1, MSG_DONTWAIT, &taken.sa, taken.len));
}
