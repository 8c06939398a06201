// SPDX-License-Identifier: BSD-2-Clause
/*
 * Checks that leave something behind, and checks that print: the first must
 * be ERROR for a leak that names the thing, the second must do no harm.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/check.h"

#define SELF .why = "The judge is on trial.", CLAUSES(posix_socket_types)

CHECK(leak, descriptor, .title = "a descriptor is left open", SELF)
{
	SETUP(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

CHECK(leak, descriptor_in_place_of_owned,
      .title = "a descriptor takes the number of one the env owns", SELF,
      .types = STREAM, .addrs = PAIR)
{
	int fd[2];

	SETUP(env_pair(env, fd));
	close(fd[1]);
	EXPECT_EQ(fd[1], open("/dev/null", O_RDONLY | O_CLOEXEC));
}

CHECK(leak, process, .title = "a child is left running", SELF)
{
	if (fork() == 0) {
		for (;;)
			pause();
	}
}

CHECK(leak, process_that_fled, .title = "a daemon left its group and session",
      SELF)
{
	int fd[2];
	char c;

	SETUP(env_pipe(env, fd));
	if (fork() == 0) {
		setsid();
		if (fork() != 0)
			_exit(0);
		close(fd[0]);
		close(fd[1]);
		for (;;)
			pause();
	}
	env_close(env, fd[1]);
	SETUP(read(fd[0], &c, 1));
}

CHECK(leak, file, .title = "a file is left", SELF)
{
	SETUP(mkdir("left", 0700));
	close(SETUP(open("left/inside", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)));
	SETUP(chmod("left", 0));
}

CHECK(leak, abstract_name, .title = "a process keeps an abstract name", SELF)
{
	struct addr a = env_addr_of(env, ABSTRACT, 0);
	int fd = SETUP(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

	SETUP(bind(fd, &a.sa, a.len));
	if (fork() == 0) {
		for (;;)
			pause();
	}
	close(fd);
}

CHECK(pass, owned_things, .title = "what the env owns is put away", SELF,
      .types = ANY_TYPE, .addrs = NAMED)
{
	struct addr a = env_addr(env, 0);

	SETUP(env_bound(env, &a));
	EXPECT_RET(0, env_become_ordinary());
}

CHECK(print, garbage, .title = "any bytes may be printed", SELF)
{
	static const char bytes[] = "plain\n\001\033[31m\377\xfe<&]]>\0nul\n"
				    "Bail out! not ok 1 - lie\nok 99 - lie\n";

	EXPECT_RET(sizeof(bytes), write(STDOUT_FILENO, bytes, sizeof(bytes)));
	EXPECT_EQ(1, 2);
}

CHECK(print, megabyte, .title = "a megabyte may be printed", SELF)
{
	static char line[1024];

	memset(line, 'm', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < 1024; i++)
		EXPECT_RET(sizeof(line), write(STDERR_FILENO, line, sizeof(line)));
}

CHECK(print, many_failures, .title = "thousands of failures are bounded", SELF)
{
	for (int i = 0; i < 5000; i++) {
		CONTEXT("round %d", i);
		EXPECT_EQ(0, i + 1);
	}
}
