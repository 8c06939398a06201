// SPDX-License-Identifier: BSD-2-Clause
/* Autobind: names of the kernel's choice. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks/util_option.h"
#include "checks/util_reach.h"
#include "harness/check.h"

/* family, NUL, five digits */
#define AUTO_LEN (sizeof(sa_family_t) + 6)

static struct addr family_alone(void)
{
	struct addr a = { .len = sizeof(sa_family_t) };

	a.sa.sa_family = AF_UNIX;
	return a;
}

/* An unbound socket, autobound; its name is stored. */
static int autobound(struct env *env, struct addr *name)
{
	struct addr family = family_alone();
	int fd = env_bound(env, &family);

	name->len = sizeof(name->bytes);
	if (fd < 0 || getsockname(fd, &name->sa, &name->len) < 0)
		return -1;
	return fd;
}

static void expect_auto_name(const struct addr *a)
{
	EXPECT_EQ(AUTO_LEN, a->len);
	EXPECT_EQ(AF_UNIX, a->sa.sa_family);
	EXPECT_EQ('\0', a->un.sun_path[0]);
	for (int i = 1; i < 6; i++)
		EXPECT_THAT(memchr("0123456789abcdef", a->un.sun_path[i], 16),
			    "byte %d of the name is one of 0-9a-f, is 0x%02x", i,
			    (unsigned char)a->un.sun_path[i]);
}

static void expect_is_autobound(int fd)
{
	struct addr name = { .len = sizeof(name.bytes) };

	EXPECT_RET(0, getsockname(fd, &name.sa, &name.len));
	expect_auto_name(&name);
}

CHECK(autobind, by_the_family_alone,
      .title = "bind() with the family alone gives an abstract name of five digits",
      CLAUSES(unix7_autobind, linux_unix_autobind_bound),
      ROWS(AUTO_01, AUTO_02, AUTO_03, AUTO_05),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .why = "Clients that must be answered need a name, and any name will do.")
{
	struct addr family = family_alone(), name = { .len = 0 };
	int fd = SETUP(env_socket(env));

	ASSERT_RET(0, bind(fd, &family.sa, family.len));
	name.len = sizeof(name.bytes);
	ASSERT_RET(0, getsockname(fd, &name.sa, &name.len));
	expect_auto_name(&name);
	ASSERT_RET(0, reach_open(env, fd));
	reach_expect(env, fd, &name);
	EXPECT_RET(0, bind(fd, &family.sa, family.len));
	reach_expect_name(fd, &name);
	reach_expect(env, fd, &name);
}

CHECK(autobind, then_no_other_name,
      .title = "An autobound socket cannot be bound to another name",
      CLAUSES(posix_bind_einval_bound, linux_unix_bind_abstract),
      ROWS(AUTO_04, ADDR_18),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "The name was given away to peers; it must not change under them.",
      .explain = "The refused bind() leaves no file.  Linux before 5.14 makes it first "
		 "and leaves it, which is accepted where nothing newer is known.")
{
	struct addr name, a = env_addr(env, 0);
	int fd = autobound(env, &name), other;

	if (fd < 0)
		SKIP_CASE("there is no autobind here");
	EXPECT_ERRNO(EINVAL, bind(fd, &a.sa, a.len));
	reach_expect_name(fd, &name);
	if (env->row->addr == PATH)
		reach_expect_unmade(&a);
	other = SETUP(env_socket(env));
	EXPECT_RET(0, bind(other, &a.sa, a.len));
}

CHECK(autobind, of_a_bound_socket,
      .title = "bind() with the family alone leaves a bound socket as it is, and succeeds",
      CLAUSES(unix7_autobind),
      ROWS(AUTO_16),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "Libraries autobind whatever they are given, to be sure of a name.",
      .explain = "A socket bound to a name keeps it and is reached by it; so does one that "
	      "was autobound.")
{
	struct addr family = family_alone(), name, a = env_addr(env, 0);
	int fd = autobound(env, &name), bound;

	if (fd < 0)
		SKIP_CASE("there is no autobind here");
	EXPECT_RET(0, bind(fd, &family.sa, family.len));
	reach_expect_name(fd, &name);
	bound = SETUP(env_bound(env, &a));
	EXPECT_RET(0, bind(bound, &family.sa, family.len));
	reach_expect_name(bound, &a);
	SETUP(reach_open(env, bound));
	reach_expect(env, bound, &a);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, AUTO_LEN);
}

CHECK(autobind, names_are_distinct,
      .title = "Sockets autobound at the same time all have different names",
      CLAUSES(unix7_autobind),
      ROWS(AUTO_06),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .nofile = 400,
      .why = "Two clients of one name would get each other's answers.")
{
	enum { N = 300 };
	unsigned char names[N][AUTO_LEN];
	int n = env->valgrind ? 40 : N;

	for (int i = 0; i < n; i++) {
		struct addr name;

		ASSERT_OK(autobound(env, &name));
		ASSERT_EQ(AUTO_LEN, name.len);
		memcpy(names[i], name.bytes, AUTO_LEN);
	}
	qsort(names, (size_t)n, AUTO_LEN, compare);
	for (int i = 1; i < n; i++)
		EXPECT_THAT(compare(names[i - 1], names[i]) != 0,
			    "no two of %d names are equal", n);
}

