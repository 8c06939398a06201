/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors sent over sockets, and a token that shows whether a descriptor
 * that nobody can see any more is open or closed: the write end of a pipe,
 * which hangs up when the last of its copies, in flight or not, is gone.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_RIGHTS_H
#define SOCKSPEC_CHECKS_UTIL_RIGHTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "checks/util_cmsg.h"
#include "harness/env.h"

#define RIGHTS_MAX 253		/* in one message */
#define RIGHTS_SPACE(n) CMSG_SPACE((n) * sizeof(int))
#define RIGHTS_LEN(n) CMSG_LEN((n) * sizeof(int))

/** rights_send: sendmsg() of len bytes with n descriptors; does not wait. */
ssize_t rights_send(int sock, const int *fd, int n, const void *data, size_t len);

/**
 * rights_recv: recvmsg() into *m with room for len bytes of data and room of
 * control data; does not wait.
 */
ssize_t rights_recv(int sock, struct cmsg_msg *m, size_t len, size_t room,
		    int flags);

/** rights_count: descriptors in the SCM_RIGHTS message of *m; 0 without. */
int rights_count(struct cmsg_msg *m);

/**
 * rights_take: the first max descriptors of *m go to fd[], owned by the env,
 * the others are closed, and -1 fills what is left of fd[].  How many came.
 */
int rights_take(struct env *env, struct cmsg_msg *m, int *fd, int max);

/** rights_close: close what came in *m; how many there were. */
int rights_close(struct cmsg_msg *m);

/** rights_file: a new empty file, open for reading and writing, the env's. */
int rights_file(struct env *env);

/** rights_lowest: the lowest number that is not in use. */
int rights_lowest(void);

/**
 * rights_needs_nofile: skip the case under valgrind, which keeps a lowered
 * RLIMIT_NOFILE to itself and does not tell the system.
 */
void rights_needs_nofile(const struct env *env);

/** rights_same: both descriptors lead to the same file. */
bool rights_same(int fd, int other);

/** rights_token: a pipe, both ends the env's; fd[1] is what to send. */
void rights_token(struct env *env, int fd[2]);

/** rights_token_sent: a token that is only in flight, in one message on sock. */
int rights_token_sent(struct env *env, int sock);

/** rights_expect_held: judge that copies of the write end are open. */
void rights_expect_held(int read_fd);

/** rights_expect_freed: judge that none is. */
void rights_expect_freed(int read_fd);

#endif
