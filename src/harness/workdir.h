/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directory that cases work in: made anew below $TMPDIR, and removed with
 * all that is in it.
 */
#ifndef SOCKSPEC_HARNESS_WORKDIR_H
#define SOCKSPEC_HARNESS_WORKDIR_H

struct workdir {
	char path[108];
	int fd;		/* -1: there is none */
};

#define WORKDIR_NULL { "", -1 }

/**
 * workdir_make: make one in base, in which a file can be made and a byte be
 * written.  Returns 0 or an errno; what was made by then is there still.
 */
int workdir_make(struct workdir *dir, const char *base);

/** workdir_reset: owner and mode as when it was made. */
void workdir_reset(const struct workdir *dir);
void workdir_remove(const struct workdir *dir);

#endif
