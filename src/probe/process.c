// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "probe/process.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"

/* The fields of /proc/PID/stat that are of use. */
struct stat_line {
	char name[64];
	char state;
	pid_t parent;
	long cpu_ticks;		/* with those of children that were reaped */
	long own_ticks;
	long threads;
	long rss_pages;
};

void process_list_add(struct process_list *list, pid_t pid)
{
	list->pids = xreallocarray(list->pids, list->n + 1, sizeof(*list->pids));
	list->pids[list->n++] = pid;
}

bool process_list_has(const struct process_list *list, pid_t pid)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->pids[i] == pid)
			return true;
	}
	return false;
}

void process_list_free(struct process_list *list)
{
	free(list->pids);
	list->pids = NULL;
	list->n = 0;
}

static bool read_stat_at(const char *path, struct stat_line *ret)
{
	char text[512], *name, *after;
	long utime, stime, cutime, cstime;
	cleanup_close int fd = -1;
	ssize_t n;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	/* The name may hold anything, blanks and brackets too. */
	name = strchr(text, '(');
	after = strrchr(text, ')');
	if (!name || !after)
		return false;
	*after = '\0';
	snprintf(ret->name, sizeof(ret->name), "%s", name + 1);
	if (sscanf(after + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
		   "%ld %ld %ld %ld %*d %*d %ld %*d %*u %*u %ld", &ret->state,
		   &ret->parent, &utime, &stime, &cutime, &cstime,
		   &ret->threads, &ret->rss_pages) != 8)
		return false;
	ret->own_ticks = utime + stime;
	ret->cpu_ticks = ret->own_ticks + cutime + cstime;
	return true;
}

static bool read_stat(pid_t pid, struct stat_line *ret)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	return read_stat_at(path, ret);
}

/* Every process and its parent, in the order of /proc. */
static void read_all(struct process_list *pids, struct process_list *parents)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	struct stat_line s;

	while (dir && (entry = readdir(dir))) {
		pid_t pid = (pid_t)atoi(entry->d_name);

		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !read_stat(pid, &s))
			continue;
		process_list_add(pids, pid);
		process_list_add(parents, s.parent);
	}
	if (dir)
		closedir(dir);
}

void process_children(struct process_list *list, pid_t pid)
{
	cleanup_processes struct process_list pids = PROCESS_LIST_NULL;
	cleanup_processes struct process_list parents = PROCESS_LIST_NULL;

	read_all(&pids, &parents);
	for (size_t i = 0; i < pids.n; i++) {
		if (parents.pids[i] == pid)
			process_list_add(list, pids.pids[i]);
	}
}

void process_tree(struct process_list *list, pid_t root)
{
	cleanup_processes struct process_list pids = PROCESS_LIST_NULL;
	cleanup_processes struct process_list parents = PROCESS_LIST_NULL;
	size_t done = list->n;

	read_all(&pids, &parents);
	if (process_list_has(&pids, root) && !process_list_has(list, root))
		process_list_add(list, root);
	for (; done < list->n; done++) {
		for (size_t i = 0; i < pids.n; i++) {
			if (parents.pids[i] == list->pids[done] &&
			    !process_list_has(list, pids.pids[i]))
				process_list_add(list, pids.pids[i]);
		}
	}
}

static long count_fds(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;
	long n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (!dir)
		return access("/proc/self/fd", R_OK) == 0 && errno == ENOENT ?
			       0 : -1;
	while ((entry = readdir(dir)))
		n += isdigit((unsigned char)entry->d_name[0]) != 0;
	closedir(dir);
	return n;
}

/*
 * What is on its way to its end has no memory any more, and its files in /proc
 * are root's: proc(5) on /proc/PID, task_dump_owner() of the kernel.
 */
static bool is_ending(pid_t pid)
{
	struct stat_line s;

	return !read_stat(pid, &s) || s.state == 'Z' || s.state == 'X' ||
	       s.rss_pages == 0;
}

void process_sum(const struct process_list *list, struct process_sum *ret)
{
	long tick_ms = 1000 / sysconf(_SC_CLK_TCK);

	*ret = (struct process_sum){ 0 };
	for (size_t i = 0; i < list->n; i++) {
		struct stat_line s;
		long fds;

		if (!read_stat(list->pids[i], &s))
			continue;
		ret->cpu_ms += s.cpu_ticks * tick_ms;
		if (s.state == 'Z' || s.state == 'X') {
			ret->zombies++;
			continue;
		}
		fds = count_fds(list->pids[i]);
		if (fds < 0 && is_ending(list->pids[i]))
			continue;
		ret->processes++;
		ret->threads += s.threads;
		ret->fds = fds < 0 || ret->fds < 0 ? -1 : ret->fds + fds;
	}
}

static long read_rollup_kb(pid_t pid)
{
	char path[64], line[256];
	cleanup_fclose FILE *f = NULL;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "Rss:", 4) == 0)
			return strtol(line + 4, NULL, 10);
	}
	return -1;
}

