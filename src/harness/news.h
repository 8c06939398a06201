/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * That a child has ended, as a descriptor to wait for beside others: a
 * signalfd, or where the kernel has none a pipe that a handler writes to.
 */
#ifndef SOCKSPEC_HARNESS_NEWS_H
#define SOCKSPEC_HARNESS_NEWS_H

#include <stdbool.h>

/**
 * news_open: from now on the descriptor becomes readable when a child of this
 * process has ended.  Once a process; -1 with errno when it cannot be.
 */
int news_open(void);

/** news_take: take what it has to tell, of one child or several; or false. */
bool news_take(int fd);

#endif
