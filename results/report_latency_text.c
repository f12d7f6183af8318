// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report_format.h"
#include "results/report_latency.h"
#include "results/report_lines.h"

#define COLUMNS_MAX 8
#define GAP 2

/* A table of texts; the first row is its head. */
struct table {
	size_t columns;
	const char *align; /* per column: l or r */
	struct cells {
		struct str cell[COLUMNS_MAX];
	} * row;
	size_t n, cap;
};

static struct str *add_row(struct table *t)
{
	struct cells *r = ARRAY_PUSH(t->row, t->n, t->cap);

	for (size_t i = 0; i < COLUMNS_MAX; i++)
		str_init(&r->cell[i]);
	return r->cell;
}

static size_t column_width(const struct table *t, size_t column)
{
	size_t width = 0;

	for (size_t i = 0; i < t->n; i++)
		if (report_width(t->row[i].cell[column].buf) > width)
			width = report_width(t->row[i].cell[column].buf);
	return width;
}

static void add_spaces(struct str *out, size_t n)
{
	while (n--)
		str_addch(out, ' ');
}

/* Prints and releases it. */
static void print_table(struct table *t, size_t indent, struct str *out)
{
	size_t width[COLUMNS_MAX];

	for (size_t j = 0; j < t->columns; j++)
		width[j] = column_width(t, j);
	for (size_t i = 0; i < t->n; i++) {
		add_spaces(out, indent);
		for (size_t j = 0; j < t->columns; j++) {
			const struct str *cell = &t->row[i].cell[j];
			size_t pad = width[j] - report_width(cell->buf);

			add_spaces(out, t->align[j] == 'r' ? pad : 0);
			str_addmem(out, cell->buf, cell->len);
			if (j + 1 < t->columns)
				add_spaces(out, (t->align[j] == 'r' ? 0 : pad) + GAP);
		}
		while (out->len && out->buf[out->len - 1] == ' ')
			out->buf[--out->len] = '\0';
		str_addch(out, '\n');
	}
	for (size_t i = 0; i < t->n; i++)
		for (size_t j = 0; j < COLUMNS_MAX; j++)
			str_release(&t->row[i].cell[j]);
	free(t->row);
}

/* All digits of whole numbers, 4 significant ones of others. */
static void add_number(double v, struct str *out)
{
	if (!isfinite(v))
		str_addch(out, '-');
	else if (fabs(v) < 1e15 && (v == floor(v) || fabs(v) >= 1000))
		str_addf(out, "%.0f", v);
	else
		str_addf(out, "%.4g", v);
}

static void add_bounds(const struct latency_bounds *b, struct str *out)
{
	add_number(b->low, out);
	if (b->high == b->low || (isnan(b->low) && isnan(b->high)))
		return;
	str_add(out, "..");
	add_number(b->high, out);
}

static void add_interval(const struct latency_figure *f, struct str *out)
{
	if (f->why) {
		str_add(out, f->why);
		return;
	}
	if (f->exact) {
		str_add(out, "all boots agree");
		return;
	}
	str_addch(out, '[');
	add_number(f->ci.low, out);
	str_add(out, ", ");
	add_number(f->ci.high, out);
	str_addch(out, ']');
}

static bool is_cause(const struct latency_figure *f)
{
	return str_starts(f->name, "interruption.") || str_starts(f->name, "stolen.");
}

static void print_figures(const struct latency_row *r, struct str *out)
{
	static const char *const titles[] = { "figure", "unit",  "evidence",     "boots",
					      "median", "range", "95 % interval" };
	struct table t = { .columns = sizeof(titles) / sizeof(*titles), .align = "lllrrrl" };
	struct str *head = add_row(&t);

	for (size_t i = 0; i < t.columns; i++)
		str_add(&head[i], titles[i]);
	for (size_t i = 0; i < r->nfigure; i++) {
		const struct latency_figure *f = &r->figure[i];
		struct str *cell;

		/* causes have a table of their own */
		if (is_cause(f))
			continue;
		cell = add_row(&t);
		str_add(&cell[0], f->name);
		str_add(&cell[1], f->unit);
		str_add(&cell[2], evidence_name(f->ev));
		str_addf(&cell[3], "%zu", f->boots);
		add_bounds(&f->mid, &cell[4]);
		add_bounds(&f->range, &cell[5]);
		add_interval(f, &cell[6]);
	}
	print_table(&t, 4, out);
}

