// SPDX-License-Identifier: BSD-2-Clause
/*
 * The tables of all sockets, when they are longer than what one read() or one
 * message gives: each socket is there once.  The sockets are in a network
 * namespace of their own, where nobody else makes any meanwhile.
 */
#include "config.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_diag.h"
#include "harness/check.h"
#include "harness/namespace.h"

/* Several pages of lines, and several messages of answers. */
#define MANY 150
#define NAME_LEN 100

struct table {
	int fd[MANY];
	uint32_t inode[MANY];
	unsigned int seen[MANY];
};

/* Of all types; two of three have a long name. */
static void fill_table(struct env *env, struct table *t)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

	if (namespace_enter(CLONE_NEWNET) < 0)
		BROKEN("cannot enter a network namespace");
	for (int i = 0; i < MANY; i++) {
		char name[NAME_LEN + 1];
		struct addr a;

		t->fd[i] = SETUP(socket(AF_UNIX, types[i / 3 % 3] | SOCK_CLOEXEC,
					0));
		env_own(env, t->fd[i]);
		t->inode[i] = diag_inode(t->fd[i]);
		if (i % 3 == 0)
			continue;
		snprintf(name, sizeof(name), "%0*d", NAME_LEN, i);
		name[0] = '\0';
		a = addr_abstract(name + 1, NAME_LEN - 1);
		SETUP(bind(t->fd[i], &a.sa, a.len));
	}
}

static void expect_each_once(const struct table *t)
{
	for (int i = 0; i < MANY; i++) {
		if (t->seen[i] != 1) {
			EXPECT_THAT(false, "socket number %d of %d is there once, is "
				    "%u times", i + 1, MANY, t->seen[i]);
			return;
		}
	}
	EXPECT_THAT(true, "each socket is there once");
}

static void see_line(struct table *t, const char *line)
{
	unsigned int inode;

	if (sscanf(line, "%*s %*x %*x %*x %*x %*x %u", &inode) != 1)
		return;
	for (int i = 0; i < MANY; i++)
		t->seen[i] += t->inode[i] == inode;
}

/* Read the table by pieces of so many bytes, at most. */
static void read_table(struct table *t, size_t piece)
{
	cleanup_close int fd = open("/proc/net/unix", O_RDONLY | O_CLOEXEC);
	char line[512];
	size_t len = 0;

	if (fd < 0)
		BROKEN("/proc/net/unix cannot be opened");
	memset(t->seen, 0, sizeof(t->seen));
	for (;;) {
		cleanup_free char *in = malloc(piece);
		ssize_t n = in ? SETUP(read(fd, in, piece)) : 0;

		if (n == 0)
			return;
		for (ssize_t i = 0; i < n; i++) {
			if (in[i] == '\n' || len == sizeof(line) - 1) {
				line[len] = '\0';
				see_line(t, line);
				len = 0;
			} else {
				line[len++] = in[i];
			}
		}
	}
}

static int look_at_table(struct env *env, void *arg)
{
	static const size_t piece[] = { 100, 1024, 4096, 1 << 16 };
	struct table t;

	(void)arg;
	fill_table(env, &t);
	for (size_t i = 0; i < sizeof(piece) / sizeof(piece[0]); i++) {
		CONTEXT("read by %zu bytes", piece[i]);
		read_table(&t, piece[i]);
		expect_each_once(&t);
	}
	return 0;
}

CHECK(proc, whole_table,
      .title = "/proc/net/unix has each socket once, however long it is and however it is read",
      CLAUSES(linux_unix_seq, proc5_net_unix),
      ROWS(PROC_17),
      .needs = NEED_PROC_NET_UNIX | NEED_NETNS, .nofile = 2 * MANY,
      .why = "A tool that looks for its socket finds it on a small machine only.",
      .explain = "150 sockets of all types, most with long names, in a network namespace of "
	      "their own; the table is read by 100 bytes, 1024, 4096 and 65536.")
{
	EXPECT_EQ(0, env_reap(env, env_fork(env, look_at_table, NULL)));
}

static int look_at_dump(struct env *env, void *arg)
{
	static const struct {
		unsigned int show;
		const char *text;
	} ask[] = {
		{ 0, "nothing" },
		{ UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN |
		  UDIAG_SHOW_MEMINFO, "names and numbers" },
	};
	struct table t;
	int fd;

	(void)arg;
	fill_table(env, &t);
	fd = SETUP(diag_open(env));
	for (int i = 0; i < 2; i++) {
		CONTEXT("asked for %s", ask[i].text);
		EXPECT_RET(0, diag_tally(fd, ask[i].show, t.inode, t.seen, MANY));
		expect_each_once(&t);
	}
	return 0;
}

CHECK(diag, whole_dump,
      .title = "A dump has each socket once, in however many messages it comes",
      CLAUSES(linux_diag_dump),
      ROWS(DIAG_21),
      .needs = NEED_SOCK_DIAG | NEED_NETNS, .nofile = 2 * MANY,
      .why = "ss(8) shows some of the sockets of a busy machine, and nobody notices.",
      .explain = "150 sockets of all types, most with long names, in a network namespace of "
	      "their own, asked for with little and with much about each.")
{
	EXPECT_EQ(0, env_reap(env, env_fork(env, look_at_dump, NULL)));
}
