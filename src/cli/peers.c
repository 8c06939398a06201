// SPDX-License-Identifier: BSD-2-Clause
/* The table follows the legend at the head of catalogue.def. */
#include "config.h"

#include "cli/peers.h"

#include "base/buf.h"
#include "harness/select.h"

static const struct peer table[] = {
	{ "G", "gVisor" },
	{ "L", "LTP" },
	{ "K", "kselftest" },
	{ "F", "FreeBSD" },
	{ "N", "NetBSD" },
	{ "O", "OpenBSD" },
	{ "I", "illumos" },
	{ "A", "Asterinas" },
	{ "C", "CPython" },
	{ "Go", "Go" },
	{ "R", "Rust std" },
	{ "U", "libuv" },
	{ "D", "DragonOS" },
	{ "S", "Shadow" },
	{ "H", "Haiku" },
};

const struct peer *peers(size_t *ret_n)
{
	*ret_n = sizeof(table) / sizeof(table[0]);
	return table;
}

void peers_say(struct buf *out, const char *letters)
{
	const char *comma = "";
	size_t n;
	const struct peer *all = peers(&n);

	for (size_t i = 0; i < n; i++) {
		if (!words_have(letters, all[i].letter))
			continue;
		buf_printf(out, "%s%s", comma, all[i].name);
		comma = ", ";
	}
}
