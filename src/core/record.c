// SPDX-License-Identifier: BSD-2-Clause
/*
 * The bytes of a record, made from (seed, sender, sequence) alone.
 *
 * A plain record begins with a byte that counts. Counting by 3 makes 256
 * neighbours differ, and puts the number that one flipped bit seems to name at
 * least 64 away, so that even a record of one byte tells loss and reordering
 * nearby from corruption.
 *
 * The hash is compiled in: the program needs no library for it.
 */
#include "config.h"

#include "core/record.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define PLAIN_STEP 3
#define GOLDEN 0x9e3779b97f4a7c15ull

_Static_assert(sizeof(struct uds_header) == 40, "the header has no padding");

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

/* The key of a record's bytes: one per seed, sender and sequence. */
static uint64_t record_key(const struct uds_source *source, uint64_t sequence)
{
	uint64_t key = mix(source->seed + GOLDEN);

	key = mix(key ^ (source->sender + 1ull) * GOLDEN);
	return mix(key + sequence * GOLDEN);
}

static void fill_bytes(uint64_t key, unsigned char *p, size_t len)
{
	uint64_t word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		word = mix(key += GOLDEN);
		memcpy(p, &word, sizeof(word));
	}
	word = mix(key + GOLDEN);
	memcpy(p, &word, len);
}

uint32_t uds_schedule_size(const struct uds_schedule *schedule, uint64_t seed,
			   uint64_t number)
{
	uint64_t span;

	if (schedule->n_list)
		return schedule->list[number % schedule->n_list];
	if (schedule->max <= schedule->min)
		return schedule->min;
	span = (uint64_t)schedule->max - schedule->min + 1;
	return schedule->min +
	       (uint32_t)(mix(mix(seed) ^ (number + 1) * GOLDEN) % span);
}

uint32_t uds_schedule_min(const struct uds_schedule *schedule)
{
	uint32_t min;

	if (!schedule->n_list)
		return schedule->min;
	min = schedule->list[0];
	for (size_t i = 1; i < schedule->n_list; i++)
		if (schedule->list[i] < min)
			min = schedule->list[i];
	return min;
}

uint32_t uds_schedule_max(const struct uds_schedule *schedule)
{
	uint32_t max = 0;

	if (!schedule->n_list)
		return schedule->max > schedule->min ? schedule->max :
						       schedule->min;
	for (size_t i = 0; i < schedule->n_list; i++)
		if (schedule->list[i] > max)
			max = schedule->list[i];
	return max;
}

size_t uds_record_size(const struct uds_source *source, uint64_t sequence)
{
	return uds_schedule_size(&source->sizes, source->seed + source->sender,
				 sequence);
}

static uint64_t header_check(const struct uds_header *header, uint64_t seed)
{
	return XXH3_64bits_withSeed(header, offsetof(struct uds_header, check),
				    seed);
}

uint64_t uds_payload_hash(const void *payload, size_t len)
{
	return XXH3_64bits(payload, len);
}

size_t uds_record_fill(const struct uds_source *source, uint64_t sequence,
		       void *buf)
{
	size_t size = uds_record_size(source, sequence);
	uint64_t key = record_key(source, sequence);
	unsigned char *p = buf;
	struct uds_header header;

	if (size == 0)
		return 0;
	if (size < UDS_HEADER_SIZE) {
		fill_bytes(key, p, size);
		p[0] = (unsigned char)(sequence * PLAIN_STEP + source->seed);
		return size;
	}
	header = (struct uds_header) {
		.magic = UDS_MAGIC,
		.len = (uint32_t)(size - UDS_HEADER_SIZE),
		.sequence = sequence,
		.receiver = source->receiver,
		.sender = source->sender,
	};
	fill_bytes(key, p + UDS_HEADER_SIZE, header.len);
	header.hash = uds_payload_hash(p + UDS_HEADER_SIZE, header.len);
	header.check = header_check(&header, source->seed);
	memcpy(p, &header, sizeof(header));
	return size;
}

bool uds_header_read(const void *bytes, uint64_t seed,
		     struct uds_header *ret_header)
{
	struct uds_header header;

	memcpy(&header, bytes, sizeof(header));
	if (header.magic != UDS_MAGIC || header.check != header_check(&header, seed))
		return false;
	*ret_header = header;
	return true;
}
