// SPDX-License-Identifier: BSD-2-Clause
/* getsockname() and getpeername(): the name, its length, and the buffer. */
#include "config.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/valgrind.h"
#include "checks/util_reach.h"
#include "harness/check.h"

#define PATH_ROOM sizeof(((struct sockaddr_un *)0)->sun_path)
#define UNTOUCHED 0xa5

/* The two calls as one, so that what holds for both is said once. */
enum which { SOCK_NAME, PEER_NAME };

static int get_name(enum which which, int fd, void *buf, socklen_t *len)
{
	return which == SOCK_NAME ? getsockname(fd, buf, len) :
				    getpeername(fd, buf, len);
}

static const char *call_name(enum which which)
{
	return which == SOCK_NAME ? "getsockname()" : "getpeername()";
}

/*
 * Two connected sockets, both bound: fd[0] to name[0], fd[1] to name[1],
 * which for connection types is the accepted one.
 */
static void connect_named(struct env *env, int fd[2], struct addr name[2])
{
	int server;

	name[0] = env_addr(env, 0);
	name[1] = env_addr(env, 1);
	server = SETUP(reach_serve(env, &name[1]));
	fd[0] = SETUP(env_bound(env, &name[0]));
	SETUP(connect(fd[0], &name[1].sa, name[1].len));
	if (env->type == SOCK_DGRAM) {
		SETUP(connect(server, &name[0].sa, name[0].len));
		fd[1] = server;
		return;
	}
	fd[1] = SETUP(env_accept(env, server));
	SETUP(env_close(env, server));
}

static void expect_peer_name(int fd, const struct addr *want)
{
	struct addr name = { .len = sizeof(name.bytes) };

	EXPECT_RET(0, getpeername(fd, &name.sa, &name.len));
	EXPECT_EQ(want->len, name.len);
	EXPECT_MEM(want->bytes, name.bytes, want->len);
}

/* Length of a family, AF_UNIX, and not a byte beyond it written. */
static void expect_unnamed(enum which which, int fd)
{
	unsigned char buf[128], clean[128];
	socklen_t len = sizeof(buf);
	sa_family_t family = AF_UNIX;

	memset(buf, UNTOUCHED, sizeof(buf));
	memset(clean, UNTOUCHED, sizeof(clean));
	CONTEXT("%s", call_name(which));
	EXPECT_RET(0, get_name(which, fd, buf, &len));
	EXPECT_EQ(sizeof(family), len);
	EXPECT_MEM(&family, buf, sizeof(family));
	EXPECT_MEM(clean, buf + sizeof(family), sizeof(buf) - sizeof(family));
}

CHECK(name, of_an_unbound_socket,
      .title = "An unbound socket has the family for a name and nothing more",
      CLAUSES(unix7_unnamed, linux_unix_getname),
      ROWS(NAME_01),
      .types = ANY_TYPE,
      .why = "Programs print sun_path: stale bytes there are a wrong name.")
{
	expect_unnamed(SOCK_NAME, SETUP(env_socket(env)));
}

CHECK(name, of_the_peer_without_one,
      .title = "getpeername() on an unconnected socket fails with ENOTCONN",
      CLAUSES(posix_getpeername_unconnected),
      ROWS(NAME_02),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "A server that logs its peers must not log garbage.")
{
	struct addr a = env_addr(env, 0), name = { .len = sizeof(name.bytes) };
	int fresh = SETUP(env_socket(env)), server = SETUP(reach_serve(env, &a));

	EXPECT_ERRNO(ENOTCONN, getpeername(fresh, &name.sa, &name.len));
	EXPECT_ERRNO(ENOTCONN, getpeername(server, &name.sa, &name.len));
	EXPECT_EQ(sizeof(name.bytes), name.len);
}

CHECK(name, of_both_ends,
      .title = "Each end of a connection sees its own name and its peer's",
      CLAUSES(posix_getpeername, posix_getsockname, linux_unix_accept_name),
      ROWS(NAME_12, NAME_13),
      .types = ANY_TYPE, .addrs = NAMED, .axes = SWAP,
      .why = "The name is how a server tells its clients apart, and how an "
	     "accepted socket tells which of its listeners it came from.")
{
	int fd[2], here = env->swap ? 1 : 0;
	struct addr name[2];

	connect_named(env, fd, name);
	reach_expect_name(fd[here], &name[here]);
	expect_peer_name(fd[here], &name[1 - here]);
}

CHECK(name, of_an_unbound_client,
      .title = "The server of an unbound client sees an unnamed peer",
      CLAUSES(unix7_unnamed, linux_unix_getname),
      ROWS(NAME_01, NAME_13),
      .types = CONNECTED, .addrs = NAMED,
      .why = "Most clients have no name; the server must not invent one.")
{
	struct addr a = env_addr(env, 0);
	int server = SETUP(reach_serve(env, &a));
	int client = SETUP(env_connect(env, &a));
	int conn = (int)ASSERT_OK(env_accept(env, server));

	expect_unnamed(PEER_NAME, conn);
	expect_unnamed(SOCK_NAME, client);
	CONTEXT("the client");
	expect_peer_name(client, &a);
}

CHECK(name, of_a_socketpair,
      .title = "Both ends of a socketpair are unnamed, also when one has closed",
      CLAUSES(unix7_unnamed, linux_unix_getname),
      ROWS(NAME_10, NAME_11),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP,
      .why = "getpeername() is used to ask whether a descriptor is connected.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	for (int i = 0; i < 2; i++) {
		expect_unnamed(SOCK_NAME, fd[i]);
		expect_unnamed(PEER_NAME, fd[i]);
	}
	SETUP(env_close(env, fd[1]));
	expect_unnamed(SOCK_NAME, fd[0]);
	expect_unnamed(PEER_NAME, fd[0]);
}

