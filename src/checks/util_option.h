/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Integer options of SOL_SOCKET, the settings of the machine they are bounded
 * by, and how many descriptors are left; shared by the checks of sockets,
 * options and ioctls.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_OPTION_H
#define SOCKSPEC_CHECKS_UTIL_OPTION_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "harness/env.h"

/* Newer than the headers of some systems; the same on all but few machines. */
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SO_RCVPRIORITY
#define SO_RCVPRIORITY 82
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif
#ifndef SO_INQ
#if defined(__hppa__)
#define SO_INQ 0x4052
#elif defined(__sparc__)
#define SO_INQ 0x5d
#else
#define SO_INQ 84
#endif
#endif

/** option_set: setsockopt() of an int; 0, or -1 with errno. */
int option_set(int fd, int name, int value);

/**
 * option_takes_any: setsockopt() takes the number of no option, so that taking
 * one shows nothing.  option/unknown_option judges that.
 */
bool option_takes_any(int fd);

/**
 * option_try: option_set() of one that not each system has, whose name is in
 * @text; leaves the case as SKIP where it is not known.
 */
int option_try(int fd, int name, int value, const char *text);

/** option_get: the value of an int option, or -1 with errno. */
int option_get(int fd, int name);

/** option_expect: judge that the option is an int of this value. */
void option_expect(int fd, int name, int want);

/**
 * option_sysctl: a number of /proc/sys, as "net/core/wmem_max"; leaves the
 * case as SKIP when the machine does not tell it.
 */
long option_sysctl(const char *name);

/** option_can: this process has a capability (CAP_*) over the machine. */
bool option_can(int capability);

/** option_first_user_namespace: ids here are those of the machine, as far as known. */
bool option_first_user_namespace(void);

/** option_lowest: the lowest number that no descriptor has. */
int option_lowest(void);

/**
 * option_next: the higher of the two numbers that the system gives next; unlike
 * option_lowest() it passes over what was reserved and never given back.
 */
int option_next(void);

/**
 * option_limit: lower the limit of descriptors to max; returns what it was.
 * Under valgrind, which keeps the limit itself, the case is skipped.
 */
struct rlimit option_limit(struct env *env, int max);

#endif
