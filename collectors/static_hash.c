// SPDX-License-Identifier: GPL-2.0
/* The identity of code: instruction bytes without addresses, and what the addresses stand for. */
#include <ctype.h>
#include <string.h>

#include "collectors/static_scan.h"

#define FNV_PRIME 0x100000001b3ULL /* FNV-1a, 64 bits */

/* Below this a constant is taken for a number, unless it goes through a per-CPU segment. */
#define LOWEST_ADDRESS 0x100000

/* Longest run of a jump table that is followed. */
#define TABLE_MAX 1024

uint64_t hash_bytes(uint64_t h, const void *p, size_t len)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * FNV_PRIME;
	return h;
}

static uint64_t hash_number(uint64_t h, uint64_t v)
{
	for (unsigned int i = 0; i < 8; i++, v >>= 8)
		h = (h ^ (v & 0xff)) * FNV_PRIME;
	return h;
}

/* A name without the number that the compiler gave to a static object ("__key.7", "CSWTCH.12"). */
static uint64_t hash_name(uint64_t h, const struct obj_symbol *s)
{
	size_t len = strlen(s->name), cut = len;

	while (!s->func && cut > 0 && isdigit((unsigned char)s->name[cut - 1]))
		cut--;
	if (cut > 1 && cut < len && s->name[cut - 1] == '.')
		len = cut - 1;
	return hash_number(hash_bytes(h, s->name, len), len);
}

static bool is_string(const unsigned char *p, size_t max, size_t *len)
{
	size_t i = 0;

	while (i < max && p[i] && (isprint(p[i]) || isspace(p[i]) || p[i] == 1))
		i++; /* 1 is the kernel's log level mark */
	*len = i;
	return i > 0 && i < max && !p[i];
}

static bool inside(const struct scan_func *fn, uint64_t addr)
{
	return fn && addr >= fn->addr && addr < fn->end;
}

static const struct obj_reloc *reloc_in(const struct obj_section *sec, uint64_t from, uint64_t to)
{
	size_t i = obj_reloc_lower(sec, from);

	return i < sec->nrel && sec->rel[i].addr < to ? &sec->rel[i] : NULL;
}

/* A pointer in data: what a relocation will put there, else what is there. */
static uint64_t pointer_at(const struct obj *o, const struct obj_section *sec, uint64_t addr)
{
	const struct obj_reloc *rel = reloc_in(sec, addr, addr + 8);

	return rel ? rel->target : obj_word(o, sec->data + (addr - sec->addr), 8);
}

/* A jump table: where in the function its entries lead. They are addresses, or count from @base. */
static uint64_t hash_table(uint64_t h, const struct obj *o, const struct obj_section *sec,
			   const struct scan_func *fn, uint64_t addr, uint64_t base, size_t *n)
{
	size_t max = (sec->size - (addr - sec->addr)) / 8;

	for (*n = 0; *n < TABLE_MAX && *n < max; (*n)++) {
		uint64_t v = base + pointer_at(o, sec, addr + *n * 8);

		if (!inside(fn, v))
			break;
		h = hash_number(h, v - fn->addr);
	}
	return h;
}

static uint64_t hash_pointer(uint64_t h, const struct obj *o, uint64_t v)
{
	const struct obj_symbol *s = obj_symbol_at(o, v);

	return s ? hash_number(hash_name(h, s), v - s->addr) : hash_number(h, v);
}

/* Something without a name in data that is not written: its content. */
static uint64_t hash_constant(uint64_t h, const struct obj *o, const struct obj_section *sec,
			      const struct scan_func *fn, uint64_t addr)
{
	const unsigned char *p = sec->data + (addr - sec->addr);
	size_t max = sec->size - (addr - sec->addr), n;

	if (!reloc_in(sec, addr, addr + 1) && is_string(p, max, &n))
		return hash_bytes(h, p, n);
	if (max < 8)
		return hash_bytes(h, p, max);
	h = hash_table(h, o, sec, fn, addr, 0, &n);
	if (!n)
		h = hash_table(h, o, sec, fn, addr, addr, &n);
	return n ? hash_number(h, n) : hash_pointer(h, o, pointer_at(o, sec, addr));
}