/* "timer_start+0x10 (5), bash:do_exit (1)" */
static void add_senders(const struct latency_row *r, const char *cause, struct str *out)
{
	const char *separator = "";

	for (size_t i = 0; i < r->nsender; i++) {
		const struct latency_sender *s = &r->sender[i];

		if (strcmp(s->cause, cause) != 0)
			continue;
		str_add(out, separator);
		report_clean(s->sender, out);
		str_add(out, " (");
		add_number(s->count, out);
		str_addch(out, ')');
		separator = ", ";
	}
	if (!*separator)
		str_addch(out, '-');
}

static bool has_causes(const struct latency_row *r)
{
	for (size_t i = 0; i < r->nfigure; i++)
		if (is_cause(&r->figure[i]))
			return true;
	return false;
}

static void print_causes(const struct latency_row *r, struct str *out)
{
	static const char *const titles[] = { "cause",       "per boot", "evidence",
					      "stolen ns/s", "evidence", "sent by (in all boots)" };
	struct table t = { .columns = sizeof(titles) / sizeof(*titles), .align = "lrlrll" };
	struct str *head;

	if (!has_causes(r))
		return;
	str_add(out, "\n    interruptions by cause, median of the boots\n");
	head = add_row(&t);
	for (size_t i = 0; i < t.columns; i++)
		str_add(&head[i], titles[i]);
	for (size_t i = 0; i < r->nfigure; i++) {
		const struct latency_figure *f = &r->figure[i], *stolen;
		const char *cause = f->name + strlen("interruption.");
		cleanup_free char *name = NULL;
		struct str *cell;

		if (!str_starts(f->name, "interruption."))
			continue;
		name = xasprintf("stolen.%s", cause);
		stolen = latency_figure(r, name);
		cell = add_row(&t);
		report_clean(cause, &cell[0]);
		add_bounds(&f->mid, &cell[1]);
		str_add(&cell[2], evidence_name(f->ev));
		if (stolen) {
			add_bounds(&stolen->mid, &cell[3]);
			str_add(&cell[4], evidence_name(stolen->ev));
		}
		add_senders(r, cause, &cell[5]);
	}
	print_table(&t, 4, out);
}

static void print_worst(const struct latency_row *r, struct str *out)
{
	for (size_t i = 0; i < r->nworst; i++) {
		const struct latency_timeline *w = &r->worst[i];
		cleanup_strv struct strv lines = STRV_INIT;

		str_addf(out, "\n    a worst case: gap of %.0f ns, boot %lld, round %d\n", w->gap,
			 w->boot, w->round);
		strv_split(&lines, w->text, "\n");
		for (size_t j = 1; j < lines.n; j++) {
			str_add(out, "      ");
			report_clean(lines.v[j], out);
			str_addch(out, '\n');
		}
	}
}

static void print_comparison(const struct comparison *c, struct str *out)
{
	static const char *const titles[] = { "figure", "unit",   "evidence",      "A",
					      "B",      "effect", "95 % interval", "verdict" };
	struct table t = { .columns = sizeof(titles) / sizeof(*titles), .align = "lllrrrll" };
	struct str *cell = add_row(&t);

	str_add(out, "\n  ");
	report_clean(c->b, out);
	str_add(out, " (B) against ");
	report_clean(c->a, out);
	str_add(out, " (A)\n");
	for (size_t i = 0; i < t.columns; i++)
		str_add(&cell[i], titles[i]);
	for (size_t i = 0; i < c->n; i++) {
		const struct pair *p = &c->pairs[i];

		cell = add_row(&t);
		report_clean(p->metric, &cell[0]);
		report_clean(p->unit, &cell[1]);
		str_add(&cell[2], evidence_name(p->ev));
		report_sides(p, &cell[3], &cell[4]);
		report_effect(p, p->effect, &cell[5]);
		report_interval(p, &cell[6]);
		report_verdict(p, &cell[7]);
	}
	print_table(&t, 4, out);
}

