// SPDX-License-Identifier: BSD-2-Clause
/*
 * Messages of datagram and seqpacket servers: empty, large, and the answers to
 * many clients at once, held against the ledger.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/names.h"
#include "core/traffic.h"
#include "probe/probe.h"

#define N_PARTIES 12
#define RECORDS 100
#define RECORD_MAX 2000

PROBE(talk, an_empty_message_is_survived,
      .title = "An empty message does no harm",
      CLAUSES(server_messages, server_survives),
      .types = MESSAGES, .addrs = NAMED,
      .intrusive = "send an empty message",
      .why = "recv() gives 0 for it, which a server that knows streams only "
	     "takes for the end, of the client or of itself.",
      .repair = "On a datagram socket 0 is a length like any other. On a "
		"seqpacket socket it is the end as well: ask for credentials "
		"(SO_PASSCRED), which come with a message and not with the "
		"end, or close that client.")
{
	int fd = client_enter(t);
	const struct addr *to = env->type == SOCK_DGRAM ? &t->addr : NULL;

	SETUP(sendto(fd, "", 0, MSG_NOSIGNAL, to ? &to->sa : NULL,
		     to ? to->len : 0));
	client_still_served(t, "after an empty message");
}

/* The most that one message may have here, by trying on a pair of ours. */
static size_t largest(int type, const char *data, size_t low, size_t high)
{
	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;
		int pair[2];

		SETUP(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair));
		if (send(pair[0], data, middle, MSG_DONTWAIT) < 0)
			high = middle;
		else
			low = middle;
		close(pair[0]);
		close(pair[1]);
	}
	return low;
}

PROBE(talk, the_largest_message_is_whole,
      .title = "The largest message is answered whole, or not, but never cut",
      CLAUSES(server_messages, posix_recv_message_whole),
      .types = MESSAGES, .addrs = NAMED, .wants = WANTS_ECHO,
      .tags = "report",
      .why = "What does not fit the buffer given to recv() is thrown away, and "
	     "the server works on the beginning as if it were all.",
      .repair = "recvmsg() says MSG_TRUNC in msg_flags; recv() with MSG_TRUNC "
		"returns the real length. Take a larger buffer, or refuse.",
      .explain = "The limit is SO_SNDBUF of the sender, less a header. A message "
		 "of one byte more never leaves it (EMSGSIZE).")
{
	const size_t max = 4 << 20;
	char *data = xcalloc(max, 1);
	int64_t deadline = client_deadline();
	int fd = client_enter(t);
	cleanup_talk struct talk talk = { .fd = -1 };
	enum fate fate;
	size_t n = largest(env->type, data, 1, max);

	for (size_t i = 0; i < n; i++)
		data[i] = (char)('a' + i % 26);
	talk_begin(&talk, t, fd);
	buf_add(&talk.out, data, n);
	free(data);
	fate = talk_send(&talk, deadline);
	if (fate != FATE_SERVED)
		SKIP_CASE("the largest message cannot be sent: %s",
			  name_errno(talk.err));
	/* Silence is an answer too: half of the time is given to it. */
	fate = talk_await(&talk, clock_deadline_ms(probe_limit_ms() / 4));
	NOTE("%zu bytes: the client %s", n, fate_say(fate, talk.err));
	FINDING(fate != FATE_WRONG && talk.in.len == 0,
		"send the largest message to a server that echoes",
		"all of it, or nothing", "%zu of %zu bytes, or others",
		talk.in.len, n);
	SETUP(env_close(env, fd));
	client_still_served(t, "after the largest message");
}

struct party {
	struct uds_source source;
	struct uds_ledger *ledger;
	struct uds_sent sent;
	struct uds_received received;
	struct talk talk;	/* what follows the records */
	int credit[2];
	int fd;
	int64_t deadline_ns;
	pthread_t sender;
	pthread_t receiver;
};

static void *send_records(void *arg)
{
	struct party *p = arg;
	struct uds_send_options options = {
		UDS_SEND_OPTIONS_INIT,
		.fd = p->fd, .stream = probe_options.type == SOCK_STREAM,
		.source = &p->source, .count = RECORDS, .wait = UDS_WAIT_POLL,
		.deadline_ns = p->deadline_ns,
	};

	options.credit_fd = p->credit[0];
	uds_traffic_send(&options, &p->sent);
	/* A server that answers lines keeps the last record until one ends. */
	if (options.stream && p->sent.accepted == RECORDS) {
		talk_request(&p->talk);
		talk_send(&p->talk, p->deadline_ns);
	}
	return NULL;
}

