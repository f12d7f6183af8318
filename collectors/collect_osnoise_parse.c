// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/collect_osnoise.h"
#include "collectors/collect_trace.h"

/* include/trace/events/osnoise.h: what an event says before "start". */
static const struct {
	const char *event, *source;
	bool named; /* "NAME:NUMBER start …" */
} kinds[] = {
	{ "sample_threshold", "gap", false }, { "nmi_noise", "nmi", false },
	{ "irq_noise", "irq.", true },        { "softirq_noise", "softirq.", true },
	{ "thread_noise", "thread.", true },
};

static struct noise_source *source(struct noise *n, const char *name, int cpu)
{
	struct noise_source *new;

	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].cpu == cpu && !strcmp(n->v[i].name, name))
			return &n->v[i];
	new = ARRAY_PUSH(n->v, n->n, n->cap);
	new->cpu = cpu;
	snprintf(new->name, sizeof(new->name), "%s", name);
	return new;
}

static void add(struct noise *n, const struct trace_line *l, size_t kind)
{
	char name[64], duration[24];
	struct noise_source *s;
	double ns;

	if (!trace_value(l, "duration ", duration, sizeof(duration)))
		return;
	ns = (double)strtoull(duration, NULL, 10);
	snprintf(name, sizeof(name), "%s%.*s", kinds[kind].source,
		 kinds[kind].named ? (int)l->args_len : 0, l->args);
	/* "kworker/3:1:52": one name on every CPU */
	if (kinds[kind].named)
		name[strcspn(name, "/: ")] = '\0';
	s = source(n, name, l->cpu);
	s->count++;
	s->total += ns;
	if (ns > s->max)
		s->max = ns;
}

void noise_parse(struct noise *n, const char *text, size_t len)
{
	struct trace t;

	for (size_t i = 0; i < n->n; i++)
		n->v[i].count = n->v[i].total = n->v[i].max = 0;
	trace_parse(&t, text, len);
	for (size_t i = 0; i < t.n; i++)
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if (strlen(kinds[k].event) == t.v[i].name_len &&
			    !memcmp(kinds[k].event, t.v[i].name, t.v[i].name_len))
				add(n, &t.v[i], k);
	trace_release(&t);
}

void noise_release(struct noise *n)
{
	free(n->v);
	*n = (struct noise){ 0 };
}
