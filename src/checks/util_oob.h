/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams with out-of-band data, where the system has it. */
#ifndef SOCKSPEC_CHECKS_UTIL_OOB_H
#define SOCKSPEC_CHECKS_UTIL_OOB_H

#include "harness/env.h"

/**
 * oob_pair: env_pair(); skips the case where streams have no out-of-band
 * data, which send() tells by EOPNOTSUPP.
 */
void oob_pair(struct env *env, int fd[2]);

/** oob_send: judge that text is sent with MSG_OOB, and wait on a control. */
void oob_send(struct env *env, int from, int to, const char *text);

/** oob_expect: judge that this byte is taken with MSG_OOB, once. */
void oob_expect(int fd, char byte);

/** oob_expect_none: judge that there is no urgent byte. */
void oob_expect_none(int fd);

/** oob_expect_next: judge that a read that does not wait gives just text. */
void oob_expect_next(int fd, const char *text);

/** oob_at_mark: what SIOCATMARK tells, or -1 with errno. */
int oob_at_mark(int fd);

/** oob_set_inline: set SO_OOBINLINE; 0, or -1 with errno. */
int oob_set_inline(int fd, int on);

#endif
