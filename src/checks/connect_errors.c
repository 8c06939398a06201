// SPDX-License-Identifier: BSD-2-Clause
/* connect() to addresses where there is no server of the right kind. */
#include "config.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/util_backlog.h"
#include "harness/check.h"

static void make_file(struct env *env, const char *name)
{
	int fd = SETUP(open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));

	env_own_path(env, name);
	SETUP(close(fd));
}

CHECK(connect, other_files_refuse,
      .title = "connect() to a file that is not a socket fails with ECONNREFUSED",
      CLAUSES(linux_connect_other_file, posix_connect_econnrefused),
      ROWS(CONN_05, CONN_06),
      .types = ANY_TYPE, .addrs = PATH, .axes = NONBLOCK,
      PARAMS("file", "fifo", "directory", "device"),
      .why = "Clients take any other errno for something they cannot recover from.",
      .explain = "BSD systems and macOS answer ENOTSOCK, which POSIX keeps for the "
	      "descriptor.")
{
	static const char *const names[] = { "file", "fifo", ".", "/dev/null" };
	struct addr a = addr_path(names[env->param]);
	int fd = SETUP(env_socket(env));

	if (env->param == 0) {
		make_file(env, "file");
	} else if (env->param == 1) {
		env_own_path(env, "fifo");
		SETUP(mkfifo("fifo", 0666));
	} else if (env->param == 3 && access(names[3], F_OK) < 0) {
		SKIP_CASE("there is no %s", names[3]);
	}
	EXPECT_ERRNO(ECONNREFUSED, connect(fd, &a.sa, a.len));
	EXPECT_ERRNO(ECONNREFUSED, connect(fd, &a.sa, a.len));
}

static const struct {
	const char *path;
	int err;
} lookups[] = {
	{ "missing", ENOENT },
	{ "nodir/s0", ENOENT },
	{ "file/s0", ENOTDIR },
	{ "dangling", ENOENT },
	{ "loop", ELOOP },
	{ "loop/s0", ELOOP },
};

CHECK(connect, lookup_fails_as_open_does,
      .title = "connect() to a pathname that leads nowhere fails as any lookup does",
      CLAUSES(posix_connect_lookup),
      ROWS(CONN_07, CONN_08, CONN_09, CONN_10),
      .types = ANY_TYPE, .addrs = PATH, .axes = NONBLOCK,
      .why = "ENOENT means not started yet, ENOTDIR and ELOOP mean misconfigured.",
      .explain = "A missing name, a missing directory, a file as a directory, a link to "
	      "nothing, a link to itself.  A link to a socket leads to the socket.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env)), target;

	make_file(env, "file");
	env_own_path(env, "dangling");
	SETUP(symlink("missing", "dangling"));
	env_own_path(env, "loop");
	SETUP(symlink("loop", "loop"));
	env_own_path(env, "link");
	SETUP(symlink(a.un.sun_path, "link"));
	target = SETUP(env_bound(env, &a));
	if (env->type != SOCK_DGRAM)
		SETUP(listen(target, 1));
	for (size_t i = 0; i < sizeof(lookups) / sizeof(lookups[0]); i++) {
		struct addr to = addr_path(lookups[i].path);

		CONTEXT("path %s", lookups[i].path);
		EXPECT_ERRNO(lookups[i].err, connect(fd, &to.sa, to.len));
	}
	a = addr_path("link");
	CONTEXT("a link to the socket");
	EXPECT_RET(0, connect(fd, &a.sa, a.len));
}

CHECK(connect, unterminated_name_is_bounded,
      .title = "connect() reads 108 bytes of a name without NUL and not one more",
      CLAUSES(linux_path_length),
      ROWS(CONN_11),
      .types = CONNECTED, .addrs = PATH, .axes = NONBLOCK,
      .why = "Reading on past the address finds another file, or another's memory.",
      .explain = "A missing name of 108 bytes before a NUL: ENOENT.  Then a listener of "
	      "that name, reached also when other bytes follow it.")
{
	char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
	struct addr a;
	int listener, fd = SETUP(env_socket(env));

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	env_own_path(env, name);
	a = addr_path(name);
	memset(a.bytes + a.len, 'n', 8);
	EXPECT_ERRNO(ENOENT, connect(fd, &a.sa, a.len));
	listener = SETUP(env_bound(env, &a));
	EXPECT_ERRNO(ECONNREFUSED, connect(fd, &a.sa, a.len));
	SETUP(listen(listener, 1));
	EXPECT_RET(0, connect(fd, &a.sa, a.len));
}

/* A socket of another type at the address, able to take connections. */
static int bind_only(struct env *env, int type, const struct addr *a)
{
	int fd = SETUP(env_own(env, socket(AF_UNIX, type | SOCK_CLOEXEC, 0)));

	SETUP(bind(fd, &a->sa, a->len));
	return fd;
}

