// SPDX-License-Identifier: BSD-2-Clause
/*
 * The event loop: who is ready, and what is asked of epoll next.
 *
 * Connections are slots of an array indexed by their descriptor.  With
 * edge-triggered events whoever stops early must see to it that there is
 * another event: EPOLL_CTL_MOD makes one if the socket is still ready.
 */
#include "config.h"

#include "core/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "core/answer.h"
#include "core/conn.h"
#include "core/mailbox.h"

#define N_EVENTS 256
#define ACCEPT_TURN 256

/* How long until accept() is tried again when no descriptor was left. */
#define ACCEPT_RETRY_MS 100

struct server {
	const struct uds_server_options *options;
	struct uds_answer answer;
	struct uds_mailbox box;
	int fd;
	int epoll_fd;
	struct uds_conn *conns;
	size_t n_conns;
	uint64_t accepted;
	bool is_accept_paused;	/* no descriptor was left */
	bool is_done;
};

static int watch(const struct server *s, int op, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events | EPOLLET, .data.fd = fd };

	return epoll_ctl(s->epoll_fd, op, fd, &e) < 0 ? -errno : 0;
}

static struct uds_conn *conn_slot(struct server *s, int fd)
{
	size_t want = s->n_conns ? s->n_conns : 64;

	while (want <= (size_t)fd)
		want *= 2;
	if (want > s->n_conns) {
		s->conns = xreallocarray(s->conns, want, sizeof(*s->conns));
		memset(s->conns + s->n_conns, 0,
		       (want - s->n_conns) * sizeof(*s->conns));
		s->n_conns = want;
	}
	return &s->conns[fd];
}

static void add_client(struct server *s, int fd)
{
	struct uds_conn *conn = conn_slot(s, fd);

	uds_conn_open(conn, fd, &s->answer);
	s->accepted++;
	if (watch(s, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLRDHUP) < 0)
		uds_conn_close(conn, fd);
}

static int accept_clients(struct server *s)
{
	s->is_accept_paused = false;
	for (int turn = 0; turn < ACCEPT_TURN; turn++) {
		int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0) {
			add_client(s, fd);
			if (s->options->once)
				return watch(s, EPOLL_CTL_MOD, s->fd, 0);
			continue;
		}
		switch (errno) {
		case EINTR:
		case ECONNABORTED:
			continue;
		case EAGAIN:
			return 0;
		case EMFILE:
		case ENFILE:
		case ENOBUFS:
		case ENOMEM:
			s->is_accept_paused = true;
			return 0;
		}
		return -errno;
	}
	return watch(s, EPOLL_CTL_MOD, s->fd, EPOLLIN);
}

static int drop_client(struct server *s, int fd)
{
	uds_conn_close(&s->conns[fd], fd);
	s->is_done = s->options->once;
	return s->is_accept_paused ? accept_clients(s) : 0;
}

static int serve_client(struct server *s, int fd, uint32_t events)
{
	bool is_hung_up = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
	struct uds_conn *conn = &s->conns[fd];
	enum uds_progress progress;

	if (!conn->is_open)
		return 0;
	progress = uds_conn_progress(conn, fd, is_hung_up, &s->answer);
	if (progress == UDS_CLOSED)
		return drop_client(s, fd);
	if (progress == UDS_IDLE && !conn->wants_out)
		return 0;
	/* EPOLLOUT only while it is needed: the kernel would report it each
	 * time the peer reads. */
	conn->wants_out = progress == UDS_BLOCKED;
	return watch(s, EPOLL_CTL_MOD, fd,
		     EPOLLIN | EPOLLRDHUP | (conn->wants_out ? EPOLLOUT : 0));
}

static int serve_datagrams(struct server *s)
{
	bool once = s->options->once;
	int r;

	if (once && s->answer.messages)
		return 0;
	r = uds_mailbox_serve(&s->box, s->fd, once ? 1 : UDS_TURN, &s->answer);
	if (r < 0)
		return r;
	return r == UDS_BUSY ? watch(s, EPOLL_CTL_MOD, s->fd, EPOLLIN) : 0;
}

static int handle(struct server *s, const struct epoll_event *e)
{
	if (e->data.fd == s->options->stop_fd) {
		s->is_done = true;
		return 0;
	}
	if (e->data.fd != s->fd)
		return serve_client(s, e->data.fd, e->events);
	if (s->options->type == SOCK_DGRAM)
		return serve_datagrams(s);
	return accept_clients(s);
}

/* What no event announces. */
static int retry(struct server *s)
{
	if (s->box.count)
		uds_mailbox_retry(&s->box, s->fd, &s->answer);
	if (s->options->type == SOCK_DGRAM && s->options->once &&
	    s->answer.messages && !s->box.count)
		s->is_done = true;
	return s->is_accept_paused ? accept_clients(s) : 0;
}

static int wait_ms(const struct server *s)
{
	if (s->box.count)
		return UDS_MAILBOX_RETRY_MS;
	return s->is_accept_paused ? ACCEPT_RETRY_MS : -1;
}

static int loop(struct server *s)
{
	struct epoll_event events[N_EVENTS];
	int r = 0;

	while (r == 0 && !s->is_done) {
		int n = epoll_wait(s->epoll_fd, events, N_EVENTS, wait_ms(s));

		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n && r == 0; i++)
			r = handle(s, &events[i]);
		if (r == 0)
			r = retry(s);
	}
	return r;
}

static int set_up(struct server *s)
{
	int flags = fcntl(s->fd, F_GETFL);
	int r;

	if (flags < 0 || fcntl(s->fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0)
		return -errno;
	r = watch(s, EPOLL_CTL_ADD, s->fd, EPOLLIN);
	if (r == 0 && s->options->stop_fd >= 0)
		r = watch(s, EPOLL_CTL_ADD, s->options->stop_fd, EPOLLIN);
	return r;
}

static void tear_down(struct server *s)
{
	for (size_t fd = 0; fd < s->n_conns; fd++)
		if (s->conns[fd].is_open)
			uds_conn_close(&s->conns[fd], (int)fd);
	free(s->conns);
	uds_mailbox_free(&s->box);
	uds_answer_free(&s->answer);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
}

int uds_server_run(int fd, const struct uds_server_options *options,
		   struct uds_server_stats *ret_stats)
{
	struct server s = { .options = options, .fd = fd, .epoll_fd = -1 };
	int r;

	uds_mailbox_init(&s.box);
	uds_answer_init(&s.answer, options->type, options->echo, options->reply,
			options->reply_len);
	r = set_up(&s);
	if (r == 0)
		r = loop(&s);
	if (ret_stats) {
		ret_stats->accepted = s.accepted;
		ret_stats->messages = s.answer.messages;
		ret_stats->dropped = s.answer.dropped;
	}
	tear_down(&s);
	return r;
}
