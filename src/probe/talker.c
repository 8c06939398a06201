// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "probe/talker.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "harness/check.h"
#include "probe/options.h"

#define BLOCK 16384	/* bytes of requests in one send(), where it may be */
#define SOME 4096	/* bytes of answers: it is being served */

/* False when there will be no more. */
static bool read_answers(struct talker *talker)
{
	char data[65536];
	ssize_t n = recv(talker->fd, data, sizeof(data), MSG_DONTWAIT);

	if (n > 0)
		atomic_fetch_add(&talker->n_bytes, (size_t)n);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool send_requests(struct talker *talker, size_t *pos)
{
	ssize_t n = send(talker->fd, talker->requests.data + *pos,
			 talker->requests.len - *pos,
			 MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0)
		*pos = (*pos + (size_t)n) % talker->requests.len;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void *talk_on(void *arg)
{
	struct talker *talker = arg;
	struct pollfd p = { .fd = talker->fd, .events = POLLIN | POLLOUT };
	bool on = true;
	size_t pos = 0;

	while (on && !atomic_load(&talker->stop)) {
		if (poll(&p, 1, 20) <= 0)
			continue;
		on = !(p.revents & ~POLLOUT) || read_answers(talker);
		if (on && (p.revents & POLLOUT))
			on = send_requests(talker, &pos);
	}
	atomic_store(&talker->ended, true);
	return NULL;
}

void talker_begin(struct talker *talker, struct target *t, int fd,
		  int64_t deadline_ns)
{
	cleanup_talk struct talk talk = { .fd = -1 };

	*talker = (struct talker){ .fd = fd, .requests = BUF_NULL };
	talk_begin(&talk, t, fd);
	do {
		talk_request(&talk);
		buf_add(&talker->requests, talk.out.data, talk.out.len);
	} while (probe_options.type == SOCK_STREAM &&
		 talker->requests.len < BLOCK);
	if (pthread_create(&talker->thread, NULL, talk_on, talker))
		BROKEN("a thread cannot be had");
	for (unsigned int round = 0; atomic_load(&talker->n_bytes) < SOME &&
				     !atomic_load(&talker->ended) &&
				     clock_now_ns() < deadline_ns;
	     round++)
		probe_pause(round);
}

bool talker_end(struct talker *talker)
{
	bool had_ended = atomic_load(&talker->ended);

	atomic_store(&talker->stop, true);
	pthread_join(talker->thread, NULL);
	buf_free(&talker->requests);
	return !had_ended;
}
