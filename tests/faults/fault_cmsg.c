// SPDX-License-Identifier: BSD-2-Clause
/*
 * Control messages, as recvmsg() gives them and as sendmsg() takes them.
 * What a fault takes out of a message of descriptors it also closes, as a
 * kernel that lost them would not have installed them.
 */
#include "config.h"

#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define RECVS (ON(recvmsg) | ON(recvmmsg))

static size_t payload(const struct cmsghdr *cmsg)
{
	return cmsg->cmsg_len - CMSG_LEN(0);
}

static struct cmsghdr *find(struct msghdr *msg, long type)
{
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == type)
			return cmsg;
	}
	return NULL;
}

static size_t n_fds(const struct cmsghdr *cmsg)
{
	return payload(cmsg) / sizeof(int);
}

static int get_fd(const struct cmsghdr *cmsg, size_t i)
{
	int fd;

	memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd), sizeof(fd));
	return fd;
}

static void put_fd(struct cmsghdr *cmsg, size_t i, int fd)
{
	memcpy(CMSG_DATA(cmsg) + i * sizeof(fd), &fd, sizeof(fd));
}

/* Take a control message out; its neighbours move up. */
static void take_out(struct msghdr *msg, struct cmsghdr *cmsg)
{
	char *base = msg->msg_control, *at = (char *)cmsg;
	size_t size = CMSG_ALIGN(cmsg->cmsg_len);
	size_t after = msg->msg_controllen - (size_t)(at - base);

	if (size > after)
		size = after;
	memmove(at, at + size, after - size);
	msg->msg_controllen -= size;
}

/* What recvmsg() gave, for a fault that changes one type of it. */
static struct cmsghdr *received(struct fault_call *c, long type, long *ret)
{
	*ret = call_next(c);
	if (*ret < 0 || !c->msg->msg_control)
		return NULL;
	return find(c->msg, type);
}

/* Not given at all. */
FAULT(cmsg_drop, "TYPE", RECVS)
{
	struct cmsghdr *cmsg;
	long ret;

	if (c->id == CALL_recvmmsg)
		return call_each(use, c);
	cmsg = received(c, use->arg[0].n, &ret);
	if (!cmsg)
		return ret;
	if (cmsg->cmsg_type == SCM_RIGHTS) {
		for (size_t i = 0; i < n_fds(cmsg); i++)
			close(get_fd(cmsg, i));
	}
	take_out(c->msg, cmsg);
	return ret;
}

/* Not given, but the descriptors are there. */
FAULT(cmsg_leak, "", ON(recvmsg))
{
	struct cmsghdr *cmsg;
	long ret;

	cmsg = received(c, SCM_RIGHTS, &ret);
	if (cmsg)
		take_out(c->msg, cmsg);
	return ret;
}

/* Another level, type or length. */
FAULT(cmsg_type, "TYPE TO", ON(recvmsg))
{
	long ret;
	struct cmsghdr *cmsg = received(c, use->arg[0].n, &ret);

	if (cmsg)
		cmsg->cmsg_type = (int)use->arg[1].n;
	return ret;
}

FAULT(cmsg_len, "TYPE VALUE", ON(recvmsg))
{
	long ret;
	struct cmsghdr *cmsg = received(c, use->arg[0].n, &ret);

	if (cmsg)
		cmsg->cmsg_len = (size_t)fault_adjust(&use->arg[1],
						      (long)cmsg->cmsg_len);
	return ret;
}

FAULT(controllen, "VALUE", ON(recvmsg))
{
	long ret = call_next(c);

	if (ret >= 0)
		c->msg->msg_controllen = (size_t)
			fault_adjust(&use->arg[0],
				     (long)c->msg->msg_controllen);
	return ret;
}

/* An int of the payload, at this index, is another: pid, uid, gid. */
FAULT(cmsg_value, "TYPE INDEX VALUE", ON(recvmsg))
{
	size_t at = (size_t)use->arg[1].n * sizeof(int);
	int value;
	long ret;
	struct cmsghdr *cmsg = received(c, use->arg[0].n, &ret);

	if (!cmsg || payload(cmsg) < at + sizeof(value))
		return ret;
	memcpy(&value, CMSG_DATA(cmsg) + at, sizeof(value));
	value = (int)fault_adjust(&use->arg[2], value);
	memcpy(CMSG_DATA(cmsg) + at, &value, sizeof(value));
	return ret;
}

