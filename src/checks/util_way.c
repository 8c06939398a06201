// SPDX-License-Identifier: BSD-2-Clause
/* A batch has one message, whose length is the result. */
#include "config.h"

#include "checks/util_way.h"

#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/direct.h"

struct pieces {
	struct iovec iov[2];
	struct mmsghdr m;
};

static void cut(struct pieces *p, void *buf, size_t len)
{
	char *half = (char *)buf + len / 2;

	*p = (struct pieces){ .iov = { { buf, len / 2 },
				       { half, len - len / 2 } } };
	p->m.msg_hdr.msg_iov = p->iov;
	p->m.msg_hdr.msg_iovlen = 2;
}

ssize_t way_recv(int way, int fd, void *buf, size_t len, int flags)
{
	struct pieces p;
	int n;

	cut(&p, buf, len);
	switch (way) {
	case WAY_PLAIN:
		return recv(fd, buf, len, flags);
	case WAY_NAMED:
		return recvfrom(fd, buf, len, flags, NULL, NULL);
	case WAY_MESSAGE:
		return recvmsg(fd, &p.m.msg_hdr, flags);
	case WAY_BATCH:
		n = recvmmsg(fd, &p.m, 1, flags, NULL);
		return n < 0 ? n : (ssize_t)p.m.msg_len;
	case WAY_FILE:
		return read(fd, buf, len);
	case WAY_VECTOR:
		return readv(fd, p.iov, 2);
	default:
		return preadv2(fd, p.iov, 2, -1, 0);
	}
}

ssize_t way_send(int way, int fd, const void *buf, size_t len, int flags)
{
	struct pieces p;
	int n;

	cut(&p, (void *)(uintptr_t)buf, len);
	switch (way) {
	case WAY_PLAIN:
		return send(fd, buf, len, flags);
	case WAY_NAMED:
		return sendto(fd, buf, len, flags, NULL, 0);
	case WAY_MESSAGE:
		return sendmsg(fd, &p.m.msg_hdr, flags);
	case WAY_BATCH:
		n = sendmmsg(fd, &p.m, 1, flags);
		return n < 0 ? n : (ssize_t)p.m.msg_len;
	case WAY_FILE:
		return write(fd, buf, len);
	case WAY_VECTOR:
		return writev(fd, p.iov, 2);
	default:
		return pwritev2(fd, p.iov, 2, -1, 0);
	}
}

const char *way_send_name(int way)
{
	static const char *const names[] = { WAYS_SEND };

	return names[way];
}

/* call_start() keeps none of the arguments of a call of the body's own. */
static struct {
	int way, fd, flags;
	void *buf;
	size_t len;
} asleep;

static long call_way_recv(struct call *c)
{
	(void)c;
	return way_recv(asleep.way, asleep.fd, asleep.buf, asleep.len,
			asleep.flags);
}

static long call_way_send(struct call *c)
{
	(void)c;
	return way_send(asleep.way, asleep.fd, asleep.buf, asleep.len,
			asleep.flags);
}

static void set_asleep(int way, int fd, const void *buf, size_t len, int flags)
{
	asleep.way = way;
	asleep.fd = fd;
	asleep.buf = (void *)(uintptr_t)buf;
	asleep.len = len;
	asleep.flags = flags;
}

void way_call_recv(struct call *c, int way, int fd, void *buf, size_t len,
		   int flags)
{
	set_asleep(way, fd, buf, len, flags);
	*c = (struct call){ 0 };
	call_start(c, "the call that receives", call_way_recv);
}

void way_call_send(struct call *c, int way, int fd, const void *buf, size_t len,
		   int flags)
{
	set_asleep(way, fd, buf, len, flags);
	*c = (struct call){ 0 };
	call_start(c, "the call that sends", call_way_send);
}
