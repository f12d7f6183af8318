// SPDX-License-Identifier: GPL-2.0
#include "workloads/random.h"

uint64_t random_mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t random_next(uint64_t *state)
{
	return random_mix(*state += 0x9e3779b97f4a7c15);
}

size_t random_below(uint64_t *state, size_t n)
{
	return n ? (size_t)(random_next(state) % n) : 0;
}
