/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that are expected to block, each in a thread of its own.
 *
 *	struct call c;
 *
 *	call_recv(&c, fd, buf, sizeof(buf), 0);
 *	EXPECT_BLOCKS(&c);		seen asleep in the call
 *	EXPECT_RET(1, send(peer, "x", 1, 0));
 *	EXPECT_CALL_RET(1, &c);		came back with 1
 *
 * A call that was started must be ended: by one of the EXPECT_CALL_* or by
 * call_join().  Whatever is still running when the body returns ends the case
 * as FAIL: "did not return".
 */
#ifndef SOCKSPEC_HARNESS_CALL_H
#define SOCKSPEC_HARNESS_CALL_H

#include "harness/env.h"
#include "harness/expect.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct msghdr;

struct call {
	long (*fn)(struct call *c);
	/* arguments */
	int fd;
	void *buf;
	size_t len;
	int flags;
	const struct addr *addr;
	struct msghdr *msg;
	struct pollfd *fds;
	void *arg;		/* of the body's own, for call_start() */
	/* results, valid after call_join() */
	long ret;
	int err;		/* errno when ret is -1 */
	struct addr name;	/* what accept() reported */
	/* private */
	const char *text;	/* "recv(fd, ...)": shown in evidence */
	pthread_t thread;
	_Atomic int tid;	/* 0 until the thread is about to call */
	_Atomic bool done;
	bool running;
};

void call_recv(struct call *c, int fd, void *buf, size_t len, int flags);
void call_send(struct call *c, int fd, const void *buf, size_t len, int flags);
void call_sendto(struct call *c, int fd, const void *buf, size_t len, int flags,
		 const struct addr *to);
void call_recvmsg(struct call *c, int fd, struct msghdr *msg, int flags);
void call_sendmsg(struct call *c, int fd, struct msghdr *msg, int flags);
void call_connect(struct call *c, int fd, const struct addr *to);
void call_accept(struct call *c, int fd);	/* ret: the new descriptor */
void call_poll(struct call *c, struct pollfd *fds, nfds_t n, int timeout_ms);

/** call_start: run fn(c), which returns as a system call does, -1 with errno. */
void call_start(struct call *c, const char *text, long (*fn)(struct call *c));

/**
 * call_join: wait until it returns, with a deadline; false when it did not
 * return in time (the case cannot pass any more).
 */
bool call_join(struct call *c);

/** call_cancel: end a call that is to stay blocked, and discard its result. */
void call_cancel(struct call *c);

/** call_signal: send sig to the thread. */
void call_signal(struct call *c, int sig);

/** call_is_blocked: true once it sleeps in the call; false if it returned. */
bool call_is_blocked(struct call *c);

/*
 * EXPECT_BLOCKS: the thread is seen asleep in its call, and has not returned.
 * Use it again after an event that must not wake it.
 */
#define EXPECT_BLOCKS(c) \
	({ verb_begin(VERB_EXPECT, (c)->text, HERE); judge_blocks(c); })
#define ASSERT_BLOCKS(c) \
	({ verb_begin(VERB_ASSERT, (c)->text, HERE); judge_blocks(c); })

/* The call comes back with exactly this value, with success, or this errno. */
#define EXPECT_CALL_RET(want, c) \
	({ verb_begin(VERB_EXPECT, (c)->text, HERE); judge_call_ret((long)(want), c); })
#define EXPECT_CALL_OK(c) \
	({ verb_begin(VERB_EXPECT, (c)->text, HERE); judge_call_ok(c); })
#define EXPECT_CALL_ERRNO(err, c) \
	({ verb_begin(VERB_EXPECT, (c)->text, HERE); judge_call_errno((err), c); })

/**
 * await_blocked: wait until another process or thread sleeps in a system
 * call; tid 0 is refused.  false when it ended or never slept in time.
 */
bool await_blocked(pid_t pid, pid_t tid);

bool judge_blocks(struct call *c);
bool judge_call_ret(long want, struct call *c);
bool judge_call_ok(struct call *c);
bool judge_call_errno(int want, struct call *c);

#endif
