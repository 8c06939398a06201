// SPDX-License-Identifier: BSD-2-Clause
/* NETLINK_SOCK_DIAG, which ss and monitoring read: one socket at a time. */
#include "config.h"

#include <linux/magic.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "checks/util_dgram.h"
#include "checks/util_diag.h"
#include "checks/util_option.h"
#include "checks/util_reach.h"
#include "harness/check.h"

static void get(int diag, int fd, unsigned int show, struct diag *d)
{
	ASSERT_RET(0, diag_get(diag, diag_inode(fd), show, NULL, d));
}

static void expect_u32(uint32_t want, const struct diag *d, int attr, size_t i)
{
	EXPECT_THAT(d->attr[attr].present, "the attribute is there");
	EXPECT_EQ(want, diag_u32(d, attr, i));
}

CHECK(diag, one_socket,
      .title = "An inode leads to the socket's family, type and state",
      CLAUSES(sock_diag7_by_family, sock_diag7_attributes),
      ROWS(DIAG_01, DIAG_08, DIAG_10),
      .types = ANY_TYPE, .needs = NEED_SOCK_DIAG,
      .why = "ss and crash reports find the owner of a descriptor by it.",
      .explain = "A fresh socket is in state CLOSE, shut down in no direction, "
		 "and has no name to report. Memory counters come when asked "
		 "for and not otherwise; the limits among them are SO_RCVBUF "
		 "and SO_SNDBUF.")
{
	int diag = SETUP(diag_open(env));
	int fd = SETUP(env_socket(env));
	struct diag d;

	SETUP(option_set(fd, SO_RCVBUF, 20000));
	SETUP(option_set(fd, SO_SNDBUF, 30000));
	get(diag, fd, UDIAG_SHOW_NAME | UDIAG_SHOW_MEMINFO, &d);
	EXPECT_EQ(AF_UNIX, d.msg.udiag_family);
	EXPECT_EQ(env->type, d.msg.udiag_type);
	EXPECT_EQ(DIAG_CLOSE, d.msg.udiag_state);
	EXPECT_EQ(diag_inode(fd), d.msg.udiag_ino);
	EXPECT_THAT(!d.attr[UNIX_DIAG_NAME].present, "no name is reported");
	EXPECT_THAT(d.attr[UNIX_DIAG_MEMINFO].present, "memory is reported");
	EXPECT_THAT(d.attr[UNIX_DIAG_MEMINFO].len >= 8 * sizeof(uint32_t),
		    "eight counters of memory or more");
	expect_u32((uint32_t)option_get(fd, SO_RCVBUF), &d, UNIX_DIAG_MEMINFO, 1);
	expect_u32((uint32_t)option_get(fd, SO_SNDBUF), &d, UNIX_DIAG_MEMINFO, 3);
	get(diag, fd, 0, &d);
	EXPECT_THAT(!d.attr[UNIX_DIAG_MEMINFO].present,
		    "memory is not reported unasked");
}

CHECK(diag, nothing_unasked,
      .title = "An answer has no attribute that was not asked for",
      CLAUSES(sock_diag7_attributes),
      ROWS(DIAG_20),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_SOCK_DIAG,
      .why = "A dump of many sockets would be as long as all that is known of them.",
      .explain = "A named socket with a peer and data in its queue.  Asked for nothing, "
	      "and for one attribute at a time; the shutdown state comes always.")
{
	static const struct {
		unsigned int show;
		int attr;
	} each[] = {
		{ 0, -1 },
		{ UDIAG_SHOW_NAME, UNIX_DIAG_NAME },
		{ UDIAG_SHOW_VFS, UNIX_DIAG_VFS },
		{ UDIAG_SHOW_PEER, UNIX_DIAG_PEER },
		{ UDIAG_SHOW_RQLEN, UNIX_DIAG_RQLEN },
		{ UDIAG_SHOW_MEMINFO, UNIX_DIAG_MEMINFO },
	};
	int diag = SETUP(diag_open(env)), fd[2];
	struct addr a = env_addr(env, 0), b = env_addr(env, 1);
	struct diag d;

	if (env->type == SOCK_DGRAM) {
		fd[1] = SETUP(env_bound(env, &a));
		fd[0] = SETUP(env_bound(env, &b));
		SETUP(connect(fd[1], &b.sa, b.len));
		SETUP(connect(fd[0], &a.sa, a.len));
	} else {
		int listener = SETUP(env_listener(env, 1, &a));

		fd[0] = SETUP(env_connect(env, &a));
		fd[1] = SETUP(env_accept(env, listener));
	}
	SETUP(send(fd[0], "x", 1, MSG_NOSIGNAL));
	for (size_t i = 0; i < sizeof(each) / sizeof(*each); i++) {
		CONTEXT("udiag_show %#x", each[i].show);
		get(diag, fd[1], each[i].show, &d);
		for (int attr = 0; attr < DIAG_ATTRS; attr++) {
			if (attr == UNIX_DIAG_SHUTDOWN)
				continue;
			EXPECT_THAT(d.attr[attr].present == (attr == each[i].attr),
				    "attribute %d %s there", attr,
				    attr == each[i].attr ? "is" : "is not");
		}
	}
}