CHECK(autobind, skips_names_in_use,
      .title = "Autobind does not give a name that was bound explicitly",
      CLAUSES(unix7_autobind, linux_unix_autobind_used),
      ROWS(AUTO_15),
      .types = ANY_TYPE, .addrs = ABSTRACT,
      .nofile = 400,
      .why = "It would make two servers of one name.",
      .explain = "Names like those of autobind are bound by hand right after "
		 "one that autobind gave: where the kernel counts upwards it "
		 "has to skip them, where it draws lots it may meet them. "
		 "Autobound sockets then still get names of their own.")
{
	enum { N = 64 };
	struct addr taken[N], name;
	unsigned long number;

	ASSERT_OK(autobound(env, &name));
	number = strtoul((char[]){ name.bytes[3], name.bytes[4], name.bytes[5],
				   name.bytes[6], name.bytes[7], '\0' }, NULL, 16);
	for (int i = 0; i < N; i++) {
		int fd = SETUP(env_socket(env));

		taken[i] = name;
		for (unsigned int k = 0; k < 5; k++)
			taken[i].bytes[7 - k] = (unsigned char)"0123456789abcdef"
				[((number + 1 + (unsigned int)i) >> (4 * k)) & 15];
		/* Another program may have that one: as good as ours. */
		EXPECT_ERRNO_IN(bind(fd, &taken[i].sa, taken[i].len),
				0, EADDRINUSE);
	}
	for (int i = 0; i < N; i++) {
		ASSERT_OK(autobound(env, &name));
		for (int k = 0; k < N; k++)
			EXPECT_THAT(memcmp(name.bytes, taken[k].bytes, AUTO_LEN),
				    "the autobound name is none of ours");
	}
}

static void pass(int fd, int option)
{
	if (option == SO_PASSPIDFD)
		SETUP(option_try(fd, option, 1, "SO_PASSPIDFD"));
	else
		SETUP(option_set(fd, option, 1));
}

static void expect_passcred_autobinds(struct env *env, int option)
{
	struct addr server = env_addr(env, 0), missing = env_addr(env, 1);
	int on = 1, fd = SETUP(env_socket(env));

	SETUP(reach_serve(env, &server));
	pass(fd, option);
	CONTEXT("the option alone");
	reach_expect_unbound(fd);
	CONTEXT("connect() succeeds");
	EXPECT_RET(0, connect(fd, &server.sa, server.len));
	expect_is_autobound(fd);

	fd = SETUP(env_socket(env));
	SETUP(setsockopt(fd, SOL_SOCKET, option, &on, sizeof(on)));
	CONTEXT("connect() fails");
	EXPECT_ERRNO(env->row->addr == PATH ? ENOENT : ECONNREFUSED,
		     connect(fd, &missing.sa, missing.len));
	expect_is_autobound(fd);

	fd = SETUP(env_socket(env));
	CONTEXT("without the option");
	EXPECT_RET(0, connect(fd, &server.sa, server.len));
	reach_expect_unbound(fd);
}

CHECK(autobind, by_connect_with_passcred,
      .title = "connect() autobinds a socket that has SO_PASSCRED set",
      CLAUSES(unix7_autobind, linux_unix_connect_autobind),
      ROWS(AUTO_07, AUTO_08, AUTO_11),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "Whoever asks for credentials is to be told from others by name.",
      .explain = "Setting the option binds nothing yet; connect() does, before "
		 "it looks for the server, so that the name stays when the "
		 "connection is refused.")
{
	expect_passcred_autobinds(env, SO_PASSCRED);
}

CHECK(autobind, by_connect_with_passpidfd,
      .title = "connect() autobinds a socket that has SO_PASSPIDFD set",
      CLAUSES(linux_unix_connect_autobind),
      ROWS(AUTO_10, AUTO_11),
      .types = ANY_TYPE, .addrs = NAMED,
      .why = "SO_PASSPIDFD behaves as SO_PASSCRED does.")
{
	expect_passcred_autobinds(env, SO_PASSPIDFD);
}

static void expect_sendto_autobinds(struct env *env, int option)
{
	struct addr server = env_addr(env, 0), name;
	int fd = SETUP(reach_serve(env, &server));
	int client = SETUP(env_socket(env));
	char byte;

	pass(client, option);
	ASSERT_RET(1, sendto(client, "x", 1, 0, &server.sa, server.len));
	expect_is_autobound(client);
	name.len = sizeof(name.bytes);
	ASSERT_RET(1, recvfrom(fd, &byte, 1, MSG_DONTWAIT, &name.sa, &name.len));
	expect_auto_name(&name);
	reach_expect_name(client, &name);
	EXPECT_RET(1, sendto(fd, "y", 1, 0, &name.sa, name.len));
	EXPECT_RET(1, recv(client, &byte, 1, MSG_DONTWAIT));
}

