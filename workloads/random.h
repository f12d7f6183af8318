/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers that follow from a seed: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
 * OOPSLA 2014).
 */
#ifndef KDELTA_WORKLOADS_RANDOM_H
#define KDELTA_WORKLOADS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Its mixing function: equal numbers give equal ones, and neighbours have nothing in common. */
uint64_t random_mix(uint64_t z);
/* The next number; the seed is the first state. */
uint64_t random_next(uint64_t *state);
/* One that is less than @n; 0 for 0, which draws none. */
size_t random_below(uint64_t *state, size_t n);

#endif