/* Descriptors: in the other order. */
FAULT(fds_reversed, "", ON(recvmsg))
{
	long ret;
	struct cmsghdr *cmsg = received(c, SCM_RIGHTS, &ret);
	size_t n = cmsg ? n_fds(cmsg) : 0;

	for (size_t i = 0; i < n / 2; i++) {
		int fd = get_fd(cmsg, i);

		put_fd(cmsg, i, get_fd(cmsg, n - 1 - i));
		put_fd(cmsg, n - 1 - i, fd);
	}
	return ret;
}

/* The last one is missing. */
FAULT(fds_short, "", ON(recvmsg))
{
	long ret;
	struct cmsghdr *cmsg = received(c, SCM_RIGHTS, &ret);

	if (cmsg && n_fds(cmsg) > 1) {
		close(get_fd(cmsg, n_fds(cmsg) - 1));
		cmsg->cmsg_len -= sizeof(int);
	}
	return ret;
}

/* Each is another open file: the null device. */
FAULT(fds_other, "", ON(recvmsg))
{
	long ret;
	struct cmsghdr *cmsg = received(c, SCM_RIGHTS, &ret);
	size_t n = cmsg ? n_fds(cmsg) : 0;

	for (size_t i = 0; i < n; i++) {
		int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup3(fd, get_fd(cmsg, i), O_CLOEXEC);
		close(fd);
	}
	return ret;
}

/* They are open a second time, and that one is never closed. */
FAULT(fds_leak, "", ON(recvmsg))
{
	long ret;
	struct cmsghdr *cmsg = received(c, SCM_RIGHTS, &ret);
	size_t n = cmsg ? n_fds(cmsg) : 0;

	for (size_t i = 0; i < n; i++)
		fcntl(get_fd(cmsg, i), F_DUPFD_CLOEXEC, 3);
	return ret;
}

/* The close-on-exec flag is the other way round. */
FAULT(fds_cloexec, "", ON(recvmsg))
{
	long ret;
	struct cmsghdr *cmsg = received(c, SCM_RIGHTS, &ret);
	size_t n = cmsg ? n_fds(cmsg) : 0;

	for (size_t i = 0; i < n; i++) {
		int fd = get_fd(cmsg, i);

		fcntl(fd, F_SETFD, fcntl(fd, F_GETFD) ^ FD_CLOEXEC);
	}
	return ret;
}

/* Credentials that nobody asked for. */
FAULT(cmsg_unasked, "", ON(recvmsg))
{
	size_t room = c->msg->msg_controllen;
	struct ucred who = { getpid(), getuid(), getgid() };
	struct cmsghdr *cmsg;
	long ret = call_next(c);

	if (ret < 0 || c->msg->msg_controllen ||
	    room < CMSG_SPACE(sizeof(who)))
		return ret;
	c->msg->msg_controllen = CMSG_SPACE(sizeof(who));
	cmsg = CMSG_FIRSTHDR(c->msg);
	*cmsg = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof(who)), .cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_CREDENTIALS,
	};
	memcpy(CMSG_DATA(cmsg), &who, sizeof(who));
	return ret;
}

/* A message is sent without its control data. */
FAULT(control_lost, "", ON(sendmsg) | ON(sendmmsg))
{
	struct msghdr given, bare, *msg = c->msg;
	long ret;

	if (c->id == CALL_sendmmsg)
		return call_each(use, c);
	if (!copy_in(&given, c->msg, sizeof(given)))
		return call_next(c);
	bare = given;
	bare.msg_control = NULL;
	bare.msg_controllen = 0;
	c->msg = &bare;
	ret = call_next(c);
	c->msg = msg;
	return ret;
}

/* A call that refuses its control data sends the bytes all the same. */
FAULT(control_refused_late, "", ON(sendmsg) | ON(sendmmsg))
{
	struct held m;
	int saved;
	long ret;

	if (c->id == CALL_sendmmsg)
		return call_each(use, c);
	ret = call_next(c);
	if (ret >= 0 || !message_take(c, &m))
		return ret;
	saved = errno;
	message_send_now(c, m.data, m.len);
	held_drop(&m);
	errno = saved;
	return ret;
}
