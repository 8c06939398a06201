// SPDX-License-Identifier: BSD-2-Clause
/*
 * Records and the parser: what is whole is found whole whatever the pieces,
 * and what is damaged is named, for every bit and every cut of a small record.
 */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/frame.h"
#include "core/record.h"

#define SEED 4711
#define MAX_FOUND 64

static const uint32_t mixed_sizes[] = { 40, 41, 100, 47, 300, 48 };

static const struct uds_source mixed = {
	.seed = SEED, .receiver = 7, .sender = 3, .sizes = UDS_LIST(mixed_sizes, 6),
};
static const struct uds_source fixed64 = {
	.seed = SEED, .receiver = 7, .sender = 3, .sizes = UDS_FIXED(64),
};

struct found {
	struct uds_arrival list[MAX_FOUND];
	size_t n;
};

static void take_all(struct uds_parser *parser, struct found *found)
{
	struct uds_arrival arrival;

	while (uds_parser_next(parser, &arrival)) {
		ck_assert_uint_lt(found->n, MAX_FOUND);
		found->list[found->n++] = arrival;
	}
}

/* Parse as a stream, in pieces of the given size. */
static struct found parse_stream(const unsigned char *data, size_t len,
				 size_t piece, uint64_t *ret_garbage)
{
	cleanup_parser struct uds_parser parser;
	struct found found = { .n = 0 };

	uds_parser_init(&parser, SEED, 1000);
	for (size_t pos = 0; pos < len; pos += piece) {
		/* A copy of exact size, so that reading beyond it is seen. */
		size_t n = len - pos < piece ? len - pos : piece;
		unsigned char *copy = malloc(n);

		memcpy(copy, data + pos, n);
		uds_parser_feed(&parser, copy, n);
		take_all(&parser, &found);
		free(copy);
	}
	uds_parser_end(&parser);
	take_all(&parser, &found);
	if (ret_garbage)
		*ret_garbage = parser.garbage_bytes;
	return found;
}

static struct found parse_message(const unsigned char *data, size_t len)
{
	cleanup_parser struct uds_parser parser;
	struct found found = { .n = 0 };

	uds_parser_init(&parser, SEED, 1000);
	uds_parser_message(&parser, data, len);
	take_all(&parser, &found);
	return found;
}

static size_t fill_many(const struct uds_source *source, uint64_t n,
			unsigned char *buf)
{
	size_t len = 0;

	for (uint64_t i = 0; i < n; i++)
		len += uds_record_fill(source, i, buf + len);
	return len;
}

/* libcheck notes each assertion in a file; thousands of them are slow. */
static void assert_is(const struct uds_arrival *arrival, enum uds_state state,
		      uint64_t sequence)
{
	if (arrival->known && arrival->state == state &&
	    arrival->sequence == sequence && arrival->sender == 3 &&
	    arrival->receiver == 7)
		return;
	ck_assert(arrival->known);
	ck_assert_int_eq(arrival->state, state);
	ck_assert_uint_eq(arrival->sequence, sequence);
	ck_assert_uint_eq(arrival->sender, 3);
	ck_assert_uint_eq(arrival->receiver, 7);
}

static void assert_unknown(const struct uds_arrival *arrival)
{
	if (!arrival->known && arrival->state == UDS_TORN)
		return;
	ck_assert(!arrival->known);
	ck_assert_int_eq(arrival->state, UDS_TORN);
}

START_TEST(schedule_gives_the_sizes_asked_for)
{
	const struct uds_schedule fixed = UDS_FIXED(77);
	const struct uds_schedule between = UDS_BETWEEN(10, 13);
	const struct uds_schedule list = UDS_LIST(mixed_sizes, 6);
	unsigned int n_of[14] = { 0 };

	for (uint64_t i = 0; i < 400; i++) {
		uint32_t size = uds_schedule_size(&between, SEED, i);

		ck_assert_uint_eq(uds_schedule_size(&fixed, SEED, i), 77);
		ck_assert_uint_eq(uds_schedule_size(&list, SEED, i),
				  mixed_sizes[i % 6]);
		ck_assert(size >= 10 && size <= 13);
		ck_assert_uint_eq(size, uds_schedule_size(&between, SEED, i));
		n_of[size]++;
	}
	for (int size = 10; size <= 13; size++)
		ck_assert_uint_gt(n_of[size], 50);
	ck_assert_uint_eq(uds_schedule_min(&list), 40);
	ck_assert_uint_eq(uds_schedule_max(&list), 300);
	ck_assert_uint_eq(uds_schedule_min(&between), 10);
	ck_assert_uint_eq(uds_schedule_max(&between), 13);
}
END_TEST

