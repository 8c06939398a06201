// SPDX-License-Identifier: BSD-2-Clause
/*
 * Names: what bind() makes of one, what leads to a server, and what becomes
 * of its file.
 */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define HEAD offsetof(struct sockaddr_un, sun_path)
#define PATH_SIZE (sizeof(struct sockaddr_un) - HEAD + 1)

#define ON_ASKS (ON(connect) | ON(sendto))

/* The address of the call, whole; false when it is none of ours. */
static bool name_given(const struct fault_call *c, struct sockaddr_un *name)
{
	memset(name, 0, sizeof(*name));
	return c->addr && c->addrlen > HEAD && c->addrlen <= sizeof(*name) &&
	       copy_in(name, c->addr, c->addrlen);
}

static bool path_given(const struct fault_call *c, char path[PATH_SIZE])
{
	struct sockaddr_un name;

	if (!name_given(c, &name) || !name.sun_path[0])
		return false;
	snprintf(path, PATH_SIZE, "%.*s", (int)(PATH_SIZE - 1), name.sun_path);
	return true;
}

/* bind() that fails leaves a file. */
FAULT(bind_litters, "", ON(bind))
{
	char path[PATH_SIZE];
	long ret = call_next(c);
	int saved = errno;

	if (ret == -1 && path_given(c, path))
		mknod(path, S_IFSOCK | 0700, 0);
	errno = saved;
	return ret;
}

/* An abstract name makes a file too. */
FAULT(abstract_file, "", ON(bind))
{
	struct sockaddr_un name;
	long ret = call_next(c);

	if (ret == 0 && name_given(c, &name) && !name.sun_path[0])
		mknod(name.sun_path + 1, S_IFSOCK | 0700, 0);
	return ret;
}

/* '@' stands for an abstract name. */
FAULT(at_is_abstract, "", ON(bind) | ON_ASKS)
{
	struct sockaddr_un name;
	struct sockaddr *given = c->addr;
	socklen_t len = c->addrlen;
	long ret;

	if (!name_given(c, &name) || name.sun_path[0] != '@')
		return call_next(c);
	name.sun_path[0] = '\0';
	c->addr = (struct sockaddr *)&name;
	c->addrlen = (socklen_t)(HEAD + 1 + strlen(name.sun_path + 1));
	ret = call_next(c);
	c->addr = given;
	c->addrlen = len;
	return ret;
}

/* All types share one table of abstract names. */
FAULT(types_share_names, "", ON(bind))
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	struct sockaddr_un name;
	bool taken = false;

	if (!name_given(c, &name) || name.sun_path[0])
		return call_next(c);
	for (int i = 0; i < 3; i++) {
		int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);

		taken |= bind(fd, c->addr, c->addrlen) < 0;
		close(fd);
	}
	return taken ? fail(EADDRINUSE) : call_next(c);
}

/* The option itself autobinds. */
FAULT(option_autobinds, "", ON(setsockopt))
{
	sa_family_t family = AF_UNIX;
	long ret = call_next(c);

	if (ret == 0)
		bind(c->fd, (struct sockaddr *)&family, sizeof(family));
	return ret;
}

/* Symbolic links do not lead to servers. */
FAULT(no_symlinks, "", ON_ASKS)
{
	char path[PATH_SIZE];
	struct stat st;

	if (path_given(c, path) && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return fail(ECONNREFUSED);
	return call_next(c);
}

/* The server is known by the name that it was bound to, and by no other. */
FAULT(found_by_name, "", ON_ASKS)
{
	struct sockaddr_un given, bound;
	socklen_t len = sizeof(bound);
	long ret = call_next(c);

	if (ret == -1 || c->id != CALL_connect || !name_given(c, &given) ||
	    getpeername(c->fd, (struct sockaddr *)&bound, &len) < 0 ||
	    strncmp(given.sun_path, bound.sun_path, PATH_SIZE - 1) == 0)
		return ret;
	return fail(ECONNREFUSED);
}

/* Finding a server leaves all times of its file alone (0), or sets both (1). */
FAULT(file_times, "WHICH", ON_ASKS)
{
	char path[PATH_SIZE];
	struct stat st;
	bool known = path_given(c, path) && stat(path, &st) == 0;
	long ret = call_next(c);
	int saved = errno;

	if (ret != -1 && known) {
		const struct timespec old[2] = { st.st_atim, st.st_mtim };

		utimensat(AT_FDCWD, path, use->arg[0].n ? NULL : old, 0);
	}
	errno = saved;
	return ret;
}

/* fchmod() of a bound socket goes through to its file, and chmod() back. */
FAULT(fchmod_reaches_file, "", ON(fchmod))
{
	struct sockaddr_un name = { 0 };
	socklen_t len = sizeof(name);
	long ret = call_next(c);

	if (ret == 0 &&
	    getsockname(c->fd, (struct sockaddr *)&name, &len) == 0 &&
	    len > HEAD && name.sun_path[0])
		chmod(name.sun_path, (mode_t)c->arg);
	return ret;
}

/* What is asked of the file says something else of it. */
FAULT(stat_of, "SIZE LINKS UID", ON(stat) | ON(lstat))
{
	struct stat *st = c->buf;
	long ret = call_next(c);

	if (ret == 0 && S_ISSOCK(st->st_mode)) {
		st->st_size = (off_t)fault_adjust(&use->arg[0], st->st_size);
		st->st_nlink = (nlink_t)fault_adjust(&use->arg[1],
						     (long)st->st_nlink);
		st->st_uid = (uid_t)fault_adjust(&use->arg[2], st->st_uid);
	}
	return ret;
}

/* Using a socket opens and closes its file, for all to see. */
FAULT(use_is_seen, "", ON_ASKS)
{
	char path[PATH_SIZE];
	struct stat st;

	if (path_given(c, path) && stat(path, &st) == 0)
		chmod(path, st.st_mode & 07777);
	return call_next(c);
}
