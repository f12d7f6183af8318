// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/latency.h"
#include "runner/base/search.h"
#include "runner/base/str.h"

static const struct latency_bounds unknown = { NAN, NAN };

void latency_hist_add(struct latency_hist *h, unsigned int sub, uint64_t lower, uint64_t count)
{
	size_t i;

	h->mixed = h->mixed || (h->n && h->sub != sub);
	h->sub = sub;
	h->samples += count;
	i = LOWER_BOUND(h->b, h->n, lower, lower);
	if (i == h->n || h->b[i].lower != lower) {
		ARRAY_PUSH(h->b, h->n, h->cap);
		memmove(&h->b[i + 1], &h->b[i], (h->n - 1 - i) * sizeof(*h->b));
		h->b[i] = (struct bucket){ .lower = lower };
	}
	h->b[i].count += count;
}

void latency_hist_free(struct latency_hist *h)
{
	free(h->b);
	memset(h, 0, sizeof(*h));
}

/* The last value that falls into bucket @i. */
static double last_of(const struct latency_hist *h, size_t i)
{
	return (double)h->b[i].lower + (double)(bucket_width(h->b[i].lower, h->sub) - 1);
}

struct latency_bounds latency_hist_quantile(const struct latency_hist *h, double p)
{
	double n = (double)h->samples, rank = ceil(n * p);
	uint64_t seen = 0;

	if (h->mixed || !h->samples || !(p >= 0 && p <= 1) || (p > 0.5 && p < 1 && n * (1 - p) < 1))
		return unknown;
	for (size_t i = 0; i < h->n; i++) {
		seen += h->b[i].count;
		if ((double)seen >= rank && seen)
			return (struct latency_bounds){ (double)h->b[i].lower, last_of(h, i) };
	}
	return unknown;
}

struct latency_bounds latency_hist_over(const struct latency_hist *h, uint64_t threshold)
{
	struct latency_bounds over = { 0, 0 };

	if (h->mixed)
		return unknown;
	for (size_t i = 0; i < h->n; i++) {
		if (h->b[i].lower >= threshold)
			over.low += (double)h->b[i].count;
		if (last_of(h, i) >= (double)threshold)
			over.high += (double)h->b[i].count;
	}
	return over;
}
