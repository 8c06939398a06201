/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines for a person: labelled items, wrapped, and bounded extracts of output.
 * All text that comes in is sanitized here.
 */
#ifndef SOCKSPEC_REPORT_LAYOUT_H
#define SOCKSPEC_REPORT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

struct layout {
	const char *prefix;	/* before every line: "  ", "# " */
	unsigned int width;	/* columns with the prefix; 0: no wrapping */
};

/* Columns that a label takes; the text of an item starts after them. */
#define LAYOUT_LABEL 10

/**
 * layout_item: "prefix label     text", wrapped between words; lines that
 * follow start below the text.  A longer word than fits is not broken.
 */
void layout_item(struct buf *out, const struct layout *l, const char *label,
		 const char *text);

/** layout_exact: the same on one line, however long: commands to copy. */
void layout_exact(struct buf *out, const struct layout *l, const char *label,
		  const char *text);

/** layout_prose: text wrapped, lines after the first set in by hang columns. */
void layout_prose(struct buf *out, const struct layout *l, unsigned int hang,
		  const char *text);

/**
 * layout_output: what a case printed, "prefix| line": the first and the last
 * lines when there are many, long lines cut, each omission said.
 * @cut: the case printed more than data holds
 */
void layout_output(struct buf *out, const struct layout *l, const char *data,
		   size_t len, bool cut);

/** layout_columns: the number of characters in UTF-8 text. */
size_t layout_columns(const char *s);

#endif
