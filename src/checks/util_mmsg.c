// SPDX-License-Identifier: BSD-2-Clause
/* Each message tells its number by its length and its bytes. */
#include "config.h"

#include "checks/util_mmsg.h"

#include <string.h>

#include "checks/util_data.h"
#include "harness/expect.h"

#define JUNK 0xaa

static void set(struct batch *b, int i, size_t len)
{
	b->iov[i] = (struct iovec){ b->buf[i], len };
	b->m[i] = (struct mmsghdr){
		.msg_hdr = { .msg_iov = &b->iov[i], .msg_iovlen = 1 },
		.msg_len = JUNK,
	};
}

void batch_to_send(struct batch *b)
{
	memset(b, 0, sizeof(*b));
	for (int i = 0; i < BATCH_MAX; i++) {
		data_fill(b->buf[i], 16 * (size_t)i, (size_t)i + 1);
		set(b, i, (size_t)i + 1);
	}
}

void batch_to_receive(struct batch *b, size_t len)
{
	memset(b, 0, sizeof(*b));
	memset(b->buf, JUNK, sizeof(b->buf));
	for (int i = 0; i < BATCH_MAX; i++)
		set(b, i, len);
}

void batch_expect(const struct batch *b, int i, int which)
{
	size_t len = (size_t)which + 1;

	EXPECT_EQ(len, b->m[i].msg_len);
	EXPECT_MSG_FLAGS(0, b->m[i].msg_hdr.msg_flags);
	EXPECT_THAT(data_is(b->buf[i], 16 * (size_t)which, len),
		    "message %d is in buffer %d", which, i);
	EXPECT_EQ(JUNK, b->buf[i][len]);
}

void batch_expect_untouched(const struct batch *b, int i)
{
	EXPECT_EQ(JUNK, b->m[i].msg_len);
	EXPECT_EQ(JUNK, b->buf[i][0]);
}

static long call_recvmmsg(struct call *c)
{
	struct batch *b = c->arg;

	return recvmmsg(b->fd, b->m, b->n, b->flags,
			b->has_timeout ? &b->timeout : NULL);
}

void batch_call(struct call *c, int fd, struct batch *b, unsigned int n,
		int flags, const struct timespec *timeout)
{
	b->fd = fd;
	b->flags = flags;
	b->n = n;
	b->has_timeout = timeout;
	if (timeout)
		b->timeout = *timeout;
	*c = (struct call){ .arg = b };
	call_start(c, "recvmmsg(fd, ...)", call_recvmmsg);
}
