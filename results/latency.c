// SPDX-License-Identifier: GPL-2.0
/* From records to boots. */
#include "results/latency.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/latency_figures.h"
#include "runner/base/str.h"

/* A guest may invent any number of CPUs, causes and senders: what is beyond these is no report. */
#define ROWS_MAX 4096
#define CAUSES_MAX 1000
#define SENDERS_MAX 1000
#define MORE "more" /* all further ones together */

static const uint64_t default_thresholds[] = { 1000, 10000, 100000, 1000000 };

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

void latency_init(struct latency *l, const uint64_t *threshold, size_t n, const char *baseline,
		  double margin)
{
	memset(l, 0, sizeof(*l));
	if (!n) {
		threshold = default_thresholds;
		n = sizeof(default_thresholds) / sizeof(*default_thresholds);
	}
	l->threshold = xcalloc(n, sizeof(*threshold));
	memcpy(l->threshold, threshold, n * sizeof(*threshold));
	qsort(l->threshold, n, sizeof(*threshold), by_size);
	l->nthreshold = n;
	l->baseline = xstrdup(baseline);
	l->margin = margin;
}

static void sender_release(struct latency_sender *s)
{
	free(s->cause);
	free(s->sender);
}

static void boot_release(struct latency_boot *b)
{
	latency_hist_free(&b->gap);
	latency_hist_free(&b->caller);
	latency_hist_free(&b->length);
	for (size_t i = 0; i < b->ncause; i++)
		free(b->cause[i].name);
	free(b->cause);
	for (size_t i = 0; i < b->nsender; i++)
		sender_release(&b->sender[i]);
	free(b->sender);
}

void latency_row_release(struct latency_row *r)
{
	free(r->target);
	free(r->variant);
	free(r->workload);
	for (size_t i = 0; i < r->nboot; i++)
		boot_release(&r->boot[i]);
	free(r->boot);
	for (size_t i = 0; i < r->nfigure; i++) {
		free(r->figure[i].name);
		free(r->figure[i].boot);
	}
	free(r->figure);
	for (size_t i = 0; i < r->nworst; i++)
		free(r->worst[i].text);
	free(r->worst);
	for (size_t i = 0; i < r->nsender; i++)
		sender_release(&r->sender[i]);
	free(r->sender);
	strv_release(&r->dishonoured);
}

void latency_free(struct latency *l)
{
	for (size_t i = 0; i < l->nrow; i++)
		latency_row_release(&l->row[i]);
	free(l->row);
	latency_row_release(&l->surplus);
	for (size_t i = 0; i < l->nagainst; i++)
		comparison_free(&l->against[i].c);
	free(l->against);
	free(l->threshold);
	free(l->baseline);
	memset(l, 0, sizeof(*l));
}

static struct latency_row *row_of(struct latency *l, const struct latency_key *k)
{
	struct latency_row *r;

	for (size_t i = 0; i < l->nrow; i++) {
		r = &l->row[i];
		if (r->cpu == k->cpu && r->number == k->number && !strcmp(r->variant, k->variant) &&
		    !strcmp(r->target, k->target))
			return r;
	}
	if (l->nrow == ROWS_MAX)
		return &l->surplus;
	r = ARRAY_PUSH(l->row, l->nrow, l->row_cap);
	r->target = xstrdup(k->target);
	r->variant = xstrdup(k->variant);
	r->workload = xstrdup(k->workload);
	r->number = k->number;
	r->cpu = k->cpu;
	return r;
}

struct latency_boot *latency_boot(struct latency *l, const struct latency_key *k)
{
	struct latency_row *r = row_of(l, k);
	struct latency_boot *b;

	for (size_t i = 0; i < r->nboot; i++)
		if (r->boot[i].boot == k->boot)
			return &r->boot[i];
	b = ARRAY_PUSH(r->boot, r->nboot, r->boot_cap);
	b->boot = k->boot;
	b->block = k->block;
	b->spin = b->gap_max = b->triggers = NAN;
	b->excursions = b->stolen = b->longest = b->user = NAN;
	return b;
}

static struct latency_cause *cause_of(struct latency_boot *b, const char *name)
{
	struct latency_cause *c;

	for (size_t i = 0; i < b->ncause; i++)
		if (!strcmp(b->cause[i].name, name))
			return &b->cause[i];
	if (b->ncause >= CAUSES_MAX && strcmp(name, MORE) != 0)
		return cause_of(b, MORE);
	c = ARRAY_PUSH(b->cause, b->ncause, b->cause_cap);
	c->name = xstrdup(name);
	c->count_ev = c->stolen_ev = EV_COUNT;
	return c;
}

