// SPDX-License-Identifier: BSD-2-Clause
/* Unit tests of core/server: many clients, slow ones, no descriptors left. */
#include "config.h"

#include "core/server.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "core/mailbox.h"
#include "core_service.h"

#ifdef HAVE_VALGRIND_VALGRIND_H
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#define MANY 200

START_TEST(many_clients_at_once)
{
	int fd[MANY];

	start(types[_i], false, false);
	for (int i = 0; i < MANY; i++)
		fd[i] = dial();
	for (int turn = 0; turn < 2; turn++) {
		for (int i = MANY - 1; i >= 0; i--)
			say(fd[i], "x\n");
		for (int i = 0; i < MANY; i++)
			expect(fd[i], "ok\n");
	}
	for (int i = 0; i < MANY; i++)
		close(fd[i]);
	stop();
	ck_assert_uint_eq(service.stats.messages, 2 * MANY);
}
END_TEST

/* Send until the server takes no more. */
static size_t flood(int fd, const char *data, size_t len)
{
	size_t sent = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		ssize_t n = send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n >= 0) {
			sent += (size_t)n;
			continue;
		}
		ck_assert_int_eq(errno, EAGAIN);
		if (poll(&p, 1, 300) == 0)
			return sent;
	}
}

START_TEST(client_that_does_not_read_holds_up_nobody)
{
	static char data[4096], got[65536];
	int slow, quick;
	size_t sent, back = 0;

	start(types[_i], true, false);
	slow = dial();
	quick = dial();
	sent = flood(slow, data, sizeof(data));
	say(quick, "x\n");
	expect(quick, "x\n");
	while (back < sent) {
		ssize_t n;

		ck_assert(is_readable(slow, TIMEOUT_MS));
		n = recv(slow, got, sizeof(got), 0);
		ck_assert_int_gt(n, 0);
		back += (size_t)n;
	}
	ck_assert_uint_eq(back, sent);
	say(slow, "y\n");
	expect(slow, "y\n");
	close(slow);
	close(quick);
	stop();
}
END_TEST

START_TEST(replies_to_a_flood_of_lines_are_exact)
{
	static char data[65536], got[65536], want[sizeof(got) + 3];
	size_t sent, back = 0;
	int fd;

	start(SOCK_STREAM, false, false);
	fd = dial();
	memset(data, '\n', sizeof(data));
	for (size_t i = 0; i < sizeof(want); i++)
		want[i] = "ok\n"[i % 3];
	sent = flood(fd, data, sizeof(data));
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	for (;;) {
		ssize_t n;

		ck_assert(is_readable(fd, TIMEOUT_MS));
		n = recv(fd, got, sizeof(got), 0);
		ck_assert_int_ge(n, 0);
		if (n == 0)
			break;
		ck_assert(memcmp(got, want + back % 3, (size_t)n) == 0);
		back += (size_t)n;
	}
	ck_assert_uint_eq(back, sent * 3);
	close(fd);
	stop();
	ck_assert_uint_eq(service.stats.messages, sent);
}
END_TEST

START_TEST(long_replies_come_whole)
{
	static char reply[300001], got[65536];
	size_t back = 0;
	int fd;

	for (size_t i = 0; i < sizeof(reply); i++)
		reply[i] = (char)(i % 251);
	start_reply(SOCK_STREAM, false, false, reply, sizeof(reply));
	fd = dial();
	say(fd, "a\nb\nc\n");
	while (back < 3 * sizeof(reply)) {
		ssize_t n;

		ck_assert(is_readable(fd, TIMEOUT_MS));
		n = recv(fd, got, sizeof(got), 0);
		ck_assert_int_gt(n, 0);
		for (ssize_t i = 0; i < n; i++)
			if (got[i] != reply[(back + (size_t)i) % sizeof(reply)])
				ck_abort_msg("byte %zu", back + (size_t)i);
		back += (size_t)n;
	}
	ck_assert(!is_readable(fd, 0));
	close(fd);
	stop();
}
END_TEST

START_TEST(datagram_replies_wait_for_a_full_peer)
{
	const int n = UDS_LETTERS_PER_PEER;
	struct uds_address any;
	int slow, quick;

	start(SOCK_DGRAM, false, false);
	uds_address_unnamed(&any);
	slow = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(slow, &any.sa, any.len), 0);
	quick = dial();
	/* The queue of slow, unconnected, holds some ten; the others wait. */
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(sendto(slow, "x", 1, 0,
					&service.address.sa,
					service.address.len), 1);
	say(quick, "x");
	expect(quick, "ok\n");
	for (int i = 0; i < n; i++)
		expect(slow, "ok\n");
	ck_assert(!is_readable(slow, 0));
	close(slow);
	close(quick);
	stop();
	ck_assert_uint_eq(service.stats.dropped, 0);
}
END_TEST

static uint64_t thread_cpu_ns(pthread_t thread)
{
	struct timespec ts;
	clockid_t id;

	ck_assert_int_eq(pthread_getcpuclockid(thread, &id), 0);
	ck_assert_int_eq(clock_gettime(id, &ts), 0);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

START_TEST(without_descriptors_clients_wait)
{
	struct rlimit old, limit;
	int first, second, third;
	uint64_t before_ns;

	start(SOCK_STREAM, false, false);
	first = dial();
	say(first, "x\n");
	expect(first, "ok\n");
	second = dial();
	say(second, "x\n");
	expect(second, "ok\n");
	third = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* All numbers below the limit are taken: accept() says EMFILE. */
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	limit = old;
	limit.rlim_cur = (rlim_t)third + 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(connect(third, &service.address.sa,
				 service.address.len), 0);
	say(third, "x\n");
	before_ns = thread_cpu_ns(service.thread);
	ck_assert(!is_readable(third, 300));
	ck_assert_uint_lt(thread_cpu_ns(service.thread) - before_ns, 50000000);
	say(second, "x\n");
	expect(second, "ok\n");
	close(first);
	expect(third, "ok\n");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	close(second);
	close(third);
	stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/overload");
	TCase *tc = tcase_create("overload");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, many_clients_at_once, 0, 3);
	tcase_add_loop_test(tc, client_that_does_not_read_holds_up_nobody, 0,
			    1);
	tcase_add_loop_test(tc, client_that_does_not_read_holds_up_nobody, 2,
			    3);
	tcase_add_test(tc, replies_to_a_flood_of_lines_are_exact);
	tcase_add_test(tc, long_replies_come_whole);
	tcase_add_test(tc, datagram_replies_wait_for_a_full_peer);
	/* valgrind takes the connection off the queue, then says EMFILE. */
	if (!RUNNING_ON_VALGRIND)
		tcase_add_test(tc, without_descriptors_clients_wait);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
