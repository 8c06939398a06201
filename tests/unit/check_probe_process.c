// SPDX-License-Identifier: BSD-2-Clause
/* Processes and sockets as the probe sees them, held against our own. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/check.h"
#include "harness_fixture.h"
#include "probe/process.h"
#include "probe/socket_table.h"

static pid_t start_sleeper(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	while (pid == 0)
		pause();
	return pid;
}

static void await_stopped(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert(WIFSTOPPED(status));
}

START_TEST(tree_has_children)
{
	cleanup_processes struct process_list list = PROCESS_LIST_NULL;
	pid_t pid = start_sleeper();

	process_tree(&list, getpid());
	ck_assert_int_eq(list.pids[0], getpid());
	ck_assert(process_list_has(&list, pid));
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(states_are_told_apart)
{
	pid_t pid = start_sleeper();
	siginfo_t info;

	ck_assert(process_is_alive(pid));
	ck_assert(!process_is_stopped(pid));
	kill(pid, SIGSTOP);
	await_stopped(pid);
	ck_assert(process_is_stopped(pid));
	ck_assert(!process_is_running(pid));
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	ck_assert(!process_is_alive(pid));
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(process_is_running(getpid()));
}
END_TEST

START_TEST(sums_count_zombies_and_descriptors)
{
	cleanup_processes struct process_list list = PROCESS_LIST_NULL;
	struct process_sum before, after;
	siginfo_t info;
	pid_t pid;
	int fd;

	process_list_add(&list, getpid());
	process_sum(&list, &before);
	ck_assert_int_eq(before.processes, 1);
	ck_assert_int_eq(before.zombies, 0);
	fd = dup(STDOUT_FILENO);
	pid = fork();
	if (pid == 0)
		_exit(0);
	process_list_add(&list, pid);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	process_sum(&list, &after);
	ck_assert_int_eq(after.fds, before.fds + 1);
	ck_assert_int_eq(after.processes, 1);
	ck_assert_int_eq(after.zombies, 1);
	close(fd);
	waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(listener_is_found_by_its_file)
{
	char dir[] = "/tmp/sockspec-unit-XXXXXX", path[64];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct socket_entry e;
	struct addr a;
	struct stat st;

	if (!socket_table_works())
		return;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	a = addr_path(path);
	ck_assert_int_eq(socket_at(&a, &e), 0);
	ck_assert_int_eq(bind(fd, &a.sa, a.len), 0);
	ck_assert_int_eq(socket_at(&a, &e), 1);
	ck_assert(!e.listens);
	ck_assert_int_eq(listen(fd, 7), 0);
	ck_assert_int_eq(socket_at(&a, &e), 1);
	ck_assert(e.listens);
	ck_assert_uint_eq(e.backlog, 7);
	fstat(fd, &st);
	ck_assert_uint_eq(e.inode, (unsigned int)st.st_ino);
	ck_assert(process_holds_socket(getpid(), e.inode));
	ck_assert_int_eq(socket_orphan(path, &e), 0);
	unlink(path);
	ck_assert_int_eq(socket_at(&a, &e), 0);
	ck_assert_int_eq(socket_orphan(path, &e), 1);
	close(fd);
	rmdir(dir);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("process");

	tcase_add_test(tc, tree_has_children);
	tcase_add_test(tc, states_are_told_apart);
	tcase_add_test(tc, sums_count_zombies_and_descriptors);
	tcase_add_test(tc, listener_is_found_by_its_file);
	return fixture_run("probe_process", tc);
}
