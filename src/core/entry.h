/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directory entry behind a pathname address: held by a descriptor of its
 * directory, so that it stays the same entry when the process changes its
 * working directory, and so that names beside it need not fit sun_path.
 */
#ifndef SOCKSPEC_CORE_ENTRY_H
#define SOCKSPEC_CORE_ENTRY_H

/**
 * struct uds_entry - a name in a directory
 * @dir_fd: the directory; -1 when there is none
 * @name: the last component, owned
 */
struct uds_entry {
	int dir_fd;
	char *name;
};

#define UDS_ENTRY_NULL { -1, NULL }

/**
 * uds_entry_open: the directory of path must exist, the entry need not.
 * Return: 0, -EISDIR for a path that ends in a slash, or -errno of open().
 */
int uds_entry_open(struct uds_entry *ret_entry, const char *path);

/** uds_entry_close: also gives the lock back; harmless on UDS_ENTRY_NULL. */
void uds_entry_close(struct uds_entry *entry);

/**
 * uds_entry_lock: the advisory lock (flock) of the directory, which starters
 * and stoppers of servers hold while they change the entry.  No file is made
 * for it, and it ends with the process.  Locking twice is harmless.
 * Return: 0, -ETIMEDOUT after timeout_ms, -EACCES when the directory cannot
 * be read, or -errno of flock().
 */
int uds_entry_lock(const struct uds_entry *entry, int timeout_ms);

void uds_entry_unlock(const struct uds_entry *entry);

/**
 * uds_entry_pin: a descriptor (O_PATH) of what the name leads to now, symbolic
 * links not followed.  While it is open the inode number is not given to
 * another file, so that comparing numbers is comparing files.
 * Return: the descriptor or -errno.
 */
int uds_entry_pin(const struct uds_entry *entry);

/**
 * uds_entry_remove: unlink the entry if it still is the pinned file.
 *
 * The entry is moved aside, looked at and only then deleted: a file that
 * somebody put there in the meantime is put back.  (For that moment its path
 * is missing; holders of the lock never cause it.)
 *
 * Return: 0, -ESTALE when the entry is another file, or -errno.
 */
int uds_entry_remove(const struct uds_entry *entry, int pinned_fd);

#endif