static void bind_other(struct env *env, int type, const struct addr *a)
{
	int fd = bind_only(env, type, a);

	if (type != SOCK_DGRAM)
		SETUP(listen(fd, 4));
}

static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

CHECK(connect, other_type_on_path,
      .title = "connect() to a pathname of a socket of another type fails with EPROTOTYPE",
      CLAUSES(posix_connect_eprototype, connect2_eprototype),
      ROWS(CONN_23, CONN_24),
      .types = ANY_TYPE, .addrs = PATH, .axes = NONBLOCK,
      .why = "The errno tells the wrong type from a server that is not there.",
      .explain = "From each type to each other, which listens or does not; datagrams "
	      "also with sendto().")
{
	for (int i = 0; i < 3; i++) {
		struct addr a = env_addr(env, i);
		int fd = SETUP(env_socket(env)), other;

		if (types[i] == env->type)
			continue;
		other = bind_only(env, types[i], &a);
		for (int listens = 0; listens < 2; listens++) {
			CONTEXT("to a socket of type %d%s", types[i],
				listens ? " that listens" : "");
			if (listens && types[i] == SOCK_DGRAM)
				break;
			if (listens)
				SETUP(listen(other, 4));
			EXPECT_ERRNO(EPROTOTYPE, connect(fd, &a.sa, a.len));
			if (env->type == SOCK_DGRAM)
				EXPECT_ERRNO(EPROTOTYPE,
					     sendto(fd, "x", 1, 0, &a.sa, a.len));
		}
	}
}

CHECK(connect, other_type_on_abstract,
      .title = "connect() to an abstract name of another type fails with ECONNREFUSED",
      CLAUSES(linux_abstract_per_type),
      ROWS(CONN_12, CONN_24),
      .types = ANY_TYPE, .addrs = ABSTRACT, .axes = NONBLOCK,
      .why = "Each type has abstract names of its own; another's must not be reached.",
      .explain = "POSIX knows no abstract names.  From each type to each other, "
	      "datagrams also with sendto(); the same name may be taken by this type, "
	      "and is then reached.")
{
	for (int i = 0; i < 3; i++) {
		struct addr a = env_addr(env, i);
		int fd = SETUP(env_socket(env)), own;

		if (types[i] == env->type)
			continue;
		CONTEXT("to a socket of type %d", types[i]);
		bind_other(env, types[i], &a);
		EXPECT_ERRNO(ECONNREFUSED, connect(fd, &a.sa, a.len));
		if (env->type == SOCK_DGRAM)
			EXPECT_ERRNO(ECONNREFUSED,
				     sendto(fd, "x", 1, 0, &a.sa, a.len));
		own = SETUP(env_socket(env));
		/* abstract/separate_per_type judges that this is possible. */
		if (bind(own, &a.sa, a.len) < 0)
			continue;
		if (env->type != SOCK_DGRAM)
			SETUP(listen(own, 4));
		EXPECT_RET(0, connect(fd, &a.sa, a.len));
	}
}

CHECK(connect, bad_length,
      .title = "connect() with an address length that cannot be right fails with EINVAL",
      CLAUSES(linux_addr_length, posix_connect_einval),
      ROWS(CONN_13, CONN_16),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      .why = "A length taken from the wrong variable must not reach another server.",
      .explain = "0, 1, 2 (the family alone), one more than a sockaddr_un, more than any "
	      "address, and -1.  The longest right one connects.")
{
	static const socklen_t lens[] = {
		0, 1, 2, sizeof(struct sockaddr_un) + 1,
		sizeof(struct sockaddr_storage),
		sizeof(struct sockaddr_storage) + 1, (socklen_t)-1,
	};
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env));

	SETUP(env_listener(env, 4, &a));
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		CONTEXT("address length %d", (int)lens[i]);
		EXPECT_ERRNO(EINVAL, connect(fd, &a.sa, lens[i]));
	}
	CONTEXT("the right length");
	EXPECT_RET(0, connect(fd, &a.sa, a.len));
}

CHECK(connect, unmapped_address,
      .title = "connect() with an address outside of memory fails with EFAULT",
      CLAUSES(connect2_efault),
      ROWS(CONN_14),
      .types = CONNECTED, .addrs = NO_ADDR, .axes = NONBLOCK,
      .why = "A wild pointer is an error of the caller, never of the system.")
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *map;
	int fd = SETUP(env_socket(env));

	if (env->valgrind)
		SKIP_CASE("valgrind objects to the bad address");
	map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		BROKEN("mmap() failed");
	SETUP(munmap(map + page, page));
	EXPECT_ERRNO(EFAULT, connect(fd, (void *)(map + page), 10));
	/* The first half of it can be read. */
	EXPECT_ERRNO(EFAULT, connect(fd, (void *)(map + page - 4), 10));
	SETUP(munmap(map, page));
}