static void print_evidence(const struct latency *l, struct str *out)
{
	bool seen[EV_COUNT] = { false };

	for (size_t i = 0; i < l->nrow; i++)
		for (size_t j = 0; j < l->row[i].nfigure; j++)
			seen[l->row[i].figure[j].ev] = true;
	report_evidence_seen(seen, out);
	if (seen[EV_EMULATED_TIME])
		report_fact(out, "",
			    "no performance result: an emulator's times say nothing of a machine");
}

static void print_head(const struct latency *l, const struct report_context *ctx, struct str *out)
{
	report_title(ctx, out);
	str_add(out, "latency of isolated CPUs\n");
	report_machine(ctx, out);
	print_evidence(l, out);
}

/* Once per target, variant and text, whichever workloads say it. */
static void print_dishonoured(const struct latency *l, struct str *out)
{
	cleanup_strv struct strv seen = STRV_INIT;

	for (size_t i = 0; i < l->nrow; i++) {
		const struct latency_row *r = &l->row[i];

		for (size_t j = 0; j < r->dishonoured.n; j++) {
			cleanup_free char *line =
				xasprintf("%s, %s: %s", r->target, r->variant, r->dishonoured.v[j]);

			if (strv_has(&seen, line))
				continue;
			str_add(out,
				seen.n ? "" : "\nisolation that these kernels do not honour\n");
			strv_push(&seen, line);
			str_add(out, "  ");
			report_clean(line, out);
			str_addch(out, '\n');
		}
	}
}

static bool same_place(const struct latency_row *a, const struct latency_row *b)
{
	return a->number == b->number && a->cpu == b->cpu && !strcmp(a->target, b->target);
}

static void print_place(const struct latency_row *r, struct str *out)
{
	str_addch(out, '\n');
	report_clean(r->target, out);
	str_add(out, "  ");
	report_clean(r->workload, out);
	if (r->cpu >= 0)
		str_addf(out, ", CPU %d\n", r->cpu);
	else
		str_add(out, ", who triggers\n");
}

static void print_row(const struct latency_row *r, struct str *out)
{
	str_add(out, "\n  ");
	report_clean(r->variant, out);
	str_addch(out, '\n');
	print_figures(r, out);
	print_causes(r, out);
	print_worst(r, out);
}

/* The comparisons of a place stand behind all of its rows. */
static void print_against(const struct latency *l, const struct latency_row *r, struct str *out)
{
	for (size_t i = 0; i < l->nagainst; i++) {
		const struct latency_comparison *lc = &l->against[i];

		if (same_place(lc->b, r) && lc->c.n)
			print_comparison(&lc->c, out);
	}
}

void report_latency_text(const struct latency *l, const struct report_context *ctx, struct str *out)
{
	const struct latency_row *before = NULL;

	print_head(l, ctx, out);
	print_dishonoured(l, out);
	for (size_t i = 0; i < l->nrow; i++) {
		const struct latency_row *r = &l->row[i];
		bool last = i + 1 == l->nrow || !same_place(r, &l->row[i + 1]);

		if (!r->nfigure)
			continue;
		if (!before || !same_place(before, r))
			print_place(r, out);
		before = r;
		print_row(r, out);
		if (last)
			print_against(l, r, out);
	}
	if (!before)
		str_add(out,
			"\nno isolated CPU was watched: nothing but the workloads 'isolated' and "
			"'drain' and the plugin's excursions say anything of latency\n");
	str_addch(out, '\n');
	report_end(ctx, out);
}
