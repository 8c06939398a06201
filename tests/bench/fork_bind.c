// SPDX-License-Identifier: BSD-2-Clause
/*
 * The least that isolating a case can cost: fork, socket, bind, unlink, exit,
 * wait, in a loop.  Prints the microseconds one turn takes.
 *
 *	fork_bind TURNS
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/die.h"

static void bind_once(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "s" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&un, sizeof(un)) < 0 ||
	    unlink(un.sun_path) < 0)
		_exit(1);
	_exit(0);
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/fork_bind.XXXXXX";
	long turns = argc > 1 ? atol(argv[1]) : 0;
	int64_t begin;

	if (turns <= 0)
		die(EXIT_USAGE, "fork_bind TURNS");
	if (!mkdtemp(dir) || chdir(dir) < 0)
		die(EXIT_CHECKER, "cannot work in /tmp");
	begin = clock_now_ns();
	for (long i = 0; i < turns; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			bind_once();
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			die(EXIT_CHECKER, "a turn failed");
	}
	printf("%.1f\n", (double)(clock_now_ns() - begin) / 1000 / (double)turns);
	rmdir(dir);
	return 0;
}
