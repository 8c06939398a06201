// SPDX-License-Identifier: BSD-2-Clause
/*
 * A connection belongs to the first sender that a record on it names; the
 * server that accepted it could not know before.
 */
#include "config.h"

#include "core/intake.h"

#include <stdlib.h>

#include "base/buf.h"
#include "core/plain.h"

void uds_intake_init(struct uds_intake *intake,
		     const struct uds_recv_options *options)
{
	*intake = (struct uds_intake) { .options = options };
	uds_parser_init(&intake->parser, options->seed, options->max_size);
	if (options->source && !options->stream &&
	    uds_plain_needed(options->source))
		intake->scratch = xcalloc(1, options->max_size);
}

void uds_intake_free(struct uds_intake *intake)
{
	uds_parser_free(&intake->parser);
	free(intake->scratch);
}

static void note_parsed(struct uds_intake *intake)
{
	struct uds_arrival arrival;

	while (uds_parser_next(&intake->parser, &arrival)) {
		if (intake->options->own_sender && arrival.known) {
			if (!intake->has_sender) {
				intake->has_sender = true;
				intake->sender = arrival.sender;
			}
			arrival.astray = arrival.sender != intake->sender;
		}
		uds_ledger_note(intake->options->ledger, &arrival);
	}
}

void uds_intake_note(struct uds_intake *intake, const void *data, size_t len)
{
	const struct uds_recv_options *options = intake->options;

	if (intake->scratch) {
		uds_plain_note(options->source, &intake->parser,
			       options->ledger, intake->scratch, data, len);
		return;
	}
	if (options->stream)
		uds_parser_feed(&intake->parser, data, len);
	else
		uds_parser_message(&intake->parser, data, len);
	note_parsed(intake);
}

void uds_intake_end(struct uds_intake *intake)
{
	if (!intake->options->stream)
		return;
	uds_parser_end(&intake->parser);
	note_parsed(intake);
}