START_TEST(record_has_its_size_and_differs_from_others)
{
	for (uint32_t size = 0; size < 200; size++) {
		struct uds_source source = fixed64;
		unsigned char *a = malloc(size + 1);
		unsigned char *b = malloc(size + 1);
		struct uds_header header;

		source.sizes = (struct uds_schedule)UDS_FIXED(size);
		a[size] = b[size] = 0xee;
		ck_assert_uint_eq(uds_record_fill(&source, 5, a), size);
		uds_record_fill(&source, 5, b);
		ck_assert_int_eq(memcmp(a, b, size + 1), 0);
		uds_record_fill(&source, 6, b);
		if (size)
			ck_assert_int_ne(memcmp(a, b, size), 0);
		ck_assert_uint_eq(a[size], 0xee);
		if (size >= UDS_HEADER_SIZE) {
			ck_assert(uds_header_read(a, SEED, &header));
			ck_assert_uint_eq(header.len, size - UDS_HEADER_SIZE);
			ck_assert(!uds_header_read(a, SEED + 1, &header));
		}
		free(a);
		free(b);
	}
}
END_TEST

/* The first byte names the record among its neighbours, also when flipped. */
START_TEST(smallest_record_tells_its_neighbours)
{
	struct uds_source source = fixed64;
	unsigned char byte[256];
	unsigned int alike = 0;

	source.sizes = (struct uds_schedule)UDS_FIXED(1);
	for (unsigned int i = 0; i < 256; i++)
		uds_record_fill(&source, i, &byte[i]);
	for (unsigned int i = 64; i < 192; i++)
		for (unsigned int j = i - 63; j < i + 64; j++)
			for (unsigned int bit = 0; bit < 8 && i != j; bit++)
				alike += byte[i] == byte[j] ||
					 (byte[i] ^ 1u << bit) == byte[j];
	ck_assert_uint_eq(alike, 0);
}
END_TEST

START_TEST(any_split_gives_the_same_records)
{
	unsigned char data[8192];
	size_t len = fill_many(&mixed, 30, data), n_joined = 0;

	for (size_t piece = 1; piece <= len; piece += piece < 700 ? 1 : 97) {
		uint64_t garbage;
		struct found found = parse_stream(data, len, piece, &garbage);

		ck_assert_uint_eq(found.n, 30);
		ck_assert_uint_eq(garbage, 0);
		for (size_t i = 0; i < found.n; i++) {
			assert_is(&found.list[i], UDS_INTACT, i);
			n_joined += found.list[i].joined;
		}
	}
	ck_assert_uint_eq(n_joined, 0);
}
END_TEST

START_TEST(every_flipped_bit_is_found)
{
	unsigned char data[192];

	for (size_t bit = 0; bit < 64 * 8; bit++) {
		struct found found;

		fill_many(&fixed64, 3, data);
		data[64 + bit / 8] ^= 1u << bit % 8;

		found = parse_stream(data, sizeof(data), 1 + bit % 150, NULL);
		ck_assert_uint_eq(found.n, 3);
		assert_is(&found.list[0], UDS_INTACT, 0);
		if (bit < UDS_HEADER_SIZE * 8)
			assert_unknown(&found.list[1]);
		else
			assert_is(&found.list[1], UDS_CORRUPTED, 1);
		assert_is(&found.list[2], UDS_INTACT, 2);

		found = parse_message(data + 64, 64);
		ck_assert_uint_eq(found.n, 1);
		if (bit < UDS_HEADER_SIZE * 8)
			assert_unknown(&found.list[0]);
		else
			assert_is(&found.list[0], UDS_CORRUPTED, 1);
	}
}
END_TEST

/* Every range of bytes cut out of the middle record of three. */
START_TEST(every_cut_spares_the_neighbours)
{
	unsigned char whole[192];
	unsigned char data[192];

	fill_many(&fixed64, 3, whole);
	for (size_t start = 0; start < 64; start++) {
		for (size_t end = start + 1; end <= 64; end++) {
			size_t len = 192 - (end - start);
			bool gone = end - start == 64;
			bool known = start >= UDS_HEADER_SIZE;
			struct found found;

			memcpy(data, whole, 64 + start);
			memcpy(data + 64 + start, whole + 64 + end, 128 - end);
			found = parse_stream(data, len, 1 + (start * end) % 99,
					     NULL);
			ck_assert_uint_eq(found.n, gone ? 2 : 3);
			assert_is(&found.list[0], UDS_INTACT, 0);
			assert_is(&found.list[found.n - 1], UDS_INTACT, 2);
			if (gone)
				continue;
			if (known)
				assert_is(&found.list[1], UDS_TORN, 1);
			else
				assert_unknown(&found.list[1]);
			found = parse_message(data + 64, 64 - (end - start));
			ck_assert_uint_eq(found.n, 1);
			if (known)
				assert_is(&found.list[0], UDS_TORN, 1);
			else
				assert_unknown(&found.list[0]);
		}
	}
}
END_TEST

