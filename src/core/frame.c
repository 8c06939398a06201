// SPDX-License-Identifier: BSD-2-Clause
/*
 * The parser looks at data through a window that is the caller's bytes when
 * nothing is left over from before, otherwise its own copy. It keeps at most
 * one record and one header, so its memory does not depend on the traffic.
 *
 * The hash decides between torn and corrupted: a payload that does not match
 * is searched for a header, and one that verifies means that bytes are
 * missing before it. A random payload passes for a header with a probability
 * of 2^-96.
 */
#include "config.h"

#include "core/frame.h"

#include <string.h>

void uds_parser_init(struct uds_parser *parser, uint64_t seed, size_t max_size)
{
	*parser = (struct uds_parser) {
		.seed = seed,
		.max_payload = max_size > UDS_HEADER_SIZE ?
			(uint32_t)(max_size - UDS_HEADER_SIZE) : 0,
	};
}

void uds_parser_free(struct uds_parser *parser)
{
	buf_free(&parser->kept);
}

static void set_window(struct uds_parser *parser, const void *data, size_t len)
{
	parser->data = data;
	parser->len = len;
	parser->pos = 0;
}

void uds_parser_feed(struct uds_parser *parser, const void *data, size_t len)
{
	if (parser->kept.len == 0) {
		set_window(parser, data, len);
		return;
	}
	buf_add(&parser->kept, data, len);
	set_window(parser, parser->kept.data, parser->kept.len);
}

void uds_parser_end(struct uds_parser *parser)
{
	set_window(parser, parser->kept.data, parser->kept.len);
	parser->last = true;
}

void uds_parser_message(struct uds_parser *parser, const void *data,
			size_t len)
{
	set_window(parser, data, len);
	parser->message = true;
	parser->last = true;
	parser->in_garbage = false;
	parser->n_found = 0;
}

static bool header_at(const struct uds_parser *parser,
		      const unsigned char *p, size_t n,
		      struct uds_header *ret_header)
{
	return n >= UDS_HEADER_SIZE &&
	       uds_header_read(p, parser->seed, ret_header) &&
	       ret_header->len <= parser->max_payload;
}

/*
 * Where the magic begins at or after from; fewer bytes than a magic at the end
 * count as its beginning unless nothing follows them.
 */
static size_t find_magic(const struct uds_parser *parser,
			 const unsigned char *p, size_t n, size_t from)
{
	const uint32_t magic = UDS_MAGIC;
	const unsigned char *hit;

	if (from + sizeof(magic) <= n) {
		hit = memmem(p + from, n - from, &magic, sizeof(magic));
		if (hit)
			return (size_t)(hit - p);
		from = n - sizeof(magic) + 1;
	}
	return parser->last ? n : from;
}

/* Where a header that verifies begins in [from, end), or end. */
static size_t find_header(const struct uds_parser *parser,
			  const unsigned char *p, size_t n, size_t from,
			  size_t end)
{
	struct uds_header header;

	for (; from < end; from++) {
		from = find_magic(parser, p, n, from);
		if (from < end && header_at(parser, p + from, n - from, &header))
			return from;
	}
	return end;
}

/*
 * The bytes that belong to the record whose header is at p, and its state; 0
 * when more bytes are needed to tell.
 */
static size_t judge_record(const struct uds_parser *parser,
			   const unsigned char *p, size_t n,
			   const struct uds_header *header,
			   enum uds_state *ret_state)
{
	size_t total = UDS_HEADER_SIZE + header->len;
	struct uds_header next;
	size_t end;

	if (n >= total && uds_payload_hash(p + UDS_HEADER_SIZE, header->len) ==
			  header->hash) {
		*ret_state = UDS_INTACT;
		/* A message that goes on, but not with a record, is too long. */
		if (parser->message && n > total && parser->n_found == 0 &&
		    !header_at(parser, p + total, n - total, &next)) {
			*ret_state = UDS_TORN;
			return n;
		}
		return total;
	}
	/* A header that begins in the payload's last bytes must be whole. */
	if (!parser->last && n < total + UDS_HEADER_SIZE - 1)
		return 0;
	end = n < total ? n : total;
	*ret_state = n < total ? UDS_TORN : UDS_CORRUPTED;
	n = find_header(parser, p, n, UDS_HEADER_SIZE, end);
	if (n < end)
		*ret_state = UDS_TORN;
	return n;
}

/* Keep what was not parsed for the next piece. */
static void keep_rest(struct uds_parser *parser)
{
	if (parser->message)
		return;
	if (parser->kept.len && parser->pos)
		buf_drop(&parser->kept, parser->pos);
	else if (parser->kept.len == 0 && parser->pos < parser->len)
		buf_add(&parser->kept, parser->data + parser->pos,
			parser->len - parser->pos);
	set_window(parser, NULL, 0);
}

static bool found(struct uds_parser *parser, struct uds_arrival *arrival,
		  const struct uds_arrival *what)
{
	*arrival = *what;
	arrival->joined = parser->message && parser->n_found > 0;
	parser->n_found++;
	return true;
}

bool uds_parser_next(struct uds_parser *parser,
		     struct uds_arrival *ret_arrival)
{
	struct uds_arrival garbage = { .state = UDS_TORN };

	if (parser->message && parser->len == 0 && parser->n_found == 0)
		return found(parser, ret_arrival, &garbage);

	while (parser->pos < parser->len) {
		const unsigned char *p = parser->data + parser->pos;
		size_t n = parser->len - parser->pos;
		struct uds_arrival arrival = { .known = true };
		struct uds_header header;
		size_t used;

		if (n < UDS_HEADER_SIZE && !parser->last)
			break;
		if (header_at(parser, p, n, &header)) {
			used = judge_record(parser, p, n, &header,
					    &arrival.state);
			if (used == 0)
				break;
			parser->in_garbage = false;
			parser->pos += used;
			arrival.receiver = header.receiver;
			arrival.sender = header.sender;
			arrival.sequence = header.sequence;
			return found(parser, ret_arrival, &arrival);
		}
		used = find_magic(parser, p, n, 1);
		parser->pos += used;
		parser->garbage_bytes += used;
		if (!parser->in_garbage) {
			parser->in_garbage = true;
			return found(parser, ret_arrival, &garbage);
		}
	}
	keep_rest(parser);
	return false;
}
