/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Namespaces of a check's own, for root and for ordinary users.
 */
#ifndef SOCKSPEC_HARNESS_NAMESPACE_H
#define SOCKSPEC_HARNESS_NAMESPACE_H

/**
 * namespace_enter: move this process into new namespaces (CLONE_NEWNET,
 * CLONE_NEWNS, CLONE_NEWPID for its children, CLONE_NEWUSER).  An ordinary
 * user gets a user namespace with its own id mapped to root around them.  A
 * new mount namespace is made private; a new network namespace gets its
 * loopback brought up.  0, or -1 with errno.
 */
int namespace_enter(int flags);

#endif