START_TEST(end_of_stream_tears_what_was_begun)
{
	unsigned char data[192];

	fill_many(&fixed64, 3, data);
	for (size_t cut = 1; cut < 64; cut++) {
		struct found found = parse_stream(data, 192 - cut, 50, NULL);

		ck_assert_uint_eq(found.n, 3);
		assert_is(&found.list[1], UDS_INTACT, 1);
		if (64 - cut >= UDS_HEADER_SIZE)
			assert_is(&found.list[2], UDS_TORN, 2);
		else
			assert_unknown(&found.list[2]);
	}
}
END_TEST

START_TEST(garbage_is_one_run_and_counted_in_bytes)
{
	unsigned char data[400];
	uint32_t magic = UDS_MAGIC;

	for (size_t junk = 1; junk < 90; junk++) {
		for (size_t before = 0; before <= 2; before++) {
			size_t pos = before * 64;
			struct found found;
			uint64_t garbage;

			fill_many(&fixed64, 2, data);
			memmove(data + pos + junk, data + pos, 128 - pos);
			memset(data + pos, 0x55, junk);
			/* A magic that no header follows must not stop it. */
			if (junk > 20)
				memcpy(data + pos + 9, &magic, sizeof(magic));
			found = parse_stream(data, 128 + junk, junk, &garbage);
			ck_assert_uint_eq(found.n, 3);
			ck_assert_uint_eq(garbage, junk);
			assert_unknown(&found.list[before]);
			assert_is(&found.list[before == 0], UDS_INTACT, 0);
			assert_is(&found.list[before == 2 ? 1 : 2], UDS_INTACT,
				  1);
		}
	}
}
END_TEST

START_TEST(foreign_records_in_a_payload_are_payload)
{
	struct uds_source foreign = fixed64;
	unsigned char data[300];
	struct uds_source big = fixed64;
	struct uds_header header;
	struct found found;

	/* A corrupted payload that holds a record made with another seed. */
	foreign.seed = SEED + 1;
	big.sizes = (struct uds_schedule)UDS_FIXED(300);
	uds_record_fill(&big, 0, data);
	uds_record_fill(&foreign, 9, data + 100);
	ck_assert(uds_header_read(data + 100, SEED + 1, &header));
	found = parse_stream(data, 300, 11, NULL);
	ck_assert_uint_eq(found.n, 1);
	assert_is(&found.list[0], UDS_CORRUPTED, 0);
}
END_TEST

START_TEST(message_of_wrong_length_is_torn)
{
	unsigned char data[200] = { 0 };
	struct found found;

	uds_record_fill(&fixed64, 1, data);
	for (size_t more = 1; more < 100; more++) {
		found = parse_message(data, 64 + more);
		ck_assert_uint_eq(found.n, 1);
		assert_is(&found.list[0], UDS_TORN, 1);
	}
	found = parse_message(data, 0);
	ck_assert_uint_eq(found.n, 1);
	assert_unknown(&found.list[0]);
}
END_TEST

START_TEST(merged_messages_are_joined_records)
{
	unsigned char data[192];
	struct found found;

	fill_many(&fixed64, 3, data);
	found = parse_message(data, 192);
	ck_assert_uint_eq(found.n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_is(&found.list[i], UDS_INTACT, i);
		ck_assert(found.list[i].joined == (i > 0));
	}
	found = parse_message(data, 120);
	ck_assert_uint_eq(found.n, 2);
	assert_is(&found.list[0], UDS_INTACT, 0);
	assert_is(&found.list[1], UDS_TORN, 1);
	ck_assert(found.list[1].joined);
}
END_TEST

START_TEST(larger_than_agreed_is_garbage)
{
	cleanup_parser struct uds_parser parser;
	struct found found = { .n = 0 };
	unsigned char data[128];

	fill_many(&fixed64, 2, data);
	uds_parser_init(&parser, SEED, 63);
	uds_parser_feed(&parser, data, sizeof(data));
	take_all(&parser, &found);
	uds_parser_end(&parser);
	take_all(&parser, &found);
	ck_assert_uint_eq(found.n, 1);
	assert_unknown(&found.list[0]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/frame");
	TCase *tc = tcase_create("frame");
	SRunner *sr;
	int n_failed;

	tcase_add_test(tc, schedule_gives_the_sizes_asked_for);
	tcase_add_test(tc, record_has_its_size_and_differs_from_others);
	tcase_add_test(tc, smallest_record_tells_its_neighbours);
	tcase_add_test(tc, any_split_gives_the_same_records);
	tcase_add_test(tc, every_flipped_bit_is_found);
	tcase_add_test(tc, every_cut_spares_the_neighbours);
	tcase_add_test(tc, end_of_stream_tears_what_was_begun);
	tcase_add_test(tc, garbage_is_one_run_and_counted_in_bytes);
	tcase_add_test(tc, foreign_records_in_a_payload_are_payload);
	tcase_add_test(tc, message_of_wrong_length_is_torn);
	tcase_add_test(tc, merged_messages_are_joined_records);
	tcase_add_test(tc, larger_than_agreed_is_garbage);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
