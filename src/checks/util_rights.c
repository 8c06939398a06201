// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is received belongs to the env or is closed before a body goes on, so
 * that a judgement that ends the case leaves nothing open.
 */
#include "config.h"

#include "checks/util_rights.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/expect.h"

ssize_t rights_send(int sock, const int *fd, int n, const void *data, size_t len)
{
	struct cmsg_msg m;

	cmsg_to_send(&m, data, len);
	cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, fd, (size_t)n * sizeof(*fd));
	return sendmsg(sock, &m.hdr, MSG_DONTWAIT | MSG_NOSIGNAL);
}

ssize_t rights_recv(int sock, struct cmsg_msg *m, size_t len, size_t room,
		    int flags)
{
	cmsg_to_receive(m, len, room);
	return recvmsg(sock, &m->hdr, flags | MSG_DONTWAIT);
}

int rights_count(struct cmsg_msg *m)
{
	struct cmsghdr *c = cmsg_find(m, SOL_SOCKET, SCM_RIGHTS);

	return c ? (int)(cmsg_payload(c) / sizeof(int)) : 0;
}

static int received(struct cmsg_msg *m, int i)
{
	struct cmsghdr *c = cmsg_find(m, SOL_SOCKET, SCM_RIGHTS);
	int fd;

	memcpy(&fd, CMSG_DATA(c) + (size_t)i * sizeof(fd), sizeof(fd));
	return fd;
}

int rights_take(struct env *env, struct cmsg_msg *m, int *fd, int max)
{
	int n = rights_count(m);

	for (int i = 0; i < n; i++) {
		if (i < max)
			fd[i] = env_own(env, received(m, i));
		else
			close(received(m, i));
	}
	for (int i = n; i < max; i++)
		fd[i] = -1;
	return n;
}

int rights_close(struct cmsg_msg *m)
{
	int n = rights_count(m);

	for (int i = 0; i < n; i++)
		close(received(m, i));
	return n;
}

int rights_file(struct env *env)
{
	int fd = SETUP(open("file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));

	env_own_path(env, "file");
	return env_own(env, fd);
}

int rights_lowest(void)
{
	int fd = SETUP(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));

	close(fd);
	return fd;
}

void rights_needs_nofile(const struct env *env)
{
	if (env->valgrind)
		SKIP_CASE("valgrind does not lower the system's RLIMIT_NOFILE");
}

bool rights_same(int fd, int other)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstat(other, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void rights_token(struct env *env, int fd[2])
{
	SETUP(env_pipe(env, fd));
}

int rights_token_sent(struct env *env, int sock)
{
	int token[2];

	rights_token(env, token);
	ASSERT_RET(1, rights_send(sock, &token[1], 1, "t", 1));
	SETUP(env_close(env, token[1]));
	return token[0];
}

void rights_expect_held(int read_fd)
{
	EXPECT_POLL(0, read_fd, POLLIN);
}

void rights_expect_freed(int read_fd)
{
	EXPECT_POLL(POLLHUP, read_fd, POLLIN);
}
