/* SPDX-License-Identifier: GPL-2.0 */
/* Binary search in arrays of structures that are sorted by a 64-bit member. */
#ifndef KDELTA_RUNNER_BASE_SEARCH_H
#define KDELTA_RUNNER_BASE_SEARCH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Index of the first of @n elements whose member at @offset is not below @key; @n where all are. */
static inline size_t lower_bound(const void *v, size_t n, size_t size, size_t offset, uint64_t key)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint64_t have;

		memcpy(&have, (const char *)v + middle * size + offset, sizeof(have));
		if (have < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The same for the array @v, by the name of its uint64_t member. */
#define LOWER_BOUND(v, n, member, key)                                                             \
	lower_bound((v), (n), sizeof(*(v)), offsetof(__typeof__(*(v)), member), (key))

#endif
