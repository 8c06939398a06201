// SPDX-License-Identifier: BSD-2-Clause
/* The one place that compiles xxhash in, so that nothing links to it. */
#include "config.h"

#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash64(const void *data, size_t len, uint64_t seed)
{
	return XXH64(data, len, seed);
}
