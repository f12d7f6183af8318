/* SPDX-License-Identifier: GPL-2.0 */
/* Private to static*.c: from an opened file to functions with hashes and counts. */
#ifndef KDELTA_COLLECTORS_STATIC_SCAN_H
#define KDELTA_COLLECTORS_STATIC_SCAN_H

#include "collectors/static.h"
#include "collectors/static_insn.h"
#include "collectors/static_obj.h"

/* A function being analysed; the strings still belong to the file. */
struct scan_func {
	const struct obj_symbol *sym;
	uint64_t addr, end;
	struct static_func f; /* figures only */
};

struct scan {
	const struct obj *o;
	const struct insn_arch *arch;
	void *state;
	struct scan_func *fn; /* by address; undefined symbols last */
	size_t nfn, cap;
	uint64_t insns, undecoded, classes[STATIC_CLASSES];
};

int scan_run(struct scan *s, const struct obj *o, const struct insn_arch *arch, struct err *e);
void scan_release(struct scan *s);
/* The function that starts at @addr, or NULL. */
struct scan_func *scan_entry(const struct scan *s, uint64_t addr);

/* static_hash.c: mix bytes, and what lies at an address, into a hash. @fn: the function around it. */
#define HASH_START 0xcbf29ce484222325ULL
uint64_t hash_bytes(uint64_t h, const void *p, size_t len);
uint64_t hash_target(uint64_t h, const struct obj *o, const struct scan_func *fn, uint64_t target);
/* Hash one instruction: its bytes without address fields, and what the fields refer to. */
uint64_t hash_insn(uint64_t h, const struct obj *o, const struct obj_section *sec,
		   const struct scan_func *fn, const struct insn *in, const unsigned char *p,
		   uint64_t addr);
/* Where the address field @r of an instruction at @addr leads: a relocation wins. false: nowhere, it is
 * a plain number. */
bool insn_target(const struct obj *o, const struct obj_section *sec, const struct insn *in,
		 const struct insn_ref *r, uint64_t addr, uint64_t *target);

#endif
