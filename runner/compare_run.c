// SPDX-License-Identifier: GPL-2.0
#include "runner/compare_run.h"

#include <string.h>
#include <unistd.h>

#include "runner/command.h"
#include "runner/plan.h"
#include "runner/run_facts.h"

static bool has_variant(const struct run_facts *f, const char *name)
{
	for (size_t i = 0; i < f->nvariants; i++)
		if (!strcmp(f->variants[i].variant, name))
			return true;
	return false;
}

static void describe_kernel(const struct store_variant_row *v, struct str *out)
{
	str_addf(out, "%s, %s", v->release, v->compiler);
	if (*v->kernel_key)
		str_addf(out, ", build %.8s", v->kernel_key);
}

static void describe_cmdline(const struct store_variant_row *v, struct str *out)
{
	str_add(out, v->cmdline);
}

/* What is told of a variant: once where all of its targets say the same, else of each target. */
static void describe(const struct run_facts *f, const char *variant,
		     void (*one)(const struct store_variant_row *v, struct str *out),
		     struct str *out)
{
	cleanup_strv struct strv all = STRV_INIT, distinct = STRV_INIT;

	for (size_t i = 0; i < f->nvariants; i++) {
		cleanup_str struct str text = STR_INIT;

		if (strcmp(f->variants[i].variant, variant) != 0)
			continue;
		one(&f->variants[i], &text);
		strv_pushf(&all, "%s: %s", f->variants[i].target, text.buf);
		if (!strv_has(&distinct, text.buf))
			strv_push(&distinct, text.buf);
	}
	if (distinct.n == 1)
		str_add(out, distinct.v[0]);
	for (size_t i = 0; distinct.n > 1 && i < all.n; i++)
		str_addf(out, "%s%s", i ? "; " : "", all.v[i]);
}

static bool is_profile(const struct store_artifact_row *r, const char *variant)
{
	return !strcmp(r->variant, variant) &&
	       (!strcmp(r->a.name, "perf.data") || str_ends(r->a.name, ".perf.data"));
}

/* The first boot of @variant that has a profile like @like. */
static const struct store_artifact_row *find_profile(const struct store_artifact_row *rows,
						     size_t n, const char *variant,
						     const struct store_artifact_row *like)
{
	for (size_t i = 0; i < n; i++)
		if (is_profile(&rows[i], variant) && rows[i].a.workload == like->a.workload &&
		    !strcmp(rows[i].target, like->target) && !strcmp(rows[i].a.name, like->a.name))
			return &rows[i];
	return NULL;
}

static void note_profile(struct run_facts *f, const char *a, const char *b)
{
	cleanup_str struct str line = STR_INIT;
	cleanup_strv struct strv argv = STRV_INIT;

	strv_push(&argv, "perf");
	strv_push(&argv, "diff");
	strv_push(&argv, a);
	strv_push(&argv, b);
	strv_quote(&argv, &line);
	strv_push(&f->footnotes, line.buf);
}

/* Where both sides have a profile of the same workload, the command that compares the two. */
static int note_profiles(struct store *s, long long run, struct run_facts *f, const char *a,
			 const char *b, struct err *e)
{
	struct store_artifact_row *rows;
	size_t n;

	if (store_artifacts(s, run, &rows, &n, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct store_artifact_row *other;

		if (!is_profile(&rows[i], a) || find_profile(rows, n, a, &rows[i]) != &rows[i])
			continue;
		other = find_profile(rows, n, b, &rows[i]);
		if (other)
			note_profile(f, rows[i].a.path, other->a.path);
	}
	store_artifacts_free(rows, n);
	return 0;
}

static int need_variant(const struct run_facts *f, const char *name, long long run, struct err *e)
{
	cleanup_str struct str known = STR_INIT;

	if (has_variant(f, name))
		return 0;
	for (size_t i = 0; i < f->nvariants; i++)
		str_addf(&known, "%s%s", i ? ", " : "", f->variants[i].variant);
	return err_set(e, ERR_USAGE, "run %lld has no variant '%s'; it has: %s", run, name,
		       known.buf);
}

int compare_run_load(struct store *s, const struct store_run_row *run, const char *a, const char *b,
		     struct comparison *c, struct err *e)
{
	comparison_init(c);
	if (store_load_pairs(s, run->id, a, b, c, e))
		return -1;
	c->margin = run->margin;
	c->random_phases = plan_text_random_phases(run->plan);
	return 0;
}

static int report(struct store *s, const struct store_run_row *run, struct run_facts *f,
		  const struct comparison *c, const struct compare_options *o, struct str *out,
		  struct err *e)
{
	const char *a = c->a, *b = c->b;
	struct report_context ctx = {
		.suite = run->suite,
		.host = run->hostname,
		.cpu_model = run->cpu_model,
		.db = o->db,
		.run_id = run->id,
		.footnotes = &f->footnotes,
		.colour = term_colour(),
		.width = term_width(STDOUT_FILENO),
		.all = o->all,
	};
	cleanup_str struct str kernel_a = STR_INIT, kernel_b = STR_INIT;
	cleanup_str struct str cmdline_a = STR_INIT, cmdline_b = STR_INIT;

	if (need_variant(f, a, run->id, e) || need_variant(f, b, run->id, e))
		return -1;
	describe(f, a, describe_kernel, &kernel_a);
	describe(f, b, describe_kernel, &kernel_b);
	describe(f, a, describe_cmdline, &cmdline_a);
	describe(f, b, describe_cmdline, &cmdline_b);
	run_facts_tell(f, a, b);
	if (note_profiles(s, run->id, f, a, b, e))
		return -1;
	ctx.kernel_a = kernel_a.buf;
	ctx.kernel_b = kernel_b.buf;
	ctx.cmdline_a = cmdline_a.buf;
	ctx.cmdline_b = cmdline_b.buf;
	ctx.machine = f->machine.buf;
	ctx.boots_ok = f->ok;
	ctx.boots_broken = f->broken;
	report_comparison(c, &ctx, o->format, out);
	return 0;
}

/* Figures of kernels are no measurements: both sides boot the same one. */
static bool can_alarm(const struct pair *p)
{
	return p->summary && !p->collector && p->ev != EV_STATIC && p->verdict != V_SHOWN &&
	       p->verdict != V_MISSING;
}

int compare_run_alarms(struct store *s, const struct store_run_row *run, const char *a,
		       const char *b, int *alarms, int *compared, struct err *e)
{
	struct comparison c;
	int ret;

	*alarms = *compared = 0;
	ret = compare_run_load(s, run, a, b, &c, e);
	if (!ret)
		compare_run(&c);
	for (size_t i = 0; !ret && i < c.n; i++) {
		const struct pair *p = &c.pairs[i];

		if (!can_alarm(p))
			continue;
		++*compared;
		*alarms += p->noise || p->verdict == V_BETTER || p->verdict == V_WORSE ||
			   p->verdict == V_CHANGED;
	}
	comparison_free(&c);
	return ret;
}

int compare_run_report(struct store *s, const struct store_run_row *run, const struct comparison *c,
		       const struct compare_options *o, struct str *out, struct err *e)
{
	struct run_facts f;
	int ret = run_facts_load(s, run->id, &f, e);

	if (!ret)
		ret = report(s, run, &f, c, o, out, e);
	run_facts_release(&f);
	return ret;
}