CHECK(diag, state,
      .title = "The state is LISTEN for listeners and ESTABLISHED when connected",
      CLAUSES(sock_diag7_state, linux_dgram_connect_state),
      ROWS(DIAG_02, DIAG_09),
      .types = ANY_TYPE, .addrs = ABSTRACT, .needs = NEED_SOCK_DIAG,
      .why = "ss -l shows a service by it.",
      .explain = "A connected datagram socket is ESTABLISHED since Linux 5.15, "
		 "and CLOSE before, where MSG_OOB (5.15) is not known.")
{
	struct addr a = env_addr(env, 0);
	int diag = SETUP(diag_open(env));
	int server = SETUP(reach_serve(env, &a));
	int client = SETUP(env_socket(env));
	struct diag d;

	get(diag, server, 0, &d);
	EXPECT_EQ(env->type == SOCK_DGRAM ? DIAG_CLOSE : DIAG_LISTEN,
		  d.msg.udiag_state);
	get(diag, client, 0, &d);
	EXPECT_EQ(DIAG_CLOSE, d.msg.udiag_state);
	SETUP(connect(client, &a.sa, a.len));
	get(diag, client, 0, &d);
	if (env->type == SOCK_DGRAM && d.msg.udiag_state == DIAG_CLOSE &&
	    !release_proven(RELEASE_5_15))
		NOTE("a connected datagram socket is in state CLOSE");
	else
		EXPECT_EQ(DIAG_ESTABLISHED, d.msg.udiag_state);
}

static void expect_name(int diag, int fd, const void *name, size_t len)
{
	struct diag d;

	get(diag, fd, UDIAG_SHOW_NAME, &d);
	EXPECT_THAT(d.attr[UNIX_DIAG_NAME].present, "a name is reported");
	EXPECT_EQ(len, d.attr[UNIX_DIAG_NAME].len);
	EXPECT_MEM(name, d.attr[UNIX_DIAG_NAME].bytes, len);
}

CHECK(diag, name,
      .title = "UNIX_DIAG_NAME carries the exact name, embedded NULs included",
      CLAUSES(sock_diag7_attributes),
      ROWS(DIAG_03),
      .types = ANY_TYPE, .addrs = NAMED, .needs = NEED_SOCK_DIAG,
      .why = "The table in /proc shows NULs as @; only this tells names apart.")
{
	struct addr a = env_addr(env, 0);
	int diag = SETUP(diag_open(env));
	int fd;

	if (env->row->addr == ABSTRACT) {
		a.un.sun_path[a.len - offsetof(struct sockaddr_un, sun_path)] = 0;
		a.un.sun_path[a.len + 1 -
			      offsetof(struct sockaddr_un, sun_path)] = 'z';
		a.len += 2;
	}
	fd = SETUP(env_bound(env, &a));
	/* A pathname comes with its NUL. */
	expect_name(diag, fd, a.un.sun_path,
		    env->row->addr == PATH ? strlen(a.un.sun_path) + 1 :
		    a.len - offsetof(struct sockaddr_un, sun_path));
}

