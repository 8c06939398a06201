/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entries of a directory, without an allocation: this runs once in each
 * case, where every page that is touched first costs more than the reading.
 */
#ifndef SOCKSPEC_BASE_DIR_H
#define SOCKSPEC_BASE_DIR_H

/** dir_entry: called with each name but "." and ".."; may remove it. */
typedef void dir_entry(void *arg, const char *name);

/** dir_each: the entries from the descriptor's offset on; 0 or -errno. */
int dir_each(int dir_fd, dir_entry *entry, void *arg);

#endif
