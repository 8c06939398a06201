// SPDX-License-Identifier: BSD-2-Clause
/*
 * Wrapping breaks at blanks only and keeps the blanks inside a line, so that
 * a call or a value is never altered.  A column is a character; wide ones are
 * not known of.
 */
#include "config.h"

#include "report/layout.h"

#include <string.h>

#include "base/buf.h"
#include "report/sanitize.h"

#define OUTPUT_HEAD 12		/* lines shown from the start */
#define OUTPUT_TAIL 8		/* and from the end */
#define OUTPUT_LINE 200		/* bytes of a line */

static bool starts_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t layout_columns(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += starts_character(*s);
	return n;
}

static void add_str(struct buf *out, const char *s)
{
	buf_add(out, s, strlen(s));
}

/*
 * Where the line that starts at s must end: the last blank within avail
 * columns, or the first one at all, or the end.
 */
static const char *line_end(const char *s, size_t avail)
{
	const char *blank = NULL;
	size_t columns = 0;

	for (; *s; s++) {
		if (*s == ' ' && (columns <= avail || !blank)) {
			blank = s;
			if (columns > avail)
				return blank;
		}
		columns += starts_character(*s);
		if (columns > avail && blank)
			return blank;
	}
	return s;
}

/* Sanitized text from the column at which the line stands. */
static void add_wrapped(struct buf *out, const struct layout *l, size_t first,
			unsigned int hang, const char *s)
{
	size_t prefix = layout_columns(l->prefix);
	size_t column = prefix + first;

	for (;;) {
		size_t avail = l->width > column ? l->width - column : 1;
		const char *end = l->width ? line_end(s, avail) : s + strlen(s);

		buf_add(out, s, (size_t)(end - s));
		add_str(out, "\n");
		while (*end == ' ')
			end++;
		if (!*end)
			return;
		s = end;
		buf_printf(out, "%s%*s", l->prefix, (int)hang, "");
		column = prefix + hang;
	}
}

void layout_item(struct buf *out, const struct layout *l, const char *label,
		 const char *text)
{
	cleanup_buf struct buf clean = BUF_NULL;

	sanitize_str(&clean, text, SANITIZE_LINE);
	buf_printf(out, "%s%-*s", l->prefix, LAYOUT_LABEL, label);
	add_wrapped(out, l, LAYOUT_LABEL, LAYOUT_LABEL, clean.data);
}

void layout_exact(struct buf *out, const struct layout *l, const char *label,
		  const char *text)
{
	const struct layout unwrapped = { l->prefix, 0 };

	layout_item(out, &unwrapped, label, text);
}

void layout_prose(struct buf *out, const struct layout *l, unsigned int hang,
		  const char *text)
{
	cleanup_buf struct buf clean = BUF_NULL;

	sanitize_str(&clean, text, SANITIZE_LINE);
	add_str(out, l->prefix);
	add_wrapped(out, l, 0, hang, clean.data);
}

static void add_output_line(struct buf *out, const struct layout *l,
			    const char *line, size_t len)
{
	size_t shown = len;

	if (len > OUTPUT_LINE) {
		shown = OUTPUT_LINE;
		while (shown > OUTPUT_LINE - 4 &&
		       !starts_character(line[shown]))
			shown--;
	}
	buf_printf(out, "%s|%s", l->prefix, len ? " " : "");
	sanitize(out, line, shown, SANITIZE_LINE);
	if (shown < len)
		buf_printf(out, " ... (%zu bytes more)", len - shown);
	add_str(out, "\n");
}

static size_t count_lines(const char *data, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += data[i] == '\n';
	return n + (data[len - 1] != '\n');
}

void layout_output(struct buf *out, const struct layout *l, const char *data,
		   size_t len, bool cut)
{
	size_t n;
	size_t pos = 0;

	if (len == 0)
		return;
	n = count_lines(data, len);
	for (size_t i = 0; i < n; i++) {
		const char *nl = memchr(data + pos, '\n', len - pos);
		size_t end = nl ? (size_t)(nl - data) : len;

		if (i < OUTPUT_HEAD || i + OUTPUT_TAIL >= n)
			add_output_line(out, l, data + pos, end - pos);
		else if (i == OUTPUT_HEAD)
			buf_printf(out, "%s| ... (%zu lines left out)\n",
				   l->prefix, n - OUTPUT_HEAD - OUTPUT_TAIL);
		pos = end + 1;
	}
	if (cut)
		buf_printf(out, "%s| ... (it printed more, which was not "
			   "kept)\n", l->prefix);
}