static void *receive_records(void *arg)
{
	struct party *p = arg;
	struct uds_recv_options options = {
		UDS_RECV_OPTIONS_INIT,
		.fds = &p->fd, .n_fds = 1,
		.stream = probe_options.type == SOCK_STREAM,
		.seed = p->source.seed, .max_size = RECORD_MAX,
		.ledger = p->ledger, .count = RECORDS, .wait = UDS_WAIT_POLL,
		.deadline_ns = p->deadline_ns,
	};

	options.credit_fd = p->credit[1];
	uds_traffic_receive(&options, &p->received);
	return NULL;
}

static void begin_party(struct target *t, struct party *p, uint32_t i)
{
	p->source = (struct uds_source){
		.seed = t->env->seed, .receiver = i, .sender = 0,
		.sizes = UDS_BETWEEN(UDS_HEADER_SIZE, RECORD_MAX),
	};
	p->deadline_ns = client_deadline();
	p->ledger = uds_ledger_new(i, 1);
	p->fd = client_enter_beside(t);
	talk_begin(&p->talk, t, p->fd);
	/* Both ends of the traffic are this socket: its mode is theirs. */
	SETUP(fcntl(p->fd, F_SETFL, O_RDWR | O_NONBLOCK));
	if (probe_options.type == SOCK_DGRAM)
		SETUP(connect(p->fd, &t->addr.sa, t->addr.len));
	SETUP(env_pipe(t->env, p->credit));
	/* Some on their way at once; of datagrams no more than a queue holds. */
	for (int n = 0; n < (probe_options.type == SOCK_DGRAM ? 2 : 20); n++)
		SETUP(write(p->credit[1], "", 1));
}

static bool was_served(const struct party *p)
{
	return p->received.bytes > 0;
}

static void judge_party(struct party *p)
{
	const struct uds_counts *counts = uds_ledger_counts(p->ledger);
	cleanup_buf struct buf got = BUF_NULL;
	uint64_t ahead = p->received.bytes - p->sent.bytes;

	/* It waits behind another: whoever sees that says so at the end. */
	if (!was_served(p))
		return;
	uds_ledger_finish(p->ledger, 0, p->sent.accepted);
	uds_counts_print(counts, &got);
	verb_begin(VERB_EXPECT, "100 requests of each of 12 clients at once",
		   HERE);
	finding(p->sent.accepted == RECORDS && uds_counts_perfect(counts),
		"each gets its own answers, in order, once",
		"one client: %s", got.data);
	if (has_failed())
		return;
	/* The receiver may have had a part of what follows the records. */
	if (ahead <= p->talk.out.len)
		buf_drop(&p->talk.out, (size_t)ahead);
	if (p->talk.out.len &&
	    talk_await(&p->talk, client_deadline()) == FATE_WRONG)
		FINDING_ENDS(false, "a request behind the others",
			     "its answer", "something else");
	/* What comes before the answer to this one is one too many. */
	if (talk_ask(&p->talk, client_deadline()) == FATE_WRONG)
		FINDING(false, "one more request on the same connection",
			"its answer", "an answer too many before it");
}

PROBE(talk, each_gets_its_own_answers,
      .title = "Many clients at once get their own answers, in order and once",
      CLAUSES(server_answers_own, unix7_seqpacket_order, unix7_dgram_reliable),
      .types = ANY_TYPE, .addrs = NAMED, .wants = WANTS_ECHO,
      .intrusive = "send 1200 requests of 12 clients at once",
      .why = "An answer that reaches another client is a leak of data; one that "
	     "comes twice shifts all that follow.",
      .repair = "Keep buffers and state with the connection, never in globals; "
		"forget them when its descriptor is closed, for the number is "
		"used again at once.",
      .explain = "Records with numbers and hashes go out on 12 connections and "
		 "come back; a ledger a client holds what came against what "
		 "was sent.")
{
	static struct party parties[N_PARTIES];
	int alone = 0;

	for (uint32_t i = 0; i < N_PARTIES; i++)
		begin_party(t, &parties[i], i);
	for (int i = 0; i < N_PARTIES; i++) {
		if (pthread_create(&parties[i].receiver, NULL, receive_records,
				   &parties[i]) ||
		    pthread_create(&parties[i].sender, NULL, send_records,
				   &parties[i]))
			BROKEN("cannot start a thread");
	}
	for (int i = 0; i < N_PARTIES; i++) {
		pthread_join(parties[i].receiver, NULL);
		pthread_join(parties[i].sender, NULL);
	}
	for (int i = 0; i < N_PARTIES && !has_failed(); i++) {
		judge_party(&parties[i]);
		alone += !was_served(&parties[i]);
	}
	for (int i = 0; i < N_PARTIES; i++) {
		uds_ledger_free(parties[i].ledger);
		talk_free(&parties[i].talk);
	}
	if (alone && !has_failed())
		SKIP_CASE("%d of 12 clients are not served beside the others: "
			  "probe_queue/a_silent_client_blocks_nobody says so",
			  alone);
}
