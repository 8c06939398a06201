// SPDX-License-Identifier: BSD-2-Clause
/*
 * The ledger's arithmetic: sequences in any order against a model that
 * remembers everything, the end of senders, and the summary.
 */
#include "config.h"

#include <check.h>
#include <stdlib.h>

#include "base/buf.h"
#include "core/ledger.h"

#define ME 7

static void note(struct uds_ledger *ledger, uint32_t sender, uint64_t sequence)
{
	const struct uds_arrival arrival = {
		.known = true, .receiver = ME, .sender = sender,
		.sequence = sequence,
	};

	uds_ledger_note(ledger, &arrival);
}

/* Arbitrary arrivals, against a model that remembers everything. */
START_TEST(agrees_with_a_model)
{
	cleanup_ledger struct uds_ledger *ledger = uds_ledger_new(ME, 1);
	const struct uds_counts *counts = uds_ledger_counts(ledger);
	enum { SPACE = 300, SENT = 280 };
	bool seen[SPACE] = { false };
	uint64_t lost = 0, unsent = 0, duplicated = 0, reordered = 0;
	unsigned int state = (unsigned int)_i + 1;
	uint64_t next = 0;

	for (int i = 0; i < 400; i++) {
		uint64_t sequence = (uint64_t)rand_r(&state) % SPACE;

		if (seen[sequence])
			duplicated++;
		else if (sequence < next)
			reordered++;
		seen[sequence] = true;
		if (sequence >= next)
			next = sequence + 1;
		note(ledger, 0, sequence);
		ck_assert_uint_eq(uds_ledger_next(ledger, 0), next);
	}
	for (uint64_t i = 0; i < SPACE; i++) {
		lost += i < SENT && !seen[i];
		unsent += i >= SENT && seen[i];
		ck_assert(uds_ledger_misses(ledger, 0, i) ==
			  (i < next && !seen[i]));
	}
	uds_ledger_finish(ledger, 0, SENT);
	ck_assert_uint_eq(counts->n[UDS_FAULT_LOST], lost);
	ck_assert_uint_eq(counts->n[UDS_FAULT_UNSENT], unsent);
	ck_assert_uint_eq(counts->n[UDS_FAULT_DUPLICATED], duplicated);
	ck_assert_uint_eq(counts->n[UDS_FAULT_REORDERED], reordered);
	ck_assert_uint_eq(counts->received + lost, SENT + unsent);
}
END_TEST

/* More holes than are remembered: the loss is exact, the late are stale. */
START_TEST(forgets_old_holes_and_keeps_the_count)
{
	cleanup_ledger struct uds_ledger *ledger = uds_ledger_new(ME, 1);
	const struct uds_counts *counts = uds_ledger_counts(ledger);

	for (uint64_t i = 1; i < 100000; i += 2)
		note(ledger, 0, i);
	note(ledger, 0, 0);
	ck_assert_uint_eq(counts->n[UDS_FAULT_STALE], 1);
	note(ledger, 0, 99998);
	ck_assert_uint_eq(counts->n[UDS_FAULT_REORDERED], 1);
	note(ledger, 0, 99999);
	ck_assert_uint_eq(counts->n[UDS_FAULT_DUPLICATED], 1);
	uds_ledger_finish(ledger, 0, 100000);
	ck_assert_uint_eq(counts->n[UDS_FAULT_LOST], 49999);
	ck_assert_uint_eq(counts->received, 50001);
	ck_assert_uint_eq(counts->first[UDS_FAULT_LOST].sequence, 0);
}
END_TEST

START_TEST(senders_are_kept_apart)
{
	cleanup_ledger struct uds_ledger *ledger = uds_ledger_new(ME, 3);
	const struct uds_counts *counts = uds_ledger_counts(ledger);

	for (uint64_t i = 0; i < 10; i++) {
		note(ledger, 2, i);
		note(ledger, 0, i);
		if (i != 4)
			note(ledger, 1, i);
	}
	for (uint32_t i = 0; i < 4; i++)
		uds_ledger_finish(ledger, i, i == 2 ? 12 : 10);
	ck_assert_uint_eq(counts->sent, 32);
	ck_assert_uint_eq(counts->received, 29);
	ck_assert_uint_eq(counts->n[UDS_FAULT_LOST], 3);
	ck_assert_uint_eq(counts->first[UDS_FAULT_LOST].sender, 1);
	ck_assert_uint_eq(counts->first[UDS_FAULT_LOST].sequence, 4);
	ck_assert_uint_eq(counts->n[UDS_FAULT_REORDERED], 0);
}
END_TEST

