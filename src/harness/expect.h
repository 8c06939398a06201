/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The three verbs of a check.
 *
 *	SETUP	arrange: failing is ERROR, or SKIP where the family, type or
 *		call does not exist here
 *	EXPECT	judge: records and goes on
 *	ASSERT	judge: records and leaves the case
 *
 * Every argument is evaluated once; errno is kept; evidence shows the call as
 * written, what was expected and what came, by name.  SETUP and the call
 * forms of EXPECT and ASSERT return the call's value.  A call under EXPECT or
 * ASSERT that does not come back is a FAIL that names it; under SETUP it is
 * an ERROR.
 */
#ifndef SOCKSPEC_HARNESS_EXPECT_H
#define SOCKSPEC_HARNESS_EXPECT_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* SETUP(call): its value, or the case ends as ERROR or SKIP. */
#define SETUP(call) \
	({ verb_begin(VERB_SETUP, #call, HERE); \
	   __typeof__(call) value_ = (call); \
	   verb_setup((long)value_ == -1); value_; })

/* The call returns something other than -1. */
#define EXPECT_OK(call) \
	CALL_(VERB_EXPECT, #call, call, judge_ok(value_, saved_errno_))
#define ASSERT_OK(call) \
	CALL_(VERB_ASSERT, #call, call, judge_ok(value_, saved_errno_))

/* The call returns exactly want. */
#define EXPECT_RET(want, call) \
	CALL_(VERB_EXPECT, #call, call, \
	      judge_ret((long)(want), value_, saved_errno_))
#define ASSERT_RET(want, call) \
	CALL_(VERB_ASSERT, #call, call, \
	      judge_ret((long)(want), value_, saved_errno_))

/* The call returns -1 with errno err. */
#define EXPECT_ERRNO(err, call) \
	CALL_(VERB_EXPECT, #call, call, \
	      judge_errno(err, value_, saved_errno_))
#define ASSERT_ERRNO(err, call) \
	CALL_(VERB_ASSERT, #call, call, \
	      judge_errno(err, value_, saved_errno_))

/*
 * The call returns -1 with one of several permitted errnos, and which one it
 * was is reported: EXPECT_ERRNO_IN(call, EACCES, EPERM).  0 in the list
 * permits success.  An older answer that a newer kernel may not give any more
 * is left out by repeating the first (release.h).
 */
#define EXPECT_ERRNO_IN(call, ...) \
	CALL_(VERB_EXPECT, #call, call, \
	      judge_errno_in((const int[]){ __VA_ARGS__ }, \
			     sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int), \
			     value_, saved_errno_))

/* Two integers are equal; the text of the second is shown. */
#define EXPECT_EQ(want, got) \
	({ verb_begin(VERB_EXPECT, #got, HERE); \
	   judge_eq((long long)(want), (long long)(got)); })
#define ASSERT_EQ(want, got) \
	({ verb_begin(VERB_ASSERT, #got, HERE); \
	   judge_eq((long long)(want), (long long)(got)); })

/* min <= got <= max. */
#define EXPECT_RANGE(min, max, got) \
	({ verb_begin(VERB_EXPECT, #got, HERE); \
	   judge_range((long long)(min), (long long)(max), (long long)(got)); })

/* A condition; what was expected and what came in words (printf). */
#define EXPECT_THAT(cond, ...) \
	({ verb_begin(VERB_EXPECT, #cond, HERE); judge_that(!!(cond), __VA_ARGS__); })
#define ASSERT_THAT(cond, ...) \
	({ verb_begin(VERB_ASSERT, #cond, HERE); judge_that(!!(cond), __VA_ARGS__); })

/* len bytes are the same; the first difference is shown. */
#define EXPECT_MEM(want, got, len) \
	({ verb_begin(VERB_EXPECT, #got, HERE); judge_mem((want), (got), (len)); })
#define ASSERT_MEM(want, got, len) \
	({ verb_begin(VERB_ASSERT, #got, HERE); judge_mem((want), (got), (len)); })

/* recvmsg() gave exactly these msg_flags. */
#define EXPECT_MSG_FLAGS(want, got) \
	({ verb_begin(VERB_EXPECT, #got, HERE); \
	   judge_msg_flags((unsigned int)(want), (unsigned int)(got)); })

/* poll(fd, events, no wait) reports exactly want. */
#define EXPECT_POLL(want, fd, events) \
	({ verb_begin(VERB_EXPECT, "poll(" #fd ", " #events ")", HERE); \
	   judge_poll((unsigned int)(want), (fd), (events)); })

/* Two errno values, neither of them in errno (SO_ERROR, a thread's). */
#define EXPECT_ERR_EQ(want, got) \
	({ verb_begin(VERB_EXPECT, #got, HERE); judge_err_eq((want), (got)); })

/* Words put before the evidence that follows, until changed; "" for none. */
void CONTEXT(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A fact for the report; no judgement. */
void NOTE(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The case cannot be judged here: leave as SKIP with this reason. */
void SKIP_CASE(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* The set-up broke: leave as ERROR with this reason. */
void BROKEN(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* True once an EXPECT of this case has failed. */
bool has_failed(void);

/* ------------------------------------------------ behind the macros ---- */

enum verb { VERB_SETUP, VERB_EXPECT, VERB_ASSERT };

#define HERE_STR2(x) #x
#define HERE_STR(x) HERE_STR2(x)
#define HERE __FILE__ ":" HERE_STR(__LINE__)

/* The text is made by the caller, where macros in the call are still names. */
#define CALL_(verb, text, call, judgement) \
	({ verb_begin(verb, text, HERE); errno = 0; \
	   long value_ = (long)(call); int saved_errno_ = errno; \
	   judgement; errno = saved_errno_; value_; })

void verb_begin(enum verb verb, const char *text, const char *where);
void verb_setup(bool failed);
/* Record that an expectation did not hold; under ASSERT leave. */
bool judge(bool held, const char *expected, const char *got);
bool judge_ok(long value, int err);
bool judge_ret(long want, long value, int err);
bool judge_errno(int want, long value, int err);
bool judge_errno_in(const int *want, size_t n, long value, int err);
bool judge_eq(long long want, long long got);
bool judge_range(long long min, long long max, long long got);
bool judge_that(bool cond, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool judge_mem(const void *want, const void *got, size_t len);
bool judge_msg_flags(unsigned int want, unsigned int got);
bool judge_poll(unsigned int want, int fd, short events);
bool judge_err_eq(int want, int got);

#endif
