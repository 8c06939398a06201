// SPDX-License-Identifier: BSD-2-Clause
/* /proc/net/unix: what a line says about a socket. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_diag.h"
#include "checks/util_reach.h"
#include "harness/check.h"

/* Values of the column St: what SS_* of linux/net.h are. */
enum { UNCONNECTED = 1, CONNECTING = 2, IS_CONNECTED = 3 };

#define FLAG_LISTENS 0x10000

static void find(int fd, struct proc_line *line)
{
	ASSERT_THAT(proc_find(diag_inode(fd), line), "the socket has a line");
}

CHECK(proc, header,
      .title = "/proc/net/unix begins with its header, and lists nothing else",
      CLAUSES(proc5_net_unix),
      ROWS(PROC_01, PROC_10),
      .needs = NEED_PROC_NET_UNIX,
      .why = "Scripts find their columns by it.")
{
	static const char *const words[] = {
		"Num", "RefCount", "Protocol", "Flags", "Type", "St", "Inode",
		"Path",
	};
	cleanup_free char *text = proc_read("/proc/net/unix");
	char *save = NULL, *word, *end;
	struct proc_line line;
	int fd[2];

	ASSERT_THAT(text, "the file can be read");
	end = strchr(text, '\n');
	ASSERT_THAT(end, "there is a first line");
	*end = '\0';
	word = strtok_r(text, " ", &save);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		ASSERT_THAT(word && strcmp(word, words[i]) == 0,
			    "column %zu is %s", i + 1, words[i]);
		word = strtok_r(NULL, " ", &save);
	}
	EXPECT_THAT(!word, "no more columns");
	SETUP(env_pipe(env, fd));
	EXPECT_THAT(!proc_find(diag_inode(fd[0]), &line), "a pipe has no line");
}

CHECK(proc, fresh_socket,
      .title = "A line tells protocol, flags, type and state of a socket",
      CLAUSES(proc5_net_unix),
      ROWS(PROC_02, PROC_11),
      .types = ANY_TYPE, .needs = NEED_PROC_NET_UNIX,
      .why = "netstat and ss without netlink show what they find here.",
      .explain = "A fresh socket has protocol 0, flags 0, state 01 and no "
		 "path. Its line goes with the last descriptor.")
{
	int fd = SETUP(env_socket(env)), other;
	uint32_t inode = diag_inode(fd);
	struct proc_line line;

	find(fd, &line);
	EXPECT_EQ(2, line.refs);
	EXPECT_EQ(0, line.protocol);
	EXPECT_EQ(0, line.flags);
	EXPECT_EQ(env->type, line.type);
	EXPECT_EQ(UNCONNECTED, line.state);
	EXPECT_THAT(line.path[0] == '\0', "there is no path");
	other = env_own(env, SETUP(dup(fd)));
	SETUP(env_close(env, fd));
	find(other, &line);
	EXPECT_RET(0, env_close(env, other));
	EXPECT_THAT(!proc_find(inode, &line), "the line is gone");
}

static void expect_path(int fd, const char *want)
{
	struct proc_line line;

	find(fd, &line);
	EXPECT_THAT(strcmp(want, line.path) == 0, "%s (the path is %s)", want,
		    line.path);
}

CHECK(proc, path,
      .title = "A bound pathname is in the column Path, unlinked or not",
      CLAUSES(proc5_net_unix, linux_unix_seq_path),
      ROWS(PROC_03, PROC_04),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_PROC_NET_UNIX,
      .why = "A path listed here may lead nowhere, or to another server.")
{
	char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a));

	expect_path(fd, a.un.sun_path);
	SETUP(unlink(a.un.sun_path));
	expect_path(fd, a.un.sun_path);
	/* To the last byte of sun_path, where no NUL has room. */
	for (size_t len = sizeof(name) - 2; len < sizeof(name); len++) {
		CONTEXT("a name of %zu bytes", len);
		memset(name, 'n', len);
		name[len] = '\0';
		a = addr_path(name);
		env_own_path(env, name);
		fd = SETUP(env_socket(env));
		SETUP(bind(fd, &a.sa, a.len));
		expect_path(fd, name);
	}
}

/* An abstract name as the table shows it. */
static void shown_name(const struct addr *a, char want[sizeof(a->un.sun_path) + 1])
{
	size_t n = a->len - offsetof(struct sockaddr_un, sun_path);

	for (size_t i = 0; i < n; i++)
		want[i] = a->un.sun_path[i] ? a->un.sun_path[i] : '@';
	want[n] = '\0';
}

CHECK(proc, abstract_name,
      .title = "An abstract name is shown with @ for each NUL in it",
      CLAUSES(proc5_net_unix, linux_unix_seq_path),
      ROWS(PROC_05),
      .types = ANY_TYPE, .addrs = ABSTRACT, .needs = NEED_PROC_NET_UNIX,
      .why = "Names that differ look the same here: a NUL and an @.",
      .explain = "Linux before 4.8 shows the first alone as @ and writes the others as "
		 "they are, which is accepted where MSG_OOB (5.15) is not known.")
{
	struct addr a = env_addr(env, 0);
	size_t head = offsetof(struct sockaddr_un, sun_path);
	char want[sizeof(a.un.sun_path) + 1];
	int fd;

	memcpy(a.un.sun_path + a.len - head, "\0x\0@", 4);
	a.len += 4;
	fd = SETUP(env_bound(env, &a));
	shown_name(&a, want);
	if (!release_proven(RELEASE_5_15)) {
		struct proc_line line;

		find(fd, &line);
		if (strlen(line.path) < a.len - head) {
			NOTE("only the first NUL is shown as @");
			want[a.len - head - 4] = '\0';
		}
	}
	expect_path(fd, want);
}

