// SPDX-License-Identifier: GPL-2.0
/*
 * What recording one sample into a histogram costs in user space: hist_add() of 10^8 gaps as a spinning task sees
 * them (mostly equal, now and then a long one), over the same loop that only adds the gaps up.
 *
 *	bench_hist [FILE [SAMPLES]]
 *
 * prints one line: hist: 1.23 ns per sample …
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/recorder.h"
#include "runner/base/proc.h"

#define SAMPLES 100000000LL
#define GAPS 4096 /* a table that fits into the first cache beside the histogram */
#define REPEATS 5

static uint64_t gaps[GAPS];
static struct hist hist;

/* One gap in 64 is long, up to a second: every power of two gets its share. */
static void fill(void)
{
	uint64_t x =
		88172645463325252ULL; /* xorshift64: Marsaglia 2003, Journal of Statistical Software 8(14) */

	for (int i = 0; i < GAPS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		gaps[i] = 20 + x % 8;
		if (x % 64 == 0)
			gaps[i] = (x >> 8) & ((UINT64_C(1) << (x >> 58) % 31) - 1);
	}
}

static double add_up(long long n, uint64_t *sum)
{
	double start = proc_now();

	for (long long i = 0; i < n; i++) {
		*sum += gaps[i % GAPS];
		asm volatile("" : "+m"(*sum));
	}
	return proc_now() - start;
}

static double record(long long n)
{
	double start = proc_now();

	for (long long i = 0; i < n; i++) {
		hist_add(&hist, gaps[i % GAPS]);
		asm volatile("" : : : "memory");
	}
	return proc_now() - start;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	long long n = argc > 2 ? atoll(argv[2]) : SAMPLES;
	double cost[REPEATS], bare[REPEATS];
	uint64_t sum = 0, counted = 0;

	fill();
	for (int i = 0; i < REPEATS; i++) {
		memset(&hist, 0, sizeof(hist));
		bare[i] = add_up(n, &sum) / (double)n * 1e9;
		cost[i] = record(n) / (double)n * 1e9;
	}
	for (int i = 0; i < HIST_BUCKETS; i++)
		counted += hist.count[i];
	if (counted != (uint64_t)n) {
		fprintf(stderr, "bench_hist: %llu of %lld samples were counted\n",
			(unsigned long long)counted, n);
		return 1;
	}
	qsort(cost, REPEATS, sizeof(*cost), by_value);
	qsort(bare, REPEATS, sizeof(*bare), by_value);
	printf("hist: %.2f ns per sample in user space (%lld samples, median of %d; the loop without it %.2f ns; goal 15)\n",
	       cost[REPEATS / 2], n, REPEATS, bare[REPEATS / 2]);
	return 0;
}
