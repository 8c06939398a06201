// SPDX-License-Identifier: BSD-2-Clause
/*
 * Answers that wait: a client asks a great deal and reads when nothing more is
 * taken of it.  What it was answered then has to be there, in order.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/names.h"
#include "probe/probe.h"
#include "probe/util_load.h"

#define REQUEST 480		/* bytes: a line that nobody calls long */
#define ASKED_MAX (2 << 20)	/* of one client; messages fewer, see below */
#define N_ASKERS 2

struct asker {
	int fd;
	struct buf asked;	/* all that went out */
	size_t answered;	/* so much of it came back, and was right */
	bool right;
	bool closed;
	int err;
};

/* Send until the server takes no more, or all. */
static void ask(struct target *t, struct asker *a, char who)
{
	bool stalled = false;

	for (unsigned int i = 0; !stalled && a->asked.len < ASKED_MAX; i++) {
		char request[REQUEST + 1];
		size_t done = 0;
		int n = snprintf(request, sizeof(request), "client %c asks %u ",
				 who, i);

		memset(request + n, who, (size_t)(REQUEST - n));
		request[REQUEST - 1] = '\n';
		while (done < REQUEST) {
			ssize_t sent = send(a->fd, request + done,
					    REQUEST - done,
					    MSG_NOSIGNAL | MSG_DONTWAIT);

			if (sent > 0)
				done += (size_t)sent;
			else if (sent < 0 && errno == EAGAIN) {
				if (!load_await_room(t, a->fd))
					break;
			} else if (errno != EINTR)
				break;
		}
		buf_add(&a->asked, request, done);
		stalled = done < REQUEST;
	}
}

/* Read on until all came, the end, something else, or nothing in time. */
static void read_answers(struct asker *a)
{
	static char chunk[65536];
	int64_t deadline = client_deadline();

	a->right = true;
	while (a->right && !a->closed && a->answered < a->asked.len) {
		struct pollfd p = { .fd = a->fd, .events = POLLIN };
		ssize_t n = recv(a->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

		if (n > 0) {
			a->right = a->answered + (size_t)n <= a->asked.len &&
				   memcmp(chunk, a->asked.data + a->answered,
					  (size_t)n) == 0;
			a->answered += a->right ? (size_t)n : 0;
			deadline = client_deadline();
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			a->err = n < 0 ? errno : 0;
			a->closed = true;
		} else if (poll(&p, 1, clock_left_ms(deadline)) == 0) {
			return;
		}
	}
}

static void judge_answers(const struct asker *a, const char *did,
			  bool may_close)
{
	verb_begin(VERB_EXPECT, did, HERE);
	finding(a->right, "its answers, in order",
		"something else after %zu bytes that were right", a->answered);
	verb_begin(VERB_EXPECT, did, HERE);
	finding(a->answered == a->asked.len || (may_close && a->closed),
		"all of its answers", "%zu bytes of %zu, then %s",
		a->answered, a->asked.len, !a->closed ? "nothing more" :
		a->err ? name_errno(a->err) : "the end");
}

PROBE(talk, unread_answers_are_kept,
      .title = "Answers that a client reads late are all there and in order",
      CLAUSES(server_answers_own, server_request_whole,
	      posix_recv_stream_boundaries),
      .types = CONNECTED, .addrs = NAMED, .wants = WANTS_ECHO,
      .tags = "report",
      .intrusive = "send up to four megabytes and read the answers late",
      .why = "A client that is busy for a moment finds a hole in what it reads, "
	     "or waits for ever: the server forgot what did not fit the "
	     "socket.",
      .repair = "send() may take a part, or nothing (EAGAIN): keep the rest "
		"with the connection, wait for POLLOUT, send on from there; and "
		"read no more of a client that has much to read.",
      .explain = "Two clients send lines until nothing of them is taken for 50 "
		 "ms, 2 MiB at most, then the one and the other read. A server "
		 "may close on a client that does not read, but what it "
		 "answered before has no hole.")
{
	struct asker askers[N_ASKERS] = { 0 };

	for (int i = 0; i < N_ASKERS; i++)
		askers[i].fd = client_enter_beside(t);
	for (int i = 0; i < N_ASKERS; i++)
		ask(t, &askers[i], (char)('A' + i));
	for (int i = 0; i < N_ASKERS; i++) {
		struct asker *a = &askers[i];

		read_answers(a);
		NOTE("%zu of %zu bytes came back%s", a->answered,
		     a->asked.len, a->closed ? ", then the end" : "");
		judge_answers(a, "read what the server answered meanwhile",
			      true);
		/* One after the other is served so. */
		SETUP(env_close(env, a->fd));
		buf_free(&a->asked);
	}
	client_still_served(t, "after clients that read late");
}

PROBE(talk, half_close_loses_nothing,
      .title = "A client that ended its side gets all of many answers",
      CLAUSES(server_half_close, posix_shutdown_disables),
      .types = CONNECTED, .addrs = NAMED, .wants = WANTS_ECHO,
      .intrusive = "send up to two megabytes and read the answers late",
      .why = "A short answer has left before the end is seen; of a long one "
	     "the rest is thrown away, and only for large files.",
      .repair = "On the end of the requests close only when nothing waits to "
		"be sent; until then watch for POLLOUT alone.",
      .explain = "The client sends until nothing is taken for 50 ms, shuts its "
		 "side down, and reads to the end.")
{
	struct asker a = { .fd = client_enter(t) };

	ask(t, &a, 'A');
	SETUP(shutdown(a.fd, SHUT_WR));
	read_answers(&a);
	judge_answers(&a, "send much, shutdown(SHUT_WR), read", false);
	buf_free(&a.asked);
}

PROBE(talk, any_byte_is_data,
      .title = "A request may have any bytes in it",
      CLAUSES(server_request_whole, server_messages),
      .types = ANY_TYPE, .addrs = NAMED, .wants = WANTS_ECHO,
      .intrusive = "send bytes that are no text",
      .why = "A NUL ends the request for strlen(), a byte above 127 is "
	     "negative or no UTF-8: what comes back is not what was sent.",
      .repair = "Take lengths from recv(), never from strlen(); bytes are "
		"unsigned char; decode only what is text by the protocol.",
      .explain = "All 256 values between two words of text. A server that does "
		 "not want such a request may close.")
{
	cleanup_talk struct talk talk = { .fd = -1 };
	int64_t deadline = client_deadline();
	enum fate fate;

	talk_begin(&talk, t, client_enter(t));
	buf_printf(&talk.out, "bytes ");
	for (int i = 0; i < 256; i++)
		buf_add(&talk.out, &(char){ (char)i }, 1);
	buf_printf(&talk.out, " end\n");
	fate = talk_send(&talk, deadline);
	if (fate == FATE_SERVED)
		fate = talk_await(&talk, deadline);
	FINDING(fate == FATE_SERVED || fate == FATE_CLOSED ||
		fate == FATE_DROPPED, "send bytes of all values to a server "
		"that echoes", "them, or the end",
		"the client %s", fate_say(fate, talk.err));
	SETUP(env_close(env, talk.fd));
	client_still_served(t, "after bytes of all values");
}
