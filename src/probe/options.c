// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "probe/options.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/check.h"

struct probe_options probe_options = { .ask = BUF_NULL };

bool probe_has_answers(void)
{
	return probe_options.echo || probe_options.has_ask;
}

/* Kept for the life of the program, because a plan points at it. */
static const char *kept_text(const char *text)
{
	static char **kept;
	static size_t n;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(kept[i], text) == 0)
			return kept[i];
	}
	kept = xreallocarray(kept, n + 1, sizeof(*kept));
	return kept[n++] = xstrdup(text);
}

const char *probe_missing(const struct check *check)
{
	const struct probe_options *o = &probe_options;
	unsigned int wants = check->wants;
	char text[200];

	if ((wants & (WANTS_START | STARTS_ITSELF | WANTS_ACTIVATE)) &&
	    !o->command)
		return "needs --exec: it starts and ends the server";
	if ((wants & WANTS_ACTIVATE) && !o->activate)
		return "needs --activate: a server that takes its listener "
		       "from LISTEN_FDS";
	if ((wants & WANTS_ECHO) && !o->echo)
		return "needs --echo: a server that answers with what it gets";
	if ((wants & WANTS_ANSWER) && !probe_has_answers())
		return "needs --echo, or --ask and --expect: an answer to "
		       "look at";
	if ((wants & WANTS_PROCESS) && !o->command && !o->pid)
		return "needs --pid: the server's process was not found";
	if (!check->intrusive || o->command || o->intrusive)
		return NULL;
	snprintf(text, sizeof(text), "needs --intrusive: it would %s",
		 check->intrusive);
	return kept_text(text);
}

static int hex_value(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	if (isxdigit((unsigned char)c))
		return tolower((unsigned char)c) - 'a' + 10;
	return -1;
}

bool probe_unescape(struct buf *out, const char *text)
{
	static const char letters[] = "nrt0\\", bytes[] = "\n\r\t\0\\";

	for (; *text; text++) {
		const char *at;
		char byte;

		if (*text != '\\') {
			buf_add(out, text, 1);
			continue;
		}
		text++;
		if (*text == 'x') {
			if (hex_value(text[1]) < 0 || hex_value(text[2]) < 0)
				return false;
			byte = (char)(hex_value(text[1]) * 16 +
				      hex_value(text[2]));
			text += 2;
		} else {
			at = *text ? strchr(letters, *text) : NULL;
			if (!at)
				return false;
			byte = bytes[at - letters];
		}
		buf_add(out, &byte, 1);
	}
	return true;
}

static bool is_plain(const char *path)
{
	for (; *path; path++) {
		if (!isalnum((unsigned char)*path) && !strchr("/._-+,:@%", *path))
			return false;
	}
	return true;
}

void probe_command(struct buf *out, const char *command, const char *path)
{
	const char *at;

	while ((at = strstr(command, "{}"))) {
		buf_add(out, command, (size_t)(at - command));
		if (is_plain(path)) {
			buf_printf(out, "%s", path);
		} else {
			buf_add(out, "'", 1);
			for (const char *p = path; *p; p++)
				buf_printf(out, *p == '\'' ? "'\\''" : "%c", *p);
			buf_add(out, "'", 1);
		}
		command = at + 2;
	}
	buf_printf(out, "%s", command);
}
