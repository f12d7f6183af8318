// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "workloads/exec.h"
#include "workloads/guest.h"

#define NUMBER_MAX 9999
#define ROUNDS_MAX 1000000
#define TIMEOUT_MAX 86400

static const char *const mode_names[] = {
	[GUEST_RUN] = "run",
	[GUEST_SHELL] = "shell",
	[GUEST_EXEC] = "exec",
};

#define MODES ((int)(sizeof(mode_names) / sizeof(mode_names[0])))

static int need(const struct fields *f, const char *key, const char **out, struct err *e)
{
	*out = fields_get(f, key);
	return *out ? 0 : err_set(e, ERR_INFRA, "'%s' is missing", key);
}

static int need_int(const struct fields *f, const char *key, int min, int max, int *out,
		    struct err *e)
{
	long long v;

	if (fields_int(f, key, min, max, &v, e))
		return -1;
	*out = (int)v;
	return 0;
}

static int take_plan(struct guest_plan *p, const struct fields *f, struct err *e)
{
	const char *mode;
	int version;

	if (need_int(f, "version", 1, 1, &version, e) || need(f, "mode", &mode, e))
		return -1;
	for (int i = 0; i < MODES; i++) {
		if (strcmp(mode, mode_names[i]))
			continue;
		p->mode = (enum guest_mode)i;
		return 0;
	}
	return err_set(e, ERR_INFRA, "unknown mode '%s'", mode);
}

static int take_expect(struct guest_plan *p, const struct fields *f, struct err *e)
{
	const char *release = fields_get(f, "release"), *machine = fields_get(f, "machine");

	if (p->release || p->machine)
		return err_set(e, ERR_INFRA, "a second 'expect'");
	p->release = release ? xstrdup(release) : NULL;
	p->machine = machine ? xstrdup(machine) : NULL;
	return 0;
}

static int take_into(struct strv *to, const struct fields *f, struct err *e)
{
	const char *value;

	if (need(f, "value", &value, e))
		return -1;
	strv_push(to, value);
	return 0;
}

static int take_token(struct guest_plan *p, const struct fields *f, struct err *e)
{
	return take_into(&p->tokens, f, e);
}

static int take_arg(struct guest_plan *p, const struct fields *f, struct err *e)
{
	return take_into(&p->args, f, e);
}

static int need_factor(const struct fields *f, const char *key, double *out, struct err *e)
{
	const char *text;

	if (need(f, key, &text, e))
		return -1;
	if (number_parse(text, out) || *out <= 0)
		return err_set(e, ERR_INFRA, "'%s': expected a number over 0, got '%s'", key, text);
	return 0;
}

static int take_clock(struct guest_plan *p, const struct fields *f, struct err *e)
{
	const char *suffix, *unit, *ev;
	int evidence;

	if (p->clock_suffix)
		return err_set(e, ERR_INFRA, "a second 'clock'");
	if (need(f, "suffix", &suffix, e) || need(f, "unit", &unit, e) || need(f, "ev", &ev, e) ||
	    need_factor(f, "num", &p->clock.num, e) || need_factor(f, "den", &p->clock.den, e))
		return -1;
	evidence = evidence_parse(ev);
	if (evidence < 0)
		return err_set(e, ERR_INFRA, "unknown evidence '%s'", ev);
	p->clock_suffix = xstrdup(suffix);
	p->clock_unit = xstrdup(unit);
	p->clock.suffix = p->clock_suffix;
	p->clock.unit = p->clock_unit;
	p->clock.ev = (enum evidence)evidence;
	return 0;
}

static struct guest_workload *workload_at(struct guest_plan *p, int number)
{
	for (size_t i = 0; i < p->nworkloads; i++)
		if (p->workloads[i].number == number)
			return &p->workloads[i];
	return NULL;
}

static struct guest_collector *collector_at(struct guest_plan *p, int number)
{
	for (size_t i = 0; i < p->ncollectors; i++)
		if (p->collectors[i].number == number)
			return &p->collectors[i];
	return NULL;
}

