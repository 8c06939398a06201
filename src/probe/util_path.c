// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "probe/util_path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "probe/probe.h"

static int bind_type(const char *path, int type)
{
	struct addr a = addr_path(path);
	cleanup_close int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, &a.sa, a.len) < 0)
		return -1;
	return take_fd(&fd);
}

int path_bind(const char *path)
{
	return bind_type(path, SOCK_DGRAM);
}

void path_make_stale(struct target *t, const char *path)
{
	int fd = SETUP(bind_type(path, t->env->type));

	SETUP(close(fd));
}

void path_write_file(const char *path, const char *text)
{
	cleanup_close int fd = SETUP(open(path, O_WRONLY | O_CREAT | O_EXCL |
					  O_CLOEXEC, 0644));

	if (io_write_all(fd, text, strlen(text)) < 0)
		BROKEN("cannot write %s", path);
}

void path_judge_start(struct target *t, struct server *s, const char *did)
{
	enum server_state state;

	verb_begin(VERB_ASSERT, did, HERE);
	state = server_await(t, s, 0);
	finding(state == SERVER_LISTENS, "it listens", "%s%s",
		state == SERVER_ENDED ? "it ended: " :
					"it does not listen in time",
		state == SERVER_ENDED ? server_say_end(s) : "");
}

bool path_leads_to(struct target *t, struct server *s, const struct stat *st)
{
	cleanup_processes struct process_list all = PROCESS_LIST_NULL;
	struct socket_entry e;

	if (path_is(t->path, st))
		return true;
	if (!target_listens(t, &e) || e.inode == 0)
		return false;
	server_tree(s, &all);
	for (size_t i = 0; i < all.n; i++) {
		if (process_holds_socket(all.pids[i], e.inode))
			return true;
	}
	return false;
}

bool path_is(const char *path, const struct stat *st)
{
	struct stat now;

	return stat(path, &now) == 0 && now.st_dev == st->st_dev &&
	       now.st_ino == st->st_ino;
}
