// SPDX-License-Identifier: GPL-2.0
#include "workloads/ticks.h"

#define TIMES 64

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t ticks_empty(void)
{
	uint64_t start, least = UINT64_MAX;

	for (int i = 0; i < TIMES; i++) {
		start = ticks_read();
		least = lesser(least, ticks_read() - start);
	}
	return least;
}

uint64_t clock_empty(uint64_t (*now)(void))
{
	uint64_t start, least = UINT64_MAX;

	for (int i = 0; i < TIMES; i++) {
		start = now();
		least = lesser(least, now() - start);
	}
	return least;
}
