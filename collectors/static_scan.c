// SPDX-License-Identifier: GPL-2.0
/* Walks the code of a file: where functions begin and end, what they contain, who calls whom. */
#include <stdlib.h>
#include <string.h>

#include "collectors/static_scan.h"
#include "runner/base/search.h"

static bool is_padding(const char *name)
{
	/* x86 names the room in front of a function; it is not one */
	return str_starts(name, "__pfx_") || str_starts(name, "__cfi_");
}

/* Limits that a linker script names ("__softirqentry_text_end", "_etext") are no functions either. */
static bool is_limit(const struct obj_symbol *sym)
{
	return !sym->size && !sym->func && sym->global && sym->name[0] == '_' &&
	       (str_ends(sym->name, "_start") || str_ends(sym->name, "_end") ||
		str_ends(sym->name, "_begin") || str_ends(sym->name, "text"));
}

static struct scan_func *add_func(struct scan *s, const struct obj_symbol *sym, uint64_t end)
{
	struct scan_func *fn = ARRAY_PUSH(s->fn, s->nfn, s->cap);

	fn->sym = sym;
	fn->addr = sym->addr;
	fn->end = end;
	fn->f.hash = HASH_START;
	fn->f.external = !sym->sec;
	return fn;
}

/* A label of assembler code without a size ends where the next symbol begins. */
static uint64_t label_end(const struct obj *o, size_t i, uint64_t limit)
{
	for (size_t k = i + 1; k < o->nsym; k++)
		if (o->sym[k].addr > o->sym[i].addr)
			return o->sym[k].addr < limit ? o->sym[k].addr : limit;
	return limit;
}

/* Functions do not overlap: labels and other names inside one belong to it. */
static void find_funcs(struct scan *s)
{
	const struct obj *o = s->o;
	uint64_t end = 0;

	for (size_t i = 0; i < o->nsym; i++) {
		const struct obj_symbol *sym = &o->sym[i];
		const struct obj_section *sec = &o->sec[sym->sec];
		uint64_t limit = sec->addr + sec->size;

		if (!sym->sec) {
			add_func(s, sym, sym->addr + 1);
			continue;
		}
		if (!sec->code || sym->addr >= limit || is_padding(sym->name) || is_limit(sym) ||
		    (sym->addr < end && s->nfn))
			continue;
		if (sym->func && sym->size)
			end = sym->addr + sym->size < limit ? sym->addr + sym->size : limit;
		else
			end = label_end(o, i, limit);
		add_func(s, sym, end);
	}
}

static size_t func_lower(const struct scan *s, uint64_t addr)
{
	return LOWER_BOUND(s->fn, s->nfn, addr, addr);
}

struct scan_func *scan_entry(const struct scan *s, uint64_t addr)
{
	size_t i = func_lower(s, addr);

	return i < s->nfn && s->fn[i].addr == addr ? &s->fn[i] : NULL;
}

static struct scan_func *func_around(const struct scan *s, uint64_t addr)
{
	size_t i = func_lower(s, addr + 1);

	return i > 0 && addr < s->fn[i - 1].end ? &s->fn[i - 1] : NULL;
}

static void count_flow(struct scan *s, const struct obj_section *sec, struct scan_func *fn,
		       const struct insn *in, uint64_t addr)
{
	struct scan_func *to;
	uint64_t target;

	if (in->flow == FLOW_CALL && fn)
		fn->f.calls++;
	if (!insn_target(s->o, sec, in, &in->ref[0], addr, &target))
		return;
	to = scan_entry(s, target);
	if (!to)
		return;
	if (in->flow == FLOW_CALL)
		to->f.called++;
	else if (to != fn)
		to->f.jumped++;
}

