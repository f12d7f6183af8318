// SPDX-License-Identifier: GPL-2.0
/* From figures to an ordered, judged report. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/latency_figures.h"
#include "runner/base/str.h"

#define OBSERVED                                                                                   \
	"-observed" /* runner/plan.h: the boots of a variant with collectors that disturb */

static bool same_workload(const struct latency_row *a, const struct latency_row *b)
{
	return a->number == b->number && !strcmp(a->target, b->target);
}

static const struct latency_row *find_row(const struct latency *l, const struct latency_row *like,
					  const char *variant, int cpu)
{
	for (size_t i = 0; i < l->nrow; i++)
		if (l->row[i].cpu == cpu && same_workload(&l->row[i], like) &&
		    !strcmp(l->row[i].variant, variant))
			return &l->row[i];
	return NULL;
}

/* --- which rows there are --- */

/* Did the collector say anything, of any CPU, of this boot's workload? */
static bool was_there(const struct latency *l, const struct latency_row *r, long long boot)
{
	for (size_t i = 0; i < l->nrow; i++) {
		const struct latency_row *o = &l->row[i];

		if (!same_workload(o, r) || strcmp(o->variant, r->variant) != 0)
			continue;
		for (size_t j = 0; j < o->nboot; j++)
			if (o->boot[j].boot == boot && o->boot[j].traced)
				return true;
	}
	return false;
}

/* A suite has one list of CPUs to watch: one of which anything was ever said on this target is on it. */
static bool is_watched(const struct latency *l, const struct latency_row *r)
{
	for (size_t i = 0; i < l->nrow; i++) {
		const struct latency_row *o = &l->row[i];

		if (o->cpu != r->cpu || strcmp(o->target, r->target) != 0)
			continue;
		for (size_t j = 0; j < o->nboot; j++)
			if (o->boot[j].traced)
				return true;
	}
	return false;
}

/* A watched CPU of which a boot says nothing was not interrupted. */
static void spread_traced(struct latency *l)
{
	for (size_t i = 0; i < l->nrow; i++) {
		struct latency_row *r = &l->row[i];

		if (r->cpu < 0 || !is_watched(l, r))
			continue;
		for (size_t j = 0; j < r->nboot; j++)
			r->boot[j].traced = r->boot[j].traced || was_there(l, r, r->boot[j].boot);
	}
	for (size_t i = 0; i < l->nrow; i++)
		for (size_t j = 0; l->row[i].cpu < 0 && j < l->row[i].nboot; j++)
			l->row[i].boot[j].traced = false;
}

/* A CPU with a task that looked at its clock, or that the plugin followed. Of a whole workload, what it says. */
static bool is_isolated(const struct latency_row *r)
{
	if (r->cpu < 0)
		return true;
	for (size_t i = 0; i < r->nboot; i++)
		if (r->boot[i].ticked || r->boot[i].followed || r->boot[i].gap.samples ||
		    !isnan(r->boot[i].gap_max))
			return true;
	return false;
}

static void drop_rows(struct latency *l, bool (*keep)(const struct latency_row *r))
{
	size_t n = 0;

	for (size_t i = 0; i < l->nrow; i++) {
		if (keep(&l->row[i]))
			l->row[n++] = l->row[i];
		else
			latency_row_release(&l->row[i]);
	}
	l->nrow = n;
}

static bool says_something(const struct latency_row *r)
{
	return r->nfigure || r->dishonoured.n;
}

/* --- their order --- */

static size_t index_of(const struct strv *v, const char *text)
{
	size_t i = 0;

	while (i < v->n && strcmp(v->v[i], text))
		i++;
	return i;
}

static void add_name(struct strv *v, const char *text)
{
	if (!strv_has(v, text))
		strv_push(v, text);
}

struct order {
	struct strv targets, variants; /* as they came */
};

static int by_place(const void *a, const void *b, void *arg)
{
	const struct latency_row *x = a, *y = b;
	const struct order *o = arg;
	size_t tx = index_of(&o->targets, x->target), ty = index_of(&o->targets, y->target);
	size_t vx = index_of(&o->variants, x->variant), vy = index_of(&o->variants, y->variant);
	unsigned int cx = (unsigned int)x->cpu, cy = (unsigned int)y->cpu; /* -1 comes last */

	if (tx != ty)
		return tx < ty ? -1 : 1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	if (cx != cy)
		return cx < cy ? -1 : 1;
	return vx < vy ? -1 : vx > vy;
}

