/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A warden runs cases one after the other, each in a child with a process
 * group of its own, and tells the executor what it saw.  It is a process of
 * its own in a group of its own and the reaper of what its cases leave, so
 * that it can put everything away even when the checker was killed.
 *
 * Commands are case indexes on a pipe; its end of file ends the warden.
 */
#ifndef SOCKSPEC_HARNESS_WARDEN_H
#define SOCKSPEC_HARNESS_WARDEN_H

#include "harness/child.h"

#include <stdbool.h>
#include <stdint.h>

struct plan;

struct warden_config {
	struct child_config child;
	const struct plan *plan;
	const char *base_dir;		/* where the working directory is made */
};

#define WARDEN_READY UINT32_MAX	/* .index of the first message */

/* What was seen of one case; rec_len and out_len bytes follow. */
struct sighting {
	uint32_t index;
	uint32_t serial;	/* of its records; others are a straggler's */
	int32_t wait_status;	/* of waitpid(); of READY: 0 or an errno */
	uint8_t timed_out;	/* outlived its own deadline */
	uint8_t call_hung;	/* one call outlived the limit of a call */
	uint8_t output_cut;
	uint8_t verb;		/* enum verb of the last call */
	uint64_t duration_us;
	uint32_t rec_len;	/* records (record.h), the warden's own last */
	uint32_t out_len;
	char call[256];		/* the call it was in at its end */
	char where[128];
};

/** warden_main: the life of a warden. */
void warden_main(const struct warden_config *config, int command_fd,
		 int report_fd) __attribute__((noreturn));

#endif
