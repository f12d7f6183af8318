// SPDX-License-Identifier: GPL-2.0
/*
 * Rows per second into the store, by its own front door: whole boots of values and histograms, one
 * transaction each, into the new database FILE.
 *
 *	bench_store FILE [BOOTS] [VALUES PER BOOT]
 *
 * prints one line: store: 1234567 rows/s (50 boots of 5000 values and 50 histograms of 40 buckets)
 */
#include <stdio.h>
#include <stdlib.h>

#include "results/store.h"
#include "runner/base/proc.h"

#define HISTOGRAMS 50
#define BUCKETS 40

struct bench {
	long boots, values;
	struct record_set rs;
	struct store *store;
	double seconds; /* spent in store_boot_finish() */
};

static void write_value(struct str *s, long i)
{
	line_begin(s, "value");
	line_fieldf(s, "w", "%d", 0);
	line_fieldf(s, "metric", "metric%ld", i % 8);
	line_field(s, "unit", "instructions/op");
	line_field(s, "dir", "lower");
	line_field(s, "ev", "simulated");
	line_field(s, "stat", "mean");
	line_fieldf(s, "round", "%ld", i / 8);
	line_fieldf(s, "cpu", "%d", -1);
	line_fieldf(s, "value", "%ld/1000", 100000 + i);
	line_end(s);
}

static void write_histogram(struct str *s, int round)
{
	cleanup_str struct str buckets = STR_INIT;
	uint64_t lower = 256;

	for (int i = 0; i < BUCKETS; i++, lower += bucket_width(lower, 3))
		str_addf(&buckets, "%s%llu:%d", i ? "," : "", (unsigned long long)lower, i + 1);
	line_begin(s, "hist");
	line_fieldf(s, "w", "%d", 0);
	line_field(s, "metric", "latency");
	line_field(s, "unit", "ns");
	line_field(s, "dir", "lower");
	line_field(s, "ev", "virtual");
	line_fieldf(s, "round", "%d", round);
	line_fieldf(s, "cpu", "%d", -1);
	line_fieldf(s, "sub", "%d", 3);
	line_field(s, "buckets", buckets.buf);
	line_end(s);
}

static int make_records(struct bench *b, struct err *e)
{
	cleanup_str struct str s = STR_INIT;
	size_t n = (size_t)b->values + HISTOGRAMS;

	str_add(&s,
		"kdelta version=1\nstart release=7.3 machine=x86_64 cmdline= cpus=1\nbegin w=0\n");
	for (long i = 0; i < b->values; i++)
		write_value(&s, i);
	for (int i = 0; i < HISTOGRAMS; i++)
		write_histogram(&s, i);
	str_addf(&s, "done w=0 state=ok\nend records=%zu\n", n);
	return record_set_parse(&b->rs, s.buf, s.len, 1, n, e);
}

static int plan_run(struct bench *b, struct store_boot_row **rows, size_t *n, struct err *e)
{
	static const struct store_host host = { .hostname = "bench", .cpus = 1 };
	static const struct store_run run = { .suite = "bench" };
	static const struct store_workload workload = { "bench", "bench", "", 1 };
	struct store_boot_plan *plan = xcalloc((size_t)b->boots, sizeof(*plan));
	long long id;
	int ret;

	for (long i = 0; i < b->boots; i++) {
		plan[i].target = "bench";
		plan[i].variant = "bench";
		plan[i].block = (int)i;
	}
	ret = store_run_create(b->store, &run, &host, &workload, 1, plan, (size_t)b->boots, &id, e);
	free(plan);
	return ret ? ret : store_boots(b->store, id, NULL, rows, n, e);
}

static int fill(struct bench *b, struct err *e)
{
	static const struct store_boot boot = { .status = "ok" };
	struct store_boot_row *rows = NULL;
	size_t n = 0;
	double start;
	int ret;

	ret = plan_run(b, &rows, &n, e);
	start = proc_now();
	for (size_t i = 0; !ret && i < n; i++)
		ret = store_boot_finish(b->store, rows[i].id, &boot, &b->rs, e);
	b->seconds = proc_now() - start;
	store_boots_free(rows, n);
	return ret;
}

static int bench(struct bench *b, const char *path, struct err *e)
{
	int ret;

	if (make_records(b, e))
		return -1;
	b->store = store_open(path, false, e);
	if (!b->store)
		return -1;
	ret = fill(b, e);
	store_close(b->store);
	return ret;
}

static long argument(int argc, char **argv, int i, long otherwise)
{
	long v = i < argc ? strtol(argv[i], NULL, 10) : otherwise;

	return v > 0 ? v : otherwise;
}

int main(int argc, char **argv)
{
	struct bench b = { .boots = argument(argc, argv, 2, 50),
			   .values = argument(argc, argv, 3, 5000) };
	struct err e = ERR_INIT;
	int ret;

	if (argc < 2) {
		fprintf(stderr, "usage: bench_store FILE [BOOTS] [VALUES PER BOOT]\n");
		return 2;
	}
	record_set_init(&b.rs);
	ret = bench(&b, argv[1], &e);
	record_set_release(&b.rs);
	if (ret) {
		fprintf(stderr, "bench_store: %s\n", e.msg);
		return 1;
	}
	printf("store: %.0f rows/s (%ld boots of %ld values and %d histograms of %d buckets)\n",
	       (double)b.boots * ((double)b.values + HISTOGRAMS * (1.0 + BUCKETS)) / b.seconds,
	       b.boots, b.values, HISTOGRAMS, BUCKETS);
	return 0;
}
