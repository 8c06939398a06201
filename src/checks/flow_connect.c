// SPDX-License-Identifier: BSD-2-Clause
/* The timeout of a connect() that is woken in vain. */
#include "config.h"

#include <errno.h>
#include <sys/socket.h>

#include "checks/util_backlog.h"
#include "checks/util_flow.h"
#include "checks/util_moment.h"
#include "harness/check.h"

#define TIMEOUT_MS 30
#define BACKLOG 2

/*
 * Lowering and raising the backlog of a queue that stays too long wakes all
 * who wait for room, and there is none: unix_listen(), unix_stream_connect().
 */
static void wake_in_vain(struct flow_waker *w)
{
	ASSERT_RET(0, listen(w->peer, 0));
	ASSERT_RET(0, listen(w->peer, BACKLOG));
}

CHECK(flow, connect_timeout_covers_retries,
      .title = "SO_SNDTIMEO of connect() is for the whole wait, however often it is woken in vain",
      CLAUSES(linux_connect_timeout_whole, linux_connect_timeout_eagain),
      ROWS(FLOW_50),
      .types = CONNECTED, .addrs = NAMED, .needs = NEED_BLOCKED,
      .waits = true,
      .why = "On a busy server a client that starts anew each time waits for ever.",
      .explain = "listen() is called with a smaller and a larger backlog until connect() "
	      "returns; each time the sleeper wakes up, finds the queue full and sleeps "
	      "on for what is left of its time.")
{
	struct addr a = env_addr(env, 0);
	int clients[BACKLOG_FILL_MAX], n, listener, fd = SETUP(env_socket(env));
	struct flow_waker w = { .wake = wake_in_vain };
	struct moment start;
	struct call c;

	listener = backlog_full_listener(env, BACKLOG, &a, clients, &n);
	w.fd = fd;
	w.peer = listener;
	SETUP(backlog_set_timeout(fd, SO_SNDTIMEO, TIMEOUT_MS));
	if (listen(listener, 1) < 0 || listen(listener, BACKLOG) < 0)
		SKIP_CASE("a listener does not take another backlog here");
	moment_take(&start);
	call_connect(&c, fd, &a);
	if (!flow_wake_till_over(&c, &w, TIMEOUT_MS))
		return;
	EXPECT_CALL_ERRNO(EAGAIN, &c);
	moment_expect_passed(&start, TIMEOUT_MS);
	for (int i = 0; i < n; i++)
		ASSERT_OK(env_accept(env, listener));
	SETUP(backlog_set_nonblock(listener, true));
	EXPECT_ERRNO(EAGAIN, accept(listener, NULL, NULL));
}
