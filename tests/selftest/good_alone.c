// SPDX-License-Identifier: BSD-2-Clause
/*
 * Checks that see, in memory that all processes of the run share, who runs at
 * the same time: an exclusive one finds nobody, and nobody finds it.
 */
#include "config.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "harness/check.h"

#define SELF .why = "The judge is on trial.", CLAUSES(posix_socket_types)
#define STAY_MS 10

static struct {
	_Atomic int n_others;
	_Atomic int n_exclusive;
} *running;

__attribute__((constructor)) static void share(void)
{
	running = mmap(NULL, sizeof(*running), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* Stay a while as one of n; the most that were seen of the others. */
static int stay(_Atomic int *n, _Atomic int *others)
{
	int64_t deadline = clock_deadline_ms(STAY_MS);
	int seen = 0;

	atomic_fetch_add(n, 1);
	while (clock_now_ns() < deadline) {
		int now = atomic_load(others);

		seen = now > seen ? now : seen;
		sched_yield();
	}
	atomic_fetch_sub(n, 1);
	return seen;
}

CHECK(alone, beside, .title = "what is not exclusive sees nothing exclusive",
      SELF, PARAMS("1", "2", "3", "4"))
{
	EXPECT_EQ(0, stay(&running->n_others, &running->n_exclusive));
}

CHECK(alone, beside_more, .title = "what is not exclusive sees nothing exclusive",
      SELF, PARAMS("1", "2", "3", "4"))
{
	EXPECT_EQ(0, stay(&running->n_others, &running->n_exclusive));
}

CHECK(alone, exclusive, .title = "an exclusive case sees no other", SELF,
      .exclusive = true, PARAMS("1", "2"))
{
	EXPECT_EQ(0, stay(&running->n_exclusive, &running->n_others));
	EXPECT_EQ(0, atomic_load(&running->n_exclusive));
}
