// SPDX-License-Identifier: GPL-2.0
/* The collectors of a suite, with their parameters. */
#include <stdlib.h>
#include <string.h>

#include "runner/config_keys.h"

/* Those that a suite can name; others are had in another way. */
static void known_collectors(struct str *out)
{
	for (const struct collector *const *c = collectors; *c; c++)
		if (!(*c)->where)
			str_addf(out, "%s%s", out->len ? ", " : "", (*c)->name);
}

static const struct collector *named(const struct loader *l, const struct yaml *at,
				     const char *name, struct err *e)
{
	const struct collector *c = collector_find(name);
	cleanup_str struct str known = STR_INIT;

	if (c && !c->where)
		return c;
	known_collectors(&known);
	if (c)
		yaml_key_err(l->file, at, e,
			     "collector '%s' does not stand in a suite; it is had by: %s", name,
			     c->where);
	else
		yaml_key_err(l->file, at, e, "unknown collector '%s'; there are: %s", name,
			     known.len ? known.buf : "none");
	return NULL;
}

static int apply_key(const struct loader *l, struct suite_collector *sc, const struct yaml *y,
		     struct err *e)
{
	const struct param *p = param_find(sc->col->params, y->key);
	cleanup_str struct str known = STR_INIT;

	if (p && !p->derived) {
		if (params_check(l, p, y, "one value", e))
			return -1;
		params_set(sc->params, sc->nparams, p->name, y->text);
		return 0;
	}
	for (p = sc->col->params; p && p->name; p++)
		if (!p->derived)
			str_addf(&known, "%s%s", known.len ? ", " : "", p->name);
	return yaml_key_err(l->file, y, e, "collector '%s' has no parameter '%s'; it takes: %s",
			    sc->col->name, y->key, known.len ? known.buf : "none");
}

static bool has(const struct suite *s, const struct collector *c)
{
	for (size_t i = 0; i < s->ncollectors; i++)
		if (s->collectors[i].col == c)
			return true;
	return false;
}

static int parse_collector(struct loader *l, const struct yaml *item, struct suite *s,
			   struct err *e)
{
	struct suite_collector *sc;
	const struct collector *c;
	const struct yaml *given;
	const char *name;

	if (params_item(l, item, "a collector", &given, &name, e))
		return -1;
	c = named(l, given ? given : item, name, e);
	if (!c)
		return -1;
	if (has(s, c))
		return yaml_key_err(l->file, given ? given : item, e, "collector '%s' stands twice",
				    name);
	s->collectors = xrealloc(s->collectors, (s->ncollectors + 1) * sizeof(*s->collectors));
	sc = &s->collectors[s->ncollectors++];
	sc->col = c;
	sc->params = params_default(c->params, &sc->nparams);
	for (size_t i = 0; given && i < given->n; i++)
		if (apply_key(l, sc, &given->child[i], e))
			return -1;
	return 0;
}

int suite_parse_collectors(struct loader *l, const struct yaml *y, void *object, struct err *e)
{
	if (y->type != YAML_LIST || !y->n)
		return yaml_err(l->file, y, e, "'collectors': expected a list of collectors");
	for (size_t i = 0; i < y->n; i++)
		if (parse_collector(l, &y->child[i], object, e))
			return -1;
	return 0;
}

static bool any_disturbs(const struct suite *s)
{
	for (size_t i = 0; i < s->ncollectors; i++)
		if (s->collectors[i].col->disturbs)
			return true;
	return false;
}

int collectors_finish(struct loader *l, const struct yaml *root, struct suite *s, struct err *e)
{
	const struct yaml *at = yaml_get(root, "observe");

	if (s->observe == OBSERVE_TOGETHER)
		return 0;
	if (!any_disturbs(s))
		return yaml_key_err(l->file, at, e,
				    "none of this suite's collectors disturbs what it measures: "
				    "there is nothing to observe apart");
	for (size_t i = 0; i < s->variants.n; i++) {
		cleanup_free char *name = xasprintf("%s-observed", s->variants.v[i]);

		if (strv_has(&s->variants, name))
			return yaml_err(l->file, at, e,
					"'%s' observed would be called '%s', which is a variant of "
					"this suite",
					s->variants.v[i], name);
	}
	return 0;
}

void collectors_release(struct suite *s)
{
	for (size_t i = 0; i < s->ncollectors; i++)
		params_free(s->collectors[i].params, s->collectors[i].nparams);
	free(s->collectors);
}
