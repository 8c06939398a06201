// SPDX-License-Identifier: BSD-2-Clause
/*
 * How much fits is measured, never assumed; what waits is numbered, so that
 * a message that was lost or moved is seen.
 */
#include "config.h"

#include "checks/util_flow.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "checks/util_backlog.h"
#include "checks/util_dgram.h"
#include "harness/expect.h"

#define SMALL_SNDBUF 8192
#define MOST_UNITS 65536
#define MOST_QUEUED 4096

int flow_pair(struct env *env, int fd[2])
{
	if (env_pair(env, fd) < 0)
		return -1;
	return backlog_set_option(fd[0], SO_SNDBUF, SMALL_SNDBUF);
}

int flow_fill(int fd)
{
	unsigned char unit[FLOW_UNIT];
	int n, err = 0;

	for (n = 0; n < MOST_UNITS; n++) {
		dgram_fill(unit, (unsigned int)n, sizeof(unit));
		if (send(fd, unit, sizeof(unit), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
			err = errno;
			break;
		}
	}
	ASSERT_THAT(n > 0 && n < MOST_UNITS,
		    "a socket holds some messages and not %d", n);
	EXPECT_ERR_EQ(EAGAIN, err);
	return n;
}

void flow_drain(int fd, int first, int n)
{
	unsigned char unit[FLOW_UNIT];

	for (int i = first; i < first + n; i++) {
		ASSERT_RET(FLOW_UNIT, recv(fd, unit, sizeof(unit), MSG_DONTWAIT));
		ASSERT_THAT(dgram_is(unit, (unsigned int)i, sizeof(unit)),
			    "message %d comes in its place", i);
	}
}

int flow_outq(int fd)
{
	int value = -1;

	return ioctl(fd, SIOCOUTQ, &value) < 0 ? -1 : value;
}

int flow_queue_limit(void)
{
	cleanup_fclose FILE *f = fopen("/proc/sys/net/unix/max_dgram_qlen", "re");
	int value;

	if (!f || fscanf(f, "%d", &value) != 1)
		SKIP_CASE("the limit of a datagram queue is not told");
	if (value < 0 || value > MOST_QUEUED)
		SKIP_CASE("a queue of %d datagrams is too much to fill", value);
	return value;
}

int flow_fill_queue(struct env *env, const struct addr *to, int first)
{
	int n = 0, sent;
	char text[16];

	do {
		int fd = SETUP(env_socket(env));

		for (sent = 0; n <= 2 * MOST_QUEUED; sent++, n++) {
			snprintf(text, sizeof(text), "%d", first + n);
			if (dgram_sendto(fd, text, to) < 0)
				break;
		}
		ASSERT_THAT(n <= 2 * MOST_QUEUED, "a queue holds less than %d", n);
		ASSERT_ERRNO(EAGAIN, dgram_sendto(fd, "no room", to));
		SETUP(env_close(env, fd));
	} while (sent > 0);
	return n;
}

void flow_full_queue(struct env *env, struct flow_queue *queue)
{
	flow_queue_limit();
	queue->addr = env_addr(env, 0);
	queue->fd = SETUP(env_bound(env, &queue->addr));
	queue->n = flow_fill_queue(env, &queue->addr, 0);
	ASSERT_THAT(queue->n > 0, "a queue holds a message");
}

void flow_drain_queue(int fd, int first, int n)
{
	char text[16], got[64];

	for (int i = first; i < first + n; i++) {
		int len = snprintf(text, sizeof(text), "%d", i);

		ASSERT_RET(len, recv(fd, got, sizeof(got), MSG_DONTWAIT));
		ASSERT_MEM(text, got, (size_t)len);
	}
}

/* Longer than a tick, so that each sleep takes one off the timeout. */
#define SLEEP_MS 11
/* A call may be held up between two sleeps, where no tick counts. */
#define MORE_WAKES 5

bool flow_wake_till_over(struct call *c, struct flow_waker *w, int timeout_ms)
{
	int most = (timeout_ms + 9) / 10 + MORE_WAKES;

	for (int n = 0; call_is_blocked(c); n++) {
		int64_t awake = clock_deadline_ms(SLEEP_MS);

		if (n == most) {
			EXPECT_THAT(false, "a call with a timeout of %d ms is over "
				    "after %d wakes", timeout_ms, most);
			call_cancel(c);
			return false;
		}
		while (!atomic_load(&c->done) && clock_now_ns() < awake)
			poll(NULL, 0, 1);
		if (!atomic_load(&c->done))
			w->wake(w);
	}
	return true;
}
