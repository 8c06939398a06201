// SPDX-License-Identifier: BSD-2-Clause
/*
 * The reporters by name, several as one, and the command that repeats a case.
 */
#include "config.h"

#include "report/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static const struct reporter_ops *const formats[] = {
	&report_json,
	&report_junit,
	&report_tap,
	&report_text,
};

const struct reporter_ops *reporter_find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

struct reporter *reporter_new(const struct reporter_ops *ops, FILE *out,
			      const struct report_style *style)
{
	struct reporter *r = xcalloc(1, ops->size);

	r->ops = ops;
	r->out = out;
	r->style = style;
	return r;
}

void reporter_free(struct reporter *r)
{
	if (!r)
		return;
	if (r->ops->free)
		r->ops->free(r);
	free(r);
}

void report_fan_add(struct report_fan *fan, struct reporter *r)
{
	fan->reporters = xreallocarray(fan->reporters, fan->n + 1,
				       sizeof(struct reporter *));
	fan->reporters[fan->n++] = r;
}

void report_run_begin(struct report_fan *fan, const struct run_info *info)
{
	for (size_t i = 0; i < fan->n; i++) {
		struct reporter *r = fan->reporters[i];

		r->info = info;
		r->ops->run_begin(r, info);
		fflush(r->out);
	}
}

void report_case_end(struct report_fan *fan, const struct plan_case *pc,
		     const struct case_result *result)
{
	for (size_t i = 0; i < fan->n; i++) {
		struct reporter *r = fan->reporters[i];

		r->ops->case_end(r, pc, result);
		fflush(r->out);
	}
}

void report_run_end(struct report_fan *fan, const struct run_totals *totals)
{
	for (size_t i = 0; i < fan->n; i++) {
		struct reporter *r = fan->reporters[i];

		r->ops->run_end(r, totals);
		fflush(r->out);
		r->info = NULL;
	}
}

void report_fan_free(struct report_fan *fan)
{
	for (size_t i = 0; i < fan->n; i++)
		reporter_free(fan->reporters[i]);
	free(fan->reporters);
	fan->reporters = NULL;
	fan->n = 0;
}

void report_shell_word(struct buf *buf, const char *word)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789@%+=:,./_-";

	if (*word && strspn(word, plain) == strlen(word)) {
		buf_add(buf, word, strlen(word));
		return;
	}
	buf_add(buf, "'", 1);
	for (; *word; word++) {
		if (*word == '\'')
			buf_add(buf, "'\\''", 4);
		else
			buf_add(buf, word, 1);
	}
	buf_add(buf, "'", 1);
}

void report_repeat_command(struct buf *buf, const struct run_info *info,
			   const struct plan_case *pc)
{
	report_shell_word(buf, info->command);
	buf_printf(buf, " %s ", info->arguments ? info->arguments : "run");
	report_shell_word(buf, pc->id);
	buf_printf(buf, " --seed 0x%" PRIx64, info->seed);
	if (info->volume != 1)
		buf_printf(buf, " --volume %u", info->volume);
}
