// SPDX-License-Identifier: BSD-2-Clause
/*
 * Control data that sendmsg() refuses, and what it passes over.  Nothing of a
 * message that is refused may be sent, or stay open.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_data.h"
#include "checks/util_option.h"
#include "checks/util_rights.h"
#include "harness/check.h"

/*
 * The message is refused, all of it, and the sockets work on.  compat is the
 * errno that a program of 32 bits may get as well.
 */
static void expect_refused_compat(struct env *env, const int fd[2], int err,
				  int compat, struct cmsg_msg *m)
{
	EXPECT_ERRNO_IN(sendmsg(fd[0], &m->hdr, MSG_DONTWAIT | MSG_NOSIGNAL),
			err, PROGRAM_OF_32_BITS ? compat : err);
	data_expect_empty(fd[1]);
	data_expect_works(env, fd[0], fd[1]);
}

static void expect_refused(struct env *env, const int fd[2], int err,
			   struct cmsg_msg *m)
{
	expect_refused_compat(env, fd, err, err, m);
}

/* It is sent, and arrives with n descriptors. */
static void expect_sent(const int fd[2], struct cmsg_msg *m, int n)
{
	EXPECT_RET(1, sendmsg(fd[0], &m->hdr, MSG_DONTWAIT | MSG_NOSIGNAL));
	EXPECT_RET(1, rights_recv(fd[1], m, 1, RIGHTS_SPACE(8), 0));
	EXPECT_MSG_FLAGS(0, m->hdr.msg_flags);
	EXPECT_EQ(n ? RIGHTS_SPACE((size_t)n) : 0, m->hdr.msg_controllen);
	EXPECT_EQ(n, rights_close(m));
}

/* A message of one byte and this control message. */
static struct cmsghdr *message(struct cmsg_msg *m, int level, int type,
			       const void *payload, size_t len)
{
	cmsg_to_send(m, "x", 1);
	return cmsg_add(m, level, type, payload, len);
}

CHECK(rights, bad_descriptor,
      .title = "An invalid descriptor is EBADF, and none of the good ones beside it is sent",
      CLAUSES(linux_rights_copy),
      ROWS(RTS_32, RTS_33),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      .why = "A part of a list would be taken for the whole.")
{
	static const int bad[] = { -1, INT_MIN, INT_MAX, 0 };
	int fd[2], token[2], closed;
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	closed = rights_lowest();
	for (int i = 0; i < 4; i++) {
		int value = bad[i] ? bad[i] : closed;

		for (int at = 0; at < 4; at++) {
			int list[3] = { token[1], token[1], token[1] };
			int n = at == 3 ? 1 : 3;

			CONTEXT("%d at %d of %d", value, at % 3, n);
			list[at % 3] = value;
			message(&m, SOL_SOCKET, SCM_RIGHTS, list,
				(size_t)n * sizeof(int));
			expect_refused(env, fd, EBADF, &m);
		}
	}
	CONTEXT("after these");
	SETUP(env_close(env, token[1]));
	rights_expect_freed(token[0]);
}

CHECK(rights, bad_second_header,
      .title = "Control data that is refused for a later header leaves no descriptor open",
      CLAUSES(linux_rights_copy, cmsg3_header),
      ROWS(RTS_33, RTS_78),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("descriptor", "type", "length", "credentials"),
      .why = "Each refused call would leak what the first header named.")
{
	int fd[2], token[2], err = EINVAL, bad = -1;
	struct ucred nobody = { .pid = -1, .uid = geteuid(), .gid = getegid() };
	struct cmsg_msg m;
	struct cmsghdr *c;

	if (env->param == 3 && geteuid() == 0 && !option_can(CAP_SYS_ADMIN))
		SKIP_CASE("which process such a root may name depends on its pid namespace");
	SETUP(env_pair(env, fd));
	rights_token(env, token);
	message(&m, SOL_SOCKET, SCM_RIGHTS, &token[1], sizeof(int));
	c = env->param == 3 ?
		cmsg_add(&m, SOL_SOCKET, SCM_CREDENTIALS, &nobody, sizeof(nobody)) :
		cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, &bad, sizeof(bad));
	if (env->param == 0)
		err = EBADF;
	else if (env->param == 3)	/* no such process, for root */
		err = option_can(CAP_SYS_ADMIN) ? ESRCH : EPERM;
	else if (env->param == 1)
		c->cmsg_type = 0x7fff;
	else
		c->cmsg_len = sizeof(m.control);
	expect_refused(env, fd, err, &m);
	SETUP(env_close(env, token[1]));
	rights_expect_freed(token[0]);
}

