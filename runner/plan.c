// SPDX-License-Identifier: GPL-2.0
#include "runner/plan.h"

#include <errno.h>
#include <limits.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdlib.h>
#include <string.h>

#include "runner/base/file.h"
#include "runner/hash.h"

/* The choices of --only, by kind. */
struct choice {
	struct strv variants, targets, workloads;
};

static void choice_release(struct choice *c)
{
	strv_release(&c->variants);
	strv_release(&c->targets);
	strv_release(&c->workloads);
}

static int parse_only(const struct strv *only, struct choice *c, struct err *e)
{
	for (size_t i = 0; i < only->n; i++) {
		const char *o = only->v[i];

		if (str_starts(o, "variant=") && o[8])
			strv_push(&c->variants, o + 8);
		else if (str_starts(o, "target=") && o[7])
			strv_push(&c->targets, o + 7);
		else if (str_starts(o, "workload=") && o[9])
			strv_push(&c->workloads, o + 9);
		else
			return err_set(
				e, ERR_USAGE,
				"'--only %s': expected variant=NAME, target=NAME or workload=NAME",
				o);
	}
	return 0;
}

static bool chosen(const struct strv *list, const char *name)
{
	return !list->n || strv_has(list, name);
}

/* An arm that a suite adds to its variants. */
struct added {
	char *name; /* NULL: not in this suite */
	int canary;
};

#define NADDED 2 /* the twin and the canary; observed arms are part of their variants */

static void added_init(const struct suite *s, struct added added[NADDED])
{
	added[0] = (struct added){
		.name = s->twins ? xasprintf("%s-twin", s->baseline) : NULL,
	};
	added[1] = (struct added){
		.name = s->canary ? xasprintf("%s-canary", s->baseline) : NULL,
		.canary = s->canary,
	};
}

static void added_release(struct added added[NADDED])
{
	for (size_t i = 0; i < NADDED; i++)
		free(added[i].name);
}

static bool is_added(const struct added *added, const char *name)
{
	for (size_t i = 0; i < NADDED; i++)
		if (added[i].name && !strcmp(added[i].name, name))
			return true;
	return false;
}

/* A choice that matches nothing is a typing error. */
static int check_choices(const struct suite *s, const struct choice *c, const struct added *added,
			 struct err *e)
{
	for (size_t i = 0; i < c->variants.n; i++)
		if (!strv_has(&s->variants, c->variants.v[i]) && !is_added(added, c->variants.v[i]))
			return err_set(e, ERR_USAGE, "suite '%s' has no variant '%s'", s->name,
				       c->variants.v[i]);
	for (size_t i = 0; i < c->targets.n; i++)
		if (!strv_has(&s->targets, c->targets.v[i]))
			return err_set(e, ERR_USAGE, "suite '%s' has no target '%s'", s->name,
				       c->targets.v[i]);
	for (size_t i = 0; i < c->workloads.n; i++) {
		bool found = false;

		for (size_t k = 0; k < s->nworkloads; k++)
			found = found || !strcmp(s->workloads[k].label, c->workloads.v[i]) ||
				!strcmp(s->workloads[k].w->name, c->workloads.v[i]);
		if (!found)
			return err_set(e, ERR_USAGE, "suite '%s' has no workload '%s'", s->name,
				       c->workloads.v[i]);
	}
	return 0;
}

static void choose_workloads(const struct suite *s, const struct choice *c, struct plan *p)
{
	size_t cap = 0;

	for (size_t i = 0; i < s->nworkloads; i++) {
		const struct suite_workload *w = &s->workloads[i];

		if (!chosen(&c->workloads, w->label) && !strv_has(&c->workloads, w->w->name))
			continue;
		*ARRAY_PUSH(p->workloads, p->nworkloads, cap) = i;
		p->run_timeout += w->timeout;
	}
}

/* The plan while its arms are added. */
struct making {
	struct config *config;
	const struct choice *choice;
	const struct added *added;
	struct plan *plan;
	size_t cap; /* of the arms */
};

/* An arm that boots @variant on @t, with its name and nothing else set. */
static struct plan_arm *add_arm(struct making *m, const struct target *t, const char *variant,
				char *name, struct err *e)
{
	const struct variant *v = config_variant(m->config, variant, e);
	struct plan_arm *a;

	if (v && !variant_has_arch(v, t->arch))
		err_set(e, ERR_USAGE, "variant '%s' does not support %s, which target '%s' is",
			v->name, t->arch->name, t->name);
	if (!v || !variant_has_arch(v, t->arch)) {
		free(name);
		return NULL;
	}
	a = ARRAY_PUSH(m->plan->arms, m->plan->narms, m->cap);
	a->target = t;
	a->variant = v;
	a->name = name;
	return a;
}

