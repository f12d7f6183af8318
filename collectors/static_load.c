// SPDX-License-Identifier: GPL-2.0
/* static_load(): one file to sections, functions and counts that live on their own. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/static_scan.h"

static const struct insn_arch *const insn_archs[] = {
	&insn_x86_64,
	&insn_aarch64,
	&insn_s390x,
};

#define NARCHS (sizeof(insn_archs) / sizeof(insn_archs[0]))

static const struct insn_arch *find_arch(int machine)
{
	for (size_t i = 0; i < NARCHS; i++)
		if (insn_archs[i]->machine == machine)
			return insn_archs[i];
	return NULL;
}

/* Sections that are freed when the kernel has booted or the module is loaded. */
static bool is_init(const char *name)
{
	static const char *const prefixes[] = { ".init", ".exit", ".altinstr", ".apicdrivers",
						".boot.data" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (str_starts(name, prefixes[i]))
			return true;
	return false;
}

static enum static_kind kind_of(const struct obj_section *s)
{
	if (is_init(s->name))
		return SK_INIT;
	if (str_starts(s->name, ".data..percpu"))
		return SK_PERCPU;
	if (s->code)
		return SK_TEXT;
	if (s->type == SHT_NOBITS)
		return SK_BSS;
	/* x86 and s390 link .rodata writable, because it is patched before it is protected */
	return s->write && !str_starts(s->name, ".rodata") ? SK_DATA : SK_RODATA;
}

static void take_sections(struct static_image *m, const struct obj *o)
{
	m->sec = xcalloc(o->norder ? o->norder : 1, sizeof(*m->sec));
	for (size_t i = 0; i < o->norder; i++) {
		const struct obj_section *from = &o->sec[o->order[i]];
		struct static_section *to = &m->sec[m->nsec++];

		to->name = xstrdup(from->name);
		to->kind = kind_of(from);
		to->code = from->code;
		to->size = from->size;
		m->size[to->kind] += to->size;
	}
}

static int by_name(const void *a, const void *b)
{
	const struct static_func *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	if (!d)
		d = strcmp(x->file, y->file);
	return d ? d : x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void take_funcs(struct static_image *m, const struct scan *s)
{
	m->fn = xcalloc(s->nfn ? s->nfn : 1, sizeof(*m->fn));
	for (size_t i = 0; i < s->nfn; i++) {
		const struct scan_func *from = &s->fn[i];
		struct static_func *to = &m->fn[m->nfn++];

		*to = from->f;
		to->name = xstrdup(from->sym->name);
		to->file = xstrdup(from->sym->file);
		to->addr = from->addr;
		to->size = to->external ? 0 : from->end - from->addr;
	}
	qsort(m->fn, m->nfn, sizeof(*m->fn), by_name);
	for (size_t i = 1; i < m->nfn; i++)
		if (!strcmp(m->fn[i].name, m->fn[i - 1].name) &&
		    !strcmp(m->fn[i].file, m->fn[i - 1].file))
			m->fn[i].ordinal = m->fn[i - 1].ordinal + 1;
}

struct entry { /* address of a function to its place in m->fn */
	uint64_t addr;
	size_t func;
};

static int by_entry(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int by_alias(const void *a, const void *b)
{
	const struct static_alias *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	return d ? d : x->func < y->func ? -1 : x->func > y->func;
}

static void take_aliases(struct static_image *m, const struct obj *o)
{
	struct entry *entry = xcalloc(m->nfn ? m->nfn : 1, sizeof(*entry));

	m->alias = xcalloc(o->nsym ? o->nsym : 1, sizeof(*m->alias));
	for (size_t i = 0; i < m->nfn; i++)
		entry[i] = (struct entry){ m->fn[i].addr, i };
	qsort(entry, m->nfn, sizeof(*entry), by_entry);
	for (size_t i = 0; i < o->nsym; i++) {
		struct entry key = { o->sym[i].addr, 0 };
		const struct entry *at = bsearch(&key, entry, m->nfn, sizeof(*entry), by_entry);

		if (at)
			m->alias[m->nalias++] =
				(struct static_alias){ xstrdup(o->sym[i].name), at->func };
	}
	qsort(m->alias, m->nalias, sizeof(*m->alias), by_alias);
	free(entry);
}

static struct static_image *make_image(const char *path, const struct obj *o,
				       const struct insn_arch *arch, struct err *e)
{
	struct static_image *m;
	struct scan s;

	if (scan_run(&s, o, arch, e)) {
		scan_release(&s);
		return NULL;
	}
	m = xcalloc(1, sizeof(*m));
	m->path = xstrdup(path);
	m->arch = arch->name;
	m->relocatable = o->rel;
	m->insns = s.insns;
	m->undecoded = s.undecoded;
	for (size_t i = 0; i < STATIC_CLASSES; i++) {
		m->class_name[i] = arch->classes[i];
		m->class_count[i] = s.classes[i];
	}
	take_sections(m, o);
	take_funcs(m, &s);
	take_aliases(m, o);
	scan_release(&s);
	return m;
}

struct static_image *static_load(const char *path, struct err *e)
{
	struct static_image *m = NULL;
	const struct insn_arch *arch;
	struct obj o;

	if (!obj_open(&o, path, e)) {
		arch = find_arch(o.machine);
		if (arch)
			m = make_image(path, &o, arch, e);
		else
			err_set(e, ERR_USAGE,
				"cannot analyse '%s': it is not for x86_64, aarch64 or s390x (ELF machine %d)",
				path, o.machine);
	}
	obj_close(&o);
	return m;
}

void static_free(struct static_image *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->nsec; i++)
		free(m->sec[i].name);
	for (size_t i = 0; i < m->nfn; i++) {
		free(m->fn[i].name);
		free(m->fn[i].file);
	}
	for (size_t i = 0; i < m->nalias; i++)
		free(m->alias[i].name);
	free(m->sec);
	free(m->fn);
	free(m->alias);
	free(m->path);
	free(m);
}
