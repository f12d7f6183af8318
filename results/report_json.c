// SPDX-License-Identifier: GPL-2.0
/* One JSON object per comparison. Every row is in it, whatever the terminal would show. */
#include <math.h>

#include "results/report_format.h"
#include "results/report_jansson.h"

/* Raised when a name changes its meaning; new names may come without. */
#define JSON_FORMAT 1

static json_t *boots(const struct boot_value *v, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *boot = json_object();

		report_put(boot, "boot", v[i].boot ? json_integer(v[i].boot) : json_null());
		report_put(boot, "block", json_integer(v[i].block));
		report_put(boot, "value", report_real(v[i].value));
		report_push(array, boot);
	}
	return array;
}

static json_t *side(double mid, double min, double max, json_t *values)
{
	json_t *o = json_object();

	report_put(o, "median", report_real(mid));
	report_put(o, "min", report_real(min));
	report_put(o, "max", report_real(max));
	report_put(o, "boots", values);
	return o;
}

/* The boots of one side that do not say what most of them say; all where there is no such value. */
static json_t *odd_boots(const struct boot_value *v, size_t n)
{
	json_t *o = json_object(), *list = json_array();
	size_t count;
	double usual = boots_usual(v, n, &count);

	for (size_t i = 0; i < n; i++) {
		json_t *boot;

		if (v[i].value == usual)
			continue;
		boot = json_object();
		report_put(boot, "boot", v[i].boot ? json_integer(v[i].boot) : json_null());
		report_put(boot, "block", json_integer(v[i].block));
		report_put(boot, "value", report_real(v[i].value));
		report_put(boot, "difference", report_real(v[i].value - usual));
		report_push(list, boot);
	}
	report_put(o, "usual", report_real(usual));
	report_put(o, "usual_boots", json_integer(isnan(usual) ? 0 : (json_int_t)count));
	report_put(o, "boots", list);
	return o;
}

/* null unless the values should repeat and do not; a side that agrees is null. */
static json_t *disagreement(const struct pair *p)
{
	json_t *o;

	if (!pair_disagrees(p))
		return json_null();
	o = json_object();
	report_put(o, "a", p->na && p->a_min != p->a_max ? odd_boots(p->a, p->na) : json_null());
	report_put(o, "b", p->nb && p->b_min != p->b_max ? odd_boots(p->b, p->nb) : json_null());
	return o;
}

static json_t *row(const struct pair *p)
{
	json_t *o = json_object();

	report_put(o, "target", report_string(p->target));
	report_put(o, "workload", report_string(p->workload));
	report_put(o, "metric", report_string(p->metric));
	report_put(o, "collector", report_string(p->collector));
	report_put(o, "stat", report_string(p->stat));
	report_put(o, "summary", json_boolean(p->summary));
	report_put(o, "unit", report_string(p->unit));
	report_put(o, "direction", report_string(direction_name(p->dir)));
	report_put(o, "evidence", report_string(evidence_name(p->ev)));
	report_put(o, "verdict", report_string(verdict_name(p->verdict)));
	report_put(o, "exact", json_boolean(p->exact));
	report_put(o, "a", side(p->a_mid, p->a_min, p->a_max, boots(p->a, p->na)));
	report_put(o, "b", side(p->b_mid, p->b_min, p->b_max, boots(p->b, p->nb)));
	report_put(o, "effect_kind", report_string(p->is_ratio ? "ratio" : "difference"));
	report_put(o, "effect", report_real(p->effect));
	report_put(o, "low", report_real(p->low));
	report_put(o, "high", report_real(p->high));
	report_put(o, "p", report_real(p->p));
	report_put(o, "p_holm", report_real(p->p_holm));
	report_put(o, "pairs", json_integer(p->pairs));
	report_put(o, "more_boots", p->more_boots ? json_integer(p->more_boots) : json_null());
	report_put(o, "identical_code", json_boolean(p->same_code));
	report_put(o, "noise", json_boolean(p->noise));
	report_put(o, "disagree", disagreement(p));
	report_put(o, "note", report_string(p->note));
	return o;
}

static json_t *variant(const char *name, const char *kernel, const char *cmdline)
{
	json_t *o = json_object();

	report_put(o, "variant", report_string(name));
	report_put(o, "kernel", report_string(kernel));
	report_put(o, "cmdline", report_string(cmdline));
	return o;
}

static json_t *rows(const struct comparison *c)
{
	json_t *array = json_array();

	for (size_t i = 0; i < c->n; i++)
		report_push(array, row(&c->pairs[i]));
	return array;
}

void report_json(const struct comparison *c, const struct report_context *ctx, struct str *out)
{
	json_t *o = json_object();

	report_put(o, "format", json_integer(JSON_FORMAT));
	report_put_run(o, ctx);
	report_put(o, "phases", report_string(c->random_phases ? "random" : "fixed"));
	report_put(o, "a", variant(c->a, ctx->kernel_a, ctx->cmdline_a));
	report_put(o, "b", variant(c->b, ctx->kernel_b, ctx->cmdline_b));
	report_put(o, "margin", report_real(c->margin));
	report_put(o, "judged_variants", json_integer(c->variants));
	report_put(o, "judged", json_integer(c->judged));
	report_put(o, "judged_collected", json_integer(c->judged_collected));
	report_put(o, "regressed", json_boolean(comparison_regressed(c)));
	report_put(o, "comparisons", rows(c));
	report_put(o, "footnotes", report_strings(ctx->footnotes));
	report_dump(o, out);
}
