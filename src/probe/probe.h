/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the author of a check of a server includes.
 *
 *	PROBE(path, sigterm_removes_it,
 *	      .title = "SIGTERM ends the server and removes its path",
 *	      CLAUSES(server_path_removed, unix7_pathname_exists),
 *	      .types = ANY_TYPE, .addrs = PATH, .wants = WANTS_START,
 *	      .why = "...", .repair = "...")
 *	{
 *		server_signal(t, &t->server, SIGTERM);
 *		...
 *	}
 *
 * The id is probe_path/sigterm_removes_it@stream+path, and "sockspec probe"
 * runs it on the one row that the server is of.  Unless the check says
 * STARTS_ITSELF the server listens when the body begins.  What is started is
 * killed with all its descendants when the case ends, however it ends.
 *
 * A sound server that is called wrong is the worst that can happen here: a
 * FAIL needs something that was seen, and waiting in vain counts only where
 * the requirement is that it happens within the limit.
 */
#ifndef SOCKSPEC_PROBE_PROBE_H
#define SOCKSPEC_PROBE_PROBE_H

#include "harness/check.h"
#include "probe/client.h"
#include "probe/options.h"
#include "probe/process.h"
#include "probe/server.h"
#include "probe/socket_table.h"
#include "probe/target.h"

/* A finding is judged by warden and reporters like an EXPECT or ASSERT. */
#define FINDING(held, did, expected, ...) \
	({ verb_begin(VERB_EXPECT, did, HERE); \
	   finding(!!(held), expected, __VA_ARGS__); })
#define FINDING_ENDS(held, did, expected, ...) \
	({ verb_begin(VERB_ASSERT, did, HERE); \
	   finding(!!(held), expected, __VA_ARGS__); })

/* How long the case of a probe may take: several waits in vain among it. */
#define PROBE_TIMEOUT_MS 180000

#define PROBE(suite_, name_, ...)                                              \
	static void probe_##suite_##__##name_(struct env *env,                 \
					      struct target *t);               \
	CHECK(probe_##suite_, name_, .subject = SUBJECT_SERVER,                \
	      .timeout_ms = PROBE_TIMEOUT_MS, __VA_ARGS__)                     \
	{                                                                      \
		target_run(env, &check_probe_##suite_##__##name_,              \
			   probe_##suite_##__##name_);                         \
	}                                                                      \
	static void probe_##suite_##__##name_(                                 \
		struct env *env __attribute__((unused)),                       \
		struct target *t __attribute__((unused)))

#endif
