// SPDX-License-Identifier: BSD-2-Clause
/* fdinfo: how many descriptors are on their way to a socket. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checks/util_cmsg.h"
#include "checks/util_diag.h"
#include "harness/check.h"

static void send_fds(int fd, int n)
{
	struct cmsg_msg m;
	int passed[4] = { fd, fd, fd, fd };

	cmsg_to_send(&m, "x", 1);
	cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, passed, (size_t)n * sizeof(int));
	SETUP(sendmsg(fd, &m.hdr, MSG_NOSIGNAL));
}

static void need_counter(int fd)
{
	char path[64];

	if (proc_scm_fds(fd) >= 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	ASSERT_THAT(!release_proven(RELEASE_5_15) || access(path, R_OK) < 0,
		    "fdinfo has scm_fds, as it has on every kernel of this age");
	SKIP_CASE("fdinfo has no scm_fds (Linux 5.6, and /proc)");
}

CHECK(proc, descriptors_queued,
      .title = "fdinfo has scm_fds: the descriptors queued for this socket",
      CLAUSES(linux_unix_show_fdinfo),
      ROWS(PROC_12),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Descriptors in flight are open and belong to no process; only "
	     "this shows them.")
{
	char byte;
	int fd[2];

	SETUP(env_pair(env, fd));
	need_counter(fd[1]);
	EXPECT_EQ(0, proc_scm_fds(fd[1]));
	send_fds(fd[0], 3);
	EXPECT_EQ(3, proc_scm_fds(fd[1]));
	send_fds(fd[0], 2);
	EXPECT_EQ(5, proc_scm_fds(fd[1]));
	EXPECT_EQ(0, proc_scm_fds(fd[0]));
	/* Taken without room for control data: the first three are closed. */
	SETUP(recv(fd[1], &byte, 1, 0));
	EXPECT_EQ(2, proc_scm_fds(fd[1]));
}

CHECK(proc, descriptors_not_accepted,
      .title = "scm_fds of a listener counts those of connections that wait",
      CLAUSES(linux_unix_show_fdinfo),
      ROWS(PROC_13),
      .types = CONNECTED, .addrs = NAMED,
      .why = "A listener that nobody accepts from keeps files open.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_listener(env, 5, &a)), first, second, conn;

	need_counter(fd);
	first = SETUP(env_connect(env, &a));
	second = SETUP(env_connect(env, &a));
	EXPECT_EQ(0, proc_scm_fds(fd));
	send_fds(first, 1);
	send_fds(second, 2);
	if (!release_proven(RELEASE_6_5) && proc_scm_fds(fd) == 0)
		SKIP_CASE("a listener's scm_fds counts its own queue alone "
			  "(before Linux 6.1)");
	EXPECT_EQ(3, proc_scm_fds(fd));
	conn = SETUP(env_accept(env, fd));
	EXPECT_EQ(2, proc_scm_fds(fd));
	EXPECT_EQ(1, proc_scm_fds(conn));
}
