// SPDX-License-Identifier: BSD-2-Clause
/* What epoll tells: edges, an event in bad memory; and what it refuses. */
#define _GNU_SOURCE
#include "witness.h"

#include <sys/epoll.h>
#include <unistd.h>

#ifndef EPOLLEXCLUSIVE
#define EPOLLEXCLUSIVE (1U << 28)
#endif

static void answer_edge(int epoll_fd)
{
	struct epoll_event event;

	answer(epoll_wait(epoll_fd, &event, 1, 0));
}

static int edges_of(int fd, unsigned int events)
{
	struct epoll_event event = { .events = events | EPOLLET };
	int epoll_fd = must(epoll_create1(0));

	must(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event));
	while (epoll_wait(epoll_fd, &event, 1, 0) > 0)
		;
	return epoll_fd;
}

WITNESS(edge_each_arrival, "1 1")
{
	int end[2], epoll_fd;

	pair(SOCK_STREAM, end);
	epoll_fd = edges_of(end[1], EPOLLIN);
	must((int)send(end[0], "x", 1, 0));
	answer_edge(epoll_fd);
	must((int)send(end[0], "x", 1, 0));
	answer_edge(epoll_fd);
}

WITNESS(edge_dgram_peer_closed, "0")
{
	int end[2], epoll_fd;

	pair(SOCK_DGRAM, end);
	epoll_fd = edges_of(end[0], EPOLLIN | EPOLLOUT);
	close(end[1]);
	answer_edge(epoll_fd);
}

/* The room that comes back is one. */
WITNESS(edge_dgram_unread_closed, "1")
{
	int end[2], epoll_fd;

	named_pair(end);
	epoll_fd = edges_of(end[0], EPOLLOUT);
	must((int)send(end[0], "x", 1, 0));
	close(end[1]);
	answer_edge(epoll_fd);
}

WITNESS(edge_dgram_room, "1")
{
	int end[2], epoll_fd;

	named_pair(end);
	epoll_fd = edges_of(end[0], EPOLLOUT);
	fill(end[0]);
	drain(end[1]);
	answer_edge(epoll_fd);
}

/* The edge is not lost. */
WITNESS(edge_into_bad_memory, "EFAULT 1")
{
	int end[2], epoll_fd;

	pair(SOCK_STREAM, end);
	epoll_fd = edges_of(end[1], EPOLLIN);
	must((int)send(end[0], "x", 1, 0));
	answer(epoll_wait(epoll_fd, (void *)inaccessible(), 1, 0));
	answer_edge(epoll_fd);
}

WITNESS(epoll_exclusive, "EINVAL EINVAL")
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE,
	};
	int end[2], epoll_fd = must(epoll_create1(0));

	pair(SOCK_STREAM, end);
	answer(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, end[0], &event));
	event.events = EPOLLIN | EPOLLEXCLUSIVE;
	must(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, end[1], &event));
	answer(epoll_ctl(epoll_fd, EPOLL_CTL_MOD, end[1], &event));
}
