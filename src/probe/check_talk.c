// SPDX-License-Identifier: BSD-2-Clause
/*
 * A conversation: requests in pieces and joined, half-closed, broken off.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/names.h"
#include "probe/probe.h"
#include "probe/util_load.h"

#define SHORT 4096	/* a request that goes out while nobody reads */

PROBE(talk, one_byte_pieces,
      .title = "A request in pieces of one byte is answered like a whole one",
      CLAUSES(server_request_whole, posix_recv_stream_boundaries),
      .types = STREAM, .addrs = NAMED, .wants = WANTS_ANSWER,
      .why = "A stream has no messages: what is sent at once comes in pieces "
	     "when it is long, or the machine busy, and a server that takes "
	     "each recv() for a request then fails now and then.",
      .repair = "Collect what comes until the protocol says that the request is "
		"whole: a newline, a length in front, the end of the stream.",
      .explain = "Each byte is sent when the server has read the one before it "
		 "(SIOCOUTQ).")
{
	int64_t deadline = client_deadline();
	int fd = client_enter(t);
	cleanup_talk struct talk talk = { .fd = -1 };
	enum fate fate;
	size_t n = 0;

	talk_begin(&talk, t, fd);
	talk_request(&talk);
	for (; n < talk.out.len; n++) {
		if (send(fd, talk.out.data + n, 1, MSG_NOSIGNAL) != 1)
			break;
		if (n + 1 < talk.out.len)
			load_await_read(fd, clock_deadline_ms(500));
	}
	FINDING_ENDS(n == talk.out.len, "send the request byte by byte",
		     "all of it is taken",
		     "-1 %s after %zu of %zu bytes: the server closed",
		     name_errno(errno), n, talk.out.len);
	fate = talk_await(&talk, deadline);
	FINDING(fate == FATE_SERVED, "wait for the answer", "the right one",
		"the client %s", fate_say(fate, talk.err));
}

PROBE(talk, two_requests_in_one_piece,
      .title = "Two requests in one piece get two answers",
      CLAUSES(server_request_whole, posix_recv_stream_boundaries),
      .types = STREAM, .addrs = NAMED, .wants = WANTS_ANSWER,
      .why = "What a client sends in two calls may come in one recv(): the "
	     "second request is lost, and the client waits for ever.",
      .repair = "After each request look whether another one is in the buffer "
		"already, before poll() or read().",
      .explain = "Skipped for a server that ends the connection after one "
		 "answer, which is found out first.")
{
	int64_t deadline = client_deadline();
	cleanup_talk struct talk first = { .fd = -1 };
	cleanup_talk struct talk talk = { .fd = -1 };
	cleanup_buf struct buf one = BUF_NULL;
	enum fate fate;

	talk_begin(&first, t, client_enter(t));
	fate = talk_ask(&first, deadline);
	if (fate != FATE_SERVED)
		BROKEN("a client with one request %s", fate_say(fate, first.err));
	fate = talk_ask(&first, deadline);
	if (fate != FATE_SERVED)
		SKIP_CASE("the server answers one request a connection");
	/* It goes, for a server that serves one client after the other. */
	SETUP(env_close(env, first.fd));
	talk_begin(&talk, t, client_enter(t));
	talk_request(&talk);
	buf_add(&one, talk.out.data, talk.out.len);
	talk_request(&talk);
	buf_add(&one, talk.out.data, talk.out.len);
	/* .out is the second request; in front of it goes the first. */
	SETUP(send(talk.fd, one.data, one.len, MSG_NOSIGNAL));
	for (int i = 0; i < 2; i++) {
		size_t half = one.len - talk.out.len;
		cleanup_buf struct buf second = talk.out;

		talk.out = (struct buf)BUF_NULL;
		if (i == 0)
			buf_add(&talk.out, one.data, half);
		else
			buf_add(&talk.out, one.data + half, one.len - half);
		fate = talk_await(&talk, deadline);
		FINDING_ENDS(fate == FATE_SERVED,
			     i ? "wait for the second answer" :
				 "wait for the first answer", "the right one",
			     "the client %s", fate_say(fate, talk.err));
		buf_free(&talk.out);
		talk.out = second;
		second = (struct buf)BUF_NULL;
	}
}

