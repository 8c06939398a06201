// SPDX-License-Identifier: BSD-2-Clause
/*
 * Unit tests of core/endpoint and core/entry, in a directory of their own.
 */
#include "config.h"

#include "core/endpoint.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

#define RACERS 8

static char dir[32];
static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

static void enter(void)
{
	strcpy(dir, "/tmp/uds-XXXXXX");
	umask(022);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

/* What is in the directory besides "." and "..". */
static int count_files(void)
{
	DIR *d = opendir(".");
	int n = -2;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void leave(void)
{
	DIR *d = opendir(".");
	struct dirent *e;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)))
		(void)!unlink(e->d_name);
	closedir(d);
	ck_assert_int_eq(rmdir(dir), 0);
}

static struct uds_address at(const char *path)
{
	struct uds_address a;

	ck_assert_int_eq(uds_address_from_path(&a, path), 0);
	return a;
}

static int open_at(struct uds_endpoint *e, const char *path, int type,
		   enum uds_existing existing)
{
	struct uds_endpoint_options o = UDS_ENDPOINT_DEFAULTS(type);
	struct uds_address a = at(path);

	o.existing = existing;
	return uds_endpoint_open(e, &a, &o);
}

/* A socket file that nobody is bound to, as a crash leaves it. */
static void make_stale(const char *path, int type)
{
	struct uds_address a = at(path);
	int fd = socket(AF_UNIX, type, 0);

	ck_assert_int_eq(bind(fd, &a.sa, a.len), 0);
	close(fd);
}

static ino_t inode(const char *path)
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return st.st_ino;
}

START_TEST(opens_connects_and_removes)
{
	struct uds_endpoint e = UDS_ENDPOINT_NULL;
	struct uds_address a = at("s");
	int fd;

	ck_assert_int_eq(open_at(&e, "s", types[_i], UDS_EXISTING_REFUSE), 0);
	fd = uds_endpoint_connect(&a, types[_i], 1000);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(fcntl(e.fd, F_GETFD), FD_CLOEXEC);
	uds_endpoint_close(&e);
	uds_endpoint_close(&e);
	ck_assert_int_eq(count_files(), 0);
}
END_TEST

START_TEST(mode_does_not_depend_on_umask)
{
	static const mode_t modes[] = { 0600, 0666, 0, 0777, 0640 };
	struct uds_endpoint_options o = UDS_ENDPOINT_DEFAULTS(SOCK_STREAM);
	struct uds_address a = at("s");
	struct stat st;

	umask(_i < 5 ? 022 : 0);
	o.mode = modes[_i % 5];
	{
		cleanup_endpoint struct uds_endpoint e = UDS_ENDPOINT_NULL;

		ck_assert_int_eq(uds_endpoint_open(&e, &a, &o), 0);
		ck_assert_int_eq(stat("s", &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, o.mode);
	}
	ck_assert_int_eq(count_files(), 0);
}
END_TEST

START_TEST(live_path_is_never_taken)
{
	struct uds_endpoint live = UDS_ENDPOINT_NULL, e = UDS_ENDPOINT_NULL;
	ino_t ino;

	ck_assert_int_eq(open_at(&live, "s", types[_i], UDS_EXISTING_STALE), 0);
	ino = inode("s");
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(open_at(&e, "s", types[i], UDS_EXISTING_STALE),
				 -EADDRINUSE);
		ck_assert_int_eq(open_at(&e, "s", types[i],
					 UDS_EXISTING_REFUSE), -EADDRINUSE);
	}
	ck_assert_uint_eq(inode("s"), ino);
	ck_assert_int_eq(e.fd, -1);
	uds_endpoint_close(&live);
}
END_TEST

START_TEST(bound_and_not_yet_listening_is_live)
{
	struct uds_endpoint e = UDS_ENDPOINT_NULL;
	struct uds_address a = at("s");
	int fd = socket(AF_UNIX, types[_i], 0);

	ck_assert_int_eq(bind(fd, &a.sa, a.len), 0);
	ck_assert_int_eq(uds_endpoint_probe(&a), 1);
	ck_assert_int_eq(open_at(&e, "s", SOCK_STREAM, UDS_EXISTING_STALE),
			 -EADDRINUSE);
	close(fd);
}
END_TEST

