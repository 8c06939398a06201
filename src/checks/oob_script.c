// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sequences of sending and receiving around the urgent byte.  After each step
 * it is judged whether the byte is urgent (POLLPRI), whether it comes next
 * (SIOCATMARK) and how many signals there were; and at the end whether what is
 * left counts as unread.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/util_data.h"
#include "checks/util_oob.h"
#include "checks/util_option.h"
#include "harness/check.h"

#define STEPS_MAX 7

enum act {
	ACT_END,	/* no more steps */
	ACT_SAY,	/* send the text */
	ACT_URGE,	/* send it with MSG_OOB */
	ACT_READ,	/* a plain read with room for many gives the text */
	ACT_PART,	/* one with room for just that */
	ACT_EMPTY,	/* a plain read is EAGAIN */
	ACT_TAKE,	/* MSG_OOB gives the byte */
	ACT_REFUSE,	/* MSG_OOB is EINVAL */
	ACT_INLINE,	/* set SO_OOBINLINE */
};

struct step {
	enum act act;
	const char *text;
	bool urgent;	/* POLLPRI afterwards */
	bool mark;	/* SIOCATMARK afterwards */
};

/* Old kernels: those before 6.16, some of which differ. */
struct script {
	bool resets;	/* closing then resets the peer */
	bool differs;	/* on old kernels */
	struct step step[STEPS_MAX];
};

#define SAY(text, urgent, mark) { ACT_SAY, text, urgent, mark }
#define URGE(text, urgent, mark) { ACT_URGE, text, urgent, mark }
#define READ(text, urgent, mark) { ACT_READ, text, urgent, mark }
#define PART(text, urgent, mark) { ACT_PART, text, urgent, mark }
#define EMPTY(urgent, mark) { ACT_EMPTY, "", urgent, mark }
#define TAKE(text, urgent, mark) { ACT_TAKE, text, urgent, mark }
#define REFUSE(urgent, mark) { ACT_REFUSE, "", urgent, mark }
#define INLINE(urgent, mark) { ACT_INLINE, "", urgent, mark }

static const char *const names[] = {
	"plain_unread", "plain_read", "taken", "unread", "passed_over",
	"taken_ahead", "taken_at_the_mark", "taken_before_more",
	"passed_over_before_more", "replaced_before_more", "replaced_then_read",
	"replaced_then_taken", "after_a_taken_one", "two_taken",
	"after_two_taken", "replaced_taken_and_another", "another_while_unread",
	"inline_alone", "inline_at_the_mark", "inline_when_taken",
	"inline_when_replaced", "inline_between", "inline_after_two",
	"inline_and_another", NULL
};

static const struct script scripts[] = {
	{ true, false, { SAY("x", 0, 0), REFUSE(0, 0) } },
	{ false, false, { SAY("x", 0, 0), READ("x", 0, 0) } },
	{ false, true, { URGE("x", 1, 1), TAKE("x", 0, 1) } },
	{ true, false, { URGE("x", 1, 1) } },
	{ false, false, { URGE("x", 1, 1), EMPTY(0, 0), REFUSE(0, 0) } },
	{ false, true,
	  { URGE("hello", 1, 0), TAKE("o", 0, 0), READ("hell", 0, 1) } },
	{ false, true,
	  { URGE("hello", 1, 0), READ("hell", 1, 1), TAKE("o", 0, 1),
	    EMPTY(0, 0) } },
	{ false, true,
	  { URGE("hello", 1, 0), SAY("world", 1, 0), TAKE("o", 0, 0),
	    READ("hell", 0, 1), READ("world", 0, 0) } },
	{ false, true,
	  { URGE("hello", 1, 0), SAY("world", 1, 0), READ("hell", 1, 1),
	    READ("world", 0, 0), REFUSE(0, 0) } },
	{ false, true,
	  { URGE("hello", 1, 0), URGE("wor", 1, 0), SAY("ld", 1, 0),
	    READ("hellowo", 1, 1), TAKE("r", 0, 1), READ("ld", 0, 0) } },
	{ false, true,
	  { URGE("x", 1, 1), URGE("y", 1, 0), READ("x", 1, 1),
	    TAKE("y", 0, 1) } },
	{ false, true,
	  { URGE("x", 1, 1), URGE("y", 1, 0), TAKE("y", 0, 0),
	    READ("x", 0, 1) } },
	{ false, true,
	  { URGE("x", 1, 1), TAKE("x", 0, 1), URGE("y", 1, 1), EMPTY(0, 0),
	    REFUSE(0, 0) } },
	{ false, true,
	  { URGE("x", 1, 1), TAKE("x", 0, 1), URGE("y", 1, 1),
	    TAKE("y", 0, 1) } },
	{ true, true,
	  { URGE("x", 1, 1), TAKE("x", 0, 1), URGE("y", 1, 1),
	    TAKE("y", 0, 1), URGE("z", 1, 1) } },
	{ false, true,
	  { URGE("hello", 1, 0), URGE("wor", 1, 0), TAKE("r", 0, 0),
	    URGE("ld", 1, 0), READ("hellowol", 1, 1), TAKE("d", 0, 1) } },
	{ true, true,
	  { URGE("hello", 1, 0), TAKE("o", 0, 0), URGE("world", 1, 0),
	    PART("hell", 1, 0) } },
	{ false, false,
	  { INLINE(0, 0), URGE("x", 1, 1), REFUSE(1, 1), READ("x", 0, 0) } },
	{ false, false,
	  { INLINE(0, 0), URGE("hello", 1, 0), REFUSE(1, 0),
	    READ("hell", 1, 1), READ("o", 0, 0) } },
	{ false, true,
	  { URGE("hello", 1, 0), SAY("world", 1, 0), TAKE("o", 0, 0),
	    INLINE(0, 0), READ("hell", 0, 1), READ("world", 0, 0) } },
	{ false, true,
	  { URGE("hello", 1, 0), URGE("wor", 1, 0), SAY("ld", 1, 0),
	    INLINE(1, 0), READ("hellowo", 1, 1), READ("rld", 0, 0) } },
	{ false, true,
	  { URGE("x", 1, 1), INLINE(1, 1), URGE("y", 1, 0), READ("x", 1, 1),
	    READ("y", 0, 0) } },
	{ false, true,
	  { URGE("x", 1, 1), URGE("y", 1, 0), INLINE(1, 0), READ("x", 1, 1),
	    READ("y", 0, 0) } },
	{ true, true,
	  { URGE("hello", 1, 0), TAKE("o", 0, 0), INLINE(0, 0),
	    URGE("world", 1, 0), PART("hell", 1, 0) } },
};

