// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "platform/fact.h"

#include <stdarg.h>
#include <stdio.h>

static void say(struct fact *f, enum fact_state state, int err, const char *fmt,
		va_list ap)
{
	f->state = state;
	f->err = err;
	f->counted = false;
	vsnprintf(f->value, sizeof(f->value), fmt, ap);
}

void fact_have(struct fact *f)
{
	*f = (struct fact){ .state = FACT_PRESENT };
}

void fact_lack(struct fact *f, int err)
{
	*f = (struct fact){ .state = FACT_ABSENT, .err = err };
}

void fact_yes(struct fact *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(f, FACT_PRESENT, 0, fmt, ap);
	va_end(ap);
}

void fact_count(struct fact *f, long long number, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(f, FACT_PRESENT, 0, fmt, ap);
	va_end(ap);
	f->counted = true;
	f->number = number;
}

void fact_no(struct fact *f, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(f, FACT_ABSENT, err, fmt, ap);
	va_end(ap);
}

void fact_unknown(struct fact *f, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(f, FACT_UNKNOWN, err, fmt, ap);
	va_end(ap);
}