/* The variant itself and, where its suite observes apart, the boots for that. */
static int add_variant(struct making *m, const struct target *t, const char *variant, struct err *e)
{
	const struct suite *s = m->plan->suite;
	bool baseline = !strcmp(variant, s->baseline), apart = s->observe == OBSERVE_APART;
	struct plan_arm *a = add_arm(m, t, variant, xstrdup(variant), e);

	if (!a)
		return -1;
	a->against = baseline ? NULL : xstrdup(s->baseline);
	a->observed = !apart;
	if (!apart)
		return 0;
	a = add_arm(m, t, variant, xasprintf("%s-observed", variant), e);
	if (!a)
		return -1;
	a->against = baseline ? NULL : xasprintf("%s-observed", s->baseline);
	a->observed = true;
	return 0;
}

/* The twin or the canary: as the baseline boots, but for what the canary adds. */
static int add_added(struct making *m, const struct target *t, const struct added *added,
		     struct err *e)
{
	const struct suite *s = m->plan->suite;
	struct plan_arm *a = add_arm(m, t, s->baseline, xstrdup(added->name), e);

	if (!a)
		return -1;
	a->against = xstrdup(s->baseline);
	a->twin_of = xstrdup(s->baseline);
	a->canary = added->canary;
	a->observed = s->observe == OBSERVE_TOGETHER;
	return 0;
}

static int add_target_arms(struct making *m, const struct target *t, struct err *e)
{
	const struct suite *s = m->plan->suite;
	const struct strv *variants = &m->choice->variants;

	for (size_t k = 0; k < s->variants.n; k++) {
		const char *v = s->variants.v[k];

		if (!chosen(variants, v) && strcmp(v, s->baseline))
			continue;
		if (add_variant(m, t, v, e))
			return -1;
	}
	for (size_t k = 0; k < NADDED; k++) {
		const struct added *added = &m->added[k];

		if (added->name && chosen(variants, added->name) && add_added(m, t, added, e))
			return -1;
	}
	return 0;
}

static int add_arms(struct making *m, struct err *e)
{
	const struct suite *s = m->plan->suite;

	for (size_t i = 0; i < s->targets.n; i++) {
		const struct target *t;

		if (!chosen(&m->choice->targets, s->targets.v[i]))
			continue;
		t = config_target(m->config, s->targets.v[i], e);
		if (!t || add_target_arms(m, t, e))
			return -1;
	}
	return 0;
}

/*
 * Rows of random Latin squares: the cyclic square with its rows, columns and symbols permuted. Every arm
 * stands once in each column of a square, so a drift along the block hits all arms alike.
 */
static void order_blocks(struct plan *p, gsl_rng *rng, size_t first, size_t k, size_t *cap)
{
	size_t *rows = xcalloc(k, sizeof(*rows));
	size_t *columns = xcalloc(k, sizeof(*columns));
	size_t *symbols = xcalloc(k, sizeof(*symbols));

	for (size_t i = 0; i < k; i++)
		rows[i] = columns[i] = symbols[i] = i;
	for (int b = 0; b < p->boots; b++) {
		size_t row = (size_t)b % k;

		if (row == 0) {
			gsl_ran_shuffle(rng, rows, k, sizeof(*rows));
			gsl_ran_shuffle(rng, columns, k, sizeof(*columns));
			gsl_ran_shuffle(rng, symbols, k, sizeof(*symbols));
		}
		for (size_t i = 0; i < k; i++) {
			struct plan_boot *at = ARRAY_PUSH(p->order, p->norder, *cap);

			at->arm = first + symbols[(rows[row] + columns[i]) % k];
			at->block = b;
			at->position = (int)i;
		}
	}
	free(rows);
	free(columns);
	free(symbols);
}

/* mt19937 takes 32 bits of seed */
static unsigned long seed32(const struct plan *p)
{
	return (unsigned long)((p->seed ^ (p->seed >> 32)) & 0xffffffff);
}

static void order_all(struct plan *p)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	size_t cap = 0, first = 0;

	gsl_rng_set(rng, seed32(p));
	while (first < p->narms) {
		size_t k = 1;

		while (first + k < p->narms && p->arms[first + k].target == p->arms[first].target)
			k++;
		order_blocks(p, rng, first, k, &cap);
		first += k;
	}
	gsl_rng_free(rng);
}