CHECK(diag, file,
      .title = "UNIX_DIAG_VFS gives the inode and device numbers of the socket file",
      CLAUSES(sock_diag7_attributes),
      ROWS(DIAG_15),
      .types = ANY_TYPE, .addrs = NAMED, .needs = NEED_SOCK_DIAG,
      .why = "It tells which of many files of one name the server holds.")
{
	struct addr a = env_addr(env, 0);
	int diag = SETUP(diag_open(env));
	int fd = SETUP(env_bound(env, &a));
	struct statfs fs;
	struct stat st;
	struct diag d;

	get(diag, fd, UDIAG_SHOW_VFS, &d);
	if (env->row->addr == ABSTRACT) {
		EXPECT_THAT(!d.attr[UNIX_DIAG_VFS].present,
			    "an abstract name has no file");
		return;
	}
	SETUP(lstat(a.un.sun_path, &st));
	expect_u32((uint32_t)st.st_ino, &d, UNIX_DIAG_VFS, 0);
	EXPECT_THAT(diag_u32(&d, UNIX_DIAG_VFS, 1) != 0, "a device is told");
	/* Elsewhere files have other device numbers than their file system. */
	SETUP(statfs(".", &fs));
	if (fs.f_type != TMPFS_MAGIC && fs.f_type != EXT4_SUPER_MAGIC)
		return;
	expect_u32(major(st.st_dev) << 20 | minor(st.st_dev), &d, UNIX_DIAG_VFS,
		   1);
}

CHECK(diag, owner,
      .title = "UNIX_DIAG_UID gives the user who made the socket",
      CLAUSES(linux_diag_uid),
      ROWS(DIAG_04),
      .types = ANY_TYPE, .needs = NEED_SOCK_DIAG,
      .why = "It is how a monitor tells whose sockets pile up.")
{
	int diag = SETUP(diag_open(env));
	int fd = SETUP(env_socket(env));
	struct diag d;

	get(diag, fd, UDIAG_SHOW_UID, &d);
	if (!d.attr[UNIX_DIAG_UID].present)
		SKIP_CASE("there is no UNIX_DIAG_UID before Linux 5.3");
	EXPECT_EQ(geteuid(), diag_u32(&d, UNIX_DIAG_UID, 0));
	if (geteuid() != 0 || seteuid(65534) < 0)
		return;
	fd = SETUP(env_socket(env));
	SETUP(seteuid(0));
	get(diag, fd, UDIAG_SHOW_UID, &d);
	expect_u32(65534, &d, UNIX_DIAG_UID, 0);
}

static void expect_shut(int diag, int fd, unsigned int want)
{
	struct diag d;

	get(diag, fd, 0, &d);
	EXPECT_THAT(d.attr[UNIX_DIAG_SHUTDOWN].present, "the attribute is there");
	EXPECT_EQ(1, d.attr[UNIX_DIAG_SHUTDOWN].len);
	EXPECT_EQ(want, d.attr[UNIX_DIAG_SHUTDOWN].bytes[0]);
}

CHECK(diag, shut_down,
      .title = "UNIX_DIAG_SHUTDOWN shows 0 at first and 2 after SHUT_WR",
      CLAUSES(sock_diag7_attributes, linux_shutdown_tells_peer),
      ROWS(DIAG_05),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_SOCK_DIAG,
      .why = "A half-closed connection that lingers is found by it.",
      .explain = "1 is receiving and 2 is sending. The other end of a "
		 "connection shows what it can no longer do: 1 after SHUT_WR "
		 "here. Datagram peers are not told.")
{
	int diag = SETUP(diag_open(env));
	bool told = env->type != SOCK_DGRAM;
	int fd[2];

	SETUP(env_pair(env, fd));
	expect_shut(diag, fd[0], 0);
	expect_shut(diag, fd[1], 0);
	EXPECT_RET(0, shutdown(fd[0], SHUT_WR));
	expect_shut(diag, fd[0], 2);
	expect_shut(diag, fd[1], told ? 1 : 0);
	EXPECT_RET(0, shutdown(fd[0], SHUT_RD));
	expect_shut(diag, fd[0], 3);
	expect_shut(diag, fd[1], told ? 3 : 0);
}

