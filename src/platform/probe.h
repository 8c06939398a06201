/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Probes of the platform.  Each finds one fact by using the thing, never by
 * a version, in a child of its own with a deadline and an empty directory to
 * work in; whatever the socket layer does to it, the others go on.
 */
#ifndef SOCKSPEC_PLATFORM_PROBE_H
#define SOCKSPEC_PLATFORM_PROBE_H

#include "platform/fact.h"

#include <stddef.h>

struct probe {
	const char *name;	/* "abstract-names" */
	const char *title;	/* "abstract names" */
	/* Runs in the child; need not put anything away. */
	void (*find)(struct fact *f, int arg);
	int arg;
};

struct probe_group {
	const char *title;
	const struct probe *probes;
	size_t n;
};

/* The groups, a file each. */
extern const struct probe_group probe_types;
extern const struct probe_group probe_names;
extern const struct probe_group probe_passing;
extern const struct probe_group probe_limits;
extern const struct probe_group probe_system;
extern const struct probe_group probe_controls;

/**
 * probe_run: find one fact.  Returns 0, whatever became of the probe, or
 * -errno when no directory for it can be made.
 * @base_dir: where the directory of the probe is made
 */
int probe_run(const struct probe *probe, const char *base_dir,
	      struct fact *ret);

#endif
