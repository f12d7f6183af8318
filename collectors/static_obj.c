// SPDX-License-Identifier: GPL-2.0
/* Opens an ELF file with libelf and sorts what the analysis looks up: sections, symbols, relocations. */
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collectors/static_obj.h"
#include "runner/base/str.h"

/* Relocatable files: sections from here on, undefined symbols far above, with room for addends. */
#define REL_BASE 0x10000000ULL
#define EXTERN_BASE 0x4000000000000000ULL
#define EXTERN_STEP 0x100000000ULL

static int read_section(struct obj *o, Elf_Scn *scn, size_t strndx, uint64_t *next,
			const char *path, struct err *e)
{
	struct obj_section *s = &o->sec[elf_ndxscn(scn)];
	Elf_Data *data;
	GElf_Shdr sh;

	if (!gelf_getshdr(scn, &sh))
		return err_set(e, ERR_INFRA, "cannot read '%s': %s", path, elf_errmsg(-1));
	s->name = elf_strptr(o->elf, strndx, sh.sh_name);
	if (!s->name)
		s->name = "";
	s->addr = sh.sh_addr;
	s->size = sh.sh_size;
	s->type = sh.sh_type;
	s->alloc = sh.sh_flags & SHF_ALLOC;
	s->code = s->alloc && (sh.sh_flags & SHF_EXECINSTR) && sh.sh_type == SHT_PROGBITS;
	s->write = sh.sh_flags & SHF_WRITE;
	if (o->rel && s->alloc) {
		*next = (*next + 0xfff) & ~0xfffULL;
		s->addr = *next;
		*next += s->size + 1; /* an address behind the end belongs to no other section */
	}
	if (!s->alloc || sh.sh_type == SHT_NOBITS || !s->size)
		return 0;
	data = elf_rawdata(scn, NULL);
	if (!data || data->d_size < s->size)
		return err_set(e, ERR_INFRA, "cannot read '%s': section '%s' is cut off", path,
			       s->name);
	s->data = data->d_buf;
	return 0;
}

static int by_section_address(const void *a, const void *b, void *arg)
{
	const struct obj *o = arg;
	uint64_t x = o->sec[*(const unsigned int *)a].addr,
		 y = o->sec[*(const unsigned int *)b].addr;

	return x < y ? -1 : x > y;
}

static int read_sections(struct obj *o, const char *path, struct err *e)
{
	uint64_t next = REL_BASE;
	Elf_Scn *scn = NULL;
	size_t strndx;

	if (elf_getshdrnum(o->elf, &o->nsec) || elf_getshdrstrndx(o->elf, &strndx) || !o->nsec)
		return err_set(e, ERR_INFRA, "cannot read '%s': it has no sections", path);
	o->sec = xcalloc(o->nsec, sizeof(*o->sec));
	o->order = xcalloc(o->nsec, sizeof(*o->order));
	while ((scn = elf_nextscn(o->elf, scn)))
		if (read_section(o, scn, strndx, &next, path, e))
			return -1;
	for (size_t i = 1; i < o->nsec; i++)
		if (o->sec[i].alloc && o->sec[i].size)
			o->order[o->norder++] = (unsigned int)i;
	qsort_r(o->order, o->norder, sizeof(*o->order), by_section_address, o);
	return 0;
}

static bool is_mark(const char *name)
{
	return name[0] == '$' && (name[1] == 'd' || name[1] == 'x') && (!name[2] || name[2] == '.');
}

/* Address of a symbol, also before the symbols are sorted: relocations name them by index. */
static uint64_t symbol_address(const struct obj *o, const GElf_Sym *sym, size_t index)
{
	if (!o->rel || sym->st_shndx == SHN_ABS)
		return sym->st_value;
	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx >= o->nsec)
		return EXTERN_BASE + index * EXTERN_STEP;
	return o->sec[sym->st_shndx].addr + sym->st_value;
}

static void add_symbol(struct obj *o, const GElf_Sym *sym, const char *name, const char *file,
		       size_t index)
{
	unsigned int type = GELF_ST_TYPE(sym->st_info), sec = sym->st_shndx;
	bool global = GELF_ST_BIND(sym->st_info) != STB_LOCAL;
	struct obj_symbol *s;

	if (sec >= o->nsec || (sec == SHN_UNDEF && !o->rel))
		return;
	if (sec != SHN_UNDEF && !o->sec[sec].alloc)
		return;
	if (type == STT_NOTYPE && is_mark(name)) {
		struct obj_mark *m = ARRAY_PUSH(o->mark, o->nmark, o->mark_cap);

		m->addr = symbol_address(o, sym, index);
		m->data = name[1] == 'd';
		return;
	}
	s = ARRAY_PUSH(o->sym, o->nsym, o->sym_cap);
	s->name = name;
	s->file = global ? "" : file;
	s->addr = symbol_address(o, sym, index);
	s->size = sec == SHN_UNDEF ? 0 : sym->st_size;
	s->sec = sec;
	s->func = type == STT_FUNC || type == STT_GNU_IFUNC;
	s->global = global;
	if (s->sec && s->size > o->sec[sec].size)
		s->size = o->sec[sec].size;
}

