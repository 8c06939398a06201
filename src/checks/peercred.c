// SPDX-License-Identifier: BSD-2-Clause
/* SO_PEERCRED: who made the other end, by the kernel's word. */
#include "config.h"

#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_cred.h"
#include "harness/check.h"

CHECK(peercred, of_a_pair,
      .title = "Each end of a pair shows the process that made the pair",
      CLAUSES(unix7_peercred, linux_init_peercred),
      ROWS(CRED_16),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Programs that are handed an end trust who it is said to be from.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	cred_expect_peer(cred_self(), fd[0]);
	cred_expect_peer(cred_self(), fd[1]);
}

CHECK(peercred, without_a_peer,
      .title = "An unconnected socket shows pid 0 and the ids -1",
      CLAUSES(linux_peercred_empty),
      ROWS(CRED_18),
      .types = ANY_TYPE,
      .why = "It is a success that names nobody: a program that looks at the "
	     "uid alone must not take it for a user.")
{
	int fd = SETUP(env_socket(env));

	cred_expect_peer(cred_none(), fd);
}

CHECK(peercred, of_connected_datagrams,
      .title = "A datagram socket that is connected, not paired, shows nobody",
      CLAUSES(linux_peercred_empty),
      ROWS(CRED_35),
      .types = DGRAM, .addrs = NAMED,
      .why = "Datagram servers must ask for SCM_CREDENTIALS: there is no peer "
	     "that made the connection.")
{
	int fd[2];

	SETUP(env_pair(env, fd));
	cred_expect_peer(cred_none(), fd[0]);
	cred_expect_peer(cred_none(), fd[1]);
}

