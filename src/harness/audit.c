// SPDX-License-Identifier: BSD-2-Clause
/*
 * Runs in the case (descriptors) and in its warden (the rest).  Without /proc
 * the descriptors are tried one by one, the children are those of the process
 * group, and abstract names are not looked for.
 */
#include "config.h"

#include "harness/audit.h"

#include <ctype.h>
#include <dirent.h>
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

void audit_fds(int last_known_fd, audit_found *found, void *arg)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!dir) {
		try_each_fd(last_known_fd, found, arg);
		return;
	}
	while ((entry = readdir(dir))) {
		int fd;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		fd = atoi(entry->d_name);
		if (fd > last_known_fd && fd != dirfd(dir) &&
		    !is_tool_fd(fd) && fcntl(fd, F_GETFD) >= 0)
			report_fd(fd, found, arg);
	}
	closedir(dir);
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

static void kill_children(audit_found *found, void *arg)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char what[WHAT_MAX];

	while (dir && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !child_name(entry->d_name, what, sizeof(what)))
			continue;
		kill(atoi(entry->d_name), SIGKILL);
		if (found)
			found(arg, what);
	}
	if (dir)
		closedir(dir);
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

void audit_dir(int dir_fd, audit_found *found, void *arg)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	char what[WHAT_MAX];

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		remove_entry(dir_fd, entry->d_name);
		if (found) {
			snprintf(what, sizeof(what), "file %s", entry->d_name);
			found(arg, what);
		}
	}
	closedir(dir);
}

void audit_abstract(const char *prefix, audit_found *found, void *arg)
{
	cleanup_fclose FILE *f = fopen("/proc/net/unix", "re");
	char line[400], what[WHAT_MAX], mark[64];

	snprintf(mark, sizeof(mark), " @%s", prefix);
	while (f && fgets(line, sizeof(line), f)) {
		char *at = strstr(line, mark);

		if (!at)
			continue;
		at[strcspn(at, "\n")] = '\0';
		snprintf(what, sizeof(what), "abstract name%s", at);
		found(arg, what);
	}
}
