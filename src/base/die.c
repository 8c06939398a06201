// SPDX-License-Identifier: BSD-2-Clause
/* One line on standard error, whole, and the exit status that goes with it. */
#include "config.h"

#include "base/die.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void vcomplain(const char *fmt, va_list ap)
{
	fflush(stdout);
	fputs("sockspec: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vcomplain(fmt, ap);
	va_end(ap);
}

void die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vcomplain(fmt, ap);
	va_end(ap);
	exit(status);
}
