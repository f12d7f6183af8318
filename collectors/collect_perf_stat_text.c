// SPDX-License-Identifier: GPL-2.0
/*
 * The JSON of perf stat (collect_perf_stat.h), of which only what perf prints is read: one object per line, with
 * strings and numbers in it (tools/perf/util/stat-display.c).
 */
#include "collectors/collect_perf_stat.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>

#include "collectors/collect_perf_spec.h"
#include "results/record.h"

static int bad(const char *line, struct err *e)
{
	return err_set(e, ERR_INFRA, "cannot read the output of perf stat: '%.80s'", line);
}

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* A string without its quotes; what is escaped in it stays so, for no name or number that is wanted is. */
static const char *take_string(const char *p, char *out, size_t size)
{
	size_t n = 0;

	if (*p++ != '"')
		return NULL;
	for (; *p && *p != '"'; p++) {
		if (*p == '\\' && !*++p)
			return NULL;
		if (n + 1 < size)
			out[n++] = *p;
	}
	out[n] = '\0';
	return *p ? p + 1 : NULL;
}

static const char *take_bare(const char *p, char *out, size_t size)
{
	size_t len = strspn(p, "+-.0123456789aefilnrstu");

	if (!len)
		return NULL;
	snprintf(out, size, "%.*s", (int)len, p);
	return p + len;
}

struct pair {
	char key[32], value[PERF_STAT_NAME_MAX];
};

/* "key" : value; returns what follows, or NULL. */
static const char *take_pair(const char *p, struct pair *out)
{
	p = take_string(skip_blanks(p), out->key, sizeof(out->key));
	if (!p)
		return NULL;
	p = skip_blanks(p);
	if (*p++ != ':')
		return NULL;
	p = skip_blanks(p);
	return *p == '"' ? take_string(p, out->value, sizeof(out->value)) :
			   take_bare(p, out->value, sizeof(out->value));
}

static int set_value(struct perf_count *c, const char *value)
{
	static const char *const states[] = {
		[PERF_NOT_COUNTED] = "<not counted>",
		[PERF_NOT_SUPPORTED] = "<not supported>",
	};

	for (c->state = PERF_NOT_COUNTED; c->state <= PERF_NOT_SUPPORTED; c->state++)
		if (!strcmp(value, states[c->state]))
			return 0;
	c->state = PERF_COUNTED;
	return number_parse(value, &c->value);
}

static int set_cpu(struct perf_count *c, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	double cpu;

	if (!digits || digits > 4 || value[digits] || number_parse(value, &cpu))
		return -1;
	c->cpu = (int)cpu;
	return 0;
}

/* What else there is: units, run times, derived metrics. */
static int set(struct perf_count *c, const struct pair *kv, bool *has_value)
{
	if (!strcmp(kv->key, "event")) {
		snprintf(c->event, sizeof(c->event), "%s", kv->value);
	} else if (!strcmp(kv->key, "counter-value")) {
		*has_value = true;
		return set_value(c, kv->value);
	} else if (!strcmp(kv->key, "pcnt-running")) {
		return number_parse(kv->value, &c->running);
	} else if (!strcmp(kv->key, "cpu")) {
		return set_cpu(c, kv->value);
	}
	return 0;
}

static int take_line(const char *line, struct perf_counts *out, struct err *e)
{
	struct perf_count c = { .cpu = -1, .running = 100 };
	bool has_value = false;
	const char *p = line;
	struct pair kv;

	do {
		p = take_pair(p + 1, &kv);
		if (!p || set(&c, &kv, &has_value))
			return bad(line, e);
		p = skip_blanks(p);
	} while (*p == ',');
	if (*p != '}' || *skip_blanks(p + 1))
		return bad(line, e);
	if (!has_value || !*c.event)
		return 0;
	if (out->n == PERF_COUNTS_MAX)
		return err_set(e, ERR_INFRA, "perf stat wrote more than %d counts",
			       PERF_COUNTS_MAX);
	*ARRAY_PUSH(out->v, out->n, out->cap) = c;
	return 0;
}

int perf_stat_parse(const char *text, struct perf_counts *out, struct err *e)
{
	cleanup_strv struct strv lines = STRV_INIT;

	strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.n; i++) {
		const char *line = lines.v[i];

		if (*line == '#')
			continue;
		if (*line != '{')
			return bad(line, e);
		if (take_line(line, out, e))
			return -1;
	}
	return 0;
}

bool perf_stat_is_software(const char *event)
{
	const struct perf_generic *g = perf_generic_find(event);
	const char *colon = strchr(event, ':');

	if (g)
		return g->type == PERF_TYPE_SOFTWARE;
	/* "sched:sched_switch"; what else stands behind a colon are modifiers: perf-list(1), "EVENT MODIFIERS" */
	return colon && !strchr(event, '/') && colon[1 + strspn(colon + 1, "ukhIGHpPSDWeb")];
}
