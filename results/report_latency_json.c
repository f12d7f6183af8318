// SPDX-License-Identifier: GPL-2.0
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report_format.h"
#include "results/report_latency.h"

/* Raised when a name changes its meaning; new names may come without. */
#define JSON_FORMAT 1

static json_t *text(const char *s)
{
	cleanup_str struct str clean = STR_INIT;

	if (!s)
		return json_null();
	report_clean(s, &clean);
	return json_string(clean.buf);
}

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

/* The only failure is memory, which ends the program everywhere else too. */
static void put(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value))
		abort();
}

static void push(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		abort();
}

static json_t *bounds(const struct latency_bounds *b)
{
	json_t *o = json_object();

	put(o, "low", number(b->low));
	put(o, "high", number(b->high));
	return o;
}

static json_t *texts(const struct strv *v)
{
	json_t *array = json_array();

	for (size_t i = 0; v && i < v->n; i++)
		push(array, text(v->v[i]));
	return array;
}

static json_t *figure(const struct latency_row *r, const struct latency_figure *f)
{
	json_t *o = json_object(), *boots = json_array();

	for (size_t i = 0; i < r->nboot; i++) {
		json_t *boot = bounds(&f->boot[i]);

		put(boot, "boot", json_integer(r->boot[i].boot));
		put(boot, "block", json_integer(r->boot[i].block));
		push(boots, boot);
	}
	put(o, "figure", text(f->name));
	put(o, "unit", text(f->unit));
	put(o, "direction", text(direction_name(f->dir)));
	put(o, "evidence", text(evidence_name(f->ev)));
	put(o, "boots", json_integer((json_int_t)f->boots));
	put(o, "median", bounds(&f->mid));
	put(o, "range", bounds(&f->range));
	put(o, "interval", f->why ? json_null() : bounds(&f->ci));
	put(o, "method", text(f->kind == LATENCY_ORDER ? "order statistics" : "t"));
	put(o, "no_interval", text(f->why));
	put(o, "exact", json_boolean(f->exact));
	put(o, "values", boots);
	return o;
}

static json_t *sender(const struct latency_sender *s)
{
	json_t *o = json_object();

	put(o, "cause", text(s->cause));
	put(o, "sender", text(s->sender));
	put(o, "count", number(s->count));
	return o;
}

static json_t *worst(const struct latency_timeline *w)
{
	cleanup_strv struct strv lines = STRV_INIT;
	json_t *o = json_object();

	strv_split(&lines, w->text, "\n");
	put(o, "gap_ns", number(w->gap));
	put(o, "boot", json_integer(w->boot));
	put(o, "round", json_integer(w->round));
	put(o, "timeline", texts(&lines));
	return o;
}

static json_t *row(const struct latency_row *r)
{
	json_t *o = json_object(), *figures = json_array(), *senders = json_array();
	json_t *cases = json_array();

	for (size_t i = 0; i < r->nfigure; i++)
		push(figures, figure(r, &r->figure[i]));
	for (size_t i = 0; i < r->nsender; i++)
		push(senders, sender(&r->sender[i]));
	for (size_t i = 0; i < r->nworst; i++)
		push(cases, worst(&r->worst[i]));
	put(o, "target", text(r->target));
	put(o, "workload", text(r->workload));
	put(o, "variant", text(r->variant));
	put(o, "cpu", r->cpu < 0 ? json_null() : json_integer(r->cpu));
	put(o, "figures", figures);
	put(o, "senders", senders);
	put(o, "worst", cases);
	put(o, "not_honoured", texts(&r->dishonoured));
	return o;
}

static json_t *pair(const struct pair *p)
{
	json_t *o = json_object();

	put(o, "figure", text(p->metric));
	put(o, "unit", text(p->unit));
	put(o, "evidence", text(evidence_name(p->ev)));
	put(o, "verdict", text(verdict_name(p->verdict)));
	put(o, "exact", json_boolean(p->exact));
	put(o, "a", number(p->a_mid));
	put(o, "b", number(p->b_mid));
	put(o, "effect_kind", text(p->is_ratio ? "ratio" : "difference"));
	put(o, "effect", number(p->effect));
	put(o, "low", number(p->low));
	put(o, "high", number(p->high));
	put(o, "p_holm", number(p->p_holm));
	put(o, "more_boots", p->more_boots ? json_integer(p->more_boots) : json_null());
	put(o, "note", text(p->note));
	return o;
}

static json_t *against(const struct latency_comparison *lc)
{
	json_t *o = json_object(), *figures = json_array();

	for (size_t i = 0; i < lc->c.n; i++)
		push(figures, pair(&lc->c.pairs[i]));
	put(o, "target", text(lc->b->target));
	put(o, "workload", text(lc->b->workload));
	put(o, "cpu", lc->b->cpu < 0 ? json_null() : json_integer(lc->b->cpu));
	put(o, "a", text(lc->c.a));
	put(o, "b", text(lc->c.b));
	put(o, "figures", figures);
	return o;
}

void report_latency_json(const struct latency *l, const struct report_context *ctx, struct str *out)
{
	json_t *o = json_object(), *rows = json_array(), *comparisons = json_array();
	char *dump;

	for (size_t i = 0; i < l->nrow; i++)
		push(rows, row(&l->row[i]));
	for (size_t i = 0; i < l->nagainst; i++)
		push(comparisons, against(&l->against[i]));
	put(o, "format", json_integer(JSON_FORMAT));
	put(o, "run", json_integer(ctx->run_id));
	put(o, "suite", text(ctx->suite));
	put(o, "host", text(ctx->host));
	put(o, "cpu_model", text(ctx->cpu_model));
	put(o, "machine", text(ctx->machine));
	put(o, "database", text(ctx->db));
	put(o, "boots_ok", json_integer(ctx->boots_ok));
	put(o, "boots_broken", json_integer(ctx->boots_broken));
	put(o, "baseline", text(l->baseline));
	put(o, "margin", number(l->margin));
	put(o, "rows", rows);
	put(o, "comparisons", comparisons);
	put(o, "footnotes", texts(ctx->footnotes));
	dump = json_dumps(o, JSON_INDENT(2));
	json_decref(o);
	if (!dump)
		abort();
	str_add(out, dump);
	str_addch(out, '\n');
	free(dump);
}
