/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Owned resources that are released when their variable leaves scope.
 *
 *	cleanup_close int fd = open(...);
 *	cleanup_free char *text = strdup(...);
 *	return take_fd(&fd);            hand the descriptor over
 */
#ifndef SOCKSPEC_BASE_CLEANUP_H
#define SOCKSPEC_BASE_CLEANUP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_close_fn(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void cleanup_free_fn(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_fclose_fn(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define cleanup_close __attribute__((cleanup(cleanup_close_fn)))
#define cleanup_free __attribute__((cleanup(cleanup_free_fn)))
#define cleanup_fclose __attribute__((cleanup(cleanup_fclose_fn)))

/* Give the descriptor away: the variable no longer owns it. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Give the allocation away: the variable no longer owns it. */
static inline void *take_ptr_fn(void *p)
{
	void *taken = *(void **)p;

	*(void **)p = NULL;
	return taken;
}
#define take_ptr(p) ((__typeof__(*(p)))take_ptr_fn(p))

#endif
