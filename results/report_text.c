// SPDX-License-Identifier: GPL-2.0
/* The table on a terminal: rows grouped by target and workload, columns aligned. */
#include <stdlib.h>
#include <string.h>

#include "results/report_format.h"
#include "results/report_lines.h"

enum { METRIC, UNIT, EVIDENCE, SIDE_A, SIDE_B, EFFECT, INTERVAL, VERDICT, COLUMNS };

/* Columns before this one go to a line of their own when the terminal is narrow. */
#define SPLIT SIDE_A
#define INDENT 2
#define SPLIT_INDENT 6
#define GAP 2

struct row {
	char *group; /* the line to print before this row, or NULL */
	struct str cell[COLUMNS];
	enum verdict verdict;
};

struct table {
	struct row *row;
	size_t n, cap;
	size_t width[COLUMNS];
};

static const char *const titles[COLUMNS] = { "metric", "unit",   "evidence",      "A",
					     "B",      "effect", "95 % interval", "verdict" };

static struct row *add_row(struct table *t)
{
	struct row *r = ARRAY_PUSH(t->row, t->n, t->cap);

	for (size_t i = 0; i < COLUMNS; i++)
		str_init(&r->cell[i]);
	return r;
}

static void measure_row(struct table *t, const struct row *r)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		size_t n = report_width(r->cell[i].buf);

		if (n > t->width[i])
			t->width[i] = n;
	}
}

static char *group_of(const struct pair *p)
{
	struct str s = STR_INIT;

	report_clean(p->target, &s);
	str_add(&s, "  ");
	report_clean(p->workload, &s);
	if (p->same_code)
		str_add(&s, "  (identical code)");
	if (p->collector) {
		str_add(&s, "  collector ");
		report_clean(p->collector, &s);
	}
	return str_detach(&s);
}

static bool same_collector(const struct pair *p, const struct pair *q)
{
	return !p->collector || !q->collector ? p->collector == q->collector :
						!strcmp(p->collector, q->collector);
}

static bool same_group(const struct pair *p, const struct pair *q)
{
	return q && !strcmp(p->target, q->target) && !strcmp(p->workload, q->workload) &&
	       same_collector(p, q);
}

static void add_pair(struct table *t, const struct pair *p, const struct pair *before)
{
	struct row *r = add_row(t);

	r->group = same_group(p, before) ? NULL : group_of(p);
	r->verdict = p->verdict;
	report_metric(p, &r->cell[METRIC]);
	report_clean(p->unit, &r->cell[UNIT]);
	str_add(&r->cell[EVIDENCE], evidence_name(p->ev));
	report_sides(p, &r->cell[SIDE_A], &r->cell[SIDE_B]);
	report_effect(p, p->effect, &r->cell[EFFECT]);
	report_interval(p, &r->cell[INTERVAL]);
	report_verdict(p, &r->cell[VERDICT]);
	measure_row(t, r);
}

static void fill_table(struct table *t, const struct comparison *c,
		       const struct report_context *ctx)
{
	const struct pair *before = NULL;
	struct row *head = add_row(t);

	for (size_t i = 0; i < COLUMNS; i++)
		str_add(&head->cell[i], titles[i]);
	head->verdict = V_SHOWN;
	measure_row(t, head);
	for (size_t i = 0; i < c->n; i++) {
		if (!report_shows(&c->pairs[i], ctx))
			continue;
		add_pair(t, &c->pairs[i], before);
		before = &c->pairs[i];
	}
}

static void table_release(struct table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		for (size_t j = 0; j < COLUMNS; j++)
			str_release(&t->row[i].cell[j]);
		free(t->row[i].group);
	}
	free(t->row);
}

static void add_spaces(struct str *out, size_t n)
{
	while (n--)
		str_addch(out, ' ');
}

static const char *colour_of(enum verdict v)
{
	switch (v) {
	case V_WORSE:
		return "\033[31m";
	case V_BETTER:
		return "\033[32m";
	case V_CHANGED:
	case V_UNDECIDED:
		return "\033[33m";
	default:
		return NULL;
	}
}

