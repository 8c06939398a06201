/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How new the kernel is at least, found by trying what came with its releases.
 *
 *	EXPECT_ERRNO_IN(listen(fd, 1), EINVAL,
 *			release_proven(RELEASE_6_5) ? EINVAL : 0);
 *
 * Where Linux changed an answer with some release, the older answer is right
 * on older kernels alone.  A kernel that knows what came with that release or
 * a later one has to give the newer answer; an older kernel, or a system that
 * imitates Linux without these features, may give either.  Nothing is proven
 * by what is absent, nor by uname().
 */
#ifndef SOCKSPEC_HARNESS_RELEASE_H
#define SOCKSPEC_HARNESS_RELEASE_H

#include <stdbool.h>

/* Releases of Linux that brought something which can be tried, in order. */
enum release {
	RELEASE_NONE,	/* nothing is proven */
	RELEASE_5_15,	/* MSG_OOB on AF_UNIX */
	RELEASE_5_19,	/* SO_RCVMARK */
	RELEASE_6_5,	/* SO_PASSPIDFD */
	RELEASE_6_16,	/* SO_PASSRIGHTS */
	RELEASE_6_17,	/* SO_INQ on AF_UNIX */
	RELEASE_COUNT,
};

/**
 * release_proven: the kernel knows what came with that release, or with one
 * after it; found once in the life of the process, by making sockets: not
 * while a thread may meet a descriptor of the number that they get.
 */
bool release_proven(enum release least);

/**
 * release_newest: the last release whose feature has() finds, RELEASE_NONE
 * without any; those before it are not asked for.
 */
enum release release_newest(bool (*has)(enum release release));

#endif
