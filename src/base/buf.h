/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte buffer that grows, and printf into it.
 *
 * Allocation failure ends the program with one line and status 3: nothing
 * here can go on without memory.
 */
#ifndef SOCKSPEC_BASE_BUF_H
#define SOCKSPEC_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data;	/* NUL after the last byte once anything was added */
	size_t len;
	size_t size;
};

#define BUF_NULL { NULL, 0, 0 }
#define cleanup_buf __attribute__((cleanup(buf_free)))

void buf_add(struct buf *b, const void *data, size_t len);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
void buf_clear(struct buf *b);
void buf_free(struct buf *b);

/** buf_drop: remove the first len bytes. */
void buf_drop(struct buf *b, size_t len);

/** buf_take: the bytes as an allocation of the caller's; "" when empty. */
char *buf_take(struct buf *b);

/* Allocation that cannot fail (it ends the program with status 3). */
void *xcalloc(size_t n, size_t size);
void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
