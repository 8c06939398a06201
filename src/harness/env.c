// SPDX-License-Identifier: BSD-2-Clause
/*
 * The env of the one case of this process: what it owns, and how it is put
 * away.  A descriptor is owned together with the inode behind it, so that a
 * number that was closed and used again is not closed in somebody's place.
 */
#include "config.h"

#include "harness/env.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "harness/check.h"
#include "harness/child.h"
#include "harness/env_private.h"
#include "harness/expect.h"
#include "harness/plan.h"

#define ORDINARY_ID 65534

struct owned_fd {
	int fd;
	dev_t dev;
	ino_t ino;
};

/* Room for what most cases own; an allocation would touch pages of its own. */
static struct owned_fd few_fds[48];

static struct env the_env;
static struct owned_fd *fds = few_fds;
static size_t n_fds, fds_size = sizeof(few_fds) / sizeof(few_fds[0]);
static char **paths;
static size_t n_paths;
static pid_t *pids;
static size_t n_pids;
static uint64_t random_count;

struct env *env_begin(const struct child_setup *s)
{
	const struct plan_case *pc = s->pc;

	the_env = (struct env){
		.row = pc->row,
		.type = pc->row ? pc->row->type : SOCK_STREAM,
		.swap = pc->swap,
		.nonblock = pc->nonblock,
		.param = pc->param,
		.param_name = pc->param < 0 ? NULL : pc->check->params[pc->param],
		.seed = pc->seed,
		.volume = s->config->volume,
		.scale = s->config->scale,
		.patience_ms = call_limit_ms(pc, s->config) / 4 * 3,
		.valgrind = s->config->valgrind,
	};
	random_count = 0;
	return &the_env;
}

/* A counter hashed with the seed: the same sequence on every machine. */
uint64_t env_random(struct env *env)
{
	random_count++;
	return hash64(&random_count, sizeof(random_count), env->seed);
}

static void grow_fds(void)
{
	struct owned_fd *more;

	fds_size *= 2;
	more = xreallocarray(fds == few_fds ? NULL : fds, fds_size, sizeof(*fds));
	if (fds == few_fds)
		memcpy(more, few_fds, sizeof(few_fds));
	fds = more;
}

int env_own(struct env *env, int fd)
{
	struct stat st;
	int saved = errno;

	(void)env;
	if (fd < 0 || fstat(fd, &st) < 0) {
		errno = saved;
		return fd;
	}
	if (n_fds == fds_size)
		grow_fds();
	fds[n_fds++] = (struct owned_fd){ fd, st.st_dev, st.st_ino };
	return fd;
}

int env_close(struct env *env, int fd)
{
	(void)env;
	for (size_t i = n_fds; i-- > 0;) {
		if (fds[i].fd == fd) {
			fds[i] = fds[--n_fds];
			break;
		}
	}
	return close(fd);
}

void env_own_path(struct env *env, const char *path)
{
	(void)env;
	for (size_t i = 0; i < n_paths; i++) {
		if (strcmp(paths[i], path) == 0)
			return;
	}
	paths = xreallocarray(paths, n_paths + 1, sizeof(*paths));
	paths[n_paths++] = xstrdup(path);
}

pid_t env_fork(struct env *env, int (*fn)(struct env *env, void *arg), void *arg)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		/* Nothing of the case's is this process's to put away. */
		n_fds = n_paths = n_pids = 0;
		child_exit(fn(env, arg));
	}
	if (pid > 0) {
		pids = xreallocarray(pids, n_pids + 1, sizeof(*pids));
		pids[n_pids++] = pid;
	}
	return pid;
}

int env_reap(struct env *env, pid_t pid)
{
	int status;
	pid_t got;

	(void)env;
	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		BROKEN("waitpid() for a child of the check failed");
	for (size_t i = 0; i < n_pids; i++) {
		if (pids[i] == pid) {
			pids[i] = pids[--n_pids];
			break;
		}
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void env_end(struct env *env)
{
	while (n_pids > 0) {
		kill(pids[n_pids - 1], SIGKILL);
		env_reap(env, pids[n_pids - 1]);
	}
	for (size_t i = 0; i < n_fds; i++) {
		struct stat st;

		if (fstat(fds[i].fd, &st) == 0 && st.st_dev == fds[i].dev &&
		    st.st_ino == fds[i].ino)
			close(fds[i].fd);
	}
	/* The last first: what a directory holds was made after it. */
	for (size_t i = n_paths; i-- > 0;) {
		remove(paths[i]);
		free(paths[i]);
	}
	/* Not even free(NULL), which most cases would call for the first time. */
	if (paths)
		free(paths);
	if (pids)
		free(pids);
	if (fds != few_fds)
		free(fds);
	paths = NULL;
	fds = few_fds;
	fds_size = sizeof(few_fds) / sizeof(few_fds[0]);
	pids = NULL;
	n_fds = n_paths = n_pids = 0;
}

int env_become_ordinary(void)
{
	if (geteuid() != 0)
		return 0;
	/* So that what it binds it can also remove. */
	if (chown(".", ORDINARY_ID, ORDINARY_ID) < 0 || chmod(".", 0755) < 0 ||
	    setgroups(0, NULL) < 0 ||
	    setresgid(ORDINARY_ID, ORDINARY_ID, ORDINARY_ID) < 0 ||
	    setresuid(ORDINARY_ID, ORDINARY_ID, ORDINARY_ID) < 0)
		return -1;
	return 0;
}

bool env_is_control(const struct env *env)
{
	return env->row && env->row->control;
}
