// SPDX-License-Identifier: BSD-2-Clause
/*
 * A server at the end of its descriptors, and one that has nothing to do.
 */
#include "config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/names.h"
#include "probe/probe.h"
#include "probe/util_load.h"

#define SPARE 6			/* descriptors that are left to the server */
#define CLIENTS 48

static int highest_fd(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	int highest = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    atoi(entry->d_name) > highest)
			highest = atoi(entry->d_name);
	}
	if (dir)
		closedir(dir);
	return highest;
}

/* A few more than it has now, in each of its processes. */
static void limit_descriptors(struct target *t)
{
	cleanup_processes struct process_list all = PROCESS_LIST_NULL;

	target_tree(t, &all);
	for (size_t i = 0; i < all.n; i++) {
		struct rlimit limit, old;

		limit.rlim_cur = (rlim_t)highest_fd(all.pids[i]) + 1 + SPARE;
		if (prlimit(all.pids[i], RLIMIT_NOFILE, NULL, &old) < 0)
			continue;
		/* The hard one too, or the server may help itself. */
		limit.rlim_max = limit.rlim_cur;
		if (prlimit(all.pids[i], RLIMIT_NOFILE, &limit, NULL) < 0)
			SKIP_CASE("the server's limit cannot be set: %s",
				  name_errno(errno));
	}
}

/* Clients that stay; how many connected. */
static int crowd_in(struct target *t, int *fds)
{
	int n = 0;

	for (int i = 0; i < CLIENTS; i++) {
		int fd = SETUP(socket(AF_UNIX, t->env->type | SOCK_NONBLOCK |
				      SOCK_CLOEXEC, 0));

		env_own(t->env, fd);
		if (connect(fd, &t->addr.sa, t->addr.len) == 0)
			fds[n++] = fd;
		else
			env_close(t->env, fd);
	}
	return n;
}

PROBE(resources, the_descriptor_limit_is_survived,
      .title = "Out of descriptors the server neither spins nor ends, and recovers",
      CLAUSES(server_limit, posix_accept_emfile),
      .types = CONNECTED, .addrs = NAMED, .wants = WANTS_START,
      .tags = "report", .exclusive = true,
      .why = "accept() says EMFILE and the connection stays in the queue: a "
	     "loop that asks again at once eats a processor and fills the log "
	     "until the disk is full.",
      .repair = "On EMFILE and ENFILE stop watching the listener until a "
		"connection was closed or some time has gone by; or keep one "
		"descriptor in reserve, close it, accept, close the client, "
		"and open it again.",
      .explain = "The limit of the server's processes is set six above what they "
		 "have (prlimit()), 48 clients connect and stay. For two "
		 "seconds the state of the processes is looked at.")
{
	int fds[CLIENTS], n;

	client_still_served(t, "at its start");
	limit_descriptors(t);
	n = crowd_in(t, fds);
	NOTE("%d clients stay", n);
	load_judge_rest(t, "out of descriptors");
	FINDING_ENDS(target_lives(t), "48 clients and descriptors for six",
		     "the server lives", "it ended: %s",
		     server_say_end(&t->server));
	client_leave(t, fds, (size_t)n);
	client_still_served(t, "after the clients beyond the limit have left");
}

PROBE(resources, idle_is_idle,
      .title = "Without clients the server does not run",
      CLAUSES(server_idle),
      .types = ANY_TYPE, .addrs = NAMED, .wants = WANTS_PROCESS,
      .tags = "report", .exclusive = true,
      .why = "A loop that polls without waiting costs a processor, and the "
	     "battery, for nothing.",
      .repair = "Give poll() no timeout, or a long one; take descriptors whose "
		"end was read out of its set; reset eventfd and timerfd by "
		"reading them.",
      .explain = "A few clients come and go, one of them half-closed, then the "
		 "server's processes are looked at for two seconds.")
{
	int err;

	for (int i = 0; i < 3; i++)
		client_visit(t, client_deadline(), &err);
	load_judge_rest(t, "without clients");
}
