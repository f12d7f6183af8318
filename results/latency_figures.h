/* SPDX-License-Identifier: GPL-2.0 */
/* Private to latency*.c: the steps from boots to judged figures. */
#ifndef KDELTA_RESULTS_LATENCY_FIGURES_H
#define KDELTA_RESULTS_LATENCY_FIGURES_H

#include "results/latency.h"

void latency_row_release(struct latency_row *r);

/* Make the figures of a row. @workload: the row of CPU -1 of the same workload, variant and target, or NULL. */
void latency_row_figures(const struct latency *l, struct latency_row *r,
			 const struct latency_row *workload);
/* Median, range and interval over the boots. */
void latency_figure_finish(struct latency_figure *f, size_t nboot);
/*
 * The interval of a median by order statistics: places k and n + 1 - k (from 1) of the sorted boots, with the largest
 * k that still covers @level; 0 when even all boots do not. H. A. David, H. N. Nagaraja, Order Statistics, 3rd
 * edition, section 7.1: they cover with 1 - 2 P(B < k), B binomial (n, 1/2).
 */
size_t latency_order_place(size_t n, double level);

/* Compare every row with its reference. */
void latency_compare(struct latency *l);

#endif
