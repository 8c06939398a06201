/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SIGIO and its like without handlers: they are blocked everywhere, and looked
 * for when the call that causes them has returned.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_SIGIO_H
#define SOCKSPEC_CHECKS_UTIL_SIGIO_H

#include <signal.h>

/** sigio_block: block SIGIO and SIGURG in this thread; *set is the two. */
void sigio_block(sigset_t *set);

/** sigio_take: take a pending signal of the set: its number, or 0. */
int sigio_take(const sigset_t *set, siginfo_t *info);

/** sigio_set_async: set or clear O_ASYNC, and leave the other flags alone. */
void sigio_set_async(int fd, int on);

#endif
