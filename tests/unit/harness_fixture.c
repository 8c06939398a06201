// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "harness_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"

#define RETURNED 200	/* no exit status of ours */

static int run(const char *name, TCase *tc, enum fork_status forks)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, forks);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int fixture_run(const char *name, TCase *tc)
{
	return run(name, tc, CK_FORK_GETENV);
}

int fixture_run_apart(const char *name, TCase *tc)
{
	return run(name, tc, CK_FORK);
}

int fixture_death(void (*fn)(const void *arg), const void *arg, char *text,
		  int size)
{
	int fd[2], status, used = 0;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe2(fd, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(fd[1], STDERR_FILENO);
		fn(arg);
		_exit(RETURNED);
	}
	close(fd[1]);
	while (used < size - 1 &&
	       (n = read(fd[0], text + used, (size_t)(size - 1 - used))) > 0)
		used += (int)n;
	text[used] = '\0';
	close(fd[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) == RETURNED)
		return -1;
	return WEXITSTATUS(status);
}

void fixture_write(const char *path, const void *data, unsigned long len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(io_write_all(fd, data, len), 0);
	ck_assert_int_eq(close(fd), 0);
}
