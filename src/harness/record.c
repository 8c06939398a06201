// SPDX-License-Identifier: BSD-2-Clause
/* Header, then five strings each ended by NUL. */
#include "config.h"

#include "harness/record.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define RECORD_MAGIC 0x73706563U
#define N_STRINGS 5
#define RECORD_MAX (PIPE_BUF < 4096 ? PIPE_BUF : 4096)

struct head {
	uint32_t magic;
	uint32_t serial;
	uint16_t kind;
	uint16_t len;	/* of the strings */
};

int record_write(int fd, const struct record *r)
{
	const char *strings[N_STRINGS] = {
		r->context, r->call, r->expected, r->got, r->where,
	};
	struct head head = { RECORD_MAGIC, r->serial, (uint16_t)r->kind, 0 };
	struct iovec iov[1 + 2 * N_STRINGS] = { { &head, sizeof(head) } };
	size_t used = sizeof(head);

	for (int i = 0; i < N_STRINGS; i++) {
		const char *s = strings[i] ? strings[i] : "";
		/* Leave each string that follows a fair share. */
		size_t room = (RECORD_MAX - used) / (size_t)(N_STRINGS - i) - 1;
		size_t len = strnlen(s, room);

		iov[1 + 2 * i] = (struct iovec){ (char *)s, len };
		iov[2 + 2 * i] = (struct iovec){ "", 1 };
		used += len + 1;
	}
	head.len = (uint16_t)(used - sizeof(head));
	while (writev(fd, iov, 1 + 2 * N_STRINGS) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

long record_parse(const char *data, size_t len, struct record *r)
{
	const char **strings[N_STRINGS] = {
		&r->context, &r->call, &r->expected, &r->got, &r->where,
	};
	struct head head;
	const char *p, *end;

	if (len < sizeof(head))
		return 0;
	memcpy(&head, data, sizeof(head));
	if (head.magic != RECORD_MAGIC || head.kind >= N_RECORD ||
	    head.len > RECORD_MAX)
		return -1;
	if (len < sizeof(head) + head.len)
		return 0;
	p = data + sizeof(head);
	end = p + head.len;
	for (int i = 0; i < N_STRINGS; i++) {
		const char *nul = p < end ? memchr(p, 0, (size_t)(end - p)) : NULL;

		if (!nul)
			return -1;
		*strings[i] = p;
		p = nul + 1;
	}
	r->serial = head.serial;
	r->kind = (enum record_kind)head.kind;
	return (long)(sizeof(head) + head.len);
}
