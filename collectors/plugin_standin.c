// SPDX-License-Identifier: GPL-2.0
#include "collectors/plugin_standin.h"

#include <stdlib.h>
#include <string.h>

#include "runner/base/str.h"

struct standin {
	bool open;
	size_t counter;
	uint64_t *before; /* counters when it began; NULL: none ever did */
};

struct standins {
	struct standins_config c;
	struct standin *vcpu;
	uint64_t *scratch;
};

struct standins *standins_new(const struct standins_config *c)
{
	struct standins *st = xcalloc(1, sizeof(*st));

	st->c = *c;
	st->vcpu = xcalloc(c->vcpus, sizeof(*st->vcpu));
	st->scratch = xcalloc(c->counters, sizeof(*st->scratch));
	return st;
}

void standins_free(struct standins *st)
{
	for (unsigned int v = 0; v < st->c.vcpus; v++)
		free(st->vcpu[v].before);
	free(st->vcpu);
	free(st->scratch);
	free(st);
}

bool standins_open(const struct standins *st, unsigned int vcpu)
{
	return vcpu < st->c.vcpus && st->vcpu[vcpu].open;
}

void standins_begin(struct standins *st, unsigned int vcpu, size_t counter)
{
	struct standin *s;

	if (vcpu >= st->c.vcpus || st->vcpu[vcpu].open)
		return;
	s = &st->vcpu[vcpu];
	if (!s->before)
		s->before = xcalloc(st->c.counters, sizeof(*s->before));
	st->c.snapshot(vcpu, s->before);
	s->counter = counter;
	s->open = true;
}

void standins_end(struct standins *st, unsigned int vcpu)
{
	struct standin *s;

	if (!standins_open(st, vcpu))
		return;
	s = &st->vcpu[vcpu];
	st->c.snapshot(vcpu, st->scratch);
	for (size_t i = 0; i < st->c.counters; i++)
		if (s->before[i] != st->scratch[i])
			st->c.bump(vcpu, i, s->before[i] - st->scratch[i]);
	st->c.bump(vcpu, s->counter, 1);
	s->open = false;
}

void standins_snapshot(const struct standins *st, unsigned int vcpu, uint64_t *out)
{
	if (standins_open(st, vcpu))
		memcpy(out, st->vcpu[vcpu].before, st->c.counters * sizeof(*out));
	else
		st->c.snapshot(vcpu, out);
}