CHECK(peercred, length,
      .title = "A short buffer gets the first bytes, a long one reports 12",
      CLAUSES(linux_peercred_length),
      ROWS(CRED_17),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A program that asks for less must see that it got less.")
{
	struct ucred self = cred_self();
	unsigned char buf[32], poison[32];
	int fd[2];

	memset(poison, 0xa5, sizeof(poison));
	SETUP(env_pair(env, fd));
	for (socklen_t room = 0; room <= sizeof(buf); room++) {
		socklen_t len = room;
		socklen_t want = room < sizeof(self) ? room : sizeof(self);

		CONTEXT("room for %u bytes", (unsigned int)room);
		memcpy(buf, poison, sizeof(buf));
		EXPECT_RET(0, getsockopt(fd[0], SOL_SOCKET, SO_PEERCRED, buf,
					 &len));
		EXPECT_EQ(want, len);
		EXPECT_MEM(&self, buf, want);
		EXPECT_MEM(poison + want, buf + want, sizeof(buf) - want);
	}
}

struct ends {
	struct addr a;
	int fd, other;
};

static int listen_on(struct env *env, void *arg)
{
	struct ends *e = arg;

	(void)env;
	EXPECT_RET(0, listen(e->fd, 5));
	cred_expect_peer(cred_self(), e->fd);
	return 0;
}

/* cred_self() of a child of this pid. */
static struct ucred as_child(pid_t pid)
{
	struct ucred c = cred_self();

	c.pid = pid;
	return c;
}

CHECK(peercred, of_the_listener,
      .title = "A client sees the process that called listen(), ended or not",
      CLAUSES(unix7_peercred, linux_listen_peercred),
      ROWS(CRED_21, CRED_39, CRED_25),
      .types = CONNECTED, .addrs = NAMED,
      .why = "With socket activation the peer is the manager that listened, "
	     "and not the service that answers.",
      .explain = "A child calls listen() on the inherited socket, sees itself "
		 "there as does everyone, and ends; clients that come later "
		 "still see its pid.")
{
	struct ends e = { .a = env_addr(env, 0) };
	int client, conn;
	pid_t child;

	e.fd = SETUP(env_bound(env, &e.a));
	cred_expect_peer(cred_none(), e.fd);
	child = env_fork(env, listen_on, &e);
	EXPECT_EQ(0, env_reap(env, child));
	cred_expect_peer(as_child(child), e.fd);
	client = SETUP(env_connect(env, &e.a));
	cred_expect_peer(as_child(child), client);
	conn = SETUP(env_accept(env, e.fd));
	cred_expect_peer(cred_self(), conn);
}

CHECK(peercred, of_a_second_listen,
      .title = "listen() again changes what later clients see, not earlier ones",
      CLAUSES(linux_listen_peercred, unix7_peercred),
      ROWS(CRED_23),
      .types = CONNECTED, .addrs = ABSTRACT,
      .why = "A service that calls listen() on the socket it was handed is "
	     "seen as itself, from then on.")
{
	struct ends e = { .a = env_addr(env, 0) };
	int early, late;
	pid_t child;

	e.fd = SETUP(env_listener(env, 5, &e.a));
	early = SETUP(env_connect(env, &e.a));
	cred_expect_peer(cred_self(), early);
	child = env_fork(env, listen_on, &e);
	EXPECT_EQ(0, env_reap(env, child));
	late = SETUP(env_connect(env, &e.a));
	cred_expect_peer(as_child(child), late);
	cred_expect_peer(cred_self(), early);
}

static int connect_to(struct env *env, void *arg)
{
	struct ends *e = arg;

	(void)env;
	EXPECT_RET(0, connect(e->other, &e->a.sa, e->a.len));
	return 0;
}

CHECK(peercred, of_the_client,
      .title = "The server sees the process that called connect(), ended or not",
      CLAUSES(unix7_peercred, linux_connect_peercred),
      ROWS(CRED_22, CRED_24, CRED_25),
      .types = CONNECTED, .addrs = NAMED,
      .why = "Access is granted by it: it must be who connected, not who made "
	     "the socket or who uses it now.",
      .explain = "A child connects a socket made by its parent, and ends before "
		 "accept(). Its pid is kept, though the number may be another "
		 "process by the time that it is looked up.")
{
	struct ends e = { .a = env_addr(env, 0) };
	int conn;
	pid_t child;

	e.fd = SETUP(env_listener(env, 5, &e.a));
	e.other = SETUP(env_socket(env));
	child = env_fork(env, connect_to, &e);
	EXPECT_EQ(0, env_reap(env, child));
	conn = (int)ASSERT_OK(env_accept(env, e.fd));
	cred_expect_peer(as_child(child), conn);
	cred_expect_peer(cred_self(), e.other);
}

CHECK(peercred, of_each_waiting_client,
      .title = "Of several clients that wait for accept() each is shown as itself",
      CLAUSES(unix7_peercred, linux_connect_peercred),
      ROWS(CRED_80, CRED_22),
      .types = CONNECTED, .addrs = NAMED,
      .why = "A server that is busy would take one user for another.",
      .explain = "This process, a child, this process and another child connect, in that "
		 "order; nothing is accepted before all have.")
{
	struct ends e = { .a = env_addr(env, 0) };
	struct ucred want[4];

	e.fd = SETUP(env_listener(env, 5, &e.a));
	for (int i = 0; i < 4; i++) {
		e.other = SETUP(env_socket(env));
		want[i] = cred_self();
		if (i % 2) {
			want[i].pid = env_fork(env, connect_to, &e);
			EXPECT_EQ(0, env_reap(env, want[i].pid));
		} else {
			EXPECT_RET(0, connect(e.other, &e.a.sa, e.a.len));
		}
	}
	for (int i = 0; i < 4; i++) {
		int conn = (int)ASSERT_OK(env_accept(env, e.fd));

		CONTEXT("client %d", i);
		cred_expect_peer(want[i], conn);
	}
}

static long call_listen(struct call *c)
{
	return listen(*(int *)c->arg, 5);
}

static long call_socketpair(struct call *c)
{
	return socketpair(AF_UNIX, *(int *)c->arg | SOCK_CLOEXEC, 0, c->buf);
}

CHECK(peercred, of_a_thread,
      .title = "A listen(), connect() or socketpair() of another thread shows the process id",
      CLAUSES(unix7_peercred, linux_connect_peercred, linux_listen_peercred),
      ROWS(CRED_16, CRED_21, CRED_22),
      .types = CONNECTED, .addrs = ABSTRACT,
      .why = "The id of a thread would match no process that anyone knows.")
{
	struct addr a = env_addr(env, 0);
	int fd = SETUP(env_bound(env, &a)), pair[2];
	int client = SETUP(env_socket(env));
	struct call c = { .arg = &fd };

	call_start(&c, "listen(fd, 5)", call_listen);
	EXPECT_CALL_RET(0, &c);
	call_connect(&c, client, &a);
	EXPECT_CALL_RET(0, &c);
	cred_expect_peer(cred_self(), client);
	cred_expect_peer(cred_self(), (int)ASSERT_OK(env_accept(env, fd)));
	c = (struct call){ .buf = pair, .arg = &env->type };
	call_start(&c, "socketpair(AF_UNIX, type, 0, pair)", call_socketpair);
	EXPECT_CALL_RET(0, &c);
	for (int i = 0; i < 2; i++)
		cred_expect_peer(cred_self(), env_own(env, pair[i]));
}

static int use_end(struct env *env, void *arg)
{
	int *fd = arg;
	char byte;

	(void)env;
	EXPECT_RET(1, send(fd[1], "x", 1, MSG_NOSIGNAL));
	EXPECT_RET(1, recv(fd[1], &byte, 1, 0));
	return 0;
}

CHECK(peercred, not_of_the_user,
      .title = "A child that uses the inherited end does not change SO_PEERCRED",
      CLAUSES(linux_init_peercred),
      ROWS(CRED_26),
      .types = CONNECTED, .addrs = ANY_ADDR,
      .why = "What was checked at the start stays true for the connection, "
	     "whoever writes.")
{
	int fd[2];
	char byte;

	SETUP(env_pair(env, fd));
	SETUP(send(fd[0], "y", 1, MSG_NOSIGNAL));
	EXPECT_EQ(0, env_reap(env, env_fork(env, use_end, fd)));
	cred_expect_peer(cred_self(), fd[0]);
	EXPECT_RET(1, recv(fd[0], &byte, 1, MSG_DONTWAIT));
	cred_expect_peer(cred_self(), fd[0]);
	cred_expect_peer(cred_self(), fd[1]);
}

CHECK(peercred, effective_ids,
      .title = "SO_PEERCRED has the effective ids of the moment of connect()",
      CLAUSES(linux_connect_peercred, unix7_peercred),
      ROWS(CRED_29, CRED_24),
      .types = CONNECTED, .addrs = ABSTRACT, .needs = NEED_OTHER_USER,
      .why = "A setuid program connects as the user whose rights it has.",
      .explain = "Between connect() and accept() the client changes back: the "
		 "server sees what was in force at connect(). SCM_CREDENTIALS "
		 "has the real ids instead, which are those for files here.")
{
	struct addr a = env_addr(env, 0);
	struct ucred other = { getpid(), CRED_NOBODY, CRED_NOBODY };
	int fd = SETUP(env_listener(env, 5, &a));
	int client = SETUP(env_socket(env));
	int conn;

	SETUP(setegid(CRED_NOBODY) < 0 ? -1 : seteuid(CRED_NOBODY));
	setfsgid(0);
	setfsuid(0);
	EXPECT_RET(0, connect(client, &a.sa, a.len));
	SETUP(seteuid(0) < 0 ? -1 : setegid(0));
	conn = (int)ASSERT_OK(env_accept(env, fd));
	cred_expect_peer(other, conn);
	cred_expect_peer(cred_self(), client);
}
