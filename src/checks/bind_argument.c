// SPDX-License-Identifier: BSD-2-Clause
/* bind(): the descriptor, the family, the length and the pointer. */
#include "config.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "checks/util_reach.h"
#include "harness/check.h"

CHECK(bind, address_too_short,
      .title = "bind() refuses an address too short to hold a family",
      CLAUSES(linux_unix_validate_length, posix_bind_einval_length),
      ROWS(ADDR_01, ADDR_31),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "A server that passes a wrong length must hear of it, not get a "
	     "name of the kernel's choice.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env));

	for (socklen_t len = 0; len < sizeof(sa_family_t); len++) {
		CONTEXT("addrlen %u", (unsigned int)len);
		EXPECT_ERRNO(EINVAL, bind(fd, &a.sa, len));
	}
	reach_expect_binds(env, fd, &a);
}

CHECK(bind, address_too_long,
      .title = "bind() refuses an address longer than struct sockaddr_un",
      CLAUSES(linux_unix_validate_length, posix_bind_einval_length),
      ROWS(ADDR_05, ADDR_06, ADDR_07, ADDR_31),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "A longer address could only be bound by cutting it, and a cut "
	     "name is another server's name.",
      .explain = "One byte more than sizeof(struct sockaddr_un) is refused by "
		 "the protocol; more than sizeof(struct sockaddr_storage), or a "
		 "negative length, before the protocol is asked. The error is "
		 "the same. The longest legal length is the business of "
		 "bind/path_fills_the_address and abstract/longest_name.")
{
	const int lengths[] = {
		sizeof(struct sockaddr_un) + 1, sizeof(struct sockaddr_storage),
		sizeof(struct sockaddr_storage) + 1, -1,
	};
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env));

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		CONTEXT("addrlen %d", lengths[i]);
		EXPECT_ERRNO(EINVAL, bind(fd, &a.sa, (socklen_t)lengths[i]));
	}
	reach_expect_binds(env, fd, &a);
}

CHECK(bind, wrong_family,
      .title = "bind() refuses an address of another family with EINVAL",
      CLAUSES(linux_unix_validate_family, posix_bind_eafnosupport),
      ROWS(ADDR_02, ADDR_03, ADDR_04, ADDR_31),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "An address that was never filled in must not become a name.",
      .explain = "POSIX asks for EAFNOSUPPORT. A bare family, which would be an autobind "
		 "with AF_UNIX, is refused too and gives no name.")
{
	const sa_family_t families[] = { AF_INET, AF_UNSPEC, AF_INET6 };
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env));

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		struct addr other = a;

		other.sa.sa_family = families[i];
		CONTEXT("family %d", families[i]);
		EXPECT_ERRNO(EINVAL, bind(fd, &other.sa, other.len));
		CONTEXT("family %d alone", families[i]);
		EXPECT_ERRNO(EINVAL, bind(fd, &other.sa, sizeof(sa_family_t)));
	}
	reach_expect_binds(env, fd, &a);
}

CHECK(bind, bad_pointer,
      .title = "bind() with an address outside the process fails with EFAULT",
      CLAUSES(bind2_efault),
      ROWS(ADDR_08, ADDR_31),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "A bad pointer must be an error of the call, not of the system.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env));
	void *nowhere = mmap(NULL, 4096, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (env->valgrind)
		SKIP_CASE("valgrind objects to the bad address");
	if (nowhere == MAP_FAILED)
		BROKEN("mmap() of a page without access failed");
	EXPECT_ERRNO(EFAULT, bind(fd, nowhere, a.len));
	EXPECT_ERRNO(EFAULT, bind(fd, nowhere, sizeof(struct sockaddr_un)));
	munmap(nowhere, 4096);
	reach_expect_binds(env, fd, &a);
}

CHECK(bind, not_open,
      .title = "bind() on a descriptor that is not open fails with EBADF",
      CLAUSES(posix_bind_ebadf, bind2_ebadf),
      ROWS(ADDR_09),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "A server that closed its socket too early must hear of it.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_socket(env));

	SETUP(env_close(env, fd));
	EXPECT_ERRNO(EBADF, bind(fd, &a.sa, a.len));
	EXPECT_ERRNO(EBADF, bind(-1, &a.sa, a.len));
	if (env->row->addr == PATH)
		EXPECT_ERRNO(ENOENT, access(a.un.sun_path, F_OK));
	reach_expect_error(env, env->row->addr == PATH ? ENOENT : ECONNREFUSED,
			   &a);
}

CHECK(bind, not_a_socket,
      .title = "bind() on a descriptor that is no socket fails with ENOTSOCK",
      CLAUSES(posix_bind_enotsock, bind2_enotsock),
      ROWS(ADDR_10),
      .addrs = NO_ADDR,
      .why = "A descriptor mixed up with another must not be bound.")
{
	struct addr a = env_addr_of(env, PATH, 0);
	int file, pipes[2], dir;

	SETUP(env_pipe(env, pipes));
	env_own_path(env, "file");
	file = env_own(env, SETUP(open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600)));
	dir = env_own(env, SETUP(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
	EXPECT_ERRNO(ENOTSOCK, bind(file, &a.sa, a.len));
	EXPECT_ERRNO(ENOTSOCK, bind(pipes[0], &a.sa, a.len));
	EXPECT_ERRNO(ENOTSOCK, bind(dir, &a.sa, a.len));
	EXPECT_ERRNO(ENOENT, access(a.un.sun_path, F_OK));
}
