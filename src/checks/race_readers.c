// SPDX-License-Identifier: BSD-2-Clause
/* Many threads on one end: who gets what, and that nothing is lost. */
#include "config.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "checks/util_data.h"
#include "checks/util_rights.h"
#include "harness/check.h"

#define READERS 3

CHECK(race, one_message_one_reader,
      .title = "One byte sent to several sleeping readers is taken by one; others sleep on",
      CLAUSES(linux_readers_take_turns),
      ROWS(RACE_09),
      .types = ANY_TYPE, .addrs = PAIR, .controls = TCP | UDP,
      .needs = NEED_BLOCKED, .tags = "race",
      .why = "Workers share a socket of jobs; one that wakes for nothing must not return.")
{
	struct call c[READERS];
	bool done[READERS] = { false };
	char byte[READERS] = "";
	int64_t deadline;
	int fd[2], n = 0;

	SETUP(env_pair(env, fd));
	for (int i = 0; i < READERS; i++) {
		c[i] = (struct call){ .arg = NULL };
		call_recv(&c[i], fd[1], &byte[i], 1, 0);
		ASSERT_BLOCKS(&c[i]);
	}
	for (int round = 1; round <= READERS; round++) {
		ASSERT_RET(1, send(fd[0], "x", 1, MSG_NOSIGNAL));
		/* A reader, or the packet of a control, may take its time. */
		deadline = clock_deadline_ms(env->patience_ms);
		do {
			for (int i = 0; i < READERS; i++) {
				if (done[i] || call_is_blocked(&c[i]))
					continue;
				EXPECT_CALL_RET(1, &c[i]);
				EXPECT_EQ('x', byte[i]);
				done[i] = true;
				n++;
			}
		} while (n < round && clock_now_ns() < deadline);
		EXPECT_EQ(round, n);
	}
	for (int i = 0; i < READERS; i++)
		call_cancel(&c[i]);
	data_expect_empty(fd[1]);
}

#define SENDERS 3

struct sender {
	int sock, token;
	int n;
};

/* Each message with the descriptor; waits for room. */
static long send_tokens(struct call *c)
{
	struct sender *s = c->arg;

	for (int i = 0; i < s->n; i++) {
		struct cmsg_msg m;

		cmsg_to_send(&m, "t", 1);
		cmsg_add(&m, SOL_SOCKET, SCM_RIGHTS, &s->token, sizeof(int));
		if (sendmsg(s->sock, &m.hdr, MSG_NOSIGNAL) != 1)
			return -1;
	}
	return s->n;
}

CHECK(race, rights_of_many_threads,
      .title = "Descriptors sent by several threads all arrive, one a message, and none leaks",
      CLAUSES(linux_rights_copy),
      ROWS(RACE_10),
      .types = ANY_TYPE, .addrs = PAIR, .tags = "race",
      .why = "One reference too few closes a file under its user, one too many keeps it.",
      .explain = "Three threads send the write end of a pipe again and again while the "
	      "body receives and closes it; the pipe hangs up when all is done.")
{
	int n = env->valgrind ? 4 : 12 * (int)env->volume, fd[2], token[2];
	struct call c[SENDERS];
	struct sender s;

	SETUP(env_pair(env, fd));
	rights_token(env, token);
	s = (struct sender){ fd[0], token[1], n };
	for (int i = 0; i < SENDERS; i++) {
		c[i] = (struct call){ .arg = &s };
		call_start(&c[i], "sendmsg() in a thread", send_tokens);
	}
	for (int i = 0; i < SENDERS * n && !has_failed(); i++) {
		struct pollfd p = { fd[1], POLLIN, 0 };
		struct cmsg_msg m;

		CONTEXT("message %d", i);
		EXPECT_RET(1, poll(&p, 1, -1));
		EXPECT_RET(1, rights_recv(fd[1], &m, 1, RIGHTS_SPACE(2), 0));
		EXPECT_MSG_FLAGS(0, m.hdr.msg_flags);
		EXPECT_EQ(1, rights_close(&m));
	}
	CONTEXT("%s", "");
	if (has_failed())
		SETUP(shutdown(fd[1], SHUT_RD));
	for (int i = 0; i < SENDERS; i++)
		EXPECT_CALL_RET(n, &c[i]);
	rights_expect_held(token[0]);
	SETUP(env_close(env, token[1]));
	rights_expect_freed(token[0]);
	data_expect_empty(fd[1]);
}

#define WRITERS 2
#define BLOCKS 3

/* Blocks of one letter, each by one write. */
struct writer {
	int fd;
	char letter;
	size_t len;
};

static long write_blocks(struct call *c)
{
	struct writer *w = c->arg;
	cleanup_free char *block = malloc(w->len);

	if (!block)
		return -1;
	memset(block, w->letter, w->len);
	for (int i = 0; i < BLOCKS; i++) {
		if (send(w->fd, block, w->len, MSG_NOSIGNAL) != (ssize_t)w->len)
			return -1;
	}
	return BLOCKS;
}

/* What has come: of each writer, and how often the letter changed midway. */
struct mixture {
	size_t segment, len;
	size_t got[WRITERS];
	int last;
	int changes;
};

/* A change of writer is where a piece of the one before ends. */
static bool note_bytes(struct mixture *m, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int who = data[i] - 'a';

		if (who < 0 || who >= WRITERS)
			return false;
		if (m->last >= 0 && who != m->last) {
			size_t at = m->got[m->last] % m->len;

			if (at % m->segment != 0)
				return false;
			m->changes += at != 0;
		}
		m->last = who;
		m->got[who]++;
	}
	return true;
}

CHECK(reliability, long_writes_mix_at_pieces,
      .title = "Long writes of two to one stream mix nowhere but between queued pieces",
      CLAUSES(linux_stream_segments, linux_stream_write_whole),
      ROWS(REL_07),
      .types = STREAM, .addrs = PAIR, .tags = "race",
      .why = "Programs that share a stream rely on writes up to a size to stay whole.",
      .explain = "Two threads write blocks of three pieces and a bit, each block of one "
	      "letter.  Where the letter changes inside a block, the length before it "
	      "is a multiple of the piece that the kernel queues.")
{
	struct mixture m = { .last = -1 };
	struct writer w[WRITERS];
	struct call c[WRITERS];
	int fd[2];

	SETUP(env_pair(env, fd));
	m.segment = data_segment(fd[0], fd[1]);
	m.len = 3 * m.segment + 100;
	for (int i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){ fd[0], (char)('a' + i), m.len };
		c[i] = (struct call){ .arg = &w[i] };
		call_start(&c[i], "send() in a thread", write_blocks);
	}
	for (size_t got = 0; got < WRITERS * BLOCKS * m.len;) {
		char data[16384];
		ssize_t n = EXPECT_OK(recv(fd[1], data, sizeof(data), 0));

		if (n <= 0 || !note_bytes(&m, data, (size_t)n)) {
			EXPECT_THAT(false, "a letter changes between pieces, "
				    "not %zu and %zu bytes of blocks of %zu in",
				    m.got[0], m.got[1], m.len);
			SETUP(shutdown(fd[1], SHUT_RD));
			break;
		}
		got += (size_t)n;
	}
	for (int i = 0; i < WRITERS; i++) {
		EXPECT_CALL_RET(BLOCKS, &c[i]);
		EXPECT_EQ(BLOCKS * m.len, m.got[i]);
	}
	NOTE("pieces of %zu bytes; a block was cut by the other writer %d times",
	     m.segment, m.changes);
}
