/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ledger: what one receiver got, against what its senders sent.
 *
 * Its memory is bounded: for each sender it holds the sequences still missing,
 * as intervals, not those that came.
 */
#ifndef SOCKSPEC_CORE_LEDGER_H
#define SOCKSPEC_CORE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/record.h"

/*
 * One arrival can be several of these: a corrupted record that comes late is
 * corrupted and reordered.
 */
enum uds_fault {
	UDS_FAULT_LOST,		/* sent, and never came in a state to be known */
	UDS_FAULT_DUPLICATED,	/* came again */
	UDS_FAULT_REORDERED,	/* came after one that was sent later */
	UDS_FAULT_TORN,		/* see enum uds_state */
	UDS_FAULT_CORRUPTED,
	UDS_FAULT_MISROUTED,	/* meant for another, or of an unknown sender */
	UDS_FAULT_MERGED,	/* boundaries between messages that vanished */
	UDS_FAULT_UNSENT,	/* came with a sequence that was not sent yet */
	UDS_FAULT_STALE,	/* late or duplicated: forgotten which */
	UDS_N_FAULTS,
};

/**
 * struct uds_place - where a fault was seen first
 * @set: it was seen
 * @known: the sender and the sequence can be trusted
 * @arrival: the number of the arrival, from 0
 */
struct uds_place {
	bool set;
	bool known;
	uint32_t sender;
	uint64_t sequence;
	uint64_t arrival;
};

/**
 * struct uds_counts - the sum of it; plain data, fit to be sent over a pipe
 * @sent: of the senders that were finished
 * @arrivals: records and pieces noted
 * @received: different sequences whose first arrival was intact
 * @damaged: different sequences whose first arrival was torn or corrupted
 * @n: how often each fault occurred
 * @first: where each occurred first
 *
 * Once every sender is finished,
 *	received + damaged + n[LOST] == sent + n[UNSENT]
 * whatever happened.
 */
struct uds_counts {
	uint64_t sent;
	uint64_t arrivals;
	uint64_t received;
	uint64_t damaged;
	uint64_t n[UDS_N_FAULTS];
	struct uds_place first[UDS_N_FAULTS];
};

struct uds_ledger;

/**
 * uds_ledger_new: a ledger for one receiver and senders 0 to n_senders - 1.
 *
 * Ends the program when there is no memory.
 */
struct uds_ledger *uds_ledger_new(uint32_t receiver, size_t n_senders);

/** uds_ledger_free: NULL does nothing. */
void uds_ledger_free(struct uds_ledger *ledger);

void uds_ledger_cleanup(struct uds_ledger **ledger);

#define cleanup_ledger __attribute__((cleanup(uds_ledger_cleanup)))

/** uds_ledger_note: enter one arrival, in the order of arrival. */
void uds_ledger_note(struct uds_ledger *ledger,
		     const struct uds_arrival *arrival);

/**
 * uds_ledger_next: the sequence after the highest seen of this sender.
 */
uint64_t uds_ledger_next(const struct uds_ledger *ledger, uint32_t sender);

/** uds_ledger_misses: this sequence is below the next and has not come. */
bool uds_ledger_misses(const struct uds_ledger *ledger, uint32_t sender,
		       uint64_t sequence);

/**
 * uds_ledger_finish: this sender sent sequences 0 to sent - 1 and no more;
 * counts what was lost and what came without having been sent.
 *
 * Once for each sender; one that is not known is ignored.
 */
void uds_ledger_finish(struct uds_ledger *ledger, uint32_t sender,
		       uint64_t sent);

/**
 * uds_ledger_finish_killed: the same for a sender that died between two
 * records: those below accepted must have come, those from accepted to
 * offered - 1 may have, and count as sent when they did.
 */
void uds_ledger_finish_killed(struct uds_ledger *ledger, uint32_t sender,
			      uint64_t accepted, uint64_t offered);

/** uds_ledger_counts: valid as long as the ledger, and kept up to date. */
const struct uds_counts *uds_ledger_counts(const struct uds_ledger *ledger);

/** uds_counts_add: add the counts of another receiver. */
void uds_counts_add(struct uds_counts *counts, const struct uds_counts *more);

/** uds_counts_perfect: no fault of any kind, and all that was sent came. */
bool uds_counts_perfect(const struct uds_counts *counts);

/** uds_fault_name: "lost", "duplicated", ... */
const char *uds_fault_name(enum uds_fault fault);

/**
 * uds_counts_print: one line without a newline:
 * "sent 1000, received 998: 2 lost (first: sender 3 #17), 0 duplicated, ...".
 *
 * What only a broken set-up shows (unsent, stale) is named when it occurred.
 */
void uds_counts_print(const struct uds_counts *counts, struct buf *out);

#endif
