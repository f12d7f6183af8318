// SPDX-License-Identifier: GPL-2.0
/*
 * s390. PoP: z/Architecture Principles of Operation, SA22-7832. IPTE, IDTE and CRDTE have a local-clearing
 * control in the bit of value 1 of M4: the other CPUs need not take part then.
 */
#include "collectors/events.h"
#include "kmods/kdelta_marker.h"

/* Two-byte opcodes (S, RRE, RRF): opcode in bits 47…32, M4 in 27…24, M3 in 31…28. */
#define OP2(op) ((uint64_t)(op) << 32)
#define OP2_MASK OP2(0xffff)
#define M4_LC (1ULL << 24)
#define SSKE_NQ (8ULL << 28)
/* Opcode split between first and last byte (RSY, SIY). */
#define OP_EB(op) (0xebULL << 40 | (op))
#define OP_EB_MASK (0xffULL << 40 | 0xff)
#define OP1(op) ((uint64_t)(op) << 40)
#define OP1_MASK OP1(0xff)
/* SIGP: the order code is the low byte of D2 + base; it is known where the base register is 0. */
#define SIGP(order) .value = OP1(0xae) | (uint64_t)(order) << 16, .mask = OP1_MASK | 0xf0ffULL << 16
#define SIGP_REF "PoP chapter 4, signal-processor orders"

/* The whole instruction: a marker of this kind and id. */
#define MARKER(kind, id)                                                                           \
	.value = OP2(0xc004) | KDELTA_MARK_WORD((uint64_t)(kind), (uint64_t)(id)),                 \
	.mask = (1ULL << 48) - 1

const struct event s390_events[] = {
	{ "ipte.range", STALL_MACHINE, MARKER(KDELTA_MARK_STANDIN, KDELTA_STANDIN_IPTE_RANGE),
	  "PoP chapter 10, IPTE, IPTE-range facility; a stand-in of the kernel under test" },
	{ "ipte.global", STALL_MACHINE, OP2(0xb221), OP2_MASK | M4_LC, "PoP chapter 10, IPTE" },
	{ "ipte.local", STALL_CPU, OP2(0xb221) | M4_LC, OP2_MASK | M4_LC, "PoP chapter 10, IPTE" },
	{ "idte.global", STALL_MACHINE, OP2(0xb98e), OP2_MASK | M4_LC, "PoP chapter 10, IDTE" },
	{ "idte.local", STALL_CPU, OP2(0xb98e) | M4_LC, OP2_MASK | M4_LC, "PoP chapter 10, IDTE" },
	{ "crdte.global", STALL_MACHINE, OP2(0xb98f), OP2_MASK | M4_LC, "PoP chapter 10, CRDTE" },
	{ "crdte.local", STALL_CPU, OP2(0xb98f) | M4_LC, OP2_MASK | M4_LC,
	  "PoP chapter 10, CRDTE" },
	{ "csp", STALL_MACHINE, OP2(0xb250), OP2_MASK, "PoP chapter 10, CSP" },
	{ "cspg", STALL_MACHINE, OP2(0xb98a), OP2_MASK, "PoP chapter 10, CSPG" },
	{ "ptlb", STALL_CPU, OP2(0xb20d), OP2_MASK, "PoP chapter 10, PTLB" },
	{ "sske.quiescing", STALL_MACHINE, OP2(0xb22b), OP2_MASK | SSKE_NQ,
	  "PoP chapter 10, SSKE" },
	{ "sske", STALL_CPU, OP2(0xb22b) | SSKE_NQ, OP2_MASK | SSKE_NQ,
	  "PoP chapter 10, SSKE, NQ" },
	{ "sigp.sense", STALL_NONE, SIGP(0x01), SIGP_REF },
	{ "sigp.external_call", STALL_NONE, SIGP(0x02), SIGP_REF },
	{ "sigp.emergency", STALL_NONE, SIGP(0x03), SIGP_REF },
	{ "sigp.sense_running", STALL_NONE, SIGP(0x15), SIGP_REF },
	{ "sigp.other", STALL_NONE, OP1(0xae), OP1_MASK, SIGP_REF ", in a register or another" },
	{ "laa", STALL_NONE, OP_EB(0xf8), OP_EB_MASK, "PoP chapter 7, LAA" },
	{ "laa", STALL_NONE, OP_EB(0xe8), OP_EB_MASK, "PoP chapter 7, LAAG" },
	{ "laa", STALL_NONE, OP_EB(0xfa), OP_EB_MASK, "PoP chapter 7, LAAL" },
	{ "laa", STALL_NONE, OP_EB(0xea), OP_EB_MASK, "PoP chapter 7, LAALG" },
	{ "laa", STALL_NONE, OP_EB(0xf4), OP_EB_MASK, "PoP chapter 7, LAN" },
	{ "laa", STALL_NONE, OP_EB(0xe4), OP_EB_MASK, "PoP chapter 7, LANG" },
	{ "laa", STALL_NONE, OP_EB(0xf6), OP_EB_MASK, "PoP chapter 7, LAO" },
	{ "laa", STALL_NONE, OP_EB(0xe6), OP_EB_MASK, "PoP chapter 7, LAOG" },
	{ "laa", STALL_NONE, OP_EB(0xf7), OP_EB_MASK, "PoP chapter 7, LAX" },
	{ "laa", STALL_NONE, OP_EB(0xe7), OP_EB_MASK, "PoP chapter 7, LAXG" },
	{ "cs", STALL_NONE, OP1(0xba), OP1_MASK, "PoP chapter 7, CS" },
	{ "cs", STALL_NONE, OP1(0xbb), OP1_MASK, "PoP chapter 7, CDS" },
	{ "cs", STALL_NONE, OP_EB(0x14), OP_EB_MASK, "PoP chapter 7, CSY" },
	{ "cs", STALL_NONE, OP_EB(0x30), OP_EB_MASK, "PoP chapter 7, CSG" },
	{ "cs", STALL_NONE, OP_EB(0x31), OP_EB_MASK, "PoP chapter 7, CDSY" },
	{ "cs", STALL_NONE, OP_EB(0x3e), OP_EB_MASK, "PoP chapter 7, CDSG" },
	{ "mviy", STALL_NONE, OP_EB(0x52), OP_EB_MASK, "PoP chapter 7, MVIY" },
	{ .name = NULL },
};

