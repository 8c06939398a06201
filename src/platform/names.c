// SPDX-License-Identifier: BSD-2-Clause
/* What can be a name, and how long it may be. */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/endpoint.h"
#include "platform/probe.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)
#define LONGEST_TRIED 120

/* Wider than any address that is asked for. */
union address {
	struct sockaddr sa;
	struct sockaddr_un un;
	struct sockaddr_storage storage;
	char bytes[PATH_OFFSET + 2 * LONGEST_TRIED];
};

/* Bind a new socket to len bytes of 'n', with no NUL after them. */
static int bind_length(int *ret_fd, int len)
{
	union address a;

	memset(&a, 0, sizeof(a));
	a.un.sun_family = AF_UNIX;
	memset(a.bytes + PATH_OFFSET, 'n', (size_t)len);
	*ret_fd = endpoint_socket(SOCK_DGRAM);
	if (*ret_fd < 0)
		return -1;
	if (bind(*ret_fd, &a.sa, (socklen_t)(PATH_OFFSET + (size_t)len)) == 0)
		return 0;
	close(*ret_fd);
	return -1;
}

/* The longest pathname that can be bound, and a socket that is. */
static int bind_longest(int *ret_fd)
{
	for (int len = LONGEST_TRIED; len > 0; len--) {
		if (bind_length(ret_fd, len) == 0)
			return len;
	}
	return -1;
}

static void find_pathname(struct fact *f, int arg)
{
	struct endpoint e;
	struct stat st;

	(void)arg;
	if (endpoint_bind(&e, SOCK_STREAM) < 0)
		fact_no(f, errno, "bind() refuses it");
	else if (stat(e.addr.sun_path, &st) < 0)
		fact_yes(f, "but no file appears");
	else
		fact_yes(f, "%s", S_ISSOCK(st.st_mode) ?
			 "a file of type socket" : "a file of another type");
}

static void find_longest(struct fact *f, int arg)
{
	int fd, len = bind_longest(&fd);

	(void)arg;
	if (len < 0)
		fact_no(f, errno, "no pathname can be bound");
	else
		fact_count(f, len, "%d bytes, of %zu in sun_path", len,
			   sizeof(((struct sockaddr_un *)0)->sun_path));
}

static void find_longest_answer(struct fact *f, int arg)
{
	union address a;
	socklen_t len = sizeof(a);
	int fd, longest = bind_longest(&fd);

	(void)arg;
	if (longest < 0)
		fact_no(f, errno, "no pathname can be bound");
	else if (getsockname(fd, &a.sa, &len) < 0)
		fact_no(f, errno, "getsockname() fails");
	else
		fact_count(f, len, "%u bytes for a name of %d; sockaddr_un has %zu",
			   (unsigned int)len, longest, sizeof(a.un));
}

static void find_abstract(struct fact *f, int arg)
{
	int fd = endpoint_socket(SOCK_DGRAM), peer = endpoint_socket(SOCK_DGRAM);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t len;
	int n;

	(void)arg;
	n = snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1,
		     "sockspec-platform-%d", (int)getpid());
	len = (socklen_t)(PATH_OFFSET + 1 + (size_t)n);
	if (fd < 0 || peer < 0)
		fact_unknown(f, errno, "no datagram socket");
	else if (bind(fd, (struct sockaddr *)&a, len) < 0)
		fact_no(f, errno, "bind() refuses it");
	else if (connect(peer, (struct sockaddr *)&a, len) < 0)
		fact_no(f, errno, "bound, but connect() does not find it");
	else
		fact_yes(f, "bind() and connect()");
}

static void find_autobind(struct fact *f, int arg)
{
	int fd = endpoint_socket(SOCK_DGRAM);
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(a);

	(void)arg;
	if (fd < 0) {
		fact_unknown(f, errno, "no datagram socket");
		return;
	}
	if (bind(fd, (struct sockaddr *)&a, sizeof(a.sun_family)) < 0) {
		fact_no(f, errno, "bind() without a name refuses");
		return;
	}
	if (getsockname(fd, (struct sockaddr *)&a, &len) < 0 ||
	    len <= PATH_OFFSET)
		fact_no(f, 0, "bind() without a name gives none");
	else
		fact_yes(f, "an abstract name of %zu bytes",
			 (size_t)len - PATH_OFFSET);
}

static const struct probe probes[] = {
	{ "pathname", "pathnames", find_pathname, 0 },
	{ "pathname-longest", "longest pathname", find_longest, 0 },
	{ "getsockname-longest", "longest address reported",
	  find_longest_answer, 0 },
	{ "abstract", "abstract names", find_abstract, 0 },
	{ "autobind", "autobind", find_autobind, 0 },
};

const struct probe_group probe_names = {
	"Names", probes, COUNT(probes),
};
