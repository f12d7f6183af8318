/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to static*.c: one ELF file, opened, with its symbols and relocations sorted for look-up.
 *
 * In a relocatable file every loaded section and every undefined symbol gets an address of its own, so
 * that a place in the file is one number, as in a linked file.
 */
#ifndef KDELTA_COLLECTORS_STATIC_OBJ_H
#define KDELTA_COLLECTORS_STATIC_OBJ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/base/err.h"

struct obj_reloc {
	uint64_t addr; /* of the field */
	uint64_t target; /* symbol + addend */
};

struct obj_section {
	const char *name;
	uint64_t addr, size;
	const unsigned char *data; /* NULL: not in the file (.bss) */
	unsigned int type; /* SHT_… */
	bool alloc, code, write;
	struct obj_reloc *rel; /* sorted by address */
	size_t nrel, rel_cap;
};

struct obj_symbol {
	const char *name, *file; /* file: "" for a global symbol */
	uint64_t addr, size;
	unsigned int sec; /* index, 0: undefined */
	bool func, global;
};

struct obj_mark { /* arm64's $d and $x: where data in code begins and ends */
	uint64_t addr;
	bool data;
};

struct obj {
	struct Elf *elf;
	int fd;
	bool rel;
	int machine; /* EM_… */
	struct obj_section *sec; /* by ELF index */
	size_t nsec;
	unsigned int *order; /* loaded sections by address */
	size_t norder;
	struct obj_symbol *sym; /* by address; undefined ones last */
	size_t nsym, sym_cap;
	struct obj_mark *mark;
	size_t nmark, mark_cap;
};

int obj_open(struct obj *o, const char *path, struct err *e);
void obj_close(struct obj *o);

/* The loaded section that holds @addr, or NULL. */
const struct obj_section *obj_section_at(const struct obj *o, uint64_t addr);
/* Index of the first symbol at or above @addr. */
size_t obj_lower(const struct obj *o, uint64_t addr);
/* The symbol that says best what lies at @addr, and how far behind its start: one whose size covers the
 * address, else one exactly there, else NULL. */
const struct obj_symbol *obj_symbol_at(const struct obj *o, uint64_t addr);
/* The last symbol of the same section before @addr, or NULL. */
const struct obj_symbol *obj_symbol_before(const struct obj *o, uint64_t addr);
/* Does @a name a place better than @b does? Sized, then global, then by name: stable across builds. */
bool obj_symbol_better(const struct obj_symbol *a, const struct obj_symbol *b);
/* The first relocation of @s at or above @addr. */
size_t obj_reloc_lower(const struct obj_section *s, uint64_t addr);
/* Little- or big-endian word of @len bytes as the file's architecture has it. */
uint64_t obj_word(const struct obj *o, const unsigned char *p, size_t len);

#endif
