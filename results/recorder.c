// SPDX-License-Identifier: GPL-2.0
#include "results/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct metric *metric_find(const struct metric *table, const char *name)
{
	for (const struct metric *m = table; m && m->name; m++)
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
	bool sparse;
	bool drop; /* says nothing here */
};

static void form_release(struct form *f)
{
	free(f->metric);
	free(f->unit);
}

/* "ns", "ns/…", or anything per second? */
static bool unit_is_timed(const char *unit)
{
	const char *per = strrchr(unit, '/');

	return unit_of(unit, "ns") || (per && !strcmp(per, "/s"));
}

/*
 * An emulator's clock is no evidence for a count, and no reason to doubt one: events that are
 * counted in software are counted exactly. What it says in seconds is no time of a machine, also where it follows from
 * the instructions. A PMU is the emulator's own: it counts real instructions only where the emulator does (the clock is
 * simulated), and cycles never.
 */
static void form_of_count(struct form *f, const char *unit, enum evidence clock)
{
	bool instructions = unit_of(unit, "instructions"), cycles = unit_of(unit, "cycles");

	f->ev = clock;
	if (clock != EV_EMULATED_TIME && clock != EV_SIMULATED)
		return;
	f->drop = cycles || (instructions && clock == EV_EMULATED_TIME);
	f->ev = unit_is_timed(unit) ? EV_EMULATED_TIME : EV_SIMULATED;
}

static void form_init(struct form *f, const struct metric *m, const struct guest_clock *k)
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
static void record_begin(const struct recorder *c, const char *word, const struct form *f, int cpu)
{
	line_begin(c->out, word);
	line_fieldf(c->out, "w", "%d", c->number);
	line_field(c->out, "metric", f->metric);
	line_field(c->out, "unit", f->unit);
	line_field(c->out, "dir", direction_name(f->dir));
	line_field(c->out, "ev", evidence_name(f->ev));
	line_fieldf(c->out, "round", "%d", c->round);
	line_fieldf(c->out, "cpu", "%d", cpu);
	if (c->by)
		line_field(c->out, "by", c->by);
	if (f->sparse)
		line_field(c->out, "sparse", "1");
}

static void record_end(const struct recorder *c)
{
	line_end(c->out);
	++*c->records;
}

static void record_value(const struct recorder *c, const struct form *f, const char *stat, int cpu,
			 double value)
{
	record_begin(c, "value", f, cpu);
	line_field(c->out, "stat", stat);
	/* 17 digits bring a double back to the last bit */
	line_fieldf(c->out, "value", "%.17g", value);
	record_end(c);
}

/* In all rounds from @first to this one: @value, and zero before it. */
static void record_rounds(const struct recorder *c, const struct metric *m, const char *stat,
			  int cpu, double value, bool sparse, int first)
{
	struct recorder at = *c;
	struct form f;

	if (c->round < 0)
		return;
	form_init(&f, m, c->clock);
	f.sparse = sparse;
	for (at.round = first; !f.drop && at.round <= c->round; at.round++)
		record_value(&at, &f, stat, cpu, at.round == c->round ? value * f.scale : 0);
	form_release(&f);
}

void recorder_value(const struct recorder *c, const struct metric *m, const char *stat, int cpu,
		    double value)
{
	record_rounds(c, m, stat, cpu, value, false, c->round);
}

void recorder_sparse(const struct recorder *c, const struct metric *m, const char *stat, int cpu,
		     double value, bool new)
{
	record_rounds(c, m, stat, cpu, value, true, new ? 0 : c->round);
}

