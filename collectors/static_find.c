// SPDX-License-Identifier: GPL-2.0
/* Look-ups in an opened ELF file: what lies at an address. */
#include <elf.h>
#include <string.h>

#include "collectors/static_obj.h"
#include "runner/base/search.h"

const struct obj_section *obj_section_at(const struct obj *o, uint64_t addr)
{
	size_t lo = 0, hi = o->norder;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct obj_section *s = &o->sec[o->order[mid]];

		if (addr < s->addr)
			hi = mid;
		else if (addr - s->addr >= s->size)
			lo = mid + 1;
		else
			return s;
	}
	return NULL;
}

bool obj_symbol_better(const struct obj_symbol *a, const struct obj_symbol *b)
{
	if (!a->size != !b->size)
		return a->size;
	if (a->func != b->func)
		return a->func;
	if (a->global != b->global)
		return a->global;
	return strcmp(a->name, b->name) < 0;
}

size_t obj_lower(const struct obj *o, uint64_t addr)
{
	return LOWER_BOUND(o->sym, o->nsym, addr, addr);
}

/* Symbols may nest (labels inside a function): look a few back for one that covers the address. */
#define NEST_MAX 16

/* Where a section begins, the linker script's name for it ("__start_rodata") is preferred: what comes first
 * in a section changes from build to build, and code that asks for the limits does not. */
static const struct obj_symbol *section_start(const struct obj *o, size_t i)
{
	uint64_t addr = o->sym[i].addr;

	if (o->rel || !o->sym[i].sec || o->sec[o->sym[i].sec].addr != addr)
		return NULL;
	for (; i < o->nsym && o->sym[i].addr == addr; i++)
		if (o->sym[i].global && !o->sym[i].size && !o->sym[i].func)
			return &o->sym[i];
	return NULL;
}

const struct obj_symbol *obj_symbol_at(const struct obj *o, uint64_t addr)
{
	size_t i = obj_lower(o, addr);
	const struct obj_symbol *exact = i < o->nsym && o->sym[i].addr == addr ? &o->sym[i] : NULL;
	const struct obj_symbol *start = exact ? section_start(o, i) : NULL;

	if (start)
		return start;
	if (exact && (exact->size || !exact->sec))
		return exact; /* the best of its address is sorted first */
	for (size_t back = 0; i-- > 0 && back < NEST_MAX; back++) {
		const struct obj_symbol *s = &o->sym[i];

		if (s->size && addr - s->addr < s->size)
			return s;
		if (!s->sec)
			break;
	}
	return exact;
}

const struct obj_symbol *obj_symbol_before(const struct obj *o, uint64_t addr)
{
	const struct obj_section *sec = obj_section_at(o, addr);
	size_t i = obj_lower(o, addr);
	const struct obj_symbol *best;

	if (!sec || !i || o->sym[i - 1].addr < sec->addr)
		return NULL;
	best = &o->sym[--i];
	while (i > 0 && o->sym[i - 1].addr == best->addr)
		best = &o->sym[--i];
	return best;
}

size_t obj_reloc_lower(const struct obj_section *s, uint64_t addr)
{
	return LOWER_BOUND(s->rel, s->nrel, addr, addr);
}

uint64_t obj_word(const struct obj *o, const unsigned char *p, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++)
		v = v << 8 | p[o->machine == EM_S390 ? i : len - 1 - i];
	return v;
}