PROBE(talk, half_close_is_answered,
      .title = "A client that ended its side still gets its answer",
      CLAUSES(server_half_close, posix_shutdown_disables),
      .types = CONNECTED, .addrs = NAMED, .wants = WANTS_ANSWER,
      .why = "\"printf request | socat - UNIX:path\" and every client that "
	     "says by shutdown() that there is no more: it gets nothing, or "
	     "half of the answer.",
      .repair = "Read to the end first, answer, then close. The end of what "
		"comes in is not the end of what goes out (allowHalfOpen in "
		"Node; socat waits -t seconds).")
{
	int64_t deadline = client_deadline();
	cleanup_talk struct talk talk = { .fd = -1 };
	enum fate fate;

	talk_begin(&talk, t, client_enter(t));
	talk_request(&talk);
	/* What is longer may not go out while nobody reads. */
	if (talk.out.len <= SHORT)
		target_pause(t);
	fate = talk_send(&talk, deadline);
	if (fate != FATE_SERVED)
		BROKEN("the request was not taken: the client %s",
		       fate_say(fate, talk.err));
	SETUP(shutdown(talk.fd, SHUT_WR));
	target_resume(t);
	fate = talk_await(&talk, deadline);
	FINDING(fate == FATE_SERVED, "send a request, shutdown(SHUT_WR), read",
		"the answer", "the client %s", fate_say(fate, talk.err));
}

PROBE(talk, an_empty_connection_is_survived,
      .title = "Clients that connect and close without a word do no harm",
      CLAUSES(server_survives),
      .types = CONNECTED, .addrs = NAMED,
      .why = "Monitoring does just that, every minute; so does whoever looks "
	     "whether the path is stale.",
      .repair = "Take the end of a connection before its first request for what "
		"it is: close, and go on.")
{
	for (int i = 0; i < 20; i++)
		SETUP(env_close(env, client_enter(t)));
	client_still_served(t, "after 20 empty connections");
}

PROBE(talk, an_unread_answer_is_survived,
      .title = "Clients that leave without reading their answers do no harm",
      CLAUSES(server_survives, posix_send_epipe, posix_send_sigpipe),
      .types = CONNECTED, .addrs = NAMED, .wants = WANTS_ANSWER,
      .why = "The answer lies unread when the client closes: the server's next "
	     "read() is ECONNRESET, its next write() EPIPE and SIGPIPE.",
      .repair = "Ignore SIGPIPE, or send with MSG_NOSIGNAL; ECONNRESET and "
		"EPIPE end that client and nobody else.")
{
	int64_t deadline = client_deadline();

	for (int i = 0; i < 9; i++) {
		cleanup_talk struct talk talk = { .fd = -1 };
		char byte;

		talk_begin(&talk, t, client_enter(t));
		talk_request(&talk);
		/* One is gone before the answer, others see it come. */
		if (i % 3 == 0 && talk.out.len <= SHORT) {
			client_taken(t, clock_deadline_ms(1000));
			target_pause(t);
		}
		talk_send(&talk, deadline);
		if (i % 3 && recv(talk.fd, &byte, 1, MSG_PEEK) < 0 &&
		    errno != ECONNRESET)
			BROKEN("recv(): %s", name_errno(errno));
		/* Without another request it is read() that fails. */
		if (i % 3 < 2) {
			talk_request(&talk);
			talk_send(&talk, deadline);
		}
		SETUP(env_close(env, talk.fd));
		target_resume(t);
	}
	client_still_served(t, "after 9 clients that left their answers unread");
}
