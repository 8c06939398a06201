// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "probe/client.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/names.h"
#include "harness/check.h"
#include "probe/options.h"
#include "probe/socket_table.h"

#define CHUNK 65536
#define ANSWER_MAX (4 << 20)	/* an answer longer than this is none */

const char *fate_say(enum fate fate, int err)
{
	static __thread char text[120];
	static const char *const words[N_FATE] = {
		[FATE_SERVED] = "was served",
		[FATE_REFUSED] = "was refused",
		[FATE_TIMED_OUT] = "waited for room in the queue in vain",
		[FATE_DROPPED] = "was dropped from the queue",
		[FATE_CLOSED] = "got the end in place of an answer",
		[FATE_SILENT] = "was not served in time",
		[FATE_WRONG] = "got a wrong answer",
	};

	if (!err || fate == FATE_SERVED)
		return words[fate];
	snprintf(text, sizeof(text), "%s (%s)", words[fate], name_errno(err));
	return text;
}

bool finding(bool held, const char *expected, const char *fmt, ...)
{
	char got[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(got, sizeof(got), fmt, ap);
	va_end(ap);
	return judge(held, expected, got);
}

int64_t client_deadline(void)
{
	return clock_deadline_ms(probe_limit_ms());
}

void talk_begin(struct talk *talk, const struct target *t, int fd)
{
	*talk = (struct talk){ .fd = fd, .in = BUF_NULL, .out = BUF_NULL };
	if (probe_options.type == SOCK_DGRAM)
		talk->to = &t->addr;
}

void talk_free(struct talk *talk)
{
	buf_free(&talk->in);
	buf_free(&talk->out);
}

void talk_request(struct talk *talk)
{
	static _Atomic unsigned int count;

	buf_clear(&talk->out);
	if (probe_options.echo)
		buf_printf(&talk->out, "sockspec request %u\n",
			   atomic_fetch_add(&count, 1));
	else if (probe_options.has_ask)
		buf_add(&talk->out, probe_options.ask.data,
			probe_options.ask.len);
	else
		buf_printf(&talk->out, "sockspec probe\n");
}

/* Wait for the descriptor; false at the deadline. */
static bool await(int fd, short events, int64_t deadline_ns)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int n = poll(&p, 1, clock_left_ms(deadline_ns));

		if (n > 0)
			return true;
		if (n == 0 || errno != EINTR)
			return false;
	}
}

enum fate talk_send(struct talk *talk, int64_t deadline_ns)
{
	size_t done = 0;

	while (done < talk->out.len) {
		const struct addr *to = talk->to;
		ssize_t n = sendto(talk->fd, talk->out.data + done,
				   talk->out.len - done,
				   MSG_NOSIGNAL | MSG_DONTWAIT,
				   to ? &to->sa : NULL, to ? to->len : 0);

		if (n >= 0) {
			done += (size_t)n;
			continue;
		}
		talk->err = errno;
		if (errno == EINTR)
			continue;
		if (errno == ECONNRESET)
			return FATE_DROPPED;
		if (errno == EPIPE)
			return FATE_CLOSED;
		if (errno != EAGAIN)
			return FATE_REFUSED;
		if (clock_left_ms(deadline_ns) == 0)
			return FATE_SILENT;
		/* A full queue of datagrams cannot be waited for unconnected. */
		if (to)
			probe_pause(40);
		else if (!await(talk->fd, POLLOUT, deadline_ns))
			return FATE_SILENT;
	}
	talk->err = 0;
	return FATE_SERVED;
}

/* The bytes of .in that are the answer to .out, 0: not yet, -1: never. */
static long answer_length(struct talk *talk)
{
	regmatch_t match;
	cleanup_buf struct buf text = BUF_NULL;

	if (probe_options.echo) {
		size_t len = talk->in.len < talk->out.len ? talk->in.len :
							    talk->out.len;

		if (memcmp(talk->in.data, talk->out.data, len) != 0)
			return -1;
		return len == talk->out.len ? (long)len : 0;
	}
	/* A pattern ends at NUL; the answer need not. */
	buf_add(&text, talk->in.data, talk->in.len);
	for (size_t i = 0; i < text.len; i++) {
		if (!text.data[i])
			text.data[i] = 1;
	}
	if (regexec(&probe_options.expect, text.data, 1, &match, 0) != 0)
		return talk->in.len > ANSWER_MAX ? -1 : 0;
	return match.rm_eo > 0 ? (long)match.rm_eo : 1;
}