static void sort_rows(struct latency *l)
{
	struct order o = { STRV_INIT, STRV_INIT };

	/* the baseline first */
	strv_push(&o.variants, l->baseline);
	for (size_t i = 0; i < l->nrow; i++) {
		add_name(&o.targets, l->row[i].target);
		add_name(&o.variants, l->row[i].variant);
	}
	if (l->nrow)
		qsort_r(l->row, l->nrow, sizeof(*l->row), by_place, &o);
	strv_release(&o.targets);
	strv_release(&o.variants);
}

static int by_boot(const void *a, const void *b)
{
	const struct latency_boot *x = a, *y = b;

	return x->boot < y->boot ? -1 : x->boot > y->boot;
}

/* --- who sent what --- */

static void add_sender(struct latency_row *r, const struct latency_sender *s)
{
	struct latency_sender *to;

	for (size_t i = 0; i < r->nsender; i++) {
		to = &r->sender[i];
		if (!strcmp(to->cause, s->cause) && !strcmp(to->sender, s->sender)) {
			to->count += s->count;
			return;
		}
	}
	to = ARRAY_PUSH(r->sender, r->nsender, r->sender_cap);
	to->cause = xstrdup(s->cause);
	to->sender = xstrdup(s->sender);
	to->count = s->count;
}

static int by_cause(const void *a, const void *b)
{
	const struct latency_sender *x = a, *y = b;
	int order = strcmp(x->cause, y->cause);

	if (order)
		return order;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->sender, y->sender);
}

static void join_senders(struct latency_row *r)
{
	for (size_t i = 0; i < r->nboot; i++)
		for (size_t j = 0; j < r->boot[i].nsender; j++)
			add_sender(r, &r->boot[i].sender[j]);
	if (r->nsender)
		qsort(r->sender, r->nsender, sizeof(*r->sender), by_cause);
}

/* --- variant against reference --- */

static const struct latency_row *reference_of(const struct latency *l, const struct latency_row *r)
{
	cleanup_free char *observed = xasprintf("%s" OBSERVED, l->baseline);
	const struct latency_row *found = NULL;

	if (str_ends(r->variant, OBSERVED))
		found = find_row(l, r, observed, r->cpu);
	else
		found = find_row(l, r, l->baseline, r->cpu);
	return found == r ? NULL : found;
}

static void take_side(const struct latency_row *r, const struct latency_figure *f,
		      struct boot_value **out, size_t *n)
{
	*out = xcalloc(r->nboot, sizeof(**out));
	*n = 0;
	for (size_t i = 0; i < r->nboot; i++)
		if (!isnan(f->boot[i].low))
			(*out)[(*n)++] = (struct boot_value){
				.boot = r->boot[i].boot,
				.block = r->boot[i].block,
				.value = f->boot[i].low,
			};
}

static void add_pair(struct comparison *c, const struct latency_row *a,
		     const struct latency_figure *fa, const struct latency_row *b,
		     const struct latency_figure *fb)
{
	struct pair *p = ARRAY_PUSH(c->pairs, c->n, c->cap);

	p->target = xstrdup(b->target);
	p->workload = xstrdup(b->workload);
	p->metric = xstrdup(fb->name);
	p->stat = xstrdup("mean");
	p->unit = xstrdup(fb->unit);
	p->collector = fb->collector ? xstrdup(fb->collector) : NULL;
	p->dir = fb->dir;
	p->ev = fb->ev;
	take_side(a, fa, &p->a, &p->na);
	take_side(b, fb, &p->b, &p->nb);
}

/* A cause that one side alone has is zero on the other, if that was traced. */
static struct latency_figure no_such_cause(const struct latency_row *r,
					   const struct latency_figure *like)
{
	struct latency_figure f = { .name = like->name, .unit = like->unit, .ev = like->ev };

	f.boot = xcalloc(r->nboot, sizeof(*f.boot));
	for (size_t i = 0; i < r->nboot; i++)
		if (!r->boot[i].traced)
			f.boot[i] = (struct latency_bounds){ NAN, NAN };
	return f;
}

static bool is_cause(const struct latency_figure *f)
{
	return str_starts(f->name, "interruption.") || str_starts(f->name, "stolen.");
}