uint64_t hash_target(uint64_t h, const struct obj *o, const struct scan_func *fn, uint64_t target)
{
	const struct obj_section *sec;
	const struct obj_symbol *s;

	if (inside(fn, target))
		return hash_number(h ^ 1, target - fn->addr);
	s = obj_symbol_at(o, target);
	if (s)
		return hash_number(hash_name(h, s), target - s->addr);
	sec = obj_section_at(o, target);
	if (!sec)
		return hash_number(h, target);
	if (!strcmp(sec->name, ".got") && sec->data && target + 8 <= sec->addr + sec->size)
		return hash_pointer(h, o, pointer_at(o, sec, target));
	if (!sec->code && sec->data && (!sec->write || str_starts(sec->name, ".rodata")))
		return hash_constant(h, o, sec, fn, target);
	s = obj_symbol_before(o, target);
	h = hash_bytes(h, sec->name, strlen(sec->name));
	return s ? hash_number(hash_name(h, s), target - s->addr) :
		   hash_number(h, target - sec->addr);
}

bool insn_target(const struct obj *o, const struct obj_section *sec, const struct insn *in,
		 const struct insn_ref *r, uint64_t addr, uint64_t *target)
{
	uint64_t field = addr + r->off;
	const struct obj_reloc *rel = reloc_in(sec, field, field + r->width);

	if (rel) {
		*target = rel->target + (r->kind == REF_REL ? in->base - rel->addr : 0);
		return true;
	}
	*target = r->target;
	if (r->kind == REF_REL)
		return true;
	if (o->rel || r->kind == REF_PART || (r->kind == REF_ABS && *target < LOWEST_ADDRESS))
		return false;
	/* or the end of a section, which linker scripts name */
	return obj_section_at(o, *target) || obj_symbol_at(o, *target);
}

static void clear_field(unsigned char *b, const struct insn_ref *r)
{
	if (!r->bits) {
		memset(b + r->off, 0, r->width);
		return;
	}
	for (unsigned int i = 0; i < 4; i++)
		b[r->off + i] &= (unsigned char)~(r->bits >> (8 * i));
}

/* Relocations of an instruction that no known field holds. */
static uint64_t hash_other_relocs(uint64_t h, const struct obj *o, const struct obj_section *sec,
				  const struct scan_func *fn, const struct insn *in, uint64_t addr)
{
	for (size_t i = obj_reloc_lower(sec, addr);
	     i < sec->nrel && sec->rel[i].addr < addr + in->len; i++) {
		uint64_t at = sec->rel[i].addr - addr;
		bool known = false;

		for (unsigned int k = 0; k < in->nref; k++)
			known |= at >= in->ref[k].off && at < in->ref[k].off + in->ref[k].width;
		if (!known)
			h = hash_target(h, o, fn, sec->rel[i].target);
	}
	return h;
}

uint64_t hash_insn(uint64_t h, const struct obj *o, const struct obj_section *sec,
		   const struct scan_func *fn, const struct insn *in, const unsigned char *p,
		   uint64_t addr)
{
	unsigned char b[INSN_MAX];
	uint64_t targets[INSN_REFS];
	unsigned int n = 0;

	memcpy(b, p, in->len);
	for (unsigned int i = 0; i < in->nref; i++) {
		bool leads = insn_target(o, sec, in, &in->ref[i], addr, &targets[n]);

		if (leads || in->ref[i].kind == REF_PART)
			clear_field(b, &in->ref[i]);
		n += leads;
	}
	h = hash_bytes(h, b, in->len);
	for (unsigned int i = 0; i < n; i++)
		h = hash_target(h, o, fn, targets[i]);
	return sec->nrel ? hash_other_relocs(h, o, sec, fn, in, addr) : h;
}
