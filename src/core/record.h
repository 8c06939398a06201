/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records: what a sender puts on the wire and a receiver can judge.
 *
 * Everything about a record follows from its source and its sequence number:
 * its size from the schedule, its bytes from the seed. Both ends hold the same
 * source, so a receiver knows what ought to come without being told.
 *
 * A record of at least UDS_HEADER_SIZE bytes is framed: a header that names
 * it, then a payload whose hash the header carries. A smaller one is plain:
 * bytes that identify it as far as so few bytes can.
 */
#ifndef SOCKSPEC_CORE_RECORD_H
#define SOCKSPEC_CORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UDS_MAGIC 0xc5d2f1a7u

/*
 * In host byte order: both ends live on one machine. The fields are ordered so
 * that there is no padding.
 */
struct uds_header {
	uint32_t magic;
	uint32_t len;		/* of the payload, in bytes */
	uint64_t sequence;	/* 0, 1, 2, ... for each sender */
	uint32_t receiver;	/* whom it is meant for */
	uint32_t sender;
	uint64_t hash;		/* XXH3-64 of the payload */
	uint64_t check;		/* XXH3-64 of the fields above, by the seed */
};

#define UDS_HEADER_SIZE sizeof(struct uds_header)

/**
 * struct uds_schedule - sizes in bytes, one for each number
 * @min: smallest size
 * @max: largest size; equal to @min when the size is fixed
 * @list: sizes to go round instead of @min and @max, or NULL
 * @n_list: how many
 */
struct uds_schedule {
	uint32_t min;
	uint32_t max;
	const uint32_t *list;
	size_t n_list;
};

#define UDS_FIXED(size) { .min = (size), .max = (size) }
#define UDS_BETWEEN(low, high) { .min = (low), .max = (high) }
#define UDS_LIST(sizes, n) { .list = (sizes), .n_list = (n) }

/**
 * struct uds_source - one sender's records to one receiver
 * @seed: of the run; a record made with another seed does not verify
 * @receiver: id of the receiver they are meant for
 * @sender: id of the sender
 * @sizes: of whole records, the header included
 */
struct uds_source {
	uint64_t seed;
	uint32_t receiver;
	uint32_t sender;
	struct uds_schedule sizes;
};

/* What became of one record on its way. */
enum uds_state {
	UDS_INTACT,
	UDS_TORN,	/* cut, lengthened, or its header is broken */
	UDS_CORRUPTED,	/* of the right length with wrong bytes */
};

/**
 * struct uds_arrival - one record as a receiver saw it
 * @state: intact or how it is damaged
 * @known: the ids and the sequence can be trusted
 * @joined: it came in the same message as the record before it
 * @astray: it came on a connection that is another sender's
 */
struct uds_arrival {
	enum uds_state state;
	bool known;
	bool joined;
	bool astray;
	uint32_t receiver;
	uint32_t sender;
	uint64_t sequence;
};

/** uds_schedule_size: the size with this number, the same each time asked. */
uint32_t uds_schedule_size(const struct uds_schedule *schedule, uint64_t seed,
			   uint64_t number);

uint32_t uds_schedule_min(const struct uds_schedule *schedule);
uint32_t uds_schedule_max(const struct uds_schedule *schedule);

/** uds_record_size: bytes of the record with this sequence, 0 and up. */
size_t uds_record_size(const struct uds_source *source, uint64_t sequence);

/**
 * uds_record_fill: make the record in buf, which has room for its size.
 *
 * Return: its size.
 */
size_t uds_record_fill(const struct uds_source *source, uint64_t sequence,
		       void *buf);

/**
 * uds_header_read: copy the header out of UDS_HEADER_SIZE bytes of any
 * alignment.
 *
 * Return: true when it verifies under the seed; *ret_header is set only then.
 */
bool uds_header_read(const void *bytes, uint64_t seed,
		     struct uds_header *ret_header);

/** uds_payload_hash: what the header of this payload must carry. */
uint64_t uds_payload_hash(const void *payload, size_t len);

#endif
