// SPDX-License-Identifier: GPL-2.0
/*
 * x86-64. SDM: Intel 64 and IA-32 Architectures Software Developer's Manual.
 *
 * No x86 instruction stops the whole machine: what others pay is the interrupt, so there is no machine row.
 * A write to the x2APIC interrupt command register is a WRMSR whose register number is in ECX, which the
 * plugin interface does not show; all WRMSR are counted together.
 */
#include "collectors/events.h"
#include "kmods/kdelta_marker.h"

#define OP_REG(map, op, reg) (X86_DECODED | X86_MAP(map) | X86_OPCODE(op) | X86_REG(reg))
#define OP_REG_MASK (X86_OP_MASK | X86_REG_MASK)
#define OP(map, op) (X86_DECODED | X86_MAP(map) | X86_OPCODE(op))

const struct event x86_events[] = {
	{ "lock", STALL_NONE, X86_DECODED | X86_LOCK, X86_DECODED | X86_LOCK, "SDM 3A 9.1.2 LOCK" },
	{ "lock", STALL_NONE, OP(0, 0x86) | X86_MEM, X86_OP_MASK | X86_MEM,
	  "SDM 3A 9.1.2 XCHG, byte" },
	{ "lock", STALL_NONE, OP(0, 0x87) | X86_MEM, X86_OP_MASK | X86_MEM, "SDM 3A 9.1.2 XCHG" },
	{ "invlpg", STALL_CPU, OP_REG(1, 0x01, 7) | X86_MEM, OP_REG_MASK | X86_MEM,
	  "SDM 2A INVLPG" },
	{ "invpcid", STALL_CPU, OP(2, 0x82) | X86_66, X86_OP_MASK | X86_66, "SDM 2A INVPCID" },
	{ "cr3_write", STALL_CPU, OP_REG(1, 0x22, 3), OP_REG_MASK,
	  "SDM 2B MOV to control register" },
	{ "wrmsr", STALL_CPU, OP(1, 0x30), X86_OP_MASK, "SDM 2D WRMSR" },
	{ "mfence", STALL_CPU, OP_REG(1, 0xae, 6), OP_REG_MASK | X86_MEM | X86_F3 | X86_66,
	  "SDM 2B MFENCE" },
	{ .name = NULL },
};

/* Legacy prefixes into shape bits; returns how many bytes they take. */
static size_t prefixes(const uint8_t *insn, size_t len, uint64_t *shape)
{
	size_t i;

	for (i = 0; i < len; i++) {
		switch (insn[i]) {
		case 0xf0:
			*shape |= X86_LOCK;
			break;
		case 0x66:
			*shape |= X86_66;
			break;
		case 0xf2:
			*shape |= X86_F2;
			break;
		case 0xf3:
			*shape |= X86_F3;
			break;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0x64:
		case 0x65:
		case 0x67:
			break;
		default:
			return i;
		}
	}
	return i;
}

static size_t opcode_map(const uint8_t *insn, size_t len, size_t i, uint64_t *shape)
{
	if (i >= len || insn[i] != 0x0f)
		return i;
	i++;
	if (i < len && (insn[i] == 0x38 || insn[i] == 0x3a)) {
		*shape |= X86_MAP(insn[i] == 0x38 ? 2 : 3);
		return i + 1;
	}
	*shape |= X86_MAP(1);
	return i;
}

uint64_t x86_shape(const uint8_t *insn, size_t len)
{
	uint64_t shape = X86_DECODED;
	size_t i = prefixes(insn, len, &shape);

	if (i < len && (insn[i] & 0xf0) == 0x40) /* REX */
		i++;
	if (i < len && (insn[i] == 0xc4 || insn[i] == 0xc5 || insn[i] == 0x62))
		return shape | X86_VEX;
	i = opcode_map(insn, len, i, &shape);
	if (i >= len)
		return 0;
	shape |= X86_OPCODE(insn[i]);
	if (i + 1 >= len)
		return shape;
	if (insn[i + 1] >> 6 != 3)
		shape |= X86_MEM;
	return shape | X86_REG(insn[i + 1] >> 3 & 7);
}

static bool one_byte_cannot_fault(unsigned int op, unsigned int reg, bool mem)
{
	if (op < 0x40) /* ALU: register forms, then the accumulator with an immediate */
		return (op & 7) < 4 ? !mem : (op & 7) < 6;
	switch (op) {
	case 0x63:
	case 0x69:
	case 0x6b: /* movsxd, imul */
	case 0x80:
	case 0x81:
	case 0x83: /* ALU with an immediate */
	case 0x84:
	case 0x85:
	case 0x86:
	case 0x87: /* test, xchg */
	case 0x88:
	case 0x89:
	case 0x8a:
	case 0x8b: /* mov */
	case 0xc0:
	case 0xc1:
	case 0xd0:
	case 0xd1:
	case 0xd2:
	case 0xd3: /* shifts */
		return !mem;
	case 0xc6:
	case 0xc7: /* mov immediate; the others of the group are transactions */
		return !mem && reg == 0;
	case 0x8d: /* lea; with a register it is undefined */
		return mem;
	case 0x90:
	case 0x98:
	case 0x99:
	case 0xa8:
	case 0xa9: /* nop, cdq, test */
		return true;
	case 0xf6:
	case 0xf7: /* test, not, neg, mul, imul; the rest divides */
		return !mem && reg < 6;
	case 0xfe:
	case 0xff: /* inc, dec */
		return !mem && reg < 2;
	default:
		return op >= 0xb0 && op <= 0xbf; /* mov immediate */
	}
}

static bool two_byte_cannot_fault(unsigned int op, bool mem)
{
	switch (op) {
	case 0x1f: /* nop with an address that is not used */
		return true;
	case 0xa3:
	case 0xa4:
	case 0xa5:
	case 0xab:
	case 0xac:
	case 0xad:
	case 0xaf: /* bt, shifts, imul */
	case 0xb3:
	case 0xb6:
	case 0xb7:
	case 0xba:
	case 0xbb:
	case 0xbc:
	case 0xbd:
	case 0xbe:
	case 0xbf:
		return !mem;
	default:
		if (op >= 0xc8 && op <= 0xcf) /* bswap */
			return true;
		return ((op >= 0x40 && op <= 0x4f) || (op >= 0x90 && op <= 0x9f)) && !mem;
	}
}

bool x86_cannot_fault(uint64_t shape)
{
	unsigned int op = shape & 0xff, reg = shape >> 16 & 7;
	bool mem = shape & X86_MEM;

	if (!(shape & X86_DECODED) || shape & (X86_VEX | X86_LOCK | X86_F2 | X86_F3))
		return false;
	switch (shape & X86_MAP(3)) {
	case X86_MAP(0):
		return one_byte_cannot_fault(op, reg, mem);
	case X86_MAP(1):
		return two_byte_cannot_fault(op, mem);
	default:
		return false;
	}
}

bool x86_repeats(uint64_t shape)
{
	unsigned int op = shape & 0xff;

	if (!(shape & (X86_F2 | X86_F3)) || shape & (X86_MAP(3) | X86_VEX))
		return false;
	return (op >= 0x6c && op <= 0x6f) || (op >= 0xa4 && op <= 0xa7) ||
	       (op >= 0xaa && op <= 0xaf);
}

int x86_marker(const uint8_t *insn, size_t len)
{
	if (len != 8 || insn[0] != 0x0f || insn[1] != 0x1f || insn[2] != 0x84 || insn[3] != 0x00)
		return -1;
	if ((insn[7] << 8 | insn[6]) != KDELTA_MARK_MAGIC)
		return -1;
	return insn[5] << 8 | insn[4];
}
