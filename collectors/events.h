/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the plugin recognises in an instruction: a table of events per architecture, markers, and whether it
 * can fault. Pure functions on bytes; no QEMU.
 *
 * An instruction is first brought into a "shape", a number on which rows match by value and mask:
 *
 *	aarch64	the 32-bit word
 *	s390x	48 bits, left-justified: the first byte in bits 47…40
 *	x86_64	the fields below, taken from prefixes, opcode and ModRM
 */
#ifndef KDELTA_COLLECTORS_EVENTS_H
#define KDELTA_COLLECTORS_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENT_INSN_MAX 16 /* bytes of an instruction that matter */

/* Who waits while the instruction runs. */
enum stall {
	STALL_NONE, /* costs no more than itself */
	STALL_CPU, /* this CPU drains or invalidates */
	STALL_MACHINE, /* every CPU has to take part */
};

struct event {
	const char *
		name; /* rows with one name, which stand together, share a counter; NULL ends the table */
	enum stall stall;
	uint64_t value, mask;
	const char *ref; /* manual and chapter */
};

struct event_arch {
	const char *name; /* x86_64, aarch64, s390x: kdelta's name and QEMU's target_name */
	const struct event *events;
	/* 0: not known */
	uint64_t (*shape)(const uint8_t *insn, size_t len);
	/* Is it certain that the next instruction of the block runs after this one? */
	bool (*cannot_fault)(uint64_t shape);
	/* An instruction that is one although QEMU starts it once per element (x86 REP). */
	bool (*repeats)(uint64_t shape);
	/* The payload of a marker (kmods/kdelta_marker.h), or -1. */
	int (*marker)(const uint8_t *insn, size_t len);
};

extern const struct event_arch event_archs[]; /* ends with name == NULL */
const struct event_arch *event_arch_find(const char *name);

/* Number of counters that the table needs, and the counter of a row. */
size_t event_counters(const struct event_arch *a);
/* The counter of an instruction of this shape, or -1. */
int event_match(const struct event_arch *a, uint64_t shape);
/* The first row of a counter. */
const struct event *event_of_counter(const struct event_arch *a, size_t counter);

/* Shape of an x86 instruction. */
#define X86_OPCODE(op) ((uint64_t)(op)) /* bits 7…0 */
#define X86_MAP(m) ((uint64_t)(m) << 8) /* 0: one byte, 1: 0F, 2: 0F 38, 3: 0F 3A */
#define X86_66 (1ULL << 10)
#define X86_F2 (1ULL << 11)
#define X86_F3 (1ULL << 12)
#define X86_LOCK (1ULL << 13)
#define X86_MEM (1ULL << 14) /* ModRM names memory */
#define X86_REG(n) ((uint64_t)(n) << 16) /* ModRM.reg, 3 bits */
#define X86_VEX (1ULL << 19)
#define X86_DECODED (1ULL << 20)
#define X86_OP_MASK (X86_OPCODE(0xff) | X86_MAP(3) | X86_DECODED | X86_VEX)
#define X86_REG_MASK X86_REG(7)

uint64_t x86_shape(const uint8_t *insn, size_t len);
bool x86_cannot_fault(uint64_t shape);
bool x86_repeats(uint64_t shape);
int x86_marker(const uint8_t *insn, size_t len);
extern const struct event x86_events[];

uint64_t s390_shape(const uint8_t *insn, size_t len);
bool s390_cannot_fault(uint64_t shape);
int s390_marker(const uint8_t *insn, size_t len);
extern const struct event s390_events[];

uint64_t arm64_shape(const uint8_t *insn, size_t len);
bool arm64_cannot_fault(uint64_t shape);
int arm64_marker(const uint8_t *insn, size_t len);
extern const struct event arm64_events[];

#endif
