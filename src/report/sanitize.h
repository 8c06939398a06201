/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arbitrary bytes as printable UTF-8: the one way by which text of cases,
 * checks and command lines gets into a report.
 *
 * Well-formed UTF-8 that a reader can see is kept.  Everything else comes out
 * as \xNN, a byte at a time: ill-formed sequences, control characters of both
 * ranges, line and paragraph separators, direction overrides, byte order
 * marks and noncharacters.  Newline, tab and carriage return are \n, \t and
 * \r.  A backslash stays as it is: the result is to be read, and cannot be
 * turned back.
 *
 * What comes out is well-formed in XML 1.0 and in JSON once their own
 * metacharacters are escaped, and moves no cursor.
 */
#ifndef SOCKSPEC_REPORT_SANITIZE_H
#define SOCKSPEC_REPORT_SANITIZE_H

#include <stddef.h>

struct buf;

enum sanitize_mode {
	SANITIZE_LINE,	/* one line */
	SANITIZE_TEXT,	/* several lines: newline and tab are kept */
	SANITIZE_TAP,	/* one line in which '#' is \x23 */
};

/**
 * sanitize: append len bytes (NUL is a byte like others); out->data is a
 * string afterwards even when len is 0.
 */
void sanitize(struct buf *out, const char *data, size_t len,
	      enum sanitize_mode mode);

/** sanitize_str: append a string. */
void sanitize_str(struct buf *out, const char *s, enum sanitize_mode mode);

#endif
