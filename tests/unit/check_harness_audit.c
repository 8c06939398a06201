// SPDX-License-Identifier: BSD-2-Clause
/* What was left is found, named and put away; what was not is not. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/audit.h"
#include "harness/need.h"
#include "harness_fixture.h"

#define HIGH_FD 50	/* above all that libcheck and its pipes use */
#define MAX_FOUND 16

static struct {
	char what[MAX_FOUND][300];
	int n;
} left;

static void note(void *arg, const char *what)
{
	ck_assert_ptr_eq(arg, &left);
	ck_assert_int_lt(left.n, MAX_FOUND);
	snprintf(left.what[left.n++], sizeof(left.what[0]), "%s", what);
}

/* The one thing found that begins so, or NULL. */
static const char *find(const char *begin)
{
	for (int i = 0; i < left.n; i++) {
		if (strncmp(left.what[i], begin, strlen(begin)) == 0)
			return left.what[i];
	}
	return NULL;
}

/* So that under valgrind its own are not taken for ours. */
static void forget(void)
{
	left.n = 0;
	audit_tool_fds(HIGH_FD - 1);
}

START_TEST(no_descriptor_is_left)
{
	audit_fds(HIGH_FD - 1, note, &left);
	ck_assert_int_eq(left.n, 0);
}
END_TEST

START_TEST(each_descriptor_is_named)
{
	int fd = open("/dev/null", O_RDONLY);

	ck_assert_int_eq(dup2(fd, HIGH_FD), HIGH_FD);
	ck_assert_int_eq(dup2(fd, HIGH_FD + 7), HIGH_FD + 7);
	audit_fds(HIGH_FD - 1, note, &left);
	ck_assert_int_eq(left.n, 2);
	ck_assert_str_eq(find("descriptor 50"), "descriptor 50, /dev/null");
	ck_assert_ptr_nonnull(find("descriptor 57"));
	close(HIGH_FD);
	left.n = 0;
	audit_fds(HIGH_FD - 1, note, &left);
	ck_assert_int_eq(left.n, 1);
	/* The last that is known is not above itself. */
	left.n = 0;
	audit_fds(HIGH_FD + 7, note, &left);
	ck_assert_int_eq(left.n, 0);
}
END_TEST

START_TEST(descriptors_of_a_tool_are_not_counted)
{
	int fd = open("/dev/null", O_RDONLY);

	dup2(fd, HIGH_FD);
	audit_tool_fds(HIGH_FD - 1);
	dup2(fd, HIGH_FD + 1);
	audit_fds(HIGH_FD - 1, note, &left);
	ck_assert_int_eq(left.n, 1);
	ck_assert_ptr_nonnull(find("descriptor 51"));
}
END_TEST

static char dir[64];
static int dir_fd;

static void make_dir(void)
{
	snprintf(dir, sizeof(dir), "/tmp/sockspec-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir_fd, 0);
}

static void remove_dir(void)
{
	close(dir_fd);
	ck_assert_int_eq(rmdir(dir), 0);
}

static void touch(const char *name)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

START_TEST(empty_directory_has_nothing)
{
	make_dir();
	audit_dir(dir_fd, note, &left);
	ck_assert_int_eq(left.n, 0);
	remove_dir();
}
END_TEST

START_TEST(directory_is_emptied)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	make_dir();
	touch("file");
	touch(".hidden");
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/socket", dir);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(mkdirat(dir_fd, "sub", 0700), 0);
	touch("sub/inner");
	ck_assert_int_eq(mkdirat(dir_fd, "sub/sub", 0700), 0);
	touch("sub/sub/inmost");
	ck_assert_int_eq(fchmodat(dir_fd, "sub/sub", 0, 0), 0);
	ck_assert_int_eq(fchmodat(dir_fd, "sub", 0, 0), 0);
	ck_assert_int_eq(symlinkat("nowhere", dir_fd, "dangling"), 0);
	audit_dir(dir_fd, note, &left);
	/* What is below the top level goes unmentioned. */
	ck_assert_int_eq(left.n, 5);
	ck_assert_ptr_nonnull(find("file"));
	ck_assert_ptr_nonnull(find(".hidden"));
	ck_assert_ptr_nonnull(find("socket"));
	ck_assert_ptr_nonnull(find("sub"));
	ck_assert_ptr_nonnull(find("dangling"));
	left.n = 0;
	audit_dir(dir_fd, note, &left);
	ck_assert_int_eq(left.n, 0);
	close(fd);
	remove_dir();
}
END_TEST

