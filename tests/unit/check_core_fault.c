// SPDX-License-Identifier: BSD-2-Clause
/*
 * The ledger on trial: a perfect wire with one known fault, or two, at the
 * first, a middle and the last record, must give exactly that fault and
 * nothing else, as messages, as a stream and with records without headers.
 */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "core/frame.h"
#include "core/ledger.h"
#include "core/plain.h"

#define SEED 99
#define ME 7
#define N_RECORDS 60
#define MAX_PIECES (N_RECORDS + 8)
#define MAX_SIZE 512
#define DELAY 9

enum mode { MESSAGES, STREAM, PLAIN, MIXED, TINY, N_MODES };

static const uint32_t framed_sizes[] = { 64, 40, 200, 47, 333 };
static const uint32_t mixed_sizes[] = { 64, 9, 39, 200, 41, 8 };

static const struct uds_schedule schedules[N_MODES] = {
	[MESSAGES] = UDS_LIST(framed_sizes, 5),
	[STREAM] = UDS_LIST(framed_sizes, 5),
	[PLAIN] = UDS_BETWEEN(8, 39),
	[MIXED] = UDS_LIST(mixed_sizes, 6),
	[TINY] = UDS_FIXED(1),
};

static struct uds_source source_of(enum mode mode)
{
	return (struct uds_source) {
		.seed = SEED, .receiver = ME, .sizes = schedules[mode],
	};
}

struct piece {
	unsigned char data[2 * MAX_SIZE];
	size_t len;
};

struct wire {
	struct piece pieces[MAX_PIECES];
	size_t n;
};

enum fault {
	NONE, DROP, DUPLICATE, DUPLICATE_LATE, SWAP, HOLD_BACK, CUT, BEHEAD,
	FLIP_PAYLOAD, FLIP_HEADER, MERGE, WRONG_RECEIVER, UNKNOWN_SENDER,
	N_FAULTS_MADE,
};

struct expected {
	uint64_t damaged;
	uint64_t n[UDS_N_FAULTS];
};

static void remove_piece(struct wire *wire, size_t i)
{
	memmove(&wire->pieces[i], &wire->pieces[i + 1],
		(wire->n - i - 1) * sizeof(wire->pieces[0]));
	wire->n--;
}

static void insert_piece(struct wire *wire, size_t i, struct piece piece)
{
	ck_assert_uint_lt(wire->n, MAX_PIECES);
	memmove(&wire->pieces[i + 1], &wire->pieces[i],
		(wire->n - i) * sizeof(wire->pieces[0]));
	wire->pieces[i] = piece;
	wire->n++;
}

static void remake(struct piece *piece, enum mode mode, size_t i,
		   uint32_t receiver, uint32_t sender)
{
	struct uds_source source = source_of(mode);

	source.receiver = receiver;
	source.sender = sender;
	source.sizes = (struct uds_schedule)UDS_FIXED((uint32_t)piece->len);
	uds_record_fill(&source, i, piece->data);
}

static bool applies(enum fault fault, enum mode mode)
{
	bool framed = mode == MESSAGES || mode == STREAM;

	switch (fault) {
	case FLIP_HEADER:
	case BEHEAD:
	case WRONG_RECEIVER:
	case UNKNOWN_SENDER:
		return framed;
	case MERGE:
		return mode != STREAM;
	case DUPLICATE_LATE:
	case CUT:
		return mode != TINY;
	default:
		return true;
	}
}