static void take(struct scan *s, const struct obj_section *sec, struct scan_func *fn,
		 const struct insn *in, const unsigned char *p, uint64_t addr)
{
	s->insns++;
	if (in->flow != FLOW_NEXT)
		count_flow(s, sec, fn, in, addr);
	if (in->atomic >= 0)
		s->classes[in->atomic]++;
	if (!fn)
		return;
	fn->f.insns++;
	fn->f.atomics += in->atomic >= 0;
	fn->f.hash = hash_insn(fn->f.hash, s->o, sec, fn, in, p, addr);
}

static void skip(struct scan *s, struct scan_func *fn, const unsigned char *p, size_t len)
{
	s->undecoded += len;
	if (fn)
		fn->f.hash = hash_bytes(fn->f.hash, p, len);
}

/* One stretch of code without a symbol in the middle. */
static void scan_stretch(struct scan *s, const struct obj_section *sec, struct scan_func *fn,
			 uint64_t addr, uint64_t end)
{
	while (addr < end) {
		const unsigned char *p = sec->data + (addr - sec->addr);
		struct insn in = { .atomic = -1 };
		size_t step = s->arch->step;

		if (s->arch->decode(s->state, p, end - addr, addr, &in)) {
			take(s, sec, fn, &in, p, addr);
			step = in.len;
		} else {
			step = step < end - addr ? step : end - addr;
			skip(s, fn, p, step);
		}
		addr += step;
	}
}

static void flush(struct scan *s, struct scan_func *fn)
{
	uint64_t target;

	while (s->arch->flush && s->arch->flush(s->state, &target))
		if (fn)
			fn->f.hash = hash_target(fn->f.hash, s->o, fn, target);
}

/* Where the decoder starts anew, as objdump does: at symbols, ends of functions, data marks. */
struct cursor {
	size_t sym, mark;
	bool data;
};

static uint64_t next_stop(const struct scan *s, struct cursor *c, const struct scan_func *fn,
			  uint64_t addr, uint64_t end)
{
	const struct obj *o = s->o;

	while (c->mark < o->nmark && o->mark[c->mark].addr <= addr)
		c->data = o->mark[c->mark++].data;
	while (c->sym < o->nsym && o->sym[c->sym].addr <= addr)
		c->sym++;
	if (c->mark < o->nmark && o->mark[c->mark].addr < end)
		end = o->mark[c->mark].addr;
	if (c->sym < o->nsym && o->sym[c->sym].addr < end)
		end = o->sym[c->sym].addr;
	return fn && fn->end < end ? fn->end : end;
}

static void scan_section(struct scan *s, const struct obj_section *sec)
{
	uint64_t addr = sec->addr, end = sec->addr + sec->size;
	struct cursor c = { .sym = obj_lower(s->o, addr) };
	struct scan_func *last = NULL;

	while (addr < end) {
		struct scan_func *fn = func_around(s, addr);
		uint64_t stop = next_stop(s, &c, fn, addr, end);

		if (fn != last)
			flush(s, last);
		last = fn;
		if (c.data)
			skip(s, fn, sec->data + (addr - sec->addr), stop - addr);
		else
			scan_stretch(s, sec, fn, addr, stop);
		addr = stop;
	}
	flush(s, last);
}

int scan_run(struct scan *s, const struct obj *o, const struct insn_arch *arch, struct err *e)
{
	memset(s, 0, sizeof(*s));
	s->o = o;
	s->arch = arch;
	if (arch->open) {
		s->state = arch->open(o);
		if (!s->state)
			return err_set(e, ERR_INFRA, "cannot start the disassembler for %s",
				       arch->name);
	}
	find_funcs(s);
	for (size_t i = 0; i < o->norder; i++) {
		const struct obj_section *sec = &o->sec[o->order[i]];

		if (sec->code && sec->data)
			scan_section(s, sec);
	}
	return 0;
}

void scan_release(struct scan *s)
{
	if (s->state && s->arch->close)
		s->arch->close(s->state);
	free(s->fn);
	memset(s, 0, sizeof(*s));
}
