// SPDX-License-Identifier: BSD-2-Clause
/* What travels beside the bytes, and the options that ask for it. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/names.h"
#include "platform/endpoint.h"
#include "platform/probe.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define MOST_FDS 1024

/* Of the kernel, for C libraries that are older. */
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif
#ifndef SO_INQ
#define SO_INQ 84
#endif

/* Send the descriptor n times in one message; 0 or an errno. */
static int send_fds(int fd, int passed, size_t n)
{
	char byte = 'x';
	struct iovec iov = { &byte, 1 };
	char *control = xcalloc(1, CMSG_SPACE(MOST_FDS * sizeof(int)));
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = CMSG_SPACE(n * sizeof(int)),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	for (size_t i = 0; i < n; i++)
		memcpy(CMSG_DATA(c) + i * sizeof(int), &passed, sizeof(int));
	return sendmsg(fd, &msg, MSG_DONTWAIT) < 0 ? errno : 0;
}

/* Receive one message; the first control message in it, or -1 with errno. */
static int recv_control(int fd, struct cmsghdr *ret, void *data, size_t size)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(256)];
	} control;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;

	if (recvmsg(fd, &msg, MSG_DONTWAIT) < 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	errno = 0;
	if (!c || c->cmsg_len < CMSG_LEN(size))
		return -1;
	*ret = *c;
	memcpy(data, CMSG_DATA(c), size);
	return 0;
}

static void find_rights(struct fact *f, int arg)
{
	struct cmsghdr head;
	int fd[2], pipe_fd[2], got, err;
	char byte = 'p';

	(void)arg;
	if (endpoint_pair(SOCK_STREAM, fd) < 0 || pipe(pipe_fd) < 0) {
		fact_unknown(f, errno, "no stream pair");
		return;
	}
	err = send_fds(fd[0], pipe_fd[1], 1);
	if (err)
		fact_no(f, err, "sendmsg() refuses it");
	else if (recv_control(fd[1], &head, &got, sizeof(got)) < 0 ||
		 head.cmsg_type != SCM_RIGHTS)
		fact_no(f, errno, "sent, but not received");
	else if (write(got, &byte, 1) != 1 || read(pipe_fd[0], &byte, 1) != 1)
		fact_no(f, errno, "received, but not the same file");
	else
		fact_have(f);
}

/* A pair for each attempt: a message that was not read stays in its own. */
static int try_fds(size_t n)
{
	int fd[2], err;

	if (endpoint_pair(SOCK_STREAM, fd) < 0)
		return errno;
	err = send_fds(fd[0], fd[0], n);
	close(fd[0]);
	close(fd[1]);
	return err;
}

static void find_most_fds(struct fact *f, int arg)
{
	size_t good = 0, bad = MOST_FDS + 1;
	int refused = 0;

	(void)arg;
	while (bad - good > 1) {
		size_t n = (good + bad) / 2;
		int err = try_fds(n);

		if (err) {
			bad = n;
			refused = err;
		} else {
			good = n;
		}
	}
	if (good == 0)
		fact_no(f, refused, "none can be sent");
	else if (refused)
		fact_count(f, (long long)good, "%zu, one more is %s", good,
			   name_errno(refused));
	else
		fact_count(f, (long long)good, "%zu or more", good);
}

