// SPDX-License-Identifier: GPL-2.0
/*
 * aarch64 instructions (Arm Architecture Reference Manual, A64 instruction set encoding).
 *
 * In a linked file an address is split: ADRP has the page, and an ADD, load or store further on has the
 * offset in it. Neither half survives a move of the code on its own, so the page that each register
 * holds is followed through the function, and the second half reports the whole address. A page
 * that no second half used is reported as an address itself.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/static_insn.h"

enum { CLASS_LSE, CLASS_EXCLUSIVE };

#define NREGS 31

#define BITS_IMM26 0x03ffffffu
#define BITS_IMM19 0x00ffffe0u
#define BITS_IMM14 0x0007ffe0u
#define BITS_IMM12 0x003ffc00u
#define BITS_ADR 0x60ffffe0u

struct label { /* what registers hold where a branch further up goes */
	uint64_t target;
	uint64_t page[NREGS];
};

enum ended { END_NOT, END_JUMP, END_RETURN, END_SWITCH };

struct page { /* of an ADRP in this function */
	uint64_t addr;
	bool used; /* by a second half */
};

struct arm64_state {
	const struct obj *o;
	uint64_t page[NREGS]; /* 0: not known */
	struct page *seen;
	size_t nseen, seen_cap;
	uint64_t cases[NREGS]; /* at the last indirect branch */
	bool have_cases;
	enum ended ended; /* how the instruction before this one left */
	struct label *label;
	size_t nlabel, cap;
};

static void *arm64_open(const struct obj *o)
{
	struct arm64_state *st = xcalloc(1, sizeof(*st));

	st->o = o;
	return st;
}

static void arm64_close(void *state)
{
	struct arm64_state *st = state;

	free(st->label);
	free(st->seen);
	free(st);
}

static void forget(struct arm64_state *st, unsigned int reg)
{
	if (reg < NREGS)
		st->page[reg] = 0;
}

static bool arm64_flush(void *state, uint64_t *target)
{
	struct arm64_state *st = state;

	while (st->nseen > 0) {
		const struct page *p = &st->seen[--st->nseen];

		if (!p->used) {
			*target = p->addr;
			return true;
		}
	}
	memset(st->page, 0, sizeof(st->page));
	st->nlabel = 0;
	st->have_cases = false;
	st->ended = END_NOT;
	return false;
}

static void see_page(struct arm64_state *st, uint64_t addr, bool used)
{
	struct page *p;

	for (size_t i = 0; i < st->nseen; i++)
		if (st->seen[i].addr == addr) {
			st->seen[i].used |= used;
			return;
		}
	p = ARRAY_PUSH(st->seen, st->nseen, st->seen_cap);
	p->addr = addr;
	p->used = used;
}

static int64_t sign(uint64_t v, unsigned int bits)
{
	return (int64_t)(v << (64 - bits)) >> (64 - bits);
}

static int atomic(uint32_t w)
{
	if ((w & 0x3f200c00) == 0x38200000 && (w >> 12 & 0xf) <= 8) /* LD<op>, SWP; 12 is LDAPR */
		return CLASS_LSE;
	if ((w & 0x3fa07c00) == 0x08a07c00 || (w & 0xbfa07c00) == 0x08207c00) /* CAS, CASP */
		return CLASS_LSE;
	if ((w & 0x3f800000) == 0x08000000) /* LDXR, STXR, LDXP, STXP and their ordered forms */
		return CLASS_EXCLUSIVE;
	return -1;
}

/* Direct branches: the distance in instructions, and the bits that hold it; 0: none. */
static uint32_t branch(uint32_t w, int64_t *dist)
{
	if ((w & 0x7c000000) == 0x14000000) { /* b, bl */
		*dist = sign(w & BITS_IMM26, 26);
		return BITS_IMM26;
	}
	if ((w & 0xff000000) == 0x54000000 || (w & 0x7e000000) == 0x34000000) { /* b.cond, cbz */
		*dist = sign((w & BITS_IMM19) >> 5, 19);
		return BITS_IMM19;
	}
	if ((w & 0x7e000000) == 0x36000000) { /* tbz, tbnz */
		*dist = sign((w & BITS_IMM14) >> 5, 14);
		return BITS_IMM14;
	}
	return 0;
}

static void remember_label(struct arm64_state *st, uint64_t addr, uint64_t target)
{
	struct label *l;

	if (target <= addr || target - addr > 0x100000)
		return;
	l = ARRAY_PUSH(st->label, st->nlabel, st->cap);
	l->target = target;
	memcpy(l->page, st->page, sizeof(l->page));
}

static void intersect(uint64_t *page, const uint64_t *other)
{
	for (unsigned int i = 0; i < NREGS; i++)
		if (page[i] != other[i])
			page[i] = 0;
}

/* Take over what is known at @addr: from above, and from the branches that go here. */
static void arrive(struct arm64_state *st, uint64_t addr)
{
	bool known = st->ended == END_NOT;

	for (size_t i = 0; i < st->nlabel;) {
		struct label *l = &st->label[i];

		if (l->target > addr) {
			i++;
			continue;
		}
		if (l->target == addr && !known)
			memcpy(st->page, l->page, sizeof(st->page));
		else if (l->target == addr)
			intersect(st->page, l->page);
		known |= l->target == addr;
		*l = st->label[--st->nlabel];
	}
	/* reached from a jump table, or from below: the start of a loop, which knows what its way in knew */
	if (!known && st->ended != END_JUMP && st->have_cases)
		memcpy(st->page, st->cases, sizeof(st->page));
	else if (!known && st->ended == END_RETURN)
		memset(st->page, 0, sizeof(st->page));
	st->ended = END_NOT;
}

