// SPDX-License-Identifier: GPL-2.0
/* What a workload may use while it runs (workload.h): parameters, files of the kernel, records. */
#include "workloads/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/base/file.h"

#define RESULTS_MAX (4 << 20)

/* Asking for what the descriptor does not have is a mistake of the workload, not of its input. */
static void die_of_bug(const struct workload_ctx *c, const char *what, const char *name)
{
	fprintf(stderr, "kdelta-guest: workload '%s' has no %s '%s'\n", c->w->name, what, name);
	abort();
}

const char *wctx_str(const struct workload_ctx *c, const char *param)
{
	const char *value = fields_get(c->params, param);

	if (!value)
		die_of_bug(c, "parameter", param);
	return value;
}

long long wctx_int(const struct workload_ctx *c, const char *param)
{
	const char *value = wctx_str(c, param);
	const struct workload_param *p = workload_param_find(c->w, param);

	if (p && p->type == PARAM_BOOL)
		return !strcmp(value, "true");
	return strtoll(value, NULL, 10);
}

int wctx_bind(int cpu, struct err *e)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (cpu < 0 || i == cpu)
			CPU_SET(i, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return err_errno(e, ERR_INFRA, "cannot run on CPU %d", cpu);
	return 0;
}

int wctx_write(const char *path, const char *text, struct err *e)
{
	size_t len = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return err_errno(e, ERR_INFRA, "cannot open '%s'", path);
	n = write(fd, text, len);
	if (n < 0)
		err_errno(e, ERR_INFRA, "cannot write '%s' to '%s'", text, path);
	else if ((size_t)n != len)
		err_set(e, ERR_INFRA, "cannot write '%s' to '%s': took %zd bytes", text, path, n);
	close(fd);
	return n == (ssize_t)len ? 0 : -1;
}

