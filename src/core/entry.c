// SPDX-License-Identifier: BSD-2-Clause
/*
 * Looking at, locking and removing one directory entry without ever deleting
 * a file that is not the one that was looked at.
 */
#include "config.h"

#include "core/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"

#define LOCK_RETRY_MS 2

static int open_directory(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* One may be allowed to use a directory and not to list it. */
	if (fd < 0 && errno == EACCES)
		fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int uds_entry_open(struct uds_entry *ret_entry, const char *path)
{
	cleanup_free char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');
	const char *name = slash ? path + (slash - dir) + 1 : path;
	int fd;

	if (!*name)
		return -EISDIR;
	if (slash)
		slash[slash == dir] = '\0';
	fd = open_directory(slash ? dir : ".");
	if (fd < 0)
		return fd;
	ret_entry->dir_fd = fd;
	ret_entry->name = xstrdup(name);
	return 0;
}

void uds_entry_close(struct uds_entry *entry)
{
	if (entry->dir_fd >= 0)
		close(entry->dir_fd);
	free(entry->name);
	entry->dir_fd = -1;
	entry->name = NULL;
}

int uds_entry_lock(const struct uds_entry *entry, int timeout_ms)
{
	int64_t deadline_ns = clock_deadline_ms(timeout_ms);

	/* flock() knows no deadline, so it is asked again and again. */
	while (flock(entry->dir_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EBADF)
			return -EACCES;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (clock_left_ms(deadline_ns) == 0)
			return -ETIMEDOUT;
		poll(NULL, 0, LOCK_RETRY_MS);
	}
	return 0;
}

void uds_entry_unlock(const struct uds_entry *entry)
{
	flock(entry->dir_fd, LOCK_UN);
}

int uds_entry_pin(const struct uds_entry *entry)
{
	int fd = openat(entry->dir_fd, entry->name,
			O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int is_same_file(int dir_fd, const char *name, int pinned_fd)
{
	struct stat there, pinned;

	if (fstatat(dir_fd, name, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fstat(pinned_fd, &pinned) < 0)
		return -errno;
	return there.st_dev == pinned.st_dev && there.st_ino == pinned.st_ino;
}

/* Whatever was moved aside by mistake is never deleted. */
static int put_back(const struct uds_entry *entry, const char *aside)
{
	/* Not rename() first: it would replace what has come there since. */
	if (linkat(entry->dir_fd, aside, entry->dir_fd, entry->name, 0) == 0)
		unlinkat(entry->dir_fd, aside, 0);
	else if (errno == EEXIST ||
		 renameat(entry->dir_fd, aside, entry->dir_fd, entry->name) < 0)
		return -errno;
	return -ESTALE;
}

int uds_entry_remove(const struct uds_entry *entry, int pinned_fd)
{
	char aside[64];
	int same = is_same_file(entry->dir_fd, entry->name, pinned_fd);

	if (same <= 0)
		return same ? same : -ESTALE;
	snprintf(aside, sizeof(aside), ".sockspec-%ld-%llx", (long)getpid(),
		 (unsigned long long)clock_now_ns());
	if (renameat(entry->dir_fd, entry->name, entry->dir_fd, aside) < 0)
		return -errno;
	if (is_same_file(entry->dir_fd, aside, pinned_fd) <= 0)
		return put_back(entry, aside);
	return unlinkat(entry->dir_fd, aside, 0) < 0 ? -errno : 0;
}