CHECK(name, of_a_peer_that_closed,
      .title = "The name of a peer that has closed can still be asked for",
      CLAUSES(linux_unix_getname),
      ROWS(NAME_15),
      .types = ANY_TYPE, .addrs = NAMED, .axes = SWAP,
      .why = "Servers log who it was after the client has gone.")
{
	int fd[2], here = env->swap ? 1 : 0;
	struct addr name[2];

	connect_named(env, fd, name);
	SETUP(env_close(env, fd[1 - here]));
	expect_peer_name(fd[here], &name[1 - here]);
	reach_expect_name(fd[here], &name[here]);
}

/* One call with a buffer of this size, and what it may write. */
static void expect_copied(enum which which, int fd, const struct addr *want,
			  socklen_t size)
{
	unsigned char buf[128], right[128];
	socklen_t len = size;

	memset(buf, UNTOUCHED, sizeof(buf));
	memset(right, UNTOUCHED, sizeof(right));
	memcpy(right, want->bytes, size < want->len ? size : want->len);
	CONTEXT("%s, room for %u bytes", call_name(which), (unsigned int)size);
	EXPECT_RET(0, get_name(which, fd, buf, &len));
	EXPECT_EQ(want->len, len);
	EXPECT_MEM(right, buf, sizeof(buf));
}

CHECK(name, in_a_short_buffer,
      .title = "A short buffer gets the first bytes, and the full length is told",
      CLAUSES(getsockname2_truncated, posix_getsockname_truncated),
      ROWS(NAME_07, NAME_14),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "A byte too many written is memory corrupted in the caller.")
{
	int fd[2];
	struct addr name[2];

	connect_named(env, fd, name);
	for (socklen_t size = 0; size <= name[0].len + 2; size++) {
		expect_copied(SOCK_NAME, fd[0], &name[0], size);
		expect_copied(PEER_NAME, fd[1], &name[0], size);
	}
}

CHECK(name, longer_than_the_structure,
      .title = "A name of 108 bytes is reported with its NUL, 111 bytes in all",
      CLAUSES(unix7_path_length, linux_unix_mkname),
      ROWS(NAME_05, NAME_06),
      .types = ANY_TYPE, .addrs = PATH,
      .why = "Programs that trust the length read or write a byte beyond "
	     "struct sockaddr_un.",
      .explain = "unix(7) BUGS tells the story: a name that fills sun_path has "
		 "no room for its NUL, yet the NUL is counted. With a buffer "
		 "of sizeof(struct sockaddr_un) all but the NUL is copied and "
		 "the length returned is one more than the buffer.")
{
	char path[PATH_ROOM + 1];
	struct addr a, want;
	int fd = SETUP(env_socket(env));

	memset(path, 'p', PATH_ROOM);
	path[PATH_ROOM] = '\0';
	env_own_path(env, path);
	a = addr_path(path);
	ASSERT_RET(0, bind(fd, &a.sa, a.len));
	want = a;
	want.bytes[want.len++] = '\0';
	expect_copied(SOCK_NAME, fd, &want, sizeof(struct sockaddr_un) + 1);
	expect_copied(SOCK_NAME, fd, &want, sizeof(struct sockaddr_un));
	expect_copied(SOCK_NAME, fd, &want, 128);
}

CHECK(name, with_a_bad_length,
      .title = "A negative length fails with EINVAL and writes nothing",
      CLAUSES(getsockname2_einval),
      ROWS(NAME_08),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "A length never set must be an error, not a huge buffer.")
{
	unsigned char buf[128], clean[128];
	int fd[2];
	struct addr name[2];

	if (env->valgrind)
		SKIP_CASE("valgrind objects to the length");
	connect_named(env, fd, name);
	memset(buf, UNTOUCHED, sizeof(buf));
	memset(clean, UNTOUCHED, sizeof(clean));
	for (enum which which = SOCK_NAME; which <= PEER_NAME; which++) {
		socklen_t len = (socklen_t)-1;

		CONTEXT("%s", call_name(which));
		EXPECT_ERRNO(EINVAL, get_name(which, fd[0], buf, &len));
		EXPECT_EQ((socklen_t)-1, len);
		EXPECT_MEM(clean, buf, sizeof(buf));
	}
}

CHECK(name, with_a_bad_pointer,
      .title = "An address or length outside the process fails with EFAULT",
      CLAUSES(getsockname2_efault),
      ROWS(NAME_09),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "A bad pointer must be an error of the call, not a crash.")
{
	void *nowhere = mmap(NULL, 4096, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct addr name[2], buf;
	int fd[2];

	if (env->valgrind)
		SKIP_CASE("valgrind objects to the bad address");
	if (asan_runs())
		SKIP_CASE("AddressSanitizer objects to the bad address");
	if (nowhere == MAP_FAILED)
		BROKEN("mmap() of a page without access failed");
	connect_named(env, fd, name);
	for (enum which which = SOCK_NAME; which <= PEER_NAME; which++) {
		socklen_t len = sizeof(buf.bytes);

		CONTEXT("%s", call_name(which));
		EXPECT_ERRNO(EFAULT, get_name(which, fd[0], nowhere, &len));
		EXPECT_ERRNO(EFAULT, get_name(which, fd[0], buf.bytes, nowhere));
	}
	munmap(nowhere, 4096);
}
