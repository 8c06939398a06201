/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A deviation file in the making: gathered in memory, read back by the reader
 * that will read it, and put in its place whole or not at all.
 */
#ifndef SOCKSPEC_CLI_BASELINE_FILE_H
#define SOCKSPEC_CLI_BASELINE_FILE_H

#include "base/buf.h"

#include <stddef.h>

struct baseline_file {
	struct buf text;
	size_t n;	/* lines with a pattern */
};

void baseline_file_comment(struct baseline_file *file, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** baseline_file_add: a line; of the reason, one printable line is kept. */
void baseline_file_add(struct baseline_file *file, const char *case_id,
		       const char *reason);

/**
 * baseline_file_prepare: end with EXIT_USAGE when path could not be written,
 * before a long run finds out.  NULL is standard output.
 */
void baseline_file_prepare(const char *path);

/**
 * baseline_file_write: put the file at path, or on standard output.  Ends
 * with EXIT_CHECKER and one line, and leaves what was there, when it cannot
 * be written or does not read back as it is.
 * @tmp_dir: where a copy for the reader is made when path is NULL
 */
void baseline_file_write(const struct baseline_file *file, const char *path,
			 const char *tmp_dir);

void baseline_file_free(struct baseline_file *file);

#endif
