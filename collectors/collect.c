// SPDX-License-Identifier: GPL-2.0
/* The collectors of one workload (collector.h), in the process of that workload. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collectors/collector.h"

const struct collector *collector_find(const char *name)
{
	for (const struct collector *const *c = collectors; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}

enum place {
	IN_USE,
	LEFT_OUT, /* was set up, and is to be torn down where nothing is watched */
	GONE,
};

struct one {
	struct collector_ctx c;
	enum place place;
	bool open;
};

struct collectors {
	struct one *v;
	size_t n;
	bool open; /* the window, as the workload sees it */
	bool closed; /* there was one in this round */
};

static void note(const struct collector_ctx *c, const char *key, const char *why)
{
	cleanup_free char *text = xasprintf("%s: %s", c->col->name, why);

	recorder_fact(&c->r, key, text);
}

/* Call one of the four functions, if there is one; what fails is left out from then on. */
static bool call(struct one *o, int (*f)(struct collector_ctx *c, struct err *e))
{
	struct err e = ERR_INIT;

	if (!f || !f(&o->c, &e))
		return true;
	note(&o->c, o->c.skipped ? "collector.skipped" : "collector.broken", e.msg);
	o->place = LEFT_OUT;
	return false;
}

static void tear_down(struct one *o)
{
	if (o->place != GONE && o->c.col->teardown)
		o->c.col->teardown(&o->c);
	o->place = GONE;
}

struct collectors *collectors_setup(const struct collector_choice *chosen, size_t n,
				    const struct recorder *r, const char *workload,
				    const char *image)
{
	struct collectors *cs = xcalloc(1, sizeof(*cs));

	cs->n = n;
	cs->v = xcalloc(n, sizeof(*cs->v));
	for (size_t i = 0; i < n; i++) {
		struct one *o = &cs->v[i];

		o->c = (struct collector_ctx){
			.col = chosen[i].col,
			.r = *r,
			.params = chosen[i].params,
			.workload = workload,
			.pid = getpid(),
			.image = image,
		};
		o->c.r.by = o->c.col->name;
		if (!call(o, o->c.col->setup))
			tear_down(o);
	}
	return cs;
}

void collectors_start(struct collectors *cs, int round)
{
	if (!cs || cs->open || cs->closed)
		return;
	cs->open = true;
	for (size_t i = 0; i < cs->n; i++) {
		struct one *o = &cs->v[i];

		o->c.r.round = round;
		o->open = o->place == IN_USE && call(o, o->c.col->start);
	}
}

void collectors_stop(struct collectors *cs)
{
	if (!cs || !cs->open)
		return;
	for (size_t i = cs->n; i-- > 0;) {
		struct one *o = &cs->v[i];

		if (o->open && !call(o, o->c.col->stop))
			o->open = false;
	}
	cs->open = false;
	cs->closed = true;
}

static void report(struct one *o, bool watched)
{
	if (o->open)
		call(o, o->c.col->report);
	o->open = false;
	if (!watched && o->place == IN_USE) {
		note(&o->c, "collector.broken", "the workload opened no window");
		o->place = LEFT_OUT;
	}
	if (o->place == LEFT_OUT)
		tear_down(o);
}

void collectors_report(struct collectors *cs)
{
	if (!cs)
		return;
	for (size_t i = 0; i < cs->n; i++)
		report(&cs->v[i], cs->closed);
	cs->closed = false;
}

void collectors_free(struct collectors *cs)
{
	if (!cs)
		return;
	collectors_stop(cs);
	for (size_t i = cs->n; i-- > 0;)
		tear_down(&cs->v[i]);
	free(cs->v);
	free(cs);
}

/* Asking for what the descriptor does not have is a mistake of the collector, not of its input. */
static void die_of_bug(const struct collector_ctx *c, const char *param)
{
	fprintf(stderr, "kdelta-guest: collector '%s' has no parameter '%s'\n", c->col->name,
		param);
	abort();
}

const char *collector_str(const struct collector_ctx *c, const char *param)
{
	const char *value = fields_get(c->params, param);

	if (!value)
		die_of_bug(c, param);
	return value;
}

long long collector_int(const struct collector_ctx *c, const char *param)
{
	const char *value = collector_str(c, param);
	const struct param *p = param_find(c->col->params, param);

	if (p && p->type == PARAM_BOOL)
		return !strcmp(value, "true");
	return strtoll(value, NULL, 10);
}

int collector_skip(struct collector_ctx *c, struct err *e, const char *fmt, ...)
{
	char reason[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	c->skipped = true;
	return err_set(e, ERR_INFRA, "%s", reason);
}
