/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes to send, memory that cannot be used, and waiting for arrival, shared
 * by the checks of data transfer.
 */
#ifndef SOCKSPEC_CHECKS_UTIL_DATA_H
#define SOCKSPEC_CHECKS_UTIL_DATA_H

#include "harness/env.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * On a kernel of 64 bits a program of 32 has a few answers of its own:
 * net/compat.c reads its control data, and the sum of two of its lengths is no
 * number too large.  Which of the two kernels it is on no call tells for sure.
 */
#define PROGRAM_OF_32_BITS (sizeof(size_t) < 8)

/** data_fill: len bytes whose values tell their place from start on. */
void data_fill(void *buf, size_t start, size_t len);

/** data_is: buf holds what data_fill() makes of the same start and len. */
bool data_is(const void *buf, size_t start, size_t len);

/**
 * data_settle: on a TCP or UDP control, wait until n bytes, or a message,
 * can be read; AF_UNIX has delivered when send() returns, and is not waited
 * for.
 */
void data_settle(struct env *env, int fd, size_t n);

/** data_expect_empty: judge that nothing can be read from fd now. */
void data_expect_empty(int fd);

/** data_expect_works: judge that a byte sent on from is the next of to. */
void data_expect_works(struct env *env, int from, int to);

/**
 * data_edge: memory of at least size bytes, filled by data_fill(), that ends
 * where memory that cannot be touched begins.  Returns the end; the memory
 * lies before it.
 */
unsigned char *data_edge(size_t size);

/** data_page: the size of a page. */
size_t data_page(void);

/*
 * Pointers to a page that send() or recv() cannot use, by name:
 * "null"		no pointer
 * "protected"		a page without permissions
 * "kernel"		above every user's memory
 * "beyond_file"	mapped, but the file ends before it: touching is SIGBUS
 * "read_only"		can be read and not written
 */
void *data_bad_page(const char *name);

/**
 * data_segment: how many bytes of one long write the kernel keeps in one
 * piece.  Found by attaching a descriptor, which makes a read end with its
 * piece.  The pair must be empty, and is so again afterwards.
 */
size_t data_segment(int from, int to);

/**
 * data_catch: count signals sig from now on; with write_fd, each also writes
 * a byte there, so that its handler can be waited for.
 */
void data_catch(int sig, int sa_flags, int write_fd);

/** data_caught: how many came since data_catch(). */
int data_caught(void);

#endif
