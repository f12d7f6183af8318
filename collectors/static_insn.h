/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to static*.c: what the analysis wants to know of one instruction, and one row per architecture.
 * Adding an architecture is one file with a row and one line in static_load.c.
 */
#ifndef KDELTA_COLLECTORS_STATIC_INSN_H
#define KDELTA_COLLECTORS_STATIC_INSN_H

#include <stdbool.h>
#include <stdint.h>

#include "collectors/static.h"
#include "collectors/static_obj.h"

enum ref_kind {
	REF_REL, /* @target is an address */
	REF_ABS, /* @target is a constant that may be an address */
	REF_SEG, /* as REF_ABS, with a per-CPU segment: small addresses count too */
	REF_PART, /* half an address; the other half carries the whole one as a REF_REL */
};

/* A field of an instruction that holds an address. */
struct insn_ref {
	enum ref_kind kind;
	unsigned int off, width; /* the bytes of the field */
	uint32_t bits; /* not 0: only these bits of the little-endian word at @off */
	uint64_t target;
};

#define INSN_MAX 16
#define INSN_REFS 2

enum insn_flow { FLOW_NEXT, FLOW_CALL, FLOW_JUMP };

struct insn {
	unsigned int len;
	enum insn_flow flow; /* CALL and JUMP: direct, to ref[0] */
	int atomic; /* class, or -1 */
	uint64_t base; /* what a PC-relative field counts from: start or end of the instruction */
	unsigned int nref;
	struct insn_ref ref[INSN_REFS];
};

struct insn_arch {
	const char *name; /* kdelta's */
	int machine; /* EM_… */
	const char *classes[STATIC_CLASSES];
	/* State of one scan; any of the three may be NULL. */
	void *(*open)(const struct obj *o);
	void (*close)(void *state);
	/* A function ends: called until it returns false, and before that gives one address after another
	 * that instructions of the function refer to and that no instruction reported. */
	bool (*flush)(void *state, uint64_t *target);
	/* Decode at most @max bytes at @addr. false: no instruction. @in is zeroed, atomic -1. */
	bool (*decode)(void *state, const unsigned char *p, size_t max, uint64_t addr,
		       struct insn *in);
	unsigned int step; /* bytes to skip where nothing decodes */
};

extern const struct insn_arch insn_x86_64, insn_aarch64, insn_s390x;

static inline struct insn_ref *insn_add_ref(struct insn *in, enum ref_kind kind, unsigned int off,
					    unsigned int width, uint64_t target)
{
	struct insn_ref *r = &in->ref[in->nref < INSN_REFS ? in->nref++ : INSN_REFS - 1];

	*r = (struct insn_ref){ .kind = kind, .off = off, .width = width, .target = target };
	return r;
}

#endif
