// SPDX-License-Identifier: GPL-2.0
/*
 * s390x instructions: length from the first two bits, PC-relative fields in halfwords from the start of
 * the instruction (z/Architecture Principles of Operation, chapter 5, "Instruction Formats").
 */
#include <elf.h>

#include "collectors/static_insn.h"

enum { CLASS_LAA, CLASS_CS };

/* Formats whose last field is relative: RI-b and RSI at byte 2 (16 bits), RIL-b at byte 2 (32 bits). */
enum rel { REL_NONE, REL_16, REL_32 };

static enum rel relative(const unsigned char *p)
{
	unsigned int low = p[1] & 0xf;

	switch (p[0]) {
	case 0x84: /* brxh */
	case 0x85: /* brxle */
		return REL_16;
	case 0xa7: /* brc, bras, brct, brctg */
		return low >= 4 && low <= 7 ? REL_16 : REL_NONE;
	case 0xc0: /* larl, brcl, brasl */
		return low == 0 || low == 4 || low == 5 ? REL_32 : REL_NONE;
	case 0xc4: /* lgrl, strl and the like */
	case 0xc6: /* exrl, pfdrl, cgrl and the like */
		return REL_32;
	case 0xcc: /* brcth */
		return low == 6 ? REL_32 : REL_NONE;
	case 0xec: /* brxhg, brxlg, cgrj, clgrj, crj, clrj, cgij, clgij, cij, clij */
		return p[5] == 0x44 || p[5] == 0x45 || p[5] == 0x64 || p[5] == 0x65 ||
				       p[5] == 0x76 || p[5] == 0x77 ||
				       (p[5] >= 0x7c && p[5] <= 0x7f) ?
			       REL_16 :
			       REL_NONE;
	default:
		return REL_NONE;
	}
}

static int atomic_eb(unsigned int op)
{
	switch (op) {
	case 0xe4: /* lang */
	case 0xe6: /* laog */
	case 0xe7: /* laxg */
	case 0xe8: /* laag */
	case 0xea: /* laalg */
	case 0xf4: /* lan */
	case 0xf6: /* lao */
	case 0xf7: /* lax */
	case 0xf8: /* laa */
	case 0xfa: /* laal */
		return CLASS_LAA;
	case 0x14: /* csy */
	case 0x30: /* csg */
	case 0x31: /* cdsy */
	case 0x3e: /* cdsg */
		return CLASS_CS;
	default:
		return -1;
	}
}

static int atomic(const unsigned char *p)
{
	if (p[0] == 0xba || p[0] == 0xbb) /* cs, cds */
		return CLASS_CS;
	return p[0] == 0xeb ? atomic_eb(p[5]) : -1;
}

static enum insn_flow flow(const unsigned char *p)
{
	unsigned int low = p[1] & 0xf;

	if ((p[0] == 0xc0 && low == 5) || (p[0] == 0xa7 && low == 5)) /* brasl, bras */
		return FLOW_CALL;
	if (p[0] == 0xc4 || p[0] == 0xc6 || (p[0] == 0xc0 && low == 0))
		return FLOW_NEXT; /* data, or the target of an execute */
	return FLOW_JUMP;
}

static bool decode(void *state, const unsigned char *p, size_t max, uint64_t addr, struct insn *in)
{
	static const unsigned int lengths[] = { 2, 4, 4, 6 };
	enum rel rel;
	int64_t dist;

	(void)state;
	if (max < 2)
		return false;
	in->len = lengths[p[0] >> 6];
	if (in->len > max || (!p[0] && !p[1]))
		return false; /* a cut one, or zeroes */
	in->base = addr;
	in->atomic = atomic(p);
	rel = relative(p);
	if (rel == REL_NONE)
		return true;
	if (rel == REL_16)
		dist = (int16_t)(p[2] << 8 | p[3]);
	else
		dist = (int32_t)((uint32_t)p[2] << 24 | p[3] << 16 | p[4] << 8 | p[5]);
	insn_add_ref(in, REF_REL, 2, rel == REL_16 ? 2 : 4, addr + (uint64_t)(dist * 2));
	in->flow = flow(p);
	return true;
}

const struct insn_arch insn_s390x = {
	.name = "s390x",
	.machine = EM_S390,
	.classes = { [CLASS_LAA] = "laa", [CLASS_CS] = "cs" },
	.decode = decode,
	.step = 2,
};
