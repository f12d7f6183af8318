// SPDX-License-Identifier: GPL-2.0
#include "runner/guestplan.h"

#include <string.h>

#include "results/record.h"
#include "runner/derive.h"

/* @key: w or c, whose number @number is. */
static void write_param(const char *key, size_t number, const char *name, const char *value,
			struct str *out)
{
	line_begin(out, "param");
	line_fieldf(out, key, "%zu", number);
	line_field(out, "name", name);
	line_field(out, "value", value);
	line_end(out);
}

static void write_workload(const struct suite_workload *w, size_t number, int canary,
			   struct str *out)
{
	cleanup_free char *added = xasprintf("%d", canary);

	line_begin(out, "workload");
	line_fieldf(out, "w", "%zu", number);
	line_field(out, "name", w->w->name);
	line_fieldf(out, "rounds", "%d", w->rounds);
	line_fieldf(out, "warmup", "%d", w->warmup);
	line_fieldf(out, "timeout", "%d", w->timeout);
	line_end(out);
	for (size_t i = 0; i < w->nparams; i++) {
		bool replaced = canary && !strcmp(w->params[i].name, "canary");

		write_param("w", number, w->params[i].name, replaced ? added : w->params[i].value,
			    out);
	}
}

/* What the host derives is right: it was checked before anything was built. */
static void write_derived(const struct guestplan *p, const struct suite_collector *c, size_t number,
			  const char *name, struct str *out)
{
	cleanup_str struct str value = STR_INIT;
	struct err ignored = ERR_INIT;

	derive_param(c, name, p->arch, &value, &ignored);
	write_param("c", number, name, value.buf, out);
}

static void write_collector(const struct guestplan *p, size_t number, struct str *out)
{
	const struct suite_collector *c = &p->collectors[number];

	line_begin(out, "collector");
	line_fieldf(out, "c", "%zu", number);
	line_field(out, "name", c->col->name);
	line_end(out);
	for (size_t i = 0; i < c->nparams; i++) {
		const char *name = c->params[i].name;

		if (param_find(c->col->params, name)->derived)
			write_derived(p, c, number, name, out);
		else
			write_param("c", number, name, c->params[i].value, out);
	}
}

static void write_clock(const struct guest_clock *c, struct str *out)
{
	line_begin(out, "clock");
	line_field(out, "suffix", c->suffix);
	line_field(out, "unit", c->unit);
	line_field(out, "ev", evidence_name(c->ev));
	line_fieldf(out, "num", "%.17g", c->num);
	line_fieldf(out, "den", "%.17g", c->den);
	line_end(out);
}

static void write_values(const char *word, const struct strv *values, struct str *out)
{
	for (size_t i = 0; values && i < values->n; i++) {
		line_begin(out, word);
		line_field(out, "value", values->v[i]);
		line_end(out);
	}
}

void guestplan_write(const struct guestplan *p, struct str *out)
{
	line_begin(out, "plan");
	line_fieldf(out, "version", "%d", RECORD_VERSION);
	line_field(out, "mode", p->mode);
	line_end(out);
	if (p->release || p->machine) {
		line_begin(out, "expect");
		if (p->release)
			line_field(out, "release", p->release);
		if (p->machine)
			line_field(out, "machine", p->machine);
		line_end(out);
	}
	write_values("token", p->tokens, out);
	if (p->clock)
		write_clock(p->clock, out);
	for (size_t i = 0; i < p->nchosen; i++)
		if (!p->skip || !p->skip[i])
			write_workload(&p->workloads[p->chosen[i]], i, p->canary, out);
	for (size_t i = 0; i < p->ncollectors; i++)
		if (!p->skip_collector || !p->skip_collector[i])
			write_collector(p, i, out);
	for (size_t i = 0; i < p->ndisks; i++) {
		line_begin(out, "disk");
		if (p->disks[i].serial)
			line_field(out, "serial", p->disks[i].serial);
		line_field(out, "dir", p->disks[i].dir);
		line_end(out);
	}
	write_values("arg", p->args, out);
	line_begin(out, "end");
	line_end(out);
}
