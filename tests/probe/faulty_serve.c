// SPDX-License-Identifier: BSD-2-Clause
/*
 * One thread, poll(), and what is unsent kept beside the connection; nothing
 * more is read from a client before its answers are gone.
 */
#include "config.h"

#include "faulty.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MAX_FDS 4096
#define READ_MAX (1 << 20)
#define LINE_MAX_BYTES 4096

struct client {
	bool open;
	bool ended;		/* it sends no more */
	bool spoke;		/* it sent something */
	char *out;
	size_t out_len;
	size_t out_pos;
	char line[LINE_MAX_BYTES];
	size_t line_len;
};

static struct client clients[MAX_FDS];
static struct pollfd polled[MAX_FDS];
static nfds_t n_polled;
static unsigned long n_accepted, n_answers, n_read;
static int last_fd = -1, last_closed = -1;
static int edges_of = -1;	/* the listener behind an epoll instance */
static bool paused;		/* no descriptor was left */

static void watch(int fd)
{
	polled[n_polled++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static void end_client(nfds_t i)
{
	int fd = polled[i].fd;

	if (has_fault("dies-of-empty") && !clients[fd].spoke)
		errx(1, "a client said nothing");
	free(clients[fd].out);
	if (has_fault("keeps-fragments")) {
		clients[fd].out = NULL;
		clients[fd].open = clients[fd].ended = false;
	} else {
		memset(&clients[fd], 0, sizeof(clients[fd]));
	}
	if (!has_fault("leaks-descriptors"))
		close(fd);
	if (has_fault("closes-twice")) {
		if (last_closed >= 0)
			close(last_closed);
		last_closed = fd;
	}
	paused = false;
	polled[i] = polled[--n_polled];
}

static void *sleep_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* What else a client may leave behind. */
static void leave_something(void)
{
	pthread_t thread;
	pthread_attr_t attr;

	if (has_fault("leaks-memory"))
		memset(malloc(32768), 'x', 32768);
	if (has_fault("leaks-little"))
		memset(malloc(200), 'x', 200);
	if (has_fault("leaves-zombies") && fork() == 0)
		_exit(0);
	if (has_fault("leaks-threads")) {
		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, 65536);
		pthread_create(&thread, &attr, sleep_for_ever, NULL);
	}
}

/* A table that is full some day, for what was in it is not found again. */
#define TABLE 300

static int accept_client(nfds_t listener)
{
	int from = edges_of >= 0 ? edges_of : polled[listener].fd;
	int fd = accept4(from, NULL, NULL,
			 SOCK_CLOEXEC | (has_fault("blocking-send") ?
					 0 : SOCK_NONBLOCK));

	if (fd < 0) {
		if (errno == EMFILE && has_fault("dies-at-limit"))
			err(1, "accept");
		if (errno == EMFILE && !has_fault("spins-at-limit"))
			paused = true;
		return -1;
	}
	leave_something();
	n_accepted++;
	if (has_fault("dies-late") && n_accepted > TABLE)
		errx(1, "the table is full");
	if (has_fault("full-some-day") && n_accepted > TABLE) {
		close(fd);
		return -1;
	}
	/* It has the listener too. */
	if (has_fault("child-keeps-listener") && fork() == 0)
		sleep_for_ever(NULL);
	if (has_fault("drops-some") && n_accepted % 50 == 0) {
		close(fd);
		return -1;
	}
	clients[fd].open = true;
	watch(fd);
	return fd;
}

/* 0 when all is sent, 1 when it has to wait, -1 when the client is gone. */
static int flush_out(int fd)
{
	struct client *c = &clients[fd];

	while (c->out) {
		ssize_t n = send(fd, c->out + c->out_pos,
				 c->out_len - c->out_pos, 0);

		if (n < 0 && errno == EAGAIN && !has_fault("forgets-unsent"))
			return 1;
		if (n < 0 && errno == EAGAIN)
			n = (ssize_t)(c->out_len - c->out_pos);
		if (n < 0 && has_fault("dies-of-errors"))
			err(1, "send");
		if (n < 0)
			return -1;
		c->out_pos += (size_t)n;
		if (c->out_pos < c->out_len)
			continue;
		free(c->out);
		c->out = NULL;
	}
	return 0;
}

static void append(struct client *c, const char *data, size_t len)
{
	char *out = malloc(c->out_len - c->out_pos + len + 1);
	size_t old = c->out ? c->out_len - c->out_pos : 0;

	if (old)
		memcpy(out, c->out + c->out_pos, old);
	memcpy(out + old, data, len);
	free(c->out);
	c->out = out;
	c->out_pos = 0;
	c->out_len = old + len;
}

static int answer(int fd, const char *data, size_t len)
{
	static char held[READ_MAX];
	static size_t held_len;
	int to = fd;

	n_answers++;
	if (has_fault("crosses-clients") && n_answers % 50 == 0 &&
	    last_fd >= 0 && clients[last_fd].open)
		to = last_fd;
	last_fd = fd;
	if (has_fault("cuts-at-nul"))
		len = strnlen(data, len);
	if (has_fault("loses-answers") && n_answers % 50 == 0)
		return 0;
	if (has_fault("swaps-answers") && n_answers % 50 == 0) {
		memcpy(held, data, len);
		held_len = len;
		return 0;
	}
	append(&clients[to], data, len);
	if (has_fault("answers-twice") && n_answers % 50 == 0) {
		if (options.type != SOCK_STREAM)
			flush_out(to);
		append(&clients[to], data, len);
	}
	if (held_len) {
		append(&clients[to], held, held_len);
		held_len = 0;
	}
	return flush_out(to);
}

static int answer_line(int fd, const char *line, size_t len)
{
	char text[LINE_MAX_BYTES + 16];
	int n = snprintf(text, sizeof(text), "you said %.*s\n", (int)len, line);

	return answer(fd, text, (size_t)n);
}

static int answer_lines(int fd, const char *data, size_t len)
{
	static struct client common;
	struct client *c = has_fault("one-buffer") ? &common : &clients[fd];
	int r = 0;

	if (has_fault("answers-fragments"))
		return answer_line(fd, data, len - (data[len - 1] == '\n'));
	for (size_t i = 0; i < len && r >= 0; i++) {
		if (data[i] != '\n') {
			if (c->line_len < sizeof(c->line))
				c->line[c->line_len++] = data[i];
			continue;
		}
		r = answer_line(fd, c->line, c->line_len);
		c->line_len = 0;
		if (has_fault("one-answer-a-read"))
			break;
	}
	return r;
}

static size_t room(void)
{
	return has_fault("cuts-messages") ? 1000 : READ_MAX;
}

/* The first descriptor is closed; nobody thought of more. */
static void close_first(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fd;

	if (!c || c->cmsg_type != SCM_RIGHTS)
		return;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	close(fd);
}

/* With recvmsg() when descriptors that come along are to be kept. */
static ssize_t receive(int fd, char *data)
{
	char control[256];
	struct iovec iov = { data, room() };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	ssize_t n;

	if (has_fault("keeps-descriptors") || has_fault("closes-first")) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
	}
	n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	if (n > 0 && has_fault("closes-first"))
		close_first(&msg);
	return n;
}

