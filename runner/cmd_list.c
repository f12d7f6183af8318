// SPDX-License-Identifier: GPL-2.0
/* kdelta list: what there is, one line each. */
#include <stdio.h>
#include <string.h>

#include "runner/commands.h"
#include "runner/config.h"
#include "runner/paths.h"

/* Columns for a name; where one is longer, all of its kind have more. */
#define NAME_WIDTH 22

struct list_opts {
	bool reference;
};

static void add_archs(const struct strv *list, struct str *out)
{
	for (size_t i = 0; i < list->n; i++)
		str_addf(out, "%s%s", i ? ", " : " [", list->v[i]);
	if (list->n)
		str_addch(out, ']');
}

/* What one line adds to the description; by kind. */
static int add_facts(struct config *c, const char *kind, const char *name, struct str *out,
		     struct err *e)
{
	if (!strcmp(kind, "variants")) {
		const struct variant *v = config_variant(c, name, e);

		if (!v)
			return -1;
		add_archs(&v->archs, out);
	} else if (!strcmp(kind, "targets")) {
		const struct target *t = config_target(c, name, e);

		if (!t)
			return -1;
		str_addf(out, " [%s, %s]", t->backend, t->arch->name);
	} else if (!strcmp(kind, "suites")) {
		const struct suite *s = config_suite(c, name, e);

		if (!s)
			return -1;
		if (s->suites.n) {
			str_addf(out, " [%zu suites]", s->suites.n);
			return 0;
		}
		str_addf(out, " [%zu variants, %zu targets, %zu workloads, %d boots]",
			 s->variants.n, s->targets.n, s->nworkloads, s->boots);
	}
	return 0;
}

static int list_objects(struct config *c, const char *kind, struct str *out, struct err *e)
{
	cleanup_strv struct strv names = STRV_INIT;
	size_t width = NAME_WIDTH;

	if (config_names(c, kind, &names, e))
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (strlen(names.v[i]) > width)
			width = strlen(names.v[i]);
	for (size_t i = 0; i < names.n; i++) {
		const char *description = config_description(c, kind, names.v[i], e);

		if (!description)
			return -1;
		str_addf(out, "  %-*s %s", (int)width, names.v[i], description);
		if (add_facts(c, kind, names.v[i], out, e))
			return -1;
		str_addch(out, '\n');
	}
	return 0;
}

/* "; needs A, B"; nothing without words. */
static void add_words(const char *before, const char *const *words, const char *after,
		      struct str *out)
{
	for (const char *const *w = words; w && *w; w++)
		str_addf(out, "%s%s%s", w == words ? before : ", ", *w, w[1] ? "" : after);
}

/* " [x86_64, s390x]", or that it is for all there are. */
static void add_archs_of(const char *const *names, struct str *out)
{
	if (names)
		add_words(" [", names, "]", out);
	else
		str_add(out, " [all architectures]");
}

static int list_workloads(struct config *c, const char *kind, struct str *out, struct err *e)
{
	(void)c;
	(void)kind;
	(void)e;
	for (const struct workload *const *p = workloads; *p; p++) {
		const struct workload *w = *p;

		str_addf(out, "  %-*s %s", NAME_WIDTH, w->name, w->summary);
		add_archs_of(w->archs, out);
		if (w->module)
			str_addf(out, "; module %s", w->module);
		if (w->cpus > 1)
			str_addf(out, "; %d CPUs", w->cpus);
		add_words("; needs ", w->kconfig, "", out);
		add_words("; packages ", w->packages, "", out);
		str_addch(out, '\n');
	}
	return 0;
}

static int list_collectors(struct config *c, const char *kind, struct str *out, struct err *e)
{
	(void)c;
	(void)kind;
	(void)e;
	for (const struct collector *const *p = collectors; *p; p++) {
		const struct collector *col = *p;

		str_addf(out, "  %-*s %s", NAME_WIDTH, col->name, col->summary);
		add_archs_of(col->archs, out);
		add_words("; needs ", col->kconfig, "", out);
		add_words("; packages ", col->packages, "", out);
		if (col->disturbs)
			str_addf(out, "; disturbs: %s", col->disturbs);
		str_addf(out, "; from %s\n",
			 col->where ? col->where : "the `collectors:` of a suite");
	}
	return 0;
}

static const struct {
	const char *name;
	int (*list)(struct config *c, const char *kind, struct str *out, struct err *e);
} kinds[] = {
	{ "suites", list_objects },        { "variants", list_objects },
	{ "targets", list_objects },       { "workloads", list_workloads },
	{ "collectors", list_collectors }, { "sources", list_objects },
};

#define NKINDS (sizeof(kinds) / sizeof(*kinds))

static int list(struct config *c, const char *only, struct str *out, struct err *e)
{
	for (size_t i = 0; i < NKINDS; i++) {
		if (only && strcmp(only, kinds[i].name))
			continue;
		if (!only)
			str_addf(out, "%s%s:\n", i ? "\n" : "", kinds[i].name);
		if (kinds[i].list(c, kinds[i].name, out, e))
			return -1;
	}
	return 0;
}

static int check_kind(const char *name, struct err *e)
{
	cleanup_str struct str known = STR_INIT;

	for (size_t i = 0; i < NKINDS; i++) {
		if (!strcmp(kinds[i].name, name))
			return 0;
		str_addf(&known, "%s%s", i ? ", " : "", kinds[i].name);
	}
	return err_set(e, ERR_USAGE, "'%s' cannot be listed; expected one of %s", name, known.buf);
}

static int cmd_list(void *opts, const struct strv *args, const struct strv *rest, struct err *e)
{
	const struct list_opts *o = opts;
	cleanup_str struct str out = STR_INIT;
	const char *only = args->n ? args->v[0] : NULL;
	struct config *c;
	int ret;

	(void)rest;
	if (o->reference) {
		config_reference(&out);
		fputs(out.buf, stdout);
		return 0;
	}
	if (only && check_kind(only, e))
		return (int)e->kind;
	c = config_open(paths_configs(), e);
	if (!c)
		return (int)e->kind;
	ret = list(c, only, &out, e);
	config_free(c);
	fputs(out.buf, stdout);
	return ret ? (int)e->kind : 0;
}

static const struct option_desc list_options[] = {
	{ .name = "reference",
	  .type = OPT_FLAG,
	  .offset = offsetof(struct list_opts, reference),
	  .help = "print the reference of all configuration keys, workloads and collectors, as Markdown" },
	{ .name = NULL },
};

const struct command command_list = {
	.name = "list",
	.usage = "[suites|variants|targets|workloads|collectors|sources] [options]",
	.summary = "suites, variants, targets, workloads, collectors, sources: one line each",
	.help = "Lists what there is to run, with what it needs.",
	.examples = "kdelta list\n"
		    "kdelta list workloads\n"
		    "kdelta list --reference > reference.md",
	.options = list_options,
	.max_args = 1,
	.size = sizeof(struct list_opts),
	.run = cmd_list,
};
