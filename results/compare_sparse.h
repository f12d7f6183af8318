/* SPDX-License-Identifier: GPL-2.0 */
/* Zeros of sparse counts, where a boot was watched and nothing was recorded. */
#ifndef KDELTA_RESULTS_COMPARE_SPARSE_H
#define KDELTA_RESULTS_COMPARE_SPARSE_H

#include "results/compare.h"

/*
 * Gives every sparse pair a value of zero in each boot that has none and in which its collector recorded anything of the
 * same workload. A boot in which the collector recorded nothing was not watched: it stays without a value.
 */
void compare_fill_sparse(struct comparison *c);

#endif
