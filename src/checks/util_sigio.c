// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "checks/util_sigio.h"

#include <fcntl.h>

#include "harness/expect.h"

void sigio_block(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGIO);
	sigaddset(set, SIGURG);
	SETUP(sigprocmask(SIG_BLOCK, set, NULL));
}

int sigio_take(const sigset_t *set, siginfo_t *info)
{
	const struct timespec none = { 0 };
	int sig = sigtimedwait(set, info, &none);

	return sig < 0 ? 0 : sig;
}

void sigio_set_async(int fd, int on)
{
	int flags = SETUP(fcntl(fd, F_GETFL)) & ~O_ASYNC;

	ASSERT_RET(0, fcntl(fd, F_SETFL, flags | (on ? O_ASYNC : 0)));
}