uint64_t hist_lower(unsigned int i)
{
	unsigned int shift;

	if (i < (2U << HIST_SUB))
		return i;
	shift = (i >> HIST_SUB) - 1;
	return (uint64_t)(i - (shift << HIST_SUB)) << shift;
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

static void buckets_add(struct str *out, const struct bucket *b)
{
	str_addf(out, "%s%llu:%llu", out->len ? "," : "", (unsigned long long)b->lower,
		 (unsigned long long)b->count);
}

/* Scaled buckets in rising order; neighbours that fall together are added. */
static int buckets_scale(const char *text, unsigned int sub, double scale, struct str *out,
			 struct err *e)
{
	struct bucket in = { 0, 0 }, last = { 0, 0 };

	while (*text) {
		if (bucket_parse(&text, &in, e))
			return -1;
		in.lower = bucket_scale(in.lower, sub, scale);
		if (last.count && in.lower < last.lower)
			return err_set(e, ERR_INFRA, "buckets are not in rising order");
		if (last.count && in.lower != last.lower) {
			buckets_add(out, &last);
			last.count = 0;
		}
		last.lower = in.lower;
		last.count += in.count;
	}
	if (last.count)
		buckets_add(out, &last);
	return 0;
}

static int module_value(const struct recorder *c, const struct fields *f, const struct form *form,
			int cpu, struct err *e)
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

static int module_hist(const struct recorder *c, const struct fields *f, const struct form *form,
		       int cpu, struct err *e)
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

static int module_fields(const struct recorder *c, const struct metric *table,
			 const struct fields *f, struct err *e)
{
	const char *metric = fields_get(f, "metric"), *unit = fields_get(f, "unit");
	const struct metric *m = metric ? metric_find(table, metric) : NULL;
	bool is_hist = !strcmp(f->word, "hist");
	long long cpu = -1;
	struct form form;
	int ret = 0;

	if (!is_hist && strcmp(f->word, "value"))
		return err_set(e, ERR_INFRA, "expected value or hist, got '%s'", f->word);
	if (!m || !unit || strcmp(unit, m->unit))
		return err_set(e, ERR_INFRA, "metric '%s' in '%s' is unknown here",
			       metric ? metric : "", unit ? unit : "");
	if (fields_get(f, "cpu") && fields_int(f, "cpu", -1, 4095, &cpu, e))
		return -1;
	form_init(&form, m, c->clock);
	if (!form.drop)
		ret = is_hist ? module_hist(c, f, &form, (int)cpu, e) :
				module_value(c, f, &form, (int)cpu, e);
	form_release(&form);
	return ret;
}

static int module_line(const struct recorder *c, const struct metric *table, const char *line,
		       size_t len, struct err *e)
{
	struct fields f;
	int ret;

	if (fields_parse(&f, line, len, e))
		return -1;
	ret = module_fields(c, table, &f, e);
	fields_release(&f);
	return ret;
}

int recorder_module_lines(const struct recorder *c, const struct metric *table, const char *name,
			  const struct str *lines, struct err *e)
{
	const char *text = lines->buf, *end = text + lines->len, *nl;
	int number = 1;

	if (c->round < 0)
		return 0;
	for (; text < end; text = nl + 1, number++) {
		nl = memchr(text, '\n', (size_t)(end - text));
		if (!nl)
			return err_set(e, ERR_INFRA, "%s:%d: line without an end", name, number);
		if (module_line(c, table, text, (size_t)(nl - text), e))
			return err_prefix(e, "%s:%d", name, number);
	}
	return 0;
}

/* The buckets that hold something; scaling keeps their order, and those that fall together are added. */
static void hist_buckets(const struct hist *h, double scale, struct str *out)
{
	struct bucket last = { 0, 0 };

	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		uint64_t lower;

		if (!h->count[i])
			continue;
		lower = scale == 1 ? hist_lower(i) : bucket_scale(hist_lower(i), HIST_SUB, scale);
		if (last.count && lower != last.lower) {
			buckets_add(out, &last);
			last.count = 0;
		}
		last.lower = lower;
		last.count += h->count[i];
	}
	if (last.count)
		buckets_add(out, &last);
}

void recorder_hist(const struct recorder *c, const struct metric *m, int cpu, const struct hist *h)
{
	cleanup_str struct str buckets = STR_INIT;
	struct form f;

	if (c->round < 0)
		return;
	form_init(&f, m, c->clock);
	hist_buckets(h, f.scale, &buckets);
	if (!f.drop && buckets.len) {
		record_begin(c, "hist", &f, cpu);
		line_fieldf(c->out, "sub", "%d", HIST_SUB);
		line_field(c->out, "buckets", buckets.buf);
		record_end(c);
	}
	form_release(&f);
}

static void note_write(const struct recorder *c, int round, int cpu, const char *key,
		       const char *text)
{
	cleanup_str struct str cut = STR_INIT;
	size_t len = strlen(text);

	str_addmem(&cut, text, len < NOTE_MAX ? len : NOTE_MAX);
	line_begin(c->out, "note");
	line_fieldf(c->out, "w", "%d", c->number);
	line_fieldf(c->out, "round", "%d", round);
	line_fieldf(c->out, "cpu", "%d", cpu);
	line_field(c->out, "key", key);
	line_field(c->out, "value", cut.buf);
	line_end(c->out);
}

void recorder_note(const struct recorder *c, int cpu, const char *key, const char *text)
{
	if (c->round >= 0)
		note_write(c, c->round, cpu, key, text);
}

void recorder_fact(const struct recorder *c, const char *key, const char *text)
{
	note_write(c, -1, -1, key, text);
}