unsigned int plan_phase(const struct plan *p, size_t arm, int block)
{
	size_t boot = (size_t)block * p->narms + arm;
	gsl_rng *rng;
	unsigned long n = 0;

	if (p->suite->phases == PHASES_FIXED)
		return 0;
	rng = gsl_rng_alloc(gsl_rng_mt19937);
	gsl_rng_set(rng, seed32(p));
	for (size_t i = 0; i <= boot; i++)
		n = gsl_rng_uniform_int(rng, INT_MAX);
	gsl_rng_free(rng);
	return (unsigned int)n + 1;
}

int plan_make(struct config *c, const struct suite *s, const struct plan_options *o,
	      struct plan *out, struct err *e)
{
	struct added added[NADDED];
	struct choice choice = { 0 };
	struct making m = { .config = c, .choice = &choice, .added = added, .plan = out };
	int ret;

	memset(out, 0, sizeof(*out));
	out->suite = s;
	out->seed = o->seed;
	out->boots = o->boots ? o->boots : s->boots;
	added_init(s, added);
	ret = parse_only(&o->only, &choice, e);
	if (!ret)
		ret = check_choices(s, &choice, added, e);
	if (!ret) {
		choose_workloads(s, &choice, out);
		ret = add_arms(&m, e);
	}
	if (!ret)
		order_all(out);
	choice_release(&choice);
	added_release(added);
	return ret;
}

void plan_release(struct plan *p)
{
	for (size_t i = 0; i < p->narms; i++) {
		free(p->arms[i].name);
		free(p->arms[i].against);
		free(p->arms[i].twin_of);
	}
	free(p->arms);
	free(p->order);
	free(p->workloads);
	memset(p, 0, sizeof(*p));
}

bool plan_arm_collects(const struct plan_arm *a, const struct collector *c)
{
	return a->observed || !c->disturbs;
}

/* The text of a plan: one fact per line, "key value". */

/* A line break in a value goes on behind a tab, which no fact begins with. */
static void fact(struct str *out, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	str_addf(out, "%s ", key);
	for (; *value; value++) {
		str_addch(out, *value);
		if (*value == '\n')
			str_addch(out, '\t');
	}
	str_addch(out, '\n');
}

static void facts(struct str *out, const char *key, const struct strv *values)
{
	for (size_t i = 0; i < values->n; i++)
		fact(out, key, values->v[i]);
}

static int file_fact(struct str *out, const char *key, const char *path, struct err *e)
{
	char hex[HASH_HEX];

	if (hash_file(path, hex, e))
		return -1;
	str_addf(out, "%s %s %s\n", key, path, hex);
	return 0;
}

/* A series is a folder of files or one file. */
static int patches_facts(struct str *out, const char *path, struct err *e)
{
	cleanup_strv struct strv names = STRV_INIT;

	if (file_exists(path))
		return file_fact(out, "patch", path, e);
	if (dir_list(path, NULL, &names, e))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *p = path_join(path, names.v[i]);

		if (file_exists(p) && file_fact(out, "patch", p, e))
			return -1;
	}
	return 0;
}

static void source_facts(struct str *out, const struct source *s)
{
	fact(out, "source", s->name);
	fact(out, "version", s->version);
	fact(out, "git", s->git);
	fact(out, "ref", s->ref);
	fact(out, "path", s->path);
	fact(out, "tarball", s->tarball);
	fact(out, "package", s->package);
	fact(out, "suite", s->suite);
	facts(out, "url", &s->urls);
	fact(out, "sha256", s->sha256);
}

static int variant_facts(struct str *out, const struct plan_arm *a, struct err *e)
{
	const struct variant *v = a->variant;
	cleanup_strv struct strv fragments = STRV_INIT;

	fact(out, "arm", a->name);
	fact(out, "variant", v->name);
	fact(out, "twin_of", a->twin_of);
	if (a->canary)
		str_addf(out, "canary %d\n", a->canary);
	source_facts(out, v->source);
	for (size_t i = 0; i < v->patches.n; i++)
		if (patches_facts(out, v->patches.v[i], e))
			return -1;
	fact(out, "base_config", v->base_config);
	if (variant_fragments(v, a->target->arch, &fragments, e))
		return -1;
	for (size_t i = 0; i < fragments.n; i++)
		if (file_fact(out, "fragment", fragments.v[i], e))
			return -1;
	facts(out, "option", &v->options);
	facts(out, "cmdline", &v->cmdline);
	return 0;
}

