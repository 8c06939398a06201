/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Credentials and pidfds of the other end, from socket options and from
 * control messages.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_CRED_H
#define SOCKSPEC_CHECKS_UTIL_CRED_H

#include "checks/util_cmsg.h"
#include "harness/env.h"

#include <stdbool.h>
#include <sys/socket.h>

/* What Linux headers of some age do not have. */
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif
#ifndef SCM_SECURITY
#define SCM_SECURITY 3
#endif

#define CRED_ROOM CMSG_SPACE(sizeof(struct ucred))
#define CRED_NOBODY 65534

/** cred_self: this process with its effective ids. */
struct ucred cred_self(void);

/** cred_none: what an unconnected socket has: pid 0 and ids of -1. */
struct ucred cred_none(void);

/** cred_expect: judge that two are the same. */
void cred_expect(struct ucred want, struct ucred got);

/** cred_expect_peer: judge that SO_PEERCRED of fd is exactly this. */
void cred_expect_peer(struct ucred want, int fd);

/** cred_pass: set an option that is an int, SO_PASSCRED as a rule. */
int cred_pass(int fd, int option, int value);

/**
 * cred_recv: judge that a message of one byte can be received, with room for
 * room bytes of control data.  Does not wait.  False when it cannot.
 */
bool cred_recv(int fd, struct cmsg_msg *m, size_t room, int flags);

/** cred_of: the credentials that came with the message; false without. */
bool cred_of(struct cmsg_msg *m, struct ucred *ret);

/** cred_expect_next: receive one byte, and judge who it is said to be from. */
void cred_expect_next(struct ucred want, int fd);

/** cred_send: a message of one byte, or of none, with SCM_CREDENTIALS. */
ssize_t cred_send(int fd, const char *data, struct ucred who);

/** cred_try_pidfd: leave the case when there is no such option (before 6.5). */
void cred_try_pidfd(int fd, int option);

/** cred_pidfd_of: the descriptor in SCM_PIDFD, or -1. */
int cred_pidfd_of(struct cmsg_msg *m);

/**
 * cred_pidfd_pid: the field Pid of a pidfd's fdinfo; 0 when there is none.
 * Leaves the case where no descriptor has fdinfo.
 */
pid_t cred_pidfd_pid(int pidfd);

/** cred_expect_pidfd: judge: close-on-exec, and of this process. */
void cred_expect_pidfd(pid_t want, int pidfd);

#endif
