// SPDX-License-Identifier: BSD-2-Clause
/*
 * The program of the witnesses: witness [-t SECONDS] [NAME]... asks those, or
 * all, and prints TAP; witness -l lists their names.  A test fails where the
 * answer is not that of Linux.  Nothing of sockspec has a part in it: "cc *.c"
 * builds it.
 */
#define _GNU_SOURCE
#include "witness.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STATUS_CANNOT 77

static struct witness *first, **last = &first;
static sigset_t child_ended;
static struct timespec limit = { .tv_sec = 5 };

void witness_add(struct witness *w)
{
	*last = w;
	last = &w->next;
}

void cannot(const char *reason)
{
	dprintf(STDOUT_FILENO, "%s", reason);
	_exit(STATUS_CANNOT);
}

static int is_one_of(const char *answer, const char *permitted)
{
	size_t len = strlen(answer);

	for (const char *p = permitted; p; p = strchr(p, '|')) {
		p += *p == '|';
		if (!strncmp(p, answer, len) &&
		    (p[len] == '|' || p[len] == '\0'))
			return 1;
	}
	return 0;
}

static int is_wanted(const struct witness *w, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], w->name))
			return 1;
	}
	return argc <= 1;
}

/* The child: its answer goes to the pipe that becomes its standard output. */
static _Noreturn void ask_here(const struct witness *w, int out_fd)
{
	char dir[32];

	snprintf(dir, sizeof(dir), "%ld", (long)getpid());
	if (setpgid(0, 0) < 0 || dup2(out_fd, STDOUT_FILENO) < 0 ||
	    mkdir(dir, 0755) < 0 || chdir(dir) < 0)
		_exit(99);
	close(out_fd);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_UNBLOCK, &child_ended, NULL);
	w->ask();
	_exit(0);
}

/* Waits for its end; the signal may also be that of an earlier one. */
static int has_ended(pid_t pid, int *status)
{
	for (;;) {
		int ret = sigtimedwait(&child_ended, NULL, &limit);

		if (waitpid(pid, status, WNOHANG) == pid)
			return 1;
		if (ret < 0)
			return 0;
	}
}

/* What it said, in text; its wait status is returned, or -1: it hangs. */
static int ask(const struct witness *w, char *text, size_t room)
{
	int pipe_fd[2], status, late;
	size_t len = 0;
	ssize_t ret;
	pid_t pid;

	if (pipe(pipe_fd) < 0 || (pid = fork()) < 0) {
		perror("witness");
		exit(99);
	}
	if (pid == 0) {
		close(pipe_fd[0]);
		ask_here(w, pipe_fd[1]);
	}
	close(pipe_fd[1]);
	late = !has_ended(pid, &status);
	kill(-pid, SIGKILL);
	if (late) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	while (len < room - 1 &&
	       (ret = read(pipe_fd[0], text + len, room - 1 - len)) > 0)
		len += (size_t)ret;
	close(pipe_fd[0]);
	text[len] = '\0';
	return late ? -1 : status;
}

static void tell(const struct witness *w, unsigned int n)
{
	char words[512], *text = words + 1;
	int status = ask(w, words, sizeof(words));

	if (status == -1) {
		strcpy(words, " hangs");
	} else if (WIFEXITED(status) &&
		   WEXITSTATUS(status) == STATUS_CANNOT) {
		printf("ok %u - %s # SKIP %s\n", n, w->name, words);
		return;
	} else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		snprintf(words, sizeof(words), " ended with status %#x",
			 (unsigned int)status);
	}
	if (words[0] == '\0')
		strcpy(words, " nothing");
	if (is_one_of(text, w->linux_answer))
		printf("ok %u - %s: %s\n", n, w->name, text);
	else
		printf("not ok %u - %s: %s; Linux: %s\n", n, w->name, text,
		       w->linux_answer);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int main(int argc, char **argv)
{
	const char *tmp = getenv("TMPDIR");
	char dir[200];
	unsigned int n = 0;

	if (argc == 2 && !strcmp(argv[1], "-l")) {
		for (const struct witness *w = first; w; w = w->next)
			puts(w->name);
		return 0;
	}
	if (argc > 2 && !strcmp(argv[1], "-t")) {
		limit.tv_sec = atoi(argv[2]);
		argc -= 2;
		argv += 2;
	}
	snprintf(dir, sizeof(dir), "%s/witness.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir) || chmod(dir, 0755) < 0 || chdir(dir) < 0) {
		perror(dir);
		return 99;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigemptyset(&child_ended);
	sigaddset(&child_ended, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_ended, NULL);
	for (const struct witness *w = first; w; w = w->next) {
		if (is_wanted(w, argc, argv))
			tell(w, ++n);
	}
	printf("1..%u\n", n);
	if (chdir("/") == 0)
		nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}
