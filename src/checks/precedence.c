// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sends that have two reasons to fail: which one is told.  For each type there
 * is one order, that in which the kernel looks; each pair of reasons out of it
 * is made true on fresh sockets.
 */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "checks/util_data.h"
#include "checks/util_dgram.h"
#include "checks/util_fill.h"
#include "checks/util_flow.h"
#include "checks/util_option.h"
#include "checks/util_rights.h"
#include "harness/check.h"

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

#define SNDBUF 8192
#define TOO_LONG 65536
#define SOCKETS 512		/* more than all pairs take */
/* Of queues that hold more than this none is filled. */
#define QUEUE_MAX 64

enum {
	RESET = 1 << 0,		/* the peer has thrown away what it had */
	CONTROL = 1 << 1,	/* descriptor -1 */
	URGENT = 1 << 2,	/* MSG_OOB */
	FAMILY = 1 << 3,	/* an address of AF_INET */
	NAME = 1 << 4,		/* an address on a connection */
	LONG = 1 << 5,		/* more than the send buffer */
	SHUT = 1 << 6,		/* SHUT_WR */
	FULL = 1 << 7,		/* no room, and MSG_DONTWAIT */
	MEMORY = 1 << 8,	/* bytes that cannot be read */
	NOBODY = 1 << 9,	/* a name that does not exist */
	TAKEN = 1 << 10,	/* the receiver has another peer */
	DEAF = 1 << 11,		/* SHUT_RD of the receiver */
	RIGHTS = 1 << 12,	/* descriptors, and SO_PASSRIGHTS 0 there */
};

struct reason {
	unsigned int bit;
	int err;
};

static const struct reason of_datagrams[] = {
	{ CONTROL, EBADF }, { URGENT, EOPNOTSUPP }, { FAMILY, EINVAL },
	{ LONG, EMSGSIZE }, { RESET, ECONNRESET }, { SHUT, EPIPE },
	{ MEMORY, EFAULT }, { NOBODY, 0 }, { TAKEN, EPERM }, { DEAF, EPIPE },
	{ RIGHTS, EPERM }, { FULL, EAGAIN }, { 0, 0 },
};

static const struct reason of_streams[] = {
	{ CONTROL, EBADF }, { NAME, EISCONN }, { SHUT, EPIPE },
	{ FULL, EAGAIN }, { MEMORY, EFAULT }, { DEAF, EPIPE },
	{ RIGHTS, EPERM }, { 0, 0 },
};

static const struct reason of_packets[] = {
	{ CONTROL, EBADF }, { URGENT, EOPNOTSUPP }, { LONG, EMSGSIZE },
	{ SHUT, EPIPE }, { FULL, EAGAIN }, { MEMORY, EFAULT }, { DEAF, EPIPE },
	{ RIGHTS, EPERM }, { 0, 0 },
};

/* By the number of its bit. */
static const char *const reason_names[] = {
	"a reset peer", "descriptor -1", "MSG_OOB", "an AF_INET address",
	"an address on a connection", "too long", "SHUT_WR", "no room",
	"bad memory", "no such name", "a receiver with another peer",
	"the receiver's SHUT_RD", "SO_PASSRIGHTS 0",
};

static const char *reason_name(const struct reason *r)
{
	return reason_names[__builtin_ctz(r->bit)];
}

/* A sender, and the address that it sends to. */
struct setting {
	struct env *env;
	int next;		/* number of the next address */
	int from;
	struct addr to;
	bool to_name;
	bool connected;		/* a datagram sender with some other peer */
	void *bad_memory;
};

