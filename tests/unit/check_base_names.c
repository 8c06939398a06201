// SPDX-License-Identifier: BSD-2-Clause
/* Numbers as names, and the tables for a C library that has none. */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/names.h"

static const struct {
	int number;
	const char *name;
} errors[] = {
#define NAME(name) { name, #name },
#include "base/names_errno.def"
#undef NAME
}, signals[] = {
#define NAME(name) { SIG##name, "SIG" #name },
#include "base/names_signal.def"
#undef NAME
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* By the C library where it can, which then says the same as the tables. */
START_TEST(tables_are_right)
{
	for (size_t i = 0; i < COUNT(errors); i++)
		ck_assert_str_eq(name_errno(errors[i].number), errors[i].name);
	for (size_t i = 0; i < COUNT(signals); i++)
		ck_assert_str_eq(name_signal(signals[i].number),
				 signals[i].name);
}
END_TEST

START_TEST(tables_are_whole)
{
	for (int n = 1; n <= EHWPOISON; n++) {
		bool known = strncmp(name_errno(n), "errno ", 6) != 0;
		bool listed = false;

		for (size_t i = 0; i < COUNT(errors); i++)
			listed |= errors[i].number == n;
		ck_assert_msg(known == listed, "number %d", n);
	}
}
END_TEST

START_TEST(what_has_no_name)
{
	ck_assert_str_eq(name_errno(0), "0");
	ck_assert_str_eq(name_errno(4711), "errno 4711");
	ck_assert_str_eq(name_errno(-1), "errno -1");
	ck_assert_str_eq(name_signal(77), "signal 77");
	ck_assert_str_eq(name_signal(0), "signal 0");
	ck_assert_str_eq(name_socket_type(9), "socket type 9");
}
END_TEST

START_TEST(bits_are_joined)
{
	ck_assert_str_eq(name_poll(0), "0");
	ck_assert_str_eq(name_poll(POLLIN | POLLHUP), "POLLIN|POLLHUP");
	ck_assert_str_eq(name_msg_flags(MSG_TRUNC | MSG_CTRUNC),
			 "MSG_CTRUNC|MSG_TRUNC");
	ck_assert_str_eq(name_poll(POLLIN | 0x40000000), "POLLIN|0x40000000");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base_names");
	TCase *tc = tcase_create("names");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, tables_are_right);
	tcase_add_test(tc, tables_are_whole);
	tcase_add_test(tc, what_has_no_name);
	tcase_add_test(tc, bits_are_joined);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
