/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fact about the socket layer of this machine: is it there, how much, and
 * if not, by which errno one learns so.
 */
#ifndef SOCKSPEC_PLATFORM_FACT_H
#define SOCKSPEC_PLATFORM_FACT_H

#include <stdbool.h>

enum fact_state {
	FACT_UNKNOWN,	/* nothing could be found out; value says why */
	FACT_PRESENT,
	FACT_ABSENT,
};

/* Goes through a pipe as it is. */
struct fact {
	enum fact_state state;
	int err;		/* of FACT_ABSENT and FACT_UNKNOWN; 0: none */
	bool counted;		/* number holds what was measured */
	long long number;
	char value[160];	/* for a person; "" when there is no more to say */
};

/* What a probe learns it says by one of these; the last one counts. */
void fact_have(struct fact *f);
void fact_lack(struct fact *f, int err);
void fact_yes(struct fact *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void fact_count(struct fact *f, long long number, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void fact_no(struct fact *f, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void fact_unknown(struct fact *f, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