CHECK(proc, connection,
      .title = "A connection is listed from both ends, before accept() and after",
      CLAUSES(proc5_net_unix, linux_unix_sock_inode),
      ROWS(PROC_06, PROC_07, PROC_08, PROC_09),
      .types = CONNECTED, .addrs = ABSTRACT, .needs = NEED_PROC_NET_UNIX,
      .why = "Whoever counts connections counts these lines.",
      .explain = "The listener has flags 00010000 and state 01; a client has "
		 "state 03. The end that waits for accept() has inode 0 and "
		 "state 02, the accepted one has its own inode and state 03, "
		 "and both have the listener's path.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a)), client, conn;
	char name[sizeof(a.un.sun_path) + 1];
	struct proc_line line, own;

	shown_name(&a, name);
	expect_path(fd, name);
	find(fd, &own);
	EXPECT_EQ(0, own.flags);
	SETUP(listen(fd, 1));
	find(fd, &own);
	EXPECT_EQ(FLAG_LISTENS, own.flags);
	EXPECT_EQ(UNCONNECTED, own.state);
	EXPECT_THAT(!proc_find_path(name, 0, &line), "no client yet");
	client = SETUP(env_connect(env, &a));
	find(client, &line);
	EXPECT_EQ(0, line.flags);
	EXPECT_EQ(IS_CONNECTED, line.state);
	EXPECT_THAT(line.path[0] == '\0', "the client has no path");
	ASSERT_THAT(proc_find_path(name, 0, &line),
		    "a line of inode 0 waits for accept()");
	EXPECT_EQ(CONNECTING, line.state);
	EXPECT_EQ(0, line.flags);
	conn = SETUP(env_accept(env, fd));
	find(conn, &line);
	EXPECT_EQ(IS_CONNECTED, line.state);
	expect_path(conn, name);
	EXPECT_THAT(!proc_find_path(name, 0, &line), "none waits any more");
}

static void expect_refs(int fd, unsigned int want)
{
	struct proc_line line;

	find(fd, &line);
	EXPECT_EQ(want, line.refs);
}

CHECK(proc, references,
      .title = "A socket's peer counts as one more user in the column RefCount",
      CLAUSES(proc5_net_unix),
      ROWS(PROC_80),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_PROC_NET_UNIX,
      .why = "Whoever looks for a leak of sockets compares this number.",
      .explain = "2 without a peer; 3 at both ends of a pair; 2 again when the peer has "
		 "closed.  A duplicate of the descriptor does not count.")
{
	int alone = SETUP(env_socket(env)), fd[2];

	SETUP(env_pair(env, fd));
	SETUP(env_own(env, dup(fd[0])));
	expect_refs(alone, 2);
	expect_refs(fd[0], 3);
	expect_refs(fd[1], 3);
	EXPECT_RET(0, env_close(env, fd[1]));
	expect_refs(fd[0], 2);
}

CHECK(proc, datagram_receiver,
      .title = "A client's connect() shows in the receiver's line: state 03",
      CLAUSES(linux_dgram_connect_state),
      ROWS(PROC_14),
      .types = DGRAM, .addrs = ABSTRACT, .needs = NEED_PROC_NET_UNIX,
      .why = "A socket that never called connect() is shown as connected.",
      .explain = "Since Linux 5.15; before, where MSG_OOB is not known, the receiver "
		 "stays in state 01.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a));
	struct proc_line line;

	find(fd, &line);
	EXPECT_EQ(UNCONNECTED, line.state);
	SETUP(env_connect(env, &a));
	find(fd, &line);
	if (release_proven(RELEASE_5_15))
		EXPECT_EQ(IS_CONNECTED, line.state);
	EXPECT_RANGE(UNCONNECTED, IS_CONNECTED, line.state);
	EXPECT_THAT(line.state != CONNECTING, "01 or 03");
	NOTE("the receiver's state is %02u", line.state);
}

/* The first word of some line. */
static bool has_row(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, word, len) == 0 &&
		    (at[len] == ' ' || at[len] == ':'))
			return true;
	}
	return false;
}

CHECK(proc, counters,
      .title = "/proc/net/protocols counts the family, /proc/net/sockstat does not",
      CLAUSES(linux_unix_proto),
      ROWS(PROC_15),
      .needs = NEED_PROC_NET_UNIX,
      .why = "A monitor that reads sockstat never sees these sockets.",
      .explain = "The row UNIX is joined by UNIX-STREAM since Linux 5.15, which knows "
		 "MSG_OOB.")
{
	cleanup_free char *protocols = proc_read("/proc/net/protocols");
	cleanup_free char *stat = proc_read("/proc/net/sockstat");

	ASSERT_THAT(protocols, "/proc/net/protocols can be read");
	EXPECT_THAT(has_row(protocols, "UNIX"), "there is a row UNIX");
	if (release_proven(RELEASE_5_15))
		EXPECT_THAT(has_row(protocols, "UNIX-STREAM"),
			    "there is a row UNIX-STREAM");
	else if (!has_row(protocols, "UNIX-STREAM"))
		NOTE("there is no row UNIX-STREAM");
	if (stat)
		EXPECT_THAT(!has_row(stat, "UNIX") && !has_row(stat, "unix"),
			    "sockstat has no row for the family");
}