CHECK(connect, wrong_family,
      .title = "connect() with an address of another family fails with EINVAL",
      CLAUSES(linux_connect_family, posix_connect_eafnosupport,
	      connect2_eafnosupport),
      ROWS(CONN_15),
      .types = CONNECTED, .addrs = NAMED, .axes = NONBLOCK,
      .why = "The name of another family must not be taken for one of this.",
      .explain = "POSIX and connect(2) say EAFNOSUPPORT.")
{
	static const sa_family_t families[] = { AF_INET, AF_INET6, 0x7fff };
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env));

	SETUP(env_listener(env, 4, &a));
	for (int i = 0; i < 3; i++) {
		CONTEXT("family %u", families[i]);
		a.un.sun_family = families[i];
		EXPECT_ERRNO(EINVAL, connect(fd, &a.sa, a.len));
	}
	CONTEXT("the right family");
	a.un.sun_family = AF_UNIX;
	EXPECT_RET(0, connect(fd, &a.sa, a.len));
}

CHECK(connect, bad_descriptor,
      .title = "connect() on a closed descriptor fails with EBADF, on another file with ENOTSOCK",
      CLAUSES(posix_connect_ebadf, posix_connect_enotsock),
      ROWS(CONN_17, CONN_18),
      .why = "The errno tells a mixed-up descriptor from a missing server.")
{
	struct addr a = addr_path("missing");
	int fd[2], closed;

	SETUP(env_pipe(env, fd));
	EXPECT_ERRNO(ENOTSOCK, connect(fd[0], &a.sa, a.len));
	EXPECT_ERRNO(ENOTSOCK, connect(fd[1], &a.sa, a.len));
	closed = SETUP(env_own(env, open(".", O_RDONLY | O_CLOEXEC)));
	EXPECT_ERRNO(ENOTSOCK, connect(closed, &a.sa, a.len));
	SETUP(env_close(env, closed));
	EXPECT_ERRNO(EBADF, connect(closed, &a.sa, a.len));
	EXPECT_ERRNO(EBADF, connect(-1, &a.sa, a.len));
}

CHECK(connect, address_is_judged_first,
      .title = "connect() says what is wrong with the address before what is with the socket",
      CLAUSES(linux_connect_address_first, posix_connect_eisconn),
      ROWS(CONN_37),
      .types = CONNECTED, .addrs = NAMED,
      PARAMS("connected", "listening"),
      .why = "EISCONN for an address without a server reads as if the server were there.",
      .explain = "A socket that is connected, and one that listens, connect to a name that "
	      "nobody has, to one that does not listen, to one that is connected, without "
	      "waiting to a full queue, and at last to a server: EISCONN or EINVAL only "
	      "then, and what the socket is it stays.")
{
	struct addr a = env_addr(env, 0), none = env_addr(env, 1);
	struct addr bound = env_addr(env, 2), own = env_addr(env, 3);
	struct addr server = env_addr(env, 4);
	int clients[BACKLOG_FILL_MAX], n;
	int full = backlog_full_listener(env, 0, &a, clients, &n);
	int wrong = env->param ? EINVAL : EISCONN, fd, other;

	SETUP(env_listener(env, 4, &server));
	SETUP(env_bound(env, &bound));
	if (env->param) {
		fd = SETUP(env_listener(env, 4, &own));
	} else {
		fd = SETUP(env_bound(env, &own));
		SETUP(connect(fd, &server.sa, server.len));
	}
	SETUP(backlog_set_nonblock(fd, true));
	EXPECT_ERRNO(env->row->addr == PATH ? ENOENT : ECONNREFUSED,
		     connect(fd, &none.sa, none.len));
	EXPECT_ERRNO(ECONNREFUSED, connect(fd, &bound.sa, bound.len));
	EXPECT_ERRNO(EAGAIN, connect(fd, &a.sa, a.len));
	EXPECT_ERRNO(wrong, connect(fd, &server.sa, server.len));
	if (env->param == 0) {
		/* Its own name, and as another sees it. */
		EXPECT_ERRNO(ECONNREFUSED, connect(fd, &own.sa, own.len));
		other = SETUP(env_socket(env));
		EXPECT_ERRNO(ECONNREFUSED, connect(other, &own.sa, own.len));
		EXPECT_RET(1, send(fd, "x", 1, MSG_NOSIGNAL));
	} else {
		EXPECT_OK(backlog_connect(env, &own));
	}
	EXPECT_OK(env_accept(env, full));
	EXPECT_ERRNO(wrong, connect(fd, &a.sa, a.len));
}