uint64_t s390_shape(const uint8_t *insn, size_t len)
{
	uint64_t shape = 0;

	if (len < 2)
		return 0;
	for (size_t i = 0; i < 6; i++)
		shape = shape << 8 | (i < len ? insn[i] : 0);
	return shape;
}

static bool has(const uint8_t *list, size_t n, unsigned int op)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == op)
			return true;
	return false;
}

#define IN(list, op) has(list, sizeof(list), (op)&0xff)

/*
 * Register and immediate forms, and the addresses of loads (LA, LAY, LARL). A fixed-point overflow could
 * still interrupt if the program mask asked for it; Linux never does, for itself or for a new program.
 */
bool s390_cannot_fault(uint64_t shape)
{
	static const uint8_t rr[] = { 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
				      0x18, 0x19, 0x1a, 0x1b, 0x1e, 0x1f, 0x41, 0x88,
				      0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0xa5 };
	static const uint8_t b9[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x06, 0x07, 0x08, 0x09, 0x0a,
				      0x0b, 0x0c, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18,
				      0x19, 0x1a, 0x1b, 0x1c, 0x20, 0x21, 0x26, 0x27, 0x30, 0x31,
				      0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x88, 0x89, 0x94,
				      0x95, 0x96, 0xe2, 0xe4, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb,
				      0xf2, 0xf4, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb };
	static const uint8_t eb[] = { 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0xdc, 0xdd, 0xde, 0xdf };
	static const uint8_t ec[] = { 0x42, 0x46, 0x51, 0x54, 0x55, 0x56, 0x57,
				      0x59, 0x5d, 0xd8, 0xd9, 0xda, 0xdb };
	unsigned int op = shape >> 40 & 0xff, second = shape >> 32 & 0xff, last = shape & 0xff;
	unsigned int low = second & 0xf;

	switch (op) {
	case 0xa7: /* less branches (4 … 7) */
		return low < 4 || low > 7;
	case 0xc0: /* LARL, immediates; not the branches BRCL and BRASL */
		return low != 4 && low != 5;
	case 0xc2:
		return true;
	case 0xb9:
		return IN(b9, second);
	case 0xe3: /* LAY */
		return last == 0x71;
	case 0xeb:
		return IN(eb, last);
	case 0xec:
		return IN(ec, last);
	default:
		return IN(rr, op);
	}
}

int s390_marker(const uint8_t *insn, size_t len)
{
	uint64_t shape = s390_shape(insn, len);

	if (len != 6 || shape >> 16 != (0xc0040000ULL | KDELTA_MARK_MAGIC))
		return -1;
	return shape & 0xffff;
}