/* "CAUSE<-SENDER"; neither holds the arrow. */
static void add_sender(struct latency_boot *b, const char *text, double count)
{
	const char *arrow = strstr(text, "<-");
	struct latency_sender *s;

	if (!arrow || b->nsender == SENDERS_MAX)
		return;
	s = ARRAY_PUSH(b->sender, b->nsender, b->sender_cap);
	s->cause = xstrndup(text, (size_t)(arrow - text));
	s->sender = xstrdup(arrow + 2);
	s->count = count;
}

/* What follows @prefix in @name, or NULL. */
static const char *after(const char *name, const char *prefix)
{
	return str_starts(name, prefix) ? name + strlen(prefix) : NULL;
}

static void trace_value(struct latency_boot *b, const char *name, enum evidence ev, double sum)
{
	const char *what;

	b->traced = true;
	if ((what = after(name, "interruption."))) {
		struct latency_cause *c = cause_of(b, what);

		c->count += sum;
		c->count_ev = ev;
	} else if ((what = after(name, "stolen."))) {
		struct latency_cause *c = cause_of(b, what);

		c->stolen += sum;
		c->stolen_ev = ev;
	} else if ((what = after(name, "sender."))) {
		add_sender(b, what, sum);
	}
}

static void window_value(struct latency_boot *b, const char *name, const char *stat, double sum,
			 double max)
{
	if (!strcmp(name, "excursions")) {
		b->excursions = sum;
		b->followed = true;
	} else if (!strcmp(name, "excursion_length") && !strcmp(stat, "total")) {
		b->stolen = sum;
	} else if (!strcmp(name, "excursion_length") && !strcmp(stat, "max")) {
		b->longest = max;
	} else if (!strcmp(name, "instructions.user")) {
		b->user = sum;
	}
}

void latency_value(struct latency *l, const struct latency_key *k, const char *metric,
		   const char *stat, enum evidence ev, double sum, double max)
{
	struct latency_boot *b = latency_boot(l, k);
	const char *what;

	if (!strcmp(metric, "gap.max")) {
		b->gap_max = max;
		b->gap_ev = ev;
	} else if (!strcmp(metric, "spin.time")) {
		b->spin = sum;
		b->time_ev = ev;
		b->ticked = true;
	} else if (!strcmp(metric, "triggers")) {
		b->triggers = sum;
		b->trigger_ev = ev;
	} else if ((what = after(metric, "trace."))) {
		trace_value(b, what, ev, sum);
	} else if ((what = after(metric, "window.isolated."))) {
		window_value(b, what, stat, sum, max);
	}
}

void latency_bucket(struct latency *l, const struct latency_key *k, const char *metric,
		    enum evidence ev, unsigned int sub, uint64_t lower, uint64_t count)
{
	struct latency_boot *b = latency_boot(l, k);

	if (!strcmp(metric, "gap")) {
		latency_hist_add(&b->gap, sub, lower, count);
		b->gap_ev = ev;
	} else if (!strcmp(metric, "caller.latency")) {
		latency_hist_add(&b->caller, sub, lower, count);
		b->caller_ev = ev;
	} else if (!strcmp(metric, "window.isolated.excursion_length")) {
		latency_hist_add(&b->length, sub, lower, count);
	}
}

/* Sorted in; the smallest gap falls off the end. */
static void add_timeline(struct latency_row *r, long long boot, int round, const char *text)
{
	struct latency_timeline t = { .boot = boot, .round = round };
	size_t i;

	if (sscanf(text, "gap_ns=%lf", &t.gap) != 1 || !isfinite(t.gap))
		return;
	if (r->nworst == LATENCY_WORST && r->worst[LATENCY_WORST - 1].gap >= t.gap)
		return;
	if (r->nworst < LATENCY_WORST)
		ARRAY_PUSH(r->worst, r->nworst, r->worst_cap);
	else
		free(r->worst[LATENCY_WORST - 1].text);
	for (i = r->nworst - 1; i && r->worst[i - 1].gap < t.gap; i--)
		r->worst[i] = r->worst[i - 1];
	t.text = xstrdup(text);
	r->worst[i] = t;
}

void latency_note(struct latency *l, const struct latency_key *k, int round, const char *key,
		  const char *text)
{
	struct latency_row *r = row_of(l, k);

	if (!strcmp(key, "trace.timeline"))
		add_timeline(r, k->boot, round, text);
	else if (!strcmp(key, "isolation") && !strv_has(&r->dishonoured, text))
		strv_push(&r->dishonoured, text);
}

const struct latency_figure *latency_figure(const struct latency_row *r, const char *name)
{
	for (size_t i = 0; i < r->nfigure; i++)
		if (!strcmp(r->figure[i].name, name))
			return &r->figure[i];
	return NULL;
}
