/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From received bytes back to records: a parser that takes a byte stream in
 * any pieces, or messages one at a time, and says what each record became.
 *
 *	uds_parser_feed(&parser, bytes, n);
 *	while (uds_parser_next(&parser, &arrival))
 *		uds_ledger_note(ledger, &arrival);
 */
#ifndef SOCKSPEC_CORE_FRAME_H
#define SOCKSPEC_CORE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/record.h"

/**
 * struct uds_parser - the state between two pieces
 * @seed: of the run
 * @max_payload: a header that promises more is taken for garbage
 * @garbage_bytes: bytes skipped so far that belong to no record
 *
 * The rest is private.
 */
struct uds_parser {
	uint64_t seed;
	uint32_t max_payload;
	uint64_t garbage_bytes;

	struct buf kept;		/* the piece of a record begun */
	const unsigned char *data;	/* what is being parsed */
	size_t len;
	size_t pos;
	size_t n_found;			/* records of this message so far */
	bool message;			/* data is one whole message */
	bool last;			/* nothing follows data */
	bool in_garbage;
};

#define cleanup_parser __attribute__((cleanup(uds_parser_free)))

/** uds_parser_init: for records of at most max_size bytes with the header. */
void uds_parser_init(struct uds_parser *parser, uint64_t seed,
		     size_t max_size);

void uds_parser_free(struct uds_parser *parser);

/**
 * uds_parser_feed: the next bytes of a stream, split anywhere.
 *
 * data must stay in place until uds_parser_next has returned false.
 */
void uds_parser_feed(struct uds_parser *parser, const void *data, size_t len);

/** uds_parser_end: the stream is over; what is left of a record is torn. */
void uds_parser_end(struct uds_parser *parser);

/**
 * uds_parser_message: one whole message, which ought to be one record.
 *
 * data must stay in place until uds_parser_next has returned false. A parser
 * is used for a stream or for messages, not both.
 */
void uds_parser_message(struct uds_parser *parser, const void *data,
			size_t len);

/**
 * uds_parser_next: the next record found in what was given.
 *
 * A record whose header verifies is known even when it is damaged. Bytes
 * between records are one torn arrival that is not known for each run of them,
 * however long: the parser skips to the next header that verifies. A record
 * cut in the middle of a stream is torn, and the one behind it is not lost.
 *
 * Return: false when there is no more; then give the next bytes.
 */
bool uds_parser_next(struct uds_parser *parser,
		     struct uds_arrival *ret_arrival);

#endif
