// SPDX-License-Identifier: BSD-2-Clause
/* Abstract names: which are the same, and which are not. */
#include "config.h"

#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "checks/util_reach.h"
#include "harness/check.h"
#include "harness/namespace.h"

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)

/* The address with these bytes added to its name. */
static struct addr with_more(struct addr a, const void *more, size_t n)
{
	memcpy(a.bytes + a.len, more, n);
	a.len += (socklen_t)n;
	return a;
}

CHECK(abstract, names_a_socket,
      .title = "A name whose first byte is NUL is bound without a file",
      CLAUSES(unix7_abstract, linux_unix_getname),
      ROWS(ABS_01, ABS_02, ABS_11),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .why = "Abstract names are for programs that must leave nothing in the "
	     "file system.")
{
	struct addr a = env_addr(env, 0), path;
	struct addr slash = with_more(a, "/x", 2);
	int fd = SETUP(env_socket(env));

	ASSERT_RET(0, bind(fd, &a.sa, a.len));
	reach_expect_name(fd, &a);
	ASSERT_RET(0, reach_open(env, fd));
	reach_expect(env, fd, &a);
	path = addr_path("x");
	path.len = a.len;
	memcpy(path.un.sun_path, a.un.sun_path + 1, a.len - PATH_OFFSET - 1);
	path.bytes[a.len - 1] = '\0';
	EXPECT_ERRNO(ENOENT, access(path.un.sun_path, F_OK));
	reach_expect_error(env, ENOENT, &path);
	/* The directory that it seems to lie in does not exist. */
	EXPECT_OK(env_bound(env, &slash));
}

CHECK(abstract, exclusive,
      .title = "A second socket of the type at an abstract name gets EADDRINUSE",
      CLAUSES(posix_bind_eaddrinuse, linux_unix_bind_abstract),
      ROWS(ABS_03),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .why = "Programs use the name as a lock: only one instance may have it.")
{
	struct addr a = env_addr(env, 0), other = env_addr(env, 1);
	int server = SETUP(reach_serve(env, &a));
	int fd = SETUP(env_socket(env));

	EXPECT_ERRNO(EADDRINUSE, bind(fd, &a.sa, a.len));
	reach_expect_idle(env, server);
	reach_expect(env, server, &a);
	reach_expect_binds(env, fd, &other);
}

CHECK(abstract, separate_per_type,
      .title = "Each socket type has abstract names of its own",
      CLAUSES(linux_unix_abstract_hash),
      ROWS(ABS_05),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .why = "A stream and a datagram service of one name live side by side.",
      .explain = "The same name is bound by a socket of each type. Linux keys "
		 "the table by type, and FreeBSD follows it; gVisor and "
		 "Asterinas share one table and answer EADDRINUSE. A client of "
		 "this type gets to the server of its type.")
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	struct addr a = env_addr(env, 0);
	int server = SETUP(reach_serve(env, &a));

	for (int i = 0; i < 3; i++) {
		int fd;

		if (types[i] == env->type)
			continue;
		fd = env_own(env, SETUP(socket(AF_UNIX, types[i] | SOCK_CLOEXEC,
					       0)));
		CONTEXT("another type, %d", types[i]);
		EXPECT_RET(0, bind(fd, &a.sa, a.len));
		reach_expect_name(fd, &a);
	}
	reach_expect(env, server, &a);
}

/* Two different names: both can be bound, and each leads to its own. */
static void expect_distinct(struct env *env, struct addr *a, struct addr *b)
{
	int first = SETUP(reach_serve(env, a)), second;

	reach_expect_error(env, ECONNREFUSED, b);
	second = (int)EXPECT_OK(reach_serve(env, b));
	if (second < 0)
		return;
	reach_expect_name(second, b);
	reach_expect(env, second, b);
	reach_expect_idle(env, first);
	reach_expect(env, first, a);
	reach_expect_idle(env, second);
	env_close(env, first);
	env_close(env, second);
}

CHECK(abstract, length_is_part_of_the_name,
      .title = "Names that differ in a trailing NUL or slash are different names",
      CLAUSES(unix7_abstract, linux_unix_find_abstract),
      ROWS(ABS_04, ABS_18, ABS_12),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .why = "Runtimes that pad the name to sun_path, or drop its NULs, look "
	     "for a server that is not there and get ECONNREFUSED.",
      .explain = "The name is every byte that addrlen covers. A server and a "
		 "client that disagree on trailing NULs never meet; it bit "
		 ".NET, varnish, Dart, luaposix and others.")
{
	static const struct {
		const char *what, *bytes;
		size_t n;
	} more[] = {
		{ "a NUL", "", 1 }, { "two NULs", "\0", 2 },
		{ "a slash", "/", 1 }, { "a byte", "x", 1 },
	};
	char zeros[sizeof(struct sockaddr_un)] = "";
	struct addr a = env_addr(env, 0), b;

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		b = with_more(a, more[i].bytes, more[i].n);
		CONTEXT("%s more", more[i].what);
		expect_distinct(env, &a, &b);
	}
	b = with_more(a, zeros, sizeof(struct sockaddr_un) - a.len);
	CONTEXT("padded with NULs");
	expect_distinct(env, &a, &b);
}

