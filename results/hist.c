// SPDX-License-Identifier: GPL-2.0
#include "results/record.h"

uint64_t bucket_width(uint64_t lower, unsigned int sub)
{
	unsigned int top;

	if (lower >> sub == 0)
		return 1;
	top = 63 - (unsigned int)__builtin_clzll(lower);
	return UINT64_C(1) << (top - sub);
}

uint64_t bucket_lower(uint64_t v, unsigned int sub)
{
	return v & ~(bucket_width(v, sub) - 1);
}