START_TEST(full_queue_is_live_and_probing_adds_nothing)
{
	struct uds_address a = at("s");
	int fd = socket(AF_UNIX, types[_i], 0), n;

	ck_assert_int_eq(bind(fd, &a.sa, a.len), 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(uds_endpoint_probe(&a), 1);
	ck_assert_int_eq(accept(fd, NULL, NULL), -1);
	n = uds_endpoint_connect(&a, types[_i], 1000);
	ck_assert_int_ge(n, 0);
	ck_assert_int_eq(uds_endpoint_probe(&a), 1);
	ck_assert_int_eq(uds_endpoint_connect(&a, types[_i], 50), -ETIMEDOUT);
	close(n);
	close(fd);
}
END_TEST

START_TEST(stale_path_is_taken_over)
{
	struct uds_endpoint e = UDS_ENDPOINT_NULL;
	struct uds_address a = at("s");

	make_stale("s", types[_i]);
	ck_assert_int_eq(uds_endpoint_probe(&a), 0);
	ck_assert_int_eq(open_at(&e, "s", SOCK_STREAM, UDS_EXISTING_REFUSE),
			 -EADDRINUSE);
	ck_assert_int_eq(open_at(&e, "s", SOCK_STREAM, UDS_EXISTING_STALE), 0);
	ck_assert_int_eq(uds_endpoint_probe(&a), 1);
	ck_assert_int_eq(count_files(), 1);
	uds_endpoint_close(&e);
	ck_assert_int_eq(count_files(), 0);
}
END_TEST

START_TEST(unlink_takes_a_live_path)
{
	struct uds_endpoint old = UDS_ENDPOINT_NULL, e = UDS_ENDPOINT_NULL;
	ino_t ino;

	ck_assert_int_eq(open_at(&old, "s", SOCK_STREAM, UDS_EXISTING_STALE),
			 0);
	ck_assert_int_eq(open_at(&e, "s", SOCK_STREAM, UDS_EXISTING_UNLINK), 0);
	ino = inode("s");
	/* The path is the successor's: the old one must not remove it. */
	uds_endpoint_close(&old);
	ck_assert_uint_eq(inode("s"), ino);
	uds_endpoint_close(&e);
	ck_assert_int_eq(count_files(), 0);
}
END_TEST

START_TEST(what_is_no_socket_is_left_alone)
{
	struct uds_endpoint e = UDS_ENDPOINT_NULL;
	int fd = open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	close(fd);
	make_stale("stale", SOCK_STREAM);
	ck_assert_int_eq(mkdir("d", 0700), 0);
	ck_assert_int_eq(symlink("stale", "link"), 0);
	ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
	for (int i = 0; i < 2; i++) {
		enum uds_existing how = i ? UDS_EXISTING_UNLINK :
					    UDS_EXISTING_STALE;

		ck_assert_int_eq(open_at(&e, "file", SOCK_STREAM, how),
				 -ENOTSOCK);
		ck_assert_int_eq(open_at(&e, "d", SOCK_STREAM, how), -ENOTSOCK);
		ck_assert_int_eq(open_at(&e, "link", SOCK_STREAM, how),
				 -ENOTSOCK);
		ck_assert_int_eq(open_at(&e, "dangling", SOCK_STREAM, how),
				 -ENOTSOCK);
	}
	ck_assert_int_eq(rmdir("d"), 0);
	ck_assert_int_eq(count_files(), 4);
}
END_TEST

START_TEST(path_outlives_a_change_of_directory)
{
	struct uds_endpoint e = UDS_ENDPOINT_NULL;

	ck_assert_int_eq(open_at(&e, "s", SOCK_STREAM, UDS_EXISTING_STALE), 0);
	ck_assert_int_eq(chdir("/"), 0);
	uds_endpoint_close(&e);
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(count_files(), 0);
}
END_TEST

START_TEST(full_sun_path_is_taken_over_too)
{
	struct uds_endpoint e = UDS_ENDPOINT_NULL;
	char path[109];

	memset(path, 'p', 108);
	path[108] = '\0';
	memcpy(path, dir, strlen(dir));
	path[strlen(dir)] = '/';
	make_stale(path, SOCK_STREAM);
	ck_assert_int_eq(open_at(&e, path, SOCK_STREAM, UDS_EXISTING_STALE), 0);
	uds_endpoint_close(&e);
	ck_assert_int_eq(count_files(), 0);
}
END_TEST

START_TEST(without_the_lock_nothing_is_taken_over)
{
	struct uds_endpoint_options o = UDS_ENDPOINT_DEFAULTS(SOCK_STREAM);
	struct uds_endpoint e = UDS_ENDPOINT_NULL;
	struct uds_address a = at("s");
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ino_t ino;

	make_stale("s", SOCK_STREAM);
	ino = inode("s");
	o.lock_timeout_ms = 20;
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_eq(uds_endpoint_open(&e, &a, &o), -ETIMEDOUT);
	ck_assert_uint_eq(inode("s"), ino);
	close(fd);
	ck_assert_int_eq(uds_endpoint_open(&e, &a, &o), 0);
	uds_endpoint_close(&e);
}
END_TEST

START_TEST(failure_leaves_nothing_behind)
{
	struct uds_endpoint e = UDS_ENDPOINT_NULL;
	struct rlimit old, limit;
	int lowest = dup(0);

	close(lowest);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	limit = old;
	/* One more descriptor each time, until it works. */
	for (limit.rlim_cur = (rlim_t)lowest; limit.rlim_cur < 64;
	     limit.rlim_cur++) {
		int r;

		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
		r = open_at(&e, "s", SOCK_STREAM, UDS_EXISTING_STALE);
		if (r == 0)
			break;
		ck_assert_int_eq(r, -EMFILE);
		ck_assert_int_eq(access("s", F_OK), -1);
	}
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	ck_assert_uint_gt(limit.rlim_cur, (rlim_t)lowest);
	ck_assert_uint_lt(limit.rlim_cur, 64);
	uds_endpoint_close(&e);
}
END_TEST

START_TEST(abstract_names_are_exclusive)
{
	struct uds_endpoint_options o = UDS_ENDPOINT_DEFAULTS(SOCK_STREAM);
	struct uds_endpoint e = UDS_ENDPOINT_NULL, f = UDS_ENDPOINT_NULL;
	struct uds_address a;

	ck_assert_int_eq(uds_address_from_name(&a, dir, strlen(dir) + 1), 0);
	ck_assert_int_eq(uds_endpoint_probe(&a), 0);
	ck_assert_int_eq(uds_endpoint_open(&e, &a, &o), 0);
	ck_assert_int_eq(uds_endpoint_open(&f, &a, &o), -EADDRINUSE);
	uds_endpoint_close(&e);
	ck_assert_int_eq(uds_endpoint_open(&e, &a, &o), 0);
	uds_endpoint_close(&e);
}
END_TEST

START_TEST(entry_of_another_is_not_removed)
{
	struct uds_entry entry = UDS_ENTRY_NULL;
	int pinned_fd;
	ino_t ino;

	make_stale("s", SOCK_STREAM);
	ck_assert_int_eq(uds_entry_open(&entry, "s"), 0);
	pinned_fd = uds_entry_pin(&entry);
	ck_assert_int_ge(pinned_fd, 0);
	ck_assert_int_eq(unlink("s"), 0);
	ck_assert_int_eq(uds_entry_remove(&entry, pinned_fd), -ENOENT);
	make_stale("s", SOCK_STREAM);
	ino = inode("s");
	ck_assert_int_eq(uds_entry_remove(&entry, pinned_fd), -ESTALE);
	ck_assert_uint_eq(inode("s"), ino);
	close(pinned_fd);
	uds_entry_close(&entry);
}
END_TEST

/* The exit status says whether this racer won; the winner lives until the end
 * of file on go_fd's sibling. */
static void race(int go_fd, int done_fd, int end_fd)
{
	struct uds_endpoint e = UDS_ENDPOINT_NULL;
	char byte;
	int r;

	(void)!read(go_fd, &byte, 1);
	r = open_at(&e, "s", SOCK_STREAM, UDS_EXISTING_STALE);
	close(done_fd);
	(void)!read(end_fd, &byte, 1);
	_exit(r == 0 ? 0 : r == -EADDRINUSE ? 1 : 2);
}

START_TEST(of_many_starters_one_wins)
{
	int go[2], done[2], end[2], status, counts[3] = { 0 };
	struct uds_address a = at("s");
	pid_t pid[RACERS];
	char byte;

	make_stale("s", SOCK_STREAM);
	ck_assert_int_eq(pipe(go) | pipe(done) | pipe(end), 0);
	for (int i = 0; i < RACERS; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			close(go[1]);
			close(end[1]);
			race(go[0], done[1], end[0]);
		}
	}
	close(done[1]);
	close(go[1]);
	ck_assert_int_eq(read(done[0], &byte, 1), 0);
	ck_assert_int_eq(uds_endpoint_probe(&a), 1);
	close(end[1]);
	for (int i = 0; i < RACERS; i++) {
		ck_assert_int_eq(waitpid(pid[i], &status, 0), pid[i]);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) < 3);
		counts[WEXITSTATUS(status)]++;
	}
	ck_assert_int_eq(counts[0], 1);
	ck_assert_int_eq(counts[1], RACERS - 1);
	close(go[0]);
	close(done[0]);
	close(end[0]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/endpoint");
	TCase *tc = tcase_create("endpoint");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, enter, leave);
	tcase_add_loop_test(tc, opens_connects_and_removes, 0, 3);
	tcase_add_loop_test(tc, mode_does_not_depend_on_umask, 0, 10);
	tcase_add_loop_test(tc, live_path_is_never_taken, 0, 3);
	tcase_add_loop_test(tc, bound_and_not_yet_listening_is_live, 0, 3);
	tcase_add_loop_test(tc, full_queue_is_live_and_probing_adds_nothing, 0,
			    1);
	tcase_add_loop_test(tc, full_queue_is_live_and_probing_adds_nothing, 2,
			    3);
	tcase_add_loop_test(tc, stale_path_is_taken_over, 0, 3);
	tcase_add_test(tc, unlink_takes_a_live_path);
	tcase_add_test(tc, what_is_no_socket_is_left_alone);
	tcase_add_test(tc, path_outlives_a_change_of_directory);
	tcase_add_test(tc, full_sun_path_is_taken_over_too);
	tcase_add_test(tc, without_the_lock_nothing_is_taken_over);
	tcase_add_test(tc, failure_leaves_nothing_behind);
	tcase_add_test(tc, abstract_names_are_exclusive);
	tcase_add_test(tc, entry_of_another_is_not_removed);
	tcase_add_loop_test(tc, of_many_starters_one_wins, 0, 10);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
