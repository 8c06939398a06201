/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel tells about sockets: NETLINK_SOCK_DIAG, and the files in
 * /proc.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_DIAG_H
#define SOCKSPEC_CHECKS_UTIL_DIAG_H

#include "harness/env.h"

#include <linux/unix_diag.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIAG_ATTRS 16
#define DIAG_ATTR_MAX 1024

/* Values of udiag_state. */
enum { DIAG_ESTABLISHED = 1, DIAG_CLOSE = 7, DIAG_LISTEN = 10 };

struct diag_attr {
	bool present;
	size_t len;
	unsigned char bytes[DIAG_ATTR_MAX];
};

/* An answer: attributes are numbered by UNIX_DIAG_*. */
struct diag {
	struct unix_diag_msg msg;
	struct diag_attr attr[DIAG_ATTRS];
};

/** diag_open: a netlink socket of the env's to ask on. */
int diag_open(struct env *env);

/** diag_inode: the inode number of a socket. */
uint32_t diag_inode(int fd);

/**
 * diag_get: ask about the one socket with this inode, for the attributes of
 * show (UDIAG_SHOW_*).  cookie is NULL for any.  0, or -1 with the errno that
 * the kernel answered.
 */
int diag_get(int fd, uint32_t inode, unsigned int show, const uint32_t cookie[2],
	     struct diag *ret);

/**
 * diag_dump: ask for all sockets in states (bits 1 << DIAG_*): 1 when the
 * inode is among them, and is stored in *ret; 0 when not; or -1 with errno.
 */
int diag_dump(int fd, unsigned int states, uint32_t inode, unsigned int show,
	      struct diag *ret);

/**
 * diag_tally: ask for all sockets, and count in seen[] how often each of the
 * n inodes comes.  0, or -1 with errno.
 */
int diag_tally(int fd, unsigned int show, const uint32_t *inode,
	       unsigned int *seen, int n);

/** diag_u32: the i-th 32-bit number of an attribute, 0 beyond its end. */
uint32_t diag_u32(const struct diag *d, int attr, size_t i);

/* A line of /proc/net/unix. */
struct proc_line {
	unsigned int refs, protocol, flags, type, state;
	unsigned long inode;
	char path[256];		/* "" when there is none */
};

/** proc_read: the whole of a file, ended by a NUL, to be freed; or NULL. */
char *proc_read(const char *path);

/** proc_find: the line of the socket with this inode; false without one. */
bool proc_find(uint32_t inode, struct proc_line *ret);

/** proc_find_path: the line with this path and this inode. */
bool proc_find_path(const char *path, uint32_t inode, struct proc_line *ret);

/** proc_scm_fds: scm_fds of the descriptor's fdinfo, -1 without that line. */
long proc_scm_fds(int fd);

#endif