CHECK(rights, bad_length,
      .title = "A cmsg_len below the header, or beyond msg_controllen, is EINVAL",
      CLAUSES(cmsg3_header, linux_rights_copy),
      ROWS(RTS_38),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "What is read beyond the control data is somebody else's memory.")
{
	const size_t bad[] = { 0, 1, RIGHTS_LEN(0) - 1, RIGHTS_SPACE(1) + 1,
			       RIGHTS_LEN(100), INT_MAX, SIZE_MAX };
	int fd[2], file = rights_file(env);
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CONTEXT("cmsg_len %zu", bad[i]);
		message(&m, SOL_SOCKET, SCM_RIGHTS, &file,
			sizeof(file))->cmsg_len = bad[i];
		expect_refused(env, fd, EINVAL, &m);
	}
	CONTEXT("msg_controllen is cmsg_len less 1");
	message(&m, SOL_SOCKET, SCM_RIGHTS, &file, sizeof(file));
	m.hdr.msg_controllen = RIGHTS_LEN(1) - 1;
	expect_refused(env, fd, EINVAL, &m);
	CONTEXT("msg_controllen is cmsg_len, without padding");
	message(&m, SOL_SOCKET, SCM_RIGHTS, &file, sizeof(file));
	m.hdr.msg_controllen = RIGHTS_LEN(1);
	expect_sent(fd, &m, 1);
}

CHECK(rights, none_listed,
      .title = "SCM_RIGHTS without descriptors is accepted, and no control message arrives",
      CLAUSES(linux_rights_copy),
      ROWS(RTS_39),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Programs that build the header before they count send such messages.",
      .explain = "Alone, and before and after one that has a descriptor, which arrives.")
{
	int fd[2], file = rights_file(env);
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	message(&m, SOL_SOCKET, SCM_RIGHTS, NULL, 0);
	expect_sent(fd, &m, 0);
	message(&m, SOL_SOCKET, SCM_RIGHTS, NULL, 0);
	cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, &file, sizeof(file));
	expect_sent(fd, &m, 1);
	message(&m, SOL_SOCKET, SCM_RIGHTS, &file, sizeof(file));
	cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, NULL, 0);
	expect_sent(fd, &m, 1);
}

CHECK(rights, part_of_int,
      .title = "Bytes behind the last whole descriptor of the array are ignored",
      CLAUSES(linux_rights_copy),
      ROWS(RTS_40),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "They are no descriptor, and must not be read as one.")
{
	int fd[2], file = rights_file(env);
	int list[2] = { file, -1 };
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	for (size_t extra = 0; extra < sizeof(int); extra++) {
		CONTEXT("%zu bytes more", extra);
		message(&m, SOL_SOCKET, SCM_RIGHTS, list, sizeof(int) + extra);
		expect_sent(fd, &m, 1);
		message(&m, SOL_SOCKET, SCM_RIGHTS, &list[1], extra);
		expect_sent(fd, &m, 0);
	}
}

CHECK(rights, unknown_type,
      .title = "An unknown SOL_SOCKET control type, SCM_PIDFD among them, is EINVAL on send",
      CLAUSES(linux_cmsg_other_level),
      ROWS(RTS_41, RTS_42),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Silently dropped, it would leave the sender believing it was delivered.")
{
	static const int types[] = { 0, 3, 4 /* SCM_PIDFD */, 5, 0x7fff,
				     0x7fffffff, -1 };
	int fd[2], file = rights_file(env);
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		CONTEXT("type %d", types[i]);
		message(&m, SOL_SOCKET, types[i], &file, sizeof(file));
		expect_refused(env, fd, EINVAL, &m);
	}
}

CHECK(rights, other_level,
      .title = "Control messages of other levels are passed over",
      CLAUSES(linux_cmsg_other_level),
      ROWS(RTS_43),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Code shared with internet sockets sends such headers.")
{
	static const int levels[] = { 0 /* IPPROTO_IP */, 6, 17, 41, -1 };
	int fd[2], file = rights_file(env);
	struct cmsg_msg m;

	SETUP(env_pair(env, fd));
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		CONTEXT("level %d alone", levels[i]);
		message(&m, levels[i], SCM_RIGHTS, &(int){ -1 }, sizeof(int));
		expect_sent(fd, &m, 0);
		CONTEXT("level %d before SCM_RIGHTS", levels[i]);
		message(&m, levels[i], SCM_RIGHTS, &(int){ -1 }, sizeof(int));
		cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, &file, sizeof(file));
		expect_sent(fd, &m, 1);
	}
}

CHECK(rights, control_unreadable,
      .title = "Control memory that cannot be read is EFAULT, and nothing is sent",
      CLAUSES(linux_sendmsg_control, send2_efault),
      ROWS(RTS_44),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("null", "protected", "kernel"),
      .why = "The data must not go without the descriptor that belongs to it.",
      .explain = "A 64-bit kernel tells a 32-bit program of no pointer by EINVAL: "
	      "net/compat.c then sees a length without a header.")
{
	void *bad = data_bad_page(env->param_name);
	int compat = bad ? EFAULT : EINVAL;
	struct cmsg_msg m;
	int fd[2];

	SETUP(env_pair(env, fd));
	cmsg_to_send(&m, "x", 1);
	m.hdr.msg_control = bad;
	m.hdr.msg_controllen = RIGHTS_SPACE(1);
	expect_refused_compat(env, fd, EFAULT, compat, &m);
	m.hdr.msg_controllen = RIGHTS_SPACE(100);
	expect_refused_compat(env, fd, EFAULT, compat, &m);
}