/* Two datagram sockets of which one has lost what the other had sent. */
static void lose_messages(struct setting *s)
{
	struct env *env = s->env;
	struct addr a = env_addr(env, s->next++), b = env_addr(env, s->next++);
	int peer = SETUP(env_bound(env, &b));

	SETUP(bind(s->from, &a.sa, a.len));
	SETUP(connect(s->from, &b.sa, b.len));
	SETUP(connect(peer, &a.sa, a.len));
	SETUP(send(s->from, "l", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
	dgram_must_disconnect(peer);
	SETUP(env_close(env, peer));
}

static void set_datagrams(struct setting *s, unsigned int bits)
{
	struct env *env = s->env;
	int to, other;

	s->to_name = true;
	s->to = env_addr(env, s->next++);
	to = SETUP(env_bound(env, &s->to));
	if (bits & RESET) {
		lose_messages(s);
	} else if (s->connected) {
		struct addr peer = env_addr(env, s->next++);

		SETUP(env_bound(env, &peer));
		SETUP(connect(s->from, &peer.sa, peer.len));
	}
	if (bits & FULL)
		flow_fill_queue(env, &s->to, 0);
	if (bits & TAKEN) {
		struct addr third = env_addr(env, s->next++);

		other = SETUP(env_bound(env, &third));
		SETUP(connect(to, &third.sa, third.len));
		SETUP(env_close(env, other));
	}
	if (bits & DEAF)
		SETUP(shutdown(to, SHUT_RD));
	if (bits & RIGHTS)
		SETUP(option_set(to, SO_PASSRIGHTS, 0));
	if (bits & NOBODY)
		s->to = env_addr(env, s->next++);
	if (bits & FAMILY)
		s->to.sa.sa_family = AF_INET;
}

static void set_connection(struct setting *s, unsigned int bits)
{
	struct env *env = s->env;
	struct addr a = env_addr(env, s->next++);
	int listener = SETUP(env_listener(env, 1, &a));
	int client = SETUP(env_socket(env));

	/* After connect() this would be SHUT_WR of the other end as well. */
	if (bits & DEAF)
		SETUP(shutdown(client, SHUT_RD));
	if (bits & RIGHTS)
		SETUP(option_set(client, SO_PASSRIGHTS, 0));
	SETUP(connect(client, &a.sa, a.len));
	s->from = SETUP(env_accept(env, listener));
	s->to_name = bits & NAME;
	s->to = a;
	SETUP(backlog_set_option(s->from, SO_SNDBUF, SNDBUF));
	if (bits & FULL && !(bits & DEAF))
		fill_up(env, s->from);
}

/* A sender for which all of these are true, as far as they are its own. */
static void set_up(struct setting *s, unsigned int bits)
{
	if (s->env->type == SOCK_DGRAM) {
		s->from = SETUP(env_socket(s->env));
		SETUP(backlog_set_option(s->from, SO_SNDBUF, SNDBUF));
		set_datagrams(s, bits);
	} else {
		set_connection(s, bits);
	}
	if (bits & SHUT)
		SETUP(shutdown(s->from, SHUT_WR));
}

static long send_with(const struct setting *s, unsigned int bits)
{
	static unsigned char data[TOO_LONG];
	struct addr to = s->to;
	int none = -1, from = s->from;
	struct cmsg_msg m;

	cmsg_to_send(&m, "p", 1);
	m.iov.iov_base = bits & MEMORY ? s->bad_memory : data;
	m.iov.iov_len = bits & LONG ? sizeof(data) : 1;
	if (bits & (CONTROL | RIGHTS))
		cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS,
			 bits & CONTROL ? &none : &from, sizeof(int));
	if (s->to_name) {
		m.hdr.msg_name = to.bytes;
		m.hdr.msg_namelen = to.len;
	}
	return sendmsg(s->from, &m.hdr, MSG_NOSIGNAL | MSG_DONTWAIT |
		       (bits & URGENT ? MSG_OOB : 0));
}

/* What cannot be had here. */
static unsigned int without(struct env *env)
{
	int fd = SETUP(env_socket(env));
	unsigned int bits = 0;

	if (env->valgrind)
		bits |= MEMORY;
	if (option_set(fd, SO_PASSRIGHTS, 1) < 0 || option_takes_any(fd))
		bits |= RIGHTS;
	/* Not every system takes it before there is a connection. */
	if (shutdown(fd, SHUT_RD) < 0)
		bits |= DEAF;
	if (env->type == SOCK_DGRAM && flow_queue_limit() > QUEUE_MAX)
		bits |= FULL;
	SETUP(env_close(env, fd));
	return bits;
}

/* Those that no one socket can have at once. */
static bool exclude(struct env *env, unsigned int bits)
{
	if (bits & NOBODY && bits & (TAKEN | DEAF | RIGHTS | FULL))
		return true;
	return env->type != SOCK_DGRAM && bits == (FULL | DEAF);
}

static void try_each_pair(struct env *env, const struct reason *order,
			  bool connected)
{
	struct setting s = { .env = env, .connected = connected };
	unsigned int skipped = without(env);

	s.bad_memory = data_bad_page("protected");
	for (const struct reason *a = order; a->bit; a++) {
		for (const struct reason *b = a; b->bit; b++) {
			unsigned int bits = a->bit | b->bit;
			int err = a->err;

			if (a->bit == NOBODY)
				err = env->row->addr == PATH ? ENOENT :
							       ECONNREFUSED;
			if (bits & skipped || exclude(env, bits))
				continue;
			CONTEXT("%s and %s", reason_name(a),
				a == b ? "no other reason" : reason_name(b));
			set_up(&s, bits);
			EXPECT_ERRNO(err, send_with(&s, bits));
		}
	}
}

CHECK(precedence, of_datagrams,
      .title = "Of two reasons to refuse a datagram the one that is looked at first is told",
      CLAUSES(linux_dgram_send_order),
      ROWS(DGR_70),
      .types = DGRAM, .addrs = NAMED, .nofile = SOCKETS,
      PARAMS("unconnected", "connected"),
      .why = "Which of two mistakes is told decides what the program does about it.",
      .explain = "Control data, MSG_OOB, the address, the length, a pending error, SHUT_WR, "
	      "bytes that cannot be read, the name, a receiver with another peer, that did "
	      "SHUT_RD, that refuses descriptors, that is full: each pair, by a sender "
	      "without a peer and by one with another.")
{
	try_each_pair(env, of_datagrams, env->param == 1);
}

CHECK(precedence, of_connections,
      .title = "Of two reasons to refuse a send on a connection the one that is looked at first is told",
      CLAUSES(linux_stream_send_order),
      ROWS(STR_70),
      .types = CONNECTED, .addrs = NAMED, .nofile = SOCKETS,
      .why = "Which of two mistakes is told decides what the program does about it.",
      .explain = "Control data, MSG_OOB and the length of a record, the address on a stream, "
	      "SHUT_WR, room, bytes that cannot be read, a peer that did SHUT_RD before it "
	      "connected, that refuses descriptors: each pair.")
{
	try_each_pair(env, env->type == SOCK_STREAM ? of_streams : of_packets,
		      false);
}

CHECK(precedence, of_socketpair,
      .title = "socketpair() into bad memory is EFAULT also where the type is not known",
      CLAUSES(linux_socketpair_array_first, socketpair2_efault),
      ROWS(PAIR_60),
      .types = ANY_TYPE, PARAMS("null", "protected", "read_only"),
      .why = "Which of two mistakes is told decides what the program does about it.",
      .explain = "The array is written before there are sockets: SOCK_RDM, a protocol that "
	      "is none.  Invalid flags come before it: EINVAL.")
{
	int *bad = data_bad_page(env->param_name);

	EXPECT_ERRNO(EFAULT, socketpair(AF_UNIX, SOCK_RDM, 0, bad));
	EXPECT_ERRNO(EFAULT, socketpair(AF_UNIX, env->type, 99, bad));
	EXPECT_ERRNO(EINVAL, socketpair(AF_UNIX, env->type | 0x40000000, 0,
					bad));
}