/* Damage record i and say what that must count. */
static void make_fault(struct wire *wire, enum mode mode, enum fault fault,
		       size_t i, struct expected *expected)
{
	struct piece piece = wire->pieces[i];
	struct piece *here = &wire->pieces[i];
	bool has_header = here->len >= UDS_HEADER_SIZE;
	uint64_t *n = expected->n;

	switch (fault) {
	case DROP:
		remove_piece(wire, i);
		n[UDS_FAULT_LOST]++;
		break;
	case DUPLICATE:
		insert_piece(wire, i, piece);
		n[UDS_FAULT_DUPLICATED]++;
		break;
	case DUPLICATE_LATE:
		insert_piece(wire, wire->n, piece);
		n[UDS_FAULT_DUPLICATED]++;
		break;
	case SWAP:
		remove_piece(wire, i);
		insert_piece(wire, i == wire->n ? i - 1 : i + 1, piece);
		n[UDS_FAULT_REORDERED]++;
		break;
	case HOLD_BACK:
		remove_piece(wire, i);
		if (i + DELAY <= wire->n) {
			insert_piece(wire, i + DELAY, piece);
			n[UDS_FAULT_REORDERED]++;
		} else {
			/* Nothing behind: it comes too early instead. */
			insert_piece(wire, i - DELAY, piece);
			n[UDS_FAULT_REORDERED] += DELAY;
		}
		break;
	case CUT:
		here->len -= has_header && here->len == UDS_HEADER_SIZE ? 0 : 1;
		if (here->len == piece.len)
			break;
		n[UDS_FAULT_TORN]++;
		expected->damaged++;
		break;
	case BEHEAD:
		here->len = 12;
		n[UDS_FAULT_TORN]++;
		n[UDS_FAULT_LOST]++;
		break;
	case FLIP_PAYLOAD:
		if (has_header && here->len == UDS_HEADER_SIZE)
			break;
		here->data[here->len - 1] ^= 0x10;
		n[UDS_FAULT_CORRUPTED]++;
		expected->damaged++;
		break;
	case FLIP_HEADER:
		here->data[i % UDS_HEADER_SIZE] ^= 1;
		n[UDS_FAULT_TORN]++;
		n[UDS_FAULT_LOST]++;
		break;
	case MERGE:
		if (i + 1 == wire->n)
			here = &wire->pieces[--i];
		memcpy(here->data + here->len, here[1].data, here[1].len);
		here->len += here[1].len;
		remove_piece(wire, i + 1);
		n[UDS_FAULT_MERGED]++;
		break;
	case WRONG_RECEIVER:
		remake(here, mode, i, ME + 1, 0);
		n[UDS_FAULT_MISROUTED]++;
		n[UDS_FAULT_LOST]++;
		break;
	case UNKNOWN_SENDER:
		remake(here, mode, i, ME, 1);
		n[UDS_FAULT_MISROUTED]++;
		n[UDS_FAULT_LOST]++;
		break;
	default:
		break;
	}
}

static void make_wire(struct wire *wire, enum mode mode)
{
	struct uds_source source = source_of(mode);

	wire->n = N_RECORDS;
	for (size_t i = 0; i < N_RECORDS; i++)
		wire->pieces[i].len = uds_record_fill(&source, i,
						      wire->pieces[i].data);
}

static void note_parsed(struct uds_parser *parser, struct uds_ledger *ledger)
{
	struct uds_arrival arrival;

	while (uds_parser_next(parser, &arrival))
		uds_ledger_note(ledger, &arrival);
}

/* Read a wire in the way of its mode. */
static struct uds_counts read_wire(const struct wire *wire, enum mode mode)
{
	cleanup_ledger struct uds_ledger *ledger = uds_ledger_new(ME, 1);
	struct uds_source source = source_of(mode);
	cleanup_parser struct uds_parser parser;
	unsigned char scratch[MAX_SIZE];

	uds_parser_init(&parser, SEED, MAX_SIZE);
	for (size_t i = 0; i < wire->n; i++) {
		const struct piece *piece = &wire->pieces[i];
		size_t cut = piece->len / 3;

		switch (mode) {
		case MESSAGES:
			uds_parser_message(&parser, piece->data, piece->len);
			break;
		case STREAM:
			uds_parser_feed(&parser, piece->data, cut);
			note_parsed(&parser, ledger);
			uds_parser_feed(&parser, piece->data + cut,
					piece->len - cut);
			break;
		default:
			uds_plain_note(&source, &parser, ledger, scratch,
				       piece->data, piece->len);
			continue;
		}
		note_parsed(&parser, ledger);
	}
	if (mode == STREAM) {
		uds_parser_end(&parser);
		note_parsed(&parser, ledger);
	}
	uds_ledger_finish(ledger, 0, N_RECORDS);
	return *uds_ledger_counts(ledger);
}

