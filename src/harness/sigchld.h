/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * That a child has ended, as a descriptor to wait for beside others: a
 * signalfd, or where the kernel has none a pipe that a handler writes to.
 */
#ifndef SOCKSPEC_HARNESS_SIGCHLD_H
#define SOCKSPEC_HARNESS_SIGCHLD_H

#include <stdbool.h>

/**
 * sigchld_open: from now on the descriptor becomes readable when a child of this
 * process has ended.  Once a process; -1 with errno when it cannot be.
 */
int sigchld_open(void);

/** sigchld_take: take what it has to tell, of one child or several; or false. */
bool sigchld_take(int fd);

#endif
