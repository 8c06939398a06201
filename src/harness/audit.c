// SPDX-License-Identifier: BSD-2-Clause
/*
 * Runs in the case (descriptors) and in its warden (the rest).  Without /proc
 * the descriptors are tried one by one, the children are those of the process
 * group, and abstract names are not looked for.
 */
#include "config.h"

#include "harness/audit.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/dir.h"
#include "harness/blocked.h"

#define WHAT_MAX 300

/* How long killed processes may take to be gone. */
#define REAP_MS 5000

/* Descriptors of a tool that this process runs under, never the case's. */
static int tool_fds[32];
static size_t n_tool_fds;

static void report_fd(int fd, audit_found *found, void *arg)
{
	char link[64], target[128] = "", what[WHAT_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target) - 1);
	if (n > 0)
		target[n] = '\0';
	snprintf(what, sizeof(what), "descriptor %d%s%s", fd,
		 n > 0 ? ", " : "", target);
	found(arg, what);
}

static void try_each_fd(int last_known_fd, audit_found *found, void *arg)
{
	struct rlimit limit = { 1024, 1024 };

	getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = last_known_fd + 1; fd < (int)limit.rlim_cur; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			report_fd(fd, found, arg);
	}
}

static bool is_tool_fd(int fd)
{
	for (size_t i = 0; i < n_tool_fds; i++) {
		if (tool_fds[i] == fd)
			return true;
	}
	return false;
}

static void add_tool_fd(void *arg, const char *what)
{
	(void)arg;
	if (n_tool_fds < sizeof(tool_fds) / sizeof(tool_fds[0]) &&
	    sscanf(what, "descriptor %d", &tool_fds[n_tool_fds]) == 1)
		n_tool_fds++;
}

void audit_tool_fds(int last_known_fd)
{
	audit_fds(last_known_fd, add_tool_fd, NULL);
}

/* Whom to tell; found may be NULL. */
struct listener {
	audit_found *found;
	void *arg;
};

struct fd_search {
	int last_known_fd;
	int own_fd;		/* of the search itself */
	struct listener tell;
};

static void look_at_fd(void *arg, const char *name)
{
	const struct fd_search *s = arg;
	int fd = 0;

	while (*name >= '0' && *name <= '9')
		fd = fd * 10 + *name++ - '0';

	if (fd > s->last_known_fd && fd != s->own_fd && !is_tool_fd(fd) &&
	    fcntl(fd, F_GETFD) >= 0)
		report_fd(fd, s->tell.found, s->tell.arg);
}

void audit_fds(int last_known_fd, audit_found *found, void *arg)
{
	struct fd_search s = {
		.last_known_fd = last_known_fd, .tell = { found, arg },
		.own_fd = open("/proc/self/fd",
			       O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	};

	if (s.own_fd < 0) {
		try_each_fd(last_known_fd, found, arg);
		return;
	}
	dir_each(s.own_fd, look_at_fd, &s);
	close(s.own_fd);
}

/* "PID (NAME)" for a live child of ours, or false for anything else. */
static bool child_name(const char *pid, char *what, size_t size)
{
	char path[300], line[300], *name, *after;
	cleanup_fclose FILE *f = NULL;
	char state;
	int ppid;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	f = fopen(path, "re");
	if (!f || !fgets(line, sizeof(line), f))
		return false;
	name = strchr(line, '(');
	after = strrchr(line, ')');
	if (!name || !after || sscanf(after + 1, " %c %d", &state, &ppid) != 2)
		return false;
	if (ppid != getpid() || state == 'Z' || state == 'X')
		return false;
	after[1] = '\0';
	snprintf(what, size, "process %s %s", pid, name);
	return true;
}

static void kill_child(void *arg, const char *name)
{
	const struct listener *l = arg;
	char what[WHAT_MAX];

	if (!isdigit((unsigned char)name[0]) ||
	    !child_name(name, what, sizeof(what)))
		return;
	kill(atoi(name), SIGKILL);
	if (l->found)
		l->found(l->arg, what);
}

static void kill_children(audit_found *found, void *arg)
{
	struct listener l = { found, arg };
	cleanup_close int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		dir_each(fd, kill_child, &l);
}

void audit_children(pid_t group, audit_found *found, void *arg)
{
	int64_t deadline = clock_deadline_ms(REAP_MS);
	bool named = false;

	for (;;) {
		pid_t pid;

		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0)
			break;		/* no child is left */
		/* Their own children come to us once they are dead. */
		kill_children(named ? NULL : found, arg);
		named = true;
		if (group > 1)
			kill(-group, SIGKILL);
		if (clock_now_ns() > deadline) {
			/* Out of its group, and no /proc to find it by. */
			if (found)
				found(arg, "a process that cannot be found");
			break;
		}
		blocked_pause(20);
	}
	/* Where nobody can be made a reaper the group is all we can reach. */
	if (group > 1 && kill(-group, SIGKILL) == 0 && found)
		found(arg, "a process of its group");
}

static void remove_entry(int dir_fd, const char *name)
{
	struct stat st;
	int fd;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		unlinkat(dir_fd, name, 0);
		return;
	}
	/* A case may have taken its own permissions away. */
	fchmodat(dir_fd, name, 0700, 0);
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0) {
		audit_dir(fd, NULL, NULL);
		close(fd);
	}
	unlinkat(dir_fd, name, AT_REMOVEDIR);
}

struct dir_search {
	int dir_fd;
	struct listener tell;
};

static void remove_and_tell(void *arg, const char *name)
{
	const struct dir_search *s = arg;

	remove_entry(s->dir_fd, name);
	if (s->tell.found)
		s->tell.found(s->tell.arg, name);
}

void audit_dir(int dir_fd, audit_found *found, void *arg)
{
	struct dir_search s = { dir_fd, { found, arg } };

	if (lseek(dir_fd, 0, SEEK_SET) == 0)
		dir_each(dir_fd, remove_and_tell, &s);
}

/* One line of /proc/net/unix; the name is its last column. */
static void look_at_line(const char *line, const char *prefix,
			 const struct listener *tell)
{
	const char *at = strstr(line, " @");
	char what[WHAT_MAX];

	if (!at || strncmp(at + 2, prefix, strlen(prefix)) != 0)
		return;
	snprintf(what, sizeof(what), "abstract name%s", at);
	tell->found(tell->arg, what);
}

void audit_abstract(const char *prefix, audit_found *found, void *arg)
{
	cleanup_close int fd = open("/proc/net/unix", O_RDONLY | O_CLOEXEC);
	struct listener tell = { found, arg };
	char data[1024];
	size_t len = 0;
	ssize_t n;

	while (fd >= 0 &&
	       (n = read(fd, data + len, sizeof(data) - 1 - len)) > 0) {
		char *line = data, *end;

		len += (size_t)n;
		data[len] = '\0';
		while ((end = memchr(line, '\n', (size_t)(data + len - line)))) {
			*end = '\0';
			look_at_line(line, prefix, &tell);
			line = end + 1;
		}
		len -= (size_t)(line - data);
		/* No line of the kernel's is that long. */
		if (len == sizeof(data) - 1)
			len = 0;
		memmove(data, line, len);
	}
}
