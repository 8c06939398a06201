// SPDX-License-Identifier: BSD-2-Clause
/* bind(): where a pathname in an address ends, and which names it can hold. */
#include "config.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/util_reach.h"
#include "harness/check.h"

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)
#define PATH_ROOM sizeof(((struct sockaddr_un *)0)->sun_path)

static void expect_socket_file(const char *path)
{
	struct stat st = { .st_mode = 0 };

	EXPECT_RET(0, lstat(path, &st));
	EXPECT_THAT(S_ISSOCK(st.st_mode), "\"%.200s\" is a socket", path);
}

CHECK(bind, path_fills_the_address,
      .title = "A pathname may fill sun_path to the last byte, without a NUL",
      CLAUSES(unix7_path_full, linux_unix_mkname),
      ROWS(ADDR_11, ADDR_12),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Programs that fill the field must get the name they gave, not "
	     "one that is a byte shorter.")
{
	char path[PATH_ROOM + 1];
	struct addr a;
	int fd = SETUP(env_socket(env));

	memset(path, 'p', PATH_ROOM);
	path[PATH_ROOM] = '\0';
	env_own_path(env, path);
	a = addr_path(path);
	ASSERT_EQ(sizeof(struct sockaddr_un), a.len);
	ASSERT_RET(0, bind(fd, &a.sa, a.len));
	expect_socket_file(path);
	ASSERT_RET(0, reach_open(env, fd));
	reach_expect(env, fd, &a);
	path[PATH_ROOM - 1] = '\0';
	EXPECT_ERRNO(ENOENT, access(path, F_OK));
}

CHECK(bind, path_ends_with_the_length,
      .title = "A pathname without a NUL ends where addrlen ends",
      CLAUSES(linux_unix_mkname, unix7_path_unterminated),
      ROWS(ADDR_13, ADDR_16, ADDR_41, NAME_03),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Names cut silently by a wrong addrlen: the server prints one "
	     "name and is bound to another.",
      .explain = "addrlen counts the bytes of the name. Without the NUL the "
		 "whole name is bound; with fewer bytes a shorter name is, and "
		 "nobody is told. Language runtimes got it wrong both ways.")
{
	static const char name[] = "s12345";
	struct addr whole = addr_path(name);

	for (socklen_t n = 1; n < sizeof(name); n++) {
		char want[sizeof(name)];
		int fd = SETUP(env_socket(env));
		struct addr a;

		snprintf(want, sizeof(want), "%.*s", (int)n, name);
		env_own_path(env, want);
		a = addr_path(want);
		CONTEXT("%u of the bytes of %s", (unsigned int)n, name);
		EXPECT_RET(0, bind(fd, &whole.sa, (socklen_t)PATH_OFFSET + n));
		expect_socket_file(want);
		reach_expect_name(fd, &a);
		EXPECT_RET(0, reach_open(env, fd));
		reach_expect(env, fd, &a);
		if (n + 1 < sizeof(name))
			EXPECT_ERRNO(ENOENT, access(name, F_OK));
		env_close(env, fd);
		EXPECT_RET(0, unlink(want));
	}
}

CHECK(bind, path_ends_at_the_nul,
      .title = "A pathname ends at its first NUL, whatever follows it",
      CLAUSES(unix7_path_sizeof, linux_unix_mkname),
      ROWS(ADDR_14, ADDR_15, NAME_04),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Most programs pass sizeof(struct sockaddr_un) and leave what "
	     "follows the name as it was.")
{
	struct addr a = env_addr(env, 0), padded = a;
	size_t used = strlen(a.un.sun_path) + 1;
	int fd = SETUP(env_socket(env));

	memset(padded.un.sun_path + used, 'x', PATH_ROOM - used);
	padded.len = sizeof(struct sockaddr_un);
	ASSERT_RET(0, bind(fd, &padded.sa, padded.len));
	expect_socket_file(a.un.sun_path);
	reach_expect_name(fd, &a);
	ASSERT_RET(0, reach_open(env, fd));
	reach_expect(env, fd, &a);
	reach_expect(env, fd, &padded);
	memset(padded.un.sun_path + used, '\xff', PATH_ROOM - used);
	reach_expect(env, fd, &padded);
}

CHECK(bind, at_sign_is_a_filename,
      .title = "A name that begins with '@' is a filename, not an abstract name",
      CLAUSES(linux_unix_mkname, unix7_abstract),
      ROWS(ADDR_39),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Tools print abstract names with an '@'; the kernel does not "
	     "read them so.")
{
	struct addr a, abstract = env_addr_of(env, ABSTRACT, 0);
	char name[PATH_ROOM];
	int fd = SETUP(env_socket(env));

	snprintf(name, sizeof(name), "@%.*s",
		 (int)(abstract.len - PATH_OFFSET) - 1, abstract.un.sun_path + 1);
	env_own_path(env, name);
	a = addr_path(name);
	ASSERT_RET(0, bind(fd, &a.sa, a.len));
	expect_socket_file(name);
	reach_expect_name(fd, &a);
	ASSERT_RET(0, reach_open(env, fd));
	reach_expect(env, fd, &a);
	reach_expect_error(env, ECONNREFUSED, &abstract);
}

/* Whether this file system takes the name at all. */
static bool takes_name(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	close(fd);
	return unlink(name) == 0;
}

CHECK(bind, path_of_any_bytes,
      .title = "A pathname may hold any byte but NUL and '/'",
      CLAUSES(unix7_pathname, linux_unix_mkname),
      ROWS(ADDR_40),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Names come from users: blanks, newlines and bytes that are no "
	     "text must mean themselves.")
{
	for (int first = 1; first < 256; first += 64) {
		char name[65];
		size_t n = 0;
		struct addr a;
		int fd;

		for (int c = first; c < first + 64 && c < 256; c++) {
			if (c != '/')
				name[n++] = (char)c;
		}
		name[n] = '\0';
		if (!takes_name(name))
			SKIP_CASE("the file system refuses names of such bytes");
		env_own_path(env, name);
		a = addr_path(name);
		CONTEXT("bytes %d to %d", first, first + 63);
		fd = SETUP(env_socket(env));
		EXPECT_RET(0, bind(fd, &a.sa, a.len));
		reach_expect_name(fd, &a);
		expect_socket_file(name);
		EXPECT_RET(0, reach_open(env, fd));
		reach_expect(env, fd, &a);
	}
}

CHECK(bind, path_kept_verbatim,
      .title = "The name is kept as it was spelt; any spelling of it connects",
      CLAUSES(linux_unix_getname, linux_unix_find_bsd),
      ROWS(ADDR_42),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Programs compare the name with what they passed to bind().")
{
	static const char *const spellings[] = {
		"d/../d//./s", "d/s", "./d/s", "d//s", "d/./s", "d/../d/s",
	};
	struct addr a = addr_path(spellings[0]);
	int fd = SETUP(env_socket(env));

	SETUP(mkdir("d", 0700));
	env_own_path(env, "d");
	env_own_path(env, "d/s");
	ASSERT_RET(0, bind(fd, &a.sa, a.len));
	reach_expect_name(fd, &a);
	ASSERT_RET(0, reach_open(env, fd));
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		struct addr to = addr_path(spellings[i]);

		CONTEXT("by %s", spellings[i]);
		reach_expect(env, fd, &to);
	}
}
