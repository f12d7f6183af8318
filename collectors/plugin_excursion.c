// SPDX-License-Identifier: GPL-2.0
#include "collectors/plugin_excursion.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Functions that one excursion went through; more than that are lumped into the last place. */
#define FUNCTIONS_MAX 512

struct vcpu {
	enum excursion_state state;
	struct excursion_sums *sums; /* of the open window */
	uint64_t begin, last; /* kernel instructions at the entry, at the latest block */
	long entry, symbol; /* function of the entry, of the latest block */
	size_t n;
	struct {
		long symbol;
		uint64_t length;
	} function[FUNCTIONS_MAX];
	struct excursion_sums **done;
	size_t ndone, done_cap;
};

struct excursions {
	unsigned int vcpus;
	struct vcpu *v;
};

struct excursions *excursions_new(unsigned int vcpus)
{
	struct excursions *x = xcalloc(1, sizeof(*x));

	x->vcpus = vcpus;
	x->v = xcalloc(vcpus, sizeof(*x->v));
	return x;
}

void excursions_free(struct excursions *x)
{
	for (unsigned int i = 0; i < x->vcpus; i++) {
		for (size_t j = 0; j < x->v[i].ndone; j++)
			free(x->v[i].done[j]);
		free(x->v[i].done);
	}
	free(x->v);
	free(x);
}

static bool same_window(const struct excursion_sums *a, const struct window_sums *s)
{
	return a->w == s->w && a->round == s->round && a->id == s->id;
}

static struct excursion_sums *sums_of(struct vcpu *v, unsigned int vcpu,
				      const struct window_sums *s)
{
	struct excursion_sums *sums;

	for (size_t i = 0; i < v->ndone; i++)
		if (same_window(v->done[i], s))
			return v->done[i];
	sums = xcalloc(1, sizeof(*sums));
	sums->w = s->w;
	sums->round = s->round;
	sums->id = s->id;
	sums->vcpu = vcpu;
	*ARRAY_PUSH(v->done, v->ndone, v->done_cap) = sums;
	return sums;
}

struct excursion_sums *excursion_take(struct excursions *x, const struct window_sums *s,
				      unsigned int vcpu)
{
	struct vcpu *v = &x->v[vcpu];

	for (size_t i = 0; i < v->ndone; i++) {
		struct excursion_sums *sums = v->done[i];

		if (!same_window(sums, s))
			continue;
		v->done[i] = v->done[--v->ndone];
		return sums;
	}
	return NULL;
}

/* The instructions since the latest block were in its function. */
static void attribute(struct vcpu *v, uint64_t now)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		if (v->function[i].symbol == v->symbol)
			break;
	if (i == FUNCTIONS_MAX)
		i--;
	else if (i == v->n)
		v->function[v->n++].symbol = v->symbol;
	v->function[i].length += now - v->last;
	v->last = now;
}

static void enter(struct vcpu *v, long symbol, uint64_t now)
{
	memset(v->function, 0, v->n * sizeof(*v->function));
	v->n = 0;
	v->begin = now;
	v->last = now;
	v->entry = symbol;
	v->symbol = symbol;
	v->state = EXCURSION_KERNEL;
}

static unsigned int bucket_of(uint64_t length)
{
	unsigned int shift;

	if (length < 1U << EXCURSION_SUB)
		return (unsigned int)length;
	shift = 63 - (unsigned int)__builtin_clzll(length) - EXCURSION_SUB;
	return (shift << EXCURSION_SUB) + (unsigned int)(length >> shift);
}

static void keep_longest(struct excursion_sums *s, const struct excursion *e)
{
	size_t i = s->nlongest;

	if (s->nlongest < EXCURSION_LONGEST)
		s->nlongest++;
	else if (s->longest[--i].length >= e->length)
		return;
	for (; i && s->longest[i - 1].length < e->length; i--)
		s->longest[i] = s->longest[i - 1];
	s->longest[i] = *e;
}

static void leave(struct vcpu *v, uint64_t now)
{
	struct excursion e = { .length = now - v->begin, .entry = v->entry, .top = -1 };

	attribute(v, now);
	for (size_t i = 0; i < v->n; i++) {
		if (v->function[i].length <= e.top_length)
			continue;
		e.top = v->function[i].symbol;
		e.top_length = v->function[i].length;
	}
	v->sums->count++;
	v->sums->total += e.length;
	v->sums->bucket[bucket_of(e.length)]++;
	keep_longest(v->sums, &e);
	v->state = EXCURSION_USER;
}

enum excursion_state excursion_open(struct excursions *x, unsigned int vcpu,
				    const struct window_sums *s, bool kernel, uint64_t now)
{
	struct vcpu *v = &x->v[vcpu];

	/* of overlapping isolated windows on one vCPU the first one keeps the excursions */
	if (v->state != EXCURSION_OFF)
		return v->state;
	v->sums = sums_of(v, vcpu, s);
	v->state = EXCURSION_USER;
	if (kernel)
		enter(v, -1, now);
	return v->state;
}

enum excursion_state excursion_close(struct excursions *x, unsigned int vcpu, uint64_t now)
{
	struct vcpu *v = &x->v[vcpu];

	if (v->state == EXCURSION_KERNEL)
		leave(v, now);
	v->state = EXCURSION_OFF;
	v->sums = NULL;
	return v->state;
}

enum excursion_state excursion_block(struct excursions *x, unsigned int vcpu, bool kernel,
				     long symbol, uint64_t now)
{
	struct vcpu *v = &x->v[vcpu];

	if (v->state == EXCURSION_OFF)
		return v->state;
	if (!kernel) {
		if (v->state == EXCURSION_KERNEL)
			leave(v, now);
		return v->state;
	}
	if (v->state == EXCURSION_USER) {
		enter(v, symbol, now);
		return v->state;
	}
	attribute(v, now);
	v->symbol = symbol;
	return v->state;
}

static uint64_t bucket_bound(unsigned int i)
{
	unsigned int shift;

	if (i < 2U << EXCURSION_SUB)
		return i;
	shift = (i >> EXCURSION_SUB) - 1;
	return (uint64_t)(i - (shift << EXCURSION_SUB)) << shift;
}

void excursion_buckets(const struct excursion_sums *s, struct str *out)
{
	const char *sep = "";

	for (unsigned int i = 0; i < EXCURSION_BUCKETS; i++) {
		if (!s->bucket[i])
			continue;
		str_addf(out, "%s%" PRIu64 ":%" PRIu32, sep, bucket_bound(i), s->bucket[i]);
		sep = ",";
	}
}