static int by_address(const void *a, const void *b)
{
	const struct obj_symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return obj_symbol_better(x, y) ? -1 : obj_symbol_better(y, x);
}

static int by_mark(const void *a, const void *b)
{
	const struct obj_mark *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void read_symtab(struct obj *o, Elf_Data *data, const GElf_Shdr *sh)
{
	size_t n = sh->sh_entsize ? sh->sh_size / sh->sh_entsize : 0;
	const char *file = "";

	for (size_t i = 1; i < n; i++) {
		const char *name;
		unsigned int type;
		GElf_Sym sym;

		if (!gelf_getsym(data, (int)i, &sym))
			break;
		name = elf_strptr(o->elf, sh->sh_link, sym.st_name);
		type = GELF_ST_TYPE(sym.st_info);
		if (type == STT_FILE)
			file = name ? name : "";
		else if (name && name[0] && type != STT_SECTION &&
			 !str_starts(name, ".L")) /* labels of the compiler */
			add_symbol(o, &sym, name, file, i);
	}
	if (o->nsym)
		qsort(o->sym, o->nsym, sizeof(*o->sym), by_address);
	if (o->nmark)
		qsort(o->mark, o->nmark, sizeof(*o->mark), by_mark);
}

static int by_reloc(const void *a, const void *b)
{
	const struct obj_reloc *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void read_relocs(struct obj *o, Elf_Data *data, const GElf_Shdr *sh, Elf_Data *symtab)
{
	size_t n = sh->sh_entsize ? sh->sh_size / sh->sh_entsize : 0;
	struct obj_section *s;

	if (sh->sh_info >= o->nsec || !o->sec[sh->sh_info].alloc)
		return;
	s = &o->sec[sh->sh_info];
	for (size_t i = 0; i < n; i++) {
		struct obj_reloc *r;
		GElf_Rela rela;
		GElf_Sym sym;

		if (!gelf_getrela(data, (int)i, &rela) ||
		    !gelf_getsym(symtab, (int)GELF_R_SYM(rela.r_info), &sym))
			continue;
		r = ARRAY_PUSH(s->rel, s->nrel, s->rel_cap);
		r->addr = s->addr + rela.r_offset;
		r->target =
			symbol_address(o, &sym, GELF_R_SYM(rela.r_info)) + (uint64_t)rela.r_addend;
	}
	if (s->nrel)
		qsort(s->rel, s->nrel, sizeof(*s->rel), by_reloc);
}

static int read_tables(struct obj *o, const char *path, struct err *e)
{
	Elf_Data *symtab = NULL;
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(o->elf, scn)))
		if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_SYMTAB && !symtab) {
			symtab = elf_getdata(scn, NULL);
			if (symtab)
				read_symtab(o, symtab, &sh);
		}
	if (!o->nsym)
		return err_set(e, ERR_USAGE, "cannot analyse '%s': it has no symbols (stripped?)",
			       path);
	while (o->rel && (scn = elf_nextscn(o->elf, scn)))
		if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_RELA) {
			Elf_Data *data = elf_getdata(scn, NULL);

			if (data)
				read_relocs(o, data, &sh, symtab);
		}
	return 0;
}

int obj_open(struct obj *o, const char *path, struct err *e)
{
	GElf_Ehdr eh;

	memset(o, 0, sizeof(*o));
	elf_version(EV_CURRENT);
	o->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (o->fd < 0)
		return err_errno(e, ERR_USAGE, "cannot open '%s'", path);
	o->elf = elf_begin(o->fd, ELF_C_READ_MMAP, NULL);
	if (!o->elf || elf_kind(o->elf) != ELF_K_ELF || !gelf_getehdr(o->elf, &eh))
		return err_set(e, ERR_USAGE, "cannot analyse '%s': it is not an ELF file", path);
	o->rel = eh.e_type == ET_REL;
	o->machine = eh.e_machine;
	if (read_sections(o, path, e) || read_tables(o, path, e))
		return -1;
	return 0;
}

void obj_close(struct obj *o)
{
	for (size_t i = 0; i < o->nsec && o->sec; i++)
		free(o->sec[i].rel);
	free(o->sec);
	free(o->order);
	free(o->sym);
	free(o->mark);
	if (o->elf)
		elf_end(o->elf);
	if (o->fd >= 0)
		close(o->fd);
	memset(o, 0, sizeof(*o));
	o->fd = -1;
}
