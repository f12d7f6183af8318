// SPDX-License-Identifier: GPL-2.0
/* CSV for other programs, Markdown for cover letters. */
#include <string.h>

#include "results/report_format.h"

/* RFC 4180: quoted when it has to be, quotes doubled, lines end in CR LF. */
static void csv_text(struct str *out, const char *text)
{
	cleanup_str struct str clean = STR_INIT;

	report_clean(text, &clean);
	str_addch(out, ',');
	if (!clean.buf[strcspn(clean.buf, ",\"")]) {
		str_add(out, clean.buf);
		return;
	}
	str_addch(out, '"');
	for (const char *p = clean.buf; *p; p++)
		str_addf(out, *p == '"' ? "\"\"" : "%c", *p);
	str_addch(out, '"');
}

static void csv_number(struct str *out, double v)
{
	str_addch(out, ',');
	report_number(v, out);
}

static void csv_int(struct str *out, long long v)
{
	str_addf(out, ",%lld", v);
}

static void csv_side(struct str *out, double mid, double min, double max, size_t n)
{
	csv_number(out, mid);
	csv_number(out, min);
	csv_number(out, max);
	csv_int(out, (long long)n);
}

static void csv_row(const struct comparison *c, const struct report_context *ctx,
		    const struct pair *p, struct str *out)
{
	str_addf(out, "%lld", ctx->run_id);
	csv_text(out, c->a);
	csv_text(out, c->b);
	csv_text(out, p->target);
	csv_text(out, p->workload);
	csv_text(out, p->metric);
	csv_text(out, p->stat);
	csv_text(out, p->unit);
	csv_text(out, direction_name(p->dir));
	csv_text(out, evidence_name(p->ev));
	csv_text(out, verdict_name(p->verdict));
	csv_int(out, p->summary);
	csv_int(out, p->exact);
	csv_side(out, p->a_mid, p->a_min, p->a_max, p->na);
	csv_side(out, p->b_mid, p->b_min, p->b_max, p->nb);
	csv_text(out, p->is_ratio ? "ratio" : "difference");
	csv_number(out, p->effect);
	csv_number(out, p->low);
	csv_number(out, p->high);
	csv_number(out, p->p);
	csv_number(out, p->p_holm);
	csv_int(out, p->pairs);
	csv_int(out, p->more_boots);
	csv_text(out, p->note);
	csv_int(out, p->same_code);
	csv_int(out, p->noise);
	csv_text(out, p->collector);
	str_add(out, "\r\n");
}

void report_csv(const struct comparison *c, const struct report_context *ctx, struct str *out)
{
	str_add(out,
		"run,a,b,target,workload,metric,stat,unit,direction,evidence,verdict,summary,exact,"
		"a_median,a_min,a_max,a_boots,b_median,b_min,b_max,b_boots,effect_kind,effect,low,"
		"high,p,p_holm,pairs,more_boots,note,identical_code,noise,collector\r\n");
	for (size_t i = 0; i < c->n; i++)
		csv_row(c, ctx, &c->pairs[i], out);
}

/* In a code span nothing of a text is markup, once backquotes and the table's bars are out of the way. */
static void md_code(struct str *out, const char *text)
{
	cleanup_str struct str clean = STR_INIT;

	report_clean(text, &clean);
	if (!clean.len)
		return;
	str_addch(out, '`');
	for (const char *p = clean.buf; *p; p++)
		str_addf(out, *p == '|' ? "\\|" : "%c", *p == '`' ? '\'' : *p);
	str_addch(out, '`');
}

static void md_fact(struct str *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	str_addf(out, "- %s: ", name);
	md_code(out, value);
	str_addch(out, '\n');
}

static void md_side(struct str *out, const char *side, const char *variant, const char *kernel,
		    const char *cmdline)
{
	str_addf(out, "- %s: ", side);
	md_code(out, variant);
	if (kernel && *kernel) {
		str_add(out, ", ");
		md_code(out, kernel);
	}
	if (cmdline && *cmdline) {
		str_add(out, ", booted with ");
		md_code(out, cmdline);
	}
	str_addch(out, '\n');
}

static void md_cell(struct str *out, const struct str *cell)
{
	str_addf(out, " %s |", cell->buf);
}

static void md_row(const struct pair *p, struct str *out)
{
	cleanup_str struct str metric = STR_INIT;
	cleanup_str struct str a = STR_INIT;
	cleanup_str struct str b = STR_INIT;
	cleanup_str struct str effect = STR_INIT;
	cleanup_str struct str interval = STR_INIT;
	cleanup_str struct str verdict = STR_INIT;

	report_metric(p, &metric);
	report_sides(p, &a, &b);
	report_effect(p, p->effect, &effect);
	report_interval(p, &interval);
	report_verdict(p, &verdict);
	if (p->same_code && !p->noise)
		str_addf(&verdict, "%sidentical code", strchr(verdict.buf, ':') ? "; " : ": ");
	str_add(out, "| ");
	md_code(out, p->target);
	str_add(out, " | ");
	md_code(out, p->workload);
	str_add(out, " | ");
	md_code(out, metric.buf);
	str_add(out, " | ");
	md_code(out, p->unit);
	str_addf(out, " | %s |", evidence_name(p->ev));
	md_cell(out, &a);
	md_cell(out, &b);
	md_cell(out, &effect);
	md_cell(out, &interval);
	md_cell(out, &verdict);
	str_addch(out, '\n');
}

static void md_header(const struct comparison *c, const struct report_context *ctx, struct str *out)
{
	str_addf(out, "Run %lld: ", ctx->run_id);
	md_code(out, c->b);
	str_add(out, " against ");
	md_code(out, c->a);
	str_add(out, "\n\n");
	md_fact(out, "suite", ctx->suite);
	md_side(out, "A", c->a, ctx->kernel_a, ctx->cmdline_a);
	md_side(out, "B", c->b, ctx->kernel_b, ctx->cmdline_b);
	md_fact(out, "host", ctx->host);
	md_fact(out, "CPU", ctx->cpu_model);
	md_fact(out, "machine", ctx->machine);
	if (c->random_phases)
		md_fact(out, "phases", REPORT_RANDOM_PHASES);
	str_addf(out, "- boots: %d ok, %d broken\n\n", ctx->boots_ok, ctx->boots_broken);
}

void report_markdown(const struct comparison *c, const struct report_context *ctx, struct str *out)
{
	cleanup_strv struct strv notes = STRV_INIT;

	md_header(c, ctx, out);
	str_add(out,
		"| target | workload | metric | unit | evidence | A | B | effect | 95 % interval |"
		" verdict |\n|---|---|---|---|---|---:|---:|---:|---|---|\n");
	for (size_t i = 0; i < c->n; i++)
		if (report_shows(&c->pairs[i], ctx))
			md_row(&c->pairs[i], out);
	str_addch(out, '\n');
	report_tally(c, ctx, out);
	str_addch(out, '\n');
	report_disagreements(c, ctx, REPORT_DISAGREEMENTS, &notes);
	if (ctx->footnotes)
		strv_push_all(&notes, ctx->footnotes);
	for (size_t i = 0; i < notes.n; i++) {
		str_add(out, i ? "- " : "\n- ");
		md_code(out, notes.v[i]);
		str_addch(out, '\n');
	}
}