START_TEST(links_are_not_followed)
{
	char outside[64], inside[80];
	struct stat st;

	snprintf(outside, sizeof(outside), "/tmp/sockspec-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(outside));
	snprintf(inside, sizeof(inside), "%s/keep", outside);
	fixture_write(inside, "x", 1);
	make_dir();
	ck_assert_int_eq(symlinkat(outside, dir_fd, "link"), 0);
	audit_dir(dir_fd, NULL, NULL);
	ck_assert_int_eq(fstatat(dir_fd, "link", &st, AT_SYMLINK_NOFOLLOW), -1);
	ck_assert_int_eq(stat(inside, &st), 0);
	unlink(inside);
	rmdir(outside);
	remove_dir();
}
END_TEST

/* A process that waits until it is killed, and that is in the group. */
static pid_t start_child(pid_t group)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		setpgid(0, group);
		for (;;)
			pause();
	}
	setpgid(pid, group);
	return pid;
}

START_TEST(living_children_are_killed_and_named)
{
	pid_t first = start_child(0), second = start_child(0);
	char name[40];

	audit_children(0, note, &left);
	ck_assert_int_eq(left.n, 2);
	snprintf(name, sizeof(name), "process %d (", (int)first);
	ck_assert_ptr_nonnull(find(name));
	snprintf(name, sizeof(name), "process %d (", (int)second);
	ck_assert_ptr_nonnull(find(name));
	ck_assert_int_eq(kill(first, 0), -1);
	ck_assert_int_eq(kill(second, 0), -1);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(dead_children_are_reaped_in_silence)
{
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	audit_children(0, note, &left);
	ck_assert_int_eq(left.n, 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

/* Its parent is gone, its group is another: only the reaper reaches it. */
START_TEST(fled_grandchildren_are_reached)
{
	int fd[2];
	pid_t parent, fled;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	ck_assert_int_eq(pipe2(fd, O_CLOEXEC), 0);
	parent = fork();
	if (parent == 0) {
		pid_t pid = start_child(0);

		if (write(fd[1], &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		_exit(0);
	}
	ck_assert_int_eq(read(fd[0], &fled, sizeof(fled)), sizeof(fled));
	waitpid(parent, NULL, 0);
	audit_children(parent, note, &left);
	ck_assert_int_eq(left.n, 1);
	ck_assert_int_eq(kill(fled, 0), -1);
	close(fd[0]);
	close(fd[1]);
}
END_TEST

static int bind_abstract(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int n = snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "%s", name);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
					  1 + (size_t)n)), 0);
	return fd;
}

START_TEST(abstract_names_are_found_by_prefix)
{
	char ours[70], other[60], prefix[60];
	int fd, other_fd;

	if (need_missing(NEED_PROC_NET_UNIX))
		return;
	snprintf(prefix, sizeof(prefix), "sockspec-unit-%d-1-", (int)getpid());
	snprintf(ours, sizeof(ours), "%sa", prefix);
	snprintf(other, sizeof(other), "sockspec-unit-%d-11-a", (int)getpid());
	fd = bind_abstract(ours);
	other_fd = bind_abstract(other);
	audit_abstract(prefix, note, &left);
	ck_assert_int_eq(left.n, 1);
	ck_assert_ptr_nonnull(strstr(left.what[0], ours));
	close(fd);
	left.n = 0;
	audit_abstract(prefix, note, &left);
	ck_assert_int_eq(left.n, 0);
	close(other_fd);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("audit");

	tcase_add_checked_fixture(tc, forget, NULL);
	tcase_add_test(tc, no_descriptor_is_left);
	tcase_add_test(tc, each_descriptor_is_named);
	tcase_add_test(tc, descriptors_of_a_tool_are_not_counted);
	tcase_add_test(tc, empty_directory_has_nothing);
	tcase_add_test(tc, directory_is_emptied);
	tcase_add_test(tc, links_are_not_followed);
	tcase_add_test(tc, living_children_are_killed_and_named);
	tcase_add_test(tc, dead_children_are_reaped_in_silence);
	tcase_add_test(tc, fled_grandchildren_are_reached);
	tcase_add_test(tc, abstract_names_are_found_by_prefix);
	return fixture_run("harness_audit", tc);
}
