/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a case tells its warden, as records on a pipe.  A record is written by
 * one write() of at most PIPE_BUF bytes, so that the processes and threads of
 * a case may all write.
 */
#ifndef SOCKSPEC_HARNESS_RECORD_H
#define SOCKSPEC_HARNESS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum record_kind {
	RECORD_FAIL,
	RECORD_NOTE,
	RECORD_SKIP,
	RECORD_BROKEN,
	RECORD_LEAK,
	RECORD_DONE,	/* the body returned, or left on purpose */
	N_RECORD,
};

struct record {
	uint32_t serial;	/* of the case, so that stragglers are known */
	enum record_kind kind;
	const char *context;
	const char *call;
	const char *expected;
	const char *got;
	const char *where;
};

/** record_write: 0 or -errno; long strings are cut to fit.  NULL is "". */
int record_write(int fd, const struct record *record);

/**
 * record_parse: the record at the start of data.  Returns the bytes it takes,
 * 0 when more are needed, -1 when this is not a record.  Strings point into
 * data.
 */
long record_parse(const char *data, size_t len, struct record *record);

#endif
