// SPDX-License-Identifier: BSD-2-Clause
/* Unit tests of core/client, most against core/server. */
#include "config.h"

#include "core/client.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "core_service.h"

START_TEST(client_gets_the_reply)
{
	cleanup_client struct uds_client c = UDS_CLIENT_NULL;
	cleanup_buf struct buf reply = BUF_NULL;

	start(types[_i], false, false);
	ck_assert_int_eq(uds_client_open(&c, &service.address, types[_i],
					 TIMEOUT_MS), 0);
	for (int i = 0; i < 3; i++) {
		buf_clear(&reply);
		ck_assert_int_eq(uds_client_exchange(&c, "hi\n", 3, TIMEOUT_MS,
						     &reply), 1);
		ck_assert_str_eq(reply.data, "ok\n");
		ck_assert(!uds_client_is_ended(&c));
	}
	stop();
	ck_assert_uint_eq(service.stats.messages, 3);
	ck_assert_uint_eq(service.stats.accepted, types[_i] != SOCK_DGRAM);
}
END_TEST

START_TEST(client_gets_large_echoes)
{
	static const size_t sizes[] = { 1, 4096, 65536, 150000, 3000000 };
	cleanup_client struct uds_client c = UDS_CLIENT_NULL;

	start(types[_i], true, false);
	ck_assert_int_eq(uds_client_open(&c, &service.address, types[_i],
					 TIMEOUT_MS), 0);
	for (int i = 0; i < (types[_i] == SOCK_STREAM ? 5 : 4); i++) {
		cleanup_free char *data = xcalloc(1, sizes[i]);
		cleanup_buf struct buf reply = BUF_NULL;

		memset(data, 'a' + i, sizes[i]);
		data[sizes[i] - 1] = '\n';
		ck_assert_int_eq(uds_client_exchange(&c, data, sizes[i],
						     TIMEOUT_MS, &reply), 1);
		ck_assert_uint_eq(reply.len, sizes[i]);
		ck_assert_mem_eq(reply.data, data, sizes[i]);
	}
	stop();
}
END_TEST

START_TEST(client_says_what_went_wrong)
{
	cleanup_client struct uds_client c = UDS_CLIENT_NULL;
	cleanup_buf struct buf reply = BUF_NULL;
	struct uds_endpoint_options o = UDS_ENDPOINT_DEFAULTS(SOCK_STREAM);
	cleanup_endpoint struct uds_endpoint e = UDS_ENDPOINT_NULL;
	struct uds_address a;
	int fd;

	ck_assert_int_eq(uds_address_from_name(&a, "uds-unit\0", 9), 0);
	ck_assert_int_eq(uds_client_open(&c, &a, SOCK_STREAM, 100),
			 -ECONNREFUSED);
	ck_assert_int_eq(uds_endpoint_open(&e, &a, &o), 0);
	ck_assert_int_eq(uds_client_open(&c, &a, SOCK_STREAM, 100), 0);
	ck_assert_int_eq(uds_client_exchange(&c, "x\n", 2, 50, &reply),
			 -ETIMEDOUT);
	fd = accept(e.fd, NULL, NULL);
	say(fd, "half");
	ck_assert_int_eq(uds_client_exchange(&c, "x\n", 2, 50, &reply),
			 -ETIMEDOUT);
	ck_assert_str_eq(reply.data, "half");
	say(fd, "a\nb\nc");
	buf_clear(&reply);
	ck_assert_int_eq(uds_client_exchange(&c, "x\n", 2, 50, &reply), 1);
	ck_assert_str_eq(reply.data, "a\n");
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	buf_clear(&reply);
	ck_assert_int_eq(uds_client_exchange(&c, "x\n", 2, 50, &reply), 1);
	ck_assert_str_eq(reply.data, "b\n");
	buf_clear(&reply);
	ck_assert_int_eq(uds_client_exchange(&c, "x\n", 2, 50, &reply), 1);
	ck_assert_str_eq(reply.data, "c");
	ck_assert(uds_client_is_ended(&c));
	ck_assert_int_eq(uds_client_exchange(&c, "x\n", 2, 50, &reply), 0);
	close(fd);
	ck_assert_int_eq(uds_client_exchange(&c, "x\n", 2, 50, &reply), -EPIPE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/client");
	TCase *tc = tcase_create("client");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, client_gets_the_reply, 0, 3);
	tcase_add_loop_test(tc, client_gets_large_echoes, 0, 3);
	tcase_add_test(tc, client_says_what_went_wrong);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
