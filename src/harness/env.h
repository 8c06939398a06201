/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The row a body runs on, and ready-made sockets of that row.
 *
 * Functions that return int return 0 or a descriptor, or -1 with errno: wrap
 * them in SETUP() (or judge them with EXPECT_*).  Descriptors made here
 * belong to the env: whatever is still open when the body returns is closed.
 * Descriptors that the body gets from the system itself are the body's to
 * close, or to hand over with env_own(); one left over is a leak, and a leak
 * is an ERROR.
 */
#ifndef SOCKSPEC_HARNESS_ENV_H
#define SOCKSPEC_HARNESS_ENV_H

#include "harness/transport.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

struct env {
	const struct transport *row;	/* NULL for a check without types */
	int type;		/* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
	bool swap;
	bool nonblock;
	int param;		/* index into .params, -1 without */
	const char *param_name;
	uint64_t seed;		/* differs a case, same for the same --seed */
	unsigned int volume;	/* 1 by default; how much traffic to make */
	unsigned int scale;	/* multiply own time limits by this */
	unsigned int patience_ms;	/* for what may never come; less than
					 * a call may take; scaled */
	bool valgrind;		/* runs under valgrind: use less volume */
};

/* Room for the longest address the kernel reports, 111 bytes, and more. */
struct addr {
	socklen_t len;
	union {
		struct sockaddr sa;
		struct sockaddr_un un;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_storage ss;
		unsigned char bytes[256];
	};
};

/** env_socket: a new socket of the row's family and type. */
int env_socket(struct env *env);

/**
 * env_addr: the n-th address of the row's kind, distinct for each n and free
 * at the start of the case.  PATH gives relative names ("s0"), removed after
 * the case whichever process bound them; ABSTRACT gives names of this case alone; IP controls the loopback
 * address with port 0.  n is at least 0 and below 1000; env_pair() uses the
 * numbers from there.
 */
struct addr env_addr(struct env *env, int n);

/** env_addr_of: the same of a kind of the caller's choice (PATH, ABSTRACT). */
struct addr env_addr_of(struct env *env, unsigned int kind, int n);

/** addr_path, addr_abstract: an address from bytes; len at most 108. */
struct addr addr_path(const char *path);
struct addr addr_abstract(const void *name, size_t len);

/** env_bound: a new socket bound to *addr (its real name is stored back). */
int env_bound(struct env *env, struct addr *addr);

/** env_listener: the same, listening. */
int env_listener(struct env *env, int backlog, struct addr *addr);

/** env_connect: a new socket connected to addr. */
int env_connect(struct env *env, const struct addr *addr);

/** env_accept: accept() from listener, owned by the env. */
int env_accept(struct env *env, int listener);

/**
 * env_pair: two connected sockets of the row in fd[0] and fd[1]: socketpair()
 * for PAIR; connect and accept for connection types (fd[0] is the client);
 * two bound datagram sockets connected to each other.  With the swap axis the
 * two are exchanged.
 */
int env_pair(struct env *env, int fd[2]);

/** env_pipe: pipe2(O_CLOEXEC), owned by the env: for synchronisation. */
int env_pipe(struct env *env, int fd[2]);

/** env_own: the env closes fd after the case; returns fd. */
int env_own(struct env *env, int fd);

/** env_close: close a descriptor of the env's now; returns what close() does. */
int env_close(struct env *env, int fd);

/**
 * env_own_path: the env removes this name after the case, be it a file or a
 * directory; name a directory before what is in it.
 */
void env_own_path(struct env *env, const char *path);

/**
 * env_fork: run fn(env, arg) in a child that exits with fn's result; EXPECT
 * and SETUP work in it.  The child is killed and reaped after the case if
 * the body did not do so.  Returns the pid.
 */
pid_t env_fork(struct env *env, int (*fn)(struct env *env, void *arg), void *arg);

/**
 * env_reap: wait for the child; returns its exit status, or minus the signal
 * that ended it.
 */
int env_reap(struct env *env, pid_t pid);

/** env_random: the next number of the case's own sequence. */
uint64_t env_random(struct env *env);

/**
 * env_become_ordinary: give up root for uid and gid 65534; nothing when the
 * caller is not root.  0, or -1 with errno.  The working directory is given
 * to that user first.
 */
int env_become_ordinary(void);

/** env_is_control: this is a control row: known differences are in order. */
bool env_is_control(const struct env *env);

#endif