/* The figure of @r that can be compared with @like. */
static const struct latency_figure *alike(const struct latency_row *r,
					  const struct latency_figure *like)
{
	for (size_t i = 0; i < r->nfigure; i++)
		if (r->figure[i].ev == like->ev && !strcmp(r->figure[i].name, like->name))
			return &r->figure[i];
	return NULL;
}

/* Every figure of @b, and the causes that @a alone has. */
static void compare_rows(struct comparison *c, const struct latency_row *a,
			 const struct latency_row *b)
{
	for (size_t i = 0; i < b->nfigure; i++) {
		const struct latency_figure *fb = &b->figure[i], *fa = alike(a, fb);
		struct latency_figure none;

		if (fb->dir == DIR_NONE || (!fa && (!is_cause(fb) || latency_figure(a, fb->name))))
			continue;
		none = no_such_cause(a, fb);
		add_pair(c, a, fa ? fa : &none, b, fb);
		free(none.boot);
	}
	for (size_t i = 0; i < a->nfigure; i++) {
		const struct latency_figure *fa = &a->figure[i];
		struct latency_figure none;

		if (!is_cause(fa) || latency_figure(b, fa->name))
			continue;
		none = no_such_cause(b, fa);
		none.collector = fa->collector;
		none.dir = fa->dir;
		add_pair(c, a, fa, b, &none);
		free(none.boot);
	}
}

static bool is_coarse(const struct latency_row *r, const char *name)
{
	const struct latency_figure *f = latency_figure(r, name);

	return f && f->mid.low != f->mid.high;
}

/* What was compared are the ends of buckets: two that are equal may hide a difference of less than their width. */
static void mark_buckets(struct comparison *c, const struct latency_row *a,
			 const struct latency_row *b)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->pairs[i].note &&
		    (is_coarse(a, c->pairs[i].metric) || is_coarse(b, c->pairs[i].metric)))
			c->pairs[i].note = "to the width of a bucket";
}

static bool same_variants(const struct comparison *x, const struct comparison *y)
{
	return !strcmp(x->a, y->a) && !strcmp(x->b, y->b);
}

/* What the comparison at place @first and those behind it say of the same two variants is corrected together,
 * whichever target, workload and CPU it is of. The pairs are lent. */
static void judge_together(struct latency *l, size_t first)
{
	const struct comparison *with = &l->against[first].c;
	struct comparison all;
	size_t n = 0;

	comparison_init(&all);
	all.margin = l->margin;
	for (size_t i = first; i < l->nagainst; i++)
		for (size_t j = 0; same_variants(&l->against[i].c, with) && j < l->against[i].c.n;
		     j++)
			*ARRAY_PUSH(all.pairs, all.n, all.cap) = l->against[i].c.pairs[j];
	compare_run(&all);
	for (size_t i = first; i < l->nagainst; i++)
		for (size_t j = 0; same_variants(&l->against[i].c, with) && j < l->against[i].c.n;
		     j++)
			l->against[i].c.pairs[j] = all.pairs[n++];
	free(all.pairs);
}

static bool is_judged(const struct latency *l, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (same_variants(&l->against[i].c, &l->against[place].c))
			return true;
	return false;
}

void latency_compare(struct latency *l)
{
	for (size_t i = 0; i < l->nrow; i++) {
		const struct latency_row *b = &l->row[i], *a = reference_of(l, b);
		struct latency_comparison *lc;

		if (!a)
			continue;
		lc = ARRAY_PUSH(l->against, l->nagainst, l->against_cap);
		comparison_init(&lc->c);
		lc->c.margin = l->margin;
		lc->c.a = xstrdup(a->variant);
		lc->c.b = xstrdup(b->variant);
		lc->a = a;
		lc->b = b;
		compare_rows(&lc->c, a, b);
	}
	for (size_t i = 0; i < l->nagainst; i++) {
		struct latency_comparison *lc = &l->against[i];

		if (!is_judged(l, i))
			judge_together(l, i);
		mark_buckets(&lc->c, lc->a, lc->b);
	}
}

void latency_judge(struct latency *l)
{
	spread_traced(l);
	drop_rows(l, is_isolated);
	for (size_t i = 0; i < l->nrow; i++) {
		struct latency_row *r = &l->row[i];

		if (r->nboot)
			qsort(r->boot, r->nboot, sizeof(*r->boot), by_boot);
		latency_row_figures(l, r, find_row(l, r, r->variant, -1));
		join_senders(r);
	}
	drop_rows(l, says_something);
	sort_rows(l);
	latency_compare(l);
}
