// SPDX-License-Identifier: BSD-2-Clause
/* Records: there and back, cut to fit, and garbage told from them. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/record.h"
#include "harness_fixture.h"

static const struct record sample = {
	.serial = 4711, .kind = RECORD_FAIL, .context = "addrlen=111",
	.call = "bind(fd, &a.sa, a.len)", .expected = "-1 EINVAL",
	.got = "0", .where = "src/checks/bind.c:41",
};

/* What record_write() puts on a pipe for r; the number of bytes. */
static size_t encode(const struct record *r, char *data, size_t size)
{
	int fd[2];
	ssize_t n;

	ck_assert_int_eq(pipe2(fd, O_CLOEXEC), 0);
	ck_assert_int_eq(record_write(fd[1], r), 0);
	n = read(fd[0], data, size);
	ck_assert_int_gt(n, 0);
	close(fd[0]);
	close(fd[1]);
	return (size_t)n;
}

static void assert_same(const struct record *a, const struct record *b)
{
	ck_assert_uint_eq(a->serial, b->serial);
	ck_assert_int_eq((int)a->kind, (int)b->kind);
	ck_assert_str_eq(a->context, b->context);
	ck_assert_str_eq(a->call, b->call);
	ck_assert_str_eq(a->expected, b->expected);
	ck_assert_str_eq(a->got, b->got);
	ck_assert_str_eq(a->where, b->where);
}

START_TEST(there_and_back)
{
	char data[PIPE_BUF];
	size_t len = encode(&sample, data, sizeof(data));
	struct record r;

	ck_assert_int_eq(record_parse(data, len, &r), (long)len);
	assert_same(&r, &sample);
}
END_TEST

START_TEST(every_kind)
{
	struct record in = { .serial = UINT32_MAX, .kind = (enum record_kind)_i };
	char data[PIPE_BUF];
	size_t len = encode(&in, data, sizeof(data));
	struct record r;

	ck_assert_int_eq(record_parse(data, len, &r), (long)len);
	ck_assert_int_eq((int)r.kind, _i);
	ck_assert_uint_eq(r.serial, UINT32_MAX);
	/* What was NULL is empty. */
	ck_assert_str_eq(r.context, "");
	ck_assert_str_eq(r.call, "");
	ck_assert_str_eq(r.expected, "");
	ck_assert_str_eq(r.got, "");
	ck_assert_str_eq(r.where, "");
}
END_TEST

START_TEST(records_follow_each_other)
{
	struct record second = sample, r;
	char data[2 * PIPE_BUF];
	size_t first_len = encode(&sample, data, PIPE_BUF), len;

	second.kind = RECORD_DONE;
	second.call = "";
	len = first_len + encode(&second, data + first_len, PIPE_BUF);
	ck_assert_int_eq(record_parse(data, len, &r), (long)first_len);
	assert_same(&r, &sample);
	ck_assert_int_eq(record_parse(data + first_len, len - first_len, &r),
			 (long)(len - first_len));
	assert_same(&r, &second);
}
END_TEST

START_TEST(long_strings_share_one_atomic_write)
{
	char *huge = malloc(100000);
	struct record in = { .kind = RECORD_NOTE }, r;
	const char **strings[] = { &in.context, &in.call, &in.expected,
				   &in.got, &in.where };
	char data[2 * PIPE_BUF];
	size_t len;

	memset(huge, 'h', 99999);
	huge[99999] = '\0';
	for (size_t i = 0; i < 5; i++)
		*strings[i] = huge;
	len = encode(&in, data, sizeof(data));
	ck_assert_uint_le(len, PIPE_BUF);
	ck_assert_int_eq(record_parse(data, len, &r), (long)len);
	/* A fair share each, not what the first leaves over. */
	ck_assert_uint_gt(strlen(r.context), PIPE_BUF / 8);
	ck_assert_uint_gt(strlen(r.call), PIPE_BUF / 8);
	ck_assert_uint_gt(strlen(r.expected), PIPE_BUF / 8);
	ck_assert_uint_gt(strlen(r.got), PIPE_BUF / 8);
	ck_assert_uint_gt(strlen(r.where), PIPE_BUF / 8);
	free(huge);
}
END_TEST

