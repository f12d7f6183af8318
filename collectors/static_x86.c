// SPDX-License-Identifier: GPL-2.0
/* x86_64 instructions, by capstone: lengths, and where displacements and immediates stand. */
#include <capstone/capstone.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "collectors/static_insn.h"

enum { CLASS_LOCK, CLASS_XCHG };

struct x86_state {
	csh handle;
	cs_insn *insn;
};

static void x86_close(void *state)
{
	struct x86_state *st = state;

	if (st->insn)
		cs_free(st->insn, 1);
	if (st->handle)
		cs_close(&st->handle);
	free(st);
}

static void *x86_open(const struct obj *o)
{
	struct x86_state *st = xcalloc(1, sizeof(*st));

	(void)o;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &st->handle) == CS_ERR_OK) {
		cs_option(st->handle, CS_OPT_DETAIL, CS_OPT_ON);
		st->insn = cs_malloc(st->handle);
	}
	if (!st->insn) {
		x86_close(st);
		return NULL;
	}
	return st;
}

static bool is_xchg(const cs_x86 *x)
{
	return (x->opcode[0] == 0x86 || x->opcode[0] == 0x87) && x->modrm >> 6 != 3;
}

/* Direct branches end with their distance. Returns its width, 0: something else. */
static unsigned int branch(const cs_x86 *x, enum insn_flow *flow)
{
	unsigned int op = x->opcode[0];

	*flow = op == 0xe8 ? FLOW_CALL : FLOW_JUMP;
	if (op == 0xe8 || op == 0xe9 || (op == 0x0f && (x->opcode[1] & 0xf0) == 0x80))
		return 4;
	if (op == 0xeb || (op & 0xf0) == 0x70 || (op >= 0xe0 && op <= 0xe3))
		return 1;
	return 0;
}

static uint64_t little(const unsigned char *p, unsigned int len)
{
	uint64_t v = 0;

	for (unsigned int i = len; i-- > 0;)
		v = v << 8 | p[i];
	return len == 4 ? (uint64_t)(int64_t)(int32_t)v :
	       len == 1 ? (uint64_t)(int64_t)(int8_t)v :
			  v;
}

static bool field_fits(const struct insn *in, unsigned int off, unsigned int size)
{
	return off && (size == 4 || size == 8) && off + size <= in->len;
}

/* Offset of a displacement of 4 bytes, or 0. From ModRM and SIB, because capstone 4 gives a wrong size
 * behind an operand-size prefix. */
static unsigned int displacement(const cs_x86 *x, const unsigned char *p, const struct insn *in)
{
	unsigned int mod = x->modrm >> 6, rm = x->modrm & 7, off = x->encoding.modrm_offset + 1u;
	bool sib = mod != 3 && rm == 4;

	if (!x->encoding.modrm_offset || off + sib + 4 > in->len)
		return 0;
	if (mod == 2 || (mod == 0 && (rm == 5 || (sib && (p[off] & 7) == 5))))
		return off + sib;
	return 0;
}

static void operands(const cs_x86 *x, const unsigned char *p, struct insn *in)
{
	const cs_x86_encoding *en = &x->encoding;
	unsigned int off = displacement(x, p, in);

	if (off) {
		uint64_t disp = little(p + off, 4);
		bool rip = (x->modrm & 0xc7) == 0x05;
		bool seg = x->prefix[1] == X86_PREFIX_GS || x->prefix[1] == X86_PREFIX_FS;

		insn_add_ref(in,
			     rip ? REF_REL :
			     seg ? REF_SEG :
				   REF_ABS,
			     off, 4, rip ? in->base + disp : disp);
	}
	if (x->opcode[0] >= 0xa0 && x->opcode[0] <= 0xa3 &&
	    in->len >= 9) /* mov with a 64-bit address */
		insn_add_ref(in, REF_ABS, in->len - 8, 8, little(p + in->len - 8, 8));
	else if (field_fits(in, en->imm_offset, en->imm_size))
		insn_add_ref(in, REF_ABS, en->imm_offset, en->imm_size,
			     little(p + en->imm_offset, en->imm_size));
}

static bool x86_decode(void *state, const unsigned char *p, size_t max, uint64_t addr,
		       struct insn *in)
{
	struct x86_state *st = state;
	const uint8_t *code = p;
	uint64_t at = addr;
	enum insn_flow flow;
	unsigned int width;
	const cs_x86 *x;

	if (!cs_disasm_iter(st->handle, &code, &max, &at, st->insn))
		return false;
	x = &st->insn->detail->x86;
	in->len = st->insn->size;
	in->base = addr + in->len;
	if (x->prefix[0] == X86_PREFIX_LOCK)
		in->atomic = CLASS_LOCK;
	else if (is_xchg(x))
		in->atomic = CLASS_XCHG;
	width = branch(x, &flow);
	if (width && width < in->len) {
		in->flow = flow;
		insn_add_ref(in, REF_REL, in->len - width, width,
			     in->base + little(p + in->len - width, width));
		return true;
	}
	operands(x, p, in);
	return true;
}

const struct insn_arch insn_x86_64 = {
	.name = "x86_64",
	.machine = EM_X86_64,
	.classes = { [CLASS_LOCK] = "lock", [CLASS_XCHG] = "xchg" },
	.open = x86_open,
	.close = x86_close,
	.decode = x86_decode,
	.step = 1,
};
