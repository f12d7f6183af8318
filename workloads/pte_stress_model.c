// SPDX-License-Identifier: GPL-2.0
#include <sys/mman.h>

#include "workloads/pte_stress.h"
#include "workloads/random.h"

/* Pages of a page table of s390 (_PAGE_ENTRIES in its asm/pgtable.h), and of the longest range; elsewhere half a table. */
#define TABLE 256
#define LOOK 24 /* pages that are looked at of many */
#define FULL 64 /* steps, one of which looks at all its pages */
#define TRIES 8 /* to find a page for MADV_FREE */

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
	size_t n = random_below(&m->random, 100);
	enum stress_op op = 0;

	while (n >= ops[op].weight)
		n -= ops[op++].weight;
	return op;
}

/* One page and up to 8 as often, up to 32 more often, and many: as many as there are are dear. */
static size_t choose_count(struct stress_model *m)
{
	static const size_t most[] = { 1, 1, 8, 8, 32, 32, 32, STRESS_PAGES_MAX };
	size_t n = most[random_below(&m->random, sizeof(most) / sizeof(*most))];

	return 1 + random_below(&m->random, n < m->pages ? n : m->pages);
}

/* Half of them anywhere, half around the end of a page table or of all, or up to there. */
static size_t choose_first(struct stress_model *m, size_t count)
{
	size_t end;

	if (random_below(&m->random, 2))
		return random_below(&m->random, m->pages - count + 1);
	end = TABLE * (1 + random_below(&m->random, m->pages / TABLE + 1));
	if (end > m->pages)
		end = m->pages;
	if (random_below(&m->random, 2) && end + count / 2 <= m->pages)
		end += count / 2;
	return end > count ? end - count : 0;
}

/* Nothing gets lost but what can be written to, and is not in a file. */
static bool can_be_lost(const struct stress_page *p)
{
	return p->writable && !p->shared;
}

static void choose_range(struct stress_model *m, struct stress_step *s)
{
	int tries = s->op == STRESS_FREE ? TRIES : 1;

	do {
		s->count = choose_count(m);
		s->first = choose_first(m, s->count);
	} while (--tries && !can_be_lost(&m->page[s->first]));
}

/* Of many pages those at the beginning, at the end, or around the end of a page table. */
static struct stress_range choose_look(struct stress_model *m, const struct stress_step *s)
{
	size_t end = s->first + s->count, at = s->first, table;

	if (s->full || s->count <= LOOK)
		return (struct stress_range){ s->first, s->count };
	table = TABLE * (1 + random_below(&m->random, m->pages / TABLE + 1));
	switch (random_below(&m->random, 3)) {
	case 0:
		at = end - LOOK;
		break;
	case 1:
		if (table >= s->first + LOOK / 2 && table + LOOK / 2 <= end)
			at = table - LOOK / 2;
		break;
	default:
		break;
	}
	return (struct stress_range){ at, LOOK };
}

struct stress_range stress_look(const struct stress_model *m, const struct stress_step *s,
				size_t more)
{
	size_t first = s->look.first > more ? s->look.first - more : 0;
	size_t end = s->look.first + s->look.count + more;

	return (struct stress_range){ first, (end < m->pages ? end : m->pages) - first };
}

/*
 * After half of the STRESS_FREE the kernel looks for memory in the same pages, before anybody else writes to them. The
 * same thread does it: pages that MADV_FREE put aside on its CPU are taken from there first (lru_add_drain()).
 */
static bool follow(struct stress_model *m, struct stress_step *s)
{
	if (m->latest.op != STRESS_FREE || random_below(&m->random, 2))
		return false;
	*s = m->latest;
	s->op = STRESS_PAGEOUT;
	s->follows = true;
	return true;
}

static void choose_moods(struct stress_model *m, struct stress_step *s)
{
	for (int t = 0; t < m->threads; t++)
		s->mood[t] = (enum stress_mood)random_below(&m->random, STRESS_MOODS);
	/* it is to go on with what its CPU knew of the pages */
	if (s->op == STRESS_FREE)
		s->mood[s->toucher] = random_below(&m->random, 2) ? STRESS_HAMMER : STRESS_IDLE;
}

static void choose(struct stress_model *m, struct stress_step *s)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ, PROT_READ | PROT_WRITE,
				     PROT_READ | PROT_WRITE };

	s->op = choose_op(m);
	s->follows = false;
	s->full = m->planned % FULL == FULL - 1;
	s->first = 0;
	s->count = m->pages;
	if (!ops[s->op].all)
		choose_range(m, s);
	s->look = choose_look(m, s);
	s->prot = prots[random_below(&m->random, sizeof(prots) / sizeof(*prots))];
	s->actor = (int)random_below(&m->random, (size_t)m->threads);
	s->toucher = (s->actor + 1) % m->threads;
}

void stress_plan(struct stress_model *m, struct stress_step *s)
{
	if (!follow(m, s))
		choose(m, s);
	choose_moods(m, s);
	m->planned++;
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
