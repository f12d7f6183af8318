// SPDX-License-Identifier: GPL-2.0
#include <math.h>

#include "results/report_format.h"
#include "results/report_jansson.h"
#include "results/report_latency.h"

/* Raised when a name changes its meaning; new names may come without. */
#define JSON_FORMAT 1

static json_t *bounds(const struct latency_bounds *b)
{
	json_t *o = json_object();

	report_put(o, "low", report_real(b->low));
	report_put(o, "high", report_real(b->high));
	return o;
}

static json_t *figure(const struct latency_row *r, const struct latency_figure *f)
{
	json_t *o = json_object(), *boots = json_array();

	for (size_t i = 0; i < r->nboot; i++) {
		json_t *boot = bounds(&f->boot[i]);

		report_put(boot, "boot", json_integer(r->boot[i].boot));
		report_put(boot, "block", json_integer(r->boot[i].block));
		report_push(boots, boot);
	}
	report_put(o, "figure", report_string(f->name));
	report_put(o, "unit", report_string(f->unit));
	report_put(o, "direction", report_string(direction_name(f->dir)));
	report_put(o, "evidence", report_string(evidence_name(f->ev)));
	report_put(o, "boots", json_integer((json_int_t)f->boots));
	report_put(o, "median", bounds(&f->mid));
	report_put(o, "range", bounds(&f->range));
	report_put(o, "interval", f->why ? json_null() : bounds(&f->ci));
	report_put(o, "method", report_string(f->kind == LATENCY_ORDER ? "order statistics" : "t"));
	report_put(o, "no_interval", report_string(f->why));
	report_put(o, "exact", json_boolean(f->exact));
	report_put(o, "values", boots);
	return o;
}

static json_t *sender(const struct latency_sender *s)
{
	json_t *o = json_object();

	report_put(o, "cause", report_string(s->cause));
	report_put(o, "sender", report_string(s->sender));
	report_put(o, "count", report_real(s->count));
	return o;
}

static json_t *worst(const struct latency_timeline *w)
{
	cleanup_strv struct strv lines = STRV_INIT;
	json_t *o = json_object();

	strv_split(&lines, w->text, "\n");
	report_put(o, "gap_ns", report_real(w->gap));
	report_put(o, "boot", json_integer(w->boot));
	report_put(o, "round", json_integer(w->round));
	report_put(o, "timeline", report_strings(&lines));
	return o;
}

static json_t *row(const struct latency_row *r)
{
	json_t *o = json_object(), *figures = json_array(), *senders = json_array();
	json_t *cases = json_array();

	for (size_t i = 0; i < r->nfigure; i++)
		report_push(figures, figure(r, &r->figure[i]));
	for (size_t i = 0; i < r->nsender; i++)
		report_push(senders, sender(&r->sender[i]));
	for (size_t i = 0; i < r->nworst; i++)
		report_push(cases, worst(&r->worst[i]));
	report_put(o, "target", report_string(r->target));
	report_put(o, "workload", report_string(r->workload));
	report_put(o, "variant", report_string(r->variant));
	report_put(o, "cpu", r->cpu < 0 ? json_null() : json_integer(r->cpu));
	report_put(o, "figures", figures);
	report_put(o, "senders", senders);
	report_put(o, "worst", cases);
	report_put(o, "not_honoured", report_strings(&r->dishonoured));
	return o;
}

static json_t *pair(const struct pair *p)
{
	json_t *o = json_object();

	report_put(o, "figure", report_string(p->metric));
	report_put(o, "unit", report_string(p->unit));
	report_put(o, "evidence", report_string(evidence_name(p->ev)));
	report_put(o, "verdict", report_string(verdict_name(p->verdict)));
	report_put(o, "exact", json_boolean(p->exact));
	report_put(o, "a", report_real(p->a_mid));
	report_put(o, "b", report_real(p->b_mid));
	report_put(o, "effect_kind", report_string(p->is_ratio ? "ratio" : "difference"));
	report_put(o, "effect", report_real(p->effect));
	report_put(o, "low", report_real(p->low));
	report_put(o, "high", report_real(p->high));
	report_put(o, "p_holm", report_real(p->p_holm));
	report_put(o, "more_boots", p->more_boots ? json_integer(p->more_boots) : json_null());
	report_put(o, "note", report_string(p->note));
	return o;
}

static json_t *against(const struct latency_comparison *lc)
{
	json_t *o = json_object(), *figures = json_array();

	for (size_t i = 0; i < lc->c.n; i++)
		report_push(figures, pair(&lc->c.pairs[i]));
	report_put(o, "target", report_string(lc->b->target));
	report_put(o, "workload", report_string(lc->b->workload));
	report_put(o, "cpu", lc->b->cpu < 0 ? json_null() : json_integer(lc->b->cpu));
	report_put(o, "a", report_string(lc->c.a));
	report_put(o, "b", report_string(lc->c.b));
	report_put(o, "figures", figures);
	return o;
}

void report_latency_json(const struct latency *l, const struct report_context *ctx, struct str *out)
{
	json_t *o = json_object(), *rows = json_array(), *comparisons = json_array();

	for (size_t i = 0; i < l->nrow; i++)
		report_push(rows, row(&l->row[i]));
	for (size_t i = 0; i < l->nagainst; i++)
		report_push(comparisons, against(&l->against[i]));
	report_put(o, "format", json_integer(JSON_FORMAT));
	report_put_run(o, ctx);
	report_put(o, "baseline", report_string(l->baseline));
	report_put(o, "margin", report_real(l->margin));
	report_put(o, "rows", rows);
	report_put(o, "comparisons", comparisons);
	report_put(o, "footnotes", report_strings(ctx->footnotes));
	report_dump(o, out);
}