static const struct workload_metric *metric_find(const struct workload *w, const char *name)
{
	for (const struct workload_metric *m = w->metrics; m && m->name; m++)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

/* Does @unit count @base, as "ticks" or "ticks/op"? Returns what follows the base, or NULL. */
static const char *unit_of(const char *unit, const char *base)
{
	size_t n = strlen(base);

	if (strncmp(unit, base, n) || (unit[n] && unit[n] != '/'))
		return NULL;
	return unit + n;
}

/* How the values of one metric are recorded on this clock. */
struct form {
	char *metric, *unit;
	enum direction dir;
	enum evidence ev;
	double scale;
	bool drop; /* says nothing here */
};

static void form_release(struct form *f)
{
	free(f->metric);
	free(f->unit);
}

/*
 * An emulator's clock is no evidence for a count, and no reason to doubt one: events that are
 * counted in software are counted exactly. A PMU is the emulator's own: it counts real instructions
 * only where the emulator does (the clock is simulated), and cycles never.
 */
static void form_of_count(struct form *f, const char *unit, enum evidence clock)
{
	bool instructions = unit_of(unit, "instructions"), cycles = unit_of(unit, "cycles");

	f->ev = clock;
	if (clock == EV_SIMULATED)
		f->drop = cycles;
	if (clock != EV_EMULATED_TIME)
		return;
	f->drop = instructions || cycles;
	if (!unit_of(unit, "ns"))
		f->ev = EV_SIMULATED;
}

static void form_init(struct form *f, const struct workload_metric *m, const struct guest_clock *k)
{
	const char *per = unit_of(m->unit, "ticks");

	*f = (struct form){ .dir = m->dir, .ev = k->ev, .scale = 1 };
	if (per) {
		f->metric = xasprintf("%s.%s", m->name, k->suffix);
		f->unit = xasprintf("%s%s", k->unit, per);
		f->scale = k->num / k->den;
		return;
	}
	f->metric = xstrdup(m->name);
	f->unit = xstrdup(m->unit);
	form_of_count(f, m->unit, k->ev);
}

/* What value and hist lines have in common. */
static void record_begin(const struct workload_ctx *c, const char *word, const struct form *f,
			 int cpu)
{
	line_begin(c->out, word);
	line_fieldf(c->out, "w", "%d", c->number);
	line_field(c->out, "metric", f->metric);
	line_field(c->out, "unit", f->unit);
	line_field(c->out, "dir", direction_name(f->dir));
	line_field(c->out, "ev", evidence_name(f->ev));
	line_fieldf(c->out, "round", "%d", c->round);
	line_fieldf(c->out, "cpu", "%d", cpu);
}

static void record_end(const struct workload_ctx *c)
{
	line_end(c->out);
	++*c->records;
}

static void record_value(const struct workload_ctx *c, const struct form *f, const char *stat,
			 int cpu, double value)
{
	record_begin(c, "value", f, cpu);
	line_field(c->out, "stat", stat);
	/* 17 digits bring a double back to the last bit */
	line_fieldf(c->out, "value", "%.17g", value);
	record_end(c);
}

void wctx_value(struct workload_ctx *c, const char *metric, const char *stat, int cpu, double value)
{
	const struct workload_metric *m = metric_find(c->w, metric);
	struct form f;

	if (!m)
		die_of_bug(c, "metric", metric);
	if (c->round < 0)
		return;
	form_init(&f, m, c->clock);
	if (!f.drop)
		record_value(c, &f, stat, cpu, value * f.scale);
	form_release(&f);
}

/* Digits alone: strtoull() would also take spaces and signs. */
static int digits_parse(const char **text, uint64_t *out)
{
	char *end;

	if (**text < '0' || **text > '9')
		return -1;
	errno = 0;
	*out = strtoull(*text, &end, 10);
	*text = end;
	return errno ? -1 : 0;
}

static int bucket_parse(const char **text, struct bucket *b, struct err *e)
{
	const char *start = *text;

	if (!digits_parse(text, &b->lower) && *(*text)++ == ':' && !digits_parse(text, &b->count) &&
	    (!**text || *(*text)++ == ','))
		return 0;
	return err_set(e, ERR_INFRA, "expected LOWER:COUNT, got '%.20s'", start);
}

/* The bucket after scaling: its middle decides, as that is what it says about its samples. */
static uint64_t bucket_scale(uint64_t lower, unsigned int sub, double scale)
{
	double middle = (double)lower + (double)(bucket_width(lower, sub) - 1) / 2;
	double v = middle * scale;

	return bucket_lower(v < 0x1p63 ? (uint64_t)v : UINT64_C(1) << 63, sub);
}

/* Scaled buckets in rising order; neighbours that fall together are added. */
static int buckets_scale(const char *text, unsigned int sub, double scale, struct str *out,
			 struct err *e)
{
	struct bucket in = { 0, 0 }, last = { 0, 0 };
	const char *sep = "";

	while (*text) {
		if (bucket_parse(&text, &in, e))
			return -1;
		in.lower = bucket_scale(in.lower, sub, scale);
		if (last.count && in.lower < last.lower)
			return err_set(e, ERR_INFRA, "buckets are not in rising order");
		if (last.count && in.lower != last.lower) {
			str_addf(out, "%s%llu:%llu", sep, (unsigned long long)last.lower,
				 (unsigned long long)last.count);
			sep = ",";
			last.count = 0;
		}
		last.lower = in.lower;
		last.count += in.count;
	}
	if (last.count)
		str_addf(out, "%s%llu:%llu", sep, (unsigned long long)last.lower,
			 (unsigned long long)last.count);
	return 0;
}

static int module_value(const struct workload_ctx *c, const struct fields *f,
			const struct form *form, int cpu, struct err *e)
{
	const char *stat = fields_get(f, "stat"), *text = fields_get(f, "value");
	double value;

	if (!stat)
		return err_set(e, ERR_INFRA, "'stat' is missing");
	if (!text || number_parse(text, &value))
		return err_set(e, ERR_INFRA, "'value': expected a number, got '%s'",
			       text ? text : "");
	record_value(c, form, stat, cpu, value * form->scale);
	return 0;
}

static int module_hist(const struct workload_ctx *c, const struct fields *f,
		       const struct form *form, int cpu, struct err *e)
{
	const char *text = fields_get(f, "buckets");
	cleanup_str struct str buckets = STR_INIT;
	long long sub;

	if (fields_int(f, "sub", 0, 8, &sub, e))
		return -1;
	if (!text)
		return err_set(e, ERR_INFRA, "'buckets' is missing");
	if (buckets_scale(text, (unsigned int)sub, form->scale, &buckets, e))
		return -1;
	record_begin(c, "hist", form, cpu);
	line_fieldf(c->out, "sub", "%lld", sub);
	line_field(c->out, "buckets", buckets.buf);
	record_end(c);
	return 0;
}

static int module_fields(const struct workload_ctx *c, const struct fields *f, struct err *e)
{
	const char *metric = fields_get(f, "metric"), *unit = fields_get(f, "unit");
	const struct workload_metric *m = metric ? metric_find(c->w, metric) : NULL;
	bool is_hist = !strcmp(f->word, "hist");
	long long cpu = -1;
	struct form form;
	int ret = 0;

	if (!is_hist && strcmp(f->word, "value"))
		return err_set(e, ERR_INFRA, "expected value or hist, got '%s'", f->word);
	if (!m || !unit || strcmp(unit, m->unit))
		return err_set(e, ERR_INFRA, "metric '%s' in '%s' is none of workload '%s'",
			       metric ? metric : "", unit ? unit : "", c->w->name);
	if (fields_get(f, "cpu") && fields_int(f, "cpu", -1, 4095, &cpu, e))
		return -1;
	form_init(&form, m, c->clock);
	if (!form.drop)
		ret = is_hist ? module_hist(c, f, &form, (int)cpu, e) :
				module_value(c, f, &form, (int)cpu, e);
	form_release(&form);
	return ret;
}

static int module_line(const struct workload_ctx *c, const char *line, size_t len, struct err *e)
{
	struct fields f;
	int ret;

	if (fields_parse(&f, line, len, e))
		return -1;
	ret = module_fields(c, &f, e);
	fields_release(&f);
	return ret;
}

int wctx_module_results(struct workload_ctx *c, const char *path, struct err *e)
{
	cleanup_str struct str text = STR_INIT;
	const char *p, *end, *nl;
	int number = 1;

	if (c->round < 0)
		return 0;
	if (file_read(path, RESULTS_MAX, &text, e))
		return -1;
	end = text.buf + text.len;
	for (p = text.buf; p < end; p = nl + 1, number++) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			return err_set(e, ERR_INFRA, "%s:%d: line without an end", path, number);
		if (module_line(c, p, (size_t)(nl - p), e))
			return err_prefix(e, "%s:%d", path, number);
	}
	return 0;
}
