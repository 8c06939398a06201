// SPDX-License-Identifier: BSD-2-Clause
/*
 * A strict UTF-8 decoder and the list of characters that no report prints.
 */
#include "config.h"

#include "report/sanitize.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"

/*
 * The length of the well-formed sequence at p and its character, or 0 when
 * there is none: overlong forms, surrogates and what is above U+10FFFF are
 * ill-formed.
 */
static size_t utf8_decode(const unsigned char *p, size_t len, uint32_t *ret_c)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n;
	uint32_t c;

	if (p[0] < 0x80) {
		*ret_c = p[0];
		return 1;
	}
	if ((p[0] & 0xe0) == 0xc0) {
		n = 2;
		c = p[0] & 0x1f;
	} else if ((p[0] & 0xf0) == 0xe0) {
		n = 3;
		c = p[0] & 0x0f;
	} else if ((p[0] & 0xf8) == 0xf0) {
		n = 4;
		c = p[0] & 0x07;
	} else {
		return 0;
	}
	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret_c = c;
	return n;
}

static bool is_printable(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
		return false;
	if (c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0x61c)
		return false;
	if (c == 0x200e || c == 0x200f)
		return false;
	if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return false;
	if ((c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef))
		return false;
	return true;
}

static bool is_kept(uint32_t c, enum sanitize_mode mode)
{
	if (mode == SANITIZE_TEXT && (c == '\n' || c == '\t'))
		return true;
	if (mode == SANITIZE_TAP && c == '#')
		return false;
	return is_printable(c);
}

static void escape(struct buf *out, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";
	char text[4] = { '\\', 'x', digits[byte >> 4], digits[byte & 15] };

	switch (byte) {
	case '\n':
		buf_add(out, "\\n", 2);
		return;
	case '\r':
		buf_add(out, "\\r", 2);
		return;
	case '\t':
		buf_add(out, "\\t", 2);
		return;
	}
	buf_add(out, text, sizeof(text));
}

void sanitize(struct buf *out, const char *data, size_t len,
	      enum sanitize_mode mode)
{
	const unsigned char *p = (const unsigned char *)data;
	size_t kept = 0;	/* bytes before i that are not yet copied */
	size_t i = 0;

	if (len == 0) {
		buf_add(out, "", 0);
		return;
	}
	while (i < len) {
		uint32_t c = 0;
		size_t n = utf8_decode(p + i, len - i, &c);

		if (n > 0 && is_kept(c, mode)) {
			kept += n;
			i += n;
			continue;
		}
		buf_add(out, data + i - kept, kept);
		kept = 0;
		if (n == 0)
			n = 1;
		for (size_t k = 0; k < n; k++)
			escape(out, p[i + k]);
		i += n;
	}
	buf_add(out, data + i - kept, kept);
}

void sanitize_str(struct buf *out, const char *s, enum sanitize_mode mode)
{
	sanitize(out, s, strlen(s), mode);
}
