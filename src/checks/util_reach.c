// SPDX-License-Identifier: BSD-2-Clause
/*
 * Nothing here can sleep for ever by itself: a server is looked at with
 * poll() before it accepts, and datagrams are taken without waiting.
 */
#include "config.h"

#include "checks/util_reach.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/expect.h"
#include "harness/release.h"

#define QUEUE 16

int reach_open(struct env *env, int fd)
{
	return env->type == SOCK_DGRAM ? 0 : listen(fd, QUEUE);
}

int reach_serve(struct env *env, struct addr *addr)
{
	int fd = env_bound(env, addr);

	return fd < 0 || reach_open(env, fd) < 0 ? -1 : fd;
}

static bool expect_byte(int fd, char want)
{
	char got = 0;

	return EXPECT_RET(1, recv(fd, &got, 1, MSG_DONTWAIT)) == 1 &&
	       EXPECT_EQ(want, got);
}

static bool expect_accepted(struct env *env, int client, int server)
{
	int conn;
	bool good;

	if (!EXPECT_POLL(POLLIN, server, POLLIN))
		return false;
	conn = (int)EXPECT_OK(env_accept(env, server));
	if (conn < 0)
		return false;
	good = expect_byte(conn, 'q') &&
	       EXPECT_RET(1, send(conn, "a", 1, MSG_NOSIGNAL)) == 1 &&
	       expect_byte(client, 'a');
	env_close(env, conn);
	return good;
}

bool reach_expect(struct env *env, int server, const struct addr *to)
{
	int client = SETUP(env_socket(env));
	bool good;

	good = EXPECT_RET(0, connect(client, &to->sa, to->len)) == 0 &&
	       EXPECT_RET(1, send(client, "q", 1, MSG_NOSIGNAL)) == 1;
	if (good && env->type != SOCK_DGRAM)
		good = expect_accepted(env, client, server);
	else if (good)
		good = expect_byte(server, 'q');
	env_close(env, client);
	if (!good || env->type != SOCK_DGRAM)
		return good;
	client = SETUP(env_socket(env));
	good = EXPECT_RET(1, sendto(client, "s", 1, 0, &to->sa, to->len)) == 1 &&
	       expect_byte(server, 's');
	env_close(env, client);
	return good;
}

void reach_expect_error(struct env *env, int err, const struct addr *to)
{
	int client = SETUP(env_socket(env));

	EXPECT_ERRNO(err, connect(client, &to->sa, to->len));
	/* With which errno is for the checks of sendto() to say. */
	if (env->type == SOCK_DGRAM)
		EXPECT_RET(-1, sendto(client, "s", 1, MSG_DONTWAIT, &to->sa,
				      to->len));
	env_close(env, client);
}

void reach_expect_unmade(const struct addr *path)
{
	struct stat st;

	if (release_proven(RELEASE_5_15) || access(path->un.sun_path, F_OK) < 0) {
		EXPECT_ERRNO(ENOENT, access(path->un.sun_path, F_OK));
		return;
	}
	EXPECT_RET(0, lstat(path->un.sun_path, &st));
	EXPECT_THAT(S_ISSOCK(st.st_mode), "the file that bind() made in vain");
	EXPECT_RET(0, unlink(path->un.sun_path));
	NOTE("the file that bind() made in vain stays, as before Linux 5.14");
}

void reach_expect_idle(struct env *env, int server)
{
	(void)env;
	EXPECT_POLL(0, server, POLLIN);
}

void reach_expect_unbound(int fd)
{
	struct addr name = { .len = sizeof(name.bytes) };

	EXPECT_RET(0, getsockname(fd, &name.sa, &name.len));
	EXPECT_EQ(sizeof(sa_family_t), name.len);
	EXPECT_EQ(AF_UNIX, name.sa.sa_family);
}

void reach_expect_name(int fd, const struct addr *want)
{
	struct addr name = { .len = sizeof(name.bytes) };

	EXPECT_RET(0, getsockname(fd, &name.sa, &name.len));
	EXPECT_EQ(want->len, name.len);
	EXPECT_MEM(want->bytes, name.bytes, want->len);
}

void reach_expect_binds(struct env *env, int fd, const struct addr *addr)
{
	CONTEXT("the refused socket afterwards");
	reach_expect_unbound(fd);
	EXPECT_RET(0, bind(fd, &addr->sa, addr->len));
	EXPECT_RET(0, reach_open(env, fd));
	reach_expect(env, fd, addr);
	CONTEXT("%s", "");
}
