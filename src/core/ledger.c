// SPDX-License-Identifier: BSD-2-Clause
/*
 * For each sender: the next sequence that has never been seen, and the holes
 * below it as sorted intervals. A perfect sender costs nothing; an arrival in
 * a hole is late, one below the next and in no hole is a duplicate, at any
 * distance.
 *
 * A receiver that loses much makes many holes. At MAX_HOLES the oldest are
 * retired: their sequences stay counted as lost, and a later arrival from
 * among them can no longer be told from a duplicate and is called stale.
 */
#include "config.h"

#include "core/ledger.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_HOLES 4096
#define N_RETIRED (MAX_HOLES / 4)

struct hole {
	uint64_t start;
	uint64_t end;		/* one past the last */
};

struct track {
	uint64_t next;
	struct hole *holes;
	size_t n_holes;
	size_t n_room;
	uint64_t retired;	/* sequences in retired holes */
	uint64_t first_retired;
	uint64_t retired_end;	/* all retired holes are below */
};

struct uds_ledger {
	struct uds_counts counts;
	uint32_t receiver;
	size_t n_tracks;
	struct track *tracks;
};

struct uds_ledger *uds_ledger_new(uint32_t receiver, size_t n_senders)
{
	struct uds_ledger *ledger = xcalloc(1, sizeof(*ledger));

	ledger->receiver = receiver;
	ledger->n_tracks = n_senders;
	ledger->tracks = xcalloc(n_senders, sizeof(*ledger->tracks));
	return ledger;
}

void uds_ledger_free(struct uds_ledger *ledger)
{
	if (!ledger)
		return;
	for (size_t i = 0; i < ledger->n_tracks; i++)
		free(ledger->tracks[i].holes);
	free(ledger->tracks);
	free(ledger);
}

void uds_ledger_cleanup(struct uds_ledger **ledger)
{
	uds_ledger_free(*ledger);
}

static void count_at(struct uds_counts *counts, enum uds_fault fault,
		     uint64_t n, const struct uds_place *place)
{
	if (n && !counts->first[fault].set)
		counts->first[fault] = *place;
	counts->n[fault] += n;
}

static void retire_holes(struct track *track)
{
	if (track->retired == 0)
		track->first_retired = track->holes[0].start;
	for (size_t i = 0; i < N_RETIRED; i++)
		track->retired += track->holes[i].end - track->holes[i].start;
	track->retired_end = track->holes[N_RETIRED - 1].end;
	track->n_holes -= N_RETIRED;
	memmove(track->holes, track->holes + N_RETIRED,
		track->n_holes * sizeof(*track->holes));
}

/* Room for one hole more. */
static void reserve_hole(struct track *track)
{
	if (track->n_holes == MAX_HOLES)
		retire_holes(track);
	if (track->n_holes < track->n_room)
		return;
	track->n_room = track->n_room ? track->n_room * 2 : 16;
	track->holes = xreallocarray(track->holes, track->n_room,
				     sizeof(*track->holes));
}

