// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "probe/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/names.h"
#include "harness/audit.h"
#include "harness/check.h"
#include "harness/child.h"
#include "probe/options.h"
#include "probe/socket_table.h"

static struct target the_target;

/* What a case must not leave behind, however it leaves. */
static void put_away(void)
{
	if (!probe_options.command)
		return;
	server_kill_all();
	server_show_logs();
}

static void remove_files(void)
{
	cleanup_close int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		audit_dir(fd, NULL, NULL);
}

static void make_path(struct target *t)
{
	char dir[90];

	if (!getcwd(dir, sizeof(dir)))
		BROKEN("the working directory has no name: %s",
		       name_errno(errno));
	SETUP(mkdir(TARGET_DIR, 0755));
	if ((size_t)snprintf(t->path, sizeof(t->path), "%s/%s", dir,
			     TARGET_NAME) >= sizeof(t->path))
		BROKEN("the name of the working directory is too long");
	t->addr = addr_path(t->path);
}

void target_run(struct env *env, const struct check *check,
		void (*body)(struct env *env, struct target *t))
{
	struct target *t = &the_target;

	*t = (struct target){ .env = env };
	child_before_leaving = put_away;
	/* Daemons of the server come to us when their parents end. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (probe_options.command) {
		make_path(t);
		if (!(check->wants & STARTS_ITSELF))
			server_start(t, &t->server);
	} else {
		t->addr = probe_options.addr;
		if (probe_options.kind == PATH)
			snprintf(t->path, sizeof(t->path), "%.107s",
				 t->addr.un.sun_path);
		t->pid = probe_options.pid;
	}
	body(env, t);
	if (has_failed())
		return;		/* child_leave() comes next, and put_away() */
	child_before_leaving = NULL;
	if (!probe_options.command)
		return;
	server_kill_all();
	server_free(&t->server);
	server_free(&t->other);
	remove_files();
}

static bool answers_connect(struct target *t)
{
	cleanup_close int fd = socket(AF_UNIX, probe_options.type |
				      SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return connect(fd, &t->addr.sa, t->addr.len) == 0 || errno == EAGAIN;
}

bool target_listens(struct target *t, struct socket_entry *ret)
{
	*ret = (struct socket_entry){ 0 };
	switch (socket_at(&t->addr, ret)) {
	case 0:
		return false;
	case 1:
		return ret->type == probe_options.type &&
		       (ret->listens || ret->type == SOCK_DGRAM);
	}
	return answers_connect(t);
}

void target_tree(struct target *t, struct process_list *list)
{
	if (probe_options.command)
		server_tree(&t->server, list);
	else if (t->pid)
		process_tree(list, t->pid);
}

bool target_lives(struct target *t)
{
	if (probe_options.command)
		return !server_has_ended(&t->server);
	return !t->pid || process_is_alive(t->pid);
}

void target_pause(struct target *t)
{
	if (probe_options.command)
		server_stop(&t->server);
}

void target_resume(struct target *t)
{
	if (probe_options.command)
		server_continue(&t->server);
}

void target_want_table(void)
{
	if (!socket_table_works())
		SKIP_CASE("the kernel does not tell of its sockets "
			  "(NETLINK_SOCK_DIAG)");
}