static void target_facts(struct str *out, const struct target *t)
{
	fact(out, "target", t->name);
	fact(out, "backend", t->backend);
	fact(out, "arch", t->arch->name);
	fact(out, "qemu", t->qemu);
	fact(out, "machine", t->machine);
	fact(out, "cpu", t->cpu);
	fact(out, "cpu_kvm", t->cpu_kvm);
	str_addf(out, "cpus %d\nsmp %d\nmemory %d\naccel %d\nicount %d\nseed %d\n", t->cpus,
		 (int)t->smp, t->memory, (int)t->accel, t->icount, t->seed);
	fact(out, "console", t->console);
	fact(out, "serial_device", t->serial_device);
	fact(out, "rtc", t->rtc);
	facts(out, "target_cmdline", &t->cmdline);
	facts(out, "qemu_arg", &t->qemu_args);
	facts(out, "plugin", &t->plugin);
	str_addf(out, "boot_timeout %d\noff_timeout %d\nconsole_limit %d\n", t->boot_timeout,
		 t->off_timeout, t->console_limit);
	fact(out, "fake_records", t->fake_records);
}

/* A text may hold any printable byte: what follows it is told apart by quotes, and they by a backslash. */
static void params_facts(struct str *out, const struct suite_param *params, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool plain = !strpbrk(params[i].value, " '\\");

		str_addf(out, " %s=%s", params[i].name, plain ? "" : "'");
		for (const char *c = params[i].value; *c; c++)
			str_addf(out, "%s%c", *c == '\'' || *c == '\\' ? "\\" : "", *c);
		str_add(out, plain ? "" : "'");
	}
	str_addch(out, '\n');
}

static void workload_facts(struct str *out, const struct suite_workload *w)
{
	str_addf(out, "workload %s rounds=%d warmup=%d timeout=%d", w->w->name, w->rounds,
		 w->warmup, w->timeout);
	params_facts(out, w->params, w->nparams);
}

static void collector_facts(struct str *out, const struct suite *s)
{
	if (s->ncollectors)
		str_addf(out, "observe %d\n", (int)s->observe);
	for (size_t i = 0; i < s->ncollectors; i++) {
		str_addf(out, "collector %s", s->collectors[i].col->name);
		params_facts(out, s->collectors[i].params, s->collectors[i].nparams);
	}
}

int plan_text(const struct plan *p, const struct plan_options *o, struct str *out, struct err *e)
{
	str_addf(out, "kdelta-plan 1\nsuite %s\nseed %llu\nboots %d\n", p->suite->name,
		 (unsigned long long)p->seed, p->boots);
	facts(out, "only", &o->only);
	str_addf(out, "baseline %s\nmargin %.17g\n", p->suite->baseline, p->suite->margin);
	for (size_t i = 0; i < p->nworkloads; i++)
		workload_facts(out, &p->suite->workloads[p->workloads[i]]);
	collector_facts(out, p->suite);
	if (p->suite->phases == PHASES_RANDOM)
		fact(out, "phases", "random");
	for (size_t i = 0; i < p->narms; i++) {
		if (i == 0 || p->arms[i].target != p->arms[i - 1].target)
			target_facts(out, p->arms[i].target);
		if (variant_facts(out, &p->arms[i], e))
			return -1;
	}
	return 0;
}

bool plan_text_random_phases(const char *text)
{
	return strstr(text, "\nphases random\n");
}

static int text_number(const char *value, uint64_t max, uint64_t *out, struct err *e)
{
	char *end;

	errno = 0;
	*out = strtoull(value, &end, 10);
	if (errno || end == value || *end || *out > max)
		return err_set(e, ERR_INFRA, "the stored plan says '%s' where a number belongs",
			       value);
	return 0;
}

int plan_text_options(const char *text, struct plan_options *o, struct err *e)
{
	cleanup_strv struct strv lines = STRV_INIT;
	uint64_t boots = 0;

	strv_split(&lines, text, "\n");
	if (!lines.n || strcmp(lines.v[0], "kdelta-plan 1"))
		return err_set(e, ERR_INFRA, "the stored plan is of another version of kdelta");
	for (size_t i = 1; i < lines.n; i++) {
		const char *l = lines.v[i];

		/* the options stand before the first workload */
		if (str_starts(l, "workload "))
			break;
		if (str_starts(l, "seed ") && text_number(l + 5, UINT64_MAX, &o->seed, e))
			return -1;
		if (str_starts(l, "boots ") && text_number(l + 6, 1000000, &boots, e))
			return -1;
		if (str_starts(l, "only "))
			strv_push(&o->only, l + 5);
	}
	o->boots = (int)boots;
	return boots ? 0 : err_set(e, ERR_INFRA, "the stored plan names no number of boots");
}
