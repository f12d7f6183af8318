// SPDX-License-Identifier: GPL-2.0
/* Boots that should say the same and do not, in words. */
#include <math.h>
#include <string.h>

#include "results/report_format.h"

#define BOOTS_MAX 3 /* that one line names */

static void add_boot(const struct boot_value *v, struct str *out)
{
	if (v->boot)
		str_addf(out, "boot %lld (block %d) ", v->boot, v->block);
	else
		str_addf(out, "block %d ", v->block);
	report_number(v->value, out);
}

/* A fraction of what is usual; nothing where that is zero. */
static void add_by_how_much(double value, double usual, struct str *out)
{
	double percent = (value / usual - 1) * 100;

	if (usual != 0 && isfinite(percent))
		str_addf(out, fabs(percent) < 0.01 ? " (%+.1g %%)" : " (%+.2f %%)", percent);
}

static void add_scattered(size_t n, double min, double max, struct str *out)
{
	str_addf(out, "every one of %zu boots says something else, from ", n);
	report_number(min, out);
	str_add(out, " to ");
	report_number(max, out);
	add_by_how_much(max, min, out);
}

static void add_odd_boots(const struct boot_value *v, size_t n, double usual, size_t odd,
			  struct str *out)
{
	size_t named = 0;

	for (size_t i = 0; i < n && named < BOOTS_MAX; i++) {
		if (v[i].value == usual)
			continue;
		str_add(out, named++ ? ", " : "");
		add_boot(&v[i], out);
		add_by_how_much(v[i].value, usual, out);
	}
	if (odd > named)
		str_addf(out, " and %zu more", odd - named);
	str_add(out, ", the others ");
	report_number(usual, out);
}

static void add_side(const char *variant, const struct boot_value *v, size_t n, double min,
		     double max, struct str *out)
{
	size_t count;
	double usual;

	if (!n || min == max)
		return;
	usual = boots_usual(v, n, &count);
	str_add(out, ": ");
	report_clean(variant, out);
	str_add(out, ": ");
	if (isnan(usual))
		add_scattered(n, min, max, out);
	else
		add_odd_boots(v, n, usual, n - count, out);
}

static void add_pair(const struct comparison *c, const struct pair *p, struct strv *out)
{
	cleanup_str struct str line = STR_INIT;
	bool twice = c->a && c->b && !strcmp(c->a, c->b);

	str_add(&line, "disagree: ");
	report_clean(p->target, &line);
	str_add(&line, " ");
	report_clean(p->workload, &line);
	str_add(&line, " ");
	report_metric(p, &line);
	add_side(c->a, p->a, p->na, p->a_min, p->a_max, &line);
	if (!twice)
		add_side(c->b, p->b, p->nb, p->b_min, p->b_max, &line);
	strv_push(out, line.buf);
}

void report_disagreements(const struct comparison *c, const struct report_context *ctx, size_t max,
			  struct strv *out)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n && !c->random_phases; i++) {
		if (!pair_disagrees(&c->pairs[i]) || !report_shows(&c->pairs[i], ctx))
			continue;
		if (n++ < max)
			add_pair(c, &c->pairs[i], out);
	}
	if (n > max)
		strv_pushf(out, "disagree: and %zu more; --format json has all of them", n - max);
}
