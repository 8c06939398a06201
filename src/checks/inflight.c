// SPDX-License-Identifier: BSD-2-Clause
/*
 * How many descriptors may be in flight.  The count is the user's, so the
 * cases become a user whom nobody else is; where that cannot be, they run
 * alone, and others of the user may be in the count.
 */
#include "config.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "checks/util_data.h"
#include "checks/util_gc.h"
#include "checks/util_rights.h"
#include "harness/check.h"

#define LIMIT 64
#define N_PAIRS 4
#define FIRST_UID 1000000000

struct flight {
	int sock[N_PAIRS][2];
	int token[2];
};

static void set_limit(rlim_t value)
{
	struct rlimit limit;

	SETUP(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = value;
	SETUP(setrlimit(RLIMIT_NOFILE, &limit));
}

/* Pairs and a token, made before the limit is lowered. */
static void prepare(struct env *env, struct flight *f)
{
	rights_needs_nofile(env);
	for (int i = 0; i < N_PAIRS; i++)
		SETUP(env_pair(env, f->sock[i]));
	rights_token(env, f->token);
	set_limit(LIMIT);
}

/* No capability, and no process of the same user. */
static void become_nobody_else(void)
{
	uid_t uid = FIRST_UID + (uid_t)getpid();

	if (geteuid() != 0)
		return;
	SETUP(setgroups(0, NULL));
	if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
		SETUP(env_become_ordinary());
}

/* n copies of the token on pair i, in one message. */
static ssize_t send_tokens(struct flight *f, int i, int n)
{
	int list[LIMIT + 2];

	for (int j = 0; j < n; j++)
		list[j] = f->token[1];
	return rights_send(f->sock[i][0], list, n, "x", 1);
}

static void expect_full(struct env *env, struct flight *f)
{
	EXPECT_ERRNO(ETOOMANYREFS, send_tokens(f, 3, 1));
	EXPECT_ERRNO(ETOOMANYREFS, send_tokens(f, 3, 2));
	data_expect_empty(f->sock[3][1]);
	data_expect_works(env, f->sock[3][0], f->sock[3][1]);
}

static void receive_tokens(struct flight *f, int i, int n)
{
	struct cmsg_msg m;

	EXPECT_RET(1, rights_recv(f->sock[i][1], &m, 1,
				  RIGHTS_SPACE((size_t)n), 0));
	EXPECT_EQ(n, rights_close(&m));
}

CHECK(inflight, limit_and_recovery,
      .title = "With more than RLIMIT_NOFILE in flight sending descriptors is ETOOMANYREFS",
      CLAUSES(unix7_etoomanyrefs, unix7_in_flight, linux_inflight_user),
      ROWS(LIM_01, LIM_03, RTS_79),
      .types = ANY_TYPE, .addrs = PAIR, .exclusive = true,
      .needs = NEED_ORDINARY,
      .why = "Kernel memory must be bounded, and a sender must get over it.",
      .explain = "An ordinary user with a limit of 64 puts 32 and 32 in flight on two "
	      "pairs, and one more on a third; the next is refused, data still passes, a "
	      "peek changes nothing, receiving the one makes room for one, and closing a "
	      "receiver for all that waited in it.")
{
	struct flight f;
	struct cmsg_msg m;

	become_nobody_else();
	prepare(env, &f);
	CONTEXT("below the limit");
	ASSERT_RET(1, send_tokens(&f, 0, LIMIT / 2));
	ASSERT_RET(1, send_tokens(&f, 1, LIMIT / 2));
	CONTEXT("at the limit");
	ASSERT_RET(1, send_tokens(&f, 2, 1));
	CONTEXT("beyond the limit");
	expect_full(env, &f);
	CONTEXT("after peeks");
	for (int i = 0; i < 5; i++) {
		EXPECT_RET(1, rights_recv(f.sock[2][1], &m, 1, RIGHTS_SPACE(1),
					  MSG_PEEK));
		EXPECT_EQ(1, rights_close(&m));
	}
	expect_full(env, &f);
	CONTEXT("after receiving one");
	receive_tokens(&f, 2, 1);
	EXPECT_RET(1, send_tokens(&f, 2, 1));
	expect_full(env, &f);
	CONTEXT("after closing a receiver");
	EXPECT_RET(0, env_close(env, f.sock[0][1]));
	EXPECT_RET(1, send_tokens(&f, 3, 1));
	receive_tokens(&f, 3, 1);
	receive_tokens(&f, 2, 1);
	receive_tokens(&f, 1, LIMIT / 2);
	SETUP(env_close(env, f.token[1]));
	rights_expect_freed(f.token[0]);
}

/* Take the message with LIMIT / 2 descriptors that waits on pair 0 away. */
static void take_away(struct env *env, struct flight *f)
{
	struct cmsg_msg m;
	char byte;

	switch (env->param) {
	case 0:
		receive_tokens(f, 0, LIMIT / 2);
		return;
	case 1:
		EXPECT_RET(1, rights_recv(f->sock[0][1], &m, 1, RIGHTS_SPACE(4), 0));
		EXPECT_EQ(4, rights_close(&m));
		return;
	case 2:
		EXPECT_RET(1, read(f->sock[0][1], &byte, 1));
		return;
	default:
		EXPECT_RET(0, env_close(env, f->sock[0][1]));
	}
}

CHECK(inflight, what_is_taken_makes_room,
      .title = "A message that leaves the queue makes room for all its descriptors, no more",
      CLAUSES(linux_inflight_user, unix7_in_flight),
      ROWS(LIM_10),
      .types = ANY_TYPE, .addrs = PAIR, .exclusive = true,
      PARAMS("received", "cut", "read", "closed"),
      .why = "What is not taken off the count is lost until the user has no process left.",
      .explain = "With 65 of 64 in flight, a message of 32 is received, cut to four, read "
	      "without control data, or dropped with its receiver; then 31 and 1 fit, "
	      "and not one more.  Twice.")
{
	struct flight f;

	become_nobody_else();
	prepare(env, &f);
	ASSERT_RET(1, send_tokens(&f, 1, LIMIT / 2));
	ASSERT_RET(1, send_tokens(&f, 0, LIMIT / 2));
	ASSERT_RET(1, send_tokens(&f, 2, 1));
	expect_full(env, &f);
	for (int round = 0; round < (env->param == 3 ? 1 : 2); round++) {
		int to = env->param == 3 ? 2 : 0;

		CONTEXT("round %d", round);
		take_away(env, &f);
		ASSERT_RET(1, send_tokens(&f, to, LIMIT / 2 - 1));
		ASSERT_RET(1, send_tokens(&f, 3, 1));
		EXPECT_ERRNO(ETOOMANYREFS, send_tokens(&f, 1, 1));
		receive_tokens(&f, 3, 1);
		if (env->param == 3)
			break;
		/* As before the round: 32 in one message on pair 0, and full. */
		receive_tokens(&f, 0, LIMIT / 2 - 1);
		ASSERT_RET(1, send_tokens(&f, 0, LIMIT / 2));
		expect_full(env, &f);
	}
}

CHECK(inflight, collected_makes_room,
      .title = "A cycle of sockets that is collected takes all its descriptors off the count",
      CLAUSES(linux_inflight_user, linux_gc_collects),
      ROWS(LIM_60),
      .types = ANY_TYPE, .addrs = PAIR, .exclusive = true,
      .needs = NEED_ORDINARY,
      .why = "What is not taken off the count is lost until the user has no process left.",
      .explain = "A socket with 63 other descriptors is in its own queue, and is collected; "
	      "then 32, 32 and 1 fit, and not one more.")
{
	int64_t deadline;
	struct flight f;
	int list[LIMIT];

	become_nobody_else();
	prepare(env, &f);
	for (int i = 0; i < LIMIT; i++)
		list[i] = f.token[1];
	list[LIMIT / 2] = f.sock[0][1];
	ASSERT_RET(1, rights_send(f.sock[0][0], list, LIMIT, "x", 1));
	SETUP(env_close(env, f.sock[0][0]));
	SETUP(env_close(env, f.sock[0][1]));
	SETUP(env_close(env, f.token[1]));
	deadline = clock_deadline_ms(env->patience_ms);
	if (gc_nudge_until(f.token[0], deadline) < 0)
		SKIP_CASE("no cycle of sockets was collected here in %u ms",
			  env->patience_ms);
	rights_token(env, f.token);
	ASSERT_RET(1, send_tokens(&f, 1, LIMIT / 2));
	ASSERT_RET(1, send_tokens(&f, 2, LIMIT / 2));
	ASSERT_RET(1, send_tokens(&f, 2, 1));
	expect_full(env, &f);
}

struct other {
	struct flight *f;
	int ready, go;
};

static int hold_in_flight(struct env *env, void *arg)
{
	struct other *o = arg;
	int own[2];
	char byte;

	if (socketpair(AF_UNIX, env->type | SOCK_CLOEXEC, 0, own) < 0)
		return 1;
	o->f->sock[0][0] = own[0];
	if (send_tokens(o->f, 0, LIMIT + 1) != 1)
		return 2;
	if (write(o->ready, "r", 1) != 1)
		return 3;
	return read(o->go, &byte, 1) != 1;
}

CHECK(inflight, counts_user,
      .title = "The limit is on the user's descriptors in flight, over all processes",
      CLAUSES(linux_inflight_user, unix7_etoomanyrefs),
      ROWS(LIM_05),
      .types = ANY_TYPE, .addrs = PAIR, .exclusive = true,
      .needs = NEED_ORDINARY,
      .why = "One process of a user can stop descriptor passing in all the others.")
{
	struct flight f;
	struct other o = { .f = &f };
	int ready[2], go[2];
	char byte;
	pid_t pid;

	become_nobody_else();
	SETUP(env_pipe(env, ready));
	SETUP(env_pipe(env, go));
	prepare(env, &f);
	o.ready = ready[1];
	o.go = go[0];
	pid = env_fork(env, hold_in_flight, &o);
	SETUP(env_close(env, ready[1]));
	ASSERT_RET(1, read(ready[0], &byte, 1));
	expect_full(env, &f);
	SETUP(write(go[1], "g", 1));
	ASSERT_EQ(0, env_reap(env, pid));
	CONTEXT("after the other process ended");
	EXPECT_RET(1, send_tokens(&f, 3, 1));
	receive_tokens(&f, 3, 1);
}

/* Ids of this process are the machine's own: capable() asks for those. */
static bool is_initial_user_namespace(void)
{
	cleanup_fclose FILE *f = fopen("/proc/self/uid_map", "re");
	unsigned long in, out, n;

	return f && fscanf(f, "%lu %lu %lu", &in, &out, &n) == 3 && in == 0 &&
	       out == 0 && n == 4294967295UL;
}

CHECK(inflight, capability_exempts,
      .title = "CAP_SYS_RESOURCE or CAP_SYS_ADMIN lifts the limit on descriptors in flight",
      CLAUSES(unix7_etoomanyrefs),
      ROWS(LIM_02),
      .types = ANY_TYPE, .addrs = PAIR, .needs = NEED_ROOT, .exclusive = true,
      .why = "Brokers of the system pass more than any one user may.",
      .explain = "Root puts more than its limit in flight with either capability alone; "
	      "without both it is refused.")
{
	static const unsigned int caps[] = { CAP_SYS_RESOURCE, CAP_SYS_ADMIN };
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct all[2], some[2];
	unsigned int both = 1u << caps[0] | 1u << caps[1];
	struct flight f;

	if (!is_initial_user_namespace())
		SKIP_CASE("root of a user namespace has no such capability");
	prepare(env, &f);
	SETUP(syscall(SYS_capget, &head, all));
	if (!(all[0].effective & both))
		SKIP_CASE("neither capability is there");
	ASSERT_RET(1, send_tokens(&f, 0, LIMIT + 1));
	for (int i = 0; i < 2; i++) {
		if (!(all[0].effective & 1u << caps[i]))
			continue;
		CONTEXT("capability %u", caps[i]);
		memcpy(some, all, sizeof(some));
		some[0].effective &= ~(both & ~(1u << caps[i]));
		SETUP(syscall(SYS_capset, &head, some));
		EXPECT_RET(1, send_tokens(&f, 1, 1));
		receive_tokens(&f, 1, 1);
		SETUP(syscall(SYS_capset, &head, all));
	}
	CONTEXT("neither capability");
	memcpy(some, all, sizeof(some));
	some[0].effective &= ~both;
	SETUP(syscall(SYS_capset, &head, some));
	expect_full(env, &f);
}

#define LEVELS 20
#define OLD_LEVELS 5

CHECK(inflight, nested,
      .title = "Sockets may wait inside sockets in flight, 20 deep, and come out again",
      CLAUSES(linux_nested_rights),
      ROWS(LIM_04),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Proxies hand on sockets that hold sockets.",
      .explain = "Before 6.10 the sixth send fails with ETOOMANYREFS, which is accepted "
	      "where SO_PASSRIGHTS (6.16) is not known, and no other depth.")
{
	int fd[2], token[2], inner, n;
	struct cmsg_msg m;
	long ret = 1;

	rights_token(env, token);
	inner = token[1];
	for (n = 0; n < LEVELS && ret == 1; n++) {
		SETUP(env_pair(env, fd));
		ret = EXPECT_ERRNO_IN(rights_send(fd[0], &inner, 1, "n", 1),
				      0, ETOOMANYREFS);
		if (ret != 1)
			break;
		SETUP(env_close(env, inner));
		SETUP(env_close(env, fd[0]));
		inner = fd[1];
	}
	EXPECT_THAT(n == LEVELS ||
		    (n == OLD_LEVELS && !release_proven(RELEASE_6_16)),
		    "%d levels, or %d before 6.10: %d", LEVELS, OLD_LEVELS, n);
	rights_expect_held(token[0]);
	while (n-- > 0) {
		CONTEXT("level %d", n);
		ASSERT_RET(1, rights_recv(inner, &m, 1, RIGHTS_SPACE(1), 0));
		SETUP(env_close(env, inner));
		ASSERT_EQ(1, rights_take(env, &m, &inner, 1));
	}
	EXPECT_THAT(rights_same(inner, token[0]), "the innermost is the pipe");
	EXPECT_RET(0, env_close(env, inner));
	rights_expect_freed(token[0]);
}

CHECK(inflight, nested_dropped,
      .title = "Dropping the outermost socket frees all that is nested inside it",
      CLAUSES(linux_release_unread, posix_close_last),
      ROWS(LIM_04, RTS_14),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "Each level frees the next: none may be forgotten.")
{
	int fd[2], token[2], inner;

	rights_token(env, token);
	inner = token[1];
	for (int n = 0; n < OLD_LEVELS; n++) {
		SETUP(env_pair(env, fd));
		ASSERT_RET(1, rights_send(fd[0], &inner, 1, "n", 1));
		SETUP(env_close(env, inner));
		SETUP(env_close(env, fd[0]));
		inner = fd[1];
	}
	rights_expect_held(token[0]);
	EXPECT_RET(0, env_close(env, inner));
	EXPECT_RET(1, poll(&(struct pollfd){ token[0], POLLIN, 0 }, 1, -1));
	rights_expect_freed(token[0]);
}

CHECK(inflight, open_beyond_limit,
      .title = "Sockets work on when RLIMIT_NOFILE is lowered below their descriptors",
      CLAUSES(getrlimit2_nofile),
      ROWS(LIM_09),
      .types = ANY_TYPE, .addrs = PAIR,
      .why = "A sandbox sets the limit to 0 once it holds what it needs.")
{
	struct rlimit before;
	struct cmsg_msg m;
	int fd[2], token;

	rights_needs_nofile(env);
	SETUP(env_pair(env, fd));
	token = rights_token_sent(env, fd[0]);
	SETUP(getrlimit(RLIMIT_NOFILE, &before));
	set_limit(0);
	EXPECT_ERRNO(EMFILE, socket(AF_UNIX, env->type | SOCK_CLOEXEC, 0));
	EXPECT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(1), 0));
	EXPECT_MSG_FLAGS(MSG_CTRUNC, m.hdr.msg_flags);
	EXPECT_EQ(0, rights_close(&m));
	data_expect_works(env, fd[0], fd[1]);
	data_expect_works(env, fd[1], fd[0]);
	SETUP(setrlimit(RLIMIT_NOFILE, &before));
	rights_expect_freed(token);
}
