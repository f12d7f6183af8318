// SPDX-License-Identifier: GPL-2.0
#include <sys/mman.h>

#include "workloads/pte_stress.h"

/* SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. */
uint64_t stress_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static size_t below(struct stress_model *m, size_t n)
{
	return n ? stress_random(&m->random) % n : 0;
}

/* The last third is of a file, so that most page tables have one kind, and one has both. */
void stress_reset(struct stress_model *m)
{
	for (size_t i = 0; i < m->pages; i++)
		m->page[i] = (struct stress_page){ .mapped = true,
						   .readable = true,
						   .writable = true,
						   .shared = i >= m->pages - m->pages / 3 };
}

static const struct {
	const char *name;
	unsigned int weight; /* of 100 */
	bool drops;
	bool all; /* always all pages */
} ops[STRESS_OPS] = {
	[STRESS_MPROTECT] = { "mprotect", 30 },
	[STRESS_MUNMAP] = { "munmap", 8, .drops = true },
	[STRESS_MMAP] = { "mmap", 8 },
	[STRESS_MREMAP] = { "mremap", 14 },
	[STRESS_DONTNEED] = { "madvise(MADV_DONTNEED)", 8, .drops = true },
	[STRESS_FREE] = { "madvise(MADV_FREE)", 8 },
	[STRESS_PAGEOUT] = { "madvise(MADV_PAGEOUT)", 8 },
	[STRESS_COLD] = { "madvise(MADV_COLD)", 4, .all = true },
	[STRESS_FORK] = { "fork", 8 },
	[STRESS_RESET] = { "mmap of all pages", 4, .drops = true, .all = true },
};

const char *stress_op_name(enum stress_op op)
{
	return ops[op].name;
}

/* Files keep what is in them, but for the reset. */
bool stress_drops(enum stress_op op, bool shared)
{
	return ops[op].drops && (!shared || op == STRESS_RESET);
}

bool stress_may_write(const struct stress_step *s, enum stress_when when, int thread, bool shared)
{
	if (when == STRESS_AFTER)
		return s->op != STRESS_FREE || thread == s->toucher;
	if (stress_drops(s->op, shared))
		return false;
	switch (s->op) {
	case STRESS_COLD:
		return false;
	case STRESS_FREE:
		return when == STRESS_BEFORE || thread == s->toucher;
	case STRESS_PAGEOUT:
		return when == STRESS_MEANWHILE && !s->follows;
	default:
		return true;
	}
}

static enum stress_op choose_op(struct stress_model *m)
{
	size_t n = below(m, 100);
	enum stress_op op = 0;

	while (n >= ops[op].weight)
		n -= ops[op++].weight;
	return op;
}

/* One page, a few, or many, each as often. */
static void choose_range(struct stress_model *m, struct stress_step *s)
{
	size_t most = 1;

	while (most < m->pages && below(m, 4))
		most *= 4;
	if (most > m->pages)
		most = m->pages;
	s->count = 1 + below(m, most);
	s->first = below(m, m->pages - s->count + 1);
}

/*
 * After half of the STRESS_FREE the kernel looks for memory in the same pages, before anybody else writes to them. The
 * same thread does it: pages that MADV_FREE put aside on its CPU are taken from there first (lru_add_drain()).
 */
static bool follow(struct stress_model *m, struct stress_step *s)
{
	if (m->latest.op != STRESS_FREE || below(m, 2))
		return false;
	*s = m->latest;
	s->op = STRESS_PAGEOUT;
	s->follows = true;
	return true;
}

static void choose_moods(struct stress_model *m, struct stress_step *s)
{
	for (int t = 0; t < m->threads; t++)
		s->mood[t] = (enum stress_mood)below(m, STRESS_MOODS);
	/* it is to go on with what its CPU knew of the pages */
	if (s->op == STRESS_FREE)
		s->mood[s->toucher] = below(m, 2) ? STRESS_HAMMER : STRESS_IDLE;
}

static void choose(struct stress_model *m, struct stress_step *s)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ, PROT_READ | PROT_WRITE,
				     PROT_READ | PROT_WRITE };

	s->op = choose_op(m);
	s->follows = false;
	s->first = 0;
	s->count = m->pages;
	if (!ops[s->op].all)
		choose_range(m, s);
	s->prot = prots[below(m, sizeof(prots) / sizeof(*prots))];
	s->actor = (int)below(m, (size_t)m->threads);
	s->toucher = (s->actor + 1) % m->threads;
}

void stress_plan(struct stress_model *m, struct stress_step *s)
{
	if (!follow(m, s))
		choose(m, s);
	choose_moods(m, s);
	m->latest = *s;
}

static void apply_to(struct stress_page *p, const struct stress_step *s)
{
	if (s->op == STRESS_MMAP && !p->mapped)
		p->mapped = p->readable = p->writable = true;
	if (!p->mapped)
		return;
	switch (s->op) {
	case STRESS_MPROTECT:
		p->readable = s->prot != PROT_NONE;
		p->writable = s->prot & PROT_WRITE;
		break;
	case STRESS_MUNMAP:
		p->mapped = p->readable = p->writable = false;
		break;
	case STRESS_MREMAP:
		p->place = !p->place;
		break;
	default:
		break;
	}
}

void stress_apply(struct stress_model *m, const struct stress_step *s)
{
	if (s->op == STRESS_RESET)
		stress_reset(m);
	for (size_t i = s->first; i < s->first + s->count; i++)
		apply_to(&m->page[i], s);
}

static bool alike(const struct stress_page *a, const struct stress_page *b)
{
	return a->mapped == b->mapped && a->place == b->place && a->readable == b->readable &&
	       a->writable == b->writable && a->shared == b->shared;
}

size_t stress_run(const struct stress_model *m, size_t first, size_t end)
{
	size_t i = first + 1;

	while (i < end && alike(&m->page[i], &m->page[first]))
		i++;
	return i - first;
}
