/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reporters: one a format, each writing one file.
 *
 * A reporter gets the events of event.h in plan order and has no policy of
 * its own.  It may print nothing but to its own stream.
 */
#ifndef SOCKSPEC_REPORT_REPORT_H
#define SOCKSPEC_REPORT_REPORT_H

#include "harness/event.h"

#include <stdio.h>

struct reporter;

struct reporter_ops {
	const char *name;	/* "text": the word of --format */
	void (*run_begin)(struct reporter *r, const struct run_info *info);
	void (*case_end)(struct reporter *r, const struct plan_case *pc,
			 const struct case_result *result);
	void (*run_end)(struct reporter *r, const struct run_totals *totals);
	void (*free)(struct reporter *r);	/* may be NULL */
	size_t size;		/* of the reporter's own struct */
};

/* The head of each reporter's own struct. */
struct reporter {
	const struct reporter_ops *ops;
	FILE *out;
	const struct run_info *info;	/* valid from run_begin to run_end */
	const struct report_style *style;
};

struct report_style {
	bool colour;		/* SGR colours (a terminal, NO_COLOR unset) */
	unsigned int width;	/* columns, 80 unless the terminal says more */
	unsigned int slowest;	/* list this many of the slowest cases */
	bool quiet;		/* text: only non-passes and the summary */
};

extern const struct reporter_ops report_text;
extern const struct reporter_ops report_tap;
extern const struct reporter_ops report_json;
extern const struct reporter_ops report_junit;

/** reporter_find: by the word of --format; NULL when there is none. */
const struct reporter_ops *reporter_find(const char *name);

/** reporter_new: out and style stay the caller's. */
struct reporter *reporter_new(const struct reporter_ops *ops, FILE *out,
			      const struct report_style *style);
void reporter_free(struct reporter *r);

/* Several reporters as one. */
struct report_fan {
	struct reporter **reporters;
	size_t n;
};

#define REPORT_FAN_NULL { NULL, 0 }

/** report_fan_add: r is the fan's from now on. */
void report_fan_add(struct report_fan *fan, struct reporter *r);

/*
 * Every stream is flushed after each event, so that a child which is forked
 * in between inherits no unwritten text, and so that a killed run leaves
 * whole lines.  Write errors are left to the caller, in ferror() of each out.
 */
void report_run_begin(struct report_fan *fan, const struct run_info *info);
void report_case_end(struct report_fan *fan, const struct plan_case *pc,
		     const struct case_result *result);
void report_run_end(struct report_fan *fan, const struct run_totals *totals);
void report_fan_free(struct report_fan *fan);

struct buf;

/** report_shell_word: append word, quoted where a shell would change it. */
void report_shell_word(struct buf *buf, const char *word);

/**
 * report_repeat_command: append the shell command that runs this one case
 * again, seed included.
 */
void report_repeat_command(struct buf *buf, const struct run_info *info,
			   const struct plan_case *pc);

#endif
