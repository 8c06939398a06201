// SPDX-License-Identifier: BSD-2-Clause
/* Files of expected failures: what is read, and what is refused how. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "harness/deviation.h"
#include "harness_fixture.h"

static char path[64];

static void make_path(void)
{
	int fd;

	snprintf(path, sizeof(path), "/tmp/sockspec-unit-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void remove_path(void)
{
	unlink(path);
}

static void load(const void *arg)
{
	struct deviation_list list = { NULL, 0 };

	deviation_load(&list, arg);
	deviation_free(&list);
}

START_TEST(lines_are_pattern_and_reason)
{
	static const char text[] =
		"# a comment\n"
		"\n"
		"bind/path@stream+path  never sleeps, gvisor#1234\n"
		"   \t\n"
		"  listen/*\t \tno backlog # is no comment here\t \r\n"
		" # an indented comment\n"
		"last/line   without a line break";
	struct deviation_list list = { NULL, 0 };

	fixture_write(path, text, sizeof(text) - 1);
	deviation_load(&list, path);
	ck_assert_uint_eq(list.n, 3);
	ck_assert_str_eq(list.entries[0].pattern, "bind/path@stream+path");
	ck_assert_str_eq(list.entries[0].reason, "never sleeps, gvisor#1234");
	ck_assert_str_eq(list.entries[1].pattern, "listen/*");
	ck_assert_str_eq(list.entries[1].reason,
			 "no backlog # is no comment here");
	ck_assert_str_eq(list.entries[2].pattern, "last/line");
	ck_assert_str_eq(list.entries[2].reason, "without a line break");
	deviation_free(&list);
	ck_assert_uint_eq(list.n, 0);
}
END_TEST

START_TEST(files_add_up)
{
	struct deviation_list list = { NULL, 0 };

	fixture_write(path, "a/b  first\n", 11);
	deviation_load(&list, path);
	fixture_write(path, "a/*  second\n", 12);
	deviation_load(&list, path);
	ck_assert_uint_eq(list.n, 2);
	/* The first that matches counts. */
	ck_assert_str_eq(deviation_find(&list, "a/b@stream")->reason, "first");
	ck_assert_str_eq(deviation_find(&list, "a/c@stream")->reason, "second");
	ck_assert_ptr_null(deviation_find(&list, "b/a@stream"));
	deviation_free(&list);
}
END_TEST

START_TEST(empty_is_no_deviation)
{
	struct deviation_list list = { NULL, 0 };

	deviation_load(&list, path);
	ck_assert_uint_eq(list.n, 0);
	ck_assert_ptr_null(deviation_find(&list, "a/b"));
	ck_assert_ptr_null(deviation_find(NULL, "a/b"));
}
END_TEST

START_TEST(long_lines_are_kept)
{
	struct deviation_list list = { NULL, 0 };
	char text[20000];

	memset(text, 'r', sizeof(text));
	memcpy(text, "a/b ", 4);
	fixture_write(path, text, sizeof(text));
	deviation_load(&list, path);
	ck_assert_uint_eq(strlen(list.entries[0].reason), sizeof(text) - 4);
	deviation_free(&list);
}
END_TEST

#define BYTES(s) s, sizeof(s) - 1

static const struct {
	const char *text;
	size_t len;
	const char *complaint;
} refused[] = {
	{ BYTES("a/b\n"), ":1: no reason after the pattern 'a/b'" },
	{ BYTES("# one\na/b fine\na/c   \n"),
	  ":3: no reason after the pattern 'a/c'" },
	{ BYTES("a/b rea\033[1mson\n"), ":1: control character" },
	{ BYTES("\n\na/\001b reason\n"), ":3: control character" },
	{ BYTES("a/b rea\0son\n"), ":1: NUL byte" },
	{ BYTES("a/b fine\n\0"), ":2: NUL byte" },
	{ BYTES("a/b\rc reason\n"), ":1: control character" },
};

START_TEST(malformed_is_named_by_line)
{
	char said[400], want[200];

	fixture_write(path, refused[_i].text, refused[_i].len);
	ck_assert_int_eq(fixture_death(load, path, said, sizeof(said)),
			 EXIT_USAGE);
	snprintf(want, sizeof(want), "sockspec: %s%s", path,
		 refused[_i].complaint);
	ck_assert_msg(strncmp(said, want, strlen(want)) == 0,
		      "'%s' is not '%s...'", said, want);
	ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
}
END_TEST

START_TEST(unreadable_is_one_line)
{
	char said[400];

	ck_assert_int_eq(fixture_death(load, "/nonexistent/file", said,
				       sizeof(said)), EXIT_USAGE);
	ck_assert_str_eq(said, "sockspec: cannot read /nonexistent/file: "
			 "No such file or directory\n");
	ck_assert_int_eq(fixture_death(load, "/", said, sizeof(said)),
			 EXIT_USAGE);
	ck_assert_str_eq(said, "sockspec: cannot read /: Is a directory\n");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("deviation");

	tcase_add_checked_fixture(tc, make_path, remove_path);
	tcase_add_test(tc, lines_are_pattern_and_reason);
	tcase_add_test(tc, files_add_up);
	tcase_add_test(tc, empty_is_no_deviation);
	tcase_add_test(tc, long_lines_are_kept);
	tcase_add_loop_test(tc, malformed_is_named_by_line, 0,
			    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(tc, unreadable_is_one_line);
	return fixture_run("harness_deviation", tc);
}
