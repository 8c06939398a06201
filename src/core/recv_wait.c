// SPDX-License-Identifier: BSD-2-Clause
/*
 * poll() is told of all descriptors each time. epoll is told once, with edges;
 * the pipe of the senders is watched by level, for its hang-up only.
 */
#include "config.h"

#include "core/recv_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/buf.h"
#include "core/fdmode.h"

#define MAX_EVENTS 64

static int epoll_add(struct uds_recv_wait *wait, int fd, uint32_t events,
		     size_t i)
{
	struct epoll_event event = { .events = events, .data.u64 = i };

	return epoll_ctl(wait->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ?
	       -errno : 0;
}

static int init_epoll(struct uds_recv_wait *wait)
{
	const struct uds_recv_options *options = wait->options;
	int r = 0;

	wait->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (wait->epoll_fd < 0)
		return -errno;
	for (size_t i = 0; i < options->n_fds && r == 0; i++)
		r = epoll_add(wait, options->fds[i],
			      EPOLLIN | EPOLLRDHUP | EPOLLET, i);
	if (r == 0 && options->done_fd >= 0)
		r = epoll_add(wait, options->done_fd, 0, options->n_fds);
	return r;
}

int uds_recv_wait_init(struct uds_recv_wait *wait,
		       const struct uds_recv_options *options)
{
	size_t n = options->n_fds;

	*wait = (struct uds_recv_wait) {
		.how = options->wait,
		.n_open = n,
		.options = options,
		.epoll_fd = -1,
		.ready = xcalloc(n, sizeof(*wait->ready)),
		.pollfds = xcalloc(n + 1, sizeof(*wait->pollfds)),
	};
	for (size_t i = 0; i < n; i++)
		wait->pollfds[i] = (struct pollfd) {
			.fd = options->fds[i], .events = POLLIN,
		};
	wait->pollfds[n].fd = options->done_fd;
	return wait->how == UDS_WAIT_EPOLL ? init_epoll(wait) : 0;
}

void uds_recv_wait_free(struct uds_recv_wait *wait)
{
	free(wait->ready);
	free(wait->pollfds);
	if (wait->epoll_fd >= 0)
		close(wait->epoll_fd);
}

void uds_recv_wait_remove(struct uds_recv_wait *wait, size_t i)
{
	wait->n_open--;
	wait->pollfds[i].fd = -1;
	if (wait->epoll_fd >= 0)
		epoll_ctl(wait->epoll_fd, EPOLL_CTL_DEL,
			  wait->options->fds[i], NULL);
}

static int timeout_of(const struct uds_recv_wait *wait)
{
	int timeout_ms = uds_wait_ms(wait->options->deadline_ns);
	int drain_ms = wait->options->drain_ms;

	if (wait->peek)
		return 0;
	if (wait->done && (timeout_ms < 0 || drain_ms < timeout_ms))
		return drain_ms;
	return timeout_ms;
}

static int next_by_poll(struct uds_recv_wait *wait, size_t *ret_n_ready)
{
	size_t n_fds = wait->options->n_fds;
	size_t n_ready = 0;
	int n = poll(wait->pollfds, n_fds + 1, timeout_of(wait));

	if (n < 0)
		return -errno;
	if (n == 0)
		return UDS_WAIT_NOTHING;
	for (size_t i = 0; i < n_fds; i++)
		if (wait->pollfds[i].fd >= 0 && wait->pollfds[i].revents)
			wait->ready[n_ready++] = i;
	if (wait->pollfds[n_fds].fd >= 0 && wait->pollfds[n_fds].revents) {
		wait->pollfds[n_fds].fd = -1;
		wait->done = true;
	}
	*ret_n_ready = n_ready;
	return UDS_WAIT_READY;
}

static int next_by_epoll(struct uds_recv_wait *wait, size_t *ret_n_ready)
{
	struct epoll_event events[MAX_EVENTS];
	size_t n_fds = wait->options->n_fds;
	size_t room = n_fds < MAX_EVENTS ? n_fds : MAX_EVENTS;
	size_t n_ready = 0;
	int n = epoll_wait(wait->epoll_fd, events, (int)room,
			   timeout_of(wait));

	if (n < 0)
		return -errno;
	if (n == 0)
		return UDS_WAIT_NOTHING;
	for (int i = 0; i < n; i++) {
		if (events[i].data.u64 < n_fds) {
			wait->ready[n_ready++] = events[i].data.u64;
			continue;
		}
		epoll_ctl(wait->epoll_fd, EPOLL_CTL_DEL,
			  wait->options->done_fd, NULL);
		wait->done = true;
	}
	*ret_n_ready = n_ready;
	return UDS_WAIT_READY;
}

/* Blocking went on long enough to see whether anybody is left. */
static int leave_blocking(struct uds_recv_wait *wait)
{
	struct pollfd pollfd = { .fd = wait->options->done_fd };
	int fd = wait->options->fds[0];
	int flags;

	wait->ticked = false;
	if (poll(&pollfd, 1, 0) <= 0)
		return 0;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	wait->how = UDS_WAIT_POLL;
	return 0;
}

int uds_recv_wait_next(struct uds_recv_wait *wait, size_t *ret_n_ready)
{
	int r;

	if (wait->how == UDS_WAIT_BLOCK && wait->options->n_fds == 1) {
		r = wait->ticked ? leave_blocking(wait) : 0;
		if (r < 0)
			return r;
		if (wait->how == UDS_WAIT_BLOCK) {
			wait->ready[0] = 0;
			*ret_n_ready = 1;
			return UDS_WAIT_READY;
		}
	}
	r = wait->how == UDS_WAIT_EPOLL ? next_by_epoll(wait, ret_n_ready) :
					  next_by_poll(wait, ret_n_ready);
	if (r == UDS_WAIT_NOTHING && wait->done && !wait->peek &&
	    !uds_deadline_passed(wait->options->deadline_ns))
		return UDS_WAIT_OVER;
	return r;
}
