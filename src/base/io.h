/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole reads and writes on pipes and files: EINTR is retried, partial
 * transfers are continued.
 */
#ifndef SOCKSPEC_BASE_IO_H
#define SOCKSPEC_BASE_IO_H

#include <stddef.h>

/** io_write_all: 0, or -errno; blocks until all is written. */
int io_write_all(int fd, const void *data, size_t len);

/** io_read_all: 1 when len bytes came, 0 at end of file before, or -errno. */
int io_read_all(int fd, void *data, size_t len);

#endif
