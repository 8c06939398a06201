// SPDX-License-Identifier: BSD-2-Clause
/*
 * Attributes that users give to sockets (user.*, since Linux 7.1): those of
 * the descriptor, and those of the file that bind() makes.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "checks/util_rights.h"
#include "harness/check.h"

#define NAME "user.sockspec"
#define PROTOCOL "system.sockprotoname"
#define NAMES_MAX 128
#define VALUE_MAX 65536		/* of one; twice that of one socket */

/* By descriptor, or by path where there is one. */
struct target {
	int fd;
	const char *path;
};

static int set(const struct target *t, const char *name, const char *value,
	       int flags)
{
	size_t len = strlen(value);

	return t->path ? setxattr(t->path, name, value, len, flags) :
			 fsetxattr(t->fd, name, value, len, flags);
}

static long get(const struct target *t, const char *name, void *value,
		size_t room)
{
	return t->path ? getxattr(t->path, name, value, room) :
			 fgetxattr(t->fd, name, value, room);
}

static int take_away(const struct target *t, const char *name)
{
	return t->path ? removexattr(t->path, name) :
			 fremovexattr(t->fd, name);
}

/* Whether the attribute is among those that are listed. */
static bool is_listed(const struct target *t, const char *name)
{
	char list[1024] = "";
	long n = EXPECT_OK(t->path ? listxattr(t->path, list, sizeof(list)) :
				     flistxattr(t->fd, list, sizeof(list)));

	for (long i = 0; i < n; i += (long)strlen(list + i) + 1)
		if (strcmp(list + i, name) == 0)
			return true;
	return false;
}

static void expect_value(const struct target *t, const char *want)
{
	size_t len = strlen(want);
	char value[64];

	memset(value, '-', sizeof(value));
	EXPECT_RET(len, get(t, NAME, NULL, 0));
	EXPECT_RET(len, get(t, NAME, value, sizeof(value)));
	EXPECT_MEM(want, value, len);
	EXPECT_EQ('-', value[len]);
	if (len > 1)
		EXPECT_ERRNO(ERANGE, get(t, NAME, value, len - 1));
	EXPECT_THAT(is_listed(t, NAME), "it is listed");
}

static void expect_none(const struct target *t)
{
	char value[8];

	EXPECT_ERRNO(ENODATA, get(t, NAME, value, sizeof(value)));
	EXPECT_ERRNO(ENODATA, get(t, NAME, NULL, 0));
	EXPECT_ERRNO(ENODATA, take_away(t, NAME));
	EXPECT_THAT(!is_listed(t, NAME), "it is not listed");
}

/* Older systems refuse them on sockets, and some file systems on all files. */
static void want_attributes(const struct target *t)
{
	if (set(t, NAME, "try", 0) == 0) {
		SETUP(take_away(t, NAME));
		return;
	}
	if (errno == EPERM || errno == EOPNOTSUPP)
		SKIP_CASE("sockets have no user attributes here (since 7.1)");
	EXPECT_THAT(false, "they can be set, or are EPERM or EOPNOTSUPP");
}

/* The life of one, from none to none. */
static void judge_life(const struct target *t)
{
	expect_none(t);
	EXPECT_ERRNO(ENODATA, set(t, NAME, "early", XATTR_REPLACE));
	expect_none(t);
	EXPECT_RET(0, set(t, NAME, "first", XATTR_CREATE));
	expect_value(t, "first");
	EXPECT_ERRNO(EEXIST, set(t, NAME, "again", XATTR_CREATE));
	expect_value(t, "first");
	EXPECT_RET(0, set(t, NAME, "the second", XATTR_REPLACE));
	expect_value(t, "the second");
	EXPECT_RET(0, set(t, NAME, "3rd", 0));
	expect_value(t, "3rd");
	EXPECT_RET(0, set(t, NAME, "", 0));
	expect_value(t, "");
	EXPECT_RET(0, take_away(t, NAME));
	expect_none(t);
}

