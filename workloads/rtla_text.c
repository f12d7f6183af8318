// SPDX-License-Identifier: GPL-2.0
/* The outputs of rtla (rtla.h; tools/tracing/rtla/src/osnoise_top.c and timerlat_hist.c). */
#include "workloads/rtla.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "workloads/tool.h"

static int bad(struct err *e, const char *line)
{
	return err_set(e, ERR_INFRA, "cannot read the output of rtla: '%.60s'", line);
}

/* --- osnoise top --- */

/* CPU Period Runtime Noise %Available MaxNoise MaxSingle HW NMI IRQ Softirq Thread; -1: not stored */
static const ptrdiff_t noise_columns[] = {
	offsetof(struct rtla_noise, cpu),
	-1,
	offsetof(struct rtla_noise, runtime),
	offsetof(struct rtla_noise, noise),
	-1,
	offsetof(struct rtla_noise, max_noise),
	offsetof(struct rtla_noise, max_single),
	offsetof(struct rtla_noise, hw),
	offsetof(struct rtla_noise, nmi),
	offsetof(struct rtla_noise, irq),
	offsetof(struct rtla_noise, softirq),
	offsetof(struct rtla_noise, thread),
};

#define NOISE_COLUMNS (sizeof(noise_columns) / sizeof(noise_columns[0]))

static int take_noise(const char *line, struct rtla_noise *n, struct err *e)
{
	cleanup_strv struct strv v = STRV_INIT;

	strv_split(&v, line, " ");
	if (v.n != NOISE_COLUMNS || v.v[1][0] != '#')
		return bad(e, line);
	for (size_t i = 0; i < NOISE_COLUMNS; i++)
		if (noise_columns[i] >= 0 &&
		    tool_count(v.v[i], (uint64_t *)((char *)n + noise_columns[i])))
			return bad(e, line);
	return 0;
}

int rtla_parse_noise(const char *text, struct rtla_noise *n, size_t max, struct err *e)
{
	cleanup_strv struct strv lines = STRV_INIT;
	size_t found = 0;

	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		if (!isdigit((unsigned char)lines.v[i][strspn(lines.v[i], " ")]))
			continue;
		if (found == max || take_noise(lines.v[i], &n[found], e))
			return bad(e, lines.v[i]);
		found++;
	}
	return found ? (int)found : err_set(e, ERR_INFRA, "rtla says nothing of any CPU");
}

/* --- timerlat hist --- */

/* "IRQ-000", "Thr-001" */
static int take_title(const char *word, struct rtla_latency *l)
{
	l->thread = str_starts(word, "Thr-");
	if (!l->thread && !str_starts(word, "IRQ-"))
		return -1;
	return tool_count(word + 4, &l->cpu);
}

static int take_titles(const char *line, struct rtla_latency *l, size_t max, struct err *e)
{
	cleanup_strv struct strv v = STRV_INIT;

	strv_split(&v, line, " ");
	if (v.n < 2 || v.n - 1 > max)
		return bad(e, line);
	for (size_t i = 1; i < v.n; i++)
		if (take_title(v.v[i], &l[i - 1]))
			return bad(e, line);
	return (int)v.n - 1;
}

static const struct {
	const char *name;
	size_t offset;
} summary[] = {
	{ "over:", offsetof(struct rtla_latency, over) },
	{ "count:", offsetof(struct rtla_latency, count) },
	{ "min:", offsetof(struct rtla_latency, min) },
	{ "avg:", offsetof(struct rtla_latency, mean) },
	{ "max:", offsetof(struct rtla_latency, max) },
};

#define SUMMARY (sizeof(summary) / sizeof(summary[0]))

/* A CPU without samples has "-" for its minimum and the like. */
static int take_number(const char *word, uint64_t *out)
{
	*out = 0;
	return strcmp(word, "-") ? tool_count(word, out) : 0;
}

static int take_row(const struct strv *v, struct rtla_latency *l)
{
	uint64_t us, count;

	if (tool_count(v->v[0], &us))
		return -1;
	for (size_t i = 1; i < v->n; i++) {
		if (tool_count(v->v[i], &count))
			return -1;
		tool_hist_add(&l[i - 1].latency, us, count);
	}
	return 0;
}

static int take_summary(const struct strv *v, struct rtla_latency *l, bool *seen)
{
	for (size_t s = 0; s < SUMMARY; s++) {
		if (strcmp(v->v[0], summary[s].name))
			continue;
		seen[s] = true;
		for (size_t i = 1; i < v->n; i++)
			if (take_number(v->v[i],
					(uint64_t *)((char *)&l[i - 1] + summary[s].offset)))
				return -1;
		return 0;
	}
	return -1;
}

static int take_line(const char *line, struct rtla_latency *l, int columns, bool *seen,
		     struct err *e)
{
	cleanup_strv struct strv v = STRV_INIT;
	bool row = isdigit((unsigned char)*line);

	strv_split(&v, line, " ");
	if (v.n != (size_t)columns + 1 || (row ? take_row(&v, l) : take_summary(&v, l, seen)))
		return bad(e, line);
	return 0;
}

static int finish(struct rtla_latency *l, uint64_t entries, struct err *e)
{
	uint64_t samples = l->over;

	for (size_t i = 0; i < HIST_BUCKETS; i++)
		samples += l->latency.count[i];
	if (samples != l->count)
		return err_set(e, ERR_INFRA,
			       "cannot read the output of rtla: the histogram of CPU %llu does not "
			       "hold the %llu samples of its count",
			       (unsigned long long)l->cpu, (unsigned long long)l->count);
	tool_hist_add_over(&l->latency, entries, l->max, l->over);
	return 0;
}

int rtla_parse_latency(const char *text, uint64_t entries, struct rtla_latency *l, size_t max,
		       struct err *e)
{
	cleanup_strv struct strv lines = STRV_INIT;
	bool seen[SUMMARY] = { false };
	int columns = 0;

	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		if (*lines.v[i] == '#')
			continue;
		if (columns && take_line(lines.v[i], l, columns, seen, e))
			return -1;
		if (!columns && (columns = take_titles(lines.v[i], l, max, e)) < 0)
			return -1;
	}
	for (size_t s = 0; s < SUMMARY; s++)
		if (!seen[s])
			return err_set(e, ERR_INFRA, "cannot read the output of rtla: no '%s'",
				       summary[s].name);
	for (int i = 0; i < columns; i++)
		if (finish(&l[i], entries, e))
			return -1;
	return columns;
}
