// SPDX-License-Identifier: GPL-2.0
/* Suites: the names they refer to, and workloads with their parameters and sweeps. */
#include <stdlib.h>
#include <string.h>

#include "runner/config_keys.h"

#define ROUNDS_DEFAULT 5
#define WARMUP_DEFAULT 1
#define TIMEOUT_DEFAULT 60 /* s */
#define WORKLOADS_MAX 1024 /* of a suite, sweeps counted out */

/* Names that exist: a typing error is found at its place, before anything starts. */
static int parse_names(struct loader *l, const struct config_kind *kind, const struct yaml *y,
		       struct strv *out, struct err *e)
{
	for (size_t i = 0; i < yaml_items(y); i++) {
		const struct yaml *item = yaml_item(y, i);
		const struct config_head *h;

		if (item->type != YAML_SCALAR || !*item->text)
			return yaml_err(l->file, item, e,
					"'%s': expected a name or a list of names", y->key);
		h = config_refer(l, kind, item, e);
		if (!h)
			return -1;
		if (strv_has(out, h->name))
			return yaml_err(l->file, item, e, "'%s' stands twice", item->text);
		strv_push(out, h->name);
	}
	if (!out->n)
		return yaml_err(l->file, y, e, "'%s' is empty", y->key);
	return 0;
}

int suite_parse_variants(struct loader *l, const struct yaml *y, void *object, struct err *e)
{
	return parse_names(l, &kind_variant, y, &((struct suite *)object)->variants, e);
}

int suite_parse_targets(struct loader *l, const struct yaml *y, void *object, struct err *e)
{
	return parse_names(l, &kind_target, y, &((struct suite *)object)->targets, e);
}

/* Each is found out before the first of them starts, and is one run: no parts of parts. */
int suite_parse_suites(struct loader *l, const struct yaml *y, void *object, struct err *e)
{
	struct suite *s = object;

	if (parse_names(l, &kind_suite, y, &s->suites, e))
		return -1;
	for (size_t i = 0; i < s->suites.n; i++) {
		const struct suite *part = config_suite(l->config, s->suites.v[i], e);

		if (!part)
			return -1;
		if (part->suites.n)
			return yaml_err(l->file, yaml_item(y, i), e,
					"'%s' is made of suites itself: name those", part->name);
	}
	return 0;
}

/* The keys that every workload takes, besides its own parameters. */
static const struct {
	struct param param;
	size_t offset;
} framework[] = {
	{ { .name = "rounds", .type = PARAM_INT, .unit = "rounds", .min = 1, .max = 100000 },
	  offsetof(struct suite_workload, rounds) },
	{ { .name = "warmup", .type = PARAM_INT, .unit = "rounds", .min = 0, .max = 100000 },
	  offsetof(struct suite_workload, warmup) },
	{ { .name = "timeout", .type = PARAM_INT, .unit = "s", .min = 1, .max = 86400 },
	  offsetof(struct suite_workload, timeout) },
};

static void workload_free(struct suite_workload *sw)
{
	params_free(sw->params, sw->nparams);
	free(sw->label);
}

static struct suite_workload workload_copy(const struct suite_workload *from)
{
	struct suite_workload c = *from;

	c.label = from->label ? xstrdup(from->label) : NULL;
	c.params = xcalloc(from->nparams, sizeof(*c.params));
	for (size_t i = 0; i < from->nparams; i++) {
		c.params[i].name = from->params[i].name;
		c.params[i].value = xstrdup(from->params[i].value);
	}
	return c;
}

/* All parameters at their defaults. */
static struct suite_workload workload_new(const struct workload *w)
{
	struct suite_workload sw = {
		.w = w,
		.rounds = ROUNDS_DEFAULT,
		.warmup = WARMUP_DEFAULT,
		.timeout = TIMEOUT_DEFAULT,
	};

	sw.params = params_default(w->params, &sw.nparams);
	return sw;
}

/* Workloads that one entry has become so far; a sweep multiplies them. */
struct sweep {
	struct suite_workload *v;
	size_t n, cap;
};

