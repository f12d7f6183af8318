// SPDX-License-Identifier: GPL-2.0
#include "results/compare_sparse.h"

#include <stdlib.h>
#include <string.h>

#include "runner/base/str.h"

struct boots {
	struct boot_value *v;
	size_t n, cap;
};

/* The boots in which a collector has watched a workload. Texts are those of a pair. */
struct watch {
	const char *target, *workload, *collector;
	struct boots a, b;
};

struct watches {
	struct watch *w;
	size_t n, cap;
};

static struct watch *watch_of(struct watches *ws, const struct pair *p)
{
	struct watch *w;

	/* pairs of one watch stand together: the last one is it, nearly always */
	for (size_t i = ws->n; i-- > 0;) {
		w = &ws->w[i];
		if (!strcmp(w->collector, p->collector) && !strcmp(w->workload, p->workload) &&
		    !strcmp(w->target, p->target))
			return w;
	}
	w = ARRAY_PUSH(ws->w, ws->n, ws->cap);
	*w = (struct watch){ p->target, p->workload, p->collector, { 0 }, { 0 } };
	return w;
}

static bool has_boot(const struct boot_value *v, size_t n, const struct boot_value *boot)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].boot == boot->boot && v[i].block == boot->block)
			return true;
	return false;
}

static void add_boots(struct boots *to, const struct boot_value *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!has_boot(to->v, to->n, &v[i]))
			*ARRAY_PUSH(to->v, to->n, to->cap) =
				(struct boot_value){ .boot = v[i].boot, .block = v[i].block };
}

static void fill(struct boot_value **v, size_t *n, const struct boots *watched)
{
	struct boots side = { *v, *n, *n };

	add_boots(&side, watched->v, watched->n);
	*v = side.v;
	*n = side.n;
}

void compare_fill_sparse(struct comparison *c)
{
	struct watches ws = { 0 };

	for (size_t i = 0; i < c->n; i++) {
		const struct pair *p = &c->pairs[i];
		struct watch *w = p->collector ? watch_of(&ws, p) : NULL;

		if (!w)
			continue;
		add_boots(&w->a, p->a, p->na);
		add_boots(&w->b, p->b, p->nb);
	}
	for (size_t i = 0; i < c->n; i++) {
		struct pair *p = &c->pairs[i];
		const struct watch *w = p->collector && p->sparse ? watch_of(&ws, p) : NULL;

		if (!w)
			continue;
		fill(&p->a, &p->na, &w->a);
		fill(&p->b, &p->nb, &w->b);
	}
	for (size_t i = 0; i < ws.n; i++) {
		free(ws.w[i].a.v);
		free(ws.w[i].b.v);
	}
	free(ws.w);
}
