// SPDX-License-Identifier: GPL-2.0
/* The output of cyclictest (cyclictest.h). */
#include "workloads/cyclictest.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "workloads/tool.h"

static int bad(struct err *e, const char *line)
{
	return err_set(e, ERR_INFRA, "cannot read the output of cyclictest: '%.60s'", line);
}

/* "000063 000061\t000206": how many samples of each thread took 63 µs */
static int take_row(const char *line, struct cyclictest_thread *t, size_t n, uint64_t *limit,
		    struct err *e)
{
	cleanup_strv struct strv v = STRV_INIT;
	uint64_t us, count;

	strv_split(&v, line, " \t");
	if (v.n != n + 1)
		return bad(e, line);
	if (tool_need_count("cyclictest", v.v[0], &us, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (tool_need_count("cyclictest", v.v[i + 1], &count, e))
			return -1;
		tool_hist_add(&t[i].latency, us, count);
	}
	*limit = us + 1;
	return 0;
}

static const struct {
	const char *prefix;
	size_t offset;
} summary[] = {
	{ "# Total:", offsetof(struct cyclictest_thread, samples) },
	{ "# Min Latencies:", offsetof(struct cyclictest_thread, min) },
	{ "# Avg Latencies:", offsetof(struct cyclictest_thread, mean) },
	{ "# Max Latencies:", offsetof(struct cyclictest_thread, max) },
	{ "# Histogram Overflows:", offsetof(struct cyclictest_thread, over) },
};

static int take_summary(const char *text, struct cyclictest_thread *t, size_t n, struct err *e)
{
	for (size_t s = 0; s < sizeof(summary) / sizeof(summary[0]); s++) {
		cleanup_free char *line = tool_line(text, summary[s].prefix);
		cleanup_strv struct strv v = STRV_INIT;

		strv_split(&v, line ? line : "", " \t");
		if (v.n != n)
			return err_set(e, ERR_INFRA,
				       "cannot read the output of cyclictest: %zu numbers in "
				       "'%s', and there are %zu threads",
				       v.n, summary[s].prefix, n);
		for (size_t i = 0; i < n; i++) {
			uint64_t *to = (uint64_t *)((char *)&t[i] + summary[s].offset);

			if (tool_need_count("cyclictest", v.v[i], to, e))
				return -1;
		}
	}
	return 0;
}

static uint64_t samples(const struct hist *h)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < HIST_BUCKETS; i++)
		sum += h->count[i];
	return sum;
}

int cyclictest_parse(const char *text, struct cyclictest_thread *t, size_t n, struct err *e)
{
	cleanup_strv struct strv lines = STRV_INIT;
	uint64_t limit = 0;

	if (take_summary(text, t, n, e))
		return -1;
	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.n; i++)
		if (isdigit((unsigned char)*lines.v[i]) && take_row(lines.v[i], t, n, &limit, e))
			return -1;
	for (size_t i = 0; i < n; i++) {
		if (samples(&t[i].latency) != t[i].samples)
			return err_set(e, ERR_INFRA,
				       "cannot read the output of cyclictest: the histogram of "
				       "thread %zu does not hold the %llu samples of its total",
				       i, (unsigned long long)t[i].samples);
		tool_hist_add_over(&t[i].latency, limit, t[i].max, t[i].over);
	}
	return 0;
}
