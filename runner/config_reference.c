// SPDX-License-Identifier: GPL-2.0
/* The reference of keys, workloads, collectors and metrics, as Markdown, from the tables that parse them. */
#include <string.h>

#include "runner/config_keys.h"

/* A '|' would end the cell of a table. */
static void cell(const char *text, struct str *out)
{
	for (; text && *text; text++) {
		if (*text == '|')
			str_addch(out, '\\');
		str_addch(out, *text);
	}
}

static void choices(const char *const *list, struct str *out)
{
	for (const char *const *c = list; *c; c++)
		str_addf(out, "%s`%s`", c == list ? "" : ", ", *c);
}

static void key_value(const struct config_key *k, struct str *out)
{
	static const char *const forms[] = {
		[KEY_STRING] = "string",         [KEY_INT] = "whole number",
		[KEY_BOOL] = "`true`, `false`",  [KEY_CHOICE] = "",
		[KEY_PERCENT] = "number",        [KEY_LIST] = "list of strings",
		[KEY_WORDS] = "words or a list", [KEY_SPECIAL] = "",
	};

	if (k->choices)
		choices(k->choices, out);
	else
		str_add(out, k->form ? k->form : forms[k->type]);
	if (k->type == KEY_INT || k->type == KEY_PERCENT)
		str_addf(out, " %lld…%lld %s", k->min, k->max, k->unit ? k->unit : "");
}

static void kind_reference(const struct config_kind *kind, struct str *out)
{
	str_addf(out, "## %s/\n\n%s\n\n| key | value | default | meaning |\n|---|---|---|---|\n",
		 kind->folder, kind->help);
	for (const struct config_key *k = kind->keys; k->name; k++) {
		str_addf(out, "| `%s` | ", k->name);
		key_value(k, out);
		str_addf(out, " | %s | ", k->required ? "required" : k->def ? k->def : "");
		cell(k->help, out);
		str_add(out, " |\n");
	}
	str_addch(out, '\n');
}

static void param_row(const struct param *p, struct str *out)
{
	str_addf(out, "| `%s` | ", p->name);
	if (p->type == PARAM_ENUM)
		choices(p->choices, out);
	else if (p->type == PARAM_BOOL)
		str_add(out, "`true`, `false`");
	else if (p->type == PARAM_TEXT)
		str_add(out, "text");
	else
		str_addf(out, "%lld…%lld %s", p->min, p->max, p->unit ? p->unit : "");
	str_add(out, " | ");
	cell(p->def, out);
	str_add(out, " | ");
	cell(p->help, out);
	str_add(out, " |\n");
}

static void list_words(const char *label, const char *const *words, struct str *out)
{
	if (!words)
		return;
	str_addf(out, "%s: ", label);
	choices(words, out);
	str_add(out, "\n\n");
}

static void params_reference(const struct param *table, struct str *out)
{
	if (!table || !table->name)
		return;
	str_add(out, "| parameter | value | default | meaning |\n|---|---|---|---|\n");
	for (const struct param *p = table; p->name; p++)
		if (!p->derived)
			param_row(p, out);
	str_addch(out, '\n');
}

static void metrics_reference(const struct metric *table, struct str *out)
{
	str_add(out, "| metric | unit | better | meaning |\n|---|---|---|---|\n");
	for (const struct metric *m = table; m && m->name; m++) {
		str_addf(out, "| `%s` | %s | %s | ", m->name, m->unit, direction_name(m->dir));
		cell(m->help, out);
		str_add(out, " |\n");
	}
	str_addch(out, '\n');
}

static void workload_reference(const struct workload *w, struct str *out)
{
	str_addf(out, "### %s\n\n%s\n\n", w->name, w->summary);
	list_words("Kernel options", w->kconfig, out);
	list_words("Architectures", w->archs, out);
	if (w->cpus > 1)
		str_addf(out, "CPUs: %d or more\n\n", w->cpus);
	list_words("Debian packages of the root image", w->packages, out);
	params_reference(w->params, out);
	metrics_reference(w->metrics, out);
}

static void collector_reference(const struct collector *c, struct str *out)
{
	str_addf(out, "### %s\n\n%s\n\n", c->name, c->summary);
	if (c->where)
		str_addf(out, "From: %s\n\n", c->where);
	if (c->disturbs)
		str_addf(out, "Disturbs: %s\n\n", c->disturbs);
	list_words("Kernel options", c->kconfig, out);
	list_words("Architectures", c->archs, out);
	list_words("Debian packages of the root image", c->packages, out);
	params_reference(c->params, out);
	metrics_reference(c->metrics, out);
}

void config_reference(struct str *out)
{
	str_add(out,
		"# Reference\n\nPrinted by `kdelta list --reference` from the tables that parse the files.\n\n"
		"Every configuration file is YAML, named by its file name. A number may carry its unit "
		"(`memory: 1G`, `boot_timeout: 2min`). Aliases and tags are refused.\n\n");
	for (const struct config_kind *const *k = config_kinds; *k; k++)
		kind_reference(*k, out);
	str_add(out,
		"## Workloads\n\nEvery workload also takes `rounds` (default 5), `warmup` (rounds that "
		"are not recorded, default 1) and `timeout` (seconds for all rounds, default 60). Metrics "
		"in ticks are recorded under the name of the target's clock: `kmalloc.instructions` with "
		"-icount, `kmalloc.cycles` or `kmalloc.time` elsewhere.\n\n");
	for (const struct workload *const *w = workloads; *w; w++)
		workload_reference(*w, out);
	str_add(out,
		"## Collectors\n\nWhat watches a workload while it runs. A suite names them in `collectors:`, "
		"unless another source stands with them. What a collector lacks or does wrong is noted, and "
		"the workload's own numbers stand. `<…>` is a part of a name that is found when it runs.\n\n");
	for (const struct collector *const *c = collectors; *c; c++)
		collector_reference(*c, out);
}