static void sweep_release(struct sweep *s)
{
	for (size_t i = 0; i < s->n; i++)
		workload_free(&s->v[i]);
	free(s->v);
}

static int too_many(const struct loader *l, const struct yaml *y, struct err *e)
{
	return yaml_key_err(l->file, y, e, "more than %d workloads, sweeps counted out",
			    WORKLOADS_MAX);
}

static int apply_param(struct loader *l, const struct param *p, const struct yaml *y,
		       struct sweep *s, struct err *e)
{
	struct sweep next = { 0 };
	size_t n = yaml_items(y);

	if (n == 0)
		return yaml_key_err(l->file, y, e, "'%s': expected 1 value or more", p->name);
	if (s->n * n > WORKLOADS_MAX)
		return too_many(l, y, e);
	for (size_t i = 0; i < n; i++)
		if (params_check(l, p, yaml_item(y, i), "one value or a list of values", e))
			return -1;
	for (size_t k = 0; k < s->n; k++) {
		for (size_t i = 0; i < n; i++) {
			struct suite_workload *sw = ARRAY_PUSH(next.v, next.n, next.cap);

			*sw = workload_copy(&s->v[k]);
			params_set(sw->params, sw->nparams, p->name, yaml_item(y, i)->text);
		}
	}
	sweep_release(s);
	*s = next;
	return 0;
}

static int unknown_param(const struct loader *l, const struct workload *w, const struct yaml *y,
			 struct err *e)
{
	cleanup_str struct str known = STR_INIT;

	for (const struct param *p = w->params; p && p->name; p++)
		str_addf(&known, "%s, ", p->name);
	return yaml_key_err(l->file, y, e,
			    "workload '%s' has no parameter '%s'; it takes: %srounds, warmup, timeout",
			    w->name, y->key, known.buf);
}

static int apply_key(struct loader *l, const struct workload *w, const struct yaml *y,
		     struct sweep *s, struct err *e)
{
	const struct param *p = param_find(w->params, y->key);

	for (size_t i = 0; i < sizeof(framework) / sizeof(*framework); i++) {
		if (strcmp(framework[i].param.name, y->key))
			continue;
		if (params_check(l, &framework[i].param, y, "one number", e))
			return -1;
		for (size_t k = 0; k < s->n; k++)
			*(int *)((char *)&s->v[k] + framework[i].offset) = atoi(y->text);
		return 0;
	}
	return p ? apply_param(l, p, y, s, e) : unknown_param(l, w, y, e);
}

static const struct workload *named(const struct loader *l, const struct yaml *at, const char *name,
				    struct err *e)
{
	const struct workload *w = workload_find(name);
	cleanup_str struct str known = STR_INIT;

	if (w)
		return w;
	for (const struct workload *const *p = workloads; *p; p++)
		str_addf(&known, "%s%s", known.len ? ", " : "", (*p)->name);
	yaml_key_err(l->file, at, e, "unknown workload '%s'; there are: %s", name, known.buf);
	return NULL;
}

/* The same text for the same choice, in whatever order the file has it: samples are compared by it. */
static char *label_of(const struct suite_workload *sw, const struct yaml *given)
{
	struct str s = STR_INIT;

	str_add(&s, sw->w->name);
	for (size_t i = 0; given && i < sw->nparams; i++)
		if (yaml_get(given, sw->params[i].name))
			str_addf(&s, " %s=%s", sw->params[i].name, sw->params[i].value);
	return str_detach(&s);
}

static bool same_work(const struct suite_workload *a, const struct suite_workload *b)
{
	if (a->w != b->w)
		return false;
	for (size_t i = 0; i < a->nparams; i++)
		if (strcmp(a->params[i].value, b->params[i].value))
			return false;
	return true;
}