static void find_credentials(struct fact *f, int arg)
{
	struct cmsghdr head;
	struct ucred cred;
	int fd[2], on = 1;

	(void)arg;
	if (endpoint_pair(SOCK_STREAM, fd) < 0)
		fact_unknown(f, errno, "no stream pair");
	else if (setsockopt(fd[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		fact_no(f, errno, "SO_PASSCRED is refused");
	else if (send(fd[0], "x", 1, 0) != 1)
		fact_unknown(f, errno, "send() fails");
	else if (recv_control(fd[1], &head, &cred, sizeof(cred)) < 0 ||
		 head.cmsg_type != SCM_CREDENTIALS)
		fact_no(f, errno, "SO_PASSCRED is taken, nothing comes");
	else if (cred.pid != getpid() || cred.uid != geteuid())
		fact_yes(f, "but not those of the sender");
	else
		fact_have(f);
}

/* A switch that makes an integer come with each message. */
static void find_companion(struct fact *f, int option)
{
	struct cmsghdr head;
	int fd[2], on = 1, value;

	if (endpoint_pair(SOCK_STREAM, fd) < 0)
		fact_unknown(f, errno, "no stream pair");
	else if (setsockopt(fd[1], SOL_SOCKET, option, &on, sizeof(on)) < 0)
		fact_lack(f, errno);
	else if (send(fd[0], "xy", 2, 0) != 2)
		fact_unknown(f, errno, "send() fails");
	else if (recv_control(fd[1], &head, &value, sizeof(value)) < 0)
		fact_no(f, errno, "the option is taken, nothing comes");
	else
		fact_have(f);
}

/* An option of a stream pair that can be read. */
static void find_readable(struct fact *f, int option)
{
	char value[512];
	socklen_t len = sizeof(value);
	int fd[2];

	if (endpoint_pair(SOCK_STREAM, fd) < 0)
		fact_unknown(f, errno, "no stream pair");
	else if (getsockopt(fd[0], SOL_SOCKET, option, value, &len) < 0)
		fact_lack(f, errno);
	else
		fact_have(f);
}

/* A switch of a stream pair that can be turned on and is then read as on. */
static void find_switch(struct fact *f, int option)
{
	int fd[2], on = 1, got = -1;
	socklen_t len = sizeof(got);

	if (endpoint_pair(SOCK_STREAM, fd) < 0)
		fact_unknown(f, errno, "no stream pair");
	else if (setsockopt(fd[0], SOL_SOCKET, option, &on, sizeof(on)) < 0)
		fact_lack(f, errno);
	else if (getsockopt(fd[0], SOL_SOCKET, option, &got, &len) < 0)
		fact_yes(f, "but reading it back fails with %s",
			 name_errno(errno));
	else if (got != 1)
		fact_yes(f, "but it reads back as %d", got);
	else
		fact_have(f);
}

static void find_peek_off(struct fact *f, int arg)
{
	int fd[2], off = 1;
	char byte = 0;

	(void)arg;
	if (endpoint_pair(SOCK_STREAM, fd) < 0 || send(fd[0], "ab", 2, 0) != 2)
		fact_unknown(f, errno, "no stream pair");
	else if (setsockopt(fd[1], SOL_SOCKET, SO_PEEK_OFF, &off,
			    sizeof(off)) < 0)
		fact_lack(f, errno);
	else if (recv(fd[1], &byte, 1, MSG_PEEK) != 1 || byte != 'b')
		fact_no(f, 0, "taken, but without effect");
	else
		fact_have(f);
}

static void find_oob(struct fact *f, int arg)
{
	int fd[2];
	char byte = 0;

	(void)arg;
	if (endpoint_pair(SOCK_STREAM, fd) < 0)
		fact_unknown(f, errno, "no stream pair");
	else if (send(fd[0], "u", 1, MSG_OOB) < 0)
		fact_no(f, errno, "send() refuses it");
	else if (recv(fd[1], &byte, 1, MSG_OOB) != 1 || byte != 'u')
		fact_no(f, errno, "sent, but not received");
	else
		fact_yes(f, "on SOCK_STREAM");
}

static const struct probe probes[] = {
	{ "scm-rights", "SCM_RIGHTS", find_rights, 0 },
	{ "fds-per-message", "descriptors in a message", find_most_fds, 0 },
	{ "scm-credentials", "SCM_CREDENTIALS", find_credentials, 0 },
	{ "scm-pidfd", "SCM_PIDFD", find_companion, SO_PASSPIDFD },
	{ "so-peercred", "SO_PEERCRED", find_readable, SO_PEERCRED },
	{ "so-peergroups", "SO_PEERGROUPS", find_readable, SO_PEERGROUPS },
	{ "so-peerpidfd", "SO_PEERPIDFD", find_readable, SO_PEERPIDFD },
	{ "so-peersec", "SO_PEERSEC", find_readable, SO_PEERSEC },
	{ "so-passsec", "SO_PASSSEC", find_switch, SO_PASSSEC },
	{ "so-passrights", "SO_PASSRIGHTS", find_switch, SO_PASSRIGHTS },
	{ "so-inq", "SO_INQ", find_companion, SO_INQ },
	{ "so-peek-off", "SO_PEEK_OFF", find_peek_off, 0 },
	{ "msg-oob", "MSG_OOB", find_oob, 0 },
};

const struct probe_group probe_passing = {
	"Passing", probes, COUNT(probes),
};
