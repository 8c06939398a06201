// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "cli/prepare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/die.h"
#include "base/valgrind.h"

#define MIN_NOFILE 64		/* descriptors, without which nothing works */
#define VALGRIND_SCALE 10

/* RLIMIT_NOFILE: as much as we may, and no run with next to none. */
static void raise_nofile(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	if (limit.rlim_max < MIN_NOFILE)
		die(EXIT_CHECKER, "RLIMIT_NOFILE is %llu; at least %d descriptors "
		    "are needed", (unsigned long long)limit.rlim_max, MIN_NOFILE);
	if (limit.rlim_cur < MIN_NOFILE) {
		limit.rlim_cur = MIN_NOFILE;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

const char *prepare_base_dir(void)
{
	const char *dir = getenv("TMPDIR");

	/* Room for "/sockspec-XXXXXX/name" in the 108 bytes of sun_path. */
	if (dir && strlen(dir) > 60)
		die(EXIT_CHECKER, "TMPDIR is too long for a socket name: %s", dir);
	return dir && *dir ? dir : "/tmp";
}

void prepare_options(struct run_options *options)
{
	options->valgrind = valgrind_runs();
	if (options->valgrind)
		options->timeout_scale *= VALGRIND_SCALE;
	options->base_dir = prepare_base_dir();
	raise_nofile();
}

uint64_t prepare_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (uint64_t)getpid();
	return seed;
}

const char *prepare_system(void)
{
	static char text[200];
	struct utsname system;

	if (uname(&system) == 0)
		snprintf(text, sizeof(text), "%.60s %.60s %.60s",
			 system.sysname, system.release, system.machine);
	return text;
}

const char *prepare_user(void)
{
	static char text[40];

	if (geteuid() == 0)
		return "root";
	snprintf(text, sizeof(text), "uid %u", (unsigned int)geteuid());
	return text;
}
