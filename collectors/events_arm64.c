// SPDX-License-Identifier: GPL-2.0
/* arm64. ARM: Arm Architecture Reference Manual for A-profile, DDI 0487. */
#include "collectors/events.h"
#include "kmods/kdelta_marker.h"

/* TLBI is SYS with CRn 8, or 9 for the nXS forms; CRm says how far it reaches, op1 which level is meant. */
#define TLBI(crm) .value = 0xd5088000 | (crm) << 8, .mask = 0xfff8ef00
#define TLBI_REF "DDI 0487 C5.5 (TLBI encodings), D8.16 (broadcast)"
#define LSE_REF "DDI 0487 C4.1.94 (atomic memory operations), FEAT_LSE"
#define EXCLUSIVE_REF "DDI 0487 C4.1.94 (load/store exclusive)"

const struct event arm64_events[] = {
	{ "tlbi.broadcast", STALL_MACHINE, TLBI(0), TLBI_REF " IPAS2 inner shareable" },
	{ "tlbi.broadcast", STALL_MACHINE, TLBI(1), TLBI_REF " outer shareable" },
	{ "tlbi.broadcast", STALL_MACHINE, TLBI(2), TLBI_REF " range, inner shareable" },
	{ "tlbi.broadcast", STALL_MACHINE, TLBI(3), TLBI_REF " inner shareable" },
	{ "tlbi.broadcast", STALL_MACHINE, TLBI(5), TLBI_REF " range, outer shareable" },
	{ "tlbi.local", STALL_CPU, TLBI(6), TLBI_REF " range" },
	{ "tlbi.local", STALL_CPU, TLBI(7), TLBI_REF },
	{ "dsb", STALL_CPU, 0xd503309f, 0xfffff0ff, "DDI 0487 C6.2 DSB" },
	{ "dsb", STALL_CPU, 0xd503323f, 0xfffff3ff, "DDI 0487 C6.2 DSB nXS" },
	{ "lse_atomic", STALL_NONE, 0x38200000, 0x3f208c00, LSE_REF " LD<op>, ST<op>" },
	{ "lse_atomic", STALL_NONE, 0x38208000, 0x3f20fc00, LSE_REF " SWP" },
	{ "lse_atomic", STALL_NONE, 0x08a07c00, 0x3fa07c00, LSE_REF " CAS" },
	{ "lse_atomic", STALL_NONE, 0x08207c00, 0xbfa07c00, LSE_REF " CASP" },
	{ "load_exclusive", STALL_NONE, 0x08400000, 0x3fe00000, EXCLUSIVE_REF " LDXR, LDAXR" },
	{ "load_exclusive", STALL_NONE, 0x88600000, 0xbfe00000, EXCLUSIVE_REF " LDXP, LDAXP" },
	{ "store_exclusive", STALL_NONE, 0x08000000, 0x3fe00000, EXCLUSIVE_REF " STXR, STLXR" },
	{ "store_exclusive", STALL_NONE, 0x88200000, 0xbfe00000, EXCLUSIVE_REF " STXP, STLXP" },
	{ "ttbr0_write", STALL_CPU, 0xd5182000, 0xffffffe0, "DDI 0487 D24.2 TTBR0_EL1" },
	{ "ttbr1_write", STALL_CPU, 0xd5182020, 0xffffffe0, "DDI 0487 D24.2 TTBR1_EL1" },
	{ .name = NULL },
};

uint64_t arm64_shape(const uint8_t *insn, size_t len)
{
	if (len < 4)
		return 0;
	return (uint32_t)insn[3] << 24 | insn[2] << 16 | insn[1] << 8 | insn[0];
}

/* Integer arithmetic on registers and immediates; nothing that an optional extension might leave undefined. */
bool arm64_cannot_fault(uint64_t w)
{
	static const struct {
		uint32_t value, mask;
	} rows[] = {
		{ 0x0a000000, 0x1e000000 }, /* logical and add/subtract, register */
		{ 0x1a800000, 0x1fe00000 }, /* conditional select */
		{ 0x1b000000, 0x1f000000 }, /* multiply and add */
		{ 0xd503201f, 0xffffffff }, /* nop */
	};

	/* immediates, less add/subtract with tags (FEAT_MTE) */
	if ((w & 0x1c000000) == 0x10000000)
		return (w & 0x1f800000) != 0x11800000;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if ((w & rows[i].mask) == rows[i].value)
			return true;
	return false;
}

int arm64_marker(const uint8_t *insn, size_t len)
{
	uint64_t w = arm64_shape(insn, len);

	if ((w & 0xffe0001f) != 0xd280001f)
		return -1;
	return w >> 5 & 0xffff;
}
