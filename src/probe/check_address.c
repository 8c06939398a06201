// SPDX-License-Identifier: BSD-2-Clause
/*
 * The address: is somebody there, of which type, and who else could be.
 */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "probe/probe.h"

/* sun_path of the BSDs and macOS, and the NUL that they want in it. */
#define SHORTEST_SUN_PATH 104

static const char *user_name(uid_t uid)
{
	static char text[64];
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(text, sizeof(text), "%s", user->pw_name);
	else
		snprintf(text, sizeof(text), "uid %u", (unsigned int)uid);
	return text;
}

static const char *kind_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFSOCK:
		return "a socket";
	case S_IFREG:
		return "a regular file";
	case S_IFDIR:
		return "a directory";
	case S_IFLNK:
		return "a symbolic link";
	case S_IFIFO:
		return "a FIFO";
	}
	return "a device";
}

PROBE(address, is_a_socket,
      .title = "The path is there and is a socket",
      CLAUSES(server_reachable, unix7_pathname),
      .types = ANY_TYPE, .addrs = PATH, .tags = "report",
      .why = "Without the socket every client is told ENOENT; with something "
	     "else in its place, ECONNREFUSED.",
      .repair = "Start the server, or give the path that it really uses (see "
		"its configuration and ss -xl). What stands in its place has "
		"to be moved by hand.")
{
	struct stat st;

	if (lstat(t->path, &st) < 0)
		FINDING_ENDS(false, "lstat() of the path", "a socket", "-1 %s",
			     name_errno(errno));
	if (S_ISLNK(st.st_mode)) {
		NOTE("it is a symbolic link");
		FINDING_ENDS(stat(t->path, &st) == 0, "follow the link",
			     "a socket", "-1 %s", name_errno(errno));
	}
	FINDING_ENDS(S_ISSOCK(st.st_mode), "lstat() of the path", "a socket",
		     "%s", kind_name(st.st_mode));
	/* A scratch directory of ours says nothing of the server. */
	if (probe_options.command)
		return;
	NOTE("mode %04o, owner %s; to connect takes permission to write",
	     (unsigned int)(st.st_mode & 07777), user_name(st.st_uid));
	if (strlen(t->path) >= SHORTEST_SUN_PATH)
		NOTE("the path has %zu bytes; the BSDs and macOS hold %d",
		     strlen(t->path), SHORTEST_SUN_PATH - 1);
}

/* What the answer to connect() means, for a person. */
static const char *say_refusal(struct target *t, int err)
{
	struct socket_entry e;

	switch (err) {
	case ECONNREFUSED:
		if (!*t->path)
			return "nobody is bound to the name";
		return socket_at(&t->addr, &e) == 1 && e.type == SOCK_STREAM ?
			       "bound, but it does not listen" :
			       "stale: the file is there, the server is not";
	case EACCES:
		return "no permission: to the socket, or to a directory above";
	case EPROTOTYPE:
		return "a server of another type";
	case EAGAIN:
		return "the queue is full and is not emptied";
	case ENOENT:
		return "there is no such path";
	case ENOTSOCK:
	case ENOTDIR:
		return "not a socket";
	}
	return "";
}

PROBE(address, answers_connect,
      .title = "A client of the right type reaches a live server",
      CLAUSES(server_reachable, posix_connect_econnrefused),
      .types = ANY_TYPE, .addrs = NAMED, .tags = "report",
      .why = "A stale path, one without permission and one of another type all "
	     "look alike in ls, and to clients that print only \"cannot "
	     "connect\".",
      .repair = "ECONNREFUSED: the server is gone, start it again. EACCES: "
		"give the clients' group write permission to the socket and "
		"search permission to each directory above it. EPROTOTYPE: "
		"client and server disagree on stream, dgram or seqpacket. "
		"EAGAIN: the server does not accept, see what it is busy with.")
{
	int fd = SETUP(env_socket(env)), err = 0;
	struct timeval limit = {
		.tv_sec = probe_limit_ms() / 1000,
	};

	SETUP(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)));
	if (connect(fd, &t->addr.sa, t->addr.len) < 0)
		err = errno;
	FINDING_ENDS(err == 0, "connect()", "success", "-1 %s: %s",
		     name_errno(err), say_refusal(t, err));
	if (probe_options.kind == ABSTRACT)
		NOTE("an abstract name has no permissions: whoever is in the "
		     "network namespace can connect");
}

PROBE(address, directory_is_safe,
      .title = "Only its owner can replace the socket in its directory",
      CLAUSES(server_directory, unix7_path_directory, posix_unlink_sticky),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Whoever may write to the directory can rename the socket, put "
	     "his own in its place, and read what the clients send.",
      .repair = "Put the socket into a directory that only its owner can "
		"write to (RuntimeDirectory= of systemd, /run/NAME), or set "
		"the sticky bit on it.")
{
	cleanup_free char *dir = xstrdup(t->path);
	char *slash = strrchr(dir, '/');
	struct stat st;
	bool open_to_all;

	if (slash == dir)
		slash++;
	if (slash)
		*slash = '\0';
	SETUP(stat(slash ? dir : ".", &st));
	open_to_all = (st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX);
	FINDING(!open_to_all, "stat() of the directory",
		"not writable for everybody, or sticky",
		"mode %04o: everybody may remove and replace the socket",
		(unsigned int)(st.st_mode & 07777));
}

PROBE(address, no_orphan,
      .title = "No server listens on a socket that its path does not lead to",
      CLAUSES(server_path_its_own, linux_unix_bind_bsd_exists),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_SOCK_DIAG,
      .why = "A server whose path was taken or removed runs, looks healthy, "
	     "and is reached by nobody.",
      .repair = "End the orphan. Find who removed its path: another instance "
		"that unlinks before it binds, an old one that unlinks as it "
		"ends, or a cleaner of temporary files.")
{
	struct socket_entry e;
	pid_t holder;

	if (socket_orphan(t->path, &e) != 1)
		return;
	holder = process_find_holder(e.inode);
	FINDING(false, "look for sockets that were bound by this path",
		"the one that the path leads to",
		"another one, whose file is gone, listens: process %d (%s)",
		(int)holder, process_name(holder));
}
