/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For unit tests: a server in a thread, on an abstract name of the process,
 * and the little that its clients say.  One at a time.
 */
#ifndef SOCKSPEC_TESTS_CORE_SERVICE_H
#define SOCKSPEC_TESTS_CORE_SERVICE_H

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/endpoint.h"
#include "core/server.h"

#define TIMEOUT_MS 50000

static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

struct service {
	struct uds_address address;
	struct uds_endpoint endpoint;
	struct uds_server_options options;
	struct uds_server_stats stats;
	pthread_t thread;
	int stop[2];
	int result;
};

static struct service service;

static inline void *serve(void *arg)
{
	struct service *s = arg;

	s->result = uds_server_run(s->endpoint.fd, &s->options, &s->stats);
	return NULL;
}

static inline void start_reply(int type, bool echo, bool once,
			       const char *reply, size_t reply_len)
{
	static const struct uds_endpoint none = UDS_ENDPOINT_NULL;
	struct uds_endpoint_options o = UDS_ENDPOINT_DEFAULTS(type);
	struct service *s = &service;
	char name[32];

	memset(s, 0, sizeof(*s));
	s->endpoint = none;
	snprintf(name, sizeof(name), "uds-unit-%ld", (long)getpid());
	ck_assert_int_eq(uds_address_from_name(&s->address, name,
					       strlen(name)), 0);
	ck_assert_int_eq(uds_endpoint_open(&s->endpoint, &s->address, &o), 0);
	ck_assert_int_eq(pipe2(s->stop, O_CLOEXEC), 0);
	s->options.type = type;
	s->options.echo = echo;
	s->options.once = once;
	s->options.reply = reply;
	s->options.reply_len = reply_len;
	s->options.stop_fd = s->stop[0];
	ck_assert_int_eq(pthread_create(&s->thread, NULL, serve, s), 0);
}

static inline void start(int type, bool echo, bool once)
{
	start_reply(type, echo, once, "ok\n", 3);
}

/* Wait for the end of a server that ends by itself. */
static inline void finish(void)
{
	ck_assert_int_eq(pthread_join(service.thread, NULL), 0);
	ck_assert_int_eq(service.result, 0);
	uds_endpoint_close(&service.endpoint);
	close(service.stop[0]);
	close(service.stop[1]);
}

static inline void stop(void)
{
	ck_assert_int_eq(write(service.stop[1], "", 1), 1);
	finish();
}

static inline int dial(void)
{
	int fd = uds_endpoint_connect(&service.address, service.options.type,
				      TIMEOUT_MS);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static inline bool is_readable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) == 1;
}

/* These bytes come next: in a stream in any pieces, else as one message. */
static inline void expect(int fd, const char *text)
{
	bool is_stream = service.options.type == SOCK_STREAM;
	size_t len = strlen(text), n = 0;
	char got[256];

	while (n < len) {
		size_t size = is_stream ? len - n : sizeof(got);
		ssize_t r;

		ck_assert(is_readable(fd, TIMEOUT_MS));
		r = recv(fd, got + n, size, 0);
		ck_assert_int_gt(r, 0);
		ck_assert(is_stream || (size_t)r == len);
		n += (size_t)r;
	}
	ck_assert_uint_eq(n, len);
	ck_assert_mem_eq(got, text, len);
}

static inline void expect_end(int fd)
{
	char byte;

	ck_assert(is_readable(fd, TIMEOUT_MS));
	ck_assert_int_eq(recv(fd, &byte, 1, 0), 0);
}

static inline void say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 (ssize_t)strlen(text));
}

#endif
