// SPDX-License-Identifier: BSD-2-Clause
/* Unit tests of core/address. */
#include "config.h"

#include "core/address.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define OFFSET offsetof(struct sockaddr_un, sun_path)

static char *filled(size_t len)
{
	static char text[256];

	memset(text, 'p', len);
	text[len] = '\0';
	return text;
}

START_TEST(path_is_terminated_and_counted)
{
	struct uds_address a;

	ck_assert_int_eq(uds_address_from_path(&a, "/run/s"), 0);
	ck_assert_int_eq(uds_address_kind(&a), UDS_ADDRESS_PATHNAME);
	ck_assert_uint_eq(a.len, OFFSET + 7);
	ck_assert_str_eq(uds_address_path(&a), "/run/s");
}
END_TEST

START_TEST(path_fills_sun_path_to_the_last_byte)
{
	struct uds_address a;

	ck_assert_int_eq(uds_address_from_path(&a, filled(107)), 0);
	ck_assert_uint_eq(a.len, OFFSET + 108);
	ck_assert_int_eq(uds_address_from_path(&a, filled(108)), 0);
	ck_assert_uint_eq(a.len, OFFSET + 108);
	ck_assert_str_eq(uds_address_path(&a), filled(108));
	ck_assert_int_eq(uds_address_from_path(&a, filled(109)),
			 -ENAMETOOLONG);
	ck_assert_str_eq(uds_address_path(&a), filled(108));
}
END_TEST