CHECK(socket, user_attributes,
      .title = "A socket keeps the user attributes that are set by its descriptor",
      CLAUSES(linux_sockfs_user_xattr),
      ROWS(SOCK_32),
      .types = ANY_TYPE, .addrs = ANY_ADDR, .axes = SWAP,
      .why = "Brokers label sockets with what they are, and others go by the label.",
      .explain = "Set, replaced, listed beside system.sockprotoname, read and removed, "
	      "as on a file.  A duplicate shows them too, and so does the descriptor "
	      "after it was passed; the other end has its own.")
{
	struct target t = { -1, NULL }, other = t, passed = t;
	struct cmsg_msg m;
	int fd[2], got;

	SETUP(env_pair(env, fd));
	t.fd = fd[0];
	other.fd = fd[1];
	want_attributes(&t);
	judge_life(&t);
	EXPECT_RET(0, set(&t, NAME, "mine", 0));
	EXPECT_THAT(is_listed(&t, PROTOCOL), PROTOCOL " is listed");
	expect_none(&other);
	ASSERT_RET(1, rights_send(fd[0], &fd[0], 1, "x", 1));
	ASSERT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), 0));
	ASSERT_EQ(1, rights_take(env, &m, &got, 1));
	passed.fd = got;
	expect_value(&passed, "mine");
	EXPECT_RET(0, set(&passed, NAME, "yours", 0));
	expect_value(&t, "yours");
}

CHECK(socket, user_attribute_limits,
      .title = "A socket takes 128 user attributes of 128 KiB together, and then ENOSPC",
      CLAUSES(linux_sockfs_user_xattr),
      ROWS(SOCK_33),
      .types = ANY_TYPE,
      .why = "Without a bound anybody fills the memory of the machine with them.",
      .explain = "Another socket has limits of its own, and removing one makes room for "
	      "one.")
{
	struct target t = { SETUP(env_socket(env)), NULL };
	struct target other = { SETUP(env_socket(env)), NULL };
	cleanup_free char *value = calloc(1, VALUE_MAX);
	char name[32];

	if (!value)
		BROKEN("out of memory");
	want_attributes(&t);
	for (int i = 0; i < NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "user.number%d", i);
		ASSERT_RET(0, set(&t, name, "v", 0));
	}
	EXPECT_ERRNO(ENOSPC, set(&t, NAME, "v", 0));
	EXPECT_RET(0, set(&other, NAME, "v", 0));
	EXPECT_RET(0, take_away(&t, "user.number0"));
	EXPECT_RET(0, set(&t, NAME, "v", 0));
	EXPECT_ERRNO(ENOSPC, set(&t, "user.number0", "v", 0));
	EXPECT_RET(0, take_away(&other, NAME));
	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "user.big%d", i);
		EXPECT_RET(0, fsetxattr(other.fd, name, value, VALUE_MAX, 0));
	}
	EXPECT_ERRNO(ENOSPC, set(&other, NAME, "v", 0));
	EXPECT_RET(0, take_away(&other, "user.big0"));
	EXPECT_RET(0, set(&other, NAME, "v", 0));
	expect_value(&other, "v");
}

CHECK(path, user_attributes,
      .title = "A socket file keeps the user attributes that are set by its name",
      CLAUSES(linux_socket_file_user_xattr),
      ROWS(PATH_31),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Whoever finds a socket in a directory learns by them what it is for.",
      .explain = "They are of the file: the descriptor has its own, and they stay when "
	      "the socket has closed.")
{
	struct addr a = env_addr(env, 0);
	struct target by_fd = { SETUP(env_bound(env, &a)), NULL };
	struct target by_path = { -1, a.un.sun_path };

	want_attributes(&by_path);
	judge_life(&by_path);
	EXPECT_RET(0, set(&by_path, NAME, "of the file", 0));
	expect_none(&by_fd);
	EXPECT_RET(0, set(&by_fd, NAME, "of the socket", 0));
	expect_value(&by_path, "of the file");
	expect_value(&by_fd, "of the socket");
	EXPECT_RET(0, env_close(env, by_fd.fd));
	expect_value(&by_path, "of the file");
}