static void expect_pair_autobinds(struct env *env, int option)
{
	int fd[2];

	SETUP(env_pair(env, fd));
	pass(fd[0], option);
	reach_expect_unbound(fd[0]);
	EXPECT_RET(1, send(fd[0], "x", 1, 0));
	if (env->type == SOCK_STREAM)
		reach_expect_unbound(fd[0]);
	else
		expect_is_autobound(fd[0]);
	reach_expect_unbound(fd[1]);
}

CHECK(autobind, by_sendto_with_passcred,
      .title = "sendto() autobinds a datagram socket that has SO_PASSCRED set",
      CLAUSES(unix7_autobind, linux_unix_dgram_autobind),
      ROWS(AUTO_09),
      .types = DGRAM, .addrs = NAMED,
      .why = "The receiver can then answer a client that never bound.")
{
	expect_sendto_autobinds(env, SO_PASSCRED);
}

CHECK(autobind, by_send_on_a_pair,
      .title = "send() on a socketpair with SO_PASSCRED autobinds, but no stream",
      CLAUSES(linux_unix_dgram_autobind),
      ROWS(AUTO_12, AUTO_13),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP,
      .why = "The name of a pair's end changes from unnamed by sending.")
{
	expect_pair_autobinds(env, SO_PASSCRED);
}

CHECK(autobind, by_sendto_with_passpidfd,
      .title = "sendto() autobinds a datagram socket that has SO_PASSPIDFD set",
      CLAUSES(linux_unix_dgram_autobind),
      ROWS(AUTO_80),
      .types = DGRAM, .addrs = NAMED,
      .why = "SO_PASSPIDFD behaves as SO_PASSCRED does.")
{
	expect_sendto_autobinds(env, SO_PASSPIDFD);
}

CHECK(autobind, by_send_on_a_pair_with_passpidfd,
      .title = "send() on a socketpair with SO_PASSPIDFD autobinds, but no stream",
      CLAUSES(linux_unix_dgram_autobind),
      ROWS(AUTO_80),
      .types = ANY_TYPE, .addrs = PAIR, .axes = SWAP,
      .why = "SO_PASSPIDFD behaves as SO_PASSCRED does.")
{
	expect_pair_autobinds(env, SO_PASSPIDFD);
}

/* What comes from a socket without a name brings none. */
static void expect_nameless(int fd)
{
	struct addr name = { .len = sizeof(name.bytes) };
	char byte;

	EXPECT_RET(1, recvfrom(fd, &byte, 1, MSG_DONTWAIT, &name.sa, &name.len));
	EXPECT_EQ(0, name.len);
}

static void send_unbound(struct env *env, int option)
{
	struct addr a = env_addr(env, 0);
	int server = SETUP(reach_serve(env, &a));
	int client = SETUP(env_socket(env)), peer = server;

	pass(server, option);
	if (env->type == SOCK_DGRAM) {
		CONTEXT("sendto()");
		EXPECT_RET(1, sendto(client, "x", 1, MSG_DONTWAIT, &a.sa, a.len));
		reach_expect_unbound(client);
		expect_nameless(server);
	}
	CONTEXT("connect()");
	EXPECT_RET(0, connect(client, &a.sa, a.len));
	reach_expect_unbound(client);
	if (env->type != SOCK_DGRAM)
		peer = ASSERT_OK(env_accept(env, server));
	CONTEXT("send()");
	EXPECT_RET(1, send(client, "y", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
	reach_expect_unbound(client);
	expect_nameless(peer);
	reach_expect_unbound(client);
	reach_expect_name(server, &a);
}

CHECK(autobind, not_by_the_receiver,
      .title = "SO_PASSCRED or SO_PASSPIDFD of the receiver alone gives the sender no name",
      CLAUSES(linux_unix_dgram_autobind, linux_unix_connect_autobind),
      ROWS(AUTO_81),
      .types = ANY_TYPE, .addrs = ANY_ADDR,
      PARAMS("credentials", "pidfd"),
      .why = "A server that asks who writes to it must not change its clients.",
      .explain = "The option on a server: its clients are without a name after sendto(), "
		 "connect() and send(), and so is what they send.  On one end of a pair: "
		 "the other end stays without, and receiving names neither.")
{
	int option = env->param ? SO_PASSPIDFD : SO_PASSCRED, fd[2];

	if (env->row->addr != PAIR) {
		send_unbound(env, option);
		return;
	}
	SETUP(env_pair(env, fd));
	pass(fd[1], option);
	EXPECT_RET(1, send(fd[0], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
	reach_expect_unbound(fd[0]);
	expect_nameless(fd[1]);
	reach_expect_unbound(fd[0]);
	reach_expect_unbound(fd[1]);
}
