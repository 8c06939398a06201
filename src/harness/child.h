/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process in which one case runs, and the memory it shares with its
 * warden.
 */
#ifndef SOCKSPEC_HARNESS_CHILD_H
#define SOCKSPEC_HARNESS_CHILD_H

#include "harness/expect.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct plan;
struct plan_case;

/* The descriptor of the result pipe in a case; 0 to 2 are the usual three. */
#define RESULT_FD 3

/* How long a case may take unless its check says otherwise, not yet scaled. */
#define CASE_TIMEOUT_MS 20000

/* A call that hangs does so on each row: waiting in full once is enough. */
#define HASTE 4

/* Exit status of valgrind and of sanitizers when they found an error. */
#define MEMORY_ERROR_STATUS 98

/* What a process that is ready for another case of its check is to do. */
enum child_order {
	ORDER_WAIT,
	ORDER_LEAVE,
	ORDER_RUN,	/* .index, .serial, .hasty say what */
};

/*
 * Which call the case is in, so that a hang can be named.  Written by the
 * case and read by the warden, which follows an address only into the
 * program's own image.  The orders go the other way.
 */
struct case_page {
	_Atomic uint32_t calls;		/* goes up with each verb */
	_Atomic uint32_t verb;		/* enum verb of the call */
	_Atomic uint32_t abstract_used;	/* the case made abstract names */
	const char *volatile call;	/* literals, the same in both processes */
	const char *volatile where;
	_Atomic uint32_t ready;		/* for another case, when it is done */
	_Atomic uint32_t order;		/* enum child_order, a futex */
	uint32_t index;			/* into the plan */
	uint32_t serial;
	bool hasty;
};

/* What the warden gives a case. */
struct child_config {
	unsigned int volume;
	unsigned int scale;		/* multiply time limits by this */
	bool valgrind;
	bool isolate;	/* a process runs one case and no more */
	bool hasty;	/* the check was late on another row: limits / HASTE */
};

struct child_setup {
	struct child_config *config;
	const struct plan *plan;
	const struct plan_case *pc;	/* of the plan */
	struct case_page *page;
	uint32_t serial;	/* goes into every record */
	pid_t parent;		/* dies with it; 0: not */
	int dir_fd;		/* becomes the working directory */
	int null_fd;		/* becomes 0; -1: there is no /dev/null */
	int result_fd;		/* becomes RESULT_FD */
	int output_fd;		/* becomes 1 and 2; -1: keep ours (--no-fork) */
};

/**
 * child_run: run the case in this process, then such others of its check as
 * the warden orders, and end it.
 */
void child_run(struct child_setup *setup) __attribute__((noreturn));

/** child_order: wake the process that waits for an order. */
void child_order(struct case_page *page, enum child_order order);

/* Signals that a warden ignores, and a case does not. */
#define N_WARDEN_IGNORES 4
extern const int warden_ignores[N_WARDEN_IGNORES];

/**
 * child_bequeath: the signals, limits and file mode mask that a case is to
 * inherit; called once by the process that forks them.
 */
void child_bequeath(void);

/**
 * child_exit: end this process without flushing or running again anything of
 * its parent's; the counters of --enable-code-coverage are written.
 */
void child_exit(int status) __attribute__((noreturn));

/** child_leave: end the case now; complete: the body returned. */
void child_leave(void) __attribute__((noreturn));

/* Called once when the case leaves early; NULL: nothing to put away. */
extern void (*child_before_leaving)(void);

/* The case that this process runs; NULL elsewhere. */
extern const struct child_setup *child_current;

/** child_record: send one record of the given kind (record.h). */
void child_record(int kind, const char *call, const char *expected,
		  const char *got, const char *where);

/** context_clear: what follows is no longer said with a CONTEXT(). */
void context_clear(void);

/** case_timeout_ms: the time the whole case has, scaled. */
unsigned int case_timeout_ms(const struct plan_case *pc,
			     const struct child_config *config);

/**
 * call_limit_ms: the part of it that one call has that must come back; the
 * warden ends the case then.
 */
unsigned int call_limit_ms(const struct plan_case *pc,
			   const struct child_config *config);

/** child_limit_ms: how long the case itself waits for such a call, less. */
int child_limit_ms(void);

#endif
