// SPDX-License-Identifier: BSD-2-Clause
/* How much fits, measured by filling it. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/names.h"
#include "platform/endpoint.h"
#include "platform/probe.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Where measuring stops: more of it is "or more". */
#define MOST_CLIENTS 1024
#define MOST_MESSAGES 100000
#define MOST_BYTES (16 << 20)

static int read_number(const char *path, long long *ret)
{
	cleanup_fclose FILE *file = fopen(path, "re");

	if (!file)
		return errno;
	return fscanf(file, "%lld", ret) == 1 ? 0 : EIO;
}

static void find_sysctl(struct fact *f, const char *path)
{
	long long value;
	int err = read_number(path, &value);

	if (err)
		fact_no(f, err, "%s", path);
	else
		fact_count(f, value, "%lld", value);
}

static void find_somaxconn(struct fact *f, int arg)
{
	(void)arg;
	find_sysctl(f, "/proc/sys/net/core/somaxconn");
}

static void find_qlen(struct fact *f, int arg)
{
	(void)arg;
	find_sysctl(f, "/proc/sys/net/unix/max_dgram_qlen");
}

/* Clients that connect before anybody accepts. */
static void find_backlog(struct fact *f, int backlog)
{
	struct endpoint e;
	int n = 0, err = 0;

	if (endpoint_listen(&e, SOCK_STREAM, backlog) < 0) {
		fact_no(f, errno, "listen() refuses");
		return;
	}
	while (n < MOST_CLIENTS) {
		int fd = endpoint_socket(SOCK_STREAM);

		if (fd < 0 ||
		    connect(fd, (struct sockaddr *)&e.addr, e.len) < 0) {
			err = errno;
			break;
		}
		n++;
	}
	if (err == EAGAIN || err == ECONNREFUSED || err == EINPROGRESS)
		fact_count(f, n, "%d connect, then %s", n, name_errno(err));
	else
		fact_count(f, n, "%d or more; %s", n, err ? name_errno(err) :
			   "measured no further");
}

/* One-byte messages until it is full. */
static void count_messages(struct fact *f, int fd)
{
	long n = 0;

	while (n < MOST_MESSAGES && send(fd, "x", 1, MSG_DONTWAIT) == 1)
		n++;
	if (n == MOST_MESSAGES)
		fact_count(f, n, "%ld or more", n);
	else
		fact_count(f, n, "%ld, then %s", n, name_errno(errno));
}

static void find_dgram_queue(struct fact *f, int arg)
{
	struct endpoint server;
	int fd = endpoint_socket(SOCK_DGRAM);

	(void)arg;
	if (fd < 0 || endpoint_bind(&server, SOCK_DGRAM) < 0 ||
	    connect(fd, (struct sockaddr *)&server.addr, server.len) < 0)
		fact_unknown(f, errno, "no named datagram socket");
	else
		count_messages(f, fd);
}

static void find_pair_messages(struct fact *f, int type)
{
	int fd[2];

	if (endpoint_pair(type, fd) < 0)
		fact_unknown(f, errno, "no pair");
	else
		count_messages(f, fd[0]);
}

static void find_pair_bytes(struct fact *f, int arg)
{
	char chunk[4096];
	long long bytes = 0;
	ssize_t n = 0;
	int fd[2];

	(void)arg;
	if (endpoint_pair(SOCK_STREAM, fd) < 0) {
		fact_unknown(f, errno, "no pair");
		return;
	}
	memset(chunk, 'x', sizeof(chunk));
	while (bytes < MOST_BYTES &&
	       (n = send(fd[0], chunk, sizeof(chunk), MSG_DONTWAIT)) > 0)
		bytes += n;
	if (n > 0)
		fact_count(f, bytes, "%lld or more", bytes);
	else
		fact_count(f, bytes, "%lld in pieces of %zu, then %s", bytes,
			   sizeof(chunk), name_errno(errno));
}

/* 0 when a message of that size goes through a pair of its own. */
static int try_message(int type, const char *bytes, size_t size)
{
	int fd[2], err = 0;

	if (endpoint_pair(type, fd) < 0)
		return errno;
	if (send(fd[0], bytes, size, MSG_DONTWAIT) != (ssize_t)size)
		err = errno;
	close(fd[0]);
	close(fd[1]);
	return err;
}

static void find_largest(struct fact *f, int type)
{
	char *bytes = xcalloc(1, MOST_BYTES);
	size_t good = 0, bad = MOST_BYTES + 1;
	int refused = 0, buffer = 0, fd = endpoint_socket(type);
	socklen_t len = sizeof(buffer);

	if (fd < 0 || try_message(type, bytes, 1)) {
		fact_unknown(f, errno, "no message goes through a pair");
		return;
	}
	getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, &len);
	while (bad - good > 1) {
		size_t size = good + (bad - good) / 2;
		int err = try_message(type, bytes, size);

		if (err) {
			bad = size;
			refused = err;
		} else {
			good = size;
		}
	}
	if (refused)
		fact_count(f, (long long)good, "%zu bytes, one more is %s "
			   "(SO_SNDBUF %d)", good, name_errno(refused), buffer);
	else
		fact_count(f, (long long)good, "%zu bytes or more (SO_SNDBUF %d)",
			   good, buffer);
}

static void find_buffer(struct fact *f, int option)
{
	int fd = endpoint_socket(SOCK_STREAM), value = 0;
	socklen_t len = sizeof(value);

	if (fd < 0)
		fact_unknown(f, errno, "no stream socket");
	else if (getsockopt(fd, SOL_SOCKET, option, &value, &len) < 0)
		fact_lack(f, errno);
	else
		fact_count(f, value, "%d bytes", value);
}

static const struct probe probes[] = {
	{ "somaxconn", "sysctl somaxconn", find_somaxconn, 0 },
	{ "backlog-128", "listen(128)", find_backlog, 128 },
	{ "backlog-0", "listen(0)", find_backlog, 0 },
	{ "sndbuf", "SO_SNDBUF", find_buffer, SO_SNDBUF },
	{ "rcvbuf", "SO_RCVBUF", find_buffer, SO_RCVBUF },
	{ "largest-dgram", "largest datagram", find_largest, SOCK_DGRAM },
	{ "largest-seqpacket", "largest packet", find_largest, SOCK_SEQPACKET },
	{ "max-dgram-qlen", "sysctl max_dgram_qlen", find_qlen, 0 },
	{ "dgram-queue", "datagrams to a name", find_dgram_queue, 0 },
	{ "pair-messages-dgram", "datagrams in a pair", find_pair_messages,
	  SOCK_DGRAM },
	{ "pair-messages-stream", "single bytes in a stream", find_pair_messages,
	  SOCK_STREAM },
	{ "pair-bytes-stream", "bytes in a stream", find_pair_bytes, 0 },
};

const struct probe_group probe_limits = {
	"Limits", probes, COUNT(probes),
};
