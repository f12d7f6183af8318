// SPDX-License-Identifier: GPL-2.0
#include "runner/compare_run.h"

#include <string.h>

#include "runner/command.h"

struct facts {
	struct store_variant_row *variants;
	size_t nvariants;
	struct store_boot_row *boots;
	size_t nboots;
	struct store_state_row *states;
	size_t nstates;
	struct store_note_row *notes;
	size_t nnotes;
	struct strv footnotes;
	struct str kernel_a, kernel_b, machine;
};

static void facts_release(struct facts *f)
{
	store_variants_free(f->variants, f->nvariants);
	store_boots_free(f->boots, f->nboots);
	store_states_free(f->states, f->nstates);
	store_notes_free(f->notes, f->nnotes);
	strv_release(&f->footnotes);
	str_release(&f->kernel_a);
	str_release(&f->kernel_b);
	str_release(&f->machine);
}

static const struct store_variant_row *find_variant(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->nvariants; i++)
		if (!strcmp(f->variants[i].variant, name))
			return &f->variants[i];
	return NULL;
}

static void describe_kernel(const struct store_variant_row *v, struct str *out)
{
	str_addf(out, "%s, %s", v->release, v->compiler);
	if (*v->kernel_key)
		str_addf(out, ", build %.8s", v->kernel_key);
}

/* The machines that finished boots of this comparison, each once. */
static void describe_machines(struct facts *f, const char *a, const char *b)
{
	cleanup_strv struct strv seen = STRV_INIT;

	for (size_t i = 0; i < f->nvariants; i++) {
		const struct store_variant_row *v = &f->variants[i];
		cleanup_str struct str s = STR_INIT;

		if ((strcmp(v->variant, a) && strcmp(v->variant, b)) || !*v->accel)
			continue;
		str_addf(&s, "%s (", v->target);
		if (*v->qemu_version)
			str_addf(&s, "QEMU %s, ", v->qemu_version);
		str_addf(&s, "%s)", v->accel);
		if (strv_has(&seen, s.buf))
			continue;
		strv_push(&seen, s.buf);
		str_addf(&f->machine, "%s%s", f->machine.len ? "; " : "", s.buf);
	}
}

static void note_boots(struct facts *f, const char *a, const char *b, struct report_context *ctx)
{
	for (size_t i = 0; i < f->nboots; i++) {
		const struct store_boot_row *r = &f->boots[i];

		if (strcmp(r->variant, a) && strcmp(r->variant, b))
			continue;
		if (!strcmp(r->status, "ok"))
			ctx->boots_ok++;
		if (strcmp(r->status, "broken"))
			continue;
		ctx->boots_broken++;
		strv_pushf(&f->footnotes, "broken: boot %lld ('%s' on %s, block %d): %s", r->id,
			   r->variant, r->target, r->block, r->reason ? r->reason : "");
	}
}

/* One line per workload and reason, however many boots say it. */
static void note_states(struct facts *f, const char *a, const char *b)
{
	for (size_t i = 0; i < f->nstates; i++) {
		const struct store_state_row *r = &f->states[i];
		cleanup_free char *line = NULL;

		if (strcmp(r->variant, a) && strcmp(r->variant, b))
			continue;
		line = xasprintf("%s: %s in '%s' on %s: %s", r->state, r->label, r->variant,
				 r->target, r->reason ? r->reason : "");
		if (!strv_has(&f->footnotes, line))
			strv_push(&f->footnotes, line);
	}
}

/* What was asked for and not had: a collector that is not there, an artifact that was not taken. */
static const char *note_state(const char *key)
{
	static const struct {
		const char *key, *state;
	} known[] = {
		{ "collector.skipped", "skipped: collector " },
		{ "collector.broken", "broken: collector " },
		{ "artifacts", "artifacts: " },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i].key, key))
			return known[i].state;
	return NULL;
}

/* One line per distinct text, however many boots and workloads say it. */
static void note_notes(struct facts *f, const char *a, const char *b)
{
	for (size_t i = 0; i < f->nnotes; i++) {
		const struct store_note_row *r = &f->notes[i];
		const char *state = note_state(r->key);
		cleanup_free char *line = NULL;

		if (!state || (strcmp(r->variant, a) && strcmp(r->variant, b)))
			continue;
		line = xasprintf("%s%s", state, r->value);
		if (!strv_has(&f->footnotes, line))
			strv_push(&f->footnotes, line);
	}
}