CHECK(abstract, compared_byte_for_byte,
      .title = "Abstract names are compared over all bytes, embedded NULs included",
      CLAUSES(unix7_abstract, linux_unix_find_abstract),
      ROWS(ABS_07, ABS_13),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .why = "A comparison that stops early gives one program another's name.")
{
	struct addr a = env_addr(env, 0);
	struct addr b = with_more(a, "\0one", 4), c = with_more(a, "\0two", 4);
	struct addr lower = with_more(a, "a", 1), upper = with_more(a, "A", 1);

	CONTEXT("they differ behind a NUL");
	expect_distinct(env, &b, &c);
	CONTEXT("they differ in the case of a letter");
	expect_distinct(env, &lower, &upper);
}

CHECK(abstract, any_bytes,
      .title = "An abstract name may hold any byte",
      CLAUSES(unix7_abstract),
      ROWS(ABS_14, ABS_02),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .why = "Keys and hashes are used as names as they are.")
{
	for (int first = 0; first < 256; first += 64) {
		unsigned char bytes[64];
		struct addr a;
		int fd;

		for (int i = 0; i < 64; i++)
			bytes[i] = (unsigned char)(first + i);
		a = with_more(env_addr(env, 0), bytes, sizeof(bytes));
		CONTEXT("bytes %d to %d", first, first + 63);
		fd = (int)EXPECT_OK(reach_serve(env, &a));
		if (fd < 0)
			continue;
		reach_expect_name(fd, &a);
		reach_expect(env, fd, &a);
	}
}

CHECK(abstract, longest_name,
      .title = "An abstract name may fill sun_path to the last byte",
      CLAUSES(unix7_abstract, linux_unix_validate_length),
      ROWS(ABS_08, ADDR_05),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .why = "Long names are generated; the limit is sun_path and not less.")
{
	char fill[sizeof(struct sockaddr_un)];
	struct addr a = env_addr(env, 0), b, longer;
	int fd = SETUP(env_socket(env));

	memset(fill, 'f', sizeof(fill));
	a = with_more(a, fill, sizeof(struct sockaddr_un) - a.len);
	longer = with_more(a, "f", 1);
	EXPECT_ERRNO(EINVAL, bind(fd, &longer.sa, longer.len));
	ASSERT_RET(0, bind(fd, &a.sa, a.len));
	reach_expect_name(fd, &a);
	ASSERT_RET(0, reach_open(env, fd));
	reach_expect(env, fd, &a);
	/* The last byte counts. */
	b = a;
	b.bytes[b.len - 1] = 'g';
	reach_expect_error(env, ECONNREFUSED, &b);
	b.len--;
	reach_expect_error(env, ECONNREFUSED, &b);
}

CHECK(abstract, no_clash_with_a_path,
      .title = "A pathname and an abstract name of the same text do not collide",
      CLAUSES(unix7_abstract, linux_unix_find_bsd),
      ROWS(ABS_15),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .why = "A server that offers both has two names, not one.")
{
	struct addr a = env_addr(env, 0), path = { .len = 0 };
	int abstract = SETUP(reach_serve(env, &a)), fd;

	path = addr_path("x");
	memcpy(path.un.sun_path, a.un.sun_path + 1, a.len - PATH_OFFSET - 1);
	path.un.sun_path[a.len - PATH_OFFSET - 1] = '\0';
	path.len = a.len;
	env_own_path(env, path.un.sun_path);
	fd = (int)ASSERT_OK(reach_serve(env, &path));
	reach_expect(env, fd, &path);
	reach_expect_idle(env, abstract);
	reach_expect(env, abstract, &a);
	reach_expect_idle(env, fd);
}

/* In a network namespace of its own: these names belong to everybody. */
static int serve_zeros(struct env *env, void *arg)
{
	socklen_t len = *(const socklen_t *)arg;
	struct addr a = { .len = len };
	int fd, other;

	if (namespace_enter(CLONE_NEWNET) < 0)
		BROKEN("cannot enter a network namespace");
	a.sa.sa_family = AF_UNIX;
	fd = (int)ASSERT_OK(reach_serve(env, &a));
	reach_expect_name(fd, &a);
	reach_expect(env, fd, &a);
	other = SETUP(env_socket(env));
	EXPECT_ERRNO(EADDRINUSE, bind(other, &a.sa, a.len));
	EXPECT_RET(0, bind(other, &a.sa, a.len - 1));
	return 0;
}

CHECK(abstract, nothing_but_zeros,
      .title = "A name of NUL bytes alone is an abstract name like any other",
      CLAUSES(unix7_abstract, linux_unix_bind_abstract),
      ROWS(ABS_09, ABS_10),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .needs = NEED_NETNS,
      .why = "An address never filled in becomes a name that the next such "
	     "program finds taken.",
      .explain = "One NUL byte is a name and not a wish for autobind, which "
		 "FreeBSD takes it for; sizeof(struct sockaddr_un) of zeros "
		 "is a name of 108 NULs. With a byte less it is another name, "
		 "and with no byte at all an autobind.")
{
	socklen_t lengths[] = { PATH_OFFSET + 1, PATH_OFFSET + 2,
				sizeof(struct sockaddr_un) };

	for (int i = 0; i < 3; i++) {
		CONTEXT("addrlen %u", (unsigned int)lengths[i]);
		EXPECT_EQ(0, env_reap(env, env_fork(env, serve_zeros,
						    &lengths[i])));
	}
}
