// SPDX-License-Identifier: BSD-2-Clause
/*
 * Modes are put back rather than left, because the caller goes on using the
 * socket, and O_NONBLOCK belongs to everybody who shares the description.
 */
#include "config.h"

#include "core/fdmode.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"

int uds_fdmode_enter(struct uds_fdmode *mode, int fd, bool nonblock,
		     int timeout_option)
{
	const struct timeval tick = { .tv_usec = UDS_TICK_MS * 1000 };
	socklen_t len = sizeof(mode->timeout);
	int flags = fcntl(fd, F_GETFL);
	int wanted;

	*mode = (struct uds_fdmode) { 0 };
	if (flags < 0)
		return -errno;
	wanted = nonblock ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	if (wanted != flags && fcntl(fd, F_SETFL, wanted) < 0)
		return -errno;
	mode->flags_set = true;
	mode->flags = flags;

	if (timeout_option &&
	    getsockopt(fd, SOL_SOCKET, timeout_option, &mode->timeout,
		       &len) == 0 &&
	    setsockopt(fd, SOL_SOCKET, timeout_option, &tick,
		       sizeof(tick)) == 0)
		mode->timeout_option = timeout_option;
	return 0;
}

void uds_fdmode_leave(const struct uds_fdmode *mode, int fd)
{
	if (mode->timeout_option)
		setsockopt(fd, SOL_SOCKET, mode->timeout_option,
			   &mode->timeout, sizeof(mode->timeout));
	if (mode->flags_set)
		fcntl(fd, F_SETFL, mode->flags);
}

static bool sigpipe_is_pending(void)
{
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	return sigismember(&pending, SIGPIPE);
}

static void sigpipe_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGPIPE);
}

void uds_sigpipe_hold(struct uds_sigpipe_hold *hold)
{
	sigset_t set;

	sigpipe_set(&set);
	hold->was_pending = sigpipe_is_pending();
	pthread_sigmask(SIG_BLOCK, &set, &hold->mask);
}

void uds_sigpipe_release(const struct uds_sigpipe_hold *hold)
{
	const struct timespec none = { 0 };
	sigset_t set;

	sigpipe_set(&set);
	if (!hold->was_pending && sigpipe_is_pending())
		while (sigtimedwait(&set, NULL, &none) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &hold->mask, NULL);
}

int uds_gate_wait(int fd, int64_t deadline_ns)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	char byte;
	int n;

	if (fd < 0)
		return 0;
	do {
		n = poll(&pollfd, 1, uds_wait_ms(deadline_ns));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ETIMEDOUT;
	n = io_read_all(fd, &byte, 1);
	return n == 0 ? -EPIPE : n < 0 ? n : 0;
}

void uds_gate_open(int fd)
{
	if (fd >= 0)
		(void)io_write_all(fd, "", 1);
}

int uds_wait_ms(int64_t deadline_ns)
{
	return deadline_ns ? clock_left_ms(deadline_ns) : -1;
}

bool uds_deadline_passed(int64_t deadline_ns)
{
	return deadline_ns && clock_now_ns() >= deadline_ns;
}