static struct guest_params no_params(void)
{
	struct guest_params g = { .line = STR_INIT };

	line_begin(&g.line, "params");
	return g;
}

static int take_workload(struct guest_plan *p, const struct fields *f, struct err *e)
{
	struct guest_workload w = { 0 };
	const char *name;

	if (need_int(f, "w", 0, NUMBER_MAX, &w.number, e) || need(f, "name", &name, e) ||
	    need_int(f, "rounds", 1, ROUNDS_MAX, &w.rounds, e) ||
	    need_int(f, "warmup", 0, ROUNDS_MAX, &w.warmup, e) ||
	    need_int(f, "timeout", 1, TIMEOUT_MAX, &w.timeout, e))
		return -1;
	if (workload_at(p, w.number))
		return err_set(e, ERR_INFRA, "a second workload %d", w.number);
	w.w = workload_find(name);
	if (!w.w)
		return err_set(e, ERR_INFRA, "unknown workload '%s'", name);
	w.params = no_params();
	*ARRAY_PUSH(p->workloads, p->nworkloads, p->cap) = w;
	return 0;
}

static int take_collector(struct guest_plan *p, const struct fields *f, struct err *e)
{
	struct guest_collector c = { 0 };
	const char *name;

	if (need_int(f, "c", 0, NUMBER_MAX, &c.number, e) || need(f, "name", &name, e))
		return -1;
	if (collector_at(p, c.number))
		return err_set(e, ERR_INFRA, "a second collector %d", c.number);
	c.col = collector_find(name);
	if (!c.col || c.col->where)
		return err_set(e, ERR_INFRA, "unknown collector '%s'", name);
	c.params = no_params();
	*ARRAY_PUSH(p->collectors, p->ncollectors, p->collectors_cap) = c;
	return 0;
}

static int take_disk(struct guest_plan *p, const struct fields *f, struct err *e)
{
	const char *serial = fields_get(f, "serial"), *dir;
	struct guest_disk *d;

	if (need(f, "dir", &dir, e))
		return -1;
	if (strcmp(dir, EXEC_IMAGE) && !str_starts(dir, EXEC_IMAGE "/"))
		return err_set(e, ERR_INFRA, "'dir': expected '" EXEC_IMAGE "' or below, got '%s'",
			       dir);
	d = ARRAY_PUSH(p->disks, p->ndisks, p->disks_cap);
	d->serial = serial ? xstrdup(serial) : NULL;
	d->dir = xstrdup(dir);
	return 0;
}

/* Whose parameters a line is about. */
struct owner {
	const char *noun, *name;
	const struct param *table;
	struct guest_params *params;
};

static int owner_of(struct guest_plan *p, const struct fields *f, struct owner *o, struct err *e)
{
	bool collector = fields_get(f, "c");
	struct guest_collector *c;
	struct guest_workload *w;
	int number;

	if (need_int(f, collector ? "c" : "w", 0, NUMBER_MAX, &number, e))
		return -1;
	c = collector ? collector_at(p, number) : NULL;
	w = collector ? NULL : workload_at(p, number);
	if (c)
		*o = (struct owner){ "collector", c->col->name, c->col->params, &c->params };
	else if (w)
		*o = (struct owner){ "workload", w->w->name, w->w->params, &w->params };
	else
		return err_set(e, ERR_INFRA, "parameter of the unknown %s %d",
			       collector ? "collector" : "workload", number);
	return 0;
}

static int take_param(struct guest_plan *p, const struct fields *f, struct err *e)
{
	const struct param *param;
	const char *name, *value;
	struct owner o = { 0 };

	if (owner_of(p, f, &o, e) || need(f, "name", &name, e) || need(f, "value", &value, e))
		return -1;
	param = param_find(o.table, name);
	if (!param)
		return err_set(e, ERR_INFRA, "%s '%s' has no parameter '%s'", o.noun, o.name, name);
	if (param_check(param, value, e))
		return -1;
	line_field(&o.params->line, name, value);
	return 0;
}

