/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small io_uring by the bare system calls: no library stands between the
 * body and the kernel.
 *
 *	struct uring ring;
 *
 *	uring_open(env, &ring);
 *	uring_recv(&ring, fd, buf, sizeof(buf))->user_data = 7;
 *	SETUP(uring_submit(&ring));
 *	EXPECT_THAT(!uring_is_done(&ring), "the receive waits");
 *	EXPECT_RET(3, uring_result(&ring, 7));
 *
 * What an operation gives comes out as a call gives it: a value, or -1 with
 * errno.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_URING_H
#define SOCKSPEC_CHECKS_UTIL_URING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "harness/env.h"

/* Operations that the headers at hand may not know yet. */
enum {
	URING_SHUTDOWN = 34,
	URING_SOCKET = 45,
	URING_CMD = 46,
	URING_SEND_ZC = 47,
	URING_BIND = 56,
	URING_LISTEN = 57,
};

/* In io_uring_params.features: a worker is a thread of its submitter. */
#define URING_NATIVE_WORKERS (1U << 9)

#define URING_ENTRIES 8
#define URING_KEPT 16

/* What io_uring_sqe.cmd_op asks of a socket. */
enum { URING_CMD_SIOCINQ, URING_CMD_SIOCOUTQ, URING_CMD_GETSOCKOPT };

/* In io_uring_sqe.ioprio: go on after the first completion. */
#define URING_ACCEPT_MULTISHOT (1U << 0)
#define URING_RECV_MULTISHOT (1U << 1)

/* In uring_done.flags: further completions will come. */
#define URING_CQE_MORE (1U << 1)

/* The same: the socket had more to read. */
#define URING_SOCK_NONEMPTY (1U << 2)

/* A completion, as struct io_uring_cqe without what may follow it. */
struct uring_done {
	uint64_t user_data;
	int32_t res;
	uint32_t flags;
};

struct uring {
	int fd;
	unsigned int features;	/* IORING_FEAT_* */
	unsigned int queued;	/* not yet submitted */
	unsigned int *sq_tail, *sq_array;
	unsigned int *cq_head, *cq_tail;
	unsigned int sq_mask, cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	/* Completions that came while another one was waited for. */
	struct uring_done kept[URING_KEPT];
	unsigned int n_kept;
	/* Mappings, each of which holds the ring. */
	struct iovec mapped[3];
	int n_mapped;
};

/** uring_open: a ring of the env's, or the case is skipped. */
void uring_open(struct env *env, struct uring *ring);

/** uring_close: nothing of this process holds the ring afterwards. */
void uring_close(struct env *env, struct uring *ring);

/** uring_needs: skip the case where the kernel does not know the operation. */
void uring_needs(const struct uring *ring, unsigned int op, const char *name);

/**
 * uring_needs_workers: skip the case where what has to wait is done by threads
 * of the kernel's own.  Before Linux 5.12 they are, and they have neither the
 * root nor the working directory of the process, and take no control data.
 */
void uring_needs_workers(const struct uring *ring);

/**
 * uring_add: the next operation, all else 0; user_data is the operation's
 * number until the caller says otherwise.
 */
struct io_uring_sqe *uring_add(struct uring *ring, unsigned int op, int fd);

/* The same with what the call of that name takes. */
struct io_uring_sqe *uring_recv(struct uring *ring, int fd, void *buf,
				size_t len);
struct io_uring_sqe *uring_send(struct uring *ring, int fd, const void *buf,
				size_t len);
struct io_uring_sqe *uring_sendmsg(struct uring *ring, int fd,
				   const struct msghdr *msg);
struct io_uring_sqe *uring_recvmsg(struct uring *ring, int fd,
				   struct msghdr *msg);
struct io_uring_sqe *uring_accept(struct uring *ring, int fd);
struct io_uring_sqe *uring_connect(struct uring *ring, int fd,
				   const struct addr *to);

/** uring_submit: hand over what was added; 0, or -1 with errno. */
int uring_submit(struct uring *ring);

/** uring_is_done: a completion is there to be taken. */
bool uring_is_done(struct uring *ring);

/**
 * uring_result: submit what was added, wait for the completion with this
 * user_data, take it and return its result, or -1 with errno.
 */
long uring_result(struct uring *ring, uint64_t user_data);

/** uring_take: the same, with the completion itself in *done. */
long uring_take(struct uring *ring, uint64_t user_data,
		struct uring_done *done);

/**
 * uring_cancel: end the operation with this user_data and take the result of
 * the request to do so; the operation's own is left.
 */
long uring_cancel(struct uring *ring, uint64_t user_data);

#endif