/* Sleeps in read() until a line is whole, and with it everybody. */
static void read_line(int fd, char *data, ssize_t *n)
{
	fcntl(fd, F_SETFL, 0);
	while (data[*n - 1] != '\n') {
		ssize_t more = recv(fd, data + *n, READ_MAX - (size_t)*n, 0);

		if (more <= 0)
			return;
		*n += more;
	}
}

static bool is_half_closed(int fd, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return poll(&p, 1, wait_ms) == 1;
}

static void serve_client(nfds_t i)
{
	static char data[READ_MAX];
	int fd = polled[i].fd, r;
	ssize_t n;

	if (has_fault("drops-unsent") && clients[fd].out &&
	    is_half_closed(fd, 0)) {
		end_client(i);
		return;
	}
	r = flush_out(fd);

	if (r == 0 && clients[fd].ended)
		r = -1;
	if (r == 0) {
		n = receive(fd, data);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && has_fault("dies-of-errors"))
			err(1, "recv");
		if (n < 0 && has_fault("leaks-broken")) {
			polled[i] = polled[--n_polled];
			return;
		}
		if (n > 0) {
			clients[fd].spoke = true;
			if (has_fault("drops-half-closed") &&
			    is_half_closed(fd, 200)) {
				end_client(i);
				return;
			}
			if (has_fault("waits-for-lines"))
				read_line(fd, data, &n);
			r = options.lines ?
				    answer_lines(fd, data, (size_t)n) :
				    answer(fd, data, (size_t)n);
		} else if (n == 0) {
			clients[fd].ended = true;
			r = clients[fd].out ? 1 : -1;
		} else {
			r = errno == ECONNRESET ? 0 : -1;
		}
	}
	if (r < 0) {
		end_client(i);
		return;
	}
	polled[i].events = r ? POLLOUT : POLLIN;
	if (has_fault("watches-for-room"))
		polled[i].events |= POLLOUT;
}