/* Is it the code for programs of 32 bits that refuses it?  It is not sent. */
static bool refused_by_compat(const int fd[2], struct cmsg_msg *m)
{
	char byte;

	if (sendmsg(fd[0], &m->hdr, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
		return errno == EINVAL;
	ASSERT_RET(1, recv(fd[1], &byte, 1, MSG_DONTWAIT));
	return false;
}

CHECK(rights, control_below_header,
      .title = "Control data shorter than a header is as good as none",
      CLAUSES(linux_sendmsg_control),
      ROWS(RTS_45),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A length left over from another call must not stop the data.",
      .explain = "To a 32-bit program a 64-bit kernel says EINVAL, whatever the length.")
{
	bool refused = false;
	struct cmsg_msg m;
	int fd[2];

	SETUP(env_pair(env, fd));
	for (size_t len = 1; len < RIGHTS_LEN(0); len++) {
		CONTEXT("msg_controllen %zu", len);
		message(&m, SOL_SOCKET, SCM_RIGHTS, &(int){ -1 }, sizeof(int));
		m.hdr.msg_controllen = len;
		if (PROGRAM_OF_32_BITS && len == 1) {
			refused = refused_by_compat(fd, &m);
			NOTE("it is %s", refused ? "EINVAL" : "sent");
		}
		if (refused)
			expect_refused(env, fd, EINVAL, &m);
		else
			expect_sent(fd, &m, 0);
	}
}

/* net.core.optmem_max of this network namespace, or 0 when it is not told. */
static size_t optmem_max(void)
{
	cleanup_fclose FILE *f = fopen("/proc/sys/net/core/optmem_max", "re");
	size_t value;

	return f && fscanf(f, "%zu", &value) == 1 ? value : 0;
}

CHECK(rights, too_much_control,
      .title = "Control data beyond net.core.optmem_max is ENOBUFS; a fraction of it is sent",
      CLAUSES(net_optmem_max, linux_sendmsg_control),
      ROWS(RTS_46, RTS_47),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Kernel memory for one call must have a bound.",
      .explain = "One header of another level, which is passed over, of a quarter of the "
	      "limit, of one byte more than it, of INT_MAX bytes and more.  A 64-bit "
	      "kernel has no memory for that of a 32-bit program: ENOMEM.")
{
	size_t limit = optmem_max();
	const size_t much[] = { limit + 1, INT_MAX, (size_t)INT_MAX + 1,
				SIZE_MAX };
	cleanup_free char *control = calloc(1, limit + 1);
	struct cmsg_msg m;
	int fd[2];

	if (limit < 4 * RIGHTS_SPACE(1))
		SKIP_CASE("net.core.optmem_max is not told, or next to nothing");
	if (!control)
		BROKEN("out of memory");
	SETUP(env_pair(env, fd));
	struct cmsghdr *c = (struct cmsghdr *)(void *)control;

	c->cmsg_level = -1;
	cmsg_to_send(&m, "x", 1);
	m.hdr.msg_control = control;
	for (size_t i = 0; i < sizeof(much) / sizeof(much[0]); i++) {
		/* It objects to lengths that reach beyond the memory. */
		if (env->valgrind && much[i] > limit + 1)
			continue;
		CONTEXT("msg_controllen %zu", much[i]);
		m.hdr.msg_controllen = c->cmsg_len = much[i];
		expect_refused_compat(env, fd, ENOBUFS,
				      much[i] <= INT_MAX ? ENOMEM : ENOBUFS, &m);
	}
	CONTEXT("msg_controllen %zu", limit / 4);
	m.hdr.msg_controllen = c->cmsg_len = limit / 4;
	expect_sent(fd, &m, 0);
}

CHECK(rights, failures_keep_no_memory,
      .title = "sendmsg() that fails gives the memory for its control data back",
      CLAUSES(linux_sendmsg_control, send2_efault),
      ROWS(RTS_100),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("unreadable", "refused"),
      .why = "What a socket may have of it is little: soon nothing could be sent with it.",
      .explain = "As often as net.core.optmem_max has room for, and twice more; then one "
	      "of the same length is sent.")
{
	static const unsigned char payload[1600];
	struct cmsg_msg m;
	long rounds;
	int fd[2];

	rounds = option_sysctl("net/core/optmem_max") / (long)sizeof(payload) + 2;
	if (rounds > 2000)
		SKIP_CASE("net.core.optmem_max has room for %ld", rounds);
	SETUP(env_pair(env, fd));
	for (long i = 0; i < rounds; i++) {
		message(&m, SOL_SOCKET, env->param ? 0x7fff : SCM_RIGHTS,
			payload, sizeof(payload));
		if (!env->param)
			m.hdr.msg_control = data_bad_page("protected");
		ASSERT_ERRNO(env->param ? EINVAL : EFAULT,
			     sendmsg(fd[0], &m.hdr, MSG_DONTWAIT | MSG_NOSIGNAL));
	}
	message(&m, 0, 1, payload, sizeof(payload));
	expect_sent(fd, &m, 0);
	data_expect_empty(fd[1]);
}
