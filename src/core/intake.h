/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From what one descriptor delivered to entries in the ledger.
 */
#ifndef SOCKSPEC_CORE_INTAKE_H
#define SOCKSPEC_CORE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/frame.h"
#include "core/traffic.h"

/**
 * struct uds_intake - of one descriptor
 * @scratch: for one record when small records are expected, or NULL
 * @sender: with own_sender, the first that came
 */
struct uds_intake {
	const struct uds_recv_options *options;
	struct uds_parser parser;
	void *scratch;
	bool has_sender;
	uint32_t sender;
};

void uds_intake_init(struct uds_intake *intake,
		     const struct uds_recv_options *options);
void uds_intake_free(struct uds_intake *intake);

/** uds_intake_note: bytes of a stream, or one message, which may be empty. */
void uds_intake_note(struct uds_intake *intake, const void *data, size_t len);

/** uds_intake_end: nothing will follow. Doing it again does nothing. */
void uds_intake_end(struct uds_intake *intake);

#endif