/* A receive with these flags, and what it must and must not write. */
static void receive(const struct step *s, int fd, int flags)
{
	size_t len = strlen(s->text), room = s->act == ACT_PART ? len : 16;
	char in[16];

	memset(in, '-', sizeof(in));
	if (s->act == ACT_TAKE || s->act == ACT_REFUSE)
		flags |= MSG_OOB;
	if (s->act == ACT_EMPTY)
		EXPECT_ERRNO(EAGAIN, recv(fd, in, room, flags));
	else if (s->act == ACT_REFUSE)
		EXPECT_ERRNO(EINVAL, recv(fd, in, room, flags));
	else
		EXPECT_RET(len, recv(fd, in, room, flags));
	EXPECT_MEM(s->text, in, len);
	EXPECT_EQ('-', in[len]);
}

static void perform(const struct step *s, const int fd[2], bool peek)
{
	size_t len = strlen(s->text);

	switch (s->act) {
	case ACT_SAY:
		ASSERT_RET(len, send(fd[0], s->text, len, MSG_NOSIGNAL));
		break;
	case ACT_URGE:
		ASSERT_RET(len, send(fd[0], s->text, len,
				     MSG_OOB | MSG_NOSIGNAL));
		break;
	case ACT_INLINE:
		EXPECT_RET(0, oob_set_inline(fd[1], 1));
		break;
	default:
		if (peek)
			receive(s, fd[1], MSG_PEEK | MSG_DONTWAIT);
		receive(s, fd[1], MSG_DONTWAIT);
	}
}

static void judge_script(struct env *env, const struct script *script,
			 bool peek)
{
	int fd[2], signals = 0;
	char byte;

	oob_pair(env, fd);
	data_catch(SIGURG, SA_RESTART, -1);
	SETUP(fcntl(fd[1], F_SETOWN, getpid()));
	for (int i = 0; script->step[i].act != ACT_END; i++) {
		const struct step *s = &script->step[i];

		CONTEXT("step %d%s", i + 1,
			peek ? ", peeking before each receive" : "");
		perform(s, fd, peek);
		EXPECT_POLL(s->urgent ? POLLPRI : 0, fd[1], POLLPRI);
		EXPECT_EQ(s->mark, oob_at_mark(fd[1]));
		signals += s->act == ACT_URGE;
		EXPECT_EQ(signals, data_caught());
	}
	CONTEXT("the receiver closes");
	EXPECT_RET(0, env_close(env, fd[1]));
	if (script->resets)
		EXPECT_ERRNO(ECONNRESET, recv(fd[0], &byte, 1, 0));
	EXPECT_RET(0, recv(fd[0], &byte, 1, 0));
}

CHECK(oob, keeps_its_place,
      .title = "At each step reads, POLLPRI, SIOCATMARK and SIGURG agree on where the urgent byte is",
      CLAUSES(linux_oob_read, linux_oob_recv, linux_oob_last, linux_oob_poll,
	      linux_oob_signal, linux_oob_release, posix_sockatmark,
	      posix_oobinline),
      ROWS(OOB_04, OOB_05, OOB_08, OOB_12, OOB_13, OOB_16, OOB_17, OOB_19,
	   OOB_25, OOB_26, OOB_29, OOB_31, OOB_35, RST_14),
      .types = STREAM, .addrs = PAIR, .params = names,
      .why = "A byte that is urgent to one call and gone to another is acted on twice or never.",
      .explain = "Each sequence is gone through plainly, and with a MSG_PEEK before each "
	      "receive, which must see the same.  The place of a byte that was taken "
	      "still ends a read and is still a mark.  What the receiver leaves unread "
	      "resets the peer; a byte that was taken does not count.  Kernels before "
	      "6.16 differ in some of them, and are not asked those.")
{
	const struct script *script = &scripts[env->param];
	int fd = SETUP(env_socket(env)), on = 1;

	if (script->differs &&
	    setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &on, sizeof(on)) < 0)
		SKIP_CASE("kernels before 6.16 differ in this");
	judge_script(env, script, false);
	judge_script(env, script, true);
}
