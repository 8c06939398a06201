// SPDX-License-Identifier: BSD-2-Clause
/*
 * A message is compared with the record that ought to come next; then with
 * several in a row, which would have been merged; then with those near by, the
 * nearest first. What matches nothing is the next one, damaged, if its length
 * or its beginning says so.
 */
#include "config.h"

#include "core/plain.h"

#include <string.h>

/* Fewer bytes than this do not identify a record among very many. */
#define IDENTITY_SIZE 8
#define NEAR_TINY 32
#define NEAR 1024

struct message {
	const struct uds_source *source;
	struct uds_ledger *ledger;
	unsigned char *scratch;
	const unsigned char *data;
	size_t len;
};

bool uds_plain_needed(const struct uds_source *source)
{
	return uds_schedule_min(&source->sizes) < UDS_HEADER_SIZE;
}

static void note(const struct message *message, enum uds_state state,
		 uint64_t sequence, bool joined)
{
	const struct uds_arrival arrival = {
		.state = state,
		.known = true,
		.joined = joined,
		.receiver = message->source->receiver,
		.sender = message->source->sender,
		.sequence = sequence,
	};

	uds_ledger_note(message->ledger, &arrival);
}

static bool is_record(const struct message *message, uint64_t sequence)
{
	if (uds_record_size(message->source, sequence) != message->len)
		return false;
	uds_record_fill(message->source, sequence, message->scratch);
	return memcmp(message->data, message->scratch, message->len) == 0;
}

/* Cut or lengthened: the shorter of the two begins the longer. */
static bool is_torn_record(const struct message *message, uint64_t sequence)
{
	size_t size = uds_record_size(message->source, sequence);

	if (size == message->len || size == 0)
		return false;
	uds_record_fill(message->source, sequence, message->scratch);
	return memcmp(message->data, message->scratch,
		      size < message->len ? size : message->len) == 0;
}

/* The same for records that may be any of many: the match must mean much. */
static bool is_surely_torn_record(const struct message *message,
				  uint64_t sequence)
{
	return message->len >= IDENTITY_SIZE &&
	       uds_record_size(message->source, sequence) >= IDENTITY_SIZE &&
	       is_torn_record(message, sequence);
}

/* How many whole records from this sequence on make up the message, or 0. */
static size_t count_joined(const struct message *message, uint64_t sequence)
{
	size_t pos = 0;
	size_t n = 0;

	for (; pos < message->len; n++) {
		size_t size = uds_record_size(message->source, sequence + n);

		if (size == 0 || size > message->len - pos)
			return 0;
		uds_record_fill(message->source, sequence + n,
				message->scratch);
		if (memcmp(message->data + pos, message->scratch, size) != 0)
			return 0;
		pos += size;
	}
	return n;
}

static bool search(const struct message *message, uint64_t next, uint64_t near,
		   bool (*is)(const struct message *, uint64_t),
		   uint64_t *ret_sequence)
{
	for (uint64_t distance = 1; distance <= near; distance++) {
		if (is(message, next + distance)) {
			*ret_sequence = next + distance;
			return true;
		}
		if (distance <= next && is(message, next - distance)) {
			*ret_sequence = next - distance;
			return true;
		}
	}
	return false;
}

static void note_damaged(const struct message *message, uint64_t next)
{
	static const struct uds_arrival unknown = { .state = UDS_TORN };
	uint64_t sequence;

	if (is_torn_record(message, next))
		note(message, UDS_TORN, next, false);
	else if (search(message, next, NEAR_TINY, is_surely_torn_record,
			&sequence))
		note(message, UDS_TORN, sequence, false);
	else if (uds_record_size(message->source, next) == message->len)
		note(message, UDS_CORRUPTED, next, false);
	else
		uds_ledger_note(message->ledger, &unknown);
}

void uds_plain_note(const struct uds_source *source, struct uds_parser *parser,
		    struct uds_ledger *ledger, void *scratch,
		    const void *data, size_t len)
{
	const struct message message = { source, ledger, scratch, data, len };
	uint64_t next = uds_ledger_next(ledger, source->sender);
	struct uds_arrival arrival;
	struct uds_header header;
	uint64_t sequence;
	size_t n_joined;

	if (is_record(&message, next)) {
		note(&message, UDS_INTACT, next, false);
		return;
	}
	n_joined = count_joined(&message, next);
	if (n_joined > 0) {
		for (size_t i = 0; i < n_joined; i++)
			note(&message, UDS_INTACT, next + i, i > 0);
		return;
	}
	if (len >= UDS_HEADER_SIZE &&
	    uds_header_read(data, source->seed, &header)) {
		uds_parser_message(parser, data, len);
		while (uds_parser_next(parser, &arrival))
			uds_ledger_note(ledger, &arrival);
		return;
	}
	if (search(&message, next, len < IDENTITY_SIZE ? NEAR_TINY : NEAR,
		   is_record, &sequence))
		note(&message, UDS_INTACT, sequence, false);
	else
		note_damaged(&message, next);
}