static void serve_datagrams(int fd)
{
	static char data[READ_MAX];
	struct sockaddr_un from;
	socklen_t len = sizeof(from);
	char control[256];
	struct iovec iov = { data, room() };
	struct msghdr msg = { .msg_name = &from, .msg_namelen = len,
			      .msg_iov = &iov, .msg_iovlen = 1 };
	static int other = -1;
	ssize_t n;

	if (other < 0)
		other = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (has_fault("keeps-descriptors")) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
	}
	n = recvmsg(fd, &msg, MSG_DONTWAIT);
	if (n < 0)
		return;
	leave_something();
	if (n == 0 && has_fault("ends-of-empty-messages"))
		exit(1);
	if (has_fault("stops-reading") && ++n_read == 4)
		pause();
	if (n > 0 && has_fault("cuts-at-nul"))
		n = (ssize_t)strnlen(data, (size_t)n);
	if (has_fault("answers-abstract-only") && from.sun_path[0])
		return;
	n = sendto(has_fault("answers-from-elsewhere") ? other : fd, data,
		   (size_t)n, has_fault("blocking-send") ? 0 : MSG_DONTWAIT,
		   (struct sockaddr *)&from, msg.msg_namelen);
	if (n < 0 && ((has_fault("dies-of-errors") && errno != ENOENT) ||
		      (has_fault("dies-of-missing-path") && errno == ENOENT) ||
		      (has_fault("dies-of-unnamed") &&
		       msg.msg_namelen <= sizeof(sa_family_t))))
		err(1, "sendto");
}

/* One client after the other, each waited for. */
static void serve_alone(int fd)
{
	static char data[READ_MAX];
	ssize_t n;

	fcntl(fd, F_SETFL, 0);
	while ((n = recv(fd, data, sizeof(data), 0)) > 0)
		send(fd, data, (size_t)n, MSG_NOSIGNAL);
	end_client(n_polled - 1);
}

static void watch_edges(int listener)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(fd, EPOLL_CTL_ADD, listener, &e);
	edges_of = listener;
	polled[1].fd = fd;
}

static void serve_listener(void)
{
	struct epoll_event e;
	int fd;

	if (options.type == SOCK_DGRAM) {
		serve_datagrams(polled[1].fd);
		return;
	}
	if (edges_of >= 0)
		epoll_wait(polled[1].fd, &e, 1, 0);
	fd = accept_client(1);
	if (fd < 0)
		return;
	if (has_fault("serves-one-at-a-time") || has_fault("rebinds"))
		serve_alone(fd);
	if (has_fault("rebinds")) {
		close(polled[1].fd);
		polled[1].fd = listen_at();
	}
}

/* Until this client has had all its answers, and asks for nothing more. */
static void serve_on(nfds_t i)
{
	int fd = polled[i].fd;

	while (i < n_polled && polled[i].fd == fd &&
	       poll(&polled[i], 1, polled[i].events & POLLOUT ? -1 : 0) == 1)
		serve_client(i);
}

void serve(int listener, int stop_fd)
{
	bool busy = has_fault("polls-all-the-time");

	watch(stop_fd);
	watch(listener);
	if (has_fault("accepts-once-an-edge"))
		watch_edges(listener);
	if (!has_fault("blocking-send"))
		fcntl(listener, F_SETFL, O_RDWR | O_NONBLOCK);
	for (;;) {
		if (has_fault("forgets-sigterm") && n_polled > 2)
			polled[0].fd = -1;
		polled[1].events = paused ? 0 : POLLIN;
		if (poll(polled, n_polled, busy ? 0 : paused ? 100 : -1) <= 0)
			paused = false;
		if (polled[0].revents && has_fault("forgets-path-when-busy") &&
		    n_polled > 2)
			exit(0);
		if (polled[0].revents)
			return;
		for (nfds_t i = n_polled; i-- > 2;) {
			if (polled[i].revents)
				serve_client(i);
			if (has_fault("starves-others"))
				serve_on(i);
		}
		if (polled[1].revents)
			serve_listener();
	}
}
