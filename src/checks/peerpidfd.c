// SPDX-License-Identifier: BSD-2-Clause
/* SO_PEERPIDFD: a descriptor of the process that made the other end. */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "checks/util_cred.h"
#include "checks/util_data.h"
#include "checks/util_option.h"
#include "harness/check.h"

static int peer_pidfd(int fd, int *pidfd)
{
	socklen_t len = sizeof(*pidfd);

	*pidfd = -1;
	return getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, pidfd, &len);
}

CHECK(peerpidfd, of_a_pair,
      .title = "SO_PEERPIDFD gives a close-on-exec pidfd of the pair's maker",
      CLAUSES(linux_peerpidfd),
      ROWS(PIDFD_08),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A pid may be reused; this handle stays with the process that was "
	     "checked.",
      .explain = "A long buffer reports 4 bytes. Each call makes a descriptor.")
{
	int fd[2], pidfd[4] = { -1, -1, -1, -1 }, second;
	socklen_t len = sizeof(pidfd);

	SETUP(env_pair(env, fd));
	cred_try_pidfd(fd[0], SO_PEERPIDFD);
	ASSERT_RET(0, getsockopt(fd[0], SOL_SOCKET, SO_PEERPIDFD, pidfd, &len));
	EXPECT_EQ(sizeof(int), len);
	EXPECT_EQ(-1, pidfd[1]);
	cred_expect_pidfd(getpid(), pidfd[0]);
	EXPECT_POLL(0, pidfd[0], POLLIN);
	ASSERT_RET(0, peer_pidfd(fd[1], &second));
	EXPECT_THAT(second != pidfd[0], "a descriptor of its own");
	cred_expect_pidfd(getpid(), second);
	EXPECT_RET(0, close(pidfd[0]));
	EXPECT_RET(0, close(second));
}

CHECK(peerpidfd, without_a_peer,
      .title = "Without a peer SO_PEERPIDFD fails: ENODATA",
      CLAUSES(linux_peerpidfd),
      ROWS(PIDFD_09),
      .types = ANY_TYPE,
      .why = "A caller that asks too early must not get a handle of anybody.")
{
	int fd = SETUP(env_socket(env)), pidfd;

	cred_try_pidfd(fd, SO_PEERPIDFD);
	EXPECT_ERRNO(ENODATA, peer_pidfd(fd, &pidfd));
	EXPECT_EQ(-1, pidfd);
}

static int connect_to(struct env *env, void *arg)
{
	const struct addr *a = arg;

	EXPECT_OK(env_connect(env, a));
	return 0;
}

CHECK(peerpidfd, of_a_reaped_client,
      .title = "A client that was reaped: a pidfd since Linux 6.16, an error before",
      CLAUSES(linux_peerpidfd_reaped),
      ROWS(PIDFD_10),
      .types = CONNECTED, .addrs = ABSTRACT,
      .why = "Brokers that took the error for a fault of their own stopped.",
      .explain = "6.5 to 6.15 answer ESRCH or EINVAL, a kernel that knows "
		 "SO_PASSRIGHTS (6.16) does not. The pidfd is readable: its "
		 "process has ended.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_listener(env, 5, &a)), conn, pidfd;

	EXPECT_EQ(0, env_reap(env, env_fork(env, connect_to, &a)));
	conn = SETUP(env_accept(env, fd));
	cred_try_pidfd(fd, SO_PEERPIDFD);
	if (release_proven(RELEASE_6_16))
		EXPECT_RET(0, peer_pidfd(conn, &pidfd));
	else
		EXPECT_ERRNO_IN(peer_pidfd(conn, &pidfd), 0, ESRCH, EINVAL);
	if (pidfd < 0)
		return;
	EXPECT_EQ(FD_CLOEXEC, fcntl(pidfd, F_GETFD));
	/* -1 says that the process is no more. */
	EXPECT_EQ(-1, cred_pidfd_pid(pidfd));
	EXPECT_POLL(POLLIN | POLLHUP, pidfd, POLLIN);
	EXPECT_RET(0, close(pidfd));
}

CHECK(peerpidfd, short_buffer,
      .title = "A buffer below 4 bytes gets the first bytes of a new descriptor",
      CLAUSES(linux_peerpidfd_short),
      ROWS(PIDFD_11),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "The descriptor is made though the caller cannot know its number: "
	     "a leak with each such call.",
      .explain = "The call reports success and the length that was given. The "
		 "check finds the descriptor by being the only one to make "
		 "any. A kernel that refuses with EINVAL and makes none is "
		 "right as well.")
{
	unsigned char buf[4], want[4];
	int fd[2], next, made;

	SETUP(env_pair(env, fd));
	cred_try_pidfd(fd[0], SO_PEERPIDFD);
	for (socklen_t room = 0; room < sizeof(int); room++) {
		socklen_t len = room;

		CONTEXT("room for %u bytes", (unsigned int)room);
		next = SETUP(fcntl(fd[0], F_DUPFD_CLOEXEC, 0));
		close(next);
		memset(buf, 0xa5, sizeof(buf));
		memset(want, 0xa5, sizeof(want));
		EXPECT_ERRNO_IN(getsockopt(fd[0], SOL_SOCKET, SO_PEERPIDFD, buf,
					   &len), 0, EINVAL);
		EXPECT_EQ(room, len);
		made = fcntl(next, F_GETFD) >= 0;
		NOTE("%u bytes: %s", (unsigned int)room,
		     made ? "a descriptor was made" : "no descriptor was made");
		if (made) {
			memcpy(want, &next, room);
			cred_expect_pidfd(getpid(), next);
			EXPECT_RET(0, close(next));
		}
		EXPECT_MEM(want, buf, sizeof(buf));
	}
}

CHECK(peerpidfd, bad_memory,
      .title = "SO_PEERPIDFD into memory that cannot be written fails with EFAULT and takes no number",
      CLAUSES(linux_peerpidfd, getsockopt2_efault),
      ROWS(PIDFD_100),
      .types = ANY_TYPE, .addrs = PAIR,
      PARAMS("null", "protected", "read_only"),
      .why = "A descriptor that the caller does not know cannot be closed by it.")
{
	socklen_t len = sizeof(int);
	int fd[2], lowest, next;
	void *bad;

	SETUP(env_pair(env, fd));
	cred_try_pidfd(fd[0], SO_PEERPIDFD);
	bad = data_bad_page(env->param_name);
	lowest = option_lowest();
	next = option_next();
	for (int i = 0; i < 4; i++)
		EXPECT_ERRNO(EFAULT, getsockopt(fd[0], SOL_SOCKET, SO_PEERPIDFD,
						bad, &len));
	EXPECT_EQ(lowest, option_lowest());
	EXPECT_EQ(next, option_next());
}