static void assert_counts(const struct uds_counts *counts,
			  const struct expected *expected, const char *what,
			  int mode, int fault, int where)
{
	cleanup_buf struct buf text = BUF_NULL;
	bool perfect = true;

	uds_counts_print(counts, &text);
	for (int i = 0; i < UDS_N_FAULTS; i++) {
		perfect = perfect && !expected->n[i];
		ck_assert_msg(counts->n[i] == expected->n[i],
			      "%s: mode %d fault %d at %d: %s is not %d: %s",
			      what, mode, fault, where, uds_fault_name(i),
			      (int)expected->n[i], text.data);
	}
	ck_assert_msg(counts->damaged == expected->damaged,
		      "%s: mode %d fault %d at %d: damaged is %d, not %d", what,
		      mode, fault, where, (int)counts->damaged,
		      (int)expected->damaged);
	ck_assert_uint_eq(counts->sent, N_RECORDS);
	ck_assert_uint_eq(counts->received + counts->damaged +
			  counts->n[UDS_FAULT_LOST], N_RECORDS);
	ck_assert(uds_counts_perfect(counts) == perfect);
}

static void try_one_fault(enum mode mode, enum fault fault)
{
	const size_t places[] = { 0, 1, N_RECORDS / 2, N_RECORDS - 1 };
	struct wire wire;

	for (size_t i = 0; applies(fault, mode) && i < 4; i++) {
		struct expected expected = { 0 };
		struct uds_counts counts;

		make_wire(&wire, mode);
		make_fault(&wire, mode, fault, places[i], &expected);
		counts = read_wire(&wire, mode);
		assert_counts(&counts, &expected, "one", (int)mode, (int)fault,
			      (int)places[i]);
		for (int f = 0; f < UDS_N_FAULTS; f++) {
			const struct uds_place *first = &counts.first[f];

			ck_assert(first->set == (expected.n[f] > 0));
			if (first->known && fault != SWAP && fault != MERGE &&
			    fault != HOLD_BACK)
				ck_assert_uint_eq(first->sequence, places[i]);
		}
	}
}

START_TEST(one_fault_is_counted_exactly)
{
	for (int fault = 0; fault < N_FAULTS_MADE; fault++)
		try_one_fault((enum mode)_i, (enum fault)fault);
}
END_TEST

static void try_two_faults(enum mode mode, enum fault first)
{
	struct wire wire;

	for (int i = 0; i < N_FAULTS_MADE; i++) {
		struct expected expected = { 0 };
		enum fault second = (enum fault)i;
		struct uds_counts counts;

		if (!applies(first, mode) || !applies(second, mode))
			continue;
		make_wire(&wire, mode);
		/* The later place first: the earlier then has not moved. */
		make_fault(&wire, mode, second, 40, &expected);
		make_fault(&wire, mode, first, 5, &expected);
		counts = read_wire(&wire, mode);
		assert_counts(&counts, &expected, "two", (int)mode, (int)first,
			      (int)second);
	}
}

START_TEST(two_faults_are_counted_exactly)
{
	for (int fault = 0; fault < N_FAULTS_MADE; fault++)
		try_two_faults((enum mode)_i, (enum fault)fault);
}
END_TEST

START_TEST(sizes_of_zero_are_counted)
{
	cleanup_ledger struct uds_ledger *ledger = uds_ledger_new(ME, 1);
	cleanup_parser struct uds_parser parser;
	struct uds_source source = source_of(TINY);
	const struct uds_counts *counts;
	unsigned char scratch[1];

	source.sizes = (struct uds_schedule)UDS_FIXED(0);
	uds_parser_init(&parser, SEED, 0);
	for (int i = 0; i < 997; i++)
		uds_plain_note(&source, &parser, ledger, scratch, "", 0);
	uds_ledger_finish(ledger, 0, 1000);
	counts = uds_ledger_counts(ledger);
	ck_assert_uint_eq(counts->received, 997);
	ck_assert_uint_eq(counts->n[UDS_FAULT_LOST], 3);
	ck_assert_uint_eq(counts->n[UDS_FAULT_DUPLICATED], 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/fault");
	TCase *tc = tcase_create("fault");
	SRunner *sr;
	int n_failed;

	tcase_add_loop_test(tc, one_fault_is_counted_exactly, 0, N_MODES);
	tcase_add_loop_test(tc, two_faults_are_counted_exactly, 0, N_MODES);
	tcase_add_test(tc, sizes_of_zero_are_counted);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
