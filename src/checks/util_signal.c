// SPDX-License-Identifier: BSD-2-Clause
/* The handler posts a semaphore, which may be done in a handler. */
#include "config.h"

#include "checks/util_signal.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>

static sem_t handled;

static void handle(int sig)
{
	(void)sig;
	sem_post(&handled);
}

void signal_catch(int flags)
{
	struct sigaction sa = { .sa_handler = handle, .sa_flags = flags };

	SETUP(sem_init(&handled, 0, 0));
	SETUP(sigaction(SIGUSR1, &sa, NULL));
}

static int wait_handled(void)
{
	int rc;

	do
		rc = sem_wait(&handled);
	while (rc < 0 && errno == EINTR);
	return rc;
}

void signal_interrupt(struct call *c)
{
	ASSERT_BLOCKS(c);
	call_signal(c, SIGUSR1);
	ASSERT_RET(0, wait_handled());
}
