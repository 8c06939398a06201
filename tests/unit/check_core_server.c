// SPDX-License-Identifier: BSD-2-Clause
/* Unit tests of core/server: what is a message, and what follows it. */
#include "config.h"

#include "core/server.h"

#include <check.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "core_service.h"

START_TEST(echo_of_more_than_a_default_buffer)
{
	int bytes = 400 * 1024, fd;
	size_t len = 300 * 1024;
	cleanup_free char *data = xcalloc(1, len), *got = xcalloc(1, len);

	start(types[_i], true, false);
	fd = dial();
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes,
				    sizeof(bytes)), 0);
	memset(data, 'x', len);
	ck_assert_int_eq(send(fd, data, len, 0), (ssize_t)len);
	ck_assert(is_readable(fd, TIMEOUT_MS));
	ck_assert_int_eq(recv(fd, got, len, MSG_TRUNC), (ssize_t)len);
	ck_assert_mem_eq(got, data, len);
	close(fd);
	stop();
}
END_TEST

START_TEST(empty_messages_are_messages)
{
	int fd;

	start(types[_i], false, false);
	fd = dial();
	say(fd, "");
	say(fd, "a");
	say(fd, "");
	expect(fd, "ok\n");
	expect(fd, "ok\n");
	expect(fd, "ok\n");
	close(fd);
	stop();
	ck_assert_uint_eq(service.stats.messages, 3);
}
END_TEST

START_TEST(messages_before_the_end_are_all_read)
{
	int fd;

	start(types[_i], false, true);
	fd = dial();
	say(fd, "a\n");
	say(fd, "");
	say(fd, "b\n");
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	expect(fd, "ok\n");
	expect(fd, "ok\n");
	if (types[_i] == SOCK_SEQPACKET)
		expect(fd, "ok\n");
	expect_end(fd);
	close(fd);
	finish();
	ck_assert_uint_eq(service.stats.messages,
			  types[_i] == SOCK_STREAM ? 2 : 3);
}
END_TEST

START_TEST(each_line_has_one_reply)
{
	int fd;

	start(SOCK_STREAM, false, false);
	fd = dial();
	say(fd, "a\n\nb\n");
	expect(fd, "ok\nok\nok\n");
	say(fd, "c\nd");
	expect(fd, "ok\nok\n");
	ck_assert(!is_readable(fd, 0));
	close(fd);
	stop();
}
END_TEST

START_TEST(text_without_newline_is_answered)
{
	int fd;

	start(SOCK_STREAM, false, false);
	fd = dial();
	for (int i = 0; i < 3; i++) {
		say(fd, "no newline");
		expect(fd, "ok\n");
	}
	close(fd);
	stop();
	ck_assert_uint_eq(service.stats.messages, 3);
}
END_TEST

START_TEST(half_close_is_answered_and_closed)
{
	int fd;

	start(types[_i], _i == 0, false);
	fd = dial();
	say(fd, "last words");
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	expect(fd, _i == 0 ? "last words" : "ok\n");
	expect_end(fd);
	close(fd);
	stop();
}
END_TEST

START_TEST(datagram_peers_without_name_or_gone_are_no_harm)
{
	int nameless = socket(AF_UNIX, SOCK_DGRAM, 0), fd;

	start(SOCK_DGRAM, false, false);
	ck_assert_int_eq(connect(nameless, &service.address.sa,
				 service.address.len), 0);
	say(nameless, "x");
	fd = dial();
	say(fd, "x");
	close(fd);
	fd = dial();
	say(fd, "x");
	expect(fd, "ok\n");
	ck_assert(!is_readable(nameless, 0));
	close(fd);
	close(nameless);
	stop();
	ck_assert_uint_eq(service.stats.messages, 3);
}
END_TEST

START_TEST(once_ends_after_the_first_client)
{
	int fd;

	start(types[_i], false, true);
	fd = dial();
	say(fd, "x\n");
	expect(fd, "ok\n");
	close(fd);
	finish();
}
END_TEST

START_TEST(stopping_resets_nobody_who_has_an_answer)
{
	int fd;

	start(types[_i], false, false);
	fd = dial();
	say(fd, "x\n");
	ck_assert(is_readable(fd, TIMEOUT_MS));
	stop();
	expect(fd, "ok\n");
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/server");
	TCase *tc = tcase_create("server");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, echo_of_more_than_a_default_buffer, 1, 3);
	tcase_add_loop_test(tc, empty_messages_are_messages, 1, 3);
	tcase_add_loop_test(tc, messages_before_the_end_are_all_read, 0, 1);
	tcase_add_loop_test(tc, messages_before_the_end_are_all_read, 2, 3);
	tcase_add_test(tc, each_line_has_one_reply);
	tcase_add_test(tc, text_without_newline_is_answered);
	tcase_add_loop_test(tc, half_close_is_answered_and_closed, 0, 1);
	tcase_add_loop_test(tc, half_close_is_answered_and_closed, 2, 3);
	tcase_add_test(tc, datagram_peers_without_name_or_gone_are_no_harm);
	tcase_add_loop_test(tc, once_ends_after_the_first_client, 0, 3);
	tcase_add_loop_test(tc, stopping_resets_nobody_who_has_an_answer, 0, 3);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
