// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "base/dir.h"

#include <dirent.h>
#include <errno.h>
#include <stdalign.h>
#include <string.h>
#include <sys/types.h>

static int is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int dir_each(int dir_fd, dir_entry *entry, void *arg)
{
	alignas(struct dirent64) char data[1024];
	ssize_t n;

	while ((n = getdents64(dir_fd, (void *)data, sizeof(data))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *d = (const void *)(data + at);

			if (!is_dot(d->d_name))
				entry(arg, d->d_name);
			at += d->d_reclen;
		}
	}
	return n < 0 ? -errno : 0;
}