static int add_one(struct loader *l, const struct yaml *at, struct suite *suite,
		   const struct suite_workload *sw, struct err *e)
{
	for (size_t i = 0; i < suite->nworkloads; i++) {
		const struct suite_workload *other = &suite->workloads[i];

		if (!same_work(sw, other))
			continue;
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): every workload has a label */
		if (!strcmp(sw->label, other->label))
			return yaml_key_err(l->file, at, e, "workload '%s' stands twice",
					    sw->label);
		return yaml_key_err(l->file, at, e, "workload '%s' is the same as '%s'", sw->label,
				    other->label);
	}
	if (suite->nworkloads >= WORKLOADS_MAX)
		return too_many(l, at, e);
	suite->workloads =
		xrealloc(suite->workloads, (suite->nworkloads + 1) * sizeof(*suite->workloads));
	suite->workloads[suite->nworkloads++] = workload_copy(sw);
	return 0;
}

static int add_all(struct loader *l, const struct yaml *at, const struct yaml *given,
		   struct suite *suite, struct sweep *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		s->v[i].label = label_of(&s->v[i], given);
		if (add_one(l, at, suite, &s->v[i], e))
			return -1;
	}
	return 0;
}

static int parse_workload(struct loader *l, const struct yaml *item, struct suite *suite,
			  struct err *e)
{
	const struct yaml *given;
	const struct workload *w;
	struct sweep s = { 0 };
	const char *name;
	int ret = 0;

	if (params_item(l, item, "a workload", &given, &name, e))
		return -1;
	w = named(l, given ? given : item, name, e);
	if (!w)
		return -1;
	*ARRAY_PUSH(s.v, s.n, s.cap) = workload_new(w);
	for (size_t i = 0; given && !ret && i < given->n; i++)
		ret = apply_key(l, w, &given->child[i], &s, e);
	if (!ret)
		ret = add_all(l, given ? given : item, given, suite, &s, e);
	sweep_release(&s);
	return ret;
}

int suite_parse_workloads(struct loader *l, const struct yaml *y, void *object, struct err *e)
{
	if (y->type != YAML_LIST || !y->n)
		return yaml_err(l->file, y, e, "'workloads': expected a list of workloads");
	for (size_t i = 0; i < y->n; i++)
		if (parse_workload(l, &y->child[i], object, e))
			return -1;
	return 0;
}

/* Arms that the suite adds to a block must not be called like a variant of it. */
static int check_added(struct loader *l, const struct yaml *root, const struct suite *s,
		       const char *key, const char *suffix, struct err *e)
{
	cleanup_free char *name = xasprintf("%s-%s", s->baseline, suffix);

	if (!strv_has(&s->variants, name))
		return 0;
	return yaml_err(l->file, yaml_get(root, key), e,
			"the %s of '%s' would be called '%s', which is a variant of this suite",
			suffix, s->baseline, name);
}

static bool takes_canary(const struct suite *s)
{
	for (size_t i = 0; i < s->nworkloads; i++)
		if (param_find(s->workloads[i].w->params, "canary"))
			return true;
	return false;
}

int suite_finish(struct loader *l, const struct yaml *root, void *object, struct err *e)
{
	struct suite *s = object;

	if (s->suites.n)
		return 0;
	if (!s->baseline)
		s->baseline = xstrdup(s->variants.v[0]);
	if (!strv_has(&s->variants, s->baseline))
		return yaml_err(l->file, yaml_get(root, "baseline"), e,
				"baseline '%s' is not one of this suite's variants", s->baseline);
	if (s->twins && check_added(l, root, s, "twins", "twin", e))
		return -1;
	if (s->canary && check_added(l, root, s, "canary", "canary", e))
		return -1;
	if (s->canary && !takes_canary(s))
		return yaml_key_err(l->file, yaml_get(root, "canary"), e,
				    "none of this suite's workloads has a parameter 'canary'");
	return collectors_finish(l, root, s, e);
}

void suite_release(void *object)
{
	struct suite *s = object;

	strv_release(&s->suites);
	strv_release(&s->variants);
	strv_release(&s->targets);
	free(s->baseline);
	for (size_t i = 0; i < s->nworkloads; i++)
		workload_free(&s->workloads[i]);
	free(s->workloads);
	collectors_release(s);
}
