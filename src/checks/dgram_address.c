// SPDX-License-Identifier: BSD-2-Clause
/* Who sent a datagram: what recvfrom() and recvmsg() report. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_dgram.h"
#include "harness/check.h"

/* Receive text by recvfrom() or recvmsg(); *from holds room, then length. */
static void recv_flags(int fd, const char *text, struct addr *from, bool by_msg,
		       int flags)
{
	char in[64];
	struct iovec iov = { in, sizeof(in) };
	struct msghdr msg = {
		.msg_name = &from->sa, .msg_namelen = from->len,
		.msg_iov = &iov, .msg_iovlen = 1,
	};
	size_t len = strlen(text);

	if (by_msg) {
		ASSERT_RET(len, recvmsg(fd, &msg, flags | MSG_DONTWAIT));
		EXPECT_MSG_FLAGS(0, msg.msg_flags);
		from->len = msg.msg_namelen;
	} else {
		ASSERT_RET(len, recvfrom(fd, in, sizeof(in), flags | MSG_DONTWAIT,
					 &from->sa, &from->len));
	}
	EXPECT_MEM(text, in, len);
}

static void recv_from(int fd, const char *text, struct addr *from, bool by_msg)
{
	recv_flags(fd, text, from, by_msg, 0);
}

/* The next two messages of fd are text, and come from this address. */
static void expect_from(int fd, const char *text, const struct addr *want)
{
	for (int i = 0; i < 4; i++) {
		struct addr from = { .len = sizeof(from.bytes) };
		bool by_msg = i % 2, peek = i < 2;

		CONTEXT("by %s()%s", by_msg ? "recvmsg" : "recvfrom",
			peek ? " with MSG_PEEK" : "");
		memset(from.bytes, 0xee, sizeof(from.bytes));
		recv_flags(fd, text, &from, by_msg, peek ? MSG_PEEK : 0);
		ASSERT_EQ(want->len, from.len);
		EXPECT_MEM(want->bytes, from.bytes, want->len);
	}
	CONTEXT("%s", "");
}

CHECK(dgram, unnamed_sender_has_no_address,
      .title = "A datagram of an unbound socket arrives with address length 0, nothing is written",
      CLAUSES(linux_unnamed_sender, posix_sendto_sends),
      ROWS(DGR_21, DGR_22),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK,
      PARAMS("recvfrom", "recvmsg"),
      .why = "Servers that reply to what was in the buffer before reply to anybody.",
      .explain = "getsockname() reports length 2 for the same socket; unix(7) knows that "
	      "length only.")
{
	struct addr to = env_addr(env, 0), from = { .len = sizeof(from.bytes) };
	int fd = SETUP(env_bound(env, &to)), sender = SETUP(env_socket(env));

	memset(from.bytes, 0xee, sizeof(from.bytes));
	ASSERT_RET(4, dgram_sendto(sender, "anon", &to));
	recv_from(fd, "anon", &from, env->param == 1);
	EXPECT_EQ(0, from.len);
	for (size_t i = 0; i < sizeof(from.bytes); i++)
		ASSERT_EQ(0xee, from.bytes[i]);
	dgram_expect_empty(fd);
}

CHECK(dgram, pair_sender_has_no_address,
      .title = "A datagram of a socketpair() end arrives with address length 0",
      CLAUSES(linux_unnamed_sender),
      ROWS(DGR_22),
      .types = DGRAM, .addrs = PAIR, .axes = SWAP | NONBLOCK,
      PARAMS("recvfrom", "recvmsg"),
      .why = "Servers that reply to what was in the buffer before reply to anybody.")
{
	struct addr from = { .len = sizeof(from.bytes) };
	int fd[2];

	SETUP(env_pair(env, fd));
	memset(from.bytes, 0xee, sizeof(from.bytes));
	ASSERT_RET(4, send(fd[0], "pair", 4, 0));
	recv_from(fd[1], "pair", &from, env->param == 1);
	EXPECT_EQ(0, from.len);
	EXPECT_EQ(0xee, from.bytes[0]);
	EXPECT_EQ(0xee, from.bytes[1]);
}

CHECK(dgram, sender_address_is_exact,
      .title = "A datagram arrives with the exact address of its sender, and a reply reaches it",
      CLAUSES(posix_recvfrom_address, posix_sendto_sends),
      ROWS(DGR_21, DGR_23),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK,
      .why = "The address is where a server sends its answer.",
      .explain = "Two senders of the row's kind, one of the other kind with messages of "
	      "no bytes, in turn; each gets the answer that was sent to the address "
	      "that came with its messages, which a peek tells as well.")
{
	unsigned int other = env->row->addr == PATH ? ABSTRACT : PATH;
	struct addr to = env_addr(env, 0), name[3] = {
		env_addr(env, 1), env_addr(env, 2), env_addr_of(env, other, 3),
	};
	int fd = SETUP(env_bound(env, &to)), sender[3];
	static const char *const text[] = { "first", "second", "" };

	dgram_need_queue(2);
	for (int i = 0; i < 3; i++)
		sender[i] = SETUP(env_bound(env, &name[i]));
	for (int i = 0; i < 3; i++) {
		for (int twice = 0; twice < 2; twice++)
			ASSERT_RET(strlen(text[i]),
				   dgram_sendto(sender[i], text[i], &to));
		expect_from(fd, text[i], &name[i]);
	}
	for (int i = 0; i < 3; i++)
		EXPECT_RET(strlen(text[i]), dgram_sendto(fd, text[i], &name[i]));
	for (int i = 0; i < 3; i++) {
		dgram_expect(sender[i], text[i]);
		dgram_expect_empty(sender[i]);
	}
}