/* One message, however long, or what there is of a stream; as recv(). */
static ssize_t read_some(int fd, struct buf *in)
{
	cleanup_free char *chunk = NULL;
	ssize_t n = CHUNK;

	if (probe_options.type != SOCK_STREAM)
		n = recv(fd, NULL, 0, MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC);
	if (n < 0)
		return n;
	chunk = xcalloc(1, (size_t)n + 1);
	n = recv(fd, chunk, (size_t)n + 1, MSG_DONTWAIT);
	if (n > 0)
		buf_add(in, chunk, (size_t)n);
	return n;
}

enum fate talk_await(struct talk *talk, int64_t deadline_ns)
{
	for (;;) {
		long len = talk->in.len ? answer_length(talk) : 0;
		ssize_t n;

		if (len < 0)
			return FATE_WRONG;
		if (len > 0) {
			buf_drop(&talk->in, (size_t)len);
			return FATE_SERVED;
		}
		if (!await(talk->fd, POLLIN, deadline_ns))
			return FATE_SILENT;
		n = read_some(talk->fd, &talk->in);
		if (n > 0)
			continue;
		talk->err = n < 0 ? errno : 0;
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0 && errno == ECONNRESET)
			return talk->in.len ? FATE_CLOSED : FATE_DROPPED;
		if (n < 0)
			return FATE_REFUSED;
		/* An answer that is not the expected one, and then the end. */
		return talk->in.len ? FATE_WRONG : FATE_CLOSED;
	}
}

enum fate talk_ask(struct talk *talk, int64_t deadline_ns)
{
	enum fate fate;

	talk_request(talk);
	fate = talk_send(talk, deadline_ns);
	/* It may have answered and closed while we were still sending. */
	if (fate != FATE_SERVED && fate != FATE_CLOSED)
		return fate;
	return talk_await(talk, deadline_ns);
}

static bool set_patience(int fd, int64_t deadline_ns)
{
	int ms = clock_left_ms(deadline_ns);
	struct timeval tv = { .tv_sec = ms / 1000,
			      .tv_usec = ms % 1000 * 1000 };

	/* Zero would mean for ever. */
	if (ms == 0)
		tv.tv_usec = 1000;
	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) == 0;
}

int client_connect(const struct target *t, int64_t deadline_ns)
{
	cleanup_close int fd = socket(AF_UNIX, probe_options.type | SOCK_CLOEXEC,
				      0);
	struct sockaddr_un any = { .sun_family = AF_UNIX };

	if (fd < 0)
		return -1;
	if (probe_options.type == SOCK_DGRAM) {
		if (bind(fd, (struct sockaddr *)&any, sizeof(sa_family_t)) < 0)
			return -1;
		return take_fd(&fd);
	}
	do {
		if (!set_patience(fd, deadline_ns))
			return -1;
		if (connect(fd, &t->addr.sa, t->addr.len) == 0)
			return take_fd(&fd);
	} while (errno == EINTR);
	return -1;
}

static bool is_away(int err)
{
	return err == ENOENT || err == ECONNREFUSED;
}

int client_enter(struct target *t)
{
	int64_t deadline = client_deadline();

	verb_begin(VERB_ASSERT, "a client connects", HERE);
	for (unsigned int round = 0;; round++) {
		int fd = client_connect(t, deadline);

		if (fd >= 0)
			return env_own(t->env, fd);
		if (!is_away(errno) || clock_now_ns() > deadline ||
		    !target_lives(t))
			finding(false, "it can connect", "-1 %s%s",
				name_errno(errno), target_lives(t) ? "" :
				"; the server has ended");
		probe_pause(round);
	}
}

