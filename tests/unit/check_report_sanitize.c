// SPDX-License-Identifier: BSD-2-Clause
/* Bytes to printable text, and text to lines. */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "report/layout.h"
#include "report/sanitize.h"

static const struct {
	const char *in;
	size_t len;
	const char *line;
	const char *text;
} table[] = {
#define BYTES(s) s, sizeof(s) - 1
	{ BYTES(""), "", "" },
	{ BYTES("plain # text"), "plain # text", "plain # text" },
	{ BYTES("a\nb\tc\rd"), "a\\nb\\tc\\rd", "a\nb\tc\\rd" },
	{ BYTES("a\0b"), "a\\x00b", "a\\x00b" },
	{ BYTES("\x01\x1f\x7f\033["), "\\x01\\x1f\\x7f\\x1b[",
	  "\\x01\\x1f\\x7f\\x1b[" },
	{ BYTES("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
	  "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
	  "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
	/* cut short, overlong, surrogate, too high, stray continuation */
	{ BYTES("\xe2\x82"), "\\xe2\\x82", "\\xe2\\x82" },
	{ BYTES("\xc0\xaf"), "\\xc0\\xaf", "\\xc0\\xaf" },
	{ BYTES("\xe0\x80\xaf"), "\\xe0\\x80\\xaf", "\\xe0\\x80\\xaf" },
	{ BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80", "\\xed\\xa0\\x80" },
	{ BYTES("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80",
	  "\\xf4\\x90\\x80\\x80" },
	{ BYTES("\x80x\xff\xfe"), "\\x80x\\xff\\xfe", "\\x80x\\xff\\xfe" },
	{ BYTES("\xe2\x28\xa1"), "\\xe2(\\xa1", "\\xe2(\\xa1" },
	/* well-formed, but not to be seen: C1, LS, RLO, BOM, U+FFFE, U+1FFFF */
	{ BYTES("\xc2\x85"), "\\xc2\\x85", "\\xc2\\x85" },
	{ BYTES("\xe2\x80\xa8"), "\\xe2\\x80\\xa8", "\\xe2\\x80\\xa8" },
	{ BYTES("\xe2\x80\xae"), "\\xe2\\x80\\xae", "\\xe2\\x80\\xae" },
	{ BYTES("\xef\xbb\xbf"), "\\xef\\xbb\\xbf", "\\xef\\xbb\\xbf" },
	{ BYTES("\xef\xbf\xbe"), "\\xef\\xbf\\xbe", "\\xef\\xbf\\xbe" },
	{ BYTES("\xf0\x9f\xbf\xbf"), "\\xf0\\x9f\\xbf\\xbf",
	  "\\xf0\\x9f\\xbf\\xbf" },
	{ BYTES("\xef\xbf\xbd"), "\xef\xbf\xbd", "\xef\xbf\xbd" },
};

START_TEST(bytes_become_printable)
{
	struct buf out = BUF_NULL;

	sanitize(&out, table[_i].in, table[_i].len, SANITIZE_LINE);
	ck_assert_str_eq(out.data, table[_i].line);
	buf_clear(&out);
	sanitize(&out, table[_i].in, table[_i].len, SANITIZE_TEXT);
	ck_assert_str_eq(out.data, table[_i].text);
	buf_free(&out);
}
END_TEST

START_TEST(tap_has_no_hash)
{
	struct buf out = BUF_NULL;

	sanitize_str(&out, "fd #3 # SKIP\n", SANITIZE_TAP);
	ck_assert_str_eq(out.data, "fd \\x233 \\x23 SKIP\\n");
	buf_free(&out);
}
END_TEST

/* What is not the end of the buffer is not read: valgrind and ASan watch. */
START_TEST(no_byte_beyond_the_end)
{
	struct buf out = BUF_NULL;
	char *tight = malloc(1);

	tight[0] = '\xf0';
	sanitize(&out, tight, 1, SANITIZE_LINE);
	ck_assert_str_eq(out.data, "\\xf0");
	sanitize(&out, NULL, 0, SANITIZE_LINE);
	ck_assert_str_eq(out.data, "\\xf0");
	sanitize(&out, "\xc3\xa9", 1, SANITIZE_LINE);
	ck_assert_str_eq(out.data, "\\xf0\\xc3");
	free(tight);
	buf_free(&out);
}
END_TEST

START_TEST(items_wrap_between_words)
{
	const struct layout l = { "# ", 32 };
	struct buf out = BUF_NULL;

	layout_item(&out, &l, "got", "one two three four five six seven");
	layout_item(&out, &l, "call", "a  b");
	layout_item(&out, &l, "long",
		    "x_word_that_is_wider_than_the_page and more");
	layout_exact(&out, &l, "repeat",
		     "a command that is longer than the page is wide");
	layout_prose(&out, &l, 2, "123456789 123456789 12345678 0");
	layout_prose(&out, &l, 2, "123456789 123456789 1234567890 0");
	ck_assert_str_eq(out.data,
		"# got       one two three four\n"
		"#           five six seven\n"
		"# call      a  b\n"
		"# long      x_word_that_is_wider_than_the_page\n"
		"#           and more\n"
		"# repeat    a command that is longer than the page is wide\n"
		"# 123456789 123456789 12345678 0\n"
		"# 123456789 123456789 1234567890\n"
		"#   0\n");
	buf_free(&out);
}
END_TEST

START_TEST(columns_are_characters)
{
	const struct layout l = { "", 5 };
	struct buf out = BUF_NULL;

	layout_prose(&out, &l, 0, "\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9 x");
	ck_assert_str_eq(out.data, "\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9\nx\n");
	ck_assert_uint_eq(layout_columns("\xc3\xa9x"), 2);
	buf_free(&out);
}
END_TEST

START_TEST(output_is_bounded)
{
	const struct layout l = { "  ", 80 };
	struct buf in = BUF_NULL;
	struct buf out = BUF_NULL;

	for (int i = 1; i <= 1000; i++)
		buf_printf(&in, "line %d\n", i);
	layout_output(&out, &l, in.data, in.len, true);
	ck_assert_ptr_nonnull(strstr(out.data, "  | line 12\n"
				     "  | ... (980 lines left out)\n"
				     "  | line 993\n"));
	ck_assert_ptr_nonnull(strstr(out.data, "  | line 1000\n"
				     "  | ... (it printed more, which was not "
				     "kept)\n"));
	ck_assert_ptr_null(strstr(out.data, "line 500"));

	buf_clear(&in);
	buf_clear(&out);
	for (int i = 0; i < 199; i++)
		buf_add(&in, "x", 1);
	buf_printf(&in, "\xc3\xa9yyy\n\nlast");
	layout_output(&out, &l, in.data, in.len, false);
	ck_assert_ptr_nonnull(strstr(out.data, "xxx ... (5 bytes more)\n"
				     "  |\n"
				     "  | last\n"));
	buf_free(&in);
	buf_free(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report_sanitize");
	TCase *tc = tcase_create("sanitize");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, bytes_become_printable, 0,
			    (int)(sizeof(table) / sizeof(table[0])));
	tcase_add_test(tc, tap_has_no_hash);
	tcase_add_test(tc, no_byte_beyond_the_end);
	tcase_add_test(tc, items_wrap_between_words);
	tcase_add_test(tc, columns_are_characters);
	tcase_add_test(tc, output_is_bounded);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