/* The second half of a split address: register + constant. */
static void second_half(struct arm64_state *st, uint32_t w, struct insn *in)
{
	unsigned int rn = w >> 5 & 31, scale = 0;
	uint64_t target;

	if ((w & 0x3b000000) == 0x39000000) /* loads and stores scale the constant by their size */
		scale = (w & 0x04000000) && (w & 0x00800000) ? 4 : w >> 30;
	else if ((w & 0xffc00000) != 0x91000000)
		return;
	if (rn >= NREGS || !st->page[rn])
		return;
	target = st->page[rn] + ((uint64_t)((w & BITS_IMM12) >> 10) << scale);
	if (!obj_section_at(st->o, target))
		return;
	insn_add_ref(in, REF_REL, 0, 4, target)->bits = BITS_IMM12;
	see_page(st, st->page[rn], true);
}

static bool loads(uint32_t w)
{
	if (w & 0x04000000) /* into a vector register */
		return false;
	if (atomic(w) == CLASS_LSE)
		return true;
	return (w >> 28 & 3) == 3 ? w & 0x00c00000 : (w >> 28 & 3) == 1 || (w & 0x00400000);
}

/* Does an instruction that is no load write the register in its lowest bits? */
static bool writes_rd(uint32_t w)
{
	if ((w & 0x1c000000) == 0x10000000) /* data processing with a constant */
		return true;
	if ((w & 0x0e000000) == 0x0a000000) /* with registers; ccmp has flags there */
		return (w & 0x1fe00000) != 0x1a400000;
	return (w & 0xfff00000) == 0xd5300000; /* mrs */
}

/* Forget the registers that an instruction writes. */
static void clobber(struct arm64_state *st, uint32_t w)
{
	bool pair = (w & 0x3a000000) == 0x28000000;

	if ((w & 0x0a000000) == 0x08000000) {
		if (loads(w))
			forget(st, w & 31);
		if (loads(w) && pair)
			forget(st, w >> 10 & 31);
	} else if (writes_rd(w)) {
		forget(st, w & 31);
	} else if ((w & 0xfc000000) == 0x94000000 || (w & 0xfffffc1f) == 0xd63f0000) { /* bl, blr */
		/* the result; other registers may live on, because gcc knows what the callee writes */
		forget(st, 0);
	}
}

static void address(struct arm64_state *st, uint32_t w, uint64_t addr, struct insn *in)
{
	int64_t imm = sign((w & 0x00ffffe0) >> 3 | (w >> 29 & 3), 21);
	unsigned int rd = w & 31;
	uint64_t page;

	forget(st, rd);
	if (!(w & 0x80000000) || st->o->rel) { /* adr, or the relocation has the target */
		insn_add_ref(in, REF_REL, 0, 4, addr + (uint64_t)imm)->bits = BITS_ADR;
		return;
	}
	page = (addr & ~0xfffULL) + (uint64_t)(imm * 4096);
	insn_add_ref(in, REF_PART, 0, 4, 0)->bits = BITS_ADR;
	if (rd < NREGS)
		st->page[rd] = page;
	see_page(st, page, false);
}

static void leave(struct arm64_state *st, uint32_t w)
{
	if ((w & 0xfc000000) == 0x14000000) {
		st->ended = END_JUMP;
	} else if ((w & 0xfffffc1f) == 0xd61f0000) {
		st->ended = END_SWITCH;
		st->have_cases = true;
		memcpy(st->cases, st->page, sizeof(st->cases));
	} else if ((w & 0xfffffc1f) == 0xd65f0000) {
		st->ended = END_RETURN;
	}
}

static bool arm64_decode(void *state, const unsigned char *p, size_t max, uint64_t addr,
			 struct insn *in)
{
	struct arm64_state *st = state;
	int64_t dist = 0;
	uint32_t w, bits;

	if (max < 4)
		return false;
	w = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	if (w >> 16 == 0) /* udf */
		return false;
	in->len = 4;
	in->base = addr;
	in->atomic = atomic(w);
	arrive(st, addr);
	bits = branch(w, &dist);
	if (bits) {
		uint64_t target = addr + (uint64_t)(dist * 4);

		in->flow = (w & 0xfc000000) == 0x94000000 ? FLOW_CALL : FLOW_JUMP;
		insn_add_ref(in, REF_REL, 0, 4, target)->bits = bits;
		if (in->flow == FLOW_JUMP)
			remember_label(st, addr, target);
	} else if ((w & 0x1f000000) == 0x10000000) {
		address(st, w, addr, in);
		return true;
	} else if ((w & 0x3b000000) == 0x18000000) { /* ldr of a literal */
		insn_add_ref(in, REF_REL, 0, 4,
			     addr + (uint64_t)(sign((w & BITS_IMM19) >> 5, 19) * 4))
			->bits = BITS_IMM19;
	} else {
		second_half(st, w, in);
	}
	clobber(st, w);
	leave(st, w);
	return true;
}

const struct insn_arch insn_aarch64 = {
	.name = "aarch64",
	.machine = EM_AARCH64,
	.classes = { [CLASS_LSE] = "lse", [CLASS_EXCLUSIVE] = "exclusive" },
	.open = arm64_open,
	.close = arm64_close,
	.flush = arm64_flush,
	.decode = arm64_decode,
	.step = 4,
};