START_TEST(one_long_string_leaves_the_others_whole)
{
	char *huge = malloc(100000);
	struct record in = sample, r;
	char data[2 * PIPE_BUF];
	size_t len;

	memset(huge, 'h', 99999);
	huge[99999] = '\0';
	in.call = huge;
	len = encode(&in, data, sizeof(data));
	ck_assert_int_eq(record_parse(data, len, &r), (long)len);
	ck_assert_str_eq(r.context, sample.context);
	ck_assert_str_eq(r.expected, sample.expected);
	ck_assert_str_eq(r.got, sample.got);
	ck_assert_str_eq(r.where, sample.where);
	ck_assert_uint_lt(strlen(r.call), PIPE_BUF);
	free(huge);
}
END_TEST

START_TEST(part_of_a_record_wants_more)
{
	char data[PIPE_BUF];
	size_t len = encode(&sample, data, sizeof(data));
	struct record r;

	for (size_t part = 0; part < len; part++) {
		/* So that valgrind sees a look beyond the end. */
		char *copy = malloc(part ? part : 1);

		memcpy(copy, data, part);
		ck_assert_int_eq(record_parse(copy, part, &r), 0);
		free(copy);
	}
}
END_TEST

START_TEST(garbage_is_no_record)
{
	char data[PIPE_BUF], garbage[200];
	size_t len = encode(&sample, data, sizeof(data));
	struct record r;

	memset(garbage, 'g', sizeof(garbage));
	ck_assert_int_eq(record_parse(garbage, sizeof(garbage), &r), -1);
	memset(garbage, 0, sizeof(garbage));
	ck_assert_int_eq(record_parse(garbage, sizeof(garbage), &r), -1);
	/* the header's magic, serial, kind, length: bytes 0, 4, 8, 10 */
	data[0] ^= 1;
	ck_assert_int_eq(record_parse(data, len, &r), -1);
	data[0] ^= 1;
	data[8] = N_RECORD;
	ck_assert_int_eq(record_parse(data, len, &r), -1);
	data[8] = RECORD_FAIL;
	data[11] = (char)0xff;
	ck_assert_int_eq(record_parse(data, len, &r), -1);
}
END_TEST

START_TEST(strings_must_end_within)
{
	char data[PIPE_BUF];
	size_t len = encode(&sample, data, sizeof(data));
	struct record r;

	/* The last NUL is no NUL any more: the fifth string has no end. */
	data[len - 1] = 'x';
	ck_assert_int_eq(record_parse(data, len, &r), -1);
	memset(data + 12, 'x', len - 12);
	ck_assert_int_eq(record_parse(data, len, &r), -1);
}
END_TEST

START_TEST(any_flipped_byte_is_survived)
{
	char data[PIPE_BUF];
	size_t len = encode(&sample, data, sizeof(data));

	for (size_t i = 0; i < len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			char *copy = malloc(len);
			struct record r;
			long n;

			memcpy(copy, data, len);
			copy[i] = (char)(copy[i] ^ (1 << bit));
			n = record_parse(copy, len, &r);
			ck_assert_int_le(n, (long)len);
			if (n > 0)
				ck_assert_uint_lt(strlen(r.where), len);
			free(copy);
		}
	}
}
END_TEST

START_TEST(errors_are_returned)
{
	int fd[2];

	ck_assert_int_eq(record_write(-1, &sample), -EBADF);
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe2(fd, O_CLOEXEC), 0);
	close(fd[0]);
	ck_assert_int_eq(record_write(fd[1], &sample), -EPIPE);
	close(fd[1]);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("record");

	tcase_add_test(tc, there_and_back);
	tcase_add_loop_test(tc, every_kind, 0, N_RECORD);
	tcase_add_test(tc, records_follow_each_other);
	tcase_add_test(tc, long_strings_share_one_atomic_write);
	tcase_add_test(tc, one_long_string_leaves_the_others_whole);
	tcase_add_test(tc, part_of_a_record_wants_more);
	tcase_add_test(tc, garbage_is_no_record);
	tcase_add_test(tc, strings_must_end_within);
	tcase_add_test(tc, any_flipped_byte_is_survived);
	tcase_add_test(tc, errors_are_returned);
	return fixture_run("harness_record", tc);
}