int client_enter_beside(struct target *t)
{
	int fd = client_connect(t, client_deadline());

	if (fd >= 0)
		return env_own(t->env, fd);
	if (errno == EAGAIN)
		SKIP_CASE("the queue is full beside other clients: "
			  "probe_queue/a_silent_client_blocks_nobody says so");
	return client_enter(t);
}

bool client_taken(struct target *t, int64_t deadline_ns)
{
	for (unsigned int round = 0;; round++) {
		struct socket_entry e;
		int r = socket_at(&t->addr, &e);

		if (r < 0 || (r == 1 && e.waiting == 0 &&
			      (e.listens || e.type == SOCK_DGRAM)))
			return true;
		if (clock_now_ns() > deadline_ns)
			return false;
		probe_pause(round);
	}
}

/*
 * Without a protocol: the end of our requests lets go a server that serves
 * one client after the other.
 */
static enum fate await_taken(struct target *t, int fd, int64_t deadline_ns,
			     int *err)
{
	char byte;
	ssize_t n;

	shutdown(fd, SHUT_WR);
	if (!client_taken(t, deadline_ns))
		return FATE_SILENT;
	n = recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
	*err = n < 0 ? errno : 0;
	return n < 0 && errno == ECONNRESET ? FATE_DROPPED : FATE_SERVED;
}

static enum fate visit_unasked(struct target *t, int fd, int64_t deadline_ns,
			       int *err)
{
	struct talk talk;
	enum fate fate;

	if (probe_options.type != SOCK_DGRAM)
		return await_taken(t, fd, deadline_ns, err);
	talk_begin(&talk, t, fd);
	talk_request(&talk);
	fate = talk_send(&talk, deadline_ns);
	*err = talk.err;
	talk_free(&talk);
	if (fate == FATE_SERVED && !client_taken(t, deadline_ns))
		return FATE_SILENT;
	return fate;
}

enum fate client_visit(struct target *t, int64_t deadline_ns, int *err)
{
	cleanup_close int fd = client_connect(t, deadline_ns);
	struct talk talk;
	enum fate fate;

	*err = fd < 0 ? errno : 0;
	if (fd < 0)
		return errno == EAGAIN ? FATE_TIMED_OUT : FATE_REFUSED;
	if (!probe_has_answers())
		return visit_unasked(t, fd, deadline_ns, err);
	talk_begin(&talk, t, fd);
	fate = talk_ask(&talk, deadline_ns);
	*err = talk.err;
	talk_free(&talk);
	return fate;
}

enum fate client_visit_again(struct target *t, int *err)
{
	int64_t deadline = client_deadline();

	for (unsigned int round = 0;; round++) {
		enum fate fate = client_visit(t, deadline, err);

		if (fate != FATE_DROPPED &&
		    (fate != FATE_REFUSED || !is_away(*err)))
			return fate;
		if (clock_now_ns() > deadline || !target_lives(t))
			return fate;
		probe_pause(round);
	}
}

void client_leave(struct target *t, const int *fds, size_t n)
{
	int64_t deadline = clock_deadline_ms(2000);

	for (size_t i = 0; i < n; i++)
		shutdown(fds[i], SHUT_WR);
	for (size_t i = 0; i < n; i++) {
		char rest[4096];

		/* Of datagrams there is no end to wait for. */
		while (probe_options.type != SOCK_DGRAM &&
		       await(fds[i], POLLIN, deadline) &&
		       recv(fds[i], rest, sizeof(rest), MSG_DONTWAIT) > 0)
			;
		env_close(t->env, fds[i]);
	}
}

void client_still_served(struct target *t, const char *after)
{
	enum fate fate;
	int err;

	CONTEXT("%s", after);
	verb_begin(VERB_ASSERT, "look at the server's process", HERE);
	finding(target_lives(t), "it lives", "it ended: %s",
		server_say_end(&t->server));
	verb_begin(VERB_ASSERT, "one more client", HERE);
	fate = client_visit_again(t, &err);
	finding(fate == FATE_SERVED, "it is served", "it %s%s",
		fate_say(fate, err),
		target_lives(t) ? "" : "; the server has ended");
	CONTEXT("%s", "");
}