long process_resident_kb(const struct process_list *list)
{
	long page_kb = sysconf(_SC_PAGESIZE) / 1024, sum = 0;

	for (size_t i = 0; i < list->n; i++) {
		long kb = read_rollup_kb(list->pids[i]);
		struct stat_line s;

		if (kb < 0 && read_stat(list->pids[i], &s))
			kb = s.rss_pages * page_kb;
		sum += kb < 0 ? 0 : kb;
	}
	return sum;
}

long process_writable_kb(const struct process_list *list)
{
	long page_kb = sysconf(_SC_PAGESIZE) / 1024, sum = 0;

	for (size_t i = 0; i < list->n; i++) {
		char path[32];
		cleanup_fclose FILE *f = NULL;
		long pages;

		snprintf(path, sizeof(path), "/proc/%d/statm",
			 (int)list->pids[i]);
		f = fopen(path, "re");
		if (f && fscanf(f, "%*d %*d %*d %*d %*d %ld", &pages) == 1)
			sum += pages * page_kb;
	}
	return sum;
}

/* The files of one thread: those of /proc/TID add up all of its process. */
static bool read_thread(pid_t pid, pid_t tid, struct thread_use *ret)
{
	static const char key[] = "voluntary_ctxt_switches:";
	long tick_ms = 1000 / sysconf(_SC_CLK_TCK);
	char path[80], line[256];
	cleanup_fclose FILE *f = NULL;
	struct stat_line s;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid,
		 (int)tid);
	if (!read_stat_at(path, &s))
		return false;
	*ret = (struct thread_use){
		.tid = tid, .cpu_ms = s.own_ticks * tick_ms,
	};
	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", (int)pid,
		 (int)tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, sizeof(key) - 1) == 0)
			ret->sleeps = strtol(line + sizeof(key) - 1, NULL, 10);
	}
	return true;
}

size_t process_threads(const struct process_list *list,
		       struct thread_use **ret)
{
	struct thread_use use;
	size_t n = 0;

	*ret = NULL;
	for (size_t i = 0; i < list->n; i++) {
		char path[64];
		struct dirent *entry;
		DIR *dir;

		snprintf(path, sizeof(path), "/proc/%d/task",
			 (int)list->pids[i]);
		dir = opendir(path);
		while (dir && (entry = readdir(dir))) {
			if (!isdigit((unsigned char)entry->d_name[0]) ||
			    !read_thread(list->pids[i],
					 (pid_t)atoi(entry->d_name), &use))
				continue;
			*ret = xreallocarray(*ret, n + 1, sizeof(**ret));
			(*ret)[n++] = use;
		}
		if (dir)
			closedir(dir);
	}
	return n;
}

bool process_is_alive(pid_t pid)
{
	struct stat_line s;

	return read_stat(pid, &s) && s.state != 'Z' && s.state != 'X';
}

/* Is a thread in one of these states?  Without the process, in none. */
static bool has_thread(pid_t pid, const char *states)
{
	char path[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		struct stat_line s;

		if (isdigit((unsigned char)entry->d_name[0]) &&
		    read_stat((pid_t)atoi(entry->d_name), &s))
			found = strchr(states, s.state) != NULL;
	}
	if (dir)
		closedir(dir);
	return found;
}

bool process_is_running(pid_t pid)
{
	return has_thread(pid, "R");
}

bool process_minds(pid_t pid, int sig)
{
	static const char *const lines[] = { "SigBlk:", "SigIgn:", "SigCgt:" };
	char path[64], line[256];
	cleanup_fclose FILE *f = NULL;
	unsigned long long bits = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
			if (strncmp(line, lines[i], strlen(lines[i])) == 0)
				bits |= strtoull(line + strlen(lines[i]), NULL, 16);
		}
	}
	return bits >> (sig - 1) & 1;
}

bool process_is_stopped(pid_t pid)
{
	return !has_thread(pid, "RSDI");
}

bool process_holds_socket(pid_t pid, uint32_t inode)
{
	char path[300], target[64], want[64];
	struct dirent *entry;
	bool holds = false;
	DIR *dir;

	snprintf(want, sizeof(want), "socket:[%u]", (unsigned int)inode);
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && !holds && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target,
				       sizeof(target) - 1);

		if (n <= 0)
			continue;
		target[n] = '\0';
		holds = strcmp(target, want) == 0;
	}
	if (dir)
		closedir(dir);
	return holds;
}

pid_t process_find_holder(uint32_t inode)
{
	cleanup_processes struct process_list pids = PROCESS_LIST_NULL;
	cleanup_processes struct process_list parents = PROCESS_LIST_NULL;
	cleanup_processes struct process_list holders = PROCESS_LIST_NULL;

	read_all(&pids, &parents);
	for (size_t i = 0; i < pids.n; i++) {
		if (process_holds_socket(pids.pids[i], inode))
			process_list_add(&holders, pids.pids[i]);
	}
	for (size_t i = 0; i < pids.n; i++) {
		if (process_list_has(&holders, pids.pids[i]) &&
		    !process_list_has(&holders, parents.pids[i]))
			return pids.pids[i];
	}
	return 0;
}

const char *process_name(pid_t pid)
{
	static struct stat_line s;

	return read_stat(pid, &s) ? s.name : "?";
}
