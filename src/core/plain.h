/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of a sender some of whose records are too small for a header.
 *
 * The receiver holds the source, so it knows the size and the bytes of the
 * record that ought to come next, and of its neighbours. Only one sender can
 * be told in this way.
 */
#ifndef SOCKSPEC_CORE_PLAIN_H
#define SOCKSPEC_CORE_PLAIN_H

#include "core/frame.h"
#include "core/ledger.h"
#include "core/record.h"

#include <stdbool.h>
#include <stddef.h>

/** uds_plain_needed: some record of this source is too small for a header. */
bool uds_plain_needed(const struct uds_source *source);

/**
 * uds_plain_note: find out which record a message is, and enter it.
 * @parser: serves for the records that do have a header
 * @scratch: has room for the largest record of the source
 *
 * Exact for any one fault among records of 8 bytes and more. In shorter ones a
 * loss or delay of up to 32 records, a duplicate and a flipped bit are still
 * exact. Records of size 0 are all alike: of a row of them it can be said how
 * many are missing, not which, and those beyond the number sent are UNSENT.
 */
void uds_plain_note(const struct uds_source *source, struct uds_parser *parser,
		    struct uds_ledger *ledger, void *scratch,
		    const void *data, size_t len);

#endif
