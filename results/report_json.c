// SPDX-License-Identifier: GPL-2.0
/* One JSON object per comparison. Every row is in it, whatever the terminal would show. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "results/report_format.h"

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

static void put(json_t *object, const char *name, json_t *value)
{
	/* the only failure is memory, which ends the program everywhere else too */
	if (json_object_set_new(object, name, value))
		abort();
}

static json_t *boots(const struct boot_value *v, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *boot = json_object();

		put(boot, "boot", v[i].boot ? json_integer(v[i].boot) : json_null());
		put(boot, "block", json_integer(v[i].block));
		put(boot, "value", number(v[i].value));
		if (json_array_append_new(array, boot))
			abort();
	}
	return array;
}

static json_t *side(double mid, double min, double max, json_t *values)
{
	json_t *o = json_object();

	put(o, "median", number(mid));
	put(o, "min", number(min));
	put(o, "max", number(max));
	put(o, "boots", values);
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
		put(boot, "boot", v[i].boot ? json_integer(v[i].boot) : json_null());
		put(boot, "block", json_integer(v[i].block));
		put(boot, "value", number(v[i].value));
		put(boot, "difference", number(v[i].value - usual));
		if (json_array_append_new(list, boot))
			abort();
	}
	put(o, "usual", number(usual));
	put(o, "usual_boots", json_integer(isnan(usual) ? 0 : (json_int_t)count));
	put(o, "boots", list);
	return o;
}

/* null unless the values should repeat and do not; a side that agrees is null. */
static json_t *disagreement(const struct pair *p)
{
	json_t *o;

	if (!pair_disagrees(p))
		return json_null();
	o = json_object();
	put(o, "a", p->na && p->a_min != p->a_max ? odd_boots(p->a, p->na) : json_null());
	put(o, "b", p->nb && p->b_min != p->b_max ? odd_boots(p->b, p->nb) : json_null());
	return o;
}

static json_t *row(const struct pair *p)
{
	json_t *o = json_object();

	put(o, "target", text(p->target));
	put(o, "workload", text(p->workload));
	put(o, "metric", text(p->metric));
	put(o, "collector", text(p->collector));
	put(o, "stat", text(p->stat));
	put(o, "summary", json_boolean(p->summary));
	put(o, "unit", text(p->unit));
	put(o, "direction", text(direction_name(p->dir)));
	put(o, "evidence", text(evidence_name(p->ev)));
	put(o, "verdict", text(verdict_name(p->verdict)));
	put(o, "exact", json_boolean(p->exact));
	put(o, "a", side(p->a_mid, p->a_min, p->a_max, boots(p->a, p->na)));
	put(o, "b", side(p->b_mid, p->b_min, p->b_max, boots(p->b, p->nb)));
	put(o, "effect_kind", text(p->is_ratio ? "ratio" : "difference"));
	put(o, "effect", number(p->effect));
	put(o, "low", number(p->low));
	put(o, "high", number(p->high));
	put(o, "p", number(p->p));
	put(o, "p_holm", number(p->p_holm));
	put(o, "pairs", json_integer(p->pairs));
	put(o, "more_boots", p->more_boots ? json_integer(p->more_boots) : json_null());
	put(o, "identical_code", json_boolean(p->same_code));
	put(o, "noise", json_boolean(p->noise));
	put(o, "disagree", disagreement(p));
	put(o, "note", text(p->note));
	return o;
}

static json_t *variant(const char *name, const char *kernel, const char *cmdline)
{
	json_t *o = json_object();

	put(o, "variant", text(name));
	put(o, "kernel", text(kernel));
	put(o, "cmdline", text(cmdline));
	return o;
}

static json_t *rows(const struct comparison *c)
{
	json_t *array = json_array();

	for (size_t i = 0; i < c->n; i++)
		if (json_array_append_new(array, row(&c->pairs[i])))
			abort();
	return array;
}

static json_t *footnotes(const struct strv *v)
{
	json_t *array = json_array();

	for (size_t i = 0; v && i < v->n; i++)
		if (json_array_append_new(array, text(v->v[i])))
			abort();
	return array;
}

void report_json(const struct comparison *c, const struct report_context *ctx, struct str *out)
{
	json_t *o = json_object();
	char *dump;

	put(o, "format", json_integer(JSON_FORMAT));
	put(o, "run", json_integer(ctx->run_id));
	put(o, "suite", text(ctx->suite));
	put(o, "host", text(ctx->host));
	put(o, "cpu_model", text(ctx->cpu_model));
	put(o, "machine", text(ctx->machine));
	put(o, "database", text(ctx->db));
	put(o, "a", variant(c->a, ctx->kernel_a, ctx->cmdline_a));
	put(o, "b", variant(c->b, ctx->kernel_b, ctx->cmdline_b));
	put(o, "boots_ok", json_integer(ctx->boots_ok));
	put(o, "boots_broken", json_integer(ctx->boots_broken));
	put(o, "margin", number(c->margin));
	put(o, "judged", json_integer(c->judged));
	put(o, "judged_collected", json_integer(c->judged_collected));
	put(o, "regressed", json_boolean(comparison_regressed(c)));
	put(o, "comparisons", rows(c));
	put(o, "footnotes", footnotes(ctx->footnotes));
	dump = json_dumps(o, JSON_INDENT(2));
	json_decref(o);
	if (!dump)
		abort();
	str_add(out, dump);
	str_addch(out, '\n');
	free(dump);
}
