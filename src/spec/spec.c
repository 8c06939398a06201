// SPDX-License-Identifier: BSD-2-Clause
/* The tables behind the enumerators of spec.h, and the look-ups. */
#include "config.h"

#include "spec/spec.h"

static const struct clause clauses[N_CLAUSE] = {
#define CLAUSE(id_, document_, section_, force_, text_) \
	[id_] = { #id_, document_, section_, force_, text_ },
#include "spec/posix.def"
#include "spec/linux.def"
#include "spec/abi.def"
#include "spec/server.def"
#undef CLAUSE
};

static const struct row rows[N_ROW] = {
#define ROW(id_, name_, types_, class_, source_, since_, suites_, text_) \
	[id_] = { name_, types_, #class_, source_, since_, suites_, text_ },
#include "spec/catalogue.def"
#undef ROW
};

static const char *const exclusions[N_ROW] = {
#define EXCLUDE(row, reason) [row] = reason,
#include "spec/exclusions.def"
#undef EXCLUDE
};

const struct clause *clause_get(enum clause_id id)
{
	return &clauses[id];
}

const struct row *row_get(enum row_id id)
{
	return &rows[id];
}

const char *exclusion_reason(enum row_id row)
{
	return exclusions[row];
}

const char *force_name(enum force force)
{
	static const char *const names[N_FORCE] = {
		[SHALL] = "SHALL",
		[SHOULD] = "SHOULD",
		[MAY] = "MAY",
		[LINUX] = "LINUX",
		[ABI] = "ABI",
		[SERVER] = "SERVER",
	};

	return names[force];
}

enum force_family force_family(enum force force)
{
	switch (force) {
	case LINUX:
		return BREAKS_LINUX;
	case ABI:
		return DIFFERS_FROM_LINUX;
	case SERVER:
		return FAILS_ITS_USERS;
	default:
		return BREAKS_POSIX;
	}
}

const char *force_family_name(enum force_family family)
{
	static const char *const names[N_FORCE_FAMILY] = {
		[BREAKS_POSIX] = "breaks POSIX",
		[BREAKS_LINUX] = "breaks documented Linux",
		[DIFFERS_FROM_LINUX] = "differs from Linux",
		[FAILS_ITS_USERS] = "fails its users",
	};

	return names[family];
}