CHECK(diag, peer_of_a_sender,
      .title = "UNIX_DIAG_PEER of a datagram sender is its receiver, which itself has none",
      CLAUSES(sock_diag7_attributes),
      ROWS(DIAG_70, DIAG_17),
      .types = DGRAM, .addrs = NAMED, .needs = NEED_SOCK_DIAG,
      .why = "ss tells by it who writes to the log, and who can be restarted.",
      .explain = "Connected to a receiver, to another one, to itself, and to none again.")
{
	int diag = SETUP(diag_open(env)), fd, to[3];
	struct addr a[3];
	struct diag d;

	for (int i = 0; i < 3; i++) {
		a[i] = env_addr(env, i);
		to[i] = SETUP(env_bound(env, &a[i]));
	}
	fd = to[2];
	for (int i = 0; i < 3; i++) {
		CONTEXT("receiver %d", i);
		/* While it has a peer not even it may send to it. */
		if (i == 2)
			dgram_must_disconnect(fd);
		ASSERT_RET(0, connect(fd, &a[i].sa, a[i].len));
		get(diag, fd, UDIAG_SHOW_PEER, &d);
		expect_u32(diag_inode(to[i]), &d, UNIX_DIAG_PEER, 0);
		for (int k = 0; k < 2; k++) {
			get(diag, to[k], UDIAG_SHOW_PEER, &d);
			EXPECT_THAT(!d.attr[UNIX_DIAG_PEER].present,
				    "no peer, no attribute");
		}
	}
	dgram_must_disconnect(fd);
	get(diag, fd, UDIAG_SHOW_PEER, &d);
	EXPECT_THAT(!d.attr[UNIX_DIAG_PEER].present, "none any more");
}

CHECK(diag, peer,
      .title = "UNIX_DIAG_PEER on a pair gives the other end's inode",
      CLAUSES(sock_diag7_attributes),
      ROWS(DIAG_17),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_SOCK_DIAG,
      .why = "ss -p shows by it which two processes talk to each other.")
{
	int diag = SETUP(diag_open(env));
	int fd[2], alone = SETUP(env_socket(env));
	struct diag d;

	SETUP(env_pair(env, fd));
	get(diag, fd[0], UDIAG_SHOW_PEER, &d);
	expect_u32(diag_inode(fd[1]), &d, UNIX_DIAG_PEER, 0);
	get(diag, fd[1], UDIAG_SHOW_PEER, &d);
	expect_u32(diag_inode(fd[0]), &d, UNIX_DIAG_PEER, 0);
	get(diag, alone, UDIAG_SHOW_PEER, &d);
	EXPECT_THAT(!d.attr[UNIX_DIAG_PEER].present, "no peer, no attribute");
}

static void expect_queued(int diag, int fd, uint32_t want)
{
	struct diag d;

	get(diag, fd, UDIAG_SHOW_RQLEN, &d);
	expect_u32(want, &d, UNIX_DIAG_RQLEN, 0);
}

CHECK(diag, queued_bytes,
      .title = "UNIX_DIAG_RQLEN gives the bytes that wait to be read",
      CLAUSES(sock_diag7_rqlen, linux_unix_inq_len),
      ROWS(DIAG_16),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_SOCK_DIAG,
      .why = "It shows the reader that does not keep up.",
      .explain = "All that waits counts, but of datagrams only the first.")
{
	int diag = SETUP(diag_open(env));
	char buf[16];
	int fd[2];

	SETUP(env_pair(env, fd));
	expect_queued(diag, fd[1], 0);
	SETUP(send(fd[0], "12345", 5, 0));
	expect_queued(diag, fd[1], 5);
	SETUP(send(fd[0], "abc", 3, 0));
	expect_queued(diag, fd[1], env->type == SOCK_DGRAM ? 5 : 8);
	expect_queued(diag, fd[0], 0);
	SETUP(recv(fd[1], buf, 5, 0));
	expect_queued(diag, fd[1], 3);
}

CHECK(diag, memory_of_what_was_sent,
      .title = "UNIX_DIAG_RQLEN gives the memory of what was sent and not read, as SIOCOUTQ does",
      CLAUSES(sock_diag7_rqlen),
      ROWS(DIAG_16),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_SOCK_DIAG,
      .why = "It shows the writer whose peer does not keep up.")
{
	int diag = SETUP(diag_open(env)), outq = 0;
	struct diag d;
	char buf[16];
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		EXPECT_RET(0, ioctl(fd[0], SIOCOUTQ, &outq));
		EXPECT_EQ(i, outq > 0);
		get(diag, fd[0], UDIAG_SHOW_RQLEN, &d);
		expect_u32((uint32_t)outq, &d, UNIX_DIAG_RQLEN, 1);
		get(diag, fd[1], UDIAG_SHOW_RQLEN, &d);
		expect_u32(0, &d, UNIX_DIAG_RQLEN, 1);
		if (i == 0)
			SETUP(send(fd[0], "12345", 5, 0));
	}
	SETUP(recv(fd[1], buf, sizeof(buf), 0));
	get(diag, fd[0], UDIAG_SHOW_RQLEN, &d);
	expect_u32(0, &d, UNIX_DIAG_RQLEN, 1);
}
