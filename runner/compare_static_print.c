// SPDX-License-Identifier: GPL-2.0
/* A static comparison as text and as JSON. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/compare_static.h"

/* Names come out of the files: nothing of them may steer a terminal or break the JSON. */
static char *safe(const char *name)
{
	char *s = xstrdup(name);

	for (char *p = s; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	return s;
}

static size_t shown(const struct static_diff *d, int top)
{
	return top > 0 && d->n > (size_t)top ? (size_t)top : d->n;
}

static double other_value(const struct static_values *v, const char *metric)
{
	const struct static_value *f = static_values_find(v, metric);

	return f ? f->value : 0;
}

static bool has_values(const struct static_side side[2], const struct static_value *v)
{
	/* a preemption helper that neither build calls would only fill the screen */
	return !str_starts(v->metric, "jumps.") || v->value > 0 ||
	       other_value(&side[1].values, v->metric) > 0;
}

typedef void (*row_fn)(void *arg, const struct static_value *v, double a, double b);

/* Every figure of either side, in the order of the first. */
static void each_row(const struct static_side side[2], row_fn row, void *arg)
{
	for (size_t i = 0; i < side[0].values.n; i++) {
		const struct static_value *v = &side[0].values.v[i];

		if (has_values(side, v))
			row(arg, v, v->value, other_value(&side[1].values, v->metric));
	}
	for (size_t i = 0; i < side[1].values.n; i++) {
		const struct static_value *v = &side[1].values.v[i];

		if (!static_values_find(&side[0].values, v->metric) && has_values(side, v))
			row(arg, v, 0, v->value);
	}
}

/* With enough digits that a change never reads as none. */
static void text_percent(struct str *out, double percent)
{
	str_addf(out, fabs(percent) < 0.005 ? " %+8.1g %%" : " %+8.2f %%", percent);
}

static void text_row(void *arg, const struct static_value *v, double a, double b)
{
	cleanup_free char *name = safe(v->metric);
	struct str *out = arg;

	str_addf(out, "  %-38s %12.0f %12.0f ", name, a, b);
	if (a == b)
		str_add(out, "           =");
	else
		str_addf(out, "%+12.0f", b - a);
	if (a != b && a > 0)
		text_percent(out, (b / a - 1) * 100);
	str_addf(out, "%s%s\n", a == b ? "            " : a > 0 ? "  " : "            ", v->unit);
}

static const struct static_func *delta_func(const struct static_delta *d)
{
	return d->b ? d->b : d->a;
}

static void text_size(struct str *out, const struct static_func *f)
{
	if (f)
		str_addf(out, " %9llu", (unsigned long long)f->size);
	else
		str_add(out, "         -");
}

static void text_function(struct str *out, const struct static_delta *d)
{
	const struct static_func *f = delta_func(d);
	cleanup_free char *name = safe(f->name);
	cleanup_free char *file = safe(f->file);

	str_addf(out, "  %+8lld", d->bytes);
	text_size(out, d->a);
	text_size(out, d->b);
	str_addf(out, "  %-8s %s%s%s%s\n", static_change_name(d->change), name, *file ? " (" : "",
		 file, *file ? ")" : "");
}

static void text_summary(struct str *out, const struct static_diff *d)
{
	if (!d->n) {
		str_addf(out, "\nidentical code: all %zu functions are equal, wherever they lie\n",
			 d->same);
		return;
	}
	str_addf(out,
		 "\nfunctions: %zu with equal code; %zu grown, %zu shrunk, %zu of the same size with other "
		 "code, %zu added, %zu removed (%+lld and %+lld bytes)\n",
		 d->same, d->count[SC_GROWN], d->count[SC_SHRUNK], d->count[SC_CODE],
		 d->count[SC_ADDED], d->count[SC_REMOVED], d->grown, -d->shrunk);
}

void static_print_text(const struct static_side side[2], const struct static_diff *d, int top,
		       struct str *out)
{
	str_addf(out, "static comparison, %s (counted in the files, exact)\n", side[0].image->arch);
	for (int i = 0; i < 2; i++)
		str_addf(out, "  %c  %s%s%s%s\n", "AB"[i], side[i].name, *side[i].about ? " (" : "",
			 side[i].about, *side[i].about ? ")" : "");
	str_addf(out, "\n  %-38s %12s %12s %12s\n", "", "A", "B", "B - A");
	each_row(side, text_row, out);
	text_summary(out, d);
	if (d->n)
		str_addf(out, "\n  %8s %9s %9s\n", "B - A", "A", "B");
	for (size_t i = 0; i < shown(d, top); i++)
		text_function(out, &d->d[i]);
	if (shown(d, top) < d->n)
		str_addf(out, "  … %zu more; --all lists them\n", d->n - shown(d, top));
}

static void json_row(void *arg, const struct static_value *v, double a, double b)
{
	cleanup_free char *name = safe(v->metric);

	json_array_append_new(arg, json_pack("{s:s, s:s, s:s, s:I, s:I}", "metric", name, "unit",
					     v->unit, "direction", direction_name(v->dir), "a",
					     (json_int_t)a, "b", (json_int_t)b));
}

static json_t *json_side(const struct static_func *f)
{
	if (!f)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I}", "bytes", (json_int_t)f->size, "instructions",
			 (json_int_t)f->insns, "calls", (json_int_t)f->calls, "atomics",
			 (json_int_t)f->atomics);
}

static json_t *json_function(const struct static_delta *d)
{
	cleanup_free char *name = safe(delta_func(d)->name);
	cleanup_free char *file = safe(delta_func(d)->file);

	return json_pack("{s:s, s:s, s:s, s:I, s:o, s:o}", "name", name, "file", file, "change",
			 static_change_name(d->change), "bytes", (json_int_t)d->bytes, "a",
			 json_side(d->a), "b", json_side(d->b));
}

static json_t *json_functions(const struct static_diff *d, int top)
{
	json_t *list = json_array(), *o;

	for (size_t i = 0; i < shown(d, top); i++)
		json_array_append_new(list, json_function(&d->d[i]));
	o = json_pack("{s:I, s:I, s:I}", "equal", (json_int_t)d->same, "bytes_gained",
		      (json_int_t)d->grown, "bytes_lost", (json_int_t)d->shrunk);
	for (int i = 0; i < SC_COUNT; i++)
		json_object_set_new(o, static_change_name((enum static_change)i),
				    json_integer((json_int_t)d->count[i]));
	json_object_set_new(o, "list", list);
	return o;
}

static json_t *json_file(const struct static_side *s)
{
	cleanup_free char *name = safe(s->name);
	cleanup_free char *path = safe(s->path);

	return json_pack("{s:s, s:s, s:s}", "name", name, "file", path, "about", s->about);
}

void static_print_json(const struct static_side side[2], const struct static_diff *d, int top,
		       struct str *out)
{
	json_t *figures = json_array(), *root;
	cleanup_free char *text = NULL;

	each_row(side, json_row, figures);
	root = json_pack("{s:s, s:s, s:o, s:o, s:b, s:o, s:o}", "evidence",
			 evidence_name(EV_STATIC), "arch", side[0].image->arch, "a",
			 json_file(&side[0]), "b", json_file(&side[1]), "identical_code", d->n == 0,
			 "figures", figures, "functions", json_functions(d, top));
	text = json_dumps(root, JSON_INDENT(2));
	str_addf(out, "%s\n", text ? text : "{}");
	json_decref(root);
}
