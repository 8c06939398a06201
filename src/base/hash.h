/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XXH64: the same on every machine, and not meant to be secret.
 */
#ifndef SOCKSPEC_BASE_HASH_H
#define SOCKSPEC_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash64(const void *data, size_t len, uint64_t seed);

#endif