/* The first hole that ends above the sequence; n_holes when none does. */
static size_t find_hole(const struct track *track, uint64_t sequence)
{
	size_t low = 0;
	size_t high = track->n_holes;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (track->holes[middle].end > sequence)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool in_hole(const struct track *track, size_t i, uint64_t sequence)
{
	return i < track->n_holes && track->holes[i].start <= sequence;
}

static void fill_hole(struct track *track, size_t i, uint64_t sequence)
{
	struct hole *hole = &track->holes[i];
	size_t n_after = track->n_holes - i - 1;

	if (hole->start == sequence) {
		hole->start++;
	} else if (hole->end == sequence + 1) {
		hole->end--;
	} else {
		memmove(hole + 2, hole + 1, n_after * sizeof(*hole));
		hole[1] = (struct hole) { sequence + 1, hole->end };
		hole->end = sequence;
		track->n_holes++;
		return;
	}
	if (hole->start < hole->end)
		return;
	memmove(hole, hole + 1, n_after * sizeof(*hole));
	track->n_holes--;
}

/* Enter a sequence; true when it is the first time. */
static bool note_sequence(struct uds_counts *counts, struct track *track,
			  const struct uds_place *place)
{
	uint64_t sequence = place->sequence;
	size_t i;

	if (sequence >= track->next) {
		if (sequence > track->next) {
			reserve_hole(track);
			track->holes[track->n_holes++] =
				(struct hole) { track->next, sequence };
		}
		track->next = sequence + 1;
		return true;
	}
	reserve_hole(track);
	i = find_hole(track, sequence);
	if (in_hole(track, i, sequence)) {
		fill_hole(track, i, sequence);
		count_at(counts, UDS_FAULT_REORDERED, 1, place);
		return true;
	}
	count_at(counts, sequence < track->retired_end ?
		 UDS_FAULT_STALE : UDS_FAULT_DUPLICATED, 1, place);
	return false;
}

void uds_ledger_note(struct uds_ledger *ledger,
		     const struct uds_arrival *arrival)
{
	struct uds_counts *counts = &ledger->counts;
	const struct uds_place place = {
		.set = true,
		.known = arrival->known,
		.sender = arrival->sender,
		.sequence = arrival->sequence,
		.arrival = counts->arrivals++,
	};

	if (arrival->joined)
		count_at(counts, UDS_FAULT_MERGED, 1, &place);
	if (arrival->state == UDS_TORN)
		count_at(counts, UDS_FAULT_TORN, 1, &place);
	if (arrival->state == UDS_CORRUPTED)
		count_at(counts, UDS_FAULT_CORRUPTED, 1, &place);
	if (!arrival->known)
		return;
	if (arrival->astray || arrival->receiver != ledger->receiver ||
	    arrival->sender >= ledger->n_tracks) {
		count_at(counts, UDS_FAULT_MISROUTED, 1, &place);
		return;
	}
	if (!note_sequence(counts, &ledger->tracks[arrival->sender], &place))
		return;
	if (arrival->state == UDS_INTACT)
		counts->received++;
	else
		counts->damaged++;
}

uint64_t uds_ledger_next(const struct uds_ledger *ledger, uint32_t sender)
{
	return sender < ledger->n_tracks ? ledger->tracks[sender].next : 0;
}

bool uds_ledger_misses(const struct uds_ledger *ledger, uint32_t sender,
		       uint64_t sequence)
{
	const struct track *track;

	if (sender >= ledger->n_tracks)
		return false;
	track = &ledger->tracks[sender];
	return in_hole(track, find_hole(track, sequence), sequence);
}

/* How many sequences in [start, end) never came; the lowest of them. */
static uint64_t count_missing(const struct track *track, uint64_t start,
			      uint64_t end, uint64_t *ret_lowest)
{
	uint64_t lowest = UINT64_MAX;
	uint64_t n = 0;

	for (size_t i = find_hole(track, start);
	     i < track->n_holes && track->holes[i].start < end; i++) {
		const struct hole *hole = &track->holes[i];
		uint64_t low = hole->start > start ? hole->start : start;

		n += (hole->end < end ? hole->end : end) - low;
		if (low < lowest)
			lowest = low;
	}
	if (track->next < end) {
		uint64_t low = track->next > start ? track->next : start;

		n += end - low;
		if (low < lowest)
			lowest = low;
	}
	*ret_lowest = lowest;
	return n;
}

void uds_ledger_finish_killed(struct uds_ledger *ledger, uint32_t sender,
			      uint64_t accepted, uint64_t offered)
{
	struct uds_counts *counts = &ledger->counts;
	struct uds_place place = {
		.set = true, .known = true, .sender = sender,
		.arrival = counts->arrivals,
	};
	struct track *track;
	uint64_t missing;
	uint64_t ignored;

	if (sender >= ledger->n_tracks)
		return;
	track = &ledger->tracks[sender];

	missing = count_missing(track, 0, accepted, &place.sequence);
	if (track->retired) {
		missing += track->retired;
		place.sequence = track->first_retired;
	}
	count_at(counts, UDS_FAULT_LOST, missing, &place);

	counts->sent += accepted + (offered - accepted) -
			count_missing(track, accepted, offered, &ignored);

	if (track->next > offered) {
		place.sequence = offered;
		while (uds_ledger_misses(ledger, sender, place.sequence))
			place.sequence++;
		count_at(counts, UDS_FAULT_UNSENT, track->next - offered -
			 count_missing(track, offered, track->next, &ignored),
			 &place);
	}
}

void uds_ledger_finish(struct uds_ledger *ledger, uint32_t sender,
		       uint64_t sent)
{
	uds_ledger_finish_killed(ledger, sender, sent, sent);
}

const struct uds_counts *uds_ledger_counts(const struct uds_ledger *ledger)
{
	return &ledger->counts;
}

void uds_counts_add(struct uds_counts *counts, const struct uds_counts *more)
{
	counts->sent += more->sent;
	counts->arrivals += more->arrivals;
	counts->received += more->received;
	counts->damaged += more->damaged;
	for (int i = 0; i < UDS_N_FAULTS; i++)
		count_at(counts, i, more->n[i], &more->first[i]);
}

bool uds_counts_perfect(const struct uds_counts *counts)
{
	for (int i = 0; i < UDS_N_FAULTS; i++)
		if (counts->n[i])
			return false;
	return counts->received == counts->sent;
}

static const char *const fault_names[UDS_N_FAULTS] = {
	[UDS_FAULT_LOST] = "lost",
	[UDS_FAULT_DUPLICATED] = "duplicated",
	[UDS_FAULT_REORDERED] = "reordered",
	[UDS_FAULT_TORN] = "torn",
	[UDS_FAULT_CORRUPTED] = "corrupted",
	[UDS_FAULT_MISROUTED] = "misrouted",
	[UDS_FAULT_MERGED] = "merged",
	[UDS_FAULT_UNSENT] = "unsent",
	[UDS_FAULT_STALE] = "stale",
};

const char *uds_fault_name(enum uds_fault fault)
{
	return fault_names[fault];
}

void uds_counts_print(const struct uds_counts *counts, struct buf *out)
{
	buf_printf(out, "sent %" PRIu64 ", received %" PRIu64, counts->sent,
		   counts->received);
	for (int i = 0; i < UDS_N_FAULTS; i++) {
		const struct uds_place *first = &counts->first[i];

		if (i >= UDS_FAULT_UNSENT && !counts->n[i])
			continue;
		buf_printf(out, "%s %" PRIu64 " %s", i == 0 ? ":" : ",",
			   counts->n[i], fault_names[i]);
		if (first->set && first->known)
			buf_printf(out, " (first: sender %u #%" PRIu64 ")",
				   first->sender, first->sequence);
		else if (first->set)
			buf_printf(out, " (first: arrival %" PRIu64 ")",
				   first->arrival);
	}
}
