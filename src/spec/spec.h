/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the checks cite: the clauses of the standards and manuals, and the
 * catalogue of behaviours that the suite as a whole is held against.
 *
 * Both are tables (*.def) turned into enumerators, so that a citation that
 * does not exist does not compile.
 */
#ifndef SOCKSPEC_SPEC_SPEC_H
#define SOCKSPEC_SPEC_SPEC_H

#include <stddef.h>

/* Socket types as bits of our own; SOCK_* values are numbers, not bits. */
enum {
	STREAM = 1,
	DGRAM = 2,
	SEQPACKET = 4,
	CONNECTED = STREAM | SEQPACKET,		/* has listen and accept */
	MESSAGES = DGRAM | SEQPACKET,		/* keeps boundaries */
	ANY_TYPE = STREAM | DGRAM | SEQPACKET,
};

/* How strongly a clause binds, and by whose word. */
enum force {
	SHALL,		/* POSIX: shall */
	SHOULD,		/* POSIX: should */
	MAY,		/* POSIX: may; any permitted answer is right */
	LINUX,		/* a Linux manual page or kernel document */
	ABI,		/* what Linux does and programs rely on, unwritten */
	SERVER,		/* what the users of a server rely on, unwritten */
	N_FORCE,
};

/* Who is contradicted when a check of this force fails. */
enum force_family {
	BREAKS_POSIX,
	BREAKS_LINUX,
	DIFFERS_FROM_LINUX,
	FAILS_ITS_USERS,
	N_FORCE_FAMILY,
};

enum clause_id {
	CLAUSE_NONE,
#define CLAUSE(id, document, section, force, text) id,
#include "spec/posix.def"
#include "spec/linux.def"
#include "spec/abi.def"
#include "spec/server.def"
#undef CLAUSE
	N_CLAUSE,
};

struct clause {
	const char *id;		/* "posix_bind_eaddrinuse" */
	const char *document;	/* "POSIX.1-2024", "unix(7)", "Linux" */
	const char *section;	/* "bind(), ERRORS, EADDRINUSE" */
	enum force force;
	const char *text;	/* the sentence in our words */
};

enum row_id {
	ROW_NONE,
#define ROW(id, name, types, class, source, since, suites, text) id,
#include "spec/catalogue.def"
#undef ROW
	N_ROW,
};

struct row {
	const char *id;		/* "ADDR-05" */
	unsigned int types;	/* STREAM | ..., 0: of no type in particular */
	const char *class;	/* "POSIX", "LINUX", "ABI", "BSD" */
	const char *source;
	const char *since;	/* "": older than 4.x */
	const char *suites;	/* "G A": other suites that touch it */
	const char *text;
};


/** clause_get: the clause; id must be above CLAUSE_NONE and below N_CLAUSE. */
const struct clause *clause_get(enum clause_id id);

/** row_get: the row; id must be above ROW_NONE and below N_ROW. */
const struct row *row_get(enum row_id id);

/** exclusion_reason: why no check covers the row, or NULL. */
const char *exclusion_reason(enum row_id row);

/** force_name: "SHALL", "SHOULD", "MAY", "LINUX", "ABI", "SERVER". */
const char *force_name(enum force force);

/** force_family: whom a failure of this force contradicts. */
enum force_family force_family(enum force force);

/** force_family_name: "breaks POSIX", "breaks documented Linux", ... */
const char *force_family_name(enum force_family family);

#endif