CHECK(dgram, short_address_buffer_is_filled,
      .title = "A short address buffer is filled, nothing beyond it, and the full length told",
      CLAUSES(posix_recvfrom_address_cut, recv2_address_cut),
      ROWS(DGR_24),
      .types = DGRAM, .addrs = NAMED, .controls = UDP,
      PARAMS("recvfrom", "recvmsg"),
      .why = "The length is how a receiver knows that the address is not the whole one.",
      .explain = "Room for 0, 1, 2, 3 bytes, one less than the address, the address, and "
	      "one more.  recvmsg() of old kernels, which do not know MSG_OOB (5.15), "
	      "may tell no length where there is no room at all.")
{
	struct addr to = env_addr(env, 0), name = env_addr(env, 1), from;
	int fd = SETUP(env_bound(env, &to)), sender = SETUP(env_bound(env, &name));
	socklen_t room[] = { 0, 1, 2, 3, name.len - 1, name.len, name.len + 1 };

	for (int i = 0; i < 7; i++) {
		socklen_t kept = room[i] < name.len ? room[i] : name.len;

		CONTEXT("%u bytes of room for %u", room[i], name.len);
		memset(from.bytes, 0xee, sizeof(from.bytes));
		from.len = room[i];
		ASSERT_RET(4, dgram_sendto(sender, "here", &to));
		dgram_settle(env, fd);
		recv_from(fd, "here", &from, env->param == 1);
		if (room[i] == 0 && from.len == 0 && env->param == 1 &&
		    !release_proven(RELEASE_5_15))
			NOTE("recvmsg() without room tells no length");
		else
			EXPECT_EQ(name.len, from.len);
		EXPECT_MEM(name.bytes, from.bytes, kept);
		EXPECT_EQ(0xee, from.bytes[kept]);
	}
}

CHECK(dgram, no_address_buffer,
      .title = "recvfrom() without an address buffer receives, and leaves the length alone",
      CLAUSES(posix_recvfrom_address),
      ROWS(DGR_23),
      .types = DGRAM, .addrs = NAMED, .controls = UDP,
      .why = "Not to ask is the usual way.")
{
	struct addr to = env_addr(env, 0), name = env_addr(env, 1);
	int fd = SETUP(env_bound(env, &to)), sender = SETUP(env_bound(env, &name));
	socklen_t len = 7;
	char in[8];

	dgram_need_queue(2);
	ASSERT_RET(4, dgram_sendto(sender, "one.", &to));
	ASSERT_RET(4, dgram_sendto(sender, "two.", &to));
	dgram_settle(env, fd);
	EXPECT_RET(4, recvfrom(fd, in, sizeof(in), 0, NULL, NULL));
	EXPECT_MEM("one.", in, 4);
	dgram_settle(env, fd);
	EXPECT_RET(4, recvfrom(fd, in, sizeof(in), 0, NULL, &len));
	EXPECT_MEM("two.", in, 4);
	EXPECT_EQ(7, len);
}

CHECK(dgram, name_is_read_at_reception,
      .title = "A sender that binds after it sent is reported by its name, also for what waits",
      CLAUSES(linux_sender_name),
      ROWS(DGR_27),
      .types = DGRAM, .addrs = NAMED,
      .why = "The name is that of the socket, not of the message.")
{
	struct addr to = env_addr(env, 0), name = env_addr(env, 1);
	int fd = SETUP(env_bound(env, &to)), sender = SETUP(env_socket(env));

	dgram_need_queue(2);
	for (int i = 0; i < 2; i++)
		ASSERT_RET(5, dgram_sendto(sender, "early", &to));
	ASSERT_RET(0, bind(sender, &name.sa, name.len));
	expect_from(fd, "early", &name);
}

CHECK(dgram, closed_sender_is_reported,
      .title = "The sender's name is reported after it closed; a reply is then refused",
      CLAUSES(linux_sender_name, linux_dgram_dead_name),
      ROWS(DGR_28, DGR_29, DGR_52),
      .types = DGRAM, .addrs = NAMED, .axes = NONBLOCK,
      .why = "Clients that send and leave are still heard, and are known to be gone.",
      .explain = "Two messages wait; the sender closes; both are received with its "
	      "address; sendto() to that address fails with ECONNREFUSED, with the name "
	      "in the file system and without.")
{
	struct addr to = env_addr(env, 0), name = env_addr(env, 1);
	int fd = SETUP(env_bound(env, &to)), sender = SETUP(env_bound(env, &name));

	dgram_need_queue(2);
	for (int i = 0; i < 2; i++)
		ASSERT_RET(4, dgram_sendto(sender, "will", &to));
	ASSERT_RET(0, env_close(env, sender));
	expect_from(fd, "will", &name);
	EXPECT_ERRNO(ECONNREFUSED, dgram_sendto(fd, "reply", &name));
	dgram_expect_empty(fd);
}
