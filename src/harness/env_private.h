/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the harness knows of an env and a body does not.
 */
#ifndef SOCKSPEC_HARNESS_ENV_PRIVATE_H
#define SOCKSPEC_HARNESS_ENV_PRIVATE_H

#include "harness/env.h"

struct child_setup;

/** env_begin: the env of the case this process runs. */
struct env *env_begin(const struct child_setup *setup);

/**
 * env_end: reap the children, close the descriptors and remove the paths
 * that the env owns.
 */
void env_end(struct env *env);

/* "sockspec-", a process id, "-", a serial, "-", NUL */
#define ABSTRACT_PREFIX_MAX 40

/**
 * env_abstract_prefix: what the abstract names of one case begin with;
 * returns the length.
 */
size_t env_abstract_prefix(char prefix[ABSTRACT_PREFIX_MAX], pid_t warden,
			   uint32_t serial);

/** call_end_all: false when a call that was started still runs. */
bool call_end_all(void);

#endif
