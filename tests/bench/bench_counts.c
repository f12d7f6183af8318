// SPDX-License-Identifier: GPL-2.0
/*
 * How long the host takes to read what the QEMU plugin wrote: from the file FILE, which is made here, into the
 * records of a boot.
 *
 *	bench_counts FILE [WORKLOADS] [ROUNDS]
 *
 * prints one line: counts: 12.3 ms to read and merge 11040 records, 1.4 MiB (20 workloads of 5 rounds; …)
 */
#include <stdio.h>
#include <stdlib.h>

#include "results/record.h"
#include "runner/base/file.h"
#include "runner/base/proc.h"

#define CPUS 3 /* the sum, and two vCPUs */
#define METRICS 36 /* instructions, events, calls, functions */
#define EXCURSIONS 2 /* histograms per round */
#define BUCKETS 40
#define REPEATS 21

struct bench {
	int workloads, rounds;
	size_t records;
	struct str text;
};

static void line_head(struct str *s, const char *word, int w, int round, int cpu)
{
	line_begin(s, word);
	line_fieldf(s, "w", "%d", w);
	line_field(s, "dir", "lower");
	line_field(s, "ev", "simulated");
	line_fieldf(s, "round", "%d", round);
	line_fieldf(s, "cpu", "%d", cpu);
}

static void write_cpu(struct bench *b, int w, int round, int cpu)
{
	for (int i = 0; i < METRICS; i++) {
		line_head(&b->text, "value", w, round, cpu);
		line_fieldf(&b->text, "metric", "window.pte.a_function_of_the_kernel.%d", i);
		line_field(&b->text, "unit", "instructions");
		line_field(&b->text, "stat", "total");
		line_fieldf(&b->text, "value", "%d", 123456 + i);
		line_end(&b->text);
		b->records++;
	}
}

static void write_excursions(struct bench *b, int w, int round, int cpu)
{
	cleanup_str struct str buckets = STR_INIT;
	uint64_t lower = 256;

	for (int i = 0; i < BUCKETS; i++, lower += bucket_width(lower, 3))
		str_addf(&buckets, "%s%llu:%d", i ? "," : "", (unsigned long long)lower, i + 1);
	line_head(&b->text, "hist", w, round, cpu);
	line_field(&b->text, "metric", "window.isolated.excursion_length");
	line_field(&b->text, "unit", "instructions");
	line_field(&b->text, "sub", "3");
	line_field(&b->text, "buckets", buckets.buf);
	line_end(&b->text);
	b->records++;
}

static void write_text(struct bench *b)
{
	str_add(&b->text, "kdelta version=1\n");
	for (int w = 0; w < b->workloads; w++) {
		for (int round = 0; round < b->rounds; round++) {
			for (int cpu = -1; cpu < CPUS - 1; cpu++)
				write_cpu(b, w, round, cpu);
			for (int cpu = 0; cpu < EXCURSIONS; cpu++)
				write_excursions(b, w, round, cpu);
		}
	}
	str_addf(&b->text, "end records=%zu\n", b->records);
}

static int read_once(const struct bench *b, const char *path, double *seconds, struct err *e)
{
	cleanup_str struct str text = STR_INIT;
	struct record_set rs;
	double start = proc_now();
	int ret;

	record_set_init(&rs);
	ret = file_read(path, 0, &text, e);
	if (!ret)
		ret = record_set_add(&rs, text.buf, text.len, b->workloads, b->records, e);
	*seconds = proc_now() - start;
	record_set_release(&rs);
	return ret;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int bench(struct bench *b, const char *path, double *median, struct err *e)
{
	double seconds[REPEATS];

	write_text(b);
	if (file_write(path, b->text.buf, b->text.len, e))
		return -1;
	for (int i = 0; i < REPEATS; i++)
		if (read_once(b, path, &seconds[i], e))
			return -1;
	qsort(seconds, REPEATS, sizeof(*seconds), by_value);
	*median = seconds[REPEATS / 2];
	return 0;
}

static int argument(int argc, char **argv, int i, int otherwise)
{
	long v = i < argc ? strtol(argv[i], NULL, 10) : otherwise;

	return v > 0 && v <= 10000 ? (int)v : otherwise;
}

int main(int argc, char **argv)
{
	struct bench b = { .workloads = argument(argc, argv, 2, 20),
			   .rounds = argument(argc, argv, 3, 5),
			   .text = STR_INIT };
	struct err e = ERR_INIT;
	double median = 0;
	int ret;

	if (argc < 2) {
		fprintf(stderr, "usage: bench_counts FILE [WORKLOADS] [ROUNDS]\n");
		return 2;
	}
	ret = bench(&b, argv[1], &median, &e);
	if (ret)
		fprintf(stderr, "bench_counts: %s\n", e.msg);
	else
		printf("counts: %.1f ms to read and merge %zu records, %.1f MiB (%d workloads of %d rounds; median of %d; goal 50)\n",
		       median * 1e3, b.records, (double)b.text.len / (1 << 20), b.workloads,
		       b.rounds, REPEATS);
	str_release(&b.text);
	return ret ? 1 : 0;
}