static const struct {
	const char *word;
	int (*take)(struct guest_plan *p, const struct fields *f, struct err *e);
} plan_words[] = {
	{ "plan", take_plan },         { "expect", take_expect },
	{ "token", take_token },       { "clock", take_clock },
	{ "arg", take_arg },           { "param", take_param },
	{ "workload", take_workload }, { "collector", take_collector },
	{ "disk", take_disk },
};

static int take_fields(struct guest_plan *p, const struct fields *f, struct err *e)
{
	for (size_t i = 0; i < sizeof(plan_words) / sizeof(plan_words[0]); i++)
		if (!strcmp(plan_words[i].word, f->word))
			return plan_words[i].take(p, f, e);
	return err_set(e, ERR_INFRA, "unknown word '%s'", f->word);
}

/* One line; 1 for the end line. */
static int take_line(struct guest_plan *p, const char *line, size_t len, bool first, struct err *e)
{
	struct fields f;
	int ret;

	if (fields_parse(&f, line, len, e))
		return -1;
	if (first && strcmp(f.word, "plan"))
		ret = err_set(e, ERR_INFRA, "expected 'plan', got '%s'", f.word);
	else if (!strcmp(f.word, "end"))
		ret = 1;
	else
		ret = take_fields(p, &f, e);
	fields_release(&f);
	return ret;
}

static int check_params(struct guest_params *g, const struct param *table, const char *noun,
			int number, struct err *e)
{
	if (fields_parse(&g->fields, g->line.buf, g->line.len, e))
		return err_prefix(e, "parameters of %s %d", noun, number);
	for (const struct param *q = table; q && q->name; q++)
		if (!fields_get(&g->fields, q->name))
			return err_set(e, ERR_INFRA, "%s %d lacks parameter '%s'", noun, number,
				       q->name);
	return 0;
}

static int check_whole(struct guest_plan *p, struct err *e)
{
	for (size_t i = 0; i < p->nworkloads; i++)
		if (check_params(&p->workloads[i].params, p->workloads[i].w->params, "workload",
				 p->workloads[i].number, e))
			return -1;
	for (size_t i = 0; i < p->ncollectors; i++)
		if (check_params(&p->collectors[i].params, p->collectors[i].col->params,
				 "collector", p->collectors[i].number, e))
			return -1;
	if (p->mode == GUEST_RUN && !p->clock_suffix)
		return err_set(e, ERR_INFRA, "a plan to run has no clock");
	if (p->mode == GUEST_EXEC && !p->args.n)
		return err_set(e, ERR_INFRA, "a plan to execute has no command");
	return 0;
}

int guest_plan_parse(struct guest_plan *p, const char *text, size_t len, struct err *e)
{
	const char *end = text + len, *nl;
	int number = 1;

	memset(p, 0, sizeof(*p));
	for (; (nl = memchr(text, '\n', (size_t)(end - text))); text = nl + 1, number++) {
		int ret = take_line(p, text, (size_t)(nl - text), number == 1, e);

		if (ret < 0)
			return err_prefix(e, "plan line %d", number);
		if (ret)
			return check_whole(p, e);
	}
	return err_set(e, ERR_INFRA, "plan line %d: no 'end'", number);
}

static void params_release(struct guest_params *g)
{
	str_release(&g->line);
	fields_release(&g->fields);
}

void guest_plan_release(struct guest_plan *p)
{
	for (size_t i = 0; i < p->nworkloads; i++)
		params_release(&p->workloads[i].params);
	for (size_t i = 0; i < p->ncollectors; i++)
		params_release(&p->collectors[i].params);
	for (size_t i = 0; i < p->ndisks; i++) {
		free(p->disks[i].serial);
		free(p->disks[i].dir);
	}
	free(p->workloads);
	free(p->collectors);
	free(p->disks);
	free(p->release);
	free(p->machine);
	free(p->clock_suffix);
	free(p->clock_unit);
	strv_release(&p->tokens);
	strv_release(&p->args);
	memset(p, 0, sizeof(*p));
}
