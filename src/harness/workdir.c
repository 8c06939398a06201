// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "harness/workdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/audit.h"

int workdir_make(struct workdir *dir, const char *base)
{
	char byte = 'x';
	int fd, err = 0;

	if ((size_t)snprintf(dir->path, sizeof(dir->path), "%s/sockspec-XXXXXX",
			     base) >= sizeof(dir->path))
		return ENAMETOOLONG;
	if (!mkdtemp(dir->path))
		return errno;
	dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd < 0)
		return errno;
	fd = openat(dir->fd, "probe", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, &byte, 1) != 1)
		err = errno;
	if (fd >= 0)
		close(fd);
	unlinkat(dir->fd, "probe", 0);
	return err;
}

void workdir_reset(const struct workdir *dir)
{
	struct stat st;

	if (fstat(dir->fd, &st) < 0)
		return;
	if (st.st_uid != geteuid() &&
	    fchown(dir->fd, geteuid(), getegid()) < 0)
		return;
	if ((st.st_mode & 07777) != 0700)
		fchmod(dir->fd, 0700);
}

void workdir_remove(const struct workdir *dir)
{
	if (dir->fd >= 0)
		audit_dir(dir->fd, NULL, NULL);
	rmdir(dir->path);
}