static bool is_profile(const struct store_artifact_row *r, const char *variant)
{
	return !strcmp(r->variant, variant) && str_ends(r->a.name, ".perf.data");
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

static void note_profile(struct facts *f, const char *a, const char *b)
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
static int note_profiles(struct store *s, long long run, struct facts *f, const char *a,
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

static int facts_load(struct store *s, long long run, struct facts *f, struct err *e)
{
	str_init(&f->kernel_a);
	str_init(&f->kernel_b);
	str_init(&f->machine);
	if (store_variants(s, run, &f->variants, &f->nvariants, e) ||
	    store_boots(s, run, NULL, &f->boots, &f->nboots, e) ||
	    store_states(s, run, &f->states, &f->nstates, e) ||
	    store_notes(s, run, NULL, &f->notes, &f->nnotes, e))
		return -1;
	return 0;
}

static int need_variant(const struct facts *f, const char *name, long long run,
			const struct store_variant_row **out, struct err *e)
{
	cleanup_str struct str known = STR_INIT;

	*out = find_variant(f, name);
	if (*out)
		return 0;
	for (size_t i = 0; i < f->nvariants; i++)
		str_addf(&known, "%s%s", i ? ", " : "", f->variants[i].variant);
	return err_set(e, ERR_USAGE, "run %lld has no variant '%s'; it has: %s", run, name,
		       known.buf);
}

/* The caller frees @c, also after an error. */
static int judge(struct store *s, const struct store_run_row *run, const char *a, const char *b,
		 struct comparison *c, struct err *e)
{
	comparison_init(c);
	if (store_load_pairs(s, run->id, a, b, c, e))
		return -1;
	c->margin = run->margin;
	compare_run(c);
	return 0;
}

static int report(struct store *s, const struct store_run_row *run, struct facts *f, const char *a,
		  const char *b, const struct compare_options *o, struct str *out, bool *regressed,
		  struct err *e)
{
	const struct store_variant_row *va, *vb;
	struct report_context ctx = {
		.suite = run->suite,
		.host = run->hostname,
		.cpu_model = run->cpu_model,
		.db = o->db,
		.run_id = run->id,
		.footnotes = &f->footnotes,
		.colour = term_colour(),
		.width = term_width(),
		.all = o->all,
	};
	struct comparison c;

	if (need_variant(f, a, run->id, &va, e) || need_variant(f, b, run->id, &vb, e))
		return -1;
	if (judge(s, run, a, b, &c, e)) {
		comparison_free(&c);
		return -1;
	}
	describe_kernel(va, &f->kernel_a);
	describe_kernel(vb, &f->kernel_b);
	describe_machines(f, a, b);
	note_boots(f, a, b, &ctx);
	note_states(f, a, b);
	note_notes(f, a, b);
	if (note_profiles(s, run->id, f, a, b, e)) {
		comparison_free(&c);
		return -1;
	}
	ctx.kernel_a = f->kernel_a.buf;
	ctx.kernel_b = f->kernel_b.buf;
	ctx.cmdline_a = va->cmdline;
	ctx.cmdline_b = vb->cmdline;
	ctx.machine = f->machine.buf;
	report_comparison(&c, &ctx, o->format, out);
	*regressed = *regressed || comparison_regressed(&c);
	comparison_free(&c);
	return 0;
}

int compare_run_alarms(struct store *s, const struct store_run_row *run, const char *a,
		       const char *b, int *alarms, int *compared, struct err *e)
{
	struct comparison c;
	int ret;

	*alarms = *compared = 0;
	ret = judge(s, run, a, b, &c, e);
	for (size_t i = 0; !ret && i < c.n; i++) {
		enum verdict v = c.pairs[i].verdict;

		if (!c.pairs[i].summary || v == V_SHOWN || v == V_MISSING)
			continue;
		++*compared;
		*alarms += v == V_BETTER || v == V_WORSE || v == V_CHANGED;
	}
	comparison_free(&c);
	return ret;
}

int compare_run_report(struct store *s, const struct store_run_row *run, const char *a,
		       const char *b, const struct compare_options *o, struct str *out,
		       bool *regressed, struct err *e)
{
	struct facts f = { 0 };
	int ret = facts_load(s, run->id, &f, e);

	if (!ret)
		ret = report(s, run, &f, a, b, o, out, regressed, e);
	facts_release(&f);
	return ret;
}
