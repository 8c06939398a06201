// SPDX-License-Identifier: BSD-2-Clause
/*
 * Large pieces first, so that it takes few calls; then small ones, so that
 * not even one byte is taken any more.
 */
#include "config.h"

#include "checks/util_fill.h"

#include <errno.h>

#include "harness/expect.h"

#define PIECE 4096
#define MAX_CALLS 1000000

static char piece[PIECE];

/* Send pieces of len until refused; the number of bytes or messages. */
static long fill_with(struct env *env, int fd, size_t len)
{
	long sum = 0;

	for (int i = 0; i < MAX_CALLS; i++) {
		ssize_t n = send(fd, piece, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0) {
			EXPECT_ERR_EQ(EAGAIN, errno);
			return sum;
		}
		sum += env->type == SOCK_STREAM ? n : 1;
	}
	ASSERT_THAT(false, "%d sends of %zu bytes and no end", MAX_CALLS, len);
	return sum;
}

long fill_up(struct env *env, int fd)
{
	return fill_with(env, fd, PIECE) + fill_with(env, fd, 1);
}

long fill_drain(struct env *env, int fd)
{
	long sum = 0;
	ssize_t n;

	while ((n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT)) > 0)
		sum += env->type == SOCK_STREAM ? n : 1;
	return sum;
}
