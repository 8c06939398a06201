/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the author of a check includes, and nothing else.
 *
 *	CHECK(bind, path_too_long,
 *	      .title = "bind() refuses a pathname that does not fit",
 *	      CLAUSES(posix_bind_enametoolong, unix7_path_limit),
 *	      ROWS(ADDR_05),
 *	      .types = ANY_TYPE, .addrs = PATH,
 *	      .why = "A silently shortened name is another server's name.")
 *	{
 *		int fd = SETUP(env_socket(env));
 *
 *		EXPECT_ERRNO(EINVAL, bind(fd, &a.sa, 111));
 *	}
 *
 * The id is bind/path_too_long, made of the names.  A case is the check on
 * one row: bind/path_too_long@dgram+path.  A check without types has the one
 * case bind/path_too_long; .params adds one case a parameter:
 * errors/ebadf:listen@stream.
 *
 * The force of a check is the force of the first clause that it cites.
 *
 * A check of a server (probe/probe.h) is one of these with another subject:
 * "sockspec run" passes it over.
 */
#ifndef SOCKSPEC_HARNESS_CHECK_H
#define SOCKSPEC_HARNESS_CHECK_H

#include "harness/call.h"
#include "harness/env.h"
#include "harness/expect.h"
#include "harness/need.h"
#include "harness/release.h"
#include "harness/transport.h"
#include "spec/spec.h"

#define CHECK_MAX_CLAUSES 8
#define CHECK_MAX_ROWS 24

/* What a check judges. */
enum subject {
	SUBJECT_PLATFORM,	/* the socket layer of this machine */
	SUBJECT_SERVER,		/* a server on it */
};

struct check {
	enum subject subject;
	const char *suite;
	const char *name;
	const char *title;	/* the requirement, a sentence of <= 90 bytes */
	enum clause_id clauses[CHECK_MAX_CLAUSES];	/* governing one first */
	enum row_id rows[CHECK_MAX_ROWS];	/* catalogue rows it covers */
	unsigned int types;	/* STREAM | DGRAM | SEQPACKET; 0: no rows */
	unsigned int addrs;	/* PATH | ABSTRACT | PAIR; 0: bare type */
	unsigned int axes;	/* SWAP | NONBLOCK */
	unsigned int controls;	/* TCP | UDP | PIPE */
	const char *const *params;	/* NULL, or names ended by NULL */
	const char *why;	/* what goes wrong for users when it fails */
	const char *repair;	/* how it is commonly repaired (servers) */
	const char *explain;	/* the calls in order, who differs; or NULL */
	const char *tags;	/* words separated by blanks, or NULL */
	unsigned int needs;	/* NEED_* bits */
	unsigned int wants;	/* WANTS_* bits (servers) */
	const char *intrusive;	/* what it would do to a server, or NULL */
	unsigned int nofile;	/* descriptors wanted at once; 0: under 100 */
	unsigned int timeout_ms;	/* whole case; 0: the default */
	bool exclusive;		/* touches machine-wide state: runs alone */
	bool waits;		/* for a time limit, most of the time */
	void (*body)(struct env *env);
	const char *file;
};

#define CLAUSES(...) .clauses = { __VA_ARGS__ }
#define ROWS(...) .rows = { __VA_ARGS__ }
#define PARAMS(...) .params = (const char *const[]){ __VA_ARGS__, NULL }

#if defined(__has_attribute)
#if __has_attribute(retain)
#define CHECK_RETAIN __attribute__((used, retain, section("sockspec_checks")))
#endif
#endif
#ifndef CHECK_RETAIN
#define CHECK_RETAIN __attribute__((used, section("sockspec_checks")))
#endif

/*
 * The descriptor has external linkage so that a duplicate id is a link
 * error; the section holds pointers, which need no padding.
 */
#define CHECK(suite_, name_, ...)                                              \
	static void body_##suite_##__##name_(struct env *env);                 \
	extern const struct check check_##suite_##__##name_;                   \
	const struct check check_##suite_##__##name_ = {                       \
		.suite = #suite_, .name = #name_, .file = __FILE__,            \
		.body = body_##suite_##__##name_, __VA_ARGS__                  \
	};                                                                     \
	CHECK_RETAIN static const struct check *const                          \
		entry_##suite_##__##name_ = &check_##suite_##__##name_;        \
	static void body_##suite_##__##name_(                                  \
		struct env *env __attribute__((unused)))

#endif
