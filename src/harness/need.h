/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a check needs of the machine beyond the thing it judges.  A need is
 * found by trying it, once, in a child; where it is missing the case is
 * skipped with the reason.
 */
#ifndef SOCKSPEC_HARNESS_NEED_H
#define SOCKSPEC_HARNESS_NEED_H

enum {
	NEED_ROOT = 1 << 0,	/* effective uid 0 */
	NEED_USERNS = 1 << 1,	/* unshare(CLONE_NEWUSER) and an id map */
	NEED_NETNS = 1 << 2,	/* a network namespace, by root or userns */
	NEED_MNTNS = 1 << 3,	/* a mount namespace with a tmpfs in it */
	NEED_PIDNS = 1 << 4,	/* a pid namespace */
	NEED_BLOCKED = 1 << 5,	/* a blocked thread can be seen in /proc */
	NEED_OTHER_USER = 1 << 6,	/* root that can become uid 65534 */
	NEED_PROC_NET_UNIX = 1 << 7,	/* /proc/net/unix can be read */
	NEED_SOCK_DIAG = 1 << 8,	/* NETLINK_SOCK_DIAG answers for AF_UNIX */
	NEED_UNPRIVILEGED = 1 << 9,	/* effective uid is not 0 */
	NEED_IO_URING = 1 << 10,	/* a ring, and connect() and its like on it */
	NEED_ORDINARY = 1 << 11,	/* not root, or root that can become uid 65534 */
	NEED_INET = 1 << 12,	/* a datagram gets through 127.0.0.1 */
	NEED_INET6 = 1 << 13,	/* a datagram gets through ::1 */
	NEED_USERS = 1 << 14,	/* there are others than root (CONFIG_MULTIUSER) */
	NEED_COUNT = 15,
};

/**
 * need_missing: the first of the needs that this machine does not meet, as a
 * sentence without a full stop, or NULL when all are met.  Each need is tried
 * at most once in the life of the program.
 */
const char *need_missing(unsigned int needs);

#endif