/* Numbers stand to the right, words to the left; the @last cell of a line is not padded. */
static void print_cell(const struct table *t, const struct row *r, size_t i, bool last, bool colour,
		       struct str *out)
{
	size_t pad = t->width[i] - report_width(r->cell[i].buf);
	const char *on = i == VERDICT && colour ? colour_of(r->verdict) : NULL;
	bool right = i >= SIDE_A && i <= EFFECT;

	if (right)
		add_spaces(out, pad);
	str_addf(out, "%s%s%s", on ? on : "", r->cell[i].buf, on ? "\033[0m" : "");
	if (!last)
		add_spaces(out, (right ? 0 : pad) + GAP);
}

static void print_row(const struct table *t, const struct row *r, bool split,
		      const struct report_context *ctx, struct str *out)
{
	if (r->group)
		str_addf(out, "%s\n", r->group);
	add_spaces(out, INDENT);
	for (size_t i = 0; i < COLUMNS; i++) {
		bool last = i == VERDICT || (split && i == SPLIT - 1);

		if (split && i == SPLIT) {
			str_addch(out, '\n');
			add_spaces(out, SPLIT_INDENT);
		}
		print_cell(t, r, i, last, ctx->colour, out);
	}
	str_addch(out, '\n');
}

static size_t table_width(const struct table *t)
{
	size_t width = INDENT + strlen("undecided");

	for (size_t i = 0; i < VERDICT; i++)
		width += t->width[i] + GAP;
	return width;
}

static void print_table(const struct comparison *c, const struct report_context *ctx,
			struct str *out)
{
	struct table t = { 0 };
	bool split;

	fill_table(&t, c, ctx);
	split = ctx->width > 0 && table_width(&t) > (size_t)ctx->width;
	if (t.n > 1)
		for (size_t i = 0; i < t.n; i++)
			print_row(&t, &t.row[i], split, ctx, out);
	else
		str_add(out,
			c->n ? "no change to show: --all shows what was compared\n" :
			       "nothing to compare: no workload ended well in a boot that ended "
			       "well\n");
	table_release(&t);
}

static void print_side(struct str *out, const char *side, const char *variant, const char *kernel,
		       const char *cmdline)
{
	cleanup_str struct str s = STR_INIT;

	str_add(&s, variant ? variant : "?");
	if (kernel && *kernel)
		str_addf(&s, ": %s", kernel);
	report_fact(out, side, s.buf);
	report_fact(out, "", cmdline);
}

static void print_evidence(const struct comparison *c, struct str *out)
{
	bool seen[EV_COUNT] = { false };

	for (size_t i = 0; i < c->n; i++)
		seen[c->pairs[i].ev] = true;
	report_evidence_seen(seen, out);
}

static void print_header(const struct comparison *c, const struct report_context *ctx,
			 struct str *out)
{
	report_title(ctx, out);
	report_clean(c->b, out);
	str_add(out, " against ");
	report_clean(c->a, out);
	str_addch(out, '\n');
	print_side(out, "A", c->a, ctx->kernel_a, ctx->cmdline_a);
	print_side(out, "B", c->b, ctx->kernel_b, ctx->cmdline_b);
	report_machine(ctx, out);
	if (c->random_phases)
		report_fact(out, "phases", REPORT_RANDOM_PHASES);
	print_evidence(c, out);
	str_addch(out, '\n');
}

static void print_footer(const struct comparison *c, const struct report_context *ctx,
			 struct str *out)
{
	cleanup_strv struct strv notes = STRV_INIT;

	str_addch(out, '\n');
	report_tally(c, ctx, out);
	str_addch(out, '\n');
	report_disagreements(c, ctx, REPORT_DISAGREEMENTS, &notes);
	for (size_t i = 0; i < notes.n; i++)
		str_addf(out, "%s\n", notes.v[i]);
	report_end(ctx, out);
}

void report_text(const struct comparison *c, const struct report_context *ctx, struct str *out)
{
	print_header(c, ctx, out);
	print_table(c, ctx, out);
	print_footer(c, ctx, out);
}