START_TEST(killed_sender_may_have_sent_what_it_offered)
{
	/* accepted 10, offered 12; what came, and what that counts */
	const struct {
		uint64_t came, sent, lost, unsent;
	} rows[] = {
		{ 9, 10, 1, 0 }, { 10, 10, 0, 0 }, { 11, 11, 0, 0 },
		{ 12, 12, 0, 0 }, { 14, 12, 0, 2 },
	};

	for (size_t row = 0; row < 5; row++) {
		cleanup_ledger struct uds_ledger *ledger =
			uds_ledger_new(ME, 1);
		const struct uds_counts *counts = uds_ledger_counts(ledger);

		for (uint64_t i = 0; i < rows[row].came; i++)
			note(ledger, 0, i);
		uds_ledger_finish_killed(ledger, 0, 10, 12);
		ck_assert_uint_eq(counts->sent, rows[row].sent);
		ck_assert_uint_eq(counts->n[UDS_FAULT_LOST], rows[row].lost);
		ck_assert_uint_eq(counts->n[UDS_FAULT_UNSENT],
				  rows[row].unsent);
	}
}
END_TEST

START_TEST(astray_is_misrouted)
{
	cleanup_ledger struct uds_ledger *ledger = uds_ledger_new(ME, 2);
	const struct uds_arrival arrival = {
		.known = true, .receiver = ME, .sender = 1, .astray = true,
	};

	uds_ledger_note(ledger, &arrival);
	ck_assert_uint_eq(uds_ledger_counts(ledger)->n[UDS_FAULT_MISROUTED], 1);
	ck_assert_uint_eq(uds_ledger_counts(ledger)->received, 0);
	ck_assert_uint_eq(uds_ledger_next(ledger, 1), 0);
}
END_TEST

START_TEST(summary_is_one_line)
{
	cleanup_ledger struct uds_ledger *ledger = uds_ledger_new(ME, 4);
	const struct uds_arrival garbage = { .state = UDS_TORN };
	cleanup_buf struct buf text = BUF_NULL;
	struct uds_counts sum = { 0 };

	uds_ledger_note(ledger, &garbage);
	for (uint64_t i = 0; i < 1000; i++)
		if (i != 17 && i != 18)
			note(ledger, 3, i);
	uds_ledger_finish(ledger, 3, 1000);
	uds_counts_print(uds_ledger_counts(ledger), &text);
	ck_assert_str_eq(text.data, "sent 1000, received 998: "
			 "2 lost (first: sender 3 #17), 0 duplicated, "
			 "0 reordered, 1 torn (first: arrival 0), 0 corrupted, "
			 "0 misrouted, 0 merged");

	uds_counts_add(&sum, uds_ledger_counts(ledger));
	uds_counts_add(&sum, uds_ledger_counts(ledger));
	sum.n[UDS_FAULT_UNSENT] = 5;
	buf_clear(&text);
	uds_counts_print(&sum, &text);
	ck_assert_str_eq(text.data, "sent 2000, received 1996: "
			 "4 lost (first: sender 3 #17), 0 duplicated, "
			 "0 reordered, 2 torn (first: arrival 0), 0 corrupted, "
			 "0 misrouted, 0 merged, 5 unsent");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/ledger");
	TCase *tc = tcase_create("ledger");
	SRunner *sr;
	int n_failed;

	tcase_add_loop_test(tc, agrees_with_a_model, 0, 8);
	tcase_add_test(tc, forgets_old_holes_and_keeps_the_count);
	tcase_add_test(tc, senders_are_kept_apart);
	tcase_add_test(tc, killed_sender_may_have_sent_what_it_offered);
	tcase_add_test(tc, astray_is_misrouted);
	tcase_add_test(tc, summary_is_one_line);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
