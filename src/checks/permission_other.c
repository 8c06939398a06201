// SPDX-License-Identifier: BSD-2-Clause
/* Permissions beyond the mode: access control lists and sticky directories. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "checks/util_reach.h"
#include "harness/check.h"

#define OTHER_ID 65534

/* The kernel's form of a list, little endian, version 2 (posix_acl_xattr.h). */
struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

enum {
	ACL_VERSION = 2, USER_OBJ = 1, USER = 2, GROUP_OBJ = 4, MASK = 16,
	OTHER = 32,
};

static void put_le(unsigned char *p, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (unsigned char)(value >> (8 * i));
}

/* rw- for everybody, perm for the one user; setxattr()'s result. */
static int set_acl(const char *path, unsigned int perm)
{
	const struct acl_entry entry[] = {
		{ USER_OBJ, 6, UINT32_MAX }, { USER, (uint16_t)perm, OTHER_ID },
		{ GROUP_OBJ, 6, UINT32_MAX }, { MASK, 7, UINT32_MAX },
		{ OTHER, 6, UINT32_MAX },
	};
	unsigned char bytes[4 + 8 * 5];

	put_le(bytes, ACL_VERSION, 4);
	for (int i = 0; i < 5; i++) {
		put_le(bytes + 4 + 8 * i, entry[i].tag, 2);
		put_le(bytes + 6 + 8 * i, entry[i].perm, 2);
		put_le(bytes + 8 + 8 * i, entry[i].id, 4);
	}
	return setxattr(path, "system.posix_acl_access", bytes, sizeof(bytes), 0);
}

struct served {
	struct addr a;
	int fd;
	int err;
};

static int connect_as_ordinary(struct env *env, void *arg)
{
	struct served *s = arg;

	SETUP(env_become_ordinary());
	if (s->err)
		reach_expect_error(env, s->err, &s->a);
	else
		reach_expect(env, s->fd, &s->a);
	return 0;
}

CHECK(permission, access_control_list,
      .title = "An access control list that denies write denies connect(): EACCES",
      CLAUSES(linux_unix_find_bsd_write, unix7_path_write),
      ROWS(PERM_11),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_OTHER_USER,
      .why = "Lists are how one user or group is let in, or kept out, of a "
	     "socket that others own.")
{
	static const struct {
		unsigned int perm;
		int err;
	} t[] = { { 0, EACCES }, { 4, EACCES }, { 5, EACCES }, { 2, 0 }, { 6, 0 } };
	struct served s = { .a = env_addr(env, 0) };

	s.fd = SETUP(reach_serve(env, &s.a));
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (set_acl(s.a.un.sun_path, t[i].perm) < 0) {
			if (errno == EOPNOTSUPP)
				SKIP_CASE("the file system has no access control lists");
			BROKEN("the access control list cannot be set");
		}
		CONTEXT("the user's entry grants %u", t[i].perm);
		s.err = t[i].err;
		EXPECT_EQ(0, env_reap(env, env_fork(env, connect_as_ordinary, &s)));
	}
}

static int disturb_as_other(struct env *env, void *arg)
{
	struct served *s = arg;
	struct addr mine = addr_path("d/mine");

	SETUP(env_become_ordinary());
	SETUP(reach_serve(env, &mine));
	EXPECT_ERRNO(EPERM, unlink("d/s"));
	EXPECT_ERRNO(EPERM, rename("d/s", "d/gone"));
	EXPECT_ERRNO(EPERM, rename("d/mine", "d/s"));
	EXPECT_RET(0, unlink("d/mine"));
	reach_expect(env, s->fd, &s->a);
	return 0;
}

CHECK(permission, sticky_directory,
      .title = "In a sticky directory others can neither remove nor replace it",
      CLAUSES(linux_sticky, posix_unlink_sticky),
      ROWS(PERM_12),
      .types = ANY_TYPE, .addrs = PATH, .needs = NEED_OTHER_USER,
      .why = "Sockets in /tmp: without it any user could take a server's "
	     "name and its clients.")
{
	struct served s = { .a = addr_path("d/s") };

	SETUP(mkdir("d", 0777));
	env_own_path(env, "d");
	env_own_path(env, "d/s");
	env_own_path(env, "d/mine");
	env_own_path(env, "d/gone");
	SETUP(chmod("d", 01777));
	s.fd = SETUP(reach_serve(env, &s.a));
	SETUP(chmod("d/s", 0666));
	EXPECT_EQ(0, env_reap(env, env_fork(env, disturb_as_other, &s)));
	reach_expect(env, s.fd, &s.a);
}
