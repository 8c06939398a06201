// SPDX-License-Identifier: BSD-2-Clause
/*
 * The C library's CMSG_NXTHDR() looks at the length of the next header before
 * that is written; cmsg_add() therefore counts by itself.
 */
#include "config.h"

#include "checks/util_cmsg.h"

#include <string.h>

#include "harness/expect.h"

static void point(struct cmsg_msg *m, size_t len)
{
	m->iov = (struct iovec){ m->data, len };
	m->hdr = (struct msghdr){ .msg_iov = &m->iov, .msg_iovlen = 1 };
}

void cmsg_to_send(struct cmsg_msg *m, const void *data, size_t len)
{
	if (len > sizeof(m->data))
		BROKEN("%zu bytes are too many for a message", len);
	memset(m, 0, sizeof(*m));
	if (len)
		memcpy(m->data, data, len);
	point(m, len);
}

struct cmsghdr *cmsg_add(struct cmsg_msg *m, int level, int type,
			 const void *payload, size_t len)
{
	size_t at = m->hdr.msg_controllen;
	struct cmsghdr *c = (struct cmsghdr *)(void *)(m->control + at);

	if (at + CMSG_SPACE(len) > sizeof(m->control))
		BROKEN("there is no room for a payload of %zu bytes", len);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	if (len)
		memcpy(CMSG_DATA(c), payload, len);
	m->hdr.msg_control = m->control;
	m->hdr.msg_controllen = at + CMSG_SPACE(len);
	return c;
}

void cmsg_to_receive(struct cmsg_msg *m, size_t len, size_t room)
{
	if (len > sizeof(m->data) || room > sizeof(m->control))
		BROKEN("%zu and %zu bytes are too many for a message", len, room);
	memset(m, 0, sizeof(*m));
	memset(m->data, CMSG_POISON, sizeof(m->data));
	memset(m->control, CMSG_POISON, sizeof(m->control));
	point(m, len);
	m->hdr.msg_control = m->control;
	m->hdr.msg_controllen = room;
}

struct cmsghdr *cmsg_find(struct cmsg_msg *m, int level, int type)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(&m->hdr); c; c = CMSG_NXTHDR(&m->hdr, c))
		if (c->cmsg_level == level && c->cmsg_type == type)
			return c;
	return NULL;
}

int cmsg_count(struct cmsg_msg *m)
{
	struct cmsghdr *c;
	int n = 0;

	for (c = CMSG_FIRSTHDR(&m->hdr); c; c = CMSG_NXTHDR(&m->hdr, c))
		n++;
	return n;
}

size_t cmsg_payload(const struct cmsghdr *c)
{
	return c->cmsg_len < CMSG_LEN(0) ? 0 : c->cmsg_len - CMSG_LEN(0);
}

int cmsg_poisoned(const struct cmsg_msg *m, size_t from)
{
	for (size_t i = from; i < sizeof(m->control); i++)
		if (m->control[i] != CMSG_POISON)
			return 0;
	return 1;
}