START_TEST(full_path_is_what_the_kernel_says)
{
	char dir[] = "/tmp/uds-XXXXXX";
	struct uds_address a, got;
	char path[109];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_ptr_nonnull(mkdtemp(dir));
	strcpy(path, filled(108));
	memcpy(path, dir, strlen(dir));
	path[strlen(dir)] = '/';
	ck_assert_int_eq(uds_address_from_path(&a, path), 0);
	ck_assert_int_eq(bind(fd, &a.sa, a.len), 0);
	ck_assert_int_eq(access(path, F_OK), 0);
	uds_address_unnamed(&got);
	got.len = sizeof(got.bytes);
	ck_assert_int_eq(getsockname(fd, &got.sa, &got.len), 0);
	ck_assert_uint_le(got.len, sizeof(got.bytes));
	ck_assert(uds_address_equal(&a, &got));
	close(fd);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(empty_path_is_refused)
{
	struct uds_address a;

	ck_assert_int_eq(uds_address_from_path(&a, ""), -EINVAL);
	ck_assert_int_eq(uds_address_parse(&a, ""), -EINVAL);
}
END_TEST

START_TEST(abstract_name_is_exact)
{
	struct uds_address a, b;

	ck_assert_int_eq(uds_address_from_name(&a, "a\0b", 3), 0);
	ck_assert_int_eq(uds_address_kind(&a), UDS_ADDRESS_ABSTRACT);
	ck_assert_uint_eq(a.len, OFFSET + 4);
	ck_assert_mem_eq(a.un.sun_path, "\0a\0b", 4);
	ck_assert_ptr_null(uds_address_path(&a));
	ck_assert_int_eq(uds_address_from_name(&b, "a\0b\0", 4), 0);
	ck_assert(!uds_address_equal(&a, &b));
	ck_assert_int_eq(uds_address_from_name(&b, "a\0c", 3), 0);
	ck_assert(!uds_address_equal(&a, &b));
	ck_assert_int_eq(uds_address_from_name(&b, "a\0b", 3), 0);
	ck_assert(uds_address_equal(&a, &b));
}
END_TEST

START_TEST(abstract_name_has_107_bytes_at_most)
{
	struct uds_address a;

	ck_assert_int_eq(uds_address_from_name(&a, "", 0), 0);
	ck_assert_int_eq(uds_address_kind(&a), UDS_ADDRESS_ABSTRACT);
	ck_assert_int_eq(uds_address_from_name(&a, filled(107), 107), 0);
	ck_assert_uint_eq(a.len, sizeof(struct sockaddr_un));
	ck_assert_int_eq(uds_address_from_name(&a, filled(108), 108),
			 -ENAMETOOLONG);
	ck_assert_int_eq(uds_address_from_escaped(&a, filled(107)), 0);
	ck_assert_int_eq(uds_address_from_escaped(&a, filled(108)),
			 -ENAMETOOLONG);
	ck_assert_int_eq(uds_address_from_escaped(&a, filled(250)),
			 -ENAMETOOLONG);
}
END_TEST

START_TEST(unnamed_is_the_family_alone)
{
	struct uds_address a, b;
	cleanup_free char *text = NULL;

	uds_address_unnamed(&a);
	uds_address_unnamed(&b);
	ck_assert_uint_eq(a.len, sizeof(sa_family_t));
	ck_assert_int_eq(uds_address_kind(&a), UDS_ADDRESS_UNNAMED);
	ck_assert(uds_address_equal(&a, &b));
	text = uds_address_format(&a);
	ck_assert_str_eq(text, "(unnamed)");
}
END_TEST

START_TEST(at_sign_means_abstract)
{
	struct uds_address a;

	ck_assert_int_eq(uds_address_parse(&a, "@x"), 0);
	ck_assert_int_eq(uds_address_kind(&a), UDS_ADDRESS_ABSTRACT);
	ck_assert_mem_eq(a.un.sun_path, "\0x", 2);
	ck_assert_int_eq(uds_address_parse(&a, "./@x"), 0);
	ck_assert_int_eq(uds_address_kind(&a), UDS_ADDRESS_PATHNAME);
	ck_assert_int_eq(uds_address_from_path(&a, "@x"), 0);
	ck_assert_str_eq(uds_address_path(&a), "@x");
	ck_assert_int_eq(uds_address_parse(&a, "a\\x41"), 0);
	ck_assert_str_eq(uds_address_path(&a), "a\\x41");
}
END_TEST

static const struct {
	const char *name;
	size_t len;
	const char *text;
} printed[] = {
	{ "plain-1.0", 9, "@plain-1.0" },
	{ "", 0, "@" },
	{ "\0", 1, "@\\x00" },
	{ "a b\tc\x7f\xff", 7, "@a\\x20b\\x09c\\x7f\\xff" },
	{ "\\x41", 4, "@\\x5cx41" },
	{ "@@", 2, "@@@" },
};

START_TEST(abstract_names_print_and_parse_back)
{
	struct uds_address a, b;
	cleanup_free char *text = NULL;

	ck_assert_int_eq(uds_address_from_name(&a, printed[_i].name,
					       printed[_i].len), 0);
	text = uds_address_format(&a);
	ck_assert_str_eq(text, printed[_i].text);
	ck_assert_int_eq(uds_address_parse(&b, text), 0);
	ck_assert(uds_address_equal(&a, &b));
}
END_TEST

START_TEST(broken_escapes_are_themselves)
{
	struct uds_address a;

	ck_assert_int_eq(uds_address_from_escaped(&a, "\\x4\\xg1\\n\\xAf"), 0);
	ck_assert_uint_eq(a.len, OFFSET + 1 + 10);
	ck_assert_mem_eq(a.un.sun_path + 1, "\\x4\\xg1\\n\xaf", 10);
}
END_TEST

START_TEST(paths_print_without_ambiguity)
{
	struct uds_address a;
	cleanup_free char *at = NULL, *plain = NULL;

	ck_assert_int_eq(uds_address_from_path(&a, "@x y"), 0);
	at = uds_address_format(&a);
	ck_assert_str_eq(at, "\\x40x\\x20y");
	ck_assert_int_eq(uds_address_from_path(&a, "/tmp/a@b"), 0);
	plain = uds_address_format(&a);
	ck_assert_str_eq(plain, "/tmp/a@b");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/address");
	TCase *tc = tcase_create("address");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, path_is_terminated_and_counted);
	tcase_add_test(tc, path_fills_sun_path_to_the_last_byte);
	tcase_add_test(tc, full_path_is_what_the_kernel_says);
	tcase_add_test(tc, empty_path_is_refused);
	tcase_add_test(tc, abstract_name_is_exact);
	tcase_add_test(tc, abstract_name_has_107_bytes_at_most);
	tcase_add_test(tc, unnamed_is_the_family_alone);
	tcase_add_test(tc, at_sign_means_abstract);
	tcase_add_loop_test(tc, abstract_names_print_and_parse_back, 0,
			    sizeof(printed) / sizeof(printed[0]));
	tcase_add_test(tc, broken_escapes_are_themselves);
	tcase_add_test(tc, paths_print_without_ambiguity);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
